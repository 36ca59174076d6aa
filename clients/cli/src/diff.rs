//! The difference of two texts by words, as a terminal shows it.

use plenary_protocol::text::words::segments;
use plenary_protocol::wire::past::Segment;

use crate::term::Paint;

/// Characters of unchanged text kept on each side of a change in an excerpt.
const CONTEXT_CHARS: usize = 40;

/// The whole new text with what went and what came: `[-old-]{+new+}`, or colours.
pub fn inline(old: &str, new: &str, paint: Paint) -> String {
    segments(old, new).iter().map(|part| show(part, paint)).collect()
}

/// As `inline`, with long unchanged parts cut to what stands next to a change.
pub fn excerpt(old: &str, new: &str, paint: Paint) -> String {
    let parts = segments(old, new);
    let last = parts.len().saturating_sub(1);
    let cut = |index: usize, part: &Segment| match part {
        Segment::Equal(text) => {
            let chars: Vec<char> = text.chars().collect();
            let keep_head = if index == 0 { 0 } else { CONTEXT_CHARS };
            let keep_tail = if index == last { 0 } else { CONTEXT_CHARS };
            if chars.len() <= keep_head + keep_tail + 3 {
                return text.clone();
            }
            let head: String = chars[..keep_head].iter().collect();
            let tail: String = chars[chars.len() - keep_tail..].iter().collect();
            format!("{head}…{tail}")
        }
        part => show(part, paint),
    };
    parts.iter().enumerate().map(|(index, part)| cut(index, part)).collect()
}

fn show(part: &Segment, paint: Paint) -> String {
    match (part, paint.0) {
        (Segment::Equal(text), _) => text.clone(),
        (Segment::Deleted(text), true) => paint.gone(text),
        (Segment::Inserted(text), true) => paint.green(text),
        (Segment::Deleted(text), false) => format!("[-{text}-]"),
        (Segment::Inserted(text), false) => format!("{{+{text}+}}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Paint = Paint(false);

    #[test]
    fn single_words_are_marked() {
        assert_eq!(
            inline("65 % of households", "75 % of all households", PLAIN),
            "[-65-]{+75+} % of{+ all+} households"
        );
        assert_eq!(inline("a b c", "a b c", PLAIN), "a b c");
        assert_eq!(inline("", "new", PLAIN), "{+new+}");
        assert_eq!(inline("old", "", PLAIN), "[-old-]");
    }

    #[test]
    fn changed_words_side_by_side_become_one_change() {
        assert_eq!(
            inline("by the year 2023 all", "by one date 2023 all", PLAIN),
            "by [-the year-]{+one date+} 2023 all"
        );
    }

    #[test]
    fn ideographs_are_compared_one_by_one() {
        assert_eq!(inline("国际电信联盟", "国际电联", PLAIN), "国际电[-信-]联[-盟-]");
    }

    #[test]
    fn excerpts_keep_what_is_next_to_a_change() {
        let long = "word ".repeat(40);
        let text = excerpt(&format!("{long}old"), &format!("{long}new"), PLAIN);
        assert!(text.starts_with('…') && text.ends_with("[-old-]{+new+}"), "{text}");
        assert!(text.chars().count() < 80);
    }

    #[test]
    fn a_huge_change_is_shown_whole_instead_of_compared() {
        let old = "a ".repeat(3_000);
        let new = "b ".repeat(3_000);
        assert!(inline(&old, &new, PLAIN).starts_with("[-a a "));
    }
}
