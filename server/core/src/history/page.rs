//! Pages of revisions, in the order of their last row; no revision is lost, split or told twice.
//!
//! A page begins after a cursor: an entry, or a row of an entry that makes more revisions than fit
//! (an import).  A revision that grows between two requests is told again, with its new end, to
//! whoever reads towards the present.

use std::fmt;
use std::str::FromStr;

use plenary_protocol::Seq;

/// Where a page ended: `12`, after all revisions that end in entry 12, or `12.7`, after that of row 7.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The entry.
    pub seq: Seq,
    /// The row of the entry; the whole entry when absent.
    pub row: Option<u64>,
}

/// Why a text is not a cursor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is not a place to go on from; expected an entry (12) or a row of one (12.7)")]
pub struct CursorError {
    /// What was given.
    pub given: String,
}

impl From<Seq> for Cursor {
    fn from(seq: Seq) -> Self {
        Cursor { seq, row: None }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.row {
            Some(row) => write!(f, "{}.{row}", self.seq),
            None => self.seq.fmt(f),
        }
    }
}

impl FromStr for Cursor {
    type Err = CursorError;
    fn from_str(text: &str) -> Result<Self, CursorError> {
        let read = |digits: &str| digits.parse().map_err(|_| CursorError { given: text.to_owned() });
        Ok(match text.split_once('.') {
            Some((seq, row)) => Cursor { seq: Seq(read(seq)?), row: Some(read(row)?) },
            None => Cursor { seq: Seq(read(text)?), row: None },
        })
    }
}

/// Which page of revisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Where the page before ended; absent for the first page.
    pub after: Option<Cursor>,
    /// Most revisions, 1 to `EVENTS_PER_PAGE_MAX`; what is outside is brought inside.
    pub limit: usize,
    /// From the newest to the oldest, instead of the other way.
    pub newest_first: bool,
}

impl Page {
    /// Whether a revision whose last row is `last_row` of entry `seq` lies beyond where the page begins.
    pub(super) fn reaches(&self, seq: Seq, last_row: u64) -> bool {
        let Some(after) = self.after else { return true };
        let beyond_row = |row: u64| if self.newest_first { last_row < row } else { last_row > row };
        let beyond = if self.newest_first { seq < after.seq } else { seq > after.seq };
        beyond || (seq == after.seq && after.row.is_some_and(beyond_row))
    }
}
