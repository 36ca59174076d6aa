//! What an element is and whom it belongs to, read from the document and from what a change makes.

use std::collections::HashMap;

use automerge::{ObjId, ObjType, ReadDoc};
use plenary_limits::DEPTH_MAX;
use plenary_protocol::plan::kinds::{Kind, LinkKind, Ownership};
use plenary_protocol::plan::layout::{KEY_ELEMENTS, KEY_FROM, KEY_KIND, KEY_LINKS, KEY_OWNER, KEY_PARENT};
use plenary_protocol::wire::{Refusal, RefusalCode};
use plenary_protocol::{Bureau, ElementId};

use crate::document::{child, text_at, top};
use crate::policy::Grant;
use crate::state::PlanState;

/// An element or link that a change makes and the document does not have yet.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    /// Its kind, as written.
    pub kind: Option<String>,
    /// Its parent, as written; the empty text is the top.
    pub parent: Option<String>,
    /// Its order key.
    pub order: Option<String>,
    /// Its owner.
    pub owner: Option<String>,
    /// Where a link starts.
    pub from: Option<String>,
    /// Where a link ends.
    pub to: Option<String>,
    /// Whether it has its map of texts.
    pub has_texts: bool,
}

/// The plan as somebody's change would find it: the document, and what the change itself makes.
pub struct Surroundings<'a, D: ReadDoc> {
    /// The document.
    pub doc: &'a D,
    /// Elements made by the change itself.
    pub drafts: &'a HashMap<ElementId, Draft>,
    /// Links made by the change itself.
    pub link_drafts: &'a HashMap<ElementId, Draft>,
    /// New parents, as written, of elements that the change moves.
    pub moved: &'a HashMap<ElementId, String>,
}

impl<D: ReadDoc> Surroundings<'_, D> {
    /// The object of an element in the document.
    pub fn element_object(&self, id: &ElementId) -> Option<ObjId> {
        child(self.doc, &top(self.doc, KEY_ELEMENTS)?, id.as_str(), ObjType::Map)
    }

    /// The object of a link in the document.
    pub fn link_object(&self, id: &ElementId) -> Option<ObjId> {
        child(self.doc, &top(self.doc, KEY_LINKS)?, id.as_str(), ObjType::Map)
    }

    fn element_text(&self, id: &ElementId, key: &str) -> Option<String> {
        text_at(self.doc, &self.element_object(id)?, key)
    }

    /// The kind of an element.
    pub fn kind(&self, id: &ElementId) -> Option<Kind> {
        if id.is_plan() {
            return Some(Kind::plan());
        }
        match self.drafts.get(id) {
            Some(draft) => Kind::named(draft.kind.as_deref()?),
            None => Kind::named(&self.element_text(id, KEY_KIND)?),
        }
    }

    /// The kind of a link.
    pub fn link_kind(&self, id: &ElementId) -> Option<LinkKind> {
        match self.link_drafts.get(id) {
            Some(draft) => LinkKind::named(draft.kind.as_deref()?),
            None => LinkKind::named(&text_at(self.doc, &self.link_object(id)?, KEY_KIND)?),
        }
    }

    /// The element a link starts from.
    pub fn link_from(&self, id: &ElementId) -> Option<ElementId> {
        match self.link_drafts.get(id) {
            Some(draft) => draft.from.as_deref()?.parse().ok(),
            None => text_at(self.doc, &self.link_object(id)?, KEY_FROM)?.parse().ok(),
        }
    }

    /// The element that an element stands under.
    pub fn parent(&self, id: &ElementId) -> Option<ElementId> {
        let parent = match (self.drafts.get(id), self.moved.get(id)) {
            (Some(draft), _) => draft.parent.clone(),
            (None, Some(parent)) => Some(parent.clone()),
            (None, None) => self.element_text(id, KEY_PARENT),
        };
        parent?.parse().ok()
    }

    /// The Bureau that an element belongs to: its own owner, or that of the nearest parent of a
    /// kind that belongs to Bureaux.
    pub fn owner(&self, id: &ElementId) -> Option<Bureau> {
        let mut at = id.clone();
        for _ in 0..DEPTH_MAX {
            let own = match self.drafts.get(&at) {
                Some(draft) => draft.owner.clone(),
                None => self.element_text(&at, KEY_OWNER),
            };
            if let Some(owner) = own.and_then(|text| text.parse().ok()) {
                return Some(owner);
            }
            at = self.parent(&at)?;
            if self.kind(&at)?.spec().ownership != Ownership::Bureau {
                return None;
            }
        }
        None
    }

    /// How deep an element stands; `None` where its parents form a cycle or are too many.
    pub fn depth(&self, id: &ElementId) -> Option<usize> {
        let mut at = id.clone();
        for depth in 0..DEPTH_MAX {
            match self.parent(&at) {
                Some(parent) => at = parent,
                None => return Some(depth),
            }
        }
        None
    }

    /// Whether an element may be written by the holder of a grant.
    ///
    /// # Errors
    /// A refusal with code `no_such_element`, `role_forbids` or `other_bureau`.
    pub fn may_write(&self, id: &ElementId, grant: &Grant, state: &PlanState) -> Result<Kind, Refusal> {
        let Some(kind) = self.kind(id) else { return Err(no_such_element(id)) };
        grant.may_write(kind, self.owner(id), state.creator(id))?;
        Ok(kind)
    }

    /// Whether the holder of a grant may bring an element of `kind` under `parent`: what belongs to a
    /// Bureau changes what it stands under, so that must be theirs too.
    ///
    /// # Errors
    /// As `may_write`.
    pub fn may_bring(
        &self,
        kind: Kind,
        parent: Option<&ElementId>,
        grant: &Grant,
        state: &PlanState,
    ) -> Result<(), Refusal> {
        let Some(parent) = parent else { return Ok(()) };
        let by_bureau = |kind: Kind| kind.spec().ownership == Ownership::Bureau;
        if by_bureau(kind) && self.kind(parent).is_some_and(by_bureau) {
            self.may_write(parent, grant, state)?;
        }
        Ok(())
    }

    /// Whether a link may be written: it is with the element it starts from.
    ///
    /// # Errors
    /// As `may_write`.
    pub fn may_write_link(
        &self,
        id: &ElementId,
        grant: &Grant,
        state: &PlanState,
    ) -> Result<LinkKind, Refusal> {
        let Some(kind) = self.link_kind(id) else { return Err(no_such_element(id)) };
        if let Some(from) = self.link_from(id) {
            self.may_write(&from, grant, state)?;
        }
        Ok(kind)
    }

    /// Whether an element of `kind` may stand under `parent` (`None`: the top of the plan).
    ///
    /// # Errors
    /// A refusal with code `no_such_element` or `wrong_place`.
    pub fn may_stand(&self, kind: Kind, parent: Option<&ElementId>) -> Result<(), Refusal> {
        let parent_kind = match parent {
            None => None,
            Some(id) => Some(self.kind(id).ok_or_else(|| no_such_element(id))?),
        };
        if kind.may_stand_under(parent_kind) {
            return Ok(());
        }
        let allowed: Vec<&str> = kind
            .spec()
            .parents
            .iter()
            .map(|name| match *name {
                "-" => "the top of the plan",
                "*" => "any element",
                name => name,
            })
            .collect();
        let found = parent_kind.map_or("the top of the plan", Kind::name);
        Err(Refusal::new(
            RefusalCode::WrongPlace,
            format!("{} stands under {}, not under {found}", kind.name(), allowed.join(" or ")),
        ))
    }

    /// Whether a link of `kind` may go from one element to the other.
    ///
    /// # Errors
    /// A refusal with code `no_such_element` or `wrong_place`.
    pub fn may_join(&self, kind: LinkKind, from: &ElementId, to: &ElementId) -> Result<(), Refusal> {
        let find = |id: &ElementId| self.kind(id).ok_or_else(|| no_such_element(id));
        let (from_kind, to_kind) = (find(from)?, find(to)?);
        if kind.may_join(from_kind, to_kind) {
            return Ok(());
        }
        Err(Refusal::new(
            RefusalCode::WrongPlace,
            format!(
                "{kind} goes from {} to {}, not from {from_kind} to {to_kind}",
                kind.spec().from.join(", "),
                kind.spec().to.join(", ")
            ),
        ))
    }
}

/// The refusal for an element or link that is not there.
pub fn no_such_element(id: &ElementId) -> Refusal {
    Refusal::new(RefusalCode::NoSuchElement, format!("this plan has no element or link {id}"))
}
