//! The table of limits and, at its end, the relations between them.
//!
//! One entry a limit: what it bounds and why, its name with the unit, its number, and what happens
//! beyond it.  `plenaryd limits` prints this table; a test fails when a limit has no test that tries it
//! below, at and above.  Add one where its area is, and its relations at the end.

use crate::registry::{Limit, Settable, limits, settables};

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

settables! {
    /// Requests of one subject a minute: a hundred a second, more than a page or a script in a loop
    /// asks for.
    SUBJECT_REQUESTS: "subject_requests_per_minute" = 6_000 in 60..=1_000_000, "your requests", "a minute",
        "a request is answered `rate_limited` (429) with `Retry-After`";
    /// Tickets of one subject a minute: one for every socket that may be opened.
    SUBJECT_TICKETS: "subject_tickets_per_minute" = 120 in 1..=100_000, "your tickets", "a minute",
        "no ticket is given: `rate_limited` (429) with `Retry-After`";
    /// Sockets that one subject opens a minute: all that may be open, and each once again after a cut.
    SUBJECT_SOCKETS_OPENED: "subject_sockets_per_minute" = 120 in 1..=100_000, "your new sockets", "a minute",
        "the handshake is answered `rate_limited` (429) with `Retry-After`";
    /// Sockets of one subject open at once: many tabs on several machines.
    SUBJECT_SOCKETS: "subject_sockets" = 64 in 1..=10_000, "your sockets", "at once",
        "the handshake is answered `rate_limited` (429); those that are open stay";
    /// Mebibytes that one subject sends a minute: sixteen of the largest messages, or ten thousand
    /// usual edits a second.
    SUBJECT_MIB: "subject_mib_per_minute" = 640 in 64..=4_000, "what you send", "MiB a minute",
        "a request is answered `rate_limited` (429); a socket is read more slowly and loses nothing";
    /// Messages of one socket of `/live` or `/sync` a second: twenty times what one types; a thousand edits that
    /// were made offline are through in four seconds.
    SOCKET_MESSAGES: "socket_messages_per_second" = 200 in 10..=100_000, "messages of one socket", "a second",
        "the socket is read more slowly and loses nothing";
    /// Sockets that one address opens a minute: a house behind one proxy comes back after a cut.
    ADDRESS_SOCKETS_OPENED: "address_sockets_per_minute" = 600 in 1..=1_000_000,
        "new sockets from your address", "a minute",
        "the handshake is answered `rate_limited` (429) with `Retry-After`";
    /// Sockets of one address open at once: a house behind one proxy.
    ADDRESS_SOCKETS: "address_sockets" = 1_024 in 1..=60_000, "sockets from your address", "at once",
        "the handshake is answered `rate_limited` (429); those that are open stay";
    /// Tokens and tickets of one address that are refused a minute: a house of people whose tokens end in
    /// the same minute gets its refusals.
    ADDRESS_REFUSALS: "address_refusals_per_minute" = 300 in 1..=1_000_000,
        "refused tokens and tickets from your address", "a minute",
        "a bad token or ticket from there is answered `rate_limited` (429) instead of `unauthenticated` (401)";
    /// Sockets that follow one plan at once: each entry is sent to all of them.
    PLAN_SOCKETS: "plan_sockets" = 2_000 in 1..=60_000, "sockets that follow the plan", "at once",
        "a subscription is refused `rate_limited`; the socket stays";
    /// Sockets open at once in all: each takes a file, and some hundred KiB while it is spoken to.
    SOCKETS: "sockets" = 10_000 in 1..=60_000, "sockets of all", "at once",
        "the handshake is answered `rate_limited` (429); those that are open stay";
    /// Replays and exports of one subject on their way at once: each holds a stretch of entries, up to
    /// some MiB, while its reader is slow.
    SUBJECT_STREAMS: "subject_streams" = 8 in 1..=1_000, "your replays and exports", "at once",
        "one more is answered `rate_limited` (429); those that are on their way go on";
    /// Edits that wait for one plan: a second of a busy one.
    PLAN_MAILBOX: "plan_mailbox" = 256 in 16..=65_536, "edits that wait for the plan", "at once",
        "an edit is answered `busy` (503) with `Retry-After`; a socket of `/sync` waits";
    /// How long a plan that nobody uses stays in memory: opening a large one takes some hundred
    /// milliseconds.
    PLAN_IDLE: "plan_idle_s" = 600 in 1..=86_400, "a plan without anybody", "seconds",
        "the plan leaves memory; the next who asks for it waits until it is read";
    /// Hours from the end of one look at all evidence to the next: once a month at least.
    SELF_CHECK_HOURS: "self_check_hours" = 24 in 1..=720, "the rest between two looks", "hours",
        "the next look begins";
    /// Mebibytes of entries that a look at all evidence reads a second: a fraction of what a disk and a core
    /// do, and a log of ten gigabytes is looked through in twenty minutes.
    SELF_CHECK_MIB_PER_S: "self_check_mib_per_s" = 8 in 1..=1_024, "the look", "MiB a second",
        "the look waits";
    /// Mebibytes of one file of the journal: a start reads the last one whole.
    JOURNAL_SEGMENT_MIB: "journal_segment_mib" = 64 in 1..=1_024, "a file of the journal", "MiB",
        "a new one is begun";
}

limits! {
"names" {
    /// An id of an element, a link or a plan: short enough for a key, long enough for a readable name.
    ID_BYTES_MAX: usize = 64, "an id is no id: `malformed` (400), or as `bad_plan_file` with its place (422)";
    /// A client's name for one edit: a UUID with a prefix fits.
    CLIENT_ID_BYTES_MAX: usize = 64, "the edit is refused `malformed` (400)";
    /// A subject: an e-mail address or a DN fits.
    SUBJECT_BYTES_MAX: usize = 128, "a token with it is refused `unauthenticated` (401)";
    /// An actor id inside a change: 16 from replicas, 21 from `changeAt`.
    ACTOR_BYTES_MAX: usize = 64, "the change is refused `bad_change`";
    /// A place in the order of siblings: it grows by a letter where people insert between two neighbours
    /// again and again.
    ORDER_BYTES_MAX: usize = 256, "the key is no order key: the file, command or change with it is refused";
}
"what a plan holds" {
    /// A scalar text value: a symbol, a unit, a source; longer prose is a text, not a field.
    SCALAR_BYTES_MAX: usize = 2_048, "the value is refused `wrong_type` (422)";
    /// One member of a set: a name or a link, not prose.
    SET_MEMBER_BYTES_MAX: usize = 512, "the value is refused `wrong_type` (422), a replica's change `too_large`";
    /// Members of one set: all Member States fit.
    SET_MEMBERS_MAX: usize = 256, "the value is refused `wrong_type`, a replica's change `too_large`";
    /// One text, code points: some 100 printed pages.
    TEXT_CHARS_MAX: usize = 250_000, "the edit is refused `too_large` (413)";
    /// Nesting of elements: plan, goal, target, indicator, reading and some to spare.
    DEPTH_MAX: usize = 16, "a plan file is refused `bad_plan_file` with the place; elsewhere what is above is not looked at";
    /// Elements and links of one plan, removed ones included: the views of a plan are made whole.
    ELEMENTS_MAX: usize = 20_000, "a new one is refused `too_large` (413)";
    /// Roles, Bureaux and people named in the rule of who may read a plan: larger groups are a role's.
    READERS_MAX: usize = 256, "the rule is refused `too_large` (413)";
    /// People shown as present in one plan: more do not fit a screen, and each change of one is told to all.
    PRESENCE_PEOPLE_MAX: usize = 256, "the presence of one more is refused `busy`; they still see the others";
    /// A field's name or a language in what a person shows of themselves: all of it stays within half a
    /// kilobyte, so that a full plan's presence is one frame of moderate size.
    WHEREABOUTS_CHARS_MAX: usize = 64, "the message is refused `malformed`";
}
"edits" {
    /// The reason given with an edit: a paragraph.
    BECAUSE_BYTES_MAX: usize = 2_048, "the edit is refused `too_large` (413)";
    /// What one edit can answer (requests, feedback items).
    ANSWERS_MAX: usize = 32, "the edit is refused `too_large` (413)";
    /// Commands in one edit: a batch file of a planning officer.
    COMMANDS_MAX: usize = 5_000, "the edit is refused `too_large` (413)";
    /// Entries that one quarantine sets aside: fifty times those between two looks at the saved document, and
    /// their numbers are half a megabyte.
    QUARANTINED_ENTRIES_MAX: usize = 100_000, "nothing is set aside, edits of the plan stay stopped, and the operator is told";
    /// Changes at fault that are looked for in one document; each costs some twenty loads of it.
    QUARANTINE_ROOTS_MAX: usize = 8, "nothing is set aside, edits of the plan stay stopped, and the operator is told";
    /// Elements that one command merges, or parts it splits one into: each has links to unite.
    CONSOLIDATED_MAX: usize = 64, "the edit is refused `too_large` (413): do it in several";
    /// A JSON body of a request, an import apart: a batch of 5,000 usual commands.
    JSON_BYTES_MAX: usize = 4 * MIB, "the request is answered `too_large` (413)";
    /// A plan file for import: ten times the largest plan there is.
    PLAN_FILE_BYTES_MAX: usize = 8 * MIB, "the request is answered `too_large` (413)";
    /// Problems listed of one plan file: a person mends no more at a time.
    PROBLEMS_MAX: usize = 200, "a last one says how many more there are";
    /// Points of other plans whose quotations are checked in one answer: a plan quotes the one before it, at
    /// a few points, and each is a view that is made whole.
    QUOTED_POINTS_MAX: usize = 16, "quotations of further points are told without a verdict";
    /// Nesting of an XML file for import: StratML nests nine levels, the rest is for wear.
    XML_DEPTH_MAX: usize = 64, "the file is refused `bad_plan_file` with the place";
    /// Elements and attributes of an XML file for import: the largest plan there is makes 10,000, and each
    /// takes some 200 bytes while it is read.
    XML_NODES_MAX: usize = 200_000, "the file is refused `bad_plan_file` with the place";
    /// Attributes of one element of an XML file for import: StratML has two.
    XML_ATTRIBUTES_MAX: usize = 256, "the file is refused `bad_plan_file` with the place";
    /// Tokens that a whole-text edit compares one by one; the time grows with their product.
    DIFF_TOKENS_MAX: usize = 20_000, "the middle that differs is replaced as a whole";
    /// Characters in a text changed meanwhile that are found one by one, 0.1 ms each in a short text.
    CURSORS_MAX: usize = 8, "the whole text is walked once instead";
    /// Code points in a text changed meanwhile that one command may delete: each is found where it is now.
    CONCURRENT_DELETE_CHARS_MAX: usize = 20_000, "the edit is refused `too_large`: read the text again";
    /// One change that the server itself makes (import, batch), as bytes: entry and summary fit one message.
    SERVER_CHANGE_BYTES_MAX: usize = 3 * MIB, "the edit or import is refused `too_large` (413)";
    /// Operations of one change that the server itself makes: a text of a batch is an operation a letter.
    SERVER_CHANGE_OPERATIONS_MAX: usize = 1_000_000, "the edit or import is refused `too_large` (413)";
    /// The payload of an entry that the plan makes, bytes: the change and its rows with old and new values;
    /// the log takes a third more.
    ENTRY_PAYLOAD_BYTES_MAX: usize = 24 * MIB, "the edit or restoration is refused `too_large` (413)";
}
"versions" {
    /// The name of a version: a document's symbol fits.
    VERSION_NAME_BYTES_MAX: usize = 64, "the name is no name: `malformed` (400)";
    /// The note given with a version: a paragraph.
    VERSION_NOTE_BYTES_MAX: usize = 2_048, "the naming is refused `too_large` (413)";
    /// Versions of a plan: a name for every day of its four years would not be a name.
    VERSIONS_MAX: usize = 1_000, "a new one is refused `too_large` (413)";
    /// Signatures on one version: everybody of a large house, with every meaning.
    SIGNATURES_MAX: usize = 300, "one more is refused `too_large` (413)";
}
"changes of replicas" {
    /// Changes in one message: an offline queue of weeks.
    CHANGES_PER_MESSAGE_MAX: usize = 50_000, "the message is refused `too_large`: send it in several";
    /// One change on the wire: a pasted chapter fits.
    CHANGE_BYTES_MAX: usize = 256 * KIB, "the change is refused `too_large`";
    /// One compressed change once it is inflated: sixteen of what it may be uncompressed, still read at once.
    CHANGE_INFLATED_BYTES_MAX: usize = 4 * MIB, "the sync message is refused `too_large`";
    /// How many times its size a compressed change may inflate to: honest ones reach ten.
    CHANGE_INFLATION_TIMES_MAX: usize = 50, "the sync message is refused `too_large`";
    /// Operations of one change that is new to the plan: each is looked at and tried.
    CHANGE_OPERATIONS_MAX: usize = 20_000, "the change is refused `too_large`";
    /// Predecessors that the operations of one change name together: an operation has one for each
    /// concurrent value it replaces.
    PREDECESSORS_MAX: usize = 4 * CHANGE_OPERATIONS_MAX, "the change is refused `too_large`";
    /// Other actors that one change names: everybody who ever wrote what it replaces.
    CHANGE_ACTORS_MAX: usize = 10_000, "the change is refused `too_large`";
    /// The message inside a change: clients put a line there.
    CHANGE_MESSAGE_BYTES_MAX: usize = 1_024, "the change is refused `too_large`";
    /// Operations of all changes in one message: run lengths make them cheap to send and dear to try.
    OPERATIONS_PER_MESSAGE_MAX: usize = 250_000, "the message is refused `too_large`: send it in several";
    /// One inserted text element: a character with its combining marks.
    TEXT_ELEMENT_BYTES_MAX: usize = 64, "the change is refused `bad_meaning`";
    /// Marks of one change: where each came to stand is looked up in its text.
    MARKS_PER_CHANGE_MAX: usize = 1_000, "the change is refused `too_large`: make them in several changes";
    /// Edit rows of one change: as many fields as it may touch.
    EDIT_ROWS_MAX: usize = 200_000, "the change is refused `too_large`";
    /// How far an honest change's first operation may lie beyond the plan's last one: what a replica wrote
    /// and did not yet send.
    START_OPERATIONS_AHEAD_MAX: u64 = 100_000, "the change is refused `bad_header`";
    /// All gaps that one subject may open between operation counters of one plan: otherwise many small
    /// changes walk the counter to its end at 2³².
    GAPS_PER_SUBJECT_OPERATIONS_MAX: u64 = 1_000_000, "the change is refused `bad_header`";
    /// Characters of a refusal's reason: names in it are the sender's.
    REASON_CHARS_MAX: usize = 1_000, "the reason is cut";
    /// Replicas and codes whose refusals are recorded in one run of a plan: together senders cannot fill the log
    /// with them.
    REFUSALS_RECORDED_MAX: usize = 10_000, "a refusal is answered and counted";
    /// Refusals of one subject's changes that are recorded in a minute: a person at several replicas needs some.
    REFUSAL_ENTRIES_PER_MINUTE_MAX: usize = 60, "a refusal is answered and counted; one entry tells the number";
    /// Subjects of one plan whose refusals are counted at a time.
    REFUSALS_COUNTED_SUBJECTS_MAX: usize = 1_000, "a refusal is answered, and counted in the metrics alone";
    /// Refused changes of one plan that are remembered: offered again they are no news.
    REFUSED_CHANGES_REMEMBERED_MAX: usize = 10_000, "the oldest is forgotten: offered again it is news";
    /// How long the changes of a subject that failed a trial are tried on a copy first, microseconds.
    SUSPECT_US_MAX: i64 = 3_600_000_000, "they are tried with everybody's again";
    /// Changes of history copied in a minute for the trials of such a subject: each trial copies all of them
    /// (28 ms at 100,000), so that they never take more than a twentieth of the plan's thread.
    SUSPECT_COPIED_PER_MINUTE_MAX: usize = 12_000_000, "the change is refused with `busy`, and may come again";
    /// Operations tried in a minute for such a subject, as many as one message may have: a change costs by them.
    SUSPECT_OPERATIONS_PER_MINUTE_MAX: usize = OPERATIONS_PER_MESSAGE_MAX, "the change is refused with `busy`, and may come again";
}
"sync messages" {
    /// The sync message inside a frame of `/sync`: an offline replica's whole queue.
    SYNC_DATA_BYTES_MAX: usize = 32 * MIB, "the connection ends with 1009";
    /// One frame of `/sync`: the largest sync message and the map around it.
    SYNC_FRAME_BYTES_MAX: usize = SYNC_DATA_BYTES_MAX + 64 * KIB, "the connection ends with 1009";
    /// A frame before the peer has joined, and every frame that carries no changes: an ephemeral message
    /// and its head.
    SYNC_SMALL_FRAME_BYTES_MAX: usize = EPHEMERAL_BYTES_MAX + 4 * KIB, "the frame is refused and the connection ends";
    /// The payload of an ephemeral message (who is where): clients send some hundred bytes.
    EPHEMERAL_BYTES_MAX: usize = 64 * KIB, "the frame is refused and the connection ends";
    /// A peer, session or storage id.
    SYNC_ID_BYTES_MAX: usize = 256, "the frame is refused and the connection ends";
    /// A document id: base58 of 20 bytes has 28.
    DOCUMENT_ID_BYTES_MAX: usize = 64, "the frame is refused and the connection ends";
    /// Items of any list in a frame.
    SYNC_LIST_ITEMS_MAX: usize = 256, "the frame is refused and the connection ends";
    /// How deep a frame may nest: the deepest there is has four levels.
    SYNC_DEPTH_MAX: usize = 16, "the frame is refused and the connection ends";
    /// Heads in a sync message: one for each person who writes at the same moment.
    SYNC_HEADS_MAX: usize = 64, "the sync message is refused";
    /// Hashes that a sync message asks for or has in common.
    SYNC_HASHES_MAX: usize = 10_000, "the sync message is refused";
    /// Summaries of what a replica has in one sync message: there is one.
    SYNC_HAVES_MAX: usize = 16, "the sync message is refused";
    /// Bits an entry of such a summary: 10 are usual, none would divide by zero.
    SYNC_BLOOM_BITS_MAX: u64 = 16, "the sync message is refused";
    /// Probes an entry of such a summary: 7 are usual, a million would stop the server.
    SYNC_BLOOM_PROBES_MAX: u64 = 16, "the sync message is refused";
    /// Bytes of flags in a sync message: there are two.
    SYNC_FLAGS_BYTES_MAX: usize = 16, "the sync message is refused";
    /// All changes of a sync message once they are inflated.
    SYNC_INFLATED_BYTES_MAX: usize = 64 * MIB, "the sync message is refused `too_large`";
    /// Changes of one replica that wait for one they build on: an offline queue of 10,000 edits.
    SYNC_HELD_BYTES_MAX: usize = 2 * MIB, "the connection starts anew (`busy`): another summary of what the plan has will hardly hide the same one";
    /// Operations of those changes, which every later message has looked at again.
    SYNC_HELD_OPERATIONS_MAX: usize = 250_000, "the connection starts anew (`busy`)";
    /// Changes of a replica's message that are one ask to the plan: others have their turn between.
    SYNC_ASK_CHANGES_MAX: usize = 250, "the rest is the next ask";
    /// Operations of a replica's message in all: two hundred of the largest changes.
    SYNC_MESSAGE_OPERATIONS_MAX: usize = 4_000_000, "nothing of the message is taken (`too_large`), and the replica is read-only";
    /// Changes of one message that operations of others in it hang on without saying so, as edits at earlier heads
    /// do, a few each.
    HANGING_PER_MESSAGE_MAX: usize = 10_000, "the rest stands where it came";
    /// Operations of a replica's message that are one ask to the plan.
    SYNC_ASK_OPERATIONS_MAX: usize = 100_000, "the rest is the next ask";
    /// Heads that a replica was told and may still acknowledge.
    SYNC_HEADS_TOLD_MAX: usize = 64, "the oldest are forgotten: a summary says again what both have";
    /// Answers to one replica in a row that say and bring nothing new.
    SYNC_SAME_ANSWERS_MAX: usize = 3, "it is left alone until it or the plan has something new";
    /// Hashes of changes that a replica was told and has not said to have: a message's worth.
    SYNC_SENT_HASHES_MAX: usize = 50_000, "they are forgotten: it may be sent some again";
}
"sockets" {
    /// One message of `/live`: a replica's whole offline queue fits, base64 and all.
    LIVE_MESSAGE_BYTES_MAX: usize = 32 * MIB, "the connection ends with 1009";
    /// How deep a CBOR message may nest: the deepest there is, a plan's concurrent values, nests half of it.
    CBOR_DEPTH_MAX: usize = 16, "the message is refused `malformed`";
    /// Items of one CBOR message, keys and values both: each takes 32 bytes of memory while it is decoded,
    /// and a batch of 5,000 commands has some 20 each.
    CBOR_ITEMS_MAX: usize = 1_000_000, "the message is refused `malformed`: send it in several";
    /// Characters of a doubled CBOR key that the refusal tells.
    CBOR_KEY_CHARS_TOLD_MAX: usize = 64, "the key is cut";
    /// Content of a control frame (RFC 6455, 5.5).
    CONTROL_BYTES_MAX: u64 = 125, "the connection ends with 1009";
    /// Asks of one connection of `/live` that wait for their answer: two rounds of a busy plan.
    LIVE_ASKS_MAX: usize = 64, "the connection is not read from until one is answered";
    /// Plans that one connection of `/live` follows.
    LIVE_SUBSCRIPTIONS_MAX: usize = 64, "the subscription is refused `too_large`; the socket stays";
    /// Plans that one connection of `/sync` has open.
    SYNC_PLANS_MAX: usize = 64, "the document is answered unavailable; the socket stays";
    /// Frames that wait for one connection: ten seconds of a busy plan.
    OUTBOX_FRAMES_MAX: usize = 4_096, "the connection ends with 4409 (resync) and comes back from what it has";
    /// Bytes that wait for one connection; a larger frame alone is taken.
    OUTBOX_BYTES_MAX: usize = 8 * MIB, "the connection ends with 4409 (resync) and comes back from what it has";
    /// Pieces of frames handed to a socket and not yet read by its client.
    SOCKET_PIECES_MAX: usize = 8, "the connection waits; what is for it stays in its outbox";
    /// Ephemeral messages of one sender about one plan that wait for one reader.
    EPHEMERALS_PER_SENDER_MAX: usize = 4, "the oldest goes: only where somebody is now counts";
    /// Ephemeral messages that wait for one reader.
    EPHEMERALS_WAITING_MAX: usize = 1_024, "the oldest goes";
    /// Bytes of ephemeral messages that wait for one reader.
    EPHEMERALS_WAITING_BYTES_MAX: usize = 2 * MIB, "the oldest goes";
    /// Ephemeral messages to one peer in a round, however many others there are.
    EPHEMERALS_PER_TICK_MAX: usize = 32, "the rest waits for the next round";
    /// Changes of a message of `/live` up to this size are put in order as they come.
    LIVE_CHANGES_AT_ONCE_BYTES_MAX: usize = 64 * KIB, "they are put in order beside other work";
    /// Operations of them: what takes a millisecond or two.
    LIVE_CHANGES_AT_ONCE_OPERATIONS_MAX: usize = 2_000, "they are put in order beside other work";
    /// A sync message up to this size is taken apart as it comes.
    SYNC_DATA_AT_ONCE_BYTES_MAX: usize = 64 * KIB, "it waits for its subject's turn";
    /// Large sync messages of one subject that are worked on at the same time.
    SYNC_LARGE_AT_ONCE_MAX: usize = 2, "the next waits, and its connection with it";
    /// How often a busy plan is asked to take a replica's changes, after twice the wait each time.
    SYNC_BUSY_TRIES_MAX: usize = 6, "the connection ends: the replica comes back with its changes";
    /// Refused replicas that are remembered.
    SYNC_REFUSED_PEERS_MAX: usize = 4_096, "the one refused longest ago is forgotten and will be refused anew";
}
"times of sockets" {
    /// Milliseconds between the first two tries of a busy plan for a replica's changes.
    SYNC_BUSY_WAIT_MS: u64 = 100, "it is tried again, and later after twice the wait each time";
    /// Milliseconds between two rounds of ephemeral messages.
    GOSSIP_TICK_MS: u64 = 100, "what was said meanwhile is one round";
    /// Milliseconds between two rounds of presence: at rest a change is told at once, under load five
    /// times a second, however many people move and however often.
    PRESENCE_ROUND_MS: u64 = 200, "what changed meanwhile is one round";
    /// Seconds a socket of `/sync` may take to join.
    SYNC_JOIN_S_MAX: u64 = 10, "the connection ends";
    /// Seconds between pings of `/sync`; without a sign of life for two of them the connection ends.
    SYNC_PING_S: u64 = 10, "a connection without a sign of life for two of them ends";
    /// Seconds between pings of `/live`.
    LIVE_PING_S: u64 = 20, "a connection without a sign of life for two of them ends";
    /// Seconds one frame may wait for a client that does not read.
    SEND_S_MAX: u64 = 30, "the connection is given up";
    /// Seconds a connection that ends may take to say so.
    FAREWELL_S_MAX: u64 = 5, "it is closed without a word";
}
"answers" {
    /// Events, revisions or revocations in one answer.
    EVENTS_PER_PAGE_MAX: usize = 1_000, "a `limit` is refused `malformed` (400); what does not fit is on the next page";
    /// Events in one answer unless asked otherwise: a screenful or two.
    EVENTS_PER_PAGE_DEFAULT: usize = 100, "what does not fit is on the next page";
    /// Plans in one answer: each is read to tell its title.
    PLANS_PER_PAGE_MAX: usize = 1_000, "a `limit` is refused `malformed` (400); what does not fit is on the next page";
    /// Steps of a time line in one answer.
    TIMELINE_STEPS_MAX: usize = 1_000, "the newest are told, and how many there are";
    /// Views of the plan at earlier entries made for one answer: each costs some 50 ms.
    VIEWS_PER_ANSWER_MAX: usize = 64, "revisions are told without the codes of their time";
    /// Named versions in one answer: each is told with all its signatures.
    VERSIONS_PER_PAGE_MAX: usize = 100, "a `limit` is refused `malformed` (400); what does not fit is on the next page";
    /// Characters of what can be looked for.
    QUERY_CHARS_MAX: usize = 200, "the question is refused `malformed` (400)";
    /// Characters of an element's name in a comparison: a line.
    LABEL_CHARS_MAX: usize = 120, "the name is cut";
    /// Words and signs of two texts compared one by one; the time grows with their product.
    WORDS_COMPARED_MAX: usize = 40_000, "the middle that differs counts as replaced";
    /// Looks into the past that are worked on at the same time: each keeps a core busy, and those who write
    /// need theirs.
    STUDIES_AT_ONCE_MAX: usize = 1, "the next waits for its turn";
    /// An id of a request that somebody else gave.
    REQUEST_ID_BYTES_MAX: usize = 64, "it is replaced by one of ours";
    /// Characters of a client's build kept in entries.
    BUILD_CHARS_MAX: usize = 120, "it is cut";
    /// Seconds a busy server says to wait.
    RETRY_AFTER_S: u32 = 1, "the answer may be the same";
    /// Seconds to wait where something else has to end first.
    AT_ONCE_RETRY_S: u32 = 5, "the answer may be the same";
}
"exports and replays" {
    /// The filter of an export as JSON: it is kept in its entry.
    EXPORT_FILTER_BYTES_MAX: usize = 16 * KIB, "the export is refused `too_large` (413)";
    /// Entries of one report for people: more are for programs, or for several reports.
    REPORT_ENTRIES_MAX: u64 = 10_000, "the report is refused `too_large` (413)";
    /// Rows of a table that comes back, its head apart: all elements of the largest plan.
    SHEET_ROWS_MAX: usize = ELEMENTS_MAX, "the table is refused `too_large` (413)";
    /// Cells of a row of such a table: the widest form has some twenty.
    SHEET_COLUMNS_MAX: usize = 256, "the table is refused `too_large` (413)";
    /// Bytes that the cells of such a table take, letters and the place of each cell: every element of the
    /// largest plan in the widest form, with some hundred words.  A workbook's cells share texts, so
    /// neither its size nor that of its parts bounds them; nor do the texts that they share.
    SHEET_BYTES_MAX: usize = 32 * MIB, "the table is refused `too_large` (413)";
    /// The number that a workbook gives a row: its form knows no more rows.
    SHEET_LINES_MAX: usize = 1_048_576, "the table is refused `bad_table` (422)";
    /// A text in a cell of a workbook, code units of UTF-16: spreadsheet programs hold no more.
    SHEET_CELL_CHARS_MAX: usize = 32_767, "the export is refused `too_large` (413): csv holds it";
    /// Parts of an office file that is read: a workbook of many sheets has some dozens.
    OFFICE_FILES_MAX: usize = 256, "the file is refused `too_large` (413)";
    /// Bytes of the parts of an office file that are looked at, unpacked: the largest sheet that is taken.
    OFFICE_INFLATED_BYTES_MAX: usize = 64 * MIB, "the file is refused `too_large` (413)";
    /// Entries looked at in one step of a replay or an export.
    STRETCH_ENTRIES_MAX: usize = 512, "the next step goes on after them";
    /// Entries held in one step of a replay or an export, beyond the first.
    STRETCH_BYTES_MAX: usize = MIB, "the next step goes on after them";
}
"evidence" {
    /// Milliseconds from one checkpoint of a plan under load to the next.
    CHECKPOINT_EVERY_MS: u64 = 1_000, "the entries that come are in the next one";
    /// A signed note: as the specification of checkpoints has it.
    NOTE_BYTES_MAX: usize = 1_000_000, "it is no note";
    /// Signatures of a note: those of witnesses too.
    NOTE_SIGNATURES_MAX: usize = 100, "it is no note";
    /// Exact entries read from the store at a time: each may be as large as an entry can be.
    EXACT_ENTRIES_PER_READ_MAX: usize = 32, "the rest is the next read";
    /// Exact entries in one answer, beyond the first.
    SEQUENCE_BYTES_MAX: usize = 4 * MIB, "the next answer goes on after them";
    /// Entries of one evidence bundle: its files, four an entry, must fit the 65,535 of a plain zip.
    BUNDLE_ENTRIES_MAX: usize = 10_000, "the bundle is refused `too_large` (413)";
    /// Elements by which the entries of one evidence bundle are chosen.
    BUNDLE_ELEMENTS_MAX: usize = 100, "the bundle is refused `too_large` (413)";
    /// Envelopes and payloads of one evidence bundle: what the server holds at a time to make one.
    BUNDLE_CONTENT_BYTES_MAX: usize = 32 * MIB, "the bundle is refused `too_large` (413)";
    /// Files of an evidence bundle that is read.
    BUNDLE_FILES_MAX: usize = 65_534, "it is no bundle";
    /// A whole evidence bundle: content, proofs, reports and the archive's own.
    BUNDLE_FILE_BYTES_MAX: usize = 256 * MIB, "it is not made, `too_large` (413), and not read";
    /// Findings of the self-check that are kept to be shown: one of a plan and place is enough to look at it.
    FINDINGS_KEPT_MAX: usize = 64, "the rest is counted, and all are in the log of the operator";
    /// Entries of one plan that a start looks at: some milliseconds, and most plans' whole day.
    TAIL_ENTRIES_MAX: u64 = 256, "earlier ones are looked at while the server serves";
    /// Entries of all plans that a start looks at: with very many plans, fewer of each.
    START_ENTRIES_MAX: u64 = 16_384, "earlier ones are looked at while the server serves";
    /// A file of heads that an operator gives to a restoration.
    HEADS_BYTES_MAX: u64 = 4 * MIB as u64, "the file is refused";
}
"access log" {
    /// A file of the access log: one is read whole for a page.
    ACCESS_FILE_BYTES_MAX: u64 = 16 * MIB as u64, "the next line begins a new file";
    /// Lines that wait to be written.
    ACCESS_LINES_WAITING_MAX: usize = 1_024, "a read of an auditor is refused `busy` (503)";
    /// Lines written at once.
    ACCESS_GROUP_LINES_MAX: usize = 256, "the rest is written next";
    /// Characters of an address or a query that are kept.
    ACCESS_TEXT_CHARS_MAX: usize = 2_048, "it is cut";
    /// Lines looked at for one page.
    ACCESS_LINES_PER_PAGE_MAX: usize = 100_000, "the page says where to go on, however few it has";
}
"memory of plans" {
    /// Inputs taken into one group: how long the first of them waits for the last.
    GROUP_INPUTS_MAX: usize = 256, "the rest is the next group";
    /// What one round takes from one message of changes, so that others have their turn: a change tried
    /// with others costs one.
    TURN_COST_MAX: usize = 256, "the rest is the next round's";
    /// What a change costs that is tried alone: up to some milliseconds.
    TURN_COST_ALONE: usize = 8, "fewer of them fit a round";
    /// Changes of texts that are tried together: more gain nothing, and one that fails costs all of them a
    /// second trial.
    RUN_CHANGES_MAX: usize = 512, "the rest is the next run";
    /// Operations of changes that are tried together.
    RUN_OPERATIONS_MAX: usize = 20_000, "the rest is the next run";
    /// Texts that one change of a run writes in: more are seldom.
    RUN_TEXTS_MAX: usize = 16, "the change is tried by itself";
    /// Characters, deleted ones included, in a plan's mirrors of texts: some 80 bytes each.
    MIRRORED_CHARS_MAX: usize = 300_000, "mirrors are forgotten and made anew when they are needed";
    /// Groups on their way to the disk: one that syncs, and one tried meanwhile.
    GROUPS_ALOFT_MAX: usize = 2, "the plan waits for the disk, its mailbox fills, and writers are told `busy`";
    /// Steps up from an element: moves made at the same time can close a ring.
    ANCESTRY_STEPS_MAX: usize = 20_000, "what is above is not looked at";
    /// Entries read from the store at a time for a look into the past.
    ENTRIES_PER_READ_MAX: usize = 512, "the rest is the next read";
    /// Entries read from the store at a time while a connection catches up.
    CATCH_UP_ENTRIES_MAX: usize = 200, "the rest is read when the connection has taken these";
    /// Views of earlier points kept beside the latest, for questions that name the same points again.
    VIEWS_KEPT_MAX: usize = 8, "the one used longest ago is forgotten and made anew when asked for";
    /// Outlines of earlier points that are kept: revisions of one page lie between few changes of the tree.
    OUTLINES_KEPT_MAX: usize = 32, "the one used longest ago is forgotten and made anew when asked for";
    /// Findings that one answer tells: more than the two plans have a hundred times over, and no person reads on.
    FINDINGS_TOLD_MAX: usize = 5_000, "the answer has the heaviest ones and says in a header that there are more";
    /// Findings that one rule has of one subject: one person can make a plan in which each of thousands is one.
    FINDINGS_PER_LOOK_MAX: usize = 1_000, "the rest is left out, and a finding says how many";
    /// Indicators of one measure that are told pair by pair: pairs grow with the square.
    ALIKE_PAIRED_MAX: usize = 12, "one finding tells the group";
    /// Goals of which the words are compared, each with each; plans have some ten.
    GOALS_COMPARED_MAX: usize = 64, "the rest is not compared, and a finding says so";
    /// Resolved findings that a history of findings keeps, some 30 MiB.
    FINDINGS_PAST_MAX: usize = 50_000, "the one resolved longest ago is left out, and how many were is told";
    /// Seconds between two looks for idle reader copies and quiet names.
    SWEEP_S: u64 = 30, "they stay in memory until the next look";
    /// Names that each rate knows at once, some 10 MiB: every open socket's subject and address fit.
    RATE_NAMES_MAX: usize = 65_536, "new names share one bucket until others have been quiet";
    /// Open files that the server needs besides its sockets: the log, the store, requests.
    FILES_BESIDES_SOCKETS: u64 = 512, "the start warns that sockets may be refused";
    /// Seconds that connections may take to end when the server stops.
    SHUTDOWN_S_MAX: u64 = 8, "they are cut";
}
"who you are" {
    /// A token: ours have some 600 bytes, those of large providers seldom 4,000.
    TOKEN_BYTES_MAX: usize = 8 * KIB, "it is refused `unauthenticated` (401) unread";
    /// A token's own id (`jti`): a UUID fits, and so does a digest.
    TOKEN_ID_BYTES_MAX: usize = 128, "the token is refused `unauthenticated` (401)";
    /// A name shown to others.
    PERSON_NAME_BYTES_MAX: usize = 256, "the token is refused `unauthenticated` (401)";
    /// The last second of the year 9999: later times are mistakes, and sums of allowed ones fit 64 bits.
    TOKEN_TIME_S_MAX: i64 = 253_402_300_799, "the token is refused `unauthenticated` (401)";
    /// Characters of a foreign text that the log tells about a refused token.
    TOKEN_TEXT_CHARS_TOLD_MAX: usize = 64, "the text is cut";
    /// Seconds a token of the local issuer lives: a working day.
    LOCAL_LIFETIME_S_MAX: i64 = 12 * 60 * 60, "`plenaryd token` does not make it, and it is refused (401)";
    /// Seconds a token of any other issuer lives: whoever lost their rights there keeps them no longer here.
    EXTERNAL_LIFETIME_S_MAX: i64 = 60 * 60, "the token is refused `unauthenticated` (401)";
    /// Seconds a token lives at least that is asked for.
    TOKEN_LIFETIME_S_MIN: i64 = 60, "a longer one is made";
    /// Seconds that two clocks may stand apart.
    LEEWAY_S_MAX: i64 = 30, "a token is refused as not yet or no longer valid (401)";
    /// Revocations in force at the same time: every token of a large house.
    REVOCATIONS_MAX: usize = 10_000, "no more are taken, `busy` (503), until some are forgotten";
    /// Seconds a revocation is kept: the longest life of a token, and two clocks that differ.
    REVOCATION_KEPT_S: i64 = LOCAL_LIFETIME_S_MAX + 2 * LEEWAY_S_MAX, "it is forgotten: no token it is about lives";
    /// Seconds from a ticket's issue to its first use.
    TICKET_LIFETIME_S_MAX: i64 = 30, "the ticket is refused `unauthenticated` (401)";
    /// Tickets of one subject that wait for their first use: four a second for the whole life of one.
    TICKETS_PER_SUBJECT_MAX: usize = 120, "no ticket is given: `busy` (503)";
    /// Tickets that wait for their first use, some 4 MiB.
    TICKETS_MAX: usize = 8_192, "no ticket is given: `busy` (503)";
    /// Peers of one subject that may come back with their ticket.
    PEERS_PER_SUBJECT_MAX: usize = 64, "the one longest away may not come back: it needs a new ticket";
    /// Peers that may come back with their ticket.
    PEERS_MAX: usize = 8_192, "the one whose token ends first may not come back: it needs a new ticket";
    /// A peer's name: automerge-repo's is `peer-` and some 10 to 36 characters.
    PEER_NAME_BYTES_MAX: usize = 256, "its ticket is refused";
    /// Networks of proxies that may be named in the configuration.
    TRUSTED_PROXIES_MAX: usize = 64, "the start refuses the configuration";
    /// Hops of `X-Forwarded-For` that are looked at, from the last one on.
    HOPS_MAX: usize = 16, "the one before counts as the caller's address";
    /// The server's name in evidence.
    SERVER_NAME_BYTES_MAX: usize = 100, "the start refuses the configuration";
}
"issuers" {
    /// An issuer's name or an audience: a URL fits.
    ISSUER_NAME_BYTES_MAX: usize = 256, "the start refuses the configuration";
    /// An address of keys.
    ISSUER_URL_BYTES_MAX: usize = 1_024, "the start refuses the configuration";
    /// A key's id.
    KEY_ID_BYTES_MAX: usize = 64, "the token, or the key set, is refused";
    /// A key file: a PEM of Ed25519 has 119 bytes.
    KEY_FILE_BYTES_MAX: u64 = 16 * KIB as u64, "the file is no key: the start refuses";
    /// A JWKS: hundreds of keys with their certificates.
    KEY_SET_BYTES_MAX: u64 = 256 * KIB as u64, "the key set is refused; the last one counts on";
    /// Keys of one issuer: the old and the new of a rotation, and some to spare.
    ISSUER_KEYS_MAX: usize = 32, "the key set is refused; the last one counts on";
    /// Seconds between two askings for the keys of one issuer: what a flood of unknown key ids costs.
    KEYS_ASKED_EVERY_S: i64 = 60, "a token with an unknown key is refused until then";
    /// Seconds after which a JWKS file is read again.
    KEYS_OF_FILE_FRESH_S: i64 = 60, "it is read again";
    /// Seconds after which an address is asked again.
    KEYS_OF_URL_FRESH_S: i64 = 60 * 60, "it is asked again";
    /// Seconds that keys count which cannot be had anew: a token lives an hour at most, so whoever is cut
    /// off from the issuer for longer has none left anyway.
    KEYS_KEPT_S_MAX: i64 = 4 * 60 * 60, "tokens of the issuer are refused";
    /// Seconds a connection to an issuer may take to stand.
    ISSUER_CONNECT_S_MAX: u64 = 3, "the asking has failed; the last keys count on";
    /// Seconds an issuer may take for its whole answer.
    ISSUER_FETCH_S_MAX: u64 = 5, "the asking has failed; the last keys count on";
    /// Seconds a token may wait for the keys of its issuer: an asking, and its way here.
    KEYS_WAIT_S_MAX: u64 = ISSUER_FETCH_S_MAX + 1, "the token is refused";
}
"the log" {
    /// A plan's name in the log: it fits a one-byte length and a file name.
    PLAN_NAME_BYTES_MAX: usize = 64, "nothing is written";
    /// An envelope: entries of the C2SP tile format carry a 16-bit length.
    ENVELOPE_BYTES_MAX: usize = 65_535, "nothing is written: `too_large`";
    /// A payload: what the server makes itself (import, restore) is the largest thing written; a client's
    /// change is two orders of magnitude smaller.
    PAYLOAD_BYTES_MAX: usize = 32 * MIB, "nothing is written: `too_large`";
    /// Rows (element, field, operation) of `touched` in an envelope.
    TOUCHED_ROWS_MAX: usize = 256, "the envelope names elements alone";
    /// Element ids of `touched` in an envelope.
    TOUCHED_IDS_MAX: usize = 900, "the envelope counts elements by kind";
    /// A text kept whole in an edit row, code points.
    TEXT_WHOLE_CHARS_MAX: usize = 512, "only the spliced part is kept";
    /// The key of a fact: it lives whole in a page of the store.
    FACT_KEY_BYTES_MAX: usize = 512, "nothing is written";
    /// The value of a fact: facts are small records, not documents.
    FACT_VALUE_BYTES_MAX: usize = MIB, "nothing is written";
    /// The key of an index row: it lives whole in a page of the store.
    INDEX_KEY_BYTES_MAX: usize = KIB, "the program has a bug and stops";
    /// Records of several callers that share one fdatasync: how long the first of them waits.
    GROUP_RECORDS_MAX: usize = 1_024, "the rest is the next group";
    /// Bytes of several callers that share one fdatasync; a single call that is larger is written alone.
    GROUP_BYTES_MAX: usize = 4 * MIB, "the rest is the next group";
    /// Records of one call: an offline replica brings at most 50,000 changes in one message.
    CALL_RECORDS_MAX: usize = 65_536, "nothing is written";
    /// Bytes of one call: a sync message brings at most 32 MiB, and summaries are added to it.
    CALL_BYTES_MAX: usize = 96 * MIB, "nothing is written";
    /// The body of a frame: a longer one is damage, not a frame.
    FRAME_BODY_BYTES_MAX: usize = 48 * MIB, "the journal is damaged there, and the start refuses";
    /// Plans of one log: a seal names all of them.
    LOG_PLANS_MAX: usize = 262_144, "a new plan is refused";
    /// Bytes after which a segment is closed: a start reads one segment whole.
    SEGMENT_BYTES_DEFAULT: u64 = 64 * MIB as u64, "a new segment begins";
    /// Bytes of sled's cache: said outright, because sled does not read cgroup v2.
    CACHE_BYTES_DEFAULT: u64 = 128 * MIB as u64, "pages are read from the disk again";
    /// Calls that wait for the writer.
    QUEUE_CALLS_MAX: usize = 4_096, "the caller is told that it is full: `busy` (503)";
    /// Bytes that wait for the writer.
    QUEUE_BYTES_MAX: usize = 128 * MIB, "the caller is told that it is full: `busy` (503)";
    /// Bytes of the disk that the log leaves free: room to open, to rebuild, and for others.
    RESERVE_BYTES_DEFAULT: u64 = 1 << 30, "no edits are taken, `read_only` (503), until there is room again";
    /// Hundredths of the disk that the log leaves free.
    RESERVE_PERCENT_DEFAULT: u64 = 5, "no edits are taken, `read_only` (503), until there is room again";
    /// Bytes written after which free space is looked at again, whatever the time.
    RESERVE_CHECK_BYTES: u64 = 16 * MIB as u64, "free space is looked at";
    /// Bytes of the ballast: a file that a start on a full disk gives up, so that it can make its last
    /// group sure, open the store, and serve reads.
    BALLAST_BYTES_DEFAULT: u64 = 64 * MIB as u64, "the start on a full disk may fail";
    /// A value that stands whole in a leaf of sled.  A leaf holds at most 17 values, so its page stays far
    /// below sled's segment of 512 KiB, above which sled writes files that it does not sync.
    STORE_VALUE_BYTES_MAX: usize = 7 * KIB, "the value is cut into chunks of this size";
    /// Index rows and facts that are put back into a store that has lost them: they wait in memory until
    /// all of the journal was looked at.
    PUT_BACK_ROWS_MAX: usize = 65_536, "nothing of them is put back; the log says to make the store anew";
    /// A snapshot: a document above this is refused long before.
    SNAPSHOT_BYTES_MAX: usize = 512 * MIB, "it is not kept; the plan opens from its entries";
    /// Heads of the document in a snapshot: more are a document that nobody merges.
    SNAPSHOT_HEADS_MAX: usize = 65_536, "it is not kept; the plan opens from its entries";
    /// Entries that a repair names in the fact it leaves.
    LOST_NAMED_MAX: usize = 64, "the rest is counted";
    /// Plans named in a message about journal and store that differ.
    DIFFERENCES_NAMED_MAX: usize = 5, "the rest is counted";
    /// Entries that a rebuilt journal has in one group.
    REBUILD_GROUP_ENTRIES_MAX: usize = 128, "the rest is the next group";
    /// Milliseconds a start waits for the lock of a process that is being taken apart.
    LOCK_WAIT_MS_MAX: u64 = 1_000, "the start refuses: another server has the data";
    /// Milliseconds between two tries of the lock.
    LOCK_WAIT_STEP_MS: u64 = 20, "it is tried again";
    /// Seconds that sled's own threads may hold its file after it was dropped in this process; another
    /// process cannot, because it would hold our lock.
    STORE_CLOSE_WAIT_S_MAX: u64 = 5, "the start refuses";
}
}

/// One id of `touched` at its longest and its head, bytes.
const TOUCHED_ID_BYTES: usize = ID_BYTES_MAX + 2;
/// One row of `touched` at its longest: id, field and operation.
const TOUCHED_ROW_BYTES: usize = TOUCHED_ID_BYTES + 128;
/// All texts of an envelope besides `touched`, bytes.
const ENVELOPE_REST_BYTES: usize = ID_BYTES_MAX
    + CLIENT_ID_BYTES_MAX
    + 2 * SUBJECT_BYTES_MAX
    + ISSUER_NAME_BYTES_MAX
    + TOKEN_ID_BYTES_MAX
    + 4 * BUILD_CHARS_MAX;
/// What stands around what is measured: heads, names, fixed fields, bytes.
const AROUND_BYTES: usize = KIB;

const _: () = {
    assert!(SEGMENT_BYTES_DEFAULT == JOURNAL_SEGMENT_MIB.default as u64 * MIB as u64);
    // Settings: the default lies in its range, and no limit is out of reach behind another.
    let mut at = 0;
    while at < SETTABLES.len() {
        let it = SETTABLES[at];
        assert!(0 < it.least && it.least <= it.default && it.default <= it.most);
        at += 1;
    }
    assert!(SUBJECT_SOCKETS.default <= ADDRESS_SOCKETS.default);
    assert!(SUBJECT_SOCKETS.default <= PLAN_SOCKETS.default);
    assert!(ADDRESS_SOCKETS.default <= SOCKETS.default);
    assert!(PLAN_SOCKETS.default <= SOCKETS.default);
    assert!(SUBJECT_SOCKETS_OPENED.default <= ADDRESS_SOCKETS_OPENED.default);
    // Every socket that may be opened can have its ticket, and all that may be open can come back.
    assert!(SUBJECT_SOCKETS_OPENED.default <= SUBJECT_TICKETS.default);
    assert!(SUBJECT_SOCKETS.default <= SUBJECT_SOCKETS_OPENED.default);
    assert!(SUBJECT_TICKETS.default <= SUBJECT_REQUESTS.default);
    assert!(SUBJECT_TICKETS.default as usize <= TICKETS_PER_SUBJECT_MAX);
    assert!(SUBJECT_SOCKETS.default as usize <= PEERS_PER_SUBJECT_MAX);
    // The largest message fits even the smallest bucket, and the largest bucket counts in 32 bits.
    assert!(LIVE_MESSAGE_BYTES_MAX <= SUBJECT_MIB.least as usize * MIB);
    assert!(SYNC_FRAME_BYTES_MAX <= SUBJECT_MIB.least as usize * MIB);
    assert!(SUBJECT_MIB.most as usize * MIB <= u32::MAX as usize);
    assert!(RATE_NAMES_MAX > SOCKETS.default as usize);
};

const _: () = {
    // Names: an id is a plan's name in the log, and an owner's subject fits a fact's key.
    assert!(ID_BYTES_MAX <= PLAN_NAME_BYTES_MAX);
    assert!(PLAN_NAME_BYTES_MAX <= u8::MAX as usize);
    assert!(SUBJECT_BYTES_MAX + ISSUER_NAME_BYTES_MAX < FACT_KEY_BYTES_MAX);
    assert!(PEER_NAME_BYTES_MAX <= SYNC_ID_BYTES_MAX && SYNC_ID_BYTES_MAX <= FACT_KEY_BYTES_MAX);
    assert!(SET_MEMBER_BYTES_MAX <= SCALAR_BYTES_MAX);
    assert!(DEPTH_MAX < ELEMENTS_MAX && ELEMENTS_MAX <= ANCESTRY_STEPS_MAX);
};

const _: () = {
    // Edits: what is taken in fits what is made of it, and that fits what is written and told.
    assert!(TEXT_CHARS_MAX <= SERVER_CHANGE_OPERATIONS_MAX);
    assert!(TEXT_CHARS_MAX * 4 <= JSON_BYTES_MAX);
    assert!(JSON_BYTES_MAX <= PLAN_FILE_BYTES_MAX && PLAN_FILE_BYTES_MAX <= LIVE_MESSAGE_BYTES_MAX);
    assert!(CHANGE_BYTES_MAX < SERVER_CHANGE_BYTES_MAX);
    assert!(CHANGE_OPERATIONS_MAX < SERVER_CHANGE_OPERATIONS_MAX);
    // A change that the server makes and its summary fit one message and one entry.
    assert!(SERVER_CHANGE_BYTES_MAX * 4 < LIVE_MESSAGE_BYTES_MAX);
    assert!(SERVER_CHANGE_BYTES_MAX * 4 < ENTRY_PAYLOAD_BYTES_MAX);
    assert!(ENTRY_PAYLOAD_BYTES_MAX < LIVE_MESSAGE_BYTES_MAX && ENTRY_PAYLOAD_BYTES_MAX < PAYLOAD_BYTES_MAX);
    // An envelope holds the most that may be touched, however long the ids are that clients chose.
    assert!(TOUCHED_ROWS_MAX <= TOUCHED_IDS_MAX);
    assert!(TOUCHED_IDS_MAX * TOUCHED_ID_BYTES + ENVELOPE_REST_BYTES + AROUND_BYTES < ENVELOPE_BYTES_MAX);
    assert!(TOUCHED_ROWS_MAX * TOUCHED_ROW_BYTES + ENVELOPE_REST_BYTES + AROUND_BYTES < ENVELOPE_BYTES_MAX);
    assert!(TEXT_WHOLE_CHARS_MAX < TEXT_CHARS_MAX && TEXT_CHARS_MAX <= MIRRORED_CHARS_MAX);
    assert!(CURSORS_MAX < CONCURRENT_DELETE_CHARS_MAX);
};

const _: () = {
    // Changes: one fits its message, one ask, and one run; a queue that is sent at once fits one call.
    assert!(CHANGE_OPERATIONS_MAX <= OPERATIONS_PER_MESSAGE_MAX);
    assert!(CHANGE_OPERATIONS_MAX <= SUSPECT_OPERATIONS_PER_MINUTE_MAX);
    assert!(
        SYNC_ASK_OPERATIONS_MAX < OPERATIONS_PER_MESSAGE_MAX
            && CHANGE_OPERATIONS_MAX <= SYNC_ASK_OPERATIONS_MAX
    );
    assert!(CHANGE_OPERATIONS_MAX <= RUN_OPERATIONS_MAX);
    assert!(SYNC_ASK_CHANGES_MAX <= TURN_COST_MAX && TURN_COST_ALONE <= TURN_COST_MAX);
    assert!(TURN_COST_MAX <= RUN_CHANGES_MAX);
    assert!(CHANGES_PER_MESSAGE_MAX <= CALL_RECORDS_MAX && CHANGES_PER_MESSAGE_MAX <= SYNC_SENT_HASHES_MAX);
    assert!(
        CHANGE_BYTES_MAX < CHANGE_INFLATED_BYTES_MAX && CHANGE_INFLATED_BYTES_MAX <= SYNC_INFLATED_BYTES_MAX
    );
    assert!(CHANGE_BYTES_MAX <= SYNC_HELD_BYTES_MAX && SYNC_HELD_BYTES_MAX <= SYNC_DATA_BYTES_MAX);
    assert!(SYNC_DATA_BYTES_MAX < SYNC_FRAME_BYTES_MAX && SYNC_SMALL_FRAME_BYTES_MAX < SYNC_FRAME_BYTES_MAX);
    assert!(SYNC_DATA_AT_ONCE_BYTES_MAX < SYNC_DATA_BYTES_MAX);
    assert!(START_OPERATIONS_AHEAD_MAX < GAPS_PER_SUBJECT_OPERATIONS_MAX);
    assert!(OPERATIONS_PER_MESSAGE_MAX as u64 <= GAPS_PER_SUBJECT_OPERATIONS_MAX);
    // Even all subjects of a large house together stay far from the counter's end.
    assert!(GAPS_PER_SUBJECT_OPERATIONS_MAX * 1_000 < u32::MAX as u64);
};

const _: () = {
    // Sockets: a page of entries fits the outbox, and whoever is late for a ping is still there to be told.
    assert!(CATCH_UP_ENTRIES_MAX <= OUTBOX_FRAMES_MAX && GROUP_INPUTS_MAX <= OUTBOX_FRAMES_MAX);
    assert!(SERVER_CHANGE_BYTES_MAX <= OUTBOX_BYTES_MAX);
    assert!(EPHEMERAL_BYTES_MAX <= EPHEMERALS_WAITING_BYTES_MAX);
    assert!(EPHEMERALS_PER_SENDER_MAX <= EPHEMERALS_PER_TICK_MAX);
    assert!(EPHEMERALS_PER_TICK_MAX <= EPHEMERALS_WAITING_MAX);
    assert!(FAREWELL_S_MAX < SHUTDOWN_S_MAX && FAREWELL_S_MAX < SEND_S_MAX);
    // One reader of `limit` serves all lists.
    assert!(EVENTS_PER_PAGE_DEFAULT <= EVENTS_PER_PAGE_MAX && PLANS_PER_PAGE_MAX == EVENTS_PER_PAGE_MAX);
    assert!(CBOR_KEY_CHARS_TOLD_MAX <= REASON_CHARS_MAX);
    // A socket of `/sync` waits for a busy plan no longer than it may go without a word.
    assert!(SYNC_BUSY_WAIT_MS << (SYNC_BUSY_TRIES_MAX - 1) <= SYNC_PING_S * 1_000);
    assert!(LIVE_ASKS_MAX <= PLAN_MAILBOX.default as usize);
};

const _: () = {
    // Evidence: envelope, payload, salt and proof of each entry of a bundle, and what is there once.
    assert!(BUNDLE_ENTRIES_MAX * 4 + 16 < BUNDLE_FILES_MAX && BUNDLE_FILES_MAX < u16::MAX as usize);
    assert!(BUNDLE_CONTENT_BYTES_MAX * 4 < BUNDLE_FILE_BYTES_MAX);
    assert!(BUNDLE_FILE_BYTES_MAX <= u32::MAX as usize);
    assert!(ENTRY_PAYLOAD_BYTES_MAX + ENVELOPE_BYTES_MAX <= BUNDLE_CONTENT_BYTES_MAX);
    assert!(TAIL_ENTRIES_MAX <= START_ENTRIES_MAX);
    assert!(EXPORT_FILTER_BYTES_MAX < ENTRY_PAYLOAD_BYTES_MAX);
    // A page of the access log comes from a file that is read whole, and a group of its lines fits one.
    assert!(ACCESS_GROUP_LINES_MAX <= ACCESS_LINES_WAITING_MAX);
    assert!((ACCESS_GROUP_LINES_MAX * ACCESS_TEXT_CHARS_MAX * 2) as u64 * 4 <= ACCESS_FILE_BYTES_MAX);
    assert!(CHECKPOINT_EVERY_MS * 2 < SEND_S_MAX * 1_000);
};

const _: () = {
    // Tokens: a revocation outlives every token it is about; keys outlive the tokens they vouch for.
    assert!(
        EXTERNAL_LIFETIME_S_MAX <= LOCAL_LIFETIME_S_MAX && TOKEN_LIFETIME_S_MIN <= EXTERNAL_LIFETIME_S_MAX
    );
    assert!(LEEWAY_S_MAX < TOKEN_LIFETIME_S_MIN);
    assert!(REVOCATION_KEPT_S >= LOCAL_LIFETIME_S_MAX + LEEWAY_S_MAX);
    assert!(KEYS_KEPT_S_MAX >= EXTERNAL_LIFETIME_S_MAX + LEEWAY_S_MAX);
    assert!(KEYS_ASKED_EVERY_S <= KEYS_OF_FILE_FRESH_S && KEYS_OF_FILE_FRESH_S <= KEYS_OF_URL_FRESH_S);
    assert!(KEYS_OF_URL_FRESH_S < KEYS_KEPT_S_MAX);
    assert!(ISSUER_CONNECT_S_MAX < ISSUER_FETCH_S_MAX && ISSUER_FETCH_S_MAX < KEYS_WAIT_S_MAX);
    assert!(TICKETS_PER_SUBJECT_MAX < TICKETS_MAX && PEERS_PER_SUBJECT_MAX < PEERS_MAX);
    assert!(TICKET_LIFETIME_S_MAX < TOKEN_LIFETIME_S_MIN);
    assert!(TOKEN_TIME_S_MAX < i64::MAX / 2);
};

const _: () = {
    // The log: the largest entry and the largest fact each fit one frame, and the largest seal does.
    assert!(ENVELOPE_BYTES_MAX <= u16::MAX as usize);
    assert!(FACT_KEY_BYTES_MAX <= u16::MAX as usize);
    assert!(PAYLOAD_BYTES_MAX + ENVELOPE_BYTES_MAX + AROUND_BYTES <= FRAME_BODY_BYTES_MAX);
    assert!(FACT_VALUE_BYTES_MAX + FACT_KEY_BYTES_MAX + AROUND_BYTES <= FRAME_BODY_BYTES_MAX);
    assert!(LOG_PLANS_MAX * (PLAN_NAME_BYTES_MAX + 41) + AROUND_BYTES <= FRAME_BODY_BYTES_MAX);
    assert!(FRAME_BODY_BYTES_MAX <= u32::MAX as usize);
    // One record always fits a call, and one call always fits an empty queue.
    assert!(PAYLOAD_BYTES_MAX + ENVELOPE_BYTES_MAX + AROUND_BYTES <= CALL_BYTES_MAX);
    assert!(CALL_BYTES_MAX <= QUEUE_BYTES_MAX);
    assert!(GROUP_RECORDS_MAX <= CALL_RECORDS_MAX && CALL_RECORDS_MAX <= u32::MAX as usize);
    assert!(GROUP_INPUTS_MAX <= GROUP_RECORDS_MAX && REBUILD_GROUP_ENTRIES_MAX <= GROUP_RECORDS_MAX);
    // 17 full values, their keys and a delta stay below half a segment of sled.
    assert!(18 * (STORE_VALUE_BYTES_MAX + INDEX_KEY_BYTES_MAX + 64) < 256 * KIB);
    assert!(FACT_KEY_BYTES_MAX <= INDEX_KEY_BYTES_MAX);
    // What is written between two looks at the disk, and all that waits, fits what is left free.
    assert!(RESERVE_CHECK_BYTES + QUEUE_BYTES_MAX as u64 <= RESERVE_BYTES_DEFAULT);
    assert!(LOCK_WAIT_STEP_MS <= LOCK_WAIT_MS_MAX);
};
