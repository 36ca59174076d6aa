//! An auditor's questions, each answered in one command; and the same by the API.

use plenary_protocol::Seq;
use plenary_protocol::plan::{PlanView, Value};
use plenary_protocol::wire::past::{
    AppearancesAnswer, BlameAnswer, Change, DiffAnswer, PredecessorDiff, TimelineAnswer,
};
use plenary_tests::{ADOPTED, DRAFT, Shared, TestServer};
use serde_json::Value as Json;

use crate::cli::Cli;
use crate::people::{AUDITOR, BDT, CHAIR, READER, TSB, set_field, set_text};

static SHARED: Shared = Shared::new();

#[track_caller]
fn read(cli: &Cli, arguments: &[&str]) -> Json {
    let out = cli.ok(&[arguments, &["--json"]].concat());
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {out}"))
}

#[track_caller]
fn has(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "{word:?} in: {text}");
    }
}

/// The plan at a point, as the API shows it.
fn view(server: &TestServer, at: Seq) -> PlanView {
    let path = format!("/api/v1/plans/{DRAFT}?removed=true&at={at}");
    serde_json::from_value(server.client(&AUDITOR).get(&path).ok()).unwrap()
}

#[test]
fn an_auditors_questions_are_answered_in_one_command_each() {
    let server = TestServer::demo();
    let (tsb, chair, auditor) =
        (Cli::of(&server, &TSB), Cli::of(&server, &CHAIR), Cli::of(&server, &AUDITOR));
    let first = read(&tsb, &["set", DRAFT, "2.7", "statement", "By 2026, e-waste recycling is at 30 %"]);
    let first = first["seq"].as_u64().unwrap();
    tsb.ok(&[
        "set",
        DRAFT,
        "2.7",
        "statement",
        "By 2027, e-waste recycling is at 35 %",
        "--because",
        "WTDC asked",
    ]);
    tsb.ok(&["set", DRAFT, "2.7", "due_year", "2027", "--because", "as the text says"]);
    chair.ok(&["move", DRAFT, "2.7", "--before", "2.5"]);
    chair.ok(&["remove", DRAFT, "2.3"]);
    let head = server.client(&AUDITOR).head(DRAFT);

    // Who changed the e-waste target, from what, when, why.
    let who = auditor.ok(&["who", DRAFT, "2.4", "due_year"]);
    has(&who, &["TSB drafter", "– → 2027", "UTC", "because as the text says", "target 2.7 (today: 2.4)"]);
    // What TSB changed between these two days.
    let log =
        auditor.ok(&["log", DRAFT, "--bureau", "TSB", "--since", "2000-01-01", "--until", "2100-01-01"]);
    has(&log, &["due_year", "statement", "WTDC asked"]);
    assert!(!log.contains("removed") && !log.contains("Demonstration"), "{log}");
    // What the plan said on that day: a code means what it meant then.
    let then = auditor.ok(&["at", DRAFT, "3", "2.7"]);
    has(&then, &["Significantly improve ICTs contribution"]);

    let told = auditor.ok(&["diff", DRAFT]);
    has(
        &told,
        &[
            "target 2.4 (was 2.7)",
            "moved to another place under goal 2",
            "due_year: – → 2027",
            "(was 2.3)",
            "removed",
            "renumbered: ",
            "target 2.4 → 2.3",
        ],
    );
    let told: DiffAnswer =
        serde_json::from_value(read(&auditor, &["diff", DRAFT, "--field", "statement"])).unwrap();
    assert_eq!(told.to.seq, head);
    assert_eq!(told.differences.len(), 1, "{told:?}");
    let told = auditor.ok(&["diff", DRAFT, &first.to_string(), &(first + 1).to_string(), "--element", "2.7"]);
    has(
        &told,
        &["statement [en]: By [-2026-]{+2027+}, e-waste recycling is at [-30-]{+35+} %", "(today: 2.4)"],
    );

    let told = auditor.ok(&["blame", DRAFT, "2.4", "statement", "--deleted"]);
    has(&told, &["[-6-]", "[-30-]", "WTDC asked", "TSB drafter"]);
    let told = auditor.ok(&["timeline", DRAFT, "2.4", "place"]);
    has(&told, &["another place under goal 2", "Chair of the group"]);
    let told = auditor.ok(&["find", DRAFT, "30", "--at", head.to_string().as_str()]);
    has(&told, &["target 2.4", "appeared in entry", "last went in entry"]);
    assert_eq!(auditor.ok(&["find", DRAFT, "neverwritten"]), "");
}

#[test]
fn blame_and_time_line_agree_with_the_document_at_every_point() {
    let server = TestServer::demo();
    let http = server.client(&CHAIR);
    let target = http.id_of(DRAFT, "2.7");
    let long = "Words that make the text longer than rows tell it whole. ".repeat(12);
    let texts = ["By 2026 all", "By 2027 nearly all", "", &long, "By 2028, 国际电联 👩🏽‍🚀"];
    for (index, text) in texts.iter().enumerate() {
        let http = server.client(if index % 2 == 0 { &CHAIR } else { &TSB });
        http.edited(DRAFT, &[set_text(&target, "statement", text, http.head(DRAFT))]);
    }
    http.edited(DRAFT, &[set_field(&target, "due_year", 2030, http.head(DRAFT))]);
    let auditor = Cli::of(&server, &AUDITOR);
    let head = http.head(DRAFT);
    for at in 3..=head.0 {
        let view = view(&server, Seq(at));
        let element = view.element(&target.parse().unwrap()).unwrap();
        let path = format!("/api/v1/plans/{DRAFT}/elements/{target}/blame?at={at}");
        let told: BlameAnswer = serde_json::from_value(http.get(&path).ok()).unwrap();
        for (lang, by_name) in &element.text {
            for (name, text) in by_name {
                let field =
                    told.fields.iter().find(|one| one.field == *name && one.lang.as_ref() == Some(lang));
                let runs = &field.unwrap().runs;
                assert_eq!(runs.iter().map(|run| run.text.as_str()).collect::<String>(), *text, "entry {at}");
                assert!(runs.iter().all(|run| run.seq.is_some()), "{runs:?}");
            }
        }
        for (name, value) in &element.fields {
            let field = told.fields.iter().find(|one| one.field == *name).unwrap();
            assert_eq!(field.value.as_ref(), Some(value));
            assert!(told.entries.iter().any(|entry| Some(entry.seq) == field.seq), "{field:?}");
        }
    }
    let line: TimelineAnswer =
        serde_json::from_value(read(&auditor, &["timeline", DRAFT, &target, "statement"])).unwrap();
    let values: Vec<String> =
        line.steps.iter().map(|step| step.to.as_ref().map(Value::to_string).unwrap_or_default()).collect();
    assert_eq!(values, texts);
}

#[test]
fn both_ends_and_the_way_back_make_the_same_differences() {
    let server = TestServer::demo();
    let http = server.client(&CHAIR);
    let target = http.id_of(DRAFT, "1.1");
    let before = http.head(DRAFT);
    http.edited(DRAFT, &[set_text(&target, "title", "Broadband for everybody", before)]);
    let path = |from: &str, to: &str| format!("/api/v1/plans/{DRAFT}/diff?from={from}&to={to}");
    let ask = |from: &str, to: &str| -> DiffAnswer {
        serde_json::from_value(http.get(&path(from, to)).ok()).unwrap()
    };
    let (then, now) = (before.to_string(), http.head(DRAFT).to_string());
    let forth = ask(&then, &now).differences;
    let back = ask(&now, &then).differences;
    assert!(matches!(forth.as_slice(), [one] if matches!(one.what, Change::Text { .. })), "{forth:?}");
    assert_eq!(back.len(), forth.len());
    assert!(ask(&now, &now).differences.is_empty());
    assert_eq!(http.get(&path("3", "9999")).code(), "base_ahead");
    assert_eq!(http.get(&format!("/api/v1/plans/{DRAFT}/diff?kind=gaol")).status, 400);
}

#[test]
fn the_draft_is_followed_back_to_the_adopted_plan() {
    let server = SHARED.get();
    let reader = Cli::of(&server, &READER);
    let told: PredecessorDiff =
        serde_json::from_value(read(&reader, &["diff", DRAFT, "--predecessor"])).unwrap();
    assert_eq!(told.predecessor.plan.as_str(), ADOPTED);
    assert_eq!(told.former.len(), 29, "5 goals and 24 targets");
    assert!(told.former.iter().all(|one| one.fates.iter().all(|fate| fate.kind.is_some())));
    assert!(told.without_disposition.is_empty() && told.dangling.is_empty(), "{told:?}");
    let text = reader.ok(&["diff", DRAFT, "--predecessor"]);
    has(&text, &["former goal 1", "→ goal 1", "New, without a predecessor:"]);
    let none = reader.fails(3, &["diff", ADOPTED, "--predecessor"]);
    has(&none, &["predecessor"]);
}

#[test]
fn what_cannot_be_answered_says_why() {
    let server = SHARED.get();
    let reader = Cli::of(&server, &READER);
    has(&reader.fails(3, &["blame", DRAFT, "9.9"]), &["9.9"]);
    reader.fails(3, &["blame", DRAFT, "2.7", "colour"]);
    reader.fails(3, &["timeline", DRAFT, "2.7", "colour"]);
    reader.fails(3, &["blame", "no-such-plan", "2.7"]);
    reader.fails(2, &["diff", DRAFT, "yesterday"]);
    reader.fails(2, &["diff", DRAFT, "3", "--predecessor"]);
    let http = server.client(&READER);
    for query in ["appearances?text=", "appearances", "elements/2.7/timeline", "diff?from=soon"] {
        assert_eq!(http.get(&format!("/api/v1/plans/{DRAFT}/{query}")).status, 400, "{query}");
    }
    for path in [
        "diff",
        "diff/predecessor",
        "elements/2.7/blame",
        "elements/2.7/timeline?field=title",
        "appearances?text=a",
    ] {
        let path = format!("/api/v1/plans/{DRAFT}/{path}");
        assert_eq!(http.get(&path).status, 200, "{path}");
        let anonymous = plenary_tests::Http::new(&server.base(), None);
        assert_eq!(anonymous.get(&path).status, 401, "{path}");
    }
    let found: AppearancesAnswer =
        serde_json::from_value(read(&reader, &["find", DRAFT, "E-WASTE"])).unwrap();
    assert!(found.appearances.len() >= 2 && found.appearances.iter().all(|one| one.stands));
    let bdt = Cli::of(&server, &BDT);
    has(&bdt.ok(&["diff", "--help"]), &["Examples:", "--predecessor"]);
}
