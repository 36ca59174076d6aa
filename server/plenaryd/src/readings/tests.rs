//! How many views are kept, and what becomes of a copy whose document does not load.

use automerge::{ActorId, Change};
use plenary_craft::parts::{altered, start};
use plenary_limits::{OUTLINES_KEPT_MAX, VIEWS_KEPT_MAX, holds};
use plenary_protocol::record::{Act, Event};

use super::*;
use crate::tests::{draft, edited, open};

#[test]
fn so_many_points_are_kept_and_the_oldest_is_made_anew() {
    let kept = |count: usize, max: usize| {
        let views = Views::default();
        let view = || Reader::new("plan".parse().unwrap()).view(None);
        (0..count as u64).for_each(|seq| _ = views.get_or_make(Seq(seq), max, view));
        let mut made = false;
        views.get_or_make(Seq(0), max, || {
            made = true;
            view()
        });
        !made
    };
    holds!(VIEWS_KEPT_MAX, |count| kept(count, VIEWS_KEPT_MAX));
    holds!(OUTLINES_KEPT_MAX, |count| kept(count, OUTLINES_KEPT_MAX));
}

/// An event as it would be with a change that the gate lets nobody in with: its operations are numbered too low.
fn poisoned(event: &Event) -> Event {
    let mut event = event.clone();
    let Act::Change(act) = &mut event.payload.act else { panic!("no change") };
    act.change = altered(&Change::from_bytes(act.change.clone()).unwrap(), |change| {
        (change.actor_id, change.seq) = (ActorId::from(vec![9; 16]), 1);
        change.start_op = start(2);
    });
    event
}

/// Puts the last entry of the draft into the copy, with another change in it.
fn put_at_fault(readings: &Readings, last: &Event) -> Parts {
    let slot = readings.slot(&draft());
    let mut held = slot.copy.write().unwrap();
    let copy = held.as_mut().unwrap();
    Arc::make_mut(&mut copy.index).take(&EventView::of(last));
    copy.leaves.push(last.leaf);
    copy.reader.take([poisoned(last)]).unwrap();
    copy.parts()
}

/// A server whose copy of the draft alone does not load, and its last entry.
fn with_a_copy_at_fault(folder: &std::path::Path) -> (Plans, Readings, Seq, Parts) {
    let plans = open(folder, u64::MAX);
    let readings = Readings::new(plans.clone());
    edited(&plans, "Resolution 71");
    readings.with(&draft(), |_| ()).unwrap();
    let last = edited(&plans, "Resolution 72");
    let event = plans.past(&draft()).events(Seq(last.0 - 1), 1).unwrap().remove(0);
    let parts = put_at_fault(&readings, &event);
    (plans, readings, last, parts)
}

#[test]
fn a_copy_that_alone_is_at_fault_is_made_anew_and_edits_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let (plans, readings, last, parts) = with_a_copy_at_fault(folder.path());
    let loads = || readings.with(&draft(), |copy| copy.reader().verified_save().is_ok()).unwrap();
    assert!(!loads());
    readings.keep_snapshots(&draft(), parts);
    assert!(loads(), "it is made of the log");
    assert!(!plans.is_stopped(&draft()));
    assert_eq!(plans.log().snapshot(draft().as_str()).unwrap().seq, last.0, "and looked at once more");
    plans.stop();
}

#[test]
fn a_search_that_the_end_of_the_server_cuts_short_is_left_to_the_next_run_and_so_is_the_stop() {
    let folder = tempfile::tempdir().unwrap();
    let (plans, readings, _, parts) = with_a_copy_at_fault(folder.path());
    plans.stop();
    readings.keep_snapshots(&draft(), parts);
    assert!(plans.is_stopped(&draft()), "nothing was looked for");
    drop(readings);
    plans.log().clone().close().unwrap();
    drop(plans);

    let plans = open(folder.path(), u64::MAX);
    plans.resume_stops().unwrap();
    assert_eq!(plans.await_look(), [draft()]);
    let readings = Readings::new(plans.clone());
    readings.look_at_stopped();
    readings.stop();
    assert!(!plans.is_stopped(&draft()), "the log's document loads");
    plans.stop();
}

#[test]
fn findings_against_a_plan_before_of_which_something_was_set_aside_since_are_looked_for_anew() {
    let folder = tempfile::tempdir().unwrap();
    let plans = open(folder.path(), u64::MAX);
    let readings = Readings::new(plans.clone());
    let former = readings.with(&"itu-sp-2020-2023".parse().unwrap(), |copy| copy.view(None)).unwrap();
    // The same entry of it, without what was set aside.
    let mut other = (*former).clone();
    other.document = "automerge:other".to_owned();
    other.elements.clear();
    other.links.clear();
    let other = Arc::new(other);
    let told = |readings: &Readings, before: &[&Arc<PlanView>]| {
        let found = |copy: &Copy| {
            let now = copy.view(None);
            before.iter().map(|before| format!("{:?}", copy.found(&now, Some(before)))).last().unwrap()
        };
        readings.with(&draft(), found).unwrap()
    };
    let fresh = told(&Readings::new(plans.clone()), &[&other]);
    assert_ne!(told(&Readings::new(plans.clone()), &[&former]), fresh);
    assert_eq!(told(&readings, &[&former, &other]), fresh);
    plans.stop();
}
