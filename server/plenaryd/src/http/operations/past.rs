//! Operations that tell what happened to plans.

use plenary_core::policy::Action;
use plenary_protocol::wire::EventView;
use plenary_protocol::wire::RefusalCode::{BaseAhead, NoSuchElement, NoSuchVersion, UnknownField};
use plenary_protocol::wire::api::RevisionPage;
use plenary_protocol::wire::past::{
    AppearancesAnswer, BlameAnswer, DiffAnswer, PredecessorDiff, TimelineAnswer,
};

use super::{Group, Operation, Who};
use crate::http::blame::{self, BlameQuery, TextQuery, TimelineQuery};
use crate::http::compare::{self, DiffQuery};
use crate::http::past::{self, PastQuery};
use crate::http::plans::PointQuery;

pub(super) fn operations() -> Vec<Operation> {
    let get = |path, id| Operation::get(path, id, Group::Past, Who::May(Action::Read));
    vec![
        get("/api/v1/plans/{plan}/events", "listEvents")
            .done_by(|route| route.to(past::events))
            .says(
                "Lists the entries of a plan",
                "Each entry in plain words: who, when, what, from what to what, why. All filters that are \
                 given must hold; several values of one are separated by commas, and one of them must hold. \
                 Oldest first, the next page begins `after` the last entry of this one.",
            )
            .query::<PastQuery>(&[
                ("after", "0"),
                ("limit", "2"),
                ("order", "asc"),
                ("type", "plan_created,actor_bound,change"),
                ("since", "2020-01-01"),
                ("to_seq", "3"),
            ])
            .gives::<Vec<EventView>>("The entries.")
            .refuses(&[NoSuchElement, BaseAhead, NoSuchVersion])
            .tagged()
            .paged(),
        get("/api/v1/plans/{plan}/history", "listRevisions")
            .done_by(|route| route.to(past::history))
            .says(
                "Tells the past of a plan as revisions",
                "The same as the entries, told by element and field: keystrokes of one person in one text \
                 are one revision. Ask for the next page with `next_after` as `after`.",
            )
            .query::<PastQuery>(&[
                ("limit", "5"),
                ("order", "desc"),
                ("subtree", "2"),
                ("kind", "target,indicator"),
                ("op", "add,set,text"),
                ("at", "3"),
            ])
            .gives::<RevisionPage>("The revisions.")
            .refuses(&[NoSuchElement, BaseAhead, NoSuchVersion])
            .tagged()
            .paged(),
        get("/api/v1/plans/{plan}/diff", "compare")
            .done_by(|route| route.to(compare::diff))
            .says(
                "Compares two points of a plan",
                "Elements are named as of the later point; texts are compared word by word.",
            )
            .query::<DiffQuery>(&[("from", "1"), ("to", "3"), ("subtree", "2"), ("field", "title")])
            .gives::<DiffAnswer>("The differences.")
            .refuses(&[NoSuchElement, BaseAhead, NoSuchVersion]),
        get("/api/v1/plans/{plan}/diff/predecessor", "comparePredecessor")
            .done_by(|route| route.to(compare::predecessor))
            .says(
                "Compares a plan with the one before it",
                "What became of each former element, along the dispositions of the plan. A plan that names \
                 no predecessor is answered `no_such_plan`.",
            )
            .query::<PointQuery>(&[("at", "3")])
            .gives::<PredecessorDiff>("The comparison.")
            .refuses(&[BaseAhead, NoSuchVersion]),
        get("/api/v1/plans/{plan}/elements/{element}/blame", "blame")
            .done_by(|route| route.to(blame::blame))
            .says("Says who wrote which part of what stands in an element", "")
            .query::<BlameQuery>(&[("field", "title"), ("lang", "en"), ("deleted", "true")])
            .gives::<BlameAnswer>("Each field, and each run of characters of a text, with its entry.")
            .refuses(&[UnknownField, BaseAhead, NoSuchVersion]),
        get("/api/v1/plans/{plan}/elements/{element}/timeline", "timeline")
            .done_by(|route| route.to(blame::timeline))
            .says("Tells all values that a field or text had", "The newest 1,000 steps, oldest first.")
            .query::<TimelineQuery>(&[("field", "title"), ("lang", "en")])
            .gives::<TimelineAnswer>("The values.")
            .refuses(&[UnknownField, BaseAhead, NoSuchVersion]),
        get("/api/v1/plans/{plan}/appearances", "findAppearances")
            .done_by(|route| route.to(blame::appearances))
            .says("Finds where a word or number first appeared, and where it last went", "")
            .query::<TextQuery>(&[("text", "climate"), ("part", "false")])
            .gives::<AppearancesAnswer>("Where it appeared, by first appearance.")
            .refuses(&[BaseAhead, NoSuchVersion]),
    ]
}
