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
use crate::edits::{goal, plan_file};
use crate::figures::Row;
use crate::served::Served;

/// The plan that is written.
const PLAN: &str = "steady";

/// How much of what, how long.
#[derive(Clone, Copy)]
struct Scenario {
    /// Writers, each with a watcher.
    clients: usize,
    /// Edits a second, all writers together.
    edits_per_s: u64,
    /// How long.
    lasts: Duration,
}

type Sent = Arc<Mutex<HashMap<String, Instant>>>;

/// Runs the scenarios one after the other.
pub fn run(dir: Option<&Path>, lasts: Duration) -> Result<Vec<Row>, Failure> {
    let served = Served::start(dir)?;
    let mut tokens = Vec::new();
    for subject in ["br", "tsb", "bdt", "gs"] {
        tokens.push(served.token(subject)?);
    }
    crate::load::create(served.address(), &tokens[0], &plan_file(PLAN, 300))?;
    let scenarios = [(1, 20), (20, 20), (20, 400)];
    let run = |(clients, edits_per_s)| {
        scenario(served.address(), &tokens, Scenario { clients, edits_per_s, lasts })
    };
    scenarios.into_iter().map(run).collect()
}

fn scenario(address: SocketAddr, tokens: &[String], scenario: Scenario) -> Result<Row, Failure> {
    let token = |index: usize| &tokens[index % tokens.len()];
    let from = head(address, token(0), PLAN)?;
    let element = goal(7);
    let sent = Sent::default();
    let over = Arc::new(AtomicBool::new(false));
    let mut watchers = Vec::new();
    let mut writers = Vec::new();
    for index in 0..scenario.clients {
        let mut watcher = Client::connect(address, token(index))?;
        watcher.send(&ClientMessage::Subscribe {
            plan: PLAN.parse()?,
            after: Some(Seq(from)),
            leaf: None,
            raw: false,
        })?;
        let (sent, over) = (sent.clone(), over.clone());
        watchers.push(std::thread::spawn(move || watch(&mut watcher, &sent, &over)));
    }
    let begin = Instant::now();
    for index in 0..scenario.clients {
        let writer = Client::connect(address, token(index))?;
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
    Ok(Row::default()
        .with("writers", scenario.clients)
        .with("edits/s asked", scenario.edits_per_s)
        .with_number("edits/s done", done_per_s)
        .with_times("acknowledged", &acknowledged)
        .with_times("seen", &seen))
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
            known: None,
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
