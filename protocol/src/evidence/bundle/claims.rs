//! The part of a manifest that a check needs: what is claimed, to be proved or refused.

use serde_json::Value;

use super::manifest::{BUNDLE_FORMAT, Stretch};
use crate::ids::PlanId;

/// What a bundle claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claims {
    pub plan: PlanId,
    /// The entries in it, ascending, at least one.
    pub entries: Vec<u64>,
    pub complete: Option<Stretch>,
    pub since: Option<u64>,
}

fn number(value: &Value) -> Option<u64> {
    value.as_u64().filter(|number| *number > 0)
}

impl Claims {
    /// Reads the claims of a manifest.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn read(manifest: &[u8]) -> Result<Self, &'static str> {
        let manifest: Value = serde_json::from_slice(manifest).map_err(|_| "it is no JSON")?;
        if manifest["format"] != BUNDLE_FORMAT {
            return Err("it is of another format than plenary-evidence/1");
        }
        let plan = manifest["plan"].as_str().and_then(|plan| plan.parse().ok());
        let plan = plan.ok_or("it names no plan")?;
        let entries: Option<Vec<u64>> =
            manifest["entries"].as_array().and_then(|entries| entries.iter().map(number).collect());
        let entries = entries.filter(|entries| !entries.is_empty()).ok_or("it lists no entries")?;
        if entries.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err("its entries are out of order");
        }
        let complete = match &manifest["complete"] {
            Value::Null => None,
            ends => {
                let ends = number(&ends["from"]).zip(number(&ends["to"]));
                let (from, to) = ends.ok_or("the ends of its range do not read")?;
                Some(Stretch { from, to })
            }
        };
        if let Some(Stretch { from, to }) = complete
            && !entries.iter().copied().eq(from..=to)
        {
            return Err("it claims a range, and does not list every entry of it");
        }
        let since = match &manifest["since"] {
            Value::Null => None,
            since => Some(number(since).ok_or("its `since` is no number of entries")?),
        };
        Ok(Claims { plan, entries, complete, since })
    }
}
