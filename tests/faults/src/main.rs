//! Kills, power cuts, failing disks, damage and wrong clocks, against the real `plenaryd`.
//!
//! Each fault is a row of a table.  Bars: no acknowledged edit lost, no altered content served as valid, no
//! acknowledgement after a failed sync; every start serves the right data or refuses and says where and why.

mod control;
mod disk;
mod known;
mod replica;
mod rows;
mod story;
mod table;
mod trace;
mod world;
mod writer;

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};

use rows::{clock, cuts, damage, errors, full, kills, store};
use story::Story;
use table::{Row, Settings, progress};
use world::Ground;

/// Entries of the busy plan before the recorded story: a snapshot is written within it.
const PAST: usize = 1_992;

/// A fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Fault {
    /// kill -9 at any moment, also of a start
    Kill,
    /// Power cut: any state of the disk that it may leave
    Cut,
    /// Every k-th write or sync fails: input/output error, no space, half a write
    Error,
    /// Bytes of a data directory altered
    Damage,
    /// The disk fills up and is freed
    Full,
    /// The store gone, cut off, damaged, or one that panics
    Store,
    /// The wall clock goes back, while it runs and between runs
    Clock,
}

/// Kills, power cuts, failing disks, damage and wrong clocks against the real server.
#[derive(Debug, Parser)]
#[command(version, after_help = "A run that fails says how to do it again, and keeps its directory.")]
struct Args {
    /// All runs, not the share that `tests/run` has
    #[arg(long)]
    all: bool,
    /// Only this fault, repeatable
    #[arg(long, value_name = "FAULT", value_enum)]
    only: Vec<Fault>,
    /// The first seed, instead of those of the share
    #[arg(long)]
    seed: Option<u64>,
    /// So many seeds of each fault, instead of its share
    #[arg(long)]
    runs: Option<u64>,
}

impl Args {
    /// The seeds of a row that has so many: all of them, or a share in even steps.
    fn settings(&self, only: &'static str, share: u64, all: u64) -> Settings {
        let runs = self.runs.unwrap_or(if self.all { all } else { share.min(all) });
        let seeds = match (self.seed, self.all) {
            (Some(first), _) => (first..first + runs).collect(),
            (None, true) => (0..runs).collect(),
            (None, false) => (0..runs).map(|number| number * all / runs.max(1)).collect(),
        };
        Settings { folder: world::folder, seeds, only, again: "" }
    }
}

fn cut_row(args: &Args) -> Row {
    let ground = Ground::new(PAST);
    let folder = world::folder();
    let story = Story::record(&ground, folder.path(), false);
    progress(&format!("story: {}", cuts::summary(&story)));
    let again = "; another story is recorded then, this disk is in `untouched`";
    let settings = Settings { again, ..args.settings("cut", 100, 500) };
    table::runs("power cut", &settings, |seed, folder| cuts::one(&story, &ground.people, seed, folder))
}

fn rows(args: &Args) -> Vec<Row> {
    let wanted = |fault: Fault| args.only.is_empty() || args.only.contains(&fault);
    let mut rows = Vec::new();
    if wanted(Fault::Cut) {
        rows.push(cut_row(args));
    }
    let ground = Ground::new(12);
    if wanted(Fault::Kill) {
        // Four kills each.
        let settings = args.settings("kill", 13, 50);
        rows.push(table::runs("kill -9", &settings, |seed, folder| kills::one(&ground, seed, folder)));
    }
    if wanted(Fault::Error) {
        let cases = errors::cases(&ground);
        let settings = args.settings("error", 60, cases.len() as u64);
        rows.push(table::runs("error at the k-th write or sync", &settings, |seed, folder| {
            errors::one(&ground, &cases, seed, folder)
        }));
    }
    if wanted(Fault::Damage) {
        rows.extend(damage::rows(&ground, |only, share, all| args.settings(only, share, all)));
    }
    if wanted(Fault::Full) {
        let settings = args.settings("full", 8, 40);
        rows.push(table::runs("disk full and freed", &settings, |seed, folder| {
            full::one(&ground, seed, folder)
        }));
    }
    if wanted(Fault::Store) {
        let settings = args.settings("store", 24, 120);
        rows.push(table::runs("store gone or damaged", &settings, |seed, folder| {
            store::one(&ground, seed, folder)
        }));
    }
    if wanted(Fault::Clock) {
        let settings = args.settings("clock", 6, 12);
        rows.push(table::runs("clock goes back", &settings, |seed, folder| {
            clock::one(&ground, seed, folder)
        }));
    }
    rows
}

fn main() -> ExitCode {
    let args = Args::parse();
    // A run that panics is told with its seed, and sled's panics on damaged bytes are what is tried here; what
    // every run needs is made on this thread.
    let own = std::thread::current().id();
    std::panic::set_hook(Box::new(move |panic| {
        if std::thread::current().id() == own {
            progress(&panic.to_string());
        }
    }));
    let rows = rows(&args);
    let mut out = std::io::stdout();
    _ = write!(out, "{}", table::markdown(&rows));
    rows.iter().flat_map(|row| &row.sum.wrong).for_each(|said| _ = writeln!(out, "{said}"));
    if rows.iter().all(|row| row.failed == 0) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
