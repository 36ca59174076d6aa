//! Edits that are refused: what, with which status and code, and that nothing of them stays.

use plenary_protocol::Seq;
use plenary_protocol::plan::Command;
use plenary_protocol::wire::RefusalCode;
use plenary_tests::{ADOPTED, DRAFT, Http, Live, Person, Shared, TestServer, fresh_id, plan_id};
use serde_json::{Value as Json, json};

use crate::people::{AUDITOR, BDT, BR, CHAIR, CONTRIBUTOR, GS, READER, TSB, comment, set_field, splice};

static SHARED: Shared = Shared::new();

fn edits(plan: &str) -> String {
    format!("/api/v1/plans/{plan}/edits")
}

fn post(http: &Http, plan: &str, command: &Json) -> (u16, String) {
    let answer = http.post(&edits(plan), &json!({ "id": fresh_id("bad"), "commands": [command] }));
    (answer.status, answer.code().to_owned())
}

#[test]
fn commands_that_do_not_fit_the_plan_are_refused_and_leave_nothing() {
    let server = SHARED.get();
    let chair = server.client(&CHAIR);
    let plan = chair.plan(DRAFT);
    let base = plan.seq;
    let (target, goal) = (chair.id_of(DRAFT, "2.7"), chair.id_of(DRAFT, "2"));
    let text = |field: &str, at: usize, delete: usize, base: u64| json!({ "do": "splice", "element": target, "field": field, "at": at, "delete": delete, "insert": "x", "base": base });
    let field = |element: &str, field: &str, value: Json| json!({ "do": "set_field", "element": element, "field": field, "value": value, "base": base });
    let link =
        |kind: &str, from: &str, to: &str| json!({ "do": "link", "kind": kind, "from": from, "to": to });
    let cases = [
        ("an unknown field", field(&target, "colour", json!("blue")), 422, "unknown_field"),
        ("an unknown text", text("epilogue", 0, 0, base.0), 422, "unknown_field"),
        ("a text as a field", field(&target, "title", json!("x")), 422, "wrong_type"),
        ("a year in words", field(&target, "due_year", json!("next")), 422, "wrong_type"),
        ("a year out of range", field(&target, "due_year", json!(99)), 422, "wrong_type"),
        ("a word outside the vocabulary", field(&target, "provenance", json!("guessed")), 422, "wrong_type"),
        ("a long value", field(&target, "note", json!("x".repeat(3_000))), 422, "wrong_type"),
        ("a base after the head", text("title", 0, 0, base.0 + 1), 409, "base_ahead"),
        ("a place outside the text", text("title", 5_000, 0, base.0), 422, "out_of_range"),
        ("more than there is to delete", text("title", 0, 5_000, base.0), 422, "out_of_range"),
        (
            "an element that is not there",
            field("tgt-nobody", "due_year", json!(2027)),
            404,
            "no_such_element",
        ),
        (
            "a target under the plan",
            json!({ "do": "add", "kind": "target", "text": { "title": "x" } }),
            422,
            "wrong_place",
        ),
        (
            "a goal under a target",
            json!({ "do": "move", "element": goal, "place": { "parent": target } }),
            422,
            "wrong_place",
        ),
        (
            "a goal under itself",
            json!({ "do": "move", "element": goal, "place": { "parent": goal } }),
            422,
            "wrong_place",
        ),
        ("a link that cannot join these", link("answers", &target, &goal), 422, "wrong_place"),
        ("a link to nobody", link("refers_to", &target, "tgt-nobody"), 404, "no_such_element"),
        (
            "a taken id",
            json!({ "do": "add", "kind": "goal", "id": goal, "text": { "title": "x" } }),
            422,
            "bad_id",
        ),
        (
            "an id of another kind",
            json!({ "do": "add", "kind": "goal", "id": "tgt-9x9x9x9x", "text": { "title": "x" } }),
            422,
            "bad_id",
        ),
        (
            "a kind that is none",
            json!({ "do": "add", "kind": "wish", "text": { "title": "x" } }),
            400,
            "malformed",
        ),
        ("a command that is none", json!({ "do": "polish", "element": target }), 400, "malformed"),
        (
            "a key that is none",
            json!({ "do": "remove", "element": target, "really": true }),
            400,
            "malformed",
        ),
        (
            "a link to remove that is none",
            json!({ "do": "unlink", "link": "lnk-nobody" }),
            404,
            "no_such_element",
        ),
    ];
    for (what, command, status, code) in cases {
        assert_eq!(post(&chair, DRAFT, &command), (status, code.to_owned()), "{what}");
    }
    assert_eq!(chair.plan(DRAFT), plan, "nothing of them stays");
}

#[test]
fn of_a_batch_with_one_bad_command_nothing_is_done_and_it_is_named() {
    let server = SHARED.get();
    let gs = server.client(&GS);
    let (target, before) = (gs.id_of(DRAFT, "1.2"), gs.plan(DRAFT));
    let good = splice(&target, "title", 0, "Good ", before.seq);
    let bad = set_field(&target, "due_year", "soon", before.seq);
    let problem = gs.edit(DRAFT, &[good.clone(), good, bad]).problem();
    assert_eq!((problem.code, problem.command), (RefusalCode::WrongType, Some(2)));
    assert!(problem.detail.contains("year"), "{}", problem.detail);
    assert_eq!(gs.plan(DRAFT), before);
}

#[test]
fn roles_do_what_they_may_and_no_more() {
    let server = TestServer::demo();
    let target = server.client(&CHAIR).id_of(DRAFT, "1.1");
    let try_it = |person: &Person, command: Command| {
        let answer = server.client(person).edit(DRAFT, &[command]);
        if answer.status == 200 { "done".to_owned() } else { answer.code().to_owned() }
    };
    let write = || splice(&target, "title", 0, "x", Seq(3));
    for (person, writes, comments) in [
        (READER, "role_forbids", "role_forbids"),
        (AUDITOR, "role_forbids", "role_forbids"),
        (CONTRIBUTOR, "role_forbids", "done"),
        (BR, "done", "done"),
        (CHAIR, "done", "done"),
    ] {
        assert_eq!(try_it(&person, write()), writes, "{} writes", person.subject);
        assert_eq!(try_it(&person, comment(&target, "a remark")), comments, "{} comments", person.subject);
    }
    let whole = server.client(&READER).plan(DRAFT);
    let comments = whole.elements.iter().filter(|element| element.kind.name() == "comment");
    let events = server.client(&READER).all_events(DRAFT);
    for remark in comments {
        let made =
            events.iter().find(|event| event.edits().iter().any(|row| row.element == remark.id)).unwrap();
        let edit = try_it(&CONTRIBUTOR, splice(remark.id.as_str(), "statement", 0, "x", whole.seq));
        let own = made.subject.as_str() == CONTRIBUTOR.subject;
        assert_eq!(edit, if own { "done" } else { "role_forbids" }, "a remark of {}", made.subject);
    }
}

#[test]
fn bodies_that_are_not_json_or_too_large_are_refused() {
    let server = SHARED.get();
    let br = server.client(&BR);
    for body in
        [&b""[..], b"{", b"[]", b"null", b"\xff\xfe", b"{\"id\": 7, \"commands\": []}", b"{\"commands\": []}"]
    {
        let answer = br.post_bytes(&edits(DRAFT), body);
        assert_eq!((answer.status, answer.code()), (400, "malformed"), "{body:?}");
        assert_eq!(answer.problem().status, 400);
    }
    let answer = br.post(&edits(DRAFT), &json!({ "id": "with space", "commands": [] }));
    assert_eq!(answer.code(), "malformed", "a name with a space");
    let answer = br.post(&edits(DRAFT), &json!({ "id": fresh_id("none"), "commands": [] }));
    assert_eq!(answer.code(), "nothing_to_do", "{}", answer.text);
    let many = vec![comment("tgt-any", "x"); 5_001];
    assert_eq!(br.edit(DRAFT, &many).code(), "too_large");
    let large = vec![b' '; 5 * 1024 * 1024];
    let refused = br.try_ask("POST", &edits(DRAFT), Some(&large));
    // The server may stop to read and close; then the answer is lost on the way.
    if let Ok(answer) = refused {
        assert_eq!((answer.status, answer.code()), (413, "too_large"), "5 MiB: {}", answer.text);
    }
    let large = vec![b' '; 9 * 1024 * 1024];
    if let Ok(answer) = server.client(&CHAIR).try_ask("POST", "/api/v1/plans", Some(&large)) {
        assert_eq!((answer.status, answer.code()), (413, "too_large"), "9 MiB: {}", answer.text);
    }
    let because = json!({ "id": fresh_id("why"), "commands": [comment(&br.id_of(DRAFT, "1.1"), "x")], "because": "w".repeat(2_049) });
    assert_eq!(br.post(&edits(DRAFT), &because).code(), "too_large");
    assert_eq!(br.get("/readyz").status, 200);
}

#[test]
fn an_unknown_plan_or_address_says_so_and_no_more() {
    let server = SHARED.get();
    let br = server.client(&BR);
    for path in ["", "/events", "/history", "/export", "/elements/2.7"] {
        let answer = br.get(&format!("/api/v1/plans/no-such-plan{path}"));
        assert_eq!((answer.status, answer.code()), (404, "no_such_plan"), "{path}");
    }
    assert_eq!(br.get("/api/v1/plans/..%2F..%2Fetc").code(), "no_such_plan");
    assert_eq!(br.get("/api/v1/plans/NOT%20ONE").code(), "no_such_plan");
    assert_eq!(
        post(&br, "no-such-plan", &json!({ "do": "remove", "element": "tgt-any" })),
        (404, "no_such_plan".into())
    );
    assert_eq!((br.get("/api/v2/plans").status, br.get("/api/v2/plans").code()), (404, "no_such_route"));
    assert_eq!(br.get(&format!("/api/v1/plans/{DRAFT}/elements/9.9")).code(), "no_such_element");
    assert_eq!(br.get(&format!("/api/v1/plans/{DRAFT}?at=yesterday")).code(), "malformed");
    assert_eq!(br.get(&format!("/api/v1/plans/{DRAFT}/events?colour=blue")).code(), "malformed");
}

#[test]
fn a_name_that_was_used_is_not_done_again_also_over_a_restart() {
    let mut server = TestServer::demo();
    let br = server.client(&BR);
    let target = br.id_of(DRAFT, "2.7");
    let body = json!({ "id": "the-one", "commands": [splice(&target, "title", 0, "Once ", Seq(3))] });
    let first = br.post(&edits(DRAFT), &body).ok();
    assert_eq!(first["duplicate"], json!(false));
    let again = br.post(&edits(DRAFT), &body).ok();
    assert_eq!(
        (&again["duplicate"], &again["seq"], &again["leaf"]),
        (&json!(true), &first["seq"], &first["leaf"])
    );
    server.restart();
    let br = br.at(&server.base());
    let mut live = Live::open(&br);
    let id = "the-one".parse().unwrap();
    live.edit(&id, &plan_id(DRAFT), &[splice(&target, "title", 0, "Twice ", Seq(3))]).unwrap();
    assert_eq!(live.expect_refusal(&id).code.as_str(), "id_reused");
    live.edit(&id, &plan_id(DRAFT), &[splice(&target, "title", 0, "Once ", Seq(4))]).unwrap();
    let ack = live.expect_ack(&id);
    assert!(ack.duplicate);
    assert_eq!(json!(ack.seq), first["seq"]);
    let plan = br.plan(DRAFT);
    let title = &plan.element(&target.parse().unwrap()).unwrap().text["en"]["title"];
    assert!(title.starts_with("Once Significantly"), "{title}");
    // Another person's name of the same spelling is another name; so is the same on another plan.
    let tsb = server.client(&TSB).post(&edits(DRAFT), &body).ok();
    assert_eq!(tsb["duplicate"], json!(false));
    let other_plan = br.post(&edits(ADOPTED), &body);
    assert_eq!(other_plan.code(), "stage_forbids");
}

#[test]
fn a_stale_value_is_refused_with_what_stands_there_now() {
    let server = TestServer::demo();
    let (tsb, bdt) = (server.client(&TSB), server.client(&BDT));
    let target = tsb.id_of(DRAFT, "2.7");
    let base = tsb.head(DRAFT);
    let done = tsb.edited(DRAFT, &[set_field(&target, "due_year", 2027, base)]);
    let problem = bdt.edit(DRAFT, &[set_field(&target, "due_year", 2026, base)]).problem();
    assert_eq!((problem.status, problem.code), (409, RefusalCode::Stale));
    let [now] = &problem.now[..] else { panic!("{problem:?}") };
    assert_eq!(json!(now.value), json!(2027));
    assert_eq!(
        (now.subject.as_str(), now.name.as_str(), now.bureau, now.seq),
        (TSB.subject, TSB.name, TSB.bureau, done.seq)
    );
    let event = &tsb.events(DRAFT, &format!("after={}&limit=1", done.seq.0 - 1))[0];
    assert_eq!(now.at, event.at);
    bdt.edited(DRAFT, &[set_field(&target, "due_year", 2026, done.seq)]);
}
