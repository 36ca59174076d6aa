//! Who gave each field its value and each text its characters, folded out of entries in order.
//!
//! Rows tell what the server's document had right before and after their entry, so the fold of a
//! text's rows is the text itself.  Nothing here reads the document.

mod appearances;
mod marks;
mod timeline;
mod window;
mod wordings;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use plenary_protocol::plan::{PlanView, Value};
use plenary_protocol::record::{EditRow, RowOp};
use plenary_protocol::wire::event::EventView;
use plenary_protocol::wire::past::{BlameAnswer, FieldBlame, MemberBlame, Named, Origin};
use plenary_protocol::{ElementId, Seq};

use crate::diff::{named, named_link, named_plan};
use wordings::Wordings;

pub use appearances::{Query, QueryError, Search};
pub use timeline::Timeline;
pub use window::{Piece, Window};

/// The name of where an element stands, and of whether it is removed, beside its fields.
const FIELD_PLACE: &str = "place";
const FIELD_REMOVED: &str = "removed";

/// A field, or a text in a language.
type Slot = (String, Option<String>);

/// What is asked of the fields of an element.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// One field or text; all when absent.
    pub field: Option<String>,
    /// One language; all when absent.
    pub lang: Option<String>,
    /// Whether deleted characters are wanted, in their place.
    pub deleted: bool,
}

/// Who did it, in which entry, when and why.
pub fn origin(event: &EventView) -> Origin {
    Origin {
        seq: event.seq,
        at: event.at.clone(),
        claimed_at: event.claimed_at.clone(),
        behind: event.behind,
        subject: event.subject.clone(),
        name: event.name.clone(),
        bureau: event.bureau,
        role: event.role,
        because: event.because.clone(),
        answers: event.answers.clone(),
    }
}

/// An element, link or the plan by its names as of a view.
pub fn name_of(view: &PlanView, id: &ElementId) -> Option<Named> {
    if id.is_plan() {
        return Some(named_plan(view));
    }
    let element = view.element(id).map(|element| named(element, view.language()));
    element.or_else(|| view.links.iter().find(|link| link.id == *id).map(named_link))
}

/// The past of one element or link: takes entries of its plan in order, from the first.
#[derive(Debug)]
pub struct Blame {
    element: ElementId,
    made: Option<Seq>,
    values: HashMap<String, Vec<(Seq, Option<Value>)>>,
    members: HashMap<String, HashMap<String, Seq>>,
    texts: BTreeMap<Slot, (Seq, Wordings)>,
    origins: BTreeMap<Seq, Origin>,
}

impl Blame {
    /// Before the first entry.
    pub fn new(element: ElementId) -> Self {
        Blame {
            element,
            made: None,
            values: HashMap::new(),
            members: HashMap::new(),
            texts: BTreeMap::new(),
            origins: BTreeMap::new(),
        }
    }

    /// Takes in the next entry; those that are not about the element may be left out.
    pub fn feed(&mut self, event: &EventView) {
        let mut is_about = false;
        for row in event.edits() {
            if row.element == self.element {
                is_about = true;
                self.take(row, event.seq);
            }
        }
        if is_about {
            self.origins.insert(event.seq, origin(event));
        }
    }

    fn take(&mut self, row: &EditRow, seq: Seq) {
        let mut note = |field: &str, value: Option<Value>| {
            self.values.entry(field.to_owned()).or_default().push((seq, value));
        };
        match row.op {
            RowOp::Text => {
                let slot = (row.field.clone(), row.lang.clone());
                let (last, wordings) = self.texts.entry(slot).or_default();
                *last = seq;
                wordings.take(row, seq);
            }
            RowOp::Set => {
                note(&row.field, given(row.to.clone()));
                self.take_members(row, seq);
            }
            RowOp::Add => {
                self.made.get_or_insert(seq);
                note(FIELD_PLACE, given(row.to.clone()));
            }
            RowOp::Move => note(FIELD_PLACE, given(row.to.clone())),
            RowOp::Remove => note(FIELD_REMOVED, Some(Value::Bool(true))),
            RowOp::Restore => note(FIELD_REMOVED, None),
        }
    }

    fn take_members(&mut self, row: &EditRow, seq: Seq) {
        let Some(Value::Set(after)) = &row.to else { return };
        let members = self.members.entry(row.field.clone()).or_default();
        members.retain(|member, _| after.contains(member));
        for member in after {
            members.entry(member.clone()).or_insert(seq);
        }
    }

    /// Who gave the element what it holds in `view`, the plan after the last entry taken in; `None`
    /// when it is not there.
    pub fn finish(mut self, view: &PlanView, asked: &Asked) -> Option<BlameAnswer> {
        let about = name_of(view, &self.element)?;
        let is_asked = |slot: &Slot| {
            asked.field.as_ref().is_none_or(|field| *field == slot.0)
                && (slot.1.is_none() || asked.lang.is_none() || slot.1 == asked.lang)
        };
        let mut fields = Vec::new();
        let standing = values(view, &self.element);
        let names: BTreeSet<&String> = standing.keys().chain(self.values.keys()).collect();
        for field in names.into_iter().filter(|field| is_asked(&((*field).clone(), None))) {
            fields.push(self.value(field, standing.get(field).cloned()));
        }
        let mut texts = texts(view, &self.element);
        for slot in self.texts.keys() {
            texts.entry(slot.clone()).or_default();
        }
        for (slot, text) in texts.into_iter().filter(|(slot, _)| is_asked(slot)) {
            fields.push(self.text(slot, text, asked.deleted));
        }
        let entries = self.entries(&fields);
        Some(BlameAnswer { plan: view.id.clone(), seq: view.seq, about, made: self.made, fields, entries })
    }

    /// Who gave a value: the last who gave that one, for of values given at the same time the one in
    /// force need not be the last.
    fn value(&self, field: &str, value: Option<Value>) -> FieldBlame {
        let given = self.values.get(field).map_or(&[][..], Vec::as_slice);
        let exact = given.iter().rev().find(|(_, given)| *given == value);
        let members = match &value {
            Some(Value::Set(members)) => {
                let known = self.members.get(field);
                let seq = |member: &String| known.and_then(|known| known.get(member)).copied();
                members.iter().map(|one| MemberBlame { member: one.clone(), seq: seq(one) }).collect()
            }
            _ => Vec::new(),
        };
        FieldBlame {
            field: field.to_owned(),
            lang: None,
            value,
            seq: exact.or(given.last()).map(|(seq, _)| *seq),
            runs: Vec::new(),
            members,
        }
    }

    fn text(&mut self, slot: Slot, text: String, with_deleted: bool) -> FieldBlame {
        let (seq, wordings) = self.texts.remove(&slot).unzip();
        let marks = wordings.unwrap_or_default().reading(&text);
        FieldBlame {
            field: slot.0,
            lang: slot.1,
            value: Some(text).filter(|text| !text.is_empty()).map(Value::Text),
            seq,
            runs: marks.runs(with_deleted),
            members: Vec::new(),
        }
    }

    fn entries(&mut self, fields: &[FieldBlame]) -> Vec<Origin> {
        let runs = |field: &FieldBlame| field.runs.iter().flat_map(|run| [run.seq, run.deleted]).collect();
        let of_field = |field: &FieldBlame| {
            let runs: Vec<Option<Seq>> = runs(field);
            let members = field.members.iter().map(|member| member.seq);
            members.chain(runs).chain([field.seq]).flatten().collect::<Vec<_>>()
        };
        let named: BTreeSet<Seq> = fields.iter().flat_map(of_field).chain(self.made).collect();
        named.iter().filter_map(|seq| self.origins.remove(seq)).collect()
    }
}

fn given(value: Option<Value>) -> Option<Value> {
    value.filter(|value| !value.is_absent())
}

/// The typed values that an element, link or the plan holds, its place among them.
fn values(view: &PlanView, id: &ElementId) -> BTreeMap<String, Value> {
    if id.is_plan() {
        return view.plan.clone();
    }
    let removed = |removed: bool| removed.then(|| (FIELD_REMOVED.to_owned(), Value::Bool(true)));
    if let Some(element) = view.element(id) {
        let mut values = crate::diff::typed(element);
        let parent = element.parent.as_ref().map(|parent| Value::Text(parent.to_string()));
        values.extend(parent.map(|parent| (FIELD_PLACE.to_owned(), parent)));
        values.extend(removed(element.removed));
        return values;
    }
    let Some(link) = view.links.iter().find(|link| link.id == *id) else { return BTreeMap::new() };
    let mut values = link.fields.clone();
    values.insert(FIELD_PLACE.to_owned(), Value::Text(link.to.to_string()));
    values.extend(removed(link.removed));
    values
}

/// The texts that an element or link holds.
fn texts(view: &PlanView, id: &ElementId) -> BTreeMap<Slot, String> {
    let mut texts = BTreeMap::new();
    if let Some(element) = view.element(id) {
        for (lang, by_name) in &element.text {
            let slots = by_name.iter().map(|(name, text)| ((name.clone(), Some(lang.clone())), text.clone()));
            texts.extend(slots);
        }
    }
    if let Some(link) = view.links.iter().find(|link| link.id == *id)
        && !link.note.is_empty()
    {
        texts.insert(("note".to_owned(), None), link.note.clone());
    }
    texts
}
