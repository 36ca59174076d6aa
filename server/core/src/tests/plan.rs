//! The small plan (`plenary-craft`), and short ways to say commands.

use std::collections::BTreeMap;

pub use plenary_craft::plan::{element, small_plan};
use plenary_protocol::Seq;
use plenary_protocol::plan::command::Place;
use plenary_protocol::plan::kinds::{Kind, LinkKind};
use plenary_protocol::plan::{Command, Value};

use super::world::id;

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
