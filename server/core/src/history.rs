//! The past of a plan: who changed what, when, from what to what, and why, out of entries in order.
//!
//! Entries are read from the first one, so that places in the tree and runs of edits are always
//! those of the log and never depend on where a page begins.  `Walk` says which entries and rows
//! match a `Filter`, `Grouper` tells matching rows as revisions, `Reading` cuts them into pages,
//! `annotate` gives them display codes.  Nothing here reads the document or a clock.

mod codes;
mod filter;
mod group;
mod page;
mod splice;
mod tree;
mod walk;

#[cfg(test)]
mod tests;

use plenary_protocol::ElementId;
use plenary_protocol::wire::api::Revision;
use plenary_protocol::wire::event::EventView;

pub use codes::{Structure, VIEWS_PER_ANSWER_MAX, annotate};
pub use filter::{ActType, Filter, op_name, parse_op};
pub use group::{Grouper, REVISION_GAP_US, Told};
pub use page::{Cursor, CursorError, History, Page, REVISIONS_PER_PAGE_MAX, Reading};
pub use tree::TreeFold;
pub use walk::{Matched, Walk};

/// Tells one page of the past; `events` are those of one plan, ascending, from the first.
///
/// Reading stops as soon as the page is full, except that the newest revisions need every entry.
pub fn history(events: impl IntoIterator<Item = EventView>, filter: &Filter, page: Page) -> History {
    let mut reading = Reading::new(filter, page);
    for event in events {
        if !reading.feed(&event) {
            break;
        }
    }
    reading.finish()
}

/// The last change of an element or link, or of one field of it; `events` as for `history`.
///
/// A field that was given when the element was made was last changed then.
pub fn who(
    events: impl IntoIterator<Item = EventView>,
    element: &ElementId,
    field: Option<&str>,
) -> Option<Revision> {
    let filter = Filter {
        elements: [element.clone()].into(),
        fields: field.into_iter().map(str::to_owned).collect(),
        ..Filter::default()
    };
    let page = Page { after: None, limit: 1, newest_first: true };
    history(events, &filter, page).revisions.pop()
}

/// Microseconds since 1970 UTC of a time as entries tell it.
pub(crate) fn time_us(at: &str) -> Option<i64> {
    at.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_microsecond)
}
