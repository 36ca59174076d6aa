//! What the rules find in a plan, as the API tells it.
//!
//! A finding is one fact about some elements.  What it is worth (its severity) depends on the rule, on the
//! stage the plan is at, and on what the plan set for the rule.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::past::{Named, Origin};
use crate::ids::{ClientId, ElementId, PlanId, Seq, Subject};
use crate::plan::Stage;
use crate::principal::{Bureau, UnknownName};
use crate::record::Setting;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum Severity {
    /// It informs.
    I,
    /// It warns.
    W,
    /// It blocks: adoption, and the stages that the rule names.
    E,
}

impl Severity {
    /// All of them, the heaviest first.
    pub const ALL: [Severity; 3] = [Severity::E, Severity::W, Severity::I];

    /// The letter, as in `severity`.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::E => "E",
            Severity::W => "W",
            Severity::I => "I",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Severity {
    type Err = UnknownName;
    fn from_str(text: &str) -> Result<Self, UnknownName> {
        Severity::ALL
            .into_iter()
            .find(|severity| severity.as_str() == text)
            .ok_or_else(|| UnknownName { given: text.to_owned(), known: "E, W, I" })
    }
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// The rule.
    pub code: String,
    /// What it weighs at the plan's stage and by the plan's own settings.
    pub severity: Severity,
    /// The elements of the plan that it is about; none where it is about the plan as a whole.
    pub elements: Vec<ElementId>,
    /// The fact, in one sentence.
    pub says: String,
    /// What would resolve it.
    pub resolve: String,
    /// The stages that the plan cannot go to while it is open.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blocks: Vec<Stage>,
    /// The same elements by their names, then those of the plan before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub named: Vec<Named>,
    /// The elements of the plan before that it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former: Vec<ElementId>,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RuleView {
    /// Its code.
    pub code: String,
    /// Its family.
    pub family: String,
    /// What it weighs, where nothing else is said.
    pub severity: Severity,
    /// The stage from which on it is an `E`, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocks_from: Option<Stage>,
    /// When it finds something.
    pub says: String,
    /// What resolves its findings.
    pub resolve: String,
    /// The principles of the membership's guidance that it serves, by number.
    pub principles: Vec<u8>,
    /// The criteria of a good target that it looks after.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub criteria: Vec<String>,
    /// Whether it compares with the plan before: its findings are told only to those who may read both.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub compares: bool,
}

/// One principle of the membership's guidance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PrincipleView {
    /// Its number.
    pub number: u8,
    /// Its title.
    pub title: String,
}

/// All rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RulesAnswer {
    /// The principles that they serve.
    pub principles: Vec<PrincipleView>,
    /// The rules, family by family.
    pub rules: Vec<RuleView>,
}

/// Body of a setting of a rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleBody {
    /// The client's name for it.
    pub id: ClientId,
    /// The rule's code.
    pub rule: String,
    /// `off`, another severity (`E`, `W`, `I`), or `default`.
    pub to: Setting,
    /// Why.
    pub because: String,
}

/// A rule that is off or weighs otherwise for a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RuleSetting {
    /// The rule's code.
    pub rule: String,
    /// What is set.
    pub to: Setting,
    /// Who set it, in which entry, and why.
    pub set: Origin,
}

/// Who did something, in which entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct By {
    /// The entry.
    pub seq: Seq,
    /// When the server took it in, RFC 3339 UTC.
    pub at: String,
    /// Who.
    pub subject: Subject,
    /// Their name.
    pub name: String,
    /// The Bureau they acted for.
    pub bureau: Bureau,
}

/// One finding with its past.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PastFinding {
    /// The finding as it was told when it was last open.
    #[serde(flatten)]
    pub finding: Finding,
    /// Who introduced it.
    pub introduced: By,
    /// Who resolved it; absent while it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved: Option<By>,
}

/// One line of the history of findings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "line", rename_all = "snake_case")]
pub enum FindingsLine {
    /// What follows.
    Start {
        /// The plan.
        plan: PlanId,
        /// The entry up to which it is told.
        until: Seq,
    },
    /// How far it has come.
    Progress {
        /// Entries looked at.
        seq: Seq,
        /// The last one.
        until: Seq,
    },
    /// A finding, by the entry that introduced it.
    Finding(Box<PastFinding>),
    /// That was all.
    End {
        /// How many findings there were.
        findings: u64,
        /// How many of them are still open.
        open: u64,
        /// How many older ones are left out, beyond the number that is kept.
        left_out: u64,
    },
    /// It could not be told to the end.
    Failed {
        /// Why.
        reason: String,
    },
}
