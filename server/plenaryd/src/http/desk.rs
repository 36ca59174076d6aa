//! The desk that everything exported passes: first an entry that says what leaves, then the answer.

use std::sync::Arc;

use actix_web::http::header::{
    CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, ContentDisposition, DispositionParam, DispositionType,
};
use actix_web::{HttpResponse, HttpResponseBuilder, web};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use plenary_core::hub::Ask;
use plenary_core::policy::Grant;
use plenary_protocol::Seq;
use plenary_protocol::ids::PlanId;
use plenary_protocol::record::{Content, ExportFormat, Exported};

use super::ApiError;
use super::bundle::ZIP;
use super::edits::done;
use super::replay::LINES;
use crate::plans::Origin;
use crate::server::Server;

type Shared = web::Data<Arc<Server>>;

/// The header that names the entry of an export.
const ENTRY: &str = "plenary-entry";
/// The media type of StratML.
pub(super) const XML: &str = "application/xml";
/// The header that tells the digest of the file (RFC 9530).
const REPR_DIGEST: &str = "repr-digest";
/// The media type of Word files.
pub(super) const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
/// The media type of workbooks.
pub(super) const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// A report is a page of somebody else's words: should it be opened from here, it may do nothing.
const REPORT_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/// Who exports, and why.
pub(super) struct Desk {
    pub server: Shared,
    pub grant: Grant,
    pub origin: Origin,
    pub because: Option<String>,
}

impl Desk {
    /// Writes down what is about to leave; gives the entry.
    ///
    /// # Errors
    /// What the hub says of it: then nothing may leave.
    pub(super) async fn write_down(&self, exported: Exported) -> Result<Seq, ApiError> {
        let ask = Ask::Export { exported: Box::new(exported), because: self.because.clone() };
        let (grant, origin) = (self.grant.clone(), self.origin.clone());
        let answer = self.server.plans.ask(self.grant.plan(), grant, origin, ask).await?;
        Ok(done(answer)?.seq)
    }
}

/// An answer that is a file, as it was written down.
pub(super) fn answer(exported: &Exported, entry: Seq, plan: &PlanId) -> HttpResponseBuilder {
    let Exported { from, to, format, content, .. } = exported;
    let name = match format {
        format if content.is_some() => printed_name(exported, plan, *format),
        ExportFormat::Plan => format!("{plan}-{to}.json"),
        ExportFormat::Lines => format!("{plan}-{to}.jsonl"),
        ExportFormat::Stratml => format!("{plan}-{to}.xml"),
        ExportFormat::Evidence => format!("{plan}-evidence-{from}-{to}.zip"),
        format => format!("{plan}-{from}-{to}.{format}"),
    };
    let disposition = ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![DispositionParam::Filename(name)],
    };
    let mut answer = HttpResponse::Ok();
    answer
        .content_type(media(*format))
        .insert_header((CONTENT_DISPOSITION, disposition))
        .insert_header((ENTRY, entry.to_string()))
        .insert_header((REPR_DIGEST, format!("sha-256=:{}:", STANDARD.encode(exported.digest.0))));
    if *format == ExportFormat::Html {
        answer.insert_header((CONTENT_SECURITY_POLICY, REPORT_POLICY));
    }
    answer
}

/// The name of a document or table: what it is of, and the point, or both points where changes are marked.
fn printed_name(exported: &Exported, plan: &PlanId, format: ExportFormat) -> String {
    let Exported { from, to, .. } = exported;
    let what = match exported.content {
        None | Some(Content::Plan) => String::new(),
        Some(content) => format!("-{content}"),
    };
    let point = if from == to { to.to_string() } else { format!("{from}-{to}") };
    format!("{plan}{what}@{point}.{format}")
}

/// The media type of a form.
fn media(format: ExportFormat) -> &'static str {
    match format {
        ExportFormat::Plan => "application/json",
        ExportFormat::Jsonl | ExportFormat::Lines => LINES,
        ExportFormat::Stratml => XML,
        ExportFormat::Csv => "text/csv; charset=utf-8; header=present",
        ExportFormat::Evidence => ZIP,
        ExportFormat::Html => "text/html; charset=utf-8",
        ExportFormat::Docx => DOCX,
        ExportFormat::Xlsx => XLSX,
    }
}
