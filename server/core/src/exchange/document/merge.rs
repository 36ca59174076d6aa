//! Two documents of one plan as one, with what came and what went, by whom and when.
//!
//! Without what was inserted it reads as the earlier document, without what was deleted as the later
//! one: texts, paragraphs and rows alike.  The end of a paragraph is marked too; where the last
//! paragraph before a table or the end of a cell came or went, the ends before it carry that.

use std::collections::BTreeMap;

use plenary_protocol::text::words::segments;
use plenary_protocol::wire::past::Segment;
use plenary_protocol::{Bureau, ElementId, Seq};
use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::{Block, Cell, Document, Mark, Paragraph, Row, Run, Slot, Table};
use crate::blame::Window;

/// Who made an entry, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hand {
    /// Their name.
    pub name: String,
    /// The Bureau they acted for.
    pub bureau: Bureau,
    /// When the server took the entry in, RFC 3339 UTC.
    pub at: String,
}

/// Who made which entry.
pub type Hands = BTreeMap<Seq, Hand>;

/// Lays the later document over the earlier one; `window` took in all entries between them.
///
/// Gives the one document, and who made the entries that its marks name.
pub fn merge(before: &Document, after: &Document, window: &Window) -> (Document, Hands) {
    let layer = Layer { window };
    let blocks = layer.blocks(&before.blocks, &after.blocks);
    let mut hands = Hands::new();
    each_mark(&blocks, &mut |mark| {
        if let Mark::Inserted(seq) | Mark::Deleted(seq) = mark
            && let Some(origin) = window.origin(seq)
        {
            let hand = || Hand { name: origin.name.clone(), bureau: origin.bureau, at: origin.at.clone() };
            hands.entry(seq).or_insert_with(hand);
        }
    });
    let foot = format!("{}; changes since: {}", after.foot, before.foot);
    (Document { blocks, foot, ..after.clone() }, hands)
}

fn each_mark(blocks: &[Block], take: &mut impl FnMut(Mark)) {
    let paragraph = |paragraph: &Paragraph, take: &mut dyn FnMut(Mark)| {
        take(paragraph.end);
        paragraph.runs.iter().for_each(|run| take(run.mark));
    };
    for block in blocks {
        match block {
            Block::Paragraph(one) => paragraph(one, take),
            Block::Table(table) => {
                take(table.mark);
                for row in &table.rows {
                    take(row.mark);
                    let paragraphs = row.cells.iter().flat_map(|cell| &cell.paragraphs);
                    paragraphs.for_each(|one| paragraph(one, take));
                }
            }
        }
    }
}

/// Where something stands: in the earlier document, the later one, or both.
enum Side<'a, T> {
    Before(&'a T),
    After(&'a T),
    Both(&'a T, &'a T),
}

/// Two lists as one, in order; what went stands before what came.
fn aligned<'a, T, K: Ord + std::hash::Hash>(
    before: &'a [T],
    after: &'a [T],
    key: impl Fn(&T) -> K,
) -> Vec<Side<'a, T>> {
    let (old, new): (Vec<K>, Vec<K>) = (before.iter().map(&key).collect(), after.iter().map(&key).collect());
    let mut out = Vec::with_capacity(after.len());
    for op in capture_diff_slices(Algorithm::Myers, &old, &new) {
        match op {
            DiffOp::Equal { old_index, new_index, len } => {
                let pairs = before[old_index..old_index + len].iter().zip(&after[new_index..new_index + len]);
                out.extend(pairs.map(|(old, new)| Side::Both(old, new)));
            }
            other => {
                out.extend(before[other.old_range()].iter().map(Side::Before));
                out.extend(after[other.new_range()].iter().map(Side::After));
            }
        }
    }
    out
}

/// A paragraph of the merged document, and whether it stands in the earlier and in the later one.
struct Laid {
    paragraph: Paragraph,
    in_before: bool,
    in_after: bool,
}

struct Layer<'a> {
    window: &'a Window,
}

impl Layer<'_> {
    fn blocks(&self, before: &[Block], after: &[Block]) -> Vec<Block> {
        let key = |block: &Block| match block {
            Block::Paragraph(one) => (0, one.key.clone()),
            Block::Table(table) => (1, table.key.clone()),
        };
        let mut out = Vec::new();
        let mut together = Vec::new();
        for side in aligned(before, after, key) {
            let table = match side {
                Side::Both(Block::Table(old), Block::Table(new)) => self.table(old, new),
                Side::Before(Block::Table(table)) => self.whole_table(table, false),
                Side::After(Block::Table(table)) => self.whole_table(table, true),
                Side::Both(Block::Paragraph(old), Block::Paragraph(new)) => {
                    together.push(self.laid(&Side::Both(old, new), None));
                    continue;
                }
                Side::Before(Block::Paragraph(one)) => {
                    together.push(self.laid(&Side::Before(one), None));
                    continue;
                }
                // Of a pair both are of one sort: their keys are the same.
                Side::After(Block::Paragraph(one)) | Side::Both(_, Block::Paragraph(one)) => {
                    together.push(self.laid(&Side::After(one), None));
                    continue;
                }
                Side::Both(_, Block::Table(table)) => table.clone(),
            };
            out.extend(ended(std::mem::take(&mut together)).into_iter().map(Block::Paragraph));
            out.push(Block::Table(table));
        }
        out.extend(ended(together).into_iter().map(Block::Paragraph));
        out
    }

    fn table(&self, before: &Table, after: &Table) -> Table {
        let rows = aligned(&before.rows, &after.rows, |row| row.key.clone());
        let rows = rows.into_iter().map(|side| match side {
            Side::Both(old, new) => {
                let cells = old.cells.iter().zip(&new.cells);
                let cells = cells.map(|(old, new)| self.cell(old, new, after_of(&side)));
                Row { cells: cells.collect(), ..new.clone() }
            }
            Side::Before(row) => self.whole_row(row, false),
            Side::After(row) => self.whole_row(row, true),
        });
        Table { rows: rows.collect(), ..after.clone() }
    }

    fn cell(&self, before: &Cell, after: &Cell, row: Option<&ElementId>) -> Cell {
        let sides = aligned(&before.paragraphs, &after.paragraphs, |one| one.key.clone());
        let laid = sides.iter().map(|side| self.laid(side, row)).collect();
        Cell { paragraphs: ended(laid), goes_on: after.goes_on }
    }

    fn whole_table(&self, table: &Table, came: bool) -> Table {
        let about = table.rows.iter().find_map(|row| row.about.as_ref());
        let mark = marked(self.by(None, about, None), came);
        Table {
            rows: table.rows.iter().map(|row| self.whole_row(row, came)).collect(),
            mark,
            ..table.clone()
        }
    }

    fn whole_row(&self, row: &Row, came: bool) -> Row {
        let about = row.about.as_ref();
        let cells = row.cells.iter().map(|cell| {
            let paragraphs = cell.paragraphs.iter().map(|one| self.whole(one, about, came));
            Cell { paragraphs: paragraphs.collect(), goes_on: cell.goes_on }
        });
        Row { cells: cells.collect(), mark: marked(self.by(None, about, None), came), ..row.clone() }
    }

    fn laid(&self, side: &Side<'_, Paragraph>, row: Option<&ElementId>) -> Laid {
        match side {
            Side::Both(old, new) => {
                Laid { paragraph: self.paragraph(old, new, row), in_before: true, in_after: true }
            }
            Side::Before(one) => {
                Laid { paragraph: self.whole(one, row, false), in_before: true, in_after: false }
            }
            Side::After(one) => {
                Laid { paragraph: self.whole(one, row, true), in_before: false, in_after: true }
            }
        }
    }

    /// A paragraph that came or went as a whole.
    fn whole(&self, one: &Paragraph, row: Option<&ElementId>, came: bool) -> Paragraph {
        let slot = one.runs.iter().find_map(|run| run.slot.as_ref());
        let mark = marked(self.by(slot, one.about.as_ref(), row), came);
        let runs = one.runs.iter().map(|run| Run { mark, ..run.clone() });
        Paragraph { runs: runs.collect(), end: mark, ..one.clone() }
    }

    /// A paragraph that stands in both.
    fn paragraph(&self, before: &Paragraph, after: &Paragraph, row: Option<&ElementId>) -> Paragraph {
        let key = |run: &Run| match &run.slot {
            Some(slot) => (Some(slot.clone()), String::new()),
            None => (None, run.text.clone()),
        };
        let mut runs = Vec::new();
        for side in aligned(&before.runs, &after.runs, key) {
            let (run, came) = match side {
                Side::Both(old, new) if old.text == new.text => {
                    runs.push(new.clone());
                    continue;
                }
                Side::Both(old, new) => {
                    runs.extend(self.reworded(old, new, after.about.as_ref(), row));
                    continue;
                }
                Side::Before(run) => (run, false),
                Side::After(run) => (run, true),
            };
            let about = run.slot.as_ref().map(|slot| &slot.element).or(after.about.as_ref());
            let mark = marked(self.by(run.slot.as_ref(), about, row), came);
            runs.push(Run { mark, ..run.clone() });
        }
        Paragraph { runs, ..after.clone() }
    }

    /// What a slot shows, from what it showed: letter by letter where entries tell it, else by words.
    fn reworded(&self, old: &Run, new: &Run, about: Option<&ElementId>, row: Option<&ElementId>) -> Vec<Run> {
        let texts = (old.text.as_str(), new.text.as_str());
        let told = new
            .slot
            .as_ref()
            .and_then(|slot| self.window.pieces(&slot.element, &slot.field, slot.lang.as_deref(), texts));
        if let Some(pieces) = told {
            let run = |piece: crate::blame::Piece| {
                let mark = match (piece.inserted, piece.deleted) {
                    (Some(seq), _) => Mark::Inserted(seq),
                    (None, Some(seq)) => Mark::Deleted(seq),
                    (None, None) => Mark::Kept,
                };
                Run { text: piece.text, mark, ..new.clone() }
            };
            return pieces.into_iter().map(run).collect();
        }
        let by = self.by(new.slot.as_ref(), about, row);
        let run = |segment: Segment| match segment {
            Segment::Equal(text) => Run { text, ..new.clone() },
            Segment::Deleted(text) => Run { text, mark: Mark::Deleted(by), ..new.clone() },
            Segment::Inserted(text) => Run { text, mark: Mark::Inserted(by), ..new.clone() },
        };
        segments(&old.text, &new.text).into_iter().map(run).collect()
    }

    /// The entry that is answerable: the one that placed the element, wrote the field, linked or touched
    /// it, did so to the element of the row, or the last of all.
    fn by(&self, slot: Option<&Slot>, about: Option<&ElementId>, row: Option<&ElementId>) -> Seq {
        let window = self.window;
        let wrote = || window.field(&slot?.element, &slot?.field);
        let placed = |element: Option<&ElementId>| window.placed(element?);
        let touched = |element: Option<&ElementId>| window.touched(element?);
        let found = placed(about).or_else(wrote).or_else(|| touched(about));
        let found = found.or_else(|| placed(row)).or_else(|| touched(row));
        found.or_else(|| window.last()).unwrap_or(Seq::ZERO)
    }
}

fn after_of<'a>(side: &Side<'a, Row>) -> Option<&'a ElementId> {
    match side {
        Side::Before(row) | Side::After(row) | Side::Both(_, row) => row.about.as_ref(),
    }
}

fn marked(by: Seq, came: bool) -> Mark {
    if came { Mark::Inserted(by) } else { Mark::Deleted(by) }
}

/// Gives paragraphs that follow each other the marks of their ends.
///
/// Up to the last that stands in both documents each end shares its paragraph's fate.  After it the
/// last end of all must stay, because a table or the end of a cell follows: so an end stands in a
/// document where its paragraph does and another one follows there; two paragraphs between which
/// neither document has an end are one.
fn ended(laid: Vec<Laid>) -> Vec<Paragraph> {
    let firm = laid.iter().rposition(|one| one.in_before && one.in_after).unwrap_or(0);
    let follows =
        |at: usize, is_there: fn(&Laid) -> bool| is_there(&laid[at]) && laid[at + 1..].iter().any(is_there);
    let seq_from = |at: usize| {
        let marks = laid[at..].iter().map(|one| one.paragraph.end);
        marks.into_iter().find_map(|mark| match mark {
            Mark::Inserted(seq) | Mark::Deleted(seq) => Some(seq),
            Mark::Kept => None,
        })
    };
    let mut ends = Vec::with_capacity(laid.len());
    for at in 0..laid.len() {
        let own = laid[at].paragraph.end;
        let is_tail = at >= firm && !(laid[at].in_before && laid[at].in_after && at + 1 == laid.len());
        let seq = seq_from(at).unwrap_or(Seq::ZERO);
        ends.push(match (follows(at, |one| one.in_before), follows(at, |one| one.in_after)) {
            _ if !is_tail => Some(own),
            _ if at + 1 == laid.len() => Some(Mark::Kept),
            (true, true) => Some(Mark::Kept),
            (true, false) => Some(Mark::Deleted(seq)),
            (false, true) => Some(Mark::Inserted(seq)),
            (false, false) => None,
        });
    }
    let mut out: Vec<Paragraph> = Vec::with_capacity(laid.len());
    let mut held: Vec<Run> = Vec::new();
    for (one, end) in laid.into_iter().zip(ends) {
        let mut paragraph = one.paragraph;
        held.append(&mut paragraph.runs);
        if let Some(end) = end {
            out.push(Paragraph { runs: std::mem::take(&mut held), end, ..paragraph });
        }
    }
    out
}
