//! The money of the adopted plan: Appendix A of Resolution 71 and the tables of Decision 5.

use std::collections::BTreeMap;
use std::fmt;

use plenary_protocol::plan::file;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};

use super::adopted::{Codes, find};
use super::build::Builder;
use super::source::Source;

/// The source of the money lines.
const DECISION: &str = "DEC5-PP18";
/// Both tables stand in thousands of Swiss francs.
const CURRENCY_AND_UNIT: (&str, &str) = ("CHF", "thousand");
/// The whole Union in the columns of Table 2.
const UNION: &str = "ITU";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Appendix {
    source: String,
    currency: String,
    unit: String,
    planned_cost_by_objective: BTreeMap<String, f64>,
    allocations: Vec<Allocation>,
    /// Sums by Sector: not carried over, they follow from the allocations.
    #[serde(rename = "subtotals")]
    _subtotals: serde::de::IgnoredAny,
    note: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Allocation {
    objective: String,
    goal: String,
    percent: f64,
    amount_kchf: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FinancialPlan {
    source: String,
    currency: String,
    unit: String,
    table_1: Table1,
    table_2_by_goal: Vec<Table2Row>,
    contributory_unit_chf: f64,
    language_services_ceiling_chf: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table1 {
    planned_revenue_2020_2023: Lines,
    planned_expenses_2020_2023: Lines,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table2Row {
    goal: String,
    biennium_2020_2021: Lines,
    biennium_2022_2023: Lines,
    total_2020_2023: f64,
}

/// The part of the source whose keys are lines of print, in their order.
#[derive(Deserialize)]
struct Printed {
    financial_plan: FinancialPlan,
}

/// What the money tells beside its elements.
#[derive(Default)]
pub(super) struct Money {
    pub(super) allocations: usize,
    pub(super) notes: Vec<String>,
}

/// Makes the allocations and financial lines; `inferred` are the cells whose goal is our reading.
pub(super) fn convert(
    source: &mut Source,
    objectives: &Codes,
    goals: &Codes,
    inferred: &[(String, String)],
    b: &mut Builder,
) -> Money {
    let links_note = source.one::<String>("objective_goal_links_source");
    let appendix = source.one::<Appendix>("resource_allocation");
    let plan = source.one::<FinancialPlan>("financial_plan");
    let (Some(links_note), Some(appendix), Some(_)) = (links_note, appendix, plan) else {
        return Money::default();
    };
    let Some(Printed { financial_plan: plan }) = source.in_print_order() else { return Money::default() };
    for (place, currency, unit) in [
        ("/resource_allocation", &appendix.currency, &appendix.unit),
        ("/financial_plan", &plan.currency, &plan.unit),
    ] {
        if (currency.as_str(), unit.as_str()) != CURRENCY_AND_UNIT {
            source.problem(
                format!("{place}/unit"),
                format!("is {unit} {currency}; a plan is kept in thousand CHF"),
            );
        }
    }
    let allocations = appendix.allocations.len();
    let notes = vec![
        format!("links to goals: {links_note}"),
        format!("allocations ({}): {}", appendix.source, appendix.note),
        format!(
            "{}: contributory unit {} CHF; ceiling of language services {} CHF.",
            plan.source, plan.contributory_unit_chf, plan.language_services_ceiling_chf
        ),
    ];
    appendix_a(source, appendix, objectives, goals, inferred, b);
    table_1(source, &plan.table_1, b);
    table_2(source, &plan.table_2_by_goal, goals, b);
    Money { allocations, notes }
}

fn appendix_a(
    source: &mut Source,
    appendix: Appendix,
    objectives: &Codes,
    goals: &Codes,
    inferred: &[(String, String)],
    b: &mut Builder,
) {
    for (code, cost) in &appendix.planned_cost_by_objective {
        let place = file::under("/resource_allocation/planned_cost_by_objective", code);
        if let Some(objective) = find(source, objectives, code, &place) {
            b.set_field(&objective, "planned_cost", *cost);
        }
    }
    for (index, cell) in appendix.allocations.into_iter().enumerate() {
        let place = format!("/resource_allocation/allocations/{index}");
        let objective = find(source, objectives, &cell.objective, &format!("{place}/objective"));
        let goal = find(source, goals, &cell.goal, &format!("{place}/goal"));
        let (Some(objective), Some(goal)) = (objective, goal) else { continue };
        let key = format!("{}/{}", cell.objective, cell.goal);
        let added = b
            .add("allocation", &key, Some(&objective))
            .field("goal", &goal)
            .field("amount", cell.amount_kchf)
            .field("percent", cell.percent);
        if inferred.contains(&(cell.objective, cell.goal)) {
            added.inferred(["goal"]);
        }
    }
}

/// Revenue and expenses of the four years.
fn table_1(source: &mut Source, table: &Table1, b: &mut Builder) {
    let sides =
        [("revenue", &table.planned_revenue_2020_2023), ("expense", &table.planned_expenses_2020_2023)];
    for (side, Lines(lines)) in sides {
        for (title, amount) in lines {
            let total = is_total(title, lines);
            let sector = match (side, title.as_str()) {
                ("expense", "General Secretariat") => Some("GS"),
                ("expense", "Radiocommunication Sector") => Some("ITU-R"),
                ("expense", "Telecommunication Standardization Sector") => Some("ITU-T"),
                ("expense", "Telecommunication Development Sector") => Some("ITU-D"),
                _ => None,
            };
            if side == "expense" && !total && sector.is_none() {
                let place = "/financial_plan/table_1/planned_expenses_2020_2023";
                source.problem(place, format!("{title:?} names no Sector"));
            }
            b.add("financial_line", &format!("{side}/{title}"), None)
                .text("title", title.as_str())
                .field("source", DECISION)
                .field("side", side)
                .field("amount", *amount)
                .field("sector", sector)
                .field("total", Some(total).filter(|total| *total));
        }
        if let Some((_, ceiling)) = lines.last().filter(|_| side == "expense") {
            b.plan_field("financial_ceiling", *ceiling);
        }
    }
}

/// Whether a line adds up others: `TOTAL …`, or `A …` where `A.1 …` follows.
fn is_total(title: &str, lines: &[(String, f64)]) -> bool {
    let mark = title.split(' ').next().unwrap_or_default();
    let part = format!("{mark}.");
    mark.eq_ignore_ascii_case("total") || lines.iter().any(|(other, _)| other.starts_with(&part))
}

/// Expenses by goal: cells, their sums by biennium, and the sum of the four years.
fn table_2(source: &mut Source, rows: &[Table2Row], goals: &Codes, b: &mut Builder) {
    for (index, row) in rows.iter().enumerate() {
        let goal = match row.goal.as_str() {
            "total" => None,
            code => match find(source, goals, code, &format!("/financial_plan/table_2_by_goal/{index}/goal"))
            {
                None => continue,
                found => found,
            },
        };
        let name = if goal.is_some() { format!("Goal {}", row.goal) } else { "All goals".to_owned() };
        let mut line =
            |title: String, amount: f64, biennium: Option<&str>, sector: Option<&str>, total: bool| {
                b.add("financial_line", &format!("by_goal/{title}"), None)
                    .text("title", title.as_str())
                    .inferred(["title"])
                    .field("source", DECISION)
                    .field("side", "by_goal")
                    .field("amount", amount)
                    .field("goal", goal.as_ref())
                    .field("biennium", biennium)
                    .field("sector", sector)
                    .field("total", Some(total).filter(|total| *total));
            };
        for (biennium, Lines(cells)) in
            [("2020-2021", &row.biennium_2020_2021), ("2022-2023", &row.biennium_2022_2023)]
        {
            for (sector, amount) in cells {
                let title = format!("{name}, {biennium}, {sector}");
                let one = Some(sector.as_str()).filter(|sector| *sector != UNION);
                line(title, *amount, Some(biennium), one, one.is_none() || goal.is_none());
            }
        }
        line(format!("{name}, 2020-2023"), row.total_2020_2023, None, None, true);
        if let Some(goal) = &goal {
            b.set_field(goal, "financial_plan_total", row.total_2020_2023);
        }
    }
}

/// Lines of a printed table, in their order.
struct Lines(Vec<(String, f64)>);

impl<'de> Deserialize<'de> for Lines {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Lines;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("lines with an amount each")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Lines, A::Error> {
                let mut lines = Vec::new();
                while let Some(line) = access.next_entry()? {
                    lines.push(line);
                }
                Ok(Lines(lines))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}
