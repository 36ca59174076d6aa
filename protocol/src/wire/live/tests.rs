//! Every message in both encodings, against the description, and what neither takes.

mod cbor;
mod description;
mod examples;
mod generated;

use std::path::PathBuf;
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ciborium::Value;
use jsonschema::Validator;
use serde_json::{Value as Json, json};

use super::*;

/// Bytes of a digest; no change and no document of the examples is that short.
const DIGEST_BYTES: usize = 32;

fn validator(name: &str) -> Validator {
    let mut schema = description();
    let parts = schema.as_object_mut().unwrap();
    parts.remove("anyOf");
    parts.insert("$ref".to_owned(), json!(format!("#/$defs/{name}")));
    jsonschema::validator_for(&schema).unwrap()
}

fn client_fits(message: &Json) -> bool {
    static CLIENT: OnceLock<Validator> = OnceLock::new();
    CLIENT.get_or_init(|| validator("ClientMessage")).is_valid(message)
}

fn server_fits(message: &Json) -> bool {
    static SERVER: OnceLock<Validator> = OnceLock::new();
    SERVER.get_or_init(|| validator("ServerMessage")).is_valid(message)
}

/// The message as JSON has it: digests in hexadecimal, other byte strings in base64.
fn json_of_cbor(bytes: &[u8]) -> Json {
    json_of(&ciborium::from_reader(bytes).unwrap())
}

fn json_of(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => json!(value),
        Value::Integer(number) => u64::try_from(*number)
            .map_or_else(|_| json!(i64::try_from(*number).unwrap()), |number| json!(number)),
        Value::Float(number) => json!(number),
        Value::Text(text) => json!(text),
        Value::Bytes(bytes) if bytes.len() == DIGEST_BYTES => {
            json!(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
        }
        Value::Bytes(bytes) => json!(STANDARD.encode(bytes)),
        Value::Array(items) => items.iter().map(json_of).collect(),
        Value::Map(pairs) => {
            let pair = |(key, value): &(Value, Value)| (key.as_text().unwrap().to_owned(), json_of(value));
            Json::Object(pairs.iter().map(pair).collect())
        }
        other => panic!("{other:?} is not used in messages"),
    }
}

#[track_caller]
fn check_client(message: &ClientMessage) {
    let (text, bytes) = (message.to_json(), message.to_cbor());
    let json: Json = serde_json::from_str(&text).unwrap();
    assert!(client_fits(&json), "{json}");
    assert_eq!(json_of_cbor(&bytes), json, "both encodings say the same");
    assert_eq!(ClientMessage::from_json(&text).as_ref(), Ok(message));
    assert_eq!(ClientMessage::from_cbor(&bytes).as_ref(), Ok(message));
}

#[track_caller]
fn check_server(message: &ServerMessage) {
    let (text, bytes) = (message.to_json(), message.to_cbor());
    let json: Json = serde_json::from_str(&text).unwrap();
    assert!(server_fits(&json), "{json}");
    assert_eq!(json_of_cbor(&bytes), json, "both encodings say the same");
    assert_eq!(ServerMessage::from_json(&text).as_ref(), Ok(message));
    assert_eq!(ServerMessage::from_cbor(&bytes).as_ref(), Ok(message));
}

#[test]
fn the_first_known_subprotocol_in_the_clients_order_is_chosen() {
    let cases: [(&[&str], Option<Encoding>); 5] = [
        (&[SUBPROTOCOL_JSON, SUBPROTOCOL_CBOR], Some(Encoding::Json)),
        (&[" plenary.live.v1+cbor", SUBPROTOCOL_JSON], Some(Encoding::Cbor)),
        (&["plenary.live.v9+cbor", SUBPROTOCOL_JSON], Some(Encoding::Json)),
        (&["plenary.live.v1"], None),
        (&[], None),
    ];
    for (offered, chosen) in cases {
        assert_eq!(Encoding::choose(offered.iter().copied()), chosen, "{offered:?}");
    }
}
