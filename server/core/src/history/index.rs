//! The past of a plan in small: who, when, which field, for every entry and row, without the values.
//!
//! It is a fold of entries in order, kept in memory beside the reader copy, so that a page of the
//! past opens only the entries it tells.  What joins two edits to one revision follows from the two
//! and from what lies between them, never from what is asked, and is settled when an entry is taken.

mod above;
mod select;
mod stored;
mod texts;

use std::collections::{BTreeMap, HashMap};

use plenary_protocol::ids::Subject;
use plenary_protocol::plan::Value;
use plenary_protocol::record::{EditRow, RowOp};
use plenary_protocol::wire::event::EventView;
use plenary_protocol::{Bureau, ElementId, Role, Seq};
use sha2::{Digest as _, Sha256};

use super::REVISION_GAP_US;
use super::codes::Structure;
use super::filter::ActType;
use super::revision::LANGUAGE_DEFAULT;
use super::time_us;
use above::Above;

pub use select::{Chosen, Count, Matched};
pub(super) use select::{Line, Place};

/// Stands for no row, no name.
const NONE: u32 = u32::MAX;
/// A row whose element its own entry makes.
const OF_NEW: u8 = 1;
/// A row that goes on with the revision of the row before it in its field.
const JOINS: u8 = 2;

/// Texts by number, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Names {
    texts: Vec<Box<str>>,
    numbers: HashMap<Box<str>, u32>,
}

impl Names {
    fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = self.texts.len() as u32;
        self.texts.push(text.into());
        self.numbers.insert(text.into(), number);
        number
    }

    fn find(&self, text: &str) -> Option<u32> {
        self.numbers.get(text).copied()
    }

    fn text(&self, number: u32) -> Option<&str> {
        self.texts.get(number as usize).map(AsRef::as_ref)
    }
}

/// A person acting for a Bureau in a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Author {
    subject: u32,
    bureau: Bureau,
    role: Role,
}

/// A field of an element, a text with its language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Slot {
    element: u32,
    field: u32,
    lang: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    at_us: Option<i64>,
    author: u32,
    /// Number of reason and answers; 0 when there are none.
    why: u32,
    /// Where its rows end.
    rows_end: u32,
    act: ActType,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Row {
    slot: u32,
    kind: u32,
    /// The rows before and after it in its field.
    before: u32,
    after: u32,
    op: RowOp,
    flags: u8,
}

/// A digest of reason and answers.
type Why = [u8; 16];

/// See the module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Index {
    names: Names,
    authors: Vec<Author>,
    author_numbers: HashMap<Author, u32>,
    whys: HashMap<Why, u32>,
    entries: Vec<Entry>,
    rows: Vec<Row>,
    slots: Vec<Slot>,
    slot_numbers: HashMap<Slot, u32>,
    /// The last row of each field.
    last_rows: Vec<u32>,
    above: Above,
    /// The entry that first made an element or link.
    made: HashMap<u32, u32>,
    answers: BTreeMap<u32, Vec<u32>>,
    /// How far late entries were behind.
    behind: BTreeMap<u32, u64>,
    languages: Vec<(u32, u32)>,
    structure: Structure,
    /// The last entry at which server time stepped back.
    stepped_back: u32,
}

impl Index {
    /// Before the first entry.
    pub fn new() -> Self {
        Self::default()
    }

    /// The last entry taken in.
    pub fn seq(&self) -> Seq {
        Seq(self.entries.len() as u64)
    }

    /// Where display codes can have changed.
    pub fn structure(&self) -> &Structure {
        &self.structure
    }

    /// Whether an element or link had been made by an entry.
    pub fn is_made(&self, element: &str, by: Seq) -> bool {
        let made = self.names.find(element).and_then(|name| self.made.get(&name));
        made.is_some_and(|entry| u64::from(*entry) < by.0)
    }

    /// Whose entry it is.
    pub fn subject(&self, seq: Seq) -> Option<Subject> {
        let entry = self.entries.get(usize::try_from(seq.0.checked_sub(1)?).ok()?)?;
        let author = self.authors.get(entry.author as usize)?;
        self.names.text(author.subject)?.parse().ok()
    }

    /// The first entry that changes the plan.
    pub fn first_change(&self) -> Option<Seq> {
        let first = self.entries.iter().position(|entry| entry.rows_end > 0)?;
        Some(Seq(first as u64 + 1))
    }

    /// Bytes of memory that it takes, about.
    pub fn memory_bytes(&self) -> usize {
        let names: usize = self.names.texts.iter().map(|text| 2 * text.len() + 64).sum();
        self.entries.capacity() * size_of::<Entry>()
            + self.rows.capacity() * size_of::<Row>()
            + self.slots.capacity() * 3 * size_of::<Slot>()
            + self.last_rows.capacity() * 4
            + self.whys.capacity() * 24
            + self.made.capacity() * 12
            + self.above.memory_bytes()
            + names
    }

    /// Takes in the next entry of the plan.
    pub fn take(&mut self, event: &EventView) {
        debug_assert_eq!(event.seq, self.seq().next(), "entries are taken in order");
        let entry = self.entries.len() as u32;
        let at_us = time_us(&event.at);
        if self.entries.last().is_some_and(|last| at_us < last.at_us) {
            self.stepped_back = entry;
        }
        let author = Author {
            subject: self.names.number(event.subject.as_str()),
            bureau: event.bureau,
            role: event.role,
        };
        let author = self.author(author);
        let why = self.why(event);
        let act = ActType::of(&event.what);
        self.entries.push(Entry { at_us, author, why, rows_end: 0, act });
        if !event.answers.is_empty() {
            let answers = event.answers.iter().map(|id| self.names.number(id.as_str())).collect();
            self.answers.insert(entry, answers);
        }
        if let Some(behind) = event.behind.filter(|_| event.is_late()) {
            self.behind.insert(entry, behind);
        }
        self.structure.note(event);
        let rows = event.edits();
        let made: std::collections::HashSet<&ElementId> =
            rows.iter().filter(|row| row.op == RowOp::Add).map(|row| &row.element).collect();
        for row in rows {
            self.take_row(row, entry, made.contains(&row.element));
        }
        let names = &mut self.names;
        self.above.take(rows, entry, &mut |id| names.number(id.as_str()));
        self.entries[entry as usize].rows_end = self.rows.len() as u32;
    }

    fn author(&mut self, author: Author) -> u32 {
        let authors = &mut self.authors;
        *self.author_numbers.entry(author).or_insert_with(|| {
            authors.push(author);
            authors.len() as u32 - 1
        })
    }

    fn why(&mut self, event: &EventView) -> u32 {
        let restores = event.restores();
        if event.because.is_none() && event.answers.is_empty() && restores.is_none() {
            return 0;
        }
        let mut hasher = Sha256::new();
        let mut part = |text: &str| {
            hasher.update((text.len() as u64).to_be_bytes());
            hasher.update(text);
        };
        part(if event.because.is_some() { "1" } else { "0" });
        part(event.because.as_deref().unwrap_or_default());
        event.answers.iter().for_each(|id| part(id.as_str()));
        // What puts an earlier point back goes on with nothing, and nothing with it.
        if restores.is_some() {
            part(&format!("restored in {}", event.seq));
        }
        let digest: [u8; 32] = hasher.finalize().into();
        let mut why = Why::default();
        why.copy_from_slice(&digest[..16]);
        let next = self.whys.len() as u32 + 1;
        *self.whys.entry(why).or_insert(next)
    }

    fn take_row(&mut self, row: &EditRow, entry: u32, of_new: bool) {
        let element = self.names.number(row.element.as_str());
        let field = self.names.number(&row.field);
        let lang = row.lang.as_deref().map_or(NONE, |lang| self.names.number(lang));
        let kind = self.names.number(&row.kind);
        let slot = self.slot(Slot { element, field, lang });
        let number = self.rows.len() as u32;
        let before = std::mem::replace(&mut self.last_rows[slot as usize], number);
        let mut flags = if of_new { OF_NEW } else { 0 };
        if before != NONE {
            if self.joins(before, entry, row.op) {
                flags |= JOINS;
            }
            self.rows[before as usize].after = number;
        }
        self.rows.push(Row { slot, kind, before, after: NONE, op: row.op, flags });
        if row.op == RowOp::Add {
            self.made.entry(element).or_insert(entry);
        }
        if row.element.is_plan() && row.field == "language" {
            let language = match &row.to {
                Some(Value::Text(language)) => language.as_str(),
                _ => LANGUAGE_DEFAULT,
            };
            let language = self.names.number(language);
            self.languages.push((entry, language));
        }
    }

    fn slot(&mut self, slot: Slot) -> u32 {
        let (slots, last_rows) = (&mut self.slots, &mut self.last_rows);
        *self.slot_numbers.entry(slot).or_insert_with(|| {
            slots.push(slot);
            last_rows.push(NONE);
            slots.len() as u32 - 1
        })
    }

    /// Whether a row of `entry` goes on with the row before it in its field: the same person setting
    /// or writing on, near in time, for the same reason.
    ///
    /// Server time may step back; what was over before the step stays over after it.
    fn joins(&self, before: u32, entry: u32, op: RowOp) -> bool {
        let earlier = self.entry_of(before);
        let (was, is) = (&self.entries[earlier as usize], &self.entries[entry as usize]);
        let is_same = self.rows[before as usize].op == op
            && matches!(op, RowOp::Set | RowOp::Text)
            && was.author == is.author
            && was.why == is.why;
        let (true, Some(was_us), Some(is_us)) = (is_same, was.at_us, is.at_us) else { return false };
        if is_us.abs_diff(was_us) > REVISION_GAP_US.unsigned_abs() {
            return false;
        }
        if self.stepped_back <= earlier {
            return true;
        }
        let between = &self.entries[earlier as usize + 1..=entry as usize];
        let latest = between.iter().filter_map(|entry| entry.at_us).max().unwrap_or(is_us);
        latest.saturating_sub(was_us) <= REVISION_GAP_US
    }

    fn entry_of(&self, row: u32) -> u32 {
        // The entry being taken has its end set last.
        let taken = self.entries.len() - usize::from(self.entries.last().is_some_and(|e| e.rows_end == 0));
        self.entries[..taken].partition_point(|entry| entry.rows_end <= row) as u32
    }

    fn rows_of(&self, entry: u32) -> std::ops::Range<u32> {
        let from = entry.checked_sub(1).map_or(0, |before| self.entries[before as usize].rows_end);
        from..self.entries[entry as usize].rows_end
    }

    fn element_of(&self, row: u32) -> u32 {
        self.slots[self.rows[row as usize].slot as usize].element
    }

    /// The plan's language as of an entry.
    fn language(&self, entry: u32) -> &str {
        let after = self.languages.partition_point(|(at, _)| *at <= entry);
        let number = after.checked_sub(1).map(|index| self.languages[index].1);
        number.and_then(|number| self.names.text(number)).unwrap_or(LANGUAGE_DEFAULT)
    }
}
