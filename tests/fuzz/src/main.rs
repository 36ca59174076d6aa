//! Runs targets in processes of their own, so that one that dies leaves the number of the input it died of.

use std::alloc::System;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cap::Cap;
use clap::Parser;
use plenary_fuzz::worker::{self, Progress};
use plenary_fuzz::{mutate, targets};

/// Memory that one worker may have, bytes: a target, its corpus, and what the largest input may cost.
const WORKER_BYTES_MAX: usize = 512 * 1024 * 1024;
/// How long one input may take, seconds: far more than any does, on a machine that does other things too.
const INPUT_S_MAX: u64 = 20;
/// Workers at once.
const WORKERS: usize = 2;
/// How a worker ends that found something.
const FOUND: u8 = 3;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, WORKER_BYTES_MAX);

/// Offers altered bytes to every decoder, or one input to one.
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    /// One target; all, if none is named
    target: Option<String>,
    /// One input, read once: what a failure wrote
    file: Option<PathBuf>,
    /// How long in all, seconds
    #[arg(long, env = "PLENARY_FUZZ_SECONDS", default_value_t = 75)]
    seconds: u64,
    /// What the inputs follow from
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Where inputs that find something are written
    #[arg(long, default_value = "target/fuzz")]
    out: PathBuf,
    /// Runs as a worker that keeps its number here
    #[arg(long, hide = true)]
    progress: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(code) => code,
        Err(error) => {
            _ = writeln!(std::io::stderr(), "plenary-fuzz: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<ExitCode, String> {
    match (&args.target, &args.file, &args.progress) {
        (Some(target), Some(file), _) => replay(target, file),
        (Some(target), None, Some(progress)) => work(target, args, progress),
        (target, ..) => lead(target.as_deref(), args),
    }
}

/// Reads one input.
fn replay(target: &str, file: &Path) -> Result<ExitCode, String> {
    let mut target = targets::named(target)?;
    let bytes = std::fs::read(file).map_err(|error| error.to_string())?;
    let taken = (target.read)(&bytes)?;
    _ = writeln!(std::io::stdout(), "{} of {} bytes", if taken { "taken" } else { "refused" }, bytes.len());
    Ok(ExitCode::SUCCESS)
}

/// Reads the inputs of one target.
fn work(name: &str, args: &Args, progress: &Path) -> Result<ExitCode, String> {
    let mut target = targets::named(name)?;
    let progress = Progress::new(progress).map_err(|error| error.to_string())?;
    worker::keep_panics_quiet();
    static BEGUN: AtomicU64 = AtomicU64::new(0);
    std::thread::spawn(watch);
    let begun = &mut || _ = BEGUN.fetch_add(1, Ordering::Relaxed);
    let for_time = Duration::from_secs(args.seconds);
    return match worker::run(&mut target, args.seed, for_time, Some(&progress), begun) {
        Ok(done) => {
            _ = writeln!(std::io::stdout(), "{name}: {} inputs, {} taken", done.inputs, done.taken);
            Ok(ExitCode::SUCCESS)
        }
        Err((number, found)) => {
            _ = writeln!(std::io::stdout(), "{name}: input {number}: {found}");
            Ok(ExitCode::from(FOUND))
        }
    };

    /// Ends the process when an input takes too long.
    fn watch() {
        let mut seen = 0;
        loop {
            std::thread::park_timeout(Duration::from_secs(INPUT_S_MAX));
            let now = BEGUN.load(Ordering::Relaxed);
            if now == seen {
                _ = writeln!(std::io::stdout(), "an input takes longer than {INPUT_S_MAX} s");
                std::process::exit(FOUND.into());
            }
            seen = now;
        }
    }
}

/// Has workers read the inputs of targets, some at once.
fn lead(only: Option<&str>, args: &Args) -> Result<ExitCode, String> {
    let names: Vec<&str> = targets::ALL
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| only.is_none_or(|only| only == *name))
        .collect();
    if let (Some(only), true) = (only, names.is_empty()) {
        return targets::named(only).map(|_| ExitCode::SUCCESS);
    }
    let rounds = names.len().div_ceil(WORKERS) as u64;
    let seconds = (args.seconds / rounds).max(1);
    _ = writeln!(std::io::stdout(), "seed {}, {seconds} s a target", args.seed);
    let mut failed = false;
    for names in names.chunks(WORKERS) {
        let started = names.iter().map(|name| start(name, args, seconds)).collect::<Result<Vec<_>, _>>()?;
        for (name, child, progress) in started {
            let output = child.wait_with_output().map_err(|error| error.to_string())?;
            _ = write!(std::io::stdout(), "{}", String::from_utf8_lossy(&output.stdout));
            if !output.status.success() {
                failed = true;
                keep(name, args, &progress, &output)?;
            }
        }
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

type Started<'a> = (&'a str, std::process::Child, tempfile::TempPath);

fn start<'a>(name: &'a str, args: &Args, seconds: u64) -> Result<Started<'a>, String> {
    let progress = tempfile::NamedTempFile::new().map_err(|error| error.to_string())?.into_temp_path();
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let child = Command::new(program)
        .arg(name)
        .args(["--seconds", &seconds.to_string(), "--seed", &args.seed.to_string(), "--progress"])
        .arg(&progress)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    Ok((name, child.map_err(|error| error.to_string())?, progress))
}

/// Writes the input that a worker ended with, and says how it is read again.
fn keep(name: &str, args: &Args, progress: &Path, output: &std::process::Output) -> Result<(), String> {
    let number = Progress::left(progress).map_err(|error| error.to_string())?;
    let bytes = mutate::input(&targets::named(name)?, args.seed, number);
    std::fs::create_dir_all(&args.out).map_err(|error| error.to_string())?;
    let file = args.out.join(format!("{name}-{}-{number}", args.seed));
    std::fs::write(&file, bytes).map_err(|error| error.to_string())?;
    let (ended, said) = (output.status, String::from_utf8_lossy(&output.stderr));
    _ = writeln!(
        std::io::stdout(),
        "{name}: input {number} of seed {}: {ended}\n{}\n  plenary-fuzz {name} {}",
        args.seed,
        said.trim_end(),
        file.display()
    );
    Ok(())
}
