//! Where a word or number first appeared in a field or text, and where it last went.
//!
//! Of a text only the surroundings of a replaced stretch are looked at again, so that the search
//! costs what was edited, not how long the texts are.

use std::collections::HashMap;

use plenary_limits::QUERY_CHARS_MAX;
use plenary_protocol::ElementId;
use plenary_protocol::plan::{PlanView, Value};
use plenary_protocol::record::{EditRow, RowOp};
use plenary_protocol::wire::event::EventView;
use plenary_protocol::wire::past::{Appearance, Origin};

use super::marks::Marks;
use super::wordings::{Stretch, Wordings};
use super::{Slot, name_of, origin};

/// Characters on each side that decide whether a find is a whole word.
const CONTEXT: usize = 2;
/// From here on (CJK and beyond) words have no visible ends.
const IDEOGRAPHS_FROM: char = '\u{2e80}';

/// A word, number or phrase that is looked for, whatever its case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    letters: Vec<char>,
    whole: bool,
}

/// Why a text cannot be looked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("what is looked for has 1 to {QUERY_CHARS_MAX} characters, this has {actual}")]
pub struct QueryError {
    /// How many characters were given.
    pub actual: usize,
}

impl Query {
    /// Looks for `text`; `whole` where "65" is not to be found in "1965", nor "art" in "party".
    ///
    /// # Errors
    /// `QueryError` when it is empty or too long.
    pub fn new(text: &str, whole: bool) -> Result<Query, QueryError> {
        let letters: Vec<char> = text.trim().chars().map(fold).collect();
        match letters.len() {
            1..=QUERY_CHARS_MAX => Ok(Query { letters, whole }),
            actual => Err(QueryError { actual }),
        }
    }

    /// How often it stands in a text.
    pub(super) fn count(&self, text: impl IntoIterator<Item = char>) -> usize {
        let text: Vec<char> = text.into_iter().map(fold).collect();
        let length = self.letters.len();
        let starts = 0..(text.len() + 1).saturating_sub(length);
        let is_at = |at: &usize| text[*at..*at + length] == self.letters && self.is_whole(&text, *at);
        starts.filter(is_at).count()
    }

    fn is_whole(&self, text: &[char], at: usize) -> bool {
        let (Some(first), Some(last)) = (self.letters.first(), self.letters.last()) else { return false };
        if !self.whole {
            return true;
        }
        let end = at + self.letters.len();
        let before = at.checked_sub(1).and_then(|at| text.get(at));
        let before_that = at.checked_sub(2).and_then(|at| text.get(at));
        !joins(*first, before, before_that) && !joins(*last, text.get(end), text.get(end + 1))
    }

    fn is_in(&self, value: Option<&Value>) -> bool {
        match value {
            None | Some(Value::Null) => false,
            Some(Value::Set(members)) => members.iter().any(|member| self.count(member.chars()) > 0),
            Some(value) => self.count(value.to_string().chars()) > 0,
        }
    }
}

fn fold(letter: char) -> char {
    letter.to_lowercase().next().unwrap_or(letter)
}

/// Whether the letter at an edge of a find goes on beyond it: in the same word, or in the same number
/// over a point or comma.
fn joins(edge: char, next: Option<&char>, after: Option<&char>) -> bool {
    let in_word = |letter: char| letter.is_alphanumeric() && letter < IDEOGRAPHS_FROM;
    match next {
        Some('.' | ',') => edge.is_ascii_digit() && after.is_some_and(char::is_ascii_digit),
        Some(next) => in_word(edge) && in_word(*next),
        None => false,
    }
}

#[derive(Debug, Default)]
struct Place {
    wordings: Wordings,
    count: usize,
    first: Option<Origin>,
    last_gone: Option<Origin>,
    stands: bool,
    times: u64,
}

/// The search: takes entries of a plan in order, from the first.
#[derive(Debug)]
pub struct Search {
    query: Query,
    places: HashMap<(ElementId, Slot), Place>,
}

impl Search {
    /// Before the first entry.
    pub fn new(query: Query) -> Self {
        Search { query, places: HashMap::new() }
    }

    /// Takes in the next entry.
    pub fn feed(&mut self, event: &EventView) {
        for row in event.edits() {
            if !matches!(row.op, RowOp::Text | RowOp::Set) {
                continue;
            }
            let key = (row.element.clone(), (row.field.clone(), row.lang.clone()));
            let place = self.places.entry(key).or_default();
            let stands = match row.op {
                RowOp::Text => place.take_text(&self.query, row, event),
                _ => self.query.is_in(row.to.as_ref()),
            };
            place.note(stands, event);
        }
    }

    /// Where it appeared, by first appearance; `view` is the plan after the last entry taken in.
    pub fn finish(self, view: &PlanView) -> Vec<Appearance> {
        let told = self.places.into_iter().filter_map(|((element, (field, lang)), place)| {
            Some(Appearance {
                about: name_of(view, &element)?,
                field,
                lang,
                first: place.first?,
                last_gone: place.last_gone,
                stands: place.stands,
                times: place.times,
            })
        });
        let mut told: Vec<Appearance> = told.collect();
        let key = |one: &Appearance| {
            (one.first.seq, one.about.element.clone(), one.field.clone(), one.lang.clone())
        };
        told.sort_by_cached_key(key);
        told
    }
}

impl Place {
    fn take_text(&mut self, query: &Query, row: &EditRow, event: &EventView) -> bool {
        let Some(stretch) = Stretch::of(row) else { return self.stands };
        // Wide enough that finds cut off by its edges are the same before and after.
        let margin = query.letters.len() + 2 * CONTEXT;
        let from = stretch.at.saturating_sub(margin);
        let around = |marks: &Marks, middle: &str| {
            let until = stretch.at + middle.chars().count() + margin;
            query.count(marks.slice(from, until - from))
        };
        let gone = around(self.wordings.find(row), stretch.deleted);
        let come = self.wordings.take(row, event.seq).map_or(0, |marks| around(marks, stretch.inserted));
        self.count = (self.count + come).saturating_sub(gone);
        self.count > 0
    }

    fn note(&mut self, stands: bool, event: &EventView) {
        match (std::mem::replace(&mut self.stands, stands), stands) {
            (false, true) => {
                self.times += 1;
                self.first.get_or_insert_with(|| origin(event));
            }
            (true, false) => self.last_gone = Some(origin(event)),
            _ => {}
        }
    }
}
