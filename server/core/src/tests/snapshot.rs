//! Snapshots are a cache: one that is damaged, foreign or of another form is not used, and the fold is
//! taken.  That a good one makes the same state as the fold is checked at the end of every test's world.

use proptest::prelude::*;

use super::plan::splice;
use super::world::{World, drafter};
use crate::Hub;
use crate::snapshot::Snapshot;
use plenary_protocol::Bureau;

fn written() -> World {
    let mut world = World::new();
    for n in 0..6 {
        let base = world.seq();
        world.edit(&drafter([Bureau::BR, Bureau::TSB][n % 2]), [splice("tgt-1", n, 0, "a", base)]);
    }
    world
}

#[test]
fn a_snapshot_of_another_plan_or_of_no_form_is_not_used() {
    let mut world = written();
    let bytes = world.snapshot();
    let kept = Snapshot::open(&bytes).unwrap();
    let other = "another-plan".parse().unwrap();
    assert!(kept.hub(&other).is_none() && kept.reader(&other).is_none());
    for cut in [0, 1, bytes.len() / 2, bytes.len() - 1] {
        let read = Snapshot::open(&bytes[..cut]);
        assert!(read.is_none(), "{cut} bytes of it are none");
        world.log.snapshot = Some(bytes[..cut].to_vec());
        world.restart();
    }
    let longer = [&bytes[..], &[0]].concat();
    assert!(Snapshot::open(&longer).is_none());
}

#[test]
fn a_snapshot_that_the_log_does_not_go_on_from_is_not_used() {
    let (mut world, mut other) = (written(), written());
    let base = other.seq();
    other.edit(&drafter(Bureau::GS), [splice("tgt-1", 0, 0, "elsewhere", base)]);
    for _ in 0..4 {
        world.edit(&drafter(Bureau::BR), [splice("tgt-1", 0, 0, "here", base)]);
    }
    assert!(other.seq() < world.seq());
    world.log.snapshot = Some(other.snapshot());
    let hub = Hub::load(world.plan(), &world.log).unwrap().unwrap();
    assert!(hub.state() == world.hub.state(), "the fold was taken");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damage_is_an_answer_and_never_a_panic(at in 0.0..1.0_f64, bit in 0..8_u8) {
        let world = written();
        let mut bytes = world.snapshot();
        let at = (at * bytes.len() as f64) as usize;
        bytes[at] ^= 1 << bit;
        if let Some(kept) = Snapshot::open(&bytes) {
            _ = kept.hub(&world.plan());
            _ = kept.reader(&world.plan());
        }
    }
}
