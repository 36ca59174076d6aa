//! Text in XML: everything escaped, and what XML cannot hold or a reader could not see made visible.

use std::fmt::Write as _;

use plenary_protocol::visible::letters;

/// A text as it stands in an element or an attribute.
pub fn escaped(text: &str) -> String {
    judged(letters(text))
}

/// Letters of a text of which it is known whether each hides where it stands.
pub fn judged(letters: impl IntoIterator<Item = (char, bool)>) -> String {
    let mut out = String::new();
    for (letter, is_hidden) in letters {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // A tab in an attribute would be read as a space.
            '\t' => out.push_str("&#9;"),
            letter if is_hidden || letter == '\n' => {
                // Writing to memory does not fail.
                _ = write!(out, "[U+{:04X}]", u32::from(letter));
            }
            letter => out.push(letter),
        }
    }
    out
}
