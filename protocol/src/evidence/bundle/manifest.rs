//! What a bundle says of itself.  Nothing signs it: a check takes from it only what it then proves.

use serde::{Deserialize, Serialize};

use crate::ids::{ElementId, PlanId, Subject};
use crate::principal::{Bureau, Role};

/// The format of bundles, as manifests name it.
pub const BUNDLE_FORMAT: &str = "plenary-evidence/1";

/// Entries that follow each other without a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// The first.
    pub from: u64,
    /// The last.
    pub to: u64,
}

/// An element whose entries were asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChosenElement {
    /// Its id.
    pub element: ElementId,
    /// Its display code when the bundle was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// Who had a bundle made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeBy {
    /// Who.
    pub subject: Subject,
    /// Their name.
    pub name: String,
    /// The Bureau they acted for.
    pub bureau: Bureau,
    /// The role they had.
    pub role: Role,
}

/// What a bundle says that it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// `BUNDLE_FORMAT`.
    pub format: String,
    /// The plan.
    pub plan: PlanId,
    /// Its title when the bundle was made.
    pub title: String,
    /// For a range: its ends, and no entry of it is missing.  For a selection nothing: it may lack any.
    pub complete: Option<Stretch>,
    /// For a selection: the elements whose entries were chosen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub elements: Vec<ChosenElement>,
    /// The entries in it.
    pub entries: Vec<u64>,
    /// How many entries the earlier checkpoint has, where growth since then is proved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<u64>,
    /// When it was made, by the server's clock, RFC 3339 UTC.
    pub made_at: String,
    /// For whom.
    pub made_by: MadeBy,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// The program that made it.
    pub build: String,
}
