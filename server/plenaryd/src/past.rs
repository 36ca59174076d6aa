//! A plan's committed past, read from the store.

use std::sync::Arc;

use plenary_core::Past;
use plenary_core::hub::PastError;
use plenary_core::snapshot::{SNAPSHOT_FORM, Snapshot};
use plenary_limits::ENTRIES_PER_READ_MAX;
use plenary_log::{Entry, Log, ReadError};
use plenary_protocol::ids::{ClientId, PlanId, Subject};
use plenary_protocol::record::{Act, Event, Quarantine, RecordError, leaf_hash};
use plenary_protocol::wire::event::EventView;
use plenary_protocol::{Access, Digest, Seq};

use crate::indexer::{Mark, idempotency_key};
use crate::plans::{Damage, Part};
use crate::quarantines::Quarantines;

/// Why entries could not be read as events.
#[derive(Debug, thiserror::Error)]
pub enum EventsError {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] ReadError),
    /// An entry does not open.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The entry that is to say who may read the plan does not.
    #[error("entry {seq} of {plan} is to say who may read it, and does not")]
    NoAccess {
        /// The plan.
        plan: PlanId,
        /// The entry.
        seq: u64,
    },
    /// The entry that is to say what is set aside does not.
    #[error("entry {seq} of {plan} is to say what is set aside, and does not")]
    NoQuarantine {
        /// The plan.
        plan: PlanId,
        /// The entry.
        seq: u64,
    },
}

/// The past of one plan.
#[derive(Clone)]
pub struct LogPast {
    log: Log,
    plan: PlanId,
    damage: Arc<Damage>,
    quarantines: Arc<Quarantines>,
}

/// Opens an entry of the store as it was written; `LogPast` reads it as it is to be taken.
///
/// # Errors
/// `RecordError` when it does not decode or its payload is another.
pub fn open(entry: &Entry) -> Result<Event, RecordError> {
    Event::open(&entry.envelope, &entry.salt, &entry.payload)
}

impl LogPast {
    /// The past of `plan` in `log`; what cannot be read of it is noted in `damage`.
    pub fn new(log: Log, plan: PlanId, damage: Arc<Damage>, quarantines: Arc<Quarantines>) -> Self {
        LogPast { log, plan, damage, quarantines }
    }

    /// What of the plan is set aside.
    ///
    /// # Errors
    /// `EventsError` when it cannot be told.
    pub fn quarantine(&self) -> Result<Arc<Quarantine>, EventsError> {
        self.noted(self.quarantines.of(&self.log, &self.plan))
    }

    /// The last entry that set something aside: with another one, what was read of any point may be otherwise.
    ///
    /// # Errors
    /// As `quarantine`.
    pub fn quarantined_in(&self) -> Result<Option<Seq>, EventsError> {
        Ok(self.quarantine()?.spans().last())
    }

    fn noted<T, E>(&self, read: Result<T, E>) -> Result<T, E> {
        if read.is_err() {
            self.damage.note(&self.plan, Part::Past, true);
        }
        read
    }

    /// What answers about points of the past hang on beside the entries, as text for their tags.
    pub fn read_as(&self) -> String {
        match self.quarantined_in() {
            Ok(last) => last.map(|last| last.to_string()).unwrap_or_default(),
            Err(_) => "unknown".to_owned(),
        }
    }

    /// Up to `limit` events after `after`, in order.
    ///
    /// # Errors
    /// `EventsError` when the store cannot be read or an entry does not open.
    pub fn events(&self, after: Seq, limit: usize) -> Result<Vec<Event>, EventsError> {
        let read = || -> Result<Vec<Event>, EventsError> {
            let entries = self.log.entries(self.plan.as_str(), after.0, limit)?;
            // Asked after they were read, it knows of all quarantines among them.
            let quarantine = self.quarantine()?;
            entries.iter().map(|entry| Ok(quarantine.mark(open(entry)?))).collect()
        };
        self.noted(read())
    }

    /// The exact bytes of entries after `after`, at most `limit`, in order: nothing of them is opened.
    ///
    /// # Errors
    /// `ReadError` when the store cannot be read.
    pub fn raw(&self, after: Seq, limit: usize) -> Result<Vec<Entry>, ReadError> {
        self.noted(self.log.entries(self.plan.as_str(), after.0, limit))
    }

    /// Hands over all events after `after` up to and with `until`, in order.
    ///
    /// # Errors
    /// As `events`, or what `take` returns.
    pub fn each<E: From<EventsError>>(
        &self,
        after: Seq,
        until: Seq,
        take: &mut dyn FnMut(Event) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut at = after;
        while at < until {
            let limit = ENTRIES_PER_READ_MAX.min((until.0 - at.0) as usize);
            let events = self.events(at, limit)?;
            let Some(last) = events.last().map(|event| event.envelope.seq) else { break };
            at = last;
            for event in events {
                take(event)?;
            }
        }
        Ok(())
    }

    /// One entry in plain words.
    ///
    /// # Errors
    /// As `events`; `ReadError::Missing` when the plan has no such entry.
    pub fn event(&self, seq: Seq) -> Result<EventView, EventsError> {
        Ok(self.opened(seq)?.1)
    }

    /// One entry as it is kept, and in plain words.
    ///
    /// # Errors
    /// As `event`.
    pub fn opened(&self, seq: Seq) -> Result<(Entry, EventView), EventsError> {
        let read = || -> Result<(Entry, EventView), EventsError> {
            let entry = self.log.entry(self.plan.as_str(), seq.0)?;
            let missing = || ReadError::Missing { plan: self.plan.to_string(), seq: seq.0 };
            let entry = entry.ok_or_else(missing)?;
            let event = EventView::of(&self.quarantine()?.mark(open(&entry)?));
            Ok((entry, event))
        };
        self.noted(read())
    }

    /// The last good snapshot, if it is of the form that is read here, of an entry of this log, and has nothing in
    /// it that was set aside since.
    pub fn snapshot_bytes(&self) -> Option<Vec<u8>> {
        let kept = self.log.snapshot(self.plan.as_str()).filter(|kept| kept.schema == SNAPSHOT_FORM)?;
        let snapshot = Snapshot::open(&kept.bytes)?;
        let entry = self.log.entry(self.plan.as_str(), snapshot.seq.0).ok()??;
        let holds = self.quarantine().ok()?.spans().since(snapshot.seq).is_none();
        (holds && leaf_hash(&entry.envelope) == snapshot.leaf).then_some(kept.bytes)
    }

    /// Who may read the plan, as of its last entry.
    ///
    /// # Errors
    /// As `events`; then nobody is to be let in.
    pub fn access(&self) -> Result<Access, EventsError> {
        let last = self.quarantines.marks().last(&self.log, &self.plan, Mark::Access)?;
        let Some(Seq(seq)) = last else { return Ok(Access::Everybody) };
        let missing = || EventsError::NoAccess { plan: self.plan.clone(), seq };
        let event = open(&self.log.entry(self.plan.as_str(), seq)?.ok_or_else(missing)?)?;
        match event.payload.act {
            Act::AccessChanged { to, .. } => Ok(to),
            _ => Err(missing()),
        }
    }

    /// The last entry, or zero.
    pub fn head(&self) -> Seq {
        self.log.head(self.plan.as_str()).map_or(Seq::ZERO, |head| Seq(head.seq))
    }
}

/// What ends a replay early.
struct Stop(PastError);

impl From<EventsError> for Stop {
    fn from(error: EventsError) -> Self {
        Stop(PastError::Read(error.to_string()))
    }
}

impl Past for LogPast {
    fn by_client_id(&self, subject: &Subject, id: &ClientId) -> Result<Option<Event>, PastError> {
        let read = |error: &dyn std::fmt::Display| PastError::Read(error.to_string());
        let key = idempotency_key(self.plan.as_str(), subject, id);
        let found = self.log.index(&key).map_err(|error| read(&error))?;
        let Some(value) = found else { return Ok(None) };
        let seq = value.as_slice().try_into().map(u64::from_be_bytes);
        let seq = seq.map_err(|_| PastError::Read("an index row is damaged".into()))?;
        let entry = self.log.entry(self.plan.as_str(), seq).map_err(|error| read(&error))?;
        let Some(entry) = entry else { return Ok(None) };
        let quarantine = self.quarantine().map_err(|error| read(&error))?;
        Ok(Some(quarantine.mark(open(&entry).map_err(|error| read(&error))?)))
    }

    fn leaf(&self, seq: Seq) -> Result<Option<Digest>, PastError> {
        let entry = self.noted(self.log.entry(self.plan.as_str(), seq.0));
        let entry = entry.map_err(|error| PastError::Read(error.to_string()))?;
        Ok(entry.map(|entry| leaf_hash(&entry.envelope)))
    }

    fn replay(
        &self,
        after: Seq,
        take: &mut dyn FnMut(Event) -> Result<(), PastError>,
    ) -> Result<(), PastError> {
        self.each(after, self.head(), &mut |event| take(event).map_err(Stop)).map_err(|Stop(error)| error)
    }

    fn snapshot(&self) -> Option<Vec<u8>> {
        self.snapshot_bytes()
    }
}
