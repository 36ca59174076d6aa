//! The coherence rules: what in a plan does not hold together, and what would resolve it.
//!
//! Every rule is a pure function of what stands in a plan and in the one before it, one file a family.
//! `Checker` keeps the findings up entry by entry, and `history` says who introduced and who resolved
//! each.  Lexicons, vocabularies, thresholds, codes and the table of rules itself are data
//! (`rules/data`).  No rule refuses an edit: a finding is told, and only a stage waits for it.

mod breakdowns;
mod checker;
mod facts;
mod finding;
mod guidance;
mod history;
mod look;
mod mapping;
mod money;
mod numbering;
mod overlaps;
mod presence;
mod purpose;
mod results;
mod settings;
mod smart;
mod told;
mod words;

#[cfg(test)]
mod tests;

use std::sync::LazyLock;

pub use checker::{Checker, Turn};
pub use facts::{Facts, Then, Voices};
pub use finding::{Found, Names};
pub use history::History;
pub use look::Former;
pub use settings::Settings;
pub use told::{rules, tell_all};
pub use words::{Row, TABLE};

use facts::Place;
use finding::Out;
use look::Look;

/// What a rule looks at, one subject at a time.
#[derive(Debug, Clone, Copy)]
enum On {
    /// The plan as a whole.
    Plan,
    /// Each element of these kinds.
    Each(&'static [&'static str]),
    /// The top of the plan and each element, for what stands right under it.
    Under,
    /// Each link.
    Links,
    /// Each element and each link.
    All,
}

/// One way in which a rule looks at a plan; a rule may have several.
#[derive(Debug, Clone, Copy)]
struct Check {
    code: &'static str,
    on: On,
    check: fn(&Look<'_>, Place, &mut Out<'_, '_>),
}

/// A check with the place of its rule in the table.
#[derive(Debug)]
struct Placed {
    row: usize,
    on: On,
    check: fn(&Look<'_>, Place, &mut Out<'_, '_>),
}

/// All checks, family by family; a test holds them against the table.
static RULES: LazyLock<Vec<Placed>> = LazyLock::new(|| {
    let families = [
        purpose::CHECKS,
        results::CHECKS,
        smart::CHECKS,
        mapping::CHECKS,
        overlaps::CHECKS,
        breakdowns::CHECKS,
        money::CHECKS,
        guidance::CHECKS,
        numbering::CHECKS,
        presence::CHECKS,
    ];
    let place = |check: &Check| {
        let row = TABLE.rules.iter().position(|row| row.code == check.code)?;
        Some(Placed { row, on: check.on, check: check.check })
    };
    families.into_iter().flatten().filter_map(place).collect()
});
