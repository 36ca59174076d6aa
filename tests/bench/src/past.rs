//! What it costs to look into a long past, and what that costs those who write meanwhile.
//!
//! A plan with many changes is written straight into a log; the real server then answers over HTTP,
//! first cold, then resident, then with auditors who replay while others write.

pub mod forge;
mod load;

use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{Failure, Running, say};
pub use forge::append_and_wait;
use forge::{Forged, PLAN};

/// Runs of each question.
const RUNS: usize = 40;
/// Runs of the dear questions.
const RUNS_DEAR: usize = 5;
/// Bytes of one answer.
const ANSWER_BYTES_MAX: u64 = 256 << 20;

/// Measures what it costs to look into a long past.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Changes in the plan's past
    #[arg(long, default_value_t = 100_000)]
    changes: usize,
    /// Auditors who replay while others write
    #[arg(long, default_value_t = 10)]
    auditors: usize,
    /// How long writers write, at rest and with auditors, seconds
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// Measure the start of a server over so many entries instead
    #[arg(long)]
    start: Option<u64>,
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
}

/// A figure: what, how many runs, half of them shorter, nineteen in twenty shorter, none longer.
struct Figure {
    what: String,
    times: Vec<Duration>,
    /// What is wanted, milliseconds, and of which percentile.
    wanted: Option<(f64, usize)>,
}

impl Figure {
    fn ms(&self, percent: usize) -> f64 {
        let mut times = self.times.clone();
        times.sort_unstable();
        let index = (times.len().saturating_sub(1)) * percent / 100;
        times.get(index).map_or(f64::NAN, |time| time.as_secs_f64() * 1_000.0)
    }
}

#[derive(Default)]
struct Figures {
    all: Vec<Figure>,
    notes: Vec<(String, f64)>,
}

impl Figures {
    fn add(&mut self, what: &str, times: Vec<Duration>, wanted: Option<(f64, usize)>) {
        self.all.push(Figure { what: what.to_owned(), times, wanted });
    }

    fn note(&mut self, what: &str, number: f64) {
        self.notes.push((what.to_owned(), number));
    }

    fn table(&self) -> String {
        let mut out = format!("{:<52} {:>4} {:>9} {:>9} {:>9}  wanted\n", "ms", "n", "p50", "p95", "max");
        for figure in &self.all {
            let wanted = figure.wanted.map(|(ms, percent)| format!("p{percent} ≤ {ms}")).unwrap_or_default();
            out.push_str(&format!(
                "{:<52} {:>4} {:>9.1} {:>9.1} {:>9.1}  {wanted}\n",
                figure.what,
                figure.times.len(),
                figure.ms(50),
                figure.ms(95),
                figure.ms(100),
            ));
        }
        for (what, number) in &self.notes {
            out.push_str(&format!("{what}: {number:.2}\n"));
        }
        out
    }

    fn json(&self) -> Value {
        let figures: Vec<Value> = self
            .all
            .iter()
            .map(|figure| {
                json!({
                    "what": figure.what, "runs": figure.times.len(), "p50_ms": figure.ms(50),
                    "p95_ms": figure.ms(95), "p99_ms": figure.ms(99), "max_ms": figure.ms(100),
                })
            })
            .collect();
        let notes: serde_json::Map<String, Value> =
            self.notes.iter().map(|(what, number)| (what.clone(), json!(number))).collect();
        json!({ "figures": figures, "notes": notes })
    }
}

/// Runs the measurement below `root` and prints it.
pub fn run(root: &Path, args: &Args) -> Result<(), Failure> {
    let mut figures = Figures::default();
    match args.start {
        Some(entries) => measure_start(root, entries, &mut figures)?,
        None => measure(root, args, &mut figures)?,
    }
    let text = if args.json { serde_json::to_string_pretty(&figures.json())? } else { figures.table() };
    Ok(writeln!(std::io::stdout(), "{text}")?)
}

fn measure_start(root: &Path, entries: u64, figures: &mut Figures) -> Result<(), Failure> {
    let start = |data: &Path| {
        let begin = Instant::now();
        let running = Running::start(data.to_owned())?;
        let took = begin.elapsed();
        running.stop()?;
        Ok::<_, Failure>(took)
    };
    let (data, wanted) = (root.join("start"), Some((5_000.0, 100)));
    say("writing entries");
    forge::forge_entries(&data, entries)?;
    say("starts after a clean stop, and after a kill");
    let clean = (0..3).map(|_| start(&data)).collect::<Result<_, _>>()?;
    let killed = (0..3).map(|_| forge::killed(&data, 0).and_then(|()| start(&data)));
    let killed = killed.collect::<Result<_, _>>()?;
    say("writing entries again, up to a kill");
    let data = root.join("killed");
    forge::killed(&data, entries)?;
    let writing = vec![start(&data)?];
    figures.add(&format!("start after a clean stop, {entries} entries"), clean, wanted);
    figures.add("start after a kill", killed, wanted);
    figures.add("start after the kill of who wrote them all", writing, wanted);
    Ok(())
}

/// Somebody who asks over HTTP.
pub struct Asker {
    agent: ureq::Agent,
    address: SocketAddr,
    token: String,
}

impl Asker {
    fn new(address: SocketAddr, data: &Path, who: &str) -> Result<Asker, Failure> {
        let token = std::fs::read_to_string(data.join(format!("demo/{who}.token")))?.trim().to_owned();
        Ok(Asker { agent: ureq::Agent::new_with_defaults(), address, token })
    }

    /// The whole answer to a question about the plan, and how long it took.
    fn ask(&self, path: &str) -> Result<(String, Duration), Failure> {
        let begin = Instant::now();
        let body = self
            .agent
            .get(format!("http://{}/api/v1/plans/{PLAN}{path}", self.address))
            .header("Authorization", format!("Bearer {}", self.token))
            .call()
            .map_err(|error| format!("{path}: {error}"))?
            .body_mut()
            .with_config()
            .limit(ANSWER_BYTES_MAX)
            .read_to_string()?;
        Ok((body, begin.elapsed()))
    }

    fn times(&self, runs: usize, path: impl Fn(usize) -> String) -> Result<Vec<Duration>, Failure> {
        (0..runs).map(|run| Ok(self.ask(&path(run))?.1)).collect()
    }
}

fn measure(root: &Path, args: &Args, figures: &mut Figures) -> Result<(), Failure> {
    let data = root.join("past");
    say("writing the past");
    let begin = Instant::now();
    let forged = forge::forge(&data, args.changes)?;
    figures.note("entries", forged.entries as f64);
    figures.note("index of the past, bytes an entry", forged.index_bytes as f64 / forged.entries as f64);
    say(&format!("written in {:.0?}; first access without a snapshot", begin.elapsed()));
    let middle = forged.entries / 2;
    let running = Running::start(data.clone())?;
    let auditor = Asker::new(running.address, &data, "auditor")?;
    figures.add("first access, no snapshot", vec![auditor.ask(&format!("?at={middle}"))?.1], None);
    // A stop waits for the snapshot that the first access has begun.
    say("waiting for the snapshot");
    let begin = Instant::now();
    running.stop()?;
    figures.note("snapshot, seconds beside everything else", begin.elapsed().as_secs_f64());
    say("cold");
    let mut cold = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..3 {
        let begin = Instant::now();
        let running = Running::start(data.clone())?;
        cold[0].push(begin.elapsed());
        let auditor = Asker::new(running.address, &data, "auditor")?;
        cold[1].push(auditor.ask(&format!("?at={middle}"))?.1);
        cold[2].push(load::first_edit(running.address, &data, &forged.element)?);
        running.stop()?;
    }
    let [start, read, edit] = cold;
    figures.add("start", start, None);
    figures.add("first access to a cold plan (reader copy)", read, Some((1_500.0, 100)));
    figures.add("first edit of a cold plan (hub)", edit, Some((1_500.0, 100)));
    let running = Running::start(data.clone())?;
    resident(&Asker::new(running.address, &data, "auditor")?, &forged, figures)?;
    load::writers_and_auditors(running.address, &data, &forged, args.auditors, args.seconds, figures)?;
    running.stop()
}

/// Questions to a plan that is in memory.
fn resident(auditor: &Asker, forged: &Forged, figures: &mut Figures) -> Result<(), Failure> {
    say("resident");
    auditor.ask("?at=5")?;
    let entries = forged.entries;
    let point = |run: usize| format!("?at={}", 20 + (run as u64 * 7_919) % (entries - 20));
    figures.add("a point in time", auditor.times(RUNS, point)?, Some((200.0, 95)));
    let us = forged.from_us + (forged.until_us - forged.from_us) / 2;
    let time = |us: i64| jiff::Timestamp::from_microsecond(us).map(|time| time.to_string());
    let (since, until) = (time(us)?, time(us + 600_000_000)?);
    let element = &forged.element;
    let questions = [
        ("newest first", "order=desc".to_owned()),
        ("oldest first after the middle", format!("after={}", entries / 2)),
        ("by element, newest first", format!("element={element}&order=desc")),
        ("by element, after the middle", format!("element={element}&after={}", entries / 2)),
        ("by subject", "subject=writer-3&order=desc".to_owned()),
        ("by Bureau, after the middle", format!("bureau=BDT&after={}", entries / 2)),
        ("by time", format!("since={since}&until={until}")),
        ("by subtree", "subtree=2&order=desc".to_owned()),
        ("nothing found", format!("subtree=2&subject=nobody&from_seq={}", entries / 10)),
    ];
    for (list, name) in [("events", "entries"), ("history", "revisions")] {
        for (what, query) in &questions {
            let times = auditor.times(RUNS, |_| format!("/{list}?limit=100&{query}"))?;
            figures.add(&format!("100 {name}, {what}"), times, Some((20.0, 95)));
        }
    }
    let findings = auditor.times(1, |_| "/findings/history".into())?;
    figures.add("history of findings, the whole past", findings, Some((10_000.0, 100)));
    figures.add("findings now", auditor.times(RUNS_DEAR, |_| "/findings".into())?, None);
    let blame = auditor.times(RUNS_DEAR, |_| format!("/elements/{element}/blame?field=statement"))?;
    figures.add("blame of the long text", blame, Some((300.0, 100)));
    let line = auditor.times(RUNS_DEAR, |_| format!("/elements/{element}/timeline?field=statement"))?;
    figures.add("time line of the long text", line, None);
    figures.add(
        "appearances of a word",
        auditor.times(RUNS_DEAR, |_| "/appearances?text=plan".into())?,
        None,
    );
    Ok(())
}
