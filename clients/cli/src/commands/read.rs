//! `get` and `at`: one element, field or plan, now or at a point of its history.

use clap::Args;
use plenary_protocol::plan::view::ConcurrentValue;
use plenary_protocol::plan::{PlanView, Value};
use serde_json::{Value as Json, json};

use crate::context::Context;
use crate::examples;
use crate::failure::Failure;
use crate::names::{self, Target};
use crate::render::element;
use crate::render::outline::{Outline, codes_now, heading, outline};
use crate::render::time::point;
use crate::values::{Slot, slot};

/// Show an element, or print one of its fields.
///
/// With FIELD the value alone is printed, a text exactly as it stands.
#[derive(Debug, Args)]
#[command(after_help = examples::GET)]
pub struct Get {
    /// The plan.
    plan: String,
    /// The element, by id, code or kind:code; a link by id; `plan` for the plan itself.
    element: String,
    /// A text or field.
    field: Option<String>,
    /// As of this entry, date, time or version:NAME; a code is resolved as of then.
    #[arg(long, value_name = "WHEN")]
    at: Option<String>,
    /// Language of the text [default: that of the plan].
    #[arg(long)]
    lang: Option<String>,
}

impl Get {
    /// Shows it.
    pub fn run(&self, context: &Context<'_>) -> Result<(), Failure> {
        let at = self.at.as_deref().map(point).transpose()?;
        match &self.field {
            None => show_element(context, &self.plan, &self.element, at.as_deref()),
            Some(field) => self.field(context, field, at.as_deref()),
        }
    }

    fn field(&self, context: &Context<'_>, field: &str, at: Option<&str>) -> Result<(), Failure> {
        let plan = context.plan(&self.plan)?;
        let view = context.view(&plan.id, at, true)?;
        let target = names::target(&view, &self.element)?;
        let slot = slot(target, field)?;
        let lang = self.lang.as_deref().unwrap_or(view.language());
        let value = current(&view, target, slot, lang);
        let among = concurrent(&view, target, &concurrent_key(slot, lang));
        if context.term.is_json() {
            let mut answer = json!({
                "plan": view.id, "element": target.id(), "field": field, "value": value, "seq": view.seq
            });
            if let Some(code) = target.code() {
                answer["code"] = json!(code);
            }
            if let Slot::Text(_) = slot {
                answer["lang"] = json!(lang);
            }
            if !among.is_empty() {
                answer["concurrent"] = json!(among);
            }
            return context.term.json(&answer);
        }
        match &value {
            Value::Null => context.term.note(&format!("{field} of {} is not given", target.words())),
            value => context.term.line(&value.to_string())?,
        }
        if !among.is_empty() {
            context.term.note(&format!(
                "several people gave {field} a value at the same time; `plenary settle {} {} {field}` lists them",
                view.id, self.element
            ));
        }
        Ok(())
    }
}

/// Show a plan or element as it stood at a point of its history.
///
/// WHEN is an entry's number, a date (the end of that day, UTC) or a time.  A code names the element that
/// had it then; where its code today is another, that one is shown too.
#[derive(Debug, Args)]
#[command(after_help = examples::AT)]
pub struct At {
    /// The plan.
    plan: String,
    /// An entry's number, a date, or a time like 2026-11-24T10:30:00Z.
    when: String,
    /// An element, as it was called then.
    element: Option<String>,
}

impl At {
    /// Shows it.
    pub fn run(&self, context: &Context<'_>) -> Result<(), Failure> {
        let at = point(&self.when)?;
        if let Some(element) = &self.element {
            return show_element(context, &self.plan, element, Some(&at));
        }
        let plan = context.plan(&self.plan)?;
        let then = context.view(&plan.id, Some(&at), false)?;
        if context.term.is_json() {
            return context.term.json(&then);
        }
        let layout = context.layout();
        let options = Outline {
            lang: then.language().to_owned(),
            width: layout.width,
            codes_now: Some(codes_now(&context.view(&plan.id, None, false)?)),
            ..Outline::default()
        };
        let body = outline(&then, &options, layout.paint);
        context.term.line(&format!("{}\n\n{body}", heading(&then, layout.paint, layout.width)))
    }
}

fn show_element(context: &Context<'_>, plan: &str, name: &str, at: Option<&str>) -> Result<(), Failure> {
    let plan = context.plan(plan)?;
    let view = context.view(&plan.id, at, true)?;
    let target = names::target(&view, name)?;
    let layout = context.layout();
    let text = match target {
        Target::Element(found) if context.term.is_json() => {
            let query: Vec<(&str, String)> = at.iter().map(|at| ("at", (*at).to_owned())).collect();
            let path = ["plans", plan.id.as_str(), "elements", found.id.as_str()];
            let answer: Json = context.http.get(&path, &query)?;
            return context.term.json(&answer);
        }
        Target::Link(link) if context.term.is_json() => return context.term.json(link),
        Target::Plan if context.term.is_json() => {
            return context
                .term
                .json(&json!({"plan": view.plan, "concurrent": view.concurrent, "seq": view.seq}));
        }
        Target::Element(found) => {
            let today = match at {
                Some(_) => today(&context.view(&plan.id, None, true)?, found.id.as_str(), target.code()),
                None => None,
            };
            element::element(&view, found, today.as_deref(), layout)
        }
        Target::Link(link) => element::link(&view, link, layout),
        Target::Plan => element::plan(&view, layout),
    };
    context.term.line(&text)
}

/// What an element of the past is called today, where that differs.
fn today(now: &PlanView, id: &str, code_then: Option<&str>) -> Option<String> {
    match now.elements.iter().find(|element| element.id.as_str() == id) {
        Some(element) if element.removed => Some("removed".into()),
        Some(element) if element.code.as_deref() == code_then => None,
        Some(element) => Some(names::element_words(element)),
        None => Some("not there".into()),
    }
}

/// The value that stands; `Null` when none is given.
pub fn current(view: &PlanView, target: Target<'_>, slot: Slot, lang: &str) -> Value {
    let text = |text: Option<&String>| {
        text.filter(|text| !text.is_empty()).cloned().map_or(Value::Null, Value::Text)
    };
    match (target, slot) {
        (Target::Link(link), Slot::Text(_)) => text(Some(&link.note)),
        (Target::Element(element), Slot::Text(name)) => {
            text(element.text.get(lang).and_then(|texts| texts.get(name)))
        }
        (Target::Element(element), Slot::Field("code", _)) => text(element.code.as_ref()),
        (Target::Element(element), Slot::Field("owner", _)) => {
            element.owner.map_or(Value::Null, |owner| Value::Text(owner.to_string()))
        }
        (Target::Element(element), Slot::Field(name, _)) => given(element.fields.get(name)),
        (Target::Link(link), Slot::Field(name, _)) => given(link.fields.get(name)),
        (Target::Plan, Slot::Field(name, _)) => given(view.plan.get(name)),
        (Target::Plan, Slot::Text(_)) => Value::Null,
    }
}

/// Under which key the values stand that people gave at the same time.
pub fn concurrent_key(slot: Slot, lang: &str) -> String {
    match slot {
        // A text is merged; but two replicas may each have made one where there was none.
        Slot::Text(name) => format!("text.{lang}.{name}"),
        Slot::Field(name, _) => name.to_owned(),
    }
}

/// The values that people gave a field at the same time.
pub fn concurrent<'a>(view: &'a PlanView, target: Target<'a>, field: &str) -> &'a [ConcurrentValue] {
    let all = match target {
        Target::Plan => &view.concurrent,
        Target::Element(element) => &element.concurrent,
        Target::Link(link) => &link.concurrent,
    };
    all.get(field).map_or(&[], Vec::as_slice)
}

fn given(value: Option<&Value>) -> Value {
    value.cloned().unwrap_or(Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::fixture;

    #[test]
    fn values_are_read_from_where_they_stand() {
        let view = fixture::plan();
        let read = |element: &str, field: &str, lang: &str| {
            let target = names::target(&view, element).unwrap();
            current(&view, target, slot(target, field).unwrap(), lang)
        };
        let text = |text: &str| Value::Text(text.into());
        assert_eq!(read("goal:1", "title", "fr"), text("Connectivité universelle"));
        assert_eq!(read("goal:1", "title", "ar"), Value::Null);
        assert_eq!(read("1.1", "due_year", "en"), Value::Int(2027));
        assert_eq!(read("1.1", "owner", "en"), text("BDT"));
        assert_eq!(read("1.1", "code", "en"), text("1.1"));
        assert_eq!(read("lnk-1", "strength", "en"), text("primary"));
        assert_eq!(read("lnk-1", "note", "en"), Value::Null);
        assert_eq!(read("plan", "language", "en"), text("en"));
    }

    #[test]
    fn todays_name_is_told_where_it_differs() {
        let view = fixture::plan();
        assert_eq!(today(&view, "tgt-a", Some("1.1")), None);
        assert_eq!(today(&view, "tgt-a", Some("2.7")).unwrap(), "target 1.1");
        assert_eq!(today(&view, "rsk-a", Some("1")).unwrap(), "removed");
        assert_eq!(today(&view, "tgt-z", Some("1")).unwrap(), "not there");
    }
}
