//! A text beside the document: its characters with their ids, changed operation by operation.
//!
//! The document walks a whole text to say what one change did to it; a mirror says the same at the
//! cost of the change, so that a group of changes needs one trial.  It is a guess that is checked:
//! after each trial it must read as the document does.  What it does not know (a mark, a character
//! deleted before it was made) it says so, and the change is told by the document itself.

mod blocks;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use automerge::legacy::OpId;
use automerge::{ActorId, Automerge, ObjId, ReadDoc, ScalarValueRef, ValueRef};

use blocks::Blocks;
pub(crate) use blocks::{CharId, Glyph};

/// The actors whose characters a hub's mirrors hold, by number.
#[derive(Debug, Default)]
pub(crate) struct Actors {
    ids: Vec<ActorId>,
    numbers: HashMap<ActorId, u32>,
}

impl Actors {
    /// The number of an actor.
    fn number(&mut self, actor: &ActorId) -> u32 {
        if let Some(number) = self.numbers.get(actor) {
            return *number;
        }
        let number = self.ids.len() as u32;
        self.ids.push(actor.clone());
        self.numbers.insert(actor.clone(), number);
        number
    }

    /// The id of a character; `None` where no document counts so far.
    pub fn char_id(&mut self, id: &OpId) -> Option<CharId> {
        self.at(id.counter(), id.actor())
    }

    /// The id of the character that the operation of this number and actor inserts.
    pub fn at(&mut self, counter: u64, actor: &ActorId) -> Option<CharId> {
        Some(CharId { counter: counter.try_into().ok()?, actor: self.number(actor) })
    }

    /// Whether the library puts `one` before `other` where both follow the same character.
    fn goes_first(&self, one: CharId, other: CharId) -> bool {
        let actor = |id: CharId| self.ids.get(id.actor as usize);
        (one.counter, actor(one)) > (other.counter, actor(other))
    }
}

/// What one operation does to a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stroke {
    /// A character is inserted after another, or at the start.
    Insert {
        /// The new one.
        id: CharId,
        /// The one it follows.
        after: Option<CharId>,
        /// What is inserted.
        glyph: Glyph,
    },
    /// A character is deleted.
    Delete(CharId),
}

impl Stroke {
    /// Code points that it inserts.
    pub fn inserted(&self) -> usize {
        match self {
            Stroke::Insert { glyph, .. } => glyph.count(),
            Stroke::Delete(_) => 0,
        }
    }
}

/// What became of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Became {
    /// One stretch of it was replaced.
    Stretch {
        /// Where, in code points.
        at: usize,
        /// What was deleted.
        deleted: String,
        /// What was inserted.
        inserted: String,
    },
    /// The text before; it differs in several places.
    Before(String),
}

/// A stroke names a character that the mirror does not have: the mirror is of no use any more.
#[derive(Debug)]
pub(crate) struct Lost;

/// One text.
#[derive(Debug)]
pub(crate) struct Mirror {
    blocks: Blocks,
}

impl Mirror {
    /// Reads a text; `None` where it holds something besides characters.
    pub fn of(doc: &Automerge, text: &ObjId, actors: &mut Actors) -> Option<Mirror> {
        let mut items = Vec::with_capacity(doc.length(text));
        for item in doc.list_range(text, ..) {
            let ObjId::Id(counter, actor, _) = item.id() else { return None };
            let ValueRef::Scalar(ScalarValueRef::Str(glyph)) = &item.value else { return None };
            items.push((actors.at(counter, &actor)?, Glyph::of(glyph)));
        }
        Some(Mirror { blocks: Blocks::of(items) })
    }

    /// Characters it holds, deleted ones included.
    pub fn len(&self) -> usize {
        self.blocks.len()
    }

    /// Code points of the text.
    pub fn chars(&self) -> usize {
        self.blocks.chars()
    }

    /// The text.
    pub fn text(&self) -> String {
        self.blocks.text_from(0).collect()
    }

    /// Whether the text reads so.
    pub fn reads(&self, text: &str) -> bool {
        self.blocks.text_from(0).eq(text.chars())
    }

    /// Whether it has every character that the strokes of a change name, `first` being the id of the
    /// change's first operation.
    pub fn knows(&self, strokes: &[Stroke], first: CharId) -> bool {
        let own = |id: CharId| id.actor == first.actor && id.counter >= first.counter;
        strokes.iter().all(|stroke| match stroke {
            Stroke::Insert { id, after, .. } => {
                !self.blocks.contains(*id) && after.is_none_or(|id| own(id) || self.blocks.contains(id))
            }
            Stroke::Delete(id) => own(*id) || self.blocks.contains(*id),
        })
    }

    /// Does what a change does; tells what became of the text, `None` where it reads as before.
    ///
    /// # Errors
    /// `Lost` when a stroke names a character that is not there.
    pub fn perform(&mut self, strokes: &[Stroke], actors: &Actors) -> Result<Option<Became>, Lost> {
        let [stroke] = strokes else {
            let before = self.text();
            for stroke in strokes {
                self.stroke(stroke, actors)?;
            }
            return Ok((!self.reads(&before)).then_some(Became::Before(before)));
        };
        let Some((at, glyph)) = self.stroke(stroke, actors)? else { return Ok(None) };
        // Where the same letters follow, the stretch that differs lies behind them: as a comparison
        // of the whole texts would find it.
        let (skipped, text) = match stroke {
            Stroke::Insert { .. } => slide(&glyph, || self.blocks.text_from(at + glyph.chars().count())),
            Stroke::Delete(_) => slide(&glyph, || self.blocks.text_from(at)),
        };
        let at = at + skipped;
        Ok(match stroke {
            _ if text.is_empty() => None,
            Stroke::Insert { .. } => Some(Became::Stretch { at, deleted: String::new(), inserted: text }),
            Stroke::Delete(_) => Some(Became::Stretch { at, deleted: text, inserted: String::new() }),
        })
    }

    /// Where it was done, and what came or went; `None` for what was deleted already.
    fn stroke(&mut self, stroke: &Stroke, actors: &Actors) -> Result<Option<(usize, String)>, Lost> {
        match stroke {
            Stroke::Insert { id, after, glyph } => {
                let goes_first = |one, other| actors.goes_first(one, other);
                let at = self.blocks.insert(*id, *after, glyph.clone(), goes_first)?;
                Ok(Some((at, glyph.to_string())))
            }
            Stroke::Delete(id) => self.blocks.delete(*id),
        }
    }
}

/// How many code points of `rest` repeat what begins with `glyph` and goes on with `rest`, and the
/// stretch of the length of `glyph` behind them.
fn slide<I: Iterator<Item = char>>(glyph: &str, rest: impl Fn() -> I) -> (usize, String) {
    let whole = || glyph.chars().chain(rest());
    let skipped = whole().zip(rest()).take_while(|(a, b)| a == b).count();
    (skipped, whole().skip(skipped).take(glyph.chars().count()).collect())
}
