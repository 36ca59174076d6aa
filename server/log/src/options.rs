//! What a log is opened with.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::reserve::{FreeSpace, Reserve, statvfs};

/// Is told, once, what made the log fail; runs on the writer's thread, so it must be short.
pub type OnFailure = Arc<dyn Fn(&str) + Send + Sync>;
/// Is told of every group that was written; runs on the writer's thread, so it must be short.
pub type OnGroup = Arc<dyn Fn(&Group) + Send + Sync>;

/// A group of records that was written together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// Entries and facts in it.
    pub records: usize,
    /// Bytes of them.
    pub bytes: u64,
    /// How long the journal took: write and `fdatasync`.
    pub journal: Duration,
    /// How long the store took after it.
    pub store: Duration,
}

/// When the bodies of older segments are read in the background after a start, and what the store has
/// lost of them put back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckOlder {
    /// Never.
    Never,
    /// After a stop that was not clean: only then can the store have lost something. For a caller who
    /// looks through everything by itself, see [`crate::Log::look_through`].
    AfterUncleanStop,
    /// After every start.
    Always,
}

/// What a log is opened with.
#[derive(Clone)]
pub struct Options {
    /// The data directory; made when it is not there.
    pub dir: PathBuf,
    /// The size in bytes at which a segment is closed; a group that is larger stands in one that is.
    pub segment_bytes_max: u64,
    /// The cache of sled, in bytes.
    pub cache_bytes: u64,
    /// How much of the disk stays free.
    pub reserve: Reserve,
    /// Tells how much is free; the operating system, unless a test says otherwise.
    pub free_space: FreeSpace,
    /// The size of the ballast, in bytes, which a start on a full disk gives up; 0 for none.
    pub ballast_bytes: u64,
    /// Calls that may wait for the writer.
    pub queue_calls_max: usize,
    /// Bytes that may wait for the writer; one call always fits an empty queue.
    pub queue_bytes_max: usize,
    /// How long nothing must have been appended before the store is flushed.
    pub flush_idle: Duration,
    /// The longest time between two flushes of the store while something is appended.
    pub flush_every: Duration,
    /// When the bodies of older segments are checked in the background after a start.
    pub check_older_segments: CheckOlder,
    /// Is told of the first failure to write.
    pub on_failure: Option<OnFailure>,
    /// Is told of every group that was written.
    pub on_group: Option<OnGroup>,
}

impl Options {
    /// Gives the defaults for a data directory.
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            segment_bytes_max: plenary_limits::SEGMENT_BYTES_DEFAULT,
            cache_bytes: plenary_limits::CACHE_BYTES_DEFAULT,
            reserve: Reserve::standard(),
            free_space: Arc::new(statvfs),
            ballast_bytes: plenary_limits::BALLAST_BYTES_DEFAULT,
            queue_calls_max: plenary_limits::QUEUE_CALLS_MAX,
            queue_bytes_max: plenary_limits::QUEUE_BYTES_MAX,
            flush_idle: Duration::from_millis(500),
            flush_every: Duration::from_secs(30),
            check_older_segments: CheckOlder::Always,
            on_failure: None,
            on_group: None,
        }
    }

    pub(crate) fn journal_dir(&self) -> PathBuf {
        self.dir.join("journal")
    }

    pub(crate) fn store_dir(&self) -> PathBuf {
        self.dir.join("store")
    }
}
