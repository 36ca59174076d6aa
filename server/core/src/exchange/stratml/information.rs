//! `OtherInformation` as lines `name: value`, for what StratML has no element for.
//!
//! A value is its plain text, or JSON where it is no text or would not survive as a line; a text that
//! stands in JSON begins with a quotation mark.

use plenary_protocol::plan::{FieldType, Value};
use serde_json::Value as Json;

/// Lines in the making.
#[derive(Default)]
pub(super) struct Lines(String);

impl Lines {
    /// Says a text; an empty one is not said.
    pub(super) fn text(&mut self, name: &str, text: &str) {
        let is_plain = !text.contains(['\n', '\r']) && !text.starts_with('"') && text.trim() == text;
        match text {
            "" => {}
            text if is_plain => self.line(name, text),
            text => self.json(name, &Json::from(text)),
        }
    }

    /// Says a value; one that is not given is not said.
    pub(super) fn value(&mut self, name: &str, value: &Value) {
        match value {
            Value::Text(text) => self.text(name, text),
            value if value.is_absent() => {}
            value => self.json(name, &serde_json::json!(value)),
        }
    }

    /// Says something as JSON.
    pub(super) fn json(&mut self, name: &str, json: &Json) {
        self.line(name, &json.to_string());
    }

    fn line(&mut self, name: &str, value: &str) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        self.0.push_str(name);
        self.0.push_str(": ");
        self.0.push_str(value);
    }

    /// All of them.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The lines of a text, each as name and value; a line without a name has an empty one.
pub(super) fn parse(text: &str) -> Vec<(&str, &str)> {
    let lines = text.lines().filter(|line| !line.is_empty());
    lines.map(|line| line.split_once(": ").unwrap_or(("", line))).collect()
}

/// The text of a line's value; nothing where it is JSON and not a text.
pub(super) fn text_of(value: &str) -> Option<String> {
    if value.starts_with('"') { serde_json::from_str(value).ok() } else { Some(value.to_owned()) }
}

/// A line's value as one of a field; nothing where it does not fit.
pub(super) fn value_of(value: &str, ty: FieldType) -> Option<Value> {
    let value = match ty {
        FieldType::Str | FieldType::Date | FieldType::OneOf(_) | FieldType::Element(_) => {
            Value::Text(text_of(value)?)
        }
        _ => serde_json::from_str(value).ok()?,
    };
    ty.check(&value).ok().filter(|value| !value.is_absent())
}
