//! Entries verified a second: the walk alone on one core, and `plenary verify` against a real server.

use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use plenary_log::{Entry, Log, Options};
use plenary_protocol::evidence::{Body, Chain, put_entry, read_entries};
use plenaryd::indexer::EntryIndexer;

use crate::past::forge::{self, PLAN};
use crate::served::{Served, beside, children_cpu, own_cpu};
use crate::{Failure, say};

/// How often the walk is done: processor time is told in hundredths of a second.
const ROUNDS: usize = 50;

/// Measures how fast a plan's history is verified.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Changes in the plan's past
    #[arg(long, default_value_t = 20_000)]
    changes: usize,
}

/// Runs the measurement below `root` and prints it.
pub fn run(root: &Path, args: &Args) -> Result<(), Failure> {
    let data = root.join("data");
    say("writing entries");
    let forged = forge::forge(&data, args.changes)?;
    let (log, _) = Log::open(Options::new(&data), Arc::new(EntryIndexer))?;
    let entries = log.entries(PLAN, 0, forged.entries as usize)?;
    log.close()?;
    say("walking them");
    let (walk, _) = measured(own_cpu, || walk(&entries))?;
    let (decode, _) = measured(own_cpu, || read_and_walk(&entries))?;
    let served = Served::over(&data)?;
    let (url, token) = (format!("http://{}", served.address()), served.token("verifier")?);
    say("plenary verify");
    let verify = || {
        let mut command = Command::new(beside("plenary")?);
        command
            .args(["--quiet", "verify", PLAN, "--all"])
            .env("PLENARY_URL", &url)
            .env("PLENARY_TOKEN", &token);
        let status =
            command.env("XDG_STATE_HOME", root.join("state")).stdout(std::process::Stdio::null()).status()?;
        if status.success() { Ok(()) } else { Err(format!("plenary verify ended with {status}").into()) }
    };
    // The first one also wakes the plan.
    verify()?;
    let (cpu, wall) = measured(children_cpu, verify)?;
    let bytes: usize = entries.iter().map(|entry| entry.envelope.len() + entry.payload.len()).sum();
    let rate = |time: Duration, rounds: usize| (entries.len() * rounds) as f64 / time.as_secs_f64();
    let mut out = std::io::stdout();
    writeln!(out, "{} entries of {} bytes on average", entries.len(), bytes / entries.len().max(1))?;
    writeln!(out, "walk, processor time: {:.0} entries/s", rate(walk, ROUNDS))?;
    writeln!(out, "reading the answers and walk, processor time: {:.0} entries/s", rate(decode, ROUNDS))?;
    writeln!(
        out,
        "plenary verify --all: {:.2} s in all ({:.0} entries/s), {:.2} s of processor time of the client",
        wall.as_secs_f64(),
        rate(wall, 1),
        cpu.as_secs_f64()
    )?;
    Ok(())
}

/// Processor time and time that something takes.
fn measured(
    cpu: fn() -> Result<Duration, Failure>,
    work: impl FnOnce() -> Result<(), Failure>,
) -> Result<(Duration, Duration), Failure> {
    let (before, begun) = (cpu()?, Instant::now());
    work()?;
    Ok((cpu()?.saturating_sub(before), begun.elapsed()))
}

fn body(entry: &Entry) -> Body<'_> {
    Body::Present { salt: &entry.salt, payload: &entry.payload }
}

fn walk(entries: &[Entry]) -> Result<(), Failure> {
    for _ in 0..ROUNDS {
        let mut chain = Chain::whole(PLAN.parse()?);
        for entry in entries {
            chain.take(&entry.envelope, body(entry))?;
        }
    }
    Ok(())
}

fn read_and_walk(entries: &[Entry]) -> Result<(), Failure> {
    let mut sequences = Vec::new();
    for page in entries.chunks(1_000) {
        let mut sequence = Vec::new();
        page.iter().for_each(|entry| put_entry(&mut sequence, &entry.envelope, body(entry)));
        sequences.push(sequence);
    }
    for _ in 0..ROUNDS {
        let mut chain = Chain::whole(PLAN.parse()?);
        for sequence in &sequences {
            for entry in read_entries(sequence)? {
                chain.take(entry.envelope(), entry.body())?;
            }
        }
    }
    Ok(())
}
