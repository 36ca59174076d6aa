//! One target for a time: what it finds comes back as an error, and the number of the input on its way is kept.

use std::io;
use std::os::unix::fs::FileExt as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use crate::mutate;
use crate::target::Target;

/// Where the last panic was, and what it said.
static LAST_PANIC: Mutex<String> = Mutex::new(String::new());

/// What a worker did.
#[derive(Debug, Default)]
pub struct Done {
    /// Inputs.
    pub inputs: u64,
    /// How many of them were taken.
    pub taken: u64,
}

/// The number of the input on its way, in a file that outlives the worker.
#[derive(Debug)]
pub struct Progress(std::fs::File);

impl Progress {
    /// Begins a file.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new(path: &Path) -> io::Result<Progress> {
        std::fs::File::create(path).map(Progress)
    }

    fn note(&self, number: u64) -> io::Result<()> {
        self.0.write_all_at(&number.to_be_bytes(), 0)
    }

    /// The number that a worker left.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn left(path: &Path) -> io::Result<u64> {
        let bytes = std::fs::read(path)?;
        let number = bytes.first_chunk().copied().map_or(0, u64::from_be_bytes);
        Ok(number)
    }
}

/// Panics are caught and told as findings, and printed only then.
pub fn keep_panics_quiet() {
    std::panic::set_hook(Box::new(|info| {
        if let Ok(mut last) = LAST_PANIC.lock() {
            *last = info.to_string();
        }
    }));
}

/// Reads one input.
///
/// # Errors
/// What it found.
pub fn read(target: &mut Target, bytes: &[u8]) -> Result<bool, String> {
    match catch_unwind(AssertUnwindSafe(|| (target.read)(bytes))) {
        Ok(outcome) => outcome,
        Err(_) => {
            Err(format!("a panic: {}", LAST_PANIC.lock().map_or_else(|_| String::new(), |last| last.clone())))
        }
    }
}

/// Reads inputs until the time is over, and the whole corpus in any case.
///
/// # Errors
/// The number of the input that found something, and what.
pub fn run(
    target: &mut Target,
    seed: u64,
    for_time: Duration,
    progress: Option<&Progress>,
    begun: &mut dyn FnMut(),
) -> Result<Done, (u64, String)> {
    let start = std::time::Instant::now();
    let mut done = Done::default();
    while done.inputs < target.corpus.len() as u64 || start.elapsed() < for_time {
        let number = done.inputs;
        if let Some(progress) = progress {
            progress.note(number).map_err(|error| (number, error.to_string()))?;
        }
        begun();
        let bytes = mutate::input(target, seed, number);
        done.taken += u64::from(read(target, &bytes).map_err(|found| (number, found))?);
        done.inputs += 1;
    }
    Ok(done)
}
