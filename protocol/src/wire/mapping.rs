//! The mapping of a plan at a glance: what became of the former one, what was asked and answered, quoted.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::past::{Former, Named, Newcomer, PlanPoint, Segment};
use crate::ids::ElementId;
use crate::plan::value::Quotation;

/// How far the former elements of one kind are accounted for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Coverage {
    /// The kind.
    pub kind: String,
    /// How many there are.
    pub former: u64,
    /// How many of them have a disposition.
    pub with_disposition: u64,
    /// How many dispositions of each type they have.
    pub types: BTreeMap<String, u64>,
    /// Those that were dropped and no disposition says why.
    pub dropped_without_reason: Vec<Named>,
}

/// The former plan, and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FormerPlan {
    /// The plan before this one.
    pub predecessor: PlanPoint,
    /// How far it is accounted for, a kind each.
    pub coverage: Vec<Coverage>,
    /// Former elements that dispositions are about, in reading order of the former plan.
    pub former: Vec<Former>,
    /// Former elements of the kinds counted that none is about.
    pub without_disposition: Vec<Named>,
    /// Elements of the kinds that former ones live on in that none lives on in.
    pub without_predecessor: Vec<Newcomer>,
}

/// A response to a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Response {
    /// The response.
    #[serde(flatten)]
    pub about: Named,
    /// `promised` or `done`; absent where it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

/// A request of the membership, and what answers it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Request {
    /// The request.
    #[serde(flatten)]
    pub about: Named,
    /// What answers it.
    pub responses: Vec<Response>,
}

/// Requests and responses.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Guidance {
    /// How many requests have a response.
    pub answered: u64,
    /// How many responses of each status there are; `open` counts those that say none.
    pub statuses: BTreeMap<String, u64>,
    /// The requests in reading order.
    pub requests: Vec<Request>,
    /// Responses that answer no request.
    pub without_request: Vec<Named>,
}

/// A quotation held against what it quotes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct QuoteCheck {
    /// The quotation.
    pub quote: ElementId,
    /// What it stands under; absent at the top of the plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under: Option<Named>,
    /// What is quoted.
    pub of: Quotation,
    /// What is quoted, by its names then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quoted: Option<Named>,
    /// The printed words.
    pub as_printed: String,
    /// Whether they stand in the text; absent where the text is not there, or not yours to read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agrees: Option<bool>,
    /// Where they do not: the text against the printed words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub segments: Vec<Segment>,
}

/// The mapping of a plan at a glance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MappingAnswer {
    /// The plan.
    pub plan: PlanPoint,
    /// What became of the plan before it; absent where it names none that you may read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former_plan: Option<FormerPlan>,
    /// Requests and responses.
    pub guidance: Guidance,
    /// Its quotations, in reading order.
    pub quotes: Vec<QuoteCheck>,
}
