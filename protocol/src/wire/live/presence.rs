//! Where people are in a plan: told while they are there, never kept.
//!
//! A person says where; who the person is, the server says from the token.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};

use crate::ids::{ElementId, Seq, Subject};
use crate::principal::{Bureau, Role};
use plenary_limits::{TEXT_CHARS_MAX, WHEREABOUTS_CHARS_MAX};

/// Where somebody is in a plan; all of it can be left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Whereabouts {
    /// The element, link, or `plan`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub element: Option<ElementId>,
    /// The field or text.
    #[serde(default, deserialize_with = "name", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Name>")]
    pub field: Option<String>,
    /// The language, for a text.
    #[serde(default, deserialize_with = "name", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Name>")]
    pub lang: Option<String>,
    /// The cursor or selection in the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selection: Option<Selection>,
}

/// A stretch of a text as it stood at an entry; a cursor where both ends are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Selection {
    /// The entry at which the text is read.
    pub base: Seq,
    /// Where it was begun, in code points from the start of the text.
    #[serde(deserialize_with = "position")]
    #[schemars(range(max = TEXT_CHARS_MAX))]
    pub anchor: u32,
    /// Where it has come to, in code points; may lie before `anchor`.
    #[serde(deserialize_with = "position")]
    #[schemars(range(max = TEXT_CHARS_MAX))]
    pub head: u32,
}

/// Somebody at one connection, as the server attests it, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Person {
    /// The connection, as its `welcome` and entries name it.
    pub session: String,
    /// Who.
    pub subject: Subject,
    /// Their name.
    pub name: String,
    /// The Bureau they act for.
    pub bureau: Bureau,
    /// The role they have.
    pub role: Role,
    /// Where they are; absent: gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Whereabouts>,
}

/// The schema of a short name.
struct Name;

impl JsonSchema for Name {
    fn schema_name() -> Cow<'static, str> {
        "Name".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "minLength": 1,
            "maxLength": WHEREABOUTS_CHARS_MAX,
            "pattern": "^[A-Za-z0-9_-]+$",
        })
    }
}

fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let Some(name) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if name.is_empty() || name.len() > WHEREABOUTS_CHARS_MAX || !name.chars().all(fits) {
        let wanted =
            format!("a field or language has 1 to {WHEREABOUTS_CHARS_MAX} of A-Z, a-z, 0-9, '_' and '-'");
        return Err(serde::de::Error::custom(wanted));
    }
    Ok(Some(name))
}

fn position<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let position = u32::deserialize(deserializer)?;
    if position as usize > TEXT_CHARS_MAX {
        let wanted = format!("a position in a text is at most {TEXT_CHARS_MAX}");
        return Err(serde::de::Error::custom(wanted));
    }
    Ok(position)
}
