//! What each table says: the columns, and the rows out of a plan's view.

use std::collections::{HashMap, HashSet};

use plenary_protocol::ElementId;
use plenary_protocol::plan::{ElementView, PlanView, Value};
use plenary_protocol::record::Content;
use plenary_protocol::wire::findings::Finding;
use plenary_protocol::wire::past::Named;

use super::import::{Form, RowForm};
use super::{Datum, Head, Sheet};

/// The columns that come first in every table, and do not come back changed.
pub(super) const ENTRY: &str = "entry";
pub(super) const ROW: &str = "row";
pub(super) const ID: &str = "id";
pub(super) const UNDER: &str = "under";
/// Columns for the reader: what is typed there is not read.
const CODE: &str = "code";
const ABOUT: &str = "about";

pub(super) fn make(view: &PlanView, former: Option<&PlanView>, content: Content) -> Option<Sheet> {
    let page = Page::new(view, former);
    let (name, head, rows) = match content {
        Content::Plan | Content::Information | Content::Findings => return None,
        Content::Indicators | Content::Feedback => {
            let form = Form::of(content)?;
            (form.name, form_head(form), page.form(form))
        }
        Content::Allocations => ("allocations", heads(&ALLOCATIONS), page.allocations()),
        Content::Mapping => ("mapping", heads(&MAPPING), page.mapping()),
        Content::Guidance => ("guidance", heads(&GUIDANCE), page.guidance()),
    };
    Some(Sheet { name, plan: view.id.clone(), seq: view.seq, head, rows })
}

/// A row for each finding: the rule, what it weighs, the elements by their names a line each, the fact.
pub(super) fn findings(view: &PlanView, found: &[Finding]) -> Sheet {
    let lines = |all: Vec<String>| Datum::text(all.join("\n"));
    let row = |finding: &Finding| {
        let each = |tell: &dyn Fn(&Named) -> String| lines(finding.named.iter().map(tell).collect());
        vec![
            Datum::Number(view.seq.0 as f64),
            Datum::text(&finding.code),
            Datum::text(finding.severity.as_str()),
            each(&|named| named.element.to_string()),
            each(&|named| named.kind.clone()),
            each(&|named| named.code.clone().unwrap_or_default()),
            each(&|named| named.label.replace('\n', " ")),
            Datum::text(&finding.says),
            Datum::text(&finding.resolve),
            lines(finding.blocks.iter().map(ToString::to_string).collect()),
        ]
    };
    let rows = found.iter().map(row).collect();
    Sheet { name: "findings", plan: view.id.clone(), seq: view.seq, head: heads(&FINDINGS), rows }
}

const FINDINGS: [(&str, u32); 10] = [
    (ENTRY, 7),
    ("rule", 9),
    ("severity", 9),
    (ID, 14),
    ("kinds", 14),
    ("codes", 10),
    ("elements", 44),
    ("says", 80),
    ("resolve", 60),
    ("blocks", 16),
];
const ALLOCATIONS: [(&str, u32); 13] = [
    (ENTRY, 7),
    (ID, 14),
    ("of_kind", 11),
    ("of_code", 8),
    ("of", 44),
    ("planned_cost", 13),
    ("goal_code", 10),
    ("goal", 28),
    ("amount", 12),
    ("percent", 9),
    ("posts", 8),
    ("biennium", 12),
    ("sector", 9),
];
const MAPPING: [(&str, u32); 11] = [
    (ENTRY, 7),
    (ID, 14),
    ("former_kind", 12),
    ("former_code", 12),
    ("former", 60),
    ("quoted_as", 60),
    ("became", 20),
    ("new_kinds", 14),
    ("new_codes", 14),
    ("new", 60),
    ("why", 60),
];
const GUIDANCE: [(&str, u32); 9] = [
    (ENTRY, 7),
    (ID, 14),
    ("principle_code", 10),
    ("principle", 28),
    (ROW, 10),
    (CODE, 8),
    ("statement", 90),
    ("status", 12),
    ("answers", 14),
];

fn heads(columns: &[(&'static str, u32)]) -> Vec<Head> {
    columns.iter().map(|(name, width)| Head { name, width: *width }).collect()
}

fn form_head(form: &Form) -> Vec<Head> {
    let fixed = [(ENTRY, 7), (ROW, 13), (ID, 14), (UNDER, 14), (CODE, 10), (ABOUT, 44)];
    let mut head = heads(&fixed);
    head.extend(form.columns().map(|(name, is_text)| Head { name, width: if is_text { 60 } else { 14 } }));
    head
}

/// What stands in a plan, as rows.
struct Page<'a> {
    view: &'a PlanView,
    former: Option<&'a PlanView>,
    elements: Vec<&'a ElementView>,
    by_id: HashMap<&'a ElementId, &'a ElementView>,
}

impl<'a> Page<'a> {
    fn new(view: &'a PlanView, former: Option<&'a PlanView>) -> Self {
        let hidden = view.hidden();
        let elements: Vec<_> = view.elements.iter().filter(|element| !hidden.contains(&element.id)).collect();
        let by_id = elements.iter().map(|element| (&element.id, *element)).collect();
        Page { view, former, elements, by_id }
    }

    fn of_kind<'s>(&'s self, kind: &'s str) -> impl Iterator<Item = &'a ElementView> + 's {
        self.elements.iter().copied().filter(move |element| element.kind.name() == kind)
    }

    fn element(&self, id: &ElementId) -> Option<&'a ElementView> {
        self.by_id.get(id).copied()
    }

    fn parent(&self, element: &ElementView) -> Option<&'a ElementView> {
        self.element(element.parent.as_ref()?)
    }

    fn entry(&self) -> Datum {
        Datum::Number(self.view.seq.0 as f64)
    }

    fn label(&self, element: Option<&ElementView>) -> Datum {
        Datum::text(element.map(|element| element.label(self.view.language())).unwrap_or_default())
    }

    fn text(&self, element: &ElementView, name: &str) -> Datum {
        Datum::text(text_of(self.view, element, name))
    }

    /// Elements that a link of a kind joins to one, in reading order.
    fn linked(&self, kind: &str, from: &ElementView) -> Vec<&'a ElementView> {
        let links: HashSet<&ElementId> = self
            .view
            .links
            .iter()
            .filter(|link| !link.removed && link.kind.name() == kind && link.from == from.id)
            .map(|link| &link.to)
            .collect();
        self.elements.iter().copied().filter(|element| links.contains(&element.id)).collect()
    }

    fn form(&self, form: &Form) -> Vec<Vec<Datum>> {
        let mut rows = Vec::new();
        for element in &self.elements {
            let Some(row) = form.row(element.kind.name()) else { continue };
            let parent = self.parent(element);
            let mut cells = vec![
                self.entry(),
                Datum::text(row.kind),
                Datum::text(element.id.as_str()),
                Datum::text(element.parent.as_ref().map(ToString::to_string).unwrap_or_default()),
                code(Some(element)),
                match parent.map(|parent| code(Some(parent))) {
                    Some(Datum::Text(code)) => {
                        let label = parent.map(|parent| parent.label(self.view.language()));
                        Datum::text(format!("{code} {}", label.unwrap_or_default()))
                    }
                    _ => self.label(parent),
                },
            ];
            cells.extend(form.columns().map(|(name, is_text)| match row.has(name) {
                true if is_text => self.text(element, name),
                true => value(element, name),
                false => Datum::Empty,
            }));
            rows.push(cells);
        }
        rows
    }

    fn allocations(&self) -> Vec<Vec<Datum>> {
        let rows = self.of_kind("allocation").map(|allocation| {
            let of = self.parent(allocation);
            let goal = match allocation.fields.get("goal") {
                Some(Value::Text(id)) => id.parse().ok().and_then(|id: ElementId| self.element(&id)),
                _ => None,
            };
            let mut row = vec![
                self.entry(),
                Datum::text(allocation.id.as_str()),
                Datum::text(of.map(|of| of.kind.name()).unwrap_or_default()),
                code(of),
                self.label(of),
                of.map_or(Datum::Empty, |of| value(of, "planned_cost")),
                code(goal),
                self.label(goal),
            ];
            row.extend(
                ["amount", "percent", "posts", "biennium", "sector"].map(|name| value(allocation, name)),
            );
            row
        });
        rows.collect()
    }

    fn mapping(&self) -> Vec<Vec<Datum>> {
        let rows = self.of_kind("disposition").map(|disposition| {
            let of = match disposition.fields.get("former") {
                Some(Value::Reference(of)) => Some(of),
                _ => None,
            };
            let plan = self.former.filter(|former| of.is_some_and(|of| of.plan == former.id));
            let former = plan.zip(of).and_then(|(plan, of)| plan.element(&of.element));
            let label = plan.zip(former).map(|(plan, former)| former.label(plan.language()));
            let quote = self.of_kind("quote").find(|quote| quote.parent.as_ref() == Some(&disposition.id));
            let heirs = self.linked("becomes", disposition);
            let all = |tell: &dyn Fn(&ElementView) -> String| {
                Datum::text(heirs.iter().map(|heir| tell(heir)).collect::<Vec<_>>().join("\n"))
            };
            let known = of.map(|of| of.element.to_string()).unwrap_or_default();
            vec![
                self.entry(),
                Datum::text(disposition.id.as_str()),
                Datum::text(former.map(|former| former.kind.name()).unwrap_or_default()),
                former.map_or_else(|| Datum::text(known), |former| code(Some(former))),
                Datum::text(label.unwrap_or_default()),
                quote.map_or(Datum::Empty, |quote| self.text(quote, "as_printed")),
                value(disposition, "type"),
                all(&|heir| heir.kind.to_string()),
                all(&|heir| heir.code.clone().unwrap_or_default()),
                all(&|heir| heir.label(self.view.language()).replace('\n', " ")),
                self.text(disposition, "rationale"),
            ]
        });
        rows.collect()
    }

    fn guidance(&self) -> Vec<Vec<Datum>> {
        let parts = self.elements.iter().copied();
        let parts = parts.filter(|one| ["guidance_request", "guidance_response"].contains(&one.kind.name()));
        let rows = parts.map(|part| {
            let principle = self.parent(part);
            let answers = self.linked("answers", part);
            let answers: Vec<String> = answers.iter().filter_map(|one| one.code.clone()).collect();
            vec![
                self.entry(),
                Datum::text(part.id.as_str()),
                code(principle),
                self.label(principle),
                Datum::text(part.kind.name().trim_start_matches("guidance_")),
                code(Some(part)),
                self.text(part, "statement"),
                value(part, "status"),
                Datum::text(answers.join(", ")),
            ]
        });
        rows.collect()
    }
}

/// A text in the plan's language.
pub(super) fn text_of<'a>(view: &PlanView, element: &'a ElementView, name: &str) -> &'a str {
    let texts = element.text.get(view.language());
    texts.and_then(|texts| texts.get(name)).map_or("", String::as_str)
}

fn code(element: Option<&ElementView>) -> Datum {
    Datum::text(element.and_then(|element| element.code.clone()).unwrap_or_default())
}

/// A typed field; numbers as numbers.
fn value(element: &ElementView, name: &str) -> Datum {
    match element.fields.get(name) {
        None | Some(Value::Null) => Datum::Empty,
        Some(Value::Int(number)) => Datum::Number(*number as f64),
        Some(Value::Number(number)) => Datum::Number(*number),
        Some(Value::Set(members)) => {
            Datum::text(members.iter().map(String::as_str).collect::<Vec<_>>().join("; "))
        }
        Some(value) => Datum::text(value.to_string()),
    }
}

/// A typed field as it is read back from a cell that was left as it was exported.
pub(super) fn printed(element: &ElementView, name: &str) -> String {
    match value(element, name) {
        Datum::Empty => String::new(),
        Datum::Text(text) => text.replace("\r\n", "\n"),
        Datum::Number(number) => number.to_string(),
    }
}

impl RowForm {
    /// Whether rows of this kind have such a column.
    pub(super) fn has(&self, name: &str) -> bool {
        self.texts.contains(&name) || self.fields.contains(&name)
    }
}
