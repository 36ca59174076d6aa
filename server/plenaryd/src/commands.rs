//! What `plenaryd` does when it does not serve: tokens, rebuild, repair, verify, backup, restore, the table of
//! limits.

mod backup;
mod verify;

use std::fmt::Write as _;

use clap::CommandFactory;
use plenary_limits::{LIMITS, Limit, Settable};
use plenary_log::{OpenError, Options};
use serde_json::{Value, json};

pub use self::backup::{backup, restore};
pub use self::verify::{AgainstError, verify};
use crate::args::{
    Args, CompletionsArgs, DataArgs, LimitsArgs, ManArgs, RebuildArgs, RebuildSource, TokenArgs,
};
use crate::backup::BackupError;
use crate::clock;
use crate::config::{ConfigError, limits_set, local_issuer_name};
use crate::identity::{IssueError, Issuer, IssuerKey, TokenRequest};
use crate::indexer::EntryIndexer;
use crate::key_file::KeyFileError;

/// Section of the manual: programs of operators.
const MANUAL_SECTION: u8 = 8;

/// Why a command could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The configuration does not read.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The key of the local issuer is not there or not usable.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// The token could not be made.
    #[error(transparent)]
    Issue(#[from] IssueError),
    /// The log does not allow it.
    #[error(transparent)]
    Log(#[from] OpenError),
    /// The backup was not made or not restored, or the log does not hold.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// A checkpoint that was kept elsewhere does not fit.
    #[error(transparent)]
    Against(#[from] AgainstError),
    /// The manual pages could not be written.
    #[error("the manual pages could not be written")]
    Pages(#[source] std::io::Error),
}

impl CommandError {
    /// The exit code of `plenaryd`.
    pub fn exit_code(&self) -> u8 {
        match self {
            CommandError::Log(error) => error.exit_code(),
            CommandError::Backup(error) => error.exit_code(),
            CommandError::Against(error) => error.exit_code(),
            CommandError::Config(_) | CommandError::Key(_) => 78,
            CommandError::Issue(_) => 64,
            CommandError::Pages(_) => 73,
        }
    }
}

/// The table of limits, those that can be set as the configuration sets them.
///
/// # Errors
/// `CommandError::Config` when the configuration does not read or sets one out of its range.
pub fn limits(args: &LimitsArgs) -> Result<String, CommandError> {
    let set = limits_set(args.config.as_deref())?;
    if args.json {
        return Ok(format!("{:#}", limits_json(&set)));
    }
    let mut said = "Set under [limits] in the configuration file\n".to_owned();
    for (limit, value) in set {
        let Settable { key, default, least, most, .. } = limit;
        _ = write!(said, "\n{key} = {value}    ({least} to {most}, {default} unless set)\n");
        about(&mut said, limit.about, limit.beyond);
    }
    for area in LIMITS.chunk_by(|one, next| one.area == next.area) {
        _ = write!(said, "\n\nFixed: {}\n", area[0].area);
        for limit in area {
            _ = write!(said, "\n{} = {}\n", limit.name, limit.value);
            about(&mut said, limit.about, limit.beyond);
        }
    }
    Ok(said.trim_end().to_owned())
}

fn limits_json(set: &[(&Settable, i64)]) -> Value {
    let text = |lines: &[&str]| lines.iter().map(|line| line.trim()).collect::<Vec<&str>>().join(" ");
    let settable = set.iter().map(|(limit, value)| {
        let Settable { key, default, least, most, about, beyond, .. } = limit;
        json!({
            "key": key, "value": value, "default": default, "least": least, "most": most,
            "about": text(about), "beyond": beyond,
        })
    });
    let fixed = LIMITS.iter().map(|limit| {
        let Limit { area, name, value, beyond, .. } = limit;
        json!({ "area": area, "name": name, "value": value, "about": limit.about(), "beyond": beyond })
    });
    json!({ "settable": settable.collect::<Value>(), "fixed": fixed.collect::<Value>() })
}

fn about(said: &mut String, lines: &[&str], beyond: &str) {
    for line in lines {
        _ = writeln!(said, "    {}", line.trim());
    }
    _ = writeln!(said, "    Beyond it {beyond}.");
}

/// The completion script of a shell.
pub fn completions(args: &CompletionsArgs) -> String {
    let script = plenary_usage::completions(Args::command(), args.shell);
    String::from_utf8_lossy(&script).trim_end().to_owned()
}

/// The manual page, or how many pages were written into the folder given.
///
/// # Errors
/// `CommandError::Pages` when the folder cannot be made or written.
pub fn man(args: &ManArgs) -> Result<String, CommandError> {
    match &args.folder {
        Some(folder) => {
            let count = plenary_usage::write_pages(Args::command(), MANUAL_SECTION, folder);
            Ok(format!("wrote {} pages to {}", count.map_err(CommandError::Pages)?, folder.display()))
        }
        None => {
            let page = plenary_usage::page(Args::command(), MANUAL_SECTION).map_err(CommandError::Pages)?;
            Ok(String::from_utf8_lossy(&page.text).trim_end().to_owned())
        }
    }
}

/// A token of the local issuer, as text.
///
/// # Errors
/// `CommandError` when there is no local issuer in the directory or the token cannot be made.
pub fn token(args: &TokenArgs) -> Result<String, CommandError> {
    let issuer = Issuer::new(local_issuer_name(args.config.as_deref())?, IssuerKey::open(&args.data)?);
    let request = TokenRequest {
        subject: args.subject.clone(),
        name: args.name.clone(),
        bureau: args.bureau,
        role: args.role,
        lifetime_s: args.lifetime_s,
    };
    Ok(issuer.issue(&request, clock::now(), clock::entropy())?)
}

/// Makes the store anew from the journal, or the journal from the store; says what was done.
///
/// # Errors
/// `CommandError::Log` when the data does not allow it.
pub fn rebuild(args: &RebuildArgs) -> Result<String, CommandError> {
    let options = Options::new(&args.place.data);
    let note = format!("plenaryd rebuild at {}", clock::now());
    let mut lost = String::new();
    let (what, report) = match args.from {
        RebuildSource::Store => {
            ("journal made from the store", plenary_log::rebuild_from_store(&options, &EntryIndexer, &note)?)
        }
        RebuildSource::Journal => {
            let dropped = backup::dropped_by_journal(&args.place.data)?;
            let report = plenary_log::rebuild_from_journal(&options, &EntryIndexer, &note)?;
            lost = backup::begin_epoch_after(&args.place.data, dropped)?;
            ("store made from the journal", report)
        }
    };
    let mut said = format!("{what}: {} plans, {} entries", report.plans, report.entries);
    if let Some(kept) = report.kept {
        _ = write!(said, "; what it replaces is kept in {}", kept.display());
    }
    Ok(said + &lost)
}

/// Cuts what cannot be read off the log; says what was lost.
///
/// # Errors
/// `CommandError::Log` when the data does not allow it.
pub fn repair(args: &DataArgs) -> Result<String, CommandError> {
    let note = format!("plenaryd repair at {}", clock::now());
    let report = plenary_log::repair(&Options::new(&args.data), &note)?;
    let Some((path, offset)) = report.cut_at else {
        return Ok("nothing to cut off the last segment; `plenaryd verify` reads all of them".into());
    };
    let mut said = format!(
        "{} cut at byte {offset}: {} bytes, {} entries and {} facts are no longer in the journal",
        path.display(),
        report.lost_bytes,
        report.lost_entries.len(),
        report.lost_facts
    );
    for entry in &report.lost_entries {
        _ = write!(said, "\n  {} entry {}", entry.plan, entry.seq);
    }
    for kept in &report.kept {
        _ = write!(said, "\nkept aside: {}", kept.display());
    }
    Ok(said)
}
