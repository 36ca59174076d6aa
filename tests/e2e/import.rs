//! Files: out and in again without loss, every problem told with its place, and nothing by halves.

use plenary_protocol::plan::Command;
use plenary_protocol::plan::value::Reference;
use plenary_tests::{ADOPTED, DRAFT, Http, Shared, TestServer, differences, element_id, json_of, plan_id};
use serde_json::{Value as Json, json};

use crate::people::{AUDITOR, BR, CHAIR, GS, comment, set_field, set_text};

static SHARED: Shared = Shared::new();

fn export(http: &Http, plan: &str) -> Json {
    http.get(&format!("/api/v1/plans/{plan}/export")).ok()
}

/// What a file says of the plan and not of the log it came from.
fn content(mut file: Json) -> Json {
    let map = file.as_object_mut().unwrap();
    map.retain(|key, _| !["id", "seq", "at", "document"].contains(&key.as_str()));
    file
}

#[test]
fn a_plan_goes_out_and_in_again_without_loss() {
    let server = TestServer::demo();
    let chair = server.client(&CHAIR);
    // Something of everything that an edit can leave behind.
    let (kept, gone) = (chair.id_of(DRAFT, "2.7"), chair.id_of(DRAFT, "2.1"));
    let french = Command::SetText {
        element: element_id(&kept),
        field: "title".to_owned(),
        lang: Some("fr".to_owned()),
        text: "Climat — «é» 🌍".to_owned(),
        base: chair.head(DRAFT),
    };
    let remove = Command::Remove { element: element_id(&gone) };
    let year = set_field(&kept, "due_year", 2027, chair.head(DRAFT));
    chair.edited(DRAFT, &[french, remove, year, comment(&kept, "<b>& \"quoted\"\n\u{202e}")]);
    for plan in [ADOPTED, DRAFT] {
        let out = export(&chair, plan);
        let mut file = out.clone();
        file["id"] = json!(format!("{plan}-copy"));
        let made = chair.post("/api/v1/plans?because=a+copy", &file);
        assert_eq!(made.status, 201, "{}", made.text);
        assert_eq!(made.json["id"], json!(format!("{plan}-copy")));
        let again = export(&chair, &format!("{plan}-copy"));
        assert_eq!(content(again), content(out), "{plan}");
    }
    let events = chair.all_events(&format!("{DRAFT}-copy"));
    assert!(
        events.iter().all(
            |event| event.subject.as_str() == CHAIR.subject && event.because.as_deref() == Some("a copy")
        )
    );
    let log = plenary_tests::LogCopy::of(&chair, &format!("{DRAFT}-copy"));
    let shown = chair.get(&format!("/api/v1/plans/{DRAFT}-copy?removed=true")).ok();
    log.replay(&[log.head().0].into(), |_, doc| {
        assert_eq!(differences(&json_of(doc), &shown), Vec::<String>::new())
    });
}

#[test]
fn an_export_of_the_past_is_the_plan_of_then() {
    let server = TestServer::demo();
    let chair = server.client(&CHAIR);
    let before = export(&chair, DRAFT);
    let target = chair.id_of(DRAFT, "2.7");
    chair.edited(DRAFT, &[set_text(&target, "title", "Other words", chair.head(DRAFT))]);
    assert_ne!(content(export(&chair, DRAFT)), content(before.clone()));
    let then = chair.get(&format!("/api/v1/plans/{DRAFT}/export?at=3")).ok();
    assert_eq!(content(then), content(before));
}

#[test]
fn a_file_with_problems_tells_all_of_them_with_places_and_imports_nothing() {
    let server = SHARED.get();
    let chair = server.client(&CHAIR);
    let mut file = export(&chair, DRAFT);
    file["id"] = json!("bad-file");
    file["stage"] = json!("nearly_done");
    file["elements"][1]["kind"] = json!("wish");
    file["elements"][3]["parent"] = json!("gol-nobody");
    file["elements"][7]["colour"] = json!("blue");
    file["links"][0]["to"] = json!("tgt-nobody");
    file["links"][2]["from"] = json!(7);
    let answer = chair.post("/api/v1/plans", &file);
    assert_eq!((answer.status, answer.code()), (422, "bad_plan_file"), "{}", answer.text);
    let problem = answer.problem();
    let places: Vec<&str> = problem.problems.iter().map(|problem| problem.pointer.as_str()).collect();
    for place in [
        "/stage",
        "/elements/1/kind",
        "/elements/3/parent",
        "/elements/7/colour",
        "/links/0/to",
        "/links/2/from",
    ] {
        assert!(places.contains(&place), "{place} in {places:?}");
    }
    assert!(problem.problems.iter().all(|problem| !problem.says.is_empty()));
    assert_eq!(chair.get("/api/v1/plans/bad-file").code(), "no_such_plan");
    assert_eq!(chair.get("/api/v1/plans").ok().as_array().unwrap().len(), 2);
    for text in ["", "{", "[]", "null", "{\"schema\": \"plenary-plan/1\"}", "{\"id\":1,\"id\":2}"] {
        let answer = chair.post_bytes("/api/v1/plans", text.as_bytes());
        assert_eq!((answer.status, answer.code()), (422, "bad_plan_file"), "{text:?}: {}", answer.text);
        assert!(!answer.problem().problems.is_empty(), "{text:?}");
    }
}

#[test]
fn an_existing_plan_is_not_imported_over_and_only_some_may_import() {
    let server = SHARED.get();
    let file = export(&server.client(&AUDITOR), DRAFT);
    let chair = server.client(&CHAIR);
    let answer = chair.post("/api/v1/plans", &file);
    assert_eq!((answer.status, answer.code()), (409, "plan_exists"));
    for person in [BR, AUDITOR] {
        let mut file = file.clone();
        file["id"] = json!("not-made");
        let answer = server.client(&person).post("/api/v1/plans", &file);
        assert_eq!((answer.status, answer.code()), (403, "role_forbids"), "{}", person.subject);
    }
    assert_eq!(chair.get("/api/v1/plans/not-made").status, 404);
}

fn carry(former: &str, into: &[&str]) -> Command {
    Command::Carry {
        former: Reference { plan: plan_id(ADOPTED), element: element_id(former) },
        what: None,
        into: into.iter().copied().map(element_id).collect(),
        kind: None,
        place: Default::default(),
        rationale: Some("it still holds".to_owned()),
    }
}

#[test]
fn carrying_a_former_element_makes_element_disposition_and_link_in_one_entry() {
    let server = TestServer::demo();
    let gs = server.client(&GS);
    let former = gs.id_of(ADOPTED, "3");
    let title = gs.plan(ADOPTED).element(&element_id(&former)).unwrap().text["en"]["title"].clone();
    let before = gs.plan(DRAFT);
    let done = gs.edited(DRAFT, &[carry(&former, &[])]);
    let after = gs.plan(DRAFT);
    let change = done.entries.last().unwrap();
    let events = gs.events(DRAFT, &format!("after={}", change.seq.0 - 1));
    assert_eq!(events.len(), 1, "one entry");
    let fresh: Vec<_> =
        after.elements.iter().filter(|element| before.element(&element.id).is_none()).collect();
    let [element, disposition] = fresh[..] else { panic!("{fresh:?}") };
    assert_eq!((element.kind.name(), &element.text["en"]["title"]), ("goal", &title));
    assert_eq!(disposition.kind.name(), "disposition");
    assert_eq!(disposition.text["en"]["rationale"], "it still holds");
    let json = serde_json::to_value(disposition).unwrap();
    assert_eq!(json["former"], json!({ "plan": ADOPTED, "element": former }));
    assert_eq!(json["type"], json!("carried_into"));
    let links: Vec<_> = after.links.iter().filter(|link| !before.links.contains(link)).collect();
    let [link] = links[..] else { panic!("{links:?}") };
    assert_eq!((link.kind.name(), &link.from, &link.to), ("becomes", &disposition.id, &element.id));
    assert!(done.made.contains(&element.id) && done.made.contains(&disposition.id));
    // Into what is there already: a disposition and a link, no new element.
    let target = gs.id_of(DRAFT, "2.7");
    let other = gs.id_of(ADOPTED, "3.1");
    gs.edited(DRAFT, &[carry(&other, &[&target])]);
    let last = gs.plan(DRAFT);
    assert_eq!((last.elements.len(), last.links.len()), (after.elements.len() + 1, after.links.len() + 1));
    let refused = gs.edit(DRAFT, &[carry("tgt-nobody", &[])]);
    assert_eq!(refused.code(), "no_such_element", "{}", refused.text);
}
