//! A word or text that is looked for in old and new values, whatever its case and however its
//! letters are composed.
//!
//! Of a text that is too long to stand whole in rows, what was deleted and inserted is looked at; of
//! every other value the whole of it.  Names, reasons and ids beside the values are not.

use plenary_limits::QUERY_CHARS_MAX;
use plenary_protocol::plan::Value;
use plenary_protocol::record::EditRow;
use unicode_normalization::{UnicodeNormalization as _, is_nfc};

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needle {
    given: String,
    folded: String,
}

/// Why a text cannot be looked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("what is looked for has 1 to {QUERY_CHARS_MAX} characters, this has {actual}")]
pub struct NeedleError {
    /// How many characters were given.
    pub actual: usize,
}

impl Needle {
    /// Looks for `text`, without the blanks around it.
    ///
    /// # Errors
    /// `NeedleError` when it is empty or too long.
    pub fn new(text: &str) -> Result<Needle, NeedleError> {
        let text = text.trim();
        match text.chars().count() {
            1..=QUERY_CHARS_MAX => Ok(Needle { given: text.to_owned(), folded: folded(text) }),
            actual => Err(NeedleError { actual }),
        }
    }

    /// As it was given.
    pub fn as_str(&self) -> &str {
        &self.given
    }

    /// Whether it stands in a text.
    pub fn is_in(&self, text: &str) -> bool {
        folded(text).contains(&self.folded)
    }

    /// Whether it stands in the old or the new value of a row.
    pub fn is_in_row(&self, row: &EditRow) -> bool {
        let texts = [&row.deleted, &row.inserted].into_iter().flatten();
        [&row.from, &row.to].into_iter().flatten().any(|value| self.is_in_value(value))
            || texts.into_iter().any(|text| self.is_in(text))
    }

    fn is_in_value(&self, value: &Value) -> bool {
        match value {
            Value::Null => false,
            Value::Text(text) => self.is_in(text),
            Value::Set(members) => members.iter().any(|member| self.is_in(member)),
            value => self.is_in(&value.to_string()),
        }
    }
}

/// A text in which letters that differ in case alone are the same, composed as far as they can be.
fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    // Letters that have several small ones (ς and σ) or none of their own (ß) meet in capitals.
    let fold = |letter: char| letter.to_uppercase().flat_map(char::to_lowercase);
    let folded: String = match is_nfc(text) {
        true => text.chars().flat_map(fold).collect(),
        false => text.nfc().flat_map(fold).collect(),
    };
    // What has no capital in one piece comes apart above.
    if is_nfc(&folded) { folded } else { folded.nfc().collect() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn holds(text: &str, looked_for: &str) -> bool {
        Needle::new(looked_for).unwrap().is_in(text)
    }

    #[test]
    fn case_and_composition_make_no_difference() {
        assert!(holds("E-Waste recycling", "e-waste"));
        assert!(holds("ÉNERGIE", "e\u{301}nergie"), "one letter or two");
        assert!(holds("Straße", "STRASSE") && holds("ΟΔΟΣ", "οδος"));
        assert!(holds("国际电联的战略", "战略") && holds("Цели", "ЦЕЛИ"));
        assert!(!holds("énergie", "energie"), "another letter is another letter");
        assert!(!holds("e-waste", "e waste"));
    }

    #[test]
    fn what_can_be_looked_for_is_bounded() {
        assert_eq!(Needle::new(" \n"), Err(NeedleError { actual: 0 }));
        plenary_limits::holds!(QUERY_CHARS_MAX, |chars| Needle::new(&"x".repeat(chars)).is_ok());
        assert_eq!(Needle::new(&"é".repeat(201)), Err(NeedleError { actual: 201 }));
    }

    proptest! {
        #[test]
        fn a_part_of_a_text_is_found_in_it_in_any_case(
            before in "\\PC{0,8}", part in "[a-zäöüßçéΣςσЖя战0-9 ]{1,8}", after in "[ .,;a-z]{0,8}",
        ) {
            prop_assume!(!part.trim().is_empty());
            // A mark at the edge would make another letter of the one before it.
            let text = format!("{before} {part}{after}");
            prop_assert!(holds(&text, &part), "{text:?} {part:?}");
            prop_assert!(holds(&text.to_uppercase(), &part), "{text:?} {part:?}");
            prop_assert!(holds(&text, &part.to_uppercase()), "{text:?} {part:?}");
        }
    }
}
