//! `check`: what the rules find in a plan, and who introduced and resolved each finding.

use std::collections::BTreeSet;

use clap::Args;
use plenary_protocol::ids::PlanId;
use plenary_protocol::wire::findings::{By, Finding, FindingsLine, PastFinding, Severity};

use crate::context::Context;
use crate::failure::Failure;
use crate::http::Lines;
use crate::render::element::Layout;
use crate::render::time::{moment, point};
use crate::render::wrap::{one_line, wrap};
use crate::term::Paint;
use crate::{examples, exit};

/// Show what the rules find in a plan.
///
/// The heaviest first: E holds the plan up on its way to adoption and to the stages that its rule names, W
/// warns, I informs.  The exit code is 11 while an E is shown, 12 while a W is, 0 otherwise.
#[derive(Debug, Args)]
#[command(after_help = examples::CHECK)]
pub struct Check {
    /// The plan.
    plan: String,
    /// As of this entry, date, time or version:NAME.
    #[arg(long, value_name = "WHEN")]
    at: Option<String>,
    /// Only what was not found yet at this entry, date, time or version:NAME.
    #[arg(long, value_name = "WHEN", conflicts_with = "history")]
    since: Option<String>,
    /// Only of these rules, by code, comma separated.
    #[arg(long, value_name = "CODE", conflicts_with = "history")]
    rule: Option<String>,
    /// Every finding there ever was, with who introduced and who resolved it; the exit code is 0.
    #[arg(long)]
    history: bool,
}

/// What makes a finding the same at two points.
type Same = (String, Vec<String>, String);

fn same(finding: &Finding) -> Same {
    let ids = finding.elements.iter().chain(&finding.former).map(ToString::to_string).collect();
    // Codes in the sentence follow the order; where a finding is about elements they say which.
    let says =
        if finding.elements.len() == 1 && finding.former.is_empty() { "" } else { finding.says.as_str() };
    (finding.code.clone(), ids, says.to_owned())
}

impl Check {
    /// Shows it.
    pub fn run(&self, context: &Context<'_>) -> Result<(), Failure> {
        let plan = context.plan(&self.plan)?.id;
        let at = self.at.as_deref().map(point).transpose()?;
        if self.history {
            return past(context, &plan, at);
        }
        let mut found = self.found(context, &plan, at)?;
        if let Some(since) = &self.since {
            let before = self.found(context, &plan, Some(point(since)?))?;
            let known: BTreeSet<Same> = before.iter().map(same).collect();
            found.retain(|finding| !known.contains(&same(finding)));
        }
        if context.term.is_json() {
            context.term.json(&found)?;
        } else if found.is_empty() {
            let new = if self.since.is_some() { " new" } else { "" };
            context.term.note(&format!("The rules find nothing{new} in {plan}."));
        } else {
            context.term.line(&listed(&found, context.layout()))?;
        }
        match found.iter().map(|finding| finding.severity).max() {
            Some(Severity::E) => Err(Failure::Told(exit::FINDINGS)),
            Some(Severity::W) => Err(Failure::Told(exit::WARNINGS)),
            Some(Severity::I) | None => Ok(()),
        }
    }

    fn found(
        &self,
        context: &Context<'_>,
        plan: &PlanId,
        at: Option<String>,
    ) -> Result<Vec<Finding>, Failure> {
        let query = [("at", at), ("rule", self.rule.clone())];
        let query: Vec<(&str, String)> =
            query.into_iter().filter_map(|(name, value)| value.map(|value| (name, value))).collect();
        context.http.get(&["plans", plan.as_str(), "findings"], &query)
    }
}

/// Findings under the rules that found them, and how many there are of each weight.
fn listed(found: &[Finding], layout: Layout) -> String {
    let paint = layout.paint;
    let mut lines = Vec::new();
    for group in found.chunk_by(|a, b| (&a.code, a.severity) == (&b.code, b.severity)) {
        let Some(first) = group.first() else { continue };
        let blocks: Vec<&str> = first.blocks.iter().map(|stage| stage.as_str()).collect();
        let blocks =
            if blocks.is_empty() { String::new() } else { format!(" (holds up {})", blocks.join(", ")) };
        let head = format!("{} {}{blocks}", weight(first.severity, paint), paint.bold(&first.code));
        lines.push(wrap("", "     ", &head, layout.width));
        lines.extend(group.iter().map(|one| wrap("     ", "       ", &one_line(&one.says), layout.width)));
        lines.push(wrap("     ", "       ", &paint.dim(&format!("→ {}", first.resolve)), layout.width));
    }
    let count = |severity: Severity| found.iter().filter(|finding| finding.severity == severity).count();
    let counts: Vec<String> =
        Severity::ALL.into_iter().map(|severity| format!("{} {severity}", count(severity))).collect();
    lines.push(format!("\n{} findings: {}", found.len(), counts.join(", ")));
    lines.join("\n")
}

fn weight(severity: Severity, paint: Paint) -> String {
    match severity {
        Severity::E => paint.red("E"),
        Severity::W => paint.yellow("W"),
        Severity::I => paint.dim("I"),
    }
}

/// Tells the history of findings as it comes.
fn past(context: &Context<'_>, plan: &PlanId, at: Option<String>) -> Result<(), Failure> {
    let query: Vec<(&str, String)> = at.into_iter().map(|at| ("at", at)).collect();
    let mut lines: Lines = context.http.lines(&["plans", plan.as_str(), "findings", "history"], &query)?;
    context.term.end_with_the_reader();
    loop {
        let text = lines
            .next_line()
            .map_err(|reason| Failure::Server(format!("the answer ended early: {reason}")))?;
        let Some(text) = text else { return Err(Failure::Server("the answer ended early".into())) };
        let line: FindingsLine = context.http.understand(&text)?;
        if context.term.is_json() {
            context.term.json_line(&line)?;
        }
        match line {
            FindingsLine::Start { .. } => {}
            FindingsLine::Progress { seq, until } => {
                context.term.progress(&format!("entry {seq} of {until}"))
            }
            FindingsLine::Finding(past) => {
                context.term.progress_done();
                if !context.term.is_json() {
                    context.term.line(&told(&past, context.layout()))?;
                }
            }
            FindingsLine::End { findings, open, left_out } => {
                context.term.progress_done();
                let left_out = if left_out == 0 {
                    String::new()
                } else {
                    format!("; {left_out} older ones are left out")
                };
                context.term.note(&format!("{findings} findings, {open} of them open{left_out}."));
                return Ok(());
            }
            FindingsLine::Failed { reason } => {
                context.term.progress_done();
                return Err(Failure::Server(reason));
            }
        }
    }
}

fn told(past: &PastFinding, layout: Layout) -> String {
    let paint = layout.paint;
    let Finding { code, severity, says, .. } = &past.finding;
    let head = format!("{} {} {}", weight(*severity, paint), paint.bold(code), one_line(says));
    let mut lines = vec![wrap("", "  ", &head, layout.width)];
    let mut by = |what: &str, by: &By| {
        let who = format!(
            "{what} in entry {} by {} ({}), {}",
            by.seq,
            one_line(&by.name),
            by.bureau,
            moment(&by.at)
        );
        lines.push(wrap("  ", "    ", &who, layout.width));
    };
    by("introduced", &past.introduced);
    if let Some(resolved) = &past.resolved {
        by("resolved", resolved);
    }
    lines.join("\n")
}
