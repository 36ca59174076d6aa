//! All targets, by name.

mod evidence;
mod log;
mod plan;
mod wire;

use crate::target::Target;

/// Makes a target with its corpus.
type Make = fn() -> Result<Target, String>;

/// All targets.
pub const ALL: [(&str, Make); 13] = [
    ("live", wire::live),
    ("sync-frames", wire::frames),
    ("sync-messages", wire::messages),
    ("tokens", wire::tokens),
    ("changes", plan::changes),
    ("operations", plan::operations),
    ("plan-files", plan::files),
    ("points", plan::points),
    ("journal", log::journal),
    ("records", log::records),
    ("notes", evidence::notes),
    ("proofs", evidence::proofs),
    ("bundles", evidence::bundles),
];

/// The target of a name.
///
/// # Errors
/// When there is none, or its corpus cannot be made.
pub fn named(name: &str) -> Result<Target, String> {
    let known = ALL.iter().find(|(known, _)| *known == name);
    let (_, make) = known.ok_or_else(|| {
        let names: Vec<&str> = ALL.iter().map(|(name, _)| *name).collect();
        format!("no target is called {name}; there are {}", names.join(", "))
    })?;
    make()
}
