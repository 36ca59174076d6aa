//! Which entries, rows and revisions a filter asks for, out of the index alone.
//!
//! A revision is told at its last row, so a page is found from either end without a look at the rest.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use plenary_limits::EVENTS_PER_PAGE_MAX;
use plenary_protocol::Seq;
use plenary_protocol::record::RowOp;
use plenary_protocol::wire::event::EventView;

use super::texts::{Opened, Texts};
use super::{Index, JOINS, NONE, OF_NEW};
use crate::history::filter::{ActType, Filter};
use crate::history::page::{Cursor, Page};
use crate::history::revision::{BATCH_ROWS, NAMING_TEXTS};

/// An entry that matches, with its matching rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matched {
    /// The entry.
    pub seq: Seq,
    /// Positions of the matching rows among the entry's rows, ascending; none for other acts.
    pub rows: Vec<usize>,
}

/// A row of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::history) struct Place {
    pub seq: Seq,
    pub row: usize,
}

/// What is told as one revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::history) enum Line {
    /// An act without rows.
    Act(Seq),
    /// A large entry as a whole.
    Batch(Seq),
    /// A new element or link: its row, how many rows are told with it, and the one that names it.
    Made { at: Place, edits: u64, named: Option<usize> },
    /// A run of edits of one field, oldest first, and how late the latest of them came.
    Run { rows: Vec<Place>, behind: Option<u64> },
}

/// The revisions of one page, before the entries that tell them are opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    pub(in crate::history) lines: Vec<Line>,
    /// Where the next page begins; absent when there is no more.
    pub next: Option<Cursor>,
}

/// How many entries and rows match.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Entries.
    pub entries: u64,
    /// Rows of them that match.
    pub rows: u64,
}

impl Count {
    /// Counts one more entry, with so many rows.
    pub fn add(&mut self, rows: usize) {
        self.entries += 1;
        self.rows += rows as u64;
    }
}

/// A filter in the numbers of an index.
struct Sieve<'a> {
    index: &'a Index,
    filter: &'a Filter,
    asks_rows: bool,
    authors: Option<Vec<bool>>,
    acts: u32,
    answers: Option<u32>,
    slots: Option<Vec<bool>>,
    kinds: Option<Vec<u32>>,
    ops: u8,
    /// The root that rows are to stand under.
    root: Option<u32>,
    /// What is known of elements: from when, before when, whether they stand under the root.
    under: HashMap<u32, (u32, u32, bool)>,
    /// Elements that a large entry makes and that are asked for.
    made: HashMap<u32, Rc<HashSet<u32>>>,
    /// Where the text looked for is asked for here, and not by who opens the entries.
    texts: Option<&'a mut dyn Texts>,
}

fn bit(act: ActType) -> u32 {
    1 << ActType::ALL.iter().position(|one| *one == act).unwrap_or_default()
}

fn op_bit(op: RowOp) -> u8 {
    1 << op as u8
}

impl<'a> Sieve<'a> {
    fn new(index: &'a Index, filter: &'a Filter) -> Self {
        let find = |text: &str| index.names.find(text).unwrap_or(NONE);
        let authors = (!filter.subjects.is_empty() || !filter.bureaux.is_empty()).then(|| {
            let subjects: HashSet<u32> = filter.subjects.iter().map(|one| find(one.as_str())).collect();
            let is_asked = |author: &super::Author| {
                (subjects.is_empty() || subjects.contains(&author.subject))
                    && (filter.bureaux.is_empty() || filter.bureaux.contains(&author.bureau))
            };
            index.authors.iter().map(is_asked).collect()
        });
        let slots = (!filter.elements.is_empty() || !filter.fields.is_empty()).then(|| {
            let elements: HashSet<u32> = filter.elements.iter().map(|id| find(id.as_str())).collect();
            let fields: HashSet<u32> = filter.fields.iter().map(|field| find(field)).collect();
            let is_asked = |slot: &super::Slot| {
                (elements.is_empty() || elements.contains(&slot.element))
                    && (fields.is_empty() || fields.contains(&slot.field))
            };
            index.slots.iter().map(is_asked).collect()
        });
        Sieve {
            index,
            filter,
            asks_rows: filter.asks_rows(),
            authors,
            acts: filter.acts.iter().fold(0, |bits, act| bits | bit(*act)),
            answers: filter.answers.as_ref().map(|id| find(id.as_str())),
            slots,
            kinds: (!filter.kinds.is_empty()).then(|| filter.kinds.iter().map(|kind| find(kind)).collect()),
            ops: filter.ops.iter().fold(0, |bits, op| bits | op_bit(*op)),
            root: filter.subtree.as_ref().filter(|root| !root.is_plan()).map(|root| find(root.as_str())),
            under: HashMap::new(),
            made: HashMap::new(),
            texts: None,
        }
    }

    fn with_texts(self, texts: Option<&'a mut dyn Texts>) -> Self {
        Sieve { texts, ..self }
    }

    /// The entries that can match by their position.
    fn range(&self) -> std::ops::Range<u32> {
        let count = self.index.entries.len() as u64;
        let from = self.filter.from_seq.map_or(0, |seq| seq.0.saturating_sub(1)).min(count);
        let until = self.filter.to_seq.map_or(count, |seq| seq.0.min(count));
        from as u32..(until.max(from)) as u32
    }

    fn takes_entry(&self, entry: u32) -> bool {
        let seq = Seq(u64::from(entry) + 1);
        let filter = self.filter;
        let it = &self.index.entries[entry as usize];
        self.authors.as_ref().is_none_or(|asked| asked[it.author as usize])
            && (self.acts == 0 || self.acts & bit(it.act) != 0)
            && filter.since_us.is_none_or(|since| it.at_us.is_some_and(|at| at >= since))
            && filter.until_us.is_none_or(|until| it.at_us.is_some_and(|at| at <= until))
            && filter.from_seq.is_none_or(|from| seq >= from)
            && filter.to_seq.is_none_or(|to| seq <= to)
            && self
                .answers
                .is_none_or(|id| self.index.answers.get(&entry).is_some_and(|answers| answers.contains(&id)))
    }

    fn takes_row(&mut self, row: u32, entry: u32) -> bool {
        let it = &self.index.rows[row as usize];
        self.slots.as_ref().is_none_or(|asked| asked[it.slot as usize])
            && self.kinds.as_ref().is_none_or(|asked| asked.contains(&it.kind))
            && (self.ops == 0 || self.ops & op_bit(it.op) != 0)
            && self.root.is_none_or(|root| self.is_in(self.index.element_of(row), root, entry))
            && self.holds_text(row, entry)
    }

    fn holds_text(&mut self, row: u32, entry: u32) -> bool {
        let start = self.index.rows_of(entry).start;
        self.texts.as_mut().is_none_or(|texts| texts.holds(entry, row - start))
    }

    /// Whether an element is under the root just after or just before an entry.
    fn is_in(&mut self, element: u32, root: u32, entry: u32) -> bool {
        element == root
            || self.is_under(element, root, entry)
            || entry.checked_sub(1).is_some_and(|before| self.is_under(element, root, before))
    }

    fn is_under(&mut self, element: u32, root: u32, entry: u32) -> bool {
        if let Some((from, until, is_under)) = self.under.get(&element)
            && (*from..*until).contains(&entry)
        {
            return *is_under;
        }
        let (is_under, (from, until)) = self.index.above.is_under(element, root, entry);
        self.under.insert(element, (from, until, is_under));
        is_under
    }

    /// Whether an entry matches: itself, and where rows are asked for one of its rows.
    fn takes(&mut self, entry: u32) -> bool {
        self.takes_entry(entry)
            && (!self.asks_rows || self.index.rows_of(entry).any(|row| self.takes_row(row, entry)))
    }

    /// The matching rows of an entry; none when it does not match.
    fn rows(&mut self, entry: u32) -> Option<Vec<u32>> {
        self.takes(entry)
            .then(|| self.index.rows_of(entry).filter(|row| self.takes_row(*row, entry)).collect())
    }

    fn matched(&mut self, entry: u32) -> Option<Matched> {
        let start = self.index.rows_of(entry).start;
        let rows = self.rows(entry)?.into_iter().map(|row| (row - start) as usize).collect();
        Some(Matched { seq: Seq(u64::from(entry) + 1), rows })
    }

    /// Whether an entry is told in one line.
    fn is_batch(&self, entry: u32) -> bool {
        !self.asks_rows && self.index.rows_of(entry).len() > BATCH_ROWS
    }

    /// The elements and links that an entry makes, when their rows are told as one.
    fn made(&mut self, entry: u32) -> Rc<HashSet<u32>> {
        if let Some(known) = self.made.get(&entry) {
            return known.clone();
        }
        let index = self.index;
        let made: Rc<HashSet<u32>> = Rc::new(
            index
                .rows_of(entry)
                .filter(|row| index.rows[*row as usize].op == RowOp::Add && self.takes_row(*row, entry))
                .map(|row| index.element_of(row))
                .collect(),
        );
        self.made.insert(entry, made.clone());
        made
    }

    /// Whether a row of a new element is told with the element.
    fn is_told_with_element(&mut self, row: u32, entry: u32) -> bool {
        self.filter.fields.is_empty()
            && self.index.rows[row as usize].flags & OF_NEW != 0
            && self.made(entry).contains(&self.index.element_of(row))
    }

    /// Whether a row is told by itself or in a run.
    fn is_told(&mut self, row: u32) -> bool {
        let entry = self.index.entry_of(row);
        self.takes_entry(entry)
            && self.takes_row(row, entry)
            && !self.is_batch(entry)
            && !self.is_told_with_element(row, entry)
    }

    /// The row before this one in its run.
    fn joined(&mut self, row: u32) -> Option<u32> {
        let it = &self.index.rows[row as usize];
        let before = it.before;
        (it.flags & JOINS != 0 && self.is_told(before)).then_some(before)
    }

    fn place(&self, row: u32) -> Place {
        let entry = self.index.entry_of(row);
        Place { seq: Seq(u64::from(entry) + 1), row: (row - self.index.rows_of(entry).start) as usize }
    }

    fn run(&mut self, last: u32) -> Line {
        let mut rows = vec![last];
        while let Some(before) = rows.last().and_then(|row| self.joined(*row)) {
            rows.push(before);
        }
        rows.reverse();
        let rows: Vec<Place> = rows.into_iter().map(|row| self.place(row)).collect();
        let behind = |place: &Place| self.index.behind.get(&(place.seq.0 as u32 - 1)).copied();
        let behind = if self.index.behind.is_empty() { None } else { rows.iter().filter_map(behind).max() };
        Line::Run { rows, behind }
    }

    /// What an entry ends or is, in the order of its rows, each with the position of its last row.
    fn lines(&mut self, entry: u32) -> Vec<(u64, Line)> {
        let index = self.index;
        let seq = Seq(u64::from(entry) + 1);
        let Some(rows) = self.rows(entry) else { return Vec::new() };
        let all = index.rows_of(entry);
        if all.is_empty() {
            let act = index.entries[entry as usize].act;
            let tells_actors = self.filter.acts.contains(&ActType::ActorBound);
            let is_told = act != ActType::Change && (act != ActType::ActorBound || tells_actors);
            return if is_told { vec![(0, Line::Act(seq))] } else { Vec::new() };
        }
        if self.is_batch(entry) {
            return vec![(all.len() as u64 - 1, Line::Batch(seq))];
        }
        let mut edits: HashMap<u32, u64> = HashMap::new();
        for row in &rows {
            *edits.entry(index.element_of(*row)).or_default() += 1;
        }
        let mut out = Vec::new();
        for row in rows {
            let it = &index.rows[row as usize];
            let at = (row - all.start) as usize;
            if self.is_told_with_element(row, entry) {
                if it.op == RowOp::Add {
                    let element = index.element_of(row);
                    let edits = edits.get(&element).copied().unwrap_or_default();
                    let named = self.naming_row(element, entry);
                    out.push((at as u64, Line::Made { at: Place { seq, row: at }, edits, named }));
                }
                continue;
            }
            let goes_on = it.after != NONE
                && index.rows[it.after as usize].flags & JOINS != 0
                && self.is_told(it.after);
            if !goes_on {
                out.push((at as u64, self.run(row)));
            }
        }
        out
    }

    /// The text that names an element best: in the plan's language, then what the text is.
    fn naming_row(&self, element: u32, entry: u32) -> Option<usize> {
        let index = self.index;
        let language = index.names.find(index.language(entry)).unwrap_or(NONE - 1);
        let all = index.rows_of(entry);
        let start = all.start;
        let texts = all
            .filter(|row| index.rows[*row as usize].op == RowOp::Text && index.element_of(*row) == element);
        let rank = |row: &u32| {
            let slot = index.slots[index.rows[*row as usize].slot as usize];
            let field = index.names.text(slot.field).unwrap_or_default();
            let name = NAMING_TEXTS.iter().position(|name| *name == field);
            (slot.lang != language, name.unwrap_or(NAMING_TEXTS.len()))
        };
        texts.min_by_key(rank).map(|row| (row - start) as usize)
    }
}

impl Index {
    /// The entries that match, each with its matching rows, in order.
    pub fn matching<'a>(&'a self, filter: &'a Filter) -> impl Iterator<Item = Matched> + use<'a> {
        let mut sieve = Sieve::new(self, filter);
        sieve.range().filter_map(move |entry| sieve.matched(entry))
    }

    /// How many entries and rows match a filter that looks for no text; with one, how many candidates
    /// there are.
    pub fn count(&self, filter: &Filter) -> Count {
        let mut count = Count::default();
        self.matching(filter).for_each(|matched| count.add(matched.rows.len()));
        count
    }

    /// Up to `limit` entries that match, each with its matching rows: those after `after` in order, or
    /// the newest before it, newest first.
    pub fn stretch(
        &self,
        filter: &Filter,
        after: Option<Seq>,
        limit: usize,
        newest_first: bool,
    ) -> Vec<Matched> {
        let mut sieve = Sieve::new(self, filter);
        let mut range = sieve.range();
        let at = after.map(|seq| u32::try_from(seq.0).unwrap_or(NONE));
        match (at, newest_first) {
            (Some(at), false) => range.start = at.clamp(range.start, range.end),
            (Some(at), true) => range.end = at.saturating_sub(1).clamp(range.start, range.end),
            (None, _) => {}
        }
        let entries: Box<dyn Iterator<Item = u32>> =
            if newest_first { Box::new(range.rev()) } else { Box::new(range) };
        entries.filter_map(|entry| sieve.matched(entry)).take(limit).collect()
    }

    /// The revisions of one page, where a text may be looked for: `open` opens an entry, and is asked at
    /// most once for each.
    ///
    /// # Errors
    /// What `open` returns.
    pub fn page_opening<E>(
        &self,
        filter: &Filter,
        page: Page,
        open: &mut dyn FnMut(Seq) -> Result<EventView, E>,
    ) -> Result<Chosen, E> {
        let Some(needle) = &filter.text else { return Ok(self.page(filter, page)) };
        let mut opened = Opened::new(needle, open);
        let chosen = self.page_by(Sieve::new(self, filter).with_texts(Some(&mut opened)), page);
        opened.finish().map(|()| chosen)
    }

    /// The revisions of one page, by a filter that looks for no text.
    pub fn page(&self, filter: &Filter, page: Page) -> Chosen {
        self.page_by(Sieve::new(self, filter), page)
    }

    fn page_by(&self, mut sieve: Sieve<'_>, page: Page) -> Chosen {
        let limit = page.limit.clamp(1, EVENTS_PER_PAGE_MAX);
        let mut range = sieve.range();
        if let Some(after) = page.after {
            let at = u32::try_from(after.seq.0.saturating_sub(1)).unwrap_or(NONE);
            match page.newest_first {
                true => range.end = range.end.min(at.saturating_add(1)).max(range.start),
                false => range.start = range.start.max(at).min(range.end),
            }
        }
        let entries: Box<dyn Iterator<Item = u32>> =
            if page.newest_first { Box::new(range.rev()) } else { Box::new(range) };
        let mut told: Vec<(Seq, u64, Line)> = Vec::new();
        for entry in entries {
            let seq = Seq(u64::from(entry) + 1);
            let mut lines = sieve.lines(entry);
            if page.newest_first {
                lines.reverse();
            }
            let reached = lines.into_iter().filter(|(row, _)| page.reaches(seq, *row));
            told.extend(reached.map(|(row, line)| (seq, row, line)));
            // One more than the page holds says that there is a next page.
            if told.len() > limit {
                break;
            }
        }
        let next = match told.get(limit - 1..=limit) {
            Some([(seq, row, _), (beyond, ..)]) => {
                Some(Cursor { seq: *seq, row: (beyond == seq).then_some(*row) })
            }
            _ => None,
        };
        told.truncate(limit);
        Chosen { lines: told.into_iter().map(|(.., line)| line).collect(), next }
    }
}
