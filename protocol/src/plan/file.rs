//! The plan file: the plan JSON as imports, exports and the example plans carry it.
//!
//! The reader walks the JSON itself, so that every problem is named with its place, all of them at
//! once, and a file with one problem gives nothing.  What a merge can break (a link to a removed
//! element, two codes alike) is no problem of a file; the coherence rules find it.
//! `protocol/PLAN-JSON.md` describes the format.

mod element;
mod json;
mod relations;

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use self::element::{Element, Link};
use super::codes;
use super::kinds::Kind;
use super::layout::is_language;
use super::order::spread;
use super::value::Value;
use super::view::{ConcurrentValue, ElementView, LinkView, PLAN_SCHEMA, PlanView, Stage};
use crate::ids::{ElementId, PlanId, Seq};
use plenary_limits::{ELEMENTS_MAX, PROBLEMS_MAX, SCALAR_BYTES_MAX};

pub use json::{parse, under};

/// A problem of a plan file, with its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Where: an RFC 6901 JSON pointer; empty for the file as a whole.
    pub pointer: String,
    /// What is wrong and the way out.
    pub says: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() { "the file" } else { &self.pointer };
        write!(f, "{place}: {}", self.says)
    }
}

/// Reads a plan file into the plan it holds, in reading order and with its display codes.
///
/// `at`, `document` and `concurrent` are accepted and left out, `seq` becomes 0: they tell of the
/// log a plan was exported from, not of the plan.
///
/// # Errors
/// Every problem of the file with its place, at most [`PROBLEMS_MAX`] and one that counts the rest.
pub fn read(bytes: &[u8]) -> Result<PlanView, Vec<Problem>> {
    let (root, mut problems) = json::tree(bytes)?;
    let Some(root) = json::object(&root, "", &mut problems) else { return Err(problems.into_list()) };
    let plan = read_plan(root, &mut problems);
    if problems.list.is_empty() { plan.ok_or_else(Vec::new) } else { Err(problems.into_list()) }
}

/// Writes a plan as its file: indented JSON in a stable order of keys, with a trailing newline.
///
/// # Panics
/// Never for a plan that exists: all its keys are texts.
pub fn write(view: &PlanView) -> String {
    let file = PlanFile {
        schema: &view.schema,
        id: &view.id,
        title: &view.title,
        stage: view.stage,
        seq: view.seq,
        at: &view.at,
        document: &view.document,
        plan: &view.plan,
        concurrent: &view.concurrent,
        elements: &view.elements,
        links: &view.links,
    };
    let mut text = serde_json::to_string_pretty(&file).expect("keys of a plan are texts");
    text.push('\n');
    text
}

/// The keys of the file in their order; what tells of no log is left out.
#[derive(Serialize)]
struct PlanFile<'a> {
    schema: &'a str,
    id: &'a PlanId,
    title: &'a str,
    stage: Stage,
    seq: Seq,
    #[serde(skip_serializing_if = "str::is_empty")]
    at: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    document: &'a str,
    plan: &'a BTreeMap<String, Value>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    concurrent: &'a BTreeMap<String, Vec<ConcurrentValue>>,
    elements: &'a [ElementView],
    links: &'a [LinkView],
}

/// The way out of a language tag that is none.
const TAG_EXAMPLE: &str = "write it like \"en\" or \"zh-Hans\"";

/// Keys at the top of the file.
const TOP_KEYS: [&str; 11] =
    ["schema", "id", "title", "stage", "seq", "at", "document", "plan", "concurrent", "elements", "links"];

/// Problems as they are found.
#[derive(Default)]
struct Problems {
    list: Vec<Problem>,
    beyond: usize,
    /// Whether ids, kinds, parents or order keys are among them: then the display codes that could
    /// be computed would be noise.
    structural: bool,
}

impl Problems {
    fn add(&mut self, pointer: impl Into<String>, says: impl Into<String>) {
        if self.list.len() < PROBLEMS_MAX {
            self.list.push(Problem { pointer: pointer.into(), says: says.into() });
        } else {
            self.beyond += 1;
        }
    }

    fn add_structural(&mut self, pointer: impl Into<String>, says: impl Into<String>) {
        self.structural = true;
        self.add(pointer, says);
    }

    fn into_list(mut self) -> Vec<Problem> {
        if self.beyond > 0 {
            let says = format!("and {} more problems; mend these and read it again", self.beyond);
            self.list.push(Problem { pointer: String::new(), says });
        }
        self.list
    }
}

fn read_plan(root: &Map<String, Json>, problems: &mut Problems) -> Option<PlanView> {
    for key in root.keys().filter(|key| !TOP_KEYS.contains(&key.as_str())) {
        problems.add(under("", key), format!("is no key of a plan file; it has: {}", TOP_KEYS.join(", ")));
    }
    match json::required_text(root, "", "schema", problems) {
        Some(PLAN_SCHEMA) | None => {}
        Some(other) => problems.add("/schema", format!("is {other:?}; this server reads {PLAN_SCHEMA:?}")),
    }
    let id = json::required_id::<PlanId>(root, "", "id", problems);
    let title = json::required_text(root, "", "title", problems).unwrap_or_default();
    if title.len() > SCALAR_BYTES_MAX {
        let says = format!("{} bytes are more than the {SCALAR_BYTES_MAX} that fit here", title.len());
        problems.add("/title", says);
    }
    let stage = json::required_text(root, "", "stage", problems).and_then(|name| {
        name.parse::<Stage>().map_err(|unknown| problems.add("/stage", unknown.to_string())).ok()
    });
    let plan = plan_fields(root, title, problems);
    let elements = json::required_list(root, "elements", problems);
    let links = json::required_list(root, "links", problems);
    if elements.len() + links.len() > ELEMENTS_MAX {
        let count = elements.len() + links.len();
        let says = format!("{count} elements and links are more than the {ELEMENTS_MAX} that fit a plan");
        problems.add("/elements", says);
        return None;
    }
    let elements: Vec<Element> =
        elements.iter().enumerate().map(|(index, json)| element::element(json, index, problems)).collect();
    let links: Vec<Link> =
        links.iter().enumerate().map(|(index, json)| element::link(json, index, problems)).collect();
    relations::check(&elements, &links, problems);
    if problems.structural {
        return None;
    }
    let elements = arranged(elements, problems);
    let mut links: Vec<LinkView> = links.into_iter().filter_map(Link::into_view).collect();
    links.sort_by(|a, b| a.id.cmp(&b.id));
    Some(PlanView {
        schema: PLAN_SCHEMA.to_owned(),
        id: id?,
        title: title.to_owned(),
        stage: stage?,
        seq: Seq::ZERO,
        at: String::new(),
        document: String::new(),
        plan,
        concurrent: BTreeMap::new(),
        elements,
        links,
    })
}

fn plan_fields(root: &Map<String, Json>, title: &str, problems: &mut Problems) -> BTreeMap<String, Value> {
    const PLACE: &str = "/plan";
    let Some(json) = root.get("plan") else {
        problems.add(PLACE, "is missing; it holds the plan's own fields");
        return BTreeMap::new();
    };
    let Some(map) = json::object(json, PLACE, problems) else { return BTreeMap::new() };
    let mut fields = BTreeMap::new();
    let known: Vec<_> = Kind::plan().fields().collect();
    for (key, json) in map {
        element::field("the plan", &known, key, json, PLACE, problems, &mut fields);
    }
    for key in ["language", "languages"] {
        let tags: Vec<&String> = match fields.get(key) {
            Some(Value::Text(one)) => vec![one],
            Some(Value::Set(several)) => several.iter().collect(),
            _ => Vec::new(),
        };
        for tag in tags.into_iter().filter(|tag| !is_language(tag)) {
            problems.add(under(PLACE, key), format!("{tag:?} is no language tag; {TAG_EXAMPLE}"));
        }
    }
    if let Some(Value::Text(before)) = fields.get("predecessor")
        && let Err(error) = before.parse::<PlanId>()
    {
        problems.add("/plan/predecessor", format!("is no plan id: {error}"));
    }
    if let (Some(Value::Text(start)), Some(Value::Text(end))) =
        (fields.get("period_start"), fields.get("period_end"))
    {
        // Dates may be printed to the year or month; what both say must be in order.
        let both = start.len().min(end.len());
        if start.get(..both) > end.get(..both) {
            problems
                .add("/plan/period_end", format!("the period ends on {end}, before it starts on {start}"));
        }
    }
    let given = fields.remove("title");
    if !title.is_empty() {
        fields.insert("title".to_owned(), Value::Text(title.to_owned()));
    }
    if given.is_some_and(|given| given != Value::Text(title.to_owned())) {
        problems
            .add("/plan/title", "differs from `title` at the top of the file; leave it out or make them one");
    }
    fields
}

/// Gives the elements order keys where they have none, their place and their display codes.
fn arranged(elements: Vec<Element>, problems: &mut Problems) -> Vec<ElementView> {
    let keys = order_keys(&elements);
    let mut printed: HashMap<ElementId, (usize, Option<String>)> = HashMap::new();
    let mut views = Vec::with_capacity(elements.len());
    for (index, (element, order)) in elements.into_iter().zip(keys).enumerate() {
        let code = element.code.clone();
        if let Some(view) = element.into_view(order) {
            printed.insert(view.id.clone(), (index, code));
            views.push(view);
        }
    }
    let views = codes::arrange(views);
    for view in views.iter().filter(|view| view.own_code.is_none()) {
        if let Some((index, Some(code))) = printed.get(&view.id)
            && view.code.as_ref() != Some(code)
        {
            let place = match &view.code {
                Some(computed) => format!("from its place its code is {computed:?}"),
                None => format!("{} at this place has no code", json::one(view.kind)),
            };
            let says = format!("is {code:?}, but {place}; leave `code` out, or print {code:?} by `own_code`");
            problems.add(format!("/elements/{index}/code"), says);
        }
    }
    views
}

/// An order key for every element: its own, or one made from its place in the file.
fn order_keys(elements: &[Element]) -> Vec<String> {
    let mut siblings: BTreeMap<Option<&str>, Vec<usize>> = BTreeMap::new();
    for (index, element) in elements.iter().enumerate() {
        siblings.entry(element.parent.as_ref().map(ElementId::as_str)).or_default().push(index);
    }
    let mut keys: Vec<String> = elements.iter().map(|e| e.order.clone().unwrap_or_default()).collect();
    for group in siblings.values() {
        let mut low = String::new();
        let mut rest = group.as_slice();
        while !rest.is_empty() {
            let (run, after) = rest.split_at(rest.iter().take_while(|i| keys[**i].is_empty()).count());
            let high = after.first().map(|index| keys[*index].clone()).unwrap_or_default();
            for (index, key) in run.iter().zip(spread(&low, &high, run.len())) {
                keys[*index] = key;
            }
            low = high;
            rest = after.get(1..).unwrap_or_default();
        }
    }
    keys
}
