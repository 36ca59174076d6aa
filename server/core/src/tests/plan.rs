//! A small plan, and short ways to say commands.

use std::collections::BTreeMap;

use plenary_protocol::plan::command::Place;
use plenary_protocol::plan::kinds::{Kind, LinkKind};
use plenary_protocol::plan::view::PLAN_SCHEMA;
use plenary_protocol::plan::{Command, ElementView, LinkView, PlanView, Stage, Value};
use plenary_protocol::{Bureau, Seq};

use super::world::{id, set, text};

/// An element in the making.
pub fn element(name: &str, kind: &str, parent: &str, order: &str) -> ElementView {
    ElementView {
        id: id(name),
        kind: Kind::named(kind).unwrap(),
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

/// A goal with two targets and an indicator; objectives of BR and TSB; a priority; a comment.
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
    let link = LinkView {
        id: id("lnk-1"),
        kind: LinkKind::named("contributes_to").unwrap(),
        from: id("obj-br"),
        to: id("gol-1"),
        removed: false,
        note: "as by Table 3".into(),
        concurrent: BTreeMap::new(),
        fields: [("strength".to_owned(), text("primary"))].into(),
    };
    let see = LinkView {
        id: id("lnk-see"),
        kind: LinkKind::named("refers_to").unwrap(),
        from: id("tgt-2"),
        to: id("tgt-1"),
        removed: false,
        note: String::new(),
        concurrent: BTreeMap::new(),
        fields: BTreeMap::new(),
    };
    PlanView {
        schema: PLAN_SCHEMA.into(),
        id: "small".parse().unwrap(),
        title: "Small plan".into(),
        stage: Stage::SecretariatDraft,
        seq: Seq::ZERO,
        at: String::new(),
        document: String::new(),
        plan: [("title".to_owned(), text("Small plan")), ("language".to_owned(), text("en"))].into(),
        concurrent: BTreeMap::new(),
        elements: plenary_protocol::plan::codes::arrange(elements),
        links: vec![link, see],
    }
}

pub fn add(kind: &str, parent: &str, texts: &[(&str, &str)]) -> Command {
    Command::Add {
        kind: Kind::named(kind).unwrap(),
        id: None,
        place: under(parent),
        owner: None,
        fields: BTreeMap::new(),
        lang: None,
        text: texts.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect(),
    }
}

pub fn under(parent: &str) -> Place {
    Place { parent: (!parent.is_empty()).then(|| id(parent)), after: None, before: None }
}

pub fn set_text(element: &str, field: &str, words: &str, base: Seq) -> Command {
    Command::SetText { element: id(element), field: field.into(), lang: None, text: words.into(), base }
}

pub fn splice(element: &str, at: usize, delete: usize, insert: &str, base: Seq) -> Command {
    let field = if element.starts_with("tgt") { "statement" } else { "title" };
    Command::Splice {
        element: id(element),
        field: field.into(),
        lang: None,
        at,
        delete,
        insert: insert.into(),
        base,
    }
}

pub fn set_field(element: &str, field: &str, value: Value, base: Seq) -> Command {
    Command::SetField { element: id(element), field: field.into(), value, base }
}

pub fn settle(element: &str, field: &str, value: Value, base: Seq) -> Command {
    Command::Settle { element: id(element), field: field.into(), value, base }
}

pub fn move_under(element: &str, parent: &str) -> Command {
    Command::Move { element: id(element), place: under(parent) }
}

pub fn remove(element: &str) -> Command {
    Command::Remove { element: id(element) }
}

pub fn restore(element: &str) -> Command {
    Command::Restore { element: id(element) }
}

pub fn link(kind: &str, from: &str, to: &str) -> Command {
    Command::Link {
        kind: LinkKind::named(kind).unwrap(),
        id: None,
        from: id(from),
        to: id(to),
        fields: BTreeMap::new(),
    }
}

pub fn comment(element: &str, words: &str) -> Command {
    Command::Comment { element: id(element), text: words.into() }
}
