//! Starts after something else than a clean stop.

use std::fs;

use crate::tests::world::{
    TestIndexer, World, assert_entries, copy_dir, cut, entry, entry_of, fact, flip, length, place,
};
use crate::{FactKind, LostEntry, OpenError, Options, Record, exit, leaf_hash, repair};

fn appended(world: &World, count: u64) {
    let (log, _) = world.open();
    for seq in 1..=count {
        log.append(vec![entry("gs", seq)]).unwrap();
    }
    log.close().unwrap();
}

#[test]
fn a_second_log_on_the_same_data_is_locked_out_by_name() {
    let world = World::new();
    let (log, _) = world.open();
    let error = world.refusal();
    assert_eq!(error.exit_code(), exit::IN_USE);
    let expected = format!(
        "{} is locked by process {}; one server at a time can use a data directory",
        world.dir().join("lock").display(),
        std::process::id()
    );
    assert_eq!(error.to_string(), expected);
    drop(log);
    world.open();
}

#[test]
fn a_killed_server_loses_nothing_although_the_store_was_never_flushed() {
    let world = World::new();
    let (log, _) = world.open();
    let killed = world.image();
    for seq in 1..=50 {
        log.append(vec![entry("gs", seq), fact("last", &seq.to_string())]).unwrap();
    }
    // A kill at once: the store as when it was opened, the journal as it is.
    copy_dir(&world.options.journal_dir(), &killed.options.journal_dir());
    let (log, report) = killed.open();
    assert!(!report.was_clean && report.torn_tail.is_none() && report.store_rebuilt.is_none());
    assert_eq!(report.replayed_groups, 50);
    assert_entries(&log, "gs", 50, 40);
    assert_eq!(log.fact(FactKind::CheckpointRecord, b"last").unwrap(), Some(b"50".to_vec()));
    assert!(log.index(&leaf_hash(b"envelope gs 50")).unwrap().is_some());
    log.append(vec![entry("gs", 51)]).unwrap();
}

#[test]
fn after_a_stop_that_was_not_clean_the_last_group_stands_in_a_segment_of_its_own() {
    let world = World::new();
    let (log, _) = world.open();
    (1..=3).for_each(|seq| log.append(vec![entry("gs", seq)]).unwrap());
    drop(log);
    let whole = fs::read(world.last_segment()).unwrap();
    drop(world.open());
    let segments = world.segments();
    assert_eq!(segments.len(), 2);
    assert!(segments[1].ends_with("00000000000000000003.seg"));
    assert!(length(&segments[0]) < whole.len());
    // Again and again: no new files, because the group is alone in its segment already.
    drop(world.open());
    drop(world.open());
    assert_eq!(world.segments(), segments);
    assert_entries(&world.open().0, "gs", 3, 40);

    // A stop between the new segment and the cut of the old one is finished by the next start.
    fs::write(&segments[0], &whole).unwrap();
    let (log, _) = world.open();
    assert_entries(&log, "gs", 3, 40);
    assert!(length(&segments[0]) < whole.len());
    assert_eq!(crate::verify(world.dir(), &mut |_| ()).unwrap().entries, 3);
    drop(log);

    // The same with an old segment that is not the one that was copied from.
    flip(&segments[0], 100);
    cut(&segments[0], whole.len() / 2);
    assert!(matches!(world.refusal(), OpenError::Corrupt { path, .. } if path == segments[0]));
}

#[test]
fn a_store_that_was_deleted_is_made_of_the_journal() {
    let mut world = World::new();
    world.options.segment_bytes_max = 900;
    appended(&world, 30);
    fs::remove_dir_all(world.options.store_dir()).unwrap();
    let (log, report) = world.open();
    assert!(report.was_clean && report.store_rebuilt.is_none());
    assert_eq!(report.replayed_groups, 31);
    assert_entries(&log, "gs", 30, 40);
    for seq in 1..=30 {
        let row = log.index(&leaf_hash(format!("envelope gs {seq}").as_bytes())).unwrap();
        assert_eq!(row, Some(place("gs", seq)));
    }
}

#[test]
fn a_store_of_garbage_is_kept_aside_and_made_anew() {
    for name in ["db", "conf"] {
        let world = World::new();
        appended(&world, 30);
        let path = world.options.store_dir().join(name);
        let mut bytes = fs::read(&path).unwrap();
        bytes.iter_mut().enumerate().for_each(|(at, byte)| *byte = (at % 251) as u8);
        fs::write(&path, &bytes).unwrap();
        let (log, report) = world.open();
        assert_entries(&log, "gs", 30, 40);
        // Garbage in `db` may also read as an empty store, which is then filled.
        match report.store_rebuilt {
            Some((_, kept)) => assert_eq!(fs::read(kept.join(name)).unwrap(), bytes),
            None => assert_eq!((name, report.replayed_groups), ("db", 31)),
        }
    }
}

#[test]
fn a_store_that_has_lost_entries_is_noticed_after_an_unclean_stop() {
    for lost in [1, 7, 30] {
        let world = World::new();
        let (log, _) = world.open();
        (1..=30).for_each(|seq| log.append(vec![entry("gs", seq)]).unwrap());
        log.shared().store.forget_entry("gs", lost);
        drop(log);
        let (log, report) = world.open();
        let reason = report.store_rebuilt.unwrap().0;
        assert_eq!(reason, format!("entry {lost} of plan gs is missing or not as the journal has it"));
        assert_entries(&log, "gs", 30, 40);
    }
}

#[test]
fn a_flipped_byte_behind_which_others_stand_is_refused_with_its_place() {
    let world = World::new();
    let (log, _) = world.open();
    log.append(vec![entry("gs", 1)]).unwrap();
    let offset = length(&world.last_segment());
    log.append(vec![entry("gs", 2)]).unwrap();
    log.append(vec![entry("gs", 3)]).unwrap();
    drop(log);
    // Nothing but the journal itself knows of it.
    fs::remove_dir_all(world.options.store_dir()).unwrap();
    flip(&world.last_segment(), offset + 30);
    let error = world.refusal();
    assert_eq!(error.exit_code(), exit::DATA_DAMAGED);
    let text = error.to_string();
    let start =
        format!("{} is damaged at byte {offset}: expected the checksum ", world.last_segment().display());
    assert!(text.starts_with(&start), "{text}");
    assert!(text.contains("(a whole frame of a later group stands at byte "), "{text}");
    assert!(text.contains(&format!("`plenaryd repair --data {}`", world.dir().display())), "{text}");
}

#[test]
fn a_torn_last_group_that_a_checkpoint_vouches_for_is_refused() {
    for vouched in [2, 3] {
        let world = World::new();
        let (log, _) = world.open();
        log.append(vec![entry("gs", 1), entry("gs", 2), fact("gs", &format!("gs {vouched}"))]).unwrap();
        log.flush_store().unwrap();
        let torn = world.image();
        log.append(vec![entry("gs", 3)]).unwrap();
        copy_dir(&world.options.journal_dir(), &torn.options.journal_dir());
        cut(&torn.last_segment(), length(&torn.last_segment()) - 1);
        match vouched {
            2 => assert!(torn.open().1.torn_tail.is_some()),
            _ => {
                let text = torn.refusal().to_string();
                assert!(text.contains("a record in the store vouches for entry 3 of plan gs"), "{text}");
            }
        }
    }
}

#[test]
fn damage_in_an_older_segment_is_found_by_its_end_or_by_verify() {
    let mut world = World::new();
    world.options.segment_bytes_max = 900;
    appended(&world, 30);
    let old = world.segments().remove(1);
    flip(&old, 200);
    let error = crate::verify(world.dir(), &mut |_| ()).unwrap_err();
    assert!(matches!(&error, OpenError::Corrupt { path, .. } if *path == old), "{error}");
    // A start does not read old bodies; it does when the store needs them.
    drop(world.open());
    // In the background they are read after it, and what is found is there to be asked.
    world.options.check_older_segments = crate::CheckOlder::Always;
    let (log, _) = world.open();
    let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !log.is_journal_damaged() {
        assert!(std::time::Instant::now() < until, "nobody noticed");
        std::thread::yield_now();
    }
    log.close().unwrap();
    world.options.check_older_segments = crate::CheckOlder::Never;
    fs::remove_dir_all(world.options.store_dir()).unwrap();
    assert!(matches!(world.refusal(), OpenError::Corrupt { path, .. } if path == old));
    flip(&old, 200);
    drop(world.open());

    flip(&old, length(&old) - 5);
    assert!(matches!(world.refusal(), OpenError::Corrupt { path, .. } if path == old));
    flip(&old, length(&old) - 5);
    fs::remove_file(&old).unwrap();
    let error = world.refusal();
    assert!(matches!(&error, OpenError::Corrupt { path, .. } if *path == world.segments()[0]), "{error}");
}

#[test]
fn a_group_that_lacks_a_frame_is_not_taken_although_each_frame_is_right() {
    let world = World::new();
    let (log, _) = world.open();
    let start = length(&world.last_segment());
    log.append(vec![entry("br", 1), entry("gs", 1)]).unwrap();
    drop(log);
    fs::remove_dir_all(world.options.store_dir()).unwrap();
    let path = world.last_segment();
    let mut bytes = fs::read(&path).unwrap();
    let frame = 8 + u32::from_be_bytes(bytes[start..start + 4].try_into().unwrap()) as usize;
    bytes.drain(start..start + frame);
    fs::write(&path, bytes).unwrap();
    let text = world.refusal().to_string();
    assert!(text.contains("expected the trailer of 1 frames, hash "), "{text}");
    assert!(text.contains("(its checksum is right, so it is no torn write)"), "{text}");
}

#[test]
fn a_payload_that_imitates_frames_is_not_taken_for_frames() {
    let world = World::new();
    let (log, _) = world.open();
    log.append(vec![entry("gs", 1)]).unwrap();
    let before = length(&world.last_segment());
    // A frame of a later group, as another segment would hold it.
    let imitation =
        crate::frame::encode_group([crate::frame::Item::Record(&entry("gs", 3))].into_iter(), 0, 9, &[0; 32]);
    let mut record = entry_of("gs", 2, 0);
    record.payload = imitation.bytes.repeat(20);
    log.append(vec![Record::Entry(record)]).unwrap();
    let torn = world.image();
    cut(&torn.last_segment(), length(&torn.last_segment()) - 10);
    fs::remove_dir_all(torn.options.store_dir()).unwrap();
    let (log, report) = torn.open();
    assert_eq!(report.torn_tail.unwrap().offset, before as u64);
    assert_entries(&log, "gs", 1, 40);
}

#[test]
fn a_repair_cuts_says_what_was_lost_and_keeps_it() {
    let world = World::new();
    let (log, _) = world.open();
    log.append(vec![entry("gs", 1)]).unwrap();
    let offset = length(&world.last_segment());
    log.append(vec![entry("gs", 2)]).unwrap();
    log.append(vec![entry("gs", 3), entry("br", 1), fact("k", "v")]).unwrap();
    drop(log);
    flip(&world.last_segment(), offset + 30);
    let damaged = fs::read(world.last_segment()).unwrap();
    assert!(matches!(world.refusal(), OpenError::Corrupt { .. }));

    let path = world.last_segment();
    let report = repair(&world.options, "by hand").unwrap();
    assert_eq!(report.cut_at, Some((path, offset as u64)));
    assert_eq!(report.lost_bytes as usize, damaged.len() - offset);
    let lost = |plan: &str, seq| LostEntry { plan: plan.to_owned(), seq };
    assert_eq!(report.lost_entries, [lost("br", 1), lost("gs", 3)]);
    assert_eq!(report.lost_facts, 1);
    assert_eq!(fs::read(&report.kept[0]).unwrap(), damaged);
    assert_eq!(repair(&world.options, "again").unwrap(), crate::RepairReport::default());

    // The store still has them: no start without a decision.
    let OpenError::StoreAhead { differences, .. } = world.refusal() else { panic!() };
    assert_eq!(differences.len(), 2);
    let alone = World {
        options: Options { dir: world.image().root.keep().join("data"), ..world.options.clone() },
        root: World::new().root,
    };
    crate::rebuild_from_journal(&alone.options, &TestIndexer, "the store goes").unwrap();
    let (log, _) = alone.open();
    assert_entries(&log, "gs", 1, 40);
    let facts = log.facts(FactKind::Maintenance).unwrap();
    let texts: Vec<_> = facts.iter().map(|fact| String::from_utf8_lossy(&fact.value)).collect();
    assert!(texts.iter().any(|text| text.contains("readable among them were 1 facts and 2 entries (br 1, gs 3); by hand")));
    assert!(texts.iter().any(|text| text.contains("rebuilt the store from the journal: the store goes")));
    drop(log);
    fs::remove_dir_all(alone.dir().parent().unwrap()).unwrap();

    crate::rebuild_from_store(&world.options, &TestIndexer, "the journal goes").unwrap();
    assert_entries(&world.open().0, "gs", 3, 40);
}

#[test]
fn a_journal_without_its_first_segment_is_refused_and_the_store_gives_it_back() {
    let mut world = World::new();
    world.options.segment_bytes_max = 900;
    appended(&world, 30);
    fs::remove_file(&world.segments()[0]).unwrap();
    for error in [world.refusal(), crate::verify(world.dir(), &mut |_| ()).unwrap_err()] {
        let text = error.to_string();
        assert!(matches!(error, OpenError::Corrupt { .. }), "{text}");
        assert!(
            text.contains("the segments before are gone") && text.contains("rebuild --from store"),
            "{text}"
        );
    }
}

#[test]
fn verify_looks_at_the_store_too() {
    let world = World::new();
    appended(&world, 5);
    let report = crate::verify(world.dir(), &mut |_| ()).unwrap();
    assert_eq!((report.entries, report.in_store), (5, Some(5)));
    let (log, _) = world.open();
    assert_eq!(crate::verify(world.dir(), &mut |_| ()).unwrap().in_store, None, "a server has it open");
    log.close().unwrap();
    fs::remove_dir_all(world.options.store_dir()).unwrap();
    let error = crate::verify(world.dir(), &mut |_| ()).unwrap_err();
    assert!(matches!(error, OpenError::StoreBehind { .. }), "{error}");
    assert_eq!(error.exit_code(), 78);
    let nowhere = world.dir().join("nowhere");
    let error = crate::verify(&nowhere, &mut |_| ()).unwrap_err();
    assert!(error.to_string().contains("there is no journal"), "{error}");
    assert!(!nowhere.exists(), "looking makes nothing");
}
