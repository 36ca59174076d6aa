//! A planning officer brings two targets together and takes one apart, and sees the mapping at a glance.

use plenary_tests::{ADOPTED, DRAFT, TestServer, plan_id};
use serde_json::json;

use crate::cli::Cli;
use crate::people::{BR, CHAIR, GS};

#[test]
fn targets_are_merged_and_split_and_the_mapping_follows() {
    let server = TestServer::demo();
    let chair = Cli::of(&server, &CHAIR);
    let http = server.client(&CHAIR);
    let glance = chair.ok(&["mapping", DRAFT]);
    for expected in [
        "24 of 24 former elements of the kind target have a disposition",
        "5 of 5 former elements of the kind goal have a disposition",
        "14 of 16 requests have a response",
        "3.c: no response",
        "19 of 22 quotations say what they quote",
        "target 1.6",
    ] {
        assert!(glance.contains(expected), "{expected}:\n{glance}");
    }
    let before = http.plan(DRAFT);
    let [first, second] = ["2.1", "2.2"].map(|code| http.id_of(DRAFT, code));
    let said =
        chair.ok(&["merge", DRAFT, "2.1", "2.2", "--field", "title=Use for all", "--rationale", "one aim"]);
    assert!(said.contains("merged 2.1, 2.2 into tgt-"), "{said}");
    let merged = http.plan(DRAFT);
    assert_eq!(merged.seq.0, before.seq.0 + 2, "the binding of an actor and one entry");
    let heir = merged.elements.iter().find(|element| element.label("en") == "Use for all").unwrap();
    assert_eq!(heir.code.as_deref(), Some("2.1"));
    let gone = |id: &str| merged.elements.iter().any(|element| element.id.as_str() == id && element.removed);
    assert!(gone(&first) && gone(&second));
    // What became of former targets by the old ones leads to the new one.
    let inherited = |view: &plenary_protocol::plan::PlanView, to: &[&str]| {
        let leads = |link: &&plenary_protocol::plan::LinkView| {
            link.kind.name() == "becomes" && !link.removed && to.contains(&link.to.as_str())
        };
        view.links.iter().filter(leads).count()
    };
    let (was, is) = (inherited(&before, &[&first, &second]), inherited(&merged, &[heir.id.as_str()]));
    assert!(was > 0 && is >= 3, "{was} {is}");
    let log = chair.ok(&["log", DRAFT]);
    assert!(log.contains("removed target") && log.contains("becomes target 2.1"), "{log}");
    let said = chair.ok(&[
        "split",
        DRAFT,
        "2.6",
        "--into",
        "Less energy",
        "--into",
        "Less waste",
        "--keep",
        "2=2.6.i1",
    ]);
    assert!(said.contains("split 2.6 into tgt-"), "{said}");
    let split = http.plan(DRAFT);
    let part = split.elements.iter().find(|element| element.label("en") == "Less waste").unwrap();
    assert!(split.elements.iter().any(|element| element.parent.as_ref() == Some(&part.id)));
    let after = chair.ok(&["mapping", DRAFT]);
    assert!(after.contains("24 of 24 former elements of the kind target"), "{after}");
    let then = chair.ok(&["mapping", DRAFT, "--at", "3"]);
    assert!(
        then.contains("24 of 24") && !then.contains("Use for all"),
        "entry 3 is the draft as it came: {then}"
    );
}

#[test]
fn a_file_of_commands_may_merge_and_a_refusal_undoes_all_of_it() {
    let server = TestServer::demo();
    let gs = Cli::of(&server, &GS);
    let http = server.client(&GS);
    let base = http.head(DRAFT).0;
    let file = server.folder().join("merge.json");
    let commands = json!([
        { "do": "comment", "element": "2.5", "text": "Before the merge" },
        { "do": "merge", "elements": ["2.3", "2.4", format!("{ADOPTED}/1.1")], "rationale": "one" },
        { "do": "split", "element": "2.5", "into": [{ "text": { "title": "One" } }, { "text": { "title": "" } }] },
    ]);
    std::fs::write(&file, commands.to_string()).unwrap();
    let refused = gs.fails(1, &["apply", DRAFT, file.to_str().unwrap()]);
    assert!(refused.contains("part 2 of") && refused.contains("has no text"), "{refused}");
    assert_eq!(http.head(DRAFT).0, base, "nothing was done");
    let fine = json!(commands.as_array().unwrap()[..2].to_vec());
    std::fs::write(&file, fine.to_string()).unwrap();
    gs.ok(&["apply", DRAFT, file.to_str().unwrap()]);
    let plan = http.plan(DRAFT);
    let told = plan.elements.iter().filter(|element| {
        element.fields.get("type").map(ToString::to_string).as_deref() == Some("merged")
            && element.kind.name() == "disposition"
    });
    assert!(told.count() >= 3);
}

#[test]
fn who_may_not_read_the_former_plan_sees_the_mapping_without_it() {
    let server = TestServer::demo();
    let chair = server.client(&CHAIR);
    let only = json!({ "id": "close", "access": { "only": { "roles": ["chair"] } } }).to_string();
    let path = format!("/api/v1/plans/{ADOPTED}/access");
    let closed = chair.try_ask("PUT", &path, Some(only.as_bytes())).unwrap();
    assert_eq!(closed.status, 200, "{}", closed.text);
    let br = server.client(&BR).get(&format!("/api/v1/plans/{DRAFT}/mapping")).ok();
    assert_eq!(br.get("former_plan"), None);
    assert!(br["quotes"].as_array().unwrap().iter().all(|quote| quote.get("agrees").is_none()));
    assert_eq!(br["guidance"]["answered"], 14);
    let all = chair.get(&format!("/api/v1/plans/{DRAFT}/mapping")).ok();
    assert_eq!(all["former_plan"]["predecessor"]["plan"], json!(plan_id(ADOPTED)));
    let wrong = all["quotes"].as_array().unwrap().iter().filter(|quote| quote["agrees"] == false);
    assert_eq!(wrong.count(), 3);
}
