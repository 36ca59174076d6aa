//! `stage`: a plan goes on, or back, through its stages.

use clap::Args;
use plenary_protocol::plan::Stage;
use plenary_protocol::wire::api::{EditDone, StageBody};

use crate::context::Context;
use crate::examples;
use crate::failure::Failure;
use crate::render::outline::stage_of;
use crate::retry::until_answered;

/// Move a plan to another stage.
///
/// Stages: secretariat_draft, consultation, cwg_sfp, council, plenipotentiary, adopted, withdrawn.  Going
/// back, withdrawing and reopening need --because.  Findings of severity E for a stage hold the plan up
/// (`check` lists them); with --despite-findings and --because it goes on all the same.
#[derive(Debug, Args)]
#[command(after_help = examples::STAGE)]
pub struct Advance {
    /// The plan.
    plan: String,
    /// The stage it goes to.
    stage: String,
    /// Go on despite findings that hold it up; needs --because.
    #[arg(long)]
    despite_findings: bool,
}

impl Advance {
    /// Moves it.
    pub fn run(&self, context: &Context<'_>) -> Result<(), Failure> {
        context.check_reason()?;
        let stage: Stage = self.stage.parse().map_err(|error| Failure::Usage(format!("stage {error}")))?;
        let plan = context.plan(&self.plan)?;
        let body = StageBody {
            id: context.edit_id.clone(),
            stage,
            because: context.because.clone(),
            despite_findings: self.despite_findings,
        };
        let done: EditDone = until_answered(
            || context.http.post_once(&["plans", plan.id.as_str(), "stage"], &[], &body),
            |length, reason| context.pause(length, reason),
            |reason| context.lost(&plan.id, reason),
        )?;
        context.report(
            Some(&done),
            None,
            None,
            &format!("moved {} from {} to {stage}", plan.id, stage_of(&plan)),
        )
    }
}
