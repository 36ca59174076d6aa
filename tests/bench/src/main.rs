//! Measures what a writer and a watcher feel: edit → durable → acknowledged → seen by another client.
//!
//! One process: the real server on 127.0.0.1, and a load generator of blocking clients on `/live`.
//! It prints figures and asserts none.

mod client;
mod figures;
mod past;
mod scenario;

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use plenaryd::app::Application;
use plenaryd::args::ServeArgs;
use plenaryd::config::Config;

use scenario::Scenario;

/// Measures edit → durable → seen on /live, against a real server in this process.
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    /// How long each scenario runs, seconds
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
    /// Where the data goes; a fresh directory below, removed at the end [default: the system's]
    #[arg(long)]
    dir: Option<std::path::PathBuf>,
    #[command(subcommand)]
    mode: Option<Mode>,
}

#[derive(Debug, clap::Subcommand)]
enum Mode {
    /// A long past: pages, points in time, blame, cold plans, writers while auditors replay
    Past(past::Args),
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            _ = writeln!(std::io::stderr(), "plenary-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<(), Failure> {
    let root = match &args.dir {
        Some(dir) => tempfile::tempdir_in(dir)?,
        None => tempfile::tempdir()?,
    };
    if let Some(Mode::Past(args)) = &args.mode {
        return past::run(root.path(), args);
    }
    let data = root.path().to_owned();
    let running = Running::start(data.clone())?;
    let address = running.address;
    let mut rows = Vec::new();
    for (clients, edits_per_s) in [(1, 20), (20, 20), (20, 400)] {
        let scenario = Scenario { clients, edits_per_s, lasts: Duration::from_secs(args.seconds) };
        _ = writeln!(
            std::io::stderr(),
            "{clients} clients, {edits_per_s} edits/s in all, {} s …",
            args.seconds
        );
        rows.push(scenario::run(address, &data, scenario)?);
    }
    let text = if args.json { figures::json(&rows)? } else { figures::table(&rows) };
    writeln!(std::io::stdout(), "{text}")?;
    running.stop()
}

/// The real server in a thread of this process.
struct Running {
    address: std::net::SocketAddr,
    stop: tokio::sync::oneshot::Sender<()>,
    serving: std::thread::JoinHandle<Result<(), Failure>>,
}

impl Running {
    /// Starts it over a data directory.
    fn start(data: std::path::PathBuf) -> Result<Running, Failure> {
        let (ready, address) = std::sync::mpsc::channel();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let serving = std::thread::spawn(move || serve(data, &ready, stopped));
        match address.recv() {
            Ok(address) => Ok(Running { address, stop, serving }),
            Err(_) => Err(match serving.join() {
                Ok(Err(error)) => error,
                _ => "the server did not start".into(),
            }),
        }
    }

    /// Stops it cleanly.
    fn stop(self) -> Result<(), Failure> {
        _ = self.stop.send(());
        self.serving.join().map_err(|_| "the server failed")?
    }
}

fn serve(
    data: std::path::PathBuf,
    ready: &std::sync::mpsc::Sender<std::net::SocketAddr>,
    stopped: tokio::sync::oneshot::Receiver<()>,
) -> Result<(), Failure> {
    let flags = ServeArgs {
        demo: true,
        listen: Some("127.0.0.1:0".to_owned()),
        data: Some(data),
        ..ServeArgs::default()
    };
    let config = Config::resolve(&flags, &|_| None)?;
    let stop = async {
        _ = stopped.await;
    };
    actix_web::rt::System::new().block_on(async {
        let app = Application::build(&config)?;
        ready.send(app.address())?;
        app.run_until_stopped(stop).await?;
        Ok(())
    })
}
