//! What a plan answered, as messages.

use plenary_core::Answer;
use plenary_protocol::ids::{ClientId, PlanId};
use plenary_protocol::wire::live::{AckEntry, ServerMessage};
use plenary_protocol::wire::{Refusal, RefusalCode};

/// The messages that tell an answer.
pub(super) fn tell(id: ClientId, plan: &PlanId, answer: Result<Answer, Refusal>) -> Vec<ServerMessage> {
    let refused = |refusal, changes| ServerMessage::Refused {
        id: Some(id.clone()),
        plan: Some(plan.clone()),
        changes,
        refusal,
    };
    let ack = |entries: Vec<AckEntry>, made, duplicate| {
        // Changes of a message come in any order, and one may be in the log already.
        let last = entries.iter().max_by_key(|entry| entry.seq)?.clone();
        let (seq, leaf) = (last.seq, last.leaf);
        Some(ServerMessage::Ack { id: id.clone(), plan: plan.clone(), seq, leaf, entries, made, duplicate })
    };
    let nothing = || Refusal::new(RefusalCode::NothingToDo, "there was nothing in it");
    match answer {
        Ok(Answer::Done { entries, made, duplicate }) => {
            vec![ack(entries, made, duplicate).unwrap_or_else(|| refused(nothing(), Vec::new()))]
        }
        Ok(Answer::Partly { entries, refusal, changes }) => {
            ack(entries, Vec::new(), false).into_iter().chain([refused(refusal, changes)]).collect()
        }
        Ok(Answer::Refused { refusal, changes }) => vec![refused(refusal, changes)],
        Ok(Answer::Subscribed { .. } | Answer::Preview { .. }) => vec![refused(nothing(), Vec::new())],
        Err(refusal) => vec![refused(refusal, Vec::new())],
    }
}
