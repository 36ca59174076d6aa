//! A plan as a document to read and print: headings, paragraphs, lists and tables, made from a view.
//!
//! One neutral model, from which HTML and Word are written.  Every run that shows a field of an element
//! says which one, so that two documents of one plan can be laid over each other with who changed what
//! (`merge`).  Comments, proposals and brackets are process, not plan, and are not printed.

mod book;
pub mod docx;
pub mod html;
mod information;
mod merge;
mod plan;
mod seen;
mod tables;

#[cfg(test)]
mod tests;

use plenary_protocol::plan::PlanView;
use plenary_protocol::{ElementId, Seq};

use book::Book;
pub use merge::{Hand, Hands, merge};

/// What is to be printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Print {
    /// The whole plan.
    Plan,
    /// What explains a draft: consultations, guidance and responses, targets and what they come from.
    Information,
}

impl Print {
    /// All of them.
    pub const ALL: [Print; 2] = [Print::Plan, Print::Information];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Print::Plan => "plan",
            Print::Information => "information",
        }
    }

    /// What of the plan it is, in words.
    pub fn says(self) -> &'static str {
        match self {
            Print::Plan => "the plan",
            Print::Information => "the information document",
        }
    }
}

/// The text or field that a run shows.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot {
    /// The element, or the plan.
    pub element: ElementId,
    /// The text or field.
    pub field: String,
    /// The language, of a text.
    pub lang: Option<String>,
}

/// Whether something stands in both documents that were laid over each other, or in one, and who did it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mark {
    /// In both.
    #[default]
    Kept,
    /// In the later one only; the entry that brought it.
    Inserted(Seq),
    /// In the earlier one only; the entry that took it away.
    Deleted(Seq),
}

/// Letters of one origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The letters; a line feed is a break within the paragraph.
    pub text: String,
    /// What they show; nothing where the document itself says them.
    pub slot: Option<Slot>,
    /// Whether they are set off.
    pub strong: bool,
    /// Whether they stand in both documents.
    pub mark: Mark,
}

/// How a paragraph looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// The document's title.
    Title,
    /// A heading, 1 to 3.
    Heading(u8),
    /// Text.
    Body,
    /// An item of a list.
    Item,
    /// What is said beside the text.
    Note,
}

/// A paragraph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paragraph {
    /// Tells it from others of its document.
    pub key: String,
    /// The element it is about, where it is about one.
    pub about: Option<ElementId>,
    /// How it looks.
    pub style: Style,
    /// Its runs.
    pub runs: Vec<Run>,
    /// Whether its end stands in both documents.
    pub end: Mark,
}

impl Paragraph {
    /// Its text, marks apart.
    pub fn text(&self) -> String {
        self.runs.iter().map(|run| run.text.as_str()).collect()
    }
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its title.
    pub title: String,
    /// Its share of the table's width.
    pub width: u32,
    /// Whether it holds numbers.
    pub is_numeric: bool,
}

/// A cell.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cell {
    /// What stands in it.
    pub paragraphs: Vec<Paragraph>,
    /// Whether it belongs to the cell above.
    pub goes_on: bool,
}

/// A row of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Tells it from others of its table.
    pub key: String,
    /// The element it is about, where it is about one.
    pub about: Option<ElementId>,
    /// Its cells, one a column.
    pub cells: Vec<Cell>,
    /// Whether it stands in both documents.
    pub mark: Mark,
}

/// A table; its head is repeated on every page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Tells it from others of its document; tables with other columns have other keys.
    pub key: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows.
    pub rows: Vec<Row>,
    /// Whether it stands in both documents.
    pub mark: Mark,
}

/// A part of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// A paragraph.
    Paragraph(Paragraph),
    /// A table.
    Table(Table),
}

/// A document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its title, without marks.
    pub title: String,
    /// The language it is written in, BCP 47.
    pub lang: String,
    /// What it is of, for the foot of every page: plan, point, entry.
    pub foot: String,
    /// Its parts.
    pub blocks: Vec<Block>,
}

impl Document {
    /// The plan, or the information document, at the point of the view; `former` is the plan before it,
    /// whose codes and words a mapping quotes.
    pub fn of(view: &PlanView, former: Option<&PlanView>, print: Print) -> Document {
        let book = Book::new(view, former);
        match print {
            Print::Plan => plan::compose(&book),
            Print::Information => information::compose(&book),
        }
    }

    /// The tables.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.blocks.iter().filter_map(|block| match block {
            Block::Table(table) => Some(table),
            Block::Paragraph(_) => None,
        })
    }
}
