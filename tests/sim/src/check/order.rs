//! The log is one chain: numbers without gaps, each entry naming the one before.

use plenary_protocol::record::Event;
use plenary_protocol::{Digest, Seq};

/// Holds a log against that.
///
/// # Errors
/// The entry that does not follow the one before.
pub fn check(log: &[Event]) -> Result<(), String> {
    let mut last = (Seq::ZERO, Digest::ZERO);
    for event in log {
        let (seq, prev) = (event.envelope.seq, event.envelope.prev);
        if seq.0 != last.0.0 + 1 {
            return Err(format!("entry {seq} follows entry {}", last.0));
        }
        if prev != last.1 {
            return Err(format!("entry {seq} does not name the entry before"));
        }
        last = (seq, event.leaf);
    }
    Ok(())
}

/// Holds a log after a crash against the leaf hashes that were certain before: nothing of that may change.
///
/// # Errors
/// The entry that is gone or altered.
pub fn check_goes_on(before: &[Digest], after: &[Event]) -> Result<(), String> {
    for (index, leaf) in before.iter().enumerate() {
        if after.get(index).map(|found| found.leaf) != Some(*leaf) {
            return Err(format!("entry {} was on the disk and is gone or altered", index + 1));
        }
    }
    Ok(())
}
