//! The two plans of ITU: that the committed files are what the sources give, and what they hold.

use std::collections::{BTreeMap, BTreeSet};

use plenary_protocol::plan::file::{self, Problem};
use plenary_protocol::plan::{ElementView, LinkView, PlanView, Stage, Value};
use plenary_protocol::{Bureau, Seq};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::itu::{ADOPTED_IMPORT_SEQ, convert};

const ADOPTED_SOURCE: &[u8] = include_bytes!("../../plans/source/itu-2020-2023.json");
const DRAFT_SOURCE: &[u8] = include_bytes!("../../plans/source/itu-2024-2027-draft.json");
const PLANS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/plans");
/// Set to 1, the tests write the plan files instead of comparing them.
const REGENERATE: &str = "PLENARY_REGENERATE";

#[test]
fn the_committed_files_are_what_the_sources_give() {
    for plan in [adopted(), draft()] {
        let path = format!("{PLANS}/{}.json", plan.id);
        let made = file::write(&plan);
        if std::env::var(REGENERATE).is_ok_and(|value| value == "1") {
            std::fs::write(&path, &made).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap();
        assert!(committed == made, "{path} is not what its source gives; run this test with {REGENERATE}=1");
    }
}

#[test]
fn the_committed_files_have_no_problem() {
    for plan in [adopted(), draft()] {
        assert_eq!(file::read(file::write(&plan).as_bytes()), Ok(plan));
    }
}

#[test]
fn adopted_plan_has_the_printed_counts() {
    let plan = adopted();
    assert_eq!((plan.id.as_str(), plan.stage), ("itu-sp-2020-2023", Stage::Adopted));
    let expected = [
        ("goal", 5),
        ("target", 24),
        ("indicator", 24),
        ("reading", 21),
        ("objective", 18),
        ("outcome", 64),
        ("output", 70),
        ("allocation", 83),
        ("financial_line", 17 + 66),
        ("enabler", 31),
        ("risk", 6),
        ("mitigation", 19),
        ("value", 5),
        ("vision", 1),
        ("mission", 1),
        ("criterion", 7),
        ("glossary_term", 21),
        ("external_link", 213 + 5 + 3),
    ];
    assert_eq!(count_kinds(&plan), BTreeMap::from(expected));
    assert_eq!(count_links(&plan), BTreeMap::from([("contributes_to", 83), ("supports", 39)]));
    let sectors = |sector: &str| of_kind(&plan, "objective").filter(|o| text(o, "sector") == sector).count();
    assert_eq!(["ITU-R", "ITU-T", "ITU-D", "inter-sectoral"].map(sectors), [3, 5, 4, 6]);
}

#[test]
fn adopted_plan_s_money_adds_up() {
    let plan = adopted();
    let total = number(&plan.plan["financial_ceiling"]);
    assert_eq!(total, 660_251.0);
    assert_eq!(of_kind(&plan, "allocation").map(|cell| number(&cell.fields["amount"])).sum::<f64>(), total);
    for goal in of_kind(&plan, "goal") {
        let column = of_kind(&plan, "allocation")
            .filter(|cell| text(cell, "goal") == goal.id.as_str())
            .map(|cell| number(&cell.fields["amount"]))
            .sum::<f64>();
        assert_eq!(column, number(&goal.fields["financial_plan_total"]), "goal {:?}", goal.code);
    }
    let source: Json = serde_json::from_slice(ADOPTED_SOURCE).unwrap();
    for (name, sector) in [("ITU-R", "ITU-R"), ("Inter-Sectoral", "inter-sectoral")] {
        let planned = of_kind(&plan, "objective")
            .filter(|objective| text(objective, "sector") == sector)
            .map(|objective| number(&objective.fields["planned_cost"]))
            .sum::<f64>();
        let printed = &source["resource_allocation"]["subtotals"][name]["planned_cost"];
        assert_eq!(Some(planned), printed.as_f64(), "{name}");
    }
    let lines = |side: &str, total: bool| {
        of_kind(&plan, "financial_line")
            .filter(|line| text(line, "side") == side && line.fields.contains_key("total") == total)
            .map(|line| number(&line.fields["amount"]))
            .sum::<f64>()
    };
    assert_eq!(lines("revenue", false), total);
    assert_eq!(lines("expense", false), total);
    // Table 2 as printed, each cell rounded: the cells miss the total by a few thousand francs.
    assert!((lines("by_goal", false) - total).abs() < 20.0, "{}", lines("by_goal", false));
}

#[test]
fn adopted_plan_prints_its_own_codes() {
    let plan = adopted();
    let source: Json = serde_json::from_slice(ADOPTED_SOURCE).unwrap();
    let codes =
        |kind: &str| -> Vec<String> { of_kind(&plan, kind).map(|e| e.code.clone().unwrap()).collect() };
    let printed = |list: &Json| -> Vec<String> {
        list.as_array().unwrap().iter().map(|item| item["code"].as_str().unwrap().to_owned()).collect()
    };
    for (kind, section) in
        [("goal", "goals"), ("target", "targets"), ("objective", "objectives"), ("risk", "risks")]
    {
        assert_eq!(codes(kind), printed(&source[section]), "{kind}");
    }
    let outputs: Vec<String> =
        source["objectives"].as_array().unwrap().iter().flat_map(|o| printed(&o["outputs"])).collect();
    assert_eq!(codes("output"), outputs);
    let own: Vec<&str> = plan.elements.iter().filter_map(|e| e.own_code.as_deref()).collect();
    assert_eq!(own, ["D.1.e", "D-4-a"]);
}

#[test]
fn adopted_plan_marks_what_is_our_reading() {
    let plan = adopted();
    let without: BTreeSet<&str> = of_kind(&plan, "target")
        .filter(|target| {
            let indicator = children(&plan, target).find(|e| e.kind.name() == "indicator").unwrap();
            children(&plan, indicator).next().is_none()
        })
        .filter_map(|target| target.code.as_deref())
        .collect();
    assert_eq!(without, BTreeSet::from(["2.8", "3.1", "5.1"]));
    for indicator in of_kind(&plan, "indicator") {
        assert_eq!(text(indicator, "provenance"), "our_reading");
        let Value::Set(inferred) = &indicator.fields["inferred"] else { panic!("a set") };
        for name in ["comparator", "measurement", "population", "unit", "baseline_year"] {
            assert_eq!(
                inferred.contains(name),
                indicator.fields.contains_key(name),
                "{:?} {name}",
                indicator.code
            );
        }
    }
    let read: Vec<&ElementView> =
        of_kind(&plan, "reading").filter(|reading| reading.fields.contains_key("inferred")).collect();
    assert_eq!(read.len(), 4);
    assert!(read.iter().all(|reading| text(reading, "note") == "'all' rendered as 100 percent"));
    let columns = of_kind(&plan, "allocation").filter(|cell| cell.fields.contains_key("inferred")).count();
    assert_eq!(columns, plan.links.iter().filter(|link| link.note.starts_with("column inferred")).count());
    assert_eq!(columns, 18);
}

#[test]
fn adopted_plan_gives_bureaux_what_is_theirs() {
    let plan = adopted();
    let owned = |kind: &str, owner| of_kind(&plan, kind).filter(|e| e.owner == owner).count();
    let owners = [Some(Bureau::BR), Some(Bureau::TSB), Some(Bureau::BDT), Some(Bureau::GS), None];
    assert_eq!(owners.map(|owner| owned("objective", owner)), [3, 5, 4, 0, 6]);
    assert_eq!(owners.map(|owner| owned("enabler", owner)), [2, 5, 6, 18, 0]);
    assert_eq!(owned("output", None), 70);
    let all = of_kind(&plan, "enabler")
        .filter(|e| e.fields.get("supports_all") == Some(&Value::Bool(true)))
        .count();
    assert_eq!(all, 16);
}

#[test]
fn draft_has_the_printed_counts() {
    let plan = draft();
    assert_eq!((plan.id.as_str(), plan.stage), ("itu-sp-2024-2027-draft", Stage::SecretariatDraft));
    let expected = [
        ("goal", 2),
        ("target", 10),
        ("indicator", 12),
        ("disaggregation", 13),
        ("priority", 3),
        ("outcome", 4),
        ("offering", 6),
        ("enabler", 3),
        ("disposition", 29),
        ("quote", 22),
        ("guidance_principle", 10),
        ("guidance_request", 16),
        ("guidance_response", 20),
        ("consultation", 4),
        ("coordination", 2),
        ("criterion", 7),
        ("benchmark", 2),
        ("component_evolution", 5),
    ];
    assert_eq!(count_kinds(&plan), BTreeMap::from(expected));
    let links =
        [("answers", 21), ("becomes", 16 + 9), ("contributes_to", 4), ("delivers", 7), ("refers_to", 1)];
    assert_eq!(count_links(&plan), BTreeMap::from(links));
    assert!(plan.elements.iter().all(|element| element.own_code.is_none()));
}

#[test]
fn draft_refers_to_elements_of_the_adopted_plan() {
    let (adopted, draft) = (adopted(), draft());
    let mut former = BTreeSet::new();
    for disposition in of_kind(&draft, "disposition") {
        let Value::Reference(to) = &disposition.fields["former"] else { panic!("a reference") };
        assert_eq!(to.plan, adopted.id);
        let element = adopted.element(&to.element).unwrap();
        assert!(former.insert(format!("{}:{}", element.kind, element.code.clone().unwrap())));
    }
    let all: BTreeSet<String> = adopted
        .elements
        .iter()
        .filter(|e| ["goal", "target"].contains(&e.kind.name()))
        .map(|e| format!("{}:{}", e.kind, e.code.clone().unwrap()))
        .collect();
    assert_eq!(former, all);
    for quote in of_kind(&draft, "quote") {
        let Value::Quotation(of) = &quote.fields["of"] else { panic!("a quotation") };
        assert_eq!((of.field.as_str(), of.seq), ("statement", ADOPTED_IMPORT_SEQ));
        let Value::Reference(to) = &draft.element(quote.parent.as_ref().unwrap()).unwrap().fields["former"]
        else {
            panic!("a reference")
        };
        assert_eq!(of.element, to.element);
    }
}

#[test]
fn draft_moves_innovation_to_every_priority_and_an_enabler() {
    let (adopted, draft) = (adopted(), draft());
    let innovation = of_kind(&adopted, "goal").find(|goal| goal.label("en") == "Innovation").unwrap();
    let disposition = of_kind(&draft, "disposition")
        .find(|d| matches!(&d.fields["former"], Value::Reference(to) if to.element == innovation.id))
        .unwrap();
    assert_eq!(text(disposition, "type"), "moved_to_priority");
    let becomes: BTreeSet<String> = links_of(&draft, "becomes")
        .filter(|link| link.from == disposition.id)
        .map(|link| draft.element(&link.to).unwrap().label("en"))
        .collect();
    let expected = [
        "spectrum & satellite orbit",
        "infrastructure and services",
        "enabling environment",
        "operational efficiency, effectiveness and innovation",
    ];
    assert_eq!(becomes, expected.map(str::to_owned).into());
}

#[test]
fn draft_holds_no_number_that_is_not_printed() {
    let plan = draft();
    assert_eq!(of_kind(&plan, "reading").count(), 0);
    assert_eq!(of_kind(&plan, "vision").chain(of_kind(&plan, "mission")).count(), 0);
    let owned: Vec<(String, Option<Bureau>)> =
        plan.elements.iter().filter(|e| e.owner.is_some()).map(|e| (e.label("en"), e.owner)).collect();
    assert_eq!(owned.len(), 4);
    let shared = of_kind(&plan, "offering").find(|o| o.label("en").starts_with("Capacity")).unwrap();
    assert_eq!(links_of(&plan, "delivers").filter(|link| link.from == shared.id).count(), 2);
    let promised: Vec<_> = of_kind(&plan, "guidance_response")
        .filter(|response| response.fields.contains_key("status"))
        .map(|response| response.code.as_deref())
        .collect();
    assert_eq!(promised, [Some("8.R1")]);
}

#[test]
fn converting_twice_gives_the_same() {
    assert_eq!(file::write(&adopted()), file::write(&adopted()));
    assert_eq!(draft().seq, Seq::ZERO);
}

#[test]
fn wrong_sources_give_problems_with_places() {
    let pointers = |source: &[u8]| -> Vec<String> {
        convert(source, Some(&adopted())).unwrap_err().into_iter().map(|p: Problem| p.pointer).collect()
    };
    assert_eq!(pointers(b"{"), [""]);
    assert_eq!(pointers(b"[]"), [""]);
    assert_eq!(pointers(br#"{"schema":"itu-plan/9"}"#), ["/schema"]);
    assert_eq!(pointers(br#"{"schema":"itu-plan/1"}"#), ["/plan"]);
    let cases: [(&[u8], &str, Json, &str); 14] = [
        (ADOPTED_SOURCE, "/plan/id", json!("Not an id"), "/plan/id"),
        (ADOPTED_SOURCE, "/targets/3/goal", json!("9"), "/targets/3/goal"),
        (ADOPTED_SOURCE, "/targets/3/due_year", json!("soon"), "/targets/3"),
        (ADOPTED_SOURCE, "/objectives/0/sector", json!("ITU-X"), "/objectives/0/sector"),
        (
            ADOPTED_SOURCE,
            "/objective_goal_links/5/objective",
            json!("R.9"),
            "/objective_goal_links/5/objective",
        ),
        (
            ADOPTED_SOURCE,
            "/enablers/0/entries/1/supports/2",
            json!("R.9"),
            "/enablers/0/entries/1/supports/2",
        ),
        (ADOPTED_SOURCE, "/risks/0/mitigation/1", json!("no type"), "/risks/0/mitigation/1"),
        (ADOPTED_SOURCE, "/counts/outputs", json!(71), "/counts/outputs"),
        (DRAFT_SOURCE, "/plan/successor_of", json!("another"), "/plan/successor_of"),
        (
            DRAFT_SOURCE,
            "/former_goal_dispositions/3/name",
            json!("Invention"),
            "/former_goal_dispositions/3/name",
        ),
        (
            DRAFT_SOURCE,
            "/former_target_dispositions/2/former",
            json!("2.99"),
            "/former_target_dispositions/2/former",
        ),
        (DRAFT_SOURCE, "/former_target_quotes/0/code", json!("4.1x"), "/former_target_quotes/0/code"),
        (
            DRAFT_SOURCE,
            "/guidance/0/responses/0/answers/0",
            json!("1.z"),
            "/guidance/0/responses/0/answers/0",
        ),
        (DRAFT_SOURCE, "/targets/0/former/0", json!("3.1"), "/targets/0/former"),
    ];
    for (source, place, value, expected) in cases {
        let mut json: Json = serde_json::from_slice(source).unwrap();
        *json.pointer_mut(place).unwrap() = value;
        let found = pointers(json.to_string().as_bytes());
        assert!(found.iter().any(|pointer| pointer == expected), "{place}: {found:?}");
    }
    let mut json: Json = serde_json::from_slice(ADOPTED_SOURCE).unwrap();
    json["appendix_z"] = json!([]);
    json["goals"][0]["colour"] = json!("blue");
    let found = pointers(json.to_string().as_bytes());
    assert!(["/appendix_z", "/goals/0"].iter().all(|place| found.iter().any(|p| p == place)), "{found:?}");
}

#[test]
fn every_cut_of_a_source_is_refused_and_never_panics() {
    for cut in (0..DRAFT_SOURCE.len()).step_by(997) {
        assert!(convert(&DRAFT_SOURCE[..cut], None).is_err());
    }
    assert!(convert(DRAFT_SOURCE, None).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_value_anywhere_is_converted_or_named(place in any::<prop::sample::Index>(), pick in 0..6_usize) {
        let values = [json!(null), json!(true), json!(-1), json!("x"), json!([1]), json!({"a": {}})];
        for source in [ADOPTED_SOURCE, DRAFT_SOURCE] {
            let mut json: Json = serde_json::from_slice(source).unwrap();
            let places = places(&json, "");
            *json.pointer_mut(&places[place.index(places.len())]).unwrap() = values[pick].clone();
            let problems = convert(json.to_string().as_bytes(), Some(&adopted())).err();
            prop_assert!(problems.is_none_or(|problems| !problems.is_empty()));
        }
    }
}

fn adopted() -> PlanView {
    convert(ADOPTED_SOURCE, None).unwrap()
}

fn draft() -> PlanView {
    convert(DRAFT_SOURCE, Some(&adopted())).unwrap()
}

fn of_kind<'a>(plan: &'a PlanView, kind: &'a str) -> impl Iterator<Item = &'a ElementView> {
    plan.elements.iter().filter(move |element| element.kind.name() == kind)
}

fn links_of<'a>(plan: &'a PlanView, kind: &'a str) -> impl Iterator<Item = &'a LinkView> {
    plan.links.iter().filter(move |link| link.kind.name() == kind)
}

fn children<'a>(plan: &'a PlanView, parent: &'a ElementView) -> impl Iterator<Item = &'a ElementView> {
    plan.elements.iter().filter(move |element| element.parent.as_ref() == Some(&parent.id))
}

/// The pointers of every value of a source but itself.
fn places(json: &Json, pointer: &str) -> Vec<String> {
    let below: Vec<(String, &Json)> = match json {
        Json::Object(map) => map.iter().map(|(key, json)| (file::under(pointer, key), json)).collect(),
        Json::Array(list) => {
            list.iter().enumerate().map(|(i, json)| (format!("{pointer}/{i}"), json)).collect()
        }
        _ => Vec::new(),
    };
    below.into_iter().flat_map(|(place, json)| [vec![place.clone()], places(json, &place)].concat()).collect()
}

fn count_kinds(plan: &PlanView) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for element in &plan.elements {
        *counts.entry(element.kind.name()).or_default() += 1;
    }
    counts
}

fn count_links(plan: &PlanView) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for link in &plan.links {
        *counts.entry(link.kind.name()).or_default() += 1;
    }
    counts
}

fn text<'a>(element: &'a ElementView, field: &str) -> &'a str {
    match &element.fields[field] {
        Value::Text(text) => text,
        other => panic!("{field} is {other:?}"),
    }
}

fn number(value: &Value) -> f64 {
    match value {
        Value::Int(whole) => *whole as f64,
        Value::Number(number) => *number,
        other => panic!("{other:?} is no number"),
    }
}
