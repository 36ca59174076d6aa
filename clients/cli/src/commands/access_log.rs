//! `access-log`: what auditors read.

use clap::Args;
use plenary_limits::EVENTS_PER_PAGE_MAX;
use plenary_protocol::ids::Subject;
use plenary_protocol::wire::api::{AccessLine, AccessLogPage};

use crate::context::Context;
use crate::examples;
use crate::failure::Failure;
use crate::render::time::moment;
use crate::render::wrap::one_line;

/// Show what auditors read, newest first.
///
/// Every read of an auditor is written down before it is answered: who, when, which address of which
/// plan, how much it told.  For auditors (on plans that they may read) and admins.
#[derive(Debug, Args)]
#[command(after_help = examples::ACCESS_LOG)]
pub struct AccessLog {
    /// Only reads of this plan.
    plan: Option<String>,
    /// Only reads by this person, as their token names them.
    #[arg(long, value_name = "SUBJECT")]
    subject: Option<Subject>,
    /// How many at most.
    #[arg(short = 'n', long, value_name = "COUNT", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..))]
    limit: u64,
}

impl AccessLog {
    /// Shows it.
    pub fn run(&self, context: &Context<'_>) -> Result<(), Failure> {
        let mut filters = Vec::new();
        if let Some(plan) = &self.plan {
            filters.push(("plan", context.plan(plan)?.id.to_string()));
        }
        if let Some(subject) = &self.subject {
            filters.push(("subject", subject.to_string()));
        }
        let (want, mut all, mut before): (usize, Vec<AccessLine>, Option<u64>) =
            (self.limit as usize, Vec::new(), None);
        loop {
            let mut query = filters.clone();
            query.push(("limit", (want - all.len()).min(EVENTS_PER_PAGE_MAX).to_string()));
            query.extend(before.map(|before| ("before", before.to_string())));
            let page: AccessLogPage = context.http.get(&["access-log"], &query)?;
            all.extend(page.lines);
            before = page.next_before;
            if before.is_none() || all.len() >= want {
                break;
            }
        }
        if context.term.is_json() {
            return context.term.json(&all);
        }
        if all.is_empty() {
            context.term.note("No auditor has read anything that fits.");
            return Ok(());
        }
        let lines: Vec<String> = all.iter().map(line).collect();
        context.term.line(&lines.join("\n"))
    }
}

fn line(line: &AccessLine) -> String {
    let AccessLine { at, subject, name, bureau, method, path, route, query, status, count, last, .. } = line;
    let address = if path.is_empty() { route } else { path };
    let query = query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
    let plan = line.plan.as_ref().filter(|plan| !address.contains(plan.as_str()));
    let plan = plan.map(|plan| format!(" of {plan}")).unwrap_or_default();
    let status = status
        .filter(|status| *status != 200)
        .map(|status| format!(", answered {status}"))
        .unwrap_or_default();
    let count = count.map(|count| format!(", told {count}")).unwrap_or_default();
    let last = last.map(|last| format!(", up to entry {last}")).unwrap_or_default();
    let text = format!("{name} ({bureau}, {subject}) {method} {address}{query}{plan}{status}{count}{last}");
    format!("{:>6} {} {}", line.number, moment(at), one_line(&text))
}
