//! `doctor`: looks at everything that a command needs, in order, and says what to do about the rest.
//!
//! It changes nothing and never prints the token.  A check that cannot be made because an earlier one
//! failed is left out.

mod findings;
mod probe;

#[cfg(test)]
mod tests;

use clap::Args;
use serde::Serialize;

use self::findings::{Finding, State};
use crate::args::Global;
use crate::context::{TOKEN_VARIABLE, address};
use crate::credentials::{self, Stored};
use crate::failure::Failure;
use crate::render::wrap::wrap;
use crate::term::{Paint, Term};
use crate::{examples, exit};

/// Name of the variable that holds the server's address.
const URL_VARIABLE: &str = "PLENARY_URL";
/// Columns of the names of the checks.
const NAME_COLUMNS: usize = 10;

/// Check connection, clock, token, and what the server is and speaks.
///
/// Each line is well (✓), to be looked at (!), or wrong (✗), with the way out.  The exit code is that of
/// the first thing that is wrong, as listed by `plenary --help`: 4 the token, 5 no server there, 8
/// another server or one that takes no edits; 0 when nothing is.
#[derive(Debug, Args)]
#[command(after_help = examples::DOCTOR)]
pub struct Doctor {}

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Report<'a> {
    url: Option<&'a str>,
    exit: u8,
    checks: &'a [Finding],
}

/// Which server and token are meant.
#[derive(Debug)]
struct Settings {
    url: String,
    token: Option<String>,
}

impl Doctor {
    /// Looks, and tells.
    pub fn run(&self, global: &Global, term: &Term) -> Result<(), Failure> {
        let mut findings = Vec::new();
        let mut tell = |finding: Finding| -> Result<(), Failure> {
            if !term.is_json() {
                term.line(&line(&finding, term.paint(), term.width()))?;
            }
            findings.push(finding);
            Ok(())
        };
        let url = match settings(global) {
            Ok((settings, found)) => {
                found.into_iter().try_for_each(&mut tell)?;
                probe::look(&settings, &mut tell)?;
                Some(settings.url)
            }
            Err(failure) => {
                let message = failure.message();
                tell(Finding::failed("settings", failure.exit_code(), message))?;
                None
            }
        };
        let exit = findings.iter().find_map(|finding| finding.code).unwrap_or(exit::OK);
        if term.is_json() {
            term.json(&Report { url: url.as_deref(), exit, checks: &findings })?;
        }
        if exit == exit::OK { Ok(()) } else { Err(Failure::Told(exit)) }
    }
}

fn line(finding: &Finding, paint: Paint, width: Option<usize>) -> String {
    let mark = match finding.state {
        State::Ok => paint.green("✓"),
        State::Warning => paint.yellow("!"),
        State::Failed => paint.red("✗"),
    };
    let way_out = finding.way_out.as_ref().map(|way_out| format!(" – {way_out}")).unwrap_or_default();
    let text = format!("{}{way_out}", finding.found).replace('\n', " ");
    let head = format!("{mark} {} ", paint.bold(&format!("{:<NAME_COLUMNS$}", finding.name)));
    wrap(&head, &" ".repeat(NAME_COLUMNS + 3), &text, width)
}

/// Where the settings come from.
fn settings(global: &Global) -> Result<(Settings, Vec<Finding>), Failure> {
    let path = credentials::path();
    let stored = match &path {
        Ok(path) => Stored::load(path)?,
        // Without a folder for it nothing can be stored.
        Err(_) => Stored::default(),
    };
    let file = path.map_or_else(|_| "the stored login".to_owned(), |path| path.display().to_string());
    let url = address(global, &stored)?;
    let from_environment = std::env::var(URL_VARIABLE).ok();
    let url_from = match &global.url {
        Some(given) if !given.is_empty() && from_environment.as_ref() == Some(given) => {
            URL_VARIABLE.to_owned()
        }
        Some(given) if !given.is_empty() => "--url".to_owned(),
        _ if stored.url.is_some() => format!("the last login, {file}"),
        _ => "nothing set: the usual one".to_owned(),
    };
    let mut findings = vec![Finding::ok("settings", format!("{url} (from {url_from})"))];
    if url.starts_with("http://") && !credentials::is_this_machine(&url) {
        findings.push(
            Finding::warning(
                "privacy",
                "http, not https: everybody on the way can read the token and the plans",
            )
            .way_out("name an https address with --url or PLENARY_URL"),
        );
    }
    let given = std::env::var(TOKEN_VARIABLE).ok().map(|token| token.trim().to_owned());
    let given = given.filter(|token| !token.is_empty());
    let kept = stored.tokens.get(&url).cloned();
    let from = match (&given, &kept) {
        (Some(_), Some(_)) => {
            Some(format!("{TOKEN_VARIABLE}, which goes before the stored login for this server"))
        }
        (Some(_), None) => Some(TOKEN_VARIABLE.to_owned()),
        (None, Some(_)) => Some(file),
        (None, None) => None,
    };
    findings.extend(from.map(|from| Finding::ok("token from", from)));
    Ok((Settings { url, token: given.or(kept) }, findings))
}
