//! Operations of tables that come back.

use plenary_core::policy::Action;
use plenary_protocol::wire::RefusalCode::{self, *};
use plenary_protocol::wire::api::{EditDone, TableBody, TablePreview};
use serde_json::json;

use super::{Group, Operation, Who};
use crate::http::tables;

/// The table of the examples: a view that is new, in a consultation of the demonstration's draft.
const TABLE_EXAMPLE: &str =
    "entry,row,id,under,statement,author\n3,feedback_item,,C1,More on schools,A Member State\n";

/// What a table that comes back may be refused with, besides what its edits may be.
const TABLE: &[RefusalCode] = &[BadTable, BaseAhead];
const TABLE_EDIT: &[RefusalCode] = &[
    BadTable,
    OtherBureau,
    StageForbids,
    NoSuchElement,
    UnknownField,
    WrongType,
    WrongPlace,
    BadId,
    IdReused,
    BaseAhead,
    Stale,
    NothingToDo,
    OutOfRange,
    BadMeaning,
    FailedTrial,
    Busy,
    ReadOnly,
];
pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::post(
            "/api/v1/plans/{plan}/tables/{table}/preview",
            "previewTable",
            Group::Changes,
            Who::May(Action::Edit),
        )
        .done_by(|route| route.to(tables::preview))
        .says(
            "Tells what a table that comes back would change",
            "Nothing is changed. The file is one that `POST …/exports` gave, with cells changed and rows added: \
             a row without an id is new. Cells are held against the plan as it stood at the entry that the rows \
             name; the columns `code` and `about` are for the reader and are not read, and rows that are \
             missing change nothing. A table with a problem is refused as a whole; `problems` lists all, each \
             with its line and column.",
        )
        .body::<TableBody>("a view", json!({ "csv": TABLE_EXAMPLE }))
        .gives::<TablePreview>("What would change, cell by cell.")
        .refuses(TABLE),
        Operation::post("/api/v1/plans/{plan}/tables/{table}", "importTable", Group::Changes, Who::May(Action::Edit))
            .done_by(|route| route.to(tables::import))
            .says(
                "Makes the edits of a table that comes back",
                "All or none, as edits with the entry that the rows name as their `base`: they merge with what \
                 was done since as other edits do. Sent again under the same `id` it is not done again.",
            )
            .body::<TableBody>(
                "a view",
                json!({ "id": "example-table", "csv": TABLE_EXAMPLE, "because": "views received in September" }),
            )
            .gives::<EditDone>("Done and on disk.")
            .refuses(TABLE_EDIT),
    ]
}
