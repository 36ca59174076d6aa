//! Everything that can grow is bounded, and the bound is an answer.

use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use plenary_limits::{RESERVE_BYTES_DEFAULT, RESERVE_PERCENT_DEFAULT, holds};

use crate::frame::read_raw;
use crate::queue::{Call, Queue};
use crate::store_value;
use crate::tests::world::{TestIndexer, World, assert_entries, entry, entry_of, fact};
use crate::whole::Mending;
use crate::{
    AppendError, FactKind, HeadDifference, LogState, LostEntry, OpenError, Record, RepairReport, Reserve,
    Snapshot, Space,
};

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
        with(&|entry| entry.payload = vec![0; plenary_limits::PAYLOAD_BYTES_MAX + 1]),
        "payload of 33554433 is above the limit of 33554432"
    );
    for name in ["", "Gs", "a b", "../x", &"a".repeat(65)] {
        assert!(with(&|entry| entry.plan = name.to_owned()).ends_with("(1 to 64 of a-z, 0-9 and -)"));
    }
    let facts = (0..=plenary_limits::CALL_RECORDS_MAX).map(|_| fact("k", "v")).collect();
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

#[test]
fn a_record_and_a_call_hold_to_the_byte() {
    let takes = |record: Record| record.check().is_ok();
    let entry_with = |change: &dyn Fn(&mut crate::Entry)| {
        let mut entry = entry_of("gs", 1, 0);
        change(&mut entry);
        takes(Record::Entry(entry))
    };
    holds!(PLAN_NAME_BYTES_MAX, |bytes| entry_with(&|entry| entry.plan = "a".repeat(bytes)));
    holds!(ENVELOPE_BYTES_MAX, |bytes| entry_with(&|entry| entry.envelope = vec![0; bytes]));
    holds!(PAYLOAD_BYTES_MAX, |bytes| entry_with(&|entry| entry.payload = vec![0; bytes]));
    holds!(FACT_KEY_BYTES_MAX, |bytes| takes(fact(&"k".repeat(bytes), "v")));
    holds!(FACT_VALUE_BYTES_MAX, |bytes| takes(fact("k", &"v".repeat(bytes))));
    let world = World::new();
    let (log, _) = world.open();
    holds!(CALL_RECORDS_MAX, |count| log.append(vec![fact("k", "v"); count]).is_ok());
    // A log that is closed refuses what is within the limits by that name, and writes none of it.
    log.clone().close().unwrap();
    holds!(CALL_BYTES_MAX, |bytes| {
        let payload = |weight: usize| {
            let mut entry = entry_of("gs", 1, 0);
            let around = Record::Entry(entry.clone()).weight_bytes();
            entry.payload = vec![0; weight - around];
            Record::Entry(entry)
        };
        let third = bytes / 4;
        let records = vec![payload(third), payload(third), payload(third), payload(bytes - 3 * third)];
        matches!(log.append(records), Err(AppendError::Closed))
    });
}

#[test]
fn the_longest_row_and_entry_are_written_and_come_back() {
    let world = World::new();
    let (log, _) = world.open();
    let mut largest = entry_of("gs", 1, plenary_limits::PAYLOAD_BYTES_MAX);
    largest.envelope = vec![7; plenary_limits::ENVELOPE_BYTES_MAX];
    log.append(vec![Record::Entry(largest.clone())]).unwrap();
    log.close().unwrap();
    let (log, _) = world.open();
    assert!(log.entries("gs", 0, 1).unwrap() == [largest]);
    let (key, value) =
        ("k".repeat(plenary_limits::FACT_KEY_BYTES_MAX), "v".repeat(plenary_limits::FACT_VALUE_BYTES_MAX));
    log.append(vec![fact(&key, &value)]).unwrap();
    assert_eq!(log.fact(FactKind::CheckpointRecord, key.as_bytes()).unwrap(), Some(value.into_bytes()));
}

#[test]
fn calls_that_wait_and_calls_that_share_a_sync_hold_to_the_one() {
    let call = |records: usize, bytes: usize| {
        let mut call = Call::new(vec![fact("k", "v"); records], Box::new(|_| {}));
        call.bytes = bytes;
        call
    };
    let queue = || Queue::new(plenary_limits::QUEUE_CALLS_MAX, plenary_limits::QUEUE_BYTES_MAX);
    holds!(QUEUE_CALLS_MAX, |count| {
        let queue = queue();
        (0..count).all(|_| queue.push(call(0, 1)).is_ok())
    });
    holds!(QUEUE_BYTES_MAX, |bytes| {
        let queue = queue();
        queue.push(call(0, 1)).unwrap();
        queue.push(call(0, bytes - 1)).is_ok()
    });
    let shared = |calls: [(usize, usize); 2]| {
        let queue = queue();
        calls.into_iter().for_each(|(records, bytes)| queue.push(call(records, bytes)).unwrap());
        queue.take().unwrap_or_default().len() == 2
    };
    holds!(GROUP_RECORDS_MAX, |records| shared([(1, 1), (records - 1, 1)]));
    holds!(GROUP_BYTES_MAX, |bytes| shared([(1, 1), (1, bytes - 1)]));
}

#[test]
fn frames_rows_and_snapshots_hold_to_the_byte() {
    holds!(FRAME_BODY_BYTES_MAX, |length| {
        let head = [&u32::try_from(length).unwrap().to_be_bytes()[..], &[0; 4]].concat();
        let Err(fault) = read_raw(&head, 0, 0) else { panic!("there is no body") };
        fault.expected == format!("a body of {length} bytes")
    });
    let db = sled::Config::new().temporary(true).open().unwrap();
    let (rows, chunks) = (db.open_tree("rows").unwrap(), db.open_tree("chunks").unwrap());
    holds!(STORE_VALUE_BYTES_MAX, |bytes| {
        chunks.clear().unwrap();
        // Beside the value stand its kind and its checksum.
        store_value::put(&rows, &chunks, 1, b"k", &vec![0; bytes - 5]).unwrap();
        chunks.is_empty()
    });
    let world = World::new();
    let (log, _) = world.open();
    holds!(SNAPSHOT_HEADS_MAX, |count| {
        log.put_snapshot("gs", &Snapshot::new(1, 1, vec![[1; 32]; count], Vec::new())).is_ok()
    });
}

#[test]
fn so_many_lost_rows_and_facts_are_put_back() {
    let world = World::new();
    let (log, _) = world.open();
    holds!(PUT_BACK_ROWS_MAX, |count| {
        let mut mending = Mending::new(&log.shared().store, &TestIndexer);
        (0..count).all(|n| mending.look(&fact(&n.to_string(), "v")).is_ok())
    });
}

#[test]
fn lists_in_messages_are_cut_and_the_rest_is_counted() {
    holds!(LOST_NAMED_MAX, |count| {
        let lost_entries = (1..=count as u64).map(|seq| LostEntry { plan: "gs".into(), seq }).collect();
        let report = RepairReport { lost_entries, ..RepairReport::default() };
        crate::repair::text_of(&report, "").contains(&format!("gs {count})"))
    });
    holds!(DIFFERENCES_NAMED_MAX, |count| {
        let differences =
            (0..count).map(|n| HeadDifference { plan: format!("p{n}"), journal: None, store: None });
        let (dir, differences) = ("data".into(), differences.collect());
        let error = OpenError::StoreAhead { dir, journal_position: 1, store_position: 2, differences };
        !error.to_string().contains("more plans")
    });
}

#[test]
fn a_rebuilt_journal_has_groups_of_so_many_entries() {
    let groups = |entries: u64| {
        let world = World::new();
        let (log, _) = world.open();
        log.append((1..=entries).map(|seq| entry("gs", seq)).collect()).unwrap();
        log.close().unwrap();
        crate::rebuild_from_store(&world.options, &TestIndexer, "").unwrap();
        crate::verify(world.dir(), &mut |_| ()).unwrap().groups
    };
    let few = groups(1);
    holds!(REBUILD_GROUP_ENTRIES_MAX, |entries| groups(entries as u64) == few);
}

#[test]
fn the_reserve_is_kept_to_the_byte() {
    // On a small disk it is so many bytes, on a large one so many hundredths.
    let large = 100 << 30;
    for (total_bytes, kept) in
        [(8 << 30, RESERVE_BYTES_DEFAULT), (large, large / 100 * RESERVE_PERCENT_DEFAULT)]
    {
        let mut world = World::new();
        let free = Arc::new(Mutex::new(4 * kept));
        let seen = Arc::clone(&free);
        world.options.free_space =
            Arc::new(move |_| Ok(Space { free_bytes: *seen.lock().unwrap(), total_bytes }));
        world.options.reserve = Reserve { check_every: Duration::ZERO, ..Reserve::standard() };
        let (log, _) = world.open();
        let mut seq = 0;
        plenary_limits::held_here!(RESERVE_BYTES_DEFAULT, RESERVE_PERCENT_DEFAULT);
        for (free_bytes, serves) in [(kept + 1, true), (kept, true), (kept - 1, false)] {
            *free.lock().unwrap() = free_bytes;
            let appended = log.append(vec![entry("gs", seq + 1)]).is_ok();
            seq += u64::from(appended);
            assert_eq!(appended, serves, "{free_bytes} of {kept}");
        }
    }
}
