//! Every limit of the log in one place, with the reason for it; relations between them are checked
//! when the crate is compiled.

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

/// Longest name of a plan, in bytes: it fits a one-byte length and a file name.
pub const PLAN_NAME_BYTES_MAX: usize = 64;

/// Longest envelope, in bytes: tree proofs of the checkpoint format carry a two-byte length.
pub const ENVELOPE_BYTES_MAX: usize = 65_535;

/// Longest payload, in bytes: what the server makes itself (import, restore) is the largest thing
/// written; a client's change is two orders of magnitude smaller.
pub const PAYLOAD_BYTES_MAX: usize = 32 * MIB;

/// Longest key of a fact, in bytes: a key lives whole in a sled page.
pub const FACT_KEY_BYTES_MAX: usize = 512;

/// Longest value of a fact, in bytes: facts are small records, not documents.
pub const FACT_VALUE_BYTES_MAX: usize = MIB;

/// Longest key of an index row, in bytes: a key lives whole in a sled page.
pub const INDEX_KEY_BYTES_MAX: usize = KIB;

/// Records of several callers that share one fdatasync: bounds the wait of the first of them.
pub const GROUP_RECORDS_MAX: usize = 1_024;

/// Bytes of several callers that share one fdatasync: bounds the wait of the first of them. A single
/// call that is larger is written alone.
pub const GROUP_BYTES_MAX: usize = 4 * MIB;

/// Records of one call: an offline replica brings at most 50,000 changes in one message.
pub const CALL_RECORDS_MAX: usize = 65_536;

/// Bytes of one call: a sync message brings at most 32 MiB, and summaries are added to it.
pub const CALL_BYTES_MAX: usize = 96 * MIB;

/// Longest body of a frame, in bytes: a length above it is damage, not a frame.
pub const FRAME_BODY_BYTES_MAX: usize = 48 * MIB;

/// Plans that one seal can name.
pub const PLANS_MAX: usize = 262_144;

/// Default size at which a segment is closed, in bytes: a start scans one segment whole.
pub const SEGMENT_BYTES_DEFAULT: u64 = 64 * MIB as u64;

/// Default cache of sled, in bytes: said outright, because sled does not read cgroup v2.
pub const CACHE_BYTES_DEFAULT: u64 = 128 * MIB as u64;

/// Calls that may wait for the writer; the next one is answered with "full".
pub const QUEUE_CALLS_MAX: usize = 4_096;

/// Bytes that may wait for the writer; the next call is answered with "full".
pub const QUEUE_BYTES_MAX: usize = 128 * MIB;

/// Default part of the disk that the log leaves free, in bytes.
pub const RESERVE_BYTES_DEFAULT: u64 = 1 << 30;

/// Default part of the disk that the log leaves free, in hundredths of its size.
pub const RESERVE_PERCENT_DEFAULT: u64 = 5;

/// Bytes written after which free space is looked at again, whatever the time.
pub const RESERVE_CHECK_BYTES: u64 = 16 * MIB as u64;

/// Default size of the ballast, in bytes: a file that a start on a full disk gives up, so that it can
/// make its last group sure, open the store, and serve reads.
pub const BALLAST_BYTES_DEFAULT: u64 = 64 * MIB as u64;

/// Longest value that stands whole in a sled leaf, in bytes; a longer one is cut into chunks of this
/// size. A leaf holds at most 17 values, so its page stays far below sled's segment of 512 KiB, above
/// which sled writes files that it does not sync.
pub const STORE_VALUE_BYTES_MAX: usize = 7 * KIB;

/// Index rows and facts that are put back into a store that has lost them: they wait in memory until
/// all of the journal was looked at. A store that has lost more is better made anew.
pub const PUT_BACK_ROWS_MAX: usize = 65_536;

/// Longest snapshot, in bytes: a document above this is refused long before.
pub const SNAPSHOT_BYTES_MAX: usize = 512 * MIB;

/// Most document heads in a snapshot: more are a document that nobody merges.
pub const SNAPSHOT_HEADS_MAX: usize = 65_536;

const _: () = {
    assert!(PLAN_NAME_BYTES_MAX <= u8::MAX as usize);
    assert!(ENVELOPE_BYTES_MAX <= u16::MAX as usize);
    assert!(FACT_KEY_BYTES_MAX <= u16::MAX as usize);
    // The largest entry and the largest fact each fit one frame, with room for the fixed fields.
    assert!(PAYLOAD_BYTES_MAX + ENVELOPE_BYTES_MAX + KIB <= FRAME_BODY_BYTES_MAX);
    assert!(FACT_VALUE_BYTES_MAX + FACT_KEY_BYTES_MAX + KIB <= FRAME_BODY_BYTES_MAX);
    assert!(FRAME_BODY_BYTES_MAX <= u32::MAX as usize);
    // The largest seal fits one frame.
    assert!(PLANS_MAX * (PLAN_NAME_BYTES_MAX + 41) + KIB <= FRAME_BODY_BYTES_MAX);
    // One record always fits a call, and one call always fits an empty queue.
    assert!(PAYLOAD_BYTES_MAX + ENVELOPE_BYTES_MAX + KIB <= CALL_BYTES_MAX);
    assert!(CALL_BYTES_MAX <= QUEUE_BYTES_MAX);
    assert!(GROUP_RECORDS_MAX <= CALL_RECORDS_MAX);
    assert!(CALL_RECORDS_MAX <= u32::MAX as usize);
    // 17 full values, their keys and a delta stay below half a sled segment.
    assert!(18 * (STORE_VALUE_BYTES_MAX + INDEX_KEY_BYTES_MAX + 64) < 256 * KIB);
};

/// How long a start waits for the lock of a process that is being taken apart.
pub const LOCK_WAIT_MAX: std::time::Duration = std::time::Duration::from_secs(1);
/// Time between two tries of the lock.
pub const LOCK_WAIT_STEP: std::time::Duration = std::time::Duration::from_millis(20);
