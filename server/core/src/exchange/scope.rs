//! What exports of the past share: what of, by whom, what elements are called, and what is taken.

use std::collections::HashMap;

use plenary_protocol::plan::PlanView;
use plenary_protocol::record::{EditRow, ExportFilter};
use plenary_protocol::wire::event::EventView;
use plenary_protocol::wire::past::Named;
use plenary_protocol::{Bureau, ElementId, PlanId, Role, Seq};

use crate::diff::{named, named_link, named_plan};

/// What elements and links are called as of one entry.
#[derive(Debug, Clone, Default)]
pub struct Names(HashMap<ElementId, (usize, Named)>);

impl Names {
    /// What they are called in a plan as it is, or was.
    pub fn of(view: &PlanView) -> Names {
        let lang = view.language();
        let elements = view.elements.iter().map(|element| named(element, lang));
        let all = [named_plan(view)].into_iter().chain(elements).chain(view.links.iter().map(named_link));
        let placed = all.enumerate().map(|(place, named)| (named.element.clone(), (place, named)));
        Names(placed.collect())
    }

    /// Where one stands in the order of reading; what is not there stands last.
    pub fn place(&self, element: &ElementId) -> usize {
        self.0.get(element).map_or(usize::MAX, |(place, _)| *place)
    }

    /// What one is called; none where it is not there.
    pub fn get(&self, element: &ElementId) -> Option<&Named> {
        self.0.get(element).map(|(_, named)| named)
    }
}

/// What an export is of, who makes it, and when: all that a file says of itself.
#[derive(Debug, Clone)]
pub struct Scope {
    /// The plan.
    pub plan: PlanId,
    /// Its title as of the last entry.
    pub title: String,
    /// The first entry of the range.
    pub from: Seq,
    /// The last entry of the range.
    pub to: Seq,
    /// Which entries and edits of the range; all when absent.
    pub filter: Option<ExportFilter>,
    /// Who exports.
    pub subject: String,
    /// Their name.
    pub name: String,
    /// The Bureau they act for.
    pub bureau: Bureau,
    /// The role they have.
    pub role: Role,
    /// Why.
    pub because: Option<String>,
    /// When, RFC 3339 UTC.
    pub at: String,
    /// What elements are called as of the last entry.
    pub names: Names,
}

/// An entry that is taken into an export.
#[derive(Debug, Clone, Copy)]
pub struct Taken<'a> {
    /// The envelope's bytes.
    pub envelope: &'a [u8],
    /// The salt of the commitment.
    pub salt: &'a [u8; 32],
    /// The payload's bytes.
    pub payload: &'a [u8],
    /// In plain words.
    pub event: &'a EventView,
    /// Positions of the edits that match; none for acts without edits.
    pub rows: &'a [usize],
}

impl<'a> Taken<'a> {
    /// The edits that match.
    pub fn edits(&self) -> impl Iterator<Item = &'a EditRow> + use<'a> {
        let edits = self.event.edits();
        self.rows.iter().filter_map(|row| edits.get(*row))
    }
}
