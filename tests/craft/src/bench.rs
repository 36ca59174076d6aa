//! What somebody who crafts changes works with: a replica and honest changes of it.

use automerge::legacy::{ObjectId, Op, OpId, OpType};
use automerge::transaction::{Transactable, Transaction};
use automerge::{Automerge, Change, ChangeHash, ObjId, ObjType, ROOT, ReadDoc};

use crate::parts::{altered, key, named, operation, word};

/// What somebody who crafts changes has at hand: a replica that has sent one honest change, and a
/// next honest change to a field and one to a text, made but not sent.
pub struct Bench {
    /// The replica's document.
    pub doc: Automerge,
    /// A change to a field.
    pub field: Change,
    /// A change to a text.
    pub words: Change,
    /// Heads before the honest change that was sent.
    pub early: Vec<ChangeHash>,
}

impl Bench {
    /// What is at hand in a replica whose last change, made after `early`, was sent.
    ///
    /// # Panics
    /// When it is no replica of the small plan.
    pub fn of(doc: Automerge, early: Vec<ChangeHash>) -> Bench {
        let change = |act: &dyn Fn(&mut Transaction<'_>)| {
            let mut doc = doc.clone();
            let before = doc.get_heads();
            let mut tx = doc.transaction();
            act(&mut tx);
            tx.commit();
            doc.get_changes(&before).remove(0)
        };
        let field = change(&|tx| {
            let target = object(tx, &["elements", "tgt-1"]);
            tx.put(&target, "note", "crafted").expect("a map takes a value");
        });
        let words = change(&|tx| {
            let text = object(tx, &["elements", "tgt-1", "text", "en", "statement"]);
            tx.splice_text(&text, 2, 1, "x").expect("a text takes words");
        });
        Bench { doc, field, words, early }
    }

    /// The change with these operations instead of its own.
    pub fn with(&self, operations: Vec<Op>) -> Vec<u8> {
        altered(&self.field, |change| change.operations = operations)
    }

    /// An operation id of the change being crafted.
    pub fn own(&self, index: u64) -> OpId {
        OpId::new(self.field.start_op().get() + index, self.field.actor_id())
    }

    /// An element as operations name it.
    pub fn element(&self, id: &str) -> ObjectId {
        self.at(&["elements", id])
    }

    /// The statement of a target as operations name it.
    pub fn text(&self) -> ObjectId {
        self.at(&["elements", "tgt-1", "text", "en", "statement"])
    }

    /// The operation that inserted a character of that statement.
    ///
    /// # Panics
    /// When there are fewer.
    pub fn character(&self, index: usize) -> OpId {
        let text = object(&self.doc, &["elements", "tgt-1", "text", "en", "statement"]);
        match named(&self.doc.get(&text, index).expect("a text").expect("a character").1) {
            ObjectId::Id(id) => id,
            ObjectId::Root => unreachable!("a character is no root"),
        }
    }

    /// The object at a path from the root as operations name it.
    pub fn at(&self, path: &[&str]) -> ObjectId {
        named(&object(&self.doc, path))
    }

    /// Operations that make an element, without those for which `keep` says no.
    pub fn new_element(&self, id: &str, kind: &str, keep: impl Fn(&str) -> bool) -> Vec<Op> {
        let own = ObjectId::Id(self.own(0));
        let mut operations = vec![operation(self.at(&["elements"]), key(id), OpType::Make(ObjType::Map))];
        for (name, value) in [("kind", kind), ("order", "V"), ("parent", "gol-1")] {
            if keep(name) {
                operations.push(operation(own.clone(), key(name), word(value)));
            }
        }
        if keep("text") {
            operations.push(operation(own, key("text"), OpType::Make(ObjType::Map)));
        }
        operations
    }
}

/// The object at a path from the root.
fn object(doc: &impl ReadDoc, path: &[&str]) -> ObjId {
    let step = |at: ObjId, key: &&str| doc.get(&at, *key).expect("a map").expect("the layout").1;
    path.iter().fold(ROOT, step)
}
