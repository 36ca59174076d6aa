//! Measures what writers and readers feel: edit → durable → acknowledged → seen by another client.
//!
//! The real server in a process of its own (`past`: in a thread of this one), and a load generator on
//! `/live`.  It prints figures and asserts none.

mod client;
mod doors;
mod edits;
mod figures;
mod flood;
mod floor;
mod gate;
mod idle;
mod join;
mod load;
mod past;
mod proof;
mod rules;
mod seen;
mod served;
mod socket;
mod steady;
mod verify;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use plenaryd::app::Application;
use plenaryd::args::ServeArgs;
use plenaryd::config::Config;

use figures::Row;
use flood::{How, Shape};

/// Measures edit → durable → seen on /live, against a real server beside this program.
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    #[command(subcommand)]
    what: What,
    /// Print JSON instead of a table
    #[arg(long, global = true)]
    json: bool,
    /// Where the data goes; a fresh directory below, removed at the end [default: the system's]
    #[arg(long, global = true)]
    dir: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Writers at a steady pace with thin commands in one text, a watcher beside each
    Steady {
        /// How long each scenario runs, seconds
        #[arg(long, default_value_t = 20)]
        seconds: u64,
    },
    /// Edit to seen at 20 edits/s, beside the floor
    Seen {
        /// Numbers of readers
        #[arg(long, value_delimiter = ',', default_values_t = [1, 20, 100])]
        readers: Vec<usize>,
        /// How long each number runs, seconds
        #[arg(long, default_value_t = 20)]
        seconds: u64,
    },
    /// Durable edits a second
    Flood {
        /// The ways to write
        #[arg(value_enum, default_values_t = [How::Floor, How::Raw, How::OneText, How::Thin])]
        how: Vec<How>,
        #[command(flatten)]
        shape: Shape,
        /// Wait for a line of input before each flood, for a profiler
        #[arg(long)]
        wait: bool,
    },
    /// What the gate's first three lines cost a change of one character
    Gate {
        /// Changes of history, rising
        #[arg(long, value_delimiter = ',', default_values_t = [1_000, 10_000, 100_000])]
        past: Vec<usize>,
    },
    /// Memory of an empty server and of idle connections
    Idle {
        /// Connections
        #[arg(long, default_value_t = 1_000)]
        connections: usize,
    },
    /// Memory of connections that are nobody's or stuck, and what a flood costs others
    Doors {
        /// Connections
        #[arg(long, default_value_t = 1_000)]
        connections: usize,
        /// How long each time is taken, seconds
        #[arg(long, default_value_t = 10)]
        seconds: u64,
    },
    /// What a client that joins a busy plan costs the others
    Join {
        /// How long, seconds
        #[arg(long, default_value_t = 40)]
        seconds: u64,
    },
    /// A long past: pages, points in time, blame, cold plans, writers while auditors replay
    Past(past::Args),
    /// From an acknowledgement to the proof against a signed checkpoint
    Proof {
        /// How long each scenario runs, seconds
        #[arg(long, default_value_t = 20)]
        seconds: u64,
    },
    /// Who writes entries and is killed
    #[command(hide = true)]
    Entries {
        /// Data directory
        #[arg(long)]
        at: PathBuf,
        /// How many
        #[arg(long)]
        count: u64,
    },
    /// What it costs to keep the findings of a plan up
    Rules(rules::Args),
    /// How fast a plan's history is verified
    Verify(verify::Args),
    /// The floor's server
    #[command(hide = true)]
    FloorServer {
        /// Directory of its file
        #[arg(long)]
        at: PathBuf,
    },
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
    if let What::FloorServer { at } = &args.what {
        return floor::serve(at);
    }
    if let What::Entries { at, count } = &args.what {
        return past::append_and_wait(at, *count);
    }
    if let What::Past(past) = &args.what {
        let root = match &args.dir {
            Some(dir) => tempfile::tempdir_in(dir)?,
            None => tempfile::tempdir()?,
        };
        return past::run(root.path(), past);
    }
    if let What::Rules(rules) = &args.what {
        return rules::run(rules);
    }
    if let What::Verify(asked) = &args.what {
        return verify::run(served::fresh(args.dir.as_deref())?.path(), asked);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let tasks = tokio::task::LocalSet::new();
    let rows = tasks.block_on(&runtime, measure(&args.what, args.dir.as_deref()))?;
    let text = if args.json { figures::json(&rows)? } else { figures::table(&rows) };
    Ok(writeln!(std::io::stdout(), "{text}")?)
}

async fn measure(what: &What, dir: Option<&Path>) -> Result<Vec<Row>, Failure> {
    match what {
        What::Steady { seconds } => steady::run(dir, Duration::from_secs(*seconds)),
        What::Seen { readers, seconds } => seen::run(dir, readers, Duration::from_secs(*seconds)).await,
        What::Flood { how, shape, wait } => {
            let mut rows = Vec::new();
            for how in how {
                rows.push(flood::run(dir, *how, shape, *wait).await?);
            }
            Ok(rows)
        }
        What::Proof { seconds } => proof::run(dir, Duration::from_secs(*seconds)),
        What::Idle { connections } => idle::run(dir, *connections).await,
        What::Doors { connections, seconds } => {
            doors::run(dir, *connections, Duration::from_secs(*seconds)).await
        }
        What::Gate { past } => gate::run(past),
        What::Join { seconds } => join::run(dir, Duration::from_secs(*seconds)).await,
        What::Past(_)
        | What::Rules(_)
        | What::Verify(_)
        | What::Entries { .. }
        | What::FloorServer { .. } => Ok(Vec::new()),
    }
}

/// Says what is being done.
fn say(what: &str) {
    _ = writeln!(std::io::stderr(), "{what} …");
}

/// Says something and waits for a line of input.
fn pause(text: &str) -> Result<(), Failure> {
    writeln!(std::io::stderr(), "{text}")?;
    std::io::stdin().read_line(&mut String::new())?;
    Ok(())
}

/// The real server in a thread of this process.
struct Running {
    address: std::net::SocketAddr,
    stop: tokio::sync::oneshot::Sender<()>,
    serving: std::thread::JoinHandle<Result<(), Failure>>,
}

impl Running {
    /// Starts it over a data directory.
    fn start(data: PathBuf) -> Result<Running, Failure> {
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
    data: PathBuf,
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
