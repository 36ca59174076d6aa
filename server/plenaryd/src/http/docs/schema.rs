//! A schema for people: a phrase where it stands beside a name, a table where it stands alone.

use serde_json::{Map, Value};

use super::html::{code, escaped, prose};

/// Where the schemas of the description lie.
const COMPONENTS: &str = "#/components/schemas/";

/// What a schema holds, as a phrase of HTML.
pub fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix(COMPONENTS)) {
        return format!("<a href=\"#schema-{0}\">{0}</a>", escaped(name));
    }
    if let Some(value) = schema.get("const") {
        return literal(value);
    }
    for key in ["anyOf", "oneOf", "allOf"] {
        if let Some(Value::Array(options)) = schema.get(key) {
            return options.iter().map(kind).collect::<Vec<_>>().join(" or ");
        }
    }
    if let Some(Value::Array(values)) = schema.get("enum") {
        return values.iter().map(literal).collect::<Vec<_>>().join(", ");
    }
    match &schema["type"] {
        Value::Array(types) => {
            let names = types.iter().map(|name| named(name.as_str().unwrap_or_default(), schema));
            names.collect::<Vec<_>>().join(" or ")
        }
        name => named(name.as_str().unwrap_or("anything"), schema),
    }
}

fn named(name: &str, schema: &Value) -> String {
    match name {
        "array" => format!("list of {}", schema.get("items").map_or("anything".to_owned(), kind)),
        "object" => match schema.get("additionalProperties") {
            Some(value @ Value::Object(_)) => format!("object whose values are {}", kind(value)),
            _ => "object".to_owned(),
        },
        "string" => "text".to_owned(),
        "integer" => "whole number".to_owned(),
        "boolean" => "true or false".to_owned(),
        other => escaped(other),
    }
}

fn literal(value: &Value) -> String {
    code(&value.to_string())
}

/// A whole schema: what it is, what it has, what it may be.
pub fn whole(schema: &Value) -> String {
    let mut out = String::new();
    if let Some(text) = schema["description"].as_str() {
        for paragraph in text.split("\n\n") {
            out.push_str(&format!("<p>{}</p>\n", prose(paragraph)));
        }
    }
    let options = ["oneOf", "anyOf"].iter().find_map(|key| schema.get(*key)?.as_array());
    match schema.get("properties").and_then(Value::as_object) {
        Some(properties) => out.push_str(&table(properties, &schema["required"])),
        None if options.is_none() => out.push_str(&format!("<p>{}{}</p>\n", kind(schema), bounds(schema))),
        None => {}
    }
    if let Some(options) = options {
        let also = if schema.get("properties").is_some() { "And one of:" } else { "One of:" };
        let items: String = options.iter().map(option).collect();
        out.push_str(&format!("<p>{also}</p>\n<ul>\n{items}</ul>\n"));
    }
    out
}

/// One of several things that a schema may be.
fn option(schema: &Value) -> String {
    let about = prose(schema["description"].as_str().unwrap_or_default());
    match schema.get("properties").and_then(Value::as_object) {
        Some(properties) => {
            let title = schema["title"].as_str().map(code).unwrap_or_default();
            format!("<li>{title} {about}\n{}</li>\n", table(properties, &schema["required"]))
        }
        None => format!("<li>{} {about}</li>\n", kind(schema)),
    }
}

fn bounds(schema: &Value) -> String {
    let bound = |key: &str, before: &str, after: &str| {
        schema.get(key).map(|value| format!(", {before}{}{after}", code(&value.to_string())))
    };
    let bounds = [
        bound("minLength", "at least ", " characters"),
        bound("maxLength", "at most ", " characters"),
        bound("minimum", "at least ", ""),
        schema["pattern"].as_str().map(|pattern| format!(", as in {}", code(pattern))),
    ];
    bounds.into_iter().flatten().collect()
}

fn table(properties: &Map<String, Value>, required: &Value) -> String {
    let is_needed = |name: &String| required.as_array().is_some_and(|all| all.iter().any(|one| one == name));
    let row = |(name, schema): (&String, &Value)| {
        format!(
            "<tr><th scope=\"row\">{} <span>{}{}</span></th><td>{}</td></tr>\n",
            code(name),
            kind(schema),
            if is_needed(name) { ", always" } else { "" },
            prose(schema["description"].as_str().unwrap_or_default()),
        )
    };
    let rows: String = properties.iter().map(row).collect();
    super::table("Properties", "Name", &rows)
}
