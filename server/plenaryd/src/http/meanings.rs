//! What the codes of refusals mean, in the words that stand beside them in the code.

use std::sync::LazyLock;

use plenary_protocol::wire::RefusalCode;
use schemars::schema_for;
use serde_json::Value;

/// A code and what it means.
#[derive(Debug)]
pub struct Meaning {
    /// The code.
    pub code: RefusalCode,
    /// What it means, one sentence or two.
    pub says: String,
}

static MEANINGS: LazyLock<Vec<Meaning>> = LazyLock::new(|| {
    let schema = schema_for!(RefusalCode).to_value();
    let variants = schema.get("oneOf").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let meaning = |variant: &Value| {
        let code = serde_json::from_value(variant.get("const")?.clone()).ok()?;
        let says = variant.get("description")?.as_str()?.replace('\n', " ");
        Some(Meaning { code, says })
    };
    variants.iter().filter_map(meaning).collect()
});

/// Every code with its meaning, in the order of the protocol.
pub fn all() -> &'static [Meaning] {
    &MEANINGS
}

/// What a code means, short: its first sentence, up to a semicolon.
pub fn title(code: RefusalCode) -> &'static str {
    let found = all().iter().find(|meaning| meaning.code == code);
    let says = found.map(|meaning| meaning.says.as_str()).unwrap_or_default();
    says.split([';', '.']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_meaning_and_a_title() {
        let json = schema_for!(RefusalCode).to_value();
        let names = json["oneOf"].as_array().unwrap().len();
        assert_eq!((all().len(), all().first().map(|one| one.code)), (names, Some(RefusalCode::Malformed)));
        assert!(json.get("enum").is_none() && names > 30, "{json}");
        assert!(all().iter().all(|meaning| !title(meaning.code).is_empty()));
        assert_eq!(title(RefusalCode::Stale), "Somebody else changed the field since `base`");
    }
}
