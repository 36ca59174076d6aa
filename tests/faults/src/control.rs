//! The control file of the interposed library, from the test's side; what each number is for stands in
//! `interpose/src/control.rs`.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use plenary_tests::Launch;

/// Half of the bytes are written; plus an error, which later calls meet.
pub const SHORT: u64 = 1_000;
/// Input or output failed.
pub const EIO: u64 = 5;
/// No space is left.
pub const ENOSPC: u64 = 28;

const SLOTS: usize = 32;

/// A number of the file.
#[derive(Debug, Clone, Copy)]
#[repr(u64)]
pub enum Slot {
    /// Records in the trace so far.
    Records = 0,
    /// Calls that write, so far.
    Writes = 1,
    /// Calls that sync, so far.
    Syncs = 2,
    /// Which write fails.
    FailWriteAt = 3,
    /// Which sync fails.
    FailSyncAt = 4,
    /// How it fails.
    FailHow = 5,
    /// Whether later ones fail as well.
    FailOn = 6,
    /// Calls that were made to fail.
    Failed = 8,
    /// Whether the disk has an end.
    DiskHasEnd = 9,
    /// Bytes left on it.
    DiskFree = 10,
    /// Bytes of it in all.
    DiskTotal = 11,
    /// Nanoseconds that the clock is ahead.
    ClockOffset = 12,
    /// Whether syncs of the journal are claimed and not done.
    SwallowSyncs = 13,
}

/// The library beside a server: its control file and its trace.
#[derive(Debug)]
pub struct Control {
    file: File,
    path: PathBuf,
    trace: PathBuf,
}

impl Control {
    /// A control file in a folder outside the data, with all numbers 0.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn new(folder: &Path) -> Control {
        let path = folder.join("control");
        let options = File::options().read(true).write(true).create(true).truncate(true).open(&path);
        let file = options.expect("the control file can be made");
        file.write_all_at(&[0; SLOTS * 8], 0).expect("the control file can be written");
        Control { file, path, trace: folder.join("trace") }
    }

    /// Where the trace is.
    pub fn trace(&self) -> &Path {
        &self.trace
    }

    /// A number.
    ///
    /// # Panics
    /// When it cannot be read.
    pub fn get(&self, slot: Slot) -> u64 {
        let mut bytes = [0; 8];
        self.file.read_exact_at(&mut bytes, slot as u64 * 8).expect("the control file can be read");
        u64::from_ne_bytes(bytes)
    }

    /// Sets a number.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn set(&self, slot: Slot, number: u64) {
        self.file
            .write_all_at(&number.to_ne_bytes(), slot as u64 * 8)
            .expect("the control file can be written");
    }

    /// A start with the library before it, without a trace.
    pub fn before(&self, launch: Launch, data: &Path) -> Launch {
        let library = super::world::built("libplenary_interpose.so");
        launch
            .env("LD_PRELOAD", library)
            .env("PLENARY_INTERPOSE_ROOT", data)
            .env("PLENARY_INTERPOSE_CONTROL", &self.path)
    }

    /// A start with the library before it that records.
    pub fn recording(&self, launch: Launch, data: &Path) -> Launch {
        self.before(launch, data).env("PLENARY_INTERPOSE_TRACE", &self.trace)
    }
}
