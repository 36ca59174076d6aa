//! `import`: plan files, plans as JSON Lines, StratML.

use std::fs;
use std::io::Read;
use std::path::Path;

use clap::{Args, ValueEnum};
use plenary_limits::PLAN_FILE_BYTES_MAX;
use plenary_protocol::access::{Access, Reader};
use plenary_protocol::ids::PlanId;
use plenary_protocol::wire::api::Imported;

use crate::context::Context;
use crate::examples;
use crate::failure::Failure;
use crate::http::JSON;
use crate::render::outline::stage_of;
use crate::retry::until_answered;

/// Import a plan.
///
/// A plan file is what `export` writes.  When it has problems, all are listed with their places, as JSON
/// pointers, and nothing is imported.  StratML, Part 1 or 2, is read leniently: what was repaired or left
/// out is listed with line and column.
#[derive(Debug, Args)]
#[command(after_help = examples::IMPORT)]
pub struct Import {
    /// The file; `-` reads standard input.
    file: String,
    /// The form [default: stratml of .xml, lines of .jsonl, plan of others].
    #[arg(short, long, value_enum, value_name = "FORM", hide_possible_values = true)]
    format: Option<Form>,
    /// The id of the plan, in place of the one that the file says.
    #[arg(long = "as", value_name = "ID")]
    id: Option<PlanId>,
    /// Who may read the plan from its first day, as in `access` [default: everybody].
    #[arg(long, value_name = "WHO")]
    only: Vec<Reader>,
}

/// The form of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// A plan file.
    Plan,
    /// A plan as JSON Lines.
    Lines,
    /// StratML.
    Stratml,
}

impl Form {
    /// The form that a file's name says.
    fn of(file: &str) -> Form {
        match Path::new(file).extension().and_then(|extension| extension.to_str()) {
            Some("xml" | "stratml") => Form::Stratml,
            Some("jsonl" | "ndjson") => Form::Lines,
            _ => Form::Plan,
        }
    }

    fn name_and_media_type(self) -> (&'static str, &'static str) {
        match self {
            Form::Plan => ("plan", JSON),
            Form::Lines => ("lines", "application/x-ndjson"),
            Form::Stratml => ("stratml", "application/xml"),
        }
    }
}

impl Import {
    /// Imports it.
    pub fn run(&self, context: &Context<'_>) -> Result<(), Failure> {
        context.check_reason()?;
        let bytes = read_bytes(&self.file)?;
        if bytes.len() > PLAN_FILE_BYTES_MAX {
            return Err(Failure::Usage(format!(
                "{} has {} bytes; a file for import has at most {PLAN_FILE_BYTES_MAX}",
                self.file,
                bytes.len()
            )));
        }
        let (name, media_type) = self.format.unwrap_or(Form::of(&self.file)).name_and_media_type();
        let mut query = vec![("id", context.edit_id.to_string()), ("format", name.to_owned())];
        query.extend(self.id.as_ref().map(|id| ("plan", id.to_string())));
        if !self.only.is_empty() {
            let access = Access::Only(self.only.iter().cloned().collect());
            let access = serde_json::to_string(&access).map_err(|error| Failure::Local(error.to_string()))?;
            query.push(("access", access));
        }
        if let Some(because) = &context.because {
            query.push(("because", because.clone()));
        }
        context.term.progress(&format!("importing {} bytes", bytes.len()));
        let result: Result<Imported, Failure> = until_answered(
            || context.http.send(&["plans"], &query, media_type, &bytes),
            |length, reason| context.pause(length, reason),
            |reason| Failure::UnknownOutcome {
                edit_id: context.edit_id.to_string(),
                look: "plenary plans".into(),
                reason,
            },
        );
        context.term.progress_done();
        let path = if self.file == "-" { "standard input".to_owned() } else { self.file.clone() };
        let imported = result.map_err(|failure| match failure {
            Failure::PlanFile { problems, .. } => Failure::PlanFile { path, problems },
            other => other,
        })?;
        if context.term.is_json() {
            return context.term.json(&imported);
        }
        let Imported { plan, remarks } = imported;
        context.term.line(&format!("imported {} ({}): {}", plan.id, stage_of(&plan), plan.title))?;
        for remark in &remarks {
            match remark.line {
                0 => context.term.line(&format!("  {}", remark.says))?,
                line => {
                    let says = format!("  line {line}, column {}: {}", remark.column, remark.says);
                    context.term.line(&says)?;
                }
            }
        }
        context.term.note(&format!("Look at it with `plenary show {}`.", plan.id));
        Ok(())
    }
}

/// A file's bytes; `-` is standard input.
fn read_bytes(file: &str) -> Result<Vec<u8>, Failure> {
    let failed = |error: std::io::Error| Failure::Local(format!("cannot read {file}: {error}"));
    if file != "-" {
        return fs::read(file).map_err(failed);
    }
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

/// A file's text; `-` is standard input.
pub fn read_text(file: &str) -> Result<String, Failure> {
    let failed = |error: std::io::Error| Failure::Local(format!("cannot read {file}: {error}"));
    if file != "-" {
        return fs::read_to_string(file).map_err(failed);
    }
    let mut text = String::new();
    std::io::stdin().lock().read_to_string(&mut text).map_err(failed)?;
    Ok(text)
}
