//! `revoke` and `revocations`: tokens that no longer count.

use clap::{ArgGroup, Args};
use plenary_protocol::ids::Subject;
use plenary_protocol::wire::api::{RevocationBody, RevocationPage, RevocationView};

use crate::context::Context;
use crate::examples;
use crate::failure::Failure;
use crate::render::time::moment;
use crate::render::wrap::one_line;

/// Revoke tokens: they are refused from now on, and their connections end within seconds.
///
/// --subject revokes all tokens of somebody that were issued so far; one issued later counts again.
/// --token-id revokes one token.  Only admins revoke.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true), after_help = examples::REVOKE)]
pub struct Revoke {
    /// Whose tokens.
    #[arg(long, value_name = "SUBJECT", group = "what")]
    subject: Option<Subject>,
    /// The id of one token (its `jti`).
    #[arg(long, value_name = "ID", group = "what")]
    token_id: Option<String>,
    /// Only tokens of this issuer [default: of any].
    #[arg(long, value_name = "ISSUER")]
    issuer: Option<String>,
}

/// List the revocations that are in force.
///
/// Each is forgotten when no token that it could be about can be valid any more, after some 12 hours.
#[derive(Debug, Args)]
#[command(after_help = examples::REVOCATIONS)]
pub struct Revocations {}

impl Revoke {
    /// Revokes.
    pub fn run(self, context: &Context<'_>) -> Result<(), Failure> {
        context.check_reason()?;
        let Revoke { subject, token_id, issuer } = self;
        let body = RevocationBody { jti: token_id, subject, issuer, because: context.because.clone() };
        let made: RevocationView = context.http.post(&["revocations"], &[], &body)?;
        if context.term.is_json() {
            return context.term.json(&made);
        }
        context.term.line(&format!("revoked {}", line(&made)))
    }
}

impl Revocations {
    /// Lists them.
    pub fn run(&self, context: &Context<'_>) -> Result<(), Failure> {
        let mut all = Vec::new();
        let mut after = 0;
        loop {
            let page: RevocationPage = context.http.get(&["revocations"], &[("after", after.to_string())])?;
            all.extend(page.revocations);
            match page.next_after {
                Some(next) => after = next,
                None => break,
            }
        }
        if context.term.is_json() {
            return context.term.json(&all);
        }
        if all.is_empty() {
            context.term.note("No tokens are revoked.");
            return Ok(());
        }
        let lines: Vec<String> = all.iter().map(line).collect();
        context.term.line(&lines.join("\n"))
    }
}

fn line(revocation: &RevocationView) -> String {
    let RevocationView { jti, subject, issuer, since, until, by, because } = revocation;
    let since = moment(since);
    let what = match (jti, subject) {
        (Some(id), _) => format!("the token {id}"),
        (None, Some(subject)) => format!("all tokens of {subject} issued up to {since}"),
        (None, None) => "nothing".to_owned(),
    };
    let issuer = issuer.as_ref().map(|issuer| format!(" by {issuer}")).unwrap_or_default();
    let because = because.as_ref().map(|text| format!(", because {}", one_line(text))).unwrap_or_default();
    format!("{what}{issuer}, by {by} at {since}, kept until {}{because}", moment(until))
}
