//! Tables for spreadsheets: a name, a head and rows, written as CSV or XLSX; some of them come back.
//!
//! Every row carries the id of what it tells and the entry as of which it was taken, so that a sheet
//! that comes back (`import`) is held against what its writer saw, and merged with what was done since.

pub mod csv;
pub mod import;
mod sheets;
pub mod xlsx;

#[cfg(test)]
mod tests;

use plenary_protocol::PlanId;
use plenary_protocol::Seq;
use plenary_protocol::plan::PlanView;
use plenary_protocol::record::Content;
use plenary_protocol::wire::findings::Finding;

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Datum {
    /// Nothing.
    Empty,
    /// A text.
    Text(String),
    /// A number.
    Number(f64),
}

impl Datum {
    /// A text, nothing where it is empty.
    pub fn text(text: impl Into<String>) -> Datum {
        let text = text.into();
        if text.is_empty() { Datum::Empty } else { Datum::Text(text) }
    }
}

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Its name, which stands in the first line.
    pub name: &'static str,
    /// Its width in letters, where a form has widths.
    pub width: u32,
}

/// A table.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    /// Its name.
    pub name: &'static str,
    /// The plan.
    pub plan: PlanId,
    /// The entry that it is taken after.
    pub seq: Seq,
    /// Its columns.
    pub head: Vec<Head>,
    /// Its rows, each with a cell for every column.
    pub rows: Vec<Vec<Datum>>,
}

/// The table of a plan that is asked for; `former` is the plan before it, whose codes a mapping cites.
/// Nothing for what is no table, and for findings, which are not read from the plan alone.
pub fn sheet(view: &PlanView, former: Option<&PlanView>, content: Content) -> Option<Sheet> {
    sheets::make(view, former, content)
}

/// The table of what the rules find in a plan, in the order given.
pub fn findings(view: &PlanView, found: &[Finding]) -> Sheet {
    sheets::findings(view, found)
}

/// The rows of a file that comes back, as they were typed; the first is the head.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grid {
    /// Rows that are not empty, each with its line, counted from 1.
    pub rows: Vec<(usize, Vec<String>)>,
    /// What they take.
    size: Size,
}

/// Bytes that cells take, within limits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Size(usize);

impl Size {
    /// Counts one more cell.
    fn add(&mut self, cell: &str) -> Result<(), GridError> {
        self.0 += cell.len() + size_of::<String>();
        if self.0 > plenary_limits::SHEET_BYTES_MAX { Err(GridError::Bytes) } else { Ok(()) }
    }
}

/// Why a file is no table.
#[derive(Debug, thiserror::Error)]
pub enum GridError {
    /// It is not UTF-8.
    #[error("the file is not UTF-8: save it as \"CSV UTF-8\", or as a workbook (.xlsx)")]
    Encoding,
    /// It is not CSV.
    #[error("the file is not CSV: {reason}")]
    Csv {
        /// What is wrong, and where.
        reason: String,
    },
    /// Its parts cannot be read.
    #[error(transparent)]
    Archive(#[from] super::archive::ArchiveError),
    /// It is a zip, but no workbook.
    #[error("the file is no workbook: {reason}")]
    Workbook {
        /// What is missing or wrong.
        reason: String,
    },
    /// It has too many rows.
    #[error("the table has more than {} rows", plenary_limits::SHEET_ROWS_MAX)]
    Rows,
    /// It has too many columns.
    #[error("line {line} has more than {} cells", plenary_limits::SHEET_COLUMNS_MAX)]
    Columns {
        /// Where.
        line: usize,
    },
    /// Its cells are too much together.
    #[error(
        "the cells take more than {} bytes together; import it in parts",
        plenary_limits::SHEET_BYTES_MAX
    )]
    Bytes,
    /// A text that cells of a workbook share is too long.
    #[error("a text of the workbook has more than {} letters", plenary_limits::TEXT_CHARS_MAX)]
    Shared,
    /// A cell is too long.
    #[error("a cell in line {line} has more than {} letters", plenary_limits::TEXT_CHARS_MAX)]
    Cell {
        /// Where.
        line: usize,
    },
}

impl GridError {
    /// Whether the file is too large, rather than of another form.
    pub fn is_size(&self) -> bool {
        use super::archive::ArchiveError;
        match self {
            GridError::Rows
            | GridError::Columns { .. }
            | GridError::Bytes
            | GridError::Shared
            | GridError::Cell { .. } => true,
            GridError::Archive(error) => {
                matches!(error, ArchiveError::Files { .. } | ArchiveError::Inflated)
            }
            GridError::Encoding | GridError::Csv { .. } | GridError::Workbook { .. } => false,
        }
    }
}

impl Grid {
    /// Reads a file: a workbook if it begins like one, else CSV.
    ///
    /// # Errors
    /// `GridError`.
    pub fn read(bytes: &[u8]) -> Result<Grid, GridError> {
        if bytes.starts_with(b"PK\x03\x04") { xlsx::read(bytes) } else { csv::read(bytes) }
    }

    /// Takes in the next row, within limits; nothing of it is copied before it is known to keep them.
    fn push(&mut self, line: usize, cells: &[impl AsRef<str>]) -> Result<(), GridError> {
        let filled = cells.iter().rposition(|cell| !cell.as_ref().is_empty());
        let cells = &cells[..filled.map_or(0, |last| last + 1)];
        if cells.len() > plenary_limits::SHEET_COLUMNS_MAX {
            return Err(GridError::Columns { line });
        }
        if cells.iter().any(|cell| is_too_long(cell.as_ref())) {
            return Err(GridError::Cell { line });
        }
        if !cells.is_empty() {
            if self.rows.len() > plenary_limits::SHEET_ROWS_MAX {
                return Err(GridError::Rows);
            }
            for cell in cells {
                self.size.add(cell.as_ref())?;
            }
            self.rows.push((line, cells.iter().map(|cell| cell.as_ref().to_owned()).collect()));
        }
        Ok(())
    }
}

/// Whether a text is longer than one of a plan can be.
fn is_too_long(text: &str) -> bool {
    text.len() > plenary_limits::TEXT_CHARS_MAX && text.chars().nth(plenary_limits::TEXT_CHARS_MAX).is_some()
}
