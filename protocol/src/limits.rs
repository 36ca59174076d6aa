//! Limits on what a plan, an entry and a message may hold; every one is named and says why.
//!
//! Limits of the server's queues stand in `plenary_core::limits`.

/// An element, link or plan id, bytes: short enough for a key, long enough for a readable name.
pub const ID_BYTES_MAX: usize = 64;
/// A client's name for one edit, bytes: a UUID with a prefix fits.
pub const CLIENT_ID_BYTES_MAX: usize = 64;
/// A subject, bytes: an e-mail address or a DN fits.
pub const SUBJECT_BYTES_MAX: usize = 128;
/// A scalar text value, bytes: a symbol, a unit, a source; longer prose is a text, not a field.
pub const SCALAR_BYTES_MAX: usize = 2_048;
/// One member of a set, bytes.
pub const SET_MEMBER_BYTES_MAX: usize = 512;
/// Members of one set.
pub const SET_MEMBERS_MAX: usize = 256;
/// One text, Unicode code points: some 100 printed pages.
pub const TEXT_CHARS_MAX: usize = 250_000;
/// The reason given with an edit, bytes.
pub const BECAUSE_BYTES_MAX: usize = 2_048;
/// What one edit can answer (requests, feedback items).
pub const ANSWERS_MAX: usize = 32;
/// Commands in one edit: a batch file of a planning officer.
pub const COMMANDS_MAX: usize = 5_000;
/// Raw changes in one message of a replica; a longer queue is sent in several.
pub const CHANGES_PER_MESSAGE_MAX: usize = 50_000;
/// One raw change on the wire, bytes.
pub const CHANGE_BYTES_MAX: usize = 256 * 1024;
/// Operations of one client change that is new to the plan.
pub const CHANGE_OPERATIONS_MAX: usize = 20_000;
/// One change that the server itself makes (import, batch), bytes.
pub const SERVER_CHANGE_BYTES_MAX: usize = 3 * 1024 * 1024;
/// Operations of one change that the server itself makes.
pub const SERVER_CHANGE_OPERATIONS_MAX: usize = 1_000_000;
/// The payload of an entry, bytes: the change and its rows with old and new values; the log takes a
/// third more.
pub const PAYLOAD_BYTES_MAX: usize = 24 * 1024 * 1024;
/// The name of a version, bytes: a document's symbol fits.
pub const VERSION_NAME_BYTES_MAX: usize = 64;
/// The note given with a version, bytes.
pub const VERSION_NOTE_BYTES_MAX: usize = 2_048;
/// An actor id, bytes: 16 from replicas, 21 from `changeAt`.
pub const ACTOR_BYTES_MAX: usize = 64;
/// The message inside a change, bytes.
pub const CHANGE_MESSAGE_BYTES_MAX: usize = 1_024;
/// An envelope, bytes: an entry of a C2SP tile bundle carries a 16-bit length.
pub const ENVELOPE_BYTES_MAX: usize = 65_535;
/// Rows (element, field, operation) of `touched` in an envelope; beyond, element ids alone.
pub const TOUCHED_ROWS_MAX: usize = 256;
/// Element ids of `touched` in an envelope; beyond, counts per kind.
pub const TOUCHED_IDS_MAX: usize = 1_024;
/// A text kept whole in an edit row, Unicode code points; of longer ones only the spliced part.
pub const TEXT_WHOLE_CHARS_MAX: usize = 512;
/// One message of `/live`, bytes: a replica's whole offline queue fits, base64 and all.
pub const LIVE_MESSAGE_BYTES_MAX: usize = 32 * 1024 * 1024;
/// A plan file for import, bytes.
pub const PLAN_FILE_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Nesting of elements: plan, goal, target, indicator, reading and some to spare.
pub const DEPTH_MAX: usize = 16;
/// Elements and links of one plan, removed ones included.
pub const ELEMENTS_MAX: usize = 20_000;
/// Roles, Bureaux and people named in the rule of who may read a plan.
pub const READERS_MAX: usize = 256;
/// The filter of an export as JSON, bytes: it is kept in its entry.
pub const EXPORT_FILTER_BYTES_MAX: usize = 16 * 1024;
/// Events in one answer of the API.
pub const EVENTS_PER_PAGE_MAX: usize = 1_000;
/// Events in one answer of the API unless told otherwise.
pub const EVENTS_PER_PAGE_DEFAULT: usize = 100;
/// Entries of one evidence bundle: its files, four an entry, must fit the 65,535 of a plain zip.
pub const BUNDLE_ENTRIES_MAX: usize = 10_000;
/// Elements by which the entries of one evidence bundle are chosen.
pub const BUNDLE_ELEMENTS_MAX: usize = 100;
/// Envelopes and payloads of one evidence bundle, bytes: what the server holds at a time to make one.
pub const BUNDLE_CONTENT_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Files of an evidence bundle that is read.
pub const BUNDLE_FILES_MAX: usize = 65_534;
/// A whole evidence bundle, bytes: content, proofs, reports and the archive's own.
pub const BUNDLE_FILE_BYTES_MAX: usize = 256 * 1024 * 1024;

const _: () = {
    // Envelope, payload, salt and proof of each entry, and what is there once.
    assert!(BUNDLE_ENTRIES_MAX * 4 + 16 < BUNDLE_FILES_MAX);
    assert!(BUNDLE_CONTENT_BYTES_MAX * 4 < BUNDLE_FILE_BYTES_MAX);
    // A server-made change and its summary must fit one message and one journal group.
    assert!(SERVER_CHANGE_BYTES_MAX * 4 < LIVE_MESSAGE_BYTES_MAX);
    assert!(SERVER_CHANGE_BYTES_MAX * 4 < PAYLOAD_BYTES_MAX && PAYLOAD_BYTES_MAX < LIVE_MESSAGE_BYTES_MAX);
    assert!(CHANGE_BYTES_MAX < SERVER_CHANGE_BYTES_MAX);
    assert!(CHANGE_OPERATIONS_MAX < SERVER_CHANGE_OPERATIONS_MAX);
    // Element ids of `touched` must fit the envelope with room for everything else.
    assert!(TOUCHED_IDS_MAX * (16 + 8) < ENVELOPE_BYTES_MAX);
};
