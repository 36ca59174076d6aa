//! One message of every kind at least, and messages that are none.

use std::collections::BTreeMap;

use super::*;
use crate::access::Access;
use crate::plan::command::{Part, Place};
use crate::plan::value::{Quotation, Reference, Value};
use crate::plan::view::ConcurrentValue;
use crate::plan::{ElementView, Kind, LinkKind, LinkView, Stage};
use crate::record::{EditRow, ExportFilter, ExportFormat, Exported, Restores, RowOp, Scope};
use crate::version::{Covers, SignedAs};
use crate::wire::RefusalCode;
use crate::wire::event::What;
use plenary_limits::WHEREABOUTS_CHARS_MAX;

fn id(text: &str) -> ElementId {
    text.parse().unwrap()
}

fn plan() -> PlanId {
    "itu-sp-2024-2027-draft".parse().unwrap()
}

fn values() -> BTreeMap<String, Value> {
    let (plan, element) = (plan(), id("tgt-a"));
    let reference = Reference { plan: plan.clone(), element: element.clone() };
    let quotation = Quotation { plan, element, field: "title".into(), seq: Seq(7) };
    let values = [
        Value::Null,
        Value::Bool(true),
        Value::Int(-3),
        Value::Number(0.25),
        Value::Text("ITU-T".into()),
        Value::Set(["a".to_owned(), "b".to_owned()].into()),
        Value::Reference(reference),
        Value::Quotation(quotation),
    ];
    values.into_iter().enumerate().map(|(at, value)| (format!("field_{at}"), value)).collect()
}

fn reference(element: &str) -> Reference {
    Reference { plan: plan(), element: id(element) }
}

/// One command of each kind.
pub fn commands() -> Vec<Command> {
    let (element, base) = (id("tgt-4k2m9qx7"), Seq(9));
    let target = Kind::named("target").unwrap();
    let place = Place { parent: Some(id("gol-a")), after: Some(id("tgt-a")), before: None };
    let field = || "title".to_owned();
    vec![
        Command::Add {
            kind: target,
            id: Some(element.clone()),
            place: place.clone(),
            owner: Some(Bureau::TSB),
            fields: values(),
            lang: Some("en".into()),
            text: [("title".to_owned(), "Universal connectivity".to_owned())].into(),
        },
        Command::SetText {
            element: element.clone(),
            field: field(),
            lang: None,
            text: "Ünïversal 🌍".into(),
            base,
        },
        Command::Splice {
            element: element.clone(),
            field: field(),
            lang: Some("fr".into()),
            at: 3,
            delete: 2,
            insert: "x".into(),
            base,
        },
        Command::SetField {
            element: element.clone(),
            field: "due_year".into(),
            value: Value::Int(2027),
            base,
        },
        Command::Move { element: element.clone(), place: place.clone() },
        Command::Remove { element: element.clone() },
        Command::Restore { element: element.clone() },
        Command::Link {
            kind: LinkKind::all().next().unwrap(),
            id: None,
            from: element.clone(),
            to: id("gol-a"),
            fields: BTreeMap::new(),
        },
        Command::Unlink { link: id("lnk-1") },
        Command::Comment { element: element.clone(), text: "Which baseline year?".into() },
        Command::Settle { element: element.clone(), field: field(), value: Value::Null, base },
        Command::Carry {
            former: Reference { plan: "itu-sp-2020-2023".parse().unwrap(), element },
            what: Some("merged".into()),
            into: vec![id("tgt-b")],
            kind: Some(target),
            place,
            rationale: Some("overlap".into()),
        },
        Command::Merge {
            elements: vec![reference("tgt-a"), reference("tgt-b")],
            place: Place::default(),
            owner: Some(Bureau::GS),
            fields: [("due_year".to_owned(), Value::Int(2027))].into(),
            lang: Some("en".into()),
            text: [("title".to_owned(), "Both".to_owned())].into(),
            rationale: Some("overlap".into()),
            base,
        },
        Command::Split {
            element: reference("tgt-a"),
            into: vec![
                Part { text: [("title".to_owned(), "One".to_owned())].into(), ..Part::default() },
                Part {
                    text: [("title".to_owned(), "Two".to_owned())].into(),
                    fields: [("due_year".to_owned(), Value::Int(2026))].into(),
                    keeps: vec![id("ind-a")],
                },
            ],
            place: Place::default(),
            lang: None,
            rationale: None,
            base,
        },
    ]
}

/// One message of each kind of a client at least.
pub fn client() -> Vec<ClientMessage> {
    let name = || "edit-1".parse().unwrap();
    let selection = Selection { base: Seq(9), anchor: 3, head: 0 };
    let state = Whereabouts {
        element: Some(id("tgt-a")),
        field: Some("title".into()),
        lang: Some("en".into()),
        selection: Some(selection),
    };
    vec![
        ClientMessage::Subscribe {
            plan: plan(),
            after: Some(Seq(3)),
            leaf: Some(Digest([7; 32])),
            raw: true,
        },
        ClientMessage::Subscribe { plan: plan(), after: None, leaf: None, raw: false },
        ClientMessage::Unsubscribe { plan: plan() },
        ClientMessage::Edit {
            id: name(),
            plan: plan(),
            commands: commands(),
            known: Some(Known { seq: Seq(3), leaf: Digest([7; 32]) }),
            because: Some("plain words".into()),
            answers: vec![id("req-a")],
        },
        ClientMessage::Changes {
            id: name(),
            plan: plan(),
            changes: vec![Bytes(vec![0x85, 0x6f, 0x4a, 0x83]), Bytes(Vec::new()), Bytes(vec![255; 300])],
            because: None,
            answers: Vec::new(),
        },
        ClientMessage::Presence { plan: plan(), state: Some(state) },
        ClientMessage::Presence { plan: plan(), state: Some(Whereabouts::default()) },
        ClientMessage::Presence { plan: plan(), state: None },
        ClientMessage::Ping { nonce: u64::MAX },
    ]
}

fn concurrent() -> ConcurrentValue {
    ConcurrentValue {
        value: Value::Int(2027),
        subject: "tsb".into(),
        name: "TSB desk".into(),
        bureau: Bureau::TSB,
        seq: Seq(12),
        at: "2026-11-24T07:47:38Z".into(),
    }
}

fn view() -> PlanView {
    let texts = [("title".to_owned(), "Climate".to_owned())].into();
    let element = ElementView {
        id: id("tgt-a"),
        kind: Kind::named("target").unwrap(),
        code: Some("2.7".into()),
        own_code: None,
        parent: Some(id("gol-a")),
        order: "V".into(),
        owner: Some(Bureau::BR),
        removed: true,
        text: [("en".to_owned(), texts)].into(),
        concurrent: [("due_year".to_owned(), vec![concurrent()])].into(),
        fields: values(),
    };
    let link = LinkView {
        id: id("lnk-1"),
        kind: LinkKind::all().next().unwrap(),
        from: id("pri-a"),
        to: id("gol-a"),
        removed: false,
        note: "mostly".into(),
        concurrent: BTreeMap::new(),
        fields: values(),
    };
    PlanView {
        schema: "plenary-plan/1".into(),
        id: plan(),
        title: "A plan".into(),
        stage: Stage::CwgSfp,
        seq: Seq(12),
        at: "2026-11-24T07:47:38Z".into(),
        document: "automerge:2j9knpCseyhnK8izDmLpGP5WMdZQ".into(),
        plan: values(),
        concurrent: [("title".to_owned(), vec![concurrent()])].into(),
        elements: vec![element],
        links: vec![link],
    }
}

fn acts() -> Vec<What> {
    let row = EditRow {
        at: Some(4),
        op: RowOp::Text,
        to: Some(Value::Text("b".into())),
        from: None,
        kind: "target".into(),
        lang: Some("en".into()),
        field: "title".into(),
        deleted: Some("ICTs".into()),
        element: id("tgt-a"),
        inserted: Some("the".into()),
        concurrent: true,
    };
    let scope = Scope { lang: Some("en".into()), field: Some("title".into()), element: Some(id("tgt-a")) };
    let restores = Restores { seq: Seq(4), scope };
    vec![
        What::PlanCreated {
            title: "A plan".into(),
            stage: Stage::SecretariatDraft,
            document: "automerge:x".into(),
        },
        What::ActorBound { actor: "00ff".into(), thin: true },
        What::Change { edits: vec![row.clone()], restores: None },
        What::Change { edits: vec![row.clone()], restores: Some(restores.clone()) },
        What::StageAdvanced {
            from: Stage::SecretariatDraft,
            to: Stage::Consultation,
            despite: Default::default(),
        },
        What::AccessChanged {
            from: Access::Everybody,
            to: Access::Only(
                ["role:chair", "bureau:TSB"].map(|name| name.parse().unwrap()).into_iter().collect(),
            ),
        },
        What::Refused {
            count: None,
            code: "bad_header".into(),
            reason: "a gap".into(),
            change: Some(Digest([3; 32])),
        },
        What::VersionNamed {
            version: "Rev.1".parse().unwrap(),
            covers: Covers { seq: Seq(11), leaf: Digest([4; 32]) },
            note: Some("as sent to the group".into()),
        },
        What::VersionSigned {
            version: "Rev.1".parse().unwrap(),
            covers: Covers { seq: Seq(11), leaf: Digest([4; 32]) },
            meaning: SignedAs::Approved,
        },
        What::Exported(Exported {
            to: Seq(11),
            from: Seq(1),
            bytes: 1_234,
            digest: Digest([4; 32]),
            filter: Some(ExportFilter { bureau: vec![Bureau::TSB], ..ExportFilter::default() }),
            format: ExportFormat::Csv,
            content: None,
        }),
        What::Quarantined {
            seqs: vec![Seq(9), Seq(11)],
            reason: "the document does not load with it".into(),
            document: "automerge:y".into(),
        },
        What::SetAside { by: Seq(12), edits: vec![row.clone()], restores: Some(restores.clone()) },
    ]
}

fn event(what: What) -> EventView {
    EventView {
        plan: plan(),
        seq: Seq(12),
        at: "2026-11-24T07:47:38Z".into(),
        claimed_at: Some("2026-11-23T07:47:38Z".into()),
        subject: "tsb".parse().unwrap(),
        name: "TSB desk".into(),
        bureau: Bureau::TSB,
        role: Role::Drafter,
        what,
        because: Some("plain words".into()),
        answers: vec![id("req-a")],
        client_id: Some("edit-1".parse().unwrap()),
        base: Some(Seq(9)),
        behind: Some(2),
        session: Some("7-00c0ffee".into()),
        leaf: Digest([7; 32]),
    }
}

/// One message of each kind of the server at least, and each act of an entry.
pub fn server() -> Vec<ServerMessage> {
    let subject = || "tsb".parse().unwrap();
    let (seq, leaf) = (Seq(12), Digest([7; 32]));
    let refusal =
        Refusal { command: Some(1), now: vec![concurrent()], ..Refusal::new(RefusalCode::Stale, "seen?") };
    let person = |state| Person {
        session: "3-00c0ffee".into(),
        subject: subject(),
        name: "TSB desk".into(),
        bureau: Bureau::TSB,
        role: Role::Drafter,
        state,
    };
    let mut messages = vec![
        ServerMessage::Welcome {
            server: "0.1.0".into(),
            session: "3-00c0ffee".into(),
            subject: subject(),
            name: "TSB desk".into(),
            bureau: Bureau::TSB,
            role: Role::Auditor,
            expires_at: "2026-11-24T19:47:38Z".into(),
        },
        ServerMessage::Snapshot { plan: plan(), seq, view: Some(Box::new(view())), document: None },
        ServerMessage::Snapshot { plan: plan(), seq, view: None, document: Some(Bytes(vec![0x85; 90])) },
        ServerMessage::Subscribed { plan: plan(), head: seq },
        ServerMessage::Presence { plan: plan(), whole: true, people: Vec::new() },
        ServerMessage::Presence {
            plan: plan(),
            whole: false,
            people: vec![person(Some(Whereabouts::default())), person(None)],
        },
        ServerMessage::Ack {
            id: "edit-1".parse().unwrap(),
            plan: plan(),
            seq,
            leaf,
            entries: vec![AckEntry { seq, leaf, change: Some(Digest([1; 32])) }],
            made: vec![id("tgt-a")],
            duplicate: true,
        },
        ServerMessage::Refused {
            id: Some("edit-1".parse().unwrap()),
            plan: Some(plan()),
            changes: vec![Digest([9; 32])],
            refusal,
        },
        ServerMessage::Refused {
            id: None,
            plan: None,
            changes: Vec::new(),
            refusal: Refusal::new(RefusalCode::NotSubscribed, "subscribe first"),
        },
        ServerMessage::Resync { reason: "you fell behind".into() },
        ServerMessage::Pong { nonce: 0 },
    ];
    for (at, what) in acts().into_iter().enumerate() {
        let change = (at % 2 == 0).then(|| Bytes(vec![0x85; 100]));
        messages.push(ServerMessage::Event { event: Box::new(event(what)), change });
    }
    messages
}

/// What is no message of a client.
pub fn bad() -> Vec<Json> {
    let edit = |command: Json| json!({ "type": "edit", "id": "a", "plan": "p", "commands": [command] });
    let set = |value: Json| {
        edit(json!({ "do": "set_field", "element": "tgt-a", "field": "note", "value": value, "base": 1 }))
    };
    let presence = |state: Json| json!({ "type": "presence", "plan": "p", "state": state });
    vec![
        json!(null),
        json!([]),
        json!("ping"),
        json!({}),
        json!({ "type": "shout" }),
        json!({ "type": 7 }),
        json!({ "type": "ping", "loud": true }),
        json!({ "type": "ping", "nonce": -1 }),
        json!({ "type": "ping", "nonce": 0.5 }),
        json!({ "type": "ping", "nonce": "1" }),
        json!({ "type": "pong", "nonce": 1 }),
        json!({ "type": "subscribe" }),
        json!({ "type": "subscribe", "plan": "NOT A PLAN" }),
        json!({ "type": "subscribe", "plan": "p".repeat(65) }),
        json!({ "type": "subscribe", "plan": "" }),
        json!({ "type": "subscribe", "plan": ["p"] }),
        json!({ "type": "subscribe", "plan": "p", "after": "3" }),
        json!({ "type": "subscribe", "plan": "p", "after": -3 }),
        json!({ "type": "subscribe", "plan": "p", "raw": "yes" }),
        json!({ "type": "subscribe", "plan": "p", "raw": null }),
        json!({ "type": "edit", "plan": "p", "commands": [] }),
        json!({ "type": "edit", "id": "two words", "plan": "p", "commands": [] }),
        json!({ "type": "edit", "id": "a", "plan": "p", "commands": {} }),
        json!({ "type": "edit", "id": "a", "plan": "p", "commands": [], "because": 7 }),
        json!({ "type": "edit", "id": "a", "plan": "p", "commands": [], "answers": ["NO ID"] }),
        json!({ "type": "edit", "id": "a", "plan": "p", "commands": [], "changes": [] }),
        edit(json!({ "do": "shout" })),
        edit(json!({ "do": "remove" })),
        edit(json!({ "do": "remove", "element": "tgt-a", "really": true })),
        edit(json!({ "do": "add", "kind": "wish" })),
        edit(json!({ "do": "add", "kind": "goal", "owner": "ITU-T" })),
        edit(json!({ "do": "add", "kind": "goal", "place": { "under": "gol-a" } })),
        edit(json!({ "do": "add", "kind": "goal", "text": { "title": 7 } })),
        edit(json!({ "do": "splice", "element": "tgt-a", "field": "title", "at": -1, "base": 1 })),
        set(json!({ "plan": "p" })),
        set(json!({ "plan": "p", "element": "e", "colour": "blue" })),
        set(json!([1, 2])),
        set(json!([["a"]])),
        json!({ "type": "changes", "id": "a", "plan": "p" }),
        json!({ "type": "changes", "id": "a", "plan": "p", "changes": "AAAA" }),
        json!({ "type": "changes", "id": "a", "plan": "p", "changes": [null] }),
        json!({ "type": "changes", "id": "a", "plan": "p", "changes": [[1, 2, 3]] }),
        json!({ "type": "changes", "id": "a", "plan": "p", "changes": ["not base64"] }),
        json!({ "type": "presence", "state": {} }),
        json!({ "type": "presence", "plan": "p", "people": [] }),
        presence(json!("here")),
        presence(json!({ "name": "somebody else" })),
        presence(json!({ "field": "" })),
        presence(json!({ "field": "f".repeat(WHEREABOUTS_CHARS_MAX + 1) })),
        presence(json!({ "lang": "e n" })),
        presence(json!({ "element": "TGT" })),
        presence(json!({ "selection": { "anchor": 1, "head": 2 } })),
        presence(json!({ "selection": { "base": 1, "anchor": -1, "head": 2 } })),
        presence(json!({ "selection": { "base": 1, "anchor": 1, "head": 250_001 } })),
    ]
}
