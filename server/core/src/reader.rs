//! The reader copy: a plan's document fed by committed entries only, for every view of now and then.
//!
//! Nothing here is ahead of the log, so nobody sees what is not durable, and no reader holds up a
//! writer.

mod view;

use std::collections::HashMap;

use automerge::{Automerge, Change, ChangeHash};
use plenary_protocol::Bureau;
use plenary_protocol::ids::{PlanId, Seq, Subject};
use plenary_protocol::plan::{PlanView, Stage};
use plenary_protocol::record::{Act, Event};
use plenary_protocol::wire::event::time_text;

use crate::document;

/// Who wrote a change, and in which entry.
#[derive(Debug, Clone)]
pub(crate) struct Writer {
    pub seq: Seq,
    pub subject: Subject,
    pub name: String,
    pub bureau: Bureau,
    pub at_us: i64,
}

/// Why the reader copy cannot take an entry.
#[derive(Debug, thiserror::Error)]
pub enum ReaderError {
    /// The entry is not the next one.
    #[error("expected entry {expected}, found {found}")]
    Order {
        /// The next sequence number.
        expected: Seq,
        /// The one found.
        found: Seq,
    },
    /// The document does not take the entry's change.
    #[error("the document does not take the changes up to entry {seq}: {reason}")]
    Document {
        /// The last entry of the run.
        seq: Seq,
        /// What the library says.
        reason: String,
    },
}

/// A plan as of its last committed entry, with the way back to every earlier one.
#[derive(Debug)]
pub struct Reader {
    plan: PlanId,
    doc: Automerge,
    seq: Seq,
    document: String,
    /// The title the plan was created with.
    title: String,
    heads: Vec<(Seq, Vec<ChangeHash>)>,
    stages: Vec<(Seq, Stage)>,
    times_us: Vec<i64>,
    writers: HashMap<ChangeHash, Writer>,
}

impl Reader {
    /// Before the first entry.
    pub fn new(plan: PlanId) -> Self {
        Reader {
            plan,
            doc: document::empty(),
            seq: Seq::ZERO,
            document: String::new(),
            title: String::new(),
            heads: Vec::new(),
            stages: Vec::new(),
            times_us: Vec::new(),
            writers: HashMap::new(),
        }
    }

    /// Takes in the next entries.
    ///
    /// # Errors
    /// `ReaderError`; the copy is not to be used after it.
    pub fn take(&mut self, events: impl IntoIterator<Item = Event>) -> Result<(), ReaderError> {
        let mut changes = Vec::new();
        for event in events {
            self.note(event, &mut changes)?;
        }
        document::apply(&mut self.doc, changes)
            .map_err(|reason| ReaderError::Document { seq: self.seq, reason })
    }

    fn note(&mut self, event: Event, changes: &mut Vec<Change>) -> Result<(), ReaderError> {
        let envelope = event.envelope;
        if envelope.seq != self.seq.next() {
            return Err(ReaderError::Order { expected: self.seq.next(), found: envelope.seq });
        }
        self.seq = envelope.seq;
        self.times_us.push(envelope.at);
        match event.payload.act {
            Act::PlanCreated { stage, title, document } => {
                self.stages.push((envelope.seq, stage));
                self.document = document;
                self.title = title;
            }
            Act::StageAdvanced { to, .. } => self.stages.push((envelope.seq, to)),
            Act::ActorBound { .. } | Act::AccessChanged { .. } | Act::Refused { .. } => {}
            Act::Change(act) => {
                let change = Change::from_bytes(act.change).map_err(|error| ReaderError::Document {
                    seq: envelope.seq,
                    reason: error.to_string(),
                })?;
                let mut heads = self.heads.last().map(|(_, heads)| heads.clone()).unwrap_or_default();
                heads.retain(|head| !change.deps().contains(head));
                heads.push(change.hash());
                heads.sort();
                self.heads.push((envelope.seq, heads));
                let writer = Writer {
                    seq: envelope.seq,
                    subject: envelope.principal.subject,
                    name: event.payload.name,
                    bureau: envelope.principal.bureau,
                    at_us: envelope.at,
                };
                self.writers.insert(change.hash(), writer);
                changes.push(change);
            }
        }
        Ok(())
    }

    /// The last entry taken in.
    pub fn seq(&self) -> Seq {
        self.seq
    }

    /// The last entry taken in at or before a time, microseconds since 1970 UTC.
    pub fn seq_at(&self, time_us: i64) -> Seq {
        // Server time may step back; the position is what counts, so the last entry not after it.
        Seq(self.times_us.iter().rposition(|at| *at <= time_us).map_or(0, |index| index as u64 + 1))
    }

    /// The plan as it stands after an entry (at most the last), or now.
    pub fn view(&self, at: Option<Seq>) -> PlanView {
        let seq = at.map_or(self.seq, |at| at.min(self.seq));
        let heads = (seq < self.seq).then(|| last_until(&self.heads, seq).cloned().unwrap_or_default());
        let mut view = view::plan(&self.doc, heads.as_deref(), &self.writers, self.plan.clone());
        view.stage = last_until(&self.stages, seq).copied().unwrap_or(Stage::SecretariatDraft);
        view.seq = seq;
        let index = (seq.0 as usize).checked_sub(1);
        view.at =
            index.and_then(|index| self.times_us.get(index)).map(|us| time_text(*us)).unwrap_or_default();
        view.document = self.document.clone();
        // Before its first change the document is empty; the plan has its title all the same.
        if view.title.is_empty() && view.elements.is_empty() {
            view.title = self.title.clone();
        }
        view
    }

    /// Whether a change is in the document.
    pub(crate) fn has_change(&self, hash: &ChangeHash) -> bool {
        self.writers.contains_key(hash)
    }

    /// The document as of the last entry.
    pub(crate) fn document(&self) -> &Automerge {
        &self.doc
    }

    /// The document, for the library's calls that want it mutable and leave it as it is.
    pub(crate) fn document_mut(&mut self) -> &mut Automerge {
        &mut self.doc
    }

    /// The saved document as of the last entry.
    pub fn save(&self) -> Vec<u8> {
        self.doc.save()
    }

    /// The saved document, if loading it gives the same document back; otherwise nothing is to be
    /// replaced by it.
    pub fn verified_save(&self) -> Option<(Vec<u8>, Vec<ChangeHash>)> {
        let bytes = self.doc.save();
        let heads = self.doc.get_heads();
        let again = document::load(&bytes).ok()?;
        (again.get_heads() == heads).then_some((bytes, heads))
    }
}

fn last_until<T>(list: &[(Seq, T)], seq: Seq) -> Option<&T> {
    let after = list.partition_point(|(at, _)| *at <= seq);
    after.checked_sub(1).map(|index| &list[index].1)
}
