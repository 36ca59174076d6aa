//! Line 3 of the gate: what a change means for the plan, and whether its author may do that.
//!
//! Every operation is held against the place of its object and the table of kinds, before anything
//! is applied; operations that would lose or hide something (an overwritten map, a deleted text) are
//! refused, so that any merge of admissible changes is a structurally valid plan.

use std::collections::{HashMap, HashSet};

use automerge::legacy::{Key, ObjectId, Op, OpId, OpType};
use automerge::{Automerge, ExpandedChange, ObjType, ScalarValue};
use plenary_limits::{SCALAR_BYTES_MAX, SET_MEMBER_BYTES_MAX, TEXT_ELEMENT_BYTES_MAX};
use plenary_protocol::plan::kinds::{FieldType, Kind};
use plenary_protocol::plan::layout::{
    KEY_FROM, KEY_KIND, KEY_NOTE, KEY_ORDER, KEY_OWNER, KEY_PARENT, KEY_REMOVED, KEY_TEXT, KEY_TO,
    is_language,
};
use plenary_protocol::plan::order::is_order;
use plenary_protocol::plan::value::{Scalar, Value};
use plenary_protocol::wire::{Refusal, RefusalCode};
use plenary_protocol::{Bureau, ElementId};

use super::marks::check_marks;
use super::registers::{Registers, Stamp};
use super::whole::{check_made, check_move, check_new_element, check_new_link, check_size};
use crate::authority::{Draft, Surroundings, no_such_element};
use crate::places::Place;
use crate::policy::Grant;
use crate::state::PlanState;

/// Something that a change touches, as history tells it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Item {
    /// An element is made.
    Element(ElementId),
    /// A link is made.
    Link(ElementId),
    /// An element goes to another place.
    Place(ElementId),
    /// An element or link is removed or brought back.
    Removed(ElementId, bool),
    /// A scalar field, `owner` and `code` among them.
    Field(ElementId, String),
    /// A set field.
    Set(ElementId, String),
    /// A text.
    Text(ElementId, String, String),
    /// The remark of a link.
    Note(ElementId),
}

/// The first part of the ids of links.
pub(crate) const LINK_PREFIX: &str = "lnk";

/// What a change writes to a scalar field last.
pub(crate) type Written = HashMap<(ElementId, String), Value>;

/// What a change does, before its values are looked at.
#[derive(Debug, Default)]
pub(crate) struct Meaning {
    /// What it touches, each once, in order.
    pub items: Vec<Item>,
    /// What it writes to scalar fields.
    pub written: Written,
    /// The objects that it makes.
    pub made: HashMap<OpId, Place>,
}

/// Reads what a change means, and whether the holder of the grant may do it.
///
/// # Errors
/// A refusal with code `bad_meaning`, `too_large`, `wrong_type`, `no_such_element`, `wrong_place`,
/// `role_forbids` or `other_bureau`.
pub(crate) fn read_meaning(
    change: &ExpandedChange,
    doc: &Automerge,
    state: &PlanState,
    grant: &Grant,
    by_server: bool,
) -> Result<Meaning, Refusal> {
    let made: HashMap<OpId, Place> = state.places.made_by(change).into_iter().collect();
    check_made(&made, &change.actor_id, state)?;
    let mut drafts = HashMap::new();
    let mut link_drafts = HashMap::new();
    for place in made.values() {
        match place {
            Place::Element(id) => _ = drafts.insert(id.clone(), Draft::default()),
            Place::Link(id) => _ = link_drafts.insert(id.clone(), Draft::default()),
            _ => {}
        }
    }
    let mut reader = Reader {
        state,
        grant,
        by_server,
        made: &made,
        items: Vec::new(),
        seen: HashSet::new(),
        written: HashMap::new(),
        moved: HashMap::new(),
        registers: Registers::before((change.start_op.get(), change.actor_id.clone())),
        writable: HashMap::new(),
        grown: HashMap::new(),
        at: (0, change.actor_id.clone()),
    };
    for operation in &change.operations {
        reader.collect(operation, &mut drafts, &mut link_drafts);
    }
    let moved = HashMap::new();
    let around = Surroundings { doc, drafts: &drafts, link_drafts: &link_drafts, moved: &moved };
    for (id, draft) in &drafts {
        check_new_element(id, draft, &around, state, grant)?;
    }
    for (id, draft) in &link_drafts {
        check_new_link(id, draft, &around, state, grant)?;
    }
    for (counter, operation) in (change.start_op.get()..).zip(&change.operations) {
        reader.at = (counter, change.actor_id.clone());
        reader.operation(operation, &around)?;
    }
    check_marks(change)?;
    let around = Surroundings { moved: &reader.moved, ..around };
    for id in reader.moved.keys() {
        check_move(id, &around, state, grant)?;
    }
    if !by_server {
        check_size(&reader.grown, drafts.len() + link_drafts.len(), doc, state)?;
    }
    let (items, written) = (reader.items, reader.written);
    Ok(Meaning { items, written, made })
}

struct Reader<'a> {
    state: &'a PlanState,
    grant: &'a Grant,
    /// A change of the server is in the document already.
    by_server: bool,
    made: &'a HashMap<OpId, Place>,
    items: Vec<Item>,
    seen: HashSet<Item>,
    written: Written,
    /// New parents of elements that were there before.
    moved: HashMap<ElementId, String>,
    registers: Registers,
    writable: HashMap<ElementId, Kind>,
    /// Characters and members that are added, before what is deleted again.
    grown: HashMap<Place, usize>,
    /// The operation being read.
    at: Stamp,
}

pub(super) fn bad<T>(reason: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::new(RefusalCode::BadMeaning, reason))
}

impl Reader<'_> {
    fn place(&self, object: &ObjectId) -> Option<Place> {
        match object {
            ObjectId::Id(id) if self.made.contains_key(id) => self.made.get(id).cloned(),
            object => self.state.places.of(object).cloned(),
        }
    }

    /// Notes what a change writes of the elements and links it makes.
    fn collect(
        &self,
        operation: &Op,
        drafts: &mut HashMap<ElementId, Draft>,
        links: &mut HashMap<ElementId, Draft>,
    ) {
        let Key::Map(key) = &operation.key else { return };
        let draft = match self.place(&operation.obj) {
            Some(Place::Element(id)) => drafts.get_mut(&id),
            Some(Place::Link(id)) => links.get_mut(&id),
            _ => None,
        };
        let Some(draft) = draft else { return };
        if key == KEY_TEXT && operation.action == OpType::Make(ObjType::Map) {
            draft.has_texts = true;
        }
        let OpType::Put(ScalarValue::Str(text)) = &operation.action else { return };
        let slot = match key.as_str() {
            KEY_KIND => &mut draft.kind,
            KEY_PARENT => &mut draft.parent,
            KEY_ORDER => &mut draft.order,
            KEY_OWNER => &mut draft.owner,
            KEY_FROM => &mut draft.from,
            KEY_TO => &mut draft.to,
            _ => return,
        };
        *slot = Some(text.to_string());
    }

    /// The kind of an element that may be written; looked up once a change.
    fn may_write(&mut self, id: &ElementId, around: &Surroundings<'_, Automerge>) -> Result<Kind, Refusal> {
        if let Some(kind) = self.writable.get(id) {
            return Ok(*kind);
        }
        let kind = around.may_write(id, self.grant, self.state)?;
        self.writable.insert(id.clone(), kind);
        Ok(kind)
    }

    fn touch(&mut self, item: Item) {
        if self.seen.insert(item.clone()) {
            self.items.push(item);
        }
    }

    fn operation(&mut self, op: &Op, around: &Surroundings<'_, Automerge>) -> Result<(), Refusal> {
        let Some(place) = self.place(&op.obj) else {
            return bad("it works on an object that the plan does not have");
        };
        if let Place::Text(..) | Place::Note(_) = place {
            return self.text_operation(op, place, around);
        }
        let Key::Map(key) = &op.key else { return bad("it treats a map as a list") };
        if matches!(op.action, OpType::Increment(_) | OpType::MarkBegin(_) | OpType::MarkEnd(_)) || op.insert
        {
            return bad(format!("it increments, marks or inserts at {key:?}, where a value stands"));
        }
        match place {
            Place::Plan => self.field(op, key, &ElementId::plan(), Kind::plan(), around),
            Place::Elements => {
                let id = self.new_id(op, key, around.element_object(&parse_id(key)?).is_some())?;
                self.touch(Item::Element(id));
                Ok(())
            }
            Place::Links => {
                let id = self.new_id(op, key, around.link_object(&parse_id(key)?).is_some())?;
                self.touch(Item::Link(id));
                Ok(())
            }
            Place::Element(id) => self.element_operation(op, key, &id, around),
            Place::Link(id) => self.link_operation(op, key, &id, around),
            Place::Texts(id) => {
                around.may_write(&id, self.grant, self.state)?;
                if !is_language(key) {
                    return bad(format!("{key:?} is no language tag"));
                }
                make_once(op, ObjType::Map, "the texts of a language")
            }
            Place::Lang(id, lang) => {
                let kind = around.may_write(&id, self.grant, self.state)?;
                if kind.text(key).is_none() {
                    return Err(unknown_field(kind, key));
                }
                make_once(op, ObjType::Text, "a text")?;
                self.touch(Item::Text(id, lang, key.to_string()));
                Ok(())
            }
            Place::Set(id, field) => self.set_operation(op, key, &id, &field, around),
            Place::Root | Place::Unknown | Place::Text(..) | Place::Note(_) => {
                bad("it changes the frame of the document, which only the server makes")
            }
        }
    }

    /// The id of a new element or link.
    ///
    /// A change of the server itself is in the document already and was checked before.
    fn new_id(&self, op: &Op, key: &str, taken: bool) -> Result<ElementId, Refusal> {
        make_once(op, ObjType::Map, "an element or link")?;
        let id = parse_id(key)?;
        let twice =
            self.seen.contains(&Item::Element(id.clone())) || self.seen.contains(&Item::Link(id.clone()));
        if (taken && !self.by_server) || twice || id.is_plan() {
            return Err(Refusal::new(RefusalCode::BadId, format!("the id {id} is taken")));
        }
        Ok(id)
    }

    fn element_operation(
        &mut self,
        op: &Op,
        key: &str,
        id: &ElementId,
        around: &Surroundings<'_, Automerge>,
    ) -> Result<(), Refusal> {
        let kind = self.may_write(id, around)?;
        let is_new = around.drafts.contains_key(id);
        match key {
            KEY_KIND if is_new && matches!(op.action, OpType::Put(ScalarValue::Str(_))) => Ok(()),
            KEY_KIND => bad("the kind of an element is written once, when it is made"),
            KEY_TEXT if is_new => make_once(op, ObjType::Map, "the texts of an element"),
            KEY_TEXT => bad("the texts of an element are made with it, once"),
            KEY_PARENT => {
                let Some(ScalarValue::Str(text)) = self.value_after(op, key, around)? else {
                    return bad("a parent is the id of an element");
                };
                let parent = if text.is_empty() { None } else { Some(parse_id(&text)?) };
                around.may_stand(kind, parent.as_ref())?;
                if !is_new {
                    self.moved.insert(id.clone(), text.to_string());
                    self.touch(Item::Place(id.clone()));
                }
                Ok(())
            }
            KEY_ORDER => {
                let Some(ScalarValue::Str(text)) = self.value_after(op, key, around)? else {
                    return bad("an order key is a text");
                };
                if !is_order(&text) {
                    return bad(format!("{text:?} is no order key"));
                }
                if !is_new {
                    self.touch(Item::Place(id.clone()));
                }
                Ok(())
            }
            KEY_REMOVED => self.removed(op, id, is_new, around),
            KEY_OWNER => {
                let owner = match self.value_after(op, key, around)? {
                    None => None,
                    Some(ScalarValue::Str(text)) => Some(text.parse::<Bureau>().map_err(wrong_type)?),
                    _ => return bad("an owner is BR, TSB, BDT or GS"),
                };
                if !is_new || owner.is_some() {
                    self.grant.may_assign(owner)?;
                }
                self.touch(Item::Field(id.clone(), KEY_OWNER.into()));
                let value = owner.map_or(Value::Null, |owner| Value::Text(owner.to_string()));
                self.written.insert((id.clone(), KEY_OWNER.into()), value);
                Ok(())
            }
            _ => self.field(op, key, id, kind, around),
        }
    }

    fn removed(
        &mut self,
        op: &Op,
        id: &ElementId,
        is_new: bool,
        around: &Surroundings<'_, Automerge>,
    ) -> Result<(), Refusal> {
        let removed = match self.value_after(op, KEY_REMOVED, around)? {
            None => false,
            Some(ScalarValue::Boolean(removed)) => removed,
            Some(_) => return bad("`removed` is true or false"),
        };
        if !is_new {
            self.touch(Item::Removed(id.clone(), removed));
        }
        Ok(())
    }

    fn link_operation(
        &mut self,
        op: &Op,
        key: &str,
        id: &ElementId,
        around: &Surroundings<'_, Automerge>,
    ) -> Result<(), Refusal> {
        let kind = around.may_write_link(id, self.grant, self.state)?;
        let is_new = around.link_drafts.contains_key(id);
        match key {
            KEY_KIND | KEY_FROM | KEY_TO
                if is_new && matches!(op.action, OpType::Put(ScalarValue::Str(_))) =>
            {
                Ok(())
            }
            KEY_KIND | KEY_FROM | KEY_TO => bad("kind and ends of a link are written once, when it is made"),
            KEY_REMOVED => self.removed(op, id, is_new, around),
            KEY_NOTE => {
                make_once(op, ObjType::Text, "the remark of a link")?;
                self.touch(Item::Note(id.clone()));
                Ok(())
            }
            key => {
                let Some(spec) = kind.field(key) else {
                    return Err(Refusal::new(
                        RefusalCode::UnknownField,
                        format!("{kind} has no field {key:?}"),
                    ));
                };
                self.scalar(op, key, id, spec.ty, around)
            }
        }
    }

    /// A typed field of an element or of the plan.
    fn field(
        &mut self,
        op: &Op,
        key: &str,
        id: &ElementId,
        kind: Kind,
        around: &Surroundings<'_, Automerge>,
    ) -> Result<(), Refusal> {
        if id.is_plan() {
            self.grant.may_write(kind, None, None)?;
        }
        let Some(spec) = kind.field(key) else { return Err(unknown_field(kind, key)) };
        match spec.ty {
            FieldType::Set(_) => {
                make_once(op, ObjType::Map, "a set")?;
                self.touch(Item::Set(id.clone(), key.to_owned()));
                Ok(())
            }
            FieldType::Element(kinds) => {
                if let OpType::Put(ScalarValue::Str(text)) = &op.action {
                    let to = parse_id(text)?;
                    let found = around.kind(&to).ok_or_else(|| no_such_element(&to))?;
                    if !kinds.is_empty() && !kinds.contains(&found.name()) {
                        return Err(wrong_type(format!("{key} names {found}, not {}", kinds.join(" or "))));
                    }
                }
                self.scalar(op, key, id, spec.ty, around)
            }
            ty => self.scalar(op, key, id, ty, around),
        }
    }

    /// The scalar that an operation lets stand under a key.
    fn value_after(
        &mut self,
        op: &Op,
        key: &str,
        around: &Surroundings<'_, Automerge>,
    ) -> Result<Option<ScalarValue>, Refusal> {
        match &op.action {
            OpType::Put(_) | OpType::Delete => self.registers.after(op, key, &self.at, around.doc),
            _ => Err(wrong_type(format!("{key} holds a value, not an object"))),
        }
    }

    fn scalar(
        &mut self,
        op: &Op,
        key: &str,
        id: &ElementId,
        ty: FieldType,
        around: &Surroundings<'_, Automerge>,
    ) -> Result<(), Refusal> {
        let value = match self.value_after(op, key, around)? {
            None => Value::Null,
            Some(scalar) => {
                read_scalar(&scalar, ty).map_err(|reason| wrong_type(format!("{key}: {reason}")))?
            }
        };
        self.touch(Item::Field(id.clone(), key.to_owned()));
        self.written.insert((id.clone(), key.to_owned()), value);
        Ok(())
    }

    fn set_operation(
        &mut self,
        op: &Op,
        member: &str,
        id: &ElementId,
        field: &str,
        around: &Surroundings<'_, Automerge>,
    ) -> Result<(), Refusal> {
        let spec = if id.is_plan() {
            self.grant.may_write(Kind::plan(), None, None)?;
            Kind::plan().field(field)
        } else {
            around.may_write(id, self.grant, self.state)?.field(field)
        };
        let Some(FieldType::Set(words)) = spec.map(|spec| spec.ty) else {
            return bad(format!("{field:?} is no set"));
        };
        if !matches!(op.action, OpType::Delete | OpType::Put(ScalarValue::Boolean(true))) {
            return bad("a member of a set is `true`, or deleted");
        }
        if member.is_empty() || member.len() > SET_MEMBER_BYTES_MAX {
            return Err(Refusal::new(
                RefusalCode::TooLarge,
                format!("a member of {field} has 1 to {SET_MEMBER_BYTES_MAX} bytes"),
            ));
        }
        if !words.is_empty() && !words.contains(&member) {
            return Err(wrong_type(format!("{member:?} is none of: {}", words.join(", "))));
        }
        self.registers.after(op, member, &self.at, around.doc)?;
        if let OpType::Put(_) = op.action {
            *self.grown.entry(Place::Set(id.clone(), field.to_owned())).or_default() += 1;
        }
        self.touch(Item::Set(id.clone(), field.to_owned()));
        Ok(())
    }

    fn text_operation(
        &mut self,
        op: &Op,
        place: Place,
        around: &Surroundings<'_, Automerge>,
    ) -> Result<(), Refusal> {
        let item = match place.clone() {
            Place::Text(id, lang, field) => Item::Text(id, lang, field),
            Place::Note(id) => Item::Note(id),
            _ => return bad("it treats a map as a text"),
        };
        if !self.seen.contains(&item) {
            match &item {
                Item::Text(id, ..) => _ = around.may_write(id, self.grant, self.state)?,
                Item::Note(id) => _ = around.may_write_link(id, self.grant, self.state)?,
                _ => {}
            }
        }
        if matches!(op.key, Key::Map(_)) {
            return bad("it treats a text as a map");
        }
        match &op.action {
            OpType::Put(_) if !op.insert && op.pred.is_empty() => {
                return bad("it writes a character over another without naming that");
            }
            OpType::Put(ScalarValue::Str(text)) if text.len() <= TEXT_ELEMENT_BYTES_MAX => {}
            OpType::Put(ScalarValue::Str(_)) => return bad("a text is inserted character by character"),
            OpType::MarkBegin(mark) if is_long(&mark.value) => {
                return Err(Refusal::new(
                    RefusalCode::TooLarge,
                    format!("a mark holds up to {SCALAR_BYTES_MAX} bytes"),
                ));
            }
            OpType::Delete | OpType::MarkBegin(_) | OpType::MarkEnd(_) => {}
            _ => return bad("a text holds characters and marks only"),
        }
        if let (OpType::Put(ScalarValue::Str(text)), true) = (&op.action, op.insert) {
            *self.grown.entry(place).or_default() += text.chars().count();
        }
        self.touch(item);
        Ok(())
    }
}

/// An object is made where there was none; making another in its place would hide the first.
fn make_once(op: &Op, ty: ObjType, what: &str) -> Result<(), Refusal> {
    match op.action {
        OpType::Make(made) if made == ty && op.pred.is_empty() => Ok(()),
        OpType::Make(made) if made == ty => {
            bad(format!("{what} would be replaced by a new one; change what is in it"))
        }
        OpType::Delete => bad(format!("{what} would be deleted; empty it, or remove the element")),
        _ => bad(format!("{what} is an object, not a value")),
    }
}

/// A scalar of the library as a value of a field.
pub(crate) fn read_scalar(scalar: &ScalarValue, ty: FieldType) -> Result<Value, String> {
    if *scalar == ScalarValue::Null {
        return Ok(Value::Null);
    }
    let scalar = loose_scalar(scalar).ok_or("counters, times and bytes are not taken")?;
    Value::from_scalar(scalar, ty).map_err(|error| error.to_string())
}

/// A scalar of the library as one of ours, if it is of a type that the layout knows.
fn loose_scalar(scalar: &ScalarValue) -> Option<Scalar> {
    match scalar {
        ScalarValue::Str(text) => Some(Scalar::Text(text.to_string())),
        ScalarValue::Int(value) => Some(Scalar::Int(*value)),
        ScalarValue::Uint(value) => i64::try_from(*value).ok().map(Scalar::Int),
        ScalarValue::F64(value) => Some(Scalar::Number(*value)),
        ScalarValue::Boolean(value) => Some(Scalar::Bool(*value)),
        _ => None,
    }
}

fn is_long(value: &ScalarValue) -> bool {
    let length = match value {
        ScalarValue::Str(text) => text.len(),
        ScalarValue::Bytes(bytes) => bytes.len(),
        ScalarValue::Unknown { bytes, .. } => bytes.len(),
        _ => 0,
    };
    length > SCALAR_BYTES_MAX
}

pub(super) fn parse_id(text: &str) -> Result<ElementId, Refusal> {
    text.parse().map_err(|error| Refusal::new(RefusalCode::BadId, format!("{text:?}: {error}")))
}

fn wrong_type(reason: impl ToString) -> Refusal {
    Refusal::new(RefusalCode::WrongType, reason.to_string())
}

fn unknown_field(kind: Kind, field: &str) -> Refusal {
    let known: Vec<&str> =
        kind.spec().texts.iter().map(|text| text.name).chain(kind.fields().map(|field| field.name)).collect();
    Refusal::new(
        RefusalCode::UnknownField,
        format!("{kind} has no field {field:?}; it has {}", known.join(", ")),
    )
}
