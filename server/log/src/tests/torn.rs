//! Crashes at any byte: what was acknowledged is there once, or the start refuses; never less, silently.

use std::fs;

use proptest::prelude::*;

use crate::tests::world::{TestIndexer, World, copy_dir, cut, entry_of, length};
use crate::{Log, OpenError, Record, exit, rebuild_from_store};

const PLANS: [&str; 3] = ["br", "gs", "tsb"];

/// Groups of (plan, payload bytes).
fn groups() -> impl Strategy<Value = Vec<Vec<(usize, usize)>>> {
    let size = prop_oneof![0_usize..200, 7_000_usize..9_000];
    prop::collection::vec(prop::collection::vec((0..PLANS.len(), size), 1..5), 1..10)
}

/// What was appended, in order, so that it can be asserted.
#[derive(Default)]
struct Appended(Vec<crate::Entry>);

impl Appended {
    fn append(&mut self, log: &Log, group: &[(usize, usize)]) {
        let from = self.0.len();
        for &(plan, size) in group {
            let seq = 1 + self.0.iter().filter(|entry| entry.plan == PLANS[plan]).count() as u64;
            self.0.push(entry_of(PLANS[plan], seq, size));
        }
        log.append(self.0[from..].iter().cloned().map(Record::Entry).collect()).unwrap();
    }

    fn is_in(&self, log: &Log) -> bool {
        let there: Vec<_> = PLANS.iter().flat_map(|plan| log.entries(plan, 0, usize::MAX).unwrap()).collect();
        let mut expected = self.0.clone();
        expected.sort_by(|a, b| (&a.plan, a.seq).cmp(&(&b.plan, b.seq)));
        there == expected
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// A power cut while a group is written: any part of its bytes, any of them zeroes.
    #[test]
    fn a_group_cut_by_a_crash_takes_nothing_acknowledged_with_it(
        groups in groups(),
        last in prop::collection::vec((0..PLANS.len(), 0_usize..9_000), 1..4),
        segment_bytes_max in 2_000_u64..60_000,
        flushed in any::<bool>(),
        kept in 0.0..1.0_f64,
        zeroed in prop::option::of((0.0..1.0_f64, 0.0..1.0_f64)),
    ) {
        let mut world = World::new();
        world.options.segment_bytes_max = segment_bytes_max;
        let (log, _) = world.open();
        let mut acknowledged = Appended::default();
        groups.iter().for_each(|group| acknowledged.append(&log, group));
        if flushed {
            log.flush_store().unwrap();
        }
        let before = world.image();
        let mut all = Appended(acknowledged.0.clone());
        let (path, start) = (world.last_segment(), length(&world.last_segment()));
        all.append(&log, &last);

        // The store as before, the journal as after, but for what the crash took.
        copy_dir(&world.options.journal_dir(), &before.options.journal_dir());
        drop(log);
        let start = if world.last_segment() == path { start } else { 64 };
        let target = before.last_segment();
        let mut bytes = fs::read(&target).unwrap();
        let whole = bytes.clone();
        let at = |share: f64, of: usize| (share * of as f64) as usize;
        bytes.truncate(start + at(kept, bytes.len() - start + 1));
        if let Some((from, share)) = zeroed {
            let from = start + at(from, bytes.len() - start);
            let count = at(share, bytes.len() - from + 1);
            bytes[from..from + count].fill(0);
        }
        fs::write(&target, &bytes).unwrap();

        let (log, report) = before.open();
        let is_whole = bytes == whole;
        let expected = if is_whole { &all } else { &acknowledged };
        prop_assert!(!report.was_clean);
        prop_assert_eq!(report.torn_tail.is_some(), !is_whole && bytes.len() > start);
        prop_assert!(expected.is_in(&log), "entries are missing or twice: {:?}", report);
        // What was cut leaves room for what comes; and a second crash at once changes nothing.
        let again = before.image();
        drop(log);
        let (log, report) = again.open();
        prop_assert!(!report.was_clean && report.torn_tail.is_none());
        prop_assert!(expected.is_in(&log));
        let mut more = Appended(expected.0.clone());
        more.append(&log, &last);
        log.close().unwrap();
        let (log, report) = again.open();
        prop_assert!(report.was_clean);
        prop_assert!(more.is_in(&log));
        prop_assert_eq!(crate::verify(again.dir(), &mut |_| ()).unwrap().entries, more.0.len() as u64);
    }

    /// Damage to acknowledged bytes of the last segment, which no crash makes: always a refusal.
    #[test]
    fn damage_to_what_was_acknowledged_is_refused_and_the_store_gives_it_back(
        groups in groups(),
        segment_bytes_max in 2_000_u64..60_000,
        sealed in any::<bool>(),
        place in 0.0..1.0_f64,
        flip in prop::option::of(0_u32..8),
    ) {
        let mut world = World::new();
        world.options.segment_bytes_max = segment_bytes_max;
        let (log, _) = world.open();
        let mut acknowledged = Appended::default();
        groups.iter().for_each(|group| acknowledged.append(&log, group));
        if sealed {
            log.close().unwrap();
        } else {
            log.flush_store().unwrap();
            let image = world.image();
            drop(log);
            world = image;
        }
        let path = world.last_segment();
        let offset = (place * length(&path) as f64) as usize;
        match flip {
            None => cut(&path, offset),
            Some(bit) => {
                let mut bytes = fs::read(&path).unwrap();
                bytes[offset] ^= 1 << bit;
                fs::write(&path, bytes).unwrap();
            }
        }
        let damaged = fs::read(&path).unwrap();
        let error = world.refusal();
        prop_assert_eq!(error.exit_code(), exit::DATA_DAMAGED);
        match &error {
            OpenError::Corrupt { path: named, offset: at, .. } => {
                prop_assert_eq!(named, &path);
                prop_assert!(*at <= offset as u64, "{}", error);
            }
            OpenError::StoreAhead { .. } => prop_assert!(flip.is_none(), "{}", error),
            _ => prop_assert!(false, "{}", error),
        }
        prop_assert_eq!(fs::read(&path).unwrap(), damaged, "a refusal changes nothing");

        let report = rebuild_from_store(&world.options, &TestIndexer, "test").unwrap();
        prop_assert_eq!(report.entries, acknowledged.0.len() as u64);
        let (log, _) = world.open();
        prop_assert!(acknowledged.is_in(&log));
    }
}
