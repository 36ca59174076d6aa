//! Finished changes of replicas: the gate, the trial on the scout, the record of refusals.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::Change;
use plenary_limits::{
    CHANGES_PER_MESSAGE_MAX, EDIT_ROWS_MAX, REASON_CHARS_MAX, TURN_COST_ALONE, TURN_COST_MAX,
};
use plenary_protocol::record::{Act, ChangeAct, EditRow, SUMMARY_VERSION};
use plenary_protocol::wire::live::AckEntry;
use plenary_protocol::wire::{Refusal, RefusalCode};
use plenary_protocol::{Digest, ElementId};

use super::lane;
use super::message::{Message, cut};
use super::refusals::Counted;
use super::run::{Passed, Run, Waiting};
use super::writer::Beside;
use super::{Answer, Ask, Context, Hub, Input, Proposal, ReplyTo, broken};
use crate::document::digest;
use crate::gate::{self, Arrived, read_meaning};
use crate::graph::Header;
use crate::policy::Grant;
use crate::summary;

/// One ask and what became of it so far.
#[derive(Debug)]
pub(super) struct Work {
    pub input: Input,
    pub answer: Option<Answer>,
    /// Of the changes of a replica: the answer is known when all of them are through.
    message: Option<Message>,
    /// What the same connection asked after a message that goes on in the next round.
    pub behind: VecDeque<Input>,
}

impl Work {
    pub fn new(input: Input) -> Work {
        Work { input, answer: None, message: None, behind: VecDeque::new() }
    }

    /// Whether it is a message of which changes are left for the next round.
    pub fn goes_on(&self) -> bool {
        let Ask::Changes { changes, .. } = &self.input.ask else { return false };
        self.message.as_ref().is_some_and(|message| message.at < changes.len())
    }

    /// Whether an ask has to wait for this one.
    pub fn holds_up(&self, input: &Input) -> bool {
        self.goes_on() && self.input.session.is_some() && self.input.session == input.session
    }

    /// Its answer, if there is one to be given.
    pub fn close(self) -> Option<(ReplyTo, Answer)> {
        let answer = self.answer.or_else(|| self.message.map(Message::answer))?;
        Some((self.input.reply, answer))
    }
}

impl Hub {
    /// The changes of a message that have their turn in this round: those that may be tried with
    /// others wait in the run.
    pub(super) fn changes(
        &mut self,
        works: &mut [Work],
        index: usize,
        run: &mut Run,
        proposal: &mut Proposal,
        ctx: &mut Context<'_>,
    ) {
        if let Work { input, message: Some(message), .. } = &mut works[index]
            && let Err(refusal) = self.check_grant(input).and_then(|()| self.check_edit(input))
        {
            // The stage, or who may read the plan, was changed since the last turn.
            return message.give_up(&input.ask, refusal);
        }
        let mut cost = 0;
        loop {
            let Work { input, answer, message, .. } = &mut works[index];
            let Ask::Changes { changes, because, answers } = &input.ask else { return };
            if self.broken {
                (*answer, *message) = (Some(super::refused(broken())), None);
                return;
            }
            if message.is_none()
                && let Err(refusal) = self.check_message(input, changes, because.as_deref(), answers)
            {
                *answer = Some(super::refused(refusal));
                return;
            }
            let message = message.get_or_insert_default();
            let Some(bytes) = changes.get(message.at).filter(|_| cost < TURN_COST_MAX) else { return };
            message.at += 1;
            let left = match gate::arrive(bytes) {
                Ok(arrived) if message.is_done_so_far() => {
                    self.join(run, input, index, arrived, ctx.now_us).map(Ok)
                }
                arrived => Some(arrived),
            };
            let Some(arrived) = left else {
                cost += 1;
                if run.is_full() {
                    self.end_run(works, run, proposal, ctx);
                }
                continue;
            };
            cost += TURN_COST_ALONE;
            self.end_run(works, run, proposal, ctx);
            self.alone(&mut works[index], arrived, proposal, ctx);
        }
    }

    fn check_message(
        &self,
        input: &Input,
        changes: &[Vec<u8>],
        because: Option<&str>,
        answers: &[ElementId],
    ) -> Result<(), Refusal> {
        self.check_grant(input)?;
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
        // Elements are made by changes that go alone, so the scout has all of those before this.
        self.check_answers(answers)
    }

    /// Tries the run that was gathered, and makes entries of what passes.
    pub(super) fn end_run(
        &mut self,
        works: &mut [Work],
        run: &mut Run,
        proposal: &mut Proposal,
        ctx: &mut Context<'_>,
    ) {
        if run.is_empty() {
            return;
        }
        let mut passed = match self.try_run(std::mem::take(run)) {
            Ok(passed) => passed.into_iter(),
            Err(waiting) => {
                self.remake_scout(proposal, ctx.past);
                for Waiting { work, arrived, .. } in waiting {
                    let code = self.alone(&mut works[work], Ok(arrived), proposal, ctx);
                    let innocent =
                        [RefusalCode::DependsOnRefused, RefusalCode::MissingDependency, RefusalCode::Busy];
                    if code.is_some_and(|code| !innocent.contains(&code)) {
                        // It has failed the others' trial, whatever it is refused for.
                        self.note_failure(&works[work].input, ctx.now_us);
                    }
                }
                return;
            }
        };
        while let Some(Passed { work, arrived, edits }) = passed.next() {
            let Work { input, message: Some(message), .. } = &mut works[work] else { continue };
            let sealed = self.enter(input, &arrived, edits, message, proposal, ctx);
            let Err(refusal) = sealed else { continue };
            // The scout has this change and those after it; the log has none of them.
            self.remake_scout(proposal, ctx.past);
            self.refuse(&mut works[work], Some(&arrived.change), refusal, proposal, ctx);
            for Passed { work, arrived, .. } in passed.by_ref() {
                self.alone(&mut works[work], Ok(arrived), proposal, ctx);
            }
        }
    }

    /// One change by itself; gives why it is refused.
    fn alone(
        &mut self,
        work: &mut Work,
        arrived: Result<Arrived, Refusal>,
        proposal: &mut Proposal,
        ctx: &mut Context<'_>,
    ) -> Option<RefusalCode> {
        let Work { input, message: Some(message), .. } = work else { return None };
        let (change, refusal) = match arrived {
            Ok(arrived) => {
                let refusal = self.change(input, &arrived, message, proposal, ctx).err()?;
                (Some(arrived.change), refusal)
            }
            Err(refusal) => (None, refusal),
        };
        let code = refusal.code;
        self.refuse(work, change.as_ref(), refusal, proposal, ctx);
        Some(code)
    }

    fn refuse(
        &mut self,
        work: &mut Work,
        change: Option<&Change>,
        mut refusal: Refusal,
        proposal: &mut Proposal,
        ctx: &mut Context<'_>,
    ) {
        cut(&mut refusal.reason, REASON_CHARS_MAX);
        let waits = refusal.code == RefusalCode::Busy;
        if !waits {
            let hash = change.map(|change| digest(&change.hash()));
            self.record(&work.input, hash, &refusal, proposal, ctx);
        }
        let Some(message) = &mut work.message else { return };
        let undone = if waits { &mut message.waiting } else { &mut message.refused };
        undone.take(change, refusal);
    }

    /// One change through header, meaning and trial into an entry.
    fn change(
        &mut self,
        input: &Input,
        arrived: &Arrived,
        message: &mut Message,
        proposal: &mut Proposal,
        ctx: &mut Context<'_>,
    ) -> Result<(), Refusal> {
        let change = &arrived.change;
        let hash = change.hash();
        if message.refused.takes(arrived) {
            let reason = "it builds or hangs on a change that was refused";
            return Err(Refusal::new(RefusalCode::DependsOnRefused, reason));
        }
        // What waits for its turn in the lane has those that build on it wait, too.
        if message.waiting.takes(arrived) {
            return Err(lane::is_full());
        }
        let subject = &input.grant.principal().subject;
        if self.state.graph.check(change, subject)? == Header::Known {
            if let Some((seq, leaf)) = self.state.entry_of(&hash) {
                message.entries.push(AckEntry { seq, leaf, change: Some(digest(&hash)) });
            }
            return Ok(());
        }
        let actor = change.actor_id();
        if self.state.bound_to(actor).is_some_and(|owner| owner != subject) {
            let reason = format!("the actor id {actor} belongs to somebody else; make a new one");
            return Err(Refusal::new(RefusalCode::ForeignActor, reason));
        }
        // And those that come after it: they may hang on it without saying so.
        if message.waiting.first.is_some() {
            return Err(lane::is_full());
        }
        let edits = self.try_change(input, arrived, proposal, ctx)?;
        self.enter(input, arrived, edits, message, proposal, ctx)
            .inspect_err(|_| self.remake_scout(proposal, ctx.past))
    }

    /// Makes an entry of a change that has passed, after one that binds its actor where it is new.
    fn enter(
        &mut self,
        input: &Input,
        arrived: &Arrived,
        edits: Vec<EditRow>,
        message: &mut Message,
        proposal: &mut Proposal,
        ctx: &mut Context<'_>,
    ) -> Result<(), Refusal> {
        let change = &arrived.change;
        let actor = change.actor_id();
        let base = self.state.base_of(change.deps(), &input.grant.principal().subject);
        let claimed_us = change.timestamp().checked_mul(1_000_000).filter(|us| *us != 0);
        if self.state.bound_to(actor).is_none() {
            let act = Act::ActorBound { thin: false, actor: actor.to_bytes().to_vec() };
            self.seal(input, act, Beside::default(), proposal, ctx)?;
        }
        let change = change.raw_bytes().to_vec();
        let act = Act::Change(ChangeAct { edits, change, restores: None, summary_version: SUMMARY_VERSION });
        let (because, answers) = match &input.ask {
            Ask::Changes { because, answers, .. } => (because.as_deref(), answers.as_slice()),
            _ => (None, &[][..]),
        };
        let decoded = Some(arrived);
        let beside = Beside { because, answers, claimed_us, base, decoded, ..Beside::default() };
        message.entries.push(self.seal(input, act, beside, proposal, ctx)?);
        Ok(())
    }

    /// Whether the first three lines of the gate let a change pass that is to be tried with others; it is not tried.
    ///
    /// # Errors
    /// The refusal of the first line.
    pub fn examine_with_others(&mut self, input: &Input, bytes: &[u8], now_us: i64) -> Result<bool, Refusal> {
        let arrived = gate::arrive(bytes)?;
        Ok(self.may_join(input, &arrived, now_us))
    }

    /// What the first three lines of the gate say of a change by itself; it is not tried.
    ///
    /// # Errors
    /// The refusal of the line that it does not pass.
    pub fn examine(&self, grant: &Grant, bytes: &[u8]) -> Result<(), Refusal> {
        let arrived = gate::arrive(bytes)?;
        self.state.graph.check(&arrived.change, &grant.principal().subject)?;
        read_meaning(&arrived.expanded, &self.scout, &self.state, grant, false)?;
        gate::check_hold(&arrived.expanded, &self.scout)
    }

    /// Meaning and trial; on success the scout has the change, otherwise it is as before.
    fn try_change(
        &mut self,
        input: &Input,
        arrived: &Arrived,
        proposal: &Proposal,
        ctx: &Context<'_>,
    ) -> Result<Vec<EditRow>, Refusal> {
        // Where the lane has no room, nothing more is read of it.
        let is_suspect = self.is_suspect(input, ctx.now_us);
        if is_suspect && !self.lane_takes(input, arrived.change.len(), ctx.now_us) {
            return Err(lane::is_full());
        }
        let meaning = read_meaning(&arrived.expanded, &self.scout, &self.state, &input.grant, false)?;
        gate::check_hold(&arrived.expanded, &self.scout)?;
        if meaning.items.len() > EDIT_ROWS_MAX {
            let reason = format!("it touches {} fields, more than {EDIT_ROWS_MAX}", meaning.items.len());
            return Err(Refusal::new(RefusalCode::TooLarge, reason));
        }
        self.kept.forget(&arrived.expanded.operations);
        let before = self.scout.get_heads();
        let spare = is_suspect.then(|| self.scout.clone());
        let (scout, places) = (&mut self.scout, &self.state.places);
        let change = &arrived.change;
        let tried = catch_unwind(AssertUnwindSafe(|| {
            scout.apply_changes([change.clone()]).map_err(|error| error.to_string())?;
            let back = scout.get_changes(&before);
            let same = back.len() == 1 && back[0].raw_bytes() == change.raw_bytes();
            if !same {
                return Err("the document does not give it back as it came".to_owned());
            }
            if !gate::marks_stand_in(scout, arrived) {
                return Err("a mark of it ends before it begins".to_owned());
            }
            Ok(summary::rows(&meaning, scout, &before, places))
        }));
        let reason = match tried {
            Ok(Ok(rows)) => return Ok(rows),
            Ok(Err(reason)) => reason,
            Err(_) => "the document library failed on it".to_owned(),
        };
        match spare {
            Some(spare) => {
                self.scout = spare;
                self.kept.forget_all();
            }
            None => self.remake_scout(proposal, ctx.past),
        }
        self.note_failure(input, ctx.now_us);
        Err(Refusal::new(RefusalCode::FailedTrial, reason))
    }

    /// Records a refusal where it is news; others are counted.
    fn record(
        &mut self,
        input: &Input,
        change: Option<Digest>,
        refusal: &Refusal,
        proposal: &mut Proposal,
        ctx: &mut Context<'_>,
    ) {
        if self.refusals.is_news(input, change, refusal, ctx.now_us) {
            self.seal_refusal(input, None, change, refusal, proposal, ctx);
        }
    }

    /// Makes entries of the numbers of refusals that have none of their own.
    pub(super) fn tell_counted(&mut self, proposal: &mut Proposal, ctx: &mut Context<'_>) {
        if self.broken {
            return;
        }
        let due = self.refusals.due(ctx.now_us);
        self.seal_counted(due, proposal, ctx);
    }

    /// Whether refusals were counted that no entry tells yet: the plan is not to leave memory before.
    pub fn owes_refusals(&self) -> bool {
        !self.broken && self.refusals.are_owed()
    }

    /// Tells the numbers of all refusals that have no entries of their own, before the plan leaves memory.
    pub fn propose_refusals(&mut self, ctx: &mut Context<'_>) -> Proposal {
        let mut proposal = Proposal::default();
        if self.owes_refusals() {
            let owed = self.refusals.all_owed();
            self.seal_counted(owed, &mut proposal, ctx);
        }
        self.depart(&mut proposal);
        proposal
    }

    fn seal_counted(&mut self, counted: Vec<(Counted, u64)>, proposal: &mut Proposal, ctx: &mut Context<'_>) {
        for (Counted { input, refusal }, count) in counted {
            self.seal_refusal(&input, Some(count), None, &refusal, proposal, ctx);
        }
    }

    fn seal_refusal(
        &mut self,
        input: &Input,
        count: Option<u64>,
        change: Option<Digest>,
        refusal: &Refusal,
        proposal: &mut Proposal,
        ctx: &mut Context<'_>,
    ) {
        let (code, reason) = (refusal.code.as_str(), refusal.reason.clone());
        // A record that cannot be sealed leaves the refusal itself standing; the sender is told it.
        _ = self.seal(input, Act::Refused { count, code, change, reason }, Beside::default(), proposal, ctx);
    }
}
