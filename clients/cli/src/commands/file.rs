//! `import` and `export`: plan files.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use plenary_protocol::access::{Access, Reader};
use plenary_protocol::limits::PLAN_FILE_BYTES_MAX;
use plenary_protocol::wire::api::PlanSummary;

use crate::context::Context;
use crate::examples;
use crate::failure::Failure;
use crate::render::time::point;
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
        context.term.line(&format!("imported {} ({}): {}", plan.id, plan.stage, plan.title))?;
        context.term.note(&format!("Look at it with `plenary show {}`.", plan.id));
        Ok(())
    }
}

/// Export a plan, with everything that was removed.
///
/// What is written can be imported again.
#[derive(Debug, Args)]
#[command(after_help = examples::EXPORT)]
pub struct Export {
    /// The plan.
    plan: String,
    /// Write to this file [default: standard output].
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// As of this entry, date, time or version:NAME.
    #[arg(long, value_name = "WHEN")]
    at: Option<String>,
}

impl Export {
    /// Exports it.
    pub fn run(&self, context: &Context<'_>) -> Result<(), Failure> {
        let at = self.at.as_deref().map(point).transpose()?;
        let plan = context.plan(&self.plan)?;
        context.term.progress(&format!("exporting {}", plan.id));
        let query: Vec<(&str, String)> = at.into_iter().map(|at| ("at", at)).collect();
        let text = context.http.get_text(&["plans", plan.id.as_str(), "export"], &query);
        context.term.progress_done();
        let text = text?;
        let Some(path) = &self.output else { return context.term.line(&text) };
        write_whole(path, &text)?;
        context.term.note(&format!("wrote {} bytes to {}", text.len(), path.display()));
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

/// Writes a file whole or not at all.
fn write_whole(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::Local(format!("cannot write {}: {error}", path.display()));
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        // A device or pipe cannot be replaced by a file.
        return fs::write(path, text).map_err(failed);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plan.json");
        write_whole(&path, "one").unwrap();
        write_whole(&path, "two").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let missing = folder.path().join("no/plan.json");
        assert_eq!(write_whole(&missing, "x").unwrap_err().exit_code(), 9);
    }
}
