//! Named versions of a plan: what a signature on one says, and exactly what it covers.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{Digest, Seq};
use crate::principal::UnknownName;

/// What somebody says of a version by signing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SignedAs {
    /// They drafted it, or answer for the draft.
    Drafted,
    /// They reviewed it.
    Reviewed,
    /// They approve it.
    Approved,
}

impl SignedAs {
    /// All of them.
    pub const ALL: [SignedAs; 3] = [SignedAs::Drafted, SignedAs::Reviewed, SignedAs::Approved];

    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            SignedAs::Drafted => "drafted",
            SignedAs::Reviewed => "reviewed",
            SignedAs::Approved => "approved",
        }
    }
}

impl fmt::Display for SignedAs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for SignedAs {
    type Err = UnknownName;
    fn from_str(text: &str) -> Result<Self, UnknownName> {
        let found = SignedAs::ALL.into_iter().find(|meaning| meaning.as_str() == text);
        found.ok_or_else(|| UnknownName { given: text.to_owned(), known: "drafted, reviewed, approved" })
    }
}

/// The exact content that a version names and a signature covers: a point of the log, by its hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Covers {
    /// The entry.
    pub seq: Seq,
    /// Its leaf hash, which names every entry before it.
    pub leaf: Digest,
}
