//! What the rules go by: their rows, lexicons, vocabularies, thresholds and codes, all of them data.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use plenary_protocol::plan::Stage;
use plenary_protocol::wire::findings::{PrincipleView, Severity};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// How long a Bureau may be silent while the plan moves, microseconds: sixty days.
pub(crate) const SILENT_US_MAX: i64 = 60 * 24 * 3_600 * 1_000_000;

const RULES: &str = include_str!("data/rules.json");
const WORDS: &str = include_str!("data/words.json");
const THRESHOLDS: &str = include_str!("data/thresholds.json");
const SDG: &str = include_str!("data/sdg.json");

/// A row of the table of rules.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Its code.
    pub code: String,
    /// What it weighs, where a finding says nothing else.
    pub severity: Severity,
    /// The stage from which on it is an `E`.
    #[serde(default)]
    pub blocks_from: Option<Stage>,
    /// When it finds something.
    pub says: String,
    /// What resolves its findings.
    pub resolve: String,
    /// The principles of the membership that it serves.
    pub principles: Vec<u8>,
    /// The criteria of a good target that it looks after.
    #[serde(default)]
    pub criteria: Vec<String>,
    /// Whether it compares with the plan before.
    #[serde(default)]
    pub compares: bool,
}

/// The table of rules.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// The principles of the membership.
    pub principles: Vec<PrincipleView>,
    /// The rules, family by family.
    pub rules: Vec<Row>,
}

/// A dimension of breakdowns, by the words that name it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Dimension {
    pub name: String,
    pub words: Vec<String>,
}

/// Lexicons and vocabularies.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Words {
    pub vague: BTreeSet<String>,
    pub relative: Vec<String>,
    pub promises: Vec<String>,
    pub particulars: Vec<String>,
    pub regional_presence: Vec<String>,
    pub stop: BTreeSet<String>,
    pub verbs: BTreeSet<String>,
    pub dimensions: Vec<Dimension>,
    pub gaps: Vec<String>,
    pub percent_units: BTreeSet<String>,
    pub quantities: Vec<String>,
    pub wsis: BTreeSet<String>,
}

/// From where on a rule finds something.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Thresholds {
    pub percent_sum_off: f64,
    pub row_off_kchf: f64,
    pub column_off_kchf: f64,
    pub cell_off_percent_of_cost: f64,
    pub goal_words_shared: f64,
}

/// The codes of the Sustainable Development Goals; targets are the same in all editions.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sdg {
    #[serde(rename = "source")]
    _source: String,
    pub targets: BTreeSet<String>,
    /// Indicators by edition.
    pub indicators: BTreeMap<String, BTreeSet<String>>,
}

/// The data is part of the program, and a test reads all of it; what could not be read would be empty.
fn data<T: DeserializeOwned + Default>(text: &str) -> T {
    serde_json::from_str(text).unwrap_or_default()
}

/// The table of rules.
pub static TABLE: LazyLock<Table> = LazyLock::new(|| data(RULES));
pub(crate) static LEXICON: LazyLock<Words> = LazyLock::new(|| data(WORDS));
pub(crate) static THRESHOLD: LazyLock<Thresholds> = LazyLock::new(|| data(THRESHOLDS));
pub(crate) static SDG_CODES: LazyLock<Sdg> = LazyLock::new(|| data(SDG));

/// A text for comparison: lower case, words and numbers one space apart, nothing else.
pub(crate) fn fold_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_alphanumeric() {
            out.extend(letter.to_lowercase());
        } else if letter == '%' {
            // A share and a number are not the same.
            out.push('%');
        } else if !out.ends_with(' ') && !out.is_empty() {
            out.push(' ');
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Whether a folded phrase stands in a folded text as whole words.
pub(crate) fn has_phrase(text: &str, phrase: &str) -> bool {
    !phrase.is_empty() && format!(" {text} ").contains(&format!(" {phrase} "))
}

/// Whether any of the phrases stands in a text as whole words.
pub(crate) fn has_any(text: &str, phrases: &[String]) -> bool {
    let text = fold_text(text);
    phrases.iter().any(|phrase| has_phrase(&text, &fold_text(phrase)))
}

/// The dimension that words name, where the vocabulary has it.
pub(crate) fn dimension(words: &str) -> Option<&'static str> {
    let words = fold_text(words);
    let named = |dimension: &&Dimension| dimension.words.iter().any(|word| fold_text(word) == words);
    LEXICON.dimensions.iter().find(named).map(|dimension| dimension.name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_data_reads() {
        fn reads<T: DeserializeOwned>(text: &str) {
            serde_json::from_str::<T>(text).map(|_| ()).unwrap();
        }
        reads::<Table>(RULES);
        reads::<Words>(WORDS);
        reads::<Thresholds>(THRESHOLDS);
        reads::<Sdg>(SDG);
    }

    #[test]
    fn texts_are_folded_to_words() {
        assert_eq!(fold_text("By 2023, “All” countries:  25% (LDC)"), "by 2023 all countries 25% ldc");
        assert!(has_phrase("increase by 5%", "increase by") && !has_phrase("increased by 5", "increase by"));
        assert_eq!(dimension("Gender"), Some("gender"));
        assert_eq!(dimension("shoe size"), None);
    }
}
