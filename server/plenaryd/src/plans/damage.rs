//! Plans of which something could not be read, until it can be again.
//!
//! Damage is noticed when somebody asks: a plan that nobody asked for may be damaged and is not known
//! here.  What could not be read of the past stays until the next start, for damage does not go by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use plenary_protocol::ids::PlanId;

/// What of a plan could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Who may read it.
    Access,
    /// Its document, for edits.
    Document,
    /// Its document as it is saved.
    Saved,
    /// Its reader copy.
    View,
    /// Some of its entries.
    Past,
}

/// The plans, each with what of it could not be read.
#[derive(Debug, Default)]
pub struct Damage(Mutex<BTreeMap<PlanId, BTreeSet<Part>>>);

impl Damage {
    /// Takes note that something of a plan could be read, or could not.
    pub fn note(&self, plan: &PlanId, part: Part, is_damaged: bool) {
        let mut plans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if is_damaged {
            plans.entry(plan.clone()).or_default().insert(part);
        } else if let Some(parts) = plans.get_mut(plan) {
            parts.remove(&part);
            if parts.is_empty() {
                plans.remove(plan);
            }
        }
    }

    /// How many plans there are of which something cannot be read.
    pub fn count(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_counts_until_all_of_it_can_be_read_again() {
        let (damage, plan) = (Damage::default(), "plan".parse().unwrap());
        assert_eq!(damage.count(), 0);
        damage.note(&plan, Part::View, false);
        damage.note(&plan, Part::View, true);
        damage.note(&plan, Part::Access, true);
        damage.note(&plan, Part::Access, true);
        assert_eq!(damage.count(), 1);
        damage.note(&plan, Part::View, false);
        assert_eq!(damage.count(), 1, "who may read it is still not known");
        damage.note(&plan, Part::Access, false);
        assert_eq!(damage.count(), 0);
    }
}
