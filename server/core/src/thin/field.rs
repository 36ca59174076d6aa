//! Commands on typed fields: set, and settle among concurrent values.

use std::collections::BTreeSet;

use automerge::transaction::Transactable;
use automerge::{ObjId, ObjType, ReadDoc, ScalarValue, Value as DocValue};
use plenary_protocol::plan::Value;
use plenary_protocol::plan::kinds::{FieldSpec, FieldType, Kind};
use plenary_protocol::plan::layout::{KEY_NOTE, KEY_OWNER};
use plenary_protocol::plan::value::Scalar;
use plenary_protocol::plan::view::ConcurrentValue;
use plenary_protocol::wire::{Refusal, RefusalCode};
use plenary_protocol::{Bureau, ElementId, Seq};

use super::{Hand, unexpected};
use crate::authority::no_such_element;
use crate::summary::members;

const OWNER: FieldSpec = FieldSpec {
    name: KEY_OWNER,
    ty: FieldType::OneOf(&["BR", "TSB", "BDT", "GS"]),
    about: "the Bureau it belongs to",
};

/// The refusal for a field that a kind does not have.
pub(super) fn unknown_field<'a>(kind: &str, field: &str, known: impl Iterator<Item = &'a str>) -> Refusal {
    let known: Vec<&str> = known.collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    Refusal::new(RefusalCode::UnknownField, format!("{kind} has no {field:?} here; it has {known}"))
}

impl Hand<'_, '_> {
    /// The field of an element, link or the plan, if the holder of the grant may write it.
    fn field(&self, id: &ElementId, field: &str) -> Result<(String, FieldSpec), Refusal> {
        if self.is_link(id) {
            let kind = self.around().may_write_link(id, self.grant, self.state)?;
            let known = || kind.spec().fields.iter().map(|field| field.name);
            let spec = kind.field(field).ok_or_else(|| unknown_field(kind.name(), field, known()))?;
            return Ok((kind.name().to_owned(), *spec));
        }
        let kind = self.around().may_write(id, self.grant, self.state)?;
        if field == KEY_OWNER && kind != Kind::plan() {
            return Ok((kind.name().to_owned(), OWNER));
        }
        if kind.text(field).is_some() {
            return Err(Refusal::new(
                RefusalCode::WrongType,
                format!("{field:?} of {} is a text: use set_text or splice", kind.name()),
            ));
        }
        let known = || kind.fields().map(|field| field.name);
        let spec = kind.field(field).ok_or_else(|| unknown_field(kind.name(), field, known()))?;
        Ok((kind.name().to_owned(), *spec))
    }

    /// Checks a value against the type of its field, and that an element it names is there.
    pub(super) fn checked(
        &self,
        kind: &str,
        spec: Option<&FieldSpec>,
        name: &str,
        value: &Value,
    ) -> Result<Value, Refusal> {
        let Some(spec) = spec else {
            let known = Kind::named(kind).into_iter().flat_map(Kind::fields).map(|field| field.name);
            return Err(unknown_field(kind, name, known));
        };
        let value = spec
            .ty
            .check(value)
            .map_err(|error| Refusal::new(RefusalCode::WrongType, format!("{name} of {kind}: {error}")))?;
        if let (FieldType::Element(kinds), Value::Text(text)) = (spec.ty, &value) {
            let id: ElementId = text
                .parse()
                .map_err(|error| Refusal::new(RefusalCode::BadId, format!("{name} of {kind}: {error}")))?;
            let found = self.around().kind(&id).ok_or_else(|| no_such_element(&id))?;
            if !kinds.is_empty() && !kinds.contains(&found.name()) {
                return Err(Refusal::new(
                    RefusalCode::WrongType,
                    format!("{name} of {kind} names a {}, {id} is a {found}", kinds.join(" or ")),
                ));
            }
        }
        Ok(value)
    }

    /// Refuses when somebody else changed the field after `base`, with what stands there now.
    pub(super) fn check_fresh(
        &self,
        id: &ElementId,
        field: &str,
        lang: Option<&str>,
        now: &Value,
        base: Seq,
    ) -> Result<(), Refusal> {
        self.heads_at(base)?;
        let key = (id.clone(), field.to_owned(), lang.map(str::to_owned));
        let Some(touch) = self.state.touch(&key) else { return Ok(()) };
        if touch.seq <= base || touch.subject == self.grant.principal().subject {
            return Ok(());
        }
        let mut refusal = Refusal::new(
            RefusalCode::Stale,
            format!(
                "{} ({}) set {field} to “{now}” in entry {}, after you read it at {base}: read it again, then decide",
                touch.name, touch.bureau, touch.seq
            ),
        );
        refusal.now.push(ConcurrentValue {
            value: now.clone(),
            subject: touch.subject.to_string(),
            name: touch.name.clone(),
            bureau: touch.bureau,
            seq: touch.seq,
            at: touch.at.clone(),
        });
        Err(refusal)
    }

    pub(super) fn scalar_now(&self, object: &ObjId, field: &str, ty: FieldType) -> Value {
        match self.tx.get(object, field) {
            Ok(Some((DocValue::Scalar(scalar), _))) => {
                crate::gate::read_scalar(&scalar, ty).unwrap_or(Value::Null)
            }
            _ => Value::Null,
        }
    }

    pub(super) fn set_field(
        &mut self,
        id: &ElementId,
        field: &str,
        value: &Value,
        base: Seq,
    ) -> Result<(), Refusal> {
        let (kind, spec) = self.field(id, field)?;
        let value = self.checked(&kind, Some(&spec), field, value)?;
        let object = self.object(id)?;
        if let FieldType::Set(_) = spec.ty {
            return self.set_members(&object, field, &value, base);
        }
        let now = self.scalar_now(&object, field, spec.ty);
        self.check_fresh(id, field, None, &now, base)?;
        self.check_owner(field, &value)?;
        let several = self.tx.get_all(&object, field).map_or(0, |values| values.len()) > 1;
        if now == value && !several {
            return Ok(());
        }
        self.write_value(&object, field, &value)
    }

    /// A set is changed member by member: what was added and taken away since `base`.
    pub(super) fn set_members(
        &mut self,
        object: &ObjId,
        field: &str,
        value: &Value,
        base: Seq,
    ) -> Result<(), Refusal> {
        let heads = self.heads_at(base)?.to_vec();
        let wanted = set_of(value.clone());
        let then = set_of(members(self.tx, object, field, Some(&heads)));
        let now = set_of(members(self.tx, object, field, None));
        for member in then.difference(&wanted).filter(|member| now.contains(*member)) {
            for (map, id) in self
                .tx
                .get_all(object, field)
                .map_err(unexpected)?
                .into_iter()
                .map(own_value)
                .collect::<Vec<_>>()
            {
                if map && self.tx.get(&id, member.as_str()).map_err(unexpected)?.is_some() {
                    self.tx.delete(&id, member.as_str()).map_err(unexpected)?;
                }
            }
        }
        let added: BTreeSet<String> =
            wanted.difference(&then).filter(|m| !now.contains(*m)).cloned().collect();
        if added.is_empty() { Ok(()) } else { self.write_value(object, field, &Value::Set(added)) }
    }

    /// Writes a checked value; null deletes, members of a set are added.
    pub(super) fn write_value(&mut self, object: &ObjId, field: &str, value: &Value) -> Result<(), Refusal> {
        match value {
            Value::Null => {
                if self.tx.get(object, field).map_err(unexpected)?.is_some() {
                    self.tx.delete(object, field).map_err(unexpected)?;
                }
            }
            Value::Set(members) => {
                let map = match crate::document::child(self.tx, object, field, ObjType::Map) {
                    Some(map) => map,
                    None => self.tx.put_object(object, field, ObjType::Map).map_err(unexpected)?,
                };
                for member in members {
                    self.tx.put(&map, member.as_str(), true).map_err(unexpected)?;
                }
            }
            value => {
                if let Some(scalar) = value.to_scalar() {
                    self.tx.put(object, field, library_scalar(scalar)).map_err(unexpected)?;
                }
            }
        }
        Ok(())
    }

    pub(super) fn settle(
        &mut self,
        id: &ElementId,
        field: &str,
        value: &Value,
        base: Seq,
    ) -> Result<(), Refusal> {
        let is_text = match self.is_link(id) {
            true => field == KEY_NOTE,
            false => self.around().kind(id).is_some_and(|kind| kind.text(field).is_some()),
        };
        if is_text {
            return self.settle_text(id, field, value, base);
        }
        let (kind, spec) = self.field(id, field)?;
        let value = self.checked(&kind, Some(&spec), field, value)?;
        let object = self.object(id)?;
        let several = self.tx.get_all(&object, field).map_err(unexpected)?.len() > 1;
        if !several || matches!(spec.ty, FieldType::Set(_)) {
            return Err(Refusal::new(
                RefusalCode::NothingToDo,
                format!("{field} of {id} holds one value; there is nothing to settle (set_field changes it)"),
            ));
        }
        let now = self.scalar_now(&object, field, spec.ty);
        self.check_fresh(id, field, None, &now, base)?;
        self.check_owner(field, &value)?;
        self.write_value(&object, field, &value)
    }

    /// Refuses an owner that the holder of the grant may not name.
    fn check_owner(&self, field: &str, value: &Value) -> Result<(), Refusal> {
        if field != KEY_OWNER {
            return Ok(());
        }
        let owner = match value {
            Value::Text(text) => text.parse::<Bureau>().ok(),
            _ => None,
        };
        self.grant.may_assign(owner)
    }
}

fn own_value((value, id): (DocValue<'_>, ObjId)) -> (bool, ObjId) {
    (matches!(value, DocValue::Object(ObjType::Map)), id)
}

fn set_of(value: Value) -> BTreeSet<String> {
    match value {
        Value::Set(members) => members,
        _ => BTreeSet::new(),
    }
}

/// One of our scalars as one of the library.
pub(crate) fn library_scalar(scalar: Scalar) -> ScalarValue {
    match scalar {
        Scalar::Bool(value) => ScalarValue::Boolean(value),
        Scalar::Int(value) => ScalarValue::Int(value),
        Scalar::Number(value) => ScalarValue::F64(value),
        Scalar::Text(text) => ScalarValue::Str(text.into()),
    }
}
