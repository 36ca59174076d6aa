//! Who writes what: the plan that every run begins with, and the people.

use std::collections::BTreeMap;

use plenary_craft::plan as small;
use plenary_protocol::access::{Access, Reader};
use plenary_protocol::plan::view::PLAN_SCHEMA;
use plenary_protocol::plan::{ElementView, PlanView, Stage, Value, codes};
use plenary_protocol::{Bureau, ElementId, PlanId, Principal, Role, Seq};

/// Words that stand in every edit that must never come into the log.
pub const FORBIDDEN: &str = "FORBIDDEN";
/// Targets, which every drafter may write.
pub const TARGETS: [&str; 2] = ["tgt-1", "tgt-2"];
/// What belongs to a Bureau, with its owner.
pub const OWNED: [(&str, Bureau); 4] =
    [("obj-br", Bureau::BR), ("out-br", Bureau::BR), ("obj-tsb", Bureau::TSB), ("out-tsb", Bureau::TSB)];

/// The plan's name.
///
/// # Panics
/// Never: it is one.
pub fn plan_id() -> PlanId {
    "simulated".parse().expect("a plan's name")
}

/// The element of that id.
///
/// # Panics
/// When it is no id.
pub fn id(name: &str) -> ElementId {
    name.parse().expect("an element's id")
}

/// Somebody with a role, acting for a Bureau.
///
/// # Panics
/// When the name is no subject.
pub fn person(subject: &str, bureau: Bureau, role: Role) -> Principal {
    Principal {
        subject: subject.parse().expect("a subject"),
        name: format!("{subject} of {bureau}"),
        issuer: "simulator".into(),
        bureau,
        role,
        token_id: None,
        issued_s: 0,
        expires_s: i64::MAX,
    }
}

/// The chair.
pub fn chair() -> Principal {
    person("chair", Bureau::GS, Role::Chair)
}

/// A rule that shuts out whoever acts for another Bureau than one.
pub fn narrow() -> Access {
    Access::Only([Reader::Bureau(Bureau::BR)].into_iter().collect())
}

/// Who reopens what is withdrawn.
pub fn admin() -> Principal {
    person("admin", Bureau::GS, Role::Admin)
}

fn element(name: &str, kind: &str, parent: &str, order: &str, words: &str) -> ElementView {
    let field = if kind == "target" { "statement" } else { "title" };
    let mut made = small::element(name, kind, parent, order);
    made.text.entry("en".into()).or_default().insert(field.into(), words.into());
    made
}

fn objective(name: &str, owner: Bureau, sector: &str, order: &str) -> ElementView {
    let mut made = element(name, "objective", "", order, "Aim of a Sector");
    made.owner = Some(owner);
    made.fields.insert("sector".into(), Value::Text(sector.into()));
    made
}

/// The plan as it is created.
pub fn plan() -> PlanView {
    let elements = vec![
        element("gol-1", "goal", "", "V", "Growth"),
        element("gol-2", "goal", "", "k", "Inclusiveness"),
        element("tgt-1", "target", "gol-1", "H", "65 % of households connected"),
        element("tgt-2", "target", "gol-1", "V", "Access for all"),
        objective("obj-br", Bureau::BR, "ITU-R", "H"),
        element("out-br", "outcome", "obj-br", "V", "More spectrum"),
        objective("obj-tsb", Bureau::TSB, "ITU-T", "V"),
        element("out-tsb", "outcome", "obj-tsb", "V", "More standards"),
    ];
    let link = small::link("lnk-1", "contributes_to", "obj-br", "gol-1");
    PlanView {
        schema: PLAN_SCHEMA.into(),
        id: plan_id(),
        title: "Simulated plan".into(),
        stage: Stage::SecretariatDraft,
        seq: Seq::ZERO,
        at: String::new(),
        document: String::new(),
        plan: [
            ("title".to_owned(), Value::Text("Simulated plan".into())),
            ("language".to_owned(), Value::Text("en".into())),
        ]
        .into(),
        concurrent: BTreeMap::new(),
        elements: codes::arrange(elements),
        links: vec![link],
    }
}
