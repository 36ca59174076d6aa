//! What a restoration puts back, written in the same transaction as anything that a thin command does.
//!
//! Whoever may write what was asked before; here the words that differ are changed and the rest kept.

use automerge::transaction::Transactable;
use plenary_protocol::plan::Value;
use plenary_protocol::plan::layout::{KEY_ORDER, KEY_PARENT, KEY_REMOVED};
use plenary_protocol::wire::Refusal;

use super::text::difference;
use super::{Hand, unexpected};
use crate::restore::{Step, Stood};

impl Hand<'_, '_> {
    /// Makes one thing stand as it stood.
    pub(super) fn put_back(&mut self, step: &Step) -> Result<(), Refusal> {
        let object = self.object(&step.id)?;
        match &step.stood {
            Stood::Removed(removed) => self.tx.put(&object, KEY_REMOVED, *removed).map_err(unexpected),
            Stood::Place { parent, order } => {
                for (key, value) in [(KEY_PARENT, parent), (KEY_ORDER, order)] {
                    if let Some(value) = value {
                        self.tx.put(&object, key, value.clone()).map_err(unexpected)?;
                    }
                }
                Ok(())
            }
            Stood::Field(field, Some(value)) => {
                self.tx.put(&object, field.as_str(), value.clone()).map_err(unexpected)
            }
            Stood::Field(field, None) => self.write_value(&object, field, &Value::Null),
            Stood::Set(field, members) => {
                self.set_members(&object, field, &Value::Set(members.clone()), self.state.seq)
            }
            Stood::Text { object, text, .. } => {
                let now = automerge::ReadDoc::text(self.tx, object).map_err(unexpected)?;
                for splice in difference(&now, text).into_iter().rev() {
                    let delete = splice.delete as isize;
                    self.tx.splice_text(object, splice.at, delete, &splice.insert).map_err(unexpected)?;
                }
                Ok(())
            }
        }
    }
}
