//! Matching rows, told as revisions: a run of keystrokes is one line, a new element is one line.
//!
//! Rows of the same person, Bureau and role on the same field are one revision while they set or
//! write, each within five minutes of the one before, with the same reason, and nothing else
//! happened to the field in between.  What happened in between counts whether or not it matches the
//! filter, so a filter never joins what the whole history tells apart.
//!
//! Revisions come out in the order of their last row: entry, then position among its rows.

use std::collections::{BTreeMap, HashMap};

use plenary_protocol::plan::Value;
use plenary_protocol::record::{EditRow, RowOp};
use plenary_protocol::wire::api::Revision;
use plenary_protocol::wire::event::{EventView, What};
use plenary_protocol::{ElementId, Seq};

use super::walk::Matched;
use crate::history::filter::{ActType, Filter, op_name};
use crate::history::splice::Splice;
use crate::history::{BATCH_ROWS, FIELD_LINK, REVISION_GAP_US, time_us};

/// The name of such a line.
const OP_BATCH: &str = "batch";

/// The language of a plan that names none.
const LANGUAGE_DEFAULT: &str = "en";
/// Texts that name an element, best first.
const NAMING_TEXTS: [&str; 5] = ["title", "statement", "as_printed", "rationale", "former"];

/// A revision and its place in the order: that of its last row.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// Position of the last row in its entry.
    pub row: u64,
    /// The revision; `revision.last` is the entry.
    pub revision: Revision,
}

type Position = (Seq, u64);

#[derive(Debug)]
struct Run {
    revision: Revision,
    last_us: Option<i64>,
    splice: Option<Splice>,
    is_open: bool,
}

/// Takes matching rows in order and tells them as revisions.
#[derive(Debug)]
pub struct Grouper {
    folds_additions: bool,
    folds_batches: bool,
    tells_actors: bool,
    language: String,
    now_us: Option<i64>,
    runs: BTreeMap<Position, Run>,
    open: HashMap<ElementId, Vec<Position>>,
}

impl Grouper {
    /// Before the first entry.
    ///
    /// With fields asked for, the rows of a new element are told one by one; actor ids are told only
    /// when asked for.
    pub fn new(filter: &Filter) -> Self {
        Grouper {
            folds_additions: filter.fields.is_empty(),
            folds_batches: !filter.asks_rows(),
            tells_actors: filter.acts.contains(&ActType::ActorBound),
            language: LANGUAGE_DEFAULT.to_owned(),
            now_us: None,
            runs: BTreeMap::new(),
            open: HashMap::new(),
        }
    }

    /// Takes in the next entry, whether it matches or not, and tells what cannot change any more.
    pub fn feed(&mut self, event: &EventView, matched: Option<&Matched>) -> Vec<Told> {
        let now_us = time_us(&event.at);
        self.step_to(now_us);
        let rows = event.edits();
        self.note_language(rows);
        match matched {
            Some(_) if rows.is_empty() => self.tell_act(event),
            Some(matched) if self.folds_batches && matched.rows.len() > BATCH_ROWS => {
                self.tell_batch(event, now_us)
            }
            Some(matched) => self.tell_rows(event, matched, now_us),
            None => rows.iter().for_each(|row| self.interrupt(row)),
        }
        self.drain(|run| !run.is_open || is_past(run.last_us, now_us))
    }

    /// Tells the rest.
    pub fn finish(mut self) -> Vec<Told> {
        self.drain(|_| true)
    }

    /// Where server time steps back, what was over before the step stays over after it; otherwise
    /// it would depend on what else is told whether a run goes on.
    fn step_to(&mut self, now_us: Option<i64>) {
        let before_us = std::mem::replace(&mut self.now_us, now_us);
        if now_us >= before_us {
            return;
        }
        for run in self.runs.values_mut().filter(|run| run.is_open && is_past(run.last_us, before_us)) {
            run.is_open = false;
        }
        let runs = &self.runs;
        self.open.retain(|_, positions| {
            positions.retain(|position| runs.get(position).is_some_and(|run| run.is_open));
            !positions.is_empty()
        });
    }

    fn drain(&mut self, is_over: impl Fn(&Run) -> bool) -> Vec<Told> {
        let mut out = Vec::new();
        while let Some(first) = self.runs.first_entry() {
            if !is_over(first.get()) {
                break;
            }
            let (position, run) = first.remove_entry();
            if run.is_open {
                self.forget(&run, position);
            }
            out.push(Told { row: position.1, revision: run.close() });
        }
        out
    }

    fn forget(&mut self, run: &Run, position: Position) {
        let Some(element) = &run.revision.element else { return };
        if let Some(positions) = self.open.get_mut(element) {
            positions.retain(|open| *open != position);
            if positions.is_empty() {
                self.open.remove(element);
            }
        }
    }

    fn note_language(&mut self, rows: &[EditRow]) {
        for row in rows.iter().filter(|row| row.element.is_plan() && row.field == "language") {
            self.language = match &row.to {
                Some(Value::Text(language)) => language.clone(),
                _ => LANGUAGE_DEFAULT.to_owned(),
            };
        }
    }

    fn tell_act(&mut self, event: &EventView) {
        let text = |text: &str| Some(Value::Text(text.to_owned()));
        let (from, to) = match &event.what {
            What::Change { .. } => return,
            What::Quarantined { reason, .. } => (None, text(reason)),
            What::SetAside { by, .. } => (None, text(&format!("set aside in entry {by}"))),
            What::ActorBound { .. } if !self.tells_actors => return,
            What::ActorBound { actor, .. } => (None, text(actor)),
            What::PlanCreated { title, .. } => (None, text(title)),
            What::StageAdvanced { from, to, .. } => (text(from.as_str()), text(to.as_str())),
            What::RuleSet { rule, from, to } => {
                (text(&format!("{rule} {from}")), text(&format!("{rule} {to}")))
            }
            What::AccessChanged { from, to } => (text(&from.to_string()), text(&to.to_string())),
            What::Exported(exported) => (None, text(&exported.to_string())),
            What::Refused { reason, .. } => (None, text(reason)),
            What::VersionNamed { version, covers, .. } => {
                (None, text(&format!("{version} (entry {})", covers.seq)))
            }
            What::VersionSigned { version, meaning, .. } => (None, text(&format!("{version} as {meaning}"))),
        };
        let revision = Revision { from, to, ..blank(event, ActType::of(&event.what).as_str()) };
        self.place((event.seq, 0), Run { revision, last_us: None, splice: None, is_open: false });
    }

    /// A large entry in one line: how much was added, written, moved and removed.
    fn tell_batch(&mut self, event: &EventView, last_us: Option<i64>) {
        let rows = event.edits();
        rows.iter().for_each(|row| self.interrupt(row));
        let count = |of: &dyn Fn(&EditRow) -> bool| rows.iter().filter(|row| of(row)).count();
        let told = [
            (count(&|row| row.op == RowOp::Add && row.field != FIELD_LINK), "elements added"),
            (count(&|row| row.op == RowOp::Add && row.field == FIELD_LINK), "links added"),
            (count(&|row| matches!(row.op, RowOp::Set | RowOp::Text)), "fields written"),
            (count(&|row| row.op == RowOp::Move), "moved"),
            (count(&|row| matches!(row.op, RowOp::Remove | RowOp::Restore)), "removed or restored"),
        ];
        let words: Vec<String> = told
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        let to = Some(Value::Text(words.join(", ")));
        let revision = Revision { to, edits: rows.len() as u64, ..blank(event, OP_BATCH) };
        let last_row = rows.len().saturating_sub(1) as u64;
        self.place((event.seq, last_row), Run { revision, last_us, splice: None, is_open: false });
    }

    fn tell_rows(&mut self, event: &EventView, matched: &Matched, now_us: Option<i64>) {
        let additions = self.additions(event.edits(), matched);
        let mut asked = matched.rows.iter().copied().peekable();
        for (index, row) in event.edits().iter().enumerate() {
            if asked.next_if_eq(&index).is_none() {
                self.interrupt(row);
                continue;
            }
            let position = (event.seq, index as u64);
            match additions.get(&row.element) {
                Some(addition) if row.op == RowOp::Add => {
                    let mut revision = revision_of(event, row);
                    revision.edits = addition.edits;
                    if row.field != FIELD_LINK {
                        revision.to = addition.named.and_then(text_after).or(revision.to);
                    }
                    self.place(position, Run { revision, last_us: now_us, splice: None, is_open: false });
                }
                Some(_) => self.interrupt(row),
                None => self.tell_row(event, row, position, now_us),
            }
        }
    }

    /// Elements and links that the entry makes, when their rows are to be told as one.
    fn additions<'a>(&self, rows: &'a [EditRow], matched: &Matched) -> HashMap<&'a ElementId, Addition<'a>> {
        let mut additions: HashMap<&ElementId, Addition> = HashMap::new();
        if !self.folds_additions {
            return additions;
        }
        let asked = || matched.rows.iter().filter_map(|index| rows.get(*index));
        for row in asked().filter(|row| row.op == RowOp::Add) {
            additions.insert(&row.element, Addition { edits: 0, named: None });
        }
        if additions.is_empty() {
            return additions;
        }
        for row in asked() {
            if let Some(addition) = additions.get_mut(&row.element) {
                addition.edits += 1;
            }
        }
        for row in rows.iter().filter(|row| row.op == RowOp::Text) {
            if let Some(addition) = additions.get_mut(&row.element)
                && addition.named.is_none_or(|named| self.naming_rank(row) < self.naming_rank(named))
            {
                addition.named = Some(row);
            }
        }
        additions
    }

    /// How well a text names its element, best lowest: the plan's language, then what the text is.
    fn naming_rank(&self, row: &EditRow) -> (bool, usize) {
        let name = NAMING_TEXTS.iter().position(|name| *name == row.field);
        (row.lang.as_deref() != Some(self.language.as_str()), name.unwrap_or(NAMING_TEXTS.len()))
    }

    fn tell_row(&mut self, event: &EventView, row: &EditRow, position: Position, now_us: Option<i64>) {
        let next = revision_of(event, row);
        if let Some(open) = self.open_on(row)
            && let Some(mut run) = self.runs.remove(&open)
        {
            self.forget(&run, open);
            if run.takes(&next, now_us) {
                run.extend(next, Splice::of(row), now_us);
                return self.place(position, run);
            }
            run.is_open = false;
            self.place(open, run);
        }
        let is_open = matches!(row.op, RowOp::Set | RowOp::Text);
        self.place(position, Run { revision: next, last_us: now_us, splice: Splice::of(row), is_open });
    }

    fn place(&mut self, position: Position, run: Run) {
        if let Some(element) = run.revision.element.as_ref().filter(|_| run.is_open) {
            self.open.entry(element.clone()).or_default().push(position);
        }
        self.runs.insert(position, run);
    }

    fn interrupt(&mut self, row: &EditRow) {
        if let Some(open) = self.open_on(row)
            && let Some(mut run) = self.runs.remove(&open)
        {
            self.forget(&run, open);
            run.is_open = false;
            self.place(open, run);
        }
    }

    fn open_on(&self, row: &EditRow) -> Option<Position> {
        let is_on = |position: &Position| {
            self.runs.get(position).is_some_and(|run| {
                run.revision.field.as_ref() == Some(&row.field) && run.revision.lang == row.lang
            })
        };
        self.open.get(&row.element)?.iter().copied().find(is_on)
    }
}

/// What an entry says of an element or link that it makes.
struct Addition<'a> {
    /// How many of its rows are told as the addition.
    edits: u64,
    /// The row of the text that names it.
    named: Option<&'a EditRow>,
}

impl Run {
    fn takes(&self, next: &Revision, now_us: Option<i64>) -> bool {
        let run = &self.revision;
        let is_near = match (self.last_us, now_us) {
            // Server time may step back; a step as long as a gap is one.
            (Some(last), Some(now)) => now.abs_diff(last) <= REVISION_GAP_US.unsigned_abs(),
            _ => false,
        };
        is_near
            && run.op == next.op
            && run.subject == next.subject
            && run.bureau == next.bureau
            && run.role == next.role
            && run.because == next.because
            && run.answers == next.answers
            && run.restores == next.restores
            // What puts an earlier point back goes on with nothing.
            && (run.restores.is_none() || run.last == next.first)
    }

    fn extend(&mut self, next: Revision, splice: Option<Splice>, now_us: Option<i64>) {
        let run = &mut self.revision;
        self.splice = self.splice.take().zip(splice).and_then(|(so_far, next)| so_far.then(next));
        self.last_us = now_us;
        let behind = run.behind.max(next.behind);
        *run = Revision {
            first: run.first,
            edits: run.edits + next.edits,
            from: run.from.take(),
            behind,
            ..next
        };
    }

    /// The revision; of a text too long to stand whole in rows, the stretch that was replaced, if it
    /// is one.
    fn close(self) -> Revision {
        let mut revision = self.revision;
        let is_text = revision.op == op_name(RowOp::Text);
        if is_text && (revision.from.is_none() || revision.to.is_none()) {
            let texts = self.splice.map(Splice::into_texts);
            (revision.from, revision.to) =
                texts.map(|(from, to)| (Value::Text(from), Value::Text(to))).unzip();
        }
        revision
    }
}

fn is_past(last_us: Option<i64>, now_us: Option<i64>) -> bool {
    match (last_us, now_us) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(last), Some(now)) => now.saturating_sub(last) > REVISION_GAP_US,
    }
}

fn text_after(row: &EditRow) -> Option<Value> {
    row.to.clone().or_else(|| row.inserted.clone().map(Value::Text))
}

fn blank(event: &EventView, op: &str) -> Revision {
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

fn revision_of(event: &EventView, row: &EditRow) -> Revision {
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
