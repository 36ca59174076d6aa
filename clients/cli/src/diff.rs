//! The difference of two texts by words.

use crate::term::Paint;

/// Cells of the comparison table; a larger middle part is shown as replaced whole.
const CELLS_MAX: usize = 4_000_000;
/// Characters of unchanged text kept on each side of a change in an excerpt.
const CONTEXT_CHARS: usize = 40;

/// A run of words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// In both.
    Same(String),
    /// Only in the old text.
    Gone(String),
    /// Only in the new text.
    New(String),
}

/// What has to be done to the old text to get the new one.
pub fn words(old: &str, new: &str) -> Vec<Part> {
    let (a, b) = (tokens(old), tokens(new));
    let head = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let tail = a[head..].iter().rev().zip(b[head..].iter().rev()).take_while(|(x, y)| x == y).count();
    let mut parts = Parts::default();
    a[..head].iter().for_each(|word| parts.same(word));
    middle(&a[head..a.len() - tail], &b[head..b.len() - tail], &mut parts);
    a[a.len() - tail..].iter().for_each(|word| parts.same(word));
    parts.done()
}

/// The whole new text with what went and what came: `[-old-]{+new+}`, or colours.
pub fn inline(old: &str, new: &str, paint: Paint) -> String {
    words(old, new).iter().map(|part| show(part, paint)).collect()
}

/// As `inline`, with long unchanged parts cut to what stands next to a change.
pub fn excerpt(old: &str, new: &str, paint: Paint) -> String {
    let parts = words(old, new);
    let last = parts.len().saturating_sub(1);
    let cut = |index: usize, part: &Part| match part {
        Part::Same(text) => {
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

fn show(part: &Part, paint: Paint) -> String {
    match (part, paint.0) {
        (Part::Same(text), _) => text.clone(),
        (Part::Gone(text), true) => paint.red(text),
        (Part::New(text), true) => paint.green(text),
        (Part::Gone(text), false) => format!("[-{text}-]"),
        (Part::New(text), false) => format!("{{+{text}+}}"),
    }
}

/// Words, runs of white space, and single other characters; ideographs stand alone.
fn tokens(text: &str) -> Vec<&str> {
    let class = |c: char| match c {
        c if c >= '\u{2e80}' => 2,
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

fn middle(a: &[&str], b: &[&str], parts: &mut Parts) {
    let columns = b.len() + 1;
    if (a.len() + 1).saturating_mul(columns) > CELLS_MAX {
        a.iter().for_each(|word| parts.went(word));
        b.iter().for_each(|word| parts.came(word));
        return;
    }
    // Length of the longest common subsequence of what follows each pair of positions.
    let mut common = vec![0u32; (a.len() + 1) * columns];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            common[i * columns + j] = if a[i] == b[j] {
                common[(i + 1) * columns + j + 1] + 1
            } else {
                common[(i + 1) * columns + j].max(common[i * columns + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < a.len() && j < b.len() {
        if a[i] == b[j] {
            parts.same(a[i]);
            (i, j) = (i + 1, j + 1);
        } else if common[(i + 1) * columns + j] >= common[i * columns + j + 1] {
            parts.went(a[i]);
            i += 1;
        } else {
            parts.came(b[j]);
            j += 1;
        }
    }
    a[i..].iter().for_each(|word| parts.went(word));
    b[j..].iter().for_each(|word| parts.came(word));
}

/// Runs of words; between two unchanged ones, all that went stands before all that came.
#[derive(Default)]
struct Parts {
    done: Vec<Part>,
    same: String,
    gone: String,
    new: String,
}

impl Parts {
    fn same(&mut self, word: &str) {
        // A lone blank between two changed words reads better as part of the change.
        self.flush_change();
        self.same.push_str(word);
    }

    fn went(&mut self, word: &str) {
        self.flush_same();
        self.gone.push_str(word);
    }

    fn came(&mut self, word: &str) {
        self.flush_same();
        self.new.push_str(word);
    }

    fn flush_same(&mut self) {
        if self.same.is_empty() {
            return;
        }
        let same = std::mem::take(&mut self.same);
        if same == " " && matches!(self.done.last(), Some(Part::Gone(_) | Part::New(_))) {
            self.reopen_change();
            self.gone.push_str(&same);
            self.new.push_str(&same);
        } else {
            self.done.push(Part::Same(same));
        }
    }

    fn reopen_change(&mut self) {
        if let Some(Part::New(_)) = self.done.last()
            && let Some(Part::New(text)) = self.done.pop()
        {
            self.new = text;
        }
        if let Some(Part::Gone(_)) = self.done.last()
            && let Some(Part::Gone(text)) = self.done.pop()
        {
            self.gone = text;
        }
    }

    fn flush_change(&mut self) {
        if !self.gone.is_empty() {
            self.done.push(Part::Gone(std::mem::take(&mut self.gone)));
        }
        if !self.new.is_empty() {
            self.done.push(Part::New(std::mem::take(&mut self.new)));
        }
    }

    fn done(mut self) -> Vec<Part> {
        self.flush_change();
        if !self.same.is_empty() {
            self.done.push(Part::Same(self.same));
        }
        self.done
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
    fn both_texts_can_be_read_back() {
        let cases = [("one two three", "two three four"), ("x, y; z", "x; y, z z"), ("a b", "c d"), ("", "")];
        for (old, new) in cases {
            let parts = words(old, new);
            let text = |wanted: fn(&Part) -> Option<&String>| {
                parts.iter().filter_map(wanted).map(String::as_str).collect::<String>()
            };
            let old_back = text(|part| match part {
                Part::Same(t) | Part::Gone(t) => Some(t),
                Part::New(_) => None,
            });
            let new_back = text(|part| match part {
                Part::Same(t) | Part::New(t) => Some(t),
                Part::Gone(_) => None,
            });
            assert_eq!((old_back.as_str(), new_back.as_str()), (old, new));
        }
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
