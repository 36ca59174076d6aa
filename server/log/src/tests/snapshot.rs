//! Snapshots are a cache: verified when read, replaced only by a good one, gone without harm.

use crate::tests::world::{World, entry};
use crate::{ReadError, Snapshot};

fn snapshot(seq: u64, bytes: usize) -> Snapshot {
    let bytes = (0_u32..).flat_map(|word| (word ^ seq as u32).to_le_bytes()).take(bytes).collect();
    Snapshot::new(1, seq, vec![[seq as u8; 32]; 3], bytes)
}

#[test]
fn a_snapshot_of_many_chunks_comes_back_and_is_replaced_whole() {
    let world = World::new();
    let (log, _) = world.open();
    log.append(vec![entry("gs", 1)]).unwrap();
    assert_eq!(log.snapshot("gs"), None);
    for (seq, bytes) in [(1, 0), (2, 3 << 20), (3, 100), (4, 7_168), (5, 1 << 20)] {
        log.put_snapshot("gs", &snapshot(seq, bytes)).unwrap();
        assert!(log.snapshot("gs") == Some(snapshot(seq, bytes)));
    }
    log.put_snapshot("gs2", &snapshot(9, 10)).unwrap();
    log.close().unwrap();
    let (log, _) = world.open();
    assert!(log.snapshot("gs") == Some(snapshot(5, 1 << 20)));
    assert!(log.snapshot("gs2") == Some(snapshot(9, 10)));
    log.delete_snapshot("gs").unwrap();
    assert_eq!(log.snapshot("gs"), None);
    assert!(log.snapshot("gs2") == Some(snapshot(9, 10)), "that of another plan stays");
    log.delete_snapshots().unwrap();
    assert_eq!(log.snapshot("gs2"), None);
    assert!(log.shared().store.snapshots.is_empty());
}

#[test]
fn a_snapshot_with_another_hash_is_not_taken_and_a_damaged_one_is_not_given() {
    let world = World::new();
    let (log, _) = world.open();
    log.put_snapshot("gs", &snapshot(1, 50_000)).unwrap();
    let mut bad = snapshot(2, 50_000);
    bad.bytes[40_000] ^= 1;
    assert_eq!(log.put_snapshot("gs", &bad), Err(ReadError::SnapshotHash { plan: "gs".to_owned() }));
    assert!(log.snapshot("gs") == Some(snapshot(1, 50_000)));

    let tree = &log.shared().store.snapshots;
    let (key, chunk) = tree.scan_prefix(b"gs\0").nth(3).unwrap().unwrap();
    let mut damaged = chunk.to_vec();
    damaged[17] ^= 1;
    tree.insert(&key, damaged).unwrap();
    assert_eq!(log.snapshot("gs"), None);
    tree.remove(&key).unwrap();
    assert_eq!(log.snapshot("gs"), None);
    log.put_snapshot("gs", &snapshot(3, 60_000)).unwrap();
    assert!(log.snapshot("gs") == Some(snapshot(3, 60_000)));
}

#[test]
fn damage_anywhere_in_a_snapshot_is_found() {
    let world = World::new();
    let (log, _) = world.open();
    log.put_snapshot("gs", &snapshot(1, 30_000)).unwrap();
    let tree = &log.shared().store.snapshots;
    let rows: Vec<_> = tree.scan_prefix(b"gs").map(Result::unwrap).collect();
    assert!(rows.len() > 4, "a name and several chunks");
    for (key, row) in &rows {
        for at in [0, row.len() / 3, row.len() / 2, row.len() - 1] {
            let mut damaged = row.to_vec();
            damaged[at] ^= 0x10;
            tree.insert(key, damaged).unwrap();
            assert_eq!(log.snapshot("gs"), None, "byte {at} of {key:?}");
            tree.insert(key, row.to_vec()).unwrap();
        }
    }
    assert!(log.snapshot("gs") == Some(snapshot(1, 30_000)));
}
