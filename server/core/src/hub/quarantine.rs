//! Setting changes aside that the saved document does not load with.
//!
//! That is an incident, and the server's own act: nobody can ask for it.  After it the hub is of no use, because
//! its document has the changes in it: whoever drives it drops it and loads the plan anew.

use automerge::Change;
use plenary_limits::QUARANTINED_ENTRIES_MAX;
use plenary_protocol::Seq;
use plenary_protocol::record::{Act, Event};
use plenary_protocol::wire::{Refusal, RefusalCode};

use super::writer::{Beside, new_document};
use super::{Answer, Context, Hub, Input, Past, PastError, Proposal};
use crate::gate::Falling;
use crate::policy::Action;
use crate::state::FoldError;

impl Hub {
    /// Sets changes aside, with all that hang on them; the plan's document gets a new address.
    pub(super) fn quarantine(
        &mut self,
        input: &Input,
        roots: &[Seq],
        reason: &str,
        proposal: &mut Proposal,
        ctx: &mut Context<'_>,
    ) -> Result<Answer, Refusal> {
        if input.grant.action() != Action::Quarantine {
            let reason = "the grant is not one for setting changes aside";
            return Err(Refusal::new(RefusalCode::RoleForbids, reason));
        }
        let seqs = self.falling(roots, proposal, ctx.past).map_err(|error| {
            let reason = format!("what hangs on the changes cannot be told: {error}");
            Refusal::new(RefusalCode::Unavailable, reason)
        })?;
        check_count(seqs.len())?;
        if seqs.first() == self.state.first_change().as_ref() {
            let reason = "the plan's first change is among them: nothing would be left";
            return Err(Refusal::new(RefusalCode::NothingToDo, reason));
        }
        let act = Act::Quarantined {
            seqs,
            reason: reason.to_owned(),
            earlier: self.state.spans.last(),
            document: new_document(ctx),
        };
        let entry = self.seal(input, act, Beside::default(), proposal, ctx)?;
        (self.broken, self.outdated) = (true, true);
        Ok(Answer::Done { entries: vec![entry], made: Vec::new(), duplicate: false })
    }

    /// The entries of some changes and of all that hang on them, in order: those that are durable, on their way to
    /// the disk, or proposed.
    fn falling(&self, roots: &[Seq], proposal: &Proposal, past: &dyn Past) -> Result<Vec<Seq>, PastError> {
        let Some(first) = roots.iter().min() else { return Ok(Vec::new()) };
        let (mut falling, mut seqs) = (Falling::default(), Vec::new());
        let mut take = |event: &Event| {
            let seq = event.envelope.seq;
            let Act::Change(act) = &event.payload.act else { return Ok(()) };
            let change = Change::from_bytes(act.change.clone());
            let change = change.map_err(|error| FoldError::Change { seq, reason: error.to_string() })?;
            if roots.contains(&seq) || falling.takes(&change) {
                falling.add(&change);
                seqs.push(seq);
            }
            Ok::<(), PastError>(())
        };
        let before = Seq(first.0.saturating_sub(1));
        let mut last = before;
        past.replay(before, &mut |event| {
            last = event.envelope.seq;
            take(&event)
        })?;
        let in_flight = self.in_flight.iter().flat_map(|in_flight| &in_flight.events);
        let lacking = in_flight.filter(|event| event.envelope.seq > last);
        lacking.chain(&proposal.events).try_for_each(|event| take(event))?;
        Ok(seqs)
    }

    /// Refuses what goes by a reading of the plan that has changes in it which were set aside since.
    pub(super) fn check_reading(&self, base: Seq) -> Result<(), Refusal> {
        let Some(by) = self.state.spans.since(base) else { return Ok(()) };
        Err(Refusal::new(
            RefusalCode::OtherHistory,
            format!(
                "changes that you had read at entry {base} were set aside in entry {by}: read the plan anew"
            ),
        ))
    }
}

fn check_count(count: usize) -> Result<(), Refusal> {
    match count {
        0 => Err(Refusal::new(RefusalCode::NothingToDo, "no entry named holds a change")),
        count if count > QUARANTINED_ENTRIES_MAX => {
            let reason = format!(
                "{count} entries hang on what is to be set aside, more than {QUARANTINED_ENTRIES_MAX}"
            );
            Err(Refusal::new(RefusalCode::TooLarge, reason))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use plenary_limits::holds;

    use super::*;

    #[test]
    fn so_many_entries_are_set_aside_at_once() {
        holds!(QUARANTINED_ENTRIES_MAX, |count| check_count(count).is_ok());
    }
}
