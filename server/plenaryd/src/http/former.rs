//! The plan before another, as somebody may read it at that moment; the same for all who compare with it.
//!
//! That it is not there, or not theirs to read, is no plan before.  That it cannot be read now is a refusal:
//! whoever compares would otherwise say that nothing differs.

use std::sync::Arc;

use plenary_core::policy::{Action, Grant};
use plenary_protocol::plan::{PlanView, Value};
use plenary_protocol::point::Edge;
use plenary_protocol::principal::Principal;
use plenary_protocol::wire::{Refusal, RefusalCode};
use plenary_protocol::{PlanId, Seq};

use super::ApiError;
use super::plans::time_us;
use crate::server::Server;

/// The plan before, with the right to it.
pub(super) struct Former {
    /// What stands in it.
    pub view: Arc<PlanView>,
    grant: Grant,
}

impl Former {
    /// Asks anew whether it may still be read by whom it was read for.
    ///
    /// # Errors
    /// A refusal with code `no_such_plan` where it may not, and those of `Server::grant`.
    pub fn check(&self, server: &Server) -> Result<(), Refusal> {
        match is_there(server.grant(self.grant.principal(), self.grant.plan(), Action::Read))? {
            Some(_) => Ok(()),
            None => {
                let reason = "the plan before this one is no longer yours to read: ask again";
                Err(Refusal::new(RefusalCode::NoSuchPlan, reason))
            }
        }
    }
}

/// The plan before the one of a view: as it stands now, or, of a view of the past, as it stood then.
///
/// # Errors
/// That it cannot be read now.
pub(super) async fn former(
    server: &Arc<Server>,
    who: &Principal,
    then: &PlanView,
    is_past: bool,
) -> Result<Option<Former>, ApiError> {
    let Some(Value::Text(id)) = then.plan.get("predecessor") else { return Ok(None) };
    let Ok(id) = id.parse::<PlanId>() else { return Ok(None) };
    if id == then.id {
        return Ok(None);
    }
    let Some(grant) = is_there(server.grant(who, &id, Action::Read))? else { return Ok(None) };
    let at = is_past.then(|| time_us(&then.at, Edge::End)).transpose()?;
    let read = server.study(&grant, move |copy| copy.view(at.map(|at| copy.seq_at(at)))).await;
    // Before its first entry there was no plan.
    let view = is_there(read)?.filter(|view| view.seq > Seq::ZERO);
    Ok(view.map(|view| Former { view, grant }))
}

/// Nothing where a plan is not there for somebody; other refusals stay.
fn is_there<T>(answer: Result<T, Refusal>) -> Result<Option<T>, Refusal> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(refusal) if refusal.code == RefusalCode::NoSuchPlan => Ok(None),
        Err(refusal) => Err(refusal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_that_is_not_there_is_told_from_one_that_cannot_be_read_now() {
        let refused = |code| Err::<(), _>(Refusal::new(code, "so"));
        assert_eq!(is_there(Ok(7)).unwrap(), Some(7));
        assert_eq!(is_there(refused(RefusalCode::NoSuchPlan)).unwrap(), None);
        for code in [RefusalCode::Unavailable, RefusalCode::Busy, RefusalCode::Unauthenticated] {
            assert_eq!(is_there(refused(code)).unwrap_err().code, code);
        }
    }
}
