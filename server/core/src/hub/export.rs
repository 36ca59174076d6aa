//! What leaves the house becomes an entry first, at whatever stage the plan is: taking out changes nothing.

use plenary_limits::EXPORT_FILTER_BYTES_MAX;
use plenary_protocol::record::{Act, Exported};
use plenary_protocol::wire::{Refusal, RefusalCode};

use super::writer::Beside;
use super::{Answer, Context, Hub, Input, Proposal};
use crate::policy::Action;

impl Hub {
    /// Writes down what is about to leave.
    pub(super) fn export(
        &mut self,
        input: &Input,
        exported: &Exported,
        because: &Option<String>,
        proposal: &mut Proposal,
        ctx: &mut Context<'_>,
    ) -> Result<Answer, Refusal> {
        if input.grant.action() != Action::Export {
            return Err(Refusal::new(RefusalCode::RoleForbids, "the grant is not one for exporting"));
        }
        plenary_protocol::plan::command::check_reason(because.as_deref(), &[])
            .map_err(|error| Refusal::new(RefusalCode::TooLarge, error.to_string()))?;
        let bytes = serde_json::to_vec(&exported.filter).map_or(usize::MAX, |filter| filter.len());
        if bytes > EXPORT_FILTER_BYTES_MAX {
            let reason =
                format!("a filter of {bytes} bytes is larger than the {EXPORT_FILTER_BYTES_MAX} kept");
            return Err(Refusal::new(RefusalCode::TooLarge, reason));
        }
        if exported.to > self.state.seq {
            let reason =
                format!("entry {} is not there yet; the last one is {}", exported.to, self.state.seq);
            return Err(Refusal::new(RefusalCode::BaseAhead, reason));
        }
        let beside = Beside { because: because.as_deref(), ..Beside::default() };
        let entry = self.seal(input, Act::Exported(exported.clone()), beside, proposal, ctx)?;
        Ok(Answer::Done { entries: vec![entry], made: Vec::new(), duplicate: false })
    }
}
