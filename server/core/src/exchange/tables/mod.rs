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
/// Nothing for what is no table.
pub fn sheet(view: &PlanView, former: Option<&PlanView>, content: Content) -> Option<Sheet> {
    sheets::make(view, former, content)
}

/// The rows of a file that comes back, as they were typed; the first is the head.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grid {
    /// Rows that are not empty, each with its line, counted from 1.
    pub rows: Vec<(usize, Vec<String>)>,
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
            GridError::Rows | GridError::Columns { .. } | GridError::Cell { .. } => true,
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

    /// Takes in the next row, within limits.
    fn push(&mut self, line: usize, mut cells: Vec<String>) -> Result<(), GridError> {
        while cells.last().is_some_and(String::is_empty) {
            cells.pop();
        }
        if cells.len() > plenary_limits::SHEET_COLUMNS_MAX {
            return Err(GridError::Columns { line });
        }
        if cells.iter().any(|cell| cell.chars().nth(plenary_limits::TEXT_CHARS_MAX).is_some()) {
            return Err(GridError::Cell { line });
        }
        if !cells.is_empty() {
            if self.rows.len() > plenary_limits::SHEET_ROWS_MAX {
                return Err(GridError::Rows);
            }
            self.rows.push((line, cells));
        }
        Ok(())
    }
}
