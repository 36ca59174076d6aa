//! JSON by hand: a parser that refuses doubled keys, pointers, and the small readers of typed keys.

use std::cell::RefCell;
use std::fmt;
use std::str::FromStr;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value as Json};

use super::{Problem, Problems};
use crate::ids::IdError;
use plenary_limits::PLAN_FILE_BYTES_MAX;

/// Keys that say what an element is and where it stands; one that stands twice leaves that open.
const STRUCTURAL_KEYS: [&str; 5] = ["elements", "id", "kind", "parent", "order"];

/// Reads JSON text; a key that stands twice in an object is a problem, since one of its values
/// would be lost.
///
/// # Errors
/// A file beyond [`PLAN_FILE_BYTES_MAX`] or malformed (with line and column), or all doubled keys.
pub fn parse(bytes: &[u8]) -> Result<Json, Vec<Problem>> {
    let (json, problems) = tree(bytes)?;
    if problems.list.is_empty() { Ok(json) } else { Err(problems.into_list()) }
}

/// As [`parse`], with the doubled keys beside what was read: the last value of each stands in it.
///
/// # Errors
/// A file beyond [`PLAN_FILE_BYTES_MAX`] or malformed.
pub(super) fn tree(bytes: &[u8]) -> Result<(Json, Problems), Vec<Problem>> {
    let whole = |says| vec![Problem { pointer: String::new(), says }];
    if bytes.len() > PLAN_FILE_BYTES_MAX {
        let says = format!("{} bytes are more than the {PLAN_FILE_BYTES_MAX} of a plan file", bytes.len());
        return Err(whole(says));
    }
    let problems = RefCell::new(Problems::default());
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let json = Tree { place: &Place::Root, problems: &problems }
        .deserialize(&mut reader)
        .and_then(|json| reader.end().map(|()| json))
        .map_err(|error| whole(format!("is not JSON: {error}")))?;
    Ok((json, problems.into_inner()))
}

/// The JSON pointer one step further down, `key` escaped as RFC 6901 says.
pub fn under(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// What a JSON value is, in words.
pub(super) fn describe(json: &Json) -> String {
    match json {
        Json::Null => "null".into(),
        Json::Bool(value) => value.to_string(),
        Json::Number(number) => format!("the number {number}"),
        Json::String(text) => {
            let head: String = text.chars().take(40).collect();
            format!("the text {head:?}")
        }
        Json::Array(_) => "a list".into(),
        Json::Object(_) => "an object".into(),
    }
}

/// A name of the tables with its article.
pub(super) fn one(name: impl fmt::Display) -> String {
    let name = name.to_string();
    if name.starts_with(['a', 'e', 'i', 'o']) { format!("an {name}") } else { format!("a {name}") }
}

/// The object that stands there.
pub(super) fn object<'a>(
    json: &'a Json,
    pointer: &str,
    problems: &mut Problems,
) -> Option<&'a Map<String, Json>> {
    let map = json.as_object();
    if map.is_none() {
        problems.add_structural(pointer, format!("expected an object, found {}", describe(json)));
    }
    map
}

/// The list under a key that must be there; empty when it is not.
pub(super) fn required_list<'a>(
    map: &'a Map<String, Json>,
    key: &str,
    problems: &mut Problems,
) -> &'a [Json] {
    match map.get(key) {
        Some(Json::Array(list)) => list,
        Some(other) => {
            problems.add_structural(under("", key), format!("expected a list, found {}", describe(other)));
            &[]
        }
        None => {
            problems.add_structural(under("", key), "is missing; an empty list will do");
            &[]
        }
    }
}

/// The text under a key; null counts as absent.
pub(super) fn text<'a>(
    map: &'a Map<String, Json>,
    pointer: &str,
    key: &str,
    problems: &mut Problems,
) -> Option<&'a str> {
    match map.get(key) {
        None | Some(Json::Null) => None,
        Some(Json::String(text)) => Some(text),
        Some(other) => {
            problems
                .add_structural(under(pointer, key), format!("expected a text, found {}", describe(other)));
            None
        }
    }
}

/// The text under a key that must be there.
pub(super) fn required_text<'a>(
    map: &'a Map<String, Json>,
    pointer: &str,
    key: &str,
    problems: &mut Problems,
) -> Option<&'a str> {
    if matches!(map.get(key), None | Some(Json::Null)) {
        problems.add_structural(under(pointer, key), "is missing");
    }
    text(map, pointer, key, problems)
}

/// The identifier under a key; null counts as absent.
pub(super) fn id<T: FromStr<Err = IdError>>(
    map: &Map<String, Json>,
    pointer: &str,
    key: &str,
    problems: &mut Problems,
) -> Option<T> {
    let given = text(map, pointer, key, problems)?;
    given
        .parse()
        .map_err(|error: IdError| problems.add_structural(under(pointer, key), error.to_string()))
        .ok()
}

/// The identifier under a key that must be there.
pub(super) fn required_id<T: FromStr<Err = IdError>>(
    map: &Map<String, Json>,
    pointer: &str,
    key: &str,
    problems: &mut Problems,
) -> Option<T> {
    let given = required_text(map, pointer, key, problems)?;
    given
        .parse()
        .map_err(|error: IdError| problems.add_structural(under(pointer, key), error.to_string()))
        .ok()
}

/// Where the parser is; a pointer is made of it only when there is something to say.
enum Place<'a> {
    Root,
    Key(&'a Place<'a>, &'a str),
    Index(&'a Place<'a>, usize),
}

impl Place<'_> {
    fn pointer(&self) -> String {
        match self {
            Place::Root => String::new(),
            Place::Key(above, key) => under(&above.pointer(), key),
            Place::Index(above, index) => format!("{}/{index}", above.pointer()),
        }
    }
}

struct Tree<'a> {
    place: &'a Place<'a>,
    problems: &'a RefCell<Problems>,
}

impl<'de> DeserializeSeed<'de> for Tree<'_> {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Tree<'_> {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Number::from_f64(value).map_or(Json::Null, Json::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        loop {
            let place = Place::Index(self.place, list.len());
            match access.next_element_seed(Tree { place: &place, problems: self.problems })? {
                Some(json) => list.push(json),
                None => return Ok(Json::Array(list)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut map = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            let place = Place::Key(self.place, &key);
            let json = access.next_value_seed(Tree { place: &place, problems: self.problems })?;
            if map.contains_key(&key) {
                let says = "the key stands twice; only one of its values could be kept";
                let mut problems = self.problems.borrow_mut();
                match STRUCTURAL_KEYS.contains(&key.as_str()) {
                    true => problems.add_structural(place.pointer(), says),
                    false => problems.add(place.pointer(), says),
                }
            }
            map.insert(key, json);
        }
        Ok(Json::Object(map))
    }
}
