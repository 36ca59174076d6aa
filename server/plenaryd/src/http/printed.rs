//! Documents and tables of a plan as it stands or stood: made, written down, and sent.
//!
//! They are small enough to be held.  The former plan, whose codes and words a mapping cites, is read as
//! the caller may; who may not read it sees what the plan itself quotes.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use plenary_core::blame::Window;
use plenary_core::exchange::document::{Document, Hands, Print, docx, html, merge};
use plenary_core::exchange::tables::{self, csv, xlsx};
use plenary_core::history::{ActType, Filter};
use plenary_protocol::plan::PlanView;
use plenary_protocol::record::{Content, ExportFormat, Exported};
use plenary_protocol::wire::findings::Finding;
use plenary_protocol::wire::{Refusal, RefusalCode};
use plenary_protocol::{Digest, Seq};
use sha2::{Digest as _, Sha256};

use super::ApiError;
use super::desk::{Desk, answer};
use super::edits::check_running;
use super::findings::told;
use super::former::former;
use super::plans::{no_such_point, point, seq_of};
use crate::readings::Copy;
use crate::walk::{Found, Walk, unreadable};

/// What is to be printed.
pub(super) struct Wanted {
    /// What of the plan.
    pub content: Option<Content>,
    /// As what.
    pub format: ExportFormat,
    /// As of which point; now when absent.
    pub at: Option<String>,
    /// Since which point changes are marked; none are when absent.
    pub from: Option<String>,
}

impl Wanted {
    /// Whether an ask is for a document or a table, rather than for the past or a plan file.
    pub(super) fn is_meant(content: Option<Content>, format: ExportFormat) -> bool {
        content.is_some() || matches!(format, ExportFormat::Docx | ExportFormat::Xlsx)
    }

    /// What is to be printed, if it can be in that form.
    fn content(&self) -> Result<Content, ApiError> {
        use ExportFormat::{Csv, Docx, Html, Xlsx};
        let tables = "indicators, allocations, mapping, guidance, feedback or findings";
        let says = match (self.format, self.content) {
            (Docx, None) => return Ok(Content::Plan),
            (Docx | Html, Some(content)) if content.is_document() => return Ok(content),
            (Csv | Xlsx, Some(_)) if self.from.is_some() => {
                "from: a table has no revision marks; `docx` and `html` have".to_owned()
            }
            (Csv | Xlsx, Some(content)) if !content.is_document() => return Ok(content),
            (Xlsx, None) => format!("content: a workbook is of a table; name {tables}"),
            (Docx | Html, Some(table)) => format!("content: {table} is a table; take csv or xlsx"),
            (Csv | Xlsx, Some(document)) => {
                format!("content: {document} is a document; take docx or html, or name {tables}")
            }
            (format, _) => format!("content: {format} is of the past or a plan file, leave `content` out"),
        };
        Err(ApiError::malformed(says))
    }
}

/// The plan at the point, at the earlier one where changes are to be marked, and the plan before it.
struct Views {
    then: Arc<PlanView>,
    since: Option<Arc<PlanView>>,
    former: Option<Arc<PlanView>>,
}

/// Makes it, writes it down and sends it.
pub(super) async fn post(desk: &Desk, wanted: Wanted) -> Result<HttpResponse, ApiError> {
    let content = wanted.content()?;
    let views = views(desk, &wanted).await?;
    let (to, format) = (views.then.seq, wanted.format);
    let from = views.since.as_ref().map_or(to, |since| since.seq);
    let bytes = match content.is_document() {
        true => document(desk, views, content, format).await?,
        // A table of a large plan takes its time, and workers have connections to answer.
        false => {
            let found = match content {
                Content::Findings => {
                    told(&desk.server, &desk.grant, views.then.clone(), views.former.clone()).await?
                }
                _ => Vec::new(),
            };
            let made = web::block(move || table(&views, &found, content, format));
            made.await.map_err(|error| unreadable(&error))??
        }
    };
    let exported = Exported {
        to,
        from,
        bytes: bytes.len() as u64,
        digest: Digest(Sha256::digest(&bytes).into()),
        filter: None,
        format,
        content: Some(content),
    };
    let entry = desk.write_down(exported.clone()).await?;
    Ok(answer(&exported, entry, desk.grant.plan()).body(bytes))
}

async fn views(desk: &Desk, wanted: &Wanted) -> Result<Views, ApiError> {
    let at = wanted.at.as_deref().map(point).transpose()?;
    let from = wanted.from.as_deref().map(point).transpose()?;
    let is_past = at.is_some();
    let seen = desk.server.study(&desk.grant, move |copy: &Copy| {
        let then = copy.view(Some(seq_of(copy, at)?));
        let since = from.map(|from| seq_of(copy, Some(from))).transpose()?.map(|seq| copy.view(Some(seq)));
        Ok::<_, Refusal>((then, since))
    });
    let (then, since) = seen.await??;
    if then.seq == Seq::ZERO || since.as_ref().is_some_and(|since| since.seq == Seq::ZERO) {
        return Err(no_such_point(desk.grant.plan()));
    }
    if let Some(since) = since.as_ref().filter(|since| since.seq > then.seq) {
        let says = format!("from: entry {} comes after entry {}", since.seq, then.seq);
        return Err(ApiError::malformed(says));
    }
    let former = former(&desk.server, desk.grant.principal(), &then, is_past).await?;
    Ok(Views { then, since, former: former.map(|former| former.view) })
}

async fn document(
    desk: &Desk,
    views: Views,
    content: Content,
    format: ExportFormat,
) -> Result<Vec<u8>, ApiError> {
    let print = if content == Content::Information { Print::Information } else { Print::Plan };
    let window = match &views.since {
        Some(since) => Some(window(desk, since, &views.then).await?),
        None => None,
    };
    let made = web::block(move || {
        let Views { then, since, former } = views;
        let then = Document::of(&then, former.as_deref(), print);
        let (document, hands) = match (since, window) {
            (Some(since), Some(window)) => {
                merge(&Document::of(&since, former.as_deref(), print), &then, &window)
            }
            _ => (then, Hands::new()),
        };
        match format {
            ExportFormat::Html => Ok(html::write(&document, &hands).into_bytes()),
            _ => docx::write(&document, &hands),
        }
    });
    let made = made.await.map_err(|error| unreadable(&error))?;
    Ok(made.map_err(|error| Refusal::new(RefusalCode::Unavailable, error.to_string()))?)
}

/// What entries between two points did; between two stretches others have their turn.
async fn window(desk: &Desk, since: &Arc<PlanView>, then: &Arc<PlanView>) -> Result<Window, ApiError> {
    let filter = Filter {
        acts: [ActType::Change].into(),
        from_seq: Some(since.seq.next()),
        to_seq: Some(then.seq),
        ..Filter::default()
    };
    let mut walk = Walk::forth(&desk.server, &desk.grant, filter, None);
    let mut window = Window::default();
    while !walk.is_done() {
        check_running(&desk.server)?;
        let since = since.clone();
        let take = move |window: &mut Window, found: Found| {
            window.feed(&since, &found.event);
            true
        };
        window = walk.stretch(window, take).await?;
    }
    window.settle(since, then);
    Ok(window)
}

fn table(
    views: &Views,
    found: &[Finding],
    content: Content,
    format: ExportFormat,
) -> Result<Vec<u8>, ApiError> {
    let sheet = match content {
        Content::Findings => Some(tables::findings(&views.then, found)),
        other => tables::sheet(&views.then, views.former.as_deref(), other),
    };
    let sheet = sheet.ok_or_else(|| ApiError::malformed(format!("content: {content} is no table")))?;
    if format == ExportFormat::Csv {
        return Ok(csv::write(&sheet));
    }
    let failed = |error: xlsx::WriteError| {
        let code = match error {
            xlsx::WriteError::Cell { .. } => RefusalCode::TooLarge,
            xlsx::WriteError::Archive(_) => RefusalCode::Unavailable,
        };
        Refusal::new(code, error.to_string())
    };
    Ok(xlsx::write(&sheet).map_err(failed)?)
}
