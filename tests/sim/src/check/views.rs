//! Every view, now and then, is the fold of the log from nothing; so is what the hub knows.

use plenary_core::state::PlanState;
use plenary_core::{Hub, Reader};
use plenary_protocol::Seq;
use plenary_protocol::record::Event;

use crate::scene;

fn fold(log: &[Event]) -> Result<Reader, String> {
    let mut reader = Reader::new(scene::plan_id());
    reader.take(log.to_vec()).map_err(|error| error.to_string())?;
    Ok(reader)
}

/// Holds the reader copy's views, now and at some earlier points, against it.
///
/// # Errors
/// The view that differs.
pub fn check(reader: &Reader, log: &[Event], earlier: &[Seq]) -> Result<(), String> {
    if reader.view(None) != fold(log)?.view(None) {
        return Err("the view now is not the fold of the log".into());
    }
    for seq in earlier {
        let then = fold(log.get(..seq.0 as usize).ok_or("a point behind the log")?)?;
        if reader.view(Some(*seq)) != then.view(None) {
            return Err(format!("the view at entry {seq} is not the fold of the entries up to it"));
        }
    }
    Ok(())
}

/// Holds what a hub knows against it; all of its proposals are committed.
///
/// # Errors
/// That they differ.
pub fn check_hub(hub: &Hub, log: &[Event]) -> Result<(), String> {
    let mut state = PlanState::new(scene::plan_id());
    for event in log {
        state.apply(event).map_err(|error| error.to_string())?;
    }
    if *hub.state() == state { Ok(()) } else { Err("the hub knows something else than the log".into()) }
}
