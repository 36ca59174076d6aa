//! Appending and reading while nothing goes wrong.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use crate::tests::world::{World, assert_entries, entry, entry_of, fact, place};
use crate::{AppendError, Fact, FactKind, Head, LogState, Record, leaf_hash};

#[test]
fn what_was_appended_is_read_as_it_was_before_and_after_a_clean_stop() {
    let world = World::new();
    let (log, report) = world.open();
    assert!(report.was_clean && report.position == 0);
    log.append(vec![entry("gs", 1), entry("br", 1), entry("gs", 2), fact("k", "v")]).unwrap();
    log.append(vec![entry("gs", 3)]).unwrap();
    let head = Head { seq: 3, hash: leaf_hash(b"envelope gs 3") };
    assert_eq!(log.head("gs"), Some(head));
    assert_eq!(log.state(), LogState::Serving);
    log.close().unwrap();

    let (log, report) = world.open();
    assert!(report.was_clean);
    assert_eq!((report.replayed_groups, report.position), (0, 3));
    assert_eq!(log.head("gs"), Some(head));
    assert_eq!(log.plans(), ["br", "gs"]);
    assert_entries(&log, "gs", 3, 40);
    assert_entries(&log, "br", 1, 40);
    assert_eq!(log.entry("gs", 2).unwrap(), Some(entry_of("gs", 2, 40)));
    assert_eq!(log.entry("gs", 4).unwrap(), None);
    assert_eq!(log.entry("gs", 0).unwrap(), None);
    assert_eq!(log.entries("gs", 1, 1).unwrap(), [entry_of("gs", 2, 40)]);
    assert_eq!(log.entries("gs", 3, 9).unwrap(), []);
    assert_eq!(log.entries("none", 0, 9).unwrap(), []);
    assert_eq!(log.fact(FactKind::CheckpointRecord, b"k").unwrap(), Some(b"v".to_vec()));
    assert_eq!(log.facts(FactKind::Revocation).unwrap(), []);
}

#[test]
fn an_index_row_is_found_and_a_later_one_takes_its_place() {
    let world = World::new();
    let (log, _) = world.open();
    log.append((1..=300).map(|seq| entry("gs", seq)).collect()).unwrap();
    assert_eq!(log.index(&leaf_hash(b"envelope gs 17")).unwrap(), Some(place("gs", 17)));
    assert_eq!(log.index(b"last of gs").unwrap(), Some(place("gs", 300)));
    assert_eq!(log.index(b"last of br").unwrap(), None);
}

#[test]
fn an_entry_that_is_not_the_next_is_refused_and_the_group_with_it() {
    let world = World::new();
    let (log, _) = world.open();
    log.append(vec![entry("gs", 1)]).unwrap();
    let before = std::fs::read(world.last_segment()).unwrap();
    let refused = |records: Vec<Record>| log.append(records).unwrap_err();
    let plan = "gs".to_owned();
    assert_eq!(
        refused(vec![entry("gs", 3)]),
        AppendError::OutOfOrder { plan: plan.clone(), expected: 2, found: 3 }
    );
    assert_eq!(
        refused(vec![entry("br", 1), entry("gs", 2), entry("gs", 2)]),
        AppendError::OutOfOrder { plan, expected: 3, found: 2 }
    );
    assert_eq!(std::fs::read(world.last_segment()).unwrap(), before);
    assert_eq!(log.head("br"), None);
    log.append(vec![entry("gs", 2)]).unwrap();
}

#[test]
fn what_is_written_is_measured() {
    let mut world = World::new();
    let (sender, groups) = mpsc::channel();
    world.options.on_group = Some(Arc::new(move |group| sender.send(*group).unwrap()));
    let (log, _) = world.open();
    let before = log.measure();
    log.append(vec![entry("gs", 1), entry("gs", 2), fact("k", "v")]).unwrap();
    let group = groups.recv().unwrap();
    assert_eq!(group.records, 3);
    assert!(group.bytes > 0 && group.journal > Duration::ZERO && group.store > Duration::ZERO);
    let after = log.measure();
    assert_eq!((after.waiting_calls, after.store_lag_groups, after.unflushed_groups), (0, 0, 1));
    assert!(after.journal_bytes > before.journal_bytes);
    assert_eq!(after.space.map(|space| space.free_bytes), Some(1 << 40));
}

#[test]
fn many_callers_share_syncs_and_each_group_stays_whole() {
    let world = World::new();
    let (log, _) = world.open();
    let (sender, receiver) = mpsc::channel();
    std::thread::scope(|scope| {
        for caller in 0..8 {
            let (log, sender) = (log.clone(), sender.clone());
            scope.spawn(move || {
                let plan = format!("plan-{caller}");
                for seq in (1..=60).step_by(3) {
                    let sender = sender.clone();
                    let records = (seq..seq + 3).map(|seq| entry(&plan, seq)).collect();
                    let done = Box::new(move |result| sender.send(result).unwrap());
                    log.append_then(records, done).unwrap();
                }
            });
        }
    });
    drop(sender);
    log.append(Vec::new()).unwrap();
    let answers: Vec<_> = receiver.iter().collect();
    assert_eq!(answers.len(), 160);
    assert!(answers.iter().all(Result::is_ok));
    for caller in 0..8 {
        assert_entries(&log, &format!("plan-{caller}"), 60, 40);
    }
}

#[test]
fn segments_are_closed_and_followed() {
    let mut world = World::new();
    world.options.segment_bytes_max = 700;
    let (log, _) = world.open();
    for seq in 1..=40 {
        log.append(vec![entry("gs", seq)]).unwrap();
    }
    log.close().unwrap();
    assert!(world.segments().len() > 8, "{:?}", world.segments());
    assert_eq!(crate::verify(world.dir(), &mut |_| ()).unwrap().entries, 40);
    let (log, report) = world.open();
    assert!(report.was_clean);
    assert_entries(&log, "gs", 40, 40);
    log.append(vec![entry("gs", 41)]).unwrap();
}

#[test]
fn large_payloads_and_facts_come_back_whole() {
    let mut world = World::new();
    world.options.segment_bytes_max = 8 << 20;
    let sizes = [0, 7_000, 7_125, 7_126, 7_168, 65_536, 3 << 20];
    let (log, _) = world.open();
    let entries: Vec<_> = (1..).zip(sizes).map(|(seq, size)| entry_of("gs", seq, size)).collect();
    for entry in &entries {
        log.append(vec![Record::Entry(entry.clone())]).unwrap();
    }
    let big = Fact { kind: FactKind::Other(200), key: vec![7; 512], value: vec![9; 1 << 20] };
    log.append(vec![Record::Fact(big.clone())]).unwrap();
    // One call above the bound of a shared group is written alone, and whole.
    let many: Vec<_> = (1..=4).map(|seq| Record::Entry(entry_of("br", seq, 3 << 20))).collect();
    log.append(many).unwrap();
    log.close().unwrap();
    let (log, _) = world.open();
    assert!(log.entries("gs", 0, 100).unwrap() == entries);
    assert_eq!(log.facts(FactKind::from_code(200)).unwrap(), [big]);
    assert_entries(&log, "br", 4, 3 << 20);
    assert_eq!(std::fs::read_dir(world.options.store_dir().join("blobs")).unwrap().count(), 0);
}

#[test]
fn a_closed_log_still_reads_and_appends_nothing() {
    let world = World::new();
    let (log, _) = world.open();
    let other = log.clone();
    log.append(vec![entry("gs", 1)]).unwrap();
    log.close().unwrap();
    assert_entries(&other, "gs", 1, 40);
    assert_eq!(other.append(vec![entry("gs", 2)]), Err(AppendError::Closed));
}
