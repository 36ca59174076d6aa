//! Operations on the named versions of plans.

use plenary_core::policy::Action;
use plenary_protocol::wire::RefusalCode::{self, *};
use plenary_protocol::wire::api::EditDone;
use plenary_protocol::wire::versions::{SignatureBody, VersionBody, VersionPage};
use serde_json::json;

use super::{Group, Operation, VERSION, Who};
use crate::http::versions::{self, VersionsQuery};

const NAME: &[RefusalCode] =
    &[OtherBureau, NoSuchVersion, BadId, IdReused, BaseAhead, OutOfRange, FailedTrial, Busy, ReadOnly];
const SIGN: &[RefusalCode] = &[NoSuchVersion, IdReused, NothingToDo, FailedTrial, Busy, ReadOnly];

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::get("/api/v1/plans/{plan}/versions", "listVersions", Group::Past, Who::May(Action::Read))
            .done_by(|route| route.to(versions::list))
            .says(
                "Lists the named versions of a plan with their signatures",
                "In the order in which they were named. A signature covers exactly the entry that the version \
                 names: `covers` has its number and hash. Wherever a point of the past is taken, \
                 `version:NAME` is one.",
            )
            .query::<VersionsQuery>(&[("limit", "10")])
            .gives::<VersionPage>("A page of them.")
            .refuses(&[NoSuchVersion])
            .paged(),
        Operation::post(
            "/api/v1/plans/{plan}/versions",
            "nameVersion",
            Group::Changes,
            Who::May(Action::NameVersion),
        )
        .done_by(|route| route.to(versions::name))
        .says(
            "Gives a point of a plan a name",
            "It stands for that point for ever. Versions are named by chairs, admins, and drafters of the \
             General Secretariat.",
        )
        .body::<VersionBody>(
            "a version",
            json!({
                "id": "example-version",
                "name": VERSION,
                "at": "3",
                "note": "As sent to the group",
            }),
        )
        .gives::<EditDone>("Done and on disk.")
        .refuses(NAME),
        Operation::post(
            "/api/v1/plans/{plan}/versions/{version}/signatures",
            "signVersion",
            Group::Changes,
            Who::May(Action::SignVersion),
        )
        .done_by(|route| route.to(versions::sign))
        .says(
            "Signs a version of a plan",
            "Drafters and chairs sign what they drafted, they and auditors what they reviewed, chairs what \
             they approve; each person once with each meaning. The entry says what is covered, by number and \
             hash.",
        )
        .body::<SignatureBody>("a review", json!({ "id": "example-signature", "meaning": "reviewed" }))
        .gives::<EditDone>("Done and on disk.")
        .refuses(SIGN),
    ]
}
