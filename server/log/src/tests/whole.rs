//! A store that has lost something in a stop that was not clean, as a power cut can make sled do.

use std::time::{Duration, Instant};

use crate::tests::world::{TestIndexer, World, assert_entries, entry, entry_of, fact, place};
use crate::whole::{Mended, Mending};
use crate::{FactKind, Head, IndexRow, Log, ReadError, Record, leaf_hash};

const KIND: FactKind = FactKind::CheckpointRecord;

/// A world of several segments, stopped uncleanly after the store lost what the test says.
fn stopped_after(lose: impl FnOnce(&Log)) -> World {
    let mut world = World::new();
    world.options.segment_bytes_max = 4_096;
    let (log, _) = world.open();
    for first in (1..=200).step_by(10) {
        let records =
            |seq: u64| [entry("gs", seq), fact(&format!("k{seq}"), "v"), fact("same", &seq.to_string())];
        log.append((first..first + 10).flat_map(records).collect()).unwrap();
    }
    assert!(world.segments().len() > 5);
    lose(&log);
    world
}

fn client_row(seq: u64) -> [u8; 32] {
    leaf_hash(format!("envelope gs {seq}").as_bytes())
}

#[test]
fn what_the_last_segment_has_and_the_store_has_not_is_noticed_before_it_is_served() {
    type Lose = fn(&Log);
    let ways: [(Lose, &str); 3] = [
        (
            |log| log.shared().store.forget_entry("gs", 200),
            "entry 200 of plan gs is missing or not as the journal has it",
        ),
        (
            |log| log.shared().store.forget_row(&client_row(200)),
            "an index row of entry 200 of plan gs is missing or another",
        ),
        (|log| log.shared().store.forget_fact(KIND, b"k200"), "a fact of kind 1 is missing or another"),
    ];
    for (lose, said) in ways {
        let world = stopped_after(lose);
        let (log, report) = world.open();
        assert_eq!(report.store_rebuilt.unwrap().0, said);
        assert_entries(&log, "gs", 200, 40);
        assert_eq!(log.index(&client_row(200)).unwrap(), Some(place("gs", 200)));
        assert_eq!(log.fact(KIND, b"k200").unwrap(), Some(b"v".to_vec()));
    }
}

#[test]
fn what_older_segments_have_and_the_store_has_not_is_an_error_until_it_is_put_back() {
    let lose = |log: &Log| {
        let store = &log.shared().store;
        [1, 7, 100].into_iter().for_each(|seq| store.forget_entry("gs", seq));
        store.forget_row(&client_row(8));
        store.forget_fact(KIND, b"k9");
    };
    let mut world = stopped_after(lose);
    // Without the check: an error that says which, and never another entry in its place.
    let (log, _) = world.open();
    assert_eq!(log.entry("gs", 7), Err(ReadError::Missing { plan: "gs".to_owned(), seq: 7 }));
    assert_eq!(log.entries("gs", 5, 9), Err(ReadError::Missing { plan: "gs".to_owned(), seq: 7 }));
    log.append(vec![entry("gs", 201)]).unwrap();
    drop(log);

    world.options.check_older_segments = crate::CheckOlder::Always;
    let (log, report) = world.open();
    assert!(!report.was_clean && report.store_rebuilt.is_none(), "{report:?}");
    let give_up_at = Instant::now() + Duration::from_secs(60);
    while log.fact(KIND, b"k9").unwrap().is_none() {
        assert!(Instant::now() < give_up_at, "it is not put back");
        std::thread::yield_now();
    }
    assert_entries(&log, "gs", 201, 40);
    for seq in 1..=201 {
        assert_eq!(log.index(&client_row(seq)).unwrap(), Some(place("gs", seq)), "{seq}");
    }
    assert_eq!(log.index(b"last of gs").unwrap(), Some(place("gs", 201)));
    assert_eq!(log.facts(KIND).unwrap().len(), 201);
    assert_eq!(log.fact(KIND, b"same").unwrap(), Some(b"200".to_vec()));
    log.close().unwrap();
    assert_eq!(crate::verify(world.dir(), &mut |_| ()).unwrap().in_store, Some(201));
}

#[test]
fn a_row_that_was_written_again_is_not_put_back_as_it_was() {
    let world = stopped_after(|log| log.shared().store.forget_row(&client_row(3)));
    let (log, _) = world.open();
    let store = &log.shared().store;
    let mut mending = Mending::new(store, &TestIndexer);
    (1..=4).for_each(|seq| mending.look(&entry("gs", seq)).unwrap());
    mending.look(&fact("same", "1")).unwrap();
    // What comes while it looks is later than all that it looks at.
    let later = IndexRow { key: client_row(3).to_vec(), value: b"later".to_vec() };
    assert_eq!(store.put_back_lost(&[later], &[]).unwrap(), 1);
    assert_eq!(mending.finish().unwrap(), Mended::default());
    assert_eq!(log.index(&client_row(3)).unwrap(), Some(b"later".to_vec()));
    assert_eq!(log.index(b"last of gs").unwrap(), Some(place("gs", 200)));
    assert_eq!(log.fact(KIND, b"same").unwrap(), Some(b"200".to_vec()));
}

/// Waits until the look in the background has ended.
fn looked_through(log: &Log) {
    let give_up_at = Instant::now() + Duration::from_secs(60);
    while log.is_being_mended() {
        assert!(Instant::now() < give_up_at, "the look never ends");
        std::thread::yield_now();
    }
}

#[test]
fn a_row_that_a_power_cut_brought_back_as_it_was_is_put_right() {
    let mut world = World::new();
    world.options.segment_bytes_max = 4_096;
    let (log, _) = world.open();
    log.append(vec![entry("old", 1), entry("old", 2)]).unwrap();
    (1..=100).for_each(|seq| log.append(vec![entry("gs", seq)]).unwrap());
    log.shared().store.set_row(b"last of old", &place("old", 1));
    drop(log);
    world.options.check_older_segments = crate::CheckOlder::Always;
    let (log, report) = world.open();
    assert!(!report.was_clean && report.store_rebuilt.is_none(), "{report:?}");
    looked_through(&log);
    assert_eq!(log.index(b"last of old").unwrap(), Some(place("old", 2)));
    assert!(!log.may_lack_rows());
}

#[test]
fn a_stop_before_lost_rows_are_put_back_is_no_clean_one() {
    let mut world = stopped_after(|log| log.shared().store.forget_row(&client_row(8)));
    world.options.check_older_segments = crate::CheckOlder::AfterUncleanStop;
    let path = world.segments().remove(0);
    let whole = std::fs::read(&path).unwrap();
    let mut hurt = whole.clone();
    hurt[whole.len() / 2] ^= 1;
    // Twice: the first stop must not make the second start believe the store.
    for _ in 0..2 {
        std::fs::write(&path, &hurt).unwrap();
        let (log, report) = world.open();
        assert!(!report.was_clean && report.store_rebuilt.is_none(), "{report:?}");
        looked_through(&log);
        assert!(log.may_lack_rows() && log.index(&client_row(8)).unwrap().is_none());
        log.close().unwrap();
    }
    std::fs::write(&path, &whole).unwrap();
    let (log, report) = world.open();
    assert!(!report.was_clean);
    looked_through(&log);
    assert_eq!((log.may_lack_rows(), log.index(&client_row(8)).unwrap()), (false, Some(place("gs", 8))));
    log.close().unwrap();
    let (log, report) = world.open();
    assert!(report.was_clean && !log.may_lack_rows());
}

#[test]
fn an_entry_that_is_another_is_told_and_left() {
    let world = stopped_after(|_| ());
    let (log, _) = world.open();
    let mut mending = Mending::new(&log.shared().store, &TestIndexer);
    let error = mending.look(&Record::Entry(entry_of("gs", 5, 41))).unwrap_err();
    assert_eq!(error.to_string(), "entry 5 of plan gs is another than the journal's");
    assert_entries(&log, "gs", 200, 40);
}

#[test]
fn indexes_of_older_programs_are_removed() {
    let world = World::new();
    let (log, _) = world.open();
    log.append(vec![entry("gs", 1)]).unwrap();
    log.close().unwrap();
    let path = world.options.store_dir();
    let names = || {
        let db = sled::open(&path).unwrap();
        let mut names: Vec<_> =
            db.tree_names().iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
        names.sort();
        names
    };
    let before = names();
    {
        let db = sled::open(&path).unwrap();
        for name in ["by_element", "by_principal", "by_time", "actors"] {
            let tree = db.open_tree(name).unwrap();
            (0..5_000_u32).for_each(|n| assert!(tree.insert(n.to_be_bytes(), b"row").unwrap().is_none()));
        }
    }
    assert_eq!(names().len(), before.len() + 4);
    let (log, report) = world.open();
    assert!(report.was_clean && report.store_rebuilt.is_none());
    assert_entries(&log, "gs", 1, 40);
    log.close().unwrap();
    assert_eq!(names(), before);
    assert_entries(&world.open().0, "gs", 1, 40);
}

#[test]
fn a_store_whose_heads_are_not_of_its_mark_goes_by_the_journal() {
    let head = |seq: u64| Head { seq, hash: leaf_hash(format!("envelope gs {seq}").as_bytes()) };
    // In the middle of a group: its heads are there, its mark is not.  After a power cut: a head is an old one.
    for found in [3, 1] {
        let world = World::new();
        let (log, _) = world.open();
        (1..=2).for_each(|seq| log.append(vec![entry("gs", seq)]).unwrap());
        let mark = log.shared().store.mark().unwrap();
        log.append(vec![entry("gs", 3)]).unwrap();
        log.shared().store.set_mark(mark);
        log.shared().store.set_head("gs", head(found));
        drop(log);
        let (log, report) = world.open();
        assert_eq!((report.replayed_groups, report.store_rebuilt), (1, None), "head {found}");
        assert_entries(&log, "gs", 3, 40);
        assert_eq!(log.head("gs"), Some(head(3)));
    }
}
