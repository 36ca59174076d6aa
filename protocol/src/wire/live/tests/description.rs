//! The description as it is kept, complete, and of one mind with the decoders.

use std::collections::BTreeSet;

use super::*;

/// Set to write the file anew.
const REGENERATE: &str = "PLENARY_REGENERATE";

#[test]
fn the_kept_description_is_the_one_the_types_give() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("LIVE.schema.json");
    if std::env::var(REGENERATE).is_ok_and(|value| value == "1") {
        let made = serde_json::to_string_pretty(&description()).unwrap() + "\n";
        std::fs::write(&path, made).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let kept: Json = serde_json::from_str(&kept).unwrap_or_default();
    assert!(
        kept == description(),
        "LIVE.schema.json is not what the types give; run this test with {REGENERATE}=1"
    );
}

#[test]
fn the_description_is_a_json_schema() {
    jsonschema::meta::validate(&description()).unwrap();
}

/// The types of messages that the description names.
fn described(name: &str) -> BTreeSet<String> {
    let schema = description();
    let variants = schema["$defs"][name]["oneOf"].as_array().unwrap();
    variants.iter().map(|each| each["properties"]["type"]["const"].as_str().unwrap().to_owned()).collect()
}

fn types(messages: impl IntoIterator<Item = String>) -> BTreeSet<String> {
    let kind = |text: String| {
        let json: Json = serde_json::from_str(&text).unwrap();
        json["type"].as_str().unwrap().to_owned()
    };
    messages.into_iter().map(kind).collect()
}

#[test]
fn every_message_has_an_example_that_fits_in_both_encodings() {
    let (client, server) = (examples::client(), examples::server());
    client.iter().for_each(check_client);
    server.iter().for_each(check_server);
    assert_eq!(types(client.iter().map(ClientMessage::to_json)), described("ClientMessage"));
    assert_eq!(types(server.iter().map(ServerMessage::to_json)), described("ServerMessage"));
}

#[test]
fn every_command_has_an_example() {
    let schema = description();
    let variants = schema["$defs"]["Command"]["oneOf"].as_array().unwrap();
    let described: BTreeSet<_> =
        variants.iter().map(|each| each["properties"]["do"]["const"].clone().to_string()).collect();
    let commands = examples::commands();
    let shown: BTreeSet<_> =
        commands.iter().map(|command| serde_json::to_value(command).unwrap()["do"].to_string()).collect();
    assert_eq!(shown, described);
}

#[test]
fn every_part_says_what_it_is() {
    fn walk(at: &str, schema: &Json, silent: &mut Vec<String>) {
        let Some(parts) = schema.as_object() else { return };
        for (name, part) in parts.get("properties").and_then(Json::as_object).into_iter().flatten() {
            let at = format!("{at}.{name}");
            if part.get("description").is_none() && part.get("const").is_none() {
                silent.push(at.clone());
            }
            walk(&at, part, silent);
        }
        for part in parts.get("oneOf").and_then(Json::as_array).into_iter().flatten() {
            walk(&format!("{at}/{}", part["title"].as_str().unwrap_or_default()), part, silent);
        }
    }
    let schema = description();
    let mut silent = Vec::new();
    for (name, part) in schema["$defs"].as_object().unwrap() {
        if part.get("description").is_none() {
            silent.push(name.clone());
        }
        walk(name, part, &mut silent);
    }
    assert_eq!(silent, Vec::<String>::new());
}

#[test]
fn what_the_description_refuses_the_decoders_refuse() {
    for bad in examples::bad() {
        assert!(!client_fits(&bad), "the description takes {bad}");
        assert!(ClientMessage::from_json(&bad.to_string()).is_err(), "JSON takes {bad}");
        let mut bytes = Vec::new();
        ciborium::into_writer(&bad, &mut bytes).unwrap();
        assert!(ClientMessage::from_cbor(&bytes).is_err(), "CBOR takes {bad}");
    }
}

#[test]
fn bytes_have_one_spelling() {
    let changes = |changes: Json| json!({ "type": "changes", "id": "a", "plan": "p", "changes": changes });
    for good in ["", "AA==", "AAA=", "AAAA", "+/8=", "QUJDRA=="] {
        let message = changes(json!([good]));
        assert!(client_fits(&message), "{good}");
        assert!(ClientMessage::from_json(&message.to_string()).is_ok(), "{good}");
    }
    for bad in [
        json!("A"),
        json!("AA"),
        json!("AB=="),
        json!("AAB="),
        json!("A A="),
        json!("-_8="),
        json!([65]),
        json!(7),
    ] {
        let message = changes(json!([bad]));
        assert!(!client_fits(&message), "{bad}");
        assert!(ClientMessage::from_json(&message.to_string()).is_err(), "{bad}");
    }
}
