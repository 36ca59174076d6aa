//! `apply`: a file of commands becomes one entry, all or nothing.
//!
//! Names in the file may be codes; they are resolved here, against the plan as it stands, before anything
//! is sent.  What the file itself adds under an id may be named by that id.

use std::collections::HashMap;

use clap::Args;
use plenary_protocol::ids::{ElementId, Seq};
use plenary_protocol::plan::value::Reference;
use plenary_protocol::plan::{Command, Kind, LinkKind, PlanView};
use serde_json::{Map, Value as Json, json};

use super::file::read_text;
use super::link::{link_kind, some};
use crate::context::{Around, Context};
use crate::examples;
use crate::failure::Failure;
use crate::names::{self, Target};
use crate::values::{self, Lookup, Slot, from_json, link_slot, slot_of};

/// Do a file of commands, all or none
///
/// The file is a JSON list of commands, or one command a line:
///
///   {"do": "set_text", "element": "2.7", "field": "statement", "text": "…"}
///   {"do": "set_field", "element": "2.7", "field": "due_year", "value": 2027}
///   {"do": "add", "kind": "target", "id": "tgt-new", "place": {"parent": "2"}, "text": {"title": "…"}}
///   {"do": "link", "kind": "contributes_to", "from": "priority:1", "to": "2"}
///   {"do": "move", "element": "2.7", "place": {"after": "2.3"}}
///
/// and remove, restore, unlink, comment, settle, splice, carry, merge, split.  Elements may be named by code.
/// `base`, the entry at which a text or field was read, is the newest unless given; a splice, which
/// counts characters of a text, has to give it.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
#[command(after_help = examples::APPLY)]
pub struct Apply {
    /// The plan.
    plan: String,
    /// The file; `-` reads standard input.
    file: String,
    /// Check the file and print the commands with names resolved; send nothing.
    #[arg(long)]
    dry_run: bool,
    /// The entry at which texts and fields were read, for commands that do not say.
    #[arg(long, value_name = "ENTRY")]
    base: Option<u64>,
}

impl Apply {
    /// Applies the file.
    pub fn run(&self, context: &Context<'_>) -> Result<(), Failure> {
        let listed = parse_file(&read_text(&self.file)?)
            .map_err(|reason| Failure::Usage(format!("{}: {reason}", self.file)))?;
        if listed.is_empty() {
            return Err(Failure::Usage(format!("{}: there is no command in it", self.file)));
        }
        let view = context.open(&self.plan, true)?;
        let around = Around::new(context, &view);
        let resolver = Resolver::new(&view, &around, &listed, self.base.map(Seq));
        let mut commands = Vec::with_capacity(listed.len());
        for (index, command) in listed.into_iter().enumerate() {
            commands.push(resolver.command(command).map_err(|failure| at_command(index, failure))?);
            context.term.progress(&format!("checked {} commands", index + 1));
        }
        context.term.progress_done();
        if self.dry_run {
            context.term.note(&format!("{} commands can be sent; nothing was.", commands.len()));
            return context.term.json(&commands);
        }
        let count = commands.len();
        context.term.progress(&format!("sending {count} commands"));
        let done = context.edit(&view, commands);
        context.term.progress_done();
        let done = done?;
        let made = done.as_ref().map_or(0, |done| done.made.len());
        let words = match made {
            0 => format!("applied {count} commands"),
            made => format!("applied {count} commands, made {made} elements and links"),
        };
        context.report(done.as_ref(), None, None, &words)
    }
}

/// The commands of a file: a list, one object, or one a line.
fn parse_file(text: &str) -> Result<Vec<Map<String, Json>>, String> {
    let object = |json: Json, place: &str| match json {
        Json::Object(map) => Ok(map),
        _ => Err(format!("{place} is not a command, an object with \"do\"")),
    };
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.starts_with('[') {
        let list: Vec<Json> = serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))?;
        return list
            .into_iter()
            .enumerate()
            .map(|(i, json)| object(json, &format!("command {}", i + 1)))
            .collect();
    }
    // Objects one after the other, each on one line or on several.
    let mut out = Vec::new();
    for json in serde_json::Deserializer::from_str(text).into_iter::<Json>() {
        let json = json.map_err(|error| format!("not JSON, in command {}: {error}", out.len() + 1))?;
        out.push(object(json, &format!("command {}", out.len() + 1))?);
    }
    Ok(out)
}

fn at_command(index: usize, failure: Failure) -> Failure {
    let say = |text: String| format!("command {} of the list (counted from 1): {text}", index + 1);
    match failure {
        Failure::Usage(text) => Failure::Usage(say(text)),
        Failure::NotFound(text) => Failure::NotFound(say(text)),
        other => other,
    }
}

/// What an id stands for that the file itself makes.
#[derive(Clone, Copy)]
enum Made {
    Element(Kind),
    Link(LinkKind),
}

struct Resolver<'a> {
    view: &'a PlanView,
    lookup: &'a dyn Lookup,
    made: HashMap<String, Made>,
    base: Option<Seq>,
}

impl<'a> Resolver<'a> {
    fn new(
        view: &'a PlanView,
        lookup: &'a dyn Lookup,
        listed: &[Map<String, Json>],
        base: Option<Seq>,
    ) -> Resolver<'a> {
        let text =
            |map: &Map<String, Json>, key: &str| map.get(key).and_then(Json::as_str).map(str::to_owned);
        let made = listed.iter().filter_map(|map| {
            let (kind, id) = (text(map, "kind")?, text(map, "id")?);
            match map.get("do").and_then(Json::as_str)? {
                "add" => Kind::named(&kind).map(|kind| (id, Made::Element(kind))),
                "link" => LinkKind::named(&kind).map(|kind| (id, Made::Link(kind))),
                _ => None,
            }
        });
        Resolver { view, lookup, made: made.collect(), base }
    }

    /// A command with ids for names and values of the right type.
    fn command(&self, mut map: Map<String, Json>) -> Result<Command, Failure> {
        let Some(act) = map.get("do").and_then(Json::as_str).map(str::to_owned) else {
            return Err(Failure::Usage(
                "a command says with \"do\" what to do, for instance \"set_text\"".into(),
            ));
        };
        let (from_kinds, to_kinds) = self.ends(&act, &map)?;
        let named = [("element", &[][..]), ("link", &[]), ("from", from_kinds), ("to", to_kinds)];
        for (key, kinds) in named.into_iter().filter(|(key, _)| act != "split" || *key != "element") {
            self.name_at(&mut map, key, kinds)?;
        }
        if let Some(Json::Object(place)) = map.get_mut("place") {
            for key in ["parent", "after", "before"] {
                self.name_at(place, key, &[])?;
            }
        }
        self.consolidated(&act, &mut map)?;
        if let Some(former) = map.get("former") {
            let text = former.as_str().map_or_else(|| former.to_string(), str::to_owned);
            let found = values::reference(&text, self.lookup)?;
            let found = found
                .ok_or_else(|| Failure::Usage("\"former\" is PLAN/ELEMENT, or {plan, element}".into()))?;
            map.insert("former".into(), json!(found));
        }
        self.values(&act, &mut map)?;
        self.base(&act, &mut map)?;
        serde_json::from_value(Json::Object(map)).map_err(|error| Failure::Usage(format!("{act}: {error}")))
    }

    /// Names in what carry, merge and split are of, and become.
    fn consolidated(&self, act: &str, map: &mut Map<String, Json>) -> Result<(), Failure> {
        match map.get_mut("into") {
            Some(Json::Array(parts)) if act == "split" => {
                for keeps in
                    parts.iter_mut().filter_map(|part| part.get_mut("keeps")?.as_array_mut()).flatten()
                {
                    *keeps = json!(self.id(keeps, &[])?);
                }
            }
            Some(Json::Array(into)) => {
                for name in into {
                    *name = json!(self.id(name, &[])?);
                }
            }
            _ => {}
        }
        match map.get_mut("elements") {
            Some(Json::Array(elements)) if act == "merge" => {
                for name in elements {
                    *name = json!(self.reference(name)?);
                }
            }
            _ => {}
        }
        if let Some(element) = map.get_mut("element").filter(|_| act == "split") {
            *element = json!(self.reference(element)?);
        }
        Ok(())
    }

    /// An element of this plan, by its name here, or of another as PLAN/ELEMENT or {plan, element}.
    fn reference(&self, name: &Json) -> Result<Reference, Failure> {
        let text = name.as_str().map_or_else(|| name.to_string(), str::to_owned);
        match values::reference(&text, self.lookup)? {
            Some(reference) => Ok(reference),
            None => Ok(Reference { plan: self.view.id.clone(), element: self.id(name, &[])? }),
        }
    }

    fn ends(
        &self,
        act: &str,
        map: &Map<String, Json>,
    ) -> Result<(&'static [&'static str], &'static [&'static str]), Failure> {
        match map.get("kind").and_then(Json::as_str) {
            Some(kind) if act == "link" => {
                let spec = link_kind(kind)?.spec();
                Ok((some(spec.from), some(spec.to)))
            }
            Some(kind) if act == "add" => names::kind(kind).map(|_| (&[][..], &[][..])),
            _ => Ok((&[], &[])),
        }
    }

    fn name_at(&self, map: &mut Map<String, Json>, key: &str, kinds: &[&str]) -> Result<(), Failure> {
        if let Some(name) = map.get_mut(key) {
            *name = json!(self.id(name, kinds)?);
        }
        Ok(())
    }

    fn id(&self, name: &Json, kinds: &[&str]) -> Result<ElementId, Failure> {
        let Some(name) = name.as_str() else {
            return Err(Failure::Usage(format!(
                "{name} does not name an element; an id or code in quotes does"
            )));
        };
        if self.made.contains_key(name) {
            return name.parse().map_err(|error| Failure::Usage(format!("{name:?}: {error}")));
        }
        match kinds {
            [] => names::target(self.view, name).map(|target| target.id()),
            kinds => names::element_of(self.view, name, kinds).map(|element| element.id.clone()),
        }
    }

    /// Reads `value` and `fields` by the types of the kind they belong to.
    fn values(&self, act: &str, map: &mut Map<String, Json>) -> Result<(), Failure> {
        let field = map.get("field").and_then(Json::as_str).map(str::to_owned);
        let text = |map: &Map<String, Json>, key: &str| {
            map.get(key).and_then(Json::as_str).unwrap_or_default().to_owned()
        };
        match (act, field) {
            ("set_field" | "settle", Some(field)) => {
                let slot = self.slot(&text(map, "element"), &field)?;
                let given = map.get("value").cloned().unwrap_or(Json::Null);
                let value = match slot {
                    Slot::Text(_) if act == "settle" => given,
                    slot => self.value(slot, &field, &given)?,
                };
                map.insert("value".into(), value);
            }
            ("set_text" | "splice", Some(field)) => {
                if let Slot::Field(..) = self.slot(&text(map, "element"), &field)? {
                    return Err(Failure::Usage(format!("{field} is a field, not a text; use set_field")));
                }
            }
            ("add" | "link", _) => {
                let kind = text(map, "kind");
                let slot = |name: &str| match act {
                    "add" => names::kind(&kind).and_then(|kind| slot_of(kind, name)),
                    _ => link_kind(&kind).and_then(|kind| link_slot(kind, name)),
                };
                if let Some(Json::Object(texts)) = map.get("text") {
                    for name in texts.keys() {
                        if let Slot::Field(..) = slot(name)? {
                            return Err(Failure::Usage(format!(
                                "{name} is a field; it stands under \"fields\""
                            )));
                        }
                    }
                }
                if let Some(Json::Object(fields)) = map.get_mut("fields") {
                    for (name, value) in fields {
                        *value = self.value(slot(name)?, name, value)?;
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn value(&self, slot: Slot, name: &str, given: &Json) -> Result<Json, Failure> {
        match slot {
            Slot::Text(_) => Err(Failure::Usage(format!(
                "{name} is a text, not a field; use set_text, or \"text\" of add"
            ))),
            // An element that this file makes is not yet there to be looked up.
            Slot::Field(..) if given.as_str().is_some_and(|id| self.made.contains_key(id)) => {
                Ok(given.clone())
            }
            Slot::Field(name, ty) => Ok(json!(from_json(name, ty, given, self.lookup)?)),
        }
    }

    fn slot(&self, id: &str, field: &str) -> Result<Slot, Failure> {
        match self.made.get(id) {
            Some(Made::Element(kind)) => slot_of(*kind, field),
            Some(Made::Link(kind)) => link_slot(*kind, field),
            None => match names::target(self.view, id)? {
                Target::Plan => slot_of(Kind::plan(), field),
                Target::Element(element) => slot_of(element.kind, field),
                Target::Link(link) => link_slot(link.kind, field),
            },
        }
    }

    fn base(&self, act: &str, map: &mut Map<String, Json>) -> Result<(), Failure> {
        if map.contains_key("base") {
            return Ok(());
        }
        match (act, self.base) {
            ("set_text" | "set_field" | "settle" | "merge" | "split", base) => {
                map.insert("base".into(), json!(base.unwrap_or(self.view.seq)));
                Ok(())
            }
            ("splice", Some(base)) => {
                map.insert("base".into(), json!(base));
                Ok(())
            }
            ("splice", None) => Err(Failure::Usage(
                "a splice counts from a text that was read at some entry; say which with \"base\" or --base"
                    .into(),
            )),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
#[path = "apply_tests.rs"]
mod tests;
