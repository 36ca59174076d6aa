//! The past: filters that are exact, keystrokes told as revisions, codes read as of a point.

use std::collections::BTreeSet;
use std::io::Write as _;

use plenary_protocol::record::EditRow;
use plenary_protocol::wire::EventView;
use plenary_protocol::wire::api::Revision;
use plenary_tests::{DRAFT, Http, Replica, Shared, TestServer};
use serde_json::json;

use crate::cli::Cli;
use crate::people::{AUDITOR, BDT, BR, CHAIR, GS, TSB, comment, move_before, set_field, set_text, splice};

/// A server with a history of several people, and what its log holds.
struct Told {
    _server: TestServer,
    auditor: Http,
    events: Vec<EventView>,
    climate: String,
    goal: String,
}

fn told() -> Told {
    let server = TestServer::demo();
    let [br, bdt, gs, chair, auditor] = [BR, BDT, GS, CHAIR, AUDITOR].map(|person| server.client(&person));
    let [climate, other, goal, first] = ["2.7", "2.5", "2", "1.1"].map(|code| auditor.id_of(DRAFT, code));
    let mut tsb = Replica::join(&server.client(&TSB), DRAFT);
    for letter in ["c", "l", "e", "a", "r", " "] {
        tsb.insert(
            &climate,
            "title",
            |text| if letter == "c" { 0 } else { text.find("Signif").unwrap() },
            letter,
        );
        tsb.push().unwrap();
    }
    br.edited(DRAFT, &[splice(&climate, "title", 0, "Very ", br.head(DRAFT))]);
    tsb.insert(&climate, "title", |text| text.chars().count(), ".");
    tsb.push().unwrap();
    bdt.edited(DRAFT, &[set_field(&other, "due_year", 2027, bdt.head(DRAFT))]);
    bdt.edited(DRAFT, &[set_field(&climate, "due_year", 2026, bdt.head(DRAFT))]);
    let request =
        auditor.plan(DRAFT).elements.iter().find(|e| e.kind.name() == "guidance_request").unwrap().id.clone();
    let body = json!({
        "id": "with-a-reason",
        "commands": [set_text(&first, "title", "Connect everybody", gs.head(DRAFT)), comment(&goal, "See there")],
        "because": "as asked",
        "answers": [request],
    });
    gs.post(&format!("/api/v1/plans/{DRAFT}/edits"), &body).ok();
    chair.edited(DRAFT, &[move_before(&climate, &other)]);
    let events = auditor.all_events(DRAFT);
    Told { _server: server, auditor, events, climate, goal }
}

impl Told {
    /// The entries that a query gives are exactly those of which `holds` is true.
    #[track_caller]
    fn exactly(&self, query: &str, holds: impl Fn(&EventView) -> bool) -> usize {
        let wanted: Vec<u64> =
            self.events.iter().filter(|event| holds(event)).map(|event| event.seq.0).collect();
        let given: Vec<u64> = self.auditor.events(DRAFT, query).iter().map(|event| event.seq.0).collect();
        assert_eq!(given, wanted, "{query}");
        let newest: Vec<u64> = self
            .auditor
            .events(DRAFT, &format!("{query}&order=desc"))
            .iter()
            .map(|event| event.seq.0)
            .collect();
        assert_eq!(newest, wanted.iter().rev().copied().collect::<Vec<_>>(), "{query}, newest first");
        wanted.len()
    }
}

fn any_row(event: &EventView, holds: impl Fn(&EditRow) -> bool) -> bool {
    event.edits().iter().any(holds)
}

#[test]
fn filters_are_exact_alone_and_together() {
    let told = told();
    let (climate, goal) = (told.climate.as_str(), told.goal.as_str());
    let plan = told.auditor.plan(DRAFT);
    let mut below: BTreeSet<String> = [goal.to_owned()].into();
    // Reading order: a parent stands before its children.
    for element in &plan.elements {
        if element.parent.as_ref().is_some_and(|parent| below.contains(parent.as_str())) {
            below.insert(element.id.to_string());
        }
    }
    for link in &plan.links {
        if below.contains(link.from.as_str()) {
            below.insert(link.id.to_string());
        }
    }
    let of = |event: &EventView, element: &str| any_row(event, |row| row.element.as_str() == element);
    let sizes = [
        told.exactly(&format!("element={climate}"), |event| of(event, climate)),
        told.exactly("element=2.5", |event| of(event, climate)),
        told.exactly("subtree=2", |event| any_row(event, |row| below.contains(row.element.as_str()))),
        told.exactly("field=due_year", |event| any_row(event, |row| row.field == "due_year")),
        told.exactly("field=due_year,note", |event| {
            any_row(event, |row| ["due_year", "note"].contains(&&*row.field))
        }),
        told.exactly("kind=target", |event| any_row(event, |row| row.kind == "target")),
        told.exactly("kind=comment", |event| any_row(event, |row| row.kind == "comment")),
        told.exactly("subject=tsb-drafter", |event| event.subject.as_str() == TSB.subject),
        told.exactly("bureau=BDT", |event| event.bureau == BDT.bureau),
        told.exactly("bureau=BDT,TSB", |event| event.bureau == BDT.bureau || event.bureau == TSB.bureau),
        told.exactly("from_seq=6&to_seq=9", |event| (6..=9).contains(&event.seq.0)),
        told.exactly("op=move", |event| any_row(event, |row| json!(row.op) == "move")),
        told.exactly("type=actor_bound", |event| json!(event.what)["type"] == "actor_bound"),
        told.exactly("answers=1.a", |event| !event.answers.is_empty()),
    ];
    assert!(
        sizes.iter().all(|size| *size > 0 && *size < told.events.len()),
        "each filter divides: {sizes:?}"
    );
    told.exactly(&format!("element={climate}&subject=bdt-drafter&field=due_year"), |event| {
        event.subject.as_str() == BDT.subject
            && any_row(event, |row| row.element.as_str() == climate && row.field == "due_year")
    });
    told.exactly("subtree=2&bureau=BR&kind=target&op=text", |event| {
        let row = |row: &EditRow| {
            below.contains(row.element.as_str()) && row.kind == "target" && json!(row.op) == "text"
        };
        event.bureau == BR.bureau && any_row(event, row)
    });
    told.exactly("subject=nobody", |_| false);
    let (early, late) = (&told.events[5].at, &told.events[8].at);
    told.exactly(&format!("since={early}"), |event| event.at >= *early);
    told.exactly(&format!("until={late}"), |event| event.at <= *late);
    told.exactly(&format!("since={early}&until={late}&subject=tsb-drafter"), |event| {
        event.at >= *early && event.at <= *late && event.subject.as_str() == TSB.subject
    });
    told.exactly("since=2000-01-01&until=2000-12-31", |_| false);
}

#[test]
fn what_answers_a_request_is_found_by_it() {
    let told = told();
    let answering: Vec<_> = told.events.iter().filter(|event| !event.answers.is_empty()).collect();
    let [event] = answering[..] else { panic!("{answering:?}") };
    assert_eq!(event.because.as_deref(), Some("as asked"));
    assert_eq!(told.exactly(&format!("answers={}", event.answers[0]), |found| found.seq == event.seq), 1);
}

#[test]
fn keystrokes_of_one_person_in_one_field_are_one_revision() {
    let told = told();
    let page = told.auditor.history(DRAFT, &format!("element={}&field=title", told.climate));
    assert_eq!(page.element.as_ref().map(|id| id.as_str()), Some(told.climate.as_str()));
    let texts: Vec<&Revision> = page.revisions.iter().filter(|revision| revision.op == "text").collect();
    let told_of = |revision: &&Revision| {
        let text = |value: &Option<_>| value.as_ref().map(ToString::to_string).unwrap_or_default();
        (revision.subject.to_string(), revision.edits, text(&revision.from), text(&revision.to))
    };
    let title = "Significantly improve ICTs contribution to climate action";
    let (clear, very, stop) =
        (format!("clear {title}"), format!("Very clear {title}"), format!("Very clear {title}."));
    let written: Vec<_> =
        texts.iter().map(told_of).filter(|(subject, ..)| subject != "plenary-demo").collect();
    let wanted = [
        (TSB.subject.to_owned(), 6, title.to_owned(), clear.clone()),
        (BR.subject.to_owned(), 1, clear, very.clone()),
        (TSB.subject.to_owned(), 1, very, stop),
    ];
    assert_eq!(written, wanted);
    let grouped = texts.iter().find(|revision| revision.edits == 6).unwrap();
    let own = |event: &&EventView| event.subject.as_str() == TSB.subject && !event.edits().is_empty();
    let first = told.events.iter().find(own).unwrap();
    assert_eq!((grouped.first, grouped.bureau), (first.seq, TSB.bureau));
    assert_eq!(grouped.last.0 - grouped.first.0, 5);
}

#[test]
fn pages_of_revisions_put_together_are_the_whole() {
    let told = told();
    let whole = told.auditor.history(DRAFT, "from_seq=4&limit=1000");
    assert!(whole.next_after.is_none() && whole.revisions.len() > 6);
    let mut pieces = Vec::new();
    let mut query = "from_seq=4&limit=2".to_owned();
    loop {
        let page = told.auditor.history(DRAFT, &query);
        assert!(page.revisions.len() <= 2);
        pieces.extend(page.revisions);
        let Some(after) = page.next_after else { break };
        query = format!("from_seq=4&limit=2&after={after}");
    }
    assert_eq!(pieces, whole.revisions);
}

#[test]
fn a_code_in_a_question_about_the_past_is_read_as_of_that_point() {
    let told = told();
    let moved = told.events.iter().find(|event| any_row(event, |row| json!(row.op) == "move")).unwrap().seq;
    let before = moved.0 - 1;
    let element = |query: &str| told.auditor.get(&format!("/api/v1/plans/{DRAFT}/elements/{query}")).ok();
    let then = element(&format!("2.7?at={before}"));
    assert_eq!((&then["element"]["id"], &then["element"]["code"]), (&json!(told.climate), &json!("2.7")));
    assert_eq!(then["code_now"], json!("2.5"));
    let now = element("2.5");
    assert_eq!((&now["element"]["id"], &now["code_now"]), (&json!(told.climate), &json!(null)));
    assert_ne!(element("2.7")["element"]["id"], json!(told.climate), "another bears the code today");
    let page = told.auditor.history(DRAFT, &format!("element=2.7&at={before}&from_seq=4"));
    assert_eq!(page.element.as_ref().map(|id| id.as_str()), Some(told.climate.as_str()));
    assert!(page.revisions.len() >= 5);
    for revision in &page.revisions {
        assert_eq!(revision.element.as_ref().unwrap().as_str(), told.climate);
        let is_after = revision.last >= moved;
        assert_eq!(
            revision.code.as_deref(),
            Some(if is_after { "2.5" } else { "2.7" }),
            "entry {}",
            revision.last
        );
        assert_eq!(revision.code_now.as_deref(), (!is_after).then_some("2.5"), "entry {}", revision.last);
    }
    let other = told.auditor.history(DRAFT, "element=2.7&from_seq=4");
    assert!(
        other.revisions.iter().all(|revision| revision.element.as_ref().unwrap().as_str() != told.climate)
    );
    // The entry before the move can be of the same moment: the mover's actor is bound with it.
    let moment = &told.events[moved.0 as usize - 1].at;
    let time = told.events.iter().map(|event| &event.at).rfind(|at| *at < moment).unwrap();
    assert_eq!(element(&format!("2.7?at={time}"))["element"]["id"], json!(told.climate), "by time too");
    assert_eq!(
        told.auditor.get(&format!("/api/v1/plans/{DRAFT}/elements/2.7?at=1")).code(),
        "no_such_element"
    );
}

/// Whether an old or new value of a row holds a text; all that is written here is in small letters.
fn holds(row: &EditRow, text: &str) -> bool {
    let values = [&row.from, &row.to].into_iter().flatten().map(ToString::to_string);
    let texts = [&row.deleted, &row.inserted].into_iter().flatten().cloned();
    values.chain(texts).any(|value| value.to_lowercase().contains(text))
}

#[test]
fn a_text_is_found_in_old_and_new_values_and_counted_exactly() {
    let told = told();
    let long = "国际电联 and words that no row tells whole. ".repeat(20);
    let chair = told._server.client(&CHAIR);
    chair.edited(DRAFT, &[set_text(&told.climate, "statement", &long, chair.head(DRAFT))]);
    chair.edited(DRAFT, &[splice(&told.climate, "statement", 30, "ÉNERGIE ", chair.head(DRAFT))]);
    let told = Told { events: told.auditor.all_events(DRAFT), ..told };
    let mut found = 0;
    for (asked, text) in [
        ("text=CLIMATE", "climate"),
        ("text=very", "very"),
        ("text=2027", "2027"),
        ("text=%C3%A9nergie", "énergie"),
        // One letter in two code points.
        ("text=e%CC%81NERGIE", "énergie"),
        ("text=%E5%9B%BD%E9%99%85", "国际"),
        ("text=ict&bureau=TSB", "ict"),
        ("text=see%20there&kind=comment", "see there"),
        ("text=nobody-wrote-this", "nobody-wrote-this"),
    ] {
        let matches = |event: &EventView, row: &EditRow| {
            holds(row, text)
                && (!asked.contains("bureau") || event.bureau.as_str() == "TSB")
                && (!asked.contains("kind") || row.kind == "comment")
        };
        let entries =
            told.exactly(&format!("{asked}&limit=1000"), |event| any_row(event, |row| matches(event, row)));
        let rows: usize = told
            .events
            .iter()
            .map(|event| event.edits().iter().filter(|row| matches(event, row)).count())
            .sum();
        let counted = told.auditor.get(&format!("/api/v1/plans/{DRAFT}/events/count?{asked}")).ok();
        assert_eq!((&counted["entries"], &counted["rows"]), (&json!(entries), &json!(rows)), "{asked}");
        assert_eq!(counted["seq"], json!(told.events.len()));
        found += entries;
    }
    assert!(found > 20, "{found}");
    // Pages of one, forth and back, are the whole.
    for order in ["asc", "desc"] {
        let whole: Vec<Revision> =
            told.auditor.history(DRAFT, &format!("text=climate&order={order}&limit=1000")).revisions;
        let (mut pages, mut after) = (Vec::new(), None);
        loop {
            let after_is = after.map(|after: String| format!("&after={after}")).unwrap_or_default();
            let page = told.auditor.history(DRAFT, &format!("text=climate&order={order}&limit=1{after_is}"));
            pages.extend(page.revisions);
            after = page.next_after;
            if after.is_none() {
                break;
            }
        }
        assert!(whole.len() > 3 && pages == whole, "{order}: {pages:?}");
    }
    let count = |query: &str| told.auditor.get(&format!("/api/v1/plans/{DRAFT}/events/count?{query}")).ok();
    assert_eq!(count("type=change&bureau=BDT")["entries"], json!(2), "without a text, from the index");
    for wrong in ["text=", "text=%20", &format!("text={}", "x".repeat(201)), "limit=3", "element=9.9.9"] {
        let answer = told.auditor.get(&format!("/api/v1/plans/{DRAFT}/events/count?{wrong}"));
        assert!([400, 404].contains(&answer.status), "{wrong}: {}", answer.text);
    }
    let auditor = Cli::of(&told._server, &AUDITOR);
    let shown = auditor.ok(&["history", DRAFT, "--text", "énergie"]);
    assert!(shown.contains("ÉNERGIE") && !shown.contains("due_year"), "{shown}");
    assert!(
        auditor
            .ok(&["log", DRAFT, "--text", "énergie", "--count"])
            .starts_with("1 entry, 1 edit, up to entry")
    );
}

static SHARED: Shared = Shared::new();

#[test]
fn a_question_ends_when_nobody_waits_for_its_answer() {
    let server = SHARED.get();
    let reader = server.client(&AUDITOR);
    let address = reader.base().trim_start_matches("http://").to_owned();
    // Many ask for what takes long and go at once: who stays is answered all the same.
    for _ in 0..50 {
        let mut socket = std::net::TcpStream::connect(&address).unwrap();
        let request = format!(
            "GET /api/v1/plans/{DRAFT}/history?text=nowhere HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n",
            reader.token()
        );
        socket.write_all(request.as_bytes()).unwrap();
    }
    assert_eq!(reader.history(DRAFT, "text=nowhere").revisions, []);
}
