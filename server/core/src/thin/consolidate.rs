//! Consolidation: carry, merge and split, each with the dispositions that say what became of what.
//!
//! Everything that hung on an element that goes is put on what it becomes (`hand_over`), by the same steps
//! and rights as any other edit; one that is refused refuses all.

use std::collections::{BTreeMap, HashSet};

use automerge::{ObjId, ObjType, ReadDoc};
use plenary_limits::CONSOLIDATED_MAX;
use plenary_protocol::plan::command::{Part, Place};
use plenary_protocol::plan::kinds::{FieldType, Kind, LinkKind};
use plenary_protocol::plan::layout::{KEY_OWNER, KEY_TEXT};
use plenary_protocol::plan::value::Reference;
use plenary_protocol::plan::view::Texts;
use plenary_protocol::plan::{ElementView, Value};
use plenary_protocol::wire::{Refusal, RefusalCode};
use plenary_protocol::{Bureau, ElementId, Seq};

use super::{Hand, unexpected};
use crate::authority::no_such_element;
use crate::document::{child, text_at, text_path};
use crate::places;
use crate::summary::members;

/// Fields and texts that are given in place of those that are there.
pub(super) struct Given<'a> {
    pub fields: &'a BTreeMap<String, Value>,
    pub texts: &'a Texts,
}

/// An element that goes, as it stands.
struct Standing {
    kind: Kind,
    /// Its id, where it is of this plan.
    own: Option<ElementId>,
    parent: Option<ElementId>,
    owner: Option<Bureau>,
    texts: Texts,
    fields: BTreeMap<String, Value>,
}

impl<'a> Hand<'a, '_> {
    /// A former element, as the edge read it.
    fn former(&self, former: &Reference) -> Result<&'a ElementView, Refusal> {
        let found = self.formers.iter().find(|(reference, _)| reference == former);
        found.map(|(_, view)| view).ok_or_else(|| {
            Refusal::new(
                RefusalCode::NoSuchElement,
                format!("there is no element {} in a plan {} that you can read", former.element, former.plan),
            )
        })
    }

    /// A former element into this plan: the new element (or those it lives on in), the disposition
    /// that says what became of it, and the links between them.
    pub(super) fn carry(
        &mut self,
        former: &Reference,
        what: Option<&str>,
        into: &[ElementId],
        kind: Option<Kind>,
        place: &Place,
        rationale: Option<&str>,
    ) -> Result<(), Refusal> {
        let view = self.former(former)?;
        let what = what.unwrap_or("carried_into");
        let mut heirs = into.to_vec();
        if heirs.is_empty() && what != "dropped" {
            let kind = kind.unwrap_or(view.kind);
            let (texts, fields) = fitting(view, kind);
            heirs.push(self.add(kind, None, place, None, &fields, &texts)?);
        }
        self.dispose(former, what, &heirs, rationale)
    }

    /// Several elements of one kind into a new one.
    pub(super) fn merge(
        &mut self,
        elements: &[Reference],
        place: &Place,
        owner: Option<Bureau>,
        given: Given<'_>,
        rationale: Option<&str>,
        base: Seq,
    ) -> Result<(), Refusal> {
        check_count("merge", elements.len())?;
        let mut named = HashSet::new();
        if let Some(twice) = elements.iter().find(|one| !named.insert((&one.plan, &one.element))) {
            let reason = format!("{} is named twice; it can become one with others once", twice.element);
            return Err(Refusal::new(RefusalCode::NothingToDo, reason));
        }
        let standing: Vec<Standing> =
            elements.iter().map(|one| self.standing(one, base)).collect::<Result<_, _>>()?;
        let Some(first) = standing.first() else { return Err(no_such_element(&ElementId::plan())) };
        let kind = first.kind;
        if let Some((one, other)) = elements.iter().zip(&standing).find(|(_, other)| other.kind != kind) {
            let reason = format!(
                "elements of one kind become one: {} is a {}, {} a {kind}",
                one.element, other.kind, elements[0].element
            );
            return Err(Refusal::new(RefusalCode::WrongType, reason));
        }
        let (mut texts, mut fields) = (given.texts.clone(), BTreeMap::new());
        for one in &standing {
            unite(&mut texts, &mut fields, one, kind);
        }
        fields.extend(given.fields.clone());
        let own: Vec<&Standing> = standing.iter().filter(|one| one.own.is_some()).collect();
        let place = own.first().map_or(place.clone(), |first| beside(place, first));
        let owner = owner.or_else(|| {
            let first = own.first()?.owner?;
            own.iter().all(|one| one.owner == Some(first)).then_some(first)
        });
        let heir = self.add(kind, None, &place, owner, &fields, &texts)?;
        for id in standing.iter().filter_map(|one| one.own.as_ref()) {
            let all: Vec<(ElementId, &[ElementId])> = vec![(heir.clone(), &[])];
            self.hand_over(id, kind, &all)?;
        }
        for id in standing.iter().filter_map(|one| one.own.as_ref()) {
            self.set_removed(id, true)?;
        }
        elements
            .iter()
            .try_for_each(|one| self.dispose(one, "merged", std::slice::from_ref(&heir), rationale))
    }

    /// One element into several new ones of its kind.
    pub(super) fn split(
        &mut self,
        element: &Reference,
        into: &[Part],
        place: &Place,
        lang: &str,
        rationale: Option<&str>,
        base: Seq,
    ) -> Result<(), Refusal> {
        check_count("split", into.len())?;
        let standing = self.standing(element, base)?;
        self.check_parts(&standing, into)?;
        let mut place = beside(place, &standing);
        let mut heirs = Vec::new();
        for (index, part) in into.iter().enumerate() {
            if part.text.values().all(String::is_empty) {
                let reason = format!("part {} of {} has no text", index + 1, element.element);
                return Err(Refusal::new(RefusalCode::NothingToDo, reason));
            }
            let mut fields = part.fields.clone();
            for (name, value) in &standing.fields {
                fields.entry(name.clone()).or_insert_with(|| value.clone());
            }
            let texts = [(lang.to_owned(), part.text.clone())].into();
            let id = self.add(standing.kind, None, &place, standing.owner, &fields, &texts)?;
            (place.after, place.before) = (Some(id.clone()), None);
            heirs.push(id);
        }
        if let Some(id) = &standing.own {
            let parts: Vec<(ElementId, &[ElementId])> =
                heirs.iter().cloned().zip(into.iter().map(|part| part.keeps.as_slice())).collect();
            self.hand_over(id, standing.kind, &parts)?;
            self.set_removed(id, true)?;
        }
        self.dispose(element, "split", &heirs, rationale)
    }

    /// What a part keeps must hang on the element, and on one part only.
    fn check_parts(&self, standing: &Standing, into: &[Part]) -> Result<(), Refusal> {
        let mut hanging = HashSet::new();
        if let Some(id) = &standing.own {
            hanging.extend(self.tree().children(id).into_iter().map(|(child, _)| child));
            hanging.extend(self.tree().links_of(id).into_iter().map(|(link, ..)| link));
        }
        let mut kept = HashSet::new();
        for id in into.iter().flat_map(|part| &part.keeps) {
            if !hanging.contains(id) {
                let reason = format!("{id} is no link of the element and does not stand under it");
                return Err(Refusal::new(RefusalCode::NoSuchElement, reason));
            }
            if !kept.insert(id) {
                let reason = format!("{id} can be kept by one part only");
                return Err(Refusal::new(RefusalCode::NothingToDo, reason));
            }
        }
        Ok(())
    }

    /// Adds the disposition of an element and its links to what it became.
    fn dispose(
        &mut self,
        former: &Reference,
        what: &str,
        heirs: &[ElementId],
        rationale: Option<&str>,
    ) -> Result<(), Refusal> {
        let (Some(disposition), Some(becomes)) = (Kind::named("disposition"), LinkKind::named("becomes"))
        else {
            return Err(no_such_element(&former.element));
        };
        let fields = [
            ("former".to_owned(), Value::Reference(former.clone())),
            ("type".to_owned(), Value::Text(what.to_owned())),
        ];
        let texts = match rationale {
            Some(text) => {
                [(self.language.clone(), [("rationale".to_owned(), text.to_owned())].into())].into()
            }
            None => Texts::new(),
        };
        let record = self.add(disposition, None, &Place::default(), None, &fields.into(), &texts)?;
        for heir in heirs {
            self.link(becomes, None, &record, heir, &BTreeMap::new())?;
        }
        Ok(())
    }

    /// An element as it stands, if it may go and nobody else has written it since `base`.
    fn standing(&self, element: &Reference, base: Seq) -> Result<Standing, Refusal> {
        if element.plan != *self.grant.plan() {
            let view = self.former(element)?;
            let (texts, fields) = fitting(view, view.kind);
            let kind = view.kind;
            return Ok(Standing { kind, own: None, parent: None, owner: None, texts, fields });
        }
        let id = &element.element;
        if id.is_plan() {
            let reason = "the plan itself is no element to consolidate";
            return Err(Refusal::new(RefusalCode::WrongPlace, reason));
        }
        let kind = self.around().may_write(id, self.grant, self.state)?;
        let object = self.object(id)?;
        if self.is_removed(&object) {
            return Err(Refusal::new(RefusalCode::NothingToDo, format!("{id} is removed already")));
        }
        let mut fields = BTreeMap::new();
        for spec in kind.spec().fields {
            let value = match spec.ty {
                FieldType::Set(_) => members(self.tx, &object, spec.name, None),
                ty => self.scalar_now(&object, spec.name, ty),
            };
            self.check_fresh(id, spec.name, None, &value, base)?;
            if !value.is_absent() {
                fields.insert(spec.name.to_owned(), value);
            }
        }
        let texts = self.texts_now(id, kind, &object, base)?;
        let owner = text_at(self.tx, &object, KEY_OWNER).and_then(|owner| owner.parse().ok());
        Ok(Standing { kind, own: Some(id.clone()), parent: self.around().parent(id), owner, texts, fields })
    }

    fn texts_now(&self, id: &ElementId, kind: Kind, object: &ObjId, base: Seq) -> Result<Texts, Refusal> {
        let mut texts = Texts::new();
        let languages = child(self.tx, object, KEY_TEXT, ObjType::Map);
        let languages: Vec<String> = languages.map(|map| self.tx.keys(&map).collect()).unwrap_or_default();
        for lang in languages {
            for spec in kind.spec().texts {
                let place = places::Place::Text(id.clone(), lang.clone(), spec.name.to_owned());
                let Some(object) = text_path(self.tx, object, &place) else { continue };
                let text = self.tx.text(&object).map_err(unexpected)?;
                self.check_fresh(id, spec.name, Some(&lang), &Value::Text(text.clone()), base)?;
                if !text.is_empty() {
                    texts.entry(lang.clone()).or_default().insert(spec.name.to_owned(), text);
                }
            }
        }
        Ok(texts)
    }
}

fn check_count(what: &str, count: usize) -> Result<(), Refusal> {
    match count {
        0 | 1 => Err(Refusal::new(RefusalCode::NothingToDo, format!("a {what} is of two at least"))),
        count if count > CONSOLIDATED_MAX => Err(Refusal::new(
            RefusalCode::TooLarge,
            format!("a {what} of {count} is larger than the {CONSOLIDATED_MAX} of one command"),
        )),
        _ => Ok(()),
    }
}

/// The place given, or next to the element.
fn beside(place: &Place, element: &Standing) -> Place {
    match (&element.own, place == &Place::default()) {
        (Some(id), true) => {
            let parent = element.parent.clone().unwrap_or_else(ElementId::plan);
            Place { parent: Some(parent), after: Some(id.clone()), before: None }
        }
        _ => place.clone(),
    }
}

/// Texts and fields of a former element that an element of a kind can have.
fn fitting(view: &ElementView, kind: Kind) -> (Texts, BTreeMap<String, Value>) {
    let mut texts = view.text.clone();
    for named in texts.values_mut() {
        named.retain(|name, _| kind.text(name).is_some());
    }
    let mut fields = view.fields.clone();
    fields.retain(|name, value| {
        let spec = kind.spec().fields.iter().find(|spec| spec.name == *name);
        spec.is_some_and(|spec| !matches!(spec.ty, FieldType::Element(_)) && spec.ty.check(value).is_ok())
    });
    (texts, fields)
}

/// Adds what one brings and is not there yet; sets become one set.
fn unite(texts: &mut Texts, fields: &mut BTreeMap<String, Value>, one: &Standing, kind: Kind) {
    for (lang, named) in &one.texts {
        let known = texts.entry(lang.clone()).or_default();
        for (name, text) in named {
            known.entry(name.clone()).or_insert_with(|| text.clone());
        }
    }
    for (name, value) in &one.fields {
        match (fields.get_mut(name), value) {
            (Some(Value::Set(known)), Value::Set(more)) => known.extend(more.iter().cloned()),
            (Some(_), _) => {}
            (None, value) if kind.field(name).is_some() => _ = fields.insert(name.clone(), value.clone()),
            (None, _) => {}
        }
    }
}
