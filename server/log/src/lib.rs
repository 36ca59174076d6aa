//! The log of the plans: an append-only journal whose bytes are on the disk before anything is
//! acknowledged, and a sled store of the same entries that answers every read.
//!
//! **Invariants.** What was acknowledged is in the journal, fdatasynced, and in the store. Either can
//! be made anew from the other, byte for byte. A start that cannot show this refuses and says what it
//! found, where, and the way out; it never mends silently.
//!
//! **Absent on purpose.** This crate knows bytes and sequence numbers only: no Automerge, no frames of
//! the wire, no async runtime, no clock. What an envelope means is the business of the caller, who
//! passes an [`Indexer`] (a pure function) so that replay makes the rows that live commit made.
//!
//! The bytes on disk are described in `server/log/FORMAT.md`.

mod copy;
mod disk;
mod entry;
mod error;
mod frame;
mod image;
mod inspect;
mod journal;
mod log;
mod look;
mod open;
mod options;
mod queue;
mod rebuild;
mod recovery;
mod repair;
mod reserve;
mod segment;
mod snapshot;
mod store;
mod store_value;
mod verify;
mod whole;
mod writer;

#[cfg(test)]
mod tests;

pub use crate::copy::{CopiedSegment, JournalCopy, copy_journal};
pub use crate::disk::{exchange, set_aside};
pub use crate::entry::{Entry, Fact, FactKind, Head, IndexRow, Indexer, Record, is_plan_name, leaf_hash};
pub use crate::error::{AppendError, CloseError, HeadDifference, OpenError, ReadError, exit};
pub use crate::image::SegmentImage;
pub use crate::inspect::{Inspection, inspect};
pub use crate::log::{Done, Log, LogState, Measure};
pub use crate::look::{Sight, Twin};
pub use crate::open::{DirLock, StartReport, TornTail, lock};
pub use crate::options::{CheckOlder, Group, OnFailure, OnGroup, Options};
pub use crate::rebuild::{RebuildReport, rebuild_from_journal, rebuild_from_store};
pub use crate::repair::{LostEntry, RepairReport, repair};
pub use crate::reserve::{FreeSpace, Reserve, Space};
pub use crate::snapshot::Snapshot;
pub use crate::verify::{VerifyReport, journal_bytes, verify, verify_journal};
