//! `verify`: a plan's history checked without a word of trust in the server.

mod earlier;
mod files;
mod kept;
mod offline;
mod online;
#[cfg(test)]
mod tests;
pub mod told;
mod walk;

use std::path::PathBuf;

use clap::Args;
use plenary_protocol::evidence::VerifierKey;

use crate::context::Context;
use crate::examples;
use crate::exit;
use crate::failure::Failure;
use crate::render::element::Layout;
use crate::render::evidence as render;
use crate::term::Term;

use online::{Asked, Stop};

/// Check that a plan's history was not altered, or a bundle of evidence.
///
/// With a server: gets the signed checkpoint, demands the proof that the log has only grown since the
/// last time, gets the exact entries and recomputes everything itself.  What was verified is kept, so
/// that the next time goes on from there.  With a bundle: no server, no login, no network.
///
/// When the server was restored and its log has begun a new epoch, the new log is compared with what was
/// verified of the earlier one.  Verified entries that it lacks are a failure, until you accept it.
///
/// Ends with 0 when it is verified and 10 when the evidence FAILS; other codes mean that it could not be
/// checked.
#[derive(Debug, Args)]
#[command(after_help = examples::VERIFY)]
pub struct Verify {
    /// The plan.
    #[arg(required_unless_present = "bundle", conflicts_with = "bundle")]
    plan: Option<String>,
    /// Check every entry anew, not only what came since the last time.
    #[arg(long, conflicts_with = "bundle")]
    all: bool,
    /// The key you trust, or a file with such keys [default: of a server the one kept from the first
    /// time; of a bundle the one in it].
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// Accept that the log of this epoch lacks entries which were verified in an earlier one.  What was
    /// verified then is put aside, not deleted.
    #[arg(long, value_name = "NUMBER", conflicts_with = "bundle")]
    accept_epoch: Option<u64>,
    /// Check this bundle: the zip, or the folder it was unpacked to.
    #[arg(long, value_name = "FILE")]
    pub bundle: Option<PathBuf>,
}

impl Verify {
    /// Checks a plan of a server.
    pub fn run(&self, context: &Context<'_>) -> Result<(), Failure> {
        let trusted = self.trusted()?;
        let plan = context.plan(self.plan.as_deref().unwrap_or_default())?.id;
        let asked = Asked { trusted: &trusted, is_all: self.all, accepted: self.accept_epoch };
        let looked = online::look(context, &plan, &asked);
        context.term.progress_done();
        match looked {
            Ok(verified) if context.term.is_json() => context.term.json(&verified),
            Ok(verified) => context.term.line(&render::verified(&verified, context.layout())),
            Err(Stop::Failure(failure)) => Err(failure),
            Err(Stop::Fails(fails)) => {
                if context.term.is_json() {
                    context.term.json(&fails)?;
                } else {
                    context.term.line(&render::fails(&fails, context.layout()))?;
                }
                Err(Failure::Told(exit::EVIDENCE))
            }
        }
    }

    /// Checks a bundle.
    pub fn run_offline(&self, term: &Term) -> Result<(), Failure> {
        let trusted = self.trusted()?;
        let path = self.bundle.clone().unwrap_or_default();
        let checked = offline::check(&path, &trusted)?;
        if term.is_json() {
            term.json(&checked)?;
        } else {
            let layout = Layout { paint: term.paint(), width: term.width() };
            term.line(&render::bundle(&checked, layout))?;
        }
        if checked.holds() { Ok(()) } else { Err(Failure::Told(exit::EVIDENCE)) }
    }

    /// The keys that are given: one as text, or those of a file.
    fn trusted(&self) -> Result<Vec<VerifierKey>, Failure> {
        let Some(given) = &self.key else { return Ok(Vec::new()) };
        let path = std::path::Path::new(given);
        let text = if path.exists() {
            std::fs::read_to_string(path)
                .map_err(|error| Failure::Local(format!("cannot read {given}: {error}")))?
        } else {
            given.clone()
        };
        let keys = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let keys: Vec<VerifierKey> = keys.map(str::parse).collect::<Result<_, _>>().map_err(|error| {
            Failure::Usage(format!("--key {given}: {error}, nor is there a file of that name with keys"))
        })?;
        if keys.is_empty() {
            return Err(Failure::Usage(format!("--key {given}: there is no key in it")));
        }
        Ok(keys)
    }
}
