//! `import`: plan files.

use std::fs;
use std::io::Read;

use clap::Args;
use plenary_limits::PLAN_FILE_BYTES_MAX;
use plenary_protocol::access::{Access, Reader};
use plenary_protocol::wire::api::PlanSummary;

use crate::context::Context;
use crate::examples;
use crate::failure::Failure;
use crate::render::outline::stage_of;
use crate::retry::until_answered;

/// Import a plan file.
///
/// The file is what `export` writes.  When it has problems, all are listed with their places, as JSON
/// pointers, and nothing is imported.
#[derive(Debug, Args)]
#[command(after_help = examples::IMPORT)]
pub struct Import {
    /// The file; `-` reads standard input.
    file: String,
    /// Who may read the plan from its first day, as in `access` [default: everybody].
    #[arg(long, value_name = "WHO")]
    only: Vec<Reader>,
}

impl Import {
    /// Imports it.
    pub fn run(&self, context: &Context<'_>) -> Result<(), Failure> {
        context.check_reason()?;
        let text = read_text(&self.file)?;
        if text.len() > PLAN_FILE_BYTES_MAX {
            return Err(Failure::Usage(format!(
                "{} has {} bytes; a plan file has at most {PLAN_FILE_BYTES_MAX}",
                self.file,
                text.len()
            )));
        }
        let mut query = vec![("id", context.edit_id.to_string())];
        if !self.only.is_empty() {
            let access = Access::Only(self.only.iter().cloned().collect());
            let access = serde_json::to_string(&access).map_err(|error| Failure::Local(error.to_string()))?;
            query.push(("access", access));
        }
        if let Some(because) = &context.because {
            query.push(("because", because.clone()));
        }
        context.term.progress(&format!("importing {} bytes", text.len()));
        let result: Result<PlanSummary, Failure> = until_answered(
            || context.http.send(&["plans"], &query, text.as_bytes()),
            |length, reason| context.pause(length, reason),
            |reason| Failure::UnknownOutcome {
                edit_id: context.edit_id.to_string(),
                look: "plenary plans".into(),
                reason,
            },
        );
        context.term.progress_done();
        let path = if self.file == "-" { "standard input".to_owned() } else { self.file.clone() };
        let plan = result.map_err(|failure| match failure {
            Failure::PlanFile { problems, .. } => Failure::PlanFile { path, problems },
            other => other,
        })?;
        if context.term.is_json() {
            return context.term.json(&plan);
        }
        context.term.line(&format!("imported {} ({}): {}", plan.id, stage_of(&plan), plan.title))?;
        context.term.note(&format!("Look at it with `plenary show {}`.", plan.id));
        Ok(())
    }
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
