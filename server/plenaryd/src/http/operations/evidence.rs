//! Operations that prove what happened to plans.

use actix_web::http::StatusCode;
use plenary_core::policy::Action;
use plenary_protocol::evidence::SEQUENCE_TYPE;
use plenary_protocol::wire::RefusalCode::{BaseAhead, Busy, NoSuchElement, ReadOnly, TooLarge};
use plenary_protocol::wire::api::{BundleBody, EpochView};
use schemars::SchemaGenerator;
use serde_json::json;

use super::{Group, Operation, Shape, Who};
use crate::http::bundle::{self, ZIP};
use crate::http::evidence::{self, ConsistencyQuery, EntriesQuery, ProofQuery, TEXT};

pub(super) fn operations() -> Vec<Operation> {
    let get = |path, id| Operation::get(path, id, Group::Evidence, Who::May(Action::Read));
    let shape: Shape = SchemaGenerator::subschema_for::<String>;
    let text = |operation: Operation, about| operation.answers(StatusCode::OK, about, Some((TEXT, shape)));
    vec![
        text(
            get("/api/v1/plans/{plan}/evidence/key", "getEvidenceKey")
                .done_by(|route| route.to(evidence::key))
                .says(
                    "Gives the key that checks a plan's checkpoints",
                    "A verifier key of c2sp.org/signed-note. Keep it where the server cannot change it.",
                ),
            "The key, one line.",
        ),
        get("/api/v1/plans/{plan}/evidence/epoch", "getEpoch")
            .done_by(|route| route.to(evidence::epoch))
            .says(
                "Tells since when a plan's log has the name it has",
                "A server that lost entries which it may have vouched for, in a restore, begins a new epoch: \
                 checkpoints of an earlier one are of another log, and no proof leads from one to the other.",
            )
            .gives::<EpochView>("The epoch."),
        text(
            get("/api/v1/plans/{plan}/evidence/checkpoint", "getCheckpoint")
                .done_by(|route| route.to(evidence::checkpoint_now))
                .says(
                    "Gives the last checkpoint of a plan",
                    "How many entries its log has and the root of the tree over them, signed: a checkpoint of \
                     c2sp.org/tlog-checkpoint. Its size and root are on the server's disk before it is signed. \
                     A new one is made at most once a second.",
                ),
            "The signed note.",
        ),
        text(
            get("/api/v1/plans/{plan}/evidence/proof", "proveEntry")
                .done_by(|route| route.to(evidence::proof))
                .says(
                    "Proves that an entry is in a plan's log",
                    "A proof of c2sp.org/tlog-proof, to be kept: index `seq` - 1, hashes, and the checkpoint \
                     that they lead to. The leaf is SHA-256 of a zero byte and the entry's envelope, as \
                     acknowledgements give it.",
                )
                .query::<ProofQuery>(&[("seq", "2")]),
            "The proof.",
        )
        .refuses(&[BaseAhead, Busy]),
        text(
            get("/api/v1/plans/{plan}/evidence/consistency", "proveGrowth")
                .done_by(|route| route.to(evidence::consistency))
                .says(
                    "Proves that a plan's log has only grown since an earlier checkpoint",
                    "`old` and the earlier size, the hashes of RFC 9162 §2.1.4, an empty line, and the last \
                     checkpoint.",
                )
                .query::<ConsistencyQuery>(&[("from", "2")]),
            "The proof.",
        )
        .refuses(&[BaseAhead, Busy]),
        get("/api/v1/plans/{plan}/evidence/entries", "listExactEntries")
            .done_by(|route| route.to(evidence::entries))
            .says(
                "Gives entries exactly as they are kept",
                "A CBOR sequence (RFC 8742) of arrays of three byte strings: envelope, salt, payload; the last \
                 two are null where the payload was erased. Whoever hashes all envelopes gets the root of the \
                 checkpoint. An answer has some 4 MiB at most.",
            )
            .query::<EntriesQuery>(&[("after", "0"), ("limit", "2")])
            .answers(StatusCode::OK, "The entries.", Some((SEQUENCE_TYPE, shape)))
            .paged(),
        Operation::post(
            "/api/v1/plans/{plan}/evidence/bundle",
            "makeEvidenceBundle",
            Group::Evidence,
            Who::May(Action::Export),
        )
        .done_by(|route| route.to(bundle::bundle))
        .says(
            "Makes a bundle of evidence that can be checked without this server",
            "A zip with exact entries, proofs, checkpoint, key, reports to read, and `verify.py`, which checks \
             it with nothing but Python; README.txt in it says what is shown and what is not. A range shows \
             that no entry of it is missing; entries about `elements` are a selection, which does not. At most \
             10,000 entries and 32 MiB of them at a time. Like every export it is an entry of the plan in your \
             name, on disk before the first byte leaves; the header `Plenary-Entry` names it.",
        )
        .body::<BundleBody>("range", json!({ "from": 1, "to": 3, "because": "asked by the audit office" }))
        .or_body("element", json!({ "elements": ["2.7"] }))
        .answers(StatusCode::OK, "The bundle.", Some((ZIP, shape)))
        .refuses(&[BaseAhead, Busy, NoSuchElement, ReadOnly, TooLarge]),
    ]
}
