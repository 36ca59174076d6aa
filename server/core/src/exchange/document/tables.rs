//! The tables that plans of the field have: targets and indicators, mapping, guidance, allocations.

use std::collections::BTreeMap;

use plenary_protocol::plan::{ElementView, Value};

use super::book::{
    Book, about, cell, column, ditto, field_run, numbers, paragraph, plan_run, printed, row, said, strong,
    table, value_run,
};
use super::{Cell, Paragraph, Row, Run, Style, Table};

/// The part of a paragraph that names an element which is to be printed elsewhere.
pub(super) const HEIR: &str = "heir";

/// Targets by goal, with their indicators and what these read.
pub(super) fn targets(book: &Book<'_>) -> Table {
    let columns = vec![
        column("Goal", 14),
        column("Target", 25),
        column("Indicator", 25),
        column("Baseline", 12),
        column("Target value", 12),
        column("Actual", 12),
    ];
    let mut rows = Vec::new();
    for goal in book.of_kind("goal") {
        let mut goal_cell = Some(cell(vec![about(goal, "name", Style::Body, book.called(goal, ". "))]));
        for target in book.under(goal, "target") {
            let mut words = vec![about(target, "name", Style::Body, book.called(target, ": "))];
            let more = book.run(target, &["statement"]).filter(|run| run.slot != book.label(target).slot);
            words.extend(more.map(|run| about(target, "statement", Style::Body, vec![run])));
            let mut name = Some(cell(words));
            let indicators: Vec<&ElementView> = book.under(target, "indicator").collect();
            if indicators.is_empty() {
                let cells =
                    lead(&mut goal_cell, &mut name).into_iter().chain((0..4).map(|_| cell(Vec::new())));
                rows.push(row(target, cells.collect()));
            }
            for indicator in indicators {
                let mut cells = lead(&mut goal_cell, &mut name);
                let mut words = vec![about(indicator, "name", Style::Body, indicator_name(book, indicator))];
                words.extend(breakdowns(book, indicator));
                cells.push(cell(words));
                cells.extend(
                    ["baseline", "target", "actual"].map(|role| cell(readings(book, indicator, role))),
                );
                rows.push(row(indicator, cells));
            }
        }
    }
    table("targets", columns, rows)
}

/// The cells of goal and target, which are said once.
fn lead(goal: &mut Option<Cell>, target: &mut Option<Cell>) -> Vec<Cell> {
    [goal.take(), target.take()].into_iter().map(|cell| cell.unwrap_or_else(ditto)).collect()
}

/// What an indicator measures, as its source prints it.
pub(super) fn indicator_name(book: &Book<'_>, indicator: &ElementView) -> Vec<Run> {
    book.run(indicator, &["statement", "title"]).into_iter().collect()
}

/// How an indicator is broken down, where its words do not say so themselves.
fn breakdowns(book: &Book<'_>, indicator: &ElementView) -> Vec<Paragraph> {
    if book.run(indicator, &["statement"]).is_some() {
        return Vec::new();
    }
    let breakdowns = book.under(indicator, "disaggregation").filter_map(|breakdown| {
        let mut runs = vec![value_run(breakdown, "operation").unwrap_or_else(|| said("by")), said(" ")];
        runs.push(value_run(breakdown, "dimension")?);
        if let Some(categories) = value_run(breakdown, "categories") {
            runs.extend([said(": "), categories]);
        }
        Some(about(breakdown, "dimension", Style::Note, runs))
    });
    breakdowns.collect()
}

/// Readings of an indicator and of its breakdowns in one role, one a paragraph.
fn readings(book: &Book<'_>, indicator: &ElementView, role: &str) -> Vec<Paragraph> {
    let breakdowns: Vec<&ElementView> = book.under(indicator, "disaggregation").collect();
    let holders = [indicator].into_iter().chain(breakdowns);
    let readings = holders.flat_map(|holder| book.under(holder, "reading").collect::<Vec<_>>());
    let is_it =
        |reading: &&ElementView| matches!(reading.fields.get("role"), Some(Value::Text(is)) if is == role);
    readings
        .filter(is_it)
        .map(|reading| about(reading, "value", Style::Body, reading_runs(indicator, reading)))
        .collect()
}

fn reading_runs(indicator: &ElementView, reading: &ElementView) -> Vec<Run> {
    let mut runs = Vec::new();
    if let Some(category) = value_run(reading, "category") {
        runs.extend([category, said(": ")]);
    }
    runs.extend(value_run(reading, "value"));
    let unit = value_run(reading, "unit").or_else(|| value_run(indicator, "unit"));
    match unit {
        Some(unit) if unit.text == "percent" => runs.push(Run { text: " %".to_owned(), ..unit }),
        Some(unit) if !runs.is_empty() => runs.extend([said(" "), unit]),
        _ => {}
    }
    if let Some(year) = value_run(reading, "year") {
        runs.extend([said(" ("), year, said(")")]);
    }
    runs
}

/// Elements of the plan before, with what became of them.
pub(super) fn mapping(book: &Book<'_>) -> Table {
    let columns = vec![
        column("Former element", 34),
        column("What became of it", 16),
        column("Lives on in", 28),
        column("Why", 22),
    ];
    let rows = book.of_kind("disposition").map(|disposition| {
        let became = value_run(disposition, "type");
        let became = became.map(|run| Run { text: run.text.replace('_', " "), ..run });
        let heirs = book.linked("becomes", disposition);
        let heirs = heirs.iter().copied().map(|heir| {
            let mut runs = vec![said(&format!("{} ", heir.kind.name().replace('_', " ")))];
            runs.extend(book.called(heir, ": "));
            about(heir, HEIR, Style::Body, runs)
        });
        let why = book.run(disposition, &["rationale"]).or_else(|| value_run(disposition, "as_printed"));
        row(
            disposition,
            vec![
                cell(vec![about(disposition, "former", Style::Body, former(book, disposition))]),
                cell(
                    became
                        .map(|run| about(disposition, "type", Style::Body, vec![run]))
                        .into_iter()
                        .collect(),
                ),
                cell(heirs.collect()),
                cell(why.map(|run| about(disposition, "why", Style::Body, vec![run])).into_iter().collect()),
            ],
        )
    });
    let rows = rows.collect();
    table("mapping", columns, rows)
}

/// A former element as this plan quotes it: kind, code as of then, and the words that are quoted.
pub(super) fn former(book: &Book<'_>, disposition: &ElementView) -> Vec<Run> {
    let Some(Value::Reference(of)) = disposition.fields.get("former") else { return Vec::new() };
    let element = book.former(of);
    let code = element.and_then(|element| element.code.clone());
    let (kind, code) = match (element, code) {
        (Some(element), Some(code)) => (element.kind.name().replace('_', " "), code),
        _ => ("element".to_owned(), of.element.to_string()),
    };
    let kind = kind.get(..1).unwrap_or_default().to_uppercase() + kind.get(1..).unwrap_or_default();
    let mut runs = vec![field_run(disposition, "former", &format!("{kind} {code}"))];
    let quote = book.under(disposition, "quote").next();
    let words = quote.and_then(|quote| book.run(quote, &["as_printed"]));
    let words = words.or_else(|| {
        let own = element.zip(book.former).map(|(element, former)| element.label(former.language()));
        own.filter(|words| !words.is_empty()).map(|words| field_run(disposition, "former", &words))
    });
    if let Some(words) = words {
        runs.extend([said(": "), words]);
    }
    runs
}

/// The membership's requests, principle by principle, and how each was addressed.
pub(super) fn guidance(book: &Book<'_>, asked: &str, addressed: &str) -> Table {
    let columns = vec![column(asked, 50), column(addressed, 50)];
    let rows = book.of_kind("guidance_principle").map(|principle| {
        let title = book.called(principle, ". ").into_iter().map(strong).collect();
        let mut requests = vec![about(principle, "title", Style::Body, title)];
        match book.run(principle, &["request_lead_in"]) {
            // One paragraph: the requests are parts of its sentence.
            Some(lead_in) => {
                let mut runs = vec![lead_in];
                for request in book.under(principle, "guidance_request") {
                    if let Some(marker) = value_run(request, "marker") {
                        runs.extend([said(" "), marker]);
                    }
                    runs.push(said(" "));
                    runs.extend(book.run(request, &["statement"]));
                }
                requests.push(about(principle, "requests", Style::Item, runs));
            }
            None => requests.extend(book.under(principle, "guidance_request").map(|request| {
                about(
                    request,
                    "statement",
                    Style::Item,
                    book.run(request, &["statement"]).into_iter().collect(),
                )
            })),
        }
        let see_also = book.run(principle, &["see_also_as_printed"]);
        requests.extend(see_also.map(|run| about(principle, "see_also", Style::Body, vec![run])));
        let lead_in = book.run(principle, &["response_lead_in"]);
        let lead_in = lead_in.map(|run| about(principle, "response_lead_in", Style::Body, vec![run]));
        let responses = book.under(principle, "guidance_response").map(|response| {
            about(
                response,
                "statement",
                Style::Item,
                book.run(response, &["statement"]).into_iter().collect(),
            )
        });
        row(principle, vec![cell(requests), cell(lead_in.into_iter().chain(responses).collect())])
    });
    let rows = rows.collect();
    table("guidance", columns, rows)
}

/// What is planned to be spent: a row for each element that carries money, a column for each goal.
pub(super) fn allocations(book: &Book<'_>) -> Option<Table> {
    let mut by_row: BTreeMap<usize, (&ElementView, Vec<&ElementView>)> = BTreeMap::new();
    let carriers: Vec<&ElementView> = ["objective", "priority", "enabler", "offering"]
        .into_iter()
        .flat_map(|kind| book.of_kind(kind).collect::<Vec<_>>())
        .collect();
    for (place, carrier) in carriers.iter().enumerate() {
        let cells: Vec<&ElementView> = book.under(carrier, "allocation").collect();
        if !cells.is_empty() || carrier.fields.contains_key("planned_cost") {
            by_row.insert(place, (carrier, cells));
        }
    }
    if by_row.is_empty() {
        return None;
    }
    let goals: Vec<&ElementView> = book.of_kind("goal").collect();
    let width = 60 / (goals.len() as u32 + 1);
    let goal_title = |goal: &ElementView| match &goal.code {
        Some(code) => format!("{code}. {}", goal.label(book.lang)),
        None => goal.label(book.lang),
    };
    let mut columns = vec![column("Objective or priority", 40), numbers("Planned cost", width)];
    columns.extend(goals.iter().map(|goal| numbers(&goal_title(goal), width)));
    let mut rows: Vec<Row> =
        by_row.values().map(|(carrier, cells)| allocation_row(book, carrier, &goals, cells)).collect();
    rows.extend(totals(&by_row, &goals));
    Some(table("allocations", columns, rows))
}

fn allocation_row(
    book: &Book<'_>,
    carrier: &ElementView,
    goals: &[&ElementView],
    cells: &[&ElementView],
) -> Row {
    let name = cell(vec![about(carrier, "name", Style::Body, book.called(carrier, " "))]);
    let cost = value_run(carrier, "planned_cost");
    let cost = cell(cost.map(|run| about(carrier, "cost", Style::Body, vec![run])).into_iter().collect());
    let of_goal = goals.iter().map(|goal| {
        let here = cells.iter().filter(|one| book.named_by(one, "goal").is_some_and(|of| of.id == goal.id));
        cell(here.map(|one| about(one, "amount", Style::Body, amount(one))).collect())
    });
    row(carrier, [name, cost].into_iter().chain(of_goal).collect())
}

/// Amount, share and posts of a cell, as far as they are given.
fn amount(allocation: &ElementView) -> Vec<Run> {
    let mut runs: Vec<Run> = value_run(allocation, "amount").into_iter().collect();
    if let Some(percent) = value_run(allocation, "percent") {
        runs.extend([said(" ("), percent, said(" %)")]);
    }
    if let Some(posts) = value_run(allocation, "posts") {
        runs.extend([said(", "), posts, said(" posts")]);
    }
    if let Some(biennium) = value_run(allocation, "biennium") {
        runs.extend([said(" "), biennium]);
    }
    runs
}

fn totals(
    by_row: &BTreeMap<usize, (&ElementView, Vec<&ElementView>)>,
    goals: &[&ElementView],
) -> Option<Row> {
    let number = |element: &ElementView, field: &str| match element.fields.get(field) {
        Some(Value::Int(number)) => *number as f64,
        Some(Value::Number(number)) => *number,
        _ => 0.0,
    };
    // To the cent: sums of fractions of a thousand francs do not come out even.
    let sum = |numbers: &mut dyn Iterator<Item = f64>| {
        Value::Number((numbers.sum::<f64>() * 100.0).round() / 100.0)
    };
    let whole = |value: Value| match value {
        Value::Number(number) if number.fract() == 0.0 => Value::Int(number as i64),
        value => value,
    };
    let costs = sum(&mut by_row.values().map(|(carrier, _)| number(carrier, "planned_cost")));
    let of_goal = goals.iter().map(|goal| {
        let is_it = |cell: &&&ElementView| {
            matches!(cell.fields.get("goal"), Some(Value::Text(id)) if *id == goal.id.as_str())
        };
        let cells = by_row.values().flat_map(|(_, cells)| cells);
        sum(&mut cells.filter(|cell| is_it(cell)).map(|cell| number(cell, "amount")))
    });
    let sums: Vec<String> = [costs].into_iter().chain(of_goal).map(|value| printed(&whole(value))).collect();
    let mut cells = vec![cell(vec![paragraph("total/name", Style::Body, vec![strong(said("Total"))])])];
    cells.extend(sums.iter().enumerate().map(|(at, sum)| {
        let run = strong(plan_run("total", sum));
        cell(vec![paragraph(format!("total/{at}"), Style::Body, vec![run])])
    }));
    Some(Row { key: "total".to_owned(), about: None, cells, mark: super::Mark::Kept })
}
