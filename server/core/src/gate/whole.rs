//! Whether what a change makes or moves is whole, stands where it may, and fits.

use std::collections::{HashMap, HashSet};

use automerge::legacy::OpId;
use automerge::{ActorId, Automerge, ObjId, ReadDoc};
use plenary_limits::{ELEMENTS_MAX, SET_MEMBERS_MAX, TEXT_CHARS_MAX};
use plenary_protocol::ElementId;
use plenary_protocol::plan::kinds::Kind;
use plenary_protocol::plan::layout::KEY_NOTE;
use plenary_protocol::wire::{Refusal, RefusalCode};

use super::meaning::{LINK_PREFIX, bad, parse_id};
use crate::authority::{Draft, Surroundings};
use crate::places::Place;
use crate::policy::Grant;
use crate::state::PlanState;

/// Whether objects are made where none were: another actor may have made one meanwhile, the same
/// actor, or the same change, has seen its own.
pub(super) fn check_made(
    made: &HashMap<OpId, Place>,
    actor: &ActorId,
    state: &PlanState,
) -> Result<(), Refusal> {
    let mut places = HashSet::new();
    for place in made.values().filter(|place| **place != Place::Unknown) {
        let own = |object: ObjId| matches!(object, ObjId::Id(_, by, _) if by == *actor);
        if !places.insert(place) || state.places.objects(place).any(own) {
            return bad("it makes an object beside another of its own at the same place");
        }
    }
    Ok(())
}

/// Whether a new element has everything the layout demands, and its author may make it there.
pub(super) fn check_new_element(
    id: &ElementId,
    draft: &Draft,
    around: &Surroundings<'_, Automerge>,
    state: &PlanState,
    grant: &Grant,
) -> Result<(), Refusal> {
    let Some(kind) = draft.kind.as_deref().and_then(Kind::named).filter(|kind| *kind != Kind::plan()) else {
        return bad(format!("the new element {id} names no known kind"));
    };
    check_prefix(id, kind.spec().prefix)?;
    let Some(parent) = &draft.parent else { return bad(format!("the new element {id} names no parent")) };
    if draft.order.is_none() || !draft.has_texts {
        return bad(format!("the new element {id} lacks its order key or its map of texts"));
    }
    let parent = if parent.is_empty() { None } else { Some(parse_id(parent)?) };
    around.may_stand(kind, parent.as_ref())?;
    if around.depth(id).is_none() {
        return Err(Refusal::new(RefusalCode::WrongPlace, format!("{id} would stand too deep")));
    }
    grant.may_write(kind, around.owner(id), state.creator(id))?;
    around.may_bring(kind, parent.as_ref(), grant, state)
}

/// Ids of elements and links begin with what they are, so that one never looks like another.
fn check_prefix(id: &ElementId, prefix: &str) -> Result<(), Refusal> {
    match id.as_str().strip_prefix(prefix) {
        Some(rest) if rest.starts_with('-') && rest.len() > 1 => Ok(()),
        _ => Err(Refusal::new(RefusalCode::BadId, format!("its id begins with \"{prefix}-\", not as {id}"))),
    }
}

/// Whether an element may stand where the change takes it, and whether its author may bring it there.
pub(super) fn check_move(
    id: &ElementId,
    around: &Surroundings<'_, Automerge>,
    state: &PlanState,
    grant: &Grant,
) -> Result<(), Refusal> {
    if around.depth(id).is_none() {
        return Err(Refusal::new(
            RefusalCode::WrongPlace,
            format!("{id} would stand too deep or under itself"),
        ));
    }
    let kind = around.may_write(id, grant, state)?;
    around.may_bring(kind, around.parent(id).as_ref(), grant, state)
}

/// Whether a new link has kind and ends, and its author may make it.
pub(super) fn check_new_link(
    id: &ElementId,
    draft: &Draft,
    around: &Surroundings<'_, Automerge>,
    state: &PlanState,
    grant: &Grant,
) -> Result<(), Refusal> {
    let Some(kind) = around.link_kind(id) else {
        return bad(format!("the new link {id} names no known kind"));
    };
    check_prefix(id, LINK_PREFIX)?;
    let end = |end: &Option<String>| match end {
        Some(text) => parse_id(text),
        None => bad(format!("the new link {id} lacks an end")),
    };
    let (from, to) = (end(&draft.from)?, end(&draft.to)?);
    around.may_join(kind, &from, &to)?;
    around.may_write(&from, grant, state).map(|_| ())
}

/// Whether the plan, its texts and its sets stay within their limits.
pub(super) fn check_size(
    grown: &HashMap<Place, usize>,
    made: usize,
    doc: &Automerge,
    state: &PlanState,
) -> Result<(), Refusal> {
    let too_large = |what: String| Err(Refusal::new(RefusalCode::TooLarge, what));
    if made > 0 && state.tree.len() + made > ELEMENTS_MAX {
        return too_large(format!("the plan would have more than {ELEMENTS_MAX} elements and links"));
    }
    for (place, added) in grown {
        let (what, max) = match place {
            Place::Set(_, field) => (field.as_str(), SET_MEMBERS_MAX),
            Place::Text(_, _, field) => (field.as_str(), TEXT_CHARS_MAX),
            _ => (KEY_NOTE, TEXT_CHARS_MAX),
        };
        let now: usize = state.places.objects(place).map(|object| doc.length(&object)).sum();
        if now + added > max {
            return too_large(format!("{what} would have {} characters or members; {max} fit", now + added));
        }
    }
    Ok(())
}
