//! Display codes of revisions, as of their last entry and as of today.
//!
//! Codes follow from the whole tree, and a view of the plan at an earlier entry is dear.  But codes
//! change only where an element that has one comes, goes or moves; between two such entries one
//! view serves all.  The newest revisions are served first, up to a number of views an answer;
//! beyond it the oldest ones go without a code.

use std::collections::HashMap;
use std::sync::Arc;

use plenary_limits::{DEPTH_MAX, VIEWS_PER_ANSWER_MAX};
use plenary_protocol::plan::kinds::{CodeForm, Kind};
use plenary_protocol::plan::{ElementView, PlanView};
use plenary_protocol::record::{EditRow, RowOp};
use plenary_protocol::wire::api::Revision;
use plenary_protocol::wire::event::EventView;
use plenary_protocol::{ElementId, Seq};

/// The entries at which display codes can have changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Structure {
    pub(super) changes: Vec<Seq>,
    pub(super) removals: HashMap<ElementId, Vec<Seq>>,
    pub(super) until: Seq,
}

impl Structure {
    pub(super) fn note(&mut self, event: &EventView) {
        self.until = event.seq;
        let mut changes = false;
        for row in event.edits().iter().filter(|row| bears_on_codes(row)) {
            changes = true;
            if row.op == RowOp::Remove {
                self.removals.entry(row.element.clone()).or_default().push(event.seq);
            }
        }
        if changes {
            self.changes.push(event.seq);
        }
    }

    /// The entries, ascending.
    pub fn changes(&self) -> &[Seq] {
        &self.changes
    }

    /// The last change at or before an entry: since then codes are what they are there.
    pub fn since(&self, seq: Seq) -> Option<Seq> {
        last_where(&self.changes, |change| change <= seq)
    }

    fn before_removal(&self, element: &ElementId, seq: Seq) -> Option<Seq> {
        let removal = last_where(self.removals.get(element)?, |removal| removal <= seq)?;
        last_where(&self.changes, |change| change < removal)
    }

    /// Whether codes at a change are still those of a view.
    fn holds_until(&self, change: Seq, view: Seq) -> bool {
        self.changes.last() == Some(&change) && change <= view && view <= self.until
    }
}

fn last_where(list: &[Seq], holds: impl Fn(Seq) -> bool) -> Option<Seq> {
    let count = list.partition_point(|seq| holds(*seq));
    count.checked_sub(1).map(|index| list[index])
}

fn bears_on_codes(row: &EditRow) -> bool {
    match row.op {
        RowOp::Text => false,
        RowOp::Set => matches!(row.field.as_str(), "code" | "sector"),
        // An element of a kind without codes stands in nobody's count, nor does a link.
        RowOp::Add | RowOp::Move | RowOp::Remove | RowOp::Restore => {
            Kind::named(&row.kind).is_some_and(|kind| kind.spec().code != CodeForm::None)
        }
    }
}

/// Gives revisions their display codes: `code` as of the last entry, `code_now` where today's is
/// another.
///
/// `now` is the plan today, `views` makes it as of an entry.  An element that is removed, or stands
/// under one that is, has the code it had before.
pub fn annotate(
    revisions: &mut [Revision],
    structure: &Structure,
    now: &Arc<PlanView>,
    views: &mut dyn FnMut(Seq) -> Arc<PlanView>,
) {
    let today = Indexed::new(now.clone());
    let mut past = Past { structure, today: &today, views, made: HashMap::new() };
    let mut newest_first: Vec<&mut Revision> = revisions.iter_mut().collect();
    newest_first.sort_by_key(|revision| std::cmp::Reverse(revision.last));
    for revision in newest_first {
        let Some(element) = &revision.element else { continue };
        let code_now = today.get(element).and_then(|view| view.code.clone());
        revision.code = past.code(element, revision.last);
        revision.code_now = code_now.filter(|code| revision.code.as_ref() != Some(code));
    }
}

struct Past<'a> {
    structure: &'a Structure,
    today: &'a Indexed,
    views: &'a mut dyn FnMut(Seq) -> Arc<PlanView>,
    made: HashMap<Seq, Indexed>,
}

impl Past<'_> {
    fn code(&mut self, element: &ElementId, seq: Seq) -> Option<String> {
        let structure = self.structure;
        let mut at = structure.since(seq);
        // Each round goes to an earlier change.
        while let Some(change) = at {
            let view = self.view(change)?;
            if let Some(code) = view.get(element).and_then(|view| view.code.clone()) {
                return Some(code);
            }
            at = structure.before_removal(&view.removed_above(element)?, change);
        }
        None
    }

    fn view(&mut self, change: Seq) -> Option<&Indexed> {
        if self.structure.holds_until(change, self.today.view.seq) {
            return Some(self.today);
        }
        if !self.made.contains_key(&change) && self.made.len() < VIEWS_PER_ANSWER_MAX {
            self.made.insert(change, Indexed::new((self.views)(change)));
        }
        self.made.get(&change)
    }
}

struct Indexed {
    view: Arc<PlanView>,
    places: HashMap<ElementId, usize>,
}

impl Indexed {
    fn new(view: Arc<PlanView>) -> Self {
        let places = view.elements.iter().enumerate().map(|(place, element)| (element.id.clone(), place));
        Indexed { places: places.collect(), view }
    }

    fn get(&self, element: &ElementId) -> Option<&ElementView> {
        self.places.get(element).and_then(|place| self.view.elements.get(*place))
    }

    /// The element itself or the nearest one above it that is removed.
    fn removed_above(&self, element: &ElementId) -> Option<ElementId> {
        let mut at = self.get(element)?;
        for _ in 0..=DEPTH_MAX {
            if at.removed {
                return Some(at.id.clone());
            }
            at = self.get(at.parent.as_ref()?)?;
        }
        None
    }
}
