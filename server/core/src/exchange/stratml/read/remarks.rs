//! What was repaired or left out, and where: a bounded list.

use std::fmt;

use plenary_limits::PROBLEMS_MAX;
use plenary_protocol::plan::file::Problem;

/// Something that was repaired or left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// The line of the file, from 1; 0 for one that counts others.
    pub line: usize,
    /// The character of the line, from 1; 0 likewise.
    pub column: usize,
    /// What, and how it was read.
    pub says: String,
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(&self.says),
            line => write!(f, "line {line}, column {}: {}", self.column, self.says),
        }
    }
}

/// Remarks as they are made.
pub(super) struct Remarks<'t> {
    text: &'t str,
    list: Vec<(usize, String)>,
    beyond: usize,
}

impl<'t> Remarks<'t> {
    /// On a text.
    pub(super) fn new(text: &'t str) -> Remarks<'t> {
        Remarks { text, list: Vec::new(), beyond: 0 }
    }

    /// Notes what was done at a place, in bytes from the start.
    pub(super) fn add(&mut self, at: usize, says: String) {
        if self.list.len() < PROBLEMS_MAX {
            self.list.push((at, says));
        } else {
            self.beyond += 1;
        }
    }

    /// A problem at a place.
    pub(super) fn problem(&self, at: usize, says: String) -> Problem {
        let (line, column) = self.place(at);
        Problem { pointer: format!("line {line}, column {column}"), says }
    }

    /// All of them in the order of the file.
    pub(super) fn into_list(mut self) -> Vec<Remark> {
        self.list.sort_by_key(|(at, _)| *at);
        let mut list: Vec<Remark> = Vec::with_capacity(self.list.len() + 1);
        for (at, says) in &self.list {
            let (line, column) = self.place(*at);
            list.push(Remark { line, column, says: says.clone() });
        }
        if self.beyond > 0 {
            list.push(Remark { line: 0, column: 0, says: format!("and {} more", self.beyond) });
        }
        list
    }

    fn place(&self, at: usize) -> (usize, usize) {
        let before = &self.text[..self.text.floor_char_boundary(at)];
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}
