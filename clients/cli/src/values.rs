//! What was typed as the value of a field, read by the field's type.

use std::collections::BTreeSet;

use plenary_protocol::ids::{ElementId, PlanId, Seq};
use plenary_protocol::plan::kinds::{FieldSpec, TextSpec};
use plenary_protocol::plan::value::{Quotation, Reference};
use plenary_protocol::plan::{FieldType, Kind, LinkKind, Value};
use plenary_protocol::principal::Bureau;
use serde_json::Value as Json;

use crate::failure::Failure;
use crate::names::Target;

/// What a name on an element, link or plan stands for.
#[derive(Debug, Clone, Copy)]
pub enum Slot {
    /// A text, once per language.
    Text(&'static str),
    /// A typed field.
    Field(&'static str, FieldType),
}

/// The owner as a field: one of the Bureaux.
const OWNER: Slot = Slot::Field("owner", FieldType::OneOf(&["BR", "TSB", "BDT", "GS"]));

/// What looks names of elements up; the plan at hand, or a fake in tests.
pub trait Lookup {
    /// The element of this plan with that id or code, of one of these kinds (none named: any).
    fn here(&self, name: &str, kinds: &[&str]) -> Result<ElementId, Failure>;
    /// The element of another plan, and that plan's last entry.
    fn there(&self, plan: &str, name: &str) -> Result<(PlanId, ElementId, Seq), Failure>;
}

/// What the name stands for on this target.
pub fn slot(target: Target<'_>, name: &str) -> Result<Slot, Failure> {
    match target {
        Target::Plan => slot_of(Kind::plan(), name),
        Target::Element(element) => slot_of(element.kind, name),
        Target::Link(link) => link_slot(link.kind, name),
    }
}

/// What the name stands for on elements of a kind.
pub fn slot_of(kind: Kind, name: &str) -> Result<Slot, Failure> {
    if let Some(TextSpec { name, .. }) = kind.text(name) {
        return Ok(Slot::Text(name));
    }
    if let Some(FieldSpec { name, ty, .. }) = kind.field(name) {
        return Ok(Slot::Field(name, *ty));
    }
    if name == "owner" && kind != Kind::plan() {
        return Ok(OWNER);
    }
    let texts: Vec<&str> = kind.spec().texts.iter().map(|text| text.name).collect();
    let mut fields: Vec<&str> = kind.fields().map(|field| field.name).collect();
    if kind != Kind::plan() {
        fields.push("owner");
    }
    let texts = if texts.is_empty() { "none".to_owned() } else { texts.join(", ") };
    Err(Failure::NotFound(format!(
        "a {kind} has no text or field {name:?}\n  texts: {texts}\n  fields: {}",
        fields.join(", ")
    )))
}

/// What the name stands for on links of a kind.
pub fn link_slot(kind: LinkKind, name: &str) -> Result<Slot, Failure> {
    if name == "note" {
        return Ok(Slot::Text("note"));
    }
    if let Some(FieldSpec { name, ty, .. }) = kind.field(name) {
        return Ok(Slot::Field(name, *ty));
    }
    let fields: Vec<&str> = kind.spec().fields.iter().map(|field| field.name).chain(["note"]).collect();
    Err(Failure::NotFound(format!("a link {kind} has no field {name:?}; it has: {}", fields.join(", "))))
}

/// The owner that was typed.
pub fn owner(text: &str) -> Result<Bureau, Failure> {
    text.parse().map_err(|_| Failure::Usage(format!("{text:?} is not one of BR, TSB, BDT, GS")))
}

/// `name=value`, as `--field` takes it.
pub fn pair(text: &str) -> Result<(&str, &str), Failure> {
    text.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or_else(|| {
        Failure::Usage(format!(
            "--field takes NAME=VALUE, for instance due_year=2027; {text:?} is not of that form"
        ))
    })
}

/// Reads what was typed as a value of the field.
///
/// # Errors
/// `Usage` says what the field takes; `NotFound` names an element that is not there.
pub fn parse(name: &str, ty: FieldType, typed: &str, lookup: &dyn Lookup) -> Result<Value, Failure> {
    let text = typed.trim();
    let wrong = || Failure::Usage(format!("{name} takes {}; {text:?} is not that", ty.describe()));
    let value = match ty {
        FieldType::Str => Value::Text(typed.to_owned()),
        FieldType::Date | FieldType::OneOf(_) => Value::Text(text.to_owned()),
        FieldType::Int | FieldType::Year => Value::Int(text.parse().map_err(|_| wrong())?),
        FieldType::Number => match text.parse() {
            Ok(whole) => Value::Int(whole),
            Err(_) => Value::Number(text.parse().map_err(|_| wrong())?),
        },
        FieldType::Bool => match text {
            "true" | "yes" => Value::Bool(true),
            "false" | "no" => Value::Bool(false),
            _ => return Err(wrong()),
        },
        FieldType::Set(_) => Value::Set(members(text).ok_or_else(wrong)?),
        FieldType::Element(kinds) => Value::Text(lookup.here(text, kinds)?.to_string()),
        FieldType::Reference => Value::Reference(reference(text, lookup)?.ok_or_else(wrong)?),
        FieldType::Quotation => Value::Quotation(quotation(text, lookup)?.ok_or_else(wrong)?),
    };
    ty.check(&value).map_err(|error| Failure::Usage(format!("{name}: {error}")))
}

/// Reads a value from a file of commands: as JSON where it has a type, as typed where it is a text.
pub fn from_json(name: &str, ty: FieldType, json: &Json, lookup: &dyn Lookup) -> Result<Value, Failure> {
    let value = match (ty, json) {
        (_, Json::Null) => Value::Null,
        (FieldType::Element(_), Json::String(text)) => return parse(name, ty, text, lookup),
        (FieldType::Reference | FieldType::Quotation, Json::String(text)) => {
            return parse(name, ty, text, lookup);
        }
        (FieldType::Reference | FieldType::Quotation, Json::Object(_)) => {
            return parse(name, ty, &json.to_string(), lookup);
        }
        _ => serde_json::from_value(json.clone())
            .map_err(|_| Failure::Usage(format!("{name} takes {}; {json} is not that", ty.describe())))?,
    };
    ty.check(&value).map_err(|error| Failure::Usage(format!("{name}: {error}")))
}

fn members(text: &str) -> Option<BTreeSet<String>> {
    if text.starts_with('[') {
        return serde_json::from_str(text).ok();
    }
    Some(text.split(',').map(str::trim).filter(|member| !member.is_empty()).map(str::to_owned).collect())
}

/// A reference: `plan/element`, with a code or an id, or JSON.
pub fn reference(text: &str, lookup: &dyn Lookup) -> Result<Option<Reference>, Failure> {
    let (plan, element) = if text.starts_with('{') {
        let Ok(json) = serde_json::from_str::<Json>(text) else { return Ok(None) };
        let (Some(plan), Some(element)) = (json["plan"].as_str(), json["element"].as_str()) else {
            return Ok(None);
        };
        (plan.to_owned(), element.to_owned())
    } else {
        let Some((plan, element)) = text.split_once('/') else { return Ok(None) };
        (plan.to_owned(), element.to_owned())
    };
    let (plan, element, _) = lookup.there(&plan, &element)?;
    Ok(Some(Reference { plan, element }))
}

fn quotation(text: &str, lookup: &dyn Lookup) -> Result<Option<Quotation>, Failure> {
    if text.starts_with('{') {
        let Ok(json) = serde_json::from_str::<Json>(text) else { return Ok(None) };
        let part = |key: &str| json[key].as_str();
        let (Some(plan), Some(element), Some(field)) = (part("plan"), part("element"), part("field")) else {
            return Ok(None);
        };
        return quoted(plan, element, field, json["seq"].as_u64(), lookup).map(Some);
    }
    let (place, seq) = match text.rsplit_once('@') {
        Some((place, seq)) => match seq.parse() {
            Ok(seq) => (place, Some(seq)),
            Err(_) => return Ok(None),
        },
        None => (text, None),
    };
    let parts: Vec<&str> = place.split('/').collect();
    match parts.as_slice() {
        [plan, element, field] => quoted(plan, element, field, seq, lookup).map(Some),
        _ => Ok(None),
    }
}

fn quoted(
    plan: &str,
    element: &str,
    field: &str,
    seq: Option<u64>,
    lookup: &dyn Lookup,
) -> Result<Quotation, Failure> {
    let (plan, element, head) = lookup.there(plan, element)?;
    Ok(Quotation { plan, element, field: field.to_owned(), seq: seq.map_or(head, Seq) })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    struct Fake;

    impl Lookup for Fake {
        fn here(&self, name: &str, kinds: &[&str]) -> Result<ElementId, Failure> {
            match (name, kinds) {
                ("1", ["goal"]) => Ok("gol-a".parse().unwrap()),
                _ => Err(Failure::NotFound(name.into())),
            }
        }

        fn there(&self, plan: &str, name: &str) -> Result<(PlanId, ElementId, Seq), Failure> {
            let name = if name == "2.7" { "tgt-b" } else { name };
            Ok((plan.parse().unwrap(), name.parse().unwrap(), Seq(40)))
        }
    }

    fn read(ty: FieldType, typed: &str) -> Result<Value, Failure> {
        parse("f", ty, typed, &Fake)
    }

    #[test]
    fn values_are_read_by_type() {
        assert_eq!(read(FieldType::Year, "2027").unwrap(), Value::Int(2027));
        assert_eq!(read(FieldType::Number, " 65.5 ").unwrap(), Value::Number(65.5));
        assert_eq!(read(FieldType::Number, "65.0").unwrap(), Value::Int(65));
        assert_eq!(read(FieldType::Bool, "yes").unwrap(), Value::Bool(true));
        assert_eq!(read(FieldType::Date, "2021-08").unwrap(), Value::Text("2021-08".into()));
        assert_eq!(read(FieldType::Str, "2021").unwrap(), Value::Text("2021".into()));
        let set = Value::Set(["ITU-D".to_owned(), "ITU-R".to_owned()].into());
        assert_eq!(read(FieldType::Set(&["ITU-R", "ITU-D"]), "ITU-R, ITU-D").unwrap(), set);
        assert_eq!(read(FieldType::Set(&[]), r#"["ITU-R","ITU-D"]"#).unwrap(), set);
        assert_eq!(read(FieldType::Element(&["goal"]), "1").unwrap(), Value::Text("gol-a".into()));
    }

    #[test]
    fn references_and_quotations_take_codes() {
        let Value::Reference(to) = read(FieldType::Reference, "former/2.7").unwrap() else {
            panic!("reference")
        };
        assert_eq!((to.plan.as_str(), to.element.as_str()), ("former", "tgt-b"));
        let Value::Quotation(of) = read(FieldType::Quotation, "former/2.7/statement@12").unwrap() else {
            panic!("quotation")
        };
        assert_eq!((of.element.as_str(), of.field.as_str(), of.seq), ("tgt-b", "statement", Seq(12)));
        let json = r#"{"plan":"former","element":"tgt-b","field":"title"}"#;
        let Value::Quotation(of) = read(FieldType::Quotation, json).unwrap() else { panic!("quotation") };
        assert_eq!(of.seq, Seq(40));
    }

    #[test]
    fn what_does_not_fit_says_what_would() {
        let cases = [
            (FieldType::Year, "next year"),
            (FieldType::Year, "20270"),
            (FieldType::Bool, "maybe"),
            (FieldType::Date, "31.8.2021"),
            (FieldType::OneOf(&["met", "not_met"]), "partly"),
            (FieldType::Set(&["ITU-R"]), "ITU-X"),
            (FieldType::Reference, "2.7"),
            (FieldType::Quotation, "a/b@x"),
        ];
        for (ty, typed) in cases {
            let failure = read(ty, typed).unwrap_err();
            assert_eq!(failure.exit_code(), 2, "{typed}");
        }
        assert_eq!(read(FieldType::OneOf(&["met"]), "x").unwrap_err().message(), "f: \"x\" is none of: met");
        assert_eq!(read(FieldType::Element(&["goal"]), "7").unwrap_err().exit_code(), 3);
    }

    #[test]
    fn names_are_looked_up_in_the_table_of_kinds() {
        let target = Kind::named("target").unwrap();
        assert!(matches!(slot_of(target, "statement"), Ok(Slot::Text("statement"))));
        assert!(matches!(slot_of(target, "due_year"), Ok(Slot::Field("due_year", FieldType::Year))));
        assert!(matches!(slot_of(target, "owner"), Ok(Slot::Field("owner", _))));
        let failure = slot_of(target, "due").unwrap_err();
        assert!(failure.message().contains("due_year"), "{}", failure.message());
        assert!(slot_of(Kind::plan(), "owner").is_err());
    }

    #[test]
    fn json_values_are_checked_as_typed_ones() {
        let read = |ty, json: Json| from_json("f", ty, &json, &Fake);
        assert_eq!(read(FieldType::Year, json!(2027)).unwrap(), Value::Int(2027));
        assert_eq!(read(FieldType::Year, json!(null)).unwrap(), Value::Null);
        assert_eq!(read(FieldType::Element(&["goal"]), json!("1")).unwrap(), Value::Text("gol-a".into()));
        assert!(read(FieldType::Year, json!("2027")).is_err());
    }
}
