//! The Secretariat's draft 2024-2027, as far as its information document prints it.
//!
//! Numbers that are not printed are absent: the draft has indicators and no readings.

use std::collections::BTreeMap;

use plenary_protocol::ElementId;
use plenary_protocol::plan::file::Problem;
use plenary_protocol::plan::{PlanView, Stage, Value};
use serde::Deserialize;

use super::adopted::find;
use super::build::Builder;
use super::mapping::New;
use super::priorities::INCOMPLETE;
use super::source::{At, Period, Source, sources};
use super::{finish, guidance, mapping, plan_id, priorities};

/// The source of every element.
const DOCUMENT: &str = "SEED";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Plan {
    id: String,
    title: String,
    period: Period,
    target_horizon: i64,
    status: String,
    document_kind: String,
    action_required: String,
    successor_of: String,
}

/// Of the framework's own description the chain is kept as a note; its components are the kinds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Framework {
    causal_chain: String,
    #[serde(rename = "strategic_plan_components")]
    _strategic_plan_components: Vec<String>,
    #[serde(rename = "results_framework_components")]
    _results_framework_components: Vec<String>,
    #[serde(rename = "placed_elsewhere")]
    _placed_elsewhere: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Goal {
    code: String,
    title: String,
    description: String,
    from_former_goals: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Target {
    code: String,
    goal: String,
    title: String,
    indicators: Vec<Indicator>,
    former: Vec<String>,
    former_note: Option<String>,
    without_predecessor_as_printed: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Indicator {
    code: String,
    title: String,
    statement: String,
    unit: Option<String>,
    direction: String,
    disaggregations: Vec<Disaggregation>,
    baseline: Option<f64>,
    target_value: Option<f64>,
    target_year: Option<i64>,
    data_source: Option<String>,
    sdg: Option<Sdg>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sdg {
    as_printed: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Disaggregation {
    dimension: String,
    #[serde(default)]
    categories: Vec<String>,
    as_printed: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OutcomeIndicators {
    status: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Evolution {
    former: String,
    new: String,
}

/// Makes the draft; `former` is the adopted plan it takes the place of.
pub(super) fn convert(source: &mut Source, former: Option<&PlanView>) -> Result<PlanView, Vec<Problem>> {
    let Some(plan) = source.one::<Plan>("plan") else { return Err(source.take_problems()) };
    let Some(id) = plan_id(source, &plan.id) else { return Err(source.take_problems()) };
    let Some(former) = former.filter(|former| former.id.as_str() == plan.successor_of) else {
        let says = format!("its elements refer to the plan {}; give that plan", plan.successor_of);
        source.problem("/plan/successor_of", says);
        return Err(source.take_problems());
    };
    let mut b = Builder::new(id, &plan.title, Stage::SecretariatDraft, DOCUMENT);
    plan_fields(&plan, source, &mut b);
    for kind in ["vision", "mission"] {
        if let Some(statement) = source.one::<Option<String>>(kind).flatten() {
            b.add(kind, "", None).text("statement", statement.as_str());
        }
    }
    let mut new = New::default();
    let printed_goals = source.list::<Goal>("goals");
    for At { item: goal, .. } in &printed_goals {
        let added = b.add("goal", &goal.code, None).printed(&goal.code);
        let added = added.text("title", goal.title.as_str()).text("description", goal.description.as_str());
        new.goals.insert(goal.code.clone(), added.id());
    }
    let printed_targets = source.list::<Target>("targets");
    let indicators = targets(source, &printed_targets, &mut new, &mut b);
    priorities::priorities(source, &mut new, &mut b);
    priorities::enablers(source, &mut new, &mut b);
    let guidance = guidance::convert(source, &mut b);
    others(source, &mut b);
    let mapped = mapping::convert(source, former, &new, &mut b);
    mapping::check_goals(
        source,
        &mapped,
        printed_goals.iter().map(|g| (&*g.pointer, &*g.item.code, &*g.item.from_former_goals)),
    );
    mapping::check_targets(
        source,
        &mapped,
        printed_targets.iter().map(|t| (&*t.pointer, &*t.item.code, &*t.item.former)),
    );
    source.check_counts(&[
        ("goals", printed_goals.len()),
        ("targets", printed_targets.len()),
        ("indicators", indicators),
        ("former_targets", mapped.targets.len()),
        ("carried", mapped.count("carried_into")),
        ("moved_to_outcome", mapped.count("moved_to_outcome")),
        ("dropped", mapped.count("dropped")),
        ("guidance_principles", guidance.principles),
        ("guidance_requests", guidance.requests),
        ("guidance_responses", guidance.responses),
    ]);
    finish(source, b)
}

fn plan_fields(plan: &Plan, source: &mut Source, b: &mut Builder) {
    let (sources, caveats) = sources(source);
    b.plan_field("language", "en");
    b.plan_field("languages", ["en".to_owned()].as_slice());
    b.plan_field("period_start", &plan.period.start);
    b.plan_field("period_end", &plan.period.end);
    b.plan_field("target_horizon", plan.target_horizon);
    b.plan_field("predecessor", &plan.successor_of);
    b.plan_field("status_as_printed", &plan.status);
    b.plan_field("document_kind", &plan.document_kind);
    b.plan_field("action_required", &plan.action_required);
    b.plan_field("sources", Value::Set(sources));
    b.plan_field("uses_strengths", false);
    b.plan_field("outcome_indicators", true);
    b.plan_field("counts_posts", false);
    b.plan_field("costed", "priority");
    b.plan_field("outputs_in", "operational_plan");
    let related = source.one::<Vec<String>>("external_frameworks").unwrap_or_default();
    b.plan_field("related", related.as_slice());
    let inferred = source.one::<String>("inferred");
    b.plan_field("inferred", inferred.map(|text| Value::Set([text].into())));
    let mut notes = caveats;
    notes.extend(source.one::<String>("vision_mission_note"));
    notes.extend(source.one::<Framework>("framework").map(|framework| framework.causal_chain));
    let indicators = source.one::<OutcomeIndicators>("outcome_indicators");
    notes.extend(indicators.map(|indicators| format!("outcome indicators: {}", indicators.status)));
    b.plan_field("note", notes.join("\n"));
    b.plan_field("incomplete", INCOMPLETE.map(str::to_owned).as_slice());
    // How a printed document lays these elements out is the exporter's matter.
    source.leave("printing");
}

/// Makes the targets.  Gives the number of their indicators.
fn targets(source: &mut Source, targets: &[At<Target>], new: &mut New, b: &mut Builder) -> usize {
    let mut indicators = 0;
    for At { pointer, item: target } in targets {
        let Some(goal) = find(source, &new.goals, &target.goal, &format!("{pointer}/goal")) else { continue };
        let id = b
            .add("target", &target.code, Some(&goal))
            .printed(&target.code)
            .text("title", target.title.as_str())
            .text("without_predecessor", target.without_predecessor_as_printed.as_deref())
            .field("note", target.former_note.as_ref())
            .id();
        indicators += target.indicators.len();
        for printed in &target.indicators {
            indicator(target, printed, &id, b);
        }
        new.targets.insert(target.code.clone(), id);
    }
    indicators
}

fn indicator(target: &Target, printed: &Indicator, parent: &ElementId, b: &mut Builder) {
    let print =
        [printed.statement.as_str(), target.without_predecessor_as_printed.as_deref().unwrap_or_default()]
            .join("\n");
    let whole = printed.title == printed.statement;
    let inferred =
        [Some("direction"), printed.unit.as_ref().map(|_| "unit"), Some("title").filter(|_| !whole)];
    let id = b
        .add("indicator", &printed.code, Some(parent))
        .printed(&printed.code)
        .text("title", printed.title.as_str())
        .text("statement", printed.statement.as_str())
        .field("unit", printed.unit.as_ref())
        .field("direction", &printed.direction)
        .field("data_source", printed.data_source.as_ref())
        .field("sdg", printed.sdg.as_ref().map(|sdg| &sdg.as_printed))
        .inferred(inferred.into_iter().flatten())
        .inferred_unless_in(&print, &["data_source", "sdg"])
        .id();
    for breakdown in &printed.disaggregations {
        let operation = ["broken-down by", "aggregated by"]
            .into_iter()
            .find(|operation| breakdown.as_printed.starts_with(operation));
        b.add("disaggregation", &format!("{}/{}", printed.code, breakdown.dimension), Some(&id))
            .field("dimension", &breakdown.dimension)
            .field("categories", breakdown.categories.as_slice())
            .field("operation", operation)
            .field("as_printed", &breakdown.as_printed)
            .inferred_unless_in(&print, &["as_printed", "dimension"]);
    }
    let readings =
        [("baseline", printed.baseline, None), ("target", printed.target_value, printed.target_year)];
    for (role, value, year) in readings {
        if value.is_some() || year.is_some() {
            b.add("reading", &format!("{}/{role}", printed.code), Some(&id))
                .field("role", role)
                .field("value", value)
                .field("year", year);
        }
    }
}

fn others(source: &mut Source, b: &mut Builder) {
    for (section, usage) in
        [("goal_design_criteria", "goal_design"), ("goal_evaluation_criteria", "goal_evaluation")]
    {
        for At { item: title, .. } in source.list::<String>(section) {
            b.add("criterion", &format!("{usage}/{title}"), None)
                .text("title", title.as_str())
                .field("use", usage);
        }
    }
    for At { item: title, .. } in source.list::<String>("benchmarks") {
        b.add("benchmark", &title, None).paraphrase().text("title", title.as_str());
    }
    for At { item: row, .. } in source.list::<Evolution>("component_evolution") {
        let added = b.add("component_evolution", &row.former, None).paraphrase();
        added.text("former", row.former.as_str()).text("new", row.new.as_str());
    }
}
