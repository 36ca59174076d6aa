//! `settle`: of values that people gave a field at the same time, one comes to stand.

use clap::Args;
use plenary_protocol::ids::Seq;
use plenary_protocol::plan::view::ConcurrentValue;
use plenary_protocol::plan::{Command, Value};
use serde_json::json;

use super::read::{concurrent, concurrent_key};
use crate::context::{Around, Context};
use crate::examples;
use crate::failure::Failure;
use crate::names::{self, Names};
use crate::render::element::values as values_text;
use crate::values::{Slot, parse, slot};

/// Choose among values that people gave a field at the same time.
///
/// Without VALUE and --pick the values are listed, with who gave each and when.
#[derive(Debug, Args)]
#[command(after_help = examples::SETTLE)]
pub struct Settle {
    /// The plan.
    plan: String,
    /// The element, link, or `plan`.
    element: String,
    /// The field.
    field: String,
    /// The value that stands from now on, one of those or another.
    #[arg(allow_hyphen_values = true)]
    value: Option<String>,
    /// The value with this number in the list.
    #[arg(long, value_name = "NUMBER", conflicts_with = "value")]
    pick: Option<usize>,
    /// The entry at which you read the values [default: read just before].
    #[arg(long, value_name = "ENTRY")]
    base: Option<u64>,
}

impl Settle {
    /// Lists the values, or settles.
    pub fn run(&self, context: &Context<'_>) -> Result<(), Failure> {
        let view = context.open(&self.plan, true)?;
        let target = names::target(&view, &self.element)?;
        let slot = slot(target, &self.field)?;
        let (field, ty) = match slot {
            Slot::Field(field, ty) => (field, Some(ty)),
            Slot::Text(field) => (field, None),
        };
        let among = concurrent(&view, target, &concurrent_key(slot, view.language()));
        let value = match (&self.value, self.pick) {
            (Some(typed), _) => match ty {
                Some(ty) => parse(field, ty, typed, &Around::new(context, &view))?,
                None => Value::Text(typed.clone()),
            },
            (None, Some(number)) => picked(among, number)?,
            (None, None) if context.term.is_json() => {
                return context.term.json(&json!({
                    "plan": view.id, "element": target.id(), "field": field, "values": among, "seq": view.seq
                }));
            }
            (None, None) if among.is_empty() => {
                context.term.note(&format!(
                    "{field} of {} has one value; there is nothing to settle",
                    target.words()
                ));
                return Ok(());
            }
            (None, None) => {
                let list = values_text(among, &Names::of(&view), context.layout());
                context.term.line(&format!("{field} of {} has several values:\n{list}", target.words()))?;
                context.term.note(&format!(
                    "The first is in force. Choose with: plenary settle {} {} {field} --pick NUMBER",
                    view.id, self.element
                ));
                return Ok(());
            }
        };
        let words = format!("settled {field} of {}: {}", target.words(), Names::of(&view).value(&value));
        let base = self.base.map_or(view.seq, Seq);
        let element = target.id();
        let command = Command::Settle { element: element.clone(), field: field.to_owned(), value, base };
        let done = context.edit(&view, vec![command])?;
        context.report(done.as_ref(), Some(&element), target.code(), &words)
    }
}

fn picked(among: &[ConcurrentValue], number: usize) -> Result<Value, Failure> {
    let found = number.checked_sub(1).and_then(|index| among.get(index));
    found.map(|value| value.value.clone()).ok_or_else(|| match among.len() {
        0 => Failure::NotFound("the field has one value; there is nothing to pick from".into()),
        count => Failure::Usage(format!("there is no value {number}; there are 1 to {count}")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::fixture;

    #[test]
    fn values_are_picked_by_their_number() {
        let view = fixture::plan();
        let among = &view.elements[1].concurrent["due_year"];
        assert_eq!(picked(among, 2).unwrap(), Value::Int(2026));
        assert_eq!(picked(among, 0).unwrap_err().exit_code(), 2);
        assert_eq!(picked(among, 3).unwrap_err().exit_code(), 2);
        assert_eq!(picked(&[], 1).unwrap_err().exit_code(), 3);
    }
}
