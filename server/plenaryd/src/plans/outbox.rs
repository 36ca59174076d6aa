//! What waits to be sent to one connection: bounded in frames and bytes, never blocking its writer.
//!
//! A full outbox is an answer: it closes, and the connection is told to subscribe anew from what it
//! has.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use plenary_core::sync::Step;
use plenary_protocol::Seq;
use plenary_protocol::ids::PlanId;
use tokio::sync::{Notify, mpsc};

use crate::live::Encoded;
use crate::metrics::Metrics;

/// Frames that may wait for one connection: ten seconds of a busy plan.
pub const OUTBOX_FRAMES_MAX: usize = 4_096;
/// Bytes that may wait for one connection.
pub const OUTBOX_BYTES_MAX: usize = 8 * 1024 * 1024;

/// An entry, encoded once for all who get it in this form.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The plan.
    pub plan: PlanId,
    /// The entry, or the last of a group.
    pub seq: Seq,
    /// What is sent.
    pub content: Content,
}

/// The forms in which entries are told.
#[derive(Debug, Clone)]
pub enum Content {
    /// A message of `/live`.
    Live(Encoded),
    /// The plan is no longer open to the connection.
    Expelled,
    /// A sync message for every replica of `/sync` that is in step.
    Step(Arc<Step>),
}

impl Frame {
    fn len(&self) -> usize {
        match &self.content {
            Content::Live(message) => message.len(),
            Content::Step(step) => step.message.len(),
            Content::Expelled => 0,
        }
    }
}

/// The outbox has closed: the connection is gone or was too slow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutboxClosed;

/// The writing end.
#[derive(Debug, Clone)]
pub struct Outbox {
    frames: mpsc::Sender<Frame>,
    bytes: Arc<AtomicUsize>,
    overflow: Arc<Notify>,
    metrics: Metrics,
}

/// The reading end.
#[derive(Debug)]
pub struct OutboxReader {
    frames: mpsc::Receiver<Frame>,
    bytes: Arc<AtomicUsize>,
    overflow: Arc<Notify>,
    metrics: Metrics,
}

impl Outbox {
    /// A new outbox, both ends, counted in the metrics.
    pub fn new(metrics: &Metrics) -> (Outbox, OutboxReader) {
        let (sender, receiver) = mpsc::channel(OUTBOX_FRAMES_MAX);
        let bytes = Arc::new(AtomicUsize::new(0));
        let overflow = Arc::new(Notify::new());
        let reader = OutboxReader {
            frames: receiver,
            bytes: bytes.clone(),
            overflow: overflow.clone(),
            metrics: metrics.clone(),
        };
        (Outbox { frames: sender, bytes, overflow, metrics: metrics.clone() }, reader)
    }

    /// Adds a frame.
    ///
    /// # Errors
    /// `OutboxClosed` when it does not fit or nobody reads any more; it takes nothing after that.
    pub fn put(&self, frame: Frame) -> Result<(), OutboxClosed> {
        let size = frame.len();
        let waiting = self.bytes.fetch_add(size, Ordering::Relaxed) + size;
        // A single frame always fits an empty outbox, however large it is.
        let fits = waiting <= OUTBOX_BYTES_MAX || waiting == size;
        if fits {
            // Counted before it can be taken, so that the count never falls below zero.
            self.metrics.outbox_put(size);
            if self.frames.try_send(frame).is_ok() {
                return Ok(());
            }
            self.metrics.outbox_took(1, size);
        }
        if !self.is_closed() {
            self.metrics.outbox_overflow();
        }
        self.overflow.notify_one();
        Err(OutboxClosed)
    }

    /// Ends it as if it had overflowed: the plan that filled it is to be opened anew.
    pub fn give_up(&self) {
        self.overflow.notify_one();
    }

    /// Whether nobody reads any more.
    pub fn is_closed(&self) -> bool {
        self.frames.is_closed()
    }
}

impl OutboxReader {
    /// The next frame; `None` when the outbox has overflowed and what it held is read.
    pub async fn next(&mut self) -> Option<Frame> {
        tokio::select! {
            biased;
            frame = self.frames.recv() => {
                let frame = frame?;
                self.bytes.fetch_sub(frame.len(), Ordering::Relaxed);
                self.metrics.outbox_took(1, frame.len());
                Some(frame)
            }
            () = self.overflow.notified() => None,
        }
    }
}

impl Drop for OutboxReader {
    fn drop(&mut self) {
        self.frames.close();
        while let Ok(frame) = self.frames.try_recv() {
            self.metrics.outbox_took(1, frame.len());
        }
    }
}
