//! What people call plans and elements, and what they mean by it.

use std::collections::HashMap;

use plenary_protocol::ids::{ElementId, PlanId};
use plenary_protocol::plan::codes::{self, CodeError};
use plenary_protocol::plan::{ElementView, Kind, LinkView, PlanView, Value};
use plenary_protocol::wire::api::PlanSummary;

use crate::failure::Failure;

/// What an edit or a question is about.
#[derive(Debug, Clone, Copy)]
pub enum Target<'a> {
    /// The plan itself.
    Plan,
    /// An element.
    Element(&'a ElementView),
    /// A link.
    Link(&'a LinkView),
}

impl Target<'_> {
    /// Its id.
    pub fn id(&self) -> ElementId {
        match self {
            Target::Plan => ElementId::plan(),
            Target::Element(element) => element.id.clone(),
            Target::Link(link) => link.id.clone(),
        }
    }

    /// Its display code.
    pub fn code(&self) -> Option<&str> {
        match self {
            Target::Element(element) => element.code.as_deref(),
            _ => None,
        }
    }

    /// What it is called in a sentence.
    pub fn words(&self) -> String {
        match self {
            Target::Plan => "the plan".into(),
            Target::Element(element) => element_words(element),
            Target::Link(link) => format!("link {}", link.id),
        }
    }
}

/// What an element is called in a sentence: `target 2.7`, or its id where it has no code.
pub fn element_words(element: &ElementView) -> String {
    match &element.code {
        Some(code) => format!("{} {code}", element.kind),
        None => format!("{} {}", element.kind, element.id),
    }
}

/// The plan that is meant: its id, or a beginning that no other plan has.
pub fn plan<'a>(plans: &'a [PlanSummary], name: &str) -> Result<&'a PlanSummary, Failure> {
    if let Some(exact) = plans.iter().find(|plan| plan.id.as_str() == name) {
        return Ok(exact);
    }
    let found: Vec<&PlanSummary> = plans.iter().filter(|plan| plan.id.as_str().starts_with(name)).collect();
    let list =
        |plans: &[&PlanSummary]| plans.iter().map(|plan| format!("\n  {}", plan.id)).collect::<String>();
    match found.as_slice() {
        [one] => Ok(one),
        [] if plans.is_empty() => {
            Err(Failure::NotFound(format!("no plan {name:?}: there is no plan that you may read")))
        }
        [] => {
            let all: Vec<&PlanSummary> = plans.iter().collect();
            Err(Failure::NotFound(format!("no plan {name:?} that you may read; there are:{}", list(&all))))
        }
        several => {
            Err(Failure::Usage(format!("{name:?} could be one of these plans; say which:{}", list(several))))
        }
    }
}

/// The element, link or plan that is meant.
pub fn target<'a>(view: &'a PlanView, name: &str) -> Result<Target<'a>, Failure> {
    if name == ElementId::plan().as_str() {
        return Ok(Target::Plan);
    }
    match codes::resolve(&view.elements, name) {
        Ok(element) => Ok(Target::Element(element)),
        Err(error) => match view.links.iter().find(|link| link.id.as_str() == name) {
            Some(link) => Ok(Target::Link(link)),
            None => Err(code_failure(&error, view.id.as_str())),
        },
    }
}

/// The element that is meant.
pub fn element<'a>(view: &'a PlanView, name: &str) -> Result<&'a ElementView, Failure> {
    match target(view, name)? {
        Target::Element(element) => Ok(element),
        Target::Link(link) => {
            Err(Failure::Usage(format!("{} is a link; an element is needed here", link.id)))
        }
        Target::Plan => {
            Err(Failure::Usage("`plan` is the plan itself; an element of it is needed here".into()))
        }
    }
}

/// The element that is meant where only some kinds fit (none named: any): those kinds first.
pub fn element_of<'a>(view: &'a PlanView, name: &str, kinds: &[&str]) -> Result<&'a ElementView, Failure> {
    let of_kind = |kind: &&str| codes::resolve(&view.elements, &format!("{kind}:{name}")).ok();
    match kinds.iter().find_map(of_kind) {
        Some(element) => Ok(element),
        None => element(view, name),
    }
}

fn code_failure(error: &CodeError, plan: &str) -> Failure {
    match error {
        CodeError::Unknown { name } => Failure::NotFound(format!(
            "no element of {plan} has the id or code {name:?}; `plenary show {plan}` lists them"
        )),
        CodeError::Ambiguous { .. } => Failure::Usage(error.to_string()),
    }
}

/// What people call an element where it has a title or text; otherwise what its fields say.
pub fn label(element: &ElementView, lang: &str) -> String {
    let label = element.label(lang);
    if !label.is_empty() {
        return label;
    }
    let about_itself = ["source", "provenance", "inferred", "note"];
    let told = element.fields.iter().filter(|(name, _)| !about_itself.contains(&name.as_str()));
    told.map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(", ")
}

/// The kind of that name.
pub fn kind(name: &str) -> Result<Kind, Failure> {
    Kind::named(name).ok_or_else(|| {
        let names: Vec<&str> = Kind::all().map(Kind::name).filter(|name| *name != "plan").collect();
        Failure::Usage(format!("{name:?} is not a kind of element; they are:\n{}", wrapped_list(&names)))
    })
}

/// Names as a list of lines of moderate length.
pub fn wrapped_list(names: &[&str]) -> String {
    let mut lines = vec![String::from(" ")];
    for name in names {
        if lines.last().is_some_and(|line| line.len() + name.len() > 90) {
            lines.push(String::from(" "));
        }
        if let Some(line) = lines.last_mut() {
            line.push(' ');
            line.push_str(name);
        }
    }
    lines.join("\n")
}

/// What the ids in entries are called now.
#[derive(Debug, Default)]
pub struct Names {
    known: HashMap<ElementId, String>,
    plan: Option<PlanId>,
}

impl Names {
    /// The names of a plan's elements and links.
    pub fn of(view: &PlanView) -> Names {
        let elements = view.elements.iter().map(|element| (element.id.clone(), element_words(element)));
        let mut names = Names { known: elements.collect(), plan: Some(view.id.clone()) };
        for link in &view.links {
            let words =
                format!("{} {} {}", names.words(&link.from, ""), link.kind, names.words(&link.to, ""));
            names.known.insert(link.id.clone(), words);
        }
        names
    }

    /// What an id is called in a sentence; an unknown one by its kind.
    pub fn words(&self, id: &ElementId, kind: &str) -> String {
        if id.is_plan() {
            return "the plan".into();
        }
        match self.known.get(id) {
            Some(words) => words.clone(),
            None if kind.is_empty() => id.to_string(),
            None => format!("{kind} {id}"),
        }
    }

    /// Whether the id is known.
    pub fn knows(&self, id: &ElementId) -> bool {
        id.is_plan() || self.known.contains_key(id)
    }

    /// What the element of that id is called, if the text is an id of this plan.
    pub fn named(&self, text: &str) -> Option<&str> {
        let id: ElementId = text.parse().ok()?;
        self.known.get(&id).map(String::as_str)
    }

    /// A value in words: an id of this plan by its name.
    pub fn value(&self, value: &Value) -> String {
        match value {
            Value::Text(text) => match self.named(text) {
                Some(words) => words.to_owned(),
                None => text.clone(),
            },
            Value::Reference(to) if self.plan.as_ref() == Some(&to.plan) => self.words(&to.element, ""),
            value => value.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::fixture;

    fn summary(id: &str) -> PlanSummary {
        serde_json::from_value(serde_json::json!({
            "id": id, "title": "T", "stage": "adopted", "seq": 1, "document": "automerge:x", "changed_at": ""
        }))
        .unwrap()
    }

    #[test]
    fn a_plan_is_named_by_id_or_by_a_beginning_of_its_own() {
        let plans = [summary("itu-2020"), summary("itu-2020-annex"), summary("wmo")];
        assert_eq!(plan(&plans, "w").unwrap().id.as_str(), "wmo");
        assert_eq!(plan(&plans, "itu-2020").unwrap().id.as_str(), "itu-2020");
        assert_eq!(plan(&plans, "itu").unwrap_err().exit_code(), 2);
        assert_eq!(plan(&plans, "2020").unwrap_err().exit_code(), 3);
        assert_eq!(plan(&[], "x").unwrap_err().exit_code(), 3);
    }

    #[test]
    fn elements_links_and_the_plan_are_found() {
        let view = fixture::plan();
        assert!(matches!(target(&view, "plan"), Ok(Target::Plan)));
        assert!(matches!(target(&view, "lnk-1"), Ok(Target::Link(_))));
        assert_eq!(element(&view, "1.1").unwrap().id.as_str(), "tgt-a");
        assert_eq!(element(&view, "target:1.1").unwrap().id.as_str(), "tgt-a");
        assert_eq!(element(&view, "9.9").unwrap_err().exit_code(), 3);
        assert_eq!(element_of(&view, "1", &["priority"]).unwrap().id.as_str(), "pri-a");
        assert_eq!(element_of(&view, "1", &[]).unwrap().id.as_str(), "gol-a");
    }

    #[test]
    fn ids_in_entries_get_their_names() {
        let names = Names::of(&fixture::plan());
        let id = |text: &str| text.parse::<ElementId>().unwrap();
        assert_eq!(names.words(&id("tgt-a"), "target"), "target 1.1");
        assert_eq!(names.words(&id("lnk-1"), ""), "priority 1 contributes_to goal 1");
        assert_eq!(names.words(&id("tgt-z"), "target"), "target tgt-z");
        assert_eq!(names.value(&Value::Text("gol-a".into())), "goal 1");
    }
}
