//! The information document to a draft: who was consulted, how guidance was addressed, what targets come
//! from.  Its two tables have the rows, columns and words that the Secretariat prints.

use plenary_protocol::plan::{ElementView, Value};

use super::book::{
    Book, about, cell, column, ditto, heading, paragraph, plan_run, row, said, table, value_run,
};
use super::{Block, Document, Paragraph, Run, Style, Table, tables};

/// Makes it.
pub(super) fn compose(book: &Book<'_>) -> Document {
    let mut blocks = vec![
        Block::Paragraph(paragraph("title", Style::Title, vec![plan_run("title", &book.view.title)])),
        heading(1, "Consultations with the membership"),
    ];
    blocks.extend(statements(book, "consultation"));
    blocks.push(heading(1, "Internal coordination within the Secretariat"));
    blocks.extend(statements(book, "coordination"));
    blocks
        .push(heading(1, "Principles and guidelines followed in the development of the Secretariat’s input"));
    blocks.push(Block::Table(tables::guidance(
        book,
        "CWG-SFP Guidance",
        "How guidance was addressed in the Secretariat’s input",
    )));
    blocks.push(heading(1, "Strategic Goals and Targets"));
    blocks.push(Block::Table(targets(book)));
    blocks.extend(others(book));
    Document {
        title: book.view.title.clone(),
        lang: book.lang.to_owned(),
        foot: super::plan::foot(book),
        blocks,
    }
}

fn statements<'a>(book: &'a Book<'_>, kind: &'a str) -> impl Iterator<Item = Block> + 'a {
    book.of_kind(kind).map(|element| {
        let words = book.run(element, &["statement", "title"]).into_iter().collect();
        Block::Paragraph(about(element, "statement", Style::Item, words))
    })
}

/// Targets with their indicators and the former targets they come from.
fn targets(book: &Book<'_>) -> Table {
    let columns = vec![
        column("Goals", 15),
        column("Suggested Targets", 22),
        column("Suggested Target indicators", 27),
        column("Mapping with the 2023 Targets", 36),
    ];
    let mut rows = Vec::new();
    for goal in book.of_kind("goal") {
        let name = about(goal, "name", Style::Body, vec![book.label(goal)]);
        let mut name = Some(cell(vec![name]));
        for target in book.under(goal, "target") {
            let indicators = book.under(target, "indicator");
            let indicators = indicators
                .map(|one| about(one, "name", Style::Item, tables::indicator_name(book, one)))
                .collect();
            let title = about(target, "name", Style::Body, book.called(target, ": "));
            rows.push(row(
                target,
                vec![
                    name.take().unwrap_or_else(ditto),
                    cell(vec![title]),
                    cell(indicators),
                    cell(predecessors(book, target)),
                ],
            ));
        }
    }
    table("information-targets", columns, rows)
}

/// The former targets that live on in one, or why there are none.
fn predecessors(book: &Book<'_>, target: &ElementView) -> Vec<Paragraph> {
    let dispositions = book.linking("becomes", target);
    let mut lines: Vec<Paragraph> = dispositions
        .iter()
        .copied()
        .map(|disposition| about(disposition, "former", Style::Body, tables::former(book, disposition)))
        .collect();
    let without = book.run(target, &["without_predecessor"]).filter(|_| lines.is_empty());
    lines.extend(without.map(|run| about(target, "without", Style::Body, vec![run])));
    lines
}

/// Former targets that live on in no target: moved ones as a list, dropped ones in the words of the
/// source, or each with its reason where there are none.
fn others(book: &Book<'_>) -> Vec<Block> {
    let mut blocks = Vec::new();
    let is = |disposition: &ElementView, of: &[&str]| matches!(disposition.fields.get("type"), Some(Value::Text(is)) if of.contains(&is.as_str()));
    let mut said_so: Vec<String> = Vec::new();
    let mut once = |disposition: &ElementView, part: &str| {
        let words = value_run(disposition, "as_printed").filter(|run| !said_so.contains(&run.text))?;
        said_so.push(words.text.clone());
        Some(Block::Paragraph(about(disposition, part, Style::Body, vec![words])))
    };
    for disposition in book.of_kind("disposition") {
        if is(disposition, &["moved_to_outcome", "moved_to_priority", "moved_to_enabler"])
            && is_target(book, disposition)
        {
            blocks.extend(once(disposition, "lead_in"));
            let runs: Vec<Run> = tables::former(book, disposition);
            blocks.push(Block::Paragraph(about(disposition, "former", Style::Item, runs)));
        }
    }
    for disposition in book.of_kind("disposition") {
        if !is(disposition, &["dropped"]) || !is_target(book, disposition) {
            continue;
        }
        if value_run(disposition, "as_printed").is_some() {
            blocks.extend(once(disposition, "dropped"));
        } else {
            let mut runs = tables::former(book, disposition);
            runs.push(said(" (dropped"));
            let why = book.run(disposition, &["rationale"]);
            runs.extend(why.into_iter().flat_map(|why| [said(": "), why]));
            runs.push(said(")"));
            blocks.push(Block::Paragraph(about(disposition, "former", Style::Item, runs)));
        }
    }
    if blocks.is_empty() {
        blocks.push(Block::Paragraph(paragraph("end", Style::Body, vec![said("")])));
    }
    blocks
}

/// Whether what a disposition is of is a target, as far as the plan before is known.
fn is_target(book: &Book<'_>, disposition: &ElementView) -> bool {
    let Some(Value::Reference(of)) = disposition.fields.get("former") else { return false };
    book.former(of).is_none_or(|former| former.kind.name() == "target")
}
