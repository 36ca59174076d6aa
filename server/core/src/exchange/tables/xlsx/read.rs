//! The first sheet of a workbook, cell by cell, as spreadsheet programs write it.

use std::collections::BTreeMap;
use std::sync::Arc;

use plenary_limits::{SHEET_COLUMNS_MAX, SHEET_LINES_MAX};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::super::{Grid, GridError, Size, is_too_long};
use crate::exchange::archive::unpack;

const WORKBOOK: &str = "xl/workbook.xml";
const WORKBOOK_RELATIONS: &str = "xl/_rels/workbook.xml.rels";
const STRINGS: &str = "xl/sharedStrings.xml";
const SHEETS: &str = "xl/worksheets/";

/// Reads a workbook that comes back.
///
/// # Errors
/// `GridError`.
pub fn read(bytes: &[u8]) -> Result<Grid, GridError> {
    let wanted = |name: &str| {
        [WORKBOOK, WORKBOOK_RELATIONS, STRINGS].contains(&name)
            || name.strip_prefix(SHEETS).is_some_and(|rest| rest.ends_with(".xml") && !rest.contains('/'))
    };
    let parts = unpack(bytes, wanted)?;
    let part = |name: &str| -> Result<&str, GridError> {
        let bytes = parts.get(name).ok_or_else(|| broken(format!("{name} is missing")))?;
        std::str::from_utf8(bytes).map_err(|_| broken(format!("{name} is not UTF-8")))
    };
    let sheet = first_sheet(part(WORKBOOK)?, part(WORKBOOK_RELATIONS)?)?;
    let strings = if parts.contains_key(STRINGS) { strings(part(STRINGS)?)? } else { Vec::new() };
    rows(part(&sheet)?, &strings)
}

fn broken(reason: String) -> GridError {
    GridError::Workbook { reason }
}

/// The next event of a part; a document type is refused, whatever it says.
fn next<'x>(reader: &mut Reader<&'x [u8]>) -> Result<Event<'x>, GridError> {
    match reader.read_event() {
        Ok(Event::DocType(_)) => Err(broken("it has a document type, which no workbook needs".into())),
        Ok(event) => Ok(event),
        Err(error) => Err(broken(error.to_string())),
    }
}

fn attribute(start: &BytesStart<'_>, name: &str) -> Result<Option<String>, GridError> {
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| broken(error.to_string()))?;
        if attribute.key.as_ref() == name {
            let value =
                quick_xml::escape::unescape(&attribute.value).map_err(|error| broken(error.to_string()))?;
            return Ok(Some(value.into_owned()));
        }
    }
    Ok(None)
}

/// The part that holds the sheet which the workbook names first.
fn first_sheet(workbook: &str, relations: &str) -> Result<String, GridError> {
    let mut id = None;
    let mut reader = Reader::from_str(workbook);
    while id.is_none() {
        match next(&mut reader)? {
            Event::Start(start) | Event::Empty(start) if start.local_name().as_ref() == "sheet" => {
                let found = attribute(&start, "r:id")?;
                id = Some(found.ok_or_else(|| broken("its first sheet has no address".into()))?);
            }
            Event::Eof => return Err(broken("it has no sheet".into())),
            _ => {}
        }
    }
    let mut targets = BTreeMap::new();
    let mut reader = Reader::from_str(relations);
    loop {
        match next(&mut reader)? {
            Event::Start(start) | Event::Empty(start) if start.local_name().as_ref() == "Relationship" => {
                if let (Some(id), Some(target)) = (attribute(&start, "Id")?, attribute(&start, "Target")?) {
                    targets.insert(id, target);
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    let target = id.and_then(|id| targets.remove(&id));
    let target = target.ok_or_else(|| broken("its first sheet is nowhere".into()))?;
    // The name is looked up among the parts that were taken out; it is no path.
    Ok(match target.strip_prefix('/') {
        Some(absolute) => absolute.to_owned(),
        None => format!("xl/{target}"),
    })
}

/// The texts that cells share, within limits.
fn strings(part: &str) -> Result<Vec<Arc<str>>, GridError> {
    let mut reader = Reader::from_str(part);
    let (mut strings, mut size) = (Vec::new(), Size::default());
    loop {
        let text = match next(&mut reader)? {
            Event::Start(start) if start.local_name().as_ref() == "si" => words(&mut reader, "si")?,
            Event::Empty(start) if start.local_name().as_ref() == "si" => String::new(),
            Event::Eof => return Ok(strings),
            _ => continue,
        };
        if is_too_long(&text) {
            return Err(GridError::Shared);
        }
        size.add(&text)?;
        strings.push(text.into());
    }
}

/// All `t` up to the end of an element; how a word is pronounced is left out.
fn words(reader: &mut Reader<&[u8]>, end: &str) -> Result<String, GridError> {
    let (mut out, mut in_text, mut in_phonetic) = (String::new(), false, false);
    loop {
        match next(reader)? {
            Event::Start(start) => match start.local_name().as_ref() {
                "t" => in_text = !in_phonetic,
                "rPh" => in_phonetic = true,
                _ => {}
            },
            Event::End(tag) => match tag.local_name().as_ref() {
                "t" => in_text = false,
                "rPh" => in_phonetic = false,
                name if name == end => return Ok(unescaped(&out).replace("\r\n", "\n")),
                _ => {}
            },
            Event::Eof => return Err(broken("a text does not end".into())),
            event if in_text => add(&event, &mut out)?,
            _ => {}
        }
    }
}

/// Adds the letters that an event stands for.
fn add(event: &Event<'_>, out: &mut String) -> Result<(), GridError> {
    match event {
        Event::Text(text) => out.push_str(text),
        Event::CData(text) => out.push_str(text),
        Event::GeneralRef(name) => {
            let whole = format!("&{};", &**name);
            let letter = quick_xml::escape::unescape(&whole).map_err(|error| broken(error.to_string()))?;
            out.push_str(&letter);
        }
        _ => {}
    }
    Ok(())
}

/// The letter that a workbook's escape at the start of a text stands for, as in `_x000D_`.
pub(super) fn escape(text: &str) -> Option<char> {
    let digits = text.strip_prefix("_x")?.get(..4).filter(|_| text.as_bytes().get(6) == Some(&b'_'))?;
    let all_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    all_hex.then(|| u32::from_str_radix(digits, 16).ok().and_then(char::from_u32))?
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("_x") {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        match escape(rest) {
            Some(letter) => {
                out.push(letter);
                rest = &rest[7..];
            }
            None => {
                out.push_str("_x");
                rest = &rest[2..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// How the value of a cell is told.
#[derive(Clone, Copy, PartialEq)]
enum Sort {
    Shared,
    Inline,
    Bool,
    Error,
    Plain,
}

fn rows(part: &str, strings: &[Arc<str>]) -> Result<Grid, GridError> {
    let mut reader = Reader::from_str(part);
    let (mut grid, none): (Grid, Arc<str>) = (Grid::default(), "".into());
    // The column after the last cell, for one that does not say where it stands.
    let (mut line, mut cells, mut column): (usize, Vec<Arc<str>>, usize) = (0, Vec::new(), 0);
    loop {
        match next(&mut reader)? {
            Event::Start(start) | Event::Empty(start) if start.local_name().as_ref() == "row" => {
                line = numbered(&start, line)?;
                cells.clear();
                column = 0;
            }
            Event::Start(start) if start.local_name().as_ref() == "c" => {
                let at = placed(&start, column)?;
                if at >= SHEET_COLUMNS_MAX {
                    return Err(GridError::Columns { line });
                }
                let value = cell(&mut reader, sort(&start)?, strings, line)?;
                if cells.len() <= at {
                    cells.resize(at + 1, none.clone());
                }
                cells[at] = value;
                column = at + 1;
            }
            // It has a look and no value.
            Event::Empty(start) if start.local_name().as_ref() == "c" => {
                column = placed(&start, column)? + 1;
            }
            Event::End(tag) if tag.local_name().as_ref() == "row" => {
                grid.push(line, &cells)?;
                cells.clear();
            }
            Event::End(tag) if tag.local_name().as_ref() == "sheetData" => return Ok(grid),
            Event::Eof => return Ok(grid),
            _ => {}
        }
    }
}

/// The number of a row: what it says, or the one after the row before.
fn numbered(start: &BytesStart<'_>, before: usize) -> Result<usize, GridError> {
    let said = attribute(start, "r")?;
    let number = said.as_deref().map_or(Some(before + 1), |said| said.parse().ok());
    number.filter(|number| (1..=SHEET_LINES_MAX).contains(number)).ok_or_else(|| {
        let said = said.map_or_else(|| "after its last".to_owned(), |said| format!("{:?}", begins(&said)));
        broken(format!("its rows have numbers from 1 to {SHEET_LINES_MAX}, and one is {said}"))
    })
}

/// The column of a cell, from 0: where it says it stands, or the next one.
fn placed(start: &BytesStart<'_>, next: usize) -> Result<usize, GridError> {
    match attribute(start, "r")? {
        Some(place) => column(&place).ok_or_else(|| broken(format!("{:?} is no cell", begins(&place)))),
        None => Ok(next),
    }
}

/// So much of what a file says as a message needs.
fn begins(said: &str) -> String {
    said.chars().take(24).collect()
}

fn sort(start: &BytesStart<'_>) -> Result<Sort, GridError> {
    Ok(match attribute(start, "t")?.as_deref() {
        Some("s") => Sort::Shared,
        Some("inlineStr") => Sort::Inline,
        Some("b") => Sort::Bool,
        Some("e") => Sort::Error,
        _ => Sort::Plain,
    })
}

fn cell(
    reader: &mut Reader<&[u8]>,
    sort: Sort,
    strings: &[Arc<str>],
    line: usize,
) -> Result<Arc<str>, GridError> {
    let (mut value, mut in_value) = (String::new(), false);
    loop {
        match next(reader)? {
            Event::Start(start) => match start.local_name().as_ref() {
                "v" => in_value = true,
                "is" if sort == Sort::Inline => value = words(reader, "is")?,
                _ => {}
            },
            Event::End(tag) => match tag.local_name().as_ref() {
                "v" => in_value = false,
                "c" => break,
                _ => {}
            },
            Event::Eof => return Err(broken("a cell does not end".into())),
            event if in_value => add(&event, &mut value)?,
            _ => {}
        }
    }
    match sort {
        Sort::Shared => {
            let text = value.trim().parse::<usize>().ok().and_then(|at| strings.get(at));
            text.cloned()
                .ok_or_else(|| broken(format!("a cell in line {line} names a text that is not there")))
        }
        Sort::Bool => Ok(if value.trim() == "1" { "TRUE" } else { "FALSE" }.into()),
        Sort::Error => Err(broken(format!("a cell in line {line} holds the error {}", begins(&value)))),
        Sort::Inline => Ok(value.into()),
        Sort::Plain => Ok(unescaped(&value).into()),
    }
}

/// The column of a cell's name, from 0.
fn column(place: &str) -> Option<usize> {
    let letters = place.trim_end_matches(|digit: char| digit.is_ascii_digit());
    let good = !letters.is_empty()
        && letters.len() <= 3
        && letters.bytes().all(|letter| letter.is_ascii_uppercase());
    good.then(|| letters.bytes().fold(0, |sum, letter| sum * 26 + usize::from(letter - b'A') + 1) - 1)
}
