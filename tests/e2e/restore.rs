//! Restoration as two Bureaux, a chair and an auditor see it: preview, doing, refusal, and what the log says.

use plenary_protocol::Seq;
use plenary_protocol::plan::Value;
use plenary_protocol::record::{Restores, Scope};
use plenary_protocol::wire::api::{EditDone, RestorePreview};
use plenary_protocol::wire::live::ServerMessage;
use plenary_tests::{Answer, DRAFT, Http, Live, Replica, TestServer, element_id, fresh_id, plan_id};
use serde_json::{Value as Json, json};

use crate::cli::Cli;
use crate::people::{AUDITOR, BR, CHAIR, TSB, comment, set_field, set_text};

const DUE: &str = "due_year";

fn restore(who: &Http, body: Json) -> Answer {
    let mut body = body;
    body["id"] = json!(fresh_id("restore"));
    who.post(&format!("/api/v1/plans/{DRAFT}/restorations"), &body)
}

fn preview(who: &Http, query: &str) -> Answer {
    who.get(&format!("/api/v1/plans/{DRAFT}/restorations/preview?{query}"))
}

fn title(who: &Http, element: &str) -> String {
    let plan = who.plan(DRAFT);
    plan.element(&element_id(element)).unwrap().text["en"]["title"].clone()
}

#[test]
fn a_title_then_the_element_then_the_plan_go_back_and_the_log_says_so() {
    let mut server = TestServer::demo();
    let [br, tsb, chair, auditor] = [BR, TSB, CHAIR, AUDITOR].map(|person| server.client(&person));
    let target = br.id_of(DRAFT, "2.7");
    let (first, old, as_made) = (br.head(DRAFT), title(&br, &target), br.plan(DRAFT));
    br.edited(DRAFT, &[set_text(&target, "title", "Climate action by everybody", first)]);
    tsb.edited(DRAFT, &[set_field(&target, DUE, 2031, first), comment(&target, "Which year?")]);

    let query = format!("to={first}&element={target}&field=title");
    let seen: RestorePreview = serde_json::from_value(preview(&tsb, &query).ok()).unwrap();
    assert_eq!((seen.edits.len(), seen.base), (1, br.head(DRAFT)));
    assert_eq!(seen.edits[0].to, Some(Value::Text(old.clone())));
    assert_eq!(br.head(DRAFT), seen.base, "looking changes nothing");

    // Somebody else writes on: what was seen is no longer what would be done.
    br.edited(DRAFT, &[set_text(&target, "title", "Climate action by all", seen.base)]);
    let scope = json!({ "element": target, "field": "title" });
    let stale = restore(&tsb, json!({ "to": first.to_string(), "scope": scope, "base": seen.base }));
    assert_eq!((stale.status, stale.code()), (409, "stale"));
    assert!(stale.problem().detail.contains("title [en]"));

    let mut watch = Live::open(&auditor);
    watch.subscribe(&plan_id(DRAFT), Some(br.head(DRAFT)), false).unwrap();
    let why = "the agreed wording";
    let done = restore(&tsb, json!({ "to": first.to_string(), "scope": scope, "because": why }));
    let done: EditDone = serde_json::from_value(done.ok()).unwrap();
    assert_eq!(title(&br, &target), old);
    let event = watch.wait_for(|message| match message {
        ServerMessage::Event { event, .. } if event.seq == done.seq => Some(event.clone()),
        _ => None,
    });
    let event = event.unwrap();
    let scope = Scope { element: Some(element_id(&target)), field: Some("title".into()), lang: None };
    assert_eq!(event.restores(), Some(&Restores { seq: first, scope }));
    assert_eq!((event.because.as_deref(), event.subject.as_str()), (Some(why), TSB.subject));

    let answer = restore(&br, json!({ "to": first.to_string(), "scope": { "element": target } }));
    assert_eq!(answer.status, 200, "{}", answer.text);
    let again = restore(&br, json!({ "to": first.to_string(), "scope": { "element": target } }));
    assert_eq!((again.status, again.code()), (409, "nothing_to_do"));

    // The comment is somebody's own element, and goes only with the whole plan.
    chair.stage(DRAFT, "consultation", None).ok();
    restore(&chair, json!({ "to": first.to_string() })).ok();
    server.restart();
    let chair = chair.at(&server.base());
    let now = chair.plan(DRAFT);
    assert_eq!(now.plan, as_made.plan);
    for element in &now.elements {
        match as_made.element(&element.id) {
            Some(then) => assert_eq!(element, then),
            None => assert!(element.removed, "{} was made since", element.id),
        }
    }
    let told = chair.history(DRAFT, "order=desc&limit=1").revisions.remove(0);
    assert_eq!(told.restores.map(|restores| restores.seq), Some(first));
}

#[test]
fn whoever_may_not_write_it_does_not_restore_it() {
    let server = TestServer::demo();
    let [br, tsb, chair, auditor] = [BR, TSB, CHAIR, AUDITOR].map(|person| server.client(&person));
    let target = br.id_of(DRAFT, "2.7");
    let first = br.head(DRAFT);
    chair.edited(
        DRAFT,
        &[set_field("plan", "title", "A new title", first), set_field(&target, DUE, 2031, first)],
    );
    let all = json!({ "to": first.to_string() });
    let refused = restore(&br, all.clone());
    assert_eq!((refused.status, refused.code()), (403, "role_forbids"));
    assert!(refused.problem().detail.starts_with("title of plan differs"));
    for answer in [restore(&auditor, all.clone()), preview(&auditor, "to=3")] {
        assert_eq!((answer.status, answer.code()), (403, "role_forbids"));
    }
    for (query, status) in [
        ("to=yesterday", 400),
        ("to=9999", 409),
        ("to=3&field=title", 400),
        ("to=3&element=tgt-none", 404),
        ("to=1", 422),
        ("to=1999-01-01", 404),
        ("element=plan", 400),
        ("to=3&element=NOT%20AN%20ID", 400),
    ] {
        let answer = preview(&tsb, query);
        assert_eq!(answer.status, status, "{query}: {}", answer.text);
    }
    chair.stage(DRAFT, "withdrawn", Some("another is taken")).ok();
    assert_eq!(restore(&chair, all).code(), "stage_forbids");
    assert_eq!(chair.head(DRAFT), Seq(first.0 + 3), "nothing came of it");
}

#[test]
fn a_replica_that_wrote_meanwhile_merges_with_what_was_put_back() {
    let server = TestServer::demo();
    let [br, tsb] = [BR, TSB].map(|person| server.client(&person));
    let target = br.id_of(DRAFT, "2.7");
    let first = br.head(DRAFT);
    br.edited(DRAFT, &[set_text(&target, "title", "Improve climate action", first)]);
    let mut replica = Replica::join(&tsb, DRAFT);
    replica.insert(&target, "title", |text| text.chars().count(), ", together");
    restore(&br, json!({ "to": first.to_string(), "scope": { "element": target } })).ok();
    replica.push_at_once();
    assert!(title(&br, &target).ends_with("climate action, together"), "{}", title(&br, &target));
    assert!(title(&br, &target).starts_with("Significantly improve ICTs"), "{}", title(&br, &target));
}

#[test]
fn the_client_shows_what_would_change_and_does_it_when_told() {
    let server = TestServer::demo();
    let br = Cli::of(&server, &BR);
    br.ok(&["set", DRAFT, "2.7", "due_year", "2031"]);
    br.ok(&["add", DRAFT, "target", "--under", "2", "--title", "A new one"]);
    let shown = br.ok(&["restore", DRAFT, "--to", "3", "--preview"]);
    assert!(shown.contains("took away due_year of target 2.7: was 2031"), "{shown}");
    assert!(shown.contains("removed target 2.8"), "{shown}");
    let unasked = br.run(&["restore", DRAFT, "--to", "3"]);
    assert_eq!(unasked.code, Some(2), "{}", unasked.stderr);
    assert!(unasked.stderr.contains("--yes does it without asking"), "{}", unasked.stderr);
    let done = br.ok(&["restore", DRAFT, "--to", "3", "--yes", "--because", "too early"]);
    assert!(done.contains("restored the whole plan to entry 3"), "{done}");
    let again = br.run(&["restore", DRAFT, "--to", "3", "--yes"]);
    assert_eq!((again.code, again.stderr.contains("nothing to do")), (Some(0), true), "{}", again.stderr);
    let log = br.ok(&["log", DRAFT, "--raw", "-n", "1"]);
    assert!(log.contains("restored the whole plan to entry 3:"), "{log}");
    let json = br.ok(&["restore", DRAFT, "--to", "3", "--element", "2.7", "--preview", "--json"]);
    let json: Json = serde_json::from_str(&json).unwrap();
    assert_eq!((json["restores"]["seq"].clone(), json["edits"].clone()), (json!(3), json!([])));
}
