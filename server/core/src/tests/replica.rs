//! A replica of the tests: a document of its own, an actor of its own, and what it knows of the log.

use std::collections::HashSet;

use automerge::marks::{ExpandMark, Mark};
use automerge::transaction::{CommitOptions, Transactable, Transaction};
use automerge::{
    ActorId, Automerge, Change, ChangeHash, ObjId, ObjType, PatchLog, ROOT, ReadDoc, ScalarValue,
};
use plenary_protocol::Principal;
use plenary_protocol::record::Act;

use super::world::World;
use crate::document;
use crate::gate::hangs_on;
use crate::hub::Answer;

pub struct Replica {
    pub who: Principal,
    pub doc: Automerge,
    known: HashSet<ChangeHash>,
    taken: usize,
}

impl Replica {
    /// Loads the saved document as of the last entry.
    pub fn join(world: &World, who: Principal, actor: u8) -> Replica {
        let mut doc = document::load(&world.reader.save()).unwrap();
        doc.set_actor(ActorId::from(vec![actor; 16]));
        let known = world.raw_changes().map(|(_, change)| change.hash()).collect();
        Replica { who, doc, known, taken: world.log.events.len() }
    }

    /// Makes one change.
    pub fn write<T>(&mut self, act: impl FnOnce(&mut Transaction<'_>) -> T) -> T {
        let mut tx = self.doc.transaction();
        let out = act(&mut tx);
        tx.commit();
        out
    }

    /// A change without operations.
    pub fn write_nothing(&mut self) {
        self.doc.empty_commit(CommitOptions::default());
    }

    /// Changes that the log does not have as far as this replica knows.
    pub fn waiting(&self) -> Vec<Change> {
        let mut changes = self.doc.get_changes(&[]);
        changes.retain(|change| !self.known.contains(&change.hash()));
        changes
    }

    /// Hands in everything that waits.
    pub fn send(&mut self, world: &mut World) -> Answer {
        let changes = self.waiting();
        let answer =
            world.changes(&self.who, changes.iter().map(|change| change.raw_bytes().to_vec()).collect());
        if let Answer::Done { .. } = answer {
            self.known.extend(changes.iter().map(Change::hash));
        }
        answer
    }

    /// Takes in everything that was published since.
    pub fn take(&mut self, world: &World) {
        let mut fresh = Vec::new();
        for event in &world.log.events[self.taken..] {
            if let Act::Change(act) = &event.payload.act {
                let change = Change::from_bytes(act.change.clone()).unwrap();
                self.known.insert(change.hash());
                fresh.push(change);
            }
        }
        self.taken = world.log.events.len();
        document::apply(&mut self.doc, fresh).unwrap();
    }
}

/// The object at a path from the root.
pub fn object(doc: &impl ReadDoc, path: &[&str]) -> ObjId {
    path.iter().fold(ROOT, |at, key| doc.get(&at, *key).unwrap().expect(key).1)
}

pub fn element_object(doc: &impl ReadDoc, element: &str) -> ObjId {
    object(doc, &[if element.starts_with("lnk") { "links" } else { "elements" }, element])
}

pub fn text_object(doc: &impl ReadDoc, element: &str, field: &str) -> ObjId {
    object(doc, &["elements", element, "text", "en", field])
}

pub fn put(tx: &mut Transaction<'_>, element: &str, field: &str, value: impl Into<ScalarValue>) {
    let object = element_object(tx, element);
    tx.put(&object, field, value).unwrap();
}

pub fn write_text(
    tx: &mut Transaction<'_>,
    element: &str,
    field: &str,
    at: usize,
    delete: usize,
    insert: &str,
) {
    let object = text_object(tx, element, field);
    tx.splice_text(&object, at, delete as isize, insert).unwrap();
}

/// A mark, and an edit at the heads before it whose words hang on it all the same, as the library has it.
pub fn mark_and_what_hangs_on_it(doc: &mut Automerge) -> [Vec<u8>; 2] {
    let (then, actor) = (doc.get_heads(), doc.get_actor().clone());
    let text = text_object(doc, "tgt-1", "statement");
    let mut tx = doc.transaction();
    tx.mark(&text, Mark::new("bold".into(), true, 0, 2), ExpandMark::None).unwrap();
    tx.commit();
    let mark = doc.get_last_local_change().unwrap();
    let marks = mark.start_op().get()..mark.start_op().get() + mark.len() as u64;
    for at in 1..4 {
        let mut copy = doc.fork().with_actor(ActorId::from([0x77; 16]));
        let mut tx = copy.transaction_at(PatchLog::inactive(), &then).unwrap();
        write_text(&mut tx, "tgt-1", "statement", at, 0, "then ");
        tx.commit();
        let made = copy.get_last_local_change().unwrap();
        let expanded = made.decode();
        let hangs = hangs_on(&expanded).any(|id| *id.actor() == actor && marks.contains(&id.counter()));
        if hangs && made.deps() == then {
            return [mark.raw_bytes().to_vec(), made.raw_bytes().to_vec()];
        }
    }
    panic!("no edit at earlier heads hangs on the mark");
}

/// A text in a language, made where there is none.
pub fn word(tx: &mut Transaction<'_>, element: &str, lang: &str, field: &str, words: &str) {
    let mut at = object(tx, &["elements", element, "text"]);
    for (key, ty) in [(lang, ObjType::Map), (field, ObjType::Text)] {
        at = match tx.get(&at, key).unwrap() {
            Some((_, found)) => found,
            None => tx.put_object(&at, key, ty).unwrap(),
        };
    }
    tx.update_text(&at, words).unwrap();
}

/// A new element as the layout demands it.
pub fn make_element(tx: &mut Transaction<'_>, id: &str, kind: &str, parent: &str, texts: &[(&str, &str)]) {
    let elements = object(tx, &["elements"]);
    let element = tx.put_object(&elements, id, ObjType::Map).unwrap();
    for (key, value) in [("kind", kind), ("parent", parent), ("order", "zV")] {
        tx.put(&element, key, value).unwrap();
    }
    let all = tx.put_object(&element, "text", ObjType::Map).unwrap();
    let lang = tx.put_object(&all, "en", ObjType::Map).unwrap();
    for (name, words) in texts {
        let text = tx.put_object(&lang, *name, ObjType::Text).unwrap();
        tx.splice_text(&text, 0, 0, words).unwrap();
    }
}

pub fn make_link(tx: &mut Transaction<'_>, id: &str, kind: &str, from: &str, to: &str) {
    let links = object(tx, &["links"]);
    let link = tx.put_object(&links, id, ObjType::Map).unwrap();
    for (key, value) in [("kind", kind), ("from", from), ("to", to)] {
        tx.put(&link, key, value).unwrap();
    }
}
