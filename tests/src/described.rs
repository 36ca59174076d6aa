//! The description of the messages of `/live`, as a judge of what travels.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ciborium::Value;
use jsonschema::Validator;
use plenary_protocol::wire::live::description;
use serde_json::{Value as Json, json};

/// Bytes of a digest; no change and no document is that short.
const DIGEST_BYTES: usize = 32;

/// Whose messages are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Described {
    /// A client's.
    Client,
    /// The server's.
    Server,
}

impl Described {
    fn validator(self) -> &'static Validator {
        static VALIDATORS: [OnceLock<Validator>; 2] = [OnceLock::new(), OnceLock::new()];
        let (slot, name) = match self {
            Described::Client => (0, "ClientMessage"),
            Described::Server => (1, "ServerMessage"),
        };
        VALIDATORS[slot].get_or_init(|| {
            let mut schema = description();
            let parts = schema.as_object_mut().expect("the description is an object");
            parts.remove("anyOf");
            parts.insert("$ref".to_owned(), json!(format!("#/$defs/{name}")));
            jsonschema::validator_for(&schema).expect("the description is a JSON Schema")
        })
    }

    /// Whether a message is as described.
    pub fn fits(self, message: &Json) -> bool {
        self.validator().is_valid(message)
    }

    /// Makes sure that a message is as described.
    ///
    /// # Panics
    /// When it is not.
    #[track_caller]
    pub fn expect(self, message: &Json) {
        if let Err(error) = self.validator().validate(message) {
            panic!("{self:?}: {error}: {message}");
        }
    }
}

/// The same message as it would be in JSON: digests in hexadecimal, other byte strings in base64.
///
/// # Panics
/// When the bytes are no message in CBOR.
pub fn json_of_cbor(bytes: &[u8]) -> Json {
    json(&ciborium::from_reader(bytes).expect("the message is CBOR"))
}

fn json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => json!(value),
        Value::Integer(number) => json!(i64::try_from(*number).expect("a number as JSON has them")),
        Value::Float(number) => json!(number),
        Value::Text(text) => json!(text),
        Value::Bytes(bytes) if bytes.len() == DIGEST_BYTES => {
            json!(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
        }
        Value::Bytes(bytes) => json!(STANDARD.encode(bytes)),
        Value::Array(items) => items.iter().map(json).collect(),
        Value::Map(pairs) => {
            let pair = |(key, value): &(Value, Value)| {
                (key.as_text().expect("keys are texts").to_owned(), json(value))
            };
            Json::Object(pairs.iter().map(pair).collect())
        }
        other => panic!("{other:?} is not used in messages"),
    }
}
