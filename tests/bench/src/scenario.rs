//! Writers at a steady pace, a watcher beside each.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use plenary_protocol::Seq;
use plenary_protocol::plan::Command;
use plenary_protocol::wire::live::{ClientMessage, ServerMessage};

use crate::Failure;
use crate::client::{Client, head};
use crate::figures::Row;

/// The plan that is written.
const PLAN: &str = "itu-sp-2024-2027-draft";
/// The demonstration's drafters.
const DRAFTERS: [&str; 4] = ["br", "tsb", "bdt", "gs"];

/// How much of what, how long.
#[derive(Clone, Copy)]
pub struct Scenario {
    /// Writers, each with a watcher.
    pub clients: usize,
    /// Edits a second, all writers together.
    pub edits_per_s: u64,
    /// How long.
    pub lasts: Duration,
}

type Sent = Arc<Mutex<HashMap<String, Instant>>>;

/// Runs a scenario.
pub fn run(address: SocketAddr, data: &Path, scenario: Scenario) -> Result<Row, Failure> {
    let token =
        |index: usize| std::fs::read_to_string(data.join(format!("demo/{}.token", DRAFTERS[index % 4])));
    let from = head(address, &token(0)?, PLAN)?;
    let element = element(address, &token(0)?)?;
    let sent = Sent::default();
    let over = Arc::new(AtomicBool::new(false));
    let mut watchers = Vec::new();
    let mut writers = Vec::new();
    for index in 0..scenario.clients {
        let mut watcher = Client::connect(address, &token(index)?)?;
        watcher.send(&ClientMessage::Subscribe {
            plan: PLAN.parse()?,
            after: Some(Seq(from)),
            raw: false,
        })?;
        let (sent, over) = (sent.clone(), over.clone());
        watchers.push(std::thread::spawn(move || watch(&mut watcher, &sent, &over)));
    }
    let begin = Instant::now();
    for index in 0..scenario.clients {
        let writer = Client::connect(address, &token(index)?)?;
        let (sent, element) = (sent.clone(), element.clone());
        writers.push(std::thread::spawn(move || write(writer, index, &element, from, scenario, &sent)));
    }
    let mut acknowledged = Vec::new();
    for writer in writers {
        acknowledged.extend(writer.join().map_err(|_| "a writer failed")??);
    }
    let lasted = begin.elapsed();
    over.store(true, Ordering::Relaxed);
    let mut seen = Vec::new();
    for watcher in watchers {
        seen.extend(watcher.join().map_err(|_| "a watcher failed")??);
    }
    let done_per_s = acknowledged.len() as f64 / lasted.as_secs_f64();
    Ok(Row { clients: scenario.clients, asked_per_s: scenario.edits_per_s, done_per_s, acknowledged, seen })
}

/// The target whose statement is written.
fn element(address: SocketAddr, token: &str) -> Result<String, Failure> {
    let answer: serde_json::Value = ureq::get(format!("http://{address}/api/v1/plans/{PLAN}/elements/2.7"))
        .header("Authorization", format!("Bearer {token}"))
        .call()?
        .body_mut()
        .read_json()?;
    Ok(answer["element"]["id"].as_str().ok_or("there is no target 2.7")?.to_owned())
}

fn write(
    mut client: Client,
    index: usize,
    element: &str,
    base: u64,
    scenario: Scenario,
    sent: &Sent,
) -> Result<Vec<Duration>, Failure> {
    let every = Duration::from_secs_f64(scenario.clients as f64 / scenario.edits_per_s as f64);
    let begin = Instant::now() + every.mul_f64(index as f64 / scenario.clients as f64);
    let mut latest = base;
    let mut times = Vec::new();
    for count in 0u32.. {
        let due = begin + every * count;
        if due.duration_since(begin) >= scenario.lasts {
            break;
        }
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let id = format!("{base}-{index}-{count}");
        let command = Command::Splice {
            element: element.parse()?,
            field: "statement".into(),
            lang: None,
            at: 0,
            delete: 0,
            insert: "x".into(),
            base: Seq(latest),
        };
        let now = Instant::now();
        sent.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), now);
        client.send(&ClientMessage::Edit {
            id: id.parse()?,
            plan: PLAN.parse()?,
            commands: vec![command],
            because: None,
            answers: Vec::new(),
        })?;
        match client.receive()? {
            ServerMessage::Ack { seq, .. } => {
                times.push(now.elapsed());
                latest = seq.0;
            }
            other => return Err(format!("an edit was not acknowledged: {other:?}").into()),
        }
    }
    Ok(times)
}

fn watch(client: &mut Client, sent: &Sent, over: &AtomicBool) -> Result<Vec<Duration>, Failure> {
    let mut times = Vec::new();
    loop {
        let message = match client.receive() {
            Ok(message) => message,
            Err(_) if over.load(Ordering::Relaxed) => return Ok(times),
            Err(error) => return Err(error),
        };
        if let ServerMessage::Event { event, .. } = message
            && let Some(id) = &event.client_id
        {
            let now = Instant::now();
            let begin = sent.lock().unwrap_or_else(PoisonError::into_inner).get(id.as_str()).copied();
            times.extend(begin.map(|begin| now - begin));
        }
    }
}
