//! The description of the messages: one JSON Schema, made from the types that decode them.
//!
//! It describes what is taken in: a client's message with a key that it does not name is refused, one
//! of the server's may gain keys.  What cannot be said in JSON (a key twice, byte strings) is said in
//! words.

use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{Schema, json_schema};
use serde_json::Value;

use super::{ClientMessage, SUBPROTOCOL_CBOR, SUBPROTOCOL_JSON, ServerMessage};
use plenary_limits::LIVE_MESSAGE_BYTES_MAX;

/// The name under which the description is known.
const NAME: &str = "urn:plenary:live:v1";

/// The JSON Schema (2020-12) of every message of `/live`, both ways.
pub fn description() -> Value {
    let settings = SchemaSettings::draft2020_12().for_deserialize();
    let mut generator = settings.into_generator();
    let client = generator.subschema_for::<ClientMessage>();
    let server = generator.subschema_for::<ServerMessage>();
    let mut root = json_schema!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": NAME,
        "title": "Messages of Plenary's /live, version 1",
        "description": about(),
        "anyOf": [client, server],
        "$defs": generator.take_definitions(false),
    });
    Titles.transform(&mut root);
    root.to_value()
}

fn about() -> String {
    format!(
        "Every message of the WebSocket at /live, both ways. Subprotocol {SUBPROTOCOL_JSON}: each message \
         is one text frame of JSON. Subprotocol {SUBPROTOCOL_CBOR}: each message is one binary frame of \
         CBOR with the same keys and values; there `Bytes` and `Digest` are byte strings, every length is \
         definite, every key is a text that stands once in its map, and there are no tags. A message has at \
         most {LIVE_MESSAGE_BYTES_MAX} bytes. Clients pass over keys and message types of the server that \
         they do not know."
    )
}

/// Gives each message and each command of several the name by which it is told as its title, and
/// makes one line of what a comment broke into several.
#[derive(Debug, Clone)]
struct Titles;

impl Transform for Titles {
    fn transform(&mut self, schema: &mut Schema) {
        let name = ["type", "do", "op", "change"]
            .iter()
            .find_map(|key| schema.get("properties")?.get(key)?.get("const").cloned());
        if let Some(name) = name {
            schema.insert("title".to_owned(), name);
        }
        if let Some(Value::String(text)) = schema.get("description") {
            let paragraphs = text.split("\n\n").map(|lines| lines.replace('\n', " "));
            let text = paragraphs.collect::<Vec<_>>().join("\n\n");
            schema.insert("description".to_owned(), text.into());
        }
        transform_subschemas(self, schema);
    }
}
