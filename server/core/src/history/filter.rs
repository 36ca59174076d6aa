//! What somebody asks of the past: everything that is named must hold, nothing named means all.
//!
//! Some parts ask for entries (who, when, in answer to what), others for rows of a change (element,
//! subtree, field, kind, what was done).  Whether an element is in a subtree depends on the entries
//! before; `Index` knows them.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use plenary_protocol::ids::Subject;
use plenary_protocol::principal::UnknownName;
use plenary_protocol::record::RowOp;
use plenary_protocol::wire::event::{EventView, What};
use plenary_protocol::{Bureau, ElementId, Seq};

use super::index::Matched;
use super::needle::Needle;

/// The act of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ActType {
    /// The plan was created.
    PlanCreated,
    /// An actor id was bound to a subject.
    ActorBound,
    /// The plan changed.
    Change,
    /// The plan went to another stage.
    StageAdvanced,
    /// Others may read the plan.
    AccessChanged,
    /// A replica's change was refused.
    Refused,
    /// A point got a name.
    VersionNamed,
    /// A version was signed.
    VersionSigned,
    /// Something left the house.
    Exported,
    /// A rule of coherence was set.
    RuleSet,
    /// Changes were set aside.
    Quarantined,
    /// A change that was set aside later.
    SetAside,
}

impl ActType {
    /// All of them.
    pub const ALL: [ActType; 12] = [
        ActType::PlanCreated,
        ActType::ActorBound,
        ActType::Change,
        ActType::StageAdvanced,
        ActType::AccessChanged,
        ActType::Refused,
        ActType::VersionNamed,
        ActType::VersionSigned,
        ActType::Exported,
        ActType::RuleSet,
        ActType::Quarantined,
        ActType::SetAside,
    ];

    /// The act of what an entry did.
    pub fn of(what: &What) -> ActType {
        match what {
            What::PlanCreated { .. } => ActType::PlanCreated,
            What::ActorBound { .. } => ActType::ActorBound,
            What::Change { .. } => ActType::Change,
            What::StageAdvanced { .. } => ActType::StageAdvanced,
            What::AccessChanged { .. } => ActType::AccessChanged,
            What::Refused { .. } => ActType::Refused,
            What::VersionNamed { .. } => ActType::VersionNamed,
            What::VersionSigned { .. } => ActType::VersionSigned,
            What::Exported(_) => ActType::Exported,
            What::RuleSet { .. } => ActType::RuleSet,
            What::Quarantined { .. } => ActType::Quarantined,
            What::SetAside { .. } => ActType::SetAside,
        }
    }

    /// The name, as in `type`.
    pub fn as_str(self) -> &'static str {
        match self {
            ActType::PlanCreated => "plan_created",
            ActType::ActorBound => "actor_bound",
            ActType::Change => "change",
            ActType::StageAdvanced => "stage_advanced",
            ActType::AccessChanged => "access_changed",
            ActType::Refused => "refused",
            ActType::VersionNamed => "version_named",
            ActType::VersionSigned => "version_signed",
            ActType::Exported => "exported",
            ActType::RuleSet => "rule_set",
            ActType::Quarantined => "quarantined",
            ActType::SetAside => "set_aside",
        }
    }
}

impl fmt::Display for ActType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for ActType {
    type Err = UnknownName;
    fn from_str(text: &str) -> Result<Self, UnknownName> {
        ActType::ALL.into_iter().find(|act| act.as_str() == text).ok_or_else(|| UnknownName {
            given: text.to_owned(),
            known: "plan_created, actor_bound, change, stage_advanced, access_changed, refused, \
                    version_named, version_signed, exported, rule_set",
        })
    }
}

/// The name of what a row does, as in `op`.
pub fn op_name(op: RowOp) -> &'static str {
    op.as_str()
}

/// Reads the name of what a row does.
///
/// # Errors
/// `UnknownName` names the known ones.
pub fn parse_op(text: &str) -> Result<RowOp, UnknownName> {
    [RowOp::Add, RowOp::Set, RowOp::Text, RowOp::Move, RowOp::Remove, RowOp::Restore]
        .into_iter()
        .find(|op| op_name(*op) == text)
        .ok_or_else(|| UnknownName { given: text.to_owned(), known: "add, set, text, move, remove, restore" })
}

/// What somebody asks of the past.
///
/// An empty set and an absent value ask nothing; a set asks for one of its members; all that is
/// asked must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Rows of these elements or links.
    pub elements: BTreeSet<ElementId>,
    /// Rows of this element and everything under it as of the entry: just before or just after it.
    ///
    /// A link counts to the element it starts from; `plan` means everything.
    pub subtree: Option<ElementId>,
    /// Rows of these fields.
    pub fields: BTreeSet<String>,
    /// Rows of elements and links of these kinds.
    pub kinds: BTreeSet<String>,
    /// Rows that do one of these.
    pub ops: BTreeSet<RowOp>,
    /// Rows whose old or new value holds this.
    ///
    /// The index does not know values: what it gives for such a filter are candidates, of which `keep`
    /// says what matches.
    pub text: Option<Needle>,
    /// Entries of these people.
    pub subjects: BTreeSet<Subject>,
    /// Entries for these Bureaux.
    pub bureaux: BTreeSet<Bureau>,
    /// Entries of these acts.
    pub acts: BTreeSet<ActType>,
    /// Entries in answer to this.
    pub answers: Option<ElementId>,
    /// Entries taken in at this server time or later, microseconds since 1970 UTC.
    pub since_us: Option<i64>,
    /// Entries taken in at this server time or earlier, microseconds since 1970 UTC.
    pub until_us: Option<i64>,
    /// Entries from this position on.
    pub from_seq: Option<Seq>,
    /// Entries up to this position.
    pub to_seq: Option<Seq>,
}

impl Filter {
    /// Whether rows are asked for, so that entries without rows cannot match.
    pub fn asks_rows(&self) -> bool {
        self.subtree.is_some()
            || self.text.is_some()
            || !self.elements.is_empty()
            || !self.fields.is_empty()
            || !self.kinds.is_empty()
            || !self.ops.is_empty()
    }

    /// What matches of a candidate, once its entry is opened: the rows that hold the text looked for;
    /// `None` when none does.
    pub fn keep(&self, candidate: Matched, event: &EventView) -> Option<Matched> {
        let Some(needle) = &self.text else { return Some(candidate) };
        let Matched { seq, mut rows } = candidate;
        rows.retain(|row| event.edits().get(*row).is_some_and(|row| needle.is_in_row(row)));
        (!rows.is_empty()).then_some(Matched { seq, rows })
    }
}
