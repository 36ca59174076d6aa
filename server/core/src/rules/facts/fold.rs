//! Facts go on by the edit rows of an entry.
//!
//! A row says what was written.  Where what stands cannot be told from that alone (a place among
//! siblings, a field with several values, a removal), the element is read from the document as of the
//! entry.

use plenary_protocol::plan::kinds::{Kind, LinkKind};
use plenary_protocol::plan::layout::{KEY_CODE, KEY_OWNER};
use plenary_protocol::plan::{ElementView, LinkView, PlanView, Value};
use plenary_protocol::record::{Act, EditRow, Event, RowOp};
use plenary_protocol::{Bureau, ElementId, Seq};

use super::{Facts, Held, Key, Place, TOP, Touched};
use crate::rules::words::SILENT_US_MAX;

/// Of how many elements of one entry the plan is rather read as a whole.
const READ_MAX: usize = 48;

/// The plan as of an entry, for what rows alone do not tell.
pub trait Then {
    /// The element.
    fn element(&self, id: &ElementId, seq: Seq) -> Option<ElementView>;
    /// The link.
    fn link(&self, id: &ElementId, seq: Seq) -> Option<LinkView>;
    /// All of it.
    fn plan(&self, seq: Seq) -> PlanView;
}

impl Facts {
    /// Takes in an entry; tells what it touched.
    pub(crate) fn take(&mut self, event: &Event, then: &dyn Then) -> Touched {
        let mut touched = Touched::default();
        let seq = event.envelope.seq;
        match &event.payload.act {
            Act::PlanCreated { stage, .. } => {
                self.stage = *stage;
                self.voices.last_us = [Some(event.envelope.at); Bureau::ALL.len()];
                touched.keys.push(Key::Stage);
            }
            Act::StageAdvanced { to, .. } => {
                self.stage = *to;
                touched.keys.push(Key::Stage);
            }
            Act::Change(change) => {
                self.hear(event.envelope.principal.bureau, event.envelope.at);
                self.rows(&change.edits, seq, then, &mut touched);
            }
            _ => {}
        }
        self.listen(event.envelope.at, &mut touched);
        touched
    }

    fn hear(&mut self, bureau: Bureau, at_us: i64) {
        if let Some(last) = self.voices.last_us.get_mut(bureau as usize) {
            *last = Some(at_us);
        }
    }

    /// Goes on to a time; tells which Bureaux fell silent or spoke again.
    fn listen(&mut self, now_us: i64, touched: &mut Touched) {
        let before: Vec<bool> = (0..Bureau::ALL.len()).map(|bureau| self.is_silent(bureau)).collect();
        self.voices.now_us = now_us.max(self.voices.now_us);
        let flipped = before.iter().enumerate().filter(|(at, was)| self.is_silent(*at) != **was);
        touched.keys.extend(flipped.map(|(at, _)| Key::Silent(at)));
    }

    /// Whether a Bureau has not written for long while others did.
    pub(crate) fn is_silent(&self, bureau: usize) -> bool {
        let last = self.voices.last_us.get(bureau).copied().flatten();
        last.is_some_and(|last| self.voices.now_us.saturating_sub(last) > SILENT_US_MAX)
    }

    fn rows(&mut self, rows: &[EditRow], seq: Seq, then: &dyn Then, touched: &mut Touched) {
        let unread: Vec<&EditRow> = rows.iter().filter(|row| self.is_to_be_read(row)).collect();
        if unread.len() > READ_MAX {
            return self.reread(&then.plan(seq), touched);
        }
        let mut read: Vec<&ElementId> = unread.iter().map(|row| &row.element).collect();
        read.sort();
        read.dedup();
        for row in rows.iter().filter(|row| read.binary_search(&&row.element).is_err()) {
            self.row(row, touched);
        }
        for id in read {
            if id.is_plan() {
                let plan = then.plan(seq);
                self.take_plan(&plan, touched);
            } else if let Some(element) = then.element(id, seq) {
                self.put_element(element, touched);
            } else if let Some(link) = then.link(id, seq) {
                self.put_link(link, touched);
            }
        }
        let fresh: Vec<&ElementId> = unread.iter().map(|row| &row.element).collect();
        match fresh.as_slice() {
            [] => {}
            [one] => {
                if let Some(place) = self.place(one) {
                    self.enliven_one(place, touched);
                }
            }
            _ => self.enliven(touched),
        }
    }

    /// Whether what stands after a row cannot be told from it alone.
    fn is_to_be_read(&self, row: &EditRow) -> bool {
        let has_several = || {
            if row.element.is_plan() {
                return !self.concurrent.is_empty();
            }
            self.place(&row.element).is_none_or(|place| match &self.slots[place as usize].held {
                Held::Element(element) => !element.concurrent.is_empty(),
                Held::Link(link) => !link.concurrent.is_empty(),
                Held::Nothing => true,
            })
        };
        match row.op {
            RowOp::Add | RowOp::Move | RowOp::Remove | RowOp::Restore => true,
            RowOp::Set => row.concurrent || row.to.is_none() || has_several(),
            RowOp::Text => row.concurrent || has_several(),
        }
    }

    /// Takes in the plan as a whole.
    fn reread(&mut self, plan: &PlanView, touched: &mut Touched) {
        self.take_plan(plan, touched);
        for element in &plan.elements {
            self.put_element(element.clone(), touched);
        }
        for link in &plan.links {
            self.put_link(link.clone(), touched);
        }
        self.enliven(touched);
    }

    fn take_plan(&mut self, plan: &PlanView, touched: &mut Touched) {
        let language = self.language().to_owned();
        for field in Kind::plan().fields() {
            if self.plan.get(field.name) != plan.plan.get(field.name) {
                touched.keys.push(Key::Plan(field.name));
            }
        }
        self.plan.clone_from(&plan.plan);
        let concurrent = plan.concurrent.keys().cloned().collect();
        if self.concurrent != concurrent {
            self.concurrent = concurrent;
            touched.keys.push(Key::Concurrent(TOP));
        }
        self.relabel(&language, touched);
    }

    /// Calls everything anew, where the language of titles is another.
    fn relabel(&mut self, before: &str, touched: &mut Touched) {
        if before != self.language() {
            (0..self.slots.len() as Place).for_each(|place| self.rename(place, touched));
        }
    }

    fn row(&mut self, row: &EditRow, touched: &mut Touched) {
        if row.element.is_plan() {
            let language = self.language().to_owned();
            let Some(spec) = Kind::plan().field(&row.field) else { return };
            put(&mut self.plan, spec.name, row.to.as_ref());
            touched.keys.push(Key::Plan(spec.name));
            return self.relabel(&language, touched);
        }
        let Some(place) = self.place(&row.element) else { return };
        match &mut self.slots[place as usize].held {
            Held::Nothing => {}
            Held::Link(link) => {
                if let Some(spec) = LinkKind::named(&row.kind).and_then(|kind| kind.field(&row.field)) {
                    put(&mut link.fields, spec.name, row.to.as_ref());
                    touched.keys.push(Key::Field(place, spec.name));
                }
            }
            Held::Element(element) => {
                let key = written(element, row);
                let above = element.parent.clone();
                if let Some(key) = key {
                    if let Wrote::Field("sector") = key {
                        let above = above.map_or(Some(TOP), |id| self.place(&id));
                        touched.keys.extend(above.map(Key::Children));
                    }
                    touched.keys.push(match key {
                        Wrote::Field(name) => Key::Field(place, name),
                        Wrote::Text(name) => Key::Text(place, name),
                        Wrote::Code => Key::Stand(place),
                    });
                    if let Wrote::Field("measure" | "population") | Wrote::Text("title") = key {
                        self.rename(place, touched);
                    }
                }
            }
        }
    }
}

enum Wrote {
    Field(&'static str),
    Text(&'static str),
    Code,
}

/// Writes a row into an element.
fn written(element: &mut ElementView, row: &EditRow) -> Option<Wrote> {
    if row.op == RowOp::Text {
        let spec = element.kind.text(&row.field)?;
        let texts = element.text.entry(row.lang.clone()?).or_default();
        let text = texts.entry(spec.name.to_owned()).or_default();
        splice(text, row);
        if text.is_empty() {
            texts.remove(spec.name);
            element.text.retain(|_, texts| !texts.is_empty());
        }
        return Some(Wrote::Text(spec.name));
    }
    let word = || match &row.to {
        Some(Value::Text(text)) if !text.is_empty() => Some(text.clone()),
        _ => None,
    };
    if row.field == KEY_CODE {
        element.own_code = word();
        return Some(Wrote::Code);
    }
    if row.field == KEY_OWNER {
        element.owner = word().and_then(|word| word.parse().ok());
        return Some(Wrote::Field("owner"));
    }
    let spec = element.kind.field(&row.field)?;
    put(&mut element.fields, spec.name, row.to.as_ref());
    Some(Wrote::Field(spec.name))
}

fn put(fields: &mut std::collections::BTreeMap<String, Value>, name: &str, to: Option<&Value>) {
    match to {
        Some(value) if !value.is_absent() => _ = fields.insert(name.to_owned(), value.clone()),
        _ => _ = fields.remove(name),
    }
}

/// Replaces the stretch of a text that a row tells.
fn splice(text: &mut String, row: &EditRow) {
    if let Some(Value::Text(whole)) = &row.to {
        text.clone_from(whole);
        return;
    }
    let start = row.at.unwrap_or_default() as usize;
    let deleted = row.deleted.as_ref().map_or(0, |deleted| deleted.chars().count());
    let offset = |at: usize| text.char_indices().nth(at).map_or(text.len(), |(offset, _)| offset);
    let stretch = offset(start)..offset(start + deleted);
    text.replace_range(stretch, row.inserted.as_deref().unwrap_or_default());
}
