//! The whole walk: what the index must agree with, entry by entry from the first.

mod group;
pub(super) mod tree;
mod walk;

use std::collections::VecDeque;

use plenary_limits::EVENTS_PER_PAGE_MAX;
use plenary_protocol::wire::api::Revision;
use plenary_protocol::wire::event::EventView;

use self::group::{Grouper, Told};
pub use self::walk::Walk;
use crate::history::{Cursor, Filter, Page};

/// A page of the past.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    pub revisions: Vec<Revision>,
    pub next: Option<Cursor>,
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
            page: Page { limit: page.limit.clamp(1, EVENTS_PER_PAGE_MAX), ..page },
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
        let Reading { walk: _, grouper, page, mut kept } = self;
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
        History { revisions, next }
    }
}

/// Keeps one revision more than the page holds: that one says that there is a next page.
fn keep(page: Page, kept: &mut VecDeque<Told>, told: Vec<Told>) -> bool {
    for told in told {
        match (page.reaches(told.revision.last, told.row), page.newest_first) {
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

/// Tells one page by the whole walk.
pub fn history(events: impl IntoIterator<Item = EventView>, filter: &Filter, page: Page) -> History {
    let mut reading = Reading::new(filter, page);
    for event in events {
        if !reading.feed(&event) {
            break;
        }
    }
    reading.finish()
}
