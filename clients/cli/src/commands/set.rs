//! `set`: a text or field gets a value.

use std::io::Read;

use clap::Args;
use plenary_protocol::ids::Seq;
use plenary_protocol::plan::{Command, Value};

use super::read::current;
use crate::context::{Around, Context};
use crate::examples;
use crate::failure::Failure;
use crate::names::{self, Names};
use crate::render::phrase::Deed;
use crate::values::{Slot, parse, slot};

/// Give a text or field a value.
///
/// `plenary kinds KIND` lists the texts and fields of a kind, and what each takes: a list is comma
/// separated or JSON; an element is an id or code; a reference is PLAN/ELEMENT; a quotation is
/// PLAN/ELEMENT/FIELD, with @ENTRY where it is not the newest.  Of a text only the words that differ from
/// what stood at the base are changed: words that others added meanwhile stay.
#[derive(Debug, Args)]
#[command(after_help = examples::SET)]
pub struct Set {
    /// The plan.
    plan: String,
    /// The element, link, or `plan`.
    element: String,
    /// The text or field.
    field: String,
    /// The value; `-` reads it from standard input.
    #[arg(allow_hyphen_values = true, required_unless_present = "unset")]
    pub value: Option<String>,
    /// Take the value away.
    #[arg(long, conflicts_with = "value")]
    unset: bool,
    /// Language of the text [default: that of the plan].
    #[arg(long)]
    lang: Option<String>,
    /// The entry at which you read the value [default: read just before].
    #[arg(long, value_name = "ENTRY")]
    pub base: Option<u64>,
}

impl Set {
    /// Sets it.
    pub fn run(&self, context: &Context<'_>) -> Result<(), Failure> {
        let typed = match self.value.as_deref() {
            Some("-") => from_stdin()?,
            Some(value) => value.to_owned(),
            None => String::new(),
        };
        let view = context.open(&self.plan, true)?;
        let target = names::target(&view, &self.element)?;
        let slot = slot(target, &self.field)?;
        let base = self.base.map_or(view.seq, Seq);
        let element = target.id();
        let (command, value) = match slot {
            Slot::Text(field) => {
                let command = Command::SetText {
                    element: element.clone(),
                    field: field.to_owned(),
                    lang: self.lang.clone(),
                    text: typed.clone(),
                    base,
                };
                (command, Value::Text(typed))
            }
            Slot::Field(..) if self.lang.is_some() => {
                return Err(Failure::Usage(format!(
                    "{} is a field, the same in every language; --lang is for texts",
                    self.field
                )));
            }
            Slot::Field(field, ty) => {
                let value = match self.unset {
                    true => Value::Null,
                    false => parse(field, ty, &typed, &Around::new(context, &view))?,
                };
                let command = Command::SetField {
                    element: element.clone(),
                    field: field.to_owned(),
                    value: value.clone(),
                    base,
                };
                (command, value)
            }
        };
        let lang = self.lang.as_deref().unwrap_or(view.language());
        let before = current(&view, target, slot, lang);
        let done = context.edit(&view, vec![command])?;
        let words = match self.base {
            // What stood at that entry is not at hand.
            Some(_) => format!("set {} of {}", self.field, target.words()),
            None => {
                let deed = Deed {
                    op: if matches!(slot, Slot::Text(_)) { "text" } else { "set" },
                    to_what: target.words(),
                    field: &self.field,
                    lang: self.lang.as_deref(),
                    from: Some(&before),
                    to: Some(&value),
                    spliced: None,
                    concurrent: false,
                };
                deed.line(&Names::of(&view), context.term.paint())
            }
        };
        context.report(done.as_ref(), Some(&element), target.code(), &words)?;
        match (&value, &done) {
            (Value::Text(typed), Some(done)) if matches!(slot, Slot::Text(_)) && !context.term.is_json() => {
                let merged = context.merged_text(&view, (&element, slot, lang), base, done);
                context.tell_merge(typed, merged.as_deref())
            }
            _ => Ok(()),
        }
    }
}

/// What stands on standard input, without the line end that editors and `echo` add.
pub fn from_stdin() -> Result<String, Failure> {
    let mut text = String::new();
    std::io::stdin()
        .lock()
        .read_to_string(&mut text)
        .map_err(|error| Failure::Local(format!("cannot read standard input: {error}")))?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(text)
}
