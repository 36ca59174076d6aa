//! Tables as workbooks (ISO/IEC 29500, one sheet) and back.
//!
//! Texts are written as texts, never as formulas, so nothing needs an apostrophe.  Of a workbook that
//! comes back the first sheet counts, with values as they were last calculated; no DTD is processed, and
//! what is unpacked is bounded (`archive`).  The same table gives the same bytes.

mod parts;
mod read;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use plenary_limits::SHEET_CELL_CHARS_MAX;

use super::{Datum, Sheet};
use crate::exchange::archive::{ArchiveError, pack};
use crate::exchange::xml;

pub use read::read;

/// Why a table cannot be a workbook.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A text is longer than a cell of a workbook can be.
    #[error("a text of {id} has more than the {SHEET_CELL_CHARS_MAX} letters of a workbook's cell; take csv")]
    Cell {
        /// The element it is of.
        id: String,
    },
    /// The archive cannot be made.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
}

/// Writes the workbook.
///
/// # Errors
/// `WriteError`.
pub fn write(sheet: &Sheet) -> Result<Vec<u8>, WriteError> {
    for row in &sheet.rows {
        let is_long = |datum: &Datum| match datum {
            // As workbooks count: code units of UTF-16.
            Datum::Text(text) => text.encode_utf16().count() > SHEET_CELL_CHARS_MAX,
            Datum::Empty | Datum::Number(_) => false,
        };
        if row.iter().any(is_long) {
            return Err(WriteError::Cell { id: id_of(sheet, row) });
        }
    }
    let mut files = BTreeMap::new();
    files.insert("[Content_Types].xml".to_owned(), parts::CONTENT_TYPES.into());
    files.insert("_rels/.rels".to_owned(), parts::RELATIONS.into());
    files.insert("docProps/core.xml".to_owned(), parts::properties(sheet).into_bytes());
    files.insert("xl/_rels/workbook.xml.rels".to_owned(), parts::WORKBOOK_RELATIONS.into());
    files.insert("xl/styles.xml".to_owned(), parts::STYLES.into());
    files.insert("xl/workbook.xml".to_owned(), parts::workbook(sheet).into_bytes());
    files.insert("xl/worksheets/sheet1.xml".to_owned(), rows(sheet).into_bytes());
    Ok(pack(&files)?)
}

fn id_of(sheet: &Sheet, row: &[Datum]) -> String {
    let at = sheet.head.iter().position(|head| head.name == "id");
    match at.and_then(|at| row.get(at)) {
        Some(Datum::Text(id)) => id.clone(),
        _ => sheet.name.to_owned(),
    }
}

fn rows(sheet: &Sheet) -> String {
    let mut out = parts::SHEET_HEAD.to_owned();
    out.push_str("<cols>");
    for (at, head) in (1..).zip(&sheet.head) {
        // Writing to memory does not fail.
        _ = write!(out, "<col min=\"{at}\" max=\"{at}\" width=\"{}\" customWidth=\"1\"/>", head.width + 2);
    }
    out.push_str("</cols><sheetData>");
    _ = write!(out, "<row r=\"1\">");
    for (at, head) in sheet.head.iter().enumerate() {
        text(&mut out, &place(at, 1), parts::STYLE_HEAD, head.name);
    }
    out.push_str("</row>");
    for (line, row) in (2..).zip(&sheet.rows) {
        _ = write!(out, "<row r=\"{line}\">");
        for (at, datum) in row.iter().enumerate() {
            let place = place(at, line);
            match datum {
                Datum::Empty => {}
                Datum::Text(words) => text(&mut out, &place, parts::STYLE_TEXT, words),
                Datum::Number(number) => _ = write!(out, "<c r=\"{place}\"><v>{number}</v></c>"),
            }
        }
        out.push_str("</row>");
    }
    let last = place(sheet.head.len().saturating_sub(1), sheet.rows.len() + 1);
    _ = write!(out, "</sheetData><autoFilter ref=\"A1:{last}\"/></worksheet>");
    out
}

/// A text in its cell; letters that XML cannot hold are written as workbooks write them.
fn text(out: &mut String, place: &str, style: u32, words: &str) {
    _ = write!(out, "<c r=\"{place}\" s=\"{style}\" t=\"inlineStr\"><is><t xml:space=\"preserve\">");
    for (at, letter) in words.char_indices() {
        let is_escape = letter == '_' && read::escape(&words[at..]).is_some();
        let is_bare = letter.is_control() && letter != '\n' || matches!(letter, '\u{fffe}' | '\u{ffff}');
        match letter {
            letter if is_bare || is_escape => _ = write!(out, "_x{:04X}_", u32::from(letter)),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            letter => out.push(letter),
        }
    }
    out.push_str("</t></is></c>");
}

/// The name of a cell: A1, B1, …, AA1.
fn place(mut column: usize, line: usize) -> String {
    let mut letters = Vec::new();
    loop {
        letters.push(char::from(b'A' + (column % 26) as u8));
        if column < 26 {
            break;
        }
        column = column / 26 - 1;
    }
    let letters: String = letters.iter().rev().collect();
    format!("{letters}{line}")
}

/// A text in an attribute or element of the other parts.
fn escaped(text: &str) -> String {
    xml::escaped(text)
}
