//! Named versions of a plan in bodies of the HTTP API.

use plenary_limits::{BECAUSE_BYTES_MAX, VERSION_NOTE_BYTES_MAX};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::past::Origin;
use crate::ids::{ClientId, VersionName};
use crate::version::{Covers, SignedAs};

/// Body of the naming of a version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VersionBody {
    /// The client's name for the act.
    pub id: ClientId,
    /// The name: of this plan no other version has it, in whatever case it is written.
    pub name: VersionName,
    /// The point that it names: an entry (a sequence number), a time (RFC 3339), a date (its end, UTC), or
    /// `version:NAME`; the last entry when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// What it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = VERSION_NOTE_BYTES_MAX))]
    pub note: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = BECAUSE_BYTES_MAX))]
    pub because: Option<String>,
}

/// Body of a signature on a version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignatureBody {
    /// The client's name for the act.
    pub id: ClientId,
    /// What you say of the version.
    pub meaning: SignedAs,
    /// Why, or on what condition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = BECAUSE_BYTES_MAX))]
    pub because: Option<String>,
}

/// A signature on a version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Signature {
    /// What it says.
    pub meaning: SignedAs,
    /// Who signed, in which entry, when and why.
    #[serde(flatten)]
    pub signed: Origin,
}

/// A version: a point of the plan that has a name, and who signed it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Version {
    /// Its name.
    pub name: VersionName,
    /// Exactly what it names: an entry, and the hash of that.
    pub covers: Covers,
    /// What it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Who named it, in which entry, when and why.
    pub named: Origin,
    /// Its signatures, oldest first.
    pub signatures: Vec<Signature>,
}

/// A page of the versions of a plan, in the order in which they were named.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VersionPage {
    /// The versions.
    pub versions: Vec<Version>,
    /// Ask for more with this as `after`; absent when there is no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_after: Option<VersionName>,
}
