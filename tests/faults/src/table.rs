//! What came of runs, counted; each row is one fault.

use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use tempfile::TempDir;

/// How many runs go on at once: a start waits for the disk as much as for a core.
const AT_ONCE: usize = 3;
/// After so many runs of a worker it says how far it is.
const PROGRESS_EVERY: u64 = 20;
/// Runs that failed and are told with their seed, at most.
const TOLD_MAX: usize = 10;

/// What came of one run.
#[derive(Debug, Clone, Default)]
pub struct Run {
    /// Runs that it stands for, beside itself.
    pub more: u64,
    /// Edits whose acknowledgement the run holds the server to.
    pub acknowledged: u64,
    /// Edits of these that are gone.
    pub lost: u64,
    /// Content that is served otherwise than it was written.
    pub altered: u64,
    /// Acknowledgements that came after a write or sync of the journal had failed.
    pub after_failure: u64,
    /// Starts that were refused, with a reason that names where.
    pub refused: u64,
    /// Faults that were met and got over, or marked: a store made anew, a tail cut, a plan not vouched for.
    pub recovered: u64,
    /// What is wrong with the run beside the numbers, or explains them; empty when all is well.
    pub wrong: Vec<String>,
}

impl Run {
    /// Whether the run holds every bar.
    pub fn is_well(&self) -> bool {
        self.lost == 0 && self.altered == 0 && self.after_failure == 0 && self.wrong.is_empty()
    }
}

/// One line of the table.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// The fault.
    pub fault: String,
    /// How many runs.
    pub runs: u64,
    /// Their numbers, added up.
    pub sum: Run,
    /// Runs that do not hold a bar.
    pub failed: u64,
    /// How long it took.
    pub seconds: f64,
}

/// How the runs of a row are done.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where its runs have their folders.
    pub folder: fn() -> TempDir,
    /// The seeds, one for each run.
    pub seeds: Vec<u64>,
    /// The name by which the row is asked for.
    pub only: &'static str,
    /// What is to know of a run that is done again.
    pub again: &'static str,
}

/// Does runs, several at once, each with a folder of its own, which stays where the run does not hold the bars.
///
/// # Panics
/// Never for a run: one that panics is one that failed.
pub fn runs(fault: &str, settings: &Settings, one: impl Fn(u64, &Path) -> Run + Sync) -> Row {
    let began = Instant::now();
    let next = AtomicUsize::new(0);
    let row = Mutex::new(Row { fault: fault.to_owned(), ..Row::default() });
    let work = || {
        let mut done_count = 0;
        loop {
            let Some(seed) = settings.seeds.get(next.fetch_add(1, Ordering::SeqCst)).copied() else { return };
            let folder = (settings.folder)();
            let done = catch_unwind(AssertUnwindSafe(|| one(seed, folder.path())));
            let run = done.unwrap_or_else(|panic| {
                let text = panic.downcast_ref::<String>().cloned();
                let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
                Run {
                    wrong: vec![text.unwrap_or_else(|| "a panic without a text".to_owned())],
                    ..Run::default()
                }
            });
            let mut row = row.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let kept = (!run.is_well()).then(|| folder.keep());
            row.take(&run, seed, kept.as_ref(), settings);
            done_count += 1;
            if done_count % PROGRESS_EVERY == 0 {
                progress(&format!("{fault}: {} runs, {:.0} s", row.runs, began.elapsed().as_secs_f64()));
            }
        }
    };
    std::thread::scope(|scope| (0..AT_ONCE).for_each(|_| _ = scope.spawn(work)));
    let mut row = row.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    row.seconds = began.elapsed().as_secs_f64();
    row
}

/// Says something on standard error.
pub fn progress(line: &str) {
    _ = writeln!(std::io::stderr(), "{line}");
}

impl Row {
    fn take(&mut self, run: &Run, seed: u64, kept: Option<&PathBuf>, settings: &Settings) {
        self.runs += 1 + run.more;
        let sum = &mut self.sum;
        sum.acknowledged += run.acknowledged;
        sum.lost += run.lost;
        sum.altered += run.altered;
        sum.after_failure += run.after_failure;
        sum.refused += run.refused;
        sum.recovered += run.recovered;
        if let Some(kept) = kept {
            self.failed += 1;
            if sum.wrong.len() < TOLD_MAX {
                let Settings { only, again, .. } = settings;
                let said = format!(
                    "{}: seed {seed}: lost {}, altered {}, after a failure {}: {}\n  kept in {}; again: plenary-faults \
                     --only {only} --seed {seed} --runs 1{again}",
                    self.fault,
                    run.lost,
                    run.altered,
                    run.after_failure,
                    run.wrong.join("; "),
                    kept.display()
                );
                progress(&said);
                sum.wrong.push(said);
            }
        }
    }
}

/// The table, as Markdown.
pub fn markdown(rows: &[Row]) -> String {
    let mut text = "| fault | runs | acknowledged | lost | served altered | acknowledged after a failure | refused with a \
                    reason | recovered or marked | failed | s |\n|---|---|---|---|---|---|---|---|---|---|\n"
        .to_owned();
    for Row { fault, runs, sum, failed, seconds } in rows {
        let Run { acknowledged, lost, altered, after_failure, refused, recovered, .. } = sum;
        text += &format!(
            "| {fault} | {runs} | {acknowledged} | {lost} | {altered} | {after_failure} | {refused} | {recovered} | \
             {failed} | {seconds:.0} |\n"
        );
    }
    text
}
