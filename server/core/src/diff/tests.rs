//! Differences of small plans.

use plenary_protocol::Seq;
use plenary_protocol::plan::Value;
use plenary_protocol::plan::codes::arrange;
use plenary_protocol::wire::past::Segment;
use serde_json::{Value as Json, json};

use super::*;

fn plan(id: &str, elements: Json, links: Json) -> PlanView {
    let mut view: PlanView = serde_json::from_value(json!({
        "schema": "plenary-plan/1", "id": id, "title": "T", "stage": "council", "seq": 1,
        "plan": {"language": "en"}, "elements": elements, "links": links
    }))
    .unwrap();
    view.elements = arrange(view.elements);
    view.seq = Seq(1);
    view
}

/// Two goals with targets, a priority, a link.
fn elements() -> Vec<Json> {
    let text = |words: &str| json!({"en": {"statement": words}});
    vec![
        json!({"id": "gol-a", "kind": "goal", "order": "a", "text": text("First")}),
        json!({"id": "gol-b", "kind": "goal", "order": "b", "text": text("Second")}),
        json!({"id": "tgt-a", "kind": "target", "parent": "gol-a", "order": "a", "text": text("By 2023 all")}),
        json!({"id": "tgt-b", "kind": "target", "parent": "gol-a", "order": "b", "due_year": 2023}),
        json!({"id": "tgt-c", "kind": "target", "parent": "gol-a", "order": "c"}),
        json!({"id": "pri-a", "kind": "priority", "order": "a"}),
    ]
}

fn links() -> Json {
    json!([{"id": "lnk-a", "kind": "contributes_to", "from": "pri-a", "to": "gol-a", "strength": "primary"}])
}

fn before() -> PlanView {
    plan("p", elements().into(), links())
}

fn changed(change: impl FnOnce(&mut Vec<Json>)) -> PlanView {
    let mut all = elements();
    change(&mut all);
    plan("p", all.into(), links())
}

fn line(one: &Difference) -> String {
    let code = |code: &Option<String>| code.clone().unwrap_or("-".into());
    let place = |named: &Option<Named>| named.as_ref().map_or("-".into(), |named| code(&named.code));
    let value = |value: &Option<Value>| value.as_ref().map_or("-".into(), Value::to_string);
    let what = match &one.what {
        Change::Added { from, to } => format!("added {} {}", place(from), place(to)),
        Change::Removed => "removed".into(),
        Change::Restored => "restored".into(),
        Change::Moved { from, to } => format!("moved {} {}", place(from), place(to)),
        Change::Renumbered => "renumbered".into(),
        Change::Set { field, from, to } => format!("{field} {} {}", value(from), value(to)),
        Change::Text { field, segments, .. } => format!("{field} {segments:?}"),
    };
    format!("{} {}<{}: {what}", one.about.element, code(&one.about.code), code(&one.code_before))
}

fn lines(before: &PlanView, after: &PlanView) -> Vec<String> {
    diff(before, after).iter().map(line).collect()
}

#[test]
fn a_plan_does_not_differ_from_itself() {
    assert!(diff(&before(), &before()).is_empty());
}

#[test]
fn values_and_texts_are_told_field_by_field() {
    let after = changed(|all| {
        all[2]["text"]["en"]["statement"] = json!("By 2027 all");
        all[2]["owner"] = json!("BDT");
        all[3]["due_year"] = Json::Null;
        all[3].as_object_mut().unwrap().remove("due_year");
    });
    let told = diff(&before(), &after);
    assert_eq!(line(&told[0]), "tgt-a 1.1<-: owner - BDT");
    let Change::Text { segments, lang, .. } = &told[1].what else { panic!("{told:?}") };
    assert_eq!(lang.as_deref(), Some("en"));
    let [head, gone, new, tail] = ["By ", "2023", "2027", " all"].map(str::to_owned);
    assert_eq!(
        *segments,
        [Segment::Equal(head), Segment::Deleted(gone), Segment::Inserted(new), Segment::Equal(tail)]
    );
    assert_eq!(line(&told[2]), "tgt-b 1.2<-: due_year 2023 -");
    assert_eq!(told.len(), 3);
}

#[test]
fn a_move_is_a_move_and_what_gives_way_is_only_renumbered() {
    let under_other = changed(|all| all[3]["parent"] = json!("gol-b"));
    assert_eq!(lines(&before(), &under_other), ["tgt-c 1.2<1.3: renumbered", "tgt-b 2.1<1.2: moved 1 2"]);
    let to_front = changed(|all| all[4]["order"] = json!("A"));
    assert_eq!(
        lines(&before(), &to_front),
        ["tgt-c 1.1<1.3: moved 1 1", "tgt-a 1.2<1.1: renumbered", "tgt-b 1.3<1.2: renumbered"]
    );
    let key_alone = changed(|all| all[4]["order"] = json!("d"));
    assert!(lines(&before(), &key_alone).is_empty());
    let own_code = changed(|all| all[3]["own_code"] = json!("X"));
    assert_eq!(lines(&before(), &own_code), ["tgt-b X<1.2: code - X"]);
}

#[test]
fn what_comes_and_goes_is_told_in_reading_order() {
    let after = changed(|all| {
        all[3]["removed"] = json!(true);
        all.push(json!({"id": "tgt-d", "kind": "target", "parent": "gol-b", "order": "a", "due_year": 2030}));
        all.push(json!({"id": "tgt-e", "kind": "target", "parent": "gol-b", "order": "b", "removed": true}));
    });
    let there = [
        "tgt-b -<1.2: removed",
        "tgt-c 1.2<1.3: renumbered",
        "tgt-d 2.1<-: added 2 -",
        "tgt-d 2.1<-: due_year - 2030",
    ];
    assert_eq!(lines(&before(), &after), there);
    let back = lines(&after, &before());
    assert_eq!(back, ["tgt-b 1.2<-: restored", "tgt-c 1.3<1.2: renumbered", "tgt-d 2.1<-: removed"]);
}

#[test]
fn links_are_told_with_both_ends_after_where_they_start() {
    let mut after = before();
    after.links[0].fields.insert("strength".into(), Value::Text("secondary".into()));
    let mut more = after.links[0].clone();
    more.id = "lnk-b".parse().unwrap();
    after.links.push(more);
    let told = lines(&before(), &after);
    assert_eq!(
        told,
        ["lnk-a -<-: strength primary secondary", "lnk-b -<-: added 1 1", "lnk-b -<-: strength - secondary"]
    );
}

#[test]
fn filters_leave_what_is_asked_for() {
    let after = changed(|all| {
        all[2]["due_year"] = json!(2030);
        all[3]["parent"] = json!("gol-b");
        all[5]["owner"] = json!("BR");
    });
    let told = |filter: DiffFilter| -> Vec<String> {
        diff_of(&before(), &after, &filter).iter().map(line).collect()
    };
    let id = |text: &str| text.parse::<ElementId>().unwrap();
    let moved = "tgt-b 2.1<1.2: moved 1 2";
    let subtree = |root| DiffFilter { subtree: Some(id(root)), ..DiffFilter::default() };
    assert_eq!(told(subtree("gol-b")), [moved]);
    assert_eq!(told(subtree("gol-a")).len(), 3, "what left it counts too");
    assert_eq!(told(subtree("plan")).len(), 4);
    assert_eq!(told(DiffFilter { fields: ["place".into()].into(), ..DiffFilter::default() }), [moved]);
    let kinds = DiffFilter { kinds: ["priority".into()].into(), ..DiffFilter::default() };
    assert_eq!(told(kinds), ["pri-a 1<-: owner - BR"]);
    let elements = DiffFilter { elements: [id("tgt-a")].into(), ..DiffFilter::default() };
    assert_eq!(told(elements), ["tgt-a 1.1<-: due_year - 2030"]);
}

#[test]
fn former_elements_are_followed_to_their_heirs() {
    let former = plan(
        "old",
        json!([
            {"id": "gol-x", "kind": "goal", "order": "a", "text": {"en": {"title": "Growth"}}},
            {"id": "tgt-x", "kind": "target", "parent": "gol-x", "order": "a",
             "text": {"en": {"statement": "65 % of households"}}},
            {"id": "tgt-y", "kind": "target", "parent": "gol-x", "order": "b", "removed": true}
        ]),
        json!([]),
    );
    let disposition = |id: &str, former: &str, kind: &str| {
        json!({"id": id, "kind": "disposition", "order": "a", "type": kind,
            "former": {"plan": "old", "element": former}, "text": {"en": {"rationale": "as asked"}}})
    };
    let new = plan(
        "new",
        json!([
            {"id": "gol-a", "kind": "goal", "order": "a"},
            {"id": "tgt-a", "kind": "target", "parent": "gol-a", "order": "a",
             "text": {"en": {"title": "75 % of households"}}},
            {"id": "tgt-n", "kind": "target", "parent": "gol-a", "order": "b",
             "text": {"en": {"without_predecessor": "asked by UNESCO"}}},
            disposition("dsp-a", "tgt-x", "carried_into"),
            disposition("dsp-b", "tgt-z", "dropped")
        ]),
        json!([{"id": "lnk-a", "kind": "becomes", "from": "dsp-a", "to": "tgt-a"}]),
    );
    let told = against_predecessor(&former, &new);
    let [one] = told.former.as_slice() else { panic!("{told:?}") };
    assert_eq!((one.about.code.as_deref(), one.fates.len()), (Some("1.1"), 1));
    let fate = &one.fates[0];
    assert_eq!((fate.kind.as_deref(), fate.rationale.as_str()), (Some("carried_into"), "as asked"));
    assert_eq!(fate.heirs[0].about.code.as_deref(), Some("1.1"));
    let Change::Text { field, segments, .. } = &fate.heirs[0].texts[0] else { panic!("{fate:?}") };
    assert_eq!((field.as_str(), segments.len()), ("wording", 3));
    let ids = |list: &[Named]| list.iter().map(|one| one.element.to_string()).collect::<Vec<_>>();
    assert_eq!(ids(&told.without_disposition), ["gol-x"]);
    let newcomers: Vec<(&str, &str)> = told
        .without_predecessor
        .iter()
        .map(|new| (new.about.element.as_str(), new.reason.as_str()))
        .collect();
    assert_eq!(newcomers, [("gol-a", ""), ("tgt-n", "asked by UNESCO")]);
    assert_eq!(told.dangling, ["dsp-b".parse().unwrap()]);
}

#[test]
fn a_long_name_is_cut() {
    plenary_limits::holds!(LABEL_CHARS_MAX, |chars| {
        let words = "é".repeat(chars);
        let view = changed(|all| all[0]["text"] = json!({"en": {"statement": words}}));
        named(view.element(&"gol-a".parse().unwrap()).unwrap(), "en").label == words
    });
}
