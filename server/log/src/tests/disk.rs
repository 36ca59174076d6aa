//! When the disk fails: nothing is acknowledged, nothing is tried again, the server is told.

use std::io::ErrorKind;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use crate::tests::world::{FaultDisk, World, assert_entries, entry, entry_of};
use crate::{AppendError, CloseError, LogState, OpenError, Options, Record, exit};

fn telling(world: &mut World) -> Arc<Mutex<Vec<String>>> {
    let told = Arc::new(Mutex::new(Vec::new()));
    let to = Arc::clone(&told);
    world.options.on_failure = Some(Arc::new(move |reason: &str| to.lock().unwrap().push(reason.to_owned())));
    told
}

#[test]
fn a_failed_sync_fails_the_log_for_ever_and_is_not_tried_again() {
    let mut world = World::new();
    let told = telling(&mut world);
    let disk = Arc::new(FaultDisk::default());
    let (log, _) = world.open_on(&disk).unwrap();
    log.append(vec![entry("gs", 1)]).unwrap();
    disk.faults().sync_fails.store(true, Ordering::SeqCst);
    let syncs = disk.faults().syncs.load(Ordering::SeqCst);
    let failed = log.append(vec![entry("gs", 2)]).unwrap_err();
    assert!(
        matches!(&failed, AppendError::Failed { reason } if reason.starts_with("could not sync /")),
        "{failed}"
    );
    disk.faults().sync_fails.store(false, Ordering::SeqCst);
    assert_eq!(log.append(vec![entry("gs", 2)]), Err(failed));
    assert_eq!(disk.faults().syncs.load(Ordering::SeqCst), syncs + 1);
    assert!(matches!(log.state(), LogState::Failed { .. }));
    assert_eq!(log.head("gs").unwrap().seq, 1);
    assert_eq!(told.lock().unwrap().len(), 1);
    assert!(matches!(log.close(), Err(CloseError::Failed { .. })));

    // The group may or may not be there after a restart; it was not acknowledged, and it is whole.
    let (log, report) = world.open();
    assert!(!report.was_clean);
    let count = log.head("gs").unwrap().seq;
    assert!((1..=2).contains(&count));
    assert_entries(&log, "gs", count, 40);
}

#[test]
fn a_write_that_stops_in_the_middle_is_cut_at_the_next_start() {
    let whole = World::new();
    let (log, _) = whole.open();
    let before = super::world::length(&whole.last_segment());
    log.append(vec![entry("gs", 1), entry("br", 1)]).unwrap();
    let group = super::world::length(&whole.last_segment()) - before;
    drop(log);
    for kept in [0, 1, 7, 8, 30, group / 2, group - 1] {
        let mut world = World::new();
        let told = telling(&mut world);
        let disk = Arc::new(FaultDisk::default());
        let (log, _) = world.open_on(&disk).unwrap();
        log.append(vec![entry("gs", 1), entry("br", 1)]).unwrap();
        *disk.faults().short_write.lock().unwrap() = Some((kept, ErrorKind::StorageFull));
        let failed = log.append(vec![entry("gs", 2), entry("br", 2)]).unwrap_err();
        assert!(matches!(failed, AppendError::Failed { .. }));
        assert_eq!(told.lock().unwrap().len(), 1);
        drop(log);
        let (log, report) = world.open();
        assert_eq!(report.torn_tail.is_some(), kept > 0);
        if let Some(torn) = report.torn_tail {
            assert_eq!(torn.length_bytes, kept as u64);
            assert_eq!(super::world::length(&torn.kept), kept);
        }
        assert_entries(&log, "gs", 1, 40);
        assert_entries(&log, "br", 1, 40);
        log.append(vec![entry("gs", 2), entry("br", 2)]).unwrap();
        log.close().unwrap();
        assert!(world.open().1.was_clean);
    }
}

#[test]
fn a_seal_whose_sync_fails_is_no_clean_stop() {
    let world = World::new();
    let disk = Arc::new(FaultDisk::default());
    let (log, _) = world.open_on(&disk).unwrap();
    log.append(vec![entry("gs", 1)]).unwrap();
    disk.faults().sync_fails.store(true, Ordering::SeqCst);
    assert!(matches!(log.close(), Err(CloseError::Failed { .. })));
    let (log, report) = world.open();
    assert!(!report.was_clean && report.torn_tail.is_none());
    assert_entries(&log, "gs", 1, 40);
}

#[test]
fn a_panicking_indexer_fails_the_log_and_answers_everyone() {
    struct Panicking;
    impl crate::Indexer for Panicking {
        fn rows(&self, entry: &crate::Entry) -> Vec<crate::IndexRow> {
            assert!(entry.seq < 2, "this test wants it so");
            Vec::new()
        }
    }
    let world = World::new();
    let (log, _) = crate::Log::open(world.options.clone(), Arc::new(Panicking)).unwrap();
    log.append(vec![entry("gs", 1)]).unwrap();
    let failed = log.append(vec![entry("gs", 2)]);
    assert!(matches!(failed, Err(AppendError::Failed { .. })), "{failed:?}");
    assert!(matches!(log.append(vec![entry("gs", 2)]), Err(AppendError::Failed { .. })));
    assert!(log.close().is_err());
}

#[test]
fn a_directory_that_cannot_be_written_is_named_with_the_reason() {
    let world = World::new();
    let disk = Arc::new(FaultDisk::default());
    *disk.faults().create_fails.lock().unwrap() = Some(ErrorKind::ReadOnlyFilesystem);
    let Err(error) = world.open_on(&disk) else { panic!("it opened") };
    assert_eq!(error.exit_code(), exit::CANNOT_CREATE);
    let text = error.to_string();
    assert!(text.starts_with(&format!("could not create {}: ", world.dir().display())), "{text}");

    let file = world.root.path().join("file");
    std::fs::write(&file, "").unwrap();
    let under = World {
        options: Options { dir: file.join("data"), ..world.options.clone() },
        root: World::new().root,
    };
    let error = under.refusal();
    assert!(matches!(error, OpenError::Io { .. }));
    assert!(error.to_string().contains("(os error 20)"), "{error}");
}

#[test]
fn one_sync_serves_all_that_waited() {
    let world = World::new();
    let disk = Arc::new(FaultDisk::default());
    let (log, _) = world.open_on(&disk).unwrap();
    let (release, released) = std::sync::mpsc::channel::<()>();
    let (entered, has_entered) = std::sync::mpsc::channel();
    let hold = Box::new(move |_| {
        entered.send(()).unwrap();
        released.recv().unwrap();
    });
    log.append_then(vec![entry("gs", 1)], hold).unwrap();
    has_entered.recv().unwrap();
    let before = disk.faults().syncs.load(Ordering::SeqCst);
    for seq in 2..=500 {
        log.append_then(vec![Record::Entry(entry_of("gs", seq, 10))], Box::new(|result| result.unwrap()))
            .unwrap();
    }
    release.send(()).unwrap();
    log.append(Vec::new()).unwrap();
    assert_eq!(log.head("gs").unwrap().seq, 500);
    assert_eq!(disk.faults().syncs.load(Ordering::SeqCst) - before, 1);
}
