//! A document as a Word file (ISO/IEC 29500 transitional), smooth or with revision marks.
//!
//! The marks are Word's own: `w:ins` and `w:del` with author and date, on runs, ends of paragraphs and
//! rows, so that a word processor accepts or rejects them.  The same document gives the same bytes.

mod parts;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::html::is_right_to_left;
use super::seen::seen;
use super::{Block, Cell, Document, Hands, Mark, Paragraph, Run, Style, Table};
use crate::exchange::archive::{ArchiveError, pack};
use crate::exchange::xml;

/// Width of the text of a page in twentieths of a point: A4 with margins of 2 cm.
const TEXT_WIDTH: u32 = 9_638;

/// Writes the file; `hands` made the entries that marks name.
///
/// # Errors
/// `ArchiveError`, which files of this size do not give.
pub fn write(document: &Document, hands: &Hands) -> Result<Vec<u8>, ArchiveError> {
    let mut files = BTreeMap::new();
    files.insert("[Content_Types].xml".to_owned(), parts::CONTENT_TYPES.into());
    files.insert("_rels/.rels".to_owned(), parts::RELATIONS.into());
    files.insert("docProps/core.xml".to_owned(), parts::properties(document).into_bytes());
    files.insert("word/_rels/document.xml.rels".to_owned(), parts::DOCUMENT_RELATIONS.into());
    files.insert("word/document.xml".to_owned(), body(document, hands).into_bytes());
    files.insert("word/footer1.xml".to_owned(), parts::footer(document).into_bytes());
    files.insert("word/numbering.xml".to_owned(), parts::NUMBERING.into());
    files.insert("word/settings.xml".to_owned(), parts::SETTINGS.into());
    files.insert("word/styles.xml".to_owned(), parts::styles(document).into_bytes());
    pack(&files)
}

fn body(document: &Document, hands: &Hands) -> String {
    let is_rtl = is_right_to_left(&document.lang);
    let mut body = Body { out: parts::DOCUMENT_HEAD.to_owned(), hands, marks: 0, is_rtl };
    let mut after_table = false;
    for block in &document.blocks {
        match block {
            Block::Paragraph(one) => body.paragraph(one, Place::Page),
            Block::Table(one) => {
                if after_table {
                    // Two tables with nothing between them would be one.
                    body.out.push_str("<w:p/>");
                }
                body.table(one);
            }
        }
        after_table = matches!(block, Block::Table(_));
    }
    if after_table {
        body.out.push_str("<w:p/>");
    }
    body.out.push_str(parts::SECTION);
    body.out
}

/// Where a paragraph stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Page,
    Cell { is_numeric: bool },
    Head { is_numeric: bool },
}

struct Body<'a> {
    out: String,
    hands: &'a Hands,
    marks: u32,
    is_rtl: bool,
}

impl Body<'_> {
    fn put(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing to memory does not fail.
        _ = self.out.write_fmt(text);
    }

    /// The attributes of a mark, each with an id of its own.
    fn marked(&mut self, mark: Mark) -> Option<(&'static str, String)> {
        let (tag, seq) = match mark {
            Mark::Kept => return None,
            Mark::Inserted(seq) => ("ins", seq),
            Mark::Deleted(seq) => ("del", seq),
        };
        self.marks += 1;
        let (author, date) = match self.hands.get(&seq) {
            Some(hand) => (format!("{} ({})", hand.name, hand.bureau), hand.at.as_str()),
            None => ("Plenary".to_owned(), ""),
        };
        let mut attributes = format!(" w:id=\"{}\" w:author=\"{}\"", self.marks, xml::escaped(&author));
        // Word reads no fractions of a second.
        if let Some(second) = date.get(..19) {
            _ = write!(attributes, " w:date=\"{}Z\"", xml::escaped(second));
        }
        Some((tag, attributes))
    }

    fn paragraph(&mut self, one: &Paragraph, place: Place) {
        self.out.push_str("<w:p><w:pPr>");
        let style = match (one.style, place) {
            (_, Place::Head { .. }) => "TableHead",
            (Style::Item, Place::Cell { .. }) => "TableItem",
            (Style::Note, Place::Cell { .. }) => "TableNote",
            (_, Place::Cell { .. }) => "TableText",
            (Style::Title, Place::Page) => "Title",
            (Style::Heading(1), Place::Page) => "Heading1",
            (Style::Heading(2), Place::Page) => "Heading2",
            (Style::Heading(_), Place::Page) => "Heading3",
            (Style::Body, Place::Page) => "BodyText",
            (Style::Item, Place::Page) => "ListBullet",
            (Style::Note, Place::Page) => "Note",
        };
        self.put(format_args!("<w:pStyle w:val=\"{style}\"/>"));
        if self.is_rtl {
            self.out.push_str("<w:bidi/>");
        }
        if matches!(place, Place::Cell { is_numeric: true } | Place::Head { is_numeric: true }) {
            self.out.push_str("<w:jc w:val=\"end\"/>");
        }
        if let Some((tag, attributes)) = self.marked(one.end) {
            self.put(format_args!("<w:rPr><w:{tag}{attributes}/></w:rPr>"));
        }
        self.out.push_str("</w:pPr>");
        for (run, letters) in one.runs.iter().zip(seen(&one.runs)) {
            self.run(run, &letters);
        }
        self.out.push_str("</w:p>");
    }

    fn run(&mut self, run: &Run, letters: &[(char, bool)]) {
        let marked = self.marked(run.mark);
        if let Some((tag, attributes)) = &marked {
            self.put(format_args!("<w:{tag}{attributes}>"));
        }
        let is_deleted = matches!(run.mark, Mark::Deleted(_));
        let text = if is_deleted { "delText" } else { "t" };
        self.out.push_str("<w:r>");
        match (run.strong, self.is_rtl) {
            (true, true) => self.out.push_str("<w:rPr><w:b/><w:bCs/><w:rtl/></w:rPr>"),
            (true, false) => self.out.push_str("<w:rPr><w:b/><w:bCs/></w:rPr>"),
            (false, true) => self.out.push_str("<w:rPr><w:rtl/></w:rPr>"),
            (false, false) => {}
        }
        for (at, line) in letters.split(|(letter, _)| *letter == '\n').enumerate() {
            if at > 0 {
                self.out.push_str("<w:br/>");
            }
            if !line.is_empty() {
                let line = xml::judged(line.iter().copied());
                self.put(format_args!("<w:{text} xml:space=\"preserve\">{line}</w:{text}>"));
            }
        }
        self.out.push_str("</w:r>");
        if let Some((tag, _)) = marked {
            self.put(format_args!("</w:{tag}>"));
        }
    }

    fn table(&mut self, table: &Table) {
        let all: u32 = table.columns.iter().map(|column| column.width).sum::<u32>().max(1);
        let widths: Vec<u32> = table.columns.iter().map(|column| column.width * TEXT_WIDTH / all).collect();
        self.out.push_str("<w:tbl><w:tblPr><w:tblStyle w:val=\"PlanTable\"/>");
        if self.is_rtl {
            self.out.push_str("<w:bidiVisual/>");
        }
        self.put(format_args!(
            "<w:tblW w:w=\"{TEXT_WIDTH}\" w:type=\"dxa\"/><w:tblLayout w:type=\"fixed\"/>"
        ));
        self.out.push_str("<w:tblLook w:val=\"0020\" w:firstRow=\"1\" w:lastRow=\"0\" w:firstColumn=\"0\" w:lastColumn=\"0\" w:noHBand=\"1\" w:noVBand=\"1\"/></w:tblPr><w:tblGrid>");
        for width in &widths {
            self.put(format_args!("<w:gridCol w:w=\"{width}\"/>"));
        }
        self.out.push_str("</w:tblGrid>");
        self.row_start(true, table.mark);
        for (column, width) in table.columns.iter().zip(&widths) {
            self.put(format_args!("<w:tc><w:tcPr><w:tcW w:w=\"{width}\" w:type=\"dxa\"/></w:tcPr>"));
            let title = Run { text: column.title.clone(), slot: None, strong: false, mark: table.mark };
            let title = Paragraph {
                key: String::new(),
                about: None,
                style: Style::Body,
                runs: vec![title],
                end: table.mark,
            };
            self.paragraph(&title, Place::Head { is_numeric: column.is_numeric });
            self.out.push_str("</w:tc>");
        }
        self.out.push_str("</w:tr>");
        for row in &table.rows {
            self.row_start(false, row.mark);
            let columns = table.columns.iter().zip(&widths);
            for ((column, width), cell) in columns.zip(&row.cells) {
                self.cell(cell, *width, column.is_numeric, row.mark);
            }
            self.out.push_str("</w:tr>");
        }
        self.out.push_str("</w:tbl>");
    }

    fn row_start(&mut self, is_head: bool, mark: Mark) {
        self.out.push_str("<w:tr><w:trPr><w:cantSplit/>");
        if is_head {
            self.out.push_str("<w:tblHeader/>");
        }
        if let Some((tag, attributes)) = self.marked(mark) {
            self.put(format_args!("<w:{tag}{attributes}/>"));
        }
        self.out.push_str("</w:trPr>");
    }

    fn cell(&mut self, cell: &Cell, width: u32, is_numeric: bool, row: Mark) {
        self.put(format_args!("<w:tc><w:tcPr><w:tcW w:w=\"{width}\" w:type=\"dxa\"/>"));
        if cell.goes_on {
            self.out.push_str("<w:tcBorders><w:top w:val=\"nil\"/></w:tcBorders>");
        }
        self.out.push_str("</w:tcPr>");
        for one in &cell.paragraphs {
            self.paragraph(one, Place::Cell { is_numeric });
        }
        if cell.paragraphs.is_empty() {
            // A cell has a paragraph at least; it comes and goes with its row.
            let empty =
                Paragraph { key: String::new(), about: None, style: Style::Body, runs: Vec::new(), end: row };
            self.paragraph(&empty, Place::Cell { is_numeric });
        }
        self.out.push_str("</w:tc>");
    }
}
