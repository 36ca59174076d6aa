//! StratML out and in: what is said comes back, what is worn is repaired, what is hostile is refused.

mod hostile;
mod worn;

use std::collections::BTreeMap;

use plenary_protocol::plan::file::{self, Problem};
use plenary_protocol::plan::{PlanView, Value};
use proptest::prelude::*;
use serde_json::json;

use super::{LeftOut, Taken, WriteError, read, write};

const PLANS: [&str; 2] = [
    include_str!("../../../plans/itu-sp-2020-2023.json"),
    include_str!("../../../plans/itu-sp-2024-2027-draft.json"),
];
/// Set to 1, the test writes the golden file instead of comparing it.
const REGENERATE: &str = "PLENARY_REGENERATE";

fn plan(json: &serde_json::Value) -> PlanView {
    file::read(json.to_string().as_bytes()).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// A plan with something of everything that StratML can say.
fn small() -> PlanView {
    plan(&json!({
        "schema": "plenary-plan/1", "id": "small", "title": "Small & <plain>", "stage": "consultation",
        "plan": { "language": "en", "period_start": "2024-01-01", "period_end": "2027-12-31",
                  "target_horizon": 2030, "related": ["A", "B"], "adopted_on": "2023-06" },
        "elements": [
            { "id": "vis-1", "kind": "vision", "text": { "en": { "statement": "A better world" } } },
            { "id": "mis-1", "kind": "mission", "text": { "en": { "statement": "To promote" } } },
            { "id": "val-1", "kind": "value", "text": { "en": { "title": "Efficiency", "description": "less" } } },
            { "id": "gol-1", "kind": "goal", "text": { "en": { "title": "Growth", "description": "of  two\nlines" } },
              "provenance": "as_printed" },
            { "id": "ext-1", "kind": "external_link", "parent": "gol-1", "framework": "SDG", "reference": "9.c",
              "indicators": ["9.c.1"] },
            { "id": "tgt-1", "kind": "target", "parent": "gol-1", "due_year": 2027, "own_code": "1.9",
              "text": { "en": { "title": "Access", "statement": "\"By 2027\"\r\n all", "without_predecessor": "new" },
                        "fr": { "title": "Accès" } } },
            { "id": "ind-1", "kind": "indicator", "parent": "tgt-1", "owner": "BDT", "unit": "percent",
              "measurement": "level", "direction": "increase", "text": { "en": { "title": "% of people" } } },
            { "id": "rdg-1", "kind": "reading", "parent": "ind-1", "role": "baseline", "value": 51.5, "year": 2020 },
            { "id": "rdg-2", "kind": "reading", "parent": "ind-1", "role": "target", "value": 65, "year": 2027,
              "data_source": "ITU" },
            { "id": "rdg-3", "kind": "reading", "parent": "ind-1", "value": -1, "note": "not known: when" },
            { "id": "dag-1", "kind": "disaggregation", "parent": "ind-1", "dimension": "gender",
              "categories": ["men", "women"], "operation": "broken-down by" },
            { "id": "rdg-4", "kind": "reading", "parent": "dag-1", "role": "actual", "value": 48, "year": 2021,
              "category": "women" },
            { "id": "pri-1", "kind": "priority", "owner": "GS", "sectors": ["ITU-D", "ITU-T"],
              "text": { "en": { "title": "Infrastructure", "description": "for all" } } },
            { "id": "alc-1", "kind": "allocation", "parent": "pri-1", "goal": "gol-1", "amount": 10.25 },
            { "id": "out-1", "kind": "outcome", "parent": "pri-1", "text": { "en": { "title": "More of it" } } },
            { "id": "risk-none", "kind": "risk", "text": { "en": { "title": "x" } } }
        ],
        "links": [
            { "id": "lnk-1", "kind": "contributes_to", "from": "pri-1", "to": "gol-1", "strength": "primary",
              "note": "two\nlines" },
            { "id": "lnk-2", "kind": "refers_to", "from": "out-1", "to": "tgt-1" }
        ],
    }).to_string().replace("risk-none", "rsk-1").parse().unwrap())
}

fn taken(xml: &str) -> Taken {
    read(xml.as_bytes(), None).unwrap_or_else(|problems| panic!("{problems:?}\n{xml}"))
}

/// What StratML can say of a plan: what is in its file, without ids of values and keys of order.
fn said(view: &PlanView) -> serde_json::Value {
    let kept: Vec<_> = view
        .elements
        .iter()
        .filter(|element| !matches!(element.kind.name(), "value" | "vision" | "mission"))
        .map(|element| {
            let mut json = json!(element);
            json.as_object_mut().unwrap().remove("order");
            (element.id.clone(), json)
        })
        .collect();
    json!({ "plan": view.plan, "stage": view.stage, "elements": kept, "links": view.links })
}

#[test]
fn a_small_plan_is_written_as_it_is_kept() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/exchange/stratml/tests/small.xml");
    let made = write(&small()).unwrap().xml;
    if std::env::var(REGENERATE).is_ok_and(|value| value == "1") {
        std::fs::write(path, &made).unwrap();
    }
    assert_eq!(made, std::fs::read_to_string(path).unwrap(), "run this test with {REGENERATE}=1");
}

#[test]
fn what_is_said_comes_back() {
    let mut plan = small();
    let back = taken(&write(&plan).unwrap().xml);
    assert_eq!(back.remarks, []);
    plan.elements.retain(|element| element.kind.name() != "risk");
    for element in &mut plan.elements {
        element.text.remove("fr");
    }
    assert_eq!(said(&back.view), said(&plan));
    assert_eq!(back.view.id, plan.id);
}

#[test]
fn the_real_plans_go_out_in_and_out_again_the_same() {
    for text in PLANS {
        let plan = file::read(text.as_bytes()).unwrap();
        let first = write(&plan).unwrap();
        let back = taken(&first.xml);
        assert_eq!(back.remarks, [], "{}", plan.id);
        assert!(write(&back.view).unwrap().xml == first.xml, "{}", plan.id);
        let kept = back.view.elements.iter().filter(|element| {
            let same = plan.element(&element.id);
            same.is_some_and(|same| {
                (&same.text, &same.fields, &same.code) == (&element.text, &element.fields, &element.code)
            })
        });
        let unsaid: usize = first
            .left_out
            .iter()
            .filter(|left| left.what.starts_with("elements "))
            .map(|left| left.count)
            .sum();
        // Values have no place for an id, visions and missions none for fields.
        let without = plan
            .elements
            .iter()
            .filter(|element| ["vision", "mission", "value"].contains(&element.kind.name()));
        assert_eq!(kept.count() + without.count() + unsaid, plan.elements.len(), "{}", plan.id);
    }
}

#[test]
fn what_it_cannot_say_is_counted() {
    let mut plan = small();
    let vision = plan.elements.iter().position(|element| element.kind.name() == "vision").unwrap();
    plan.elements[vision].removed = true;
    let gone = plan.elements.iter().position(|element| element.id.as_str() == "gol-1").unwrap();
    plan.elements[gone].text.get_mut("en").unwrap().insert("title".into(), "a\u{1}b".into());
    let written = write(&plan).unwrap();
    let said: BTreeMap<&str, usize> =
        written.left_out.iter().map(|LeftOut { what, count }| (what.as_str(), *count)).collect();
    let expected = [
        ("characters that XML cannot hold", 1),
        ("elements of the kind risk", 1),
        ("removed elements", 1),
        ("texts in fr", 1),
    ];
    assert_eq!(said, expected.into());
    assert!(written.xml.contains("<Name>a\u{fffd}b</Name>"));
}

#[test]
fn a_plan_without_goals_is_no_file() {
    let empty =
        plan(&json!({ "schema": "plenary-plan/1", "id": "p", "title": "t", "stage": "secretariat_draft",
                              "plan": {}, "elements": [], "links": [] }));
    assert_eq!(write(&empty).unwrap_err(), WriteError::NoGoal);
}

#[test]
fn it_may_come_in_under_another_id() {
    let xml = write(&small()).unwrap().xml;
    let back = read(xml.as_bytes(), Some(&"another".parse().unwrap())).unwrap();
    assert_eq!(back.view.id.as_str(), "another");
    assert_eq!(said(&back.view)["elements"], said(&taken(&xml).view)["elements"]);
}

/// Texts that are nasty in XML, in lines and at their ends.
fn nasty() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[ \\t\\n\\r]{1,3}",
        Just("kind: goal".to_owned()),
        Just("]]>&amp;&#10;<x/>".to_owned()),
        Just("\"quoted\\n\": {".to_owned()),
        "[a-zé漢🌍\u{202e}&<>\"':{}\\[\\]]{0,6}",
    ];
    proptest::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn every_text_comes_back_to_the_letter(title in nasty(), statement in nasty(), description in nasty(), unit in nasty(), note in nasty()) {
        let mut plan = small();
        for element in &mut plan.elements {
            let texts = element.text.entry("en".into()).or_default();
            if element.kind.name() == "target" {
                *texts = [("title", &title), ("statement", &statement), ("description", &description)]
                    .into_iter()
                    .filter(|(_, text)| !text.is_empty())
                    .map(|(name, text)| (name.to_owned(), text.clone()))
                    .collect();
            }
            if element.kind.name() == "indicator" && !unit.is_empty() {
                element.fields.insert("unit".into(), Value::Text(unit.clone()));
            }
            if !note.is_empty() && !["vision", "mission", "value"].contains(&element.kind.name()) {
                element.fields.insert("note".into(), Value::Text(note.clone()));
            }
            element.text.retain(|lang, texts| lang == "en" && !texts.is_empty());
        }
        let xml = write(&plan).unwrap().xml;
        plan.elements.retain(|element| element.kind.name() != "risk");
        prop_assert_eq!(said(&taken(&xml).view), said(&plan));
    }

    #[test]
    fn no_bytes_bring_it_down(bytes in proptest::collection::vec(any::<u8>(), 0..300), cut in 0..4000_usize, at in 0..4000_usize) {
        let told = read(&bytes, None);
        prop_assert!(told.is_err());
        let mut worn = write(&small()).unwrap().xml.into_bytes();
        worn.truncate(cut.max(20));
        let place = at % worn.len();
        worn.splice(place..place, bytes.iter().copied().take(4));
        // A plan or problems that say where, never a panic.
        if let Err(problems) = read(&worn, None) {
            prop_assert!(problems.iter().all(|problem| !problem.says.is_empty()));
        }
    }
}

fn problem(xml: &[u8]) -> Problem {
    let mut problems = read(xml, None).unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems.remove(0)
}
