//! A plan as people and programs read it: the JSON of the API, of exports and of imports.
//!
//! One flat list of elements in reading order, each once; its typed fields stand beside `kind`, its
//! texts under `text.<lang>.<field>`.  `code` is the display code, `own_code` the one it carries
//! itself, if any.  `kind` is a key of elements and links only.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::kinds::{Kind, LinkKind};
use super::value::Value;
use crate::ids::{ElementId, PlanId, Seq};
use crate::principal::{Bureau, UnknownName};

/// Name and version of the plan JSON.
pub const PLAN_SCHEMA: &str = "plenary-plan/1";

/// How far a plan has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The secretariat writes.
    SecretariatDraft,
    /// The membership is asked.
    Consultation,
    /// The Council working group works on it.
    CwgSfp,
    /// Before the Council.
    Council,
    /// Before the Plenipotentiary Conference.
    Plenipotentiary,
    /// In force; refuses edits.
    Adopted,
    /// Given up; refuses edits.
    Withdrawn,
}

impl Stage {
    /// All of them, in order.
    pub const ALL: [Stage; 7] = [
        Stage::SecretariatDraft,
        Stage::Consultation,
        Stage::CwgSfp,
        Stage::Council,
        Stage::Plenipotentiary,
        Stage::Adopted,
        Stage::Withdrawn,
    ];

    /// The name, as in `stage`.
    pub fn as_str(self) -> &'static str {
        match self {
            Stage::SecretariatDraft => "secretariat_draft",
            Stage::Consultation => "consultation",
            Stage::CwgSfp => "cwg_sfp",
            Stage::Council => "council",
            Stage::Plenipotentiary => "plenipotentiary",
            Stage::Adopted => "adopted",
            Stage::Withdrawn => "withdrawn",
        }
    }

    /// Whether the plan can be edited.
    pub fn is_open(self) -> bool {
        !matches!(self, Stage::Adopted | Stage::Withdrawn)
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Stage {
    type Err = UnknownName;
    fn from_str(text: &str) -> Result<Self, UnknownName> {
        Stage::ALL.into_iter().find(|stage| stage.as_str() == text).ok_or_else(|| UnknownName {
            given: text.to_owned(),
            known: "secretariat_draft, consultation, cwg_sfp, council, plenipotentiary, adopted, withdrawn",
        })
    }
}

/// One of several values that people gave a field at the same time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConcurrentValue {
    /// The value.
    pub value: Value,
    /// Who gave it.
    pub subject: String,
    /// Their name.
    pub name: String,
    /// The Bureau they acted for.
    pub bureau: Bureau,
    /// The entry.
    pub seq: Seq,
    /// When the server took it in, RFC 3339 UTC.
    pub at: String,
}

/// Texts by language and name.
pub type Texts = BTreeMap<String, BTreeMap<String, String>>;

/// One element.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ElementView {
    /// Its stable id.
    pub id: ElementId,
    /// Its kind.
    pub kind: Kind,
    /// Its display code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The display code it carries itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_code: Option<String>,
    /// The element it stands under; none at the top of the plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<ElementId>,
    /// Its place among its siblings.
    pub order: String,
    /// The Bureau it belongs to, where it says so itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Bureau>,
    /// Whether it is removed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub removed: bool,
    /// Its texts; empty ones are left out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub text: Texts,
    /// Fields that hold several values at once, with who gave each; the one in force first.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub concurrent: BTreeMap<String, Vec<ConcurrentValue>>,
    /// Its typed fields; absent ones are left out.
    #[serde(flatten)]
    pub fields: BTreeMap<String, Value>,
}

impl ElementView {
    /// What people call it: its title, or the start of its statement, in `lang` or any language.
    pub fn label(&self, lang: &str) -> String {
        let pick = |texts: &BTreeMap<String, String>| {
            ["title", "statement", "as_printed", "rationale", "former"]
                .iter()
                .find_map(|name| texts.get(*name).filter(|text| !text.is_empty()).cloned())
        };
        self.text
            .get(lang)
            .and_then(pick)
            .or_else(|| self.text.values().find_map(pick))
            .or_else(|| {
                ["dimension", "reference", "role", "amount", "of"]
                    .iter()
                    .find_map(|name| self.fields.get(*name).map(Value::to_string))
            })
            .unwrap_or_default()
    }
}

/// One link.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LinkView {
    /// Its stable id.
    pub id: ElementId,
    /// Its kind.
    pub kind: LinkKind,
    /// The element it starts from.
    pub from: ElementId,
    /// The element it ends in.
    pub to: ElementId,
    /// Whether it is removed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub removed: bool,
    /// A remark.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Fields that hold several values at once.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub concurrent: BTreeMap<String, Vec<ConcurrentValue>>,
    /// Its typed fields.
    #[serde(flatten)]
    pub fields: BTreeMap<String, Value>,
}

/// A plan at one point of its history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlanView {
    /// `plenary-plan/1`.
    pub schema: String,
    /// The plan.
    pub id: PlanId,
    /// Its title.
    pub title: String,
    /// How far it has come.
    pub stage: Stage,
    /// The entry this is the state after.
    pub seq: Seq,
    /// When that entry was taken in, RFC 3339 UTC.
    #[serde(default)]
    pub at: String,
    /// The document's address, `automerge:…`.
    #[serde(default)]
    pub document: String,
    /// The plan's own fields.
    pub plan: BTreeMap<String, Value>,
    /// The plan's own fields that hold several values at once.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub concurrent: BTreeMap<String, Vec<ConcurrentValue>>,
    /// Its elements in reading order.
    pub elements: Vec<ElementView>,
    /// Its links, by id.
    pub links: Vec<LinkView>,
}

impl PlanView {
    /// The language of the original, `en` unless the plan names another.
    pub fn language(&self) -> &str {
        match self.plan.get("language") {
            Some(Value::Text(language)) => language,
            _ => "en",
        }
    }

    /// The element of that id.
    pub fn element(&self, id: &ElementId) -> Option<&ElementView> {
        self.elements.iter().find(|element| element.id == *id)
    }

    /// Elements that are removed or stand, at whatever depth, under one that is.
    pub fn hidden(&self) -> HashSet<&ElementId> {
        let mut hidden = HashSet::new();
        // Reading order: a parent stands before its children.
        for element in &self.elements {
            if element.removed || element.parent.as_ref().is_some_and(|parent| hidden.contains(parent)) {
                hidden.insert(&element.id);
            }
        }
        hidden
    }
}
