//! Runs seeds of the simulator; a seed that fails is printed with the command that replays it.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser;
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
}

fn main() -> ExitCode {
    let args = Args::parse();
    let mut out = std::io::stdout().lock();
    let mut failed = 0_u64;
    let mut total = BTreeMap::<&str, usize>::new();
    for seed in args.seed..args.seed.saturating_add(args.seeds) {
        let (world, ended) = run(seed, Fault::None);
        if let Some(world) = world {
            world.counts.iter().for_each(|(what, count)| *total.entry(what).or_default() += count);
            if args.trace {
                world.trace.lines().iter().for_each(|line| _ = writeln!(out, "{line}"));
            }
            if args.seeds == 1 {
                _ = writeln!(out, "trace {}", world.trace.digest());
            }
        }
        if let Err(found) = ended {
            failed += 1;
            _ = writeln!(out, "seed {seed}: {found}\n  plenary-sim --seed {seed} --trace");
        }
    }
    _ = writeln!(out, "{} seeds, {failed} failed: {total:?}", args.seeds);
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
