//! Formats that plans and their past come in and go out by, one file each; plans pass through `PlanView`,
//! the past through `Taken`.
//!
//! Pure functions of bytes: no clock, no entropy, no files.  What is long is written entry by entry.

pub mod archive;
pub mod bundle;
pub mod document;
pub mod edits;
pub mod entries;
mod formula;
pub mod itu;
pub mod lines;
pub mod report;
mod scope;
pub mod stratml;
pub mod tables;
mod xml;

#[cfg(test)]
mod past_tests;
#[cfg(test)]
mod tests;

pub use scope::{Names, Scope, Taken};

/// A file of the past in the making; the same entries give the same bytes.
#[derive(Debug)]
pub enum Writer {
    /// JSON Lines.
    Entries(entries::Writer),
    /// CSV.
    Edits(edits::Writer),
    /// HTML.
    Report(Box<report::Writer>),
}

impl Writer {
    /// Takes in the next entry, in order.
    pub fn take(&mut self, taken: &Taken<'_>, out: &mut Vec<u8>) {
        match self {
            Writer::Entries(writer) => writer.take(taken, out),
            Writer::Edits(writer) => writer.take(taken, out),
            Writer::Report(writer) => writer.take(taken, out),
        }
    }

    /// Ends the file.
    pub fn end(&self, out: &mut Vec<u8>) {
        match self {
            Writer::Entries(writer) => writer.end(out),
            Writer::Edits(_) => {}
            Writer::Report(writer) => writer.end(out),
        }
    }
}
