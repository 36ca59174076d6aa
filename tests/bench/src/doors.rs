//! What strangers, stuck readers, a flood and an attack cost: memory a connection, and others' acknowledgements.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use automerge::transaction::Transactable as _;
use automerge::{ActorId, ROOT, ReadDoc as _};
use plenary_core::document;
use plenary_craft::bench::Bench;
use plenary_craft::cases;
use plenary_craft::plan::small_plan;
use plenary_protocol::plan::file;

use crate::Failure;
use crate::client::{Client, head};
use crate::edits::{changes_frame, plan_file, splice_frame};
use crate::figures::Row;
use crate::load;
use crate::served::Served;
use crate::socket::Socket;

const PLAN: &str = "doors";
const TEXTS: usize = 50;
/// Edits of the one whose time is taken, each second.
const PACE: u64 = 20;
/// Messages of the flood, each second, in this many bursts.
const FLOOD: u64 = 10_000;
const BURSTS: u64 = 100;
/// Crafted changes, each second.
const CRAFTED: usize = 20;
/// How often memory is looked at while connections are open.
const LOOKS: usize = 20;

/// Measures each in turn, the server's own limits in force but for those of one address.
pub async fn run(dir: Option<&Path>, connections: usize, time: Duration) -> Result<Vec<Row>, Failure> {
    let mut rows = Vec::new();
    for (what, bytes) in [
        ("open", Vec::new()),
        ("half a head", b"GET /api/v1/me HTTP/1.1\r\nHost: x\r\nA: ".to_vec()),
        ("a long half head", [&b"GET /api/v1/me HTTP/1.1\r\nA: "[..], &[b'a'; 200_000]].concat()),
        (
            "half a body",
            b"POST /api/v1/tickets HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n{".to_vec(),
        ),
    ] {
        rows.push(strangers(dir, what, &bytes, connections)?);
    }
    rows.push(unjoined(dir, connections).await?);
    rows.push(stuck(dir, time).await?);
    rows.push(flooded(dir, time).await?);
    rows.push(attacked(dir, time).await?);
    Ok(rows)
}

fn row(what: &str, connections: usize, before: u64, most: u64) -> Row {
    let each = most.saturating_sub(before) as f64 / connections as f64;
    Row::default().with("what", what).with("connections", connections).with_number("KiB a connection", each)
}

/// The most that the server holds within some looks.
fn most_kib(served: &Served) -> Result<u64, Failure> {
    let mut most = 0;
    for _ in 0..LOOKS {
        most = most.max(served.resident_kib()?);
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(most)
}

/// Connections without a token that say something and no more.
fn strangers(dir: Option<&Path>, what: &str, bytes: &[u8], connections: usize) -> Result<Row, Failure> {
    let served = Served::start(dir)?;
    std::thread::sleep(Duration::from_secs(1));
    let before = served.resident_kib()?;
    let mut open = Vec::new();
    for _ in 0..connections {
        let mut stream = TcpStream::connect(served.address())?;
        stream.set_nonblocking(true)?;
        // What the server does not read stays with the system.
        _ = stream.write(bytes);
        open.push(stream);
    }
    let most = most_kib(&served)?;
    drop(open);
    Ok(row(what, connections, before, most))
}

/// Sockets of `/sync` by ticket that never join.
async fn unjoined(dir: Option<&Path>, connections: usize) -> Result<Row, Failure> {
    let served = Served::start(dir)?;
    let token = served.token("silent")?;
    std::thread::sleep(Duration::from_secs(1));
    let before = served.resident_kib()?;
    let mut open = Vec::new();
    for _ in 0..connections {
        let mut stream = TcpStream::connect(served.address())?;
        write!(
            stream,
            "GET /sync HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
            served.address()
        )?;
        let mut status = [0; 12];
        stream.read_exact(&mut status)?;
        if &status != b"HTTP/1.1 101" {
            return Err(format!("no handshake: {}", String::from_utf8_lossy(&status)).into());
        }
        open.push(stream);
    }
    let most = most_kib(&served)?;
    drop(open);
    Ok(row("upgraded, not joined", connections, before, most))
}

/// One who edits at a steady pace, and how long each edit took to be acknowledged.
fn edits(address: SocketAddr, token: &str, time: Duration, name: &str) -> Result<Vec<Duration>, Failure> {
    let mut client = Client::connect(address, token)?;
    let base = head(address, token, PLAN)?;
    let (begin, mut times) = (Instant::now(), Vec::new());
    while begin.elapsed() < time {
        let due = begin + Duration::from_micros(times.len() as u64 * 1_000_000 / PACE);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let sent = Instant::now();
        client.edit(PLAN, &format!("{name}-{}", times.len()), times.len() % TEXTS, base)?;
        times.push(sent.elapsed());
    }
    Ok(times)
}

/// What one's edits took.
struct Beside {
    at_rest: Vec<Duration>,
    during: Vec<Duration>,
    /// Messages that went meanwhile, as far as the socket took them.
    sent: usize,
}

/// Edits of one, at rest and beside something that a thread of its own does until told to stop.
async fn beside_it(
    served: &Served,
    time: Duration,
    begin: impl FnOnce() -> Result<JoinHandle<usize>, Failure>,
) -> Result<Beside, Failure> {
    let (address, token) = (served.address(), served.token("writer")?);
    let at_rest = edits(address, &token, time, "rest")?;
    let flood = begin()?;
    let during = edits(address, &token, time, "during")?;
    let sent = flood.join().map_err(|_| "what was to be beside it did not run to its end")?;
    Ok(Beside { at_rest, during, sent })
}

/// Subscribers that stop to read, while one edits and another writes as fast as it may.
async fn stuck(dir: Option<&Path>, time: Duration) -> Result<Row, Failure> {
    const READERS: usize = 50;
    let served = Served::start(dir)?;
    let (address, token) = (served.address(), served.token("reader")?);
    load::create(address, &token, &plan_file(PLAN, TEXTS))?;
    let start = load::snapshot(address, &token, PLAN).await?;
    let before = served.resident_kib()?;
    let mut stuck = Vec::new();
    for _ in 0..READERS {
        stuck.push(load::subscribed(address, &token, PLAN, start.seq, true).await?);
    }
    let beside = beside_it(&served, time, || {
        let frames = flood_frames("busy", start.seq, 4_000);
        let token = served.token("busy")?;
        Ok(std::thread::spawn(move || flood(address, &token, frames, time)))
    })
    .await?;
    let most = most_kib(&served)?;
    drop(stuck);
    Ok(row("stuck readers of a busy plan", READERS, before, most)
        .with("messages sent", beside.sent)
        .with_times("others at rest", &beside.at_rest)
        .with_times("others meanwhile", &beside.during))
}

/// One who sends ten thousand messages a second, while another edits.
async fn flooded(dir: Option<&Path>, time: Duration) -> Result<Row, Failure> {
    let served = Served::strict(dir)?;
    let (address, token) = (served.address(), served.token("maker")?);
    load::create(address, &token, &plan_file(PLAN, TEXTS))?;
    let start = load::snapshot(address, &token, PLAN).await?;
    let before = served.resident_kib()?;
    let beside = beside_it(&served, time, || {
        let token = served.token("flooder")?;
        let frames = flood_frames("flood", start.seq, FLOOD as usize * time.as_secs() as usize);
        Ok(std::thread::spawn(move || flood(address, &token, frames, time)))
    })
    .await?;
    Ok(row("a flood of 10,000 messages/s", 1, before, most_kib(&served)?)
        .with("messages sent", beside.sent)
        .with_times("others at rest", &beside.at_rest)
        .with_times("others meanwhile", &beside.during))
}

/// One who sends the table of crafted changes again and again, each alone, while another edits.
async fn attacked(dir: Option<&Path>, time: Duration) -> Result<Row, Failure> {
    let served = Served::strict(dir)?;
    let (address, token) = (served.address(), served.token("maker")?);
    load::create(address, &token, &with_small_plan(plan_file(PLAN, TEXTS))?)?;
    let token = served.token_of("attacker", "TSB", "drafter")?;
    let start = load::snapshot(address, &token, PLAN).await?;
    let mut doc = document::load(&start.document)?.with_actor(ActorId::from([0xac; 16]));
    let early = doc.get_heads();
    let place = ["elements", "tgt-1"].iter().try_fold(ROOT, |at, key| Some(doc.get(&at, *key).ok()??.1));
    let mut tx = doc.transaction();
    tx.put(&place.ok_or("the layout")?, "note", "honest")?;
    tx.commit();
    let honest: Vec<Vec<u8>> =
        doc.get_changes(&early).iter().map(|change| change.raw_bytes().to_vec()).collect();
    load::hand_over(address, &token, PLAN, "honest", &honest).await?;
    let bench = Bench::of(doc, early);
    let crafted: Vec<Vec<u8>> = cases::all().map(|(_, _, craft)| craft(&bench)).collect();
    let before = served.resident_kib()?;
    let beside = beside_it(&served, time, || {
        let count = CRAFTED * time.as_secs() as usize;
        let frames = crafted.iter().cycle().take(count).enumerate();
        let frames = frames
            .map(|(at, bytes)| changes_frame(PLAN, &format!("crafted-{at}"), std::slice::from_ref(bytes)));
        let frames: Vec<Vec<u8>> = frames.collect();
        Ok(std::thread::spawn(move || pour(address, &token, frames, 1, 1_000 / CRAFTED as u64, time)))
    })
    .await?;
    Ok(row("crafted changes, 20 a second", 1, before, most_kib(&served)?)
        .with("messages sent", beside.sent)
        .with_times("others at rest", &beside.at_rest)
        .with_times("others meanwhile", &beside.during))
}

/// A plan that has the small plan in it which crafted changes are about.
fn with_small_plan(mut plan: serde_json::Value) -> Result<serde_json::Value, Failure> {
    let mut small: serde_json::Value = serde_json::from_str(&file::write(&small_plan()))?;
    let elements = small["elements"].as_array_mut().ok_or("a plan has elements")?;
    let all = plan["elements"].as_array_mut().ok_or("a plan has elements")?;
    elements.retain(|element| all.iter().all(|known| known["id"] != element["id"]));
    // Their places are others here, and their codes with them.
    elements.iter_mut().filter_map(|element| element.as_object_mut()).for_each(|element| {
        element.remove("code");
    });
    all.append(elements);
    plan["links"] = small["links"].take();
    Ok(plan)
}

fn flood_frames(name: &str, base: u64, count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|at| splice_frame(PLAN, &format!("{name}-{at}"), at % TEXTS, base)).collect()
}

fn flood(address: SocketAddr, token: &str, frames: Vec<Vec<u8>>, time: Duration) -> usize {
    pour(address, token, frames, (FLOOD / BURSTS) as usize, 1_000 / BURSTS, time)
}

/// Sends so many frames every so many milliseconds, reading nothing, and tells how many went: what the server does
/// about it is its own affair.
fn pour(
    address: SocketAddr,
    token: &str,
    frames: Vec<Vec<u8>>,
    burst: usize,
    every_ms: u64,
    time: Duration,
) -> usize {
    let mut sent = 0;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let Ok(runtime) = runtime else { return sent };
    let flood = async {
        let mut socket = Socket::connect(address, token).await?;
        for burst in frames.chunks(burst) {
            socket.send(&burst.concat()).await?;
            sent += burst.len();
            tokio::time::sleep(Duration::from_millis(every_ms)).await;
        }
        Ok::<(), Failure>(())
    };
    // Closing it, or not reading any more, are both answers.
    _ = runtime.block_on(async { tokio::time::timeout(time, flood).await });
    sent
}
