//! Marks of texts: each change that begins one ends it with its next operation, behind it.
//!
//! The library finds the beginning of a mark by its end's number, one less, and reads no saved document
//! in which an end has no beginning or stands before it.  It writes both at once itself, with something
//! visible between them or the end hung on the beginning.  What a change says is looked at before the trial
//! (`check_marks`); where its ends came to stand, in the scout that has taken it in (`stand_in`).

use automerge::legacy::{ElementId, Key, ObjectId, Op, OpId, OpType};
use automerge::{ActorId, Automerge, Change, Cursor, ExpandedChange, ReadDoc, ScalarValue};
use plenary_limits::MARKS_PER_CHANGE_MAX;
use plenary_protocol::wire::{Refusal, RefusalCode};

use super::Arrived;
use super::meaning::bad;
use crate::places::address;

/// Holds the marks of a change against what the library reads again.
///
/// # Errors
/// A refusal with code `bad_meaning`, or `too_large` where there are too many.
pub(super) fn check_marks(change: &ExpandedChange) -> Result<(), Refusal> {
    let mut begun: Option<&Op> = None;
    check_count(change.operations.iter().filter(|op| matches!(op.action, OpType::MarkEnd(_))).count())?;
    for op in &change.operations {
        let before = begun.take();
        match &op.action {
            OpType::MarkBegin(_) | OpType::MarkEnd(_) if !op.insert || !op.pred.is_empty() => {
                return bad("a mark is inserted into a text, in the place of nothing");
            }
            OpType::MarkBegin(_) if before.is_none() => begun = Some(op),
            OpType::MarkEnd(_) => match before {
                Some(begin) if begin.obj == op.obj && begin.key != op.key => {}
                Some(_) => return bad("a mark ends where it begins, or in another text"),
                None => return bad("it ends a mark that it does not begin"),
            },
            _ if before.is_some() => return bad("it begins a mark and does not end it"),
            _ => {}
        }
    }
    match begun {
        Some(_) => bad("it begins a mark and does not end it"),
        None => Ok(()),
    }
}

fn check_count(marks: usize) -> Result<(), Refusal> {
    if marks <= MARKS_PER_CHANGE_MAX {
        return Ok(());
    }
    let reason =
        format!("it makes {marks} marks, more than {MARKS_PER_CHANGE_MAX}: make them in several changes");
    Err(Refusal::new(RefusalCode::TooLarge, reason))
}

/// Whether each mark of a change that the document has taken in last ends behind its beginning.
///
/// The library tells positions by what is visible.  Where nothing is (the author or somebody else deleted what is
/// marked), a copy with a character right behind the beginning tells.
pub(crate) fn stand_in(doc: &Automerge, arrived: &Arrived) -> bool {
    let mut marks = marks_of(&arrived.expanded);
    marks.retain(|mark| !mark.ends_behind(doc));
    marks.is_empty() || end_behind_probes(doc.clone(), arrived, &marks)
}

/// Where a mark is begun and ended.
struct Mark<'a> {
    text: &'a ObjectId,
    begin: OpId,
    end: OpId,
}

impl Mark<'_> {
    /// Whether something visible stands between beginning and end.
    fn ends_behind(&self, doc: &Automerge) -> bool {
        let begin = position(doc, self.text, &self.begin);
        begin.is_some_and(|begin| position(doc, self.text, &self.end).is_none_or(|end| end > begin))
    }
}

/// The marks of a change whose ends do not hang on their beginnings.
fn marks_of(change: &ExpandedChange) -> Vec<Mark<'_>> {
    let own = |counter: u64| OpId::new(counter, &change.actor_id);
    let ends = (change.start_op.get()..).zip(&change.operations).filter_map(|(counter, op)| {
        let mark = Mark { text: &op.obj, begin: own(counter - 1), end: own(counter) };
        let hangs = op.key == Key::Seq(ElementId::Id(mark.begin.clone()));
        (matches!(op.action, OpType::MarkEnd(_)) && !hangs).then_some(mark)
    });
    ends.collect()
}

/// How much is visible before an element; `None` where nothing visible comes after it, or there is no such one.
fn position(doc: &Automerge, text: &ObjectId, id: &OpId) -> Option<usize> {
    let ObjectId::Id(text) = text else { return None };
    let cursor = Cursor::try_from(format!("{}@{}", id.counter(), id.actor())).ok()?;
    doc.get_cursor_position(address(text), &cursor, None).ok()
}

/// Whether the ends stand behind characters that are inserted right after the beginnings.
fn end_behind_probes(mut copy: Automerge, arrived: &Arrived, marks: &[Mark<'_>]) -> bool {
    let Arrived { change, expanded } = arrived;
    let actor = ActorId::from(change.hash().as_ref());
    let Some(first) = expanded.start_op.checked_add(expanded.operations.len() as u64) else { return false };
    let probe = |mark: &Mark<'_>| Op {
        action: OpType::Put(ScalarValue::Str("x".into())),
        obj: mark.text.clone(),
        key: Key::Seq(ElementId::Id(mark.begin.clone())),
        pred: Vec::new().into(),
        insert: true,
    };
    let probes = Change::from(ExpandedChange {
        operations: marks.iter().map(probe).collect(),
        actor_id: actor.clone(),
        hash: None,
        seq: 1,
        start_op: first,
        time: 0,
        message: None,
        deps: vec![change.hash()],
        extra_bytes: Vec::new(),
        author: None,
    });
    let ids = (first.get()..).map(|counter| OpId::new(counter, &actor));
    let mut probed =
        marks.iter().zip(ids).map(|(mark, begin)| Mark { begin, end: mark.end.clone(), ..*mark });
    copy.apply_changes([probes]).is_ok() && probed.all(|mark| mark.ends_behind(&copy))
}

#[cfg(test)]
mod tests {
    use plenary_limits::holds;

    use super::*;

    #[test]
    fn so_many_marks_are_made_at_once() {
        holds!(MARKS_PER_CHANGE_MAX, |count| check_count(count).is_ok());
    }
}
