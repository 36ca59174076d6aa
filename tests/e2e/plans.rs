//! The two plans of the demonstration as the API shows them: counts, shapes, sums.

use std::collections::{BTreeMap, BTreeSet};

use plenary_tests::{ADOPTED, DRAFT, LogCopy, Shared, differences, json_of};
use serde_json::{Value as Json, json};

use crate::people::AUDITOR;

static SHARED: Shared = Shared::new();

const LINK_VERBS: [&str; 7] =
    ["contributes_to", "delivers", "supports", "answers", "becomes", "concerns", "refers_to"];

fn plan(name: &str) -> Json {
    SHARED.get().client(&AUDITOR).get(&format!("/api/v1/plans/{name}")).ok()
}

fn counts(list: &Json) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for item in list.as_array().unwrap() {
        *counts.entry(item["kind"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    counts
}

fn of_kind<'a>(plan: &'a Json, kind: &'a str) -> impl Iterator<Item = &'a Json> {
    plan["elements"].as_array().unwrap().iter().filter(move |element| element["kind"] == kind)
}

/// Where an object has a key `kind`, as pointers.
fn with_kind(json: &Json, at: &str, found: &mut Vec<String>) {
    match json {
        Json::Object(map) => {
            if map.contains_key("kind") {
                found.push(at.to_owned());
            }
            map.iter().for_each(|(key, value)| with_kind(value, &format!("{at}/{key}"), found));
        }
        Json::Array(list) => {
            list.iter().enumerate().for_each(|(n, value)| with_kind(value, &format!("{at}/{n}"), found))
        }
        _ => {}
    }
}

#[test]
fn the_adopted_plan_has_what_is_printed() {
    let plan = plan(ADOPTED);
    assert_eq!((&plan["stage"], &plan["schema"]), (&json!("adopted"), &json!("plenary-plan/1")));
    let count = counts(&plan["elements"]);
    let wanted = [
        ("goal", 5),
        ("target", 24),
        ("indicator", 24),
        ("objective", 18),
        ("outcome", 64),
        ("output", 70),
        ("allocation", 83),
        ("risk", 6),
        ("value", 5),
    ];
    for (kind, number) in wanted {
        assert_eq!(count.get(kind), Some(&number), "{kind}");
    }
    let sum: i64 =
        of_kind(&plan, "allocation").map(|allocation| allocation["amount"].as_i64().unwrap()).sum();
    assert_eq!(sum, 660_251, "kCHF");
    let links = plan["links"].as_array().unwrap();
    let to_goals: Vec<_> = links.iter().filter(|link| link["kind"] == "contributes_to").collect();
    assert_eq!(to_goals.len(), 83);
    assert!(
        to_goals.iter().all(|link| ["primary", "secondary"].contains(&link["strength"].as_str().unwrap()))
    );
}

#[test]
fn every_target_has_one_indicator_and_three_have_no_value() {
    let plan = plan(ADOPTED);
    let mut without = BTreeSet::new();
    for target in of_kind(&plan, "target") {
        let indicators: Vec<_> =
            of_kind(&plan, "indicator").filter(|i| i["parent"] == target["id"]).collect();
        assert_eq!(indicators.len(), 1, "{}", target["code"]);
        let mut readings = of_kind(&plan, "reading").filter(|r| r["parent"] == indicators[0]["id"]);
        if !readings.any(|reading| reading["role"] == "target" && reading["value"].is_number()) {
            without.insert(target["code"].as_str().unwrap().to_owned());
        }
    }
    assert_eq!(without, ["2.8", "3.1", "5.1"].map(str::to_owned).into());
}

#[test]
fn the_draft_has_what_is_printed() {
    let plan = plan(DRAFT);
    assert_eq!(
        (&plan["stage"], &plan["plan"]["predecessor"]),
        (&json!("secretariat_draft"), &json!(ADOPTED))
    );
    let count = counts(&plan["elements"]);
    let wanted = [
        ("goal", 2),
        ("target", 10),
        ("indicator", 12),
        ("disposition", 29),
        ("quote", 22),
        ("priority", 3),
        ("outcome", 4),
        ("offering", 6),
        ("enabler", 3),
        ("guidance_principle", 10),
        ("guidance_request", 16),
        ("guidance_response", 20),
        ("consultation", 4),
        ("coordination", 2),
    ];
    for (kind, number) in wanted {
        assert_eq!(count.get(kind), Some(&number), "{kind}");
    }
    for quote in of_kind(&plan, "quote") {
        let of = quote["of"].as_object().unwrap();
        let keys: BTreeSet<_> = of.keys().map(String::as_str).collect();
        assert_eq!(keys, ["plan", "element", "field", "seq"].into(), "{quote}");
    }
}

#[test]
fn the_draft_names_what_became_of_every_goal_and_target() {
    let (draft, adopted) = (plan(DRAFT), plan(ADOPTED));
    let mut former = BTreeSet::new();
    for disposition in of_kind(&draft, "disposition") {
        assert!(disposition["type"].is_string(), "what became of it stands in `type`: {disposition}");
        assert_eq!(disposition["former"]["plan"], json!(ADOPTED));
        former.insert(disposition["former"]["element"].as_str().unwrap().to_owned());
    }
    let wanted: BTreeSet<_> = ["goal", "target"]
        .into_iter()
        .flat_map(|kind| of_kind(&adopted, kind))
        .map(|element| element["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(former, wanted);
}

#[test]
fn kind_is_a_key_of_elements_and_links_alone_and_each_stands_once() {
    for name in [ADOPTED, DRAFT] {
        let plan = plan(name);
        let mut found = Vec::new();
        with_kind(&plan, "", &mut found);
        let lists = ["elements", "links"].map(|list| plan[list].as_array().unwrap().len());
        assert_eq!(found.len(), lists[0] + lists[1], "{name}");
        let depth = |place: &String| place.matches('/').count() == 2 && !place.starts_with("/plan");
        assert!(found.iter().all(depth), "{found:?}");
        for list in ["elements", "links"] {
            let ids: BTreeSet<_> =
                plan[list].as_array().unwrap().iter().map(|item| item["id"].to_string()).collect();
            assert_eq!(ids.len(), plan[list].as_array().unwrap().len(), "{name}: each once");
        }
        for link in plan["links"].as_array().unwrap() {
            assert!(LINK_VERBS.contains(&link["kind"].as_str().unwrap()), "{link}");
        }
        assert!(of_kind(&plan, "reading").all(|reading| reading["role"].is_string()));
        assert!(of_kind(&plan, "mitigation").all(|mitigation| mitigation["type"].is_string()));
    }
}

#[test]
fn both_plans_equal_an_independent_reading_of_their_log() {
    let server = SHARED.get();
    let auditor = server.client(&AUDITOR);
    for name in [ADOPTED, DRAFT] {
        let log = LogCopy::of(&auditor, name);
        let shown = auditor.get(&format!("/api/v1/plans/{name}?removed=true")).ok();
        log.replay(&[log.head().0].into(), |_, doc| {
            assert_eq!(differences(&json_of(doc), &shown), Vec::<String>::new(), "{name}");
        });
    }
}
