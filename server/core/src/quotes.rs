//! Whether a quotation says what is quoted, whatever its case, punctuation, spaces and leading year.

use std::collections::BTreeMap;

use plenary_protocol::plan::{ElementView, Value};
use unicode_normalization::UnicodeNormalization as _;

/// What a field of an element says: a text, in a language or else in any, or a typed field; nothing where it
/// is empty or not there.
pub fn said(element: &ElementView, lang: &str, field: &str) -> Option<String> {
    let text = |texts: &BTreeMap<String, String>| texts.get(field).filter(|text| !text.is_empty()).cloned();
    let own = element.text.get(lang).and_then(text);
    let text = own.or_else(|| element.text.values().find_map(text));
    text.or_else(|| element.fields.get(field).map(Value::to_string))
}

/// Whether the printed words stand, in this order and together, in the text that they quote; none do.
pub fn agrees(printed: &str, text: &str) -> bool {
    let (printed, text) = (folded(printed), folded(text));
    // Whole words only: between two spaces.
    printed.is_empty() || format!(" {text} ").contains(&format!(" {printed} "))
}

/// A text as its words alone, in small letters, without a leading "By <year>,".
fn folded(text: &str) -> String {
    let small: String = text.nfkc().flat_map(char::to_lowercase).collect();
    let words: Vec<&str> =
        small.split(|it: char| !it.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let is_year = |word: &str| word.len() == 4 && word.bytes().all(|byte| byte.is_ascii_digit());
    match words.as_slice() {
        ["by", year, rest @ ..] if is_year(year) => rest.join(" "),
        all => all.join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_signs_spaces_and_the_year_do_not_matter() {
        for (printed, text) in [
            (
                "96% of the world population",
                "By 2023, 96 % of the World’s population".replace("’s", "").as_str(),
            ),
            ("“All”  countries", "by 2023 all countries, at least"),
            ("By 2023, gender equality", "By 2023: gender equality"),
            ("ﬁxed broadband", "Fixed-broadband"),
            ("", "anything"),
        ] {
            assert!(agrees(printed, text), "{printed} / {text}");
        }
    }

    #[test]
    fn other_words_other_figures_and_parts_of_words_do() {
        for (printed, text) in [
            ("more than 50%", "over 50%"),
            ("baseline 2010", "baseline 2015"),
            ("policy, legislation or regulation", "legislation"),
            ("1 country", "By 2023, 21 country reports"),
            ("all countries", "countries, all"),
        ] {
            assert!(!agrees(printed, text), "{printed} / {text}");
        }
    }
}
