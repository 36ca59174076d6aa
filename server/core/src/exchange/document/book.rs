//! A view as the composers read it: what stands in the plan, in reading order, and runs that show it.

use std::collections::{BTreeSet, HashMap};

use plenary_protocol::ElementId;
use plenary_protocol::plan::value::Reference;
use plenary_protocol::plan::{ElementView, PlanView, Value};

use super::{Block, Cell, Column, Mark, Paragraph, Row, Run, Slot, Style, Table};

/// Places of elements that links of a kind lead to from one, or the other way.
type Linked<'a> = HashMap<(&'a str, &'a ElementId), BTreeSet<usize>>;

/// What stands in a plan.
pub(super) struct Book<'a> {
    pub view: &'a PlanView,
    pub former: Option<&'a PlanView>,
    pub lang: &'a str,
    elements: Vec<&'a ElementView>,
    by_id: HashMap<&'a ElementId, &'a ElementView>,
    by_parent: HashMap<&'a ElementId, Vec<&'a ElementView>>,
    /// Elements that links of a kind lead to from one, and from where to one, in reading order.
    links_from: HashMap<(&'a str, &'a ElementId), Vec<&'a ElementView>>,
    links_to: HashMap<(&'a str, &'a ElementId), Vec<&'a ElementView>>,
}

impl<'a> Book<'a> {
    pub fn new(view: &'a PlanView, former: Option<&'a PlanView>) -> Self {
        let hidden = view.hidden();
        let elements: Vec<_> = view.elements.iter().filter(|element| !hidden.contains(&element.id)).collect();
        let by_id: HashMap<_, _> = elements.iter().map(|element| (&element.id, *element)).collect();
        let places: HashMap<_, _> = elements.iter().enumerate().map(|(at, one)| (&one.id, at)).collect();
        let mut by_parent: HashMap<_, Vec<_>> = HashMap::new();
        for element in &elements {
            if let Some(parent) = &element.parent {
                by_parent.entry(parent).or_default().push(*element);
            }
        }
        let (mut links_from, mut links_to): (Linked<'_>, Linked<'_>) = Default::default();
        for link in view.links.iter().filter(|link| !link.removed) {
            let (Some(from), Some(to)) = (places.get(&link.from), places.get(&link.to)) else { continue };
            links_from.entry((link.kind.name(), &link.from)).or_default().insert(*to);
            links_to.entry((link.kind.name(), &link.to)).or_default().insert(*from);
        }
        let read = |linked: Linked<'a>| {
            let ends = |places: BTreeSet<usize>| places.into_iter().map(|at| elements[at]).collect();
            linked.into_iter().map(|(key, places)| (key, ends(places))).collect()
        };
        let (links_from, links_to) = (read(links_from), read(links_to));
        let lang = view.language();
        Book { view, former, lang, elements, by_id, by_parent, links_from, links_to }
    }

    /// Elements of a kind.
    pub fn of_kind<'s>(&'s self, kind: &'s str) -> impl Iterator<Item = &'a ElementView> + 's {
        self.elements.iter().copied().filter(move |element| element.kind.name() == kind)
    }

    /// Elements of a kind that stand under one.
    pub fn under<'s>(
        &'s self,
        parent: &ElementView,
        kind: &'s str,
    ) -> impl Iterator<Item = &'a ElementView> + use<'a, 's> {
        let children = self.by_parent.get(&parent.id).into_iter().flatten().copied();
        children.filter(move |element| element.kind.name() == kind)
    }

    pub fn element(&self, id: &ElementId) -> Option<&'a ElementView> {
        self.by_id.get(id).copied()
    }

    /// The element that a field names.
    pub fn named_by(&self, element: &ElementView, field: &str) -> Option<&'a ElementView> {
        match element.fields.get(field) {
            Some(Value::Text(id)) => self.element(&id.parse().ok()?),
            _ => None,
        }
    }

    /// Where links of a kind lead from an element, in reading order.
    pub fn linked(&self, kind: &str, from: &ElementView) -> Vec<&'a ElementView> {
        self.links_from.get(&(kind, &from.id)).cloned().unwrap_or_default()
    }

    /// From where links of a kind lead to an element, in reading order.
    pub fn linking(&self, kind: &str, to: &ElementView) -> Vec<&'a ElementView> {
        self.links_to.get(&(kind, &to.id)).cloned().unwrap_or_default()
    }

    /// An element of the plan before, where that is known.
    pub fn former(&self, of: &Reference) -> Option<&'a ElementView> {
        self.former.filter(|former| former.id == of.plan)?.element(&of.element)
    }

    /// The first of these texts that is there, in the plan's language or any.
    pub fn text(&self, element: &'a ElementView, names: &[&str]) -> Option<(&'a str, Slot)> {
        let found = |lang: &'a str| {
            let by_name = element.text.get(lang)?;
            let name = names.iter().find(|name| by_name.get(**name).is_some_and(|text| !text.is_empty()))?;
            let slot =
                Slot { element: element.id.clone(), field: (*name).to_owned(), lang: Some(lang.to_owned()) };
            Some((by_name.get(*name)?.as_str(), slot))
        };
        found(self.lang).or_else(|| element.text.keys().find_map(|lang| found(lang)))
    }

    /// A run that shows the first of these texts that is there.
    pub fn run(&self, element: &'a ElementView, names: &[&str]) -> Option<Run> {
        self.text(element, names).map(|(text, slot)| showing(text, slot))
    }

    /// What an element is called.
    pub fn label(&self, element: &'a ElementView) -> Run {
        let names = ["title", "statement", "as_printed", "rationale", "former"];
        self.run(element, &names).unwrap_or_else(|| field_run(element, "label", &element.label(self.lang)))
    }

    /// The code and what an element is called.
    pub fn called(&self, element: &'a ElementView, between: &str) -> Vec<Run> {
        let mut runs = Vec::new();
        if let Some(code) = &element.code {
            runs.extend([field_run(element, "code", code), said(between)]);
        }
        runs.push(self.label(element));
        runs
    }
}

/// A run that says something by itself.
pub(super) fn said(text: &str) -> Run {
    Run { text: text.to_owned(), slot: None, strong: false, mark: Mark::Kept }
}

/// A run that shows a text.
fn showing(text: &str, slot: Slot) -> Run {
    Run { slot: Some(slot), ..said(text) }
}

/// A run that shows a field.
pub(super) fn field_run(element: &ElementView, field: &str, text: &str) -> Run {
    let slot = Slot { element: element.id.clone(), field: field.to_owned(), lang: None };
    showing(text, slot)
}

/// A run that shows a field of the plan itself.
pub(super) fn plan_run(field: &str, text: &str) -> Run {
    showing(text, Slot { element: ElementId::plan(), field: field.to_owned(), lang: None })
}

/// The same, set off.
pub(super) fn strong(run: Run) -> Run {
    Run { strong: true, ..run }
}

/// A value as it is printed: large numbers in groups of three.
pub(super) fn printed(value: &Value) -> String {
    match value {
        Value::Int(number) if number.unsigned_abs() >= 10_000 => {
            let digits = number.unsigned_abs().to_string();
            let mut out = String::new();
            for (at, digit) in digits.chars().enumerate() {
                if at > 0 && (digits.len() - at).is_multiple_of(3) {
                    out.push(',');
                }
                out.push(digit);
            }
            if *number < 0 { format!("-{out}") } else { out }
        }
        value => value.to_string(),
    }
}

/// A run that shows a typed field, where it has a value.
pub(super) fn value_run(element: &ElementView, field: &str) -> Option<Run> {
    let value = element.fields.get(field).filter(|value| !value.is_absent())?;
    Some(field_run(element, field, &printed(value)))
}

/// A paragraph.
pub(super) fn paragraph(key: impl Into<String>, style: Style, runs: Vec<Run>) -> Paragraph {
    Paragraph { key: key.into(), about: None, style, runs, end: Mark::Kept }
}

/// A paragraph about an element; `part` tells it from others about the same.
pub(super) fn about(element: &ElementView, part: &str, style: Style, runs: Vec<Run>) -> Paragraph {
    let key = format!("{}/{part}", element.id);
    Paragraph { about: Some(element.id.clone()), ..paragraph(key, style, runs) }
}

/// A heading that the document itself says.
pub(super) fn heading(level: u8, title: &str) -> Block {
    Block::Paragraph(paragraph(format!("heading/{title}"), Style::Heading(level), vec![said(title)]))
}

/// A cell.
pub(super) fn cell(paragraphs: Vec<Paragraph>) -> Cell {
    Cell { paragraphs, goes_on: false }
}

/// A cell that belongs to the one above.
pub(super) fn ditto() -> Cell {
    Cell { paragraphs: Vec::new(), goes_on: true }
}

/// A row about an element.
pub(super) fn row(element: &ElementView, cells: Vec<Cell>) -> Row {
    Row { key: element.id.to_string(), about: Some(element.id.clone()), cells, mark: Mark::Kept }
}

/// A table: columns by title and share of the width.
pub(super) fn table(key: &str, columns: Vec<Column>, rows: Vec<Row>) -> Table {
    let titles: Vec<&str> = columns.iter().map(|column| column.title.as_str()).collect();
    Table { key: format!("{key}/{}", titles.join("|")), columns, rows, mark: Mark::Kept }
}

/// A column of text.
pub(super) fn column(title: &str, width: u32) -> Column {
    Column { title: title.to_owned(), width, is_numeric: false }
}

/// A column of numbers.
pub(super) fn numbers(title: &str, width: u32) -> Column {
    Column { is_numeric: true, ..column(title, width) }
}
