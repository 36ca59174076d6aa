//! What stands otherwise than at an earlier point of the plan, field by field, and how it stood.
//!
//! It is read from one document at two heads; identities never differ, since nothing is ever deleted:
//! what was made since is to be flagged removed.  Here nothing is changed and nobody's right is asked.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use automerge::{Automerge, ChangeHash, ObjId, ObjType, ROOT, ReadDoc, ScalarValue, ValueRef};
use plenary_protocol::plan::kinds::Kind;
use plenary_protocol::plan::layout::{
    KEY_ELEMENTS, KEY_FROM, KEY_KIND, KEY_LINKS, KEY_NOTE, KEY_ORDER, KEY_PARENT, KEY_PLAN, KEY_REMOVED,
    KEY_TEXT, KEY_TO,
};
use plenary_protocol::plan::{LinkKind, Value};
use plenary_protocol::record::Scope;
use plenary_protocol::wire::{Refusal, RefusalCode};
use plenary_protocol::{ElementId, Seq};

use crate::authority::no_such_element;
use crate::document::{child, text_at, top};
use crate::places::Place;
use crate::state::PlanState;
use crate::summary::members;

/// The field that says where an element stands.
pub(crate) const FIELD_PLACE: &str = "place";

/// How something stood.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Stood {
    /// Whether it was removed.
    Removed(bool),
    /// Where it stood; what did not change is not there.
    Place {
        /// The parent, as written.
        parent: Option<ScalarValue>,
        /// The order key.
        order: Option<ScalarValue>,
    },
    /// The value of a scalar field; none where it had none.
    Field(String, Option<ScalarValue>),
    /// The members of a set field.
    Set(String, BTreeSet<String>),
    /// One text of several that may stand at one place.
    Text {
        /// The language; none for the remark of a link.
        lang: Option<String>,
        /// Its name.
        field: String,
        /// The object.
        object: ObjId,
        /// How it read.
        text: String,
    },
}

/// One thing that stands otherwise now.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Step {
    /// The element, link, or `plan`.
    pub id: ElementId,
    /// Whether that is a link.
    pub is_link: bool,
    /// How it stood.
    pub stood: Stood,
}

impl Step {
    /// The field by the name that history gives it, and the language of a text.
    pub fn field(&self) -> (&str, Option<&str>) {
        match &self.stood {
            Stood::Removed(_) => (KEY_REMOVED, None),
            Stood::Place { .. } => (FIELD_PLACE, None),
            Stood::Field(field, _) | Stood::Set(field, _) => (field, None),
            Stood::Text { lang, field, .. } => (field, lang.as_deref()),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.field() {
            (KEY_REMOVED, _) => write!(f, "whether {} is removed", self.id),
            (field, Some(lang)) => write!(f, "{field} [{lang}] of {}", self.id),
            (field, None) => write!(f, "{field} of {}", self.id),
        }
    }
}

/// Everything in a scope that stands otherwise than after `seq`, whose heads are those of the document
/// then; links after elements.
///
/// # Errors
/// A refusal with code `malformed`, `no_such_element`, `unknown_field`, `wrong_type` or `out_of_range`,
/// when the scope names nothing that there was.
pub(crate) fn differences(
    doc: &Automerge,
    state: &PlanState,
    seq: Seq,
    scope: &Scope,
) -> Result<Vec<Step>, Refusal> {
    scope.check().map_err(|error| Refusal::new(RefusalCode::Malformed, error.to_string()))?;
    let mut walk = Walk { doc, state, heads: state.heads_at(seq), out: Vec::new() };
    let Some(element) = &scope.element else {
        walk.plan();
        walk.all(KEY_ELEMENTS, |_, _| true);
        walk.all(KEY_LINKS, |_, _| true);
        return Ok(walk.out);
    };
    walk.one(element, seq)?;
    match &scope.field {
        None => {
            walk.all(KEY_LINKS, |doc, link| text_at(doc, link, KEY_FROM).as_deref() == Some(element.as_str()))
        }
        Some(field) => {
            check_field(&walk, element, field, scope.lang.as_deref())?;
            walk.out.retain(|step| {
                let (name, lang) = step.field();
                name == field && (scope.lang.is_none() || lang == scope.lang.as_deref())
            });
        }
    }
    Ok(walk.out)
}

/// Whether there is such a field, and a language is asked of a text.
fn check_field(walk: &Walk<'_>, id: &ElementId, field: &str, lang: Option<&str>) -> Result<(), Refusal> {
    let kind_of = |key| {
        let object = child(walk.doc, &top(walk.doc, key)?, id.as_str(), ObjType::Map)?;
        text_at(walk.doc, &object, KEY_KIND)
    };
    let (name, texts, mut fields): (_, Vec<&str>, Vec<&str>) = if let Some(kind) = kind_of(KEY_LINKS) {
        let fields = LinkKind::named(&kind).map(|kind| kind.spec().fields).unwrap_or_default();
        (kind, vec![KEY_NOTE], fields.iter().map(|field| field.name).collect())
    } else {
        let kind = kind_of(KEY_ELEMENTS).and_then(|kind| Kind::named(&kind)).unwrap_or(Kind::plan());
        let mut fields: Vec<&str> = kind.fields().map(|field| field.name).collect();
        if kind != Kind::plan() {
            fields.extend(["owner", FIELD_PLACE]);
        }
        (kind.name().to_owned(), kind.spec().texts.iter().map(|text| text.name).collect(), fields)
    };
    if !id.is_plan() {
        fields.push(KEY_REMOVED);
    }
    let is_text = texts.contains(&field);
    if !is_text && !fields.contains(&field) {
        let known = texts.iter().chain(&fields).copied().collect::<Vec<_>>().join(", ");
        return Err(Refusal::new(
            RefusalCode::UnknownField,
            format!("{name} has no {field:?}; it has {known}"),
        ));
    }
    match lang {
        Some(lang) if !is_text || field == KEY_NOTE => Err(Refusal::new(
            RefusalCode::WrongType,
            format!("{field:?} of {name} is no text in a language; leave {lang:?} out"),
        )),
        _ => Ok(()),
    }
}

/// What a key of a map holds.
#[derive(Default)]
struct Held {
    /// None where there is no scalar.
    scalar: Option<ScalarValue>,
    is_map: bool,
    conflict: bool,
}

struct Walk<'a> {
    doc: &'a Automerge,
    state: &'a PlanState,
    heads: &'a [ChangeHash],
    out: Vec<Step>,
}

impl Walk<'_> {
    fn note(&mut self, id: &ElementId, is_link: bool, stood: Stood) {
        self.out.push(Step { id: id.clone(), is_link, stood });
    }

    fn plan(&mut self) {
        if let Some(plan) = child(self.doc, &ROOT, KEY_PLAN, ObjType::Map) {
            self.fields(&ElementId::plan(), false, &plan);
        }
    }

    /// One element, link or the plan that is named.
    fn one(&mut self, id: &ElementId, seq: Seq) -> Result<(), Refusal> {
        if id.is_plan() {
            self.plan();
            return Ok(());
        }
        for key in [KEY_ELEMENTS, KEY_LINKS] {
            let Some(map) = top(self.doc, key) else { continue };
            let Some(object) = child(self.doc, &map, id.as_str(), ObjType::Map) else { continue };
            if !self.was_there(&map, id) {
                let made = self.state.made_at(id).map(|made| format!(" in entry {made}")).unwrap_or_default();
                return Err(Refusal::new(
                    RefusalCode::OutOfRange,
                    format!(
                        "{id} was made{made}, after entry {seq}: there is nothing to go back to; `remove` removes it"
                    ),
                ));
            }
            self.item(id, key == KEY_LINKS, &object);
            return Ok(());
        }
        Err(no_such_element(id))
    }

    /// All elements or links that are meant, in the order of their ids.
    fn all(&mut self, key: &str, is_meant: impl Fn(&Automerge, &ObjId) -> bool) {
        let Some(map) = top(self.doc, key) else { return };
        let is_link = key == KEY_LINKS;
        let ids: Vec<ElementId> = self.doc.keys(&map).filter_map(|id| id.parse().ok()).collect();
        for id in ids {
            let Some(object) = child(self.doc, &map, id.as_str(), ObjType::Map) else { continue };
            if !is_meant(self.doc, &object) {
                continue;
            }
            if self.was_there(&map, &id) {
                self.item(&id, is_link, &object);
            } else if !is_removed(held(self.doc, &object, None).get(KEY_REMOVED)) {
                self.note(&id, is_link, Stood::Removed(true));
            }
        }
    }

    fn was_there(&self, map: &ObjId, id: &ElementId) -> bool {
        matches!(self.doc.get_at(map, id.as_str(), self.heads), Ok(Some(_)))
    }

    fn item(&mut self, id: &ElementId, is_link: bool, object: &ObjId) {
        self.fields(id, is_link, object);
        if is_link {
            self.text(id, None, KEY_NOTE, &Place::Note(id.clone()));
        } else {
            self.texts(id, object);
        }
    }

    /// What stands under the keys of an element, link or the plan, texts apart.
    fn fields(&mut self, id: &ElementId, is_link: bool, object: &ObjId) {
        let (mut now, mut then) = (held(self.doc, object, None), held(self.doc, object, Some(self.heads)));
        let keys: BTreeSet<String> = now.keys().chain(then.keys()).cloned().collect();
        let (mut parent, mut order) = (None, None);
        for key in keys {
            let (is, was) = (now.remove(&key).unwrap_or_default(), then.remove(&key).unwrap_or_default());
            match key.as_str() {
                KEY_KIND | KEY_TEXT => {}
                KEY_FROM | KEY_TO | KEY_NOTE if is_link => {}
                KEY_REMOVED => {
                    let removed = is_removed(Some(&was));
                    let unlike = removed != is_removed(Some(&is));
                    if unlike || self.is_disputed(object, &key, is.conflict) {
                        self.note(id, is_link, Stood::Removed(removed));
                    }
                }
                _ if is.is_map || was.is_map => self.set(id, is_link, object, &key),
                _ if is.scalar == was.scalar && !self.is_disputed(object, &key, is.conflict) => {}
                KEY_PARENT => parent = was.scalar,
                KEY_ORDER => order = was.scalar,
                _ => self.note(id, is_link, Stood::Field(key, was.scalar)),
            }
        }
        if parent.is_some() || order.is_some() {
            self.note(id, is_link, Stood::Place { parent, order });
        }
    }

    /// Whether a key holds several values now, and not just those that it held then.
    fn is_disputed(&self, object: &ObjId, key: &str, conflict: bool) -> bool {
        let ids = |values: Result<Vec<(_, ObjId)>, _>| -> BTreeSet<String> {
            values
                .into_iter()
                .flatten()
                .map(|(_, id): (automerge::Value<'_>, ObjId)| id.to_string())
                .collect()
        };
        conflict && ids(self.doc.get_all(object, key)) != ids(self.doc.get_all_at(object, key, self.heads))
    }

    fn set(&mut self, id: &ElementId, is_link: bool, object: &ObjId, key: &str) {
        let then = members(self.doc, object, key, Some(self.heads));
        if let Value::Set(then) = then
            && members(self.doc, object, key, None) != Value::Set(then.clone())
        {
            self.note(id, is_link, Stood::Set(key.to_owned(), then));
        }
    }

    fn texts(&mut self, id: &ElementId, object: &ObjId) {
        let Some(texts) = child(self.doc, object, KEY_TEXT, ObjType::Map) else { return };
        let langs: Vec<String> = self.doc.keys(&texts).collect();
        for lang in langs {
            let place = Place::Lang(id.clone(), lang.clone());
            let maps = self.state.places.objects(&place);
            let fields: BTreeSet<String> =
                maps.flat_map(|map| self.doc.keys(&map).collect::<Vec<_>>()).collect();
            for field in fields {
                let place = Place::Text(id.clone(), lang.clone(), field.clone());
                self.text(id, Some(&lang), &field, &place);
            }
        }
    }

    /// Every text that stands at one place: replicas may have made several.
    fn text(&mut self, id: &ElementId, lang: Option<&str>, field: &str, place: &Place) {
        let objects: Vec<ObjId> = self.state.places.objects(place).collect();
        for object in objects {
            let text = self.doc.text_at(&object, self.heads).unwrap_or_default();
            if self.doc.text(&object).unwrap_or_default() == text {
                continue;
            }
            let (lang, field) = (lang.map(str::to_owned), field.to_owned());
            let stood = Stood::Text { lang, field, object, text };
            self.note(id, matches!(place, Place::Note(_)), stood);
        }
    }
}

/// What the keys of a map hold, now or at earlier heads; null is nothing.
fn held(doc: &Automerge, object: &ObjId, heads: Option<&[ChangeHash]>) -> BTreeMap<String, Held> {
    let one = |item: automerge::iter::MapRangeItem<'_>| {
        let (scalar, is_map) = match &item.value {
            ValueRef::Object(ty) => (None, *ty == ObjType::Map),
            ValueRef::Scalar(scalar) => {
                (Some(ScalarValue::from(scalar)).filter(|scalar| *scalar != ScalarValue::Null), false)
            }
        };
        (item.key.to_string(), Held { scalar, is_map, conflict: item.conflict })
    };
    match heads {
        Some(heads) => doc.map_range_at(object, .., heads).map(one).collect(),
        None => doc.map_range(object, ..).map(one).collect(),
    }
}

fn is_removed(held: Option<&Held>) -> bool {
    held.and_then(|held| held.scalar.as_ref()) == Some(&ScalarValue::Boolean(true))
}
