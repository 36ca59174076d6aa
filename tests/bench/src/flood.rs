//! One or many plans written as fast as edits are acknowledged, while readers count.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use automerge::Automerge;
use tokio::sync::watch;
use tokio::task::{JoinHandle, spawn_local};

use crate::Failure;
use crate::edits::{Replica, changes_frame, plan_file, splice_frame};
use crate::figures::Row;
use crate::floor::Floor;
use crate::load::{self, Keep, Seen, Written};
use crate::served::{Served, own_cpu};
use crate::socket::Socket;

/// What is written, and by how many.
#[derive(Debug, Clone, clap::Args)]
pub struct Shape {
    /// Plans written at the same time
    #[arg(long, default_value_t = 1)]
    pub plans: usize,
    /// Writers of each plan
    #[arg(long, default_value_t = 8)]
    pub writers: usize,
    /// Readers of each plan; one more replica verifies
    #[arg(long, default_value_t = 20)]
    pub readers: usize,
    /// Texts of each plan
    #[arg(long, default_value_t = 300)]
    pub texts: usize,
    /// Changes in the history of each plan before the clock starts
    #[arg(long, default_value_t = 10_000)]
    pub history: usize,
    /// Edits in all
    #[arg(long, default_value_t = 80_000)]
    pub edits: usize,
    /// Edits in one message
    #[arg(long, default_value_t = 1)]
    pub at_once: usize,
}

/// The ways to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum How {
    /// Messages that are only appended and sent on
    Floor,
    /// Raw changes in all texts
    Raw,
    /// Raw changes in one text that holds 20,000 operations
    OneText,
    /// Thin commands in all texts
    Thin,
}

/// Operations of the one text.
const ONE_TEXT_OPERATIONS: usize = 20_000;

impl How {
    fn name(self) -> &'static str {
        match self {
            How::Floor => "floor",
            How::Raw => "raw changes",
            How::OneText => "raw changes, one text",
            How::Thin => "thin commands",
        }
    }
}

struct Plan {
    name: String,
    address: SocketAddr,
    start: u64,
    document: Vec<u8>,
    writers: Vec<Vec<Vec<u8>>>,
}

/// Measures one way.
pub async fn run(dir: Option<&Path>, how: How, shape: &Shape, wait: bool) -> Result<Row, Failure> {
    if how == How::Floor {
        return floor(dir, shape).await;
    }
    let served = Served::start(dir)?;
    let token = served.token("writer")?;
    let mut plans = Vec::new();
    for index in 0..shape.plans {
        plans.push(prepare(&served, &token, index, how, shape).await?);
    }
    if wait {
        crate::pause(&format!("server {}: return starts the flood", served.pid()))?;
    }
    let before = (served.cpu()?, own_cpu()?);
    let flooded = flood(&plans, &token, shape.readers).await?;
    let cpu = (served.cpu()? - before.0, own_cpu()? - before.1);
    let memory = served.resident_kib()? / 1_024;
    for (plan, entries) in plans.iter().zip(&flooded.entries) {
        verify(plan, &token, entries).await?;
    }
    let edits = flooded.written.len() * shape.at_once;
    let each = |cpu: Duration| cpu.as_secs_f64() * 1e6 / edits as f64;
    Ok(row(how, shape, &flooded)
        .with_number("server µs an edit", each(cpu.0))
        .with_number("generator µs an edit", each(cpu.1))
        .with("server MiB", memory)
        .with("converged", "yes"))
}

async fn floor(dir: Option<&Path>, shape: &Shape) -> Result<Row, Failure> {
    let (floor, served) = (Floor::start(dir)?, Served::start(dir)?);
    let token = served.token("writer")?;
    let shape = Shape { history: 0, plans: 1, writers: shape.writers * shape.plans, ..shape.clone() };
    let plan = prepare(&served, &token, 0, How::Raw, &shape).await?;
    let plan = Plan { address: floor.address(), start: 0, ..plan };
    let flooded = flood(&[plan], &token, shape.readers).await?;
    Ok(row(How::Floor, &shape, &flooded))
}

fn row(how: How, shape: &Shape, flooded: &Flooded) -> Row {
    let edits = flooded.written.len() * shape.at_once;
    Row::default()
        .with("what", how.name())
        .with("plans", shape.plans)
        .with("writers", shape.writers)
        .with("readers", shape.readers)
        .with("edits", edits)
        .with_number("edits/s", (edits as f64 / flooded.lasted.as_secs_f64()).round())
        .with_number("all seen/s", (edits as f64 / flooded.all_seen.as_secs_f64()).round())
        .with_times("acknowledged", &flooded.written)
}

/// A plan with its history, and what will be written to it.
async fn prepare(
    served: &Served,
    token: &str,
    index: usize,
    how: How,
    shape: &Shape,
) -> Result<Plan, Failure> {
    let (address, name) = (served.address(), format!("flood-{index}"));
    load::create(address, token, &plan_file(&name, shape.texts))?;
    let empty = load::snapshot(address, token, &name).await?;
    let mut past = Replica::load(&empty.document, shape.texts, 0)?;
    let mut history = past.type_characters(shape.history, None)?;
    if how == How::OneText {
        history.extend(past.fill(0, ONE_TEXT_OPERATIONS, 100)?);
    }
    load::hand_over(address, token, &name, "history", &history).await?;
    let start = load::snapshot(address, token, &name).await?;
    let each = shape.edits / shape.plans / shape.writers;
    let mut writers = Vec::new();
    for writer in 0..shape.writers {
        let id = |count: usize| format!("w{writer}-{count}");
        writers.push(if how == How::Thin {
            let mut draw = crate::edits::Draw::new(writer);
            let frame = |count| splice_frame(&name, &id(count), draw.below(shape.texts), start.seq);
            (0..each).map(frame).collect()
        } else {
            let mut replica = Replica::load(&start.document, shape.texts, writer + 1)?;
            let changes = replica.type_characters(each, (how == How::OneText).then_some(0))?;
            let messages = changes.chunks(shape.at_once).enumerate();
            messages.map(|(count, changes)| changes_frame(&name, &id(count), changes)).collect()
        });
    }
    Ok(Plan { name, address, start: start.seq, document: start.document, writers })
}

struct Flooded {
    written: Vec<Duration>,
    lasted: Duration,
    all_seen: Duration,
    /// What the verifying replica of each plan got.
    entries: Vec<Vec<Vec<u8>>>,
}

type Task<T> = JoinHandle<Result<T, Failure>>;

/// The writers and readers of one plan at work.
struct Running {
    writing: Vec<Task<Written>>,
    reading: Vec<Task<Seen>>,
    /// Names the last entry to the readers.
    until: watch::Sender<u64>,
}

async fn flood(plans: &[Plan], token: &str, readers: usize) -> Result<Flooded, Failure> {
    let mut running = Vec::new();
    let mut ready = Vec::new();
    for plan in plans {
        let (until, known) = watch::channel(u64::MAX);
        let mut reading = Vec::new();
        for index in 0..=readers {
            let keep = if index == 0 { Keep::Entries } else { Keep::Counts };
            let socket = load::subscribed(plan.address, token, &plan.name, plan.start, index == 0).await?;
            reading.push(spawn_local(load::read(socket, plan.start, keep, known.clone())));
        }
        let mut sockets = Vec::new();
        for frames in &plan.writers {
            sockets.push((Socket::connect(plan.address, token).await?, frames.clone()));
        }
        ready.push((sockets, reading, until));
    }
    let begin = Instant::now();
    for (sockets, reading, until) in ready {
        let writing = sockets.into_iter().map(|(socket, frames)| spawn_local(load::write(socket, frames)));
        running.push(Running { writing: writing.collect(), reading, until });
    }
    let (mut written, mut entries, mut lasted) = (Vec::new(), Vec::new(), Duration::ZERO);
    let mut reading_all = Vec::new();
    for Running { writing, reading, until } in running {
        let mut last = 0;
        for task in writing {
            let done = task.await??;
            last = last.max(done.sent.last().map_or(0, |(seq, _)| *seq));
            written.extend(done.acknowledged);
        }
        lasted = begin.elapsed();
        until.send_replace(last);
        reading_all.push((reading, until));
    }
    for (reading, _until) in reading_all {
        let mut first = None;
        for task in reading {
            let seen = task.await??;
            first.get_or_insert(seen.kept);
        }
        entries.push(first.unwrap_or_default());
    }
    Ok(Flooded { written, lasted, all_seen: begin.elapsed(), entries })
}

/// The verifying replica has what the server has.
async fn verify(plan: &Plan, token: &str, entries: &[Vec<u8>]) -> Result<(), Failure> {
    let mut replica = Automerge::load(&plan.document)?;
    let mut changes = Vec::new();
    for entry in entries {
        if let Some(bytes) = load::change_of(entry)? {
            changes.push(automerge::Change::from_bytes(bytes)?);
        }
    }
    replica.apply_changes(changes)?;
    let end = load::snapshot(plan.address, token, &plan.name).await?;
    let held = Automerge::load(&end.document)?;
    if replica.get_heads() != held.get_heads() || replica.hydrate(None) != held.hydrate(None) {
        return Err("the verifying replica does not read as the server".into());
    }
    Ok(())
}
