//! Operations that give plans as they are or were.

use plenary_core::policy::Action;
use plenary_protocol::plan::PlanView;
use plenary_protocol::wire::RefusalCode;
use plenary_protocol::wire::api::{Me, PlanSummary};

use super::change::PlanFile;
use super::{Group, Operation, Who};
use crate::http::kinds::{self, KindsAnswer};
use crate::http::plans::{self, ElementAnswer, ListQuery, PointQuery, WholeQuery};

const READ: Who = Who::May(Action::Read);

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::get("/api/v1/plans", "listPlans", Group::Plans, READ)
            .done_by(|route| route.to(plans::list))
            .says("Lists the plans that you may read", "In the order of their ids. One that cannot be read at the moment is listed as `unavailable`, the others as usual.")
            .query::<ListQuery>(&[("limit", "10")])
            .gives::<Vec<PlanSummary>>("The plans.")
            .refuses(&[RefusalCode::Unavailable])
            .paged(),
        Operation::get("/api/v1/plans/{plan}", "getPlan", Group::Plans, READ)
            .done_by(|route| route.to(plans::get))
            .says(
                "Gives a whole plan, now or as it was",
                "Elements come in reading order. What is marked removed is left out unless asked for.",
            )
            .query::<WholeQuery>(&[("at", "3"), ("removed", "true")])
            .gives::<PlanView>("The plan.")
            .refuses(&[RefusalCode::BaseAhead, RefusalCode::NoSuchVersion])
            .tagged(),
        Operation::get("/api/v1/plans/{plan}/export", "exportPlan", Group::Plans, READ)
            .done_by(|route| route.to(plans::export))
            .says(
                "Gives a plan as a file",
                "The file is one that `POST /api/v1/plans` takes. The header `Content-Disposition` names it. \
                 It says what `GET /api/v1/plans/{plan}` says, so this is a plain read and no entry; \
                 `POST …/exports` gives the same file and writes it down.",
            )
            .query::<PointQuery>(&[("at", "3")])
            .gives::<PlanFile>("The plan file.")
            .refuses(&[RefusalCode::BaseAhead, RefusalCode::NoSuchVersion])
            .tagged(),
        Operation::get("/api/v1/plans/{plan}/elements/{element}", "getElement", Group::Plans, READ)
            .done_by(|route| route.to(plans::element))
            .says("Gives one element with its links, now or as it was", "")
            .query::<PointQuery>(&[("at", "3")])
            .gives::<ElementAnswer<'_>>("The element.")
            .refuses(&[RefusalCode::BaseAhead, RefusalCode::NoSuchVersion])
            .tagged(),
        Operation::get("/api/v1/kinds", "listKinds", Group::Plans, READ)
            .done_by(|route| route.to(kinds::kinds))
            .says(
                "Gives the table of kinds",
                "Which kinds of elements and links there are, where they may stand, what they hold.",
            )
            .gives::<KindsAnswer>("The table."),
        Operation::get("/api/v1/me", "whoAmI", Group::Plans, Who::Known)
            .done_by(|route| route.to(plans::me))
            .says("Says who your token says you are", "")
            .gives::<Me>("Who you are."),
    ]
}
