//! Entries told as revisions, once it is known which rows make one.

use std::collections::HashMap;
use std::rc::Rc;

use plenary_protocol::Seq;
use plenary_protocol::plan::Value;
use plenary_protocol::record::{EditRow, RowOp};
use plenary_protocol::wire::api::Revision;
use plenary_protocol::wire::event::{EventView, What};

use super::FIELD_LINK;
use super::filter::{ActType, op_name};
use super::index::{Chosen, Line, Place};
use super::splice::Splice;

/// An entry of more matching rows than this is told in one line, unless rows are asked for: an
/// import is one act of one person, not a thousand.
pub const BATCH_ROWS: usize = 100;
/// The language of a plan that names none.
pub(super) const LANGUAGE_DEFAULT: &str = "en";
/// Texts that name an element, best first.
pub(super) const NAMING_TEXTS: [&str; 5] = ["title", "statement", "as_printed", "rationale", "former"];
/// The name of a line that stands for a large entry.
const OP_BATCH: &str = "batch";

impl Chosen {
    /// Tells the revisions; `read` opens an entry, and is asked once for each that is needed.
    ///
    /// # Errors
    /// What `read` returns.
    pub fn tell<E>(&self, read: &mut dyn FnMut(Seq) -> Result<EventView, E>) -> Result<Vec<Revision>, E> {
        let mut entries = Entries { read, opened: HashMap::new() };
        let told = self.lines.iter().map(|line| entries.tell(line));
        told.filter_map(Result::transpose).collect()
    }
}

struct Entries<'a, E> {
    read: &'a mut dyn FnMut(Seq) -> Result<EventView, E>,
    opened: HashMap<Seq, Rc<EventView>>,
}

impl<E> Entries<'_, E> {
    fn open(&mut self, seq: Seq) -> Result<Rc<EventView>, E> {
        if let Some(opened) = self.opened.get(&seq) {
            return Ok(opened.clone());
        }
        let event = Rc::new((self.read)(seq)?);
        self.opened.insert(seq, event.clone());
        Ok(event)
    }

    fn tell(&mut self, line: &Line) -> Result<Option<Revision>, E> {
        Ok(match line {
            Line::Act(seq) => Some(act(&*self.open(*seq)?)),
            Line::Batch(seq) => Some(batch(&*self.open(*seq)?)),
            Line::Made { at, edits, named } => {
                let event = self.open(at.seq)?;
                let rows = event.edits();
                let named = named.and_then(|named| rows.get(named));
                rows.get(at.row).map(|row| made(&event, row, *edits, named))
            }
            Line::Run { rows, behind } => self.run(rows, *behind)?,
        })
    }

    fn run(&mut self, rows: &[Place], behind: Option<u64>) -> Result<Option<Revision>, E> {
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return Ok(None) };
        let (begin, end) = (self.open(first.seq)?, self.open(last.seq)?);
        let (Some(from), Some(to)) = (begin.edits().get(first.row), end.edits().get(last.row)) else {
            return Ok(None);
        };
        let mut revision = Revision {
            first: first.seq,
            edits: rows.len() as u64,
            from: from.from.clone(),
            behind,
            ..revision_of(&end, to)
        };
        // Of a text too long to stand whole in rows, the stretch that was replaced, if it is one.
        let is_text = revision.op == op_name(RowOp::Text);
        if is_text && (revision.from.is_none() || revision.to.is_none()) {
            let texts = self.stretch(rows)?.map(Splice::into_texts);
            (revision.from, revision.to) =
                texts.map(|(from, to)| (Value::Text(from), Value::Text(to))).unzip();
        }
        Ok(Some(revision))
    }

    /// The stretches of a run as one.
    fn stretch(&mut self, rows: &[Place]) -> Result<Option<Splice>, E> {
        let mut so_far: Option<Splice> = None;
        for place in rows {
            let event = self.open(place.seq)?;
            let Some(next) = event.edits().get(place.row).and_then(Splice::of) else { return Ok(None) };
            so_far = match so_far {
                None => Some(next),
                Some(so_far) => match so_far.then(next) {
                    None => return Ok(None),
                    joined => joined,
                },
            };
        }
        Ok(so_far)
    }
}

fn act(event: &EventView) -> Revision {
    let text = |text: &str| Some(Value::Text(text.to_owned()));
    let (from, to) = match &event.what {
        What::Change { .. } => (None, None),
        What::ActorBound { actor, .. } => (None, text(actor)),
        What::PlanCreated { title, .. } => (None, text(title)),
        What::StageAdvanced { from, to, .. } => (text(from.as_str()), text(to.as_str())),
        What::RuleSet { rule, from, to } => (text(&format!("{rule} {from}")), text(&format!("{rule} {to}"))),
        What::AccessChanged { from, to } => (text(&from.to_string()), text(&to.to_string())),
        What::Refused { reason, count: Some(count), .. } => {
            (None, text(&format!("{count} more, the last: {reason}")))
        }
        What::Refused { reason, .. } => (None, text(reason)),
        What::VersionNamed { version, covers, .. } => {
            (None, text(&format!("{version} (entry {})", covers.seq)))
        }
        What::VersionSigned { version, meaning, .. } => (None, text(&format!("{version} as {meaning}"))),
        What::Exported(exported) => (None, text(&exported.to_string())),
        What::Quarantined { reason, .. } => (None, text(reason)),
        What::SetAside { by, .. } => (None, text(&format!("set aside in entry {by}"))),
    };
    Revision { from, to, ..blank(event, ActType::of(&event.what).as_str()) }
}

/// A large entry in one line: how much was added, written, moved and removed.
pub(super) fn batch(event: &EventView) -> Revision {
    let rows = event.edits();
    let count = |of: &dyn Fn(&EditRow) -> bool| rows.iter().filter(|row| of(row)).count();
    let told = [
        (count(&|row| row.op == RowOp::Add && row.field != FIELD_LINK), "elements added"),
        (count(&|row| row.op == RowOp::Add && row.field == FIELD_LINK), "links added"),
        (count(&|row| matches!(row.op, RowOp::Set | RowOp::Text)), "fields written"),
        (count(&|row| row.op == RowOp::Move), "moved"),
        (count(&|row| matches!(row.op, RowOp::Remove | RowOp::Restore)), "removed or restored"),
    ];
    let words: Vec<String> =
        told.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    let to = Some(Value::Text(words.join(", ")));
    Revision { to, edits: rows.len() as u64, ..blank(event, OP_BATCH) }
}

/// A new element or link, by the text that names it.
pub(super) fn made(event: &EventView, row: &EditRow, edits: u64, named: Option<&EditRow>) -> Revision {
    let mut revision = Revision { edits, ..revision_of(event, row) };
    if row.field != FIELD_LINK {
        revision.to = named.and_then(text_after).or(revision.to);
    }
    revision
}

fn text_after(row: &EditRow) -> Option<Value> {
    row.to.clone().or_else(|| row.inserted.clone().map(Value::Text))
}

pub(super) fn blank(event: &EventView, op: &str) -> Revision {
    Revision {
        first: event.seq,
        last: event.seq,
        edits: 1,
        at: event.at.clone(),
        claimed_at: event.claimed_at.clone(),
        behind: event.behind.filter(|_| event.is_late()),
        subject: event.subject.clone(),
        name: event.name.clone(),
        bureau: event.bureau,
        role: event.role,
        op: op.to_owned(),
        element: None,
        kind: None,
        code: None,
        code_now: None,
        field: None,
        lang: None,
        from: None,
        to: None,
        concurrent: false,
        restores: event.restores().cloned(),
        because: event.because.clone(),
        answers: event.answers.clone(),
    }
}

pub(super) fn revision_of(event: &EventView, row: &EditRow) -> Revision {
    Revision {
        element: Some(row.element.clone()),
        kind: Some(row.kind.clone()),
        field: Some(row.field.clone()),
        lang: row.lang.clone(),
        from: row.from.clone(),
        to: row.to.clone(),
        concurrent: row.concurrent,
        ..blank(event, op_name(row.op))
    }
}
