//! Exports: what leaves the house is written into the plan first, to the byte, and then sent.
//!
//! The file is made twice from the same entries: once to know its length and digest for the entry,
//! once on its way out, a stretch at a time.  So nothing of it lies on disk or whole in memory, and an
//! export that cannot be written down is not made.  A plan file is small enough to be held.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use futures_util::stream::unfold;
use plenary_core::exchange::{self, Names, Scope, Taken, Writer, report, stratml};
use plenary_core::history::Filter;
use plenary_core::policy::{Action, Grant};
use plenary_limits::REPORT_ENTRIES_MAX;
use plenary_protocol::plan::{PlanView, file};
use plenary_protocol::record::{Content, ExportFilter, ExportFormat, Exported};
use plenary_protocol::wire::event::time_text;
use plenary_protocol::wire::{Refusal, RefusalCode};
use plenary_protocol::{Digest, Seq};
use schemars::JsonSchema;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::desk::{Desk, answer};
use super::edits::check_running;
use super::filters::filtered;
use super::past::named;
use super::plans::{no_such_point, plan_id, point, seq_of};
use super::printed::{self, Wanted};
use super::{ApiError, Caller};
use crate::limits::Streaming;
use crate::readings::Copy;
use crate::server::Server;
use crate::walk::{Found, Walk};

type Shared = web::Data<Arc<Server>>;

/// The header that lists what of the plan the format cannot say.
pub(super) const LEFT_OUT: &str = "plenary-left-out";

filtered! {
    /// Which entries and edits; all that is given must hold, several values of one are separated by
    /// commas.
    ExportFilters {}
}

/// What is to be exported.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportBody {
    /// The form.
    format: ExportFormat,
    /// What of the plan: of `docx` and `html` a document (`plan`, `information`), of `csv` and `xlsx` a table;
    /// without it `csv` and `html` are of the past, and `docx` is of the plan.
    content: Option<Content>,
    /// Why; kept in the entry.
    because: Option<String>,
    /// Of `plan`, `lines` and `stratml`, of a document or a table: the point as of which, an entry, a time, a
    /// date or `version:NAME`; now when absent.
    at: Option<String>,
    /// Of a document: the earlier point since which changes are marked; none are when absent.
    from: Option<String>,
    /// Of the past: which entries and edits; all when absent.
    #[serde(default)]
    filter: ExportFilters,
}

/// Makes an export, writes it down, and sends it.
pub async fn post(
    server: Shared,
    caller: Caller,
    path: web::Path<String>,
    body: web::Json<ExportBody>,
) -> Result<HttpResponse, ApiError> {
    check_running(&server)?;
    let plan = plan_id(&path)?;
    let grant = caller.grant(&server, &plan, Action::Export)?;
    let place = server.limits.stream(&caller.principal)?;
    let ExportBody { format, content, because, at, from, mut filter } = body.into_inner();
    let desk = Desk { server: server.clone(), grant, origin: caller.origin, because };
    let filters = filter.filters();
    if Wanted::is_meant(content, format) {
        if !filters.is_empty() {
            let reason = "filter: documents and tables are of the whole plan; the past has filters";
            return Err(ApiError::malformed(reason.to_owned()));
        }
        return printed::post(&desk, Wanted { content, format, at, from }).await;
    }
    if from.is_some() {
        let reason = "from: only documents have revision marks; name the range of the past in `filter`";
        return Err(ApiError::malformed(reason.to_owned()));
    }
    match format {
        of_a_point if of_a_point.is_of_a_point() && filters.is_empty() => {
            plan_file(&desk, format, at.as_deref()).await
        }
        ExportFormat::Evidence => {
            let reason = format!(
                "format: evidence has a route of its own, /api/v1/plans/{}/evidence/bundle",
                desk.grant.plan()
            );
            Err(ApiError::malformed(reason))
        }
        of_a_point if of_a_point.is_of_a_point() => {
            Err(ApiError::malformed(format!("filter: {format} is of the whole plan")))
        }
        _ if at.is_some() => {
            Err(ApiError::malformed("at: exports of the past have a range; name it in `filter`".to_owned()))
        }
        _ => {
            let filter = named(&server, &desk.grant, filters).await?;
            past(desk, place, format, filter).await
        }
    }
}

async fn plan_file(desk: &Desk, format: ExportFormat, at: Option<&str>) -> Result<HttpResponse, ApiError> {
    let at = at.map(point).transpose()?;
    let view = desk.server.study(&desk.grant, move |copy: &Copy| {
        let seq = seq_of(copy, at)?;
        Ok::<_, Refusal>(copy.view(Some(seq)))
    });
    let view: Arc<PlanView> = view.await??;
    if view.seq == Seq::ZERO {
        return Err(no_such_point(desk.grant.plan()));
    }
    let mut left_out = Vec::new();
    let text = match format {
        ExportFormat::Lines => exchange::lines::write(&view),
        ExportFormat::Stratml => {
            let written = stratml::write(&view)
                .map_err(|error| Refusal::new(RefusalCode::NothingToDo, error.to_string()))?;
            left_out = written.left_out;
            written.xml
        }
        _ => file::write(&view),
    };
    let exported = Exported {
        to: view.seq,
        from: view.seq,
        bytes: text.len() as u64,
        digest: Digest(Sha256::digest(&text).into()),
        filter: None,
        format,
        content: None,
    };
    let entry = desk.write_down(exported.clone()).await?;
    let mut answer = answer(&exported, entry, desk.grant.plan());
    if !left_out.is_empty() {
        let list: Vec<String> = left_out.iter().map(|one| format!("{} {}", one.count, one.what)).collect();
        answer.insert_header((LEFT_OUT, list.join("; ")));
    }
    Ok(answer.body(text))
}

/// What an export of the past is made of: the same source gives the same bytes.
struct Source {
    server: Arc<Server>,
    grant: Grant,
    filter: Filter,
    format: ExportFormat,
    scope: Arc<Scope>,
    summary: report::Summary,
}

/// A file in the making.
struct Making {
    walk: Walk,
    writer: Option<Writer>,
    hasher: Sha256,
    bytes: u64,
    /// Made and not yet handed over.
    out: Vec<u8>,
}

async fn past(
    desk: Desk,
    place: Streaming,
    format: ExportFormat,
    filter: Filter,
) -> Result<HttpResponse, ApiError> {
    let source = Source::of(&desk, format, filter).await?;
    let mut making = source.begin();
    while making.next().await?.is_some() {}
    let exported = Exported {
        to: source.scope.to,
        from: source.scope.from,
        bytes: making.bytes,
        digest: making.digest(),
        filter: source.scope.filter.clone(),
        format,
        content: None,
    };
    let entry = desk.write_down(exported.clone()).await?;
    let sending =
        Sending { making: source.begin(), exported: exported.clone(), is_over: false, _place: place };
    let stream = unfold(sending, |mut sending| async move {
        let bytes = sending.next().await?;
        Some((bytes, sending))
    });
    Ok(answer(&exported, entry, desk.grant.plan()).no_chunking(exported.bytes).streaming(stream))
}

impl Source {
    async fn of(desk: &Desk, format: ExportFormat, filter: Filter) -> Result<Source, ApiError> {
        let seen = desk.server.study(&desk.grant, move |copy: &Copy| {
            let to = filter.to_seq.map_or(copy.seq(), |to| to.min(copy.seq()));
            (copy.view(Some(to)), filter)
        });
        let (view, filter) = seen.await?;
        let (from, to) = (filter.from_seq.map_or(Seq(1), |from| from.max(Seq(1))), view.seq);
        if from > to {
            let reason = format!("entries {from} to {to} are none; the last one is {to}");
            return Err(Refusal::new(RefusalCode::BaseAhead, reason).into());
        }
        let asked = export_filter(&filter);
        let who = desk.grant.principal();
        let scope = Scope {
            plan: desk.grant.plan().clone(),
            title: view.title.clone(),
            from,
            to,
            filter: (asked != ExportFilter::default()).then_some(asked),
            subject: who.subject.to_string(),
            name: who.name.clone(),
            bureau: who.bureau,
            role: who.role,
            because: desk.because.clone(),
            at: time_text(desk.server.now().as_microsecond()),
            names: Names::of(&view),
        };
        let mut source = Source {
            server: desk.server.get_ref().clone(),
            grant: desk.grant.clone(),
            filter: Filter { to_seq: Some(to), ..filter },
            format,
            scope: Arc::new(scope),
            summary: report::Summary::default(),
        };
        if format == ExportFormat::Html {
            source.summarize().await?;
        }
        Ok(source)
    }

    fn walk(&self) -> Walk {
        Walk::forth(&self.server, &self.grant, self.filter.clone(), None)
    }

    /// Counts what a report tells before its entries.
    async fn summarize(&mut self) -> Result<(), ApiError> {
        let mut walk = self.walk();
        while !walk.is_done() {
            let take = |summary: &mut report::Summary, found: Found| {
                summary.take(&taken(&found));
                true
            };
            self.summary = walk.stretch(std::mem::take(&mut self.summary), take).await?;
            check_report(self.summary.sum.entries)?;
        }
        Ok(())
    }

    fn begin(&self) -> Making {
        let mut out = Vec::new();
        let writer = match self.format {
            ExportFormat::Csv => Writer::Edits(exchange::edits::Writer::begin(&self.scope, &mut out)),
            ExportFormat::Html => {
                let writer = report::Writer::begin(&self.scope, self.summary.clone(), &mut out);
                Writer::Report(Box::new(writer))
            }
            ExportFormat::Plan
            | ExportFormat::Lines
            | ExportFormat::Stratml
            | ExportFormat::Evidence
            | ExportFormat::Jsonl
            | ExportFormat::Docx
            | ExportFormat::Xlsx => Writer::Entries(exchange::entries::Writer::begin(&self.scope, &mut out)),
        };
        Making { walk: self.walk(), writer: Some(writer), hasher: Sha256::new(), bytes: 0, out }
    }
}

fn check_report(entries: u64) -> Result<(), Refusal> {
    if entries <= REPORT_ENTRIES_MAX {
        return Ok(());
    }
    let reason = format!(
        "more than {REPORT_ENTRIES_MAX} entries do not make a report that anybody reads: narrow the range or \
         the filter, or take csv or jsonl"
    );
    Err(Refusal::new(RefusalCode::TooLarge, reason))
}

fn taken(found: &Found) -> Taken<'_> {
    Taken {
        envelope: &found.entry.envelope,
        salt: &found.entry.salt,
        payload: &found.entry.payload,
        event: &found.event,
        rows: &found.rows,
    }
}

impl Making {
    /// The next piece of the file; `None` when it is whole.
    async fn next(&mut self) -> Result<Option<web::Bytes>, Refusal> {
        while self.out.is_empty() {
            let Some(writer) = self.writer.take() else { return Ok(None) };
            if self.walk.is_done() {
                writer.end(&mut self.out);
                if self.out.is_empty() {
                    return Ok(None);
                }
                break;
            }
            let take = |(writer, out): &mut (Writer, Vec<u8>), found: Found| {
                writer.take(&taken(&found), out);
                true
            };
            let (writer, out) = self.walk.stretch((writer, Vec::new()), take).await?;
            (self.writer, self.out) = (Some(writer), out);
        }
        let piece = std::mem::take(&mut self.out);
        self.hasher.update(&piece);
        self.bytes += piece.len() as u64;
        Ok(Some(piece.into()))
    }

    fn digest(&self) -> Digest {
        Digest(self.hasher.clone().finalize().into())
    }
}

/// A file on its way out; an error cuts the connection before its length is reached.
struct Sending {
    making: Making,
    exported: Exported,
    is_over: bool,
    _place: Streaming,
}

/// Why a file that was written down does not leave whole.
#[derive(Debug, thiserror::Error)]
enum SendError {
    #[error("{}", .0.reason)]
    Refused(Refusal),
    #[error("the file is not the one that was written down")]
    Another,
}

impl Sending {
    async fn next(&mut self) -> Option<Result<web::Bytes, actix_web::Error>> {
        if self.is_over {
            return None;
        }
        let failed = match self.making.next().await {
            Ok(Some(bytes)) => return Some(Ok(bytes)),
            Ok(None) => {
                let (bytes, digest) = (self.making.bytes, self.making.digest());
                if (bytes, digest) == (self.exported.bytes, self.exported.digest) {
                    return None;
                }
                SendError::Another
            }
            Err(refusal) => SendError::Refused(refusal),
        };
        self.is_over = true;
        tracing::warn!(error = %failed, "an export was cut");
        Some(Err(actix_web::error::ErrorInternalServerError(failed.to_string())))
    }
}

/// A filter as an entry keeps it: elements by their ids, times in full, without the range.
fn export_filter(filter: &Filter) -> ExportFilter {
    fn list<T: Clone>(set: &std::collections::BTreeSet<T>) -> Vec<T> {
        set.iter().cloned().collect()
    }
    ExportFilter {
        op: list(&filter.ops),
        kind: list(&filter.kinds),
        text: filter.text.as_ref().map(|text| text.as_str().to_owned()),
        act: filter.acts.iter().map(ToString::to_string).collect(),
        field: list(&filter.fields),
        since: filter.since_us.map(time_text),
        until: filter.until_us.map(time_text),
        bureau: list(&filter.bureaux),
        answers: filter.answers.clone(),
        element: list(&filter.elements),
        subject: list(&filter.subjects),
        subtree: filter.subtree.clone(),
    }
}

#[cfg(test)]
mod tests {
    use plenary_limits::holds;

    use super::*;

    #[test]
    fn a_report_has_so_many_entries() {
        holds!(REPORT_ENTRIES_MAX, |entries| check_report(entries as u64).is_ok());
    }
}
