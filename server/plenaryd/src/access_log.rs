//! What auditors read: who, when, which address of which plan, how much came of it.
//!
//! Lines go to a file of their own, `DIR/access/access.jsonl`, through a bounded queue to one thread;
//! never into a plan's log, so that reading wakes no plan.  A line is in the file before the answer to
//! what it tells leaves, and on disk within a second.  **A read that cannot be written down is
//! refused**: auditors read every plan, narrowed ones too, because each of their reads can be told; and
//! since they write nothing, nobody's work stands still when they cannot.

mod reading;
mod writer;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use plenary_limits::{ACCESS_FILE_BYTES_MAX, ACCESS_LINES_WAITING_MAX, ACCESS_TEXT_CHARS_MAX};
use plenary_protocol::ids::PlanId;
use plenary_protocol::wire::api::AccessLine;
use plenary_protocol::wire::event::time_text;
use plenary_protocol::wire::{Refusal, RefusalCode};
use plenary_protocol::{Principal, Role, Seq};
use tokio::sync::oneshot;

pub use reading::{Asked, Reading, page};
pub use writer::AccessLogError;

use crate::clock;
use crate::metrics::Metrics;
use writer::Writer;

/// The folder of the access log in the data directory.
pub const FOLDER: &str = "access";

/// A line that waits, and where to say that it is in the file.
struct Waiting {
    line: Box<AccessLine>,
    written: Option<oneshot::Sender<bool>>,
}

/// The log; clones write to the same.
#[derive(Clone)]
pub struct AccessLog {
    queue: Arc<Mutex<Option<SyncSender<Waiting>>>>,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
    folder: Arc<Path>,
    metrics: Metrics,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What somebody read, before it is known who they are.
#[derive(Debug, Clone, Default)]
pub struct Read {
    /// The request or connection, as the server's log names it.
    pub session: String,
    /// `GET`, `POST`, …; `subscribe` on a socket; `end` when a stream ended.
    pub method: String,
    /// The route's pattern.
    pub route: String,
    /// The address.
    pub path: String,
    /// What stood behind `?`: range and filters.
    pub query: String,
    /// The plan.
    pub plan: Option<PlanId>,
    /// The status.
    pub status: Option<u16>,
    /// How many entries, revisions or plans it gave.
    pub count: Option<u64>,
    /// The last entry that was told.
    pub last: Option<Seq>,
}

/// Whether reads of somebody are written down.
pub fn is_watched(who: &Principal) -> bool {
    who.role == Role::Auditor
}

impl AccessLog {
    /// Opens the log in a data directory and starts its thread.
    ///
    /// # Errors
    /// `AccessLogError` when its folder or files cannot be used.
    pub fn open(data: &Path, metrics: Metrics) -> Result<AccessLog, AccessLogError> {
        let folder = data.join(FOLDER);
        let mut writer = Writer::open(&folder, ACCESS_FILE_BYTES_MAX)?;
        let (sender, waiting) = sync_channel::<Waiting>(ACCESS_LINES_WAITING_MAX);
        let counted = metrics.clone();
        let thread = std::thread::Builder::new().name("access log".to_owned());
        let thread = thread.spawn(move || writer.run(&waiting, &counted));
        let thread = thread.map_err(|source| AccessLogError::Thread { source })?;
        Ok(AccessLog {
            queue: Arc::new(Mutex::new(Some(sender))),
            thread: Arc::new(Mutex::new(Some(thread))),
            folder: folder.into(),
            metrics,
        })
    }

    /// Writes down what an auditor reads, before it is told; does nothing for others.
    ///
    /// # Errors
    /// A refusal with code `busy` or `unavailable`: then it is not to be told.
    pub async fn record(&self, who: &Principal, read: Read) -> Result<(), Refusal> {
        if !is_watched(who) {
            return Ok(());
        }
        let (written, told) = oneshot::channel();
        self.post(Waiting { line: Box::new(line(who, read)), written: Some(written) })?;
        match told.await {
            Ok(true) => Ok(()),
            _ => Err(unwritten()),
        }
    }

    /// Writes down how what an auditor read came to its end; nothing waits for it.
    pub fn note(&self, who: &Principal, read: Read) {
        if is_watched(who) {
            // What is not taken is counted and told to the operator.
            _ = self.post(Waiting { line: Box::new(line(who, read)), written: None });
        }
    }

    fn post(&self, waiting: Waiting) -> Result<(), Refusal> {
        let sent = match lock(&self.queue).as_ref() {
            Some(queue) => queue.try_send(waiting),
            None => return Err(unwritten()),
        };
        sent.map_err(|error| {
            self.metrics.access_failed(1);
            match error {
                TrySendError::Full(_) => {
                    tracing::warn!("the access log is behind; a read of an auditor is refused");
                    Refusal::new(RefusalCode::Busy, "the access log is behind: try again in a moment")
                }
                TrySendError::Disconnected(_) => unwritten(),
            }
        })
    }

    /// Where its files are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes what waits and ends.  Blocking.
    pub fn stop(&self) {
        drop(lock(&self.queue).take());
        let thread = lock(&self.thread).take();
        _ = thread.map(JoinHandle::join);
    }
}

fn unwritten() -> Refusal {
    Refusal::new(
        RefusalCode::Unavailable,
        "what auditors read is written down, and at the moment it can not be; the operator has been told",
    )
}

fn line(who: &Principal, read: Read) -> AccessLine {
    let Read { session, method, route, path, query, plan, status, count, last } = read;
    let cut = |text: String| -> String { text.chars().take(ACCESS_TEXT_CHARS_MAX).collect() };
    AccessLine {
        number: 0,
        at: time_text(clock::now().as_microsecond()),
        subject: who.subject.clone(),
        name: who.name.clone(),
        issuer: who.issuer.clone(),
        bureau: who.bureau,
        role: who.role,
        token_id: who.token_id.clone(),
        session,
        method,
        route,
        path: cut(path),
        query: (!query.is_empty()).then(|| cut(query)),
        plan,
        status,
        count,
        last,
    }
}
