//! A share of the seeds, that a seed replays exactly, and that planted faults are found.

use plenary_protocol::{Digest, Seq};

use crate::check::{order, views};
use crate::journal::Fault;
use crate::world::run;

/// Seeds that run here; `PLENARY_SIM_SEEDS` says otherwise.
const SEEDS: u64 = 300;

#[test]
fn no_seed_finds_anything() {
    let seeds = std::env::var("PLENARY_SIM_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(SEEDS);
    for seed in 0..seeds {
        if let (_, Err(found)) = run(seed, Fault::None) {
            panic!("{found}\nreplay it: plenary-sim --seed {seed} --trace");
        }
    }
}

#[test]
fn a_seed_replays_exactly() {
    let digest = |seed| run(seed, Fault::None).0.unwrap().trace.digest();
    assert_eq!(digest(1), digest(1));
    assert_ne!(digest(1), digest(2));
}

/// Runs seeds with a fault until a checker finds it.
fn found(fault: Fault) -> String {
    (0..30).find_map(|seed| run(seed, fault).1.err()).expect("a checker finds it")
}

#[test]
fn what_is_told_before_it_is_synced_is_found() {
    assert!(found(Fault::SaysSynced).contains("before it is on the disk"));
}

#[test]
fn a_disk_that_loses_what_was_synced_is_found() {
    let found = found(Fault::LosesSynced);
    let reasons = ["is not in the log", "is gone or altered", "the plan is gone"];
    assert!(reasons.iter().any(|reason| found.contains(reason)), "{found}");
}

#[test]
fn a_change_without_a_right_to_it_is_found() {
    let found = found(Fault::MistakesWho);
    assert!(found.contains("no right to make"), "{found}");
}

#[test]
fn an_entry_that_a_replica_never_hears_is_found() {
    let found = found(Fault::LosesEntries);
    assert!(found.contains("heard entry") || found.contains("other heads"), "{found}");
}

#[test]
fn a_log_that_lacks_an_entry_or_has_another_order_is_found() {
    let server = run(1, Fault::None).0.unwrap().server;
    let log = &server.past.events;
    order::check(log).unwrap();
    let mut other = log.clone();
    other.remove(2);
    assert_eq!(order::check(&other).unwrap_err(), "entry 4 follows entry 2");
    let mut other = log.clone();
    other.swap(2, 3);
    assert_eq!(order::check(&other).unwrap_err(), "entry 4 follows entry 2");
    let mut other = log.clone();
    other[2].envelope.prev = Digest::ZERO;
    assert_eq!(order::check(&other).unwrap_err(), "entry 3 does not name the entry before");
}

#[test]
fn a_view_that_is_not_the_fold_of_the_log_is_found() {
    let server = run(1, Fault::None).0.unwrap().server;
    let last = server.past.events.len() - 1;
    let (log, earlier) = (&server.past.events, [Seq(last as u64)]);
    views::check(&server.reader, log, &earlier).unwrap();
    views::check_hub(&server.hub, log).unwrap();
    let shorter = &log[..last];
    assert_eq!(
        views::check(&server.reader, shorter, &[]).unwrap_err(),
        "the view now is not the fold of the log"
    );
    assert_eq!(
        views::check_hub(&server.hub, shorter).unwrap_err(),
        "the hub knows something else than the log"
    );
}
