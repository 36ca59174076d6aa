//! Writers at a steady pace, at rest and while auditors replay.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use plenary_protocol::Seq;
use plenary_protocol::plan::Command;
use plenary_protocol::wire::live::{ClientMessage, ServerMessage};

use super::forge::{Forged, PLAN};
use super::{Asker, Figures, say};
use crate::Failure;
use crate::client::{Client, head};

/// Writers, and edits a second of each.
const WRITERS: usize = 4;
const EDITS_PER_S: u32 = 5;
/// The demonstration's drafters.
const DRAFTERS: [&str; WRITERS] = ["br", "tsb", "bdt", "gs"];

fn token(data: &Path, who: &str) -> Result<String, Failure> {
    Ok(std::fs::read_to_string(data.join(format!("demo/{who}.token")))?)
}

/// How long the first edit of a plan takes that is in nobody's memory.
pub fn first_edit(address: SocketAddr, data: &Path, element: &str) -> Result<Duration, Failure> {
    let token = token(data, DRAFTERS[0])?;
    let base = head(address, &token, PLAN)?;
    let mut client = Client::connect(address, &token)?;
    edit(&mut client, &format!("first-{base}"), element, base).map(|(took, _)| took)
}

fn edit(client: &mut Client, id: &str, element: &str, base: u64) -> Result<(Duration, u64), Failure> {
    let command = Command::Splice {
        element: element.parse()?,
        field: "statement".into(),
        lang: None,
        at: 0,
        delete: 0,
        insert: "x".into(),
        base: Seq(base),
    };
    let begin = Instant::now();
    client.send(&ClientMessage::Edit {
        id: id.parse()?,
        plan: PLAN.parse()?,
        commands: vec![command],
        known: None,
        because: None,
        answers: Vec::new(),
    })?;
    match client.receive()? {
        ServerMessage::Ack { seq, .. } => Ok((begin.elapsed(), seq.0)),
        other => Err(format!("an edit was not acknowledged: {other:?}").into()),
    }
}

fn write(
    address: SocketAddr,
    data: &Path,
    element: &str,
    round: &str,
    seconds: u64,
) -> Result<Vec<Duration>, Failure> {
    let mut writers = Vec::new();
    for (number, who) in DRAFTERS.into_iter().enumerate() {
        let token = token(data, who)?;
        let mut latest = head(address, &token, PLAN)?;
        let mut client = Client::connect(address, &token)?;
        let (element, round) = (element.to_owned(), format!("{round}-{latest}-{number}"));
        writers.push(std::thread::spawn(move || {
            let mut times = Vec::new();
            let begin = Instant::now() + Duration::from_millis(50) * number as u32;
            for count in 0..seconds as u32 * EDITS_PER_S {
                let due = begin + Duration::from_secs(1) / EDITS_PER_S * count;
                std::thread::sleep(due.saturating_duration_since(Instant::now()));
                let (took, seq) = edit(&mut client, &format!("{round}-{count}"), &element, latest)?;
                latest = seq;
                times.push(took);
            }
            Ok::<_, Failure>(times)
        }));
    }
    let mut times = Vec::new();
    for writer in writers {
        times.extend(writer.join().map_err(|_| "a writer failed")??);
    }
    Ok(times)
}

/// Reads the whole past page by page and points in time between, until it is over; counts answers.
fn audit(
    asker: &Asker,
    forged: &Forged,
    number: u64,
    over: &AtomicBool,
    answers: &AtomicU64,
) -> Result<(), Failure> {
    let mut point = number * 7_919;
    let mut after = None::<String>;
    while !over.load(Ordering::Relaxed) {
        let query = after.take().map(|after| format!("&after={after}")).unwrap_or_default();
        let (page, _) = asker.ask(&format!("/history?limit=1000{query}"))?;
        let page: serde_json::Value = serde_json::from_str(&page)?;
        after = page["next_after"].as_str().map(str::to_owned);
        point += 104_729;
        asker.ask(&format!("?at={}", 20 + point % (forged.entries - 20)))?;
        answers.fetch_add(2, Ordering::Relaxed);
    }
    Ok(())
}

/// Writers at rest, then with auditors beside them.
pub fn writers_and_auditors(
    address: SocketAddr,
    data: &Path,
    forged: &Forged,
    auditors: usize,
    seconds: u64,
    figures: &mut Figures,
) -> Result<(), Failure> {
    say("writers at rest");
    let element = &forged.element;
    first_edit(address, data, element)?;
    let rest = write(address, data, element, "rest", seconds)?;
    say("writers with auditors");
    let (over, answers) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let busy = std::thread::scope(|scope| {
        let auditing: Vec<_> = (0..auditors)
            .map(|number| {
                let (over, answers) = (over.clone(), answers.clone());
                scope.spawn(move || {
                    let asker = Asker::new(address, data, "auditor")?;
                    audit(&asker, forged, number as u64, &over, &answers)
                })
            })
            .collect();
        let busy = write(address, data, element, "busy", seconds);
        over.store(true, Ordering::Relaxed);
        for auditor in auditing {
            auditor.join().map_err(|_| "an auditor failed")??;
        }
        busy
    })?;
    let count = figures.all.len();
    figures.add("edit acknowledged, at rest", rest, None);
    figures.add(&format!("edit acknowledged, {auditors} auditors replaying"), busy, None);
    let [rest, busy] =
        [&figures.all[count], &figures.all[count + 1]].map(|figure| (figure.ms(50), figure.ms(99)));
    figures.note("writers' p50, with auditors against at rest (times)", busy.0 / rest.0);
    figures.note("writers' p99 at rest, ms", rest.1);
    figures.note("writers' p99 with auditors, ms", busy.1);
    figures.note("writers' p99, with auditors against at rest (times; wanted ≤ 2)", busy.1 / rest.1);
    figures.note("auditors' answers a second", answers.load(Ordering::Relaxed) as f64 / seconds as f64);
    Ok(())
}
