//! What a change did, in domain words: element, field, from what to what.
//!
//! Values before are read at the heads before the change, values after from the document that has
//! taken it in.

use automerge::{Automerge, ChangeHash, ObjId, ObjType, ROOT, ReadDoc, Value as DocValue};
use plenary_limits::TEXT_WHOLE_CHARS_MAX;
use plenary_protocol::ElementId;
use plenary_protocol::plan::Value;
use plenary_protocol::plan::kinds::{FieldType, Kind, LinkKind};
use plenary_protocol::plan::layout::{
    KEY_ELEMENTS, KEY_FROM, KEY_KIND, KEY_LINKS, KEY_NOTE, KEY_PARENT, KEY_PLAN, KEY_TO,
};
use plenary_protocol::record::{EditRow, RowOp};

use crate::document::{child, text_at, text_path, top};
use crate::gate::{Item, Meaning};
use crate::mirror::{Became, Mirror};
use crate::places::{Place, Places, address};

/// Tells what a change did.
///
/// `places` holds the objects that were there before it.
pub(crate) fn rows(
    meaning: &Meaning,
    doc: &Automerge,
    before: &[ChangeHash],
    places: &Places,
) -> Vec<EditRow> {
    let teller = Teller { doc, before, meaning, places };
    meaning.items.iter().flat_map(|item| teller.rows(item)).collect()
}

struct Teller<'a> {
    doc: &'a Automerge,
    before: &'a [ChangeHash],
    meaning: &'a Meaning,
    places: &'a Places,
}

fn row(op: RowOp, element: &ElementId, kind: String, field: &str) -> EditRow {
    EditRow {
        at: None,
        op,
        to: None,
        from: None,
        kind,
        lang: None,
        field: field.to_owned(),
        deleted: None,
        element: element.clone(),
        inserted: None,
        concurrent: false,
    }
}

impl Teller<'_> {
    /// The object of an element, link or the plan.
    fn object(&self, id: &ElementId) -> Option<ObjId> {
        if id.is_plan() {
            return child(self.doc, &ROOT, KEY_PLAN, ObjType::Map);
        }
        [KEY_ELEMENTS, KEY_LINKS]
            .into_iter()
            .find_map(|key| child(self.doc, &top(self.doc, key)?, id.as_str(), ObjType::Map))
    }

    fn kind(&self, id: &ElementId, object: &ObjId) -> String {
        if id.is_plan() { "plan".into() } else { text_at(self.doc, object, KEY_KIND).unwrap_or_default() }
    }

    fn rows(&self, item: &Item) -> Vec<EditRow> {
        let (Item::Text(id, ..) | Item::Note(id)) = item else { return self.row(item).into_iter().collect() };
        let Some(object) = self.object(id) else { return Vec::new() };
        let kind = self.kind(id, &object);
        let (place, lang, field) = match item {
            Item::Text(id, lang, field) => {
                (Place::Text(id.clone(), lang.clone(), field.clone()), Some(lang.clone()), field.as_str())
            }
            _ => (Place::Note(id.clone()), None, KEY_NOTE),
        };
        let told = self.texts(&object, &place).into_iter();
        told.map(|text| EditRow {
            lang: lang.clone(),
            ..text.into_row(row(RowOp::Text, id, kind.clone(), field))
        })
        .collect()
    }

    fn row(&self, item: &Item) -> Option<EditRow> {
        let (Item::Element(id)
        | Item::Link(id)
        | Item::Place(id)
        | Item::Removed(id, _)
        | Item::Field(id, _)
        | Item::Set(id, _)
        | Item::Text(id, ..)
        | Item::Note(id)) = item;
        let object = self.object(id)?;
        let kind = self.kind(id, &object);
        let now = |key| text_at(self.doc, &object, key).filter(|text| !text.is_empty()).map(Value::Text);
        Some(match item {
            Item::Element(id) => EditRow { to: now(KEY_PARENT), ..row(RowOp::Add, id, kind, "element") },
            Item::Link(id) => {
                EditRow { from: now(KEY_FROM), to: now(KEY_TO), ..row(RowOp::Add, id, kind, "link") }
            }
            Item::Place(id) => {
                let from = self
                    .scalar_before(&object, KEY_PARENT, FieldType::Str)
                    .filter(|parent| *parent != Value::Text(String::new()));
                EditRow { from, to: now(KEY_PARENT), ..row(RowOp::Move, id, kind, "place") }
            }
            Item::Removed(id, removed) => {
                let op = if *removed { RowOp::Remove } else { RowOp::Restore };
                row(op, id, kind, "removed")
            }
            Item::Field(id, field) => {
                let values = self.doc.get_all(&object, field.as_str()).unwrap_or_default();
                EditRow {
                    from: self.scalar_before(&object, field, field_type(&kind, field)),
                    to: self
                        .meaning
                        .written
                        .get(&(id.clone(), field.clone()))
                        .cloned()
                        .filter(|to| *to != Value::Null),
                    concurrent: values.len() > 1,
                    ..row(RowOp::Set, id, kind, field)
                }
            }
            Item::Set(id, field) => {
                let from = members(self.doc, &object, field, Some(self.before));
                let to = members(self.doc, &object, field, None);
                EditRow { from: Some(from), to: Some(to), ..row(RowOp::Set, id, kind, field) }
            }
            Item::Text(..) | Item::Note(_) => return None,
        })
    }

    fn scalar_before(&self, object: &ObjId, key: &str, ty: FieldType) -> Option<Value> {
        if self.before.is_empty() {
            return None;
        }
        match self.doc.get_at(object, key, self.before) {
            Ok(Some((DocValue::Scalar(scalar), _))) => {
                crate::gate::read_scalar(&scalar, ty).ok().filter(|from| *from != Value::Null)
            }
            _ => None,
        }
    }

    /// What changed in the objects that stand for a text: replicas may have made several.
    fn texts(&self, object: &ObjId, place: &Place) -> Vec<TextChange> {
        let mut objects: Vec<ObjId> = text_path(self.doc, object, place).into_iter().collect();
        let made = self.meaning.made.iter().filter(|(_, made)| *made == place).map(|(id, _)| address(id));
        for object in self.places.objects(place).chain(made) {
            if !objects.contains(&object) {
                objects.push(object);
            }
        }
        let concurrent = objects.iter().filter(|object| self.doc.length(object) > 0).count() > 1;
        let changes = objects.iter().map(|object| {
            let before = match self.before {
                [] => String::new(),
                heads => self.doc.text_at(object, heads).unwrap_or_default(),
            };
            TextChange::between(before, self.doc.text(object).unwrap_or_default(), concurrent)
        });
        changes.filter(|change| !change.is_nothing()).collect()
    }
}

fn field_type(kind: &str, field: &str) -> FieldType {
    let of_element = Kind::named(kind).and_then(|kind| kind.field(field));
    let of_link = || LinkKind::named(kind).and_then(|kind| kind.field(field));
    of_element.or_else(of_link).map_or(FieldType::Str, |spec| spec.ty)
}

/// A text of an element that one object alone stands for.
#[derive(Debug, Clone)]
pub(crate) struct OneText {
    /// The element.
    pub element: ElementId,
    /// Its kind.
    pub kind: Kind,
    /// The language.
    pub lang: String,
    /// The text's name.
    pub field: String,
}

impl OneText {
    fn row(&self, change: TextChange) -> EditRow {
        let row = row(RowOp::Text, &self.element, self.kind.name().to_owned(), &self.field);
        EditRow { lang: Some(self.lang.clone()), ..change.into_row(row) }
    }

    /// Tells what a change did to it, as its mirror has it.
    pub fn mirrored(&self, became: Became, now: &Mirror) -> EditRow {
        self.row(TextChange::mirrored(became, now))
    }

    /// Tells what a change did to it between two heads of the document, which may be further by now.
    pub fn between(
        &self,
        doc: &Automerge,
        object: &ObjId,
        (before, after): (&[ChangeHash], &[ChangeHash]),
    ) -> Option<EditRow> {
        let text = |heads| doc.text_at(object, heads).unwrap_or_default();
        let change = TextChange::between(text(before), text(after), false);
        (!change.is_nothing()).then(|| self.row(change))
    }
}

/// The members of a set field: those of every map that replicas made for it.
pub(crate) fn members(doc: &impl ReadDoc, object: &ObjId, field: &str, at: Option<&[ChangeHash]>) -> Value {
    let maps = match at {
        Some([]) => Vec::new(),
        Some(heads) => doc.get_all_at(object, field, heads).unwrap_or_default(),
        None => doc.get_all(object, field).unwrap_or_default(),
    };
    let mut out = std::collections::BTreeSet::new();
    for (value, id) in maps {
        if let DocValue::Object(ObjType::Map) = value {
            match at {
                Some(heads) => out.extend(doc.keys_at(&id, heads)),
                None => out.extend(doc.keys(&id)),
            }
        }
    }
    Value::Set(out)
}

/// One change of a text as a single replaced stretch.
struct TextChange {
    at: usize,
    deleted: String,
    inserted: String,
    /// The text before and after, where both are short.
    whole: Option<(String, String)>,
    concurrent: bool,
}

fn is_short(chars: usize) -> bool {
    chars <= TEXT_WHOLE_CHARS_MAX
}

impl TextChange {
    fn between(before: String, after: String, concurrent: bool) -> Self {
        let old: Vec<char> = before.chars().collect();
        let new: Vec<char> = after.chars().collect();
        let shorter = old.len().min(new.len());
        let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
        let tail =
            old.iter().rev().zip(new.iter().rev()).take(shorter - head).take_while(|(a, b)| a == b).count();
        TextChange {
            at: head,
            deleted: old[head..old.len() - tail].iter().collect(),
            inserted: new[head..new.len() - tail].iter().collect(),
            whole: (is_short(old.len()) && is_short(new.len())).then_some((before, after)),
            concurrent,
        }
    }

    /// The change that made a text what its mirror reads.
    fn mirrored(became: Became, now: &Mirror) -> Self {
        let (at, deleted, inserted) = match became {
            Became::Before(before) => return TextChange::between(before, now.text(), false),
            Became::Stretch { at, deleted, inserted } => (at, deleted, inserted),
        };
        let (gone, come) = (deleted.chars().count(), inserted.chars().count());
        let before = now.chars() + gone - come;
        let whole = (is_short(before) && is_short(now.chars())).then(|| {
            let after = now.text();
            let head = after.chars().take(at);
            let before = head.chain(deleted.chars()).chain(after.chars().skip(at + come)).collect();
            (before, after)
        });
        TextChange { at, deleted, inserted, whole, concurrent: false }
    }

    fn is_nothing(&self) -> bool {
        self.deleted.is_empty() && self.inserted.is_empty()
    }

    fn into_row(self, row: EditRow) -> EditRow {
        let (from, to) = self.whole.map(|(from, to)| (Value::Text(from), Value::Text(to))).unzip();
        EditRow {
            at: Some(self.at as u64),
            from,
            to,
            deleted: Some(self.deleted),
            inserted: Some(self.inserted),
            concurrent: self.concurrent,
            ..row
        }
    }
}
