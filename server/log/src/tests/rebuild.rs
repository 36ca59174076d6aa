//! Journal and store that do not agree, and the two ways out.

use std::fs;

use crate::tests::world::{TestIndexer, World, assert_entries, entry, entry_of, fact, place};
use crate::{FactKind, Head, OpenError, Record, exit, leaf_hash, rebuild_from_journal, rebuild_from_store};

fn filled() -> World {
    let mut world = World::new();
    world.options.segment_bytes_max = 64 << 10;
    let (log, _) = world.open();
    for seq in 1..=300 {
        log.append(vec![entry("gs", seq), Record::Entry(entry_of("br", seq, 900))]).unwrap();
    }
    log.append(vec![fact("k", "v")]).unwrap();
    log.close().unwrap();
    world
}

#[test]
fn a_journal_that_is_gone_beside_a_full_store_is_refused_and_made_of_it() {
    for empty in [false, true] {
        let world = filled();
        fs::remove_dir_all(world.options.journal_dir()).unwrap();
        if empty {
            fs::create_dir(world.options.journal_dir()).unwrap();
        }
        let error = world.refusal();
        assert_eq!(error.exit_code(), exit::DATA_DAMAGED);
        let OpenError::StoreAhead { differences, journal_position: 0, store_position: 302, .. } = &error
        else {
            panic!("{error}")
        };
        let head = Head { seq: 300, hash: leaf_hash(b"envelope br 300") };
        assert_eq!((differences[0].journal, differences[0].store), (None, Some(head)));
        let text = error.to_string();
        assert!(text.contains("; plan br: journal nothing, store entry 300 ("), "{text}");
        let way_out = format!("`plenaryd rebuild --from store --data {}`", world.dir().display());
        assert!(text.contains(&way_out), "{text}");

        let report = rebuild_from_store(&world.options, &TestIndexer, "lost disk").unwrap();
        assert_eq!((report.plans, report.entries), (2, 600));
        assert_eq!(report.kept.is_some(), empty);
        assert_eq!(crate::verify(world.dir(), &mut |_| ()).unwrap().entries, 600);
        let (log, start) = world.open();
        assert!(start.was_clean && start.replayed_groups == 0);
        assert_entries(&log, "gs", 300, 40);
        assert_entries(&log, "br", 300, 900);
        assert_eq!(log.facts(FactKind::Maintenance).unwrap().len(), 1);
        log.append(vec![entry("gs", 301), fact("k", "w")]).unwrap();
        log.close().unwrap();

        // And back: the journal made of the store makes the same store.
        fs::remove_dir_all(world.options.store_dir()).unwrap();
        let (log, _) = world.open();
        assert_entries(&log, "gs", 301, 40);
        assert_entries(&log, "br", 300, 900);
        assert_eq!(log.fact(FactKind::CheckpointRecord, b"k").unwrap(), Some(b"w".to_vec()));
        assert_eq!(log.index(b"last of gs").unwrap(), Some(place("gs", 301)));
    }
}

#[test]
fn a_journal_older_than_the_store_is_refused_with_both_heads() {
    let world = filled();
    let old = world.image();
    let (log, _) = world.open();
    log.append(vec![entry("gs", 301)]).unwrap();
    log.close().unwrap();
    fs::remove_dir_all(world.options.journal_dir()).unwrap();
    crate::tests::world::copy_dir(&old.options.journal_dir(), &world.options.journal_dir());
    let error = world.refusal();
    let OpenError::StoreAhead { differences, journal_position: 302, store_position: 304, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!(differences.len(), 1);
    assert_eq!(differences[0].journal.map(|head| head.seq), Some(300));
    assert_eq!(differences[0].store.map(|head| head.seq), Some(301));

    let report = rebuild_from_journal(&world.options, &TestIndexer, "as of the backup").unwrap();
    assert_eq!(report.entries, 600);
    assert!(report.kept.unwrap().join("db").exists());
    let (log, start) = world.open();
    assert!(start.was_clean);
    assert_entries(&log, "gs", 300, 40);
    let facts = log.facts(FactKind::Maintenance).unwrap();
    assert_eq!(facts[0].value, b"rebuilt the store from the journal: as of the backup");
}

#[test]
fn another_history_of_the_same_length_is_refused() {
    let world = World::new();
    let (log, _) = world.open();
    log.append(vec![entry("gs", 1)]).unwrap();
    log.close().unwrap();
    let other = World::new();
    let (log, _) = other.open();
    log.append(vec![entry("br", 1)]).unwrap();
    log.append(vec![entry("br", 2)]).unwrap();
    log.close().unwrap();
    fs::remove_dir_all(world.options.journal_dir()).unwrap();
    crate::tests::world::copy_dir(&other.options.journal_dir(), &world.options.journal_dir());
    let OpenError::StoreAhead { differences, .. } = world.refusal() else { panic!() };
    assert_eq!(differences.len(), 2);
}

#[test]
fn a_store_that_cannot_be_read_beside_no_journal_is_left_alone() {
    let world = filled();
    fs::remove_dir_all(world.options.journal_dir()).unwrap();
    fs::write(world.options.store_dir().join("conf"), [0xff; 64]).unwrap();
    let error = world.refusal();
    assert!(matches!(error, OpenError::StoreLost { .. }), "{error}");
    assert_eq!(error.exit_code(), exit::DATA_DAMAGED);
    assert!(matches!(rebuild_from_store(&world.options, &TestIndexer, ""), Err(OpenError::StoreLost { .. })));
    assert!(world.options.store_dir().join("db").exists());
}

#[test]
fn a_rebuild_that_was_interrupted_can_be_run_again() {
    let world = filled();
    // As after the rename of the new journal and before the store's mark.
    let store = world.image();
    rebuild_from_store(&world.options, &TestIndexer, "once").unwrap();
    fs::remove_dir_all(world.options.store_dir()).unwrap();
    crate::tests::world::copy_dir(&store.options.store_dir(), &world.options.store_dir());
    assert!(matches!(world.refusal(), OpenError::StoreAhead { .. }));
    rebuild_from_store(&world.options, &TestIndexer, "twice").unwrap();
    let (log, _) = world.open();
    assert_entries(&log, "gs", 300, 40);
}
