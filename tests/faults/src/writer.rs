//! Somebody who writes to a server that may be gone at any moment, and remembers what was acknowledged.

use std::collections::VecDeque;

use plenary_protocol::ids::ClientId;
use plenary_tests::{Http, Live, Outcome, fresh_id, plan_id};

use crate::known::Acked;
use crate::world::{MADE, words};

/// Edits of a writer that are on their way at once.
const AT_ONCE: usize = 16;

/// What became of a writer.
#[derive(Debug, Default)]
pub struct Written {
    /// What was acknowledged: an edit is one entry or more.
    pub acks: Vec<Acked>,
    /// How many edits were acknowledged.
    pub edits: usize,
    /// What was refused, in the server's words.
    pub refused: Vec<String>,
}

fn receive(live: &mut Live, plan: &str, id: &ClientId, written: &mut Written) -> bool {
    match live.outcome(id) {
        Ok(Outcome::Done(ack)) => {
            let acked = |entry: &plenary_protocol::wire::live::AckEntry| Acked {
                plan: plan.to_owned(),
                seq: entry.seq.0,
                leaf: Some(entry.leaf),
            };
            written.edits += 1;
            written.acks.extend(ack.entries.iter().map(acked));
            true
        }
        Ok(Outcome::Refused(refusal)) => {
            written.refused.push(format!("{:?}: {}", refusal.code, refusal.reason));
            true
        }
        Err(_) => false,
    }
}

/// Writes as fast as it is acknowledged, until the server is gone or so many edits are made.
pub fn flood(http: &Http, plan: &str, text: &str, count: usize) -> Written {
    let mut written = Written::default();
    let Ok(mut live) = Live::try_open(http) else { return written };
    let mut waiting = VecDeque::new();
    for number in 0..count {
        let id = fresh_id("flood");
        if live.edit(&id, &plan_id(plan), &[words(&format!("{text}{number} "), MADE)]).is_err() {
            break;
        }
        waiting.push_back(id);
        if waiting.len() >= AT_ONCE
            && let Some(id) = waiting.pop_front()
            && !receive(&mut live, plan, &id, &mut written)
        {
            return written;
        }
    }
    while let Some(id) = waiting.pop_front() {
        if !receive(&mut live, plan, &id, &mut written) {
            break;
        }
    }
    written
}

/// Writes once and waits for the answer.
pub fn once(http: &Http, plan: &str, text: &str) -> Written {
    flood(http, plan, text, 1)
}
