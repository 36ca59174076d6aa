//! What waits to be sent to one connection: bounded in frames and bytes, never blocking its writer.
//!
//! A full outbox is an answer: it closes, and the connection is told to subscribe anew from what it
//! has.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::web::Bytes;
use plenary_core::sync::Step;
use plenary_limits::{OUTBOX_BYTES_MAX, OUTBOX_FRAMES_MAX};
use plenary_protocol::Seq;
use plenary_protocol::ids::PlanId;
use tokio::sync::{Notify, mpsc};

use crate::metrics::Metrics;

/// The entries of a group, encoded once for all who get them in this form.
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
    /// Frames of `/live`.
    Live(Arc<Told>),
    /// The plan is no longer open to the connection.
    Expelled,
    /// A sync message for every replica of `/sync` that is in step.
    Step(Arc<Step>),
}

/// Frames of `/live`, one for each entry of a group, one behind the other.
#[derive(Debug, Default)]
pub struct Told {
    frames: Bytes,
    /// Each entry with the place where its frame begins.
    starts: Vec<(Seq, usize)>,
}

impl Told {
    /// Frames in the order of their entries, each with the place where it begins.
    pub fn new(frames: Vec<u8>, starts: Vec<(Seq, usize)>) -> Told {
        Told { frames: frames.into(), starts }
    }

    /// The frames of the entries after one.
    pub fn after(&self, seq: Seq) -> Bytes {
        let first = self.starts.partition_point(|(entry, _)| *entry <= seq);
        match self.starts.get(first) {
            Some((_, start)) => self.frames.slice(*start..),
            None => Bytes::new(),
        }
    }
}

impl Frame {
    fn len(&self) -> usize {
        match &self.content {
            Content::Live(told) => told.frames.len(),
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

#[cfg(test)]
mod tests {
    use plenary_limits::holds;

    use super::*;

    fn frame(bytes: usize) -> Frame {
        let told = Told::new(vec![0; bytes], vec![(Seq(1), 0)]);
        Frame { plan: "plan".parse().unwrap(), seq: Seq(1), content: Content::Live(Arc::new(told)) }
    }

    #[test]
    fn frames_and_bytes_that_wait_hold_to_the_one_and_a_large_frame_fits_alone() {
        let metrics = Metrics::default();
        holds!(OUTBOX_FRAMES_MAX, |count| {
            let (outbox, _reader) = Outbox::new(&metrics);
            (0..count).all(|_| outbox.put(frame(1)).is_ok())
        });
        holds!(OUTBOX_BYTES_MAX, |bytes| {
            let (outbox, _reader) = Outbox::new(&metrics);
            outbox.put(frame(1)).unwrap();
            outbox.put(frame(bytes - 1)).is_ok()
        });
        let (outbox, _reader) = Outbox::new(&metrics);
        assert_eq!(outbox.put(frame(2 * OUTBOX_BYTES_MAX)), Ok(()));
        assert_eq!(outbox.put(frame(1)), Err(OutboxClosed));
    }
}
