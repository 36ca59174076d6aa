//! Creating a plan: its document from a plan as read, and its first entries.

use std::collections::BTreeMap;

use automerge::transaction::{CommitOptions, Transactable, Transaction};
use automerge::{ActorId, AutomergeError, ObjId, ObjType, ROOT};
use plenary_protocol::ElementId;
use plenary_protocol::plan::kinds::Kind;
use plenary_protocol::plan::layout::{
    KEY_CODE, KEY_ELEMENTS, KEY_FROM, KEY_KIND, KEY_LINKS, KEY_NOTE, KEY_ORDER, KEY_OWNER, KEY_PARENT,
    KEY_PLAN, KEY_REMOVED, KEY_SCHEMA, KEY_TEXT, KEY_TO, SCHEMA,
};
use plenary_protocol::plan::view::PlanView;
use plenary_protocol::plan::{ElementView, LinkView, Value};

use crate::document;
use crate::gate::{Item, Meaning};
use crate::thin::library_scalar;

/// The document of a new plan, and what making it did.
pub(crate) struct Made {
    pub doc: automerge::Automerge,
    pub meaning: Meaning,
}

/// Writes a whole plan as the first change of a document.
///
/// # Errors
/// What the library says; a plan that was read by `plan::file::read` gives none.
pub(crate) fn write(view: &PlanView, actor: &ActorId, time_s: i64) -> Result<Made, AutomergeError> {
    let mut doc = document::empty();
    doc.set_actor(actor.clone());
    let meaning = {
        let mut pen = Pen { tx: doc.transaction(), meaning: Meaning::default() };
        pen.plan(view)?;
        pen.tx.commit_with(CommitOptions::default().with_time(time_s));
        pen.meaning
    };
    Ok(Made { doc, meaning })
}

struct Pen<'d> {
    tx: Transaction<'d>,
    meaning: Meaning,
}

impl Pen<'_> {
    fn plan(&mut self, view: &PlanView) -> Result<(), AutomergeError> {
        self.tx.put(ROOT, KEY_SCHEMA, SCHEMA)?;
        let plan = self.tx.put_object(ROOT, KEY_PLAN, ObjType::Map)?;
        self.fields(&plan, &ElementId::plan(), &view.plan)?;
        let elements = self.tx.put_object(ROOT, KEY_ELEMENTS, ObjType::Map)?;
        for element in &view.elements {
            self.element(&elements, element, view.language())?;
        }
        let links = self.tx.put_object(ROOT, KEY_LINKS, ObjType::Map)?;
        for link in &view.links {
            self.link(&links, link)?;
        }
        Ok(())
    }

    fn fields(
        &mut self,
        object: &ObjId,
        id: &ElementId,
        fields: &BTreeMap<String, Value>,
    ) -> Result<(), AutomergeError> {
        for (name, value) in fields {
            if let Value::Set(members) = value {
                let map = self.tx.put_object(object, name.as_str(), ObjType::Map)?;
                for member in members {
                    self.tx.put(&map, member.as_str(), true)?;
                }
                self.meaning.items.push(Item::Set(id.clone(), name.clone()));
            } else if let Some(scalar) = value.to_scalar() {
                self.tx.put(object, name.as_str(), library_scalar(scalar))?;
                self.meaning.items.push(Item::Field(id.clone(), name.clone()));
                self.meaning.written.insert((id.clone(), name.clone()), value.clone());
            }
        }
        Ok(())
    }

    fn element(
        &mut self,
        elements: &ObjId,
        view: &ElementView,
        language: &str,
    ) -> Result<(), AutomergeError> {
        let object = self.tx.put_object(elements, view.id.as_str(), ObjType::Map)?;
        self.meaning.items.push(Item::Element(view.id.clone()));
        let parent = view.parent.as_ref().map_or("", ElementId::as_str);
        for (key, value) in [(KEY_KIND, view.kind.name()), (KEY_PARENT, parent), (KEY_ORDER, &view.order)] {
            self.tx.put(&object, key, value)?;
        }
        let own = [(KEY_OWNER, view.owner.map(|owner| owner.to_string())), (KEY_CODE, view.own_code.clone())];
        for (key, value) in own {
            let Some(value) = value else { continue };
            self.tx.put(&object, key, value.as_str())?;
            self.meaning.items.push(Item::Field(view.id.clone(), key.to_owned()));
            self.meaning.written.insert((view.id.clone(), key.to_owned()), Value::Text(value));
        }
        if view.removed {
            self.tx.put(&object, KEY_REMOVED, true)?;
            self.meaning.items.push(Item::Removed(view.id.clone(), true));
        }
        self.fields(&object, &view.id, &view.fields)?;
        self.texts(&object, view, language)
    }

    /// Every text of the kind in the plan's language, so that two people who write one of them
    /// first still write the same one; other languages as given.
    fn texts(&mut self, object: &ObjId, view: &ElementView, language: &str) -> Result<(), AutomergeError> {
        let texts = self.tx.put_object(object, KEY_TEXT, ObjType::Map)?;
        let none = BTreeMap::new();
        let own = view.text.get(language).unwrap_or(&none);
        let others = view.text.iter().filter(|(lang, _)| *lang != language);
        let languages =
            std::iter::once((language, own)).chain(others.map(|(lang, map)| (lang.as_str(), map)));
        for (lang, given) in languages {
            let map = self.tx.put_object(&texts, lang, ObjType::Map)?;
            for name in names(view.kind, lang == language, given) {
                let text = self.tx.put_object(&map, name, ObjType::Text)?;
                let Some(content) = given.get(name).filter(|content| !content.is_empty()) else { continue };
                self.tx.splice_text(&text, 0, 0, content)?;
                self.meaning.items.push(Item::Text(view.id.clone(), lang.to_owned(), name.to_owned()));
            }
        }
        Ok(())
    }

    fn link(&mut self, links: &ObjId, view: &LinkView) -> Result<(), AutomergeError> {
        let object = self.tx.put_object(links, view.id.as_str(), ObjType::Map)?;
        self.meaning.items.push(Item::Link(view.id.clone()));
        for (key, value) in
            [(KEY_KIND, view.kind.name()), (KEY_FROM, view.from.as_str()), (KEY_TO, view.to.as_str())]
        {
            self.tx.put(&object, key, value)?;
        }
        if view.removed {
            self.tx.put(&object, KEY_REMOVED, true)?;
            self.meaning.items.push(Item::Removed(view.id.clone(), true));
        }
        self.fields(&object, &view.id, &view.fields)?;
        if !view.note.is_empty() {
            let note = self.tx.put_object(&object, KEY_NOTE, ObjType::Text)?;
            self.tx.splice_text(&note, 0, 0, &view.note)?;
            self.meaning.items.push(Item::Note(view.id.clone()));
        }
        Ok(())
    }
}

fn names(kind: Kind, all: bool, given: &BTreeMap<String, String>) -> impl Iterator<Item = &'static str> {
    let texts = kind.spec().texts.iter().map(|text| text.name);
    texts.filter(move |name| all || given.contains_key(*name)).collect::<Vec<_>>().into_iter()
}
