//! Folds of texts made by hand and at random.

use plenary_limits::TEXT_WHOLE_CHARS_MAX;
use plenary_protocol::ids::Subject;
use plenary_protocol::wire::event::{What, time_text};
use plenary_protocol::{Bureau, Digest, Role};
use proptest::prelude::*;
use serde_json::json;

use super::*;

const FIELD: &str = "statement";

fn row(op: RowOp, field: &str) -> EditRow {
    EditRow {
        at: None,
        op,
        to: None,
        from: None,
        kind: "target".into(),
        lang: None,
        field: field.to_owned(),
        deleted: None,
        element: "tgt-a".parse().unwrap(),
        inserted: None,
        concurrent: false,
    }
}

fn event(seq: u64, subject: &str, edits: Vec<EditRow>) -> EventView {
    EventView {
        plan: "p".parse().unwrap(),
        seq: Seq(seq),
        at: time_text(1_700_000_000_000_000 + seq as i64 * 1_000_000),
        claimed_at: None,
        subject: subject.parse::<Subject>().unwrap(),
        name: subject.to_owned(),
        bureau: Bureau::BR,
        role: Role::Drafter,
        what: What::Change { edits, restores: None },
        because: None,
        answers: Vec::new(),
        client_id: None,
        base: None,
        behind: None,
        session: None,
        leaf: Digest::ZERO,
    }
}

/// A plan with one target that reads so.
fn view(seq: u64, text: &str) -> PlanView {
    let mut view: PlanView = serde_json::from_value(json!({
        "schema": "plenary-plan/1", "id": "p", "title": "T", "stage": "council", "seq": seq,
        "plan": {"language": "en"}, "links": [],
        "elements": [{"id": "tgt-a", "kind": "target", "order": "a", "code": "1"}]
    }))
    .unwrap();
    if !text.is_empty() {
        view.elements[0].text.entry("en".into()).or_default().insert(FIELD.into(), text.to_owned());
    }
    view
}

/// The row of a splice, as the server tells it.
fn spliced(text: &mut Vec<char>, at: usize, delete: usize, insert: &str, concurrent: bool) -> EditRow {
    let before: String = text.iter().collect();
    let deleted: String = text.splice(at..at + delete, insert.chars()).collect();
    let after: String = text.iter().collect();
    let whole = before.chars().count().max(text.len()) <= TEXT_WHOLE_CHARS_MAX;
    EditRow {
        at: Some(at as u64),
        lang: Some("en".into()),
        from: whole.then_some(Value::Text(before)),
        to: whole.then_some(Value::Text(after)),
        deleted: Some(deleted),
        inserted: Some(insert.to_owned()),
        concurrent,
        ..row(RowOp::Text, FIELD)
    }
}

fn runs(events: &[EventView], text: &str, deleted: bool) -> Vec<(String, u64, u64)> {
    let mut blame = Blame::new("tgt-a".parse().unwrap());
    events.iter().for_each(|event| blame.feed(event));
    let asked = Asked { field: Some(FIELD.into()), lang: None, deleted };
    let answer = blame.finish(&view(events.len() as u64, text), &asked).unwrap();
    let seq = |seq: Option<Seq>| seq.map_or(0, |seq| seq.0);
    let runs = answer.fields.iter().flat_map(|field| &field.runs);
    runs.map(|run| (run.text.clone(), seq(run.seq), seq(run.deleted))).collect()
}

#[test]
fn each_run_has_its_writer_and_what_is_deleted_stays_in_place() {
    let mut text = Vec::new();
    let events = [
        event(1, "ana", vec![spliced(&mut text, 0, 0, "By 2023 all", false)]),
        event(2, "ben", vec![spliced(&mut text, 3, 4, "2027", false)]),
        event(3, "ana", vec![spliced(&mut text, 8, 0, "nearly ", false)]),
    ];
    let read = "By 2027 nearly all";
    let stands = |text: &str, seq| (text.to_owned(), seq, 0);
    assert_eq!(
        runs(&events, read, false),
        [stands("By ", 1), stands("2027", 2), stands(" ", 1), stands("nearly ", 3), stands("all", 1)]
    );
    let gone = ("2023".to_owned(), 1, 2);
    assert_eq!(runs(&events, read, true)[1..3], [gone, stands("2027", 2)]);
}

#[test]
fn words_between_two_edits_of_one_entry_keep_their_writer() {
    let mut text = Vec::new();
    let events = [
        event(1, "ana", vec![spliced(&mut text, 0, 0, "By 2026, waste at 30 %", false)]),
        event(2, "ben", vec![spliced(&mut text, 6, 14, "7, waste at 35", false)]),
    ];
    let told = runs(&events, "By 2027, waste at 35 %", false);
    let written: Vec<(&str, u64)> = told.iter().map(|(text, seq, _)| (text.as_str(), *seq)).collect();
    assert_eq!(written, [("By 202", 1), ("7", 2), (", waste at ", 1), ("35", 2), (" %", 1)]);
}

#[test]
fn what_entries_do_not_tell_has_no_writer() {
    let mut text = Vec::new();
    let events = [event(1, "ana", vec![spliced(&mut text, 0, 0, "abc", false)])];
    let stands = |text: &str, seq| (text.to_owned(), seq, 0);
    assert_eq!(runs(&events, "abXc", true), [stands("ab", 1), stands("X", 0), stands("c", 1)]);
    assert_eq!(runs(&[], "abc", false), [stands("abc", 0)]);
}

#[test]
fn values_and_members_have_their_entries() {
    let set = |members: &[&str]| Some(Value::Set(members.iter().map(|one| (*one).to_owned()).collect()));
    let year = |year| Some(Value::Int(year));
    let events = [
        event(1, "ana", vec![row(RowOp::Add, "element")]),
        event(2, "ana", vec![EditRow { to: year(2027), ..row(RowOp::Set, "due_year") }]),
        event(3, "ben", vec![EditRow { to: year(2030), concurrent: true, ..row(RowOp::Set, "due_year") }]),
        event(4, "ben", vec![EditRow { to: set(&["a", "b"]), ..row(RowOp::Set, "inferred") }]),
        event(
            5,
            "ana",
            vec![EditRow { from: set(&["a", "b"]), to: set(&["b", "c"]), ..row(RowOp::Set, "inferred") }],
        ),
    ];
    let mut view = view(5, "");
    view.elements[0].fields.insert("due_year".into(), Value::Int(2027));
    view.elements[0].fields.insert("inferred".into(), set(&["b", "c"]).unwrap());
    let mut blame = Blame::new("tgt-a".parse().unwrap());
    events.iter().for_each(|event| blame.feed(event));
    let answer = blame.finish(&view, &Asked::default()).unwrap();
    let field = |name: &str| answer.fields.iter().find(|field| field.field == name).unwrap();
    assert_eq!(field("due_year").seq, Some(Seq(2)), "the value in force, not the last given");
    let members: Vec<_> =
        field("inferred").members.iter().map(|one| (one.member.as_str(), one.seq)).collect();
    assert_eq!(members, [("b", Some(Seq(4))), ("c", Some(Seq(5)))]);
    assert_eq!(answer.made, Some(Seq(1)));
    assert_eq!(answer.entries.iter().map(|entry| entry.seq.0).collect::<Vec<_>>(), [1, 2, 4, 5]);
}

#[test]
fn keystrokes_of_one_person_are_one_step_of_a_time_line() {
    let mut text = Vec::new();
    let mut events = Vec::new();
    for (seq, letter) in (1..).zip(["a", "b", "c"]) {
        let at = text.len();
        events.push(event(seq, "ana", vec![spliced(&mut text, at, 0, letter, false)]));
    }
    events.push(event(4, "ben", vec![spliced(&mut text, 0, 1, "A", false)]));
    let mut line = Timeline::new("tgt-a".parse().unwrap(), FIELD.into(), Some("en".into()), 10);
    events.iter().for_each(|event| line.feed(event));
    let (left_out, steps) = line.finish();
    let word = |text: &str| Some(Value::Text(text.to_owned()));
    let told: Vec<_> =
        steps.iter().map(|step| (step.first.0, step.edits, step.from.clone(), step.to.clone())).collect();
    assert_eq!(told, [(1, 3, None, word("abc")), (4, 1, word("abc"), word("Abc"))]);
    assert_eq!((left_out, steps[0].origin.seq), (0, Seq(3)));
    let mut last = Timeline::new("tgt-a".parse().unwrap(), FIELD.into(), Some("en".into()), 1);
    events.iter().for_each(|event| last.feed(event));
    assert_eq!(last.finish().0, 1);
}

fn found(events: &[EventView], text: &str, whole: bool) -> Vec<(u64, u64, bool, u64)> {
    let mut search = Search::new(Query::new(text, whole).unwrap());
    events.iter().for_each(|event| search.feed(event));
    let told = search.finish(&view(events.len() as u64, ""));
    let gone =
        |one: &plenary_protocol::wire::past::Appearance| one.last_gone.as_ref().map_or(0, |at| at.seq.0);
    told.iter().map(|one| (one.first.seq.0, gone(one), one.stands, one.times)).collect()
}

#[test]
fn a_number_is_found_where_it_came_and_went() {
    let mut text = Vec::new();
    let events = [
        event(1, "ana", vec![spliced(&mut text, 0, 0, "In 1965 about E-Waste, 65.5 %", false)]),
        event(2, "ana", vec![spliced(&mut text, 23, 4, "65", false)]),
        event(3, "ben", vec![spliced(&mut text, 23, 2, "75", false)]),
        event(4, "ben", vec![EditRow { to: Some(Value::Int(65)), ..row(RowOp::Set, "due_year") }]),
        event(5, "ana", vec![spliced(&mut text, 23, 0, "65 or ", false)]),
    ];
    assert_eq!(found(&events, "65", true), [(2, 3, true, 2), (4, 0, true, 1)]);
    assert_eq!(found(&events, "e-waste", true), [(1, 0, true, 1)]);
    assert_eq!(found(&events, "wast", true), []);
    assert_eq!(found(&events, "wast", false), [(1, 0, true, 1)]);
    assert!(Query::new("  ", true).is_err());
}

/// One step of a random history: which of the texts at one place, where, how much goes, what comes.
type Step = (usize, usize, usize, String);

/// Plays steps on up to three texts at one place; gives the events and every text after each.
fn play(steps: &[Step]) -> (Vec<EventView>, Vec<Vec<String>>) {
    let mut texts: Vec<Vec<char>> = vec![Vec::new(); 3];
    let (mut events, mut states) = (Vec::new(), Vec::new());
    for (seq, (which, at, delete, insert)) in (1..).zip(steps) {
        let concurrent = texts.iter().enumerate().any(|(index, text)| index != *which && !text.is_empty());
        let text = &mut texts[*which];
        let at = at % (text.len() + 1);
        let delete = (*delete).min(text.len() - at);
        events.push(event(seq, "ana", vec![spliced(text, at, delete, insert, concurrent)]));
        states.push(texts.iter().map(|text| text.iter().collect()).collect());
    }
    (events, states)
}

fn steps(texts: usize) -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec((0..texts, 0_usize..200, 0_usize..6, "[abé国 ]{0,5}"), 1..60)
}

proptest! {
    #[test]
    fn runs_that_stand_are_the_text(steps in steps(3)) {
        let (events, states) = play(&steps);
        for (index, texts) in states.iter().enumerate() {
            for text in texts {
                let told = runs(&events[..=index], text, false);
                let read: String = told.iter().map(|(text, ..)| text.as_str()).collect();
                prop_assert_eq!(&read, text);
                prop_assert!(told.iter().all(|(_, seq, deleted)| *seq > 0 && *deleted == 0));
            }
        }
    }

    #[test]
    fn what_is_deleted_in_place_is_what_was_there_before(steps in steps(1)) {
        let (events, states) = play(&steps);
        let text = &states[states.len() - 1][0];
        let told = runs(&events, text, true);
        for (index, texts) in states.iter().enumerate() {
            // What was written until then and not yet deleted is the text of then.
            let then = index as u64 + 1;
            let stood = |(_, seq, deleted): &&(String, u64, u64)| *seq <= then && (*deleted == 0 || *deleted > then);
            let read: String = told.iter().filter(stood).map(|(text, ..)| text.as_str()).collect();
            prop_assert_eq!(&read, &texts[0]);
        }
    }

    #[test]
    fn a_search_finds_what_reading_every_state_finds(steps in steps(2), word in "[abé国]{1,2}", whole: bool) {
        let (events, states) = play(&steps);
        let query = Query::new(&word, whole).unwrap();
        let stands: Vec<bool> =
            states.iter().map(|texts| texts.iter().any(|text| query.count(text.chars()) > 0)).collect();
        let came = |index: &usize| stands[*index] && (*index == 0 || !stands[*index - 1]);
        let went = |index: &usize| !stands[*index] && *index > 0 && stands[*index - 1];
        let expected = (0..stands.len()).find(came).map(|first| {
            let gone = (0..stands.len()).rev().find(went).map_or(0, |index| index as u64 + 1);
            let times = (0..stands.len()).filter(came).count() as u64;
            (first as u64 + 1, gone, stands[stands.len() - 1], times)
        });
        prop_assert_eq!(found(&events, &word, whole), expected.into_iter().collect::<Vec<_>>());
    }
}

#[test]
fn a_text_of_2000_characters_with_20000_edits_is_blamed() {
    let mut text = Vec::new();
    let mut events = vec![event(1, "ana", vec![spliced(&mut text, 0, 0, &"word ".repeat(400), false)])];
    for seq in 2..=20_000_u64 {
        let at = (seq as usize * 7_919) % 1_990;
        events.push(event(seq, "ben", vec![spliced(&mut text, at, 2, "xy", false)]));
    }
    let text: String = text.into_iter().collect();
    let told = runs(&events, &text, false);
    assert_eq!(told.iter().map(|(text, ..)| text.as_str()).collect::<String>(), text);
}
