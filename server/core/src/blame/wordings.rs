//! The texts at one place of the document, folded out of edit rows.
//!
//! Replicas may make a text at the same time; then several stand at one place, and a row does not
//! say which one it is about.  It is the one that reads as the row says the text read before; which
//! of several that read alike makes no difference to what they read.

use plenary_protocol::Seq;
use plenary_protocol::plan::Value;
use plenary_protocol::record::EditRow;
use plenary_protocol::text::words::segments;
use plenary_protocol::wire::past::Segment;

use super::marks::Marks;

/// One replaced stretch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stretch<'a> {
    pub at: usize,
    pub deleted: &'a str,
    pub inserted: &'a str,
}

impl<'a> Stretch<'a> {
    /// The stretch that a row replaced, where it says so.
    pub fn of(row: &'a EditRow) -> Option<Self> {
        Some(Stretch {
            at: usize::try_from(row.at?).ok()?,
            deleted: row.deleted.as_deref().unwrap_or_default(),
            inserted: row.inserted.as_deref().unwrap_or_default(),
        })
    }
}

/// The texts at one place.
#[derive(Debug, Clone, Default)]
pub(super) struct Wordings {
    all: Vec<Marks>,
}

impl Wordings {
    /// One text, of which nobody knows who wrote it.
    pub fn of(text: &str) -> Self {
        Wordings { all: vec![Marks::unknown(text)] }
    }

    /// The text that a row is about, as it read before the row; made where it is a new one.
    pub fn find(&mut self, row: &EditRow) -> &mut Marks {
        let found = match &row.from {
            Some(Value::Text(from)) => self.all.iter().position(|marks| marks.reads(from)),
            _ => self.position_of_long(row),
        };
        let index = found.unwrap_or_else(|| {
            self.all.push(match &row.from {
                Some(Value::Text(from)) => Marks::unknown(from),
                _ => Marks::default(),
            });
            self.all.len() - 1
        });
        &mut self.all[index]
    }

    /// Takes in the next row and gives the text it changed.
    ///
    /// A row tells an edit in several places as one stretch; words of it that stand before and after
    /// were not touched and keep their writer.
    pub fn take(&mut self, row: &EditRow, by: Seq) -> Option<&Marks> {
        let stretch = Stretch::of(row)?;
        let marks = self.find(row);
        let mut at = stretch.at;
        for segment in segments(stretch.deleted, stretch.inserted) {
            match segment {
                Segment::Equal(text) => at += text.chars().count(),
                Segment::Deleted(text) => marks.splice(at, text.chars().count(), "", by),
                Segment::Inserted(text) => {
                    marks.splice(at, 0, &text, by);
                    at += text.chars().count();
                }
            }
        }
        Some(marks)
    }

    /// Of texts too long to stand whole in rows: the longest that has what the row deletes.
    fn position_of_long(&self, row: &EditRow) -> Option<usize> {
        let stretch = Stretch::of(row)?;
        let deleted: Vec<char> = stretch.deleted.chars().collect();
        let fits =
            |marks: &Marks| stretch.at <= marks.len() && marks.slice(stretch.at, deleted.len()) == deleted;
        let fitting = self.all.iter().enumerate().filter(|(_, marks)| fits(marks));
        fitting.max_by_key(|(_, marks)| marks.len()).map(|(index, _)| index)
    }

    /// The text that reads so; where entries do not account for it, the nearest brought to read so.
    pub fn reading(mut self, text: &str) -> Marks {
        if let Some(index) = self.all.iter().position(|marks| marks.reads(text)) {
            return self.all.swap_remove(index);
        }
        let length = text.chars().count();
        let nearest = self.all.into_iter().min_by_key(|marks| marks.len().abs_diff(length));
        let mut marks = nearest.unwrap_or_default();
        marks.settle(text);
        marks
    }
}
