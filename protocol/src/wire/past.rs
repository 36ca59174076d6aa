//! The past in answers of the HTTP API: differences, who wrote what, time lines, appearances.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{ElementId, PlanId, Seq, Subject};
use crate::plan::{PlanView, Value};
use crate::principal::{Bureau, Role};
use crate::wire::codes::RefusalCode;
use crate::wire::event::EventView;

/// Who did it, in which entry, when and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Origin {
    /// The entry.
    pub seq: Seq,
    /// When the server took it in, RFC 3339 UTC.
    pub at: String,
    /// When the client claims to have done it, where that differs by more than a minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed_at: Option<String>,
    /// How many entries its author had not seen; absent when none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub behind: Option<u64>,
    /// Who.
    pub subject: Subject,
    /// Their name.
    pub name: String,
    /// The Bureau they acted for.
    pub bureau: Bureau,
    /// The role they had.
    pub role: Role,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// What it answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<ElementId>,
}

/// An element or link by all its names, as of the moment asked about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Named {
    /// The element or link.
    pub element: ElementId,
    /// Its kind.
    pub kind: String,
    /// Its display code at the moment asked about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Its display code today, where that is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_now: Option<String>,
    /// Its title, or the start of its statement.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label: String,
}

/// A stretch of a text that is compared with another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "op", content = "text", rename_all = "snake_case")]
pub enum Segment {
    /// In both.
    Equal(String),
    /// Only in the earlier text.
    Deleted(String),
    /// Only in the later text.
    Inserted(String),
}

/// What differs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// It is there, and was not.
    Added {
        /// What it stands under, or for a link where it starts; absent at the top of the plan.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<Named>,
        /// For a link: where it ends.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<Named>,
    },
    /// It was there, and is not, or is marked removed.
    Removed,
    /// It is there again, and was marked removed.
    Restored,
    /// It stands at another place; under the same element, if `from` and `to` are one.
    Moved {
        /// What it stood under, named as of then; absent at the top of the plan.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<Named>,
        /// What it stands under; absent at the top of the plan.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<Named>,
    },
    /// It has another display code because others came, went or moved.
    Renumbered,
    /// A field has another value.
    Set {
        /// The field.
        field: String,
        /// The earlier value; absent where none was given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<Value>,
        /// The later value; absent where none is given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<Value>,
    },
    /// A text reads differently.
    Text {
        /// The text.
        field: String,
        /// Its language; absent for the remark of a link.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lang: Option<String>,
        /// Both texts, word by word.
        segments: Vec<Segment>,
    },
}

/// One difference between two points of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Difference {
    /// What it is about, named as of the later point, or the earlier one where it is gone.
    #[serde(flatten)]
    pub about: Named,
    /// Its display code at the earlier point, where that is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_before: Option<String>,
    /// What differs.
    #[serde(flatten)]
    pub what: Change,
}

/// A point of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlanPoint {
    /// The plan.
    pub plan: PlanId,
    /// The entry this is the state after.
    pub seq: Seq,
    /// When that entry was taken in, RFC 3339 UTC.
    pub at: String,
}

/// What differs between two points of a plan, in reading order of the later one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DiffAnswer {
    /// The earlier point.
    pub from: PlanPoint,
    /// The later point.
    pub to: PlanPoint,
    /// The differences.
    pub differences: Vec<Difference>,
}

/// An element that a former one lives on in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Heir {
    /// The element.
    #[serde(flatten)]
    pub about: Named,
    /// Its texts against those of the former element of the same name and language.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub texts: Vec<Change>,
}

/// What became of a former element, as one disposition says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Fate {
    /// The disposition.
    pub disposition: ElementId,
    /// Its type.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub rationale: String,
    /// Where it lives on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub heirs: Vec<Heir>,
}

/// A former element and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Former {
    /// The former element, named as the former plan does.
    #[serde(flatten)]
    pub about: Named,
    /// What became of it.
    pub fates: Vec<Fate>,
}

/// A new element and why it has no predecessor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Newcomer {
    /// The element.
    #[serde(flatten)]
    pub about: Named,
    /// Why it has no predecessor, where it says so.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// A plan against the one before it, along the dispositions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PredecessorDiff {
    /// The plan.
    pub plan: PlanPoint,
    /// The plan before it.
    pub predecessor: PlanPoint,
    /// Former elements that dispositions are about, in reading order of the former plan.
    pub former: Vec<Former>,
    /// Former elements of the kinds that dispositions are about that none is about.
    pub without_disposition: Vec<Named>,
    /// Elements of the kinds that former ones live on in that none lives on in.
    pub without_predecessor: Vec<Newcomer>,
    /// Dispositions whose former element is not in the former plan.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dangling: Vec<ElementId>,
}

/// A run of characters written in one entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Run {
    /// The characters.
    pub text: String,
    /// The entry that wrote them; absent where entries cannot tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<Seq>,
    /// The entry that deleted them; absent where they stand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted: Option<Seq>,
}

/// Who wrote which part of what stands in a field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FieldBlame {
    /// The field or text; `place` is where it stands, `removed` whether it is removed.
    pub field: String,
    /// The language, for a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
    /// What stands there; absent where nothing does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// The entry that gave the value, or last changed the text; absent where entries cannot tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<Seq>,
    /// Of a text: its characters in order, each run with the entry that wrote it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<Run>,
    /// Of a set: the entry that added each member, in the order of the members.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<MemberBlame>,
}

/// Who added a member of a set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MemberBlame {
    /// The member.
    pub member: String,
    /// The entry that added it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<Seq>,
}

/// Who gave an element what it holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BlameAnswer {
    /// The plan.
    pub plan: PlanId,
    /// The entry asked about.
    pub seq: Seq,
    /// The element or link.
    #[serde(flatten)]
    pub about: Named,
    /// The entry that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made: Option<Seq>,
    /// Its fields.
    pub fields: Vec<FieldBlame>,
    /// The entries named above, ascending.
    pub entries: Vec<Origin>,
}

/// One value that a field or text had.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TimelineStep {
    /// Who gave it, in which entry; of a text the last of the step.
    #[serde(flatten)]
    pub origin: Origin,
    /// The first entry of the step: keystrokes of one person in a row are one step.
    pub first: Seq,
    /// How many edits it is made of.
    pub edits: u64,
    /// The value before; absent where none was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Value>,
    /// The value after; absent where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Value>,
    /// Whether the field held several values after it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub concurrent: bool,
}

/// The values that a field or text had, oldest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TimelineAnswer {
    /// The plan.
    pub plan: PlanId,
    /// The entry asked about.
    pub seq: Seq,
    /// The element or link.
    #[serde(flatten)]
    pub about: Named,
    /// The field or text.
    pub field: String,
    /// The language, for a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
    /// How many steps there were before the ones told.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_out: u64,
    /// The steps.
    pub steps: Vec<TimelineStep>,
}

/// Where a word or number appeared, and whether it went again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Appearance {
    /// The element or link.
    #[serde(flatten)]
    pub about: Named,
    /// The field or text.
    pub field: String,
    /// The language, for a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
    /// The entry in which it first appeared there.
    pub first: Origin,
    /// The entry in which it last went; absent where it never did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_gone: Option<Origin>,
    /// Whether it stands there at the moment asked about.
    pub stands: bool,
    /// How many times it appeared there after not being there.
    pub times: u64,
}

/// Where a word or number appeared, by first appearance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AppearancesAnswer {
    /// The plan.
    pub plan: PlanId,
    /// The entry asked about.
    pub seq: Seq,
    /// What was looked for.
    pub text: String,
    /// Where it appeared.
    pub appearances: Vec<Appearance>,
}

/// One line of a replay: `start`, entries, then `end`; or `failed` in its place.
///
/// A stream that ends without either was cut: it is gone on with from the last entry that came.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "line", rename_all = "snake_case")]
pub enum ReplayLine {
    /// The first line.
    Start {
        /// The plan.
        plan: PlanId,
        /// The entry after which it begins; 0 is before the first.
        after: Seq,
        /// The last entry it will look at.
        to: Seq,
        /// The plan as of `after`, where it was asked for and there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        view: Option<Box<PlanView>>,
    },
    /// One entry.
    Entry {
        /// The entry in plain words.
        event: Box<EventView>,
        /// Which of its edits match what was asked, from 0.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        rows: Vec<usize>,
    },
    /// The last line: all was told.
    End {
        /// The last entry told, or where it began.
        last: Seq,
        /// How many entries were told.
        entries: u64,
    },
    /// The last line: it could not go on.
    Failed {
        /// The last entry told, or where it began.
        last: Seq,
        /// Stable code.
        code: RefusalCode,
        /// Why, and what to do.
        reason: String,
    },
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}
