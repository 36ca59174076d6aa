//! Limits of the server's memory of a plan and of its groups; every one is named and says why.
//!
//! Limits on what a plan, an entry and a message may hold stand in `plenary_protocol::limits`.

/// Inputs taken into one group: bounds how long the first of them waits for the last.
pub const GROUP_INPUTS_MAX: usize = 256;
/// What one round takes from one message of changes, so that others have their turn: a change tried
/// with others costs one.
pub const TURN_COST_MAX: usize = 256;
/// What a change costs that is tried alone: up to some milliseconds.
pub const TURN_COST_ALONE: usize = 8;
/// Changes of texts that are tried together: more gain nothing, and one that fails costs all of them a
/// second trial.
pub const RUN_CHANGES_MAX: usize = 512;
/// Operations of changes that are tried together.
pub const RUN_OPERATIONS_MAX: usize = 20_000;
/// Characters, deleted ones included, in a plan's mirrors of texts: some 80 bytes each.
pub const MIRRORED_CHARS_MAX: usize = 300_000;
/// How far an honest change's first operation may lie beyond the plan's last one.
pub const START_OP_AHEAD_MAX: u64 = 100_000;
/// All gaps that one subject may open between operation counters of one plan; otherwise many small
/// changes walk the counter to its end at 2³².
pub const GAPS_PER_SUBJECT_MAX: u64 = 1_000_000;
/// Refusals of raw changes recorded in one run of a hub; beyond, they are only answered.
pub const REFUSALS_RECORDED_MAX: usize = 10_000;
/// Predecessors that the operations of one change name together: an operation has one for each
/// concurrent value it replaces.
pub const PREDECESSORS_MAX: usize = 4 * plenary_protocol::limits::CHANGE_OPERATIONS_MAX;
/// Operations of all changes in one message: run lengths make them cheap to send and dear to try.
pub const OPERATIONS_PER_MESSAGE_MAX: usize = 250_000;
/// Other actors that one change names: everybody who ever wrote what it replaces.
pub const CHANGE_ACTORS_MAX: usize = 10_000;
/// Characters of a refusal's reason that are answered and recorded; names in it are the sender's.
pub const REASON_CHARS_MAX: usize = 1_000;
/// How long the changes of a subject that failed a trial are tried on a copy, microseconds (one hour).
pub const SUSPECT_US: i64 = 3_600_000_000;
/// Edit rows of one change; beyond, a change is refused as too large.
pub const EDIT_ROWS_MAX: usize = 200_000;
/// Versions of a plan: a name for every day of its four years would not be a name.
pub const VERSIONS_MAX: usize = 1_000;
/// Signatures on one version: everybody of a large house, with every meaning.
pub const SIGNATURES_MAX: usize = 300;
/// Bytes of one inserted text element: a character with its combining marks.
pub const TEXT_ELEMENT_BYTES_MAX: usize = 64;
/// Tokens that a whole-text edit compares one by one; beyond, the differing middle is replaced.
pub const DIFF_TOKENS_MAX: usize = 20_000;
/// Characters in a text changed meanwhile that are found one by one (0.1 ms each in a short text);
/// for more of them the whole text is walked.
pub const CURSORS_MAX: usize = 8;
/// Code points in a text changed meanwhile that one command may delete.
pub const CONCURRENT_DELETE_MAX: usize = 20_000;
/// Heads in a sync message: one for each person who writes at the same moment.
pub const SYNC_HEADS_MAX: usize = 64;
/// Hashes that a sync message asks for or has in common.
pub const SYNC_HASHES_MAX: usize = 10_000;
/// Summaries of what a replica has in one sync message.
pub const SYNC_HAVES_MAX: usize = 16;
/// Bits an entry of such a summary: 10 are usual, none would divide by zero.
pub const SYNC_BLOOM_BITS_MAX: u64 = 16;
/// Probes an entry of such a summary: 7 are usual, a million would stop the server.
pub const SYNC_BLOOM_PROBES_MAX: u64 = 16;
/// All changes of a sync message once they are inflated, bytes.
pub const SYNC_INFLATED_BYTES_MAX: usize = 64 * 1024 * 1024;
/// One compressed change once it is inflated, bytes.
pub const CHANGE_INFLATED_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How many times its size a compressed change may inflate to.
pub const CHANGE_INFLATION_MAX: usize = 50;
/// Changes of one replica that wait for one they build on, bytes: an offline queue of 10,000 edits.
pub const SYNC_HELD_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Changes of a replica's message that are one ask.
pub const SYNC_ASK_CHANGES_MAX: usize = 250;
/// Operations of a replica's message that are one ask.
pub const SYNC_ASK_OPERATIONS_MAX: usize = 100_000;
/// Heads that a replica was told and may still acknowledge.
pub const SYNC_HEADS_TOLD_MAX: usize = 64;
/// Answers to one replica in a row that say and bring nothing new; then it is left alone.
pub const SYNC_SAME_ANSWERS_MAX: usize = 3;
/// Hashes of changes that a replica was told and has not said to have, a message's worth of them.
pub const SYNC_SENT_HASHES_MAX: usize = 50_000;

const _: () = {
    assert!(START_OP_AHEAD_MAX < GAPS_PER_SUBJECT_MAX);
    assert!(SYNC_ASK_OPERATIONS_MAX < OPERATIONS_PER_MESSAGE_MAX);
    // Even all subjects of a large house together stay far from the counter's end.
    assert!(GAPS_PER_SUBJECT_MAX * 1_000 < u32::MAX as u64);
};
