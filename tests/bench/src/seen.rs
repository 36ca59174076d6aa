//! From sending an edit to each reader's receipt of it, at an easy pace, beside the floor.
//!
//! Floor, raw changes and thin commands take turns within one run, so that whatever else the machine
//! does meets all three alike.

use std::path::Path;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::Failure;
use crate::edits::{Replica, changes_frame, plan_file, splice_frame};
use crate::figures::Row;
use crate::floor::Floor;
use crate::load::{self, Keep, Written};
use crate::served::Served;
use crate::socket::Socket;

const PLAN: &str = "seen";
const TEXTS: usize = 300;

/// Edits a second to each of the three.
const EDITS_PER_S: u32 = 20;

struct Target {
    name: &'static str,
    writer: Socket,
    frames: Vec<Vec<u8>>,
    written: Written,
}

/// Measures with this many readers, for this long.
pub async fn run(dir: Option<&Path>, readers: &[usize], lasts: Duration) -> Result<Vec<Row>, Failure> {
    let mut rows = Vec::new();
    for readers in readers {
        rows.extend(with_readers(dir, *readers, lasts).await?);
    }
    Ok(rows)
}

async fn with_readers(dir: Option<&Path>, readers: usize, lasts: Duration) -> Result<Vec<Row>, Failure> {
    let (floor, served) = (Floor::start(dir)?, Served::start(dir)?);
    let token = served.token("writer")?;
    load::create(served.address(), &token, &plan_file(PLAN, TEXTS))?;
    let start = load::snapshot(served.address(), &token, PLAN).await?;
    let count = (lasts.as_secs_f64() * f64::from(EDITS_PER_S)) as usize;
    let mut replica = Replica::load(&start.document, TEXTS, 1)?;
    let changes = replica.type_characters(2 * count, None)?;
    let raw = |prefix: &str, changes: &[Vec<u8>]| -> Vec<Vec<u8>> {
        let frame = |(index, change): (usize, &Vec<u8>)| {
            changes_frame(PLAN, &format!("{prefix}{index}"), std::slice::from_ref(change))
        };
        changes.iter().enumerate().map(frame).collect()
    };
    let thin = (0..count).map(|index| splice_frame(PLAN, &format!("t{index}"), index % TEXTS, start.seq));
    let (floor_at, served_at) = (floor.address(), served.address());
    let targets = [
        ("floor", floor_at, raw("f", &changes[count..])),
        ("raw changes", served_at, raw("r", &changes[..count])),
        ("thin commands", served_at, thin.collect()),
    ];
    let mut connected = Vec::new();
    for (name, at, frames) in targets {
        let writer = Socket::connect(at, &token).await?;
        connected.push(Target { name, writer, frames, written: Written::default() });
    }
    let (until, heard) = watch::channel([u64::MAX; 2]);
    let mut watching = Vec::new();
    for (index, at, after) in [(0, floor_at, 0), (1, served_at, start.seq)] {
        for _ in 0..readers {
            let socket = load::subscribed(at, &token, PLAN, after, false).await?;
            let mut heard = heard.clone();
            let (known, until) = watch::channel(u64::MAX);
            watching.push((
                index,
                tokio::task::spawn_local(async move {
                    let told = async move {
                        while heard.changed().await.is_ok() {
                            known.send_replace(heard.borrow()[index]);
                        }
                    };
                    let (seen, ()) = tokio::join!(load::read(socket, after, Keep::Times, until), told);
                    seen
                }),
            ));
        }
    }
    pace(&mut connected).await?;
    let last =
        |targets: &[Target]| targets.iter().filter_map(|t| t.written.sent.last()).map(|(seq, _)| *seq).max();
    until.send_replace([last(&connected[..1]).unwrap_or(0), last(&connected[1..]).unwrap_or(0)]);
    drop(until);
    let mut times: [Vec<Vec<(u64, Instant)>>; 2] = Default::default();
    for (index, task) in watching {
        times[index].push(task.await??.times);
    }
    Ok(told(&connected, &times, readers))
}

/// Sends one edit after the other, each target's at its own beat.
async fn pace(targets: &mut [Target]) -> Result<(), Failure> {
    let beat = Duration::from_secs(1) / EDITS_PER_S / targets.len() as u32;
    let mut tick = tokio::time::interval(beat);
    let count = targets[0].frames.len();
    for index in 0..count {
        for target in targets.iter_mut() {
            tick.tick().await;
            let begin = Instant::now();
            target.writer.send(&target.frames[index]).await?;
            let text = target.writer.expect(r#"{"type":"ack""#).await?;
            let seq = crate::socket::number(text.as_bytes(), r#""seq":"#)
                .ok_or("an acknowledgement without entry")?;
            target.written.acknowledged.push(begin.elapsed());
            target.written.sent.push((seq, begin));
        }
    }
    Ok(())
}

fn told(targets: &[Target], times: &[Vec<Vec<(u64, Instant)>>; 2], readers: usize) -> Vec<Row> {
    let mut floor_ms = f64::NAN;
    let row = |target: &Target| {
        let came = &times[usize::from(target.name != "floor")];
        let mut seen: Vec<Duration> = Vec::new();
        for times in came {
            let at =
                |seq: u64| times.binary_search_by_key(&seq, |(seq, _)| *seq).ok().map(|index| times[index].1);
            seen.extend(target.written.sent.iter().filter_map(|(seq, begin)| Some(at(*seq)? - *begin)));
        }
        seen.sort_unstable();
        let median = crate::figures::percentile_ms(&seen, 50);
        if target.name == "floor" {
            floor_ms = median;
        }
        Row::default()
            .with("readers", readers)
            .with("what", target.name)
            .with("edits", target.written.sent.len())
            .with_times("seen", &seen)
            .with_number("times the floor", median / floor_ms)
            .with_times("acknowledged", &target.written.acknowledged)
    };
    targets.iter().map(row).collect()
}
