//! The gate: is this change of a replica admissible?
//!
//! Four lines: bytes (`bytes`, then the library's decoder), header (`graph`), meaning (`meaning`), trial (the
//! hub applies it to the scout and must get the same bytes back).  Nothing that fails is logged.

mod bytes;
mod falling;
mod hanging;
mod marks;
mod meaning;
mod registers;
mod whole;

use std::panic::catch_unwind;

use automerge::{Change, ExpandedChange};
use plenary_limits::OPERATIONS_PER_MESSAGE_MAX;
use plenary_protocol::wire::{Refusal, RefusalCode};

pub(crate) use bytes::measure;
pub(crate) use falling::Falling;
pub(crate) use hanging::{check_hold, hangs_on};
pub(crate) use marks::stand_in as marks_stand_in;
pub(crate) use meaning::{Item, LINK_PREFIX, Meaning, read_meaning, read_scalar};

/// A change that decodes and whose sizes are within limits.
#[derive(Debug, Clone)]
pub struct Arrived {
    /// The change.
    pub change: Change,
    /// Its operations, decoded.
    pub expanded: ExpandedChange,
}

/// Whether the operations of all changes of a message together stay within their limit; changes
/// that do not measure are left to `arrive`.
///
/// # Errors
/// A refusal with code `too_large`.
pub fn check_message(changes: &[Vec<u8>]) -> Result<(), Refusal> {
    let operations = operations_of(changes);
    if operations <= OPERATIONS_PER_MESSAGE_MAX as u64 {
        return Ok(());
    }
    Err(Refusal::new(
        RefusalCode::TooLarge,
        format!(
            "{operations} operations are more than the {OPERATIONS_PER_MESSAGE_MAX} of one message: send fewer changes at once"
        ),
    ))
}

/// Operations that changes say they have; of those that do not measure none.
pub fn operations_of(changes: &[Vec<u8>]) -> u64 {
    changes.iter().filter_map(|bytes| measure(bytes).ok()).sum()
}

/// Line 1: the bytes of one change, as they came.
///
/// # Errors
/// A refusal with code `too_large` or `bad_change`.
pub fn arrive(bytes: &[u8]) -> Result<Arrived, Refusal> {
    let change = read(bytes)?;
    match catch_unwind(|| change.decode()) {
        Ok(expanded) => Ok(Arrived { change, expanded }),
        Err(_) => Err(Refusal::new(RefusalCode::BadChange, "its operations do not decode")),
    }
}

/// The first line but for the operations, which are measured and not decoded.
pub(crate) fn read(bytes: &[u8]) -> Result<Change, Refusal> {
    let bad = |reason: String| Refusal::new(RefusalCode::BadChange, reason);
    measure(bytes)?;
    let change = match catch_unwind(|| Change::from_bytes(bytes.to_vec())) {
        Ok(Ok(change)) => change,
        Ok(Err(error)) => return Err(bad(format!("it does not decode as an Automerge change: {error}"))),
        Err(_) => return Err(bad("it does not decode as an Automerge change".into())),
    };
    if change.hash().as_ref()[..4] != bytes[4..8] {
        return Err(bad("its checksum is not that of its content".into()));
    }
    Ok(change)
}
