//! Stable codes of refusals, of WebSocket closes, and their meaning.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::plan::view::ConcurrentValue;

/// Why something asked for is not done; the names are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefusalCode {
    /// The message is not of the protocol.
    Malformed,
    /// There is no valid token or ticket with it.
    Unauthenticated,
    /// There is no such address.
    NoSuchRoute,
    /// The address takes other methods; the header `Allow` lists them.
    WrongMethod,
    /// Something is larger than its limit.
    TooLarge,
    /// There is no such plan, or it is not yours to see.
    NoSuchPlan,
    /// Your role does not do this.
    RoleForbids,
    /// The element belongs to another Bureau.
    OtherBureau,
    /// The plan's stage does not allow it.
    StageForbids,
    /// Findings hold the plan up on its way to the stage.
    FindingsOpen,
    /// There is no rule of that code.
    NoSuchRule,
    /// There is no such element or link.
    NoSuchElement,
    /// The kind has no such field or text.
    UnknownField,
    /// The value is not of the field's type.
    WrongType,
    /// The element cannot stand there, or the link cannot join these.
    WrongPlace,
    /// The id is taken, or not of the kind.
    BadId,
    /// The client's name for the edit stands for another one already.
    IdReused,
    /// `base` lies after the last entry.
    BaseAhead,
    /// The entry that you have is another here: the server was restored from a backup; or changes that you have
    /// were set aside, because the plan's document did not load with them. Drop what you have and take the plan
    /// anew.
    OtherHistory,
    /// Somebody else changed the field since `base`; `now` has the values.
    Stale,
    /// Nothing would change.
    NothingToDo,
    /// The connection is not subscribed to the plan.
    NotSubscribed,
    /// The range lies outside the text.
    OutOfRange,
    /// The plan exists already.
    PlanExists,
    /// The plan file has problems.
    BadPlanFile,
    /// The table that comes back has problems, or is none.
    BadTable,
    /// A change that does not decode.
    BadChange,
    /// A change that builds on changes, or hangs on operations, that the plan does not have.
    MissingDependency,
    /// A change whose header cannot be: sequence, operation counter, ancestors.
    BadHeader,
    /// A change under somebody else's actor id.
    ForeignActor,
    /// A change that does what the plan's layout does not know.
    BadMeaning,
    /// A change that the document library does not take or give back unharmed.
    FailedTrial,
    /// A change that hangs on a refused one.
    DependsOnRefused,
    /// There is no version of that name.
    NoSuchVersion,
    /// Too much at once; try again.
    Busy,
    /// You ask too often, or have too many at once: the reason names the limit, and `Retry-After` the
    /// seconds to wait.  A socket that says too much is not refused anything: it is read more slowly.
    RateLimited,
    /// The server takes no edits at the moment (disk, shutdown).
    ReadOnly,
    /// The plan is out of order; the operator has been told.
    Unavailable,
}

impl RefusalCode {
    /// The stable name.
    pub fn as_str(self) -> String {
        serde_json::to_value(self).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
    }
}

/// A refusal: what, where, and the way out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Refusal {
    /// Its code.
    pub code: RefusalCode,
    /// What is wrong and what to do, for a person.
    pub reason: String,
    /// Which command of the edit, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<usize>,
    /// For `stale`: the values now, with who gave them and when.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub now: Vec<ConcurrentValue>,
}

impl Refusal {
    /// A refusal without further detail.
    pub fn new(code: RefusalCode, reason: impl Into<String>) -> Self {
        Refusal { code, reason: reason.into(), command: None, now: Vec::new() }
    }

    /// The same, naming the command of the edit it is about.
    #[must_use]
    pub fn at_command(mut self, command: usize) -> Self {
        self.command = Some(command);
        self
    }
}

/// WebSocket close codes of `/live` beyond the standard ones (1000, 1001, 1008, 1009).
pub mod close {
    /// The token ended or was revoked: get a new one.
    pub const UNAUTHENTICATED: u16 = 4401;
    /// You fell behind: connect again and subscribe from the last sequence number you have.
    pub const RESYNC: u16 = 4409;
}
