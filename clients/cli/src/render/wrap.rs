//! Text in lines of a given width.

use unicode_width::UnicodeWidthStr;

use crate::term::{MARK_BEGIN, MARK_END};

/// Columns under which a text is not squeezed, however deep it is indented.
const ROOM_MIN: usize = 20;

/// Puts `head` before `text` and breaks the text at blanks so that lines have at most `width` columns;
/// lines after the first begin with `hang`.  Line ends of the text stay.
pub fn wrap(head: &str, hang: &str, text: &str, width: Option<usize>) -> String {
    let mut out = String::from(head);
    for (index, paragraph) in text.split('\n').enumerate() {
        if index > 0 {
            out.push('\n');
            out.push_str(hang);
        }
        let Some(width) = width else {
            out.push_str(paragraph);
            continue;
        };
        let indent = if index == 0 { columns(head) } else { columns(hang) };
        let mut used = indent;
        let mut limit = width.max(indent + ROOM_MIN);
        for (number, word) in paragraph.split(' ').enumerate() {
            let len = columns(word);
            if number > 0 && used + 1 + len > limit {
                // Blanks in a row end where the line does.
                out.truncate(out.trim_end_matches(' ').len());
                out.push('\n');
                out.push_str(hang);
                used = columns(hang);
                limit = width.max(used + ROOM_MIN);
            } else if number > 0 {
                out.push(' ');
                used += 1;
            }
            out.push_str(word);
            used += len;
        }
    }
    out
}

/// Columns that a text takes: wide characters two, those that combine and colours none.
pub fn columns(text: &str) -> usize {
    let mut count = 0;
    let mut rest = text;
    while let Some((before, from)) = rest.split_once(MARK_BEGIN) {
        count += before.width();
        rest = from.split_once(MARK_END).map_or("", |(_, after)| after);
    }
    count + rest.width()
}

/// A text on one line: line ends become blanks.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A text of at most `max` characters, `…` for what is left out.
pub fn cut(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let head: String = text.chars().take(max.saturating_sub(1)).collect();
    format!("{}…", head.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::term::Paint;

    #[test]
    fn lines_break_at_blanks_and_hang() {
        let text = wrap("- ", "  ", "one two three four five six", Some(24));
        assert_eq!(text, "- one two three four\n  five six");
        assert_eq!(wrap("- ", "  ", "one two", None), "- one two");
        assert_eq!(
            wrap("- ", "  ", "one two three four  fivefive", Some(24)),
            "- one two three four\n  fivefive"
        );
    }

    #[test]
    fn line_ends_of_the_text_stay() {
        assert_eq!(wrap("", "  ", "one\ntwo", Some(40)), "one\n  two");
    }

    #[test]
    fn a_deep_indent_leaves_room() {
        let head = " ".repeat(38);
        assert!(wrap(&head, &head, "aaaa bbbb cccc", Some(40)).lines().count() == 1);
    }

    #[test]
    fn colours_take_no_columns_and_ideographs_two() {
        assert_eq!(columns(&Paint(true).red("ab")), 2);
        assert_eq!(columns("国际"), 4);
        assert_eq!(columns("e\u{301}te\u{301}"), 3, "accents that combine");
        assert_eq!(columns("한국 ＡＢ"), 9);
    }

    #[test]
    fn long_texts_are_cut() {
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(cut("abc", 4), "abc");
        assert_eq!(one_line("a\n b\tc"), "a b c");
    }
}
