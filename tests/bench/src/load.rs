//! Writers that send what was made beforehand as fast as it is acknowledged, readers that count.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use base64::Engine as _;
use serde_json::json;
use tokio::sync::watch;

use crate::Failure;
use crate::socket::{Socket, frame, number};

/// Messages of one writer that are on their way at most: as many as a connection may have waiting.
const WINDOW: usize = 60;

/// A plan as a replica gets it: the saved document and the entry it stands at.
pub struct Snapshot {
    /// The last entry in it.
    pub seq: u64,
    /// The saved document.
    pub document: Vec<u8>,
}

/// Asks for the plan as it is now.
pub async fn snapshot(address: SocketAddr, token: &str, plan: &str) -> Result<Snapshot, Failure> {
    let mut socket = Socket::connect(address, token).await?;
    let ask = json!({ "type": "subscribe", "plan": plan, "raw": true }).to_string();
    socket.send(&frame(ask.as_bytes())).await?;
    let text = socket.expect(r#"{"type":"snapshot""#).await?;
    let message: serde_json::Value = serde_json::from_str(&text)?;
    let document = message["document"].as_str().ok_or("a snapshot without document")?;
    let document = base64::engine::general_purpose::STANDARD.decode(document)?;
    Ok(Snapshot { seq: message["seq"].as_u64().ok_or("a snapshot without seq")?, document })
}

/// Creates a plan from a file.
pub fn create(address: SocketAddr, token: &str, file: &serde_json::Value) -> Result<(), Failure> {
    let answer = ureq::post(format!("http://{address}/api/v1/plans"))
        .header("Authorization", format!("Bearer {token}"))
        .config()
        .http_status_as_error(false)
        .build()
        .send_json(file)?;
    if answer.status().is_success() {
        return Ok(());
    }
    Err(format!("the plan was not taken: {}", answer.into_body().read_to_string()?).into())
}

/// Connects and has every entry after `after` told.
pub async fn subscribed(
    address: SocketAddr,
    token: &str,
    plan: &str,
    after: u64,
    raw: bool,
) -> Result<Socket, Failure> {
    let mut socket = Socket::connect(address, token).await?;
    let ask = json!({ "type": "subscribe", "plan": plan, "after": after, "raw": raw }).to_string();
    socket.send(&frame(ask.as_bytes())).await?;
    socket.expect(r#"{"type":"subscribed""#).await?;
    Ok(socket)
}

/// What a writer was told.
#[derive(Default)]
pub struct Written {
    /// From sending a message to its acknowledgement.
    pub acknowledged: Vec<Duration>,
    /// When each message was sent, with the last entry it became.
    pub sent: Vec<(u64, Instant)>,
}

/// Sends frames, at most a window of them ahead of their acknowledgements.
pub async fn write(mut socket: Socket, frames: Vec<Vec<u8>>) -> Result<Written, Failure> {
    let mut written = Written::default();
    let mut begun: Vec<Instant> = Vec::with_capacity(frames.len());
    let mut batch = Vec::new();
    while written.sent.len() < frames.len() {
        let room = WINDOW - (begun.len() - written.sent.len());
        let end = frames.len().min(begun.len() + room);
        // A syscall for many frames, once half of the window is free again.
        if room >= WINDOW / 2 || end == frames.len() {
            batch.clear();
            frames[begun.len()..end].iter().for_each(|frame| batch.extend_from_slice(frame));
            begun.resize(end, Instant::now());
            if !batch.is_empty() {
                socket.send(&batch).await?;
            }
        }
        let now = note(socket.next().await?, &begun, &mut written)?;
        while let Some(content) = socket.waiting() {
            note_at(content, &begun, &mut written, now)?;
        }
    }
    Ok(written)
}

fn note(content: &[u8], begun: &[Instant], written: &mut Written) -> Result<Instant, Failure> {
    let now = Instant::now();
    note_at(content, begun, written, now)?;
    Ok(now)
}

/// Acknowledgements come in the order of the messages.
fn note_at(content: &[u8], begun: &[Instant], written: &mut Written, now: Instant) -> Result<(), Failure> {
    if content.starts_with(br#"{"type":"ack""#) {
        let seq = number(content, r#""seq":"#).ok_or("an acknowledgement without entry")?;
        let begin = begun[written.sent.len()];
        written.acknowledged.push(now - begin);
        written.sent.push((seq, begin));
        return Ok(());
    }
    if content.starts_with(br#"{"type":"welcome""#) {
        return Ok(());
    }
    Err(format!("an edit was not acknowledged: {}", String::from_utf8_lossy(content)).into())
}

/// What a reader saw.
#[derive(Default)]
pub struct Seen {
    /// Entries.
    pub entries: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// When each entry came, where that is wanted.
    pub times: Vec<(u64, Instant)>,
    /// The entries themselves, where they are wanted.
    pub kept: Vec<Vec<u8>>,
}

/// What a reader keeps besides counts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Nothing.
    Counts,
    /// When entries came.
    Times,
    /// The entries.
    Entries,
}

/// Counts entries and checks that none is missing, until the entry named by `until` has come.
pub async fn read(
    mut socket: Socket,
    after: u64,
    keep: Keep,
    mut until: watch::Receiver<u64>,
) -> Result<Seen, Failure> {
    let mut seen = Seen::default();
    let mut last = after;
    loop {
        if last >= *until.borrow_and_update() {
            return Ok(seen);
        }
        tokio::select! {
            content = socket.next() => {
                let now = Instant::now();
                look(content?, now, &mut last, keep, &mut seen)?;
                while let Some(content) = socket.waiting() {
                    look(content, now, &mut last, keep, &mut seen)?;
                }
            }
            _ = until.changed() => {}
        }
    }
}

fn look(content: &[u8], now: Instant, last: &mut u64, keep: Keep, seen: &mut Seen) -> Result<(), Failure> {
    if !content.starts_with(br#"{"type":"event""#) {
        return Ok(());
    }
    let seq = number(content, r#""seq":"#).ok_or("an entry without number")?;
    if seq != *last + 1 {
        return Err(format!("entry {seq} came after {last}").into());
    }
    *last = seq;
    seen.entries += 1;
    seen.bytes += content.len() as u64;
    match keep {
        Keep::Counts => {}
        Keep::Times => seen.times.push((seq, now)),
        Keep::Entries => seen.kept.push(content.to_vec()),
    }
    Ok(())
}

/// The raw change in an entry that was kept.
pub fn change_of(entry: &[u8]) -> Result<Option<Vec<u8>>, Failure> {
    let message: serde_json::Value = serde_json::from_slice(entry)?;
    let change = message["change"].as_str();
    Ok(change.map(|text| base64::engine::general_purpose::STANDARD.decode(text)).transpose()?)
}

/// Hands over changes of one replica, many in a message, and waits for all of them.
pub async fn hand_over(
    address: SocketAddr,
    token: &str,
    plan: &str,
    name: &str,
    changes: &[Vec<u8>],
) -> Result<(), Failure> {
    let mut socket = Socket::connect(address, token).await?;
    for (index, part) in changes.chunks(200).enumerate() {
        let id = format!("{name}-{index}");
        socket.send(&crate::edits::changes_frame(plan, &id, part)).await?;
        socket.expect(r#"{"type":"ack""#).await?;
    }
    Ok(())
}
