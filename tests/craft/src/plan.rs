//! The small plan that crafted changes are about.

use std::collections::BTreeMap;

use plenary_protocol::plan::kinds::{Kind, LinkKind};
use plenary_protocol::plan::view::PLAN_SCHEMA;
use plenary_protocol::plan::{ElementView, LinkView, PlanView, Stage, Value};
use plenary_protocol::{Bureau, ElementId, Seq};

/// A goal with two targets and an indicator; objectives of BR and TSB; a priority; a comment.
///
/// # Panics
/// Never: all of it is of the layout.
pub fn small_plan() -> PlanView {
    let objective = |name: &str, owner, sector: &str, order: &str| {
        let base = worded(element(name, "objective", "", order), "title", "Aim of a Sector");
        with(owned(base, owner), "sector", text(sector))
    };
    let elements = vec![
        worded(element("gol-1", "goal", "", "V"), "title", "Growth"),
        with(
            worded(element("tgt-1", "target", "gol-1", "H"), "statement", "65 % of households connected"),
            "due_year",
            Value::Int(2023),
        ),
        worded(element("tgt-2", "target", "gol-1", "V"), "statement", "Access for all"),
        worded(element("ind-1", "indicator", "tgt-1", "V"), "title", "Households online"),
        objective("obj-br", Bureau::BR, "ITU-R", "H"),
        worded(element("out-br", "outcome", "obj-br", "V"), "title", "More spectrum"),
        owned(worded(element("opt-br", "output", "obj-br", "V"), "title", "Radio Regulations"), Bureau::BR),
        objective("obj-tsb", Bureau::TSB, "ITU-T", "V"),
        with(
            worded(element("pri-1", "priority", "", "V"), "title", "Cybersecurity"),
            "sectors",
            set(&["ITU-R", "ITU-T"]),
        ),
        worded(element("cmt-1", "comment", "tgt-1", "V"), "statement", "Is this enough?"),
    ];
    let mut why = link("lnk-1", "contributes_to", "obj-br", "gol-1");
    why.note = "as by Table 3".into();
    why.fields.insert("strength".into(), text("primary"));
    let see = link("lnk-see", "refers_to", "tgt-2", "tgt-1");
    PlanView {
        schema: PLAN_SCHEMA.into(),
        id: "small".parse().expect("a plan's name"),
        title: "Small plan".into(),
        stage: Stage::SecretariatDraft,
        seq: Seq::ZERO,
        at: String::new(),
        document: String::new(),
        plan: [("title".to_owned(), text("Small plan")), ("language".to_owned(), text("en"))].into(),
        concurrent: BTreeMap::new(),
        elements: plenary_protocol::plan::codes::arrange(elements),
        links: vec![why, see],
    }
}

fn id(name: &str) -> ElementId {
    name.parse().expect("an element's id")
}

fn text(words: &str) -> Value {
    Value::Text(words.into())
}

fn set(members: &[&str]) -> Value {
    Value::Set(members.iter().map(|member| (*member).to_owned()).collect())
}

/// An element in the making.
///
/// # Panics
/// When there is no such kind.
pub fn element(name: &str, kind: &str, parent: &str, order: &str) -> ElementView {
    ElementView {
        id: id(name),
        kind: Kind::named(kind).expect("a kind"),
        code: None,
        own_code: None,
        parent: (!parent.is_empty()).then(|| id(parent)),
        order: order.into(),
        owner: None,
        removed: false,
        text: BTreeMap::new(),
        concurrent: BTreeMap::new(),
        fields: BTreeMap::new(),
    }
}

/// A link in the making.
///
/// # Panics
/// When there is no such kind.
pub fn link(name: &str, kind: &str, from: &str, to: &str) -> LinkView {
    LinkView {
        id: id(name),
        kind: LinkKind::named(kind).expect("a kind of links"),
        from: id(from),
        to: id(to),
        removed: false,
        note: String::new(),
        concurrent: BTreeMap::new(),
        fields: BTreeMap::new(),
    }
}

fn worded(mut element: ElementView, name: &str, words: &str) -> ElementView {
    element.text.entry("en".into()).or_default().insert(name.into(), words.into());
    element
}

fn owned(mut element: ElementView, owner: Bureau) -> ElementView {
    element.owner = Some(owner);
    element
}

fn with(mut element: ElementView, field: &str, value: Value) -> ElementView {
    element.fields.insert(field.into(), value);
    element
}
