//! A sequence of characters in blocks, so that one is found by its id and put in at the cost of a
//! block, not of the text.

use std::collections::HashMap;
use std::fmt;

use super::Lost;

/// Characters of a block; one that grows beyond is halved.
const BLOCK_MAX: usize = 256;

/// The id of a character: the counter and actor of the operation that inserted it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct CharId {
    pub counter: u32,
    pub actor: u32,
}

/// What one operation inserted: mostly one code point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Glyph {
    One(char),
    Other(Box<str>),
}

impl Glyph {
    /// A glyph of this text.
    pub fn of(text: &str) -> Glyph {
        let mut chars = text.chars();
        match (chars.next(), chars.next()) {
            (Some(one), None) => Glyph::One(one),
            _ => Glyph::Other(text.into()),
        }
    }

    /// How many code points it has.
    pub fn count(&self) -> usize {
        match self {
            Glyph::One(_) => 1,
            Glyph::Other(text) => text.chars().count(),
        }
    }

    fn chars(&self) -> impl Iterator<Item = char> {
        let (one, other) = match self {
            Glyph::One(one) => (Some(*one), ""),
            Glyph::Other(text) => (None, &**text),
        };
        one.into_iter().chain(other.chars())
    }
}

impl fmt::Display for Glyph {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Glyph::One(one) => write!(out, "{one}"),
            Glyph::Other(text) => out.write_str(text),
        }
    }
}

#[derive(Debug)]
struct Item {
    id: CharId,
    glyph: Glyph,
    deleted: bool,
}

impl Item {
    fn count(&self) -> usize {
        if self.deleted { 0 } else { self.glyph.count() }
    }
}

#[derive(Debug, Default)]
struct Block {
    items: Vec<Item>,
    /// Code points of the items that stand.
    chars: usize,
}

/// The sequence.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    /// Blocks never move; `order` says how they follow each other.
    blocks: Vec<Block>,
    order: Vec<u32>,
    /// The block of each character.
    homes: HashMap<CharId, u32>,
    chars: usize,
}

/// A place between two characters.
struct Gap {
    /// Index in `order`.
    order: usize,
    /// Index in the block.
    index: usize,
    /// Code points before the block.
    before: usize,
}

impl Blocks {
    /// A sequence of characters that all stand.
    pub fn of(items: Vec<(CharId, Glyph)>) -> Blocks {
        let mut blocks = Blocks::default();
        let mut items = items.into_iter().peekable();
        while items.peek().is_some() {
            let home = blocks.blocks.len() as u32;
            let mut block = Block::default();
            for (id, glyph) in items.by_ref().take(BLOCK_MAX / 2) {
                block.chars += glyph.count();
                blocks.homes.insert(id, home);
                block.items.push(Item { id, glyph, deleted: false });
            }
            blocks.chars += block.chars;
            blocks.blocks.push(block);
            blocks.order.push(home);
        }
        blocks
    }

    pub fn len(&self) -> usize {
        self.homes.len()
    }

    pub fn chars(&self) -> usize {
        self.chars
    }

    pub fn contains(&self, id: CharId) -> bool {
        self.homes.contains_key(&id)
    }

    /// The text from a code point on.
    pub fn text_from(&self, start: usize) -> impl Iterator<Item = char> {
        let mut before = 0;
        let mut order = 0;
        for home in &self.order {
            let chars = self.blocks[*home as usize].chars;
            if before + chars > start {
                break;
            }
            before += chars;
            order += 1;
        }
        let blocks = self.order[order..].iter().map(|home| &self.blocks[*home as usize]);
        let items = blocks.flat_map(|block| &block.items).filter(|item| !item.deleted);
        items.flat_map(|item| item.glyph.chars()).skip(start - before)
    }

    /// The place right behind a character, or the start.
    fn behind(&self, after: Option<CharId>) -> Result<Gap, Lost> {
        let Some(id) = after else { return Ok(Gap { order: 0, index: 0, before: 0 }) };
        let home = *self.homes.get(&id).ok_or(Lost)?;
        let mut before = 0;
        for (order, at) in self.order.iter().enumerate() {
            let block = &self.blocks[*at as usize];
            if *at == home {
                let index = block.items.iter().position(|item| item.id == id).ok_or(Lost)?;
                return Ok(Gap { order, index: index + 1, before });
            }
            before += block.chars;
        }
        Err(Lost)
    }

    /// Puts a character behind another, after those that go first there; tells at which code point.
    pub fn insert(
        &mut self,
        id: CharId,
        after: Option<CharId>,
        glyph: Glyph,
        goes_first: impl Fn(CharId, CharId) -> bool,
    ) -> Result<usize, Lost> {
        if self.homes.contains_key(&id) {
            return Err(Lost);
        }
        if self.order.is_empty() {
            self.order.push(self.blocks.len() as u32);
            self.blocks.push(Block::default());
        }
        let mut gap = self.behind(after)?;
        loop {
            let block = &self.blocks[self.order[gap.order] as usize];
            match block.items.get(gap.index) {
                Some(next) if goes_first(next.id, id) => gap.index += 1,
                Some(_) => break,
                None if gap.order + 1 == self.order.len() => break,
                None => gap = Gap { order: gap.order + 1, index: 0, before: gap.before + block.chars },
            }
        }
        let home = self.order[gap.order];
        let count = glyph.count();
        let block = &mut self.blocks[home as usize];
        let at = gap.before + block.items[..gap.index].iter().map(Item::count).sum::<usize>();
        block.items.insert(gap.index, Item { id, glyph, deleted: false });
        block.chars += count;
        self.chars += count;
        self.homes.insert(id, home);
        if block.items.len() > BLOCK_MAX {
            self.halve(gap.order);
        }
        Ok(at)
    }

    fn halve(&mut self, order: usize) {
        let block = &mut self.blocks[self.order[order] as usize];
        let items = block.items.split_off(block.items.len() / 2);
        let chars = items.iter().map(Item::count).sum();
        block.chars -= chars;
        let home = self.blocks.len() as u32;
        self.homes.extend(items.iter().map(|item| (item.id, home)));
        self.blocks.push(Block { items, chars });
        self.order.insert(order + 1, home);
    }

    /// Deletes a character; tells where it stood, `None` when it had been deleted before.
    pub fn delete(&mut self, id: CharId) -> Result<Option<(usize, String)>, Lost> {
        let Gap { order, index, before } = self.behind(Some(id))?;
        let block = &mut self.blocks[self.order[order] as usize];
        let (items, found) = block.items[..index].split_at_mut(index - 1);
        let [item] = found else { return Err(Lost) };
        if item.deleted {
            return Ok(None);
        }
        item.deleted = true;
        let count = item.glyph.count();
        block.chars -= count;
        self.chars -= count;
        let at = before + items.iter().map(Item::count).sum::<usize>();
        Ok(Some((at, item.glyph.to_string())))
    }
}
