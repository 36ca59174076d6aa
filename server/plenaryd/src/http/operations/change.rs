//! Operations that change something.

use std::borrow::Cow;

use actix_web::http::StatusCode;
use plenary_core::policy::Action;
use plenary_protocol::plan::view::PLAN_SCHEMA;
use plenary_protocol::plan::{Kind, LinkKind, Stage};
use plenary_protocol::wire::RefusalCode::{self, *};
use plenary_protocol::wire::api::{
    EditBody, EditDone, Imported, RestoreBody, RestorePreview, StageBody, Ticket, TicketBody,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::json;

use super::{Group, Operation, PLAN, Who};
use crate::http::desk::XML;
use crate::http::edits::{self, ImportQuery};
use crate::http::replay::LINES;
use crate::http::restore::{self, PreviewQuery};

/// The element of the examples: target 2.7 of the demonstration's draft.
const ELEMENT: &str = "tgt-fq6t4kv7";

/// What an edit may be refused with, whatever its commands are.
const EDIT: &[RefusalCode] = &[
    OtherBureau,
    StageForbids,
    NoSuchElement,
    UnknownField,
    WrongType,
    WrongPlace,
    BadId,
    IdReused,
    BaseAhead,
    OtherHistory,
    Stale,
    NothingToDo,
    OutOfRange,
    BadMeaning,
    FailedTrial,
    Busy,
    ReadOnly,
];
const PREVIEW: &[RefusalCode] = &[
    TooLarge,
    OtherBureau,
    StageForbids,
    NoSuchElement,
    UnknownField,
    WrongType,
    WrongPlace,
    NoSuchVersion,
    BaseAhead,
    OutOfRange,
    BadMeaning,
    FailedTrial,
    Busy,
    ReadOnly,
];
const RESTORE: &[RefusalCode] = &[
    OtherBureau,
    StageForbids,
    NoSuchElement,
    NoSuchVersion,
    UnknownField,
    WrongType,
    WrongPlace,
    IdReused,
    BaseAhead,
    OtherHistory,
    Stale,
    NothingToDo,
    OutOfRange,
    BadMeaning,
    FailedTrial,
    Busy,
    ReadOnly,
];
const STAGE: &[RefusalCode] =
    &[StageForbids, FindingsOpen, WrongType, IdReused, NothingToDo, FailedTrial, Busy, ReadOnly];
const IMPORT: &[RefusalCode] = &[
    PlanExists,
    BadPlanFile,
    WrongType,
    WrongPlace,
    BadId,
    IdReused,
    FailedTrial,
    Busy,
    ReadOnly,
    Unavailable,
];

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::post("/api/v1/plans/{plan}/edits", "editPlan", Group::Changes, Who::May(Action::Edit))
            .done_by(|route| route.to(edits::edit))
            .says(
                "Edits a plan",
                "All commands are done or none. Sent again under the same `id` it is not done again. \
                 Which elements you may write hangs on your role, your Bureau and the plan's stage.",
            )
            .body::<EditBody>(
                "comment",
                json!({
                    "id": "example-comment",
                    "commands": [{ "do": "comment", "element": ELEMENT, "text": "Which year is meant?" }],
                    "because": "asked in the group",
                }),
            )
            .or_body(
                "words",
                json!({
                    "id": "example-words",
                    "commands": [{
                        "do": "set_text",
                        "element": ELEMENT,
                        "field": "title",
                        "text": "Significantly improve the contribution of ICTs to climate action",
                        "base": 3,
                    }],
                    "because": "plain words",
                }),
            )
            .or_body(
                "several",
                json!({
                    "id": "example-several",
                    "commands": [
                        { "do": "set_field", "element": ELEMENT, "field": "due_year", "value": 2027, "base": 3 },
                        { "do": "add", "kind": "indicator", "place": { "parent": ELEMENT },
                          "text": { "title": "Emissions of the sector" } },
                    ],
                }),
            )
            .gives::<EditDone>("Done and on disk.")
            .refuses(EDIT),
        Operation::post(
            "/api/v1/plans/{plan}/restorations",
            "restorePlan",
            Group::Changes,
            Who::May(Action::Edit),
        )
        .done_by(|route| route.to(restore::restore))
        .says(
            "Puts a field, an element or the whole plan back to how it stood, as a new entry",
            "What was made since is marked removed, what was removed comes back, of texts only the words that \
             differ change. You need the right to everything that differs. With the `base` of a preview \
             exactly what was seen is done, or it is refused as `stale`, saying what changed meanwhile.",
        )
        .body::<RestoreBody>(
            "an element",
            json!({
                "id": "example-restore",
                "to": "3",
                "scope": { "element": ELEMENT },
                "because": "the old wording was agreed",
            }),
        )
        .gives::<EditDone>("Done and on disk.")
        .refuses(RESTORE),
        Operation::get(
            "/api/v1/plans/{plan}/restorations/preview",
            "previewRestoration",
            Group::Changes,
            Who::May(Action::Edit),
        )
        .done_by(|route| route.to(restore::preview))
        .says(
            "Tells what a restoration would do",
            "Nothing is changed. It is refused where the restoration would be.",
        )
        .query::<PreviewQuery>(&[("to", "3"), ("element", ELEMENT), ("field", "title"), ("lang", "en")])
        .gives::<RestorePreview>("What would change, from what to what.")
        .refuses(PREVIEW),
        Operation::post("/api/v1/plans/{plan}/stage", "advancePlan", Group::Changes, Who::May(Action::Advance))
            .done_by(|route| route.to(edits::stage))
            .says(
                "Moves a plan to another stage",
                "Findings of severity `E` for that stage hold it up, see `GET …/findings`; with \
                 `despite_findings` and a reason it goes on, and the entry tells what was open.",
            )
            .body::<StageBody>(
                "consult",
                json!({ "id": "example-stage", "stage": "consultation", "because": "the draft is complete" }),
            )
            .gives::<EditDone>("Done and on disk.")
            .refuses(STAGE),
        Operation::post("/api/v1/plans", "importPlan", Group::Changes, Who::May(Action::Create))
            .done_by(|route| route.to(edits::import))
            .says(
                "Makes a plan of a file",
                "All of a plan file, or of a plan as JSON Lines, is taken or nothing; then `problems` lists every \
                 problem with its place. StratML is read leniently: `remarks` lists what was repaired or left out \
                 and where. The query says which form it is, not the header `Content-Type`.",
            )
            .query::<ImportQuery>(&[("because", "a new period"), ("id", "example-import"), ("format", "plan")])
            .body::<PlanFile>(
                "small",
                json!({
                    "schema": PLAN_SCHEMA,
                    "id": "example-plan",
                    "title": "An example",
                    "stage": "secretariat_draft",
                    "plan": { "language": "en", "period_start": "2028-01-01", "period_end": "2031-12-31" },
                    "elements": [
                        { "id": "gol-h88n5tsh", "kind": "goal", "text": { "en": { "title": "Connectivity" } } },
                        { "id": "tgt-4g5twf34", "kind": "target", "parent": "gol-h88n5tsh",
                          "text": { "en": { "title": "Broadband for everybody" } } },
                    ],
                    "links": [],
                }),
            )
            .or_body_as(LINES, "A head, an element or link a line, and an end that counts them.")
            .or_body_as(XML, "StratML, Part 1 or Part 2; no DTD is read.")
            .answers(
                StatusCode::CREATED,
                "The plan is made and on disk; `Location` is its address.",
                Some(("application/json", SchemaGenerator::subschema_for::<Imported>)),
            )
            .refuses(IMPORT),
        Operation::post("/api/v1/tickets", "getTicket", Group::Sockets, Who::May(Action::Read))
            .done_by(|route| route.to(edits::ticket))
            .says(
                "Gives a ticket for one socket",
                "For clients that cannot set headers on a WebSocket, such as browsers: the ticket stands \
                 in the address of the socket and is good once.",
            )
            .body::<TicketBody>("one plan", json!({ "plan": PLAN }))
            .or_no_body()
            .gives::<Ticket>("The ticket.")
            .refuses(&[NoSuchPlan, Busy, ReadOnly]),
    ]
}

/// A plan file, as it is read and written; `protocol/PLAN-JSON.md` describes it in full.
pub(super) struct PlanFile;

impl JsonSchema for PlanFile {
    fn schema_name() -> Cow<'static, str> {
        "PlanFile".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (stage, kind) = (generator.subschema_for::<Stage>(), generator.subschema_for::<Kind>());
        let link_kind = generator.subschema_for::<LinkKind>();
        json_schema!({
            "description": "A plan as a file. `seq`, `at` and `document` are told by exports and ignored by \
                            imports; fields of the kind stand beside `kind`, as `GET /api/v1/kinds` lists them.",
            "type": "object",
            "required": ["schema", "id", "title", "stage", "plan", "elements", "links"],
            "properties": {
                "schema": { "description": "Name and version of the form.", "const": PLAN_SCHEMA },
                "id": { "description": "The id of the plan.", "type": "string", "pattern": "^[a-z0-9-]+$" },
                "title": { "description": "Its title.", "type": "string" },
                "stage": stage,
                "plan": { "description": "The plan's own fields.", "type": "object" },
                "elements": {
                    "description": "Its elements.",
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["id", "kind"],
                        "properties": {
                            "id": { "type": "string" },
                            "kind": kind,
                            "parent": { "description": "What it stands under.", "type": "string" },
                            "text": { "description": "Texts by language and name.", "type": "object" },
                        },
                        "additionalProperties": true,
                    },
                },
                "links": {
                    "description": "Its links.",
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["id", "kind", "from", "to"],
                        "properties": {
                            "id": { "type": "string" },
                            "kind": link_kind,
                            "from": { "type": "string" },
                            "to": { "type": "string" },
                        },
                        "additionalProperties": true,
                    },
                },
            },
        })
    }
}
