//! Each kind of problem of a plan file with its place, and files that are what was written.

use proptest::prelude::*;
use serde_json::json;

use super::super::kinds::{CodeForm, FieldType, LinkKind};
use super::super::value::{Quotation, Reference};
use super::*;
use plenary_limits::{
    DEPTH_MAX, ELEMENTS_MAX, PLAN_FILE_BYTES_MAX, PROBLEMS_MAX, SCALAR_BYTES_MAX, TEXT_CHARS_MAX, holds,
};

#[test]
fn a_whole_file_is_read_in_reading_order_with_codes() {
    let view = read(valid().to_string().as_bytes()).unwrap();
    let codes: Vec<_> = view.elements.iter().map(|e| (e.kind.name(), e.code.as_deref())).collect();
    let expected = [
        ("goal", Some("1")),
        ("target", Some("1.1")),
        ("target", Some("1.2")),
        ("indicator", Some("1.2.i1")),
        ("objective", Some("R.1")),
        ("allocation", None),
        ("comment", None),
    ];
    assert_eq!(codes, expected);
    assert_eq!(view.plan["title"], Value::Text("A plan".into()));
    assert_eq!((view.seq, view.at.as_str(), view.document.as_str()), (Seq::ZERO, "", ""));
    assert_eq!(read(write(&view).as_bytes()), Ok(view));
}

#[test]
fn the_example_of_the_format_s_page_has_no_problem() {
    let page = include_str!("../../PLAN-JSON.md");
    let example = page.split("```json\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    assert_eq!(problems(&serde_json::from_str(example).unwrap()), []);
}

#[test]
fn what_tells_of_a_log_is_accepted_and_left_out() {
    let mut json = valid();
    json["seq"] = json!(812);
    json["at"] = json!("2026-11-24T08:00:00Z");
    json["document"] = json!("automerge:xyz");
    json["concurrent"] = json!({"instrument": []});
    json["elements"][0]["concurrent"] = json!({"x": []});
    json["links"][0]["concurrent"] = json!({"x": []});
    assert_eq!(read(json.to_string().as_bytes()), read(valid().to_string().as_bytes()));
}

#[test]
fn order_keys_are_made_where_they_are_missing() {
    let goals = |orders: &[Option<&str>]| -> Vec<String> {
        let elements: Vec<Json> = orders
            .iter()
            .enumerate()
            .map(|(i, order)| {
                json!({"id": format!("gol-{i}"), "kind": "goal", "order": order, "text": {"en": {"title": "G"}}})
            })
            .collect();
        let mut json = valid();
        json["elements"] = json!(elements);
        json["links"] = json!([]);
        let view = read(json.to_string().as_bytes()).unwrap();
        assert!(view.elements.iter().all(|e| super::super::order::is_order(&e.order)));
        view.elements.iter().map(|e| e.id.to_string()).collect()
    };
    assert_eq!(goals(&[None, None, None]), ["gol-0", "gol-1", "gol-2"]);
    assert_eq!(
        goals(&[None, Some("1"), None, None, Some("2")]),
        ["gol-0", "gol-1", "gol-2", "gol-3", "gol-4"]
    );
    assert_eq!(goals(&[Some("b"), Some("a"), None]), ["gol-1", "gol-0", "gol-2"]);
    assert_eq!(goals(&[None; 3_000]).len(), 3_000);
}

#[test]
fn a_file_that_is_no_json_says_where() {
    let says = |bytes: &[u8]| -> Vec<(String, String)> {
        read(bytes).unwrap_err().into_iter().map(|p| (p.pointer, p.says)).collect()
    };
    let one = says(b"{\n  \"schema\": }");
    assert_eq!(one[0].0, "");
    assert!(one[0].1.contains("line 2 column 13"), "{one:?}");
    assert!(says(b"{} x")[0].1.contains("trailing"));
    assert!(says(b"\xff")[0].1.contains("not JSON"));
    assert!(says(&vec![b' '; PLAN_FILE_BYTES_MAX + 1])[0].1.contains("more than"));
    assert_eq!(says(b"[]")[0].1, "expected an object, found a list");
    let twice = says(br#"{"plan": {"a/b": {"x": 1, "x": 2}}}"#);
    assert_eq!(twice[0].0, "/plan/a~1b/x");
    let others = twice.iter().filter(|(place, _)| place == "/schema" || place == "/elements").count();
    assert_eq!(others, 2, "a doubled key hides nothing else: {twice:?}");
    let deep = "[".repeat(100_000);
    assert!(says(deep.as_bytes())[0].1.contains("recursion"));
}

#[test]
fn each_problem_of_the_plan_is_named_with_its_place() {
    let long = "x".repeat(SCALAR_BYTES_MAX + 1);
    let cases = [
        ("/schema", json!("plenary-plan/2"), "/schema", "plenary-plan/1"),
        ("/schema", Json::Null, "/schema", "is missing"),
        ("/id", json!("Itu"), "/id", "may not stand in an identifier"),
        ("/title", json!(7), "/title", "expected a text, found the number 7"),
        ("/title", json!(long), "/title", "more than the 2048"),
        ("/stage", json!("done"), "/stage", "secretariat_draft"),
        ("/colour", json!("blue"), "/colour", "is no key of a plan file"),
        ("/plan", json!([]), "/plan", "expected an object, found a list"),
        ("/plan/colour", json!("blue"), "/plan/colour", "is no field of the plan"),
        ("/plan/adopted_on", json!("yesterday"), "/plan/adopted_on", "a date"),
        ("/plan/costed", json!("goal"), "/plan/costed", "is none of: objective, priority"),
        ("/plan/target_horizon", json!(30), "/plan/target_horizon", "a year"),
        ("/plan/uses_strengths", json!("yes"), "/plan/uses_strengths", "true or false"),
        ("/plan/language", json!("English"), "/plan/language", "no language tag"),
        ("/plan/languages", json!(["en", "x_y"]), "/plan/languages", "no language tag"),
        ("/plan/related", json!(["a", "a"]), "/plan/related/1", "stands in the list twice"),
        ("/plan/related", json!(["a", 4]), "/plan/related/1", "expected a text"),
        ("/plan/predecessor", json!("The last"), "/plan/predecessor", "no plan id"),
        ("/plan/period_end", json!("2019"), "/plan/period_end", "before it starts"),
        ("/plan/title", json!("Another"), "/plan/title", "differs from `title`"),
        ("/links", Json::Null, "/links", "expected a list, found null"),
    ];
    for (place, value, pointer, says) in cases {
        expect_one(with(place, value), pointer, says);
    }
}

#[test]
fn each_problem_of_an_element_is_named_with_its_place() {
    let long = "é".repeat(TEXT_CHARS_MAX + 1);
    let cases = [
        ("/elements", json!({}), "/elements", "expected a list"),
        ("/elements/0", json!({}), "/elements/0", "is empty"),
        ("/elements/0/id", Json::Null, "/elements/0/id", "is missing"),
        ("/elements/1/id", json!("TGT-1"), "/elements/1/id", "may not stand"),
        ("/elements/1/id", json!("gol-9"), "/elements/1/id", "starts with \"tgt-\""),
        ("/elements/1/id", json!("tgt"), "/elements/1/id", "starts with \"tgt-\""),
        ("/elements/1/id", json!("tgt-2"), "/elements/2/id", "is the id of /elements/1 already"),
        ("/elements/1/kind", json!("aim"), "/elements/1/kind", "no kind of element"),
        ("/elements/1/kind", json!("plan"), "/elements/1/kind", "the plan itself is no element"),
        ("/elements/1/own_code", json!(7), "/elements/1/own_code", "expected a text"),
        ("/elements/1/code", json!("2.7"), "/elements/1/code", "from its place its code is \"1.1\""),
        ("/elements/6/code", json!("1"), "/elements/6/code", "at this place has no code"),
        (
            "/elements/1/parent",
            json!("gol-9"),
            "/elements/1/parent",
            "no element of the file has the id gol-9",
        ),
        ("/elements/1/parent", json!("lnk-1"), "/elements/1/parent", "is a link, not an element"),
        (
            "/elements/1/parent",
            Json::Null,
            "/elements/1/parent",
            "may not stand at the top of the plan; its place is: goal",
        ),
        ("/elements/1/parent", json!("tgt-2"), "/elements/1/parent", "may not stand under a target"),
        ("/elements/1/order", json!("a0"), "/elements/1/order", "is no order key"),
        ("/elements/1/owner", json!("HR"), "/elements/1/owner", "BR, TSB, BDT, GS"),
        ("/elements/1/removed", json!("no"), "/elements/1/removed", "expected true or false"),
        (
            "/elements/1/colour",
            json!("blue"),
            "/elements/1/colour",
            "is no field of target; its fields: due_year",
        ),
        ("/elements/1/title", json!("A"), "/elements/1/title", "put it under text.<language>.title"),
        ("/elements/1/due_year", json!(1066), "/elements/1/due_year", "expected a year"),
        ("/elements/1/inferred", json!([""]), "/elements/1/inferred", "an empty text in it"),
        ("/elements/1/provenance", json!("guessed"), "/elements/1/provenance", "as_printed"),
        ("/elements/4/owner", json!(1), "/elements/4/owner", "expected a text"),
        ("/elements/5/goal", json!("gol-7"), "/elements/5/goal", "no element of the file has the id gol-7"),
        ("/elements/5/goal", json!("tgt-1"), "/elements/5/goal", "is a target; this field takes a goal"),
        ("/elements/5/goal", json!({"plan": "p", "element": "e"}), "/elements/5/goal", "found a reference"),
        ("/elements/5/amount", json!({"plan": "p"}), "/elements/5/amount", "found another object"),
        ("/elements/5/amount", json!("5"), "/elements/5/amount", "expected a number"),
        ("/elements/1/text", json!("A"), "/elements/1/text", "expected an object"),
        ("/elements/2/text/English", json!({"title": "A"}), "/elements/2/text/English", "no language tag"),
        ("/elements/2/text/fr", json!("A"), "/elements/2/text/fr", "expected an object"),
        ("/elements/2/text/en/motto", json!("A"), "/elements/2/text/en/motto", "is no text of target"),
        ("/elements/2/text/en/title", json!(4), "/elements/2/text/en/title", "expected a text"),
        ("/elements/2/text/en/title", json!(long), "/elements/2/text/en/title", "more than the 250000"),
    ];
    for (place, value, pointer, says) in cases {
        expect_named(with(place, value), pointer, says);
    }
    let mut removed = with("/elements/0/text", json!({"fr": {"title": "But"}}));
    removed["elements"][0]["removed"] = json!(true);
    removed["elements"][3]["parent"] = json!("tgt-2");
    for (index, code) in [(0, "1"), (1, "1.1"), (2, "1.2"), (3, "1.2.i1")] {
        assert_eq!(valid()["elements"][index]["code"], json!(code));
        removed["elements"][index]["code"] = Json::Null;
    }
    assert_eq!(problems(&removed), []);
}

#[test]
fn each_problem_of_a_link_is_named_with_its_place() {
    let cases = [
        ("/links/0/id", Json::Null, "/links/0/id", "is missing"),
        ("/links/0/id", json!("tgt-1"), "/links/0/id", "is the id of /elements/1 already"),
        ("/links/0/id", json!("plan"), "/links/0/id", "the id of the plan itself"),
        ("/links/0/kind", json!("likes"), "/links/0/kind", "no kind of link"),
        ("/links/0/from", Json::Null, "/links/0/from", "is missing"),
        ("/links/0/to", json!("gol-9"), "/links/0/to", "no element of the file"),
        ("/links/0/to", json!("lnk-1"), "/links/0/to", "is a link"),
        ("/links/0/to", json!("cmt-1"), "/links/0", "may not go from an objective to a comment"),
        ("/links/0/strength", json!("strong"), "/links/0/strength", "is none of: primary, secondary"),
        ("/links/0/colour", json!("blue"), "/links/0/colour", "its fields: strength, share"),
        ("/links/0/note", json!(4), "/links/0/note", "expected a text"),
        ("/links/0/removed", json!(4), "/links/0/removed", "expected true or false"),
        ("/links/0", json!(4), "/links/0", "expected an object"),
    ];
    for (place, value, pointer, says) in cases {
        expect_named(with(place, value), pointer, says);
    }
}

#[test]
fn circles_and_depth_are_named_once_an_element() {
    let comment = |id: usize, parent: usize| {
        json!({"id": format!("cmt-{id}"), "kind": "comment", "parent": format!("cmt-{parent}"),
               "text": {"en": {"statement": "S"}}})
    };
    let mut json = valid();
    json["elements"] = json!([comment(1, 2), comment(2, 3), comment(3, 2), comment(4, 4)]);
    json["links"] = json!([]);
    let circle = "stands under itself; its parents form a circle".to_owned();
    let expected = ["/elements/1/parent", "/elements/2/parent", "/elements/3/parent"];
    assert_eq!(problems(&json), expected.map(|pointer| (pointer.to_owned(), circle.clone())));
    let mut chain: Vec<Json> = (1..DEPTH_MAX + 3).map(|id| comment(id, id - 1)).collect();
    chain.push(json!({"id": "cmt-0", "kind": "comment", "text": {"en": {"statement": "S"}}}));
    json["elements"] = json!(chain);
    let found = problems(&json);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, format!("/elements/{}/parent", DEPTH_MAX - 1));
    assert!(found[0].1.contains("17 levels deep"));
}

#[test]
fn every_problem_is_listed_up_to_a_limit() {
    let mut json = valid();
    json["stage"] = json!("x");
    json["elements"][1]["due_year"] = json!("x");
    json["links"][0]["strength"] = json!("x");
    let places: Vec<String> = problems(&json).into_iter().map(|(pointer, _)| pointer).collect();
    assert_eq!(places, ["/stage", "/elements/1/due_year", "/links/0/strength"]);
    json["elements"] = json!(vec![json!(1); PROBLEMS_MAX + 55]);
    let found = problems(&json);
    assert_eq!(found.len(), PROBLEMS_MAX + 1);
    assert_eq!(found[PROBLEMS_MAX].0, "");
    assert!(found[PROBLEMS_MAX].1.starts_with("and "), "{found:?}");
    json["elements"] = json!(vec![json!(1); ELEMENTS_MAX + 1]);
    assert!(problems(&json).iter().any(|(_, says)| says.contains("more than the 20000")));
}

#[test]
fn sizes_of_a_file_hold_to_the_one() {
    let takes = |place: &str, value: Json| problems(&with(place, value)).is_empty();
    let says = |json: &Json, text: &str| problems(json).iter().any(|(_, says)| says.contains(text));
    holds!(TEXT_CHARS_MAX, |chars| takes("/elements/2/text/en/title", json!("é".repeat(chars))));
    holds!(SCALAR_BYTES_MAX, |bytes| takes("/title", json!("x".repeat(bytes))));
    holds!(PLAN_FILE_BYTES_MAX, |bytes| {
        !read(&vec![b' '; bytes]).unwrap_err()[0].says.contains("of a plan file")
    });
    holds!(ELEMENTS_MAX, |count| {
        let mut json = valid();
        json["elements"] = json!(vec![json!(1); count - json["links"].as_array().unwrap().len()]);
        !says(&json, "elements and links are more than")
    });
    // An element that is empty is one problem; that there are more stands at no place.
    holds!(PROBLEMS_MAX, |count| {
        let mut json = valid();
        (json["links"], json["elements"]) = (json!([]), json!(vec![json!({}); count]));
        problems(&json).iter().all(|(pointer, _)| !pointer.is_empty())
    });
    holds!(DEPTH_MAX, |levels| {
        let comment = |id: usize| {
            let parent = id.checked_sub(1).map(|parent| format!("cmt-{parent}"));
            json!({"id": format!("cmt-{id}"), "kind": "comment", "parent": parent,
                   "text": {"en": {"statement": "S"}}})
        };
        let mut json = valid();
        json["links"] = json!([]);
        json["elements"] = json!((0..levels).map(comment).collect::<Vec<_>>());
        !says(&json, "levels deep")
    });
}

#[test]
fn own_codes_stand_instead_of_computed_ones() {
    let mut json = with("/elements/1/own_code", json!("2.7"));
    json["elements"][1]["code"] = json!("2.7");
    let view = read(json.to_string().as_bytes()).unwrap();
    assert_eq!(view.elements[1].code.as_deref(), Some("2.7"));
}

#[test]
fn a_file_begins_with_what_it_is() {
    let view = read(valid().to_string().as_bytes()).unwrap();
    let text = write(&view);
    let head = "{\n  \"schema\": \"plenary-plan/1\",\n  \"id\": \"a-plan\",\n  \"title\": \"A plan\",\n  \
                \"stage\": \"council\",\n  \"seq\": 0,\n  \"plan\": {";
    assert!(text.starts_with(head), "{text}");
    assert!(text.ends_with("}\n"));
}

proptest! {
    #[test]
    fn what_is_written_is_read(picks in prop::collection::vec((any::<u32>(), any::<u32>(), "\\PC{1,12}"), 0..40)) {
        let view = generated(&picks);
        prop_assert_eq!(read(write(&view).as_bytes()), Ok(view));
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..64), cut in any::<prop::sample::Index>()) {
        prop_assert!(read(&bytes).is_err());
        let text = valid().to_string();
        prop_assert!(read(&text.as_bytes()[..cut.index(text.len())]).is_err());
    }

    #[test]
    fn any_value_anywhere_is_read_or_named(place in any::<prop::sample::Index>(), pick in 0..8_usize) {
        let values = [json!(null), json!(true), json!(-1), json!(1.5), json!("x"), json!([1]), json!({"a": {}}), json!([])];
        let places = places(&valid(), "");
        let mut json = valid();
        *json.pointer_mut(&places[place.index(places.len())]).unwrap() = values[pick].clone();
        if let Ok(view) = read(json.to_string().as_bytes()) {
            prop_assert_eq!(read(write(&view).as_bytes()), Ok(view));
        }
    }
}

/// A valid plan out of numbers and texts: kinds, parents and fields as the table allows them.
fn generated(picks: &[(u32, u32, String)]) -> PlanView {
    let kinds: Vec<Kind> = Kind::all().filter(|kind| *kind != Kind::plan()).collect();
    let mut elements: Vec<ElementView> = Vec::new();
    for (index, (pick, seed, text)) in picks.iter().enumerate() {
        let kind = kinds[*pick as usize % kinds.len()];
        let mut places: Vec<Option<ElementId>> = elements
            .iter()
            .filter(|e| kind.may_stand_under(Some(e.kind)) && e.order.len() < DEPTH_MAX)
            .map(|e| Some(e.id.clone()))
            .collect();
        if kind.may_stand_under(None) {
            places.push(None);
        }
        let Some(parent) = places.get(*seed as usize % places.len().max(1)).cloned() else { continue };
        let id: ElementId = format!("{}-{index}", kind.spec().prefix).parse().unwrap();
        let names = kind.spec().texts.iter().filter(|t| t.required || seed % 2 == 0);
        let texts: BTreeMap<String, String> = names.map(|t| (t.name.to_owned(), text.clone())).collect();
        let fields = kind.fields().filter(|field| field.name != "code" && (seed % 5 != 4));
        let fields = fields
            .filter_map(|field| Some((field.name.to_owned(), value(field.ty, *seed, text, &elements)?)))
            .collect();
        let own_code = (seed % 7 == 0 && kind.spec().code != CodeForm::None).then(|| text.clone());
        let depth =
            parent.as_ref().map_or(0, |id| elements.iter().find(|e| e.id == *id).unwrap().order.len());
        elements.push(ElementView {
            id,
            kind,
            code: None,
            own_code,
            parent,
            order: "k".repeat(depth + 1),
            owner: crate::principal::Bureau::ALL.get(*seed as usize % 5).copied(),
            removed: seed % 11 == 0,
            text: if texts.is_empty() { BTreeMap::new() } else { BTreeMap::from([("en".to_owned(), texts)]) },
            concurrent: BTreeMap::new(),
            fields,
        });
    }
    let links = elements
        .windows(2)
        .enumerate()
        .map(|(index, pair)| LinkView {
            id: format!("lnk-{index:03}").parse().unwrap(),
            kind: LinkKind::named("refers_to").unwrap(),
            from: pair[0].id.clone(),
            to: pair[1].id.clone(),
            removed: index % 3 == 0,
            note: pair[0].order.clone(),
            concurrent: BTreeMap::new(),
            fields: BTreeMap::new(),
        })
        .collect();
    let title = "T".to_owned();
    PlanView {
        schema: PLAN_SCHEMA.to_owned(),
        id: "p".parse().unwrap(),
        title: title.clone(),
        stage: Stage::Consultation,
        seq: Seq::ZERO,
        at: String::new(),
        document: String::new(),
        plan: BTreeMap::from([("title".to_owned(), Value::Text(title))]),
        concurrent: BTreeMap::new(),
        elements: codes::arrange(elements),
        links,
    }
}

fn value(ty: FieldType, seed: u32, text: &str, elements: &[ElementView]) -> Option<Value> {
    let (plan, element): (PlanId, ElementId) = ("former".parse().unwrap(), "gol-1".parse().unwrap());
    Some(match ty {
        FieldType::Str => Value::Text(text.to_owned()),
        FieldType::Int => Value::Int(i64::from(seed)),
        FieldType::Number if seed.is_multiple_of(2) => Value::Int(-i64::from(seed)),
        FieldType::Number => Value::Number(f64::from(seed) + 0.1),
        FieldType::Bool => Value::Bool(seed.is_multiple_of(2)),
        FieldType::Year => Value::Int(1800 + i64::from(seed % 400)),
        FieldType::Date => Value::Text("2021-08".into()),
        FieldType::OneOf(words) => Value::Text(words[seed as usize % words.len()].into()),
        FieldType::Set([]) => Value::Set([text.to_owned()].into()),
        FieldType::Set(words) => Value::Set(words.iter().map(|word| (*word).to_owned()).collect()),
        FieldType::Element(kinds) => {
            let found = elements.iter().find(|e| kinds.is_empty() || kinds.contains(&e.kind.name()))?;
            Value::Text(found.id.to_string())
        }
        FieldType::Reference => Value::Reference(Reference { plan, element }),
        FieldType::Quotation => Value::Quotation(Quotation {
            plan,
            element,
            field: "statement".into(),
            seq: Seq(u64::from(seed)),
        }),
    })
}

/// The pointers of every value of a file but itself.
fn places(json: &Json, pointer: &str) -> Vec<String> {
    let below: Vec<(String, &Json)> = match json {
        Json::Object(map) => map.iter().map(|(key, json)| (under(pointer, key), json)).collect(),
        Json::Array(list) => {
            list.iter().enumerate().map(|(i, json)| (format!("{pointer}/{i}"), json)).collect()
        }
        _ => Vec::new(),
    };
    below.into_iter().flat_map(|(place, json)| [vec![place.clone()], places(json, &place)].concat()).collect()
}

fn valid() -> Json {
    json!({
        "schema": "plenary-plan/1",
        "id": "a-plan",
        "title": "A plan",
        "stage": "council",
        "plan": {"language": "en", "period_start": "2020-01-01", "period_end": "2023", "instrument": null},
        "elements": [
            {"id": "gol-1", "kind": "goal", "code": "1", "order": "a", "text": {"en": {"title": "Growth", "statement": ""}}},
            {"id": "tgt-1", "kind": "target", "code": "1.1", "parent": "gol-1", "due_year": 2023, "inferred": []},
            {"id": "tgt-2", "kind": "target", "code": "1.2", "parent": "gol-1",
             "text": {"en": {"statement": "S"}, "fr": {"statement": "É"}}},
            {"id": "ind-1", "kind": "indicator", "code": "1.2.i1", "parent": "tgt-2", "text": {"en": {"title": "M"}}},
            {"id": "obj-1", "kind": "objective", "code": "R.1", "sector": "ITU-R", "owner": "BR",
             "planned_cost": 65.0, "text": {"en": {"title": "O"}}},
            {"id": "alc-1", "kind": "allocation", "parent": "obj-1", "goal": "gol-1", "amount": 12.5},
            {"id": "cmt-1", "kind": "comment", "text": {"en": {"statement": "Why?"}}},
        ],
        "links": [
            {"id": "lnk-1", "kind": "contributes_to", "from": "obj-1", "to": "gol-1", "strength": "primary"},
        ],
    })
}

/// The valid file with one value put, or added, at a place.
fn with(place: &str, value: Json) -> Json {
    let mut json = valid();
    let (above, key) = place.rsplit_once('/').unwrap();
    match json.pointer_mut(above).unwrap() {
        Json::Array(list) => list[key.parse::<usize>().unwrap()] = value,
        map => map[key] = value,
    }
    json
}

fn expect_one(json: Json, pointer: &str, says: &str) {
    let found = problems(&json);
    assert_eq!(found.len(), 1, "{pointer}: {found:?}");
    expect_named(json, pointer, says);
}

fn expect_named(json: Json, pointer: &str, says: &str) {
    let found = problems(&json);
    assert!(
        found.iter().any(|(place, text)| place == pointer && text.contains(says)),
        "{pointer} {says}: {found:?}"
    );
}

fn problems(json: &Json) -> Vec<(String, String)> {
    let found = read(json.to_string().as_bytes()).err().unwrap_or_default();
    found.into_iter().map(|problem| (problem.pointer, problem.says)).collect()
}
