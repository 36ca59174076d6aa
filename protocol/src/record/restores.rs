//! What a restoration puts back: an earlier point of the plan, and how much of it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{ElementId, Seq};

/// How much of a plan is put back: a field, an element, or, when nothing is named, the whole plan.
///
/// An element is all that it holds, where it stands, and the links that start from it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// Of a text only this language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
    /// Only this field or text of the element; `place` is where it stands, `removed` whether it is removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Only this element or link, or `plan` for the plan's own fields.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub element: Option<ElementId>,
}

/// The point that an entry puts back, and how much of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Restores {
    /// The entry after which it stood so.
    pub seq: Seq,
    /// How much of the plan.
    pub scope: Scope,
}

/// Why a scope means nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    /// A field of nothing.
    #[error("a field is one of an element: name the element too")]
    FieldWithoutElement,
    /// A language of no text.
    #[error("a language is one of a text: name the element and the text too")]
    LangWithoutField,
}

impl Scope {
    /// Checks that it names a field only of an element, and a language only of a field.
    ///
    /// # Errors
    /// `ScopeError` says what is missing.
    pub fn check(&self) -> Result<(), ScopeError> {
        match self {
            Scope { lang: Some(_), field: None, .. } => Err(ScopeError::LangWithoutField),
            Scope { field: Some(_), element: None, .. } => Err(ScopeError::FieldWithoutElement),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(element) = &self.element else { return f.write_str("the whole plan") };
        match (&self.field, &self.lang) {
            (Some(field), Some(lang)) => write!(f, "{field} [{lang}] of {element}"),
            (Some(field), None) => write!(f, "{field} of {element}"),
            (None, _) => element.fmt(f),
        }
    }
}
