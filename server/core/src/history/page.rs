//! Pages of revisions, in the order of their last row; no revision is lost, split or told twice.
//!
//! A page begins after a cursor: an entry, or a row of an entry that makes more revisions than fit
//! (an import).  A revision that grows between two requests is told again, with its new end, to
//! whoever reads towards the present.

use std::collections::VecDeque;
use std::fmt;
use std::str::FromStr;

use plenary_protocol::Seq;
use plenary_protocol::limits::EVENTS_PER_PAGE_MAX;
use plenary_protocol::wire::api::Revision;
use plenary_protocol::wire::event::EventView;

use super::codes::Structure;
use super::filter::Filter;
use super::group::{Grouper, Told};
use super::walk::Walk;

/// Revisions in one answer, at most.
pub const REVISIONS_PER_PAGE_MAX: usize = EVENTS_PER_PAGE_MAX;

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
    /// Most revisions, 1 to `REVISIONS_PER_PAGE_MAX`; what is outside is brought inside.
    pub limit: usize,
    /// From the newest to the oldest, instead of the other way.
    pub newest_first: bool,
}

impl Page {
    fn reaches(&self, told: &Told) -> bool {
        let Some(after) = self.after else { return true };
        let seq = told.revision.last;
        let beyond_row = |row: u64| if self.newest_first { told.row < row } else { told.row > row };
        let beyond = if self.newest_first { seq < after.seq } else { seq > after.seq };
        beyond || (seq == after.seq && after.row.is_some_and(beyond_row))
    }
}

/// A page of the past.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// The revisions, in the order asked for, without display codes.
    pub revisions: Vec<Revision>,
    /// Where the next page begins; absent when there is no more.
    pub next: Option<Cursor>,
    /// Where display codes can have changed, for `annotate`.
    pub structure: Structure,
}

/// The reading of one page: takes entries in order, from the first.
#[derive(Debug)]
pub struct Reading {
    walk: Walk,
    grouper: Grouper,
    page: Page,
    kept: VecDeque<Told>,
}

impl Reading {
    /// Before the first entry.
    pub fn new(filter: &Filter, page: Page) -> Self {
        Reading {
            walk: Walk::new(filter.clone()),
            grouper: Grouper::new(filter),
            page: Page { limit: page.limit.clamp(1, REVISIONS_PER_PAGE_MAX), ..page },
            kept: VecDeque::new(),
        }
    }

    /// Takes in the next entry; false when no further entry can change the page.
    pub fn feed(&mut self, event: &EventView) -> bool {
        let matched = self.walk.feed(event);
        let told = self.grouper.feed(event, matched.as_ref());
        keep(self.page, &mut self.kept, told)
    }

    /// The page.
    pub fn finish(self) -> History {
        let Reading { walk, grouper, page, mut kept } = self;
        keep(page, &mut kept, grouper.finish());
        let mut told: Vec<Told> = kept.into();
        if page.newest_first {
            told.reverse();
        }
        let next = match told.get(page.limit - 1..=page.limit) {
            Some([last, beyond]) => {
                let seq = last.revision.last;
                Some(Cursor { seq, row: (beyond.revision.last == seq).then_some(last.row) })
            }
            _ => None,
        };
        told.truncate(page.limit);
        let revisions = told.into_iter().map(|told| told.revision).collect();
        History { revisions, next, structure: walk.into_structure() }
    }
}

/// Keeps one revision more than the page holds: that one says that there is a next page.
fn keep(page: Page, kept: &mut VecDeque<Told>, told: Vec<Told>) -> bool {
    for told in told {
        match (page.reaches(&told), page.newest_first) {
            (true, true) => {
                kept.push_back(told);
                if kept.len() > page.limit + 1 {
                    kept.pop_front();
                }
            }
            (false, true) => return false,
            (true, false) if kept.len() > page.limit => return false,
            (true, false) => kept.push_back(told),
            (false, false) => {}
        }
    }
    page.newest_first || kept.len() <= page.limit
}
