//! Bodies of the HTTP API under `/api/v1`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::Access;
use crate::ids::{ClientId, Digest, ElementId, PlanId, Seq, Subject};
use crate::plan::view::ConcurrentValue;
use crate::plan::{Command, Stage, Value};
use crate::principal::{Bureau, Role};
use crate::record::{Content, EditRow, Restores, Scope};
use crate::wire::codes::{Refusal, RefusalCode};
use crate::wire::live::{AckEntry, Known};
use plenary_limits::{ANSWERS_MAX, BECAUSE_BYTES_MAX, COMMANDS_MAX};

/// A plan in the list of plans.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlanSummary {
    /// The plan.
    pub id: PlanId,
    /// Its title.
    pub title: String,
    /// How far it has come; not known of a plan that is unavailable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    /// Its last entry.
    pub seq: Seq,
    /// Its document's address, `automerge:…`.
    pub document: String,
    /// First day of its period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period_start: Option<String>,
    /// Last day of its period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period_end: Option<String>,
    /// The plan before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predecessor: Option<String>,
    /// When its last entry was taken in, RFC 3339 UTC.
    pub changed_at: String,
    /// Whether the server cannot read it: it is there, and all but its id and last entry is not known; the
    /// operator has been told.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unavailable: bool,
}

/// Something of a file that was repaired or left out on its way in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ImportRemark {
    /// The line of the file, from 1; 0 for one that counts further ones.
    pub line: usize,
    /// The character of the line, from 1; 0 likewise.
    pub column: usize,
    /// What, and how it was read.
    pub says: String,
}

/// A plan that was imported.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Imported {
    /// The plan.
    #[serde(flatten)]
    pub plan: PlanSummary,
    /// What was repaired or left out, in the order of the file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<ImportRemark>,
}

/// Body of an edit by HTTP.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EditBody {
    /// The client's name for it.
    pub id: ClientId,
    /// The commands.
    #[schemars(length(max = COMMANDS_MAX))]
    pub commands: Vec<Command>,
    /// The last entry that the client has: its bases are of that history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<Known>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = BECAUSE_BYTES_MAX))]
    pub because: Option<String>,
    /// What it answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = ANSWERS_MAX))]
    pub answers: Vec<ElementId>,
}

/// Answer to an edit that is done and on disk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EditDone {
    /// The last of its entries.
    pub seq: Seq,
    /// Leaf hash of that entry.
    pub leaf: Digest,
    /// All of its entries.
    pub entries: Vec<AckEntry>,
    /// Ids of elements and links it made.
    #[serde(default)]
    pub made: Vec<ElementId>,
    /// Whether it had been done before.
    #[serde(default)]
    pub duplicate: bool,
}

/// Body of a restoration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RestoreBody {
    /// The client's name for it.
    pub id: ClientId,
    /// The point that is put back: an entry (a sequence number), a time (RFC 3339), a date (its end, UTC),
    /// or `version:NAME`.
    pub to: String,
    /// How much of the plan: all of it when nothing is named.
    #[serde(default)]
    pub scope: Scope,
    /// The entry at which it was previewed: what it puts back is then what was seen, or it is refused as
    /// `stale`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Seq>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = BECAUSE_BYTES_MAX))]
    pub because: Option<String>,
    /// What it answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = ANSWERS_MAX))]
    pub answers: Vec<ElementId>,
}

/// What a restoration would do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RestorePreview {
    /// The plan.
    pub plan: PlanId,
    /// The point that it would put back, and how much of the plan.
    pub restores: Restores,
    /// The entry at which this was seen: the `base` with which exactly this is done, or nothing.
    pub base: Seq,
    /// What would change, from what to what; nothing when it stands so already.
    pub edits: Vec<EditRow>,
}

/// A table that comes back: the file that was exported, changed; one of both forms.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TableBody {
    /// The file as CSV.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub csv: Option<String>,
    /// The file as a workbook, in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub xlsx: Option<String>,
    /// The client's name for the import; not asked for by a preview.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<ClientId>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = BECAUSE_BYTES_MAX))]
    pub because: Option<String>,
    /// What it answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = ANSWERS_MAX))]
    pub answers: Vec<ElementId>,
}

/// What a table that comes back would change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TablePreview {
    /// The plan.
    pub plan: PlanId,
    /// The table.
    pub table: Content,
    /// The entry that the table was taken after: cells are held against the plan as it stood then, and
    /// merge with what was done since.
    pub base: Seq,
    /// What it would change, line by line; nothing when every cell is as it was.
    pub changes: Vec<TableChange>,
}

/// One cell of a table that comes back and differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TableChange {
    /// Its line in the file, the head being line 1.
    pub line: u64,
    /// The element; absent where the row is a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub element: Option<ElementId>,
    /// The element that a new row is to stand under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under: Option<ElementId>,
    /// The text or field.
    pub column: String,
    /// What stood there.
    pub from: String,
    /// What is to stand there.
    pub to: String,
}

/// Body of a change of stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StageBody {
    /// The client's name for it.
    pub id: ClientId,
    /// The stage to go to.
    pub stage: Stage,
    /// Why; needed to reopen, withdraw, go back, or go on despite findings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// Whether it goes on despite findings that hold it up; `because` says why.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub despite_findings: bool,
}

/// Body of a change of who may read a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessBody {
    /// The client's name for it.
    pub id: ClientId,
    /// Who may read the plan from now on.
    pub access: Access,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

/// Who may read a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlanAccess {
    /// The plan.
    pub plan: PlanId,
    /// Who may read it, beside auditors and admins, who may read every plan.
    pub access: Access,
}

/// Body of an ask for an evidence bundle; without anything it is the whole log.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BundleBody {
    /// The first entry; entry 1 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<u64>,
    /// The last entry; the last one with a checkpoint when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<u64>,
    /// Only entries about these elements and links, by id or display code as of now; `plan` is the plan
    /// itself.  Such a selection does not show that there are no others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub elements: Vec<String>,
    /// An earlier checkpoint, the signed note as it was given: that the log has only grown since then is
    /// proved too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Why; stands in the bundle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

/// Body of a revocation: of one token by its id, or of all tokens of somebody issued so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RevocationBody {
    /// The token's own id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
    /// Whose tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
    /// Of which issuer; of any when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

/// A revocation that is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RevocationView {
    /// The token's own id, where one token is revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
    /// Whose tokens, where all tokens issued up to and with `since` are revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
    /// Of which issuer; of any when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Since when, RFC 3339 UTC, whole seconds.
    pub since: String,
    /// When no such token can be valid any more and the revocation is forgotten, RFC 3339 UTC.
    pub until: String,
    /// Who revoked.
    pub by: Subject,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

/// A page of the revocations that are in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RevocationPage {
    /// The revocations, of tokens first.
    pub revocations: Vec<RevocationView>,
    /// Ask for more with this as `after`; absent when there is no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_after: Option<usize>,
}

/// Body of a request for a ticket.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TicketBody {
    /// The one plan the ticket is good for; any when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanId>,
}

/// A ticket for one socket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ticket {
    /// What to put in the socket's address.
    pub ticket: String,
    /// Within how many seconds it is to be used.
    pub expires_in_s: u64,
}

/// What a server is and speaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ServerAbout {
    /// The name of the program, `plenaryd`.
    pub program: String,
    /// Its version.
    pub version: String,
    /// The subprotocols it takes at `/live`.
    pub live: Vec<String>,
    /// The versions of the automerge-repo protocol it takes at `/sync`.
    pub sync: Vec<String>,
    /// The schemas of plan files it reads.
    pub plan_files: Vec<String>,
}

/// Somebody of the demonstration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DemoPerson {
    /// As people see them.
    pub name: String,
    /// As the log names them.
    pub subject: Subject,
    /// For whom they write.
    pub bureau: Bureau,
    /// What they may.
    pub role: Role,
    /// A token of theirs, fresh.
    pub token: String,
}

/// Who the token says you are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Me {
    /// Who.
    pub subject: Subject,
    /// The name.
    pub name: String,
    /// The Bureau.
    pub bureau: Bureau,
    /// The role.
    pub role: Role,
    /// The token's own id, by which it can be revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_id: Option<String>,
    /// When the token ends, RFC 3339 UTC.
    pub expires_at: String,
    /// The server's version.
    pub server: String,
}

/// A run of edits by one person to one field, told as one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Revision {
    /// First entry.
    pub first: Seq,
    /// Last entry.
    pub last: Seq,
    /// How many edits it is made of.
    pub edits: u64,
    /// When the last was taken in, RFC 3339 UTC.
    pub at: String,
    /// When the client claims to have done it, where that differs by more than a minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed_at: Option<String>,
    /// Of an edit that came late, by its claimed time: how many entries its author had not seen, of
    /// several edits the most.
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
    /// What was done: `add`, `set`, `text`, `move`, `remove`, `restore`, `batch` (a large entry told in
    /// one line), or the type of another act.
    pub op: String,
    /// The element or link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub element: Option<ElementId>,
    /// Its kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Its display code at the last entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Its display code today, where that is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_now: Option<String>,
    /// The field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The language, for a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
    /// The value before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Value>,
    /// The value after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Value>,
    /// Whether the field held several values after it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub concurrent: bool,
    /// The point that it puts back, where it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restores: Option<Restores>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// What it answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<ElementId>,
}

/// A page of revisions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RevisionPage {
    /// The element asked for, as it was named at the point asked about, where one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub element: Option<ElementId>,
    /// The revisions, in the order asked for.
    pub revisions: Vec<Revision>,
    /// Ask for more with this as `after`: an entry (`12`) or a row of one (`12.7`); absent when there
    /// is no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_after: Option<String>,
}

/// How many entries and edits of a plan match a filter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EventCount {
    /// The plan.
    pub plan: PlanId,
    /// The last entry that was counted over.
    pub seq: Seq,
    /// Entries that match.
    pub entries: u64,
    /// Edits of these entries that match: each is one row of a change.
    pub rows: u64,
}

/// One line of the access log: what an auditor read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AccessLine {
    /// Its number, over all files; one that is missing could not be written.
    pub number: u64,
    /// When, RFC 3339 UTC.
    pub at: String,
    /// Who.
    pub subject: Subject,
    /// Their name.
    pub name: String,
    /// Who vouches for them.
    pub issuer: String,
    /// The Bureau they act for.
    pub bureau: Bureau,
    /// The role they have.
    pub role: Role,
    /// The token's own id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_id: Option<String>,
    /// The request or connection, as the server's log names it.
    pub session: String,
    /// The method; on a socket `subscribe`; `end` where a stream or a subscription came to its end.
    pub method: String,
    /// The route.
    pub route: String,
    /// The address.
    pub path: String,
    /// What stood behind `?`: range and filters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// The plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanId>,
    /// The status that was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// How many entries, revisions, plans or lines it told, where that is counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// The last entry that was told, where a stream ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Seq>,
}

/// A page of the access log, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AccessLogPage {
    /// The lines.
    pub lines: Vec<AccessLine>,
    /// Ask for more with this as `before`; absent when there is no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_before: Option<u64>,
}

/// Every error of the API: problem details (RFC 9457) with a stable code.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// Where the server explains the code: `/api/v1/docs#error-stale`, stable like the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// What the code means, the same wherever it is given.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The stable code.
    pub code: RefusalCode,
    /// What is wrong with this request and what to do, for a person.
    pub detail: String,
    /// This one request: `urn:plenary:request:` and its id, as in `x-request-id` and the server's log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// Which command of the edit, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<usize>,
    /// For `stale`: the values now, with who gave them and when.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub now: Vec<ConcurrentValue>,
    /// Problems of a plan file or table, each with its place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<FileProblem>,
}

impl Problem {
    /// The refusal that it tells, as `/live` would.
    pub fn into_refusal(self) -> Refusal {
        Refusal { code: self.code, reason: self.detail, command: self.command, now: self.now }
    }
}

/// One problem of a plan file or table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileProblem {
    /// Where, as a JSON pointer (RFC 6901); in a table `/line/column`, the head being line 1.
    pub pointer: String,
    /// What, and the way out.
    pub says: String,
}

/// What is known of the server's evidence, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SelfCheckState {
    /// Not everything was looked at yet since the server started, and nothing was found.
    Checking,
    /// Everything was looked at, and it holds.
    Verified,
    /// Something does not hold.
    Failed,
}

/// What the self-check of the evidence found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SelfCheckView {
    /// In one word.
    pub state: SelfCheckState,
    /// When everything was last looked at, RFC 3339 UTC; absent before the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked_at: Option<String>,
    /// How long ago that was, or the server started, seconds.
    pub age_s: u64,
    /// Entries that were looked at then.
    pub entries: u64,
    /// Entries that the look going on now has seen; absent when none goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub running: Option<u64>,
    /// What does not hold: of each plan and place the first, until a later look examines it and finds it well.
    pub failures: Vec<SelfCheckFailure>,
    /// Failures that are not listed.
    pub more_failures: u64,
    /// The epoch of the plans' logs.
    pub epoch: EpochView,
}

/// Something that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SelfCheckFailure {
    /// The plan; absent when it is about the whole log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanId>,
    /// The entry, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// What was found.
    pub what: String,
}

/// Since when the plans' logs have the names they have.
///
/// A server that lost entries which it may have vouched for begins a new epoch: the number is the last part
/// of the name of every log, so that no two checkpoints of one name contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EpochView {
    /// The number, from 1.
    pub epoch: u64,
    /// When it began, RFC 3339 UTC; absent for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Why it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}
