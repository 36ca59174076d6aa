//! Who may read a plan: everybody with a valid token, or those that its rule names.
//!
//! What the rule means for somebody is decided by `plenary_core::policy`; here is only what it says.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ids::Subject;
use crate::principal::{Bureau, Role};

/// Who may read a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Everybody with a valid token.
    #[default]
    Everybody,
    /// Those who are named, and who is never shut out: auditors and admins.
    Only(
        /// Who is named.
        Readers,
    ),
}

/// Those whom a rule names: one of these roles, for one of these Bureaux, or one of these people.
///
/// Fields stand in the order of their encoded keys, as in every stored form.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Readers {
    /// Whoever has one of these roles.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub roles: BTreeSet<Role>,
    /// Whoever acts for one of these Bureaux.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub bureaux: BTreeSet<Bureau>,
    /// These people, by whichever issuer they are named.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub subjects: BTreeSet<Subject>,
}

/// One name in a rule, written `role:chair`, `bureau:TSB` or `subject:ana`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reader {
    /// Whoever has the role.
    Role(Role),
    /// Whoever acts for the Bureau.
    Bureau(Bureau),
    /// The person.
    Subject(Subject),
}

/// A text that names no reader.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} names no reader: {problem}")]
pub struct ReaderError {
    /// What was given.
    pub given: String,
    /// What is wrong with it.
    pub problem: String,
}

impl Readers {
    /// How many names stand in it.
    pub fn len(&self) -> usize {
        self.roles.len() + self.bureaux.len() + self.subjects.len()
    }

    /// Whether it names nobody.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl FromIterator<Reader> for Readers {
    fn from_iter<I: IntoIterator<Item = Reader>>(names: I) -> Self {
        let mut readers = Readers::default();
        for name in names {
            match name {
                Reader::Role(role) => _ = readers.roles.insert(role),
                Reader::Bureau(bureau) => _ = readers.bureaux.insert(bureau),
                Reader::Subject(subject) => _ = readers.subjects.insert(subject),
            }
        }
        readers
    }
}

impl FromStr for Reader {
    type Err = ReaderError;

    fn from_str(text: &str) -> Result<Self, ReaderError> {
        let wrong = |problem: String| ReaderError { given: text.to_owned(), problem };
        let forms = "write role:ROLE, bureau:BUREAU or subject:SUBJECT";
        let (kind, name) = text.split_once(':').ok_or_else(|| wrong(forms.to_owned()))?;
        match kind {
            "role" => name.parse().map(Reader::Role).map_err(|error| wrong(error.to_string())),
            "bureau" => name.parse().map(Reader::Bureau).map_err(|error| wrong(error.to_string())),
            "subject" => name.parse().map(Reader::Subject).map_err(|error| wrong(error.to_string())),
            _ => Err(wrong(forms.to_owned())),
        }
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Access::Everybody => f.write_str("everybody"),
            Access::Only(readers) => readers.fmt(f),
        }
    }
}

impl fmt::Display for Readers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let roles = self.roles.iter().map(|role| format!("role:{role}"));
        let bureaux = self.bureaux.iter().map(|bureau| format!("bureau:{bureau}"));
        let subjects = self.subjects.iter().map(|subject| format!("subject:{subject}"));
        let names: Vec<String> = roles.chain(bureaux).chain(subjects).collect();
        f.write_str(&names.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(names: &[&str]) -> Access {
        Access::Only(names.iter().map(|name| name.parse::<Reader>().unwrap()).collect())
    }

    #[test]
    fn a_rule_reads_as_it_is_written() {
        let rule = only(&["subject:ana:1", "bureau:TSB", "role:chair", "bureau:BR", "bureau:TSB"]);
        assert_eq!(rule.to_string(), "role:chair, bureau:BR, bureau:TSB, subject:ana:1");
        let json = r#"{"only":{"roles":["chair"],"bureaux":["BR","TSB"],"subjects":["ana:1"]}}"#;
        assert_eq!(serde_json::to_string(&rule).unwrap(), json);
        assert_eq!(serde_json::from_str::<Access>(json).unwrap(), rule);
        assert_eq!(serde_json::from_str::<Access>("\"everybody\"").unwrap(), Access::Everybody);
    }

    #[test]
    fn what_names_no_reader_is_refused_with_the_way_out() {
        let says = |text: &str| text.parse::<Reader>().unwrap_err().to_string();
        assert!(says("TSB").contains("write role:ROLE, bureau:BUREAU or subject:SUBJECT"));
        assert!(says("team:x").contains("write role:"));
        assert!(says("bureau:ITU-T").contains("BR, TSB, BDT, GS"));
        assert!(says("role:root").contains("reader, contributor"));
        assert!(says("subject:").contains("1 to 128 bytes"));
        for wrong in ["{}", "null", "\"nobody\"", r#"{"only":{"role":["chair"]}}"#] {
            assert!(serde_json::from_str::<Access>(wrong).is_err(), "{wrong}");
        }
    }
}
