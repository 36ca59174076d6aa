//! Of each rule a plan in which it finds something, and one in which it is silent.

mod process;

use std::collections::BTreeMap;

use plenary_protocol::plan::{Kind, PlanView, codes};
use plenary_protocol::wire::findings::{Finding, Severity};
use serde_json::{Map, Value as Json, json};

use super::findings;

/// A plan in short: `plan` its fields, `stage`, `elements` as `[id, kind, parent, fields and texts]`,
/// `links` as `[kind, from, to, fields]`.
pub(super) fn plan(short: &Json) -> PlanView {
    let list = |key: &str| short[key].as_array().cloned().unwrap_or_default();
    let text = |value: &Json| value.as_str().unwrap().to_owned();
    let mut elements = Vec::new();
    for (number, element) in list("elements").iter().enumerate() {
        let kind = Kind::named(&text(&element[1])).unwrap();
        let mut whole = Map::new();
        whole.insert("id".into(), element[0].clone());
        whole.insert("kind".into(), element[1].clone());
        if element[2] != "" {
            whole.insert("parent".into(), element[2].clone());
        }
        whole.insert("order".into(), json!(format!("{number:03}")));
        let mut texts = BTreeMap::new();
        for (name, value) in element[3].as_object().cloned().unwrap_or_default() {
            if kind.text(&name).is_some() {
                texts.insert(name, value);
            } else {
                whole.insert(name, value);
            }
        }
        whole.insert("text".into(), json!({ "en": texts }));
        elements.push(Json::Object(whole));
    }
    let link = |(number, link): (usize, &Json)| {
        let mut whole = link[3].as_object().cloned().unwrap_or_default();
        whole.insert("id".into(), json!(format!("lnk-{number}")));
        for (key, at) in [("kind", 0), ("from", 1), ("to", 2)] {
            whole.insert(key.into(), link[at].clone());
        }
        Json::Object(whole)
    };
    let links: Vec<Json> = list("links").iter().enumerate().map(link).collect();
    let whole = json!({
        "schema": "plenary-plan/1", "id": "a-plan", "title": "A plan", "seq": 1,
        "stage": short.get("stage").cloned().unwrap_or(json!("secretariat_draft")),
        "plan": short.get("plan").cloned().unwrap_or(json!({})),
        "elements": elements, "links": links,
    });
    let mut view: PlanView = serde_json::from_value(whole).unwrap();
    view.elements = codes::arrange(view.elements);
    view
}

/// What a rule finds.
fn found(code: &str, short: &Json) -> Vec<Finding> {
    let before = short
        .get("before")
        .map(plan)
        .map(|before| PlanView { id: "the-one-before".parse().unwrap(), ..before });
    let mut all = findings(&plan(short), before.as_ref());
    all.retain(|finding| finding.code == code);
    all
}

/// The rule finds one thing in the first plan, says so, and nothing in the second.
fn check(code: &str, says: &str, bad: Json, good: Json) {
    let told = found(code, &bad);
    assert_eq!(told.iter().map(|one| one.says.as_str()).collect::<Vec<_>>(), [says], "{code}");
    assert_eq!(found(code, &good), [], "{code}");
}

fn elements(list: Json) -> Json {
    json!({ "elements": list })
}

#[test]
fn str_purpose() {
    let mission = json!(["mis-1", "mission", "", { "statement": "To connect" }]);
    let vision = json!(["vis-1", "vision", "", { "statement": "A world" }]);
    check("STR-01", "The plan has no vision", elements(json!([mission])), elements(json!([mission, vision])));
    check(
        "STR-01",
        "2 options of the vision are unresolved: vision “A world” and vision “Another”",
        elements(json!([mission, vision, ["vis-2", "vision", "", { "statement": "Another" }]])),
        elements(json!([mission, vision])),
    );
    let titled = |printed: &str| {
        elements(json!([["obj-1", "objective", "", {
            "title": "Inclusive society", "sector": "ITU-D", "also_printed": [printed],
        }]]))
    };
    check(
        "STR-02",
        "Objective D.1 is called “Inclusive society” and printed “Inclusive world” in Appendix A",
        titled("Appendix A: Inclusive world"),
        titled("Appendix A: INCLUSIVE  society."),
    );
    let quote = |printed: &str| {
        elements(json!([
            ["gol-1", "goal", "", { "title": "Growth" }],
            ["qte-1", "quote", "", {
                "as_printed": printed,
                "of": { "plan": "a-plan", "element": "gol-1", "field": "title", "seq": 1 },
            }],
        ]))
    };
    check("STR-02", "Goal 1 reads “Growth” and is quoted as “Grow up”", quote("Grow up"), quote("growth"));
}

fn with(mut short: Json, key: &str, value: Json) -> Json {
    short[key] = value;
    short
}

const AIM: &str = "Objective T.1";

/// An objective that contributes to a goal, with an outcome, an output and money.
fn whole() -> Json {
    json!({
        "plan": { "uses_strengths": true, "outputs_in": "plan", "costed": "objective" },
        "elements": [
            ["gol-1", "goal", "", { "title": "Growth", "financial_plan_total": 100 }],
            ["tgt-1", "target", "gol-1", { "title": "More" }],
            ["ind-1", "indicator", "tgt-1", { "title": "Users" }],
            ["obj-1", "objective", "", { "title": "Aim", "sector": "ITU-T", "planned_cost": 100 }],
            ["out-1", "outcome", "obj-1", { "title": "Effect" }],
            ["opt-1", "output", "obj-1", { "title": "Product" }],
            ["alc-1", "allocation", "obj-1", { "goal": "gol-1", "amount": 100, "percent": 100 }],
        ],
        "links": [["contributes_to", "obj-1", "gol-1", { "strength": "primary" }]],
    })
}

fn without(mut short: Json, id: &str) -> Json {
    let elements = short["elements"].as_array_mut().unwrap();
    elements.retain(|element| element[0] != id);
    short
}

fn field(mut short: Json, id: &str, name: &str, value: Json) -> Json {
    for element in short["elements"].as_array_mut().unwrap() {
        if element[0] == id {
            element[3][name] = value.clone();
        }
    }
    short
}

fn added(mut short: Json, element: Json) -> Json {
    short["elements"].as_array_mut().unwrap().push(element);
    short
}

#[test]
fn res_chain() {
    check("RES-01", &format!("{AIM} contributes to no goal"), with(whole(), "links", json!([])), whole());
    check("RES-02", "Goal 1 has no target", without(without(whole(), "ind-1"), "tgt-1"), whole());
    check("RES-02", "Target 1.1 has no indicator", without(whole(), "ind-1"), whole());
    check(
        "RES-03",
        "Outcome T.1-a has no indicator",
        with(whole(), "plan", json!({ "outcome_indicators": true })),
        whole(),
    );
    check("RES-04", &format!("{AIM} has no outcome"), without(whole(), "out-1"), whole());
    let secondary = json!([["contributes_to", "obj-1", "gol-1", { "strength": "secondary" }]]);
    check(
        "RES-05",
        &format!("{AIM} has no primary link to a goal"),
        with(whole(), "links", secondary.clone()),
        whole(),
    );
    assert_eq!(found("RES-05", &with(with(whole(), "links", secondary), "plan", json!({}))), []);
    check("RES-06", &format!("{AIM} has no output"), without(whole(), "opt-1"), whole());
    check(
        "RES-06",
        "Output T.1-1 stands in no operational plan",
        with(whole(), "plan", json!({ "period_start": "2024-01-01" })),
        whole(),
    );
    check("RES-07", "No outcome reaches goal 1", with(whole(), "links", json!([])), whole());
    let through_target = json!([["contributes_to", "out-1", "tgt-1", {}]]);
    assert_eq!(found("RES-07", &with(whole(), "links", through_target)), []);
    let enabler = |fields: Json| added(whole(), json!(["enb-1", "enabler", "", fields]));
    check(
        "RES-08",
        "Enabler 1 supports nothing",
        enabler(json!({ "title": "E" })),
        enabler(json!({ "title": "E", "supports_all": true })),
    );
    let circle = json!([
        ["contributes_to", "out-1", "out-2", {}],
        ["contributes_to", "out-2", "obj-1", {}],
        ["contributes_to", "obj-1", "out-1", {}],
    ]);
    let two = added(whole(), json!(["out-2", "outcome", "obj-1", { "title": "Other" }]));
    let says = "Objective T.1, outcome T.1-a and outcome T.1-b contribute to each other in a circle";
    check("RES-09", says, with(two.clone(), "links", circle), two);
}

fn indicator(target: &str, fields: Json, readings: &[Json]) -> Json {
    let mut all = vec![
        json!(["gol-1", "goal", "", { "title": "Growth" }]),
        json!(["tgt-1", "target", "gol-1", { "statement": target }]),
        json!(["ind-1", "indicator", "tgt-1", fields]),
    ];
    all.extend(
        readings
            .iter()
            .enumerate()
            .map(|(n, reading)| json!([format!("rdg-{n}"), "reading", "ind-1", reading])),
    );
    elements(Json::Array(all))
}

#[test]
fn smt_criteria() {
    let aim = |value: f64| json!({ "role": "target", "value": value, "year": 2026 });
    let base = |value: f64| json!({ "role": "baseline", "value": value, "year": 2020 });
    let users = json!({ "title": "Users", "unit": "percent", "data_source": "ITU", "direction": "increase" });
    let good = || indicator("60% are to use it", users.clone(), &[base(50.0), aim(60.0)]);
    check(
        "SMT-01",
        "Target 1.1 says “every” and no value",
        indicator("Reach every village", users.clone(), &[]),
        indicator("Reach every village", users.clone(), &[aim(100.0)]),
    );
    check("SMT-02", "Indicator 1.1.i1 has no unit", indicator("x", json!({ "title": "Users" }), &[]), good());
    let scaled = json!({ "title": "Q", "measurement": "qualitative", "scale": ["low", "high"] });
    check(
        "SMT-03",
        "Indicator 1.1.i1 has no target value",
        indicator("x", users.clone(), &[base(1.0)]),
        indicator("x", scaled, &[]),
    );
    let says = "Indicator 1.1.i1 measures a change and has no baseline year";
    check(
        "SMT-04",
        says,
        indicator("It should be reduced by 25%", users.clone(), &[]),
        indicator("Reduced by 25%", users.clone(), &[base(1.0)]),
    );
    for title in ["Cut by 2.5 per cent", "Have 25 percent fewer accidents", "25% more homes"] {
        check(
            "SMT-04",
            says,
            indicator(title, users.clone(), &[]),
            indicator("By 2023, 65% of homes are on line", users.clone(), &[]),
        );
    }
    check(
        "SMT-01",
        "Target 1.1 says “universal” and no value",
        indicator("Universal 5G coverage", users.clone(), &[]),
        indicator("Universal coverage: 5 networks", users.clone(), &[]),
    );
    let within = |target_year: i64| {
        let aim = json!({ "role": "target", "value": 60, "year": target_year });
        with(
            indicator("x", users.clone(), &[aim]),
            "plan",
            json!({ "period_start": "2024-01-01", "period_end": "2027-12-31" }),
        )
    };
    check("SMT-05", "Indicator 1.1.i1 has no target year", indicator("x", users.clone(), &[]), within(2026));
    check(
        "SMT-05",
        "Indicator 1.1.i1 is due in 2030, outside the plan's period and horizon",
        within(2030),
        within(2027),
    );
    let horizon = with(indicator("x", users.clone(), &[]), "plan", json!({ "target_horizon": 2030 }));
    let told = found("SMT-05", &horizon);
    assert_eq!(
        (told[0].severity, told[0].says.as_str()),
        (Severity::W, "Indicator 1.1.i1 has no target year; the plan looks to 2030")
    );
    check(
        "SMT-06",
        "Indicator 1.1.i1 names no source of its data",
        indicator("x", json!({ "title": "U" }), &[]),
        good(),
    );
    let says = "The target value 40 of indicator 1.1.i1 is worse than its baseline 50";
    check("SMT-07", says, indicator("x", users.clone(), &[base(50.0), aim(40.0)]), good());
    let says = "120 percent, a reading of indicator 1.1.i1, lies outside 0 to 100";
    check("SMT-08", says, indicator("x", users.clone(), &[aim(120.0)]), good());
    let other = json!({ "role": "actual", "value": 5, "unit": "CHF" });
    check(
        "SMT-08",
        "A reading of indicator 1.1.i1 is in “CHF”, the indicator in “percent”",
        indicator("x", users.clone(), &[other]),
        good(),
    );
    check(
        "SMT-09",
        "Target 1.1 says no verb: “Universal coverage”",
        indicator("Universal coverage", users.clone(), &[]),
        good(),
    );
    check(
        "SMT-10",
        "Indicator 1.1.i1 has no baseline value",
        indicator("x", users.clone(), &[aim(60.0)]),
        good(),
    );
}

#[test]
fn map_of_the_plan_before() {
    let before = json!({ "elements": [
        ["gol-9", "goal", "", { "title": "Old" }],
        ["tgt-9", "target", "gol-9", { "statement": "By 2023, 65% of households, worldwide" }],
    ]});
    let of =
        |id: &str, kind: &str| json!({ "former": { "plan": "the-one-before", "element": id }, "type": kind });
    let all = |more: &[Json]| {
        let mut list =
            vec![json!(["gol-1", "goal", "", { "title": "New", "without_predecessor": "asked for" }])];
        list.extend(more.iter().cloned());
        json!({ "plan": { "predecessor": "the-one-before" }, "before": before, "elements": list })
    };
    let goal = json!(["dsp-1", "disposition", "", of("gol-9", "carried_into")]);
    let target = |fields: Json| json!(["dsp-2", "disposition", "", fields]);
    let carried = target(of("tgt-9", "carried_into"));
    check(
        "MAP-01",
        "Former target 1.1 has no disposition",
        all(std::slice::from_ref(&goal)),
        all(&[goal.clone(), carried.clone()]),
    );
    let mut dropped = of("tgt-9", "dropped");
    let bare = target(dropped.clone());
    dropped["rationale"] = json!("no longer measured");
    check("MAP-02", "Former target 1.1 was dropped without a reason", all(&[bare]), all(&[target(dropped)]));
    let moved = all(&[target(of("tgt-9", "moved_to_outcome"))]);
    let named = with(moved.clone(), "links", json!([["becomes", "dsp-2", "gol-1", {}]]));
    check("MAP-03", "Former target 1.1 moved to an outcome that is not named", moved, named);
    let quote = |printed: &str| {
        all(&[json!(["qte-1", "quote", "", {
            "as_printed": printed,
            "of": { "plan": "the-one-before", "element": "tgt-9", "field": "statement", "seq": 3 },
        }])])
    };
    let says = "Former target 1.1 reads “By 2023, 65% of households, worldwide” and is quoted as “60% of households”";
    check("MAP-04", says, quote("60% of households"), quote("65% of Households worldwide"));
    let says = "Goal 1 has neither a predecessor nor a reason for having none";
    check("MAP-05", says, field(all(&[]), "gol-1", "without_predecessor", json!("")), all(&[]));
    check("SIM-01", "Against the-one-before: goals 1 → 1, targets 1 → 0", all(&[]), elements(json!([])));
}

#[test]
fn mec_overlaps() {
    let two = |first: &[&str], second: &[&str]| {
        let mut short = indicator("x", json!({ "title": "% of users" }), &[]);
        short = added(short, json!(["ind-2", "indicator", "tgt-1", { "title": "% of users" }]));
        for (parent, dimensions) in [("ind-1", first), ("ind-2", second)] {
            for dimension in dimensions {
                let id = format!("dag-{parent}-{dimension}");
                short = added(short, json!([id, "disaggregation", parent, { "dimension": dimension }]));
            }
        }
        short
    };
    let both = "Indicator 1.1.i1 and indicator 1.1.i2";
    let apart = elements(json!([["gol-1", "goal", "", { "title": "Growth" }]]));
    check(
        "MEC-01",
        &format!("{both} are of one measure, both broken down by age"),
        two(&["age"], &["age"]),
        apart.clone(),
    );
    let says = format!("{both} are of one measure, and indicator 1.1.i2 has no breakdown that sets it apart");
    check("MEC-01", &says, two(&["age"], &[]), apart);
    let told = found("MEC-01", &two(&["age"], &["gender"]));
    assert_eq!((told.len(), told[0].severity), (1, Severity::I));
    let same = added(
        added(whole(), json!(["obj-2", "objective", "", { "title": "Other", "sector": "ITU-D" }])),
        json!(["opt-2", "output", "obj-2", { "title": "PRODUCT" }]),
    );
    check("MEC-02", "Output T.1-1 and output D.1-1 have one title: “Product”", same, whole());
    let primary = |goals: &[&str]| {
        let links: Vec<Json> = goals
            .iter()
            .map(|goal| json!(["contributes_to", "out-1", goal, { "strength": "primary" }]))
            .collect();
        let more = added(whole(), json!(["gol-2", "goal", "", { "title": "Something else entirely" }]));
        with(more, "links", Json::Array(links))
    };
    check(
        "MEC-03",
        "Outcome T.1-a is primary in goal 1 and goal 2",
        primary(&["gol-1", "gol-2"]),
        primary(&["gol-1"]),
    );
    let goals = |second: &str| {
        elements(json!([
            ["gol-1", "goal", "", { "title": "Bridge the digital divide" }], ["gol-2", "goal", "", { "title": second }],
        ]))
    };
    check(
        "MEC-03",
        "Goal 1 and goal 2 share 3 of the 4 words that they are worded with",
        goals("Bridge digital divide now"),
        goals("Manage risks"),
    );
    let mandate = with(whole(), "plan", json!({ "mandate": ["spectrum"] }));
    let link =
        json!(["ext-1", "external_link", "obj-1", { "framework": "mandate", "reference": "Spectrum" }]);
    check("MEC-04", "Nothing covers “spectrum” of the mandate", mandate.clone(), added(mandate, link));
}

#[test]
fn dis_breakdowns() {
    let broken_down = |title: &str, dimensions: &[Json]| {
        let mut short = indicator(title, json!({ "title": "Users" }), &[]);
        for (number, fields) in dimensions.iter().enumerate() {
            short = added(short, json!([format!("dag-{number}"), "disaggregation", "ind-1", fields]));
        }
        short
    };
    let by = |dimension: &str| json!({ "dimension": dimension, "categories": ["a", "b"] });
    let bare = broken_down("x", &[json!({ "dimension": "age" })]);
    check(
        "DIS-01",
        "The breakdown of indicator 1.1.i1 by “age” names no categories",
        bare,
        broken_down("x", &[by("age")]),
    );
    let title = "Gaps to be bridged (in particular gender, urban/rural)";
    let says = "The title of target 1.1 names “urban/rural”, no breakdown of its indicators does";
    check(
        "DIS-02",
        says,
        broken_down(title, &[by("gender")]),
        broken_down(title, &[by("sex"), by("urban/rural")]),
    );
    let operation = |of: &str| json!({ "dimension": "age", "operation": of });
    let says = "Indicator 1.1.i1 is both broken down and aggregated by “age”";
    check(
        "DIS-03",
        says,
        broken_down("x", &[operation("broken-down by"), operation("aggregated by")]),
        broken_down("x", &[operation("aggregated by")]),
    );
    let says = "No indicator of target 1.1 is broken down by region or level of development";
    check("DIS-04", says, broken_down("x", &[by("age")]), broken_down("x", &[by("region")]));
    // Another target looks at the gap of the same measure.
    let beside = |fields: Json| {
        let two = added(broken_down("x", &[]), json!(["tgt-2", "target", "gol-1", { "title": "y" }]));
        added(two, json!(["ind-2", "indicator", "tgt-2", fields]))
    };
    let of = |title: &str| json!({ "title": title, "population": "least developed countries" });
    check("DIS-04", says, beside(of("Prices")), beside(of("Users")));
}
