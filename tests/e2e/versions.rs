//! Named versions as two Bureaux, a chair and an auditor use them: named, signed, compared, and taken
//! wherever a point of the past is.

use plenary_protocol::ids::Digest;
use plenary_protocol::wire::event::What;
use plenary_protocol::wire::past::{Change, DiffAnswer};
use plenary_protocol::wire::versions::VersionPage;
use plenary_protocol::{Seq, SignedAs};
use plenary_tests::{Answer, DRAFT, Http, TestServer, fresh_id};
use serde_json::{Value as Json, json};

use crate::cli::Cli;
use crate::people::{ADMIN, AUDITOR, BR, CHAIR, GS, READER, TSB, set_field, set_text};

fn name(who: &Http, version: &str, at: Option<Seq>) -> Answer {
    let at = at.map(|at| at.to_string());
    let body =
        json!({ "id": fresh_id("name"), "name": version, "at": at, "note": format!("note on {version}") });
    who.post(&format!("/api/v1/plans/{DRAFT}/versions"), &body)
}

fn sign(who: &Http, version: &str, meaning: &str) -> Answer {
    let body = json!({ "id": fresh_id("sign"), "meaning": meaning, "because": "read twice" });
    who.post(&format!("/api/v1/plans/{DRAFT}/versions/{version}/signatures"), &body)
}

fn versions(who: &Http, query: &str) -> VersionPage {
    let json = who.get(&format!("/api/v1/plans/{DRAFT}/versions?{query}")).ok();
    serde_json::from_value(json).unwrap()
}

#[test]
fn two_bureaux_a_chair_and_an_auditor_agree_on_a_version() {
    let mut server = TestServer::demo();
    let [br, tsb, gs, chair, auditor] = [BR, TSB, GS, CHAIR, AUDITOR].map(|person| server.client(&person));
    let target = br.id_of(DRAFT, "2.7");
    let first = br.head(DRAFT);
    name(&gs, "As-Received", Some(first)).ok();
    br.edited(DRAFT, &[set_text(&target, "title", "Climate action", br.head(DRAFT))]);
    let point = tsb.edited(DRAFT, &[set_field(&target, "due_year", 2031, tsb.head(DRAFT))]).seq;
    br.edited(DRAFT, &[set_text(&target, "title", "Climate action, later", br.head(DRAFT))]);
    name(&chair, "Rev.1", Some(point)).ok();
    for (who, meaning) in [(&br, "drafted"), (&tsb, "drafted"), (&auditor, "reviewed"), (&chair, "approved")]
    {
        sign(who, "Rev.1", meaning).ok();
    }

    server.restart();
    let [br, chair, auditor] = [br, chair, auditor].map(|who| who.at(&server.base()));
    let page = versions(&auditor, "");
    let [received, rev] = &page.versions[..] else { panic!("{page:?}") };
    assert_eq!((received.name.as_str(), received.covers.seq), ("As-Received", first));
    assert_eq!((rev.named.subject.as_str(), rev.note.as_deref()), (CHAIR.subject, Some("note on Rev.1")));
    let signed: Vec<_> =
        rev.signatures.iter().map(|one| (one.signed.subject.as_str(), one.meaning)).collect();
    let wanted = [
        (BR.subject, SignedAs::Drafted),
        (TSB.subject, SignedAs::Drafted),
        (AUDITOR.subject, SignedAs::Reviewed),
        (CHAIR.subject, SignedAs::Approved),
    ];
    assert_eq!(signed, wanted);
    assert!(rev.signatures.iter().all(|one| one.signed.because.as_deref() == Some("read twice")));
    let leaf: Digest = auditor.events(DRAFT, &format!("from_seq={point}&to_seq={point}"))[0].leaf;
    assert_eq!((rev.covers.seq, rev.covers.leaf), (point, leaf));
    for event in auditor.events(DRAFT, "type=version_signed") {
        assert!(
            matches!(&event.what, What::VersionSigned { covers, .. } if *covers == rev.covers),
            "{event:?}"
        );
    }

    // Wherever a point is taken, the version is one.
    let same = |path: &str, version: &str, seq: &str| {
        let [one, two] =
            [version, seq].map(|at| auditor.get(&format!("/api/v1/plans/{DRAFT}{path}{at}")).ok());
        assert_eq!(one, two, "{path}");
    };
    for path in
        ["?at=", "/export?at=", "/elements/2.7?at=", "/elements/2.7/blame?at=", "/diff?from=", "/diff?to="]
    {
        same(path, "version:Rev.1", &point.to_string());
    }
    let diff = auditor.get(&format!("/api/v1/plans/{DRAFT}/diff?version=Rev.1")).ok();
    let diff: DiffAnswer = serde_json::from_value(diff).unwrap();
    assert_eq!((diff.from.seq, diff.to.seq, diff.differences.len()), (first, point, 2));
    let one = auditor.get(&format!("/api/v1/plans/{DRAFT}/diff?version=As-Received&field=title")).ok();
    assert_eq!(one["differences"], json!([]), "the first is compared with the plan as it was made");
    let restored = json!({ "id": fresh_id("back"), "to": "version:Rev.1", "scope": { "element": target } });
    chair.post(&format!("/api/v1/plans/{DRAFT}/restorations"), &restored).ok();
    let told = br.history(DRAFT, "order=desc&limit=1").revisions.remove(0);
    assert_eq!(told.restores.map(|restores| restores.seq), Some(point));
    let diff = br.get(&format!("/api/v1/plans/{DRAFT}/diff?from=version:Rev.1")).ok();
    let diff: DiffAnswer = serde_json::from_value(diff).unwrap();
    assert!(!diff.differences.iter().any(|one| matches!(one.what, Change::Text { .. })), "{diff:?}");
}

#[test]
fn names_and_signatures_are_given_once_and_by_those_who_may() {
    let server = TestServer::demo();
    let [br, chair, auditor, admin, reader] =
        [BR, CHAIR, AUDITOR, ADMIN, READER].map(|person| server.client(&person));
    name(&admin, "v1", None).ok();
    for (answer, status, code) in [
        (name(&chair, "V1", None), 422, "bad_id"),
        (name(&br, "v2", None), 403, "other_bureau"),
        (name(&auditor, "v2", None), 403, "role_forbids"),
        (name(&reader, "v2", None), 403, "role_forbids"),
        (name(&chair, "v2", Some(Seq(9_999))), 409, "base_ahead"),
        (name(&chair, "v2", Some(Seq(1))), 422, "out_of_range"),
        (name(&chair, "no/slash", None), 400, "malformed"),
        (name(&chair, "", None), 400, "malformed"),
        (name(&chair, &"v".repeat(65), None), 400, "malformed"),
        (sign(&br, "v1", "approved"), 403, "role_forbids"),
        (sign(&auditor, "v1", "drafted"), 403, "role_forbids"),
        (sign(&admin, "v1", "approved"), 403, "role_forbids"),
        (sign(&reader, "v1", "reviewed"), 403, "role_forbids"),
        (sign(&chair, "v1", "liked"), 400, "malformed"),
        (sign(&chair, "v9", "approved"), 404, "no_such_version"),
        (sign(&chair, "%3Cscript%3E", "approved"), 404, "no_such_version"),
    ] {
        assert_eq!((answer.status, answer.code()), (status, code), "{}", answer.text);
    }
    sign(&auditor, "v1", "reviewed").ok();
    let again = sign(&auditor, "v1", "reviewed");
    assert_eq!((again.status, again.code()), (409, "nothing_to_do"));
    for path in ["?at=version:v9", "/diff?version=v9", "/elements/2.7?at=version:v9", "/versions?after=v9"] {
        let answer = auditor.get(&format!("/api/v1/plans/{DRAFT}{path}"));
        assert_eq!((answer.status, answer.code()), (404, "no_such_version"), "{path}");
    }
    for path in ["?at=version:", "?at=version:a%20b", "/diff?version=v1&to=3", "/diff?version=a%2Fb"] {
        let answer = auditor.get(&format!("/api/v1/plans/{DRAFT}{path}"));
        assert_eq!((answer.status, answer.code()), (400, "malformed"), "{path}");
    }
    // A stranger to the plan learns nothing of its versions.
    let only = json!({ "id": fresh_id("only"), "access": { "only": { "roles": ["chair"] } } });
    let put =
        chair.try_ask("PUT", &format!("/api/v1/plans/{DRAFT}/access"), Some(only.to_string().as_bytes()));
    put.unwrap().ok();
    for answer in [sign(&br, "v1", "drafted"), br.get(&format!("/api/v1/plans/{DRAFT}/versions"))] {
        assert_eq!((answer.status, answer.code()), (404, "no_such_plan"));
    }
}

#[test]
fn versions_come_in_pages_in_the_order_of_their_naming() {
    let server = TestServer::demo();
    let chair = server.client(&CHAIR);
    let all = ["c", "a", "b", "E", "d"];
    all.iter().for_each(|version| _ = name(&chair, version, None).ok());
    let mut seen = Vec::new();
    let mut query = "limit=2".to_owned();
    loop {
        let page = versions(&chair, &query);
        seen.extend(page.versions.iter().map(|version| version.name.to_string()));
        let Some(next) = page.next_after else { break };
        query = format!("limit=2&after={next}");
    }
    assert_eq!(seen, all);
}

#[test]
fn the_client_names_signs_lists_and_compares() {
    let server = TestServer::demo();
    let [br, chair, auditor] = [BR, CHAIR, AUDITOR].map(|person| Cli::of(&server, &person));
    chair.ok(&["version", "name", DRAFT, "first", "--at", "3", "--note", "as received"]);
    br.ok(&["set", DRAFT, "2.7", "due_year", "2031"]);
    chair.ok(&["version", "name", DRAFT, "second"]);
    let signed = auditor.ok(&["version", "sign", DRAFT, "second", "reviewed", "--because", "all read"]);
    assert!(signed.contains("signed second as reviewed"), "{signed}");
    let list = br.ok(&["versions", DRAFT]);
    let lines: Vec<&str> = list.lines().collect();
    assert!(lines[0].starts_with("first entry 3 (") && lines[0].ends_with("…): as received"), "{list}");
    assert!(
        lines.iter().any(|line| line.starts_with("  reviewed by Auditor") && line.contains("all read")),
        "{list}"
    );
    let json: Json = serde_json::from_str(&br.ok(&["versions", DRAFT, "--json"])).unwrap();
    assert_eq!(json[1]["signatures"][0]["meaning"], json!("reviewed"));
    let diff = br.ok(&["diff", DRAFT, "--version", "second"]);
    assert!(diff.contains("due_year") && diff.contains("2031"), "{diff}");
    assert_eq!(diff, br.ok(&["diff", DRAFT, "version:first", "version:second"]));
    assert_eq!(br.ok(&["show", DRAFT, "--at", "version:first"]), br.ok(&["show", DRAFT, "--at", "3"]));
    br.ok(&["restore", DRAFT, "--to", "version:first", "--yes"]);
    let log = br.ok(&["log", DRAFT, "--raw", "--all"]);
    assert!(
        log.contains("signed version second (entry ") && log.contains("named entry 3 “first”: as received"),
        "{log}"
    );
    assert!(br.fails(3, &["show", DRAFT, "--at", "version:third"]).contains("no version third"));
    assert!(br.fails(4, &["version", "sign", DRAFT, "second", "approved"]).contains("role drafter"));
    br.fails(2, &["version", "sign", DRAFT, "second", "liked"]);
    br.fails(2, &["diff", DRAFT, "3", "--version", "second"]);
}
