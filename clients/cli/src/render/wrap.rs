//! Text in lines of a given width.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::term::{MARK_BEGIN, MARK_END};

/// Columns under which a text is not squeezed, however deep it is indented.
const ROOM_MIN: usize = 20;

/// Puts `head` before `text` and breaks the text at blanks so that lines have at most `width` columns;
/// lines after the first begin with `hang`.  Line ends of the text stay; a word that is wider than a line is
/// broken, and a hang that would leave little room is shortened.
pub fn wrap(head: &str, hang: &str, text: &str, width: Option<usize>) -> String {
    let Some(width) = width else {
        let hanging = format!("\n{hang}");
        return format!("{head}{}", text.replace('\n', &hanging));
    };
    let hang = fitting(hang, width.saturating_sub(ROOM_MIN));
    let mut lines = Lines { out: String::from(head), used: columns(head), hang, width };
    for (index, paragraph) in text.split('\n').enumerate() {
        if index > 0 {
            lines.end();
        }
        for (number, word) in paragraph.split(' ').enumerate() {
            lines.word(word, number > 0);
        }
    }
    lines.out
}

struct Lines<'a> {
    out: String,
    used: usize,
    hang: &'a str,
    width: usize,
}

impl Lines<'_> {
    fn end(&mut self) {
        // Blanks in a row end where the line does.
        self.out.truncate(self.out.trim_end_matches(' ').len());
        self.out.push('\n');
        self.out.push_str(self.hang);
        self.used = columns(self.hang);
    }

    fn word(&mut self, word: &str, is_apart: bool) {
        let wide = columns(word);
        if self.used + usize::from(is_apart) + wide > self.width && self.used > columns(self.hang) {
            self.end();
        } else if is_apart {
            self.out.push(' ');
            self.used += 1;
        }
        if self.used + wide <= self.width {
            self.out.push_str(word);
            self.used += wide;
        } else {
            self.broken(word);
        }
    }

    /// A word that is wider than what is left, with line ends in it; colours stay whole.
    fn broken(&mut self, word: &str) {
        let mut in_mark = false;
        for letter in word.chars() {
            in_mark |= letter == MARK_BEGIN;
            let wide = if in_mark { 0 } else { letter.width().unwrap_or(0) };
            in_mark &= letter != MARK_END;
            if self.used + wide > self.width && self.used > columns(self.hang) {
                self.end();
            }
            self.out.push(letter);
            self.used += wide;
        }
    }
}

/// The beginning of a text that takes at most so many columns.
fn fitting(text: &str, max: usize) -> &str {
    let mut used = 0;
    let fits = |(_, letter): &(usize, char)| {
        used += letter.width().unwrap_or(0);
        used > max
    };
    text.char_indices().find(fits).map_or(text, |(end, _)| &text[..end])
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
        let text = wrap(&head, &head, "aaaa bbbb cccc dddd eeee", Some(40));
        let hang = " ".repeat(20);
        assert_eq!(text, format!("\n{hang}aaaa bbbb cccc dddd\n{hang}eeee"));
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        let word = "a".repeat(100);
        let texts = [
            "",
            "one",
            "one two three",
            &word,
            &format!("x {word} y"),
            "国际电信联盟理事会关于战略规划的决议草案",
        ];
        let colour = Paint(true).red("red words among others");
        for width in [40, 60, 80] {
            for (head, hang) in
                [("", ""), ("- ", "  "), ("      1.4.i1 indicator ", "│  │     "), (&word, &word)]
            {
                for text in texts.into_iter().chain([colour.as_str()]) {
                    let wrapped = wrap(head, hang, text, Some(width));
                    let lines: Vec<usize> = wrapped.lines().map(columns).collect();
                    let most = width.max(columns(head));
                    assert!(
                        lines.iter().all(|columns| *columns <= most),
                        "{width} {head:?} {text:?}: {wrapped}"
                    );
                    let letters =
                        |text: &str| text.chars().filter(|c| !c.is_whitespace() && *c != '│').count();
                    let hangs = lines.len().saturating_sub(1) * letters(fitting(hang, width - ROOM_MIN));
                    assert_eq!(
                        letters(&wrapped),
                        letters(head) + letters(text) + hangs,
                        "nothing is lost: {wrapped}"
                    );
                }
            }
        }
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
