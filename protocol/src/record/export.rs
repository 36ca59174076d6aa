//! What an export was: form, range, filter, and what left the house, to the byte.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::RowOp;
use crate::ids::{Digest, ElementId, Seq, Subject};
use crate::principal::{Bureau, UnknownName};

/// The form of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ExportFormat {
    /// A plan file, which can be imported.
    Plan,
    /// The plan as JSON Lines, lossless, which can be imported.
    Lines,
    /// The plan as StratML Part 2, which can be imported.
    Stratml,
    /// Entries as JSON Lines, lossless: bytes and plain words.
    Jsonl,
    /// Edits as CSV, for spreadsheets.
    Csv,
    /// A report for people, as one HTML page.
    Html,
    /// Entries with everything that proves them: an evidence bundle, a zip.
    Evidence,
    /// A document for a word processor, with revision marks where two points are asked for.
    Docx,
    /// A table as a workbook.
    Xlsx,
}

impl ExportFormat {
    /// All of them.
    pub const ALL: [ExportFormat; 9] = [
        ExportFormat::Plan,
        ExportFormat::Lines,
        ExportFormat::Stratml,
        ExportFormat::Jsonl,
        ExportFormat::Csv,
        ExportFormat::Html,
        ExportFormat::Evidence,
        ExportFormat::Docx,
        ExportFormat::Xlsx,
    ];

    /// Whether it is of the plan at one point, and not of its past.
    pub fn is_of_a_point(self) -> bool {
        matches!(self, ExportFormat::Plan | ExportFormat::Lines | ExportFormat::Stratml)
    }

    /// The name.
    pub fn as_str(self) -> &'static str {
        match self {
            ExportFormat::Plan => "plan",
            ExportFormat::Lines => "lines",
            ExportFormat::Stratml => "stratml",
            ExportFormat::Jsonl => "jsonl",
            ExportFormat::Csv => "csv",
            ExportFormat::Html => "html",
            ExportFormat::Evidence => "evidence",
            ExportFormat::Docx => "docx",
            ExportFormat::Xlsx => "xlsx",
        }
    }
}

impl fmt::Display for ExportFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for ExportFormat {
    type Err = UnknownName;
    fn from_str(text: &str) -> Result<Self, UnknownName> {
        ExportFormat::ALL.into_iter().find(|format| format.as_str() == text).ok_or_else(|| UnknownName {
            given: text.to_owned(),
            known: "plan, lines, stratml, jsonl, csv, html, evidence, docx, xlsx",
        })
    }
}

/// What of a plan as it stands is exported as a document or a table; without one it is the past.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Content {
    /// The whole plan, a document.
    Plan,
    /// What explains a draft, a document: consultations, guidance and responses, targets and their origin.
    Information,
    /// Indicators with their readings, a table; it can come back.
    Indicators,
    /// Planned money, a table.
    Allocations,
    /// What became of the former plan, a table.
    Mapping,
    /// Requests of the membership and how they were addressed, a table.
    Guidance,
    /// Views given in consultations, a table; it can come back.
    Feedback,
    /// What the rules find, a table.
    Findings,
}

impl Content {
    /// All of them.
    pub const ALL: [Content; 8] = [
        Content::Plan,
        Content::Information,
        Content::Indicators,
        Content::Allocations,
        Content::Mapping,
        Content::Guidance,
        Content::Feedback,
        Content::Findings,
    ];

    /// The name.
    pub fn as_str(self) -> &'static str {
        match self {
            Content::Plan => "plan",
            Content::Information => "information",
            Content::Indicators => "indicators",
            Content::Allocations => "allocations",
            Content::Mapping => "mapping",
            Content::Guidance => "guidance",
            Content::Feedback => "feedback",
            Content::Findings => "findings",
        }
    }

    /// Whether it is a document, rather than a table.
    pub fn is_document(self) -> bool {
        matches!(self, Content::Plan | Content::Information)
    }
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Content {
    type Err = UnknownName;
    fn from_str(text: &str) -> Result<Self, UnknownName> {
        Content::ALL.into_iter().find(|content| content.as_str() == text).ok_or_else(|| UnknownName {
            given: text.to_owned(),
            known: "plan, information, indicators, allocations, mapping, guidance, feedback, findings",
        })
    }
}

/// Which entries and edits of its range an export was of: all that is named must hold, of a list one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExportFilter {
    /// What was done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub op: Vec<RowOp>,
    /// Kinds of elements and links.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kind: Vec<String>,
    /// A text in old or new values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Types of entries.
    #[serde(default, rename = "type", skip_serializing_if = "Vec::is_empty")]
    pub act: Vec<String>,
    /// Fields and texts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub field: Vec<String>,
    /// Taken in then or later, RFC 3339 UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Taken in then or earlier, RFC 3339 UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Bureaux.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bureau: Vec<Bureau>,
    /// What it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<ElementId>,
    /// Elements and links.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub element: Vec<ElementId>,
    /// People.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subject: Vec<Subject>,
    /// An element and everything under it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subtree: Option<ElementId>,
}

impl fmt::Display for ExportFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn list<T: fmt::Display>(name: &str, all: &[T]) -> Option<String> {
            let all: Vec<String> = all.iter().map(ToString::to_string).collect();
            (!all.is_empty()).then(|| format!("{name} {}", all.join(", ")))
        }
        fn one<T: fmt::Display>(name: &str, one: Option<&T>) -> Option<String> {
            one.map(|one| format!("{name} {one}"))
        }
        let ops: Vec<&str> = self.op.iter().map(|op| op.as_str()).collect();
        let parts = [
            list("element", &self.element),
            one("under", self.subtree.as_ref()),
            list("field", &self.field),
            list("kind", &self.kind),
            list("what", &ops),
            self.text.as_ref().map(|text| format!("text {text:?}")),
            list("by", &self.subject),
            list("for", &self.bureau),
            list("type", &self.act),
            one("in answer to", self.answers.as_ref()),
            one("since", self.since.as_ref()),
            one("until", self.until.as_ref()),
        ];
        f.write_str(&parts.into_iter().flatten().collect::<Vec<_>>().join("; "))
    }
}

/// An export: what left the house, in the exporter's name, written before it did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Exported {
    /// The last entry of its range; of a plan file, document or table the entry that it is the state after.
    pub to: Seq,
    /// The first entry of its range; of a plan file or table the same as `to`; of a document with revision
    /// marks the entry since which changes are marked.
    pub from: Seq,
    /// How many bytes.
    pub bytes: u64,
    /// SHA-256 of these bytes.
    pub digest: Digest,
    /// Which entries of the range; all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<ExportFilter>,
    /// The form.
    pub format: ExportFormat,
    /// What of the plan it shows, where it is a document or a table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Content>,
}

impl fmt::Display for Exported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Exported { to, from, bytes, format, filter, content, .. } = self;
        let what = content.map(|content| match content {
            Content::Plan => "the plan".to_owned(),
            Content::Information => "the information document".to_owned(),
            table => format!("the table of {table}"),
        });
        match format {
            format if from != to && what.is_some() => {
                let what = what.unwrap_or_default();
                write!(f, "{what} after entry {to} as {format}, changes since entry {from} marked")?;
            }
            format if what.is_some() => {
                write!(f, "{} after entry {to} as {format}", what.unwrap_or_default())?;
            }
            ExportFormat::Plan => write!(f, "the plan after entry {to} as a plan file")?,
            ExportFormat::Lines => write!(f, "the plan after entry {to} as JSON Lines")?,
            ExportFormat::Stratml => write!(f, "the plan after entry {to} as StratML")?,
            ExportFormat::Evidence => write!(f, "entries {from} to {to} as an evidence bundle")?,
            _ => write!(f, "entries {from} to {to} as {format}")?,
        }
        write!(f, ", {bytes} bytes")?;
        filter.as_ref().map_or(Ok(()), |filter| write!(f, "; {filter}"))
    }
}
