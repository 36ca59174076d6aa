//! Operations about who may: readers of a plan, and tokens that no longer count.

use plenary_core::policy::Action;
use plenary_protocol::wire::RefusalCode::{self, *};
use plenary_protocol::wire::api::{
    AccessBody, AccessLogPage, EditDone, PlanAccess, RevocationBody, RevocationPage, RevocationView,
};
use serde_json::json;

use super::{Group, Operation, Who};
use crate::http::access_log::{self, AccessLogQuery};
use crate::http::revocations::PageQuery;
use crate::http::{access, revocations};

const ACCESS: &[RefusalCode] = &[NothingToDo, IdReused, FailedTrial, Busy, ReadOnly];

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::get("/api/v1/plans/{plan}/access", "getAccess", Group::Access, Who::May(Action::Read))
            .done_by(|route| route.to(access::get))
            .says("Tells who may read a plan", "Auditors and admins read every plan.")
            .gives::<PlanAccess>("The rule."),
        Operation::put(
            "/api/v1/plans/{plan}/access",
            "setAccess",
            Group::Access,
            Who::May(Action::SetAccess),
        )
        .done_by(|route| route.to(access::put))
        .says(
            "Says who may read a plan",
            "In the place of what stood before; it is an entry of the plan. To everybody else the plan is \
                 not there from then on, and their sockets are told so. A chair must be among those named.",
        )
        .body::<AccessBody>(
            "narrow",
            json!({
                "id": "example-access",
                "access": { "only": { "bureaux": ["BR", "TSB", "BDT", "GS"], "roles": ["chair"] } },
                    "because": "the Bureaux alone",
            }),
        )
        .gives::<EditDone>("Done and on disk.")
        .refuses(ACCESS),
        Operation::get("/api/v1/access-log", "listAccessLog", Group::Access, Who::May(Action::SeeAccessLog))
            .done_by(|route| route.to(access_log::list))
            .says(
                "Lists what auditors read",
                "Newest first: who, when, which address of which plan, how much it told. A read is written \
                 down before it is answered; one that can not be is refused. Auditors see lines on plans \
                 that they may read.",
            )
            .query::<AccessLogQuery>(&[("limit", "10"), ("plan", super::PLAN)])
            .gives::<AccessLogPage>("A page of it.")
            .refuses(&[NoSuchPlan, Unavailable]),
        Operation::get(
            "/api/v1/revocations",
            "listRevocations",
            Group::Access,
            Who::May(Action::SeeRevocations),
        )
        .done_by(|route| route.to(revocations::list))
        .says(
            "Lists the revocations in force",
            "Each is forgotten when no token that it could be about can be valid any more.",
        )
        .query::<PageQuery>(&[("limit", "100")])
        .gives::<RevocationPage>("A page of them."),
        Operation::post("/api/v1/revocations", "revokeTokens", Group::Access, Who::May(Action::Revoke))
            .done_by(|route| route.to(revocations::post))
            .says(
                "Revokes a token, or all tokens of somebody issued so far",
                "On disk before it is answered. Requests are refused at once, sockets close within seconds. \
                 What stood already is told as it stands.",
            )
            .body::<RevocationBody>(
                "somebody",
                json!({ "subject": "example-somebody", "because": "the laptop was stolen" }),
            )
            .or_body("one token", json!({ "jti": "example-token" }))
            .gives::<RevocationView>("It is in force.")
            .refuses(&[Busy, ReadOnly, Unavailable]),
    ]
}
