//! The plan 2020-2023 as adopted: Resolution 71 (Rev. Dubai, 2018) with Decision 5.

use std::collections::HashMap;

use plenary_protocol::plan::file::Problem;
use plenary_protocol::plan::{PlanView, Stage, Value};
use plenary_protocol::{Bureau, ElementId};
use serde::Deserialize;

use super::build::Builder;
use super::source::{At, Period, Source, sources};
use super::{annexes, finish, money, plan_id};

/// The source of everything but the money lines.
const RESOLUTION: &str = "RES71-PP18";
/// Titles that another place of the plan prints in other words: code, where, wording.
const ALSO_PRINTED: [(&str, &str, &str); 1] = [("D.4", "Appendix A", "Inclusive digital society")];
/// The edition of the SDG indicator framework in force when the plan was adopted.
const SDG_EDITION: i64 = 2017;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Plan {
    id: String,
    title: String,
    period: Period,
    instrument: String,
    adopted_by: String,
    adopted_on: String,
    adopted_on_note: String,
    language: String,
    financial_instrument: String,
    related: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Goal {
    code: String,
    short_title: String,
    statement: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Target {
    code: String,
    goal: String,
    statement: String,
    due_year: i64,
    parsed: Parsed,
}

/// The statement of a target as we read it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parsed {
    measure: String,
    population: Option<String>,
    comparator: String,
    value: Option<f64>,
    unit: Option<String>,
    kind: String,
    baseline_year: Option<i64>,
    baseline_note: Option<String>,
    value_note: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Objective {
    code: String,
    sector: String,
    short_title: String,
    statement: String,
    outcomes: Vec<Expected>,
    outputs: Vec<Expected>,
}

/// An outcome or output.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    code: String,
    title: String,
    code_as_printed: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GoalLink {
    objective: String,
    goal: String,
    strength: String,
    position: String,
}

/// Ids of goals and objectives by their printed codes.
pub(super) type Codes = HashMap<String, ElementId>;

/// Makes the adopted plan.
pub(super) fn convert(source: &mut Source) -> Result<PlanView, Vec<Problem>> {
    let Some(plan) = source.one::<Plan>("plan") else { return Err(source.take_problems()) };
    let Some(id) = plan_id(source, &plan.id) else { return Err(source.take_problems()) };
    let mut b = Builder::new(id, &plan.title, Stage::Adopted, RESOLUTION);
    let notes = plan_fields(&plan, source, &mut b);
    statements(source, &mut b);
    let goals = goals(source, &mut b);
    let targets = targets(source, &goals, &mut b);
    let (objectives, outcomes, outputs) = objectives(source, &mut b);
    let (links, inferred) = goal_links(source, &objectives, &goals, &mut b);
    let money = money::convert(source, &objectives, &goals, &inferred, &mut b);
    let glossary_note = annexes::convert(source, &objectives, &goals, &mut b);
    let notes: Vec<String> = notes.into_iter().chain(money.notes).chain(glossary_note).collect();
    b.plan_field("note", notes.join("\n"));
    source.check_counts(&[
        ("goals", goals.len()),
        ("targets", targets),
        ("objectives", objectives.len()),
        ("outcomes", outcomes),
        ("outputs", outputs),
        ("links", links),
        ("allocations", money.allocations),
    ]);
    finish(source, b)
}

fn plan_fields(plan: &Plan, source: &mut Source, b: &mut Builder) -> Vec<String> {
    let (sources, caveats) = sources(source);
    b.plan_field("language", &plan.language);
    b.plan_field("languages", [plan.language.clone()].as_slice());
    b.plan_field("period_start", &plan.period.start);
    b.plan_field("period_end", &plan.period.end);
    b.plan_field("instrument", &plan.instrument);
    b.plan_field("adopted_by", &plan.adopted_by);
    b.plan_field("adopted_on", &plan.adopted_on);
    b.plan_field("financial_instrument", &plan.financial_instrument);
    b.plan_field("related", plan.related.as_slice());
    b.plan_field("sources", Value::Set(sources));
    b.plan_field("sdg_edition", SDG_EDITION);
    b.plan_field("uses_strengths", true);
    b.plan_field("outcome_indicators", false);
    b.plan_field("counts_posts", false);
    b.plan_field("costed", "objective");
    b.plan_field("outputs_in", "plan");
    let criteria = source.one::<Vec<String>>("target_criteria_as_printed").unwrap_or_default();
    b.plan_field("target_criteria", criteria.as_slice());
    std::iter::once(format!("adopted_on: {}", plan.adopted_on_note)).chain(caveats).collect()
}

fn statements(source: &mut Source, b: &mut Builder) {
    for kind in ["vision", "mission"] {
        if let Some(statement) = source.one::<String>(kind) {
            b.add(kind, "", None).text("statement", statement.as_str());
        }
    }
    for At { item: title, .. } in source.list::<String>("values") {
        b.add("value", &title, None).text("title", title.as_str());
    }
}

fn goals(source: &mut Source, b: &mut Builder) -> Codes {
    let goals = source.list::<Goal>("goals");
    let add = |At { item: goal, .. }: At<Goal>| {
        let added = b.add("goal", &goal.code, None).printed(&goal.code);
        let added = added.text("title", goal.short_title.as_str()).text("statement", goal.statement.as_str());
        (goal.code, added.id())
    };
    goals.into_iter().map(add).collect()
}

fn targets(source: &mut Source, goals: &Codes, b: &mut Builder) -> usize {
    let targets = source.list::<Target>("targets");
    let count = targets.len();
    for At { pointer, item: target } in targets {
        let Some(goal) = find(source, goals, &target.goal, &format!("{pointer}/goal")) else { continue };
        let id = b
            .add("target", &target.code, Some(&goal))
            .printed(&target.code)
            .text("statement", target.statement.as_str())
            .field("due_year", target.due_year)
            .id();
        indicator(&target, &id, b);
    }
    count
}

/// What we read out of a target's statement: one indicator and, where there is a value, one reading.
fn indicator(target: &Target, parent: &ElementId, b: &mut Builder) {
    let parsed = &target.parsed;
    let fields = ["unit", "comparator", "measurement", "population", "baseline_year"];
    let added = b
        .add("indicator", &target.code, Some(parent))
        .our_reading()
        .text("title", parsed.measure.as_str())
        .field("unit", parsed.unit.as_ref())
        .field("comparator", &parsed.comparator)
        .field("measurement", &parsed.kind)
        .field("population", parsed.population.as_ref())
        .field("baseline_year", parsed.baseline_year)
        .field("note", parsed.baseline_note.as_ref());
    let given: Vec<&str> = fields.into_iter().filter(|name| added.has(name)).collect();
    let id = added.inferred(given.into_iter().chain(["title"])).id();
    let Some(value) = parsed.value else { return };
    let reading = b
        .add("reading", &target.code, Some(&id))
        .field("role", "target")
        .field("value", value)
        .field("year", target.due_year);
    if let Some(note) = &parsed.value_note {
        reading.our_reading().inferred(["value"]).field("note", note);
    }
}

fn objectives(source: &mut Source, b: &mut Builder) -> (Codes, usize, usize) {
    let mut codes = Codes::new();
    let (mut outcomes, mut outputs) = (0, 0);
    for At { pointer, item: objective } in source.list::<Objective>("objectives") {
        let (sector, owner) = match objective.sector.as_str() {
            "Inter-Sectoral" => ("inter-sectoral", None),
            "ITU-R" => ("ITU-R", Some(Bureau::BR)),
            "ITU-T" => ("ITU-T", Some(Bureau::TSB)),
            "ITU-D" => ("ITU-D", Some(Bureau::BDT)),
            other => {
                source.problem(format!("{pointer}/sector"), format!("{other:?} is no Sector"));
                continue;
            }
        };
        let id = b
            .add("objective", &objective.code, None)
            .printed(&objective.code)
            .text("title", objective.short_title.as_str())
            .text("statement", objective.statement.as_str())
            .field("sector", sector)
            .field("also_printed", also_printed(&objective.code).as_slice())
            .owner(owner)
            .id();
        for (kind, results) in [("outcome", &objective.outcomes), ("output", &objective.outputs)] {
            for result in results {
                // The colon ends the code in the table's cell; it is no part of it.
                let printed = result.code_as_printed.as_ref().unwrap_or(&result.code).trim_end_matches(':');
                b.add(kind, &result.code, Some(&id)).printed(printed).text("title", result.title.as_str());
            }
        }
        outcomes += objective.outcomes.len();
        outputs += objective.outputs.len();
        codes.insert(objective.code, id);
    }
    (codes, outcomes, outputs)
}

/// Other wordings of an objective's title, each with the place that prints it.
fn also_printed(code: &str) -> Vec<String> {
    let own = ALSO_PRINTED.iter().filter(|(of, ..)| *of == code);
    own.map(|(_, place, wording)| format!("{place}: {wording}")).collect()
}

/// Links objectives to goals.  Gives their number and the cells whose column is our reading.
fn goal_links(
    source: &mut Source,
    objectives: &Codes,
    goals: &Codes,
    b: &mut Builder,
) -> (usize, Vec<(String, String)>) {
    let links = source.list::<GoalLink>("objective_goal_links");
    let count = links.len();
    let mut inferred = Vec::new();
    for At { pointer, item: link } in links {
        let from = find(source, objectives, &link.objective, &format!("{pointer}/objective"));
        let to = find(source, goals, &link.goal, &format!("{pointer}/goal"));
        let (Some(from), Some(to)) = (from, to) else { continue };
        let made = b.link("contributes_to", &from, &to);
        made.fields.insert("strength".to_owned(), Value::Text(link.strength));
        if link.position != "as printed" {
            made.note = format!("column {}", link.position);
            inferred.push((link.objective, link.goal));
        }
    }
    (count, inferred)
}

/// The element of that code; notes the problem when there is none.
pub(super) fn find(source: &mut Source, codes: &Codes, code: &str, pointer: &str) -> Option<ElementId> {
    let found = codes.get(code).cloned();
    if found.is_none() {
        source.problem(pointer, format!("nothing in the source has the code {code:?}"));
    }
    found
}
