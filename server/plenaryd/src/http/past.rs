//! The past: entries in order, and the same told as revisions, by combinable filters.

use std::collections::BTreeSet;
use std::str::FromStr;
use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use plenary_core::history::{self, ActType, Cursor, Filter, Page, parse_op};
use plenary_core::policy::{Action, Grant};
use plenary_protocol::ids::Digest;
use plenary_protocol::limits::{EVENTS_PER_PAGE_DEFAULT, EVENTS_PER_PAGE_MAX};
use plenary_protocol::plan::codes;
use plenary_protocol::point::Edge;
use plenary_protocol::wire::api::RevisionPage;
use plenary_protocol::wire::{Refusal, RefusalCode};
use plenary_protocol::{ElementId, Seq};
use schemars::JsonSchema;
use serde::Deserialize;

use super::plans::{plan_id, point, seq_of, time_us};
use super::snapshot::Tag;
use super::{ApiError, Caller, pages};
use crate::past::EventsError;
use crate::readings::Copy;
use crate::server::Server;

type Shared = web::Data<Arc<Server>>;

/// What is asked of the past; several values of one filter are separated by commas.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PastQuery {
    /// Where the page begins: after this entry; of revisions also a row of one (`12.7`), as `next_after`
    /// says.
    after: Option<String>,
    /// How many, 1 to 1000; 100 when absent.
    limit: Option<usize>,
    /// `asc`, oldest first, when absent; or `desc`, newest first.
    order: Option<String>,
    /// What is about these elements and links: ids or display codes, codes read as of `at`; `plan` is the
    /// plan itself.
    element: Option<String>,
    /// What is about this element or anything under it: an id or display code.
    subtree: Option<String>,
    /// What changed these fields or texts.
    field: Option<String>,
    /// What is about elements and links of these kinds.
    kind: Option<String>,
    /// What does this: `add`, `set`, `text`, `move`, `remove`, `restore`.
    op: Option<String>,
    /// What these people did.
    subject: Option<String>,
    /// What was done for these Bureaux: `BR`, `TSB`, `BDT`, `GS`.
    bureau: Option<String>,
    /// Entries of these types: `plan_created`, `actor_bound`, `change`, `stage_advanced`, `access_changed`,
    /// `refused`, `version_named`, `version_signed`.
    #[serde(rename = "type")]
    act: Option<String>,
    /// What answers this guidance request, feedback item or consultation: an id or display code.
    answers: Option<String>,
    /// Entries taken in at this time (RFC 3339) or on this date, or later.
    since: Option<String>,
    /// Entries taken in at this time (RFC 3339) or on this date, or earlier.
    until: Option<String>,
    /// This entry and later ones.
    from_seq: Option<u64>,
    /// This entry and earlier ones.
    to_seq: Option<u64>,
    /// The point as of which display codes are read: an entry, a time, a date or `version:NAME`; now when absent.
    at: Option<String>,
}

pub(super) fn words(list: Option<&str>) -> impl Iterator<Item = &str> {
    list.into_iter().flat_map(|list| list.split(',')).map(str::trim).filter(|word| !word.is_empty())
}

fn parsed<T: FromStr + Ord>(list: Option<&str>, what: &str) -> Result<BTreeSet<T>, ApiError>
where
    T::Err: std::fmt::Display,
{
    let one = |word: &str| word.parse().map_err(|error| ApiError::malformed(format!("{what}: {error}")));
    words(list).map(one).collect()
}

/// The filter without the elements it names, which need the plan.
fn filter(query: &PastQuery) -> Result<Filter, ApiError> {
    let time = |text: &Option<String>, edge| text.as_deref().map(|text| time_us(text, edge)).transpose();
    let mut ops = BTreeSet::new();
    for word in words(query.op.as_deref()) {
        ops.insert(parse_op(word).map_err(|error| ApiError::malformed(format!("op: {error}")))?);
    }
    Ok(Filter {
        fields: words(query.field.as_deref()).map(str::to_owned).collect(),
        kinds: words(query.kind.as_deref()).map(str::to_owned).collect(),
        ops,
        subjects: parsed(query.subject.as_deref(), "subject")?,
        bureaux: parsed(query.bureau.as_deref(), "bureau")?,
        acts: parsed::<ActType>(query.act.as_deref(), "type")?,
        since_us: time(&query.since, Edge::Start)?,
        until_us: time(&query.until, Edge::End)?,
        from_seq: query.from_seq.map(Seq),
        to_seq: query.to_seq.map(Seq),
        ..Filter::default()
    })
}

/// Finds the elements that a filter names by id or by display code as of a point.
fn name_elements(copy: &Copy, query: &PastQuery, filter: &mut Filter) -> Result<(), ApiError> {
    let at = seq_of(copy, query.at.as_deref().map(point).transpose()?)?;
    let named = [&query.element, &query.subtree, &query.answers].iter().any(|field| field.is_some());
    if !named {
        return Ok(());
    }
    let outline = copy.outline(at);
    let find = |name: &str| -> Result<ElementId, ApiError> {
        if name == "plan" || copy.index().is_made(name, at) {
            return name.parse().map_err(|error| ApiError::malformed(format!("{name}: {error}")));
        }
        let found = codes::resolve(&outline.elements, name);
        let found = found.map_err(|error| Refusal::new(RefusalCode::NoSuchElement, error.to_string()))?;
        Ok(found.id.clone())
    };
    for name in words(query.element.as_deref()) {
        filter.elements.insert(find(name)?);
    }
    filter.subtree = query.subtree.as_deref().map(find).transpose()?;
    filter.answers = query.answers.as_deref().map(find).transpose()?;
    Ok(())
}

pub(super) fn unreadable(error: &dyn std::fmt::Display) -> ApiError {
    tracing::error!(%error, "entries could not be read");
    Refusal::new(RefusalCode::Unavailable, "the entries could not be read; the operator has been told").into()
}

fn page_limit(query: &PastQuery) -> usize {
    query.limit.unwrap_or(EVENTS_PER_PAGE_DEFAULT).clamp(1, EVENTS_PER_PAGE_MAX)
}

/// Looks into the past of a plan with the filter that a query names.
async fn look<T: Send + 'static>(
    server: &Shared,
    grant: &Grant,
    query: PastQuery,
    look: impl FnOnce(&Copy, &Filter) -> Result<T, EventsError> + Send + 'static,
) -> Result<T, ApiError> {
    let mut filter = filter(&query)?;
    let asked = server.study(grant, move |copy| {
        name_elements(copy, &query, &mut filter)?;
        look(copy, &filter).map_err(|error| unreadable(&error))
    });
    asked.await?
}

/// Entries in order, each in plain words.
pub async fn events(
    server: Shared,
    caller: Caller,
    request: HttpRequest,
    path: web::Path<String>,
    query: web::Query<PastQuery>,
) -> Result<HttpResponse, ApiError> {
    let plan = plan_id(&path)?;
    let grant = caller.grant(&server, &plan, Action::Read)?;
    let query = query.into_inner();
    let after = match &query.after {
        None => Seq::ZERO,
        Some(text) => {
            text.parse().map(Seq).map_err(|_| ApiError::malformed(format!("after: {text:?} is no entry")))?
        }
    };
    let (newest_first, limit) = (newest_first(&query)?, page_limit(&query));
    let past = server.past(&grant);
    let head = head(&server, &grant);
    let read = look(&server, &grant, query, move |copy, filter| {
        // One more than the page holds: that one says that there is a next page.
        let mut found = copy.index().entries(filter, after, limit + 1, newest_first);
        let more = found.len() > limit;
        found.truncate(limit);
        let is_plain = *filter == Filter::default();
        let events = found.into_iter().map(|seq| past.event(seq)).collect::<Result<Vec<_>, _>>()?;
        Ok((events, more, is_plain))
    });
    let (events, more, is_plain) = read.await?;
    let last = events.last().filter(|_| more);
    // A full page in order stays what it is, whatever comes after it.
    let fixed = last.filter(|_| is_plain && !newest_first);
    let (seq, leaf) = fixed.map_or(head, |event| (event.seq, event.leaf));
    // Whether there is a next page is part of the answer.
    let tag = Tag::new(&request, &plan, seq, &[&leaf.to_string(), if more { "more" } else { "" }]);
    Ok(tag.on(&request, || {
        let mut answer = HttpResponse::Ok();
        if let Some(last) = last {
            let set = match newest_first {
                false => ("after", last.seq.to_string()),
                true => ("to_seq", last.seq.0.saturating_sub(1).to_string()),
            };
            pages::next(&request, (set.0, &set.1)).map(|link| answer.insert_header(link));
        }
        answer.json(&events)
    }))
}

/// The last entry and its leaf hash, to be asked for before the entries are read: one that comes
/// meanwhile must not be hidden by the tag.
fn head(server: &Shared, grant: &Grant) -> (Seq, Digest) {
    let head = server.plans.log().head(grant.plan().as_str());
    head.map_or((Seq::ZERO, Digest::ZERO), |head| (Seq(head.seq), Digest(head.hash)))
}

fn newest_first(query: &PastQuery) -> Result<bool, ApiError> {
    match query.order.as_deref() {
        None | Some("asc") => Ok(false),
        Some("desc") => Ok(true),
        Some(other) => Err(ApiError::malformed(format!("order: {other:?} is neither asc nor desc"))),
    }
}

/// The past told as revisions: keystrokes of one person in one field as one, with display codes.
pub async fn history(
    server: Shared,
    caller: Caller,
    request: HttpRequest,
    path: web::Path<String>,
    query: web::Query<PastQuery>,
) -> Result<HttpResponse, ApiError> {
    let plan = plan_id(&path)?;
    let grant = caller.grant(&server, &plan, Action::Read)?;
    let query = query.into_inner();
    let after = query.after.as_deref().map(str::parse::<Cursor>).transpose();
    let page = Page {
        after: after.map_err(|error| ApiError::malformed(format!("after: {error}")))?,
        limit: page_limit(&query),
        newest_first: newest_first(&query)?,
    };
    let past = server.past(&grant);
    let (seq, leaf) = head(&server, &grant);
    let read = look(&server, &grant, query, move |copy, filter| {
        let index = copy.index();
        let chosen = index.page(filter, page);
        let mut revisions = chosen.tell(&mut |seq| past.event(seq))?;
        let now = copy.outline(copy.seq());
        history::annotate(&mut revisions, index.structure(), &now, &mut |seq| copy.outline(seq));
        let element = match filter.elements.len() {
            1 => filter.elements.first().cloned(),
            _ => None,
        };
        let next_after = chosen.next.map(|cursor| cursor.to_string());
        Ok(RevisionPage { element, revisions, next_after })
    });
    let page = read.await?;
    Ok(Tag::new(&request, &plan, seq, &[&leaf.to_string()]).on(&request, || {
        let mut answer = HttpResponse::Ok();
        if let Some(after) = &page.next_after {
            pages::next(&request, ("after", after)).map(|link| answer.insert_header(link));
        }
        answer.json(&page)
    }))
}
