//! Restoration: a field, an element or the whole plan goes back to how it stood, as one new entry.
//!
//! The change is made on a copy of the scout, which takes its place only when the entry is sealed: a
//! preview and the doing are the same work.  Whoever does it needs the right to every field that differs.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::transaction::CommitOptions;
use automerge::{ActorId, Automerge, Change, ScalarValue};
use plenary_limits::EDIT_ROWS_MAX;
use plenary_protocol::ids::ClientId;
use plenary_protocol::plan::command::check_reason;
use plenary_protocol::plan::layout::KEY_OWNER;
use plenary_protocol::record::{Act, ChangeAct, EditRow, Restores, SUMMARY_VERSION};
use plenary_protocol::wire::{Refusal, RefusalCode};
use plenary_protocol::{ElementId, Seq};

use super::writer::{Beside, request_digest};
use super::{Answer, Context, Hub, Input, Proposal};
use crate::authority::Surroundings;
use crate::restore::{Step, Stood, differences};
use crate::thin::{self, Desk};

/// Changes since the base of a restoration that a refusal names; of more, the number is.
const CHANGES_NAMED_MAX: usize = 3;

/// What somebody asks to put back, and what stands beside it in the entry.
#[derive(Debug, Clone)]
pub struct Restoration {
    /// The client's name for it.
    pub id: ClientId,
    /// The point, and how much of the plan.
    pub restores: Restores,
    /// The entry at which it was previewed.
    pub base: Option<Seq>,
    /// Why.
    pub because: Option<String>,
    /// What it answers.
    pub answers: Vec<ElementId>,
}

/// The plan with something put back.
struct PutBack {
    scout: Automerge,
    change: Change,
    edits: Vec<EditRow>,
}

impl Hub {
    /// What a restoration would do.
    pub(super) fn preview(
        &self,
        input: &Input,
        restores: &Restores,
        ctx: &mut Context<'_>,
    ) -> Result<Answer, Refusal> {
        self.check_edit(input)?;
        let known = self.state.thin_actor(&input.grant.principal().subject).cloned();
        let actor = known.unwrap_or_else(|| fresh_actor(ctx));
        let edits = self.put_back(input, restores, &actor, ctx)?.map(|done| done.edits).unwrap_or_default();
        Ok(Answer::Preview { base: self.state.seq, edits })
    }

    /// Does a restoration.
    pub(super) fn restore(
        &mut self,
        input: &Input,
        asked: &Restoration,
        proposal: &mut Proposal,
        ctx: &mut Context<'_>,
    ) -> Result<Answer, Refusal> {
        let Restoration { id, restores, base, because, answers } = asked;
        check_reason(because.as_deref(), answers)
            .map_err(|error| Refusal::new(RefusalCode::TooLarge, error.to_string()))?;
        let request = request_digest(restores);
        if let Some(answer) = self.done_before(input, id, request, proposal, ctx)? {
            return Ok(answer);
        }
        self.check_edit(input)?;
        self.check_answers(answers)?;
        if let Some(base) = base {
            self.check_as_seen(restores, *base)?;
        }
        let known = self.state.thin_actor(&input.grant.principal().subject).cloned();
        let is_new = known.is_none();
        let actor = known.unwrap_or_else(|| fresh_actor(ctx));
        let Some(PutBack { scout, change, edits }) = self.put_back(input, restores, &actor, ctx)? else {
            return Err(nothing(restores));
        };
        let mut entries = Vec::new();
        if is_new {
            let act = Act::ActorBound { thin: true, actor: actor.to_bytes().to_vec() };
            entries.push(self.seal(input, act, Beside::default(), proposal, ctx)?);
        }
        let beside = Beside {
            because: because.as_deref(),
            answers,
            client_id: Some(id),
            base: *base,
            request: Some(request),
            ..Beside::default()
        };
        let operations = change.decode().operations;
        let act = Act::Change(ChangeAct {
            edits,
            change: change.raw_bytes().to_vec(),
            restores: Some(restores.clone()),
            summary_version: SUMMARY_VERSION,
        });
        entries.push(self.seal(input, act, beside, proposal, ctx)?);
        self.kept.forget(&operations);
        self.scout = scout;
        Ok(Answer::Done { entries, made: Vec::new(), duplicate: false })
    }

    /// Refuses when what a restoration is about was changed after it was previewed, and says what was.
    fn check_as_seen(&self, restores: &Restores, base: Seq) -> Result<(), Refusal> {
        self.check_reading(base)?;
        if base > self.state.seq {
            let reason =
                format!("base {base} lies after the last entry, {}: preview it again", self.state.seq);
            return Err(Refusal::new(RefusalCode::BaseAhead, reason));
        }
        if self.state.heads_at(base) == self.state.heads_at(self.state.seq) {
            return Ok(());
        }
        let changed = differences(&self.scout, &self.state, base, &restores.scope)?;
        if changed.is_empty() {
            return Ok(());
        }
        let named: Vec<String> =
            changed.iter().take(CHANGES_NAMED_MAX).map(|step| self.changed_by(step)).collect();
        let more = match changed.len().saturating_sub(CHANGES_NAMED_MAX) {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        let reason = format!(
            "since you looked, at entry {base}, this was changed: {}{more}; preview it again",
            named.join(", ")
        );
        Err(Refusal::new(RefusalCode::Stale, reason))
    }

    fn changed_by(&self, step: &Step) -> String {
        let (field, lang) = step.field();
        let key = (step.id.clone(), field.to_owned(), lang.map(str::to_owned));
        match self.state.touch(&key) {
            Some(touch) => format!("{step} (entry {}, {}, {})", touch.seq, touch.name, touch.bureau),
            None => step.to_string(),
        }
    }

    /// Puts back what differs on a copy of the scout; nothing where nothing differs.
    fn put_back(
        &self,
        input: &Input,
        restores: &Restores,
        actor: &ActorId,
        ctx: &mut Context<'_>,
    ) -> Result<Option<PutBack>, Refusal> {
        self.check_point(restores.seq)?;
        let steps = differences(&self.scout, &self.state, restores.seq, &restores.scope)?;
        if steps.is_empty() {
            return Ok(None);
        }
        if steps.len() > EDIT_ROWS_MAX {
            let reason =
                format!("{} fields differ, more than {EDIT_ROWS_MAX}: go back in parts", steps.len());
            return Err(Refusal::new(RefusalCode::TooLarge, reason));
        }
        steps.iter().try_for_each(|step| self.may_put_back(input, step))?;
        let before = self.scout.get_heads();
        let mut scout = self.scout.clone().with_actor(actor.clone());
        let time = ctx.now_us / 1_000_000;
        let formers = Vec::new();
        let desk =
            Desk { state: &self.state, grant: &input.grant, formers: &formers, entropy: &mut *ctx.entropy };
        let done = catch_unwind(AssertUnwindSafe(|| {
            let mut tx = scout.transaction();
            thin::put_back(&mut tx, &steps, desk)?;
            let (hash, _) = tx.commit_with(CommitOptions::default().with_time(time));
            let changes = if hash.is_some() { scout.get_changes(&before) } else { Vec::new() };
            Ok((hash, changes))
        }));
        let failed = || {
            let reason = "the document did not take the restoration unharmed; nothing was changed";
            Refusal::new(RefusalCode::FailedTrial, reason)
        };
        let (hash, changes) = done.unwrap_or_else(|_| Err(failed()))?;
        let (Some(hash), Ok([change])) = (hash, <[Change; 1]>::try_from(changes)) else {
            return if hash.is_none() { Ok(None) } else { Err(failed()) };
        };
        if change.hash() != hash {
            return Err(failed());
        }
        match self.tell_own(input, &change, &before, &scout) {
            Ok(edits) => Ok(Some(PutBack { scout, change, edits })),
            Err(refusal) if refusal.code == RefusalCode::NothingToDo => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }

    /// Whether there is such an entry, and content at it.
    pub(super) fn check_point(&self, seq: Seq) -> Result<(), Refusal> {
        if seq > self.state.seq {
            let reason = format!("entry {seq} is not there yet; the last one is {}", self.state.seq);
            return Err(Refusal::new(RefusalCode::BaseAhead, reason));
        }
        match self.state.first_change() {
            Some(first) if first <= seq => Ok(()),
            first => {
                let from =
                    first.map(|first| format!("; its first content is entry {first}")).unwrap_or_default();
                let reason = format!("the plan held nothing yet after entry {seq}{from}");
                Err(Refusal::new(RefusalCode::OutOfRange, reason))
            }
        }
    }

    /// Whether the holder of the grant may write what a step writes, as things stand before it.
    fn may_put_back(&self, input: &Input, step: &Step) -> Result<(), Refusal> {
        let (none, unmoved) = (HashMap::new(), HashMap::new());
        let around = Surroundings { doc: &self.scout, drafts: &none, link_drafts: &none, moved: &unmoved };
        let allowed = if step.is_link {
            around.may_write_link(&step.id, &input.grant, &self.state).map(|_| ())
        } else {
            around.may_write(&step.id, &input.grant, &self.state).map(|_| ())
        };
        let allowed = allowed.and_then(|()| match &step.stood {
            Stood::Field(field, owner) if field == KEY_OWNER => {
                let owner = match owner {
                    Some(ScalarValue::Str(owner)) => owner.parse().ok(),
                    _ => None,
                };
                input.grant.may_assign(owner)
            }
            _ => Ok(()),
        });
        allowed.map_err(|refusal| Refusal {
            reason: format!("{step} differs, and you may not put it back: {}", refusal.reason),
            ..refusal
        })
    }
}

fn fresh_actor(ctx: &mut Context<'_>) -> ActorId {
    let mut bytes = [0; 16];
    ctx.entropy.fill(&mut bytes);
    ActorId::from(bytes.as_slice())
}

fn nothing(restores: &Restores) -> Refusal {
    let Restores { seq, scope } = restores;
    let reason = format!("{scope} stands as it stood after entry {seq}; there is nothing to restore");
    Refusal::new(RefusalCode::NothingToDo, reason)
}
