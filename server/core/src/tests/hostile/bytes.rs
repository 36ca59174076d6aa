//! Bytes that are no change, or claim to be a huge one.

use super::*;

#[test]
fn bytes_that_are_no_change() {
    refused(cases::BYTES_THAT_ARE_NO_CHANGE);
}

#[test]
fn a_message_of_too_many_operations_is_not_begun() {
    let mut world = World::new();
    let who = drafter(Bureau::TSB);
    let replica = Replica::join(&world, who.clone(), 2);
    let bench = bench_of(&mut world, replica);
    let bombs = vec![bomb(&bench.field, 20_000); 200];
    let start = Instant::now();
    assert_eq!(code(world.changes(&who, bombs)), TooLarge);
    assert!(start.elapsed() < Duration::from_millis(500), "{:?}", start.elapsed());
}

#[test]
fn counts_that_are_larger_than_the_change() {
    refused(cases::COUNTS_THAT_ARE_LARGER_THAN_THE_CHANGE);
}
