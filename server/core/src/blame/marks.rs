//! The characters of one text, each with the entry that wrote it and the one that deleted it.
//!
//! Characters stand in blocks of bounded length, so that a splice costs the number of blocks and one
//! block, however long the text has been worked on.

use plenary_protocol::Seq;
use plenary_protocol::wire::past::Run;

/// Characters of a block that is cut in two.
const BLOCK_MAX: usize = 1024;

/// Stands for an entry nobody knows.
const UNKNOWN: Seq = Seq::ZERO;

#[derive(Debug, Clone, Copy)]
struct Mark {
    letter: char,
    written: Seq,
    deleted: Option<Seq>,
}

#[derive(Debug, Clone, Default)]
struct Block {
    marks: Vec<Mark>,
    standing: usize,
}

/// One text with its past in place.
#[derive(Debug, Clone, Default)]
pub(super) struct Marks {
    blocks: Vec<Block>,
    standing: usize,
}

impl Marks {
    /// A text of which nobody knows who wrote it.
    pub fn unknown(text: &str) -> Marks {
        let mut marks = Marks::default();
        marks.splice(0, 0, text, UNKNOWN);
        marks
    }

    /// How many characters stand.
    pub fn len(&self) -> usize {
        self.standing
    }

    /// Replaces `delete` standing characters at `at` by `insert`; what is inserted stands after all
    /// that was ever deleted there.
    pub fn splice(&mut self, at: usize, delete: usize, insert: &str, by: Seq) {
        self.delete(at, delete, by);
        if insert.is_empty() {
            return;
        }
        let (index, offset) = self.locate(at);
        if self.blocks.is_empty() {
            self.blocks.push(Block::default());
        }
        let block = &mut self.blocks[index];
        let before = block.marks.len();
        let mark = |letter| Mark { letter, written: by, deleted: None };
        block.marks.splice(offset..offset, insert.chars().map(mark));
        let count = block.marks.len() - before;
        block.standing += count;
        self.standing += count;
        self.cut(index);
    }

    fn delete(&mut self, at: usize, count: usize, by: Seq) {
        let (mut index, mut offset) = self.locate(at);
        let mut left = count;
        while left > 0 {
            let Some(block) = self.blocks.get_mut(index) else { return };
            match block.marks.get_mut(offset) {
                Some(mark) => {
                    offset += 1;
                    if mark.deleted.is_none() {
                        mark.deleted = Some(by);
                        block.standing -= 1;
                        self.standing -= 1;
                        left -= 1;
                    }
                }
                None => (index, offset) = (index + 1, 0),
            }
        }
    }

    /// Block and offset of the standing character number `at`, or of the end.
    fn locate(&self, at: usize) -> (usize, usize) {
        let mut left = at;
        for (index, block) in self.blocks.iter().enumerate() {
            if left < block.standing {
                let mut standing = block.marks.iter().enumerate().filter(|(_, mark)| mark.deleted.is_none());
                return (index, standing.nth(left).map_or(block.marks.len(), |(offset, _)| offset));
            }
            left -= block.standing;
        }
        let last = self.blocks.len().saturating_sub(1);
        (last, self.blocks.last().map_or(0, |block| block.marks.len()))
    }

    fn cut(&mut self, index: usize) {
        if self.blocks[index].marks.len() <= BLOCK_MAX {
            return;
        }
        let whole = std::mem::take(&mut self.blocks[index].marks);
        let parts = whole.chunks(BLOCK_MAX / 2).map(|marks| Block {
            standing: marks.iter().filter(|mark| mark.deleted.is_none()).count(),
            marks: marks.to_vec(),
        });
        self.blocks.splice(index..=index, parts.collect::<Vec<_>>());
    }

    fn marks(&self) -> impl Iterator<Item = &Mark> {
        self.blocks.iter().flat_map(|block| &block.marks)
    }

    fn letters(&self) -> impl Iterator<Item = char> {
        self.marks().filter(|mark| mark.deleted.is_none()).map(|mark| mark.letter)
    }

    /// Up to `count` standing characters from `at` on.
    pub fn slice(&self, at: usize, count: usize) -> Vec<char> {
        let (index, offset) = self.locate(at);
        let blocks = self.blocks.iter().enumerate().skip(index);
        let marks = blocks.flat_map(|(number, block)| {
            let from = if number == index { offset } else { 0 };
            &block.marks[from..]
        });
        marks.filter(|mark| mark.deleted.is_none()).map(|mark| mark.letter).take(count).collect()
    }

    /// The text as it stands.
    pub fn text(&self) -> String {
        self.letters().collect()
    }

    /// Whether the text reads so.
    pub fn reads(&self, text: &str) -> bool {
        self.letters().eq(text.chars())
    }

    /// Makes the text read so: what entries do not tell is written by nobody that is known.
    pub fn settle(&mut self, text: &str) {
        let (old, new): (Vec<char>, Vec<char>) = (self.letters().collect(), text.chars().collect());
        let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
        let rest = old.len().min(new.len()) - head;
        let ends = old.iter().rev().zip(new.iter().rev()).take(rest);
        let tail = ends.take_while(|(a, b)| a == b).count();
        let insert: String = new[head..new.len() - tail].iter().collect();
        self.splice(head, old.len() - tail - head, &insert, UNKNOWN);
    }

    /// The characters as runs of the same entries, deleted ones in their place where asked for.
    pub fn runs(&self, with_deleted: bool) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        let is_shown = |mark: &&Mark| match mark.deleted {
            None => true,
            Some(by) => with_deleted && by != UNKNOWN,
        };
        for mark in self.marks().filter(is_shown) {
            let seq = Some(mark.written).filter(|seq| *seq != UNKNOWN);
            match runs.last_mut() {
                Some(run) if run.seq == seq && run.deleted == mark.deleted => run.text.push(mark.letter),
                _ => runs.push(Run { text: mark.letter.to_string(), seq, deleted: mark.deleted }),
            }
        }
        runs
    }
}
