//! A copy of a plan's log, and the document rebuilt from it alone.

use automerge::{Automerge, Change};
use plenary_core::document;
use plenary_protocol::Seq;
use plenary_protocol::wire::EventView;
use plenary_protocol::wire::live::ServerMessage;

use crate::{Http, Live, plan_id};

/// A plan's whole log as the server tells it to replicas.
#[derive(Debug)]
pub struct LogCopy {
    /// The entries in order, each with its raw change.
    pub entries: Vec<(EventView, Option<Change>)>,
}

impl LogCopy {
    /// Reads a plan's log from its first entry to its last.
    ///
    /// # Panics
    /// When it does not come whole and in order.
    #[track_caller]
    pub fn of(http: &Http, plan: &str) -> LogCopy {
        let mut live = Live::open(http);
        live.subscribe(&plan_id(plan), Some(Seq::ZERO), true).expect("the socket takes a message");
        let mut entries: Vec<(EventView, Option<Change>)> = Vec::new();
        loop {
            match live.next_message().expect("the log comes") {
                ServerMessage::Event { event, change } => {
                    assert_eq!(event.seq.0, entries.len() as u64 + 1, "the log comes in order");
                    let change = change.map(|bytes| Change::from_bytes(bytes.0).expect("a change reads"));
                    entries.push((*event, change));
                }
                ServerMessage::Subscribed { head, .. } => {
                    assert_eq!(head.0, entries.len() as u64, "all of the log has come");
                    return LogCopy { entries };
                }
                other => panic!("not an entry: {other:?}"),
            }
        }
    }

    /// The last entry.
    pub fn head(&self) -> Seq {
        Seq(self.entries.len() as u64)
    }

    /// Goes through the history and hands over the document as of each of the entries asked for.
    ///
    /// # Panics
    /// When a change does not apply.
    pub fn replay(&self, points: &std::collections::BTreeSet<u64>, mut look: impl FnMut(Seq, &Automerge)) {
        let mut doc = document::empty();
        let mut changes = Vec::new();
        for (event, change) in &self.entries {
            changes.extend(change.clone());
            if points.contains(&event.seq.0) {
                document::apply(&mut doc, std::mem::take(&mut changes)).expect("the log applies");
                look(event.seq, &doc);
            }
        }
    }
}
