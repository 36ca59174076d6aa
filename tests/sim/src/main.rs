//! Runs seeds of the simulator; a seed that fails is printed with the command that replays it.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser;
use plenary_sim::honest::{self, CHANGES_PER_PLAN};
use plenary_sim::journal::Fault;
use plenary_sim::world::run;

/// Runs hub, gate, sync and journal under seeds, and holds every run against the checkers.
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// How many seeds, from the first on.
    #[arg(long, default_value_t = 1)]
    seeds: u64,
    /// Prints what happened, line by line.
    #[arg(long)]
    trace: bool,
    /// Writes honest changes in bulk instead, a plan of 500 changes for each seed: none may be refused.
    #[arg(long, conflicts_with = "trace")]
    honest: bool,
}

/// Seeds after which it says how far it is.
const TOLD_EVERY: u64 = 100;

type Total = BTreeMap<&'static str, usize>;

fn main() -> ExitCode {
    let args = Args::parse();
    let (mut failed, mut total) = (0_u64, Total::new());
    for seed in args.seed..args.seed.saturating_add(args.seeds) {
        if seed > args.seed && (seed - args.seed).is_multiple_of(TOLD_EVERY) {
            let done = seed - args.seed;
            _ = writeln!(std::io::stderr(), "{done} of {} seeds, {failed} failed …", args.seeds);
        }
        let (ended, flag) = match args.honest {
            true => (write(seed, &mut total), "--honest"),
            false => (simulate(seed, &args, &mut total), "--trace"),
        };
        if let Err(found) = ended {
            failed += 1;
            say(&format!("seed {seed}: {found}\n  plenary-sim --seed {seed} {flag}"));
        }
    }
    say(&format!("{} seeds, {failed} failed: {total:?}", args.seeds));
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn simulate(seed: u64, args: &Args, total: &mut Total) -> Result<(), String> {
    let (world, ended) = run(seed, Fault::None);
    if let Some(world) = world {
        world.counts.iter().for_each(|(what, count)| *total.entry(what).or_default() += count);
        if args.trace {
            world.trace.lines().iter().for_each(|line| say(line));
        }
        if args.seeds == 1 {
            say(&format!("trace {}", world.trace.digest()));
        }
    }
    ended
}

fn write(seed: u64, total: &mut Total) -> Result<(), String> {
    let counts = honest::run(seed, CHANGES_PER_PLAN)?;
    counts.iter().for_each(|(what, count)| *total.entry(what).or_default() += count);
    Ok(())
}

/// A line for whoever looks; who has closed the pipe is not told.
fn say(line: &str) {
    _ = writeln!(std::io::stdout(), "{line}");
}
