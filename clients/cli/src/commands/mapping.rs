//! `mapping`: what became of the former plan, what was asked and answered, what is quoted rightly.

use clap::Args;
use plenary_protocol::wire::mapping::{Coverage, FormerPlan, Guidance, MappingAnswer, QuoteCheck};
use plenary_protocol::wire::past::{Former, Named};

use crate::context::Context;
use crate::examples;
use crate::failure::Failure;
use crate::names::Names;
use crate::render::difference::segments;
use crate::render::element::Layout;
use crate::render::past::title;
use crate::render::time::point;
use crate::render::wrap::{one_line, wrap};

/// Show the mapping of a plan at a glance.
///
/// What became of each former element and why, how many are accounted for, which requests have a
/// response, and which quotations of the former plan do not say what it says.
#[derive(Debug, Args)]
#[command(after_help = examples::MAPPING)]
pub struct Mapping {
    /// The plan.
    plan: String,
    /// As of this entry, time, date or version:NAME [default: now].
    #[arg(long, value_name = "WHEN")]
    at: Option<String>,
}

impl Mapping {
    /// Shows it.
    pub fn run(&self, context: &Context<'_>) -> Result<(), Failure> {
        let plan = context.plan(&self.plan)?;
        let at = self.at.as_deref().map(point).transpose()?;
        let query: Vec<(&str, String)> = at.into_iter().map(|at| ("at", at)).collect();
        let answer: MappingAnswer = context.http.get(&["plans", plan.id.as_str(), "mapping"], &query)?;
        if context.term.is_json() {
            return context.term.json(&answer);
        }
        let layout = context.layout();
        let mut parts = Vec::new();
        match &answer.former_plan {
            Some(former) => parts.extend(former_plan(former, layout)),
            None => parts.push("It names no predecessor that you may read.".to_owned()),
        }
        parts.push(guidance(&answer.guidance, layout));
        parts.push(quotes(&answer.quotes, layout));
        context.term.line(&parts.join("\n\n"))
    }
}

fn former_plan(told: &FormerPlan, layout: Layout) -> Vec<String> {
    let mut parts = vec![told.coverage.iter().map(coverage).collect::<Vec<_>>().join("\n")];
    let lines: Vec<String> = told.former.iter().map(|one| former(one, layout)).collect();
    parts.push(lines.join("\n"));
    for (heading, named) in [
        ("No disposition says what became of:", told.without_disposition.iter().collect::<Vec<_>>()),
        (
            "New, and no reason why they have no predecessor:",
            told.without_predecessor
                .iter()
                .filter(|one| one.reason.is_empty())
                .map(|one| &one.about)
                .collect(),
        ),
    ] {
        if !named.is_empty() {
            parts.push(format!("{heading}\n{}", list(&named, layout)));
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// "22 of 24 former targets have a disposition (16 carried into, 6 moved to outcome); 2 dropped without a reason: 3.4, 4.1"
fn coverage(count: &Coverage) -> String {
    let types = count.types.iter().map(|(kind, count)| format!("{count} {}", words(kind)));
    let types: Vec<String> = types.collect();
    let types = if types.is_empty() { String::new() } else { format!(" ({})", types.join(", ")) };
    let dropped = &count.dropped_without_reason;
    let codes: Vec<&str> =
        dropped.iter().map(|one| one.code.as_deref().unwrap_or(one.element.as_str())).collect();
    let dropped = match codes.as_slice() {
        [] => String::new(),
        codes => format!("; {} dropped without a reason: {}", codes.len(), codes.join(", ")),
    };
    format!(
        "{} of {} former elements of the kind {} have a disposition{types}{dropped}",
        count.with_disposition, count.former, count.kind
    )
}

fn words(kind: &str) -> String {
    if kind.is_empty() { "without a type".to_owned() } else { kind.replace('_', " ") }
}

fn short(about: &Named, layout: Layout) -> String {
    one_line(&title(about, None, &Names::default(), layout.paint))
}

fn former(former: &Former, layout: Layout) -> String {
    let mut lines = vec![wrap("", "    ", &short(&former.about, layout), layout.width)];
    for fate in &former.fates {
        let kind = words(fate.kind.as_deref().unwrap_or_default());
        let heirs: Vec<String> = fate.heirs.iter().map(|heir| short(&heir.about, layout)).collect();
        let heirs = if heirs.is_empty() { String::new() } else { format!(" → {}", heirs.join("; ")) };
        let why = if fate.rationale.is_empty() {
            String::new()
        } else {
            format!(" ({})", one_line(&fate.rationale))
        };
        lines.push(wrap("  ", "    ", &format!("{}{heirs}{why}", layout.paint.bold(&kind)), layout.width));
    }
    lines.join("\n")
}

fn list(named: &[&Named], layout: Layout) -> String {
    let line = |one: &&Named| wrap("  ", "    ", &short(one, layout), layout.width);
    named.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn guidance(told: &Guidance, layout: Layout) -> String {
    let statuses: Vec<String> =
        told.statuses.iter().map(|(status, count)| format!("{count} {status}")).collect();
    let mut out = format!("{} of {} requests have a response", told.answered, told.requests.len());
    if !statuses.is_empty() {
        out.push_str(&format!("; responses: {}", statuses.join(", ")));
    }
    for request in &told.requests {
        let code = |about: &Named| about.code.clone().unwrap_or_else(|| about.element.to_string());
        let responses = request.responses.iter().map(|response| match &response.status {
            Some(status) => format!("{} {status}", code(&response.about)),
            None => code(&response.about),
        });
        let responses: Vec<String> = responses.collect();
        let responses = match responses.is_empty() {
            true => layout.paint.bold("no response"),
            false => responses.join(", "),
        };
        let line = format!("{}: {responses}", code(&request.about));
        out.push_str(&format!("\n{}", wrap("  ", "    ", &line, layout.width)));
    }
    if !told.without_request.is_empty() {
        let lone: Vec<&Named> = told.without_request.iter().collect();
        out.push_str(&format!("\nResponses that answer no request:\n{}", list(&lone, layout)));
    }
    out
}

fn quotes(told: &[QuoteCheck], layout: Layout) -> String {
    let agree = told.iter().filter(|quote| quote.agrees == Some(true)).count();
    let unread = told.iter().filter(|quote| quote.agrees.is_none()).count();
    let mut out = format!("{agree} of {} quotations say what they quote", told.len());
    if unread > 0 {
        out.push_str(&format!(
            "; {unread} cannot be checked: what they quote is not there, or not yours to read"
        ));
    }
    for quote in told.iter().filter(|quote| quote.agrees == Some(false)) {
        let of = match &quote.quoted {
            Some(named) => short(named, layout),
            None => quote.of.element.to_string(),
        };
        out.push_str(&format!(
            "\n{}",
            wrap("  ", "    ", &format!("{of} of {}", quote.of.plan), layout.width)
        ));
        let text = segments(&quote.segments, layout.paint);
        out.push_str(&format!("\n{}", wrap("      ", "      ", &text, layout.width)));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coverage_reads_as_a_sentence() {
        let named = |code: &str| Named {
            element: "tgt-a".parse().unwrap(),
            kind: "target".into(),
            code: Some(code.into()),
            code_now: None,
            label: String::new(),
        };
        let count = Coverage {
            kind: "target".into(),
            former: 24,
            with_disposition: 22,
            types: [("carried_into".to_owned(), 20), ("dropped".to_owned(), 2)].into(),
            dropped_without_reason: vec![named("3.4"), named("4.1")],
        };
        assert_eq!(
            coverage(&count),
            "22 of 24 former elements of the kind target have a disposition (20 carried into, 2 dropped); \
             2 dropped without a reason: 3.4, 4.1"
        );
    }
}
