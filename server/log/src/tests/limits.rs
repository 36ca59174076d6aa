//! Everything that can grow is bounded, and the bound is an answer.

use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use crate::tests::world::{World, assert_entries, entry, entry_of};
use crate::{AppendError, LogState, Record, Reserve, Space, limits};

#[test]
fn what_is_above_a_limit_is_refused_by_name() {
    let world = World::new();
    let (log, _) = world.open();
    let with = |change: &dyn Fn(&mut crate::Entry)| {
        let mut entry = entry_of("gs", 1, 0);
        change(&mut entry);
        log.append(vec![Record::Entry(entry)]).unwrap_err().to_string()
    };
    assert_eq!(
        with(&|entry| entry.envelope = vec![0; 65_536]),
        "envelope of 65536 is above the limit of 65535"
    );
    assert_eq!(
        with(&|entry| entry.payload = vec![0; limits::PAYLOAD_BYTES_MAX + 1]),
        "payload of 33554433 is above the limit of 33554432"
    );
    for name in ["", "Gs", "a b", "../x", &"a".repeat(65)] {
        assert!(with(&|entry| entry.plan = name.to_owned()).ends_with("(1 to 64 of a-z, 0-9 and -)"));
    }
    let facts = (0..=limits::CALL_RECORDS_MAX).map(|_| crate::tests::world::fact("k", "v")).collect();
    assert!(matches!(log.append(facts), Err(AppendError::TooLarge { what: "call in records", .. })));
    assert!(log.plans().is_empty());
}

#[test]
fn a_full_queue_is_an_answer() {
    let mut world = World::new();
    world.options.queue_calls_max = 2;
    let (log, _) = world.open();
    // The first call's answer holds the writer until the test lets go.
    let (entered, has_entered) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let hold = Box::new(move |_| {
        entered.send(()).unwrap();
        released.recv().unwrap();
    });
    log.append_then(vec![entry("gs", 1)], hold).unwrap();
    has_entered.recv().unwrap();
    log.append_then(vec![entry("gs", 2)], Box::new(|_| {})).unwrap();
    log.append_then(vec![entry("gs", 3)], Box::new(|_| {})).unwrap();
    let full = log.append_then(vec![entry("gs", 4)], Box::new(|_| panic!("it was refused")));
    assert!(matches!(full, Err(AppendError::QueueFull { calls: 2, .. })), "{full:?}");
    release.send(()).unwrap();
    log.clone().close().unwrap();
    assert_entries(&log, "gs", 3, 40);
}

#[test]
fn below_the_reserve_the_log_reads_and_writes_again_when_space_returns() {
    let mut world = World::new();
    let free = Arc::new(Mutex::new(2_u64 << 30));
    let seen = Arc::clone(&free);
    world.options.free_space =
        Arc::new(move |_| Ok(Space { free_bytes: *seen.lock().unwrap(), total_bytes: 30 << 30 }));
    world.options.reserve = Reserve { check_every: Duration::ZERO, ..Reserve::standard() };
    let (log, _) = world.open();
    log.append(vec![entry("gs", 1)]).unwrap();
    // 5 % of 30 GiB is 1.5 GiB, which is more than 1 GiB.
    *free.lock().unwrap() = (3 << 29) - 100;
    let Err(AppendError::ReadOnly { reason }) = log.append(vec![entry("gs", 2)]) else { panic!() };
    assert!(reason.starts_with("1610612636 bytes are free on the disk of /"), "{reason}");
    assert!(reason.contains("1610612735 are kept in reserve"), "{reason}");
    assert_eq!(log.state(), LogState::ReadOnly { reason });
    assert_entries(&log, "gs", 1, 40);
    *free.lock().unwrap() = 2 << 30;
    log.append(vec![entry("gs", 2)]).unwrap();
    assert_eq!(log.state(), LogState::Serving);
    assert_entries(&log, "gs", 2, 40);
}

#[test]
fn a_start_on_a_full_disk_gives_up_its_ballast_and_reads() {
    let mut world = World::new();
    let free = Arc::new(Mutex::new(4_u64 << 30));
    let seen = Arc::clone(&free);
    world.options.free_space =
        Arc::new(move |_| Ok(Space { free_bytes: *seen.lock().unwrap(), total_bytes: 8 << 30 }));
    world.options.reserve = Reserve { check_every: Duration::ZERO, ..Reserve::standard() };
    world.options.ballast_bytes = 1 << 20;
    let ballast = world.dir().join("ballast");
    let (log, _) = world.open();
    assert_eq!(std::fs::metadata(&ballast).unwrap().len(), 1 << 20);
    log.append(vec![entry("gs", 1)]).unwrap();
    drop(log);
    *free.lock().unwrap() = 0;
    let (log, _) = world.open();
    assert!(!ballast.exists());
    assert!(matches!(log.state(), LogState::ReadOnly { .. }));
    assert_entries(&log, "gs", 1, 40);
    *free.lock().unwrap() = 4 << 30;
    log.append(vec![entry("gs", 2)]).unwrap();
    assert!(ballast.exists());
}
