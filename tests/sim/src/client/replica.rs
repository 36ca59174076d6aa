//! A replica on `/live`, as the page is one: it edits at once, and sends again what was not confirmed.

use std::collections::BTreeMap;

use automerge::{Automerge, Change, ChangeHash};
use plenary_core::Answer;
use plenary_core::document;
use plenary_protocol::wire::RefusalCode;
use plenary_protocol::{Bureau, Seq};

use super::{Client, Down, Up, pen};
use crate::random::Random;

/// A replica and what waits in it.
#[derive(Debug)]
pub struct Replica {
    number: u8,
    own: Bureau,
    doc: Option<Automerge>,
    loads: u64,
    seq: Seq,
    /// Whether entries come on the line it has.
    subscribed: bool,
    waiting: Vec<(ChangeHash, Vec<u8>)>,
    said: u64,
    /// What was sent under which number.
    asked: BTreeMap<u64, Vec<ChangeHash>>,
}

impl Replica {
    /// A replica without a document.
    pub fn new(number: u8, own: Bureau) -> Replica {
        let (waiting, asked) = (Vec::new(), BTreeMap::new());
        Replica {
            number,
            own,
            doc: None,
            loads: 0,
            seq: Seq::ZERO,
            subscribed: false,
            waiting,
            said: 0,
            asked,
        }
    }

    /// Sends all that waits, in one message.
    fn send(&mut self) -> Vec<Up> {
        if self.waiting.is_empty() || !self.subscribed {
            return Vec::new();
        }
        self.said += 1;
        self.asked.insert(self.said, self.waiting.iter().map(|(hash, _)| *hash).collect());
        vec![Up::Changes(self.said, self.waiting.iter().map(|(_, bytes)| bytes.clone()).collect())]
    }

    /// Its document and last entry, for who builds on it.
    pub(super) fn doc(&self) -> Option<&Automerge> {
        self.doc.as_ref().filter(|_| self.subscribed)
    }

    fn answered(&mut self, number: u64, answer: &Answer) -> Vec<Up> {
        let asked = self.asked.remove(&number).unwrap_or_default();
        match answer {
            Answer::Done { .. } => {
                self.waiting.retain(|(hash, _)| !asked.contains(hash));
                Vec::new()
            }
            Answer::Refused { refusal, .. } | Answer::Partly { refusal, .. }
                if matches!(refusal.code, RefusalCode::Busy | RefusalCode::Unavailable) =>
            {
                self.send()
            }
            _ if asked.iter().all(|hash| self.waiting.iter().all(|(waits, _)| waits != hash)) => Vec::new(),
            // What is refused, and what was made after it, is handed back; the document is taken anew.
            _ => {
                self.doc = None;
                self.waiting.clear();
                self.subscribed = false;
                vec![Up::Subscribe(None)]
            }
        }
    }
}

impl Client for Replica {
    fn connected(&mut self) -> Result<Vec<Up>, String> {
        self.subscribed = false;
        self.asked.clear();
        Ok(vec![Up::Subscribe(self.doc.as_ref().map(|_| self.seq))])
    }

    fn act(&mut self, random: &mut Random) -> Result<Vec<Up>, String> {
        let Some(doc) = &mut self.doc else { return Ok(Vec::new()) };
        let own = self.own;
        if let Some(bytes) = pen::write(doc, |tx| pen::honest(tx, own, random))? {
            let change = Change::from_bytes(bytes.clone()).map_err(|error| error.to_string())?;
            self.waiting.push((change.hash(), bytes));
        }
        // Some are gathered, some sent twice.
        Ok(if random.chance(70) { self.send() } else { Vec::new() })
    }

    fn hear(&mut self, down: Down) -> Result<Vec<Up>, String> {
        match down {
            Down::Snapshot(seq, bytes) => {
                self.loads += 1;
                let doc = document::load(&bytes)?;
                self.doc = Some(doc.with_actor(pen::actor(self.number, self.loads)));
                self.seq = seq;
                self.subscribed = true;
                Ok(self.send())
            }
            Down::Subscribed => {
                self.subscribed = true;
                Ok(self.send())
            }
            Down::Entry(entry) => {
                let Some(doc) = self.doc.as_mut().filter(|_| self.subscribed) else { return Ok(Vec::new()) };
                if entry.view.seq != self.seq.next() {
                    return Err(format!("a replica at entry {} heard entry {}", self.seq, entry.view.seq));
                }
                self.seq = entry.view.seq;
                if let Some(bytes) = entry.change {
                    let change = Change::from_bytes(bytes).map_err(|error| error.to_string())?;
                    document::apply(doc, vec![change])?;
                }
                Ok(Vec::new())
            }
            Down::Answer(number, answer) => Ok(self.answered(number, &answer)),
            Down::Sync(_) => Err("a replica on /live heard a sync message".into()),
        }
    }

    fn flush(&mut self) -> Vec<Up> {
        self.send()
    }

    fn is_waiting(&self) -> bool {
        !self.waiting.is_empty() || !self.subscribed
    }

    fn document(&self) -> Option<&Automerge> {
        self.doc.as_ref()
    }
}
