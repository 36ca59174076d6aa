//! Marks of texts: each change that begins one ends it with its next operation.
//!
//! The library finds the beginning of a mark by its end's number, one less, and reads no saved document
//! in which an end has no beginning or stands before it.  It writes both at once itself.  That an end is
//! not anchored somewhere before its beginning is **not** seen here.

use automerge::ExpandedChange;
use automerge::legacy::{Op, OpType};
use plenary_protocol::wire::Refusal;

use super::meaning::bad;

/// Holds the marks of a change against what the library reads again.
///
/// # Errors
/// A refusal with code `bad_meaning`.
pub(super) fn check_marks(change: &ExpandedChange) -> Result<(), Refusal> {
    let mut begun: Option<&Op> = None;
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
