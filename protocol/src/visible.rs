//! Characters that are not seen, or that turn or steer what is read: shown by their numbers wherever
//! somebody judges what was written.
//!
//! **Invariant.** What scripts and pictures need stays as it is: joiners between letters that are not
//! Latin, the selector after a symbol, marks on a letter.  The page does the same in TypeScript
//! (`clients/web/src/history/visible.ts`); both are held against `visible/table.json`.

use std::fmt;

/// A character by its number, `⟨U+202E⟩`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number(pub char);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "⟨U+{:04X}⟩", u32::from(self.0))
    }
}

/// The text as somebody may read it who judges it; ends of lines and tabs stay.
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (letter, is_hidden) in letters(text) {
        if is_hidden {
            out.push_str(&Number(letter).to_string());
        } else {
            out.push(letter);
        }
    }
    out
}

/// Each character of a text, and whether it is to be shown by its number.
pub fn letters(text: &str) -> impl Iterator<Item = (char, bool)> + '_ {
    let mut before = None;
    text.char_indices().map(move |(at, letter)| {
        let is_hidden = is_hidden(before, letter, &text[at + letter.len_utf8()..]);
        before = Some(letter);
        (letter, is_hidden)
    })
}

/// Whether a character hides, steers or imitates where it stands: after one and before the rest.
pub fn is_hidden(before: Option<char>, letter: char, rest: &str) -> bool {
    match letter {
        '\n' | '\t' => false,
        // Joiners belong between letters of scripts that join, and between pictures.
        '\u{200c}' | '\u{200d}' => {
            let joins = |c: char| c > '\u{2ff}' && !is_never_seen(c) && !matches!(c, '\u{200c}' | '\u{200d}');
            !(before.is_some_and(joins) && rest.chars().next().is_some_and(joins))
        }
        // It asks for the picture of a symbol.
        '\u{fe0f}' => {
            !before.is_some_and(|c| matches!(c, '#' | '*' | '0'..='9' | '\u{a9}' | '\u{ae}') || is_symbol(c))
        }
        // What looks like a number of ours and was written so.
        '\u{27e8}' => rest.starts_with("U+"),
        letter if is_mark(letter) => {
            before.is_none_or(|c| c.is_whitespace() || c.is_control() || is_never_seen(c))
        }
        letter => letter.is_control() || is_never_seen(letter),
    }
}

/// Signs and pictures.
fn is_symbol(c: char) -> bool {
    matches!(c, '\u{203c}'..='\u{3299}' | '\u{1f000}'..='\u{1faff}') && !is_never_seen(c)
}

/// Marks that are drawn on the character before them.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{34e}' | '\u{350}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

/// Fillers, selectors, tags, what turns the direction of reading, and what is no character.
fn is_never_seen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fdd0}'..='\u{fdef}' | '\u{fe00}'..='\u{fe0e}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
        || u32::from(c) & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests;
