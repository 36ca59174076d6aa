//! Operations that tell what happened to plans.

use actix_web::http::StatusCode;
use plenary_core::policy::Action;
use plenary_protocol::wire::EventView;
use plenary_protocol::wire::RefusalCode::{
    BaseAhead, Busy, NoSuchElement, NoSuchVersion, NothingToDo, ReadOnly, UnknownField,
};
use plenary_protocol::wire::api::{EventCount, RevisionPage};
use plenary_protocol::wire::mapping::MappingAnswer;
use plenary_protocol::wire::past::{
    AppearancesAnswer, BlameAnswer, DiffAnswer, PredecessorDiff, ReplayLine, TimelineAnswer,
};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use serde_json::json;

use super::change::PlanFile;
use super::{Group, Operation, Who};
use crate::http::blame::{self, BlameQuery, TextQuery, TimelineQuery};
use crate::http::compare::{self, DiffQuery};
use crate::http::desk::{DOCX, XLSX, XML};
use crate::http::exports::{self, ExportBody};
use crate::http::mapping;
use crate::http::past::{self, CountQuery, PastQuery, RefusalsQuery};
use crate::http::plans::PointQuery;
use crate::http::replay::{self, LINES, ReplayQuery};

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
        get("/api/v1/plans/{plan}/refusals", "listRefusals")
            .done_by(|route| route.to(past::refusals))
            .says(
                "Lists the changes of replicas that were refused",
                "The first refusal of each replica and code is an entry, with the change's hash where it could \
                 be read. Further ones of one person are counted: some time after a minute one entry tells how \
                 many there were (`count`) and what the last one was.",
            )
            .query::<RefusalsQuery>(&[("limit", "20"), ("order", "desc")])
            .gives::<Vec<EventView>>("The entries.")
            .tagged()
            .paged(),
        get("/api/v1/plans/{plan}/events/count", "countEvents")
            .done_by(|route| route.to(past::count))
            .says(
                "Counts the entries of a plan that match",
                "Exactly, over the whole past up to the last entry. Where a text is looked for every entry \
                 that the other filters leave is opened; it ends when you go.",
            )
            .query::<CountQuery>(&[("text", "climate"), ("type", "change")])
            .gives::<EventCount>("How many.")
            .refuses(&[NoSuchElement, BaseAhead]),
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
        get("/api/v1/plans/{plan}/replay", "replay")
            .done_by(|route| route.to(replay::replay))
            .says(
                "Replays the past of a plan as a stream",
                "One JSON value a line: `start`, then each matching entry in order in plain words, then \
                 `end`, or `failed` with the reason. Nothing is read ahead of you; go to stop it, and ask \
                 again `from` the last entry that came to go on. Lines instead of server-sent events: a \
                 browser cannot send a token with those, and they would begin again by themselves.",
            )
            .query::<ReplayQuery>(&[("from", "2"), ("to", "3"), ("view", "true"), ("type", "change")])
            .answers(StatusCode::OK, "The lines.", Some((LINES, lines_of::<ReplayLine>)))
            .refuses(&[NoSuchElement, BaseAhead]),
        Operation::post("/api/v1/plans/{plan}/exports", "exportPast", Group::Past, Who::May(Action::Export))
            .done_by(|route| route.to(exports::post))
            .says(
                "Exports a plan or its past as a file",
                "Whoever may read a plan may export it, at every stage. The export is an entry of the plan in \
                 your name (form, range, filter, length, digest), on disk before the first byte leaves; the \
                 header `Plenary-Entry` names it, `Repr-Digest` tells the digest. `plan` is a plan file, \
                 `lines` the same as JSON Lines, `stratml` StratML Part 2 (the header `Plenary-Left-Out` lists what \
                 that cannot say); \
                 `jsonl` the entries, lossless, each with its bytes in base64 and in plain words; `csv` the \
                 edits, one a line, safe for spreadsheets: a cell that begins with = + - @ or an apostrophe \
                 has an apostrophe more before it; `html` a report of at most 10,000 entries, to read and print. \
                 `evidence` is asked for at `/evidence/bundle`. With `content` it is of the plan as it stands \
                 at `at`: a document (`plan`, `information`) as `docx` or `html`, with revision marks since \
                 `from` that word processors accept or reject; or a table as `csv` or `xlsx`, whose rows carry \
                 ids and the entry they were taken after.",
            )
            .body::<ExportBody>("report", json!({ "format": "html", "because": "for the Council" }))
            .or_body(
                "edits",
                json!({ "format": "csv", "filter": { "bureau": "BR,TSB", "subtree": "2", "since": "2020-01-01" } }),
            )
            .or_body("entries", json!({ "format": "jsonl", "filter": { "to_seq": 3 } }))
            .or_body("plan file", json!({ "format": "plan", "at": "3" }))
            .or_body("StratML", json!({ "format": "stratml" }))
            .or_body("plan as lines", json!({ "format": "lines", "at": "3" }))
            .or_body("document", json!({ "format": "docx", "at": "3" }))
            .or_body("marked", json!({ "format": "docx", "from": "1", "at": "3" }))
            .or_body("information", json!({ "format": "html", "content": "information", "at": "3" }))
            .or_body("table", json!({ "format": "xlsx", "content": "indicators", "at": "3" }))
            .answers(StatusCode::OK, "The file.", Some(("text/html", text_of)))
            .or_as(DOCX, text_of)
            .or_as(XLSX, text_of)
            .or_as("text/csv", text_of)
            .or_as(LINES, text_of)
            .or_as(XML, text_of)
            .or_as("application/json", SchemaGenerator::subschema_for::<PlanFile>)
            .refuses(&[NoSuchElement, BaseAhead, NoSuchVersion, NothingToDo, Busy, ReadOnly]),
        get("/api/v1/plans/{plan}/diff", "compare")
            .done_by(|route| route.to(compare::diff))
            .says(
                "Compares two points of a plan",
                "Elements are named as of the later point; texts are compared word by word.",
            )
            .query::<DiffQuery>(&[("from", "1"), ("to", "3"), ("subtree", "2"), ("field", "title")])
            .gives::<DiffAnswer>("The differences.")
            .refuses(&[NoSuchElement, BaseAhead, NoSuchVersion]),
        get("/api/v1/plans/{plan}/mapping", "getMapping")
            .done_by(|route| route.to(mapping::get))
            .says(
                "Gives the mapping of a plan at a glance",
                "How many former elements of each kind have a disposition, and which were dropped without a \
                 reason; each former element with what became of it and why; the membership's requests with their \
                 responses and how far these are; each quotation held against the text that it quotes, as of the \
                 entry that it names, after folding case, punctuation, spaces and a leading \"By <year>,\". A \
                 former plan that you may not read is none.",
            )
            .query::<PointQuery>(&[("at", "3")])
            .gives::<MappingAnswer>("The mapping.")
            .refuses(&[BaseAhead, NoSuchVersion]),
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

/// A text.
fn text_of(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string" })
}

/// A text of lines, each a JSON value of a type.
pub(super) fn lines_of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    let line = generator.subschema_for::<T>();
    json_schema!({ "type": "string", "description": "Each line is one JSON value.", "x-line": line })
}
