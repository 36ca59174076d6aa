//! A plan as a StratML Part 2 file, valid against both versions of its schema.
//!
//! Elements come in reading order; what is removed stays out.  The plan's own language is written, for
//! StratML knows none.

mod indicators;

use std::collections::{BTreeMap, HashMap, HashSet};

use plenary_protocol::ElementId;
use plenary_protocol::plan::view::PLAN_SCHEMA;
use plenary_protocol::plan::{ElementView, FieldType, Kind, LinkView, PlanView, Value};
use serde_json::{Value as Json, json};

use super::information::Lines;
use super::xml::Xml;
use super::{IN_LINES, NAMESPACE, described_by, has_lines, has_place, line};

/// A file, and what it does not say of the plan.
#[derive(Debug)]
pub struct Written {
    /// The file.
    pub xml: String,
    /// What is not in it.
    pub left_out: Vec<LeftOut>,
}

/// Something of the plan that StratML cannot say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// What, in the plural.
    pub what: String,
    /// How many of them.
    pub count: usize,
}

/// Why a plan cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// The schema asks for a goal.
    #[error(
        "the plan has no goal, objective or priority yet, and a StratML file needs one: add one, or export \
         the plan file"
    )]
    NoGoal,
}

/// Writes a plan.
///
/// # Errors
/// `NoGoal` where there is nothing that could stand as one.
pub fn write(view: &PlanView) -> Result<Written, WriteError> {
    let mut writer = Writer::new(view);
    let goals = writer.at_top(&["goal", "objective", "priority"]);
    if goals.is_empty() {
        return Err(WriteError::NoGoal);
    }
    writer.count_left_out();
    let root = [("xmlns", NAMESPACE), ("Type", "Strategic_Plan")];
    writer.xml.open("PerformancePlanOrReport", &root);
    writer.xml.leaf("Name", &view.title);
    writer.plan_information();
    writer.xml.open("StrategicPlanCore", &[]);
    writer.guides();
    for goal in goals {
        writer.goal(goal);
    }
    writer.xml.close();
    writer.administration();
    let (xml, replaced) = writer.xml.end();
    let mut left = writer.left;
    if replaced > 0 {
        left.insert("characters that XML cannot hold".to_owned(), replaced);
    }
    let left_out = left.into_iter().map(|(what, count)| LeftOut { what, count }).collect();
    Ok(Written { xml, left_out })
}

struct Writer<'a> {
    view: &'a PlanView,
    children: HashMap<Option<&'a ElementId>, Vec<&'a ElementView>>,
    links: HashMap<&'a ElementId, Vec<&'a LinkView>>,
    /// What stands in the file, by id.
    placed: HashMap<&'a ElementId, Kind>,
    left: BTreeMap<String, usize>,
    xml: Xml,
}

impl<'a> Writer<'a> {
    fn new(view: &'a PlanView) -> Writer<'a> {
        let mut placed: HashMap<&ElementId, Kind> = HashMap::new();
        let mut children: HashMap<_, Vec<&ElementView>> = HashMap::new();
        let mut guides = HashSet::new();
        // Reading order: a parent stands before its children.
        for element in view.elements.iter().filter(|element| !element.removed) {
            let parent = match &element.parent {
                None => None,
                Some(parent) => match placed.get(parent) {
                    Some(kind) => Some(*kind),
                    None => continue,
                },
            };
            let is_second =
                ["vision", "mission"].contains(&element.kind.name()) && !guides.insert(element.kind.name());
            if has_place(element.kind, parent) && !is_second {
                placed.insert(&element.id, element.kind);
                children.entry(element.parent.as_ref()).or_default().push(element);
            }
        }
        let mut links: HashMap<&ElementId, Vec<&LinkView>> = HashMap::new();
        for link in view.links.iter().filter(|link| !link.removed && placed.contains_key(&link.to)) {
            if placed.get(&link.from).is_some_and(|kind| has_lines(*kind)) {
                links.entry(&link.from).or_default().push(link);
            }
        }
        Writer { view, children, links, placed, left: BTreeMap::new(), xml: Xml::new() }
    }

    fn at_top(&self, kinds: &[&str]) -> Vec<&'a ElementView> {
        let all = self.children.get(&None).into_iter().flatten().copied();
        all.filter(|element| kinds.contains(&element.kind.name())).collect()
    }

    fn under(&self, id: &ElementId, kinds: &[&str]) -> Vec<&'a ElementView> {
        let all = self.children.get(&Some(id)).into_iter().flatten().copied();
        all.filter(|element| kinds.contains(&element.kind.name())).collect()
    }

    fn leave_out(&mut self, what: String, count: usize) {
        if count > 0 {
            *self.left.entry(what).or_default() += count;
        }
    }

    fn count_left_out(&mut self) {
        let view = self.view;
        let (here, gone): (Vec<_>, Vec<_>) =
            view.elements.iter().partition(|element| self.placed.contains_key(&element.id));
        for element in gone {
            let what = match element.removed {
                true => "removed elements".to_owned(),
                false => format!("elements of the kind {}", element.kind),
            };
            self.leave_out(what, 1);
        }
        let mut several = view.concurrent.len();
        for element in here {
            several += element.concurrent.len();
            for (lang, texts) in element.text.iter().filter(|(lang, _)| *lang != view.language()) {
                let count = texts.values().filter(|text| !text.is_empty()).count();
                self.leave_out(format!("texts in {lang}"), count);
            }
            if ["vision", "mission", "value"].contains(&element.kind.name()) {
                self.leave_out(format!("fields of {}", element.kind), element.fields.len());
            }
        }
        let links: Vec<&LinkView> = self.links.values().flatten().copied().collect();
        several += links.iter().map(|link| link.concurrent.len()).sum::<usize>();
        let written: HashSet<&ElementId> = links.iter().map(|link| &link.id).collect();
        for link in view.links.iter().filter(|link| !written.contains(&link.id)) {
            let what = if link.removed { "removed links".into() } else { format!("links {}", link.kind) };
            self.leave_out(what, 1);
        }
        self.leave_out("further values of fields that hold several".to_owned(), several);
    }

    /// A text in the plan's language; empty where it has none.
    fn text(&self, element: &'a ElementView, name: &str) -> &'a str {
        let texts = element.text.get(self.view.language());
        texts.and_then(|texts| texts.get(name)).map_or("", String::as_str)
    }

    fn leaf_unless_empty(&mut self, name: &str, text: &str) {
        if !text.is_empty() {
            self.xml.leaf(name, text);
        }
    }

    /// A field's value, unless it names an element that is not in the file.
    fn field(&mut self, spec: FieldType, value: &'a Value) -> Option<&'a Value> {
        let (FieldType::Element(_), Value::Text(id)) = (spec, value) else { return Some(value) };
        let is_here = id.parse().is_ok_and(|id: ElementId| self.placed.contains_key(&id));
        if !is_here {
            self.leave_out("references to elements that are left out".to_owned(), 1);
        }
        is_here.then_some(value)
    }

    fn plan_information(&mut self) {
        let mut lines = Lines::default();
        lines.text(line::SCHEMA, PLAN_SCHEMA);
        lines.text(line::STAGE, self.view.stage.as_str());
        for (name, value) in &self.view.plan {
            let is_said = match name.as_str() {
                "title" => true,
                "period_start" | "period_end" | "adopted_on" => day(value).is_some(),
                _ => false,
            };
            if !is_said {
                lines.value(name, value);
            }
        }
        for element in self.at_top(&IN_LINES) {
            let json = self.in_line(element);
            lines.json(element.kind.name(), &json);
        }
        self.xml.leaf("OtherInformation", lines.as_str());
    }

    fn administration(&mut self) {
        self.xml.open("AdministrativeInformation", &[]);
        // Ids of elements never begin so: the schema wants all of a file's to differ.
        self.xml.leaf("Identifier", &format!("_{}", self.view.id));
        let dates =
            [("StartDate", "period_start"), ("EndDate", "period_end"), ("PublicationDate", "adopted_on")];
        for (name, field) in dates {
            if let Some(day) = self.view.plan.get(field).and_then(day) {
                self.xml.leaf(name, day);
            }
        }
        self.xml.close();
    }

    fn guides(&mut self) {
        for (name, kind) in [("Vision", "vision"), ("Mission", "mission")] {
            for element in self.at_top(&[kind]) {
                self.xml.open(name, &[]);
                let statement = self.text(element, "statement");
                self.leaf_unless_empty("Description", statement);
                self.xml.leaf("Identifier", element.id.as_str());
                self.xml.close();
            }
        }
        for element in self.at_top(&["value"]) {
            self.xml.open("Value", &[]);
            let (title, description) = (self.text(element, "title"), self.text(element, "description"));
            self.leaf_unless_empty("Name", title);
            self.leaf_unless_empty("Description", description);
            self.xml.close();
        }
    }

    fn goal(&mut self, element: &'a ElementView) {
        self.xml.open("Goal", &[]);
        self.xml.leaf("Name", self.text(element, "title"));
        self.xml.leaf("Description", self.text(element, self.described_by(element)));
        self.identity(element);
        self.information(element, "goal");
        for objective in self.under(&element.id, &["target", "outcome", "output"]) {
            self.objective(objective);
        }
        self.xml.close();
    }

    fn objective(&mut self, element: &'a ElementView) {
        self.xml.open("Objective", &[]);
        let described = self.text(element, self.described_by(element));
        self.leaf_unless_empty("Name", self.text(element, "title"));
        self.leaf_unless_empty("Description", described);
        self.identity(element);
        self.information(element, "target");
        for indicator in self.under(&element.id, &["indicator"]) {
            self.indicator(indicator, element.kind);
        }
        self.xml.close();
    }

    /// The text that stands as `Description`.
    fn described_by(&self, element: &'a ElementView) -> &'static str {
        let usual = described_by(element.kind);
        let other = "description";
        if self.text(element, usual).is_empty() && !self.text(element, other).is_empty() {
            other
        } else {
            usual
        }
    }

    fn identity(&mut self, element: &'a ElementView) {
        self.xml.leaf("Identifier", element.id.as_str());
        self.leaf_unless_empty("SequenceIndicator", element.code.as_deref().unwrap_or_default());
        if let Some(owner) = element.owner {
            self.xml.open("Stakeholder", &[("StakeholderTypeType", "Organization")]);
            self.xml.leaf("Name", owner.as_str());
            self.xml.close();
        }
    }

    /// All that the elements of a goal or objective do not say.
    fn information(&mut self, element: &'a ElementView, usual: &str) {
        let mut lines = Lines::default();
        if element.kind.name() != usual {
            lines.text(line::KIND, element.kind.name());
        }
        let described = self.described_by(element);
        if described != described_by(element.kind) {
            lines.text(line::DESCRIBED_BY, described);
        }
        self.texts(element, &["title", described], &mut lines);
        self.fields(element, &[], &mut lines);
        self.relations(element, &mut lines);
        self.leaf_unless_empty("OtherInformation", lines.as_str());
    }

    fn texts(&self, element: &'a ElementView, said: &[&str], lines: &mut Lines) {
        for spec in element.kind.spec().texts.iter().filter(|spec| !said.contains(&spec.name)) {
            lines.text(spec.name, self.text(element, spec.name));
        }
    }

    /// Typed fields in the order of the table.
    fn fields(&mut self, element: &'a ElementView, said: &[&str], lines: &mut Lines) {
        for spec in element.kind.fields().filter(|spec| !said.contains(&spec.name)) {
            let Some(value) = element.fields.get(spec.name) else { continue };
            if let Some(value) = self.field(spec.ty, value) {
                lines.value(spec.name, value);
            }
        }
    }

    /// Links from an element, and what hangs on it and is told in a line.
    fn relations(&mut self, element: &'a ElementView, lines: &mut Lines) {
        for link in self.links.get(&element.id).into_iter().flatten() {
            lines.json(link.kind.name(), &without(json!(link), &["kind", "from", "concurrent"]));
        }
        for child in self.under(&element.id, &IN_LINES) {
            let json = self.in_line(child);
            lines.json(child.kind.name(), &json);
        }
    }

    fn in_line(&mut self, element: &'a ElementView) -> Json {
        let mut json = without(json!(element), &["kind", "parent", "order", "code", "text", "concurrent"]);
        for spec in element.kind.fields() {
            let Some(value) = element.fields.get(spec.name) else { continue };
            if self.field(spec.ty, value).is_none() {
                json = without(json, &[spec.name]);
            }
        }
        json
    }
}

fn without(mut json: Json, keys: &[&str]) -> Json {
    if let Some(map) = json.as_object_mut() {
        map.retain(|key, _| !keys.contains(&key.as_str()));
    }
    json
}

/// A date that names a day, as XML writes it.
fn day(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) if text.len() == "2024-01-01".len() => Some(text),
        _ => None,
    }
}
