//! Operations on what the rules find in plans.

use actix_web::http::StatusCode;
use plenary_core::policy::Action;
use plenary_protocol::wire::RefusalCode::{
    BaseAhead, Busy, FailedTrial, IdReused, NoSuchRule, NoSuchVersion, NothingToDo, ReadOnly, StageForbids,
};
use plenary_protocol::wire::api::EditDone;
use plenary_protocol::wire::findings::{Finding, FindingsLine, RuleBody, RuleSetting, RulesAnswer};
use serde_json::json;

use super::past::lines_of;
use super::{Group, Operation, Who};
use crate::http::findings::{self, FindingsQuery, PastFindingsQuery};
use crate::http::replay::LINES;

const READ: Who = Who::May(Action::Read);

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::get("/api/v1/plans/{plan}/findings", "listFindings", Group::Plans, READ)
            .done_by(|route| route.to(findings::list))
            .says(
                "Lists what the rules find in a plan, now or as it was",
                "The heaviest first. `E` holds the plan up on its way to adoption, and to the stages that its \
                 rule names; `blocks` lists them. Rules that compare with the plan before find nothing for \
                 whoever may not read that one. An answer has at most 5,000 findings; how many more there are \
                 stands in the header `Plenary-Left-Out`.",
            )
            .query::<FindingsQuery>(&[("at", "3"), ("rule", "SMT-02,EXT-01"), ("severity", "E,W")])
            .gives::<Vec<Finding>>("The findings.")
            .refuses(&[BaseAhead, NoSuchVersion])
            .tagged(),
        Operation::get("/api/v1/plans/{plan}/findings/history", "listPastFindings", Group::Past, READ)
            .done_by(|route| route.to(findings::history))
            .says(
                "Tells who introduced and who resolved each finding",
                "One JSON value a line: `start`, `progress` while entries are looked at, then each finding that \
                 the plan ever had, by the entry that introduced it, and `end`, or `failed` with the reason. \
                 What is open has no `resolved`.",
            )
            .query::<PastFindingsQuery>(&[("at", "3")])
            .answers(StatusCode::OK, "The lines.", Some((LINES, lines_of::<FindingsLine>)))
            .refuses(&[BaseAhead, NoSuchVersion]),
        Operation::get("/api/v1/rules", "listRules", Group::Plans, READ)
            .done_by(|route| route.to(findings::table))
            .says(
                "Gives the table of rules",
                "What each looks for, what it weighs, what resolves its findings, and which principles of the \
                 membership's guidance it serves.",
            )
            .gives::<RulesAnswer>("The table."),
        Operation::get("/api/v1/plans/{plan}/rules", "listRuleSettings", Group::Plans, READ)
            .done_by(|route| route.to(findings::settings))
            .says("Lists the rules that are off or weigh otherwise for a plan", "With who set each, and why.")
            .gives::<Vec<RuleSetting>>("What is set."),
        Operation::post(
            "/api/v1/plans/{plan}/rules",
            "setRule",
            Group::Changes,
            Who::May(Action::SetRule),
        )
        .done_by(|route| route.to(findings::set))
        .says(
            "Sets a rule off, or to weigh otherwise, for a plan",
            "Always with a reason; it is an entry of the plan. `default` takes it back.",
        )
        .body::<RuleBody>(
            "off",
            json!({
                "id": "example-rule", "rule": "GUI-03", "to": "off",
                "because": "answers are kept in the minutes",
            }),
        )
        .gives::<EditDone>("Done and on disk.")
        .refuses(&[NoSuchRule, StageForbids, IdReused, NothingToDo, FailedTrial, Busy, ReadOnly]),
    ]
}
