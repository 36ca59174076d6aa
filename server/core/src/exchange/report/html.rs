//! Text in HTML: everything escaped, and what cannot be seen or turns the reading direction made visible.

use std::fmt::Write as _;

/// Whether a character hides, steers the direction of reading, or controls.
pub fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0e}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{fdd0}'..='\u{fdef}' | '\u{e0000}'..='\u{e0fff}')
}

/// Puts a text into a page.
pub fn put(out: &mut String, text: &str) {
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' => out.push_str("<i>↵</i><br>"),
            letter if is_hidden(letter) => {
                // Writing to memory does not fail.
                _ = write!(out, "<i>U+{:04X}</i>", u32::from(letter));
            }
            letter => out.push(letter),
        }
    }
}

/// A text as it stands in a page, read in a direction of its own.
pub fn text(text: &str) -> String {
    let mut out = String::from("<bdi>");
    put(&mut out, text);
    out.push_str("</bdi>");
    out
}

/// A text without what is beyond so many characters, and how many those are.
pub fn cut(text: &str, chars_max: usize) -> (&str, usize) {
    match text.char_indices().nth(chars_max) {
        Some((end, _)) => (&text[..end], text[end..].chars().count()),
        None => (text, 0),
    }
}
