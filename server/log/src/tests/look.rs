//! What a look through a serving log meets, copies of its journal, and what a directory still knows.

use std::fs;
use std::ops::ControlFlow;

use super::world::{World, entry, entry_of, fact};
use crate::{FactKind, Sight, Twin, copy_journal, inspect, verify_journal};

/// What a look through everything meets: entries with their twins, facts, damages.
fn look(log: &crate::Log) -> (Vec<(u64, Twin)>, u64, Vec<String>) {
    let (mut entries, mut facts, mut damages) = (Vec::new(), 0, Vec::new());
    log.look_through(&mut |sight| {
        match sight {
            Sight::Group { bytes } => assert!(bytes > 0),
            Sight::Entry { entry, twin } => entries.push((entry.seq, twin)),
            Sight::Fact(_) => facts += 1,
            Sight::Damage(error) => damages.push(error.to_string()),
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    (entries, facts, damages)
}

/// A log of many small segments.
fn world() -> World {
    let mut world = World::new();
    world.options.segment_bytes_max = 1_024;
    world
}

#[test]
fn a_look_meets_every_entry_beside_the_stores() {
    let world = world();
    let (log, _) = world.open();
    for seq in 1..=30 {
        log.append(vec![entry("a", seq)]).unwrap();
    }
    log.append(vec![fact("k", "a 30")]).unwrap();
    assert!(world.segments().len() > 3);
    let (entries, facts, damages) = look(&log);
    assert_eq!((entries.len(), facts, damages), (30, 1, Vec::new()));
    assert!(entries.iter().all(|(_, twin)| *twin == Twin::Same));

    log.shared().store.forget_entry("a", 7);
    let mut other = entry_of("a", 9, 40);
    other.payload[0] ^= 1;
    log.shared().store.put_back(&other).unwrap();
    let (entries, ..) = look(&log);
    let odd: Vec<_> = entries.into_iter().filter(|(_, twin)| *twin != Twin::Same).collect();
    assert_eq!(odd, [(7, Twin::Missing), (9, Twin::Other)]);

    let mut met = 0;
    log.look_through(&mut |sight| {
        met += u32::from(matches!(sight, Sight::Entry { .. }));
        if met == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
    .unwrap();
    assert_eq!(met, 3, "whoever has seen enough is shown no more");
}

#[test]
fn one_damage_does_not_hide_another() {
    let world = world();
    let (log, _) = world.open();
    for seq in 1..=30 {
        log.append(vec![entry("a", seq)]).unwrap();
    }
    let segments = world.segments();
    for segment in [&segments[0], &segments[2]] {
        let mut bytes = fs::read(segment).unwrap();
        bytes[300] ^= 1;
        fs::write(segment, bytes).unwrap();
    }
    let (entries, _, damages) = look(&log);
    assert_eq!(damages.len(), 2, "{damages:?}");
    for (damage, segment) in damages.iter().zip([&segments[0], &segments[2]]) {
        assert!(damage.contains(&*segment.to_string_lossy()), "{damage}");
    }
    assert!(entries.len() < 30 && entries.last().unwrap().0 == 30, "the others are met");

    // A file that has become shorter, and one that is gone.
    let last = segments.last().unwrap();
    fs::write(last, &fs::read(last).unwrap()[..64]).unwrap();
    let (.., damages) = look(&log);
    assert!(damages.iter().any(|damage| damage.contains("all groups up to 30")), "{damages:?}");
    fs::remove_file(&segments[0]).unwrap();
    let (.., damages) = look(&log);
    assert!(damages.iter().any(|damage| damage.contains("the segments before are gone")), "{damages:?}");
}

#[test]
fn a_copy_ends_with_a_whole_group_and_shares_what_is_closed() {
    let world = world();
    let (log, _) = world.open();
    for seq in 1..=30 {
        log.append(vec![entry("a", seq)]).unwrap();
    }
    let (one, two) = (world.root.path().join("one"), world.root.path().join("two"));
    for dir in [&one, &two] {
        fs::create_dir_all(dir.join("journal")).unwrap();
    }
    let copy = copy_journal(world.dir(), &one.join("journal"), None).unwrap();
    assert!(copy.segments.iter().all(|segment| !segment.was_kept));
    assert_eq!(verify_journal(&one, &mut |_| ()).unwrap().entries, 30);

    // Half a group behind the last one, as a copy meets it while it is written.
    let last = world.last_segment();
    let whole = fs::read(&last).unwrap();
    log.append(vec![entry("a", 31)]).unwrap();
    let after = fs::read(world.last_segment()).unwrap();
    let cut = if world.last_segment() == last { whole.len() + (after.len() - whole.len()) / 2 } else { 70 };
    log.close().unwrap();
    fs::write(world.last_segment(), &after[..cut]).unwrap();
    let copy = copy_journal(world.dir(), &two.join("journal"), Some(&one.join("journal"))).unwrap();
    let report = verify_journal(&two, &mut |_| ()).unwrap();
    assert_eq!((report.entries, report.unfinished_end), (30, None));
    let kept = copy.segments.iter().filter(|segment| segment.was_kept).count();
    assert!(kept + 2 >= copy.segments.len() && kept > 0, "{kept} of {}", copy.segments.len());
}

#[test]
fn a_directory_tells_what_it_knows_however_it_was_hurt() {
    let world = world();
    let (log, _) = world.open();
    for seq in 1..=30 {
        log.append(vec![entry("a", seq)]).unwrap();
    }
    log.append(vec![fact("k", "a 30")]).unwrap();
    log.close().unwrap();
    let look = || {
        let held = crate::lock(world.dir()).unwrap();
        inspect(world.dir(), &held, &[FactKind::CheckpointRecord]).unwrap()
    };
    let found = look();
    assert!(found.is_sealed);
    assert_eq!((found.journal["a"].seq, &found.journal), (30, &found.store));
    assert_eq!(found.facts.len(), 2, "one of the journal, one of the store");
    let segments = world.segments();
    // The last one may hold no more than the fact and the seal.
    for gone in &segments[segments.len() - 2..] {
        fs::remove_file(gone).unwrap();
    }
    let found = look();
    assert!(!found.is_sealed);
    assert!(found.journal["a"].seq < 30 && found.store["a"].seq == 30);
    fs::remove_dir_all(world.dir().join("store")).unwrap();
    fs::remove_file(&segments[1]).unwrap();
    let found = look();
    assert!(!found.is_sealed && found.store.is_empty() && found.journal["a"].seq > 1);
}
