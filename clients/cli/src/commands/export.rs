//! `export`: plan files, documents and tables, and the past of a plan as entries, edits or a report.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use plenary_protocol::record::{Content, ExportFormat};
use serde_json::{Map, Value as Json, json};
use sha2::{Digest as _, Sha256};

use super::history::Filters;
use crate::context::Context;
use crate::examples;
use crate::failure::Failure;
use crate::http::Download;
use crate::render::time::point;

/// Export a plan, or its past.
///
/// Each export is an entry of the plan in your name, written before the file leaves the server.
/// plan: the plan with everything that was removed; it can be imported again.  lines: the same, an
/// element or link a line.  stratml: StratML Part 2, and a note of what that cannot say.  jsonl: entries,
/// without loss.  csv: edits, for spreadsheets.  html: a report of who changed what, to read and print.
/// docx: the plan as a document for a word processor; with --from, with revision marks.
///
/// With --content it is of the plan as it stands: a document (plan, information) as docx or html, or a
/// table (indicators, allocations, mapping, guidance, feedback, findings) as csv or xlsx.
#[derive(Debug, Args)]
#[command(after_help = examples::EXPORT)]
pub struct Export {
    /// The plan.
    plan: String,
    /// The form: plan, lines, stratml, jsonl, csv, html, docx or xlsx.
    #[arg(short, long, value_name = "FORM", default_value = "plan", value_parser = form)]
    format: ExportFormat,
    /// What of the plan, as a document or a table.
    #[arg(short, long, value_name = "WHAT")]
    content: Option<Content>,
    /// Of a document: mark what changed since this entry, date, time or version:NAME.
    #[arg(long, value_name = "WHEN")]
    from: Option<String>,
    /// Write to this file, `-` is standard output [default: standard output].
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Which entries and edits; of plan, lines, stratml, documents and tables only --at.
    #[command(flatten)]
    filters: Filters,
}

impl Export {
    /// Exports it.
    pub fn run(&self, context: &Context<'_>) -> Result<(), Failure> {
        context.check_reason()?;
        let body = self.body(context)?;
        let plan = context.plan(&self.plan)?;
        let ask = || {
            context.term.progress(&format!("exporting {}", plan.id));
            let answer = context.http.download(&["plans", plan.id.as_str(), "exports"], &body)?;
            context.term.progress_done();
            Ok::<_, Failure>(answer)
        };
        let (bytes, place, entry, left_out) = match self.output.as_deref().filter(|path| !is_stdout(path)) {
            // The file is there before the server is asked: an export is an entry of the plan.
            Some(path) => write_whole(path, |file| {
                let mut answer = ask()?;
                let bytes = copy(&mut answer, &mut |piece| write(file, piece, path))?;
                let place = format!(" to {}", path.display());
                Ok((bytes, place, answer.entry().to_owned(), answer.left_out().map(str::to_owned)))
            })?,
            None => {
                let mut answer = ask()?;
                let bytes = copy(&mut answer, &mut |piece| context.term.exact(piece))?;
                (bytes, String::new(), answer.entry().to_owned(), answer.left_out().map(str::to_owned))
            }
        };
        context.term.note(&format!("wrote {bytes} bytes{place}; it is entry {entry} of the plan"));
        if let Some(left_out) = left_out {
            context.term.note(&format!("not in it, for {} cannot say it: {left_out}", self.format));
        }
        Ok(())
    }

    fn body(&self, context: &Context<'_>) -> Result<Json, Failure> {
        let mut body = json!({ "format": self.format });
        if let Some(because) = &context.because {
            body["because"] = json!(because);
        }
        let is_printed =
            self.content.is_some() || matches!(self.format, ExportFormat::Docx | ExportFormat::Xlsx);
        if let Some(content) = self.content {
            body["content"] = json!(content);
        }
        match &self.from {
            Some(from) if is_printed => body["from"] = json!(point(from)?),
            Some(_) => {
                return Err(Failure::Usage(
                    "--from marks changes in a document; the past has --from-seq and --since".into(),
                ));
            }
            None => {}
        }
        if self.format.is_of_a_point() || is_printed {
            let mut query = self.filters.query()?;
            query.retain(|(name, _)| *name != "at");
            if !query.is_empty() {
                return Err(Failure::Usage(
                    "plan files, documents and tables are of the whole plan; filters are for its past".into(),
                ));
            }
            if let Some(at) = &self.filters.at {
                body["at"] = json!(point(at)?);
            }
            return Ok(body);
        }
        let named = |(name, value): (&'static str, String)| match name {
            "from_seq" | "to_seq" => (name.to_owned(), json!(value.parse::<u64>().ok())),
            _ => (name.to_owned(), json!(value)),
        };
        body["filter"] = self.filters.query()?.into_iter().map(named).collect::<Map<String, Json>>().into();
        Ok(body)
    }
}

/// A form as typed, of those that this command writes.
fn form(typed: &str) -> Result<ExportFormat, String> {
    match typed.parse() {
        Ok(ExportFormat::Evidence) => Err("evidence is exported by `plenary evidence export`".to_owned()),
        Ok(format) => Ok(format),
        Err(_) => {
            let known = "there are plan, lines, stratml, jsonl, csv, html, docx and xlsx; evidence by `plenary \
                         evidence export`";
            Err(known.to_owned())
        }
    }
}

/// Whether a name of a file means standard output.
pub fn is_stdout(path: &Path) -> bool {
    path == Path::new("-")
}

/// Writes a piece of a file.
///
/// # Errors
/// `Local`, naming the file.
pub fn write(file: &mut dyn Write, piece: &[u8], path: &Path) -> Result<(), Failure> {
    file.write_all(piece).map_err(|error| unwritten(path, &error))
}

/// What is said when a file cannot be written.
pub fn unwritten(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Local(format!("cannot write {}: {error}", path.display()))
}

/// Hands over a file piece by piece, and makes sure that it is whole; gives its length in bytes.
///
/// # Errors
/// What `put` gives, `Unreachable` when the file is cut, `Server` when it is not the one told of.
pub fn copy(
    answer: &mut Download,
    put: &mut dyn FnMut(&[u8]) -> Result<(), Failure>,
) -> Result<u64, Failure> {
    let (mut bytes, mut hasher) = (0, Sha256::new());
    while let Some(piece) = answer.piece()? {
        hasher.update(&piece);
        bytes += piece.len() as u64;
        put(&piece)?;
    }
    let digest = format!("sha-256=:{}:", STANDARD.encode(hasher.finalize()));
    if answer.digest().is_some_and(|told| told != digest) {
        return Err(Failure::Server("what came is not what the server wrote down; export again".into()));
    }
    Ok(bytes)
}

/// Writes a file whole or not at all; gives what `make` gives.
///
/// # Errors
/// `Local`, naming the file, or what `make` gives.
pub fn write_whole<T>(
    path: &Path,
    make: impl FnOnce(&mut dyn Write) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let failed = |error: std::io::Error| unwritten(path, &error);
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        // A device or pipe cannot be replaced by a file.
        return make(&mut fs::OpenOptions::new().write(true).open(path).map_err(failed)?);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder).map_err(failed)?;
    let made = make(file.as_file_mut())?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plan.json");
        let text =
            |text: &'static str| move |file: &mut dyn Write| write(file, text.as_bytes(), Path::new("x"));
        write_whole(&path, text("one")).unwrap();
        write_whole(&path, text("two")).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        let cut = |file: &mut dyn Write| {
            write(file, b"thr", Path::new("x"))?;
            Err::<(), Failure>(Failure::Server("cut".into()))
        };
        assert!(write_whole(&path, cut).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let missing = folder.path().join("no/plan.json");
        assert_eq!(write_whole(&missing, text("x")).unwrap_err().exit_code(), 9);
    }
}
