//! Pages of the access log, newest first: one file in memory at a time, and so many lines looked at.

use std::path::{Path, PathBuf};

use plenary_limits::ACCESS_LINES_PER_PAGE_MAX;
use plenary_protocol::ids::{PlanId, Subject};
use plenary_protocol::wire::api::AccessLine;

/// The file that is written to.
pub const CURRENT: &str = "access.jsonl";

/// Which lines are asked for.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Lines before this one.
    pub before: Option<u64>,
    /// Most lines.
    pub limit: usize,
    /// Only of this plan.
    pub plan: Option<PlanId>,
    /// Only of this person.
    pub subject: Option<Subject>,
}

/// A page.
#[derive(Debug, Default, PartialEq)]
pub struct Reading {
    /// The lines, newest first.
    pub lines: Vec<AccessLine>,
    /// Where the next page begins; none when there is no more.
    pub next_before: Option<u64>,
}

/// The files of the log, oldest first.
///
/// # Errors
/// When the folder cannot be listed.
pub fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut current = None;
    for file in std::fs::read_dir(folder)? {
        let file = file?;
        if !file.file_type()?.is_file() {
            continue;
        }
        match file.file_name().to_str() {
            Some(CURRENT) => current = Some(file.path()),
            Some(name) if first_of(name).is_some() => found.push(file.path()),
            _ => {}
        }
    }
    // Numbers have as many digits, so names are in their order.
    found.sort();
    found.extend(current);
    Ok(found)
}

/// The number of the first line of a file that was put aside.
fn first_of(name: &str) -> Option<u64> {
    name.strip_prefix("access-")?.strip_suffix(".jsonl")?.split('-').next()?.parse().ok()
}

/// The number of a line, if it is one.
pub(super) fn number_of(line: &str) -> Option<u64> {
    serde_json::from_str::<AccessLine>(line).ok().map(|line| line.number)
}

/// Reads a page; `may_see` says whether lines on a plan are shown.  A line that does not read was torn
/// by a crash, and is passed over.
///
/// # Errors
/// When a file cannot be read.
pub fn page(
    folder: &Path,
    asked: &Asked,
    mut may_see: impl FnMut(&PlanId) -> bool,
) -> std::io::Result<Reading> {
    let mut page = Reading::default();
    let mut looked_at = 0;
    let mut last = None;
    for path in files(folder)?.into_iter().rev() {
        let first = path.file_name().and_then(|name| first_of(name.to_str()?));
        if first.zip(asked.before).is_some_and(|(first, before)| first >= before) {
            continue;
        }
        let text = match std::fs::read(&path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            // It was put aside since it was listed; what it holds is older than what was asked first.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        for line in text.lines().rev() {
            let Ok(line) = serde_json::from_str::<AccessLine>(line) else { continue };
            if asked.before.is_some_and(|before| line.number >= before) {
                continue;
            }
            if page.lines.len() == asked.limit || looked_at == ACCESS_LINES_PER_PAGE_MAX {
                page.next_before = last;
                return Ok(page);
            }
            looked_at += 1;
            last = Some(line.number);
            let is_asked = asked.plan.as_ref().is_none_or(|plan| line.plan.as_ref() == Some(plan))
                && asked.subject.as_ref().is_none_or(|subject| line.subject == *subject);
            if is_asked && line.plan.as_ref().is_none_or(&mut may_see) {
                page.lines.push(line);
            }
        }
    }
    Ok(page)
}
