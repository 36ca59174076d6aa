//! Who did what between two points of a plan: each letter that came or went, each element that was made,
//! removed or moved.
//!
//! It takes the entries after the earlier point up to the later one, and nothing before.  What entries do
//! not tell letter by letter is answered with the last entry that touched it.

use std::collections::{BTreeMap, HashMap};

use plenary_protocol::plan::PlanView;
use plenary_protocol::record::{EditRow, RowOp};
use plenary_protocol::wire::event::EventView;
use plenary_protocol::wire::past::Origin;
use plenary_protocol::{ElementId, Seq};

use super::wordings::Wordings;
use super::{Slot, origin};

/// Letters of a text that share their fate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The letters.
    pub text: String,
    /// The entry that brought them; nothing where they stood before.
    pub inserted: Option<Seq>,
    /// The entry that took them away; nothing where they still stand.
    pub deleted: Option<Seq>,
}

/// The entries between two points.
#[derive(Debug, Default)]
pub struct Window {
    texts: HashMap<(ElementId, Slot), Wordings>,
    fields: HashMap<(ElementId, String), Seq>,
    placed: HashMap<ElementId, Seq>,
    linked: HashMap<ElementId, Seq>,
    touched: HashMap<ElementId, Seq>,
    origins: BTreeMap<Seq, Origin>,
}

impl Window {
    /// Takes in the next entry after the earlier point, whose plan is `before`.
    pub fn feed(&mut self, before: &PlanView, event: &EventView) {
        for row in event.edits() {
            self.take(before, row, event.seq);
        }
        if !event.edits().is_empty() {
            self.origins.insert(event.seq, origin(event));
        }
    }

    fn take(&mut self, before: &PlanView, row: &EditRow, seq: Seq) {
        let element = row.element.clone();
        self.touched.insert(element.clone(), seq);
        match row.op {
            RowOp::Text => {
                let slot = (row.field.clone(), row.lang.clone());
                self.fields.insert((element.clone(), row.field.clone()), seq);
                let read = |lang: &str| {
                    before.element(&element)?.text.get(lang)?.get(&row.field).map(String::as_str)
                };
                let stood = || Wordings::of(row.lang.as_deref().and_then(read).unwrap_or_default());
                self.texts.entry((element.clone(), slot)).or_insert_with(stood).take(row, seq);
            }
            RowOp::Set => {
                self.fields.insert((element, row.field.clone()), seq);
            }
            RowOp::Add | RowOp::Move | RowOp::Remove | RowOp::Restore => {
                self.placed.insert(element, seq);
            }
        }
    }

    /// Credits links to the elements they join, once all entries are in: a link that came or went shows
    /// where these are told.
    pub fn settle(&mut self, before: &PlanView, after: &PlanView) {
        for link in before.links.iter().chain(&after.links) {
            if let Some(seq) = self.touched.get(&link.id).copied() {
                for end in [&link.from, &link.to] {
                    let last = self.linked.entry(end.clone()).or_insert(seq);
                    *last = seq.max(*last);
                }
            }
        }
    }

    /// A text letter by letter, from how it stood to how it stands; nothing where entries do not account
    /// for both.
    pub fn pieces(
        &self,
        element: &ElementId,
        field: &str,
        lang: Option<&str>,
        (before, after): (&str, &str),
    ) -> Option<Vec<Piece>> {
        let slot = (field.to_owned(), lang.map(str::to_owned));
        let marks = self.texts.get(&(element.clone(), slot))?.clone().reading(after);
        let runs = marks.runs(true).into_iter();
        let pieces: Vec<Piece> = runs
            .map(|run| Piece { text: run.text, inserted: run.seq, deleted: run.deleted })
            .filter(|piece| piece.inserted.is_none() || piece.deleted.is_none())
            .collect();
        let read = |keep: fn(&Piece) -> bool| -> String {
            pieces.iter().filter(|piece| keep(piece)).map(|piece| piece.text.as_str()).collect()
        };
        let holds = read(|piece| piece.inserted.is_none()) == before
            && read(|piece| piece.deleted.is_none()) == after;
        holds.then_some(pieces)
    }

    /// The last entry that gave a text or field of an element its value.
    pub fn field(&self, element: &ElementId, field: &str) -> Option<Seq> {
        self.fields.get(&(element.clone(), field.to_owned())).copied()
    }

    /// The last entry that made, moved, removed or restored an element.
    pub fn placed(&self, element: &ElementId) -> Option<Seq> {
        self.placed.get(element).copied()
    }

    /// The last entry that linked an element, or else touched it at all.
    pub fn touched(&self, element: &ElementId) -> Option<Seq> {
        self.linked.get(element).or_else(|| self.touched.get(element)).copied()
    }

    /// The last entry of all.
    pub fn last(&self) -> Option<Seq> {
        self.origins.last_key_value().map(|(seq, _)| *seq)
    }

    /// Who made an entry, when and why.
    pub fn origin(&self, seq: Seq) -> Option<&Origin> {
        self.origins.get(&seq)
    }
}
