//! Documents: the information document cell by cell, what two points laid over each other read as, and
//! that nothing people wrote runs.

mod told;

use std::collections::BTreeSet;

use plenary_protocol::Seq;
use plenary_protocol::plan::codes::arrange;
use plenary_protocol::plan::{PlanView, file};
use proptest::prelude::*;
use serde_json::Value as Json;

use super::*;
use crate::blame::Window;
use crate::exchange::past_tests::EVIL;

const ADOPTED: &str = include_str!("../../../plans/itu-sp-2020-2023.json");
const DRAFT: &str = include_str!("../../../plans/itu-sp-2024-2027-draft.json");
/// The information document's tables and lists, as printed.
const PRINTED: &str = include_str!("../../../plans/source/information-document-2024-2027.json");

pub(super) fn adopted() -> PlanView {
    file::read(ADOPTED.as_bytes()).unwrap()
}

pub(super) fn draft() -> PlanView {
    file::read(DRAFT.as_bytes()).unwrap()
}

fn information(view: &PlanView) -> Document {
    Document::of(view, Some(&adopted()), Print::Information)
}

/// Folds what print and data are free to write otherwise: white space, quotation marks, dashes, bullets.
fn folded(text: &str) -> String {
    let lines = text.lines().map(|line| line.trim().trim_start_matches(['·', '•', '-', '–']));
    let text = lines.collect::<Vec<_>>().join(" ");
    let letters = text.chars().map(|letter| match letter {
        '‘' | '’' | '“' | '”' | '"' => '\'',
        '–' | '—' | '‑' => '-',
        letter => letter,
    });
    let text: String = letters.collect();
    // The print has a space after some slashes, where a line would otherwise not break.
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace("/ ", "/")
}

fn cell_text(cell: &Cell) -> String {
    cell.paragraphs.iter().map(Paragraph::text).collect::<Vec<_>>().join("\n")
}

/// The cells of a table, its head included.
fn cells(table: &Table) -> Vec<Vec<String>> {
    let head = table.columns.iter().map(|column| column.title.clone()).collect();
    let rows = table.rows.iter().map(|row| row.cells.iter().map(cell_text).collect());
    [head].into_iter().chain(rows).collect()
}

fn printed_cells(of: &str) -> Vec<Vec<String>> {
    let printed: Json = serde_json::from_str(PRINTED).unwrap();
    serde_json::from_value(printed[of].clone()).unwrap()
}

fn differences(printed: &[Vec<String>], made: &[Vec<String>]) -> Vec<(String, String)> {
    assert_eq!(printed.len(), made.len(), "rows");
    let rows = printed.iter().zip(made);
    let pairs = rows.flat_map(|(printed, made)| {
        assert_eq!(printed.len(), made.len(), "cells of {printed:?}");
        printed.iter().zip(made)
    });
    pairs.map(|(a, b)| (folded(a), folded(b))).filter(|(a, b)| a != b).collect()
}

fn items(document: &Document) -> Vec<String> {
    let items = document.blocks.iter().filter_map(|block| match block {
        Block::Paragraph(one) if matches!(one.style, Style::Item | Style::Body) => Some(folded(&one.text())),
        _ => None,
    });
    items.collect()
}

#[test]
fn the_information_document_is_printed_cell_by_cell() {
    let document = information(&draft());
    let tables: Vec<Vec<Vec<String>>> = document.tables().map(cells).collect();
    let [guidance, targets] = tables.as_slice() else { panic!("two tables") };
    assert_eq!((guidance.len(), targets.len()), (11, 11), "ten rows and a head");
    assert_eq!(differences(&printed_cells("guidance"), guidance), []);
    assert_eq!(differences(&printed_cells("targets"), targets), []);
    let printed: Json = serde_json::from_str(PRINTED).unwrap();
    let list = |of: &str| -> Vec<String> {
        printed[of].as_array().unwrap().iter().map(|line| folded(line.as_str().unwrap())).collect()
    };
    let one = |of: &str| vec![folded(printed[of].as_str().unwrap())];
    let expected =
        [list("consultations"), list("coordination"), one("moved_lead_in"), list("moved"), one("dropped")];
    assert_eq!(items(&document), expected.concat());
}

/// What stands between tags of a name, as a reader of XML or HTML would find it.
fn parts<'a>(text: &'a str, tag: &str) -> Vec<&'a str> {
    let close = format!("</{tag}>");
    let open = [format!("<{tag}>"), format!("<{tag} ")];
    let starts =
        text.match_indices('<').filter(|(at, _)| open.iter().any(|open| text[*at..].starts_with(open)));
    let inside = starts.map(|(at, _)| &text[at..][text[at..].find('>').unwrap() + 1..]);
    inside.map(|rest| &rest[..rest.find(&close).unwrap()]).collect()
}

/// The letters of a piece of XML or HTML; paragraphs end in a line feed.
fn letters(text: &str) -> String {
    let mut out = String::new();
    for piece in text
        .split('<')
        .enumerate()
        .map(|(at, piece)| if at == 0 { ("", piece) } else { piece.split_once('>').unwrap() })
    {
        if ["/p", "/li", "/w:p"].contains(&piece.0) {
            out.push('\n');
        }
        out.push_str(piece.1);
    }
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    entities.iter().fold(out, |out, (entity, letter)| out.replace(entity, letter))
}

fn read_tables(text: &str, [table, row, cells]: [&str; 3]) -> Vec<Vec<Vec<String>>> {
    let of_row = |row: &str| -> Vec<String> {
        let head = if cells == "td" { parts(row, "th") } else { Vec::new() };
        head.into_iter().chain(parts(row, cells)).map(letters).collect()
    };
    parts(text, table).into_iter().map(|one| parts(one, row).into_iter().map(of_row).collect()).collect()
}

#[test]
fn html_and_word_print_the_same_cells() {
    let document = information(&draft());
    let page = html::write(&document, &Hands::new());
    let word = docx::write(&document, &Hands::new()).unwrap();
    let word = crate::exchange::archive::unpack(&word, |name| name == "word/document.xml").unwrap();
    let word = String::from_utf8(word["word/document.xml"].clone()).unwrap();
    let read = [read_tables(&page, ["table", "tr", "td"]), read_tables(&word, ["w:tbl", "w:tr", "w:tc"])];
    for tables in read {
        let [guidance, targets] = tables.as_slice() else { panic!("two tables") };
        assert_eq!(differences(&printed_cells("guidance"), guidance), []);
        assert_eq!(differences(&printed_cells("targets"), targets), []);
    }
}

#[test]
fn an_edited_element_changes_its_cell() {
    let mut view = draft();
    let before = information(&view);
    let edits = [
        ("guidance_response", "7.R1", "statement", 0, 7, 1),
        ("indicator", "2.7.i1", "statement", 1, 10, 2),
        ("target", "1.2", "title", 1, 2, 1),
    ];
    for (kind, code, text, table, row, column) in edits {
        let found = view.elements.iter_mut();
        let mut found = found.filter(|e| e.kind.name() == kind && e.code.as_deref() == Some(code));
        let element = found.next().unwrap();
        let texts = element.text.get_mut("en").unwrap();
        texts.insert(text.to_owned(), format!("edited {code}"));
        let after = information(&view);
        let [old, new] = [&before, &after].map(|one| cells(one.tables().nth(table).unwrap()));
        assert!(new[row][column].contains(&format!("edited {code}")), "{}", new[row][column]);
        assert_ne!(old[row][column], new[row][column]);
    }
}

#[test]
fn a_reader_without_the_former_plan_sees_what_this_one_quotes() {
    let document = Document::of(&draft(), None, Print::Information);
    let targets = cells(document.tables().nth(1).unwrap());
    assert!(targets[1][3].contains("96% of the world population"), "{}", targets[1][3]);
    assert!(!targets[1][3].contains("2.7"), "its codes are the former plan's: {}", targets[1][3]);
}

#[test]
fn the_whole_plan_is_printed() {
    let document = Document::of(&adopted(), None, Print::Plan);
    let page = html::write(&document, &Hands::new());
    let process = ["comment", "proposal", "bracket"];
    for element in adopted().elements.iter().filter(|e| !process.contains(&e.kind.name())) {
        for (name, text) in element.text.get("en").into_iter().flatten() {
            let mut escaped = String::new();
            text.split('\n').for_each(|line| {
                escaped.clear();
                crate::exchange::report::html::put(&mut escaped, line);
                assert!(page.contains(&escaped), "{name} of {} ({})", element.id, element.kind);
            });
        }
    }
    let total = document.tables().find(|table| table.key.starts_with("allocations/")).unwrap();
    let last: Vec<String> = total.rows.last().unwrap().cells.iter().map(cell_text).collect();
    assert_eq!(last[1], "660,251");
}

/// What a document reads as at one of the points, line by line; empty lines and rows are none.
pub(super) fn lines(document: &Document, later: bool) -> Vec<String> {
    let stands = |mark: Mark| match mark {
        Mark::Kept => true,
        Mark::Inserted(_) => later,
        Mark::Deleted(_) => !later,
    };
    let read = |paragraphs: &[Paragraph]| {
        let (mut lines, mut line) = (Vec::new(), String::new());
        for (at, one) in paragraphs.iter().enumerate() {
            let runs = one.runs.iter().filter(|run| stands(run.mark));
            runs.for_each(|run| line.push_str(&run.text));
            if stands(one.end) || at + 1 == paragraphs.len() {
                lines.push(std::mem::take(&mut line));
            }
        }
        lines.retain(|line| !line.is_empty());
        lines
    };
    let mut out = Vec::new();
    let mut together: Vec<Paragraph> = Vec::new();
    for block in &document.blocks {
        match block {
            Block::Paragraph(one) => together.push(one.clone()),
            Block::Table(table) => {
                out.extend(read(&std::mem::take(&mut together)));
                for row in table.rows.iter().filter(|row| stands(row.mark)) {
                    let cells: Vec<String> =
                        row.cells.iter().map(|cell| read(&cell.paragraphs).join("\n")).collect();
                    out.push(cells.join("\t"));
                }
            }
        }
    }
    out.extend(read(&together));
    out
}

/// An edit of a plan, as the properties below make them.
#[derive(Debug, Clone)]
enum Edit {
    Reword(usize, String),
    Remove(usize),
    Swap(usize, usize),
    Unlink(usize),
}

fn any_edit() -> impl Strategy<Value = Edit> {
    let words =
        prop::collection::vec(prop::sample::select(vec!["all", "some", "Internet", "2030", ","]), 0..6);
    let words = words.prop_map(|words| words.join(" "));
    prop_oneof![
        3 => (any::<usize>(), words).prop_map(|(at, words)| Edit::Reword(at, words)),
        2 => any::<usize>().prop_map(Edit::Remove),
        1 => (any::<usize>(), any::<usize>()).prop_map(|(a, b)| Edit::Swap(a, b)),
        1 => any::<usize>().prop_map(Edit::Unlink),
    ]
}

fn edited(view: &PlanView, edits: &[Edit]) -> PlanView {
    let mut view = view.clone();
    let count = view.elements.len();
    for edit in edits {
        match edit {
            Edit::Reword(at, words) => {
                let texts = view.elements[at % count].text.entry("en".to_owned()).or_default();
                let name = texts.keys().next().cloned();
                if let Some(name) = name {
                    texts.insert(name, words.clone());
                }
            }
            Edit::Remove(at) => view.elements[at % count].removed = true,
            Edit::Swap(a, b) => {
                let (a, b) = (a % count, b % count);
                let (one, other) = (view.elements[a].order.clone(), view.elements[b].order.clone());
                view.elements[a].order = other;
                view.elements[b].order = one;
            }
            Edit::Unlink(at) => {
                let count = view.links.len();
                view.links[at % count].removed = true;
            }
        }
    }
    view.elements = arrange(view.elements);
    view
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn laid_over_each_other_two_points_read_as_each(
        first in prop::collection::vec(any_edit(), 0..6),
        second in prop::collection::vec(any_edit(), 0..12),
        print in prop::sample::select(Print::ALL.to_vec()),
    ) {
        let adopted = adopted();
        let before = edited(&draft(), &first);
        let after = edited(&before, &second);
        let [before, after] = [&before, &after].map(|view| Document::of(view, Some(&adopted), print));
        let (merged, _) = merge(&before, &after, &Window::default());
        let filled = |document: &Document, later| -> Vec<String> {
            lines(document, later).into_iter().filter(|line| !line.trim().is_empty()).collect()
        };
        prop_assert_eq!(filled(&merged, false), filled(&before, false));
        prop_assert_eq!(filled(&merged, true), filled(&after, true));
    }

    #[test]
    fn nothing_that_people_wrote_runs_or_hides(evil in prop::sample::select(EVIL.to_vec()), at in any::<usize>()) {
        let mut view = draft();
        evil.clone_into(&mut view.title);
        for element in &mut view.elements {
            for text in element.text.values_mut().flat_map(|texts| texts.values_mut()) {
                evil.clone_into(text);
            }
        }
        view.plan.insert("title".into(), plenary_protocol::plan::Value::Text(evil.into()));
        view.plan.insert("language".into(), plenary_protocol::plan::Value::Text(evil.into()));
        let print = Print::ALL[at % 2];
        let before = Document::of(&draft(), Some(&adopted()), print);
        let (merged, mut hands) = merge(&before, &Document::of(&view, None, print), &Window::default());
        let hand = Hand { name: evil.to_owned(), bureau: plenary_protocol::Bureau::BR, at: evil.to_owned() };
        hands.insert(Seq::ZERO, hand);
        let page = html::write(&merged, &hands);
        expect_tame(&page)?;
    }
}

/// Makes sure that a page has no tag and no attribute but those that documents have, and nothing hidden.
fn expect_tame(page: &str) -> Result<(), TestCaseError> {
    const TAGS: [&str; 31] = [
        "!DOCTYPE", "html", "meta", "title", "style", "main", "h1", "h2", "h3", "h4", "p", "ul", "li",
        "table", "colgroup", "col", "thead", "tbody", "tr", "th", "td", "ins", "del", "b", "i", "br", "bdi",
        "footer", "small", "header", "section",
    ];
    const ATTRIBUTES: [&str; 12] = [
        "html",
        "lang",
        "dir",
        "charset",
        "http-equiv",
        "content",
        "name",
        "class",
        "scope",
        "style",
        "title",
        "",
    ];
    let mut seen = BTreeSet::new();
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        let (tag, after) = rest[at + 1..].split_once('>').unwrap();
        let mut words = tag.trim_start_matches('/').splitn(2, ' ');
        let name = words.next().unwrap();
        prop_assert!(TAGS.contains(&name), "<{tag}>");
        for part in words.next().unwrap_or_default().split('"').step_by(2) {
            let part = part.trim().trim_end_matches('=');
            prop_assert!(ATTRIBUTES.contains(&part), "<{tag}>");
        }
        seen.insert(name.to_owned());
        rest = after;
    }
    prop_assert!(seen.contains("table"));
    let hidden = |letter: &char| letter.is_control() && *letter != '\n';
    prop_assert_eq!(page.chars().find(hidden), None);
    let steering = |letter: &char| matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    prop_assert_eq!(page.chars().find(steering), None);
    Ok(())
}

#[test]
fn marks_name_the_entry_that_did_it() {
    let before = draft();
    let mut after = before.clone();
    after.elements.iter_mut().find(|e| e.kind.name() == "target").unwrap().removed = true;
    after.elements = arrange(after.elements);
    let [old, new] = [&before, &after].map(|view| Document::of(view, None, Print::Plan));
    let (merged, hands) = merge(&old, &new, &Window::default());
    assert!(hands.is_empty(), "no entry is known");
    let gone = |table: &&Table| table.rows.iter().any(|row| matches!(row.mark, Mark::Deleted(_)));
    assert!(merged.tables().any(|table| gone(&table)));
}
