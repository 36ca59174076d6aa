//! Two texts compared word by word.

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::wire::past::Segment;
use plenary_limits::WORDS_COMPARED_MAX;

/// From here on (CJK and beyond) each character is a word.
const IDEOGRAPHS_FROM: char = '\u{2e80}';

/// Both texts in order, what is in both once: the earlier text without `Inserted`, the later one
/// without `Deleted`.
pub fn segments(old: &str, new: &str) -> Vec<Segment> {
    let (old, new) = (tokens(old), tokens(new));
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - head;
    let tail = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let (old_mid, new_mid) = (&old[head..old.len() - tail], &new[head..new.len() - tail]);
    let mut out = Segments::default();
    out.equal(&old[..head]);
    if old_mid.len() + new_mid.len() > WORDS_COMPARED_MAX {
        out.replace(old_mid, new_mid);
    } else {
        for op in capture_diff_slices(Algorithm::Myers, old_mid, new_mid) {
            match op {
                DiffOp::Equal { old_index, len, .. } => out.equal(&old_mid[old_index..old_index + len]),
                other => out.replace(&old_mid[other.old_range()], &new_mid[other.new_range()]),
            }
        }
    }
    out.equal(&old[old.len() - tail..]);
    out.done()
}

/// Words, runs of white space, and single other signs.
fn tokens(text: &str) -> Vec<&str> {
    let class = |c: char| match c {
        c if c >= IDEOGRAPHS_FROM => 2,
        c if c.is_alphanumeric() => 0,
        c if c.is_whitespace() => 1,
        _ => 2,
    };
    let mut out = Vec::new();
    let mut start = 0;
    let mut before = None;
    for (index, c) in text.char_indices() {
        if before.is_some_and(|before| before != class(c) || before == 2) {
            out.push(&text[start..index]);
            start = index;
        }
        before = Some(class(c));
    }
    if start < text.len() {
        out.push(&text[start..]);
    }
    out
}

/// Between two equal stretches, all that went stands before all that came; white space alone between
/// two changes is part of the change, so that a rewritten phrase reads as one.
#[derive(Default)]
struct Segments {
    done: Vec<Segment>,
    equal: String,
    deleted: String,
    inserted: String,
}

impl Segments {
    fn equal(&mut self, tokens: &[&str]) {
        if tokens.is_empty() {
            return;
        }
        self.equal.extend(tokens.iter().copied());
    }

    fn replace(&mut self, old: &[&str], new: &[&str]) {
        if old.is_empty() && new.is_empty() {
            return;
        }
        let is_open = !self.deleted.is_empty() || !self.inserted.is_empty();
        if is_open && self.equal == " " {
            let blank = std::mem::take(&mut self.equal);
            self.deleted.push_str(&blank);
            self.inserted.push_str(&blank);
        } else if !self.equal.is_empty() {
            self.flush();
        }
        self.deleted.extend(old.iter().copied());
        self.inserted.extend(new.iter().copied());
    }

    /// Closes the change that is open, then the equal stretch after it.
    fn flush(&mut self) {
        for (text, make) in [
            (&mut self.deleted, Segment::Deleted as fn(String) -> Segment),
            (&mut self.inserted, Segment::Inserted),
            (&mut self.equal, Segment::Equal),
        ] {
            if !text.is_empty() {
                self.done.push(make(std::mem::take(text)));
            }
        }
    }

    fn done(mut self) -> Vec<Segment> {
        self.flush();
        self.done
    }
}

#[cfg(test)]
#[path = "words_tests.rs"]
mod tests;
