//! Schemas as OpenAPI wants them: those of bodies among the components, those of queries as parameters.

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::http::operations::Query;

/// What makes all schemas of the description; they refer to each other within it.
pub fn generator() -> SchemaGenerator {
    let mut settings = SchemaSettings::draft2020_12().for_deserialize();
    settings.definitions_path = "/components/schemas".into();
    settings.into_generator()
}

/// All schemas that were referred to, by name.
pub fn components(mut generator: SchemaGenerator) -> Value {
    let mut out = Value::Object(generator.take_definitions(true));
    tidy(&mut out);
    out
}

/// The parameters behind `?`: the properties of the type they are read into.
pub fn parameters(query: &Query, generator: &mut SchemaGenerator) -> Vec<Value> {
    let mut schema = (query.shape)(generator).to_value();
    tidy(&mut schema);
    let Some(Value::Object(properties)) = schema.get_mut("properties").map(Value::take) else {
        return Vec::new();
    };
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    properties
        .into_iter()
        .map(|(name, mut schema)| {
            let about = schema.as_object_mut().and_then(|schema| schema.remove("description"));
            let schema = without_null(schema);
            let example = query.example.iter().find(|(example, _)| *example == name);
            let mut parameter = json!({
                "name": name,
                "in": "query",
                "required": required.contains(&json!(name)),
                "description": about.unwrap_or_default(),
                "schema": schema,
            });
            if let Some((_, value)) = example {
                parameter["example"] = typed(&parameter["schema"], value);
            }
            parameter
        })
        .collect()
}

/// An example as its schema has it: a number, a truth value, or the text that it is.
fn typed(schema: &Value, text: &str) -> Value {
    match schema["type"].as_str() {
        Some("integer" | "number" | "boolean") => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
        _ => json!(text),
    }
}

/// The schema without `null`: a parameter that is not given is not there.
fn without_null(schema: Value) -> Value {
    let Value::Object(mut schema) = schema else { return schema };
    if let Some(Value::Array(types)) = schema.get("type") {
        let types: Vec<Value> = types.iter().filter(|one| **one != "null").cloned().collect();
        let types = match <[Value; 1]>::try_from(types) {
            Ok([one]) => one,
            Err(types) => types.into(),
        };
        schema.insert("type".into(), types);
    }
    if let Some(Value::Array(options)) = schema.get("anyOf") {
        let options: Vec<Value> = options.iter().filter(|one| one["type"] != "null").cloned().collect();
        if let Ok([Value::Object(one)]) = <[Value; 1]>::try_from(options) {
            schema.remove("anyOf");
            schema.extend(one);
        }
    }
    if schema.get("default").is_some_and(Value::is_null) {
        schema.remove("default");
    }
    schema.into()
}

/// Makes one line of what a comment broke into several, and names each alternative by its tag.
fn tidy(value: &mut Value) {
    match value {
        Value::Object(object) => {
            if let Some(Value::String(text)) = object.get_mut("description") {
                let paragraphs = text.split("\n\n").map(|lines| lines.replace('\n', " "));
                *text = paragraphs.collect::<Vec<_>>().join("\n\n");
            }
            if let Some(name) = tag(object) {
                object.insert("title".to_owned(), name);
            }
            object.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        _ => {}
    }
}

/// The word by which an alternative is told from the others.
fn tag(object: &Map<String, Value>) -> Option<Value> {
    let properties = object.get("properties")?;
    ["type", "do", "op", "change"].iter().find_map(|key| properties.get(key)?.get("const").cloned())
}
