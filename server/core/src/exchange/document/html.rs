//! A document as one HTML page: no script, no address, styles within, made for screen and paper.
//!
//! Everything that people wrote is escaped, and what hides in it is shown.  Marks of a merged document
//! are `ins` and `del`, each with who and when.

use std::fmt::Write as _;

use super::seen::seen;
use super::{Block, Cell, Document, Hands, Mark, Paragraph, Style, Table};
use crate::exchange::report::html::{put, put_judged};

const STYLE: &str = include_str!("style.css");

/// Writes the page; `hands` made the entries that marks name, none in a document without marks.
pub fn write(document: &Document, hands: &Hands) -> String {
    let mut page = String::from("<!DOCTYPE html>\n<html lang=\"");
    put(&mut page, &document.lang);
    let direction = if is_right_to_left(&document.lang) { "rtl" } else { "ltr" };
    _ = write!(page, "\" dir=\"{direction}\">\n<meta charset=\"utf-8\">\n");
    page.push_str("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n");
    page.push_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
    put(&mut page, &document.title.replace('\n', " "));
    _ = write!(page, "</title>\n<style>\n{STYLE}</style>\n<main>\n");
    let mut in_list = false;
    for block in &document.blocks {
        let is_item = matches!(block, Block::Paragraph(one) if one.style == Style::Item);
        if is_item != in_list {
            page.push_str(if is_item { "<ul>\n" } else { "</ul>\n" });
            in_list = is_item;
        }
        match block {
            Block::Paragraph(one) => paragraph(&mut page, one, hands),
            Block::Table(one) => table(&mut page, one, hands),
        }
    }
    if in_list {
        page.push_str("</ul>\n");
    }
    page.push_str("<footer>");
    put(&mut page, &document.foot);
    page.push_str("</footer>\n</main>\n</html>\n");
    page
}

/// Whether a language is written from right to left, by its primary subtag.
pub(super) fn is_right_to_left(lang: &str) -> bool {
    let primary = lang.split('-').next().unwrap_or_default().to_ascii_lowercase();
    ["ar", "fa", "he", "ps", "sd", "ug", "ur", "yi"].contains(&primary.as_str())
}

fn paragraph(page: &mut String, one: &Paragraph, hands: &Hands) {
    let (open, close) = match one.style {
        Style::Title => ("<h1>", "</h1>"),
        Style::Heading(1) => ("<h2>", "</h2>"),
        Style::Heading(2) => ("<h3>", "</h3>"),
        Style::Heading(_) => ("<h4>", "</h4>"),
        Style::Body => ("<p>", "</p>"),
        Style::Item => ("<li>", "</li>"),
        Style::Note => ("<p class=\"note\">", "</p>"),
    };
    page.push_str(open);
    runs(page, one, hands);
    page.push_str(close);
    page.push('\n');
}

fn runs(page: &mut String, one: &Paragraph, hands: &Hands) {
    for (run, letters) in one.runs.iter().zip(seen(&one.runs)) {
        let tag = match run.mark {
            Mark::Kept => None,
            Mark::Inserted(seq) => Some(("ins", seq)),
            Mark::Deleted(seq) => Some(("del", seq)),
        };
        if let Some((tag, seq)) = tag {
            _ = write!(page, "<{tag}");
            if let Some(hand) = hands.get(&seq) {
                page.push_str(" title=\"");
                put(page, &format!("{} ({}), entry {seq}, {}", hand.name, hand.bureau, hand.at));
                page.push('"');
            }
            page.push('>');
        }
        if run.strong {
            page.push_str("<b>");
        }
        // What a field shows is read in a direction of its own.
        let is_shown = run.slot.is_some();
        if is_shown {
            page.push_str("<bdi>");
        }
        for (at, line) in letters.split(|(letter, _)| *letter == '\n').enumerate() {
            if at > 0 {
                page.push_str("<br>");
            }
            put_judged(page, line.iter().copied());
        }
        if is_shown {
            page.push_str("</bdi>");
        }
        if run.strong {
            page.push_str("</b>");
        }
        if let Some((tag, _)) = tag {
            _ = write!(page, "</{tag}>");
        }
    }
}

fn table(page: &mut String, one: &Table, hands: &Hands) {
    page.push_str("<table>\n<colgroup>");
    let all: u32 = one.columns.iter().map(|column| column.width).sum::<u32>().max(1);
    for column in &one.columns {
        _ = write!(page, "<col style=\"width:{}%\">", column.width * 100 / all);
    }
    page.push_str("</colgroup>\n<thead><tr>");
    for column in &one.columns {
        page.push_str(if column.is_numeric {
            "<th scope=\"col\" class=\"n\">"
        } else {
            "<th scope=\"col\">"
        });
        put(page, &column.title);
        page.push_str("</th>");
    }
    page.push_str("</tr></thead>\n<tbody>\n");
    for row in &one.rows {
        page.push_str(match row.mark {
            Mark::Kept => "<tr>",
            Mark::Inserted(_) => "<tr class=\"came\">",
            Mark::Deleted(_) => "<tr class=\"gone\">",
        });
        for (column, one) in one.columns.iter().zip(&row.cells) {
            let class = match (column.is_numeric, one.goes_on) {
                (true, _) => " class=\"n\"",
                (false, true) => " class=\"on\"",
                (false, false) => "",
            };
            _ = write!(page, "<td{class}>");
            cell(page, one, hands);
            page.push_str("</td>");
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</tbody></table>\n");
}

fn cell(page: &mut String, one: &Cell, hands: &Hands) {
    let mut in_list = false;
    for line in &one.paragraphs {
        let is_item = line.style == Style::Item;
        if is_item != in_list {
            page.push_str(if is_item { "<ul>" } else { "</ul>" });
            in_list = is_item;
        }
        let (open, close) = match line.style {
            Style::Item => ("<li>", "</li>"),
            Style::Note => ("<p class=\"note\">", "</p>"),
            _ => ("<p>", "</p>"),
        };
        page.push_str(open);
        runs(page, line, hands);
        page.push_str(close);
    }
    if in_list {
        page.push_str("</ul>");
    }
}
