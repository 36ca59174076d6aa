//! The lane of those of whom a change failed its trial: theirs are tried alone, on a copy, at a bounded rate.
//!
//! So that failing again and again neither reads the whole past each time nor holds up the others.  It is
//! kept for one run of a plan, and forgotten an hour after the last failure.

use plenary_limits::{SUSPECT_COPIED_PER_MINUTE_MAX, SUSPECT_OPERATIONS_PER_MINUTE_MAX, SUSPECT_US_MAX};
use plenary_protocol::wire::{Refusal, RefusalCode};

use super::{Hub, Input};

/// A minute, microseconds.
const MINUTE_US: i64 = 60_000_000;

/// What is known of somebody in it.
#[derive(Debug)]
pub(super) struct Lane {
    /// When the last one failed.
    pub failed_us: i64,
    /// When the minute began in which trials are counted.
    pub began_us: i64,
    /// Changes of history that were copied in it.
    pub copied: usize,
    /// Operations that were tried in it.
    pub tried: usize,
}

impl Lane {
    /// Takes one more trial, of so many operations on a history of so many changes, if the minute has room for it.
    fn takes(&mut self, changes: usize, operations: usize, now_us: i64) -> bool {
        // A clock that was set back begins a minute, too.
        if !(0..MINUTE_US).contains(&now_us.saturating_sub(self.began_us)) {
            (self.began_us, self.copied, self.tried) = (now_us, 0, 0);
        }
        let copied = self.copied.saturating_add(changes);
        let tried = self.tried.saturating_add(operations);
        let fits = copied <= SUSPECT_COPIED_PER_MINUTE_MAX && tried <= SUSPECT_OPERATIONS_PER_MINUTE_MAX;
        // However long the history is, one trial a minute there is.
        let takes = self.copied == 0 || fits;
        if takes {
            (self.copied, self.tried) = (copied, tried);
        }
        takes
    }
}

/// What is said where the lane has no room.
pub(super) fn is_full() -> Refusal {
    let reason =
        "changes of yours failed a trial lately, so only some are tried a minute: send it again in a minute";
    Refusal::new(RefusalCode::Busy, reason)
}

impl Hub {
    /// Notes that a change of somebody failed its trial, and forgets of whom none did for long.
    pub(super) fn note_failure(&mut self, input: &Input, now_us: i64) {
        self.suspects.retain(|_, lane| now_us.saturating_sub(lane.failed_us) < SUSPECT_US_MAX);
        let fresh = Lane { failed_us: now_us, began_us: now_us, copied: 0, tried: 0 };
        let subject = input.grant.principal().subject.clone();
        self.suspects.entry(subject).or_insert(fresh).failed_us = now_us;
    }

    /// Whether the sender's lane has room for one more trial, of so many operations.
    pub(super) fn lane_takes(&mut self, input: &Input, operations: usize, now_us: i64) -> bool {
        let changes = self.state.graph.len();
        let lane = self.suspects.get_mut(&input.grant.principal().subject);
        lane.is_none_or(|lane| lane.takes(changes, operations, now_us))
    }

    /// Whether the sender's changes failed a trial lately: theirs are tried with a copy at hand, so
    /// that failing again and again does not read the whole past each time.
    pub(super) fn is_suspect(&self, input: &Input, now_us: i64) -> bool {
        let failed = self.suspects.get(&input.grant.principal().subject);
        failed.is_some_and(|lane| now_us.saturating_sub(lane.failed_us) < SUSPECT_US_MAX)
    }
}

#[cfg(test)]
mod tests {
    use plenary_limits::holds;

    use super::*;

    #[test]
    fn so_much_is_copied_and_tried_a_minute() {
        let fresh = || Lane { failed_us: 0, began_us: 0, copied: 0, tried: 0 };
        holds!(SUSPECT_COPIED_PER_MINUTE_MAX, |changes| {
            let mut lane = fresh();
            lane.takes(1, 1, 0) && lane.takes(changes - 1, 1, MINUTE_US - 1)
        });
        holds!(SUSPECT_OPERATIONS_PER_MINUTE_MAX, |operations| {
            let mut lane = fresh();
            lane.takes(1, 1, 0) && lane.takes(1, operations - 1, MINUTE_US - 1)
        });
        let mut lane = fresh();
        assert!(lane.takes(SUSPECT_COPIED_PER_MINUTE_MAX * 2, 1, 0), "one in any case");
        assert!(!lane.takes(1, 1, MINUTE_US - 1));
        assert!(lane.takes(1, SUSPECT_OPERATIONS_PER_MINUTE_MAX, MINUTE_US), "the next minute");
        assert!(!lane.takes(1, 1, MINUTE_US + 1));
        assert!(lane.takes(SUSPECT_COPIED_PER_MINUTE_MAX, 1, 0), "a clock that was set back");
    }
}
