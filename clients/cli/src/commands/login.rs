//! `login`: a token is checked, then kept; it is never an argument, where others could read it.

use std::fs;
use std::io::{self, IsTerminal, Read};
use std::path::PathBuf;

use clap::Args;
use plenary_protocol::wire::api::Me;

use crate::args::Global;
use crate::context::{TOKEN_VARIABLE, address};
use crate::credentials::{self, Stored};
use crate::examples;
use crate::failure::Failure;
use crate::http::Http;
use crate::render::time::moment;
use crate::term::Term;

/// Most bytes of a token.
const TOKEN_BYTES_MAX: u64 = 16 * 1024;

/// Check a token against the server and keep it for later commands.
///
/// The token is read from --token-file, else from PLENARY_TOKEN, else from standard input.  It is kept in
/// plenary/credentials.json in the folder for configuration, readable by you only, one for each server.
#[derive(Debug, Args)]
#[command(after_help = examples::LOGIN)]
pub struct Login {
    /// Read the token from this file.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

impl Login {
    /// Checks and keeps the token.
    pub fn run(&self, global: &Global, term: &Term) -> Result<(), Failure> {
        let path = credentials::path()?;
        let mut stored = Stored::load(&path)?;
        let url = address(global, &stored)?;
        let token = self.token(term)?;
        let me: Me = Http::new(&url, &token).get(&["me"], &[])?;
        stored.keep(&url, &token);
        stored.save(&path)?;
        if term.is_json() {
            return term.json(&me);
        }
        term.line(&format!(
            "Logged in to {url} as {} ({}, {} {}), until {}.",
            me.name,
            me.subject,
            me.bureau,
            me.role,
            moment(&me.expires_at)
        ))?;
        term.note(&format!("The token is kept in {}.", path.display()));
        if url.starts_with("http://") && !credentials::is_this_machine(&url) {
            term.note(
                "The address is http, not https: everybody on the way can read the token and the plans.",
            );
        }
        Ok(())
    }

    fn token(&self, term: &Term) -> Result<String, Failure> {
        let text = match &self.token_file {
            Some(file) => fs::read_to_string(file)
                .map_err(|error| Failure::Local(format!("cannot read {}: {error}", file.display())))?,
            None => match std::env::var(TOKEN_VARIABLE) {
                Ok(token) if !token.trim().is_empty() => token,
                _ => from_stdin(term)?,
            },
        };
        let token = text.trim();
        if token.is_empty() || token.contains(char::is_whitespace) {
            return Err(Failure::Usage(
                "no token was given; it is one word, read from --token-file, PLENARY_TOKEN or standard input"
                    .into(),
            ));
        }
        Ok(token.to_owned())
    }
}

fn from_stdin(term: &Term) -> Result<String, Failure> {
    let failed = |error: io::Error| Failure::Local(format!("cannot read the token: {error}"));
    let mut text = String::new();
    if io::stdin().is_terminal() {
        term.note("Paste the token and press Enter:");
        io::stdin().read_line(&mut text).map_err(failed)?;
    } else {
        io::stdin().lock().take(TOKEN_BYTES_MAX).read_to_string(&mut text).map_err(failed)?;
    }
    Ok(text)
}
