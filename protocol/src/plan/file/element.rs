//! One element, one link, one typed field of the file, each judged by itself.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

use super::super::kinds::{FieldSpec, FieldType, Kind, LinkKind};
use super::super::layout::is_language;
use super::super::order::is_order;
use super::super::value::Value;
use super::super::view::{ElementView, LinkView, Texts};
use super::{Problems, TAG_EXAMPLE, json};
use crate::ids::ElementId;
use crate::principal::Bureau;
use plenary_limits::{ORDER_BYTES_MAX, TEXT_CHARS_MAX};

/// What of an element could be read.
pub(super) struct Element {
    pub(super) pointer: String,
    pub(super) id: Option<ElementId>,
    pub(super) kind: Option<Kind>,
    pub(super) code: Option<String>,
    pub(super) own_code: Option<String>,
    pub(super) parent: Option<ElementId>,
    pub(super) order: Option<String>,
    pub(super) owner: Option<Bureau>,
    pub(super) removed: bool,
    pub(super) text: Texts,
    pub(super) fields: BTreeMap<String, Value>,
}

impl Element {
    /// The element with its order key; nothing when its id or kind could not be read.
    pub(super) fn into_view(self, order: String) -> Option<ElementView> {
        Some(ElementView {
            id: self.id?,
            kind: self.kind?,
            code: None,
            own_code: self.own_code,
            parent: self.parent,
            order,
            owner: self.owner,
            removed: self.removed,
            text: self.text,
            concurrent: BTreeMap::new(),
            fields: self.fields,
        })
    }
}

/// What of a link could be read.
pub(super) struct Link {
    pub(super) pointer: String,
    pub(super) id: Option<ElementId>,
    pub(super) kind: Option<LinkKind>,
    pub(super) from: Option<ElementId>,
    pub(super) to: Option<ElementId>,
    removed: bool,
    note: String,
    fields: BTreeMap<String, Value>,
}

impl Link {
    /// The link; nothing when its id, kind or ends could not be read.
    pub(super) fn into_view(self) -> Option<LinkView> {
        Some(LinkView {
            id: self.id?,
            kind: self.kind?,
            from: self.from?,
            to: self.to?,
            removed: self.removed,
            note: self.note,
            concurrent: BTreeMap::new(),
            fields: self.fields,
        })
    }
}

/// Reads `/elements/<index>`.
pub(super) fn element(json: &Json, index: usize, problems: &mut Problems) -> Element {
    let pointer = format!("/elements/{index}");
    let none = Map::new();
    let map = json::object(json, &pointer, problems).unwrap_or(&none);
    if map.is_empty() {
        problems.add_structural(&pointer, "is empty; an element has at least `id` and `kind`");
        return Element { pointer, ..blank() };
    }
    let mut found = Element {
        id: json::required_id(map, &pointer, "id", problems),
        kind: kind(map, &pointer, "element", Kind::named, problems),
        code: json::text(map, &pointer, "code", problems).map(str::to_owned),
        parent: json::id(map, &pointer, "parent", problems),
        order: json::text(map, &pointer, "order", problems).map(str::to_owned),
        removed: flag(map, &pointer, problems),
        pointer,
        ..blank()
    };
    let pointer = &found.pointer;
    found.owner = json::text(map, pointer, "owner", problems).and_then(|name| {
        let place = json::under(pointer, "owner");
        name.parse::<Bureau>().map_err(|unknown| problems.add(place, unknown.to_string())).ok()
    });
    if let Some(order) = found.order.as_deref().filter(|order| !is_order(order)) {
        let says = format!(
            "{order:?} is no order key: up to {ORDER_BYTES_MAX} of 0-9, A-Z, a-z, not ending in 0; \
             leave `order` out to keep the order of the file"
        );
        problems.add_structural(json::under(pointer, "order"), says);
    }
    let Some(kind) = found.kind else { return found };
    if let (Some(id), prefix) = (&found.id, kind.spec().prefix)
        && id.as_str().strip_prefix(prefix).is_none_or(|rest| !rest.starts_with('-') || rest.len() < 2)
    {
        let says = format!("the id of {} starts with \"{prefix}-\"", json::one(kind));
        problems.add_structural(json::under(pointer, "id"), says);
    }
    let known: Vec<_> = kind.fields().collect();
    for (key, value) in map {
        match key.as_str() {
            "id" | "kind" | "code" | "parent" | "order" | "owner" | "removed" | "text" | "concurrent" => {}
            "own_code" => {
                let place = json::under(pointer, key);
                if let Some(Value::Text(code)) = value_of(value, FieldType::Str, &place, problems) {
                    found.own_code = Some(code);
                }
            }
            name if kind.text(name).is_some() && kind.field(name).is_none() => {
                let says = format!("is a text of {}; put it under text.<language>.{name}", json::one(kind));
                problems.add(json::under(pointer, key), says);
            }
            _ => field(kind.name(), &known, key, value, pointer, problems, &mut found.fields),
        }
    }
    found.text = texts(map.get("text"), kind, pointer, problems);
    found
}

/// Reads `/links/<index>`.
pub(super) fn link(json: &Json, index: usize, problems: &mut Problems) -> Link {
    let pointer = format!("/links/{index}");
    let none = Map::new();
    let map = json::object(json, &pointer, problems).unwrap_or(&none);
    let mut found = Link {
        id: json::required_id(map, &pointer, "id", problems),
        kind: kind(map, &pointer, "link", LinkKind::named, problems),
        from: json::required_id(map, &pointer, "from", problems),
        to: json::required_id(map, &pointer, "to", problems),
        removed: flag(map, &pointer, problems),
        note: json::text(map, &pointer, "note", problems).unwrap_or_default().to_owned(),
        fields: BTreeMap::new(),
        pointer,
    };
    let pointer = &found.pointer;
    length(&found.note, &json::under(pointer, "note"), problems);
    let Some(kind) = found.kind else { return found };
    let known: Vec<_> = kind.spec().fields.iter().collect();
    for (key, value) in map {
        if !["id", "kind", "from", "to", "removed", "note", "concurrent"].contains(&key.as_str()) {
            field(kind.name(), &known, key, value, pointer, problems, &mut found.fields);
        }
    }
    found
}

/// Reads one typed field into `fields`; null and the empty list stand for "not given".
pub(super) fn field(
    of: &str,
    known: &[&'static FieldSpec],
    key: &str,
    json: &Json,
    pointer: &str,
    problems: &mut Problems,
    fields: &mut BTreeMap<String, Value>,
) {
    let place = json::under(pointer, key);
    match known.iter().find(|spec| spec.name == key && key != "code") {
        Some(spec) => {
            if let Some(value) = value_of(json, spec.ty, &place, problems) {
                fields.insert(key.to_owned(), value);
            }
        }
        None => {
            let names: Vec<&str> =
                known.iter().map(|spec| spec.name).filter(|name| *name != "code").collect();
            let list = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            problems.add(place, format!("is no field of {of}; its fields: {list}"));
        }
    }
}

fn value_of(json: &Json, ty: FieldType, pointer: &str, problems: &mut Problems) -> Option<Value> {
    let value = match json {
        Json::Null => return None,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => Value::Int(whole),
            None => Value::Number(number.as_f64()?),
        },
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(list) => Value::Set(members(list, pointer, problems)?),
        Json::Object(_) => match serde_json::from_value::<Value>(json.clone()) {
            Ok(value) => value,
            Err(_) => {
                problems.add(pointer, format!("expected {}, found another object", ty.describe()));
                return None;
            }
        },
    };
    match ty.check(&value) {
        Ok(value) => Some(value).filter(|value| !value.is_absent()),
        Err(error) => {
            problems.add(pointer, error.to_string());
            None
        }
    }
}

fn members(list: &[Json], pointer: &str, problems: &mut Problems) -> Option<BTreeSet<String>> {
    let mut set = BTreeSet::new();
    let mut whole = true;
    for (index, member) in list.iter().enumerate() {
        let says = match member {
            Json::String(text) if set.insert(text.clone()) => continue,
            Json::String(text) => format!("{text:?} stands in the list twice"),
            other => format!("expected a text, found {}", json::describe(other)),
        };
        problems.add(format!("{pointer}/{index}"), says);
        whole = false;
    }
    whole.then_some(set)
}

fn texts(json: Option<&Json>, kind: Kind, pointer: &str, problems: &mut Problems) -> Texts {
    let mut texts = Texts::new();
    let place = json::under(pointer, "text");
    let Some(languages) = json.and_then(|json| json::object(json, &place, problems)) else { return texts };
    for (language, json) in languages {
        let place = json::under(&place, language);
        if !is_language(language) {
            problems.add(&place, format!("{language:?} is no language tag; {TAG_EXAMPLE}"));
        }
        let Some(map) = json::object(json, &place, problems) else { continue };
        for (name, json) in map {
            let place = json::under(&place, name);
            if kind.text(name).is_none() {
                let names: Vec<&str> = kind.spec().texts.iter().map(|text| text.name).collect();
                let list = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
                problems.add(place, format!("is no text of {kind}; its texts: {list}"));
                continue;
            }
            let Json::String(text) = json else {
                problems.add(place, format!("expected a text, found {}", json::describe(json)));
                continue;
            };
            length(text, &place, problems);
            if !text.is_empty() {
                texts.entry(language.clone()).or_default().insert(name.clone(), text.clone());
            }
        }
    }
    texts
}

fn length(text: &str, pointer: &str, problems: &mut Problems) {
    let chars = text.chars().count();
    if chars > TEXT_CHARS_MAX {
        problems.add(pointer, format!("{chars} characters are more than the {TEXT_CHARS_MAX} of one text"));
    }
}

fn kind<K>(
    map: &Map<String, Json>,
    pointer: &str,
    of: &str,
    named: fn(&str) -> Option<K>,
    problems: &mut Problems,
) -> Option<K> {
    let name = json::required_text(map, pointer, "kind", problems)?;
    let kind = named(name).filter(|_| name != "plan");
    if kind.is_none() {
        let place = json::under(pointer, "kind");
        let says = if name == "plan" {
            "the plan itself is no element; its fields stand under `plan` at the top".to_owned()
        } else {
            format!("{name:?} is no kind of {of}")
        };
        problems.add_structural(place, says);
    }
    kind
}

fn flag(map: &Map<String, Json>, pointer: &str, problems: &mut Problems) -> bool {
    match map.get("removed") {
        None | Some(Json::Null) => false,
        Some(Json::Bool(removed)) => *removed,
        Some(other) => {
            let says = format!("expected true or false, found {}", json::describe(other));
            problems.add(json::under(pointer, "removed"), says);
            false
        }
    }
}

fn blank() -> Element {
    Element {
        pointer: String::new(),
        id: None,
        kind: None,
        code: None,
        own_code: None,
        parent: None,
        order: None,
        owner: None,
        removed: false,
        text: Texts::new(),
        fields: BTreeMap::new(),
    }
}
