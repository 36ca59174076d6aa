//! The table of kinds holds together; order keys and display codes do what they say.

use std::collections::{BTreeMap, HashSet};

use proptest::prelude::*;

use super::kinds::{FieldType, Kind, LinkKind};
use super::view::ElementView;
use super::{codes, layout, order};

fn element(id: &str, kind: &str, parent: Option<&str>, order: &str) -> ElementView {
    ElementView {
        id: id.parse().unwrap(),
        kind: Kind::named(kind).unwrap(),
        code: None,
        own_code: None,
        parent: parent.map(|id| id.parse().unwrap()),
        order: order.into(),
        owner: None,
        removed: false,
        text: BTreeMap::new(),
        concurrent: BTreeMap::new(),
        fields: BTreeMap::new(),
    }
}

#[test]
fn names_and_prefixes_of_kinds_are_unique_and_refer_to_kinds() {
    let mut names = HashSet::new();
    let mut prefixes = HashSet::new();
    for kind in Kind::all() {
        assert!(names.insert(kind.name()), "{kind} stands twice");
        assert!(prefixes.insert(kind.spec().prefix), "prefix of {kind} stands twice");
        for parent in kind.spec().parents {
            assert!(["-", "*"].contains(parent) || Kind::named(parent).is_some(), "{kind}: {parent}");
        }
        for field in kind.fields() {
            if let FieldType::Element(kinds) = field.ty {
                kinds.iter().for_each(|name| assert!(Kind::named(name).is_some(), "{kind}.{}", field.name));
            }
        }
    }
    for link in LinkKind::all() {
        assert!(names.insert(link.name()), "{link} stands twice");
        for name in link.spec().from.iter().chain(link.spec().to) {
            assert!(*name == "*" || Kind::named(name).is_some(), "{link}: {name}");
        }
    }
}

/// Fields stand beside the structural keys, in the document and in JSON.
#[test]
fn no_field_hides_a_structural_key() {
    let json = ["id", "own_code", "concurrent"];
    for kind in Kind::all() {
        let own: Vec<&str> = kind.spec().fields.iter().map(|f| f.name).collect();
        let mut seen = HashSet::new();
        for name in kind.fields().map(|f| f.name) {
            assert!(seen.insert(name), "{kind}.{name} stands twice");
            assert!(!layout::ELEMENT_KEYS.contains(&name) && !json.contains(&name), "{kind}.{name}");
        }
        assert!(!own.contains(&"code"), "{kind}");
        assert!(
            kind.spec().texts.iter().all(|text| kind.field(text.name).is_none()),
            "{kind}: text and field"
        );
    }
    for link in LinkKind::all() {
        for field in link.spec().fields {
            assert!(!layout::LINK_KEYS.contains(&field.name) && !json.contains(&field.name));
        }
    }
}

#[test]
fn a_moved_target_changes_its_code_and_its_indicators_follow() {
    let arranged = codes::arrange(vec![
        element("ind-1", "indicator", Some("tgt-b"), "V"),
        element("tgt-b", "target", Some("gol-1"), "W"),
        element("tgt-a", "target", Some("gol-1"), "V"),
        element("gol-1", "goal", None, "V"),
    ]);
    let told: Vec<(&str, Option<&str>)> =
        arranged.iter().map(|e| (e.id.as_str(), e.code.as_deref())).collect();
    assert_eq!(
        told,
        [("gol-1", Some("1")), ("tgt-a", Some("1.1")), ("tgt-b", Some("1.2")), ("ind-1", Some("1.2.i1"))]
    );
}

#[test]
fn the_tenth_target_comes_after_the_ninth() {
    let mut elements = vec![element("gol-1", "goal", None, "V")];
    let mut key = String::new();
    for n in 1..=30 {
        key = order::between(&key, "");
        elements.push(element(&format!("tgt-{n}"), "target", Some("gol-1"), &key));
    }
    let arranged = codes::arrange(elements);
    assert_eq!(arranged[10].code.as_deref(), Some("1.10"));
    assert!(key.len() <= 4, "appending 30 keeps keys short: {key}");
}

#[test]
fn a_cycle_and_an_orphan_are_still_listed_once() {
    let arranged = codes::arrange(vec![
        element("cmt-1", "comment", Some("cmt-2"), "V"),
        element("cmt-2", "comment", Some("cmt-1"), "V"),
        element("cmt-3", "comment", Some("gone"), "V"),
    ]);
    assert_eq!(arranged.len(), 3);
}

#[test]
fn a_bare_code_means_the_target_and_a_prefix_means_the_kind() {
    let arranged = codes::arrange(vec![
        element("gol-1", "goal", None, "V"),
        element("rsk-1", "risk", None, "V"),
        element("val-1", "value", None, "V"),
    ]);
    let named = |name| codes::resolve(&arranged, name).map(|e| e.id.to_string());
    assert_eq!(named("1").unwrap(), "gol-1");
    assert_eq!(named("risk:1").unwrap(), "rsk-1");
    assert!(named("2").is_err());
    let two = codes::arrange(vec![element("rsk-1", "risk", None, "V"), element("val-1", "value", None, "V")]);
    assert!(codes::resolve(&two, "1").unwrap_err().to_string().contains("risk:1"));
}

#[test]
fn a_field_given_twice_in_one_command_is_refused() {
    let read = |json| serde_json::from_str::<super::Command>(json).map_err(|error| error.to_string());
    let twice = r#"{"do":"add","kind":"reading","fields":{"role":"target","value":1,"value":2}}"#;
    assert!(read(twice).unwrap_err().contains("\"value\" stands twice"));
    let odd = r#"{"do":"set_field","element":"tgt-1","field":"unit","value":{"a":1},"base":1}"#;
    assert!(read(odd).unwrap_err().contains("a list of texts"));
    assert!(read(r#"{"do":"add","kind":"reading","fields":{"role":"target","value":1}}"#).is_ok());
}

#[test]
fn keys_of_what_is_appended_grow_with_the_logarithm() {
    let mut key = order::between("", "");
    for _ in 0..20_000 {
        let next = order::between(&key, "");
        assert!(order::is_order(&next) && key < next, "{key} {next}");
        key = next;
    }
    assert!(key.len() <= 8, "{key}");
    let middle = order::between(&key, &order::between(&key, ""));
    assert!(order::is_order(&middle) && key < middle, "there is still room between: {middle}");
}

proptest! {
    #[test]
    fn between_two_keys_there_is_always_a_third(inserts in prop::collection::vec(any::<prop::sample::Index>(), 1..200)) {
        let mut keys: Vec<String> = Vec::new();
        for index in inserts {
            let at = index.index(keys.len() + 1);
            let low = if at == 0 { "" } else { keys[at - 1].as_str() };
            let high = keys.get(at).map_or("", String::as_str);
            let key = order::between(low, high);
            prop_assert!(order::is_order(&key), "{key}");
            prop_assert!(low < key.as_str() && (high.is_empty() || key.as_str() < high), "{low} {key} {high}");
            keys.insert(at, key);
        }
    }
}
