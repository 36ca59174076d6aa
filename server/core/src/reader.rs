//! The reader copy: a plan's document fed by committed entries only, for every view of now and then.
//!
//! Nothing here is ahead of the log, so nobody sees what is not durable, and no reader holds up a
//! writer.

mod stored;
mod view;

pub(crate) use view::standing;

use std::collections::HashMap;

use automerge::{Automerge, Change, ChangeHash};
use plenary_protocol::Bureau;
use plenary_protocol::ids::{ElementId, PlanId, Seq, Subject};
use plenary_protocol::plan::{ElementView, LinkView, PlanView, Stage};
use plenary_protocol::record::{Act, Event, Setting};
use plenary_protocol::wire::event::time_text;

use crate::document;
use crate::rules::{Settings, Then, Voices};
use crate::versions::Versions;

/// Somebody who wrote, under the name they had then.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Person {
    subject: Subject,
    name: String,
    bureau: Bureau,
}

/// People by number, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct People {
    list: Vec<Person>,
    numbers: HashMap<Person, u32>,
}

impl People {
    fn number(&mut self, person: Person) -> u32 {
        if let Some(number) = self.numbers.get(&person) {
            return *number;
        }
        let number = self.list.len() as u32;
        self.list.push(person.clone());
        self.numbers.insert(person, number);
        number
    }
}

/// A change: who wrote it, in which entry, and the document's heads after it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wrote {
    hash: ChangeHash,
    seq: Seq,
    person: u32,
    heads: Box<[ChangeHash]>,
}

/// Who wrote a change, and in which entry.
struct Writer<'a> {
    seq: Seq,
    person: &'a Person,
    at_us: i64,
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
#[derive(Debug, Clone)]
pub struct Reader {
    plan: PlanId,
    doc: Automerge,
    seq: Seq,
    document: String,
    /// The title the plan was created with.
    title: String,
    changes: Vec<Wrote>,
    /// The place of a change among `changes`.
    numbers: HashMap<ChangeHash, u32>,
    people: People,
    stages: Vec<(Seq, Stage)>,
    versions: Versions,
    /// What was set for the rules after an entry that set something.
    settings: Vec<(Seq, Settings)>,
    times_us: Vec<i64>,
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
            changes: Vec::new(),
            numbers: HashMap::new(),
            people: People::default(),
            stages: Vec::new(),
            versions: Versions::default(),
            settings: Vec::new(),
            times_us: Vec::new(),
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
        self.versions.take(&event);
        if let Act::RuleSet { .. } = &event.payload.act {
            let mut settings = self.settings.last().map(|(_, last)| last.clone()).unwrap_or_default();
            settings.take(&event);
            self.settings.push((event.envelope.seq, settings));
        }
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
            Act::Quarantined { document, .. } => self.document = document,
            Act::ActorBound { .. } | Act::AccessChanged { .. } | Act::Refused { .. } | Act::Exported(_) => {}
            Act::VersionNamed { .. } | Act::VersionSigned { .. } | Act::RuleSet { .. } => {}
            Act::SetAside { .. } => {}
            Act::Change(act) => {
                let change = Change::from_bytes(act.change).map_err(|error| ReaderError::Document {
                    seq: envelope.seq,
                    reason: error.to_string(),
                })?;
                let hash = change.hash();
                let mut heads = self.changes.last().map(|last| last.heads.to_vec()).unwrap_or_default();
                heads.retain(|head| !change.deps().contains(head));
                heads.push(hash);
                heads.sort();
                let person = self.people.number(Person {
                    subject: envelope.principal.subject,
                    name: event.payload.name,
                    bureau: envelope.principal.bureau,
                });
                self.numbers.insert(hash, self.changes.len() as u32);
                self.changes.push(Wrote { hash, seq: envelope.seq, person, heads: heads.into() });
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

    /// The versions that have names.
    pub fn versions(&self) -> &Versions {
        &self.versions
    }

    /// The plan as it stands after an entry (at most the last), or now.
    pub fn view(&self, at: Option<Seq>) -> PlanView {
        let seq = at.map_or(self.seq, |at| at.min(self.seq));
        let mut view = view::plan(self, self.heads_then(seq));
        view.stage = self.stage_at(seq);
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

    /// What has a place and a display code after an entry: elements without texts and values, no links.
    pub fn outline(&self, at: Seq) -> PlanView {
        let seq = at.min(self.seq);
        let mut view = view::outline(self, self.heads_then(seq));
        view.seq = seq;
        view
    }

    /// The document's heads after an entry; `None` where they are those of now.
    fn heads_then(&self, seq: Seq) -> Option<&[ChangeHash]> {
        let after = self.changes.partition_point(|change| change.seq <= seq);
        let heads = || after.checked_sub(1).map_or(&[][..], |index| &self.changes[index].heads);
        (after < self.changes.len()).then(heads)
    }

    /// What is set for the rules after an entry.
    pub fn settings(&self, seq: Seq) -> Settings {
        let after = self.settings.partition_point(|(at, _)| *at <= seq);
        after.checked_sub(1).map(|index| self.settings[index].1.clone()).unwrap_or_default()
    }

    /// What is set for the rules now, by code, each with the entry that set it.
    pub fn settings_set(&self) -> Vec<(String, Setting, Seq)> {
        let Some((_, now)) = self.settings.last() else { return Vec::new() };
        let since = |code: &str, setting: Setting| {
            let is_so = |(_, settings): &&(Seq, Settings)| settings.of(code) == setting;
            self.settings.iter().rev().take_while(is_so).last().map(|(seq, _)| *seq)
        };
        now.all().filter_map(|(code, to)| Some((code.to_owned(), to, since(code, to)?))).collect()
    }

    /// When each Bureau wrote last up to an entry, and when the entry was taken in.
    pub fn voices(&self, seq: Seq) -> Voices {
        let time =
            |seq: Seq| (seq.0 as usize).checked_sub(1).and_then(|index| self.times_us.get(index)).copied();
        // A Bureau that has not written yet counts from the plan's first day.
        let mut last_us = [self.times_us.first().copied(); Bureau::ALL.len()];
        let mut heard = [false; Bureau::ALL.len()];
        let after = self.changes.partition_point(|change| change.seq <= seq);
        for change in self.changes[..after].iter().rev() {
            let Some(person) = self.people.list.get(change.person as usize) else { continue };
            let at = person.bureau as usize;
            if !std::mem::replace(&mut heard[at], true) {
                last_us[at] = time(change.seq);
            }
            if heard == [true; Bureau::ALL.len()] {
                break;
            }
        }
        let seen = self.times_us[..(seq.0 as usize).min(self.times_us.len())].iter().copied().max();
        Voices { now_us: seen.unwrap_or_default(), last_us }
    }

    fn stage_at(&self, seq: Seq) -> Stage {
        let after = self.stages.partition_point(|(at, _)| *at <= seq);
        after.checked_sub(1).map_or(Stage::SecretariatDraft, |index| self.stages[index].1)
    }

    fn writer(&self, hash: &ChangeHash) -> Option<Writer<'_>> {
        let wrote = self.changes.get(*self.numbers.get(hash)? as usize)?;
        let person = self.people.list.get(wrote.person as usize)?;
        let at_us = self.times_us.get((wrote.seq.0 as usize).checked_sub(1)?)?;
        Some(Writer { seq: wrote.seq, person, at_us: *at_us })
    }

    /// Whether a change is in the document.
    pub(crate) fn has_change(&self, hash: &ChangeHash) -> bool {
        self.numbers.contains_key(hash)
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
    ///
    /// # Errors
    /// As `document::save`.
    pub fn verified_save(&self) -> Result<(Vec<u8>, Vec<ChangeHash>), String> {
        document::save(&self.doc)
    }
}

impl Then for Reader {
    fn element(&self, id: &ElementId, seq: Seq) -> Option<ElementView> {
        view::one_element(self, self.heads_then(seq), id)
    }

    fn link(&self, id: &ElementId, seq: Seq) -> Option<LinkView> {
        view::one_link(self, self.heads_then(seq), id)
    }

    fn plan(&self, seq: Seq) -> PlanView {
        self.view(Some(seq))
    }
}
