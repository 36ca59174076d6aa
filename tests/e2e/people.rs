//! Who takes part in the tests, and short ways to say what they ask.

use plenary_protocol::plan::{Command, Value};
use plenary_protocol::{Bureau, Role, Seq};
use plenary_tests::{Person, element_id};
use serde_json::Value as Json;

const fn person(subject: &'static str, name: &'static str, bureau: Bureau, role: Role) -> Person {
    Person { subject, name, bureau, role }
}

pub const BR: Person = person("br-drafter", "BR drafter", Bureau::BR, Role::Drafter);
pub const TSB: Person = person("tsb-drafter", "TSB drafter", Bureau::TSB, Role::Drafter);
pub const BDT: Person = person("bdt-drafter", "BDT drafter", Bureau::BDT, Role::Drafter);
pub const GS: Person = person("gs-drafter", "GS drafter", Bureau::GS, Role::Drafter);
pub const CHAIR: Person = person("chair", "Chair of the group", Bureau::BR, Role::Chair);
pub const CONTRIBUTOR: Person = person("contributor", "Contributor", Bureau::GS, Role::Contributor);
pub const READER: Person = person("reader", "Reader", Bureau::TSB, Role::Reader);
pub const AUDITOR: Person = person("auditor", "Auditor", Bureau::GS, Role::Auditor);
pub const ADMIN: Person = person("admin", "Administrator", Bureau::GS, Role::Admin);

pub fn set_text(element: &str, field: &str, text: &str, base: Seq) -> Command {
    Command::SetText {
        element: element_id(element),
        field: field.to_owned(),
        lang: None,
        text: text.to_owned(),
        base,
    }
}

pub fn splice(element: &str, field: &str, at: usize, insert: &str, base: Seq) -> Command {
    Command::Splice {
        element: element_id(element),
        field: field.to_owned(),
        lang: None,
        at,
        delete: 0,
        insert: insert.to_owned(),
        base,
    }
}

pub fn set_field(element: &str, field: &str, value: impl Into<Json>, base: Seq) -> Command {
    let value: Value = serde_json::from_value(value.into()).unwrap();
    Command::SetField { element: element_id(element), field: field.to_owned(), value, base }
}

pub fn comment(element: &str, text: &str) -> Command {
    Command::Comment { element: element_id(element), text: text.to_owned() }
}

pub fn move_before(element: &str, before: &str) -> Command {
    let place =
        plenary_protocol::plan::command::Place { before: Some(element_id(before)), ..Default::default() };
    Command::Move { element: element_id(element), place }
}
