//! `rules` and `rule`: the table of rules, and what a plan sets for them.

use clap::Args;
use plenary_protocol::record::Setting;
use plenary_protocol::wire::api::EditDone;
use plenary_protocol::wire::findings::{RuleBody, RuleSetting, RuleView, RulesAnswer};

use crate::context::Context;
use crate::examples;
use crate::failure::Failure;
use crate::render::element::Layout;
use crate::render::time::moment;
use crate::render::wrap::{one_line, wrap};
use crate::retry::until_answered;

/// List the rules, or what a plan sets for them.
#[derive(Debug, Args)]
#[command(after_help = examples::RULES)]
pub struct Rules {
    /// Only those that are off or weigh otherwise for this plan.
    plan: Option<String>,
}

impl Rules {
    /// Lists them.
    pub fn run(&self, context: &Context<'_>) -> Result<(), Failure> {
        match &self.plan {
            None => table(context),
            Some(plan) => set(context, plan),
        }
    }
}

fn table(context: &Context<'_>) -> Result<(), Failure> {
    let answer: RulesAnswer = context.http.get(&["rules"], &[])?;
    if context.term.is_json() {
        return context.term.json(&answer);
    }
    let layout = context.layout();
    let rules: Vec<String> = answer.rules.iter().map(|rule| told(rule, layout)).collect();
    let principles: Vec<String> =
        answer.principles.iter().map(|one| format!("{:>2}  {}", one.number, one.title)).collect();
    let principles = format!("Principles of the membership:\n{}", principles.join("\n"));
    context.term.line(&format!("{}\n\n{principles}", rules.join("\n")))
}

fn told(rule: &RuleView, layout: Layout) -> String {
    let numbers: Vec<String> = rule.principles.iter().map(u8::to_string).collect();
    let from = rule.blocks_from.map(|from| format!("; E from {from} on")).unwrap_or_default();
    let serves = layout.paint.dim(&format!("principles {}", numbers.join(", ")));
    let text = format!("{}: {}{from} [{serves}]", layout.paint.bold(&rule.code), rule.says);
    wrap(&format!("{} ", rule.severity), "          ", &text, layout.width)
}

fn set(context: &Context<'_>, plan: &str) -> Result<(), Failure> {
    let plan = context.plan(plan)?.id;
    let settings: Vec<RuleSetting> = context.http.get(&["plans", plan.as_str(), "rules"], &[])?;
    if context.term.is_json() {
        return context.term.json(&settings);
    }
    if settings.is_empty() {
        context.term.note(&format!("{plan} sets nothing for the rules; `plenary rule` does."));
        return Ok(());
    }
    let layout = context.layout();
    let told = |RuleSetting { rule, to, set }: &RuleSetting| {
        let why = set.because.as_deref().map(one_line).unwrap_or_default();
        let who =
            format!("entry {} by {} ({}), {}", set.seq, one_line(&set.name), set.bureau, moment(&set.at));
        wrap("", "  ", &format!("{} {to}: {why} ({who})", layout.paint.bold(rule)), layout.width)
    };
    let lines: Vec<String> = settings.iter().map(told).collect();
    context.term.line(&lines.join("\n"))
}

/// Set a rule off, or to weigh otherwise, for a plan; needs --because.
#[derive(Debug, Args)]
#[command(after_help = examples::RULE)]
pub struct SetRule {
    /// The plan.
    plan: String,
    /// The rule's code, like GUI-03.
    rule: String,
    /// off, E, W, I, or default.
    to: Setting,
}

impl SetRule {
    /// Sets it.
    pub fn run(&self, context: &Context<'_>) -> Result<(), Failure> {
        context.check_reason()?;
        let Some(because) = context.because.clone() else {
            return Err(Failure::Usage("setting a rule needs --because".into()));
        };
        let plan = context.plan(&self.plan)?.id;
        let body = RuleBody { id: context.edit_id.clone(), rule: self.rule.clone(), to: self.to, because };
        let done: EditDone = until_answered(
            || context.http.post_once(&["plans", plan.as_str(), "rules"], &[], &body),
            |length, reason| context.pause(length, reason),
            |reason| context.lost(&plan, reason),
        )?;
        context.report(
            Some(&done),
            None,
            None,
            &format!("set the rule {} of {plan} to {}", self.rule, self.to),
        )
    }
}
