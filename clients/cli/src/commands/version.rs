//! `versions` and `version`: points of a plan that have names, and who signed them.

use clap::{Args, Subcommand};
use plenary_protocol::wire::api::EditDone;
use plenary_protocol::wire::versions::{SignatureBody, Version as Named, VersionBody, VersionPage};
use plenary_protocol::{SignedAs, VersionName};

use crate::context::Context;
use crate::examples;
use crate::failure::Failure;
use crate::names::Names;
use crate::render::past::version;
use crate::render::time::point;
use crate::retry::until_answered;

/// List the named versions of a plan, with who signed them.
///
/// `version:NAME` stands for the version wherever a point of the plan's history is taken.
#[derive(Debug, Args)]
#[command(after_help = examples::VERSIONS)]
pub struct Versions {
    /// The plan.
    plan: String,
}

impl Versions {
    /// Lists them.
    pub fn run(&self, context: &Context<'_>) -> Result<(), Failure> {
        let plan = context.plan(&self.plan)?.id;
        let mut all: Vec<Named> = Vec::new();
        let mut after: Option<VersionName> = None;
        loop {
            let query: Vec<(&str, String)> = after.iter().map(|name| ("after", name.to_string())).collect();
            let page: VersionPage = context.http.get(&["plans", plan.as_str(), "versions"], &query)?;
            all.extend(page.versions);
            after = page.next_after;
            if after.is_none() {
                break;
            }
        }
        if context.term.is_json() {
            return context.term.json(&all);
        }
        if all.is_empty() {
            context.term.note(&format!("{plan} has no named versions; `plenary version name` makes one."));
            return Ok(());
        }
        let names = Names::default();
        let told: Vec<String> = all.iter().map(|one| version(one, &names, context.layout())).collect();
        context.term.line(&told.join("\n\n"))
    }
}

/// Name a point of a plan, or sign what a name stands for.
#[derive(Debug, Args)]
#[command(after_help = examples::VERSION)]
pub struct Version {
    #[command(subcommand)]
    deed: Deed,
}

#[derive(Debug, Subcommand)]
enum Deed {
    Name(Name),
    Sign(Sign),
}

/// Give a point of a plan a name; it stands for that point for ever.
#[derive(Debug, Args)]
struct Name {
    /// The plan.
    plan: String,
    /// The name: letters, digits, dot, hyphen and underscore.
    name: VersionName,
    /// This entry, date, time or version:NAME [default: now].
    #[arg(long, value_name = "WHEN")]
    at: Option<String>,
    /// What it is.
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

/// Sign a version: what it covers stands in the entry, by number and hash.
///
/// Drafters and chairs sign as drafted, they and auditors as reviewed, chairs as approved.
#[derive(Debug, Args)]
struct Sign {
    /// The plan.
    plan: String,
    /// The version.
    name: VersionName,
    /// What you say of it: drafted, reviewed or approved.
    meaning: SignedAs,
}

impl Version {
    /// Names or signs.
    pub fn run(self, context: &Context<'_>) -> Result<(), Failure> {
        context.check_reason()?;
        let (id, because) = (context.edit_id.clone(), context.because.clone());
        match self.deed {
            Deed::Name(Name { plan, name, at, note }) => {
                let plan = context.plan(&plan)?.id;
                let at = at.as_deref().map(point).transpose()?;
                let words = format!("named {} {name}", at.as_deref().unwrap_or("the last entry"));
                let body = VersionBody { id, name, at, note, because };
                let done: EditDone = until_answered(
                    || context.http.post_once(&["plans", plan.as_str(), "versions"], &[], &body),
                    |length, reason| context.pause(length, reason),
                    |reason| context.lost(&plan, reason),
                )?;
                context.report(Some(&done), None, None, &words)
            }
            Deed::Sign(Sign { plan, name, meaning }) => {
                let plan = context.plan(&plan)?.id;
                let body = SignatureBody { id, meaning, because };
                let path = ["plans", plan.as_str(), "versions", name.as_str(), "signatures"];
                let done: EditDone = until_answered(
                    || context.http.post_once(&path, &[], &body),
                    |length, reason| context.pause(length, reason),
                    |reason| context.lost(&plan, reason),
                )?;
                context.report(Some(&done), None, None, &format!("signed {name} as {meaning}"))
            }
        }
    }
}
