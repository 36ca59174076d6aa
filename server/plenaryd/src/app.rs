//! The server as a whole: built from a configuration, run until it is told to stop.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{ServerHandle, Service};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};
use governor::clock::MonotonicClock;
use plenary_limits::{FILES_BESIDES_SOCKETS, SHUTDOWN_S_MAX, SWEEP_S};
use plenary_log::{CheckOlder, CloseError, Log, OpenError, Options, StartReport};

use crate::access_log::{AccessLog, AccessLogError};
use crate::clock;
use crate::config::Config;
use crate::demo::{self, Demo, DemoError};
use crate::evidence::{Notary, NotaryError};
use crate::http;
use crate::identity::Identity;
use crate::indexer::EntryIndexer;
use crate::key_file::KeyFileError;
use crate::limits::{Limit, Limiter};
use crate::metrics::{self, Metrics, Page};
use crate::plans::{Plans, Settings, StopsError};
use crate::readings::Readings;
use crate::revoke::RevocationsError;
use crate::self_check::{self, SelfCheck, TailError, check_tails};
use crate::server::Server;

/// How often idle reader copies, and names that were quiet, are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(SWEEP_S);
/// Exit code when the log failed while serving: what was not acknowledged is not kept.
pub const EXIT_LOG_FAILED: u8 = 74;

/// Why a server does not start or stop as it should.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The log does not open.
    #[error("the data directory cannot be opened")]
    Log(#[from] OpenError),
    /// The local issuer's key cannot be read or made.
    #[error("the key of the local issuer cannot be used")]
    Key(#[from] KeyFileError),
    /// The server cannot vouch for its plans.
    #[error("the evidence of the plans cannot be given")]
    Evidence(#[from] NotaryError),
    /// Which tokens are revoked cannot be told.
    #[error("it cannot be told which tokens are revoked")]
    Revocations(#[from] RevocationsError),
    /// Which plans take no edits cannot be told.
    #[error("it cannot be told of which plans edits are stopped")]
    Stops(#[from] StopsError),
    /// The access log cannot be used: auditors could not be told what they read.
    #[error("the access log cannot be used")]
    AccessLog(#[from] AccessLogError),
    /// Acknowledged entries are gone.
    #[error(transparent)]
    Tail(#[from] TailError),
    /// The self-check cannot be started.
    #[error("the self-check cannot be started: {0}")]
    SelfCheck(std::io::Error),
    /// The demonstration cannot be set up.
    #[error("the demonstration cannot be set up")]
    Demo(#[from] DemoError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {cause}; choose another with --listen")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        cause: std::io::Error,
    },
    /// The address of the metrics cannot be listened on.
    #[error("cannot listen on {address} for metrics: {cause}; choose another with --metrics-listen")]
    ListenMetrics {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        cause: std::io::Error,
    },
    /// The server ended by itself.
    #[error("the server ended: {0}")]
    Serve(std::io::Error),
    /// The log failed while serving.
    #[error("the log failed: {0}")]
    Failed(String),
    /// The log could not be closed cleanly.
    #[error("the log could not be closed cleanly")]
    Close(#[from] CloseError),
}

impl AppError {
    /// The exit code of `plenaryd`.
    pub fn exit_code(&self) -> u8 {
        match self {
            AppError::Log(error) => error.exit_code(),
            AppError::Failed(_) | AppError::Close(_) => EXIT_LOG_FAILED,
            AppError::Key(_) | AppError::Demo(_) | AppError::Evidence(_) | AppError::Tail(_) => 78,
            AppError::Revocations(_) | AppError::Stops(_) | AppError::AccessLog(_) => EXIT_LOG_FAILED,
            AppError::Listen { .. } | AppError::ListenMetrics { .. } => 69,
            AppError::Serve(_) | AppError::SelfCheck(_) => 70,
        }
    }
}

/// A server that is ready to run.
pub struct Application {
    address: SocketAddr,
    server: Arc<Server>,
    http: actix_web::dev::Server,
    metrics: Option<(SocketAddr, actix_web::dev::Server)>,
    failure: tokio::sync::mpsc::UnboundedReceiver<String>,
    idle: Duration,
    /// Whether facts were read that the store may have lacked then.
    facts_may_lack: bool,
}

fn log_options(
    dir: &PathBuf,
    failed: tokio::sync::mpsc::UnboundedSender<String>,
    metrics: &Metrics,
) -> Options {
    let mut options = Options::new(dir);
    // The self-check reads them, beside everything else.
    options.check_older_segments = CheckOlder::AfterUncleanStop;
    options.on_group = Some(metrics.on_group());
    options.on_failure = Some(Arc::new(move |reason| {
        // Called once; nobody listens only when the server is stopping already.
        _ = failed.send(reason.to_owned());
    }));
    options
}

fn report(report: &StartReport) {
    if let Some(torn) = &report.torn_tail {
        tracing::warn!(
            file = %torn.path.display(), offset = torn.offset, bytes = torn.length_bytes, kept = %torn.kept.display(),
            expected = %torn.expected, found = %torn.found,
            "cut the end of the journal: it was half written and never acknowledged"
        );
    }
    if let Some((why, kept)) = &report.store_rebuilt {
        tracing::warn!(%why, kept = %kept.display(), "the store was made anew from the journal");
    }
    tracing::info!(clean = report.was_clean, replayed_groups = report.replayed_groups, "log opened");
}

/// Says so when the system ends connections before the limit of sockets can refuse them.
fn check_files(sockets: u64, files_max: u64) {
    if files_max < sockets + FILES_BESIDES_SOCKETS {
        tracing::warn!(
            files_max,
            sockets,
            "the system lets fewer files be open than limits.sockets needs: raise LimitNOFILE or lower it"
        );
    }
}

/// The address of the metrics, taken before the data is opened.
struct Measuring {
    address: SocketAddr,
    listener: TcpListener,
}

impl Measuring {
    fn bind(address: SocketAddr) -> Result<Measuring, AppError> {
        let listen = |cause| AppError::ListenMetrics { address, cause };
        let listener = TcpListener::bind(address).map_err(listen)?;
        Ok(Measuring { address: listener.local_addr().map_err(listen)?, listener })
    }

    fn serve(self, server: &Arc<Server>) -> Result<(SocketAddr, actix_web::dev::Server), AppError> {
        let Measuring { address, listener } = self;
        let serving = metrics::serve(listener, Page::new(server.clone()));
        Ok((address, serving.map_err(|cause| AppError::ListenMetrics { address, cause })?))
    }
}

impl Application {
    /// Binds the address, opens the data, loads the demonstration if asked to.
    ///
    /// # Errors
    /// `AppError` says what stands in the way.
    pub fn build(config: &Config) -> Result<Application, AppError> {
        // First of all: a taken address must not leave a data directory behind.
        let listen = |cause| AppError::Listen { address: config.listen, cause };
        let listener = TcpListener::bind(config.listen).map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let measuring = config.metrics_listen.map(Measuring::bind).transpose()?;
        let (failed, failure) = tokio::sync::mpsc::unbounded_channel();
        let metrics = Metrics::default();
        let mut options = log_options(&config.data_dir, failed, &metrics);
        options.segment_bytes_max = config.limits.journal_segment_mib * 1024 * 1024;
        let (log, start) = Log::open(options, Arc::new(EntryIndexer))?;
        report(&start);
        let facts_may_lack = log.may_lack_rows();
        let identity = Identity::open(
            &config.data_dir,
            config.local_issuer.as_deref(),
            &config.external_issuers,
            clock::entropy(),
            clock::now(),
        )?;
        let idle = Duration::from_secs(config.limits.plan_idle_s);
        let settings = Settings { mailbox: config.limits.plan_mailbox, idle };
        let notary = Notary::open(&config.data_dir, &config.server_name, &log, clock::entropy())?;
        let findings = check_tails(&log, &notary)?;
        let plans = Plans::new(log, notary, clock::entropy(), settings, metrics.clone());
        plans.resume_stops()?;
        if config.demo {
            demo::load(&plans)?;
        }
        let demo = match (config.demo, identity.issuer.clone()) {
            (true, Some(issuer)) => {
                demo::write_tokens(&config.data_dir, &issuer)?;
                Demo::at(address, issuer)
            }
            _ => None,
        };
        let caps = config.limits.caps;
        check_files(u64::from(caps.get(Limit::Sockets).get()), metrics::files_max());
        let proxies = config.trusted_proxies.clone();
        let limits = Limiter::new(caps, proxies, metrics.clone(), MonotonicClock);
        let access_log = AccessLog::open(&config.data_dir, metrics.clone())?;
        let origins = config.origins.clone();
        let looking = self_check::Settings {
            bytes_per_s: config.limits.self_check_mib_per_s * 1024 * 1024,
            every: Duration::from_secs(config.limits.self_check_hours * 3_600),
        };
        let check = |plans: &Plans, readings: &Readings| {
            SelfCheck::new(plans.clone(), readings.clone(), looking, findings)
        };
        let server = Server::new(plans, identity, origins, limits, access_log, metrics, check)?;
        let server = Arc::new(server);
        let http = serve(listener, server.clone(), demo).map_err(listen)?;
        let metrics = match measuring {
            Some(measuring) => Some(measuring.serve(&server)?),
            None => None,
        };
        server.self_check.start().map_err(AppError::SelfCheck)?;
        Ok(Application { address, server, http, metrics, failure, idle, facts_may_lack })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where its metrics are, when they are on.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics.as_ref().map(|(address, _)| *address)
    }

    /// Serves until `stop` is done, then drains: no new sockets, acknowledgements finished.
    ///
    /// # Errors
    /// `Failed` when the log failed meanwhile, `Close` when it could not be closed cleanly.
    pub async fn run_until_stopped(self, stop: impl Future<Output = ()>) -> Result<(), AppError> {
        let Application { server, http, metrics, mut failure, idle, facts_may_lack, .. } = self;
        let handle: ServerHandle = http.handle();
        let serving = actix_web::rt::spawn(http);
        let measuring = metrics.map(|(_, metrics)| {
            let handle = metrics.handle();
            actix_web::rt::spawn(metrics);
            handle
        });
        let sweeping = {
            let server = server.clone();
            actix_web::rt::spawn(async move {
                let mut tick = tokio::time::interval(SWEEP_EVERY);
                let mut may_lack = facts_may_lack;
                loop {
                    tick.tick().await;
                    if may_lack && !server.plans.log().may_lack_rows() {
                        may_lack = false;
                        let reading = server.clone();
                        // It fails where the server ends, and the next run reads them.
                        _ = web::block(move || reading.read_facts_again()).await;
                    }
                    server.readings.sweep(idle);
                    server.limits.sweep();
                    if !server.plans.await_look().is_empty() {
                        let looking = server.clone();
                        // It fails where the server ends, and the next run looks.
                        _ = web::block(move || looking.readings.look_at_stopped()).await;
                    }
                }
            })
        };
        let asking = {
            let server = server.clone();
            actix_web::rt::spawn(async move { server.verifier.keep_fresh(clock::now).await })
        };
        let failed = tokio::select! {
            () = stop => None,
            reason = failure.recv() => reason,
        };
        tracing::info!("stopping");
        server.begin_stop();
        sweeping.abort();
        asking.abort();
        handle.stop(true).await;
        if let Ok(Err(error)) = serving.await {
            return Err(AppError::Serve(error));
        }
        if let Some(reason) = failed {
            return Err(AppError::Failed(reason));
        }
        if let Some(measuring) = measuring {
            measuring.stop(false).await;
        }
        let (plans, readings) = (server.plans.clone(), server.readings.clone());
        let access_log = server.access_log.clone();
        let self_check = server.self_check.clone();
        let closed = web::block(move || {
            access_log.stop();
            self_check.stop();
            plans.stop();
            readings.stop();
            plans.log().clone().close()
        });
        match closed.await {
            Ok(closed) => closed?,
            Err(error) => return Err(AppError::Failed(error.to_string())),
        }
        tracing::info!("stopped");
        Ok(())
    }
}

/// Headers on every answer that does not bring its own: nothing is guessed, run, framed, cached or told to
/// other sites.
const HEADERS: [(&str, &str); 8] = [
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cache-control", "no-store"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
    ("x-frame-options", "DENY"),
];

fn serve(
    listener: TcpListener,
    server: Arc<Server>,
    demo: Option<Demo>,
) -> std::io::Result<actix_web::dev::Server> {
    let demo = web::Data::new(demo);
    let factory = move || {
        App::new()
            .app_data(web::Data::new(server.clone()))
            .app_data(demo.clone())
            .wrap_fn(|request, service| {
                let answer = service.call(request);
                async move {
                    let mut answer = answer.await?;
                    let headers = answer.headers_mut();
                    for (name, value) in HEADERS {
                        if !headers.contains_key(name) {
                            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
                        }
                    }
                    Ok(answer)
                }
            })
            .wrap(from_fn(http::observe))
            .configure(http::routes)
    };
    // Without it a small frame waits up to 40 ms for the client's sign that the one before has come.
    let server = HttpServer::new(factory).tcp_nodelay(true);
    // Whoever goes is noticed while the answer is made, and what was made for them ends.
    let server = server.h1_allow_half_closed(false);
    Ok(server.listen(listener)?.disable_signals().shutdown_timeout(SHUTDOWN_S_MAX).run())
}
