//! How fast a look goes: so many bytes a second, in slices, and slower while writers wait.

use std::time::{Duration, Instant};

use super::SelfCheck;

/// Bytes after which a look pauses if it is ahead of its rate: a few milliseconds of work.
const SLICE_BYTES: u64 = 64 * 1024;
/// How long a look stands back at a time while somebody waits for the journal.
const YIELD: Duration = Duration::from_millis(5);
/// How often it does so in a slice: a look under endless load still ends.
const YIELDS_MAX: u32 = 10;

/// The pace of one look.
pub(super) struct Pace<'a> {
    check: &'a SelfCheck,
    slice_began: Instant,
    slice: u64,
}

impl<'a> Pace<'a> {
    pub(super) fn new(check: &'a SelfCheck) -> Self {
        Pace { check, slice_began: Instant::now(), slice: 0 }
    }

    /// Counts bytes that were looked at, and waits where that was too fast; tells whether the server stops.
    pub(super) fn spent(&mut self, bytes: u64) -> bool {
        self.slice += bytes;
        if self.slice < SLICE_BYTES {
            return false;
        }
        let settings = &self.check.inner.settings;
        let due = Duration::from_secs_f64(self.slice as f64 / settings.bytes_per_s as f64);
        let ahead = due.saturating_sub(self.slice_began.elapsed());
        let mut stops = self.check.pause(ahead);
        for _ in 0..YIELDS_MAX {
            if stops || !self.check.inner.plans.log().is_awaited() {
                break;
            }
            stops = self.check.pause(YIELD);
        }
        (self.slice, self.slice_began) = (0, Instant::now());
        stops
    }
}
