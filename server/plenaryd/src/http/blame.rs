//! Who wrote what stands, what stood before, where a word came from: folds of a plan's entries.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use plenary_core::blame::{Asked, Blame, Query, Search, Timeline, name_of};
use plenary_core::history::{ActType, Filter};
use plenary_core::policy::{Action, Grant};
use plenary_limits::TIMELINE_STEPS_MAX;
use plenary_protocol::plan::{Kind, PlanView};
use plenary_protocol::wire::event::EventView;
use plenary_protocol::wire::past::{AppearancesAnswer, TimelineAnswer};
use plenary_protocol::wire::{Refusal, RefusalCode};
use plenary_protocol::{ElementId, Seq};
use schemars::JsonSchema;
use serde::Deserialize;

use super::compare::{Seen, find, name_today, seen};
use super::plans::plan_id;
use super::{ApiError, Caller};
use crate::past::EventsError;
use crate::readings::Copy;
use crate::server::Server;
use crate::walk::unreadable;

type Shared = web::Data<Arc<Server>>;

/// What is asked about who wrote an element.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BlameQuery {
    /// The point of the past: an entry, a time, a date or `version:NAME`; now when absent.
    at: Option<String>,
    /// Only this field or text.
    field: Option<String>,
    /// Only texts in this language.
    lang: Option<String>,
    /// Whether characters that were deleted are told too.
    #[serde(default)]
    deleted: bool,
}

/// What is asked about the values of a field.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TimelineQuery {
    /// The point of the past up to which it is told: an entry, a time, a date or `version:NAME`; now when absent.
    at: Option<String>,
    /// The field or text that is meant.
    field: String,
    /// The language, for a text; the plan's own when absent.
    lang: Option<String>,
}

/// What is looked for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TextQuery {
    /// The word, words or number looked for.
    text: String,
    /// The point of the past up to which is looked: an entry, a time, a date or `version:NAME`; now when absent.
    at: Option<String>,
    /// Whether parts of words and numbers count too.
    #[serde(default)]
    part: bool,
}

/// Folds the entries of a plan up to one, on the blocking pool, and makes an answer of them; where an
/// element is named only the entries that touched it.
async fn folded<S: Send + 'static, T: Send + 'static>(
    server: &Shared,
    (grant, until, about): (&Grant, Seq, Option<ElementId>),
    mut state: S,
    feed: impl Fn(&mut S, &EventView) + Send + 'static,
    finish: impl FnOnce(S) -> T + Send + 'static,
) -> Result<T, ApiError> {
    let turn = server.turn().await;
    let filter = Filter {
        elements: about.into_iter().collect(),
        acts: [ActType::Change].into(),
        to_seq: Some(until),
        ..Filter::default()
    };
    let touched = move |copy: &Copy| copy.index().stretch(&filter, None, usize::MAX, false);
    let entries = server.read(grant, touched).await?;
    let past = server.past(grant);
    // Without the copy: others catch up meanwhile.
    let read = web::block(move || {
        for entry in entries {
            feed(&mut state, &past.event(entry.seq)?);
        }
        drop(turn);
        Ok::<T, EventsError>(finish(state))
    });
    Ok(read.await.map_err(|error| unreadable(&error))?.map_err(|error| unreadable(&error))?)
}

fn not_there(element: &ElementId) -> ApiError {
    Refusal::new(RefusalCode::NoSuchElement, format!("{element} is not there at that point")).into()
}

/// Who gave each field of an element its value, and each run of a text its characters.
pub async fn blame(
    server: Shared,
    caller: Caller,
    path: web::Path<(String, String)>,
    query: web::Query<BlameQuery>,
) -> Result<HttpResponse, ApiError> {
    let plan = plan_id(&path.0)?;
    let grant = caller.grant(&server, &plan, Action::Read)?;
    let BlameQuery { at, field, lang, deleted } = query.into_inner();
    let Seen { then, now } = seen(&server, &grant, at.as_deref()).await?;
    let element = find(&then, &path.1)?;
    if let Some(field) = &field {
        check_field(&then, &element, field)?;
    }
    let asked = Asked { field, lang, deleted };
    let source = (&grant, then.seq, Some(element.clone()));
    let finish = move |blame: Blame| blame.finish(&then, &asked);
    let told = folded(&server, source, Blame::new(element.clone()), Blame::feed, finish).await?;
    let mut told = told.ok_or_else(|| not_there(&element))?;
    name_today(&mut told.about, &now);
    Ok(HttpResponse::Ok().json(told))
}

/// All values that one field of an element had.
pub async fn timeline(
    server: Shared,
    caller: Caller,
    path: web::Path<(String, String)>,
    query: web::Query<TimelineQuery>,
) -> Result<HttpResponse, ApiError> {
    let plan = plan_id(&path.0)?;
    let grant = caller.grant(&server, &plan, Action::Read)?;
    let TimelineQuery { at, field, lang } = query.into_inner();
    let Seen { then, now } = seen(&server, &grant, at.as_deref()).await?;
    let element = find(&then, &path.1)?;
    let is_text = check_field(&then, &element, &field)?;
    let lang = is_text.then(|| lang.unwrap_or_else(|| then.language().to_owned()));
    let mut about = name_of(&then, &element).ok_or_else(|| not_there(&element))?;
    name_today(&mut about, &now);
    let source = (&grant, then.seq, Some(element.clone()));
    let line = Timeline::new(element, field.clone(), lang.clone(), TIMELINE_STEPS_MAX);
    let (left_out, steps) = folded(&server, source, line, Timeline::feed, Timeline::finish).await?;
    let seq = then.seq;
    Ok(HttpResponse::Ok().json(TimelineAnswer { plan, seq, about, field, lang, left_out, steps }))
}

/// Whether a name is that of a text with a language of its own; refused when it names nothing.
fn check_field(view: &PlanView, element: &ElementId, field: &str) -> Result<bool, Refusal> {
    let about_all = ["place", "removed"].contains(&field);
    let (is_text, is_field, kind) = if element.is_plan() {
        (false, Kind::plan().field(field).is_some(), "plan".to_owned())
    } else if let Some(found) = view.element(element) {
        let is_field = found.kind.field(field).is_some() || about_all || field == "owner";
        (found.kind.text(field).is_some(), is_field, found.kind.to_string())
    } else if let Some(link) = view.links.iter().find(|link| link.id == *element) {
        (false, link.kind.field(field).is_some() || about_all || field == "note", link.kind.to_string())
    } else {
        return Err(Refusal::new(RefusalCode::NoSuchElement, format!("{element} is not there")));
    };
    if is_text || is_field {
        return Ok(is_text);
    }
    Err(Refusal::new(RefusalCode::UnknownField, format!("a {kind} has no text or field {field:?}")))
}

/// Where a word or number first appeared, and where it last went.
pub async fn appearances(
    server: Shared,
    caller: Caller,
    path: web::Path<String>,
    query: web::Query<TextQuery>,
) -> Result<HttpResponse, ApiError> {
    let plan = plan_id(&path)?;
    let grant = caller.grant(&server, &plan, Action::Read)?;
    let TextQuery { text, at, part } = query.into_inner();
    let looked_for = Query::new(&text, !part);
    let looked_for = looked_for.map_err(|error| ApiError::malformed(format!("text: {error}")))?;
    let Seen { then, now } = seen(&server, &grant, at.as_deref()).await?;
    let (source, seq) = ((&grant, then.seq, None), then.seq);
    let finish = move |search: Search| search.finish(&then);
    let mut appearances = folded(&server, source, Search::new(looked_for), Search::feed, finish).await?;
    appearances.iter_mut().for_each(|one| name_today(&mut one.about, &now));
    Ok(HttpResponse::Ok().json(AppearancesAnswer { plan, seq, text, appearances }))
}
