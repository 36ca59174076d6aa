//! A document as a plan: every element once, concurrent values with who gave them.

use std::collections::{BTreeMap, BTreeSet};

use automerge::{
    Automerge, ChangeHash, ObjId, ObjType, ROOT, ReadDoc, ScalarValue, Value as DocValue, ValueRef,
};
use plenary_protocol::plan::codes::arrange;
use plenary_protocol::plan::kinds::{FieldSpec, Kind, LinkKind};
use plenary_protocol::plan::layout::{
    KEY_CODE, KEY_ELEMENTS, KEY_FROM, KEY_KIND, KEY_LINKS, KEY_NOTE, KEY_ORDER, KEY_OWNER, KEY_PARENT,
    KEY_PLAN, KEY_REMOVED, KEY_TEXT, KEY_TO,
};
use plenary_protocol::plan::view::{ConcurrentValue, PLAN_SCHEMA, Texts};
use plenary_protocol::plan::{ElementView, FieldType, LinkView, PlanView, Stage, Value};
use plenary_protocol::wire::event::time_text;
use plenary_protocol::{Bureau, ElementId, PlanId, Seq};

use super::Reader;
use crate::gate::read_scalar;

/// The field that some codes are counted by.
const FIELD_SECTOR: &str = "sector";

type Concurrent = BTreeMap<String, Vec<ConcurrentValue>>;

/// Reads a document, now or at earlier heads; stage and sequence are for the caller to fill in.
pub(super) fn plan(reader: &Reader, heads: Option<&[ChangeHash]>) -> PlanView {
    whole(&reader.plan, &Eye { doc: &reader.doc, heads, reader: Some(reader) })
}

/// Reads what stands in a document of which nobody knows who wrote it.
pub(crate) fn standing(plan: &PlanId, doc: &Automerge) -> PlanView {
    whole(plan, &Eye { doc, heads: None, reader: None })
}

fn whole(plan: &PlanId, eye: &Eye<'_>) -> PlanView {
    let mut concurrent = Concurrent::new();
    let fields = match eye.child(&ROOT, KEY_PLAN) {
        Some(plan) => eye.fields(&plan, |name| Kind::plan().field(name), &mut concurrent).0,
        None => BTreeMap::new(),
    };
    let title = match fields.get("title") {
        Some(Value::Text(title)) => title.clone(),
        _ => String::new(),
    };
    PlanView {
        schema: PLAN_SCHEMA.to_owned(),
        id: plan.clone(),
        title,
        stage: Stage::SecretariatDraft,
        seq: Seq::ZERO,
        at: String::new(),
        document: String::new(),
        plan: fields,
        concurrent,
        elements: arrange(eye.all(KEY_ELEMENTS, Eye::element)),
        links: eye.all(KEY_LINKS, Eye::link),
    }
}

/// Reads what display codes and places follow from, and nothing else.
pub(super) fn outline(reader: &Reader, heads: Option<&[ChangeHash]>) -> PlanView {
    let eye = Eye { doc: &reader.doc, heads, reader: Some(reader) };
    PlanView {
        schema: PLAN_SCHEMA.to_owned(),
        id: reader.plan.clone(),
        title: String::new(),
        stage: Stage::SecretariatDraft,
        seq: Seq::ZERO,
        at: String::new(),
        document: String::new(),
        plan: BTreeMap::new(),
        concurrent: Concurrent::new(),
        elements: arrange(eye.all(KEY_ELEMENTS, Eye::outlined)),
        links: Vec::new(),
    }
}

/// Reads one element; its display code follows from all of them, and is not told.
pub(super) fn one_element(
    reader: &Reader,
    heads: Option<&[ChangeHash]>,
    id: &ElementId,
) -> Option<ElementView> {
    let eye = Eye { doc: &reader.doc, heads, reader: Some(reader) };
    eye.element(id.clone(), &eye.object(KEY_ELEMENTS, id)?)
}

/// Reads one link.
pub(super) fn one_link(reader: &Reader, heads: Option<&[ChangeHash]>, id: &ElementId) -> Option<LinkView> {
    let eye = Eye { doc: &reader.doc, heads, reader: Some(reader) };
    eye.link(id.clone(), &eye.object(KEY_LINKS, id)?)
}

/// One value of a map, with the operation that wrote it.
struct Held {
    key: String,
    value: DocValue<'static>,
    id: ObjId,
    conflict: bool,
}

struct Eye<'a> {
    doc: &'a Automerge,
    heads: Option<&'a [ChangeHash]>,
    /// Knows who wrote what; without it nobody did.
    reader: Option<&'a Reader>,
}

impl Eye<'_> {
    fn entries(&self, object: &ObjId) -> Vec<Held> {
        let held = |item: automerge::iter::MapRangeItem<'_>| Held {
            key: item.key.to_string(),
            value: match &item.value {
                ValueRef::Object(ty) => DocValue::Object(*ty),
                ValueRef::Scalar(scalar) => {
                    DocValue::Scalar(std::borrow::Cow::Owned(ScalarValue::from(scalar)))
                }
            },
            id: item.id(),
            conflict: item.conflict,
        };
        match self.heads {
            Some(heads) => self.doc.map_range_at(object, .., heads).map(held).collect(),
            None => self.doc.map_range(object, ..).map(held).collect(),
        }
    }

    fn all_values(&self, object: &ObjId, key: &str) -> Vec<(DocValue<'_>, ObjId)> {
        let values = match self.heads {
            Some(heads) => self.doc.get_all_at(object, key, heads),
            None => self.doc.get_all(object, key),
        };
        values.unwrap_or_default()
    }

    fn text(&self, object: &ObjId) -> String {
        let text = match self.heads {
            Some(heads) => self.doc.text_at(object, heads),
            None => self.doc.text(object),
        };
        text.unwrap_or_default()
    }

    fn child(&self, object: &ObjId, key: &str) -> Option<ObjId> {
        self.entries(object).into_iter().find_map(|held| {
            (held.key == key && matches!(held.value, DocValue::Object(ObjType::Map))).then_some(held.id)
        })
    }

    /// The object of an element or link.
    fn object(&self, key: &str, id: &ElementId) -> Option<ObjId> {
        let get = |object: &ObjId, key: &str| {
            let found = match self.heads {
                Some(heads) => self.doc.get_at(object, key, heads),
                None => self.doc.get(object, key),
            };
            let (value, id) = found.ok()??;
            matches!(value, DocValue::Object(ObjType::Map)).then_some(id)
        };
        get(&get(&ROOT, key)?, id.as_str())
    }

    fn all<T>(&self, key: &str, read: impl Fn(&Self, ElementId, &ObjId) -> Option<T>) -> Vec<T> {
        let Some(map) = self.child(&ROOT, key) else { return Vec::new() };
        let one = |held: Held| read(self, held.key.parse().ok()?, &held.id);
        self.entries(&map).into_iter().filter_map(one).collect()
    }

    fn said_by(&self, value: Value, id: &ObjId) -> Option<ConcurrentValue> {
        let Some(reader) = self.reader else {
            return Some(ConcurrentValue {
                value,
                subject: String::new(),
                name: String::new(),
                bureau: Bureau::GS,
                seq: Seq::ZERO,
                at: String::new(),
            });
        };
        let writer = reader.writer(&self.doc.hash_for_opid(id)?)?;
        Some(ConcurrentValue {
            value,
            subject: writer.person.subject.to_string(),
            name: writer.person.name.clone(),
            bureau: writer.person.bureau,
            seq: writer.seq,
            at: time_text(writer.at_us),
        })
    }

    /// Typed fields of an object, and its scalar entries that are not typed fields.
    fn fields(
        &self,
        object: &ObjId,
        spec: impl Fn(&str) -> Option<&'static FieldSpec>,
        concurrent: &mut Concurrent,
    ) -> (BTreeMap<String, Value>, BTreeMap<String, ScalarValue>) {
        let mut fields = BTreeMap::new();
        let mut rest = BTreeMap::new();
        for held in self.entries(object) {
            let known = spec(&held.key).filter(|_| held.key != KEY_CODE);
            let untyped = if held.key == KEY_REMOVED { FieldType::Bool } else { FieldType::Str };
            let ty = known.map_or(untyped, |spec| spec.ty);
            if held.conflict && !matches!(ty, FieldType::Set(_)) {
                self.note_concurrent(object, &held, ty, concurrent);
            }
            match (known, held.value) {
                (Some(_), DocValue::Object(ObjType::Map)) => {
                    let members = self.members(object, &held.key);
                    if !members.is_empty() {
                        fields.insert(held.key, Value::Set(members));
                    }
                }
                (Some(_), DocValue::Scalar(scalar)) => match read_scalar(&scalar, ty) {
                    Ok(Value::Null) | Err(_) => {}
                    Ok(value) => _ = fields.insert(held.key, value),
                },
                (None, DocValue::Scalar(scalar)) => _ = rest.insert(held.key, scalar.into_owned()),
                _ => {}
            }
        }
        (fields, rest)
    }

    fn note_concurrent(&self, object: &ObjId, held: &Held, ty: FieldType, concurrent: &mut Concurrent) {
        let mut said = Vec::new();
        for (value, id) in self.all_values(object, &held.key) {
            let DocValue::Scalar(scalar) = value else { continue };
            let value = read_scalar(&scalar, ty).unwrap_or(Value::Null);
            said.extend(self.said_by(value, &id).map(|value| (id != held.id, value)));
        }
        if said.len() > 1 {
            said.sort_by_key(|(later, value)| (*later, value.seq));
            concurrent.insert(held.key.clone(), said.into_iter().map(|(_, value)| value).collect());
        }
    }

    fn members(&self, object: &ObjId, key: &str) -> BTreeSet<String> {
        let maps = self.all_values(object, key);
        let maps = maps.iter().filter(|(value, _)| matches!(value, DocValue::Object(ObjType::Map)));
        maps.flat_map(|(_, id)| self.entries(id)).map(|held| held.key).collect()
    }

    fn element(&self, id: ElementId, object: &ObjId) -> Option<ElementView> {
        let mut concurrent = Concurrent::new();
        let kind = match self.entries(object).into_iter().find(|held| held.key == KEY_KIND)?.value {
            DocValue::Scalar(scalar) => Kind::named(&text_of(&scalar)?)?,
            DocValue::Object(_) => return None,
        };
        let (fields, rest) = self.fields(object, |name| kind.field(name), &mut concurrent);
        let text = self.texts(object, &mut concurrent);
        let own = |key| rest.get(key).and_then(text_of).filter(|text| !text.is_empty());
        Some(ElementView {
            id,
            kind,
            code: None,
            own_code: own(KEY_CODE),
            parent: own(KEY_PARENT).and_then(|parent| parent.parse().ok()),
            order: own(KEY_ORDER).unwrap_or_default(),
            owner: own(KEY_OWNER).and_then(|owner| owner.parse().ok()),
            removed: rest.get(KEY_REMOVED) == Some(&ScalarValue::Boolean(true)),
            text,
            concurrent,
            fields,
        })
    }

    /// An element with what places and codes follow from.
    fn outlined(&self, id: ElementId, object: &ObjId) -> Option<ElementView> {
        let mut rest: BTreeMap<String, ScalarValue> = BTreeMap::new();
        for held in self.entries(object) {
            if let DocValue::Scalar(scalar) = held.value {
                rest.insert(held.key, scalar.into_owned());
            }
        }
        let kind = Kind::named(&rest.get(KEY_KIND).and_then(text_of)?)?;
        let own = |key| rest.get(key).and_then(text_of).filter(|text| !text.is_empty());
        let sector = kind.field(FIELD_SECTOR).and_then(|spec| {
            let value = read_scalar(rest.get(FIELD_SECTOR)?, spec.ty).ok()?;
            (value != Value::Null).then(|| (FIELD_SECTOR.to_owned(), value))
        });
        Some(ElementView {
            id,
            kind,
            code: None,
            own_code: own(KEY_CODE),
            parent: own(KEY_PARENT).and_then(|parent| parent.parse().ok()),
            order: own(KEY_ORDER).unwrap_or_default(),
            owner: None,
            removed: rest.get(KEY_REMOVED) == Some(&ScalarValue::Boolean(true)),
            text: Texts::new(),
            concurrent: Concurrent::new(),
            fields: sector.into_iter().collect(),
        })
    }

    /// Texts by language; where replicas made one at the same time, the others stand in `concurrent`.
    fn texts(&self, object: &ObjId, concurrent: &mut Concurrent) -> Texts {
        let mut found: BTreeMap<(String, String), Vec<Wording>> = BTreeMap::new();
        for (_, texts) in self.all_values(object, KEY_TEXT) {
            for lang in self.entries(&texts) {
                for (_, map) in self.all_values(&texts, &lang.key) {
                    for held in self.entries(&map) {
                        let wordings = self.wordings(&map, &held, map == lang.id);
                        found.entry((lang.key.clone(), held.key)).or_default().extend(wordings);
                    }
                }
            }
        }
        let mut out = Texts::new();
        for ((lang, name), wordings) in found {
            let key = format!("text.{lang}.{name}");
            if let Some(text) = choose(wordings, key, concurrent) {
                out.entry(lang).or_default().insert(name, text);
            }
        }
        out
    }

    /// The texts under one key of a map that are not empty.
    fn wordings(&self, map: &ObjId, held: &Held, is_first: bool) -> Vec<Wording> {
        let texts = self
            .all_values(map, &held.key)
            .into_iter()
            .filter(|(value, _)| matches!(value, DocValue::Object(ObjType::Text)));
        let worded = texts.filter_map(|(_, id)| {
            let text = self.text(&id);
            let said_by = self.said_by(Value::Text(text.clone()), &id);
            (!text.is_empty()).then_some(Wording { is_first: is_first && id == held.id, text, said_by })
        });
        worded.collect()
    }

    fn link(&self, id: ElementId, object: &ObjId) -> Option<LinkView> {
        let mut concurrent = Concurrent::new();
        let entries = self.entries(object);
        let get = |key: &str| {
            entries.iter().find(|held| held.key == key).and_then(|held| match &held.value {
                DocValue::Scalar(scalar) => text_of(scalar),
                DocValue::Object(_) => None,
            })
        };
        let kind = LinkKind::named(&get(KEY_KIND)?)?;
        let (fields, rest) = self.fields(object, |name| kind.field(name), &mut concurrent);
        let note = entries.iter().find(|held| held.key == KEY_NOTE);
        let note = note.map(|held| self.wordings(object, held, true));
        let note = note.and_then(|wordings| choose(wordings, KEY_NOTE.to_owned(), &mut concurrent));
        Some(LinkView {
            id,
            kind,
            from: get(KEY_FROM)?.parse().ok()?,
            to: get(KEY_TO)?.parse().ok()?,
            removed: rest.get(KEY_REMOVED) == Some(&ScalarValue::Boolean(true)),
            note: note.unwrap_or_default(),
            concurrent,
            fields,
        })
    }
}

/// One of the texts that stand at a place.
struct Wording {
    /// Whether it is the one that readers of the document find.
    is_first: bool,
    text: String,
    said_by: Option<ConcurrentValue>,
}

/// The text that stands; where there are several, all of them go to `concurrent`, that one first.
fn choose(mut wordings: Vec<Wording>, key: String, concurrent: &mut Concurrent) -> Option<String> {
    wordings.sort_by_key(|one| (!one.is_first, one.said_by.as_ref().map(|said| said.seq)));
    let text = wordings.first().map(|first| first.text.clone());
    if wordings.len() > 1 {
        concurrent.insert(key, wordings.into_iter().filter_map(|one| one.said_by).collect());
    }
    text
}

fn text_of(scalar: &ScalarValue) -> Option<String> {
    match scalar {
        ScalarValue::Str(text) => Some(text.to_string()),
        _ => None,
    }
}
