//! Tables as CSV (RFC 4180, UTF-8 with a byte order mark), safe to open in a spreadsheet, and back.
//!
//! A cell that a spreadsheet could take for a formula gets an apostrophe before it; what comes back
//! loses that one again.  A file that comes back may be parted by semicolons or tabs too, as
//! spreadsheets of some countries write it.

use csv::{QuoteStyle, ReaderBuilder, Terminator, WriterBuilder};

use super::{Datum, Grid, GridError, Sheet};
use crate::exchange::formula::{BYTE_ORDER_MARK, plain, safe};

/// Writes the file.
pub fn write(sheet: &Sheet) -> Vec<u8> {
    let mut out = BYTE_ORDER_MARK.to_vec();
    let mut writer = WriterBuilder::new()
        .quote_style(QuoteStyle::Always)
        .terminator(Terminator::CRLF)
        .from_writer(&mut out);
    // Writing to memory does not fail.
    _ = writer.write_record(sheet.head.iter().map(|head| head.name));
    for row in &sheet.rows {
        _ = writer.write_record(row.iter().map(|datum| match datum {
            Datum::Empty => String::new(),
            Datum::Text(text) => safe(text),
            Datum::Number(number) => safe(&number.to_string()),
        }));
    }
    _ = writer.flush();
    drop(writer);
    out
}

/// Reads a file that comes back.
///
/// # Errors
/// `GridError`, but not of workbooks.
pub fn read(bytes: &[u8]) -> Result<Grid, GridError> {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|_| GridError::Encoding)?;
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(text))
        .from_reader(text.as_bytes());
    let mut grid = Grid::default();
    let (mut line, mut counted) = (1, 0);
    for record in reader.records() {
        let record = record.map_err(|error| GridError::Csv { reason: error.to_string() })?;
        // The library's own count stands still at the line feed of a carriage return and line feed.
        let at = record.position().map_or(0, |position| position.byte() as usize);
        let begins = |rest: &str| rest.find(|letter| letter != '\r' && letter != '\n');
        let starts = at + text.get(at..).and_then(begins).unwrap_or_default();
        line += text.get(counted..starts).map_or(0, |passed| passed.matches('\n').count());
        counted = starts;
        let cells = record.iter().map(|cell| plain(cell).replace("\r\n", "\n"));
        grid.push(line, &cells.collect::<Vec<_>>())?;
    }
    Ok(grid)
}

/// What parts the names in the first line.
fn delimiter(text: &str) -> u8 {
    let first = text.lines().next().unwrap_or_default();
    let count = |sign: char| first.matches(sign).count();
    if count(';') > count(',').max(count('\t')) {
        b';'
    } else if count('\t') > count(',') {
        b'\t'
    } else {
        b','
    }
}
