//! What an entry says: the act, in domain words, with old and new values.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::restores::Restores;
use super::{ExportFormat, Exported};
use crate::access::Access;
use crate::ids::{Digest, ElementId, Seq, VersionName};
use crate::plan::{Stage, Value};
use crate::principal::UnknownName;
use crate::version::SignedAs;

/// Version of the code that derives edit rows from a change.
pub const SUMMARY_VERSION: u16 = 1;

/// What an edit row reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RowOp {
    /// An element or link was made.
    Add,
    /// A field got a value, or lost it.
    Set,
    /// A text changed.
    Text,
    /// An element went to another place.
    Move,
    /// An element or link was removed.
    Remove,
    /// A removed element or link was brought back.
    Restore,
}

impl RowOp {
    /// The name, as in `op`.
    pub fn as_str(self) -> &'static str {
        match self {
            RowOp::Add => "add",
            RowOp::Set => "set",
            RowOp::Text => "text",
            RowOp::Move => "move",
            RowOp::Remove => "remove",
            RowOp::Restore => "restore",
        }
    }
}

/// One thing that a change did, in domain words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EditRow {
    /// For a text: where the change begins, in code points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<u64>,
    /// What it did.
    pub op: RowOp,
    /// The value after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Value>,
    /// The value before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Value>,
    /// The kind of the element or link.
    pub kind: String,
    /// The language, for a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
    /// The field; for additions, removals and moves the key that carries them.
    pub field: String,
    /// For a text: what was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted: Option<String>,
    /// The element or link.
    pub element: ElementId,
    /// For a text: what was inserted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inserted: Option<String>,
    /// Whether the field holds several values after it, this one among them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub concurrent: bool,
}

/// A change of the plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChangeAct {
    /// What it did, in order.
    pub edits: Vec<EditRow>,
    /// The raw, uncompressed Automerge change.
    #[serde(with = "serde_bytes")]
    pub change: Vec<u8>,
    /// The point that it puts back, where it does.  Since schema 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restores: Option<Restores>,
    /// Version of the code that derived `edits`.
    pub summary_version: u16,
}

/// What a plan sets for a rule of coherence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum Setting {
    /// What the rule says of itself.
    #[serde(rename = "default")]
    Default,
    /// It is not looked at.
    #[serde(rename = "off")]
    Off,
    /// Its findings block.
    E,
    /// Its findings warn.
    W,
    /// Its findings inform.
    I,
}

impl Setting {
    /// All of them.
    pub const ALL: [Setting; 5] = [Setting::Default, Setting::Off, Setting::E, Setting::W, Setting::I];

    /// The name, as in `to`.
    pub fn as_str(self) -> &'static str {
        match self {
            Setting::Default => "default",
            Setting::Off => "off",
            Setting::E => "E",
            Setting::W => "W",
            Setting::I => "I",
        }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Setting {
    type Err = UnknownName;
    fn from_str(text: &str) -> Result<Self, UnknownName> {
        Setting::ALL
            .into_iter()
            .find(|setting| setting.as_str() == text)
            .ok_or_else(|| UnknownName { given: text.to_owned(), known: "default, off, E, W, I" })
    }
}

/// The act of an entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// The plan was created.
    PlanCreated {
        /// Its stage from the first day.
        stage: Stage,
        /// Its title then.
        title: String,
        /// Its document's address, `automerge:…`.
        document: String,
    },
    /// An actor id was seen first and belongs to the entry's subject from now on.
    ActorBound {
        /// Whether the server keeps it, for the subject's thin commands.
        thin: bool,
        /// The actor id.
        #[serde(with = "serde_bytes")]
        actor: Vec<u8>,
    },
    /// The plan changed.
    Change(ChangeAct),
    /// The plan went to another stage.
    StageAdvanced {
        /// The stage after.
        to: Stage,
        /// The stage before.
        from: Stage,
        /// By rule, how many findings of the plan alone held it up, where it went on despite them.
        /// Since schema 5.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        despite: BTreeMap<String, u64>,
    },
    /// Others may read the plan from now on.  Since schema 2.
    AccessChanged {
        /// Who may read it after.
        to: Access,
        /// Who might before.
        from: Access,
    },
    /// A replica's change was refused, or several were.
    Refused {
        /// Stable code of the refusal.
        code: String,
        /// Of how many refusals this tells, where it tells of more than itself: those of one subject in about
        /// a minute that have no entries of their own; the rest is of the last of them.  Since schema 4.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        count: Option<u64>,
        /// The change's hash, where it could be read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        change: Option<Digest>,
        /// Why, in words.
        reason: String,
    },
    /// A point of the log got a name.  Since schema 3.
    VersionNamed {
        /// The entry.
        seq: Seq,
        /// Its leaf hash.
        leaf: Digest,
        /// The name.
        name: VersionName,
        /// What it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// Somebody signed a version.  Since schema 3.
    VersionSigned {
        /// The entry that the version names.
        seq: Seq,
        /// The leaf hash of that entry.
        leaf: Digest,
        /// The version.
        name: VersionName,
        /// What they say of it.
        meaning: SignedAs,
    },
    /// Something of the plan's past or present left the house.  Since schema 3; documents and tables since 5.
    Exported(Exported),
    /// A rule of coherence was set off, or to weigh otherwise, for this plan.  Since schema 5.
    RuleSet {
        /// What is set after.
        to: Setting,
        /// What was set before.
        from: Setting,
        /// The rule's code.
        rule: String,
    },
    /// Changes that the saved document does not load with were set aside: from now on nobody reads them as
    /// changes.  Since schema 6.
    Quarantined {
        /// Their entries, in order: those at fault, and those that hang on them.
        seqs: Vec<Seq>,
        /// What is wrong with them.
        reason: String,
        /// The quarantine before this one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        earlier: Option<Seq>,
        /// The document's address from now on.
        document: String,
    },
    /// A change that a quarantine names, as it is read; nothing is written so.
    #[serde(skip)]
    SetAside {
        /// The quarantine.
        by: Seq,
        /// The change.
        change: ChangeAct,
    },
}

impl Act {
    /// The name of the act, `type` of the envelope.
    pub fn name(&self) -> &'static str {
        match self {
            Act::PlanCreated { .. } => "plan_created",
            Act::ActorBound { .. } => "actor_bound",
            Act::Change(_) | Act::SetAside { .. } => "change",
            Act::StageAdvanced { .. } => "stage_advanced",
            Act::AccessChanged { .. } => "access_changed",
            Act::Refused { .. } => "refused",
            Act::VersionNamed { .. } => "version_named",
            Act::VersionSigned { .. } => "version_signed",
            Act::Exported(_) => "exported",
            Act::RuleSet { .. } => "rule_set",
            Act::Quarantined { .. } => "quarantined",
        }
    }

    /// The version of the payload's schema in which the act came: a program that does not know it says
    /// so, and one that writes other acts writes what older programs read.
    pub fn schema(&self) -> u16 {
        match self {
            Act::Quarantined { .. } => 6,
            Act::RuleSet { .. } => 5,
            Act::StageAdvanced { despite, .. } if !despite.is_empty() => 5,
            Act::Refused { count: Some(_), .. } => 4,
            Act::Change(ChangeAct { restores: Some(_), .. })
            | Act::SetAside { change: ChangeAct { restores: Some(_), .. }, .. } => 3,
            Act::PlanCreated { .. }
            | Act::ActorBound { .. }
            | Act::Change(_)
            | Act::SetAside { .. }
            | Act::StageAdvanced { .. }
            | Act::Refused { .. } => 1,
            Act::AccessChanged { .. } => 2,
            Act::VersionNamed { .. } | Act::VersionSigned { .. } => 3,
            Act::Exported(Exported { content: Some(_), .. }) => 5,
            Act::Exported(Exported { format, .. }) => match format {
                ExportFormat::Lines | ExportFormat::Stratml | ExportFormat::Docx | ExportFormat::Xlsx => 5,
                ExportFormat::Plan
                | ExportFormat::Jsonl
                | ExportFormat::Csv
                | ExportFormat::Html
                | ExportFormat::Evidence => 3,
            },
        }
    }

    /// The edit rows of a change; none for other acts, and none of a change that was set aside.
    pub fn edits(&self) -> &[EditRow] {
        match self {
            Act::Change(change) => &change.edits,
            _ => &[],
        }
    }
}

/// What an envelope commits to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Payload {
    /// The act.
    pub act: Act,
    /// The author's name as shown to people.
    pub name: String,
    /// What it answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<ElementId>,
    /// Why it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// Digest of what was asked under the client's name, so that the same name for something else is
    /// noticed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Digest>,
}
