//! All values that one field or text of one element had, oldest first.

use plenary_protocol::plan::Value;
use plenary_protocol::record::{EditRow, RowOp};
use plenary_protocol::wire::event::EventView;
use plenary_protocol::wire::past::TimelineStep;
use plenary_protocol::{ElementId, Seq};

use super::wordings::Wordings;
use super::{FIELD_PLACE, FIELD_REMOVED, given, origin};
use crate::history::{REVISION_GAP_US, time_us};

/// The time line of one value: takes entries of its plan in order, from the first.
#[derive(Debug)]
pub struct Timeline {
    element: ElementId,
    field: String,
    lang: Option<String>,
    kept_max: usize,
    wordings: Wordings,
    steps: std::collections::VecDeque<TimelineStep>,
    left_out: u64,
}

impl Timeline {
    /// Before the first entry.  `field` may be `place` or `removed`; `lang` is that of a text; of more
    /// than `kept_max` steps the last are told.
    pub fn new(element: ElementId, field: String, lang: Option<String>, kept_max: usize) -> Self {
        Timeline {
            element,
            field,
            lang,
            kept_max: kept_max.max(1),
            wordings: Wordings::default(),
            steps: std::collections::VecDeque::new(),
            left_out: 0,
        }
    }

    /// Takes in the next entry; those that are not about the element may be left out.
    pub fn feed(&mut self, event: &EventView) {
        for row in event.edits() {
            if row.element != self.element {
                continue;
            }
            let (from, to) = match row.op {
                RowOp::Text if row.field == self.field && row.lang == self.lang => {
                    self.take_text(row, event);
                    continue;
                }
                RowOp::Set if row.field == self.field => (row.from.clone(), row.to.clone()),
                RowOp::Add if self.field == FIELD_PLACE => (None, row.to.clone()),
                RowOp::Move if self.field == FIELD_PLACE => (row.from.clone(), row.to.clone()),
                RowOp::Remove if self.field == FIELD_REMOVED => (None, Some(Value::Bool(true))),
                RowOp::Restore if self.field == FIELD_REMOVED => (Some(Value::Bool(true)), None),
                _ => continue,
            };
            self.push(step(event, row, given(from), given(to)));
        }
    }

    fn take_text(&mut self, row: &EditRow, event: &EventView) {
        let before = self.wordings.find(row);
        let from = match self.steps.back() {
            Some(last) if continues(last, event) && !row.concurrent && !last.concurrent => None,
            _ => Some(before.text()),
        };
        let Some(after) = self.wordings.take(row, event.seq) else { return };
        let to = worded(after.text());
        match (from, self.steps.back_mut()) {
            (None, Some(last)) => {
                let (first, edits, from) = (last.first, last.edits + 1, last.from.take());
                *last = TimelineStep { first, edits, ..step(event, row, from, to) };
            }
            (from, _) => self.push(step(event, row, from.and_then(worded), to)),
        }
    }

    fn push(&mut self, step: TimelineStep) {
        self.steps.push_back(step);
        if self.steps.len() > self.kept_max {
            self.steps.pop_front();
            self.left_out += 1;
        }
    }

    /// How many steps were left out, and the last ones.
    pub fn finish(self) -> (u64, Vec<TimelineStep>) {
        (self.left_out, self.steps.into())
    }
}

fn worded(text: String) -> Option<Value> {
    (!text.is_empty()).then_some(Value::Text(text))
}

/// Whether an edit is the same person going on with the same text for the same reason.
fn continues(last: &TimelineStep, event: &EventView) -> bool {
    let us = |at: &str| time_us(at);
    let is_near = match (us(&last.origin.at), us(&event.at)) {
        (Some(last), Some(now)) => now.abs_diff(last) <= REVISION_GAP_US.unsigned_abs(),
        _ => false,
    };
    is_near
        && last.origin.subject == event.subject
        && last.origin.bureau == event.bureau
        && last.origin.because == event.because
        && last.origin.answers == event.answers
}

fn step(event: &EventView, row: &EditRow, from: Option<Value>, to: Option<Value>) -> TimelineStep {
    let first: Seq = event.seq;
    TimelineStep { origin: origin(event), first, edits: 1, from, to, concurrent: row.concurrent }
}
