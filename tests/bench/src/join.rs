//! Whether a client that joins a busy plan, again and again, costs the others anything.
//!
//! Spells with and without the joining client take turns within one run.

use std::cell::Cell;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::Failure;
use crate::edits::{Replica, changes_frame, plan_file};
use crate::figures::Row;
use crate::load::{self, Keep};
use crate::served::Served;
use crate::socket::{Socket, number};

const PLAN: &str = "join";
const TEXTS: usize = 300;
const WRITERS: usize = 4;
const READERS: usize = 10;
/// Edits a second, all writers together.
const EDITS_PER_S: usize = 200;
const HISTORY: usize = 10_000;
/// Spells of each kind.
const SPELLS: usize = 4;

/// Measures for this long in all.
pub async fn run(dir: Option<&Path>, lasts: Duration) -> Result<Vec<Row>, Failure> {
    let served = Served::start(dir)?;
    let (address, token) = (served.address(), served.token("writer")?);
    load::create(address, &token, &plan_file(PLAN, TEXTS))?;
    let empty = load::snapshot(address, &token, PLAN).await?;
    let history = Replica::load(&empty.document, TEXTS, 0)?.type_characters(HISTORY, None)?;
    load::hand_over(address, &token, PLAN, "history", &history).await?;
    let start = load::snapshot(address, &token, PLAN).await?;

    let (until, known) = watch::channel(u64::MAX);
    let mut reading = Vec::new();
    for _ in 0..READERS {
        let socket = load::subscribed(address, &token, PLAN, start.seq, false).await?;
        reading.push(tokio::task::spawn_local(load::read(socket, start.seq, Keep::Times, known.clone())));
    }
    let mut writing = Vec::new();
    let begin = Instant::now();
    for writer in 0..WRITERS {
        let count = (lasts.as_secs_f64() * EDITS_PER_S as f64) as usize / WRITERS;
        let changes = Replica::load(&start.document, TEXTS, writer + 1)?.type_characters(count, None)?;
        let frame = |(index, change): (usize, &Vec<u8>)| {
            changes_frame(PLAN, &format!("w{writer}-{index}"), std::slice::from_ref(change))
        };
        let frames: Vec<_> = changes.iter().enumerate().map(frame).collect();
        let socket = Socket::connect(address, &token).await?;
        writing.push(tokio::task::spawn_local(write(socket, frames, writer)));
    }
    let spell = lasts / (2 * SPELLS) as u32;
    let over = Rc::new(Cell::new(false));
    let joining = tokio::task::spawn_local(join(address, token.clone(), spell, over.clone()));
    let mut sent = Vec::new();
    for task in writing {
        sent.extend(task.await??);
    }
    over.set(true);
    until.send_replace(sent.iter().map(|(seq, ..)| *seq).max().unwrap_or(0));
    let mut came = Vec::new();
    for task in reading {
        came.push(task.await??.times);
    }
    let joins = joining.await??;
    let quiet =
        |begun: &Instant| (begun.duration_since(begin).as_nanos() / spell.as_nanos()).is_multiple_of(2);
    let row = |with: bool| {
        let chosen: Vec<_> = sent.iter().filter(|(_, begun, _)| quiet(begun) != with).collect();
        let acknowledged: Vec<Duration> = chosen.iter().map(|(.., took)| *took).collect();
        let mut seen: Vec<Duration> = Vec::new();
        for times in &came {
            let at =
                |seq: u64| times.binary_search_by_key(&seq, |(seq, _)| *seq).ok().map(|index| times[index].1);
            seen.extend(chosen.iter().filter_map(|(seq, begun, _)| Some(at(*seq)? - *begun)));
        }
        Row::default()
            .with("somebody joins", if with { joins.to_string() + " times" } else { "no".to_owned() })
            .with("edits", chosen.len())
            .with_times("acknowledged", &acknowledged)
            .with_times("seen", &seen)
    };
    Ok(vec![row(false), row(true)])
}

type Sent = Vec<(u64, Instant, Duration)>;

async fn write(mut socket: Socket, frames: Vec<Vec<u8>>, index: usize) -> Result<Sent, Failure> {
    let beat = Duration::from_secs_f64(WRITERS as f64 / EDITS_PER_S as f64);
    tokio::time::sleep(beat.mul_f64(index as f64 / WRITERS as f64)).await;
    let mut tick = tokio::time::interval(beat);
    let mut sent = Vec::with_capacity(frames.len());
    for frame in frames {
        tick.tick().await;
        let begun = Instant::now();
        socket.send(&frame).await?;
        let text = socket.expect(r#"{"type":"ack""#).await?;
        let seq = number(text.as_bytes(), r#""seq":"#).ok_or("an acknowledgement without entry")?;
        sent.push((seq, begun, begun.elapsed()));
    }
    Ok(sent)
}

/// In every second spell: takes the whole plan, then all of its entries, and goes again.
async fn join(
    address: std::net::SocketAddr,
    token: String,
    spell: Duration,
    over: Rc<Cell<bool>>,
) -> Result<usize, Failure> {
    let begin = Instant::now();
    let mut joins = 0;
    while !over.get() {
        if (begin.elapsed().as_nanos() / spell.as_nanos()).is_multiple_of(2) {
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        }
        load::snapshot(address, &token, PLAN).await?;
        load::subscribed(address, &token, PLAN, 0, false).await?;
        joins += 1;
    }
    Ok(joins)
}
