//! Commands on texts: what the writer saw at `base` is changed, and nothing else.
//!
//! Positions at `base` become cursors, cursors become positions now.  A cursor to a deleted
//! character gives the place of its next visible neighbour, so every character is checked: it still
//! stands only if the place gives the same cursor back.

use std::collections::{BTreeSet, HashSet};
use std::ops::Range;

use automerge::transaction::Transactable;
use automerge::{ChangeHash, ObjId, ObjType, ReadDoc, ScalarValueRef, ValueRef};
use plenary_limits::{CONCURRENT_DELETE_CHARS_MAX, CURSORS_MAX, DIFF_TOKENS_MAX, TEXT_CHARS_MAX};
use plenary_protocol::plan::Value;
use plenary_protocol::plan::layout::{KEY_NOTE, KEY_TEXT, is_language};
use plenary_protocol::wire::{Refusal, RefusalCode};
use plenary_protocol::{ElementId, Seq};
use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::field::unknown_field;
use super::{Hand, unexpected};
use crate::document::{child, text_path};
use crate::places::Place;
use crate::state::FieldKey;

/// One replaced stretch of a text, in code points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Splice {
    /// Where.
    pub at: usize,
    /// How many are deleted.
    pub delete: usize,
    /// What is inserted.
    pub insert: String,
}

/// Refuses a text that would grow beyond its limit.
pub(super) fn check_length(now: usize, inserted: &str) -> Result<(), Refusal> {
    let length = now + inserted.chars().count();
    if length > TEXT_CHARS_MAX {
        return Err(Refusal::new(
            RefusalCode::TooLarge,
            format!("a text of {length} characters is longer than the {TEXT_CHARS_MAX} that fit"),
        ));
    }
    Ok(())
}

impl Hand<'_, '_> {
    /// The text that a command means, if the holder of the grant may write it.
    fn text_place(&self, id: &ElementId, field: &str, lang: Option<&str>) -> Result<Place, Refusal> {
        if self.is_link(id) {
            let kind = self.around().may_write_link(id, self.grant, self.state)?;
            return match field {
                KEY_NOTE => Ok(Place::Note(id.clone())),
                _ => Err(unknown_field(kind.name(), field, [KEY_NOTE].into_iter())),
            };
        }
        let kind = self.around().may_write(id, self.grant, self.state)?;
        if kind.text(field).is_none() {
            return Err(unknown_field(kind.name(), field, kind.spec().texts.iter().map(|text| text.name)));
        }
        let lang = lang.unwrap_or(&self.language);
        if !is_language(lang) {
            return Err(Refusal::new(RefusalCode::WrongType, format!("{lang:?} is no language tag")));
        }
        Ok(Place::Text(id.clone(), lang.to_owned(), field.to_owned()))
    }

    /// The objects that stand for a text, the one that readers find first; replicas that made it at
    /// the same time made several.
    fn text_objects(&self, id: &ElementId, place: &Place) -> Result<Vec<ObjId>, Refusal> {
        let mut objects: Vec<ObjId> = text_path(self.tx, &self.object(id)?, place).into_iter().collect();
        for object in self.state.places.objects(place) {
            if !objects.contains(&object) {
                objects.push(object);
            }
        }
        Ok(objects)
    }

    /// The object of a text, made if there is none yet.
    fn make_text(&mut self, id: &ElementId, place: &Place) -> Result<ObjId, Refusal> {
        let mut at = self.object(id)?;
        let path = match place {
            Place::Text(_, lang, field) => {
                vec![(KEY_TEXT, ObjType::Map), (lang.as_str(), ObjType::Map), (field.as_str(), ObjType::Text)]
            }
            _ => vec![(KEY_NOTE, ObjType::Text)],
        };
        for (key, ty) in path {
            at = match child(self.tx, &at, key, ty) {
                Some(found) => found,
                None => self.tx.put_object(&at, key, ty).map_err(unexpected)?,
            };
        }
        Ok(at)
    }

    /// Writes the remark of a link that has none yet.
    pub(super) fn write_note(&mut self, link: &ElementId, text: &str) -> Result<(), Refusal> {
        let object = self.make_text(link, &Place::Note(link.clone()))?;
        self.tx.splice_text(&object, 0, 0, text).map_err(unexpected)
    }

    /// Nobody has read a text before there was one.
    fn check_read(&self, id: &ElementId, base: Seq) -> Result<(), Refusal> {
        match self.state.made_at(id) {
            Some(made) if made > base => Err(Refusal::new(
                RefusalCode::OutOfRange,
                format!("{id} was made in entry {made}, after entry {base}: read it, then edit from there"),
            )),
            _ => Ok(()),
        }
    }

    pub(super) fn splice(
        &mut self,
        id: &ElementId,
        field: &str,
        lang: Option<&str>,
        splice: Splice,
        base: Seq,
    ) -> Result<(), Refusal> {
        let place = self.text_place(id, field, lang)?;
        let heads = self.heads_at(base)?.to_vec();
        self.check_read(id, base)?;
        let object = self.text_objects(id, &place)?.into_iter().next();
        let then = object.as_ref().map_or(0, |object| self.length_at(object, &heads));
        if splice.at.checked_add(splice.delete).is_none_or(|end| end > then) {
            return Err(Refusal::new(
                RefusalCode::OutOfRange,
                format!(
                    "{field} had {then} characters at entry {base}; at {} delete {} reaches beyond",
                    splice.at, splice.delete
                ),
            ));
        }
        self.apply_splices(id, &place, object, vec![splice], base)
    }

    pub(super) fn set_text(
        &mut self,
        id: &ElementId,
        field: &str,
        lang: Option<&str>,
        text: &str,
        base: Seq,
    ) -> Result<(), Refusal> {
        let place = self.text_place(id, field, lang)?;
        let heads = self.heads_at(base)?.to_vec();
        self.check_read(id, base)?;
        let object = self.text_objects(id, &place)?.into_iter().next();
        let then = object.as_ref().map_or(Ok(String::new()), |object| self.text_before(object, &heads))?;
        self.apply_splices(id, &place, object, difference(&then, text), base)
    }

    fn text_before(&self, object: &ObjId, heads: &[ChangeHash]) -> Result<String, Refusal> {
        if heads.is_empty() { Ok(String::new()) } else { self.tx.text_at(object, heads).map_err(unexpected) }
    }

    fn length_at(&self, object: &ObjId, heads: &[ChangeHash]) -> usize {
        if heads.is_empty() { 0 } else { self.tx.length_at(object, heads) }
    }

    /// Applies splices given in positions at `base`, from the back.
    fn apply_splices(
        &mut self,
        id: &ElementId,
        place: &Place,
        object: Option<ObjId>,
        mut splices: Vec<Splice>,
        base: Seq,
    ) -> Result<(), Refusal> {
        splices.retain(|splice| splice.delete > 0 || !splice.insert.is_empty());
        if splices.is_empty() {
            return Ok(());
        }
        let object = match object {
            Some(object) => object,
            None => self.make_text(id, place)?,
        };
        let object = &object;
        let key = text_key(id, place);
        let moved =
            self.changed.contains(&key) || self.state.touch(&key).is_some_and(|touch| touch.seq > base);
        let heads = self.heads_at(base)?.to_vec();
        let inserted: String = splices.iter().map(|splice| splice.insert.as_str()).collect();
        check_length(self.tx.length(object), &inserted)?;
        if moved && splices.iter().map(|splice| splice.delete).sum::<usize>() > CONCURRENT_DELETE_CHARS_MAX {
            return Err(Refusal::new(
                RefusalCode::TooLarge,
                format!(
                    "the text was changed meanwhile and more than {CONCURRENT_DELETE_CHARS_MAX} characters would go: read it again"
                ),
            ));
        }
        for splice in splices.into_iter().rev() {
            if moved {
                self.splice_moved(object, &splice, &heads)?;
            } else {
                let delete = splice.delete as isize;
                self.tx.splice_text(object, splice.at, delete, &splice.insert).map_err(unexpected)?;
            }
        }
        self.changed.insert(key);
        Ok(())
    }

    /// A splice in a text that was changed since `base`: characters that still stand are deleted,
    /// the insertion follows the character it was made after.
    fn splice_moved(&mut self, object: &ObjId, splice: &Splice, heads: &[ChangeHash]) -> Result<(), Refusal> {
        let range = splice.at..splice.at + splice.delete;
        let standing = if splice.delete > CURSORS_MAX {
            self.standing_by_walk(object, range, heads)
        } else {
            self.standing_by_cursor(object, range, heads)?
        };
        let mut insert_at = match splice.at.checked_sub(1) {
            None => 0,
            Some(before) => {
                let (position, stands) = self.position_now(object, before, heads)?;
                if stands { position + 1 } else { position }
            }
        };
        for run in standing.iter().rev() {
            self.tx.splice_text(object, run.start, run.len() as isize, "").map_err(unexpected)?;
        }
        // Nothing is deleted at the very place of the insertion: its neighbours stood outside the range.
        insert_at -=
            standing.iter().filter(|run| run.start < insert_at).map(ExactSizeIterator::len).sum::<usize>();
        if !splice.insert.is_empty() {
            self.tx.splice_text(object, insert_at, 0, &splice.insert).map_err(unexpected)?;
        }
        Ok(())
    }

    /// Where the characters of a range at `heads` that still stand are now, in order, one by one.
    fn standing_by_cursor(
        &self,
        object: &ObjId,
        range: Range<usize>,
        heads: &[ChangeHash],
    ) -> Result<Vec<Range<usize>>, Refusal> {
        let mut standing = BTreeSet::new();
        for at in range {
            let (position, stands) = self.position_now(object, at, heads)?;
            if stands {
                standing.insert(position);
            }
        }
        Ok(standing.into_iter().map(|position| position..position + 1).collect())
    }

    /// The same in two walks over the text, then and now, for ranges that are long.
    fn standing_by_walk(
        &self,
        object: &ObjId,
        range: Range<usize>,
        heads: &[ChangeHash],
    ) -> Vec<Range<usize>> {
        let mut seen = HashSet::new();
        let mut at = 0;
        for item in self.tx.list_range_at(object, .., heads) {
            if at >= range.end {
                break;
            }
            let id = item.id();
            at += width(&item.value);
            if at > range.start {
                seen.insert(id);
            }
        }
        let mut standing: Vec<Range<usize>> = Vec::new();
        let mut at = 0;
        for item in self.tx.list_range(object, ..) {
            let end = at + width(&item.value);
            if seen.contains(&item.id()) {
                match standing.last_mut() {
                    Some(last) if last.end == at => last.end = end,
                    _ => standing.push(at..end),
                }
            }
            at = end;
        }
        standing
    }

    /// Where a character of the text at `heads` is now, and whether it still stands.
    fn position_now(
        &self,
        object: &ObjId,
        at: usize,
        heads: &[ChangeHash],
    ) -> Result<(usize, bool), Refusal> {
        let cursor = self.tx.get_cursor(object, at, Some(heads)).map_err(unexpected)?;
        let position = self.tx.get_cursor_position(object, &cursor, None).map_err(unexpected)?;
        let stands = self.tx.get_cursor(object, position, None).is_ok_and(|now| now == cursor);
        Ok((position, stands))
    }

    /// Makes one text of several that replicas made at the same time: the first one reads as given,
    /// the others are emptied.  What somebody writes into one of them unseen stays, and shows.
    pub(super) fn settle_text(
        &mut self,
        id: &ElementId,
        field: &str,
        value: &Value,
        base: Seq,
    ) -> Result<(), Refusal> {
        let place = self.text_place(id, field, None)?;
        let Value::Text(text) = value else {
            return Err(Refusal::new(RefusalCode::WrongType, format!("{field} is a text")));
        };
        let heads = self.heads_at(base)?.to_vec();
        let objects = self.text_objects(id, &place)?;
        if objects.iter().filter(|object| self.tx.length(object) > 0).count() < 2 {
            return Err(Refusal::new(
                RefusalCode::NothingToDo,
                format!("{field} of {id} is one text; there is nothing to settle (set_text changes it)"),
            ));
        }
        for (index, object) in objects.into_iter().enumerate() {
            let splices = match index {
                0 => difference(&self.text_before(&object, &heads)?, text),
                _ => vec![Splice { at: 0, delete: self.length_at(&object, &heads), insert: String::new() }],
            };
            self.apply_splices(id, &place, Some(object), splices, base)?;
        }
        Ok(())
    }
}

/// Code points of one element of a text.
fn width(value: &ValueRef<'_>) -> usize {
    match value {
        ValueRef::Scalar(ScalarValueRef::Str(text)) => text.chars().count(),
        _ => 1,
    }
}

fn text_key(id: &ElementId, place: &Place) -> FieldKey {
    match place {
        Place::Text(_, lang, field) => (id.clone(), field.clone(), Some(lang.clone())),
        _ => (id.clone(), KEY_NOTE.to_owned(), None),
    }
}

/// What differs between two texts, word by word, in positions of the first.
///
/// Words rather than characters: what two people write then stays readable when it merges.
pub(super) fn difference(old: &str, new: &str) -> Vec<Splice> {
    let (old, new) = (tokens(old), tokens(new));
    let starts: Vec<usize> = old
        .iter()
        .scan(0, |at, token| {
            let start = *at;
            *at += token.chars().count();
            Some(start)
        })
        .collect();
    let end = old.iter().map(|token| token.chars().count()).sum();
    let start_of = |index: usize| starts.get(index).copied().unwrap_or(end);
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let shorter = old.len().min(new.len());
    let tail =
        old.iter().rev().zip(new.iter().rev()).take(shorter - head).take_while(|(a, b)| a == b).count();
    let (old_mid, new_mid) = (&old[head..old.len() - tail], &new[head..new.len() - tail]);
    if old_mid.len().max(new_mid.len()) > DIFF_TOKENS_MAX {
        let at = start_of(head);
        let delete = start_of(old.len() - tail) - at;
        return vec![Splice { at, delete, insert: new_mid.concat() }];
    }
    capture_diff_slices(Algorithm::Myers, old_mid, new_mid)
        .into_iter()
        .filter(|op| !matches!(op, DiffOp::Equal { .. }))
        .map(|op| {
            let (range_old, range_new) = (op.old_range(), op.new_range());
            let at = start_of(head + range_old.start);
            let deleted = old_mid[range_old.clone()].concat();
            trim(at, &deleted, &new_mid[range_new].concat())
        })
        .collect()
}

/// A replaced stretch without what is the same at its ends, unless little of it stays.
///
/// Letters that two words happen to share are no edit of the old word: they would be lost to the
/// writer when somebody else deletes that one.  Then the stretch goes as a whole.
fn trim(at: usize, old: &str, new: &str) -> Splice {
    let old: Vec<char> = old.chars().collect();
    let new: Vec<char> = new.chars().collect();
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let shorter = old.len().min(new.len());
    let tail =
        old.iter().rev().zip(new.iter().rev()).take(shorter - head).take_while(|(a, b)| a == b).count();
    if (head + tail) * 3 < old.len() {
        return Splice { at, delete: old.len(), insert: new.into_iter().collect() };
    }
    Splice {
        at: at + head,
        delete: old.len() - head - tail,
        insert: new[head..new.len() - tail].iter().collect(),
    }
}

/// Words, runs of blanks, and every other character by itself.
fn tokens(text: &str) -> Vec<&str> {
    let class = |c: char| {
        if c.is_alphanumeric() {
            0
        } else if c.is_whitespace() {
            1
        } else {
            2
        }
    };
    let mut out = Vec::new();
    let mut start = 0;
    let mut last = None;
    for (at, c) in text.char_indices() {
        let now = class(c);
        if last.is_some_and(|last| last != now || now == 2) {
            out.push(&text[start..at]);
            start = at;
        }
        last = Some(now);
    }
    if start < text.len() {
        out.push(&text[start..]);
    }
    out
}

#[cfg(test)]
mod tests {
    use plenary_limits::holds;

    use super::{check_length, difference};

    #[test]
    fn a_text_grows_to_its_limit_and_no_further() {
        holds!(TEXT_CHARS_MAX, |chars| check_length(chars - 3, "éxé").is_ok());
    }

    #[test]
    fn beyond_so_many_tokens_the_middle_is_replaced_as_a_whole() {
        holds!(DIFF_TOKENS_MAX, |tokens| {
            // Signs are tokens of their own; the one that both have stands neither first nor last.
            let old = format!("--={}", "-".repeat(tokens - 3));
            difference(&old, "++=++").len() > 1
        });
    }
}
