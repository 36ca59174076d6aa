//! `import-table`: an exported table that was changed in a spreadsheet comes back as edits.

use std::fs;
use std::io::Read;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use plenary_limits::JSON_BYTES_MAX;
use plenary_protocol::ids::PlanId;
use plenary_protocol::record::Content;
use plenary_protocol::wire::api::{EditDone, FileProblem, TableBody, TableChange, TablePreview};

use crate::context::Context;
use crate::examples;
use crate::failure::Failure;
use crate::render::wrap::wrap;
use crate::retry::until_answered;

/// Changes that are told before it is done; `--preview` tells all.
const CHANGES_TOLD_MAX: usize = 40;
/// Letters of a value that are told.
const VALUE_CHARS_MAX: usize = 60;

/// Import a table that was exported and changed.
///
/// Cells that differ from the plan as it stood when the table was taken become edits and merge with what
/// was done since; a row without an id is new; rows that are missing change nothing.  What would change is
/// shown first, and on a terminal you are asked.  With one problem nothing is done, and all problems are
/// listed with their lines and columns.
#[derive(Debug, Args)]
#[command(after_help = examples::IMPORT_TABLE)]
pub struct ImportTable {
    /// The plan.
    plan: String,
    /// The table: indicators or feedback.
    #[arg(value_parser = table)]
    table: Content,
    /// The file, CSV or a workbook (.xlsx); `-` reads standard input.
    file: String,
    /// Only show what would change.
    #[arg(long, conflicts_with = "yes")]
    preview: bool,
    /// Do it without asking.
    #[arg(long)]
    yes: bool,
}

impl ImportTable {
    /// Imports it.
    pub fn run(&self, context: &Context<'_>) -> Result<(), Failure> {
        context.check_reason()?;
        let plan = context.plan(&self.plan)?.id;
        let file = body(&read(&self.file)?)?;
        let path = ["plans", plan.as_str(), "tables", self.table.as_str()];
        let asked = context.http.post(&[&path[..], &["preview"]].concat(), &[], &file);
        let seen: TablePreview = asked.map_err(|failure| self.named(failure))?;
        if self.preview && context.term.is_json() {
            return context.term.json(&seen);
        }
        if seen.changes.is_empty() {
            context.term.note(&format!("Every cell is as it was after entry {}.", seen.base));
            return context.report(None, None, None, "");
        }
        if !context.term.is_json() {
            let count = cells(seen.changes.len());
            context.term.note(&format!("{count} of the table taken after entry {} would change:", seen.base));
            context.term.line(&told(&seen.changes, context, !self.preview))?;
        }
        if self.preview {
            context.term.note("Nothing was changed: this is a preview.");
            return Ok(());
        }
        if !self.yes && !context.term.ask("Do it?")? {
            context.term.note("Nothing was changed.");
            return Ok(());
        }
        let done = self.import(context, &plan, file)?;
        context.report(Some(&done), None, None, &format!("imported {}", cells(seen.changes.len())))
    }

    fn import(&self, context: &Context<'_>, plan: &PlanId, file: TableBody) -> Result<EditDone, Failure> {
        let answers = match context.answers.is_empty() {
            true => Vec::new(),
            false => context.answers(&context.view(plan, None, true)?)?,
        };
        let (id, because) = (Some(context.edit_id.clone()), context.because.clone());
        let body = TableBody { id, because, answers, ..file };
        let done = until_answered(
            || context.http.post_once(&["plans", plan.as_str(), "tables", self.table.as_str()], &[], &body),
            |length, reason| context.pause(length, reason),
            |reason| context.lost(plan, reason),
        );
        done.map_err(|failure| self.named(failure))
    }

    /// The same failure, naming the file whose problems it lists.
    fn named(&self, failure: Failure) -> Failure {
        let path = if self.file == "-" { "standard input".to_owned() } else { self.file.clone() };
        match failure {
            Failure::PlanFile { problems, .. } => {
                let told = |FileProblem { pointer, says }| FileProblem { pointer: place(&pointer), says };
                Failure::PlanFile { path, problems: problems.into_iter().map(told).collect() }
            }
            other => other,
        }
    }
}

/// A place in a table in words.
fn place(pointer: &str) -> String {
    match pointer.trim_start_matches('/').split_once('/') {
        Some((line, "")) => format!("line {line}"),
        Some((line, column)) => format!("line {line}, {column}"),
        None => pointer.to_owned(),
    }
}

/// A table as typed, of those that come back.
fn table(typed: &str) -> Result<Content, String> {
    match typed.parse() {
        Ok(table @ (Content::Indicators | Content::Feedback)) => Ok(table),
        _ => Err("the tables that come back are indicators and feedback".to_owned()),
    }
}

fn read(file: &str) -> Result<Vec<u8>, Failure> {
    let failed = |error: std::io::Error| Failure::Local(format!("cannot read {file}: {error}"));
    if file != "-" {
        return fs::read(file).map_err(failed);
    }
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

/// The file as it is sent: a workbook in base64, CSV as text.
fn body(bytes: &[u8]) -> Result<TableBody, Failure> {
    let too_long = |sent: usize| {
        let says = format!(
            "the file takes {sent} bytes when it is sent, more than the {JSON_BYTES_MAX} that are taken"
        );
        Failure::Usage(says)
    };
    if bytes.len() > JSON_BYTES_MAX {
        return Err(too_long(bytes.len()));
    }
    let body = packed(bytes)?;
    // Base64 and JSON make more of it.
    match serde_json::to_vec(&body) {
        Ok(sent) if sent.len() <= JSON_BYTES_MAX => Ok(body),
        Ok(sent) => Err(too_long(sent.len())),
        Err(error) => Err(Failure::Local(error.to_string())),
    }
}

fn packed(bytes: &[u8]) -> Result<TableBody, Failure> {
    if bytes.starts_with(b"PK\x03\x04") {
        return Ok(TableBody { xlsx: Some(STANDARD.encode(bytes)), ..TableBody::default() });
    }
    let text = String::from_utf8(bytes.to_vec()).map_err(|_| {
        Failure::Usage("the file is not UTF-8: save it as \"CSV UTF-8\", or as a workbook (.xlsx)".to_owned())
    })?;
    Ok(TableBody { csv: Some(text), ..TableBody::default() })
}

fn cells(count: usize) -> String {
    if count == 1 { "1 cell".to_owned() } else { format!("{count} cells") }
}

/// Each change on a line.
fn told(changes: &[TableChange], context: &Context<'_>, shortly: bool) -> String {
    let layout = context.layout();
    let most = if shortly { CHANGES_TOLD_MAX } else { changes.len() };
    let line = |change: &TableChange| wrap("  ", "    ", &line(change), layout.width);
    let mut lines: Vec<String> = changes.iter().take(most).map(line).collect();
    let more = changes.len().saturating_sub(most);
    if more > 0 {
        lines.push(format!("  and {more} more; --preview shows all"));
    }
    lines.join("\n")
}

fn line(change: &TableChange) -> String {
    let of = match (&change.element, &change.under) {
        (Some(element), _) => format!("of {element}"),
        (None, Some(under)) => format!("of a new row under {under}"),
        (None, None) => "of a new row".to_owned(),
    };
    let TableChange { line, column, from, to, .. } = change;
    format!("line {line}: {column} {of}: {} → {}", shown(from), shown(to))
}

/// A value on one line, in quotation marks; a long one cut.
fn shown(value: &str) -> String {
    let head: String = value.chars().take(VALUE_CHARS_MAX).collect();
    let rest = if head.len() < value.len() { "…" } else { "" };
    format!("{head:?}{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_on_one_line() {
        let change = TableChange {
            line: 3,
            element: None,
            under: Some("ind-1".parse().unwrap()),
            column: "value".to_owned(),
            from: String::new(),
            to: "a\nb".repeat(40),
        };
        let told = line(&change);
        assert!(told.starts_with("line 3: value of a new row under ind-1: \"\" → \"a\\nb"), "{told}");
        assert!(told.ends_with('…') && !told.contains('\n'), "{told}");
    }

    #[test]
    fn a_file_is_sent_as_what_it_is() {
        assert_eq!(body(b"entry,row").unwrap().csv.as_deref(), Some("entry,row"));
        assert_eq!(body(b"PK\x03\x04").unwrap().xlsx.as_deref(), Some("UEsDBA=="));
        assert_eq!(body(b"\xff").unwrap_err().exit_code(), 2);
        // What counts is what is sent.
        let book = |bytes: usize| [b"PK\x03\x04".as_slice(), &vec![0; bytes - 4]].concat();
        assert!(body(&book(JSON_BYTES_MAX / 4 * 3 - 64)).is_ok());
        assert_eq!(body(&book(JSON_BYTES_MAX / 4 * 3 + 3)).unwrap_err().exit_code(), 2);
    }
}
