//! The description as it is kept, and whole.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::Value;

use super::*;
use crate::http::openapi::DOCUMENT;

/// Set to write the file anew.
const REGENERATE: &str = "PLENARY_REGENERATE";

#[test]
fn the_kept_description_is_the_one_the_table_gives() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    if std::env::var(REGENERATE).is_ok_and(|value| value == "1") {
        std::fs::write(&path, serde_json::to_string_pretty(&*DOCUMENT).unwrap() + "\n").unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let kept: Value = serde_json::from_str(&kept).unwrap_or_default();
    assert!(kept == *DOCUMENT, "openapi.json is not what the table gives; run this test with {REGENERATE}=1");
}

#[test]
fn every_operation_has_a_name_of_its_own_and_says_what_it_is() {
    let operations = all();
    let ids: BTreeSet<&str> = operations.iter().map(|operation| operation.id).collect();
    assert_eq!(ids.len(), operations.len());
    for operation in &operations {
        let id = operation.id;
        assert!(!operation.summary.is_empty() && !operation.success.about.is_empty(), "{id}");
        assert!(!operation.summary.ends_with('.'), "{id}");
        let parts = operation.path.matches('{').count();
        assert_eq!(
            operation.path_parameters().count(),
            parts,
            "{id}: a part of its address is not described"
        );
        let others =
            operations.iter().filter(|one| (one.path, &one.method) == (operation.path, &operation.method));
        assert_eq!(others.count(), 1, "{id}");
    }
}

#[test]
fn every_parameter_is_described_and_every_example_is_of_one() {
    let mut seen = 0;
    for operation in all() {
        let method = operation.method.as_str().to_lowercase();
        let parameters = &DOCUMENT["paths"][operation.path][method]["parameters"];
        let parameters: Vec<&Value> = parameters.as_array().into_iter().flatten().collect();
        for parameter in &parameters {
            let about = parameter["description"].as_str().unwrap_or_default();
            assert!(!about.is_empty(), "{}: {parameter}", operation.id);
            assert!(parameter["schema"]["type"].is_string() || parameter["schema"]["$ref"].is_string());
            seen += 1;
        }
        for (name, _) in operation.query.iter().flat_map(|query| query.example) {
            assert!(parameters.iter().any(|one| one["name"] == *name), "{}: {name}", operation.id);
        }
    }
    assert!(seen > 50, "{seen}");
}

#[test]
fn every_reference_leads_somewhere_and_every_schema_is_used() {
    fn references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
        match value {
            Value::Object(object) => {
                if let Some(Value::String(reference)) = object.get("$ref") {
                    found.insert(reference);
                }
                object.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    references(&DOCUMENT, &mut found);
    for reference in &found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(DOCUMENT.pointer(pointer).is_some(), "{reference}");
    }
    for name in DOCUMENT["components"]["schemas"].as_object().unwrap().keys() {
        assert!(found.contains(format!("#/components/schemas/{name}").as_str()), "{name} is not used");
    }
}

#[test]
fn every_code_of_the_protocol_is_explained_and_those_of_http_are_given_somewhere() {
    let schema = DOCUMENT["components"]["schemas"]["RefusalCode"].to_string();
    let given: Vec<RefusalCode> = all().iter().flat_map(Operation::codes).collect();
    // Of replicas alone, and what no operation but an address itself gives.
    let elsewhere = [
        "not_subscribed",
        "bad_change",
        "missing_dependency",
        "bad_header",
        "foreign_actor",
        "depends_on_refused",
        "no_such_route",
        "wrong_method",
    ];
    for meaning in meanings::all() {
        let name = meaning.code.as_str();
        assert!(schema.contains(&format!("\"{name}\"")), "{name}");
        let is_given = given.contains(&meaning.code);
        assert_eq!(is_given, !elsewhere.contains(&name.as_str()), "{name}");
    }
}
