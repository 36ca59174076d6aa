//! Who acts: subject, Bureau, role, as a verified token states them.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::Subject;

/// A name that is none of the known ones.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is none of {known}")]
pub struct UnknownName {
    /// What was given.
    pub given: String,
    /// What is known, in words.
    pub known: &'static str,
}

/// A secretariat: the Bureau of a Sector, or the General Secretariat.
///
/// A Bureau is not a Sector: BR is the secretariat of ITU-R.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum Bureau {
    /// Radiocommunication Bureau.
    BR,
    /// Telecommunication Standardization Bureau.
    TSB,
    /// Telecommunication Development Bureau.
    BDT,
    /// General Secretariat.
    GS,
}

impl Bureau {
    /// All of them, in the order of print.
    pub const ALL: [Bureau; 4] = [Bureau::BR, Bureau::TSB, Bureau::BDT, Bureau::GS];

    /// The short name, as in a token.
    pub fn as_str(self) -> &'static str {
        match self {
            Bureau::BR => "BR",
            Bureau::TSB => "TSB",
            Bureau::BDT => "BDT",
            Bureau::GS => "GS",
        }
    }
}

impl fmt::Display for Bureau {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Bureau {
    type Err = UnknownName;
    fn from_str(text: &str) -> Result<Self, UnknownName> {
        Bureau::ALL
            .into_iter()
            .find(|bureau| bureau.as_str() == text)
            .ok_or_else(|| UnknownName { given: text.to_owned(), known: "BR, TSB, BDT, GS" })
    }
}

/// What somebody may do; `plenary_core::policy` is the one table that says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Reads.
    Reader,
    /// Reads, comments, gives feedback.
    Contributor,
    /// Writes what is shared and what belongs to the own Bureau.
    Drafter,
    /// Writes everything, moves the plan through its stages.
    Chair,
    /// Reads everything and its history, writes nothing.
    Auditor,
    /// Everything, and reopens an adopted plan.
    Admin,
}

impl Role {
    /// All of them.
    pub const ALL: [Role; 6] =
        [Role::Reader, Role::Contributor, Role::Drafter, Role::Chair, Role::Auditor, Role::Admin];

    /// The name, as in a token.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Reader => "reader",
            Role::Contributor => "contributor",
            Role::Drafter => "drafter",
            Role::Chair => "chair",
            Role::Auditor => "auditor",
            Role::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Role {
    type Err = UnknownName;
    fn from_str(text: &str) -> Result<Self, UnknownName> {
        Role::ALL.into_iter().find(|role| role.as_str() == text).ok_or_else(|| UnknownName {
            given: text.to_owned(),
            known: "reader, contributor, drafter, chair, auditor, admin",
        })
    }
}

/// A person or program as a verified token names it; the only source of authorship.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Principal {
    /// Who, in the issuer's naming.
    pub subject: Subject,
    /// The name shown to people.
    pub name: String,
    /// Who vouches for it.
    pub issuer: String,
    /// The Bureau they act for.
    pub bureau: Bureau,
    /// What they may do.
    pub role: Role,
    /// The token's own id (`jti`), where it has one.
    pub token_id: Option<String>,
    /// When the token was issued, seconds since 1970 UTC; 0 in what was kept before this was.
    #[serde(default)]
    pub issued_s: i64,
    /// When the token ends, seconds since 1970 UTC.
    pub expires_s: i64,
}
