//! The part of the disk that the log leaves free: below it the log only reads.
//!
//! The probe is a function that the caller can replace, so that a test can fill a disk.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::fs::FallocateFlags;

/// Bytes of a file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// Bytes that a process without privileges can still use.
    pub free_bytes: u64,
    /// Bytes in all.
    pub total_bytes: u64,
}

/// Tells how much space there is at a path.
pub type FreeSpace = Arc<dyn Fn(&Path) -> io::Result<Space> + Send + Sync>;

/// How much of the disk stays free, and how often that is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Reserve {
    /// At least this many bytes.
    pub bytes_min: u64,
    /// At least this many hundredths of the disk.
    pub percent_min: u64,
    /// The longest time between two looks while something is appended.
    pub check_every: Duration,
    /// The most bytes appended between two looks.
    pub check_every_bytes: u64,
}

impl Reserve {
    /// Gives the defaults: max(1 GiB, 5 %), looked at every second or every 16 MiB.
    #[must_use]
    pub fn standard() -> Self {
        Self {
            bytes_min: plenary_limits::RESERVE_BYTES_DEFAULT,
            percent_min: plenary_limits::RESERVE_PERCENT_DEFAULT,
            check_every: Duration::from_secs(1),
            check_every_bytes: plenary_limits::RESERVE_CHECK_BYTES,
        }
    }

    fn bytes_of(&self, total_bytes: u64) -> u64 {
        self.bytes_min.max(total_bytes / 100 * self.percent_min)
    }
}

/// Asks the operating system, with `statvfs`.
pub(crate) fn statvfs(path: &Path) -> io::Result<Space> {
    let found = rustix::fs::statvfs(path)?;
    Ok(Space { free_bytes: found.f_bavail * found.f_frsize, total_bytes: found.f_blocks * found.f_frsize })
}

/// A file that takes space while there is enough, for a start to give up when there is none.
#[derive(Clone)]
pub(crate) struct Ballast {
    path: PathBuf,
    bytes: u64,
}

impl Ballast {
    pub(crate) fn new(dir: &Path, bytes: u64) -> Self {
        Self { path: dir.join("ballast"), bytes }
    }

    /// Takes the space, if it is not taken; a file system that cannot is left without.
    fn take(&self) {
        if self.bytes == 0 || self.path.exists() {
            return;
        }
        let taken = File::create(&self.path).and_then(|file| {
            rustix::fs::fallocate(&file, FallocateFlags::empty(), 0, self.bytes)?;
            file.sync_all()
        });
        if let Err(error) = taken {
            tracing::warn!(%error, path = %self.path.display(), "no ballast could be taken");
            self.give_up();
        }
    }

    /// Gives the space up when less than that is free.
    pub(crate) fn give_up_if_needed(&self, probe: &FreeSpace) {
        let dir = self.path.parent().unwrap_or(&self.path);
        if self.path.exists() && probe(dir).is_ok_and(|space| space.free_bytes < self.bytes) {
            tracing::warn!(path = %self.path.display(), "the disk is full: the ballast is given up");
            self.give_up();
        }
    }

    fn give_up(&self) {
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(%error, path = %self.path.display(), "the ballast could not be removed");
        }
    }
}

/// Looks at the disk when it is time to.
pub(crate) struct ReserveWatch {
    reserve: Reserve,
    probe: FreeSpace,
    dir: PathBuf,
    ballast: Ballast,
    looked_at: Option<Instant>,
    bytes_since: u64,
    shortage: Option<String>,
}

impl ReserveWatch {
    pub(crate) fn new(reserve: Reserve, probe: FreeSpace, dir: PathBuf, ballast: Ballast) -> Self {
        Self { reserve, probe, dir, ballast, looked_at: None, bytes_since: 0, shortage: None }
    }

    /// Counts bytes that were appended.
    pub(crate) fn wrote(&mut self, bytes: u64) {
        self.bytes_since += bytes;
    }

    /// Gives why nothing may be written now; none when there is space.
    pub(crate) fn shortage(&mut self) -> Option<String> {
        let is_fresh = self.looked_at.is_some_and(|at| at.elapsed() < self.reserve.check_every)
            && self.bytes_since < self.reserve.check_every_bytes;
        if !is_fresh {
            self.look();
        }
        self.shortage.clone()
    }

    fn look(&mut self) {
        self.looked_at = Some(Instant::now());
        self.bytes_since = 0;
        let space = match (self.probe)(&self.dir) {
            Ok(space) => space,
            Err(error) => {
                // Not knowing is no reason to change: a full disk still shows itself by ENOSPC.
                tracing::warn!(%error, dir = %self.dir.display(), "free space could not be read");
                return;
            }
        };
        let reserve_bytes = self.reserve.bytes_of(space.total_bytes);
        let is_short = space.free_bytes < reserve_bytes;
        if is_short != self.shortage.is_some() {
            let (free_bytes, dir) = (space.free_bytes, self.dir.display());
            if is_short {
                tracing::error!(free_bytes, reserve_bytes, %dir, "the disk is below its reserve: read-only");
            } else {
                tracing::warn!(free_bytes, reserve_bytes, %dir, "space has returned: writing again");
            }
        }
        // Twice over, so that taking it does not itself make the disk short.
        if space.free_bytes >= reserve_bytes.saturating_add(2 * self.ballast.bytes) {
            self.ballast.take();
        }
        self.shortage = is_short.then(|| {
            format!(
                "{} bytes are free on the disk of {}, and {reserve_bytes} are kept in reserve; free some \
                 space, writing then resumes by itself",
                space.free_bytes,
                self.dir.display()
            )
        });
    }
}
