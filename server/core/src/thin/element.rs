//! Commands on elements and links as wholes: add, move, remove, link, comment.

use std::collections::BTreeMap;

use automerge::transaction::Transactable;
use automerge::{ObjType, ReadDoc, ScalarValue, Value as DocValue};
use plenary_limits::ELEMENTS_MAX;
use plenary_protocol::plan::command::Place;
use plenary_protocol::plan::kinds::{Kind, LinkKind, Ownership};
use plenary_protocol::plan::layout::{
    KEY_ELEMENTS, KEY_FROM, KEY_KIND, KEY_LINKS, KEY_ORDER, KEY_OWNER, KEY_PARENT, KEY_REMOVED, KEY_TEXT,
    KEY_TO, is_language,
};
use plenary_protocol::plan::view::Texts;
use plenary_protocol::plan::{Value, order};
use plenary_protocol::wire::{Refusal, RefusalCode};
use plenary_protocol::{Bureau, ElementId};

use super::{Hand, unexpected};
use crate::authority::no_such_element;
use crate::document::top;

impl Hand<'_, '_> {
    /// Adds an element with all its texts, so that two people who write one of them first still
    /// write the same one.
    pub(super) fn add(
        &mut self,
        kind: Kind,
        id: Option<ElementId>,
        place: &Place,
        owner: Option<Bureau>,
        fields: &BTreeMap<String, Value>,
        texts: &Texts,
    ) -> Result<ElementId, Refusal> {
        if kind == Kind::plan() {
            return Err(Refusal::new(
                RefusalCode::WrongPlace,
                "a plan is no element of itself; import makes plans",
            ));
        }
        self.check_room()?;
        let id = self.fresh_id(kind.spec().prefix, id)?;
        let parent = place.parent.as_ref().filter(|parent| !parent.is_plan());
        self.around().may_stand(kind, parent)?;
        if parent.is_some_and(|parent| self.around().depth(parent).is_none()) {
            return Err(Refusal::new(RefusalCode::WrongPlace, "it would stand too deep"));
        }
        self.grant.may_assign_new(owner)?;
        self.grant.may_write(kind, owner.or_else(|| self.inherited_owner(parent)), None)?;
        self.around().may_bring(kind, parent, self.grant, self.state)?;
        let order = self.order_key(kind, parent, place, None)?;
        let elements = top(self.tx, KEY_ELEMENTS).ok_or_else(|| no_such_element(&id))?;
        let object = self.tx.put_object(&elements, id.as_str(), ObjType::Map).map_err(unexpected)?;
        let parent_text = parent.map_or("", ElementId::as_str);
        for (key, value) in [(KEY_KIND, kind.name()), (KEY_PARENT, parent_text), (KEY_ORDER, &order)] {
            self.tx.put(&object, key, value).map_err(unexpected)?;
        }
        if let Some(owner) = owner {
            self.tx.put(&object, KEY_OWNER, owner.as_str()).map_err(unexpected)?;
        }
        for (name, value) in fields {
            let value = self.checked(kind.name(), kind.field(name), name, value)?;
            self.write_value(&object, name, &value)?;
        }
        self.write_texts(&object, kind, texts)?;
        self.tree_mut().place(&id, kind.name(), parent, &order);
        self.made.push(id.clone());
        Ok(id)
    }

    fn write_texts(&mut self, object: &automerge::ObjId, kind: Kind, texts: &Texts) -> Result<(), Refusal> {
        let all = self.tx.put_object(object, KEY_TEXT, ObjType::Map).map_err(unexpected)?;
        let mut languages: Vec<&str> = texts.keys().map(String::as_str).collect();
        let own = self.language.clone();
        if !languages.contains(&own.as_str()) {
            languages.push(&own);
        }
        for lang in languages {
            if !is_language(lang) {
                return Err(Refusal::new(RefusalCode::WrongType, format!("{lang:?} is no language tag")));
            }
            let given = texts.get(lang);
            if let Some(name) =
                given.into_iter().flat_map(BTreeMap::keys).find(|name| kind.text(name).is_none())
            {
                return Err(super::field::unknown_field(
                    kind.name(),
                    name,
                    kind.spec().texts.iter().map(|t| t.name),
                ));
            }
            let map = self.tx.put_object(&all, lang, ObjType::Map).map_err(unexpected)?;
            for spec in kind.spec().texts {
                let text = given.and_then(|given| given.get(spec.name));
                if text.is_none() && lang != own {
                    continue;
                }
                let object = self.tx.put_object(&map, spec.name, ObjType::Text).map_err(unexpected)?;
                if let Some(text) = text.filter(|text| !text.is_empty()) {
                    super::text::check_length(0, text)?;
                    self.tx.splice_text(&object, 0, 0, text).map_err(unexpected)?;
                }
            }
        }
        Ok(())
    }

    fn check_room(&self) -> Result<(), Refusal> {
        if self.tree().len() >= ELEMENTS_MAX {
            return Err(Refusal::new(
                RefusalCode::TooLarge,
                format!("the plan has {ELEMENTS_MAX} elements and links, as many as fit"),
            ));
        }
        Ok(())
    }

    fn fresh_id(&mut self, prefix: &str, wanted: Option<ElementId>) -> Result<ElementId, Refusal> {
        let taken = |hand: &Self, id: &ElementId| hand.object(id).is_ok();
        let Some(id) = wanted else {
            loop {
                let mut entropy = [0; 8];
                self.entropy.fill(&mut entropy);
                let id = ElementId::of_bytes(prefix, entropy);
                if !taken(self, &id) {
                    return Ok(id);
                }
            }
        };
        if !id.as_str().strip_prefix(prefix).is_some_and(|rest| rest.starts_with('-') && rest.len() > 1) {
            return Err(Refusal::new(
                RefusalCode::BadId,
                format!("its id begins with \"{prefix}-\", not as {id}"),
            ));
        }
        if taken(self, &id) {
            return Err(Refusal::new(RefusalCode::BadId, format!("the id {id} is taken")));
        }
        Ok(id)
    }

    /// The owner that an element under `parent` takes over from above.
    fn inherited_owner(&self, parent: Option<&ElementId>) -> Option<Bureau> {
        let around = self.around();
        let parent = parent?;
        (around.kind(parent)?.spec().ownership == Ownership::Bureau).then(|| around.owner(parent)).flatten()
    }

    fn order_key(
        &self,
        kind: Kind,
        parent: Option<&ElementId>,
        place: &Place,
        moving: Option<&ElementId>,
    ) -> Result<String, Refusal> {
        if place.after.is_none() && place.before.is_none() {
            let last = self.tree().last_order(parent, kind.name(), moving);
            return Ok(order::between(last.unwrap_or_default(), ""));
        }
        let mut siblings = self.tree().siblings(parent, kind.name());
        siblings.retain(|(_, id)| moving != Some(id));
        let find = |id: &ElementId| {
            siblings.iter().position(|(_, sibling)| sibling == id).ok_or_else(|| {
                Refusal::new(
                    RefusalCode::WrongPlace,
                    format!(
                        "{id} is no {} under the same parent, so nothing can stand next to it",
                        kind.name()
                    ),
                )
            })
        };
        let at = match (&place.after, &place.before) {
            (Some(after), _) => find(after)? + 1,
            (None, Some(before)) => find(before)?,
            (None, None) => siblings.len(),
        };
        let key = |index: usize| siblings.get(index).map_or("", |(order, _)| order.as_str());
        let key = order::between(if at == 0 { "" } else { key(at - 1) }, key(at));
        if !order::is_order(&key) {
            return Err(Refusal::new(
                RefusalCode::TooLarge,
                "too many moves to one place: move its neighbours first",
            ));
        }
        Ok(key)
    }

    pub(super) fn move_element(&mut self, id: &ElementId, place: &Place) -> Result<(), Refusal> {
        let kind = self.around().may_write(id, self.grant, self.state)?;
        if kind == Kind::plan() {
            return Err(Refusal::new(RefusalCode::WrongPlace, "the plan itself has no place"));
        }
        let current = self.around().parent(id);
        let parent = match &place.parent {
            Some(parent) => Some(parent.clone()).filter(|parent| !parent.is_plan()),
            None => current.clone(),
        };
        self.around().may_stand(kind, parent.as_ref())?;
        let mut above = parent.clone();
        while let Some(at) = above {
            if at == *id {
                return Err(Refusal::new(RefusalCode::WrongPlace, format!("{id} cannot stand under itself")));
            }
            if self.around().depth(&at).is_none() {
                return Err(Refusal::new(RefusalCode::WrongPlace, format!("{id} would stand too deep")));
            }
            above = self.around().parent(&at);
        }
        let object = self.object(id)?;
        if parent != current {
            let own_owner =
                crate::document::text_at(self.tx, &object, KEY_OWNER).and_then(|text| text.parse().ok());
            let owner = own_owner.or_else(|| self.inherited_owner(parent.as_ref()));
            self.grant.may_write(kind, owner, self.state.creator(id))?;
            self.around().may_bring(kind, parent.as_ref(), self.grant, self.state)?;
        }
        let order = self.order_key(kind, parent.as_ref(), place, Some(id))?;
        if parent != current {
            let text = parent.as_ref().map_or("", ElementId::as_str);
            self.tx.put(&object, KEY_PARENT, text).map_err(unexpected)?;
        }
        self.tx.put(&object, KEY_ORDER, order.as_str()).map_err(unexpected)?;
        self.tree_mut().place(id, kind.name(), parent.as_ref(), &order);
        Ok(())
    }

    pub(super) fn set_removed(&mut self, id: &ElementId, removed: bool) -> Result<(), Refusal> {
        if id.is_plan() {
            return Err(Refusal::new(
                RefusalCode::WrongPlace,
                "a plan is withdrawn by its stage, not removed",
            ));
        }
        if self.is_link(id) {
            self.around().may_write_link(id, self.grant, self.state)?;
        } else {
            self.around().may_write(id, self.grant, self.state)?;
        }
        let object = self.object(id)?;
        let is_removed = matches!(
            self.tx.get(&object, KEY_REMOVED),
            Ok(Some((DocValue::Scalar(value), _))) if *value == ScalarValue::Boolean(true)
        );
        if is_removed == removed {
            let state = if removed { "removed already" } else { "not removed" };
            return Err(Refusal::new(RefusalCode::NothingToDo, format!("{id} is {state}")));
        }
        self.tx.put(&object, KEY_REMOVED, removed).map_err(unexpected)
    }

    pub(super) fn link(
        &mut self,
        kind: LinkKind,
        id: Option<ElementId>,
        from: &ElementId,
        to: &ElementId,
        fields: &BTreeMap<String, Value>,
    ) -> Result<ElementId, Refusal> {
        self.around().may_join(kind, from, to)?;
        self.around().may_write(from, self.grant, self.state)?;
        if let Some(known) = self.tree().link_between(kind.name(), from, to)
            && let Ok(object) = self.object(known)
        {
            let removed = matches!(
                self.tx.get(&object, KEY_REMOVED),
                Ok(Some((DocValue::Scalar(value), _))) if *value == ScalarValue::Boolean(true)
            );
            let how =
                if removed { "was linked by, removed since, restore it:" } else { "are linked already by" };
            return Err(Refusal::new(RefusalCode::NothingToDo, format!("{from} and {to} {how} {known}")));
        }
        self.check_room()?;
        let id = self.fresh_id(crate::gate::LINK_PREFIX, id)?;
        let links = top(self.tx, KEY_LINKS).ok_or_else(|| no_such_element(&id))?;
        let object = self.tx.put_object(&links, id.as_str(), ObjType::Map).map_err(unexpected)?;
        for (key, value) in [(KEY_KIND, kind.name()), (KEY_FROM, from.as_str()), (KEY_TO, to.as_str())] {
            self.tx.put(&object, key, value).map_err(unexpected)?;
        }
        for (name, value) in fields {
            let value = self.checked(kind.name(), kind.field(name), name, value)?;
            self.write_value(&object, name, &value)?;
        }
        self.tree_mut().join(&id, kind.name(), from, to);
        self.made.push(id.clone());
        Ok(id)
    }

    pub(super) fn comment(&mut self, element: &ElementId, text: &str) -> Result<(), Refusal> {
        let Some(kind) = Kind::named("comment") else { return Err(no_such_element(element)) };
        let author = Value::Text(self.grant.principal().name.clone());
        let texts = [(self.language.clone(), [("statement".to_owned(), text.to_owned())].into())].into();
        let parent = (!element.is_plan()).then(|| element.clone());
        let place = Place { parent, ..Place::default() };
        self.add(kind, None, &place, None, &[("author".to_owned(), author)].into(), &texts).map(|_| ())
    }
}
