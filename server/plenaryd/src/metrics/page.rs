//! The page that a Prometheus server reads: what was counted, and what is now.

use std::net::TcpListener;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::{App, HttpResponse, HttpServer, web};
use plenary_log::LogState;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use super::process;
use crate::server::Server;

/// The media type of OpenMetrics 1.0.
const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfPlan {
    plan: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct State {
    state: &'static str,
}

/// The page of one server.
pub struct Page {
    server: Arc<Server>,
    registry: Registry,
    now: Now,
    /// One reading at a time: a page is of one moment.
    reading: Mutex<()>,
}

/// What is read when the page is asked for.
#[derive(Default)]
struct Now {
    plans: Gauge,
    plans_damaged: Gauge,
    entries_set_aside: Gauge,
    journal_damaged: Gauge,
    resident: Gauge,
    plan_entries: Family<OfPlan, Gauge>,
    plan_changes: Family<OfPlan, Gauge>,
    plan_operations: Family<OfPlan, Gauge>,
    plan_memory: Family<OfPlan, Gauge>,
    log_state: Family<State, Gauge>,
    writer_calls: Gauge,
    writer_bytes: Gauge,
    store_lag: Gauge,
    unflushed: Gauge,
    journal: Gauge,
    store: Gauge,
    disk_free: Gauge,
    disk: Gauge,
    check_age: Gauge<f64, AtomicU64>,
    check_took: Gauge<f64, AtomicU64>,
    check_entries: Gauge,
    check_failures: Gauge,
    memory: Gauge,
    files: Gauge,
    files_max: Gauge,
}

impl Page {
    /// The page of a server.
    pub fn new(server: Arc<Server>) -> Page {
        let mut registry = Registry::default();
        let now = Now::default();
        {
            let ours = registry.sub_registry_with_prefix("plenary");
            server.metrics.register(ours);
            now.register(ours);
            let version = vec![("version".to_owned(), env!("CARGO_PKG_VERSION").to_owned())];
            ours.register("build", "The server's version", Info::new(version));
        }
        now.register_process(&mut registry);
        Page { server, registry, now, reading: Mutex::new(()) }
    }

    /// The page as it is now.
    ///
    /// # Errors
    /// When a metric does not encode.
    pub fn text(&self) -> Result<String, std::fmt::Error> {
        let _one_at_a_time = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        self.now.read(&self.server);
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

impl Now {
    fn register(&self, registry: &mut Registry) {
        registry.register("plans", "Plans in the log", self.plans.clone());
        let help = "Plans of which something could not be read since somebody asked for it";
        registry.register("plans_damaged", help, self.plans_damaged.clone());
        let help = "Entries that were set aside, because the saved document does not load with them";
        registry.register("entries_set_aside", help, self.entries_set_aside.clone());
        let help = "1 when the journal was found damaged since the start";
        registry.register("journal_damaged", help, self.journal_damaged.clone());
        registry.register("plans_resident", "Plans in memory", self.resident.clone());
        registry.register("plan_entries", "Entries of a plan", self.plan_entries.clone());
        let help = "Automerge changes in the document of a plan in memory";
        registry.register("plan_changes", help, self.plan_changes.clone());
        let help = "Automerge operations in the document of a plan in memory";
        registry.register("plan_operations", help, self.plan_operations.clone());
        let help = "Memory that a plan's hub takes, estimated from its operations, changes and elements";
        registry.register_with_unit("plan_memory", help, Unit::Bytes, self.plan_memory.clone());
        let help = "What the log can do now: 1 for serving, read_only or failed, 0 for the others";
        registry.register("log_state", help, self.log_state.clone());
        let help = "Groups of plans that wait for the journal's writer";
        registry.register("journal_waiting_groups", help, self.writer_calls.clone());
        let help = "What waits for the journal's writer";
        registry.register_with_unit("journal_waiting", help, Unit::Bytes, self.writer_bytes.clone());
        let help = "Groups that are in the journal and not yet in the store";
        registry.register("store_lag_groups", help, self.store_lag.clone());
        let help = "Groups in the store that its file does not have yet; the journal has them";
        registry.register("store_unflushed_groups", help, self.unflushed.clone());
        registry.register_with_unit(
            "journal_size",
            "Files of the journal",
            Unit::Bytes,
            self.journal.clone(),
        );
        registry.register_with_unit("store_size", "Files of the store", Unit::Bytes, self.store.clone());
        let help = "Free space on the disk of the data directory";
        registry.register_with_unit("disk_free", help, Unit::Bytes, self.disk_free.clone());
        let help = "Size of the disk of the data directory";
        registry.register_with_unit("disk_size", help, Unit::Bytes, self.disk.clone());
        self.register_self_check(registry);
    }

    fn register_self_check(&self, registry: &mut Registry) {
        let help =
            "Time since everything in the log was last looked at; since the start before the first time";
        registry.register_with_unit("self_check_age", help, Unit::Seconds, self.check_age.clone());
        let help = "How long the last look at everything took";
        registry.register_with_unit("self_check_took", help, Unit::Seconds, self.check_took.clone());
        let help = "Entries that the last look at everything, or the first one going on, has seen";
        registry.register("self_check_entries", help, self.check_entries.clone());
        let help = "What the self-check has found that does not hold";
        registry.register("self_check_failures", help, self.check_failures.clone());
    }

    fn register_process(&self, registry: &mut Registry) {
        let help = "Memory of the process";
        registry.register_with_unit("process_resident_memory", help, Unit::Bytes, self.memory.clone());
        registry.register("process_open_fds", "Open files and sockets", self.files.clone());
        registry.register("process_max_fds", "Files and sockets that may be open", self.files_max.clone());
    }

    fn read(&self, server: &Server) {
        let log = server.plans.log();
        let sizes = server.plans.sizes();
        set(&self.plans, log.plans().len());
        set(&self.resident, server.plans.resident());
        set(&self.plans_damaged, server.plans.damaged());
        set(&self.entries_set_aside, server.plans.set_aside());
        set(&self.journal_damaged, u64::from(log.is_journal_damaged()));
        for family in [&self.plan_entries, &self.plan_changes, &self.plan_operations, &self.plan_memory] {
            family.clear();
        }
        for plan in log.plans() {
            let entries = log.head(&plan).map_or(0, |head| head.seq);
            set(&self.plan_entries.get_or_create_owned(&OfPlan { plan }), entries);
        }
        for (plan, size) in sizes {
            let plan = OfPlan { plan: plan.to_string() };
            set(&self.plan_changes.get_or_create_owned(&plan), size.changes);
            set(&self.plan_operations.get_or_create_owned(&plan), size.operations);
            set(&self.plan_memory.get_or_create_owned(&plan), size.memory_bytes());
        }
        let state = match log.state() {
            LogState::Serving => "serving",
            LogState::ReadOnly { .. } => "read_only",
            LogState::Failed { .. } => "failed",
        };
        for name in ["serving", "read_only", "failed"] {
            set(&self.log_state.get_or_create_owned(&State { state: name }), u64::from(name == state));
        }
        let log = log.measure();
        set(&self.writer_calls, log.waiting_calls);
        set(&self.writer_bytes, log.waiting_bytes);
        set(&self.store_lag, log.store_lag_groups);
        set(&self.unflushed, log.unflushed_groups);
        set(&self.journal, log.journal_bytes);
        set(&self.store, log.store_bytes);
        if let Some(space) = log.space {
            set(&self.disk_free, space.free_bytes);
            set(&self.disk, space.total_bytes);
        }
        let check = server.self_check.report();
        self.check_age.set(check.age.as_secs_f64());
        self.check_took.set(check.last.map_or(0.0, |done| done.took.as_secs_f64()));
        set(&self.check_entries, check.last.map_or(check.seen.unwrap_or(0), |done| done.entries));
        set(&self.check_failures, check.failures());
        let process = process::read();
        set(&self.memory, process.resident_bytes);
        set(&self.files, process.open_files);
        set(&self.files_max, process.files_max);
    }
}

/// Sets a gauge to what is never negative.
fn set(gauge: &Gauge, value: impl TryInto<i64>) {
    gauge.set(value.try_into().unwrap_or(i64::MAX));
}

async fn metrics(page: web::Data<Page>) -> HttpResponse {
    let read = web::block(move || page.text()).await;
    match read {
        Ok(Ok(text)) => HttpResponse::Ok().content_type(MEDIA_TYPE).body(text),
        _ => {
            tracing::error!("the metrics could not be read");
            HttpResponse::InternalServerError().finish()
        }
    }
}

/// Serves the page at `/metrics` on an address of its own.
///
/// # Errors
/// When the system does not let it listen.
pub fn serve(listener: TcpListener, page: Page) -> std::io::Result<actix_web::dev::Server> {
    let page = web::Data::new(page);
    let factory = move || App::new().app_data(page.clone()).route("/metrics", web::get().to(metrics));
    Ok(HttpServer::new(factory).listen(listener)?.workers(1).disable_signals().run())
}
