//! Finished changes of replicas: the gate, the trial on the scout, the record of refusals.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::ChangeHash;
use plenary_protocol::limits::CHANGES_PER_MESSAGE_MAX;
use plenary_protocol::record::{Act, ChangeAct, EditRow, SUMMARY_VERSION};
use plenary_protocol::wire::live::AckEntry;
use plenary_protocol::wire::{Refusal, RefusalCode};
use plenary_protocol::{Digest, ElementId};

use super::writer::Beside;
use super::{Answer, Context, Hub, Input, Proposal};
use crate::document::digest;
use crate::gate::{self, Arrived, read_meaning};
use crate::graph::Header;
use crate::limits::{EDIT_ROWS_MAX, REASON_CHARS_MAX, REFUSALS_RECORDED_MAX, SUSPECT_US};
use crate::summary;

impl Hub {
    pub(super) fn changes(
        &mut self,
        input: &Input,
        changes: &[Vec<u8>],
        (because, answers): (Option<&str>, &[ElementId]),
        proposal: &mut Proposal,
        ctx: &mut Context<'_>,
    ) -> Result<Answer, Refusal> {
        plenary_protocol::plan::command::check_reason(because, answers)
            .map_err(|error| Refusal::new(RefusalCode::TooLarge, error.to_string()))?;
        if changes.len() > CHANGES_PER_MESSAGE_MAX {
            return Err(Refusal::new(
                RefusalCode::TooLarge,
                format!(
                    "{} changes are more than the {CHANGES_PER_MESSAGE_MAX} of one message",
                    changes.len()
                ),
            ));
        }
        gate::check_message(changes)?;
        self.check_edit(input)?;
        self.check_answers(answers)?;
        let mut entries = Vec::new();
        let mut first: Option<Refusal> = None;
        let mut refused = HashSet::new();
        let mut hashes = Vec::new();
        for bytes in changes {
            let beside = || Beside { because, answers, ..Beside::default() };
            let outcome = self.change(input, bytes, beside, &refused, &mut entries, proposal, ctx);
            let Err((hash, mut refusal)) = outcome else { continue };
            if let Some((end, _)) = refusal.reason.char_indices().nth(REASON_CHARS_MAX) {
                refusal.reason.truncate(end);
            }
            if let Some(hash) = hash {
                refused.insert(hash);
                hashes.push(digest(&hash));
            }
            self.record(input, hash.as_ref().map(digest), &refusal, proposal, ctx);
            first.get_or_insert(refusal);
        }
        Ok(match first {
            None => Answer::Done { duplicate: false, made: Vec::new(), entries },
            Some(refusal) if entries.is_empty() => Answer::Refused { refusal, changes: hashes },
            Some(refusal) => Answer::Partly { entries, refusal, changes: hashes },
        })
    }

    /// One change through gate and trial into an entry.
    #[expect(clippy::too_many_arguments, reason = "the parts of one message, used together once")]
    fn change<'a>(
        &mut self,
        input: &Input,
        bytes: &[u8],
        beside: impl Fn() -> Beside<'a>,
        refused: &HashSet<ChangeHash>,
        entries: &mut Vec<AckEntry>,
        proposal: &mut Proposal,
        ctx: &mut Context<'_>,
    ) -> Result<(), (Option<ChangeHash>, Refusal)> {
        let arrived = gate::arrive(bytes).map_err(|refusal| (None, refusal))?;
        let hash = arrived.change.hash();
        let with_hash = |refusal| (Some(hash), refusal);
        if arrived.change.deps().iter().any(|dep| refused.contains(dep)) {
            let reason = "it builds on a change that was refused";
            return Err(with_hash(Refusal::new(RefusalCode::DependsOnRefused, reason)));
        }
        let subject = &input.grant.principal().subject;
        if self.state.graph.check(&arrived.change, subject).map_err(with_hash)? == Header::Known {
            if let Some((seq, leaf)) = self.state.entry_of(&hash) {
                entries.push(AckEntry { seq, leaf, change: Some(digest(&hash)) });
            }
            return Ok(());
        }
        let actor = arrived.change.actor_id().clone();
        let bound = self.state.bound_to(&actor).cloned();
        if bound.as_ref().is_some_and(|owner| owner != subject) {
            let reason = format!("the actor id {actor} belongs to somebody else; make a new one");
            return Err(with_hash(Refusal::new(RefusalCode::ForeignActor, reason)));
        }
        let edits = self.try_change(input, &arrived, proposal, ctx).map_err(with_hash)?;
        let base = self.state.base_of(arrived.change.deps(), subject);
        let claimed_us = arrived.change.timestamp().checked_mul(1_000_000).filter(|us| *us != 0);
        let sealed = (|| {
            if bound.is_none() {
                let act = Act::ActorBound { thin: false, actor: actor.to_bytes().to_vec() };
                self.seal(input, act, Beside::default(), proposal, ctx)?;
            }
            let change = arrived.change.raw_bytes().to_vec();
            let act = Act::Change(ChangeAct { edits, change, summary_version: SUMMARY_VERSION });
            let entry = self.seal(input, act, Beside { claimed_us, base, ..beside() }, proposal, ctx)?;
            entries.push(entry);
            Ok(())
        })();
        sealed.map_err(|refusal| {
            self.remake_scout(proposal, ctx.past);
            with_hash(refusal)
        })
    }

    /// Meaning and trial; on success the scout has the change, otherwise it is as before.
    fn try_change(
        &mut self,
        input: &Input,
        arrived: &Arrived,
        proposal: &Proposal,
        ctx: &Context<'_>,
    ) -> Result<Vec<EditRow>, Refusal> {
        let meaning = read_meaning(&arrived.expanded, &self.scout, &self.state, &input.grant, false)?;
        if meaning.items.len() > EDIT_ROWS_MAX {
            let reason = format!("it touches {} fields, more than {EDIT_ROWS_MAX}", meaning.items.len());
            return Err(Refusal::new(RefusalCode::TooLarge, reason));
        }
        let before = self.scout.get_heads();
        let spare = self.is_suspect(input, ctx.now_us).then(|| self.scout.clone());
        let (scout, places) = (&mut self.scout, &self.state.places);
        let change = &arrived.change;
        let tried = catch_unwind(AssertUnwindSafe(|| {
            scout.apply_changes([change.clone()]).map_err(|error| error.to_string())?;
            let back = scout.get_changes(&before);
            let same = back.len() == 1 && back[0].raw_bytes() == change.raw_bytes();
            if !same {
                return Err("the document does not give it back as it came".to_owned());
            }
            Ok(summary::rows(&meaning, scout, &before, places))
        }));
        let reason = match tried {
            Ok(Ok(rows)) => return Ok(rows),
            Ok(Err(reason)) => reason,
            Err(_) => "the document library failed on it".to_owned(),
        };
        match spare {
            Some(spare) => self.scout = spare,
            None => self.remake_scout(proposal, ctx.past),
        }
        self.suspects.insert(input.grant.principal().subject.clone(), ctx.now_us);
        Err(Refusal::new(RefusalCode::FailedTrial, reason))
    }

    /// Whether the sender's changes failed a trial lately: theirs are tried with a copy at hand, so
    /// that failing again and again does not read the whole past each time.
    fn is_suspect(&self, input: &Input, now_us: i64) -> bool {
        let failed = self.suspects.get(&input.grant.principal().subject);
        failed.is_some_and(|at| now_us.saturating_sub(*at) < SUSPECT_US)
    }

    /// Records a refusal once a connection and code; further ones are only answered.
    fn record(
        &mut self,
        input: &Input,
        change: Option<Digest>,
        refusal: &Refusal,
        proposal: &mut Proposal,
        ctx: &mut Context<'_>,
    ) {
        let who = input.session.clone().unwrap_or_else(|| input.grant.principal().subject.to_string());
        if self.recorded.len() >= REFUSALS_RECORDED_MAX || !self.recorded.insert((who, refusal.code)) {
            return;
        }
        let act = Act::Refused { code: refusal.code.as_str(), change, reason: refusal.reason.clone() };
        // A record that cannot be sealed leaves the refusal itself standing; the sender is told it.
        _ = self.seal(input, act, Beside::default(), proposal, ctx);
    }
}
