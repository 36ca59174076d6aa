//! `access`: who may read a plan.

use clap::Args;
use plenary_protocol::access::{Access as Rule, Reader};
use plenary_protocol::wire::api::{AccessBody, EditDone, PlanAccess};

use crate::context::Context;
use crate::examples;
use crate::failure::Failure;
use crate::retry::until_answered;

/// Show or say who may read a plan.
///
/// Without an option, shows it.  With --only the plan is for those named, and for auditors and admins,
/// who read every plan; what stood before is replaced.  Whoever may not read a plan may not write it, and
/// to them it is as if it were not there.  Chairs and admins set it; it stands in the log.
#[derive(Debug, Args)]
#[command(after_help = examples::ACCESS)]
pub struct Access {
    /// The plan.
    plan: String,
    /// Who may read it: role:ROLE, bureau:BUREAU or subject:SUBJECT (repeat it for several).
    #[arg(long, value_name = "WHO", conflicts_with = "open")]
    only: Vec<Reader>,
    /// Let everybody with a valid token read it again.
    #[arg(long)]
    open: bool,
}

impl Access {
    /// Shows or sets it.
    pub fn run(self, context: &Context<'_>) -> Result<(), Failure> {
        let plan = context.plan(&self.plan)?.id;
        if self.only.is_empty() && !self.open {
            let shown: PlanAccess = context.http.get(&["plans", plan.as_str(), "access"], &[])?;
            if context.term.is_json() {
                return context.term.json(&shown);
            }
            return context.term.line(&format!("{plan} can be read by {}", words(&shown.access)));
        }
        context.check_reason()?;
        let access = if self.open { Rule::Everybody } else { Rule::Only(self.only.into_iter().collect()) };
        let body = AccessBody {
            id: context.edit_id.clone(),
            access: access.clone(),
            because: context.because.clone(),
        };
        let done: EditDone = until_answered(
            || context.http.put_once(&["plans", plan.as_str(), "access"], &body),
            |length, reason| context.pause(length, reason),
            |reason| context.lost(&plan, reason),
        )?;
        context.report(Some(&done), None, None, &format!("{plan} can be read by {} now", words(&access)))
    }
}

/// The rule, with those who are never shut out.
fn words(access: &Rule) -> String {
    match access {
        Rule::Everybody => access.to_string(),
        Rule::Only(readers) => format!("{readers}, and by auditors and admins"),
    }
}
