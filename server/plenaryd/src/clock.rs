//! The one place that reads the wall clock and the system's entropy.
//!
//! Everything else takes time and entropy as arguments, so that a test states them and a simulation
//! replays them.  Nothing here decides anything.

use jiff::Timestamp;

/// Reads the wall clock.
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// Draws `N` bytes of entropy from the operating system.
///
/// # Panics
///
/// When the operating system has no entropy to give: no key, ticket or id made without it would be
/// safe, so there is nothing to go on with.
pub fn entropy<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if let Err(error) = getrandom::fill(&mut bytes) {
        panic!("the operating system gives no entropy: {error}");
    }
    bytes
}
