//! The past of a plan: who changed what, when, from what to what, and why, out of entries in order.
//!
//! `Index` takes every entry once, from the first, so that places in the tree and runs of edits are
//! always those of the log and never depend on where a page begins.  It says which entries and rows
//! match a `Filter` and which of them make a revision; `Chosen::tell` opens only those entries;
//! `annotate` gives revisions their display codes.  Nothing here reads the document or a clock.

mod codes;
mod filter;
mod index;
mod needle;
mod page;
mod revision;
mod splice;
mod touching;

#[cfg(test)]
mod tests;

pub use codes::{Structure, annotate};
pub use filter::{ActType, Filter, op_name, parse_op};
pub use index::{Chosen, Count, Index, Matched};
pub use needle::{Needle, NeedleError};
pub use page::{Cursor, CursorError, Page};
pub use revision::BATCH_ROWS;
pub use touching::touching;

/// Edits of one person to one field further apart than this are two revisions, microseconds of
/// server time (five minutes).
pub const REVISION_GAP_US: i64 = 300_000_000;

/// The field that the row of a new link names.
const FIELD_LINK: &str = "link";

/// Microseconds since 1970 UTC of a time as entries tell it.
pub(crate) fn time_us(at: &str) -> Option<i64> {
    at.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_microsecond)
}
