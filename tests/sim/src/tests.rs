//! A share of the seeds, that a seed replays exactly, and that planted faults are found.

use crate::journal::Fault;
use crate::world::run;

/// Seeds that run here; `PLENARY_SIM_SEEDS` says otherwise.
const SEEDS: u64 = 20;

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
    assert!(found.contains("is not in the log") || found.contains("is gone or altered"), "{found}");
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
