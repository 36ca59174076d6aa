//! What the rules find in a plan, who introduced each finding and who resolved it, and what a plan sets
//! for the rules.
//!
//! Rules that compare look at the plan before as well: for whoever may not read that one they find
//! nothing.

use std::collections::VecDeque;
use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::stream::unfold;
use plenary_core::blame::origin;
use plenary_core::hub::Ask;
use plenary_core::policy::{Action, Grant};
use plenary_core::rules::{self, Former, History, Names, Voices, tell_all};
use plenary_limits::{FINDINGS_TOLD_MAX, STRETCH_ENTRIES_MAX};
use plenary_protocol::Seq;
use plenary_protocol::plan::PlanView;
use plenary_protocol::record::Setting;
use plenary_protocol::wire::findings::{Finding, FindingsLine, RuleBody, RuleSetting, Severity};
use plenary_protocol::wire::{Refusal, RefusalCode};
use schemars::JsonSchema;
use serde::Deserialize;

use super::edits::{check_running, done};
use super::filters::words;
use super::former::{Former as Before, former};
use super::plans::{plan_id, point, seq_of};
use super::replay::LINES;
use super::snapshot::Tag;
use super::{ApiError, Caller};
use crate::limits::Streaming;
use crate::past::LogPast;
use crate::readings::Copy;
use crate::server::Server;
use crate::walk::unreadable;

type Shared = web::Data<Arc<Server>>;

/// Which findings are asked for; several values of one filter are separated by commas.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FindingsQuery {
    /// The point of the past: an entry, a time, a date or `version:NAME`; now when absent.
    at: Option<String>,
    /// Only of these rules.
    rule: Option<String>,
    /// Only of these severities: `E`, `W`, `I`.
    severity: Option<String>,
}

/// What the rules find in a plan.
pub async fn list(
    server: Shared,
    caller: Caller,
    request: HttpRequest,
    path: web::Path<String>,
    query: web::Query<FindingsQuery>,
) -> Result<HttpResponse, ApiError> {
    let plan = plan_id(&path)?;
    let grant = caller.grant(&server, &plan, Action::Read)?;
    let FindingsQuery { at, rule, severity } = query.into_inner();
    let known = |code: &str| rules::TABLE.rules.iter().any(|row| row.code == code);
    if let Some(code) = words(rule.as_deref()).find(|code| !known(code)) {
        return Err(ApiError::malformed(format!("rule: {code:?} is no rule; `/api/v1/rules` lists them")));
    }
    let weights: Result<Vec<Severity>, _> = words(severity.as_deref()).map(str::parse).collect();
    let weights = weights.map_err(|error| ApiError::malformed(format!("severity: {error}")))?;
    let asked = at.as_deref().map(point).transpose()?;
    let then = server.study(&grant, move |copy| Ok::<_, Refusal>(copy.view(Some(seq_of(copy, asked)?))));
    let then = then.await??;
    let before = former(&server, &caller.principal, &then, at.is_some()).await?.map(|before| before.view);
    let also = before
        .as_ref()
        .map_or_else(String::new, |before| format!("{}.{}.{}", before.id, before.seq, before.document));
    let seq = then.seq;
    let mut told = told(&server, &grant, then, before).await?;
    let codes: Vec<&str> = words(rule.as_deref()).collect();
    told.retain(|one| codes.is_empty() || codes.contains(&one.code.as_str()));
    told.retain(|one| weights.is_empty() || weights.contains(&one.severity));
    let tag = Tag::new(&request, &plan, seq, &[&also, &server.past(&grant).read_as()]);
    Ok(tag.on(&request, || {
        let mut answer = HttpResponse::Ok();
        answer.insert_header(("Plenary-Entry", seq.to_string()));
        if left_out(told.len()) > 0 {
            answer.insert_header(("Plenary-Left-Out", left_out(told.len()).to_string()));
            told.truncate(FINDINGS_TOLD_MAX);
        }
        answer.json(told)
    }))
}

/// All that the rules find in a plan as it stood, the plan before it as it was read for the same caller.
///
/// # Errors
/// A refusal where the plan cannot be read.
pub(super) async fn told(
    server: &Arc<Server>,
    grant: &Grant,
    then: Arc<PlanView>,
    before: Option<Arc<PlanView>>,
) -> Result<Vec<Finding>, ApiError> {
    let told = server.study(grant, move |copy| {
        let found = copy.found(&then, before.as_ref());
        let settings = copy.reader().settings(then.seq);
        tell_all(&found, &Names::of(&then, before.as_deref()), then.stage, &settings)
    });
    Ok(told.await?)
}

/// How many findings an answer leaves out.
fn left_out(found: usize) -> usize {
    found.saturating_sub(FINDINGS_TOLD_MAX)
}

/// Up to where findings are told.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PastFindingsQuery {
    /// The point up to which it is told: an entry, a time, a date or `version:NAME`; now when absent.
    at: Option<String>,
}

/// A walk through all entries with the rules.
struct Walking {
    server: Arc<Server>,
    grant: Grant,
    /// What is kept of the walk; nothing while a stretch is on its way.
    history: Option<Box<History>>,
    /// The plan before, with the right to it.
    before: Option<Arc<Before>>,
    seq: Seq,
    until: Seq,
    lines: VecDeque<FindingsLine>,
    is_over: bool,
    _place: Streaming,
}

/// Every finding that a plan ever had, with who introduced and who resolved it, as a stream of lines.
pub async fn history(
    server: Shared,
    caller: Caller,
    path: web::Path<String>,
    query: web::Query<PastFindingsQuery>,
) -> Result<HttpResponse, ApiError> {
    let plan = plan_id(&path)?;
    let grant = caller.grant(&server, &plan, Action::Read)?;
    let place = server.limits.stream(&caller.principal)?;
    let at = query.into_inner().at;
    let asked = at.as_deref().map(point).transpose()?;
    let views = server.study(&grant, move |copy: &Copy| {
        let seq = seq_of(copy, asked)?;
        Ok::<_, Refusal>((copy.view(Some(Seq::ZERO)), copy.view(Some(seq))))
    });
    let (empty, then) = views.await??;
    let before = former(&server, &caller.principal, &then, at.is_some()).await?.map(Arc::new);
    let looked_at = before.as_ref().map(|before| looked_at(&before.view));
    let until = then.seq;
    let walking = Walking {
        history: Some(Box::new(History::new(&empty, looked_at))),
        server: server.get_ref().clone(),
        grant,
        before,
        seq: Seq::ZERO,
        until,
        lines: VecDeque::from([FindingsLine::Start { plan, until }]),
        is_over: false,
        _place: place,
    };
    let lines = unfold(walking, |mut walking| async move {
        let bytes = walking.next().await?;
        Some((Ok::<_, actix_web::Error>(bytes), walking))
    });
    Ok(HttpResponse::Ok().content_type(LINES).streaming(lines))
}

/// A plan before, as the rules look at it.
pub fn looked_at(view: &PlanView) -> Arc<Former> {
    Arc::new(Former { plan: view.id.clone(), facts: rules::Facts::of(view, Voices::default()) })
}

impl Walking {
    /// The next lines; `None` when all has been told.
    async fn next(&mut self) -> Option<web::Bytes> {
        if self.lines.is_empty()
            && !self.is_over
            && let Err(refusal) = self.go_on().await
        {
            self.is_over = true;
            self.lines.push_back(FindingsLine::Failed { reason: refusal.reason });
        }
        let mut bytes = Vec::new();
        for line in self.lines.drain(..) {
            // Lines are of types that serialise; should one not, its reader would miss it.
            bytes.extend(serde_json::to_vec(&line).unwrap_or_default());
            bytes.push(b'\n');
        }
        (!bytes.is_empty()).then(|| bytes.into())
    }

    /// Takes in a stretch of entries, or tells what was found in all of them.
    async fn go_on(&mut self) -> Result<(), Refusal> {
        if self.server.is_stopping() {
            return Err(Refusal::new(RefusalCode::Unavailable, "the server stops: ask again in a moment"));
        }
        let Some(mut history) = self.history.take() else { return Ok(()) };
        // Each stretch asks anew whether its holder may still read the plan.
        let grant = self.server.grant(self.grant.principal(), self.grant.plan(), Action::Read)?;
        self.before.as_ref().map_or(Ok(()), |before| before.check(&self.server))?;
        if self.seq >= self.until {
            self.is_over = true;
            self.lines = self.told(&grant, history).await?;
            return Ok(());
        }
        let (past, after) = (self.server.past(&grant), self.seq);
        let limit = STRETCH_ENTRIES_MAX.min((self.until.0 - after.0) as usize);
        let turn = self.server.turn().await;
        let walked = self.server.read(&grant, move |copy| {
            let events = past.events(after, limit).map_err(|error| unreadable(&error))?;
            let last = events.last().map_or(after, |event| event.envelope.seq);
            events.iter().for_each(|event| history.take(event, copy.reader()));
            drop(turn);
            Ok::<_, Refusal>((history, last))
        });
        let (history, last) = walked.await??;
        if last == self.seq {
            return Err(Refusal::new(
                RefusalCode::Unavailable,
                "entries are missing; the operator has been told",
            ));
        }
        self.seq = last;
        self.history = Some(history);
        self.lines.push_back(FindingsLine::Progress { seq: last, until: self.until });
        Ok(())
    }

    async fn told(&self, grant: &Grant, history: Box<History>) -> Result<VecDeque<FindingsLine>, Refusal> {
        let (server, until, before) = (self.server.clone(), self.until, self.before.clone());
        let told = self.server.study(grant, move |copy| {
            // It may have waited for its turn.
            before.as_ref().map_or(Ok(()), |before| before.check(&server))?;
            let view = copy.view(Some(until));
            let settings = copy.reader().settings(until);
            let names = Names::of(&view, before.as_ref().map(|before| &*before.view));
            let told = history.all().into_iter().filter_map(|past| past.tell(&names, &settings));
            let mut lines: VecDeque<FindingsLine> =
                told.map(|past| FindingsLine::Finding(Box::new(past))).collect();
            lines.push_back(FindingsLine::End {
                findings: lines.len() as u64,
                open: history.open() as u64,
                left_out: history.left_out(),
            });
            Ok(lines)
        });
        told.await?
    }
}

/// The table of rules.
pub async fn table(caller: Caller) -> Result<HttpResponse, ApiError> {
    caller.may(Action::Read)?;
    Ok(HttpResponse::Ok().json(rules::rules()))
}

/// What a plan sets for the rules, with who set it.
pub async fn settings(
    server: Shared,
    caller: Caller,
    path: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let plan = plan_id(&path)?;
    let grant = caller.grant(&server, &plan, Action::Read)?;
    let past = server.past(&grant);
    let told = server.read(&grant, move |copy| {
        let set = copy.reader().settings_set();
        set.into_iter()
            .map(|(rule, to, seq)| told_setting(&past, rule, to, seq))
            .collect::<Result<Vec<_>, _>>()
    });
    Ok(HttpResponse::Ok().json(told.await?.map_err(|error| unreadable(&error))?))
}

fn told_setting(
    past: &LogPast,
    rule: String,
    to: Setting,
    seq: Seq,
) -> Result<RuleSetting, crate::past::EventsError> {
    Ok(RuleSetting { rule, to, set: origin(&past.event(seq)?) })
}

/// Sets a rule off, or to weigh otherwise, for a plan.
pub async fn set(
    server: Shared,
    caller: Caller,
    path: web::Path<String>,
    body: web::Json<RuleBody>,
) -> Result<HttpResponse, ApiError> {
    check_running(&server)?;
    let plan = plan_id(&path)?;
    let grant = caller.grant(&server, &plan, Action::SetRule)?;
    let RuleBody { id, rule, to, because } = body.into_inner();
    let answer =
        server.plans.ask(&plan, grant, caller.origin, Ask::SetRule { id, rule, to, because }).await?;
    Ok(HttpResponse::Ok().json(done(answer)?))
}

#[cfg(test)]
mod tests {
    use plenary_limits::holds;

    use super::*;

    #[test]
    fn so_many_findings_are_told() {
        holds!(FINDINGS_TOLD_MAX, |count| left_out(count) == 0);
    }
}
