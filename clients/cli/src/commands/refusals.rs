//! `refusals`: changes of replicas that were not taken.

use clap::Args;
use plenary_protocol::ids::Subject;

use super::history::newest;
use crate::context::Context;
use crate::examples;
use crate::failure::Failure;
use crate::names::Names;
use crate::render::event::raw_line;
use crate::render::wrap::wrap;

/// Show the changes that were refused, newest first: whose, why, and how often again.
///
/// Replicas (the page, clients that keep a copy) send finished changes; one that the plan cannot take is refused.  The first of each replica and reason is an entry; what is offered again is counted, and one entry a minute and person tells the number.  --json tells the hash of each change.
#[derive(Debug, Args)]
#[command(after_help = examples::REFUSALS)]
pub struct Refusals {
    /// The plan.
    plan: String,
    /// Only what this person sent, as their token names them.
    #[arg(long, value_name = "SUBJECT")]
    subject: Option<Subject>,
    /// How many at most.
    #[arg(short = 'n', long, value_name = "COUNT", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..))]
    limit: u64,
}

impl Refusals {
    /// Shows them.
    pub fn run(&self, context: &Context<'_>) -> Result<(), Failure> {
        let view = context.open(&self.plan, true)?;
        let mut query = vec![("type", "refused".to_owned())];
        query.extend(self.subject.as_ref().map(|subject| ("subject", subject.to_string())));
        let want = Some(self.limit as usize);
        let events = newest(want, |cursor, limit| context.entries(view.id.as_str(), &query, cursor, limit))?;
        if context.term.is_json() {
            return context.term.json(&events);
        }
        if events.is_empty() {
            context.term.note("Nothing that fits was refused.");
            return Ok(());
        }
        let names = Names::of(&view);
        let (paint, width) = (context.term.paint(), context.term.width());
        let line = |event| wrap("", "       ", &raw_line(event, &names, paint), width);
        context.term.line(&events.iter().map(line).collect::<Vec<String>>().join("\n"))
    }
}
