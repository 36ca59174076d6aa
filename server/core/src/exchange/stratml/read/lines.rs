//! The lines of `OtherInformation` in a file that we wrote, back into fields, links and small elements.

use std::collections::BTreeMap;

use plenary_limits::SCALAR_BYTES_MAX;
use plenary_protocol::ElementId;
use plenary_protocol::plan::{ElementView, FieldType, Kind, LinkKind, Value};
use serde_json::{Map, Value as Json, json};

use super::super::{IN_LINES, information, line};
use super::{Draft, LinkDraft, Reader, blank};

/// The value of the line of that name.
pub(super) fn said<'l>(lines: &[(&'l str, &'l str)], name: &str) -> Option<&'l str> {
    lines.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
}

impl Reader<'_> {
    /// Lines into what they are lines of; words that are no lines stay words.
    pub(super) fn information(&mut self, draft: &mut Draft, text: &str, language: &str) {
        let kind = draft.view.kind;
        let mut words = Vec::new();
        if !self.is_ours {
            words.push(self.clean(text));
        }
        let lines = if self.is_ours { information::parse(text) } else { Vec::new() };
        for (name, value) in lines {
            let link = LinkKind::named(name);
            let small = Kind::named(name).filter(|kind| IN_LINES.contains(&kind.name()));
            match name {
                line::KIND | line::DESCRIBED_BY | line::PART_OF | line::ID | line::ROLE => {}
                line::CATEGORY if kind.field(name).is_none() => {}
                line::OWNER => match value.parse() {
                    Ok(owner) => draft.view.owner = Some(owner),
                    Err(_) => self.remarks.add(draft.at, format!("{value:?} is no Bureau; left out")),
                },
                name if kind.text(name).is_some() => {
                    let text = information::text_of(value).unwrap_or_default();
                    self.write(draft, language, name, &text);
                }
                _ => match (kind.field(name), link, small) {
                    (Some(spec), _, _) => {
                        let mut fields = std::mem::take(&mut draft.view.fields);
                        self.field(spec.name, spec.ty, value, &mut fields, draft.at);
                        draft.view.fields = fields;
                    }
                    (None, Some(link), _) => self.link_line(link, &draft.view.id, value, draft.at),
                    (None, None, Some(small)) => {
                        self.in_line(small, Some(&draft.view.id), value, draft.at);
                    }
                    (None, None, None) if name.is_empty() => words.push(value.to_owned()),
                    (None, None, None) => words.push(format!("{name}: {value}")),
                },
            }
        }
        self.words(draft, words, language);
    }

    /// Words that have no field of their own: behind the description, or as a remark on the element.
    pub(super) fn words(&mut self, draft: &mut Draft, mut words: Vec<String>, language: &str) {
        words.retain(|word| !word.is_empty());
        if words.is_empty() {
            return;
        }
        let text = ["description", "statement"].into_iter().find(|name| draft.view.kind.text(name).is_some());
        let Some(name) = text else {
            let note = self.cut(&words.join("\n"), SCALAR_BYTES_MAX, draft.at, "what is said in words");
            draft.view.fields.insert("note".into(), Value::Text(note));
            return;
        };
        let before = draft.view.text.get(language).and_then(|texts| texts.get(name)).cloned();
        words.splice(0..0, before);
        self.write(draft, language, name, &words.join("\n"));
    }

    /// A line as a typed field.
    pub(super) fn field(
        &mut self,
        name: &str,
        ty: FieldType,
        value: &str,
        fields: &mut BTreeMap<String, Value>,
        at: usize,
    ) {
        match information::value_of(value, ty) {
            Some(value) => _ = fields.insert(name.to_owned(), value),
            None => {
                let says = format!("{name}: expected {}; the line is left out", ty.describe());
                self.remarks.add(at, says);
            }
        }
    }

    /// A line as an element without texts.
    pub(super) fn in_line(&mut self, kind: Kind, parent: Option<&ElementId>, value: &str, at: usize) {
        let Some((id, map)) = self.object(kind.spec().prefix, value, at) else { return };
        let mut view = blank(id, kind, parent.cloned());
        for (name, json) in &map {
            self.key_of(kind.name(), name, json, &mut view, at);
        }
        self.elements.push(Draft { view, at, sequence: String::new() });
    }

    fn key_of(&mut self, of: &str, name: &str, json: &Json, view: &mut ElementView, at: usize) {
        match (name, json) {
            ("owner", json) => view.owner = json.as_str().and_then(|text| text.parse().ok()),
            ("own_code", Json::String(code)) => view.own_code = Some(code.clone()),
            (name, json) => {
                let spec = view.kind.field(name);
                let value = spec.and_then(|spec| Some((spec.name, fitting(json, spec.ty)?)));
                match value {
                    Some((name, value)) => _ = view.fields.insert(name.to_owned(), value),
                    None => self.unfit(of, name, at),
                }
            }
        }
    }

    fn unfit(&mut self, of: &str, name: &str, at: usize) {
        let shown: String = name.chars().take(40).collect();
        self.remarks.add(at, format!("{shown:?} of a line for {of} is left out"));
    }

    fn link_line(&mut self, kind: LinkKind, from: &ElementId, value: &str, at: usize) {
        let Some((id, mut map)) = self.object("lnk", value, at) else { return };
        let Some(Json::String(to)) = map.remove("to") else {
            self.remarks.add(at, format!("the line {kind} does not say `to`; left out"));
            return;
        };
        let note = map.remove("note").and_then(|note| note.as_str().map(str::to_owned)).unwrap_or_default();
        let mut fields = BTreeMap::new();
        for (name, json) in &map {
            match kind.field(name).and_then(|spec| fitting(json, spec.ty)) {
                Some(value) => _ = fields.insert(name.clone(), value),
                None => self.unfit(kind.name(), name, at),
            }
        }
        self.links.push(LinkDraft { kind, id: Some(id), from: from.clone(), to, note, fields, at });
    }

    /// The object of a line without its id, and the id it says or a made one.
    fn object(&mut self, prefix: &str, value: &str, at: usize) -> Option<(ElementId, Map<String, Json>)> {
        let Ok(Json::Object(mut map)) = serde_json::from_str(value) else {
            self.remarks.add(at, format!("a line for {prefix} is not JSON; left out"));
            return None;
        };
        let said = map.remove("id").unwrap_or(json!(""));
        let said = said.as_str().unwrap_or_default();
        Some((self.id_of_line(prefix, said), map))
    }

    /// The id that a line says, or a made one where that cannot be.
    pub(super) fn id_of_line(&mut self, prefix: &str, said: &str) -> ElementId {
        let is_own = said.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('-') && rest.len() > 1);
        match said.parse::<ElementId>() {
            Ok(id) if is_own && self.used.insert(said.to_owned()) => {
                self.named.entry(said.to_owned()).or_insert_with(|| id.clone());
                id
            }
            _ => self.made_id(prefix, said),
        }
    }
}

fn fitting(json: &Json, ty: FieldType) -> Option<Value> {
    let value: Value = serde_json::from_value(json.clone()).ok()?;
    ty.check(&value).ok().filter(|value| !value.is_absent())
}
