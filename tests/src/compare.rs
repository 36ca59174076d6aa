//! An independent reading of a plan's document, held against the plan as the server shows it.
//!
//! Written from the layout alone (`protocol::plan::layout`), without the server's reader: plain maps
//! and texts, parents and order, and the codes of targets counted by hand.

use std::collections::BTreeMap;

use automerge::hydrate::Value as Held;
use automerge::{Automerge, ScalarValue};
use serde_json::{Map, Value as Json, json};

/// Keys of an element in the document that the plan shows in a form of their own.
const OWN_FORM: [&str; 7] = ["kind", "parent", "order", "owner", "removed", "code", "text"];
/// Keys of an element in the plan that are not typed fields.
const NOT_FIELDS: [&str; 10] =
    ["id", "kind", "code", "own_code", "parent", "order", "owner", "removed", "text", "concurrent"];

/// A document's content as JSON: maps as objects, texts as strings.
pub fn json_of(doc: &Automerge) -> Json {
    held_json(&doc.hydrate(None))
}

fn held_json(held: &Held) -> Json {
    match held {
        Held::Map(map) => map.iter().map(|(key, held)| (key.clone(), held_json(&held.value))).collect(),
        Held::List(list) => list.iter().map(|held| held_json(&held.value)).collect(),
        Held::Text(text) => json!(text.to_string()),
        Held::Scalar(scalar) => match scalar {
            ScalarValue::Str(text) => json!(text.as_str()),
            ScalarValue::Int(number) => json!(number),
            ScalarValue::Uint(number) => json!(number),
            ScalarValue::F64(number) => json!(number),
            ScalarValue::Boolean(value) => json!(value),
            ScalarValue::Null => Json::Null,
            other => json!(format!("{other:?}")),
        },
    }
}

/// Everything in which a plan as shown differs from the document; empty when it shows what is there.
///
/// `shown` is the answer of `GET /plans/{id}?removed=true`.
pub fn differences(doc: &Json, shown: &Json) -> Vec<String> {
    let mut found = Vec::new();
    for (what, key) in [("element", "elements"), ("link", "links")] {
        let empty = Map::new();
        let held = doc[key].as_object().unwrap_or(&empty);
        let mut listed: BTreeMap<&str, &Json> = BTreeMap::new();
        for item in shown[key].as_array().into_iter().flatten() {
            let id = item["id"].as_str().unwrap_or_default();
            if listed.insert(id, item).is_some() {
                found.push(format!("{what} {id} is shown twice"));
            }
        }
        for id in held.keys().filter(|id| !listed.contains_key(id.as_str())) {
            found.push(format!("{what} {id} is not shown"));
        }
        for (id, item) in listed {
            match held.get(id) {
                None => found.push(format!("{what} {id} is shown and not there")),
                Some(held) if what == "element" => compare_element(id, held, item, &mut found),
                Some(held) => compare_link(id, held, item, &mut found),
            }
        }
    }
    compare_fields("plan", &doc["plan"], &shown["plan"], &[], &[], &mut found);
    found.extend(order_problems(&shown["elements"]));
    found
}

fn text_or_absent(value: &Json) -> Json {
    if value.as_str() == Some("") { Json::Null } else { value.clone() }
}

fn compare_element(id: &str, held: &Json, shown: &Json, found: &mut Vec<String>) {
    for (key, shown_key) in
        [("kind", "kind"), ("parent", "parent"), ("order", "order"), ("owner", "owner"), ("code", "own_code")]
    {
        if text_or_absent(&held[key]) != shown[shown_key] {
            found.push(format!("{id}.{key}: there {}, shown {}", held[key], shown[shown_key]));
        }
    }
    if (held["removed"] == json!(true)) != (shown["removed"] == json!(true)) {
        found.push(format!("{id}.removed: there {}, shown {}", held["removed"], shown["removed"]));
    }
    let texts = |json: &Json| -> BTreeMap<(String, String), String> {
        let langs = json["text"].as_object().into_iter().flatten();
        langs
            .flat_map(|(lang, texts)| {
                let texts = texts.as_object().into_iter().flatten();
                texts.map(move |(name, text)| {
                    ((lang.clone(), name.clone()), text.as_str().unwrap_or_default().to_owned())
                })
            })
            .filter(|(_, text)| !text.is_empty())
            .collect()
    };
    let (there, here) = (texts(held), texts(shown));
    if there != here {
        found.push(format!("{id}.text: there {there:?}, shown {here:?}"));
    }
    compare_fields(id, held, shown, &OWN_FORM, &NOT_FIELDS, found);
}

fn compare_link(id: &str, held: &Json, shown: &Json, found: &mut Vec<String>) {
    for key in ["kind", "from", "to"] {
        if held[key] != shown[key] {
            found.push(format!("{id}.{key}: there {}, shown {}", held[key], shown[key]));
        }
    }
    if (held["removed"] == json!(true)) != (shown["removed"] == json!(true)) {
        found.push(format!("{id}.removed: there {}, shown {}", held["removed"], shown["removed"]));
    }
    if text_or_absent(&held["note"]) != shown["note"] {
        found.push(format!("{id}.note: there {}, shown {}", held["note"], shown["note"]));
    }
    let own = ["id", "kind", "from", "to", "removed", "note", "concurrent"];
    compare_fields(id, held, shown, &own, &own, found);
}

/// Typed fields: a set lies there as a map of members, a reference as one text.
fn compare_fields(
    id: &str,
    held: &Json,
    shown: &Json,
    not_held: &[&str],
    not_shown: &[&str],
    found: &mut Vec<String>,
) {
    let fields = |json: &Json, without: &[&str]| -> BTreeMap<String, Json> {
        let all = json.as_object().into_iter().flatten();
        let typed = all.filter(|(key, _)| !without.contains(&key.as_str()));
        typed
            .map(|(key, value)| (key.clone(), plain(value)))
            .filter(|(_, value)| *value != json!([]))
            .collect()
    };
    let (there, here) = (fields(held, not_held), fields(shown, not_shown));
    if there != here {
        found.push(format!("{id}: fields there {there:?}, shown {here:?}"));
    }
}

fn plain(value: &Json) -> Json {
    let Some(map) = value.as_object() else {
        return value.clone();
    };
    let part = |key: &str| map.get(key).and_then(Json::as_str).unwrap_or_default();
    match (map.contains_key("seq"), map.contains_key("plan")) {
        (true, true) => {
            json!(format!("{}/{}/{}@{}", part("plan"), part("element"), part("field"), map["seq"]))
        }
        (false, true) => json!(format!("{}/{}", part("plan"), part("element"))),
        _ => {
            let mut members: Vec<&String> = map.keys().collect();
            members.sort();
            json!(members)
        }
    }
}

/// A parent stands before its children, siblings of a kind stand in order, and targets are numbered so.
fn order_problems(shown: &Json) -> Vec<String> {
    let mut found = Vec::new();
    let mut codes: BTreeMap<&str, String> = BTreeMap::new();
    let mut last: BTreeMap<(&str, &str), (&str, &str)> = BTreeMap::new();
    let mut count: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for element in shown.as_array().into_iter().flatten() {
        let text = |key: &str| element[key].as_str().unwrap_or_default();
        let (id, kind, parent) = (text("id"), text("kind"), text("parent"));
        if !parent.is_empty() && !codes.contains_key(parent) {
            found.push(format!("{id} stands before its parent {parent}"));
        }
        let place = (text("order"), id);
        if last.insert((parent, kind), place).is_some_and(|before| before >= place) {
            found.push(format!("{id} stands out of order among the {kind}s under {parent:?}"));
        }
        let code = text("code").to_owned();
        if element["removed"] != json!(true) {
            let number = count.entry((parent, kind)).or_default();
            *number += 1;
            let counted = match kind {
                "goal" => Some(number.to_string()),
                "target" => Some(format!("{}.{number}", codes[parent])),
                _ => None,
            };
            let own = element["own_code"].as_str().map(str::to_owned);
            if let Some(wanted) = own.or(counted).filter(|wanted| *wanted != code) {
                found.push(format!("{id} has the code {code:?}, counted is {wanted:?}"));
            }
        }
        codes.insert(id, code);
    }
    found
}
