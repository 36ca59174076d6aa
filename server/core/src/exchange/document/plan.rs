//! The whole plan: its prose in sections, its tables, and in the end, kind by kind, what no section printed.
//!
//! **Invariant.** No element of the plan is left out: sections print some kinds only under some parents, so
//! what they printed is read from the document itself.

use std::collections::{BTreeSet, HashSet};

use plenary_protocol::ElementId;
use plenary_protocol::plan::{ElementView, Kind, Value};

use super::book::{
    Book, about, cell, column, heading, paragraph, plan_run, row, said, strong, table, value_run,
};
use super::{Block, Cell, Document, Paragraph, Row, Run, Style, Table, tables};

/// Kinds of the process of drafting.
const PROCESS: [&str; 3] = ["comment", "proposal", "bracket"];

/// Makes it.
pub(super) fn compose(book: &Book<'_>) -> Document {
    let mut blocks =
        vec![Block::Paragraph(paragraph("title", Style::Title, vec![plan_run("title", &book.view.title)]))];
    blocks.extend(period(book));
    for (kind, title) in [("vision", "Vision"), ("mission", "Mission")] {
        section(&mut blocks, title, book.of_kind(kind).flat_map(|one| prose(book, one, &["statement"])));
    }
    section(&mut blocks, "Values", book.of_kind("value").flat_map(|one| item(book, one)));
    section(&mut blocks, "Strategic goals", book.of_kind("goal").flat_map(|goal| titled(book, goal)));
    section(&mut blocks, "Targets and indicators", filled(tables::targets(book)));
    section(&mut blocks, "Thematic priorities", results(book, "priority"));
    section(&mut blocks, "Objectives, outcomes and outputs", results(book, "objective"));
    section(
        &mut blocks,
        "Product and service offerings",
        book.of_kind("offering").flat_map(|one| item(book, one)),
    );
    section(&mut blocks, "Enablers", filled(enablers(book)));
    section(&mut blocks, "Risks", risks(book));
    section(&mut blocks, "Mapping with the former plan", filled(tables::mapping(book)));
    let guidance = tables::guidance(book, "Guidance", "How it was addressed");
    section(&mut blocks, "Guidance and responses", filled(guidance));
    section(&mut blocks, "Glossary", book.of_kind("glossary_term").flat_map(|one| item(book, one)));
    let allocations = tables::allocations(book).map(Block::Table);
    section(&mut blocks, "Appendix A. Allocation of resources (kCHF)", allocations.into_iter());
    let printed = printed(book, &blocks);
    for kind in Kind::all().filter(|kind| !PROCESS.contains(&kind.name())) {
        let rest = book.of_kind(kind.name());
        let rest = rest.filter(|one| !printed.contains(&one.id) && !is_said(book, one, &printed)).collect();
        section(&mut blocks, &plural(kind.name()), filled(listing(book, kind, rest)));
    }
    Document { title: book.view.title.clone(), lang: book.lang.to_owned(), foot: foot(book), blocks }
}

/// Elements that a part of a document is about, and those that it shows as parts of what it is about.
fn printed(book: &Book<'_>, blocks: &[Block]) -> HashSet<ElementId> {
    let mut printed = HashSet::new();
    let mut note = |one: &Paragraph| {
        let is_named = one.key.rsplit('/').next() == Some(tables::HEIR);
        let Some(about) = one.about.as_ref().filter(|_| !is_named) else { return };
        printed.insert(about.clone());
        let shown = one.runs.iter().filter_map(|run| book.element(&run.slot.as_ref()?.element));
        printed.extend(shown.filter(|one| one.parent.as_ref() == Some(about)).map(|one| one.id.clone()));
    };
    for block in blocks {
        match block {
            Block::Paragraph(one) => note(one),
            Block::Table(table) => {
                table
                    .rows
                    .iter()
                    .flat_map(|row| &row.cells)
                    .flat_map(|cell| &cell.paragraphs)
                    .for_each(&mut note);
            }
        }
    }
    let rows = blocks.iter().filter_map(|block| match block {
        Block::Table(table) => Some(&table.rows),
        Block::Paragraph(_) => None,
    });
    printed.extend(rows.flatten().filter_map(|row| row.about.clone()));
    printed
}

/// Whether an element is how an indicator is broken down whose printed words say so themselves.
fn is_said(book: &Book<'_>, element: &ElementView, printed: &HashSet<ElementId>) -> bool {
    let indicator = element.parent.as_ref().filter(|_| element.kind.name() == "disaggregation");
    let indicator = indicator.filter(|id| printed.contains(*id)).and_then(|id| book.element(id));
    indicator.is_some_and(|indicator| book.run(indicator, &["statement"]).is_some())
}

/// What stands at the foot of every page: the plan, and the point as of which it is printed.
pub(super) fn foot(book: &Book<'_>) -> String {
    let view = book.view;
    let at = view.at.get(..16).map(|at| format!(" ({} UTC)", at.replace('T', " "))).unwrap_or_default();
    format!("{}, {}, as of entry {}{at}", view.id, view.stage.as_str().replace('_', " "), view.seq)
}

fn period(book: &Book<'_>) -> Option<Block> {
    let value = |field: &str| book.view.plan.get(field).map(|value| plan_run(field, &value.to_string()));
    let (start, end) = (value("period_start")?, value("period_end")?);
    let mut runs = vec![said("Period "), start, said(" to "), end];
    if let Some(status) = value("status_as_printed") {
        runs.extend([said(". "), status]);
    }
    Some(Block::Paragraph(paragraph("period", Style::Note, runs)))
}

/// A heading with what stands under it; none where nothing does.
fn section(blocks: &mut Vec<Block>, title: &str, parts: impl Iterator<Item = Block>) {
    let mut parts = parts.peekable();
    if parts.peek().is_some() {
        blocks.push(heading(1, title));
        blocks.extend(parts);
    }
}

fn filled(table: Table) -> impl Iterator<Item = Block> {
    Some(table).filter(|table| !table.rows.is_empty()).map(Block::Table).into_iter()
}

/// Texts of an element as paragraphs.
fn prose(book: &Book<'_>, element: &ElementView, names: &[&str]) -> Vec<Block> {
    let shown = names.iter().filter_map(|name| {
        let run = book.run(element, &[name])?;
        Some(Block::Paragraph(about(element, name, Style::Body, vec![run])))
    });
    shown.collect()
}

/// An element under a heading of its own, with its other texts.
fn titled(book: &Book<'_>, element: &ElementView) -> Vec<Block> {
    let runs = book.called(element, ". ");
    let mut blocks = vec![Block::Paragraph(about(element, "title", Style::Heading(2), runs))];
    let title = book.text(element, &["title"]).map(|(_, slot)| slot.field);
    let rest = element.kind.spec().texts.iter().map(|text| text.name);
    let rest: Vec<&str> = rest.filter(|name| title.as_deref() != Some(name)).collect();
    if title.is_some() {
        blocks.extend(prose(book, element, &rest));
    }
    blocks
}

/// An element in one paragraph: code and title, set off where its other texts follow.
fn item(book: &Book<'_>, element: &ElementView) -> Vec<Block> {
    let (mut runs, rest) = (book.called(element, " "), rest(book, element));
    if !rest.is_empty() {
        runs = runs.into_iter().map(strong).chain(rest).collect();
    }
    vec![Block::Paragraph(about(element, "item", Style::Item, runs))]
}

/// The texts of an element besides what it is called.
fn rest(book: &Book<'_>, element: &ElementView) -> Vec<Run> {
    let label = book.label(element).slot;
    let mut runs = Vec::new();
    for text in element.kind.spec().texts {
        if let Some(run) = book.run(element, &[text.name]).filter(|run| run.slot != label) {
            runs.extend([said(": "), run]);
        }
    }
    runs
}

/// Priorities or objectives, with outcomes and outputs and the goals they contribute to.
fn results<'a>(book: &'a Book<'_>, kind: &'a str) -> impl Iterator<Item = Block> + 'a {
    book.of_kind(kind).flat_map(move |element| {
        let mut blocks = titled(book, element);
        let goals = book.linked("contributes_to", element);
        if !goals.is_empty() {
            let mut runs = vec![said("Contributes to ")];
            for (at, goal) in goals.iter().copied().enumerate() {
                runs.push(said(if at == 0 { "" } else { "; " }));
                runs.extend(book.called(goal, " "));
            }
            runs.retain(|run| !run.text.is_empty());
            blocks.push(Block::Paragraph(about(element, "goals", Style::Note, runs)));
        }
        for (part, title) in [("outcome", "Outcomes"), ("output", "Outputs")] {
            let mut items = book.under(element, part).flat_map(|one| result(book, one)).peekable();
            if items.peek().is_some() {
                blocks.push(Block::Paragraph(about(element, part, Style::Heading(3), vec![said(title)])));
                blocks.extend(items);
            }
        }
        blocks
    })
}

/// An outcome or output with its indicators.
fn result(book: &Book<'_>, element: &ElementView) -> Vec<Block> {
    let mut blocks = item(book, element);
    for indicator in book.under(element, "indicator") {
        let mut runs = vec![said("Indicator: ")];
        runs.extend(tables::indicator_name(book, indicator));
        blocks.push(Block::Paragraph(about(indicator, "name", Style::Note, runs)));
    }
    blocks
}

fn enablers(book: &Book<'_>) -> Table {
    let columns = vec![
        column("Enabler", 26),
        column("Supports", 22),
        column("Contribution", 26),
        column("Results", 26),
    ];
    let rows = book.of_kind("enabler").map(|enabler| {
        let mut name = vec![about(enabler, "name", Style::Body, book.called(enabler, " "))];
        let description = book.run(enabler, &["description"]);
        name.extend(description.map(|run| about(enabler, "description", Style::Note, vec![run])));
        let mut supports: Vec<Run> = Vec::new();
        if matches!(enabler.fields.get("supports_all"), Some(Value::Bool(true))) {
            supports
                .extend(value_run(enabler, "supports_all").map(|run| Run { text: "All".to_owned(), ..run }));
        }
        for supported in book.linked("supports", enabler).iter().copied() {
            if !supports.is_empty() {
                supports.push(said("; "));
            }
            supports.extend(book.called(supported, " "));
        }
        let supports = (!supports.is_empty()).then(|| about(enabler, "supports", Style::Body, supports));
        let text = |name: &str| -> Cell {
            let run = book.run(enabler, &[name]);
            cell(run.map(|run| about(enabler, name, Style::Body, vec![run])).into_iter().collect())
        };
        let cells =
            vec![cell(name), cell(supports.into_iter().collect()), text("contribution"), text("results")];
        row(enabler, cells)
    });
    let rows = rows.collect();
    table("enablers", columns, rows)
}

fn risks<'a>(book: &'a Book<'_>) -> impl Iterator<Item = Block> + 'a {
    book.of_kind("risk").flat_map(|risk| {
        let mut blocks = titled(book, risk);
        for mitigation in book.under(risk, "mitigation") {
            let mut runs = book.called(mitigation, " ");
            if let Some(kind) = value_run(mitigation, "type") {
                runs.extend([said(" ("), kind, said(")")]);
            }
            blocks.push(Block::Paragraph(about(mitigation, "item", Style::Item, runs)));
        }
        blocks
    })
}

/// Elements of a kind with all they hold.
fn listing(book: &Book<'_>, kind: Kind, elements: Vec<&ElementView>) -> Table {
    let held: BTreeSet<&str> =
        elements.iter().flat_map(|element| element.fields.keys().map(String::as_str)).collect();
    // In the order of the table of kinds; what a source says of itself is not plan.
    let fields: Vec<&str> =
        kind.spec().fields.iter().map(|field| field.name).filter(|name| held.contains(name)).collect();
    let is_nested = elements.iter().any(|element| element.parent.is_some());
    let texts = elements.iter().any(|element| element.text.values().any(|texts| !texts.is_empty()));
    let mut columns = Vec::new();
    if is_nested {
        columns.push(column("Of", 22));
    }
    if texts {
        columns.push(column("What", 44));
    }
    columns.extend(fields.iter().map(|field| column(&sentence(field), 16)));
    let rows: Vec<Row> = elements
        .iter()
        .map(|element| {
            let mut cells = Vec::new();
            if is_nested {
                let parent = element.parent.as_ref().and_then(|parent| book.element(parent));
                let named = parent.map(|parent| about(element, "of", Style::Body, book.called(parent, " ")));
                cells.push(cell(named.into_iter().collect()));
            }
            if texts {
                let mut runs = book.called(element, " ");
                runs.extend(rest(book, element));
                cells.push(cell(vec![about(element, "what", Style::Body, runs)]));
            }
            for field in &fields {
                let run = match book.named_by(element, field) {
                    Some(named) => Some(Run { text: named_text(book, named), ..book.label(named) }),
                    None => value_run(element, field),
                };
                cells.push(cell(
                    run.map(|run| about(element, field, Style::Body, vec![run])).into_iter().collect(),
                ));
            }
            row(element, cells)
        })
        .collect();
    table(kind.name(), columns, rows)
}

fn named_text(book: &Book<'_>, element: &ElementView) -> String {
    let code = element.code.as_ref().map(|code| format!("{code} ")).unwrap_or_default();
    format!("{code}{}", element.label(book.lang))
}

/// A field's name as a heading.
fn sentence(name: &str) -> String {
    let words = name.replace('_', " ");
    words.get(..1).unwrap_or_default().to_uppercase() + words.get(1..).unwrap_or_default()
}

/// The heading over elements of a kind.
fn plural(kind: &str) -> String {
    match kind {
        "criterion" => "Criteria".to_owned(),
        "coordination" => "Coordination".to_owned(),
        "situation" => "Situational analysis".to_owned(),
        "activity" => "Activities".to_owned(),
        kind => format!("{}s", sentence(kind)),
    }
}
