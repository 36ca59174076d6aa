//! What a rule found: which elements, and the fact in one sentence that names them by their place in it.
//!
//! Display codes follow from order and change without the finding changing, so a sentence gets its names
//! only when it is told.

use std::collections::HashMap;
use std::fmt::Write as _;

use plenary_limits::FINDINGS_PER_LOOK_MAX;
use plenary_protocol::ElementId;
use plenary_protocol::plan::{ElementView, PlanView, Stage};
use plenary_protocol::wire::findings::{Finding, Severity};
use plenary_protocol::wire::past::Named;

use super::facts::{Place, TOP};
use super::look::Look;
use super::settings::Settings;
use super::words::{Row, TABLE};
use crate::diff::named;

/// Stand around the number of an element in a sentence; no quoted text keeps them.
const OPEN: char = '\u{E000}';
const CLOSE: char = '\u{E001}';
/// Stands before the number of an element of the plan before.
const FORMER: char = '\u{E002}';
/// Letters of a text that a sentence quotes, and elements that it names one by one.
const QUOTED_CHARS_MAX: usize = 120;
const NAMED_MAX: usize = 12;
/// The detail of the finding that says how many others are left out.
const MORE: &str = "more";

/// What a rule found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The place of its rule in the table.
    pub(crate) rule: usize,
    /// What it weighs, where that is not what its rule says.
    pub(crate) severity: Option<Severity>,
    /// The elements that it is about.
    pub(crate) elements: Vec<ElementId>,
    /// Elements of the plan before that it is about.
    pub(crate) former: Vec<ElementId>,
    /// What tells it from another finding of the rule about the same elements.
    pub(crate) detail: String,
    /// The fact, with places for names.
    pub(crate) says: String,
    /// Whether its elements are named in reading order: none of them is the subject.
    pub(crate) is_of_equals: bool,
}

/// What makes a finding the same one from entry to entry: rule, elements, elements of the plan before,
/// detail.
pub(crate) type Identity = (usize, Vec<ElementId>, Vec<ElementId>, String);

impl Found {
    /// What makes it the same one from entry to entry.
    pub(crate) fn identity(&self) -> Identity {
        (self.rule, self.elements.clone(), self.former.clone(), self.detail.clone())
    }

    /// Its rule.
    pub fn row(&self) -> Option<&'static Row> {
        TABLE.rules.get(self.rule)
    }

    /// What it weighs at a stage by the plan's settings; nothing where the rule is off.
    pub fn severity(&self, stage: Stage, settings: &Settings) -> Option<Severity> {
        let row = self.row()?;
        let own = self.severity.unwrap_or(row.severity);
        let from = row.blocks_from.filter(|from| is_from(stage, *from));
        settings.weigh(&row.code, if from.is_some() { Severity::E } else { own })
    }

    /// The stages that the plan cannot go to while it is open.
    pub fn blocks(&self, settings: &Settings) -> Vec<Stage> {
        Stage::ALL.into_iter().filter(|stage| self.is_blocking(*stage, settings)).collect()
    }

    /// Whether the plan cannot go to a stage while it is open: adoption for every `E`, earlier stages for
    /// rules that name them.
    pub fn is_blocking(&self, to: Stage, settings: &Settings) -> bool {
        let named = self.row().and_then(|row| row.blocks_from).is_some_and(|from| is_from(to, from));
        (to == Stage::Adopted || named) && self.severity(to, settings) == Some(Severity::E)
    }

    /// Tells it with the names that elements have in a view of the plan, and of the one before.
    pub fn tell(&self, names: &Names<'_>, stage: Stage, settings: &Settings) -> Option<Finding> {
        let row = self.row()?;
        let own = self.elements.iter().filter_map(|id| names.element(id));
        let old = self.former.iter().filter_map(|id| names.former(id));
        let language = names.plan.language();
        let named: Vec<Named> = own.chain(old).map(|element| named(element, language)).collect();
        Some(Finding {
            code: row.code.clone(),
            severity: self.severity(stage, settings)?,
            elements: self.elements.clone(),
            says: self.sentence(names),
            resolve: row.resolve.clone(),
            blocks: self.blocks(settings),
            named,
            former: self.former.clone(),
        })
    }

    fn sentence(&self, names: &Names<'_>) -> String {
        let mut out = String::new();
        let mut rest = self.says.as_str();
        let mut elements = self.elements.clone();
        if self.is_of_equals {
            elements.sort_by_key(|id| names.place(id));
        }
        while let Some((before, after)) = rest.split_once(OPEN) {
            let (number, after) = after.split_once(CLOSE).unwrap_or((after, ""));
            out.push_str(before);
            out.push_str(&match number.strip_prefix(FORMER) {
                Some(number) => nth(number, &self.former, "former ", |id| names.former(id)),
                None => nth(number, &elements, "", |id| names.element(id)),
            });
            rest = after;
        }
        out.push_str(rest);
        let mut letters = out.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    }
}

/// The name of the element of that number in a list.
fn nth<'a>(
    number: &str,
    list: &[ElementId],
    before: &str,
    find: impl Fn(&ElementId) -> Option<&'a ElementView>,
) -> String {
    let Some(id) = number.parse::<usize>().ok().and_then(|number| list.get(number)) else {
        return String::new();
    };
    let Some(element) = find(id) else { return format!("{before}{id}") };
    let kind = element.kind.name().replace('_', " ");
    match &element.code {
        Some(code) => format!("{before}{kind} {code}"),
        None => format!("{before}{kind} {}", quoted(&element.label("en"))),
    }
}

/// Whether a stage is one or a later one; a withdrawn plan is past all of them.
fn is_from(stage: Stage, from: Stage) -> bool {
    stage >= from && stage != Stage::Withdrawn
}

/// Views that elements have their names from.
pub struct Names<'a> {
    plan: &'a PlanView,
    former: Option<&'a PlanView>,
    places: HashMap<&'a ElementId, usize>,
    former_places: HashMap<&'a ElementId, usize>,
}

impl<'a> Names<'a> {
    /// The names of a view of the plan, and of one of the plan before.
    pub fn of(plan: &'a PlanView, former: Option<&'a PlanView>) -> Self {
        let places = |view: &'a PlanView| view.elements.iter().map(|element| &element.id).zip(0..).collect();
        let former_places = former.map(places).unwrap_or_default();
        Names { plan, former, places: places(plan), former_places }
    }

    fn former(&self, id: &ElementId) -> Option<&'a ElementView> {
        self.former?.elements.get(*self.former_places.get(id)?)
    }

    fn element(&self, id: &ElementId) -> Option<&'a ElementView> {
        self.plan.elements.get(*self.places.get(id)?)
    }

    /// Where an element stands in reading order.
    pub(crate) fn place(&self, id: &ElementId) -> usize {
        self.places.get(id).copied().unwrap_or(usize::MAX)
    }

    /// The stage.
    pub fn stage(&self) -> Stage {
        self.plan.stage
    }
}

/// What a rule has to say.
pub(crate) struct Out<'a, 'b> {
    look: &'a Look<'b>,
    rule: usize,
    found: Vec<Found>,
    /// How many more there were, and the last of them.
    left_out: usize,
    beyond: Option<Found>,
}

impl<'a, 'b> Out<'a, 'b> {
    /// Nothing yet.
    pub fn new(look: &'a Look<'b>, rule: usize) -> Self {
        Out { look, rule, found: Vec::new(), left_out: 0, beyond: None }
    }

    /// What was found; where it was more than is kept, the last one says how much is left out.
    pub fn found(mut self, subject: Place) -> Vec<Found> {
        let Out { left_out, look, rule, .. } = self;
        if left_out > 0 {
            let about = (subject != TOP).then(|| look.id(subject).clone());
            let says = format!("{left_out} more findings of {} are left out here", TABLE.rules[rule].code);
            self.found.push(Found::new(rule, about.into_iter().collect(), says));
            self.found.last_mut().map(|found| found.detail(MORE));
        }
        self.found
    }

    /// A finding about elements; `{0}`, `{1}`, … of the sentence are made by `name`.
    pub fn say(&mut self, elements: &[Place], says: impl Into<String>) -> &mut Found {
        let ids = elements.iter().map(|place| self.look.id(*place).clone()).collect();
        self.push(ids, says.into())
    }

    /// A finding about the plan as a whole.
    pub fn say_of_plan(&mut self, detail: &str, says: impl Into<String>) -> &mut Found {
        let found = self.push(Vec::new(), says.into());
        detail.clone_into(&mut found.detail);
        found
    }

    fn push(&mut self, elements: Vec<ElementId>, says: String) -> &mut Found {
        let found = Found::new(self.rule, elements, says);
        if self.found.len() >= FINDINGS_PER_LOOK_MAX {
            self.left_out += 1;
            return self.beyond.insert(found);
        }
        self.found.push(found);
        let last = self.found.len() - 1;
        &mut self.found[last]
    }
}

impl Found {
    fn new(rule: usize, elements: Vec<ElementId>, says: String) -> Self {
        Found {
            rule,
            severity: None,
            elements,
            former: Vec::new(),
            detail: String::new(),
            says,
            is_of_equals: false,
        }
    }

    /// It weighs otherwise than its rule says.
    pub(crate) fn weighing(&mut self, severity: Severity) -> &mut Found {
        self.severity = Some(severity);
        self
    }

    /// What tells it from another about the same elements.
    pub(crate) fn detail(&mut self, detail: impl Into<String>) -> &mut Found {
        self.detail = detail.into();
        self
    }

    /// None of its elements is the subject: they are named in reading order.
    pub(crate) fn of_equals(&mut self) -> &mut Found {
        self.is_of_equals = true;
        self
    }

    /// The elements of the plan before that it is about.
    pub(crate) fn of_former(&mut self, former: Vec<ElementId>) -> &mut Found {
        self.former = former;
        self
    }
}

/// Where the name of an element of a finding goes.
pub(crate) fn name(number: usize) -> String {
    format!("{OPEN}{number}{CLOSE}")
}

/// Where the name of a former element of a finding goes.
pub(crate) fn former_name(number: usize) -> String {
    format!("{OPEN}{FORMER}{number}{CLOSE}")
}

/// Where the names of the elements from a number on go, in a list.
pub(crate) fn names(numbers: std::ops::Range<usize>) -> String {
    let (count, first) = (numbers.len(), numbers.start);
    let mut out = String::new();
    for number in numbers.take(NAMED_MAX) {
        let left = count - (number - first);
        let joint = if number == first {
            ""
        } else if left == 1 {
            " and "
        } else {
            ", "
        };
        _ = write!(out, "{joint}{}", name(number));
    }
    if count > NAMED_MAX {
        _ = write!(out, " and {} more", count - NAMED_MAX);
    }
    out
}

/// A word with "a" or "an" before it.
pub(crate) fn a(word: &str) -> String {
    let article = if word.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {}", word.replace('_', " "))
}

/// A text of the plan as a sentence quotes it: not longer than fits, and taken for no place of a name.
pub(crate) fn quoted(text: &str) -> String {
    let clean = text.chars().filter(|letter| ![OPEN, CLOSE, FORMER].contains(letter));
    let mut quote: String = clean.clone().take(QUOTED_CHARS_MAX).collect();
    if clean.count() > QUOTED_CHARS_MAX {
        quote.push('…');
    }
    format!("“{quote}”")
}
