//! What hangs on the rules: a plan goes on to a stage when nothing holds it up, and rules are set for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use plenary_protocol::plan::command::check_reason;
use plenary_protocol::plan::{PlanView, Stage};
use plenary_protocol::record::{Act, Setting};
use plenary_protocol::wire::{Refusal, RefusalCode};

use super::writer::{Beside, request_digest};
use super::{Answer, Ask, Context, Hub, Input, Proposal};
use crate::policy::Action;
use crate::reader;
use crate::rules::{Checker, Facts, Former, TABLE, Voices};

impl Hub {
    /// Takes the plan to another stage.
    pub(super) fn advance(
        &mut self,
        input: &Input,
        proposal: &mut Proposal,
        ctx: &mut Context<'_>,
    ) -> Result<Answer, Refusal> {
        let Ask::Advance { id, stage: to, because, despite, former, voices } = &input.ask else {
            return Err(Refusal::new(RefusalCode::Malformed, "this is no change of stage"));
        };
        // Without the override it is what it was before there were rules.
        let request = if *despite { request_digest(&(to, despite)) } else { request_digest(to) };
        if let Some(answer) = self.done_before(input, id, request, proposal, ctx)? {
            return Ok(answer);
        }
        if input.grant.action() != Action::Advance {
            return Err(Refusal::new(
                RefusalCode::RoleForbids,
                "the grant is not one for changing the stage",
            ));
        }
        let because = because.as_deref();
        check_reason(because, &[]).map_err(|error| Refusal::new(RefusalCode::TooLarge, error.to_string()))?;
        let from = self.state.stage;
        input.grant.may_advance(from, *to, because)?;
        let former = former.as_ref();
        let held_up_by = |former| match is_forward(from, *to) {
            true => self.held_up_by(*to, voices, former),
            false => BTreeMap::new(),
        };
        let open = held_up_by(former);
        let has_reason = because.is_some_and(|because| !because.trim().is_empty());
        if !open.is_empty() && !*despite {
            return Err(held_up(*to, &open));
        }
        if !open.is_empty() && !has_reason {
            let reason = "going on despite findings needs a reason (`because`)";
            return Err(Refusal::new(RefusalCode::StageForbids, reason));
        }
        // The log is read by people who may not read the plan before: it is told what they would find.
        let despite = if former.is_some() && !open.is_empty() { held_up_by(None) } else { open };
        let beside = Beside { because, client_id: Some(id), request: Some(request), ..Beside::default() };
        let act = Act::StageAdvanced { to: *to, from, despite };
        let entry = self.seal(input, act, beside, proposal, ctx)?;
        Ok(Answer::Done { entries: vec![entry], made: Vec::new(), duplicate: false })
    }

    /// By rule, how many findings keep the plan from a stage, of what stands now: the proposal that is on
    /// its way to the disk included.
    ///
    /// The plan before and who was silent how long are as the asker's reader copy had them.
    fn held_up_by(
        &self,
        to: Stage,
        voices: &Voices,
        former: Option<&Arc<PlanView>>,
    ) -> BTreeMap<String, u64> {
        let view = reader::standing(&self.state.plan, &self.scout);
        let names_it = |former: &&Arc<PlanView>| {
            view.plan.get("predecessor").is_some_and(|named| named.to_string() == former.id.as_str())
        };
        let look = |view: &PlanView| {
            Arc::new(Former { plan: view.id.clone(), facts: Facts::of(view, Voices::default()) })
        };
        let former = former.filter(names_it).map(|former| look(former));
        let checker = Checker::of(&view, voices.clone(), former);
        let mut open = BTreeMap::new();
        for found in checker.findings() {
            if found.is_blocking(to, &self.state.rules)
                && let Some(row) = found.row()
            {
                *open.entry(row.code.clone()).or_default() += 1;
            }
        }
        open
    }

    /// Sets a rule for the plan.
    pub(super) fn set_rule(
        &mut self,
        input: &Input,
        proposal: &mut Proposal,
        ctx: &mut Context<'_>,
    ) -> Result<Answer, Refusal> {
        let Ask::SetRule { id, rule, to, because } = &input.ask else {
            return Err(Refusal::new(RefusalCode::Malformed, "this is no setting of a rule"));
        };
        let request = request_digest(&(rule, to));
        if let Some(answer) = self.done_before(input, id, request, proposal, ctx)? {
            return Ok(answer);
        }
        if input.grant.action() != Action::SetRule {
            return Err(Refusal::new(RefusalCode::RoleForbids, "the grant is not one for setting rules"));
        }
        if !TABLE.rules.iter().any(|row| row.code == *rule) {
            let reason = "there is no rule of that code; `/api/v1/rules` lists them";
            return Err(Refusal::new(RefusalCode::NoSuchRule, reason));
        }
        check_reason(Some(because), &[])
            .map_err(|error| Refusal::new(RefusalCode::TooLarge, error.to_string()))?;
        if because.trim().is_empty() {
            let reason = "setting a rule needs a reason (`because`)";
            return Err(Refusal::new(RefusalCode::StageForbids, reason));
        }
        let from = self.state.rules.of(rule);
        if from == *to {
            let what = if from == Setting::Default { "what it says itself".into() } else { from.to_string() };
            let reason = format!("the rule {rule} is set to {what} already");
            return Err(Refusal::new(RefusalCode::NothingToDo, reason));
        }
        let beside = Beside {
            because: Some(because),
            client_id: Some(id),
            request: Some(request),
            ..Beside::default()
        };
        let act = Act::RuleSet { to: *to, from, rule: rule.clone() };
        let entry = self.seal(input, act, beside, proposal, ctx)?;
        Ok(Answer::Done { entries: vec![entry], made: Vec::new(), duplicate: false })
    }
}

/// Whether a plan goes on towards adoption; nothing holds it up on the way back.
fn is_forward(from: Stage, to: Stage) -> bool {
    to > from && to != Stage::Withdrawn
}

fn held_up(to: Stage, open: &BTreeMap<String, u64>) -> Refusal {
    let told: Vec<String> = open.iter().map(|(rule, count)| format!("{rule} ({count})")).collect();
    let reason = format!(
        "findings hold the plan up on its way to {to}: {}; resolve them, or go on despite them with a reason",
        told.join(", ")
    );
    Refusal::new(RefusalCode::FindingsOpen, reason)
}
