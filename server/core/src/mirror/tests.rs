//! Mirrors read as the document does after every change, whoever made it and whatever they had seen.

use automerge::legacy::{ElementId, Key, ObjectId, Op, OpType};
use automerge::transaction::Transactable;
use automerge::{Change, ObjType, ROOT, ScalarValue};
use proptest::prelude::*;

use super::*;
use crate::document;

const WORDS: [&str; 7] = ["a", "aa", "b", "é", "👍🏽", "\u{301}", "several"];

fn strokes(change: &Change, actors: &mut Actors) -> Vec<Stroke> {
    let expanded = change.decode();
    let ops = (expanded.start_op.get()..).zip(&expanded.operations);
    ops.map(|(counter, op): (u64, &Op)| {
        let ObjectId::Id(_) = op.obj else { panic!("not in the text") };
        let Key::Seq(behind) = &op.key else { panic!("not a place in the text") };
        let behind = match behind {
            ElementId::Head => None,
            ElementId::Id(id) => actors.char_id(id),
        };
        match (&op.action, behind) {
            (OpType::Put(ScalarValue::Str(text)), after) => {
                let id = actors.at(counter, &expanded.actor_id).unwrap();
                Stroke::Insert { id, after, glyph: Glyph::of(text) }
            }
            (OpType::Delete, Some(id)) => Stroke::Delete(id),
            other => panic!("no stroke: {other:?}"),
        }
    })
    .collect()
}

/// A text, and documents of several people who have it.
fn everybody(words: &str) -> (Vec<Automerge>, ObjId) {
    let mut doc = document::empty();
    let mut tx = doc.transaction();
    let text = tx.put_object(ROOT, "text", ObjType::Text).unwrap();
    tx.splice_text(&text, 0, 0, words).unwrap();
    tx.commit();
    let person = |actor: u8| doc.clone().with_actor(ActorId::from(vec![actor; 16]));
    ((1..=4).map(person).collect(), text)
}

proptest! {
    #[test]
    fn it_reads_as_the_document_whatever_people_write_at_the_same_time(
        acts in prop::collection::vec((0..3usize, 0..600usize, 0..3usize, 0..WORDS.len(), 0..6u8), 1..80),
        long in any::<bool>(),
    ) {
        let (mut docs, text) = everybody(&"some words, ".repeat(if long { 60 } else { 1 }));
        let mut watcher = docs.pop().unwrap();
        let mut actors = Actors::default();
        let mut mirror = Mirror::of(&watcher, &text, &mut actors).unwrap();
        for (who, at, delete, word, then) in acts {
            let doc = &mut docs[who];
            let before = doc.get_heads();
            let length = doc.length(&text);
            let at = at % (length + 1);
            let delete = delete.min(length - at);
            let mut tx = doc.transaction();
            tx.splice_text(&text, at, delete as isize, WORDS[word]).unwrap();
            tx.commit();
            let change = doc.get_changes(&before).remove(0);
            let read = watcher.text(&text).unwrap();
            watcher.apply_changes([change.clone()]).unwrap();
            let strokes = strokes(&change, &mut actors);
            let first = actors.at(change.start_op().get(), change.actor_id()).unwrap();
            prop_assert!(mirror.knows(&strokes, first));
            let became = mirror.perform(&strokes, &actors).unwrap();
            let now = watcher.text(&text).unwrap();
            prop_assert_eq!(mirror.text(), now.clone());
            prop_assert!(mirror.reads(&now));
            prop_assert_eq!(mirror.chars(), now.chars().count());
            match became {
                None => prop_assert_eq!(read, now),
                Some(Became::Before(before)) => prop_assert_eq!(before, read),
                Some(Became::Stretch { at, deleted, inserted }) => {
                    let head = read.chars().take(at);
                    let tail = read.chars().skip(at + deleted.chars().count());
                    let made: String = head.chain(inserted.chars()).chain(tail).collect();
                    prop_assert_eq!(made, now.clone());
                    prop_assert!(deleted.chars().next() != inserted.chars().next());
                    let behind = now.chars().nth(at);
                    prop_assert!(deleted.is_empty() || behind != deleted.chars().next());
                }
            }
            if then == 0 {
                let changes = watcher.get_changes(&[]);
                document::apply(&mut docs[who], changes).unwrap();
            }
        }
    }
}

#[test]
fn the_stretch_lies_behind_letters_that_are_the_same() {
    let told = |words: &str, delete: bool, at: usize, insert: &str| {
        let (mut docs, text) = everybody(words);
        let mut actors = Actors::default();
        let mut mirror = Mirror::of(&docs[0], &text, &mut actors).unwrap();
        let before = docs[0].get_heads();
        let mut tx = docs[0].transaction();
        tx.splice_text(&text, at, isize::from(delete), insert).unwrap();
        tx.commit();
        let change = docs[0].get_changes(&before).remove(0);
        let strokes = strokes(&change, &mut actors);
        mirror.perform(&strokes, &actors).unwrap()
    };
    let stretch = |at, deleted: &str, inserted: &str| {
        Some(Became::Stretch { at, deleted: deleted.into(), inserted: inserted.into() })
    };
    assert_eq!(told("baaac", false, 1, "a"), stretch(4, "", "a"));
    assert_eq!(told("baaac", true, 1, ""), stretch(3, "a", ""));
    assert_eq!(told("baaa", true, 1, ""), stretch(3, "a", ""));
    assert_eq!(told("", false, 0, "a"), stretch(0, "", "a"));
    assert_eq!(told("abc", false, 3, "d"), stretch(3, "", "d"));
    assert_eq!(told("abc", false, 1, "xy"), Some(Became::Before("abc".into())));
}

#[test]
fn what_it_does_not_know_it_says() {
    let (docs, text) = everybody("abc");
    let mut actors = Actors::default();
    let mut mirror = Mirror::of(&docs[0], &text, &mut actors).unwrap();
    let unknown = actors.at(99, &ActorId::from(vec![9; 16])).unwrap();
    let first = actors.at(100, &ActorId::from(vec![1; 16])).unwrap();
    let glyph = Glyph::of("x");
    for stroke in [Stroke::Delete(unknown), Stroke::Insert { id: first, after: Some(unknown), glyph }] {
        assert!(!mirror.knows(std::slice::from_ref(&stroke), first));
        assert!(mirror.perform(&[stroke], &actors).is_err());
    }
    assert_eq!(mirror.text(), "abc");
}
