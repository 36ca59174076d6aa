//! Which entries of plans were set aside, read from the log once for each quarantine.
//!
//! A mark names the last quarantine of a plan, each quarantine the one before it.  What is kept here is a
//! cache of them: it is asked with the mark each time, so it is never behind the entries that are read.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use plenary_log::{Log, ReadError};
use plenary_protocol::Seq;
use plenary_protocol::ids::PlanId;
use plenary_protocol::record::{Act, Quarantine};

use crate::indexer::Mark;
use crate::marks::Marks;
use crate::past::{EventsError, open};

/// The quarantines of plans that have any.
#[derive(Debug, Default)]
pub struct Quarantines {
    marks: Marks,
    read: Mutex<HashMap<PlanId, (Seq, Arc<Quarantine>)>>,
}

impl Quarantines {
    /// Which entries of plans say last who may read them and what is set aside.
    pub fn marks(&self) -> &Marks {
        &self.marks
    }

    /// What of a plan is set aside, as of its last entry in the store.
    ///
    /// # Errors
    /// `EventsError` when it cannot be told; then no change of the plan is to be read.
    pub fn of(&self, log: &Log, plan: &PlanId) -> Result<Arc<Quarantine>, EventsError> {
        let last = self.marks.last(log, plan, Mark::Quarantine)?;
        let Some(last) = last else { return Ok(Arc::default()) };
        let known = || self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, quarantine)) = known().get(plan)
            && *at == last
        {
            return Ok(quarantine.clone());
        }
        let quarantine = Arc::new(read(log, plan, last)?);
        known().insert(plan.clone(), (last, quarantine.clone()));
        Ok(quarantine)
    }
}

fn read(log: &Log, plan: &PlanId, last: Seq) -> Result<Quarantine, EventsError> {
    let mut quarantine = Quarantine::default();
    let mut next = Some(last);
    while let Some(seq) = next {
        let missing = || ReadError::Missing { plan: plan.to_string(), seq: seq.0 };
        let event = open(&log.entry(plan.as_str(), seq.0)?.ok_or_else(missing)?)?;
        quarantine.take(&event);
        next = match &event.payload.act {
            // Each is before the last: the walk ends.
            Act::Quarantined { earlier, .. } if earlier.is_none_or(|earlier| earlier < seq) => *earlier,
            _ => return Err(EventsError::NoQuarantine { plan: plan.clone(), seq: seq.0 }),
        };
    }
    Ok(quarantine)
}
