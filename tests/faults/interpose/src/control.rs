//! The control file: numbers of eight bytes that the test writes and this library reads, and the other way round,
//! while the program runs.

use std::sync::atomic::{AtomicU64, Ordering};

/// How many numbers the file has.
pub const SLOTS: usize = 32;

/// What a number of the file is for; its place in the file is its number, eight bytes each.
#[derive(Clone, Copy)]
#[repr(usize)]
pub enum Slot {
    /// Records in the trace so far (written here).
    Records = 0,
    /// Calls that write, and that match the filter, so far (written here).
    Writes = 1,
    /// Calls that sync, and that match the filter, so far (written here).
    Syncs = 2,
    /// The number of the write that fails; 0 for none.
    FailWriteAt = 3,
    /// The number of the sync that fails; 0 for none.
    FailSyncAt = 4,
    /// How it fails: an `errno`; or [`SHORT`] for a write of half the bytes, plus the `errno` of later ones.
    FailHow = 5,
    /// Whether all later ones fail as well.
    FailOn = 6,
    /// Which paths count: 0 all, 1 the journal, 2 the store.
    Filter = 7,
    /// Calls that were made to fail (written here).
    Failed = 8,
    /// Whether the disk has an end.
    DiskHasEnd = 9,
    /// Bytes that are left on it, two's complement (written here as well).
    DiskFree = 10,
    /// Bytes of it in all.
    DiskTotal = 11,
    /// Nanoseconds that the wall clock is ahead, two's complement.
    ClockOffset = 12,
    /// Whether syncs of the journal are claimed and not done.
    SwallowSyncs = 13,
}

/// A write that takes only half of its bytes.
pub const SHORT: u64 = 1_000;

/// The file, in memory.
#[derive(Clone, Copy)]
pub struct Control(pub &'static [AtomicU64; SLOTS]);

impl Control {
    /// A number.
    pub fn get(self, slot: Slot) -> u64 {
        self.0[slot as usize].load(Ordering::SeqCst)
    }

    /// Adds to a number; gives the new one.
    pub fn add(self, slot: Slot, more: u64) -> u64 {
        self.0[slot as usize].fetch_add(more, Ordering::SeqCst).wrapping_add(more)
    }
}
