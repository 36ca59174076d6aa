//! Money, process, codes, regions and owners.

use super::*;

#[test]
fn fin_money() {
    check(
        "FIN-01",
        &format!("No money is allocated to {}", "objective T.1"),
        without(whole(), "alc-1"),
        whole(),
    );
    let more = |fields: Json| {
        added(
            added(whole(), json!(["gol-2", "goal", "", { "title": "Other" }])),
            json!(["alc-2", "allocation", "obj-1", fields]),
        )
    };
    check(
        "FIN-02",
        &format!("{AIM} gives money to goal 2 and is not linked to it"),
        more(json!({ "goal": "gol-2", "amount": 1 })),
        whole(),
    );
    let linked = with(
        more(json!({})),
        "links",
        json!([["contributes_to", "obj-1", "gol-1", { "strength": "primary" }], ["contributes_to", "obj-1", "gol-2", {}]]),
    );
    check("FIN-02", &format!("{AIM} is linked to goal 2 and gives no money to it"), linked, whole());
    check(
        "FIN-03",
        &format!("The percents of {} add up to 90", "objective T.1"),
        field(whole(), "alc-1", "percent", json!(90)),
        whole(),
    );
    check(
        "FIN-04",
        "The amounts of objective T.1 add up to 90 kCHF, its planned cost is 100 kCHF",
        field(whole(), "alc-1", "amount", json!(90)),
        whole(),
    );
    check(
        "FIN-05",
        "The amounts for goal 1 add up to 100 kCHF, its total in the financial plan is 1,200 kCHF",
        field(whole(), "gol-1", "financial_plan_total", json!(1200)),
        whole(),
    );
    let two = with(
        more(json!({ "goal": "gol-2", "percent": 70 })),
        "links",
        json!([["contributes_to", "obj-1", "gol-1", { "strength": "primary" }], ["contributes_to", "obj-1", "gol-2", { "strength": "secondary" }]]),
    );
    check(
        "FIN-06",
        "The largest share of objective T.1 goes to goal 2, without a primary link",
        field(two, "alc-1", "percent", json!(30)),
        whole(),
    );
    let says = "Objective T.1 gives 100 kCHF to goal 1, 90 percent of its planned cost would be 90 kCHF";
    check(
        "FIN-07",
        says,
        field(whole(), "alc-1", "percent", json!(90)),
        field(whole(), "alc-1", "percent", json!(96)),
    );
    let ceiling = |most: i64| with(whole(), "plan", json!({ "financial_ceiling": most }));
    check(
        "FIN-08",
        "The allocations add up to 100 kCHF, the financial plan's ceiling is 99 kCHF",
        ceiling(99),
        ceiling(100),
    );
    let counted = |posts: i64| {
        json!({ "plan": { "counts_posts": true }, "elements": [
            ["pri-1", "priority", "", { "title": "Spectrum" }], ["alc-1", "allocation", "pri-1", { "amount": 5, "posts": posts }],
        ]})
    };
    check("FIN-09", "Priority 1 has money and no posts", counted(0), counted(2));
}

#[test]
fn gui_and_con_process() {
    let asked = elements(json!([
        ["gpr-1", "guidance_principle", "", { "title": "Focus" }],
        ["grq-1", "guidance_request", "gpr-1", { "statement": "Do it" }],
        ["grs-1", "guidance_response", "gpr-1", { "statement": "Did it", "entry_seq": 4 }],
    ]));
    let answered = with(asked.clone(), "links", json!([["answers", "grs-1", "grq-1", {}]]));
    check("GUI-01", "Guidance request 1.a is answered by nothing", asked.clone(), answered.clone());
    let council = found("GUI-01", &with(asked.clone(), "stage", json!("council")));
    assert_eq!(council[0].severity, Severity::E, "at the Council it blocks");
    check(
        "GUI-02",
        "Guidance response 1.R1 is a promise",
        field(asked.clone(), "grs-1", "statement", json!("It will be done")),
        answered.clone(),
    );
    check(
        "GUI-03",
        "Guidance response 1.R1 points to no entry of the log",
        field(asked, "grs-1", "entry_seq", Json::Null),
        answered,
    );
    let held = |fields: Json| elements(json!([["con-1", "consultation", "", fields]]));
    check(
        "CON-01",
        "Consultation C1 has no result document",
        held(json!({ "title": "Survey" })),
        held(json!({ "title": "Survey", "result_document": "X" })),
    );
    let view = |fields: Json| {
        added(held(json!({ "title": "Survey" })), json!(["fbk-1", "feedback_item", "con-1", fields]))
    };
    let good = view(json!({ "statement": "More", "disposition": "noted", "reason": "later" }));
    check(
        "CON-02",
        "Feedback item C1.1 has no disposition",
        view(json!({ "statement": "More" })),
        good.clone(),
    );
    check(
        "CON-02",
        "The disposition of feedback item C1.1 has no reason",
        view(json!({ "statement": "More", "disposition": "noted" })),
        good,
    );
}

#[test]
fn codes_and_references() {
    let sdg = |code: &str| indicator("x", json!({ "title": "U", "sdg": format!("SDG Target {code}") }), &[]);
    check(
        "EXT-01",
        "Indicator 1.1.i1 names the SDG code 9.1.c, which does not exist",
        sdg("9.1.c"),
        sdg("9.c.1"),
    );
    let link = |framework: &str, code: &str| {
        elements(
            json!([["gol-1", "goal", "", { "title": "G" }], ["ext-1", "external_link", "gol-1", { "framework": framework, "reference": code }]]),
        )
    };
    check(
        "EXT-01",
        "Goal 1 is linked to the WSIS code “C12”, which does not exist",
        link("WSIS", "C12"),
        link("WSIS", "C11"),
    );
    let coded = |code: &str| field(whole(), "opt-1", "own_code", json!(code));
    check(
        "NUM-02",
        "The code “T-1-1” is not in the form of the code of an output",
        coded("T-1-1"),
        coded("T.1-1:"),
    );
    let second = |code: &str| {
        added(whole(), json!(["opt-2", "output", "obj-1", { "title": "Second", "own_code": code }]))
    };
    check("NUM-01", "2 siblings of the kind output have the code T.1-1", second("T.1-1"), second("T.1-2"));
    check(
        "NUM-01",
        "The codes of output T.1-4 and its siblings reach number 4 and leave out 2",
        second("T.1-4"),
        whole(),
    );
    check(
        "REF-01",
        "Allocation “100” refers as its goal to gol-9, which is removed or not there",
        field(whole(), "alc-1", "goal", json!("gol-9")),
        whole(),
    );
    let removed = field(whole(), "gol-1", "removed", json!(true));
    let says: Vec<String> = found("REF-01", &removed).into_iter().map(|one| one.says).collect();
    assert_eq!(
        says,
        [
            "A link of objective T.1 ends in gol-1, which is removed or not there",
            "Allocation “100” refers as its goal to gol-1, which is removed or not there"
        ]
    );
    let value =
        |seq: u64| json!({ "value": seq, "subject": "a", "name": "A", "bureau": "BR", "seq": seq, "at": "" });
    let several = field(whole(), "obj-1", "concurrent", json!({ "planned_cost": [value(1), value(2)] }));
    check("CNF-01", "The planned cost of objective T.1 holds several values", several, whole());
}

#[test]
fn presence_of_regions_owners_and_sectors() {
    let enabler = |title: &str| elements(json!([["enb-1", "enabler", "", { "title": title }]]));
    check(
        "REG-01",
        "Nothing in the plan represents the regional presence",
        enabler("partnership"),
        enabler("Regional presence"),
    );
    let owned = |fields: Json| elements(json!([["enb-1", "enabler", "", fields]]));
    check(
        "OWN-01",
        "No Bureau or Sector is named as responsible for enabler 1",
        owned(json!({ "title": "E" })),
        owned(json!({ "title": "E", "owner": "GS" })),
    );
    let detail = |start: &str| json!({ "plan": { "period_start": start }, "elements": [["opl-1", "operational_plan", "", { "title": "BR" }], ["act-1", "activity", "opl-1", { "title": "Publish" }]] });
    let says = "Activity “Publish” is a detail of operational plans and stands inside a strategic plan";
    check("FOC-01", says, detail("2024-01-01"), detail("2020-01-01"));
    let sectors =
        |list: Json| elements(json!([["pri-1", "priority", "", { "title": "P", "sectors": list }]]));
    check(
        "ONE-01",
        "Only ITU-R contributes to priority 1",
        sectors(json!(["ITU-R"])),
        sectors(json!(["ITU-R", "ITU-T"])),
    );
}
