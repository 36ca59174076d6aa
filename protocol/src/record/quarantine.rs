//! Changes that were set aside after they had been written: which, and by which entry.
//!
//! **Invariant.** An entry that a quarantine names is read as `Act::SetAside`, so nobody who folds changes takes
//! it for one; its bytes and hashes stay as they are.  This is the one place where that is decided.

use std::collections::BTreeMap;

use super::{Act, Event};
use crate::ids::Seq;

/// All entries of a plan that were set aside.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Quarantine {
    /// Each entry that is set aside, with the one that did.
    by: BTreeMap<Seq, Seq>,
    spans: Spans,
    document: Option<(Seq, String)>,
}

/// From which entry to which a plan was read with changes that were set aside later.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spans(Vec<Span>);

/// The span of one quarantine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first change that was set aside.
    pub first: Seq,
    /// The entry that set it aside.
    pub by: Seq,
}

impl Quarantine {
    /// Takes in an entry; those that set nothing aside change nothing, and their order does not matter.
    pub fn take(&mut self, event: &Event) {
        let Act::Quarantined { seqs, document, .. } = &event.payload.act else { return };
        let by = event.envelope.seq;
        if self.document.as_ref().is_none_or(|(last, _)| *last < by) {
            self.document = Some((by, document.clone()));
        }
        // No entry sets aside what comes after it.
        for seq in seqs.iter().filter(|seq| **seq < by) {
            self.by.entry(*seq).and_modify(|known| *known = by.min(*known)).or_insert(by);
        }
        self.spans.take(event);
    }

    /// How many entries are set aside.
    pub fn count(&self) -> usize {
        self.by.len()
    }

    /// The entry that set another aside.
    pub fn by(&self, seq: Seq) -> Option<Seq> {
        self.by.get(&seq).copied()
    }

    /// An event as it is to be read.
    pub fn mark(&self, mut event: Event) -> Event {
        let Some(by) = self.by(event.envelope.seq) else { return event };
        event.payload.act = match event.payload.act {
            Act::Change(change) => Act::SetAside { by, change },
            other => other,
        };
        event
    }

    /// The document's address since the last of them.
    pub fn document(&self) -> Option<&str> {
        self.document.as_ref().map(|(_, document)| document.as_str())
    }

    /// From where to where the plan was read otherwise.
    pub fn spans(&self) -> &Spans {
        &self.spans
    }
}

impl Spans {
    /// Takes in an entry; those that set nothing aside change nothing.
    pub fn take(&mut self, event: &Event) {
        let Act::Quarantined { seqs, .. } = &event.payload.act else { return };
        let by = event.envelope.seq;
        if let Some(first) = seqs.iter().copied().filter(|seq| *seq < by).min() {
            self.put(Span { first, by });
        }
    }

    /// Takes in a span.
    pub fn put(&mut self, span: Span) {
        let at = self.0.partition_point(|known| known.by < span.by);
        self.0.insert(at, span);
    }

    /// In order.
    pub fn all(&self) -> &[Span] {
        &self.0
    }

    /// The last entry that set something aside.
    pub fn last(&self) -> Option<Seq> {
        self.0.last().map(|span| span.by)
    }

    /// The last entry that set aside something of what was read as of `seq`: that reading does not hold any more.
    pub fn since(&self, seq: Seq) -> Option<Seq> {
        self.0.iter().rev().find(|span| span.first <= seq && seq < span.by).map(|span| span.by)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_between_a_change_and_its_quarantine_does_not_hold() {
        let mut spans = Spans::default();
        spans.put(Span { first: Seq(12), by: Seq(20) });
        spans.put(Span { first: Seq(3), by: Seq(7) });
        let since: Vec<u64> =
            [2, 3, 6, 7, 11, 12, 19, 20].map(|seq| spans.since(Seq(seq)).map_or(0, |by| by.0)).into();
        assert_eq!(since, [0, 7, 7, 0, 0, 20, 20, 0]);
        assert_eq!(spans.last(), Some(Seq(20)));
    }
}
