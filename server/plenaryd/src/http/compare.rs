//! The past compared: differences, who wrote what, time lines, first and last appearances.
//!
//! Elements are named by id, or by their display code as of the moment asked about.

use std::collections::BTreeSet;
use std::sync::Arc;

use actix_web::{HttpResponse, web};
use plenary_core::blame::{Asked, Blame, Query, Search, Timeline, name_of};
use plenary_core::diff::{self, DiffFilter};
use plenary_core::policy::Action;
use plenary_protocol::ids::PlanId;
use plenary_protocol::plan::{Kind, LinkKind, PlanView, Value, codes};
use plenary_protocol::record::Event;
use plenary_protocol::wire::event::EventView;
use plenary_protocol::wire::past::{AppearancesAnswer, DiffAnswer, Named, TimelineAnswer};
use plenary_protocol::wire::{Refusal, RefusalCode};
use plenary_protocol::{ElementId, Seq};
use serde::Deserialize;

use super::past::{unreadable, words};
use super::plans::{Point, no_such_point, plan_id, point, seq_of, time_us};
use super::{ApiError, Caller};
use crate::past::EventsError;
use crate::server::Server;

type Shared = web::Data<Arc<Server>>;

/// Steps of a time line in one answer, at most; the newest are told.
const STEPS_MAX: usize = 1_000;

/// Entries within which a plan is made: itself, its writer, its content.
const MADE_WITHIN: usize = 8;

/// Which two points, and which differences; several values of one filter are separated by commas.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiffQuery {
    /// The earlier point: an entry, a time or a date; the plan as it was made when absent.
    from: Option<String>,
    /// The later point; now when absent.
    to: Option<String>,
    /// Ids or display codes, read as of the later point, or the earlier one where it has no such.
    element: Option<String>,
    subtree: Option<String>,
    field: Option<String>,
    kind: Option<String>,
}

/// A point of the past.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PointQuery {
    at: Option<String>,
}

/// What is asked of the past of one element.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldQuery {
    at: Option<String>,
    field: Option<String>,
    lang: Option<String>,
    #[serde(default)]
    deleted: bool,
}

/// What is looked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextQuery {
    text: String,
    at: Option<String>,
    /// Whether parts of words and numbers count too.
    #[serde(default)]
    part: bool,
}

/// The plan at a point, and today.
struct Seen {
    then: Arc<PlanView>,
    now: Arc<PlanView>,
}

async fn seen(server: &Shared, plan: &PlanId, at: Option<&str>) -> Result<Seen, ApiError> {
    let at = at.map(point).transpose()?;
    let seen = server.read(plan, move |copy| {
        let seq = seq_of(copy, at)?;
        Ok::<_, Refusal>(Seen { then: copy.view(Some(seq)), now: copy.view(None) })
    });
    let seen = seen.await??;
    if seen.then.seq == Seq::ZERO {
        return Err(no_such_point(plan));
    }
    Ok(seen)
}

/// The element, link or plan that is meant, as of a view.
fn find(view: &PlanView, name: &str) -> Result<ElementId, Refusal> {
    if name == "plan" {
        return Ok(ElementId::plan());
    }
    if let Some(link) = view.links.iter().find(|link| link.id.as_str() == name) {
        return Ok(link.id.clone());
    }
    let found = codes::resolve(&view.elements, name);
    found
        .map(|element| element.id.clone())
        .map_err(|error| Refusal::new(RefusalCode::NoSuchElement, error.to_string()))
}

/// Today's display code, where it is another.
fn name_today(named: &mut Named, now: &PlanView) {
    let code = now.element(&named.element).and_then(|element| element.code.clone());
    named.code_now = code.filter(|code| named.code.as_ref() != Some(code));
}

/// What differs between two points of a plan.
pub async fn diff(
    server: Shared,
    caller: Caller,
    path: web::Path<String>,
    query: web::Query<DiffQuery>,
) -> Result<HttpResponse, ApiError> {
    caller.may(Action::Read)?;
    let plan = plan_id(&path)?;
    let query = query.into_inner();
    let from = match &query.from {
        Some(from) => point(from)?,
        None => Point::Seq(as_made(&server, &plan).await?),
    };
    let after = seen(&server, &plan, query.to.as_deref()).await?;
    let read = server.read(&plan, move |copy| {
        let seq = seq_of(copy, Some(from))?;
        let before = copy.view(Some(seq));
        let answer = differences(&before, &after, &query)?;
        Ok::<_, Refusal>(answer)
    });
    Ok(HttpResponse::Ok().json(read.await??))
}

/// The entry after which a plan stood as it was made or imported: the first one that changes it.
async fn as_made(server: &Shared, plan: &PlanId) -> Result<Seq, ApiError> {
    let past = server.plans.past(plan);
    let read = web::block(move || past.events(Seq::ZERO, MADE_WITHIN)).await;
    let events = read.map_err(|error| unreadable(&error))?.map_err(|error| unreadable(&error))?;
    let first = events.iter().find(|event| !event.payload.act.edits().is_empty());
    Ok(first.map_or(Seq(1), |event| event.envelope.seq))
}

fn differences(before: &PlanView, after: &Seen, query: &DiffQuery) -> Result<DiffAnswer, Refusal> {
    let Seen { then: after, now } = after;
    let find = |name: &str| find(after, name).or_else(|refusal| find(before, name).map_err(|_| refusal));
    let list = |list: &Option<String>| words(list.as_deref()).map(str::to_owned).collect::<BTreeSet<_>>();
    let kinds = list(&query.kind);
    if let Some(kind) =
        kinds.iter().find(|kind| Kind::named(kind).is_none() && LinkKind::named(kind).is_none())
    {
        return Err(Refusal::new(
            RefusalCode::Malformed,
            format!("kind: {kind:?} is no kind of element or link"),
        ));
    }
    let filter = DiffFilter {
        elements: words(query.element.as_deref()).map(find).collect::<Result<_, _>>()?,
        subtree: query.subtree.as_deref().map(find).transpose()?,
        fields: list(&query.field),
        kinds,
    };
    let mut differences = diff::diff_of(before, after, &filter);
    for difference in &mut differences {
        name_today(&mut difference.about, now);
    }
    Ok(DiffAnswer { from: diff::point(before), to: diff::point(after), differences })
}

/// A plan against the one before it: what became of each former element.
pub async fn predecessor(
    server: Shared,
    caller: Caller,
    path: web::Path<String>,
    query: web::Query<PointQuery>,
) -> Result<HttpResponse, ApiError> {
    caller.may(Action::Read)?;
    let plan = plan_id(&path)?;
    let Seen { then, now } = seen(&server, &plan, query.at.as_deref()).await?;
    let former = match then.plan.get("predecessor") {
        Some(Value::Text(former)) => plan_id(former)?,
        _ => {
            let reason = format!("plan {plan} names no predecessor");
            return Err(Refusal::new(RefusalCode::NoSuchPlan, reason).into());
        }
    };
    // A question about the past means the former plan as it stood then.
    let at = query.at.is_some().then(|| time_us(&then.at, true)).transpose()?;
    let read = server.read(&former, move |copy| {
        let seq = at.map(|at| copy.seq_at(at));
        let mut told = diff::against_predecessor(&copy.view(seq), &then);
        let heirs =
            told.former.iter_mut().flat_map(|former| &mut former.fates).flat_map(|fate| &mut fate.heirs);
        let new = told.without_predecessor.iter_mut().map(|new| &mut new.about);
        heirs.map(|heir| &mut heir.about).chain(new).for_each(|named| name_today(named, &now));
        told
    });
    Ok(HttpResponse::Ok().json(read.await?))
}

/// Folds the entries of a plan up to one, on the blocking pool, and makes an answer of them.
async fn folded<S: Send + 'static, T: Send + 'static>(
    server: &Shared,
    plan: &PlanId,
    until: Seq,
    mut state: S,
    feed: impl Fn(&mut S, &Event) + Send + 'static,
    finish: impl FnOnce(S) -> T + Send + 'static,
) -> Result<T, ApiError> {
    let past = server.plans.past(plan);
    let read = web::block(move || {
        past.each(Seq::ZERO, until, &mut |event| {
            feed(&mut state, &event);
            Ok::<(), EventsError>(())
        })?;
        Ok::<T, EventsError>(finish(state))
    });
    read.await.map_err(|error| unreadable(&error))?.map_err(|error| unreadable(&error))
}

fn is_about(event: &Event, element: &ElementId) -> bool {
    event.payload.act.edits().iter().any(|row| row.element == *element)
}

fn not_there(element: &ElementId) -> ApiError {
    Refusal::new(RefusalCode::NoSuchElement, format!("{element} is not there at that point")).into()
}

/// Who gave each field of an element its value, and each run of a text its characters.
pub async fn blame(
    server: Shared,
    caller: Caller,
    path: web::Path<(String, String)>,
    query: web::Query<FieldQuery>,
) -> Result<HttpResponse, ApiError> {
    caller.may(Action::Read)?;
    let plan = plan_id(&path.0)?;
    let FieldQuery { at, field, lang, deleted } = query.into_inner();
    let Seen { then, now } = seen(&server, &plan, at.as_deref()).await?;
    let element = find(&then, &path.1)?;
    if let Some(field) = &field {
        check_field(&then, &element, field)?;
    }
    let asked = Asked { field, lang, deleted };
    let (until, id) = (then.seq, element.clone());
    let feed = move |blame: &mut Blame, event: &Event| {
        if is_about(event, &id) {
            blame.feed(&EventView::of(event));
        }
    };
    let finish = move |blame: Blame| blame.finish(&then, &asked);
    let told = folded(&server, &plan, until, Blame::new(element.clone()), feed, finish).await?;
    let mut told = told.ok_or_else(|| not_there(&element))?;
    name_today(&mut told.about, &now);
    Ok(HttpResponse::Ok().json(told))
}

/// All values that one field of an element had.
pub async fn timeline(
    server: Shared,
    caller: Caller,
    path: web::Path<(String, String)>,
    query: web::Query<FieldQuery>,
) -> Result<HttpResponse, ApiError> {
    caller.may(Action::Read)?;
    let plan = plan_id(&path.0)?;
    let FieldQuery { at, field, lang, deleted: _ } = query.into_inner();
    let Some(field) = field else {
        return Err(ApiError::malformed("field: which field or text is meant must be said".to_owned()));
    };
    let Seen { then, now } = seen(&server, &plan, at.as_deref()).await?;
    let element = find(&then, &path.1)?;
    let is_text = check_field(&then, &element, &field)?;
    let lang = is_text.then(|| lang.unwrap_or_else(|| then.language().to_owned()));
    let mut about = name_of(&then, &element).ok_or_else(|| not_there(&element))?;
    name_today(&mut about, &now);
    let (until, id) = (then.seq, element.clone());
    let feed = move |line: &mut Timeline, event: &Event| {
        if is_about(event, &id) {
            line.feed(&EventView::of(event));
        }
    };
    let line = Timeline::new(element, field.clone(), lang.clone(), STEPS_MAX);
    let (left_out, steps) = folded(&server, &plan, until, line, feed, Timeline::finish).await?;
    Ok(HttpResponse::Ok().json(TimelineAnswer { plan, seq: until, about, field, lang, left_out, steps }))
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
    caller.may(Action::Read)?;
    let plan = plan_id(&path)?;
    let TextQuery { text, at, part } = query.into_inner();
    let looked_for = Query::new(&text, !part);
    let looked_for = looked_for.map_err(|error| ApiError::malformed(format!("text: {error}")))?;
    let Seen { then, now } = seen(&server, &plan, at.as_deref()).await?;
    let until = then.seq;
    let feed = |search: &mut Search, event: &Event| {
        if !event.payload.act.edits().is_empty() {
            search.feed(&EventView::of(event));
        }
    };
    let finish = move |search: Search| search.finish(&then);
    let mut appearances = folded(&server, &plan, until, Search::new(looked_for), feed, finish).await?;
    appearances.iter_mut().for_each(|one| name_today(&mut one.about, &now));
    Ok(HttpResponse::Ok().json(AppearancesAnswer { plan, seq: until, text, appearances }))
}
