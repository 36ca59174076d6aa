//! The value of one field, and the check of a value against the type its kind gives the field.

use std::collections::BTreeSet;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::kinds::FieldType;
use crate::ids::{ElementId, PlanId, Seq};
use plenary_limits::{SCALAR_BYTES_MAX, SET_MEMBER_BYTES_MAX, SET_MEMBERS_MAX};

/// An element of a plan, possibly another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// The plan.
    pub plan: PlanId,
    /// The element in it.
    pub element: ElementId,
}

/// A field of an element of a plan, as of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Quotation {
    /// The plan.
    pub plan: PlanId,
    /// The element in it.
    pub element: ElementId,
    /// The field or text that is quoted.
    pub field: String,
    /// The entry as of which it is quoted.
    pub seq: Seq,
}

/// The value of one field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(
    untagged,
    expecting = "expected a value: null, true or false, a number, a text, a list of texts, {plan, element} or {plan, element, field, seq}"
)]
pub enum Value {
    /// Not given.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Number(f64),
    /// A short text.
    Text(String),
    /// A set of short texts; of one that stands in it twice, one counts.
    Set(#[schemars(with = "Vec<String>", length(max = SET_MEMBERS_MAX))] BTreeSet<String>),
    /// A field of another element, as of an entry.
    Quotation(Quotation),
    /// Another element.
    Reference(Reference),
}

/// Why a value does not fit its field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// The value is of another type.
    #[error("expected {expected}, found {found}")]
    Type {
        /// What the field holds, in words.
        expected: String,
        /// What was given, in words.
        found: String,
    },
    /// The value is not of the vocabulary.
    #[error("{found:?} is none of: {allowed}")]
    Vocabulary {
        /// What was given.
        found: String,
        /// The vocabulary.
        allowed: String,
    },
    /// The value is longer than the limit.
    #[error("{actual} bytes are more than the {max} that fit here")]
    Size {
        /// Most bytes (or members) allowed.
        max: usize,
        /// Bytes (or members) given.
        actual: usize,
    },
}

impl FieldType {
    /// What the field holds, in words.
    pub fn describe(self) -> String {
        match self {
            FieldType::Str => "a text".into(),
            FieldType::Int => "a whole number".into(),
            FieldType::Number => "a number".into(),
            FieldType::Bool => "true or false".into(),
            FieldType::Year => "a year (1800 to 2200)".into(),
            FieldType::Date => "a date (2021, 2021-08 or 2021-08-31)".into(),
            FieldType::OneOf(words) => format!("one of: {}", words.join(", ")),
            FieldType::Set([]) => "a list of texts".into(),
            FieldType::Set(words) => format!("a list of: {}", words.join(", ")),
            FieldType::Element([]) => "the id of an element".into(),
            FieldType::Element(kinds) => format!("the id of an element of kind {}", kinds.join(" or ")),
            FieldType::Reference => "a reference {plan, element}".into(),
            FieldType::Quotation => "a quotation {plan, element, field, seq}".into(),
        }
    }

    /// Checks a value and brings it to the one form that is stored; `Null` (not given) always fits.
    ///
    /// # Errors
    /// `ValueError` names what was expected and what was found.
    pub fn check(self, value: &Value) -> Result<Value, ValueError> {
        let wrong = || ValueError::Type { expected: self.describe(), found: value.describe() };
        match (self, value) {
            (_, Value::Null) => Ok(Value::Null),
            (FieldType::Str, Value::Text(text)) => {
                size(text.len(), SCALAR_BYTES_MAX)?;
                Ok(value.clone())
            }
            (FieldType::Int | FieldType::Number, Value::Int(_)) | (FieldType::Bool, Value::Bool(_)) => {
                Ok(value.clone())
            }
            (FieldType::Number, Value::Number(number)) if number.is_finite() => Ok(whole(*number)),
            (FieldType::Int | FieldType::Year, Value::Number(number)) => match whole(*number) {
                whole @ Value::Int(_) => self.check(&whole),
                _ => Err(wrong()),
            },
            (FieldType::Year, Value::Int(year)) if (1800..=2200).contains(year) => Ok(value.clone()),
            (FieldType::Date, Value::Text(text)) if is_date(text) => Ok(value.clone()),
            (FieldType::OneOf(words), Value::Text(text)) => word(words, text).map(|()| value.clone()),
            (FieldType::Set(words), Value::Set(members)) => {
                size(members.len(), SET_MEMBERS_MAX)?;
                for member in members {
                    size(member.len(), SET_MEMBER_BYTES_MAX)?;
                    if member.is_empty() {
                        return Err(ValueError::Type {
                            expected: self.describe(),
                            found: "an empty text in it".into(),
                        });
                    }
                    if !words.is_empty() {
                        word(words, member)?;
                    }
                }
                Ok(value.clone())
            }
            (FieldType::Element(_), Value::Text(text)) if text.parse::<ElementId>().is_ok() => {
                Ok(value.clone())
            }
            (FieldType::Reference, Value::Reference(_)) | (FieldType::Quotation, Value::Quotation(_)) => {
                Ok(value.clone())
            }
            _ => Err(wrong()),
        }
    }
}

fn size(actual: usize, max: usize) -> Result<(), ValueError> {
    if actual > max { Err(ValueError::Size { max, actual }) } else { Ok(()) }
}

fn word(words: &[&str], text: &str) -> Result<(), ValueError> {
    if words.contains(&text) {
        Ok(())
    } else {
        Err(ValueError::Vocabulary { found: text.to_owned(), allowed: words.join(", ") })
    }
}

/// A float that is a whole number becomes one, so that 65 and 65.0 are the same value.
fn whole(number: f64) -> Value {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() < EXACT {
        Value::Int(number as i64)
    } else {
        Value::Number(number)
    }
}

fn is_date(text: &str) -> bool {
    let digits = |part: &str, len: usize, range: std::ops::RangeInclusive<u32>| {
        part.len() == len
            && part.bytes().all(|b| b.is_ascii_digit())
            && part.parse().is_ok_and(|n| range.contains(&n))
    };
    let mut parts = text.split('-');
    parts.next().is_some_and(|year| digits(year, 4, 1800..=2200))
        && parts.next().is_none_or(|month| digits(month, 2, 1..=12))
        && parts.next().is_none_or(|day| digits(day, 2, 1..=31) && text.parse::<jiff::civil::Date>().is_ok())
        && parts.next().is_none()
}

impl Value {
    /// What it is, in words, for error messages.
    pub fn describe(&self) -> String {
        match self {
            Value::Null => "nothing".into(),
            Value::Bool(value) => value.to_string(),
            Value::Int(value) => format!("the number {value}"),
            Value::Number(value) => format!("the number {value}"),
            Value::Text(text) => {
                let head: String = text.chars().take(40).collect();
                format!("the text {head:?}")
            }
            Value::Set(_) => "a list".into(),
            Value::Quotation(_) => "a quotation".into(),
            Value::Reference(_) => "a reference".into(),
        }
    }

    /// Whether it stands for "not given": null, or an empty set.
    pub fn is_absent(&self) -> bool {
        match self {
            Value::Null => true,
            Value::Set(members) => members.is_empty(),
            _ => false,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("–"),
            Value::Bool(value) => value.fmt(f),
            Value::Int(value) => value.fmt(f),
            Value::Number(value) => value.fmt(f),
            Value::Text(text) => f.write_str(text),
            Value::Set(members) => {
                f.write_str(&members.iter().map(String::as_str).collect::<Vec<_>>().join(", "))
            }
            Value::Reference(to) => write!(f, "{}/{}", to.plan, to.element),
            Value::Quotation(of) => write!(f, "{}/{}/{}@{}", of.plan, of.element, of.field, of.seq),
        }
    }
}

/// How a value lies in the document: one scalar, so that two writers never mix halves of it.
///
/// A reference is `plan/element`, a quotation `plan/element/field@seq`.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Number(f64),
    /// A text.
    Text(String),
}

impl Value {
    /// The scalar that stands for it in the document; `None` for null and for sets, which lie there
    /// as a deleted key and as a map of members.
    pub fn to_scalar(&self) -> Option<Scalar> {
        match self {
            Value::Null | Value::Set(_) => None,
            Value::Bool(value) => Some(Scalar::Bool(*value)),
            Value::Int(value) => Some(Scalar::Int(*value)),
            Value::Number(value) => Some(Scalar::Number(*value)),
            Value::Text(text) => Some(Scalar::Text(text.clone())),
            Value::Reference(_) | Value::Quotation(_) => Some(Scalar::Text(self.to_string())),
        }
    }

    /// Reads a scalar of the document as a value of a field of that type.
    ///
    /// # Errors
    /// `ValueError` when it does not fit the type.
    pub fn from_scalar(scalar: Scalar, ty: FieldType) -> Result<Value, ValueError> {
        let value = match (ty, scalar) {
            (FieldType::Reference, Scalar::Text(text)) => {
                parse_reference(&text).map_or(Value::Text(text), Value::Reference)
            }
            (FieldType::Quotation, Scalar::Text(text)) => {
                parse_quotation(&text).map_or(Value::Text(text), Value::Quotation)
            }
            (_, Scalar::Bool(value)) => Value::Bool(value),
            (_, Scalar::Int(value)) => Value::Int(value),
            (_, Scalar::Number(value)) => Value::Number(value),
            (_, Scalar::Text(text)) => Value::Text(text),
        };
        ty.check(&value)
    }
}

fn parse_reference(text: &str) -> Option<Reference> {
    let (plan, element) = text.split_once('/')?;
    Some(Reference { plan: plan.parse().ok()?, element: element.parse().ok()? })
}

fn parse_quotation(text: &str) -> Option<Quotation> {
    let (place, seq) = text.rsplit_once('@')?;
    let mut parts = place.splitn(3, '/');
    Some(Quotation {
        plan: parts.next()?.parse().ok()?,
        element: parts.next()?.parse().ok()?,
        field: parts.next()?.to_owned(),
        seq: Seq(seq.parse().ok()?),
    })
}
