//! A share of the seeds, that a seed replays exactly, and that planted faults are found.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use plenary_protocol::record::{Act, Event};
use plenary_protocol::{Bureau, Digest, Role, Seq};

use crate::check::{authority, order, views};
use crate::honest::{self, CHANGES_PER_PLAN, Counts};
use crate::journal::Fault;
use crate::scene;
use crate::world::run;

/// Honest changes that are tried here; `PLENARY_HONEST_CHANGES` says otherwise.
const HONEST_CHANGES: usize = 100_000;
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
fn no_honest_change_is_refused() {
    let changes = std::env::var("PLENARY_HONEST_CHANGES").ok().and_then(|text| text.parse().ok());
    let plans = changes.unwrap_or(HONEST_CHANGES).div_ceil(CHANGES_PER_PLAN);
    let next = AtomicUsize::new(0);
    let share = || {
        let mut total = Counts::new();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= plans {
                return total;
            }
            let counts = honest::run(seed as u64, CHANGES_PER_PLAN);
            let counts = counts.unwrap_or_else(|found| panic!("{found}\nthe plan of seed {seed}"));
            counts.iter().for_each(|(what, count)| *total.entry(what).or_default() += count);
        }
    };
    let mut total = Counts::new();
    std::thread::scope(|scope| {
        let threads = [scope.spawn(share), scope.spawn(share)];
        for thread in threads {
            let counts = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            counts.into_iter().for_each(|(what, count)| *total.entry(what).or_default() += count);
        }
    });
    assert!(total["changes"] >= plans * CHANGES_PER_PLAN, "{total:?}");
    for kind in honest::KINDS {
        assert!(total.contains_key(kind), "no {kind} in {total:?}");
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
fn who_writes_or_hears_what_is_closed_to_them_is_found() {
    let shut_out = scene::person("tsb-1", Bureau::TSB, Role::Drafter);
    let told = authority::check_told(&shut_out, &scene::narrow()).unwrap_err();
    assert!(told.contains("not open to them"), "{told}");
    authority::check_told(&scene::admin(), &scene::narrow()).unwrap();
    let is_narrow =
        |event: &Event| matches!(&event.payload.act, Act::AccessChanged { to, .. } if *to == scene::narrow());
    // A seed in which somebody of the other Bureau writes while the plan is closed to them.
    let altered = (0..30).find_map(|seed| {
        let mut log = run(seed, Fault::None).0.unwrap().server.past.events.clone();
        let closed = log.iter().position(is_narrow)?;
        let is_change = |event: &Event| matches!(event.payload.act, Act::Change(_));
        let next = log[closed + 1..]
            .iter()
            .position(|event| is_change(event) || matches!(event.payload.act, Act::AccessChanged { .. }))?;
        let entry = &mut log[closed + 1 + next];
        is_change(entry).then(|| {
            let author = &mut entry.envelope.principal;
            (author.role, author.bureau) = (shut_out.role, shut_out.bureau);
            author.subject = shut_out.subject.clone();
        })?;
        Some(log)
    });
    let found = authority::check(&altered.expect("a seed with such an entry"), &BTreeSet::new()).unwrap_err();
    assert!(found.contains("wrote a plan that is not open to them"), "{found}");
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
