//! Text in HTML: everything escaped, and what cannot be seen or turns the reading direction made visible.

use std::fmt::Write as _;

use plenary_protocol::visible::letters;

/// Puts a text into a page.
pub fn put(out: &mut String, text: &str) {
    put_judged(out, letters(text));
}

/// Puts letters of a text into a page of which it is known whether each hides where it stands.
pub fn put_judged(out: &mut String, letters: impl IntoIterator<Item = (char, bool)>) {
    for (letter, is_hidden) in letters {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' => out.push_str("<i>↵</i><br>"),
            letter if is_hidden || letter == '\t' => {
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
