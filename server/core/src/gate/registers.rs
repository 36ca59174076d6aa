//! The values that stand under the keys of maps while a change is read, operation by operation.
//!
//! A deletion takes away only what it names: to write one of several concurrent values again, the
//! library deletes the others.  So what an operation lets stand is not what it says alone.

use std::collections::{BTreeMap, HashMap};

use automerge::legacy::{ObjectId, Op, OpType};
use automerge::{ActorId, Automerge, ObjId, ROOT, ReadDoc, ScalarValue, Value};
use plenary_protocol::wire::{Refusal, RefusalCode};

use crate::places::address;

/// An operation's counter and actor, in the order in which the library prefers values.
pub(super) type Stamp = (u64, ActorId);

/// What stands under each key that a change has touched so far.
pub(super) struct Registers {
    /// The change's first operation.
    first: Stamp,
    values: HashMap<(ObjectId, String), BTreeMap<Stamp, ScalarValue>>,
}

impl Registers {
    /// Before the first operation of a change.
    pub(super) fn before(first: Stamp) -> Registers {
        Registers { first, values: HashMap::new() }
    }

    /// The scalar that stands under a key after an operation on it; `at` is the operation's own id.
    ///
    /// # Errors
    /// A refusal with code `bad_meaning` when an actor writes a value beside another of its own: it
    /// saw that one, so it must name it.  Otherwise one small change piles up thousands of values.
    pub(super) fn after(
        &mut self,
        op: &Op,
        key: &str,
        at: &Stamp,
        doc: &Automerge,
    ) -> Result<Option<ScalarValue>, Refusal> {
        let Registers { first, values } = self;
        let register = values
            .entry((op.obj.clone(), key.to_owned()))
            .or_insert_with(|| values_before(first, doc, &op.obj, key));
        for gone in op.pred.iter() {
            register.remove(&(gone.counter(), gone.actor().clone()));
        }
        if let OpType::Put(scalar) = &op.action {
            if register.keys().any(|stamp| stamp.1 == at.1 && stamp != at) {
                let reason = format!("it writes {key:?} beside an earlier value of its own actor");
                return Err(Refusal::new(RefusalCode::BadMeaning, reason));
            }
            register.insert(at.clone(), scalar.clone());
            return Ok(Some(scalar.clone()));
        }
        Ok(register.last_key_value().map(|(_, value)| value.clone()))
    }
}

/// What stood under a key; a change of the server is in the document already, its own values do not count.
fn values_before(
    first: &Stamp,
    doc: &Automerge,
    object: &ObjectId,
    key: &str,
) -> BTreeMap<Stamp, ScalarValue> {
    let is_own = |counter: u64, actor: &ActorId| *actor == first.1 && counter >= first.0;
    let object = match object {
        ObjectId::Root => ROOT,
        ObjectId::Id(id) => address(id),
    };
    let stamped = |(value, id)| match (value, id) {
        (Value::Scalar(scalar), ObjId::Id(counter, actor, _)) if !is_own(counter, &actor) => {
            Some(((counter, actor), scalar.into_owned()))
        }
        _ => None,
    };
    doc.get_all(&object, key).unwrap_or_default().into_iter().filter_map(stamped).collect()
}
