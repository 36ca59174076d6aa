//! The past: entries in order, how many there are, and the same told as revisions, by combinable filters.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::{HttpRequest, HttpResponse, web};
use plenary_core::history::{self, ActType, Count, Cursor, Filter, Page};
use plenary_core::policy::{Action, Grant};
use plenary_limits::{EVENTS_PER_PAGE_DEFAULT, EVENTS_PER_PAGE_MAX};
use plenary_protocol::Seq;
use plenary_protocol::ids::Digest;
use plenary_protocol::wire::EventView;
use plenary_protocol::wire::api::{EventCount, RevisionPage};
use schemars::JsonSchema;
use serde::Deserialize;

use super::access_log::told;
use super::filters::{Filters, filtered};
use super::plans::plan_id;
use super::snapshot::Tag;
use super::{ApiError, Caller, pages};
use crate::past::{EventsError, LogPast};
use crate::readings::Copy;
use crate::server::Server;
use crate::walk::{Found, Walk, unreadable};

type Shared = web::Data<Arc<Server>>;

filtered! {
    /// What is asked of the past; several values of one filter are separated by commas.
    PastQuery {
        /// Where the page begins: after this entry; of revisions also a row of one (`12.7`), as
        /// `next_after` says.
        after: Option<String>,
        /// How many, 1 to 1000; 100 when absent.
        #[serde(default, deserialize_with = "pages::limit")]
        #[schemars(range(min = 1, max = EVENTS_PER_PAGE_MAX))]
        limit: Option<usize>,
        /// `asc`, oldest first, when absent; or `desc`, newest first.
        order: Option<String>,
    }
}

/// Which refusals are wanted.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RefusalsQuery {
    /// Where the page begins: after this entry.
    after: Option<String>,
    /// How many, 1 to 1000; 100 when absent.
    #[serde(default, deserialize_with = "pages::limit")]
    #[schemars(range(min = 1, max = EVENTS_PER_PAGE_MAX))]
    limit: Option<usize>,
    /// `asc`, oldest first, when absent; or `desc`, newest first.
    order: Option<String>,
    /// What was refused to these people.
    subject: Option<String>,
    /// What was refused to people of these Bureaux: `BR`, `TSB`, `BDT`, `GS`.
    bureau: Option<String>,
    /// Refusals at this time (RFC 3339) or on this date, or later.
    since: Option<String>,
    /// Refusals at this time (RFC 3339) or on this date, or earlier.
    until: Option<String>,
    /// This entry and earlier ones.
    to_seq: Option<u64>,
}

filtered! {
    /// What is counted; several values of one filter are separated by commas.
    CountQuery {}
}

fn page_limit(query: &PastQuery) -> usize {
    query.limit.unwrap_or(EVENTS_PER_PAGE_DEFAULT)
}

/// The filter that somebody named, with the elements it names by their codes.
pub(super) async fn named(server: &Shared, grant: &Grant, filters: Filters) -> Result<Filter, ApiError> {
    let mut filter = filters.filter()?;
    let named = server.study(grant, move |copy| filters.name_elements(copy, &mut filter).map(|()| filter));
    named.await?
}

/// Entries in order, each in plain words.
pub async fn events(
    server: Shared,
    caller: Caller,
    request: HttpRequest,
    path: web::Path<String>,
    query: web::Query<PastQuery>,
) -> Result<HttpResponse, ApiError> {
    listed(server, caller, request, path, query.into_inner()).await
}

/// Refusals of changes in order: who, which change, why, and how many more.
pub async fn refusals(
    server: Shared,
    caller: Caller,
    request: HttpRequest,
    path: web::Path<String>,
    query: web::Query<RefusalsQuery>,
) -> Result<HttpResponse, ApiError> {
    let RefusalsQuery { after, limit, order, subject, bureau, since, until, to_seq } = query.into_inner();
    let act = Some(ActType::Refused.as_str().to_owned());
    let query =
        PastQuery { after, limit, order, subject, bureau, since, until, to_seq, act, ..PastQuery::default() };
    listed(server, caller, request, path, query).await
}

async fn listed(
    server: Shared,
    caller: Caller,
    request: HttpRequest,
    path: web::Path<String>,
    mut query: PastQuery,
) -> Result<HttpResponse, ApiError> {
    let plan = plan_id(&path)?;
    let grant = caller.grant(&server, &plan, Action::Read)?;
    let after = match &query.after {
        None => None,
        Some(text) => {
            let seq = text.parse().map(Seq);
            Some(seq.map_err(|_| ApiError::malformed(format!("after: {text:?} is no entry")))?)
        }
    };
    let (newest_first, limit) = (newest_first(&query)?, page_limit(&query));
    let head = head(&server, &grant);
    let filter = named(&server, &grant, query.filters()).await?;
    let is_plain = filter == Filter::default();
    let walk = match newest_first {
        false => Walk::forth(&server, &grant, filter, after),
        true => Walk::back(&server, &grant, filter),
    };
    let (events, more) = page(walk, limit).await?;
    let last = events.last().filter(|_| more);
    // A full page in order stays what it is, whatever comes after it.
    let fixed = last.filter(|_| is_plain && !newest_first);
    let (seq, leaf) = fixed.map_or(head, |event| (event.seq, event.leaf));
    // Whether there is a next page is part of the answer.
    let (leaf, read_as) = (leaf.to_string(), server.past(&grant).read_as());
    let tag = Tag::new(&request, &plan, seq, &[&leaf, if more { "more" } else { "" }, &read_as]);
    let count = events.len();
    let answer = tag.on(&request, || {
        let mut answer = HttpResponse::Ok();
        if let Some(last) = last {
            let set = match newest_first {
                false => ("after", last.seq.to_string()),
                true => ("to_seq", last.seq.0.saturating_sub(1).to_string()),
            };
            pages::next(&request, (set.0, &set.1)).map(|link| answer.insert_header(link));
        }
        answer.json(&events)
    });
    Ok(told(answer, count))
}

/// The next entries of a walk, and whether there are more.
async fn page(mut walk: Walk, limit: usize) -> Result<(Vec<EventView>, bool), ApiError> {
    let mut events: Vec<EventView> = Vec::new();
    // One more than the page holds: that one says that there is a next page.
    while events.len() <= limit && !walk.is_done() {
        let take = move |events: &mut Vec<EventView>, found: Found| {
            events.push(found.event);
            events.len() <= limit
        };
        events = walk.stretch(events, take).await?;
    }
    let more = events.len() > limit;
    events.truncate(limit);
    Ok((events, more))
}

/// How many entries and rows match.
pub async fn count(
    server: Shared,
    caller: Caller,
    path: web::Path<String>,
    query: web::Query<CountQuery>,
) -> Result<HttpResponse, ApiError> {
    let plan = plan_id(&path)?;
    let grant = caller.grant(&server, &plan, Action::Read)?;
    let filter = named(&server, &grant, query.into_inner().filters()).await?;
    let asked = filter.clone();
    let from_index = server.study(&grant, move |copy| {
        let seq = copy.seq();
        (seq, asked.text.is_none().then(|| copy.index().count(&asked)))
    });
    let (seq, counted) = from_index.await?;
    let count = match counted {
        Some(count) => count,
        None => {
            let to_seq = Some(filter.to_seq.map_or(seq, |to| to.min(seq)));
            let mut walk = Walk::forth(&server, &grant, Filter { to_seq, ..filter }, None);
            let mut count = Count::default();
            while !walk.is_done() {
                let take = |count: &mut Count, found: Found| {
                    count.add(found.rows.len());
                    true
                };
                count = walk.stretch(count, take).await?;
            }
            count
        }
    };
    let Count { entries, rows } = count;
    Ok(HttpResponse::Ok().json(EventCount { plan, seq, entries, rows }))
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
    let mut query = query.into_inner();
    let after = query.after.as_deref().map(str::parse::<Cursor>).transpose();
    let page = Page {
        after: after.map_err(|error| ApiError::malformed(format!("after: {error}")))?,
        limit: page_limit(&query),
        newest_first: newest_first(&query)?,
    };
    let (seq, leaf) = head(&server, &grant);
    let filter = named(&server, &grant, query.filters()).await?;
    let page = revisions(&server, &grant, filter, page).await?;
    let answer = Tag::new(&request, &plan, seq, &[&leaf.to_string()]).on(&request, || {
        let mut answer = HttpResponse::Ok();
        if let Some(after) = &page.next_after {
            pages::next(&request, ("after", after)).map(|link| answer.insert_header(link));
        }
        answer.json(&page)
    });
    Ok(told(answer, page.revisions.len()))
}

async fn revisions(
    server: &Shared,
    grant: &Grant,
    filter: Filter,
    page: Page,
) -> Result<RevisionPage, ApiError> {
    let element = match filter.elements.len() {
        1 => filter.elements.first().cloned(),
        _ => None,
    };
    let past = server.past(grant);
    let chosen = match filter.text {
        None => None,
        Some(_) => Some(chosen_by_text(server, grant, filter.clone(), page).await?),
    };
    let told = server.study(grant, move |copy: &Copy| {
        let index = copy.index();
        let chosen = chosen.unwrap_or_else(|| index.page(&filter, page));
        let mut revisions = chosen.tell(&mut |seq| past.event(seq))?;
        let now = copy.outline(copy.seq());
        history::annotate(&mut revisions, index.structure(), &now, &mut |seq| copy.outline(seq));
        let next_after = chosen.next.map(|cursor| cursor.to_string());
        Ok::<_, EventsError>(RevisionPage { element, revisions, next_after })
    });
    Ok(told.await?.map_err(|error| unreadable(&error))?)
}

/// What makes a search that nobody waits for any more end.
#[derive(Default)]
struct Wanted(Arc<AtomicBool>);

impl Drop for Wanted {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Why a search did not come to its end.
#[derive(Debug, thiserror::Error)]
enum SearchError {
    #[error(transparent)]
    Events(#[from] EventsError),
    #[error("nobody waits for it")]
    NotWanted,
}

/// The revisions of one page of which a text is looked for: a search through entries, in turn with
/// others, with nothing of the copy held.
async fn chosen_by_text(
    server: &Shared,
    grant: &Grant,
    filter: Filter,
    page: Page,
) -> Result<history::Chosen, ApiError> {
    let turn = server.turn().await;
    let index = server.read(grant, Copy::index_to_keep).await?;
    let past: LogPast = server.past(grant);
    let wanted = Wanted::default();
    let given_up = wanted.0.clone();
    let search = web::block(move || {
        let chosen = index.page_opening(&filter, page, &mut |seq| {
            if given_up.load(Ordering::Relaxed) {
                return Err(SearchError::NotWanted);
            }
            Ok(past.event(seq)?)
        });
        drop(turn);
        chosen
    });
    let chosen = search.await.map_err(|error| unreadable(&error))?;
    Ok(chosen.map_err(|error| unreadable(&error))?)
}
