//! Operations that the layout does not know, elements that are not whole, limits.

use automerge::marks::{ExpandMark, Mark};
use automerge::transaction::Transactable as _;

use super::super::replica::text_object;
use super::*;

#[test]
fn operations_that_the_layout_does_not_know() {
    refused(cases::OPERATIONS_THAT_THE_LAYOUT_DOES_NOT_KNOW);
}

#[test]
fn new_elements_that_are_not_whole() {
    refused(cases::NEW_ELEMENTS_THAT_ARE_NOT_WHOLE);
}

#[test]
fn replicas_keep_the_limits_of_texts_sets_and_marks() {
    refused(cases::REPLICAS_KEEP_THE_LIMITS_OF_TEXTS_SETS_AND_MARKS);
    let mut world = World::new();
    let mut replica = Replica::join(&world, drafter(Bureau::BR), 1);
    let mut codes = Vec::new();
    for _ in 0..14 {
        replica.write(|tx| write_text(tx, "tgt-1", "statement", 0, 0, &"x".repeat(19_000)));
        codes.push(done(replica.send(&mut world)).map_err(|refusal| refusal.code).err());
    }
    assert_eq!(codes.iter().filter(|code| code.is_none()).count(), 13);
    assert_eq!(codes.last(), Some(&Some(TooLarge)));
}

#[test]
fn a_mark_may_be_made_around_what_goes_with_the_same_change() {
    let mut world = World::new();
    let mut replica = Replica::join(&world, drafter(Bureau::BR), 1);
    let text = text_object(&replica.doc, "tgt-1", "statement");
    let bold = |start, end| Mark::new("bold".into(), true, start, end);
    for (start, end) in [(2, 6), (0, 3), (5, 9), (0, 0), (4, 4)] {
        for expand in [ExpandMark::None, ExpandMark::Before, ExpandMark::After, ExpandMark::Both] {
            replica.write(|tx| tx.splice_text(&text, 0, 0, "and some ")).unwrap();
            replica.write(|tx| tx.mark(&text, bold(start, end), expand)).unwrap();
            replica.write(|tx| {
                tx.mark(&text, bold(start, end), expand).unwrap();
                tx.splice_text(&text, start, (end - start) as isize, "").unwrap();
                tx.splice_text(&text, start, 0, "new 😀").unwrap();
                tx.mark(&text, bold(start + 1, start + 5), expand).unwrap();
                tx.splice_text(&text, start, 5, "").unwrap();
            });
        }
        done(replica.send(&mut world)).unwrap();
    }
    assert_eq!(world.recorded(), [""; 0]);
    world.check();
}
