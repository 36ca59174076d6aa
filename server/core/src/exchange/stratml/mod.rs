//! StratML: plans as files of ISO 17469-1 (Part 1) and ANSI/AIIM 22 (Part 2, performance plans).
//!
//! Strict in what is written (Part 2, the order of its schema) and lenient in what is read, with a remark
//! for everything that was repaired or left out.  What StratML has elements for stands there; the other
//! fields of these elements stand in `OtherInformation`, a line each, and are read back from there.  What
//! has no place at all is counted for the user.
//!
//! | plan | StratML |
//! |---|---|
//! | goal; objective and priority, which say `kind:` | `Goal` |
//! | target; outcome and output, which say `kind:` | `Objective` |
//! | indicator | `PerformanceIndicator` |
//! | disaggregation | a `PerformanceIndicator` a category, `Narrower_Than` its indicator |
//! | reading: target; baseline and actual | `TargetResult`; `ActualResult`, in a `MeasurementInstance` each |
//! | owner | `Stakeholder` of type `Organization` |
//! | vision, mission (the first of each), value | `Vision`, `Mission`, `Value` |
//! | links between these, external links, allocations | a line of `OtherInformation`, in JSON |

mod information;
mod read;
mod write;
mod xml;

#[cfg(test)]
mod tests;

use plenary_protocol::plan::Kind;

pub use read::{Remark, Taken, read};
pub use write::{LeftOut, WriteError, Written, write};

/// The namespace of Part 2.
const NAMESPACE: &str = "urn:ISO:std:iso:17469:tech:xsd:PerformancePlanOrReport";
/// The namespace of Part 1.
const NAMESPACE_PART_1: &str = "urn:ISO:std:iso:17469:tech:xsd:stratml_core";

/// Kinds without texts that stand in the `OtherInformation` of what they hang on.
const IN_LINES: [&str; 2] = ["external_link", "allocation"];

/// Names of lines that are no fields.
mod line {
    /// The form of the plan's fields: only files that say it have their lines read.
    pub const SCHEMA: &str = "schema";
    /// The plan's stage.
    pub const STAGE: &str = "stage";
    /// The kind, where it is not the usual one of its place.
    pub const KIND: &str = "kind";
    /// The text that `Description` holds, where it is not the usual one.
    pub const DESCRIBED_BY: &str = "described_by";
    /// The Bureau, where there is no `Stakeholder` for it.
    pub const OWNER: &str = "owner";
    /// The id, where there is no `Identifier` for it.
    pub const ID: &str = "id";
    /// The category that an indicator is broken down to.
    pub const CATEGORY: &str = "category";
    /// The breakdown of which an indicator is a further category.
    pub const PART_OF: &str = "part_of";
    /// What a reading is, where the element does not say it.
    pub const ROLE: &str = "role";
}

/// Whether elements of a kind become an element of StratML under another (`None`: at the top).
fn has_place(kind: Kind, parent: Option<Kind>) -> bool {
    let parents: &[&str] = match kind.name() {
        "goal" | "objective" | "priority" | "vision" | "mission" | "value" => return parent.is_none(),
        "target" => &["goal"],
        "outcome" => &["objective", "priority"],
        "output" => &["objective"],
        "indicator" => &["target", "outcome", "output"],
        "disaggregation" => &["indicator"],
        "reading" => &["indicator", "disaggregation"],
        _ => return IN_LINES.contains(&kind.name()) && parent.is_none_or(has_lines),
    };
    parent.is_some_and(|parent| parents.contains(&parent.name()))
}

/// Whether elements of a kind have an `OtherInformation`.
fn has_lines(kind: Kind) -> bool {
    matches!(
        kind.name(),
        "goal" | "objective" | "priority" | "target" | "outcome" | "output" | "indicator" | "disaggregation"
    )
}

/// The text of a kind that `Description` holds unless a line says otherwise.
fn described_by(kind: Kind) -> &'static str {
    if kind.text("statement").is_some() { "statement" } else { "description" }
}
