//! Of the draft: what became of the former plan's goals and targets, and how it quotes them.

use std::collections::BTreeMap;

use plenary_protocol::ElementId;
use plenary_protocol::plan::value::{Quotation, Reference};
use plenary_protocol::plan::{ElementView, PlanView, Value};
use serde::Deserialize;

use super::ADOPTED_IMPORT_SEQ;
use super::adopted::{Codes, find};
use super::build::Builder;
use super::source::{At, Source};

/// How `new` names all priorities, and how it starts the name of an enabler.
const ALL_PRIORITIES: &str = "all thematic priorities";
const ENABLER: &str = "enabler: ";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GoalRow {
    former: String,
    name: String,
    disposition: String,
    new: Vec<String>,
    rationale: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TargetRow {
    former: String,
    disposition: String,
    new: Option<String>,
    rationale: Option<String>,
    note: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QuoteRow {
    code: String,
    quoted: String,
}

/// The new elements a former one can live on in.
#[derive(Default)]
pub(super) struct New {
    pub(super) goals: Codes,
    pub(super) targets: Codes,
    pub(super) priorities: Vec<ElementId>,
    pub(super) enablers: Codes,
}

/// What became of the former elements: for each former code the type and the new codes.
#[derive(Default)]
pub(super) struct Mapped {
    pub(super) goals: BTreeMap<String, Vec<String>>,
    pub(super) targets: BTreeMap<String, (&'static str, Vec<String>)>,
}

impl Mapped {
    /// Former targets of that type.
    pub(super) fn count(&self, of: &str) -> usize {
        self.targets.values().filter(|(kind, _)| *kind == of).count()
    }
}

/// Makes the dispositions and quotes.
pub(super) fn convert(source: &mut Source, former: &PlanView, new: &New, b: &mut Builder) -> Mapped {
    let mut mapped = Mapped::default();
    goals(source, former, new, &mut mapped, b);
    let quotes = targets(source, former, new, &mut mapped, b);
    for At { pointer, item: quote } in source.list::<QuoteRow>("former_target_quotes") {
        let Some((disposition, of)) = quotes.get(&quote.code) else {
            source.problem(
                format!("{pointer}/code"),
                format!("no disposition is of the target {:?}", quote.code),
            );
            continue;
        };
        let of = Quotation {
            plan: former.id.clone(),
            element: of.clone(),
            field: "statement".to_owned(),
            seq: ADOPTED_IMPORT_SEQ,
        };
        b.add("quote", &quote.code, Some(disposition))
            .text("as_printed", quote.quoted.as_str())
            .field("of", Value::Quotation(of));
    }
    mapped
}

fn goals(source: &mut Source, former: &PlanView, new: &New, mapped: &mut Mapped, b: &mut Builder) {
    for At { pointer, item: row } in source.list::<GoalRow>("former_goal_dispositions") {
        let Some(goal) = former_element(source, former, "goal", &row.former, &pointer) else { continue };
        if goal.label("en") != row.name {
            let says = format!("the former goal {} is {:?}", row.former, goal.label("en"));
            source.problem(format!("{pointer}/name"), says);
        }
        let Some(kind) = kind_of(source, &row.disposition, &pointer) else { continue };
        let id = b
            .add("disposition", &format!("goal/{}", row.former), None)
            .text("rationale", row.rationale.as_deref())
            .field("former", reference(former, goal))
            .field("type", kind)
            .inferred(["type"])
            .id();
        for (at, name) in row.new.iter().enumerate() {
            let place = format!("{pointer}/new/{at}");
            let becomes = match (name.as_str(), name.strip_prefix(ENABLER)) {
                (ALL_PRIORITIES, _) => new.priorities.clone(),
                (_, Some(enabler)) => find(source, &new.enablers, enabler, &place).into_iter().collect(),
                (code, None) => find(source, &new.goals, code, &place).into_iter().collect(),
            };
            for to in becomes {
                b.link("becomes", &id, &to);
            }
        }
        mapped.goals.insert(format!("{} {}", row.former, row.name), row.new);
    }
}

/// Makes the dispositions of targets.  Gives each with the former target, by its former code.
fn targets(
    source: &mut Source,
    former: &PlanView,
    new: &New,
    mapped: &mut Mapped,
    b: &mut Builder,
) -> BTreeMap<String, (ElementId, ElementId)> {
    let moved = source.one::<String>("moved_targets_lead_in");
    let dropped = source.one::<String>("dropped_targets_as_printed");
    let mut made = BTreeMap::new();
    for At { pointer, item: row } in source.list::<TargetRow>("former_target_dispositions") {
        let Some(target) = former_element(source, former, "target", &row.former, &pointer) else { continue };
        let Some(kind) = kind_of(source, &row.disposition, &pointer) else { continue };
        let as_printed = match kind {
            "moved_to_outcome" => moved.as_ref(),
            "dropped" => dropped.as_ref(),
            _ => None,
        };
        let added = b.add("disposition", &format!("target/{}", row.former), None);
        // The reason is the printed sentence with its slips mended; `as_printed` holds the sentence.
        let added = if row.rationale.is_some() { added.paraphrase() } else { added };
        let id = added
            .text("rationale", row.rationale.as_deref())
            .field("former", reference(former, target))
            .field("type", kind)
            .field("as_printed", as_printed)
            .field("note", row.note.as_ref())
            .inferred(["type"])
            .id();
        if let Some(code) = &row.new
            && let Some(to) = find(source, &new.targets, code, &format!("{pointer}/new"))
        {
            b.link("becomes", &id, &to);
        }
        made.insert(row.former.clone(), (id, target.id.clone()));
        mapped.targets.insert(row.former, (kind, row.new.into_iter().collect()));
    }
    made
}

/// Compares what a new goal says of the former ones with their dispositions.
pub(super) fn check_goals<'a>(
    source: &mut Source,
    mapped: &Mapped,
    goals: impl Iterator<Item = (&'a str, &'a str, &'a [String])>,
) {
    for (pointer, code, from) in goals {
        let said: Vec<&String> = mapped
            .goals
            .iter()
            .filter(|(_, new)| new.iter().any(|to| to == code))
            .map(|(from, _)| from)
            .collect();
        same(source, &format!("{pointer}/from_former_goals"), from, &said);
    }
}

/// Compares what a new target says of the former ones with their dispositions.
pub(super) fn check_targets<'a>(
    source: &mut Source,
    mapped: &Mapped,
    targets: impl Iterator<Item = (&'a str, &'a str, &'a [String])>,
) {
    for (pointer, code, from) in targets {
        let said: Vec<&String> = mapped
            .targets
            .iter()
            .filter(|(_, (_, new))| new.iter().any(|to| to == code))
            .map(|(from, _)| from)
            .collect();
        same(source, &format!("{pointer}/former"), from, &said);
    }
}

fn same(source: &mut Source, pointer: &str, given: &[String], said: &[&String]) {
    let mut given: Vec<&String> = given.iter().collect();
    given.sort();
    if given != said {
        source.problem(pointer, format!("is {given:?}, the dispositions say {said:?}"));
    }
}

/// The type of disposition that the source means; its names are our reading as well.
fn kind_of(source: &mut Source, name: &str, pointer: &str) -> Option<&'static str> {
    let kind = match name {
        "carried_into_target" => "carried_into",
        "split_into_goals" => "split",
        "merged_into_goal" => "merged",
        "moved_to_outcome" => "moved_to_outcome",
        "moved_to_thematic_priorities_and_enabler" => "moved_to_priority",
        "moved_to_enabler" => "moved_to_enabler",
        "dropped" => "dropped",
        _ => {
            source.problem(
                format!("{pointer}/disposition"),
                format!("{name:?} is no disposition this reader knows"),
            );
            return None;
        }
    };
    Some(kind)
}

fn former_element<'a>(
    source: &mut Source,
    former: &'a PlanView,
    kind: &str,
    code: &str,
    pointer: &str,
) -> Option<&'a ElementView> {
    let found = former.elements.iter().find(|e| e.kind.name() == kind && e.code.as_deref() == Some(code));
    if found.is_none() {
        source.problem(format!("{pointer}/former"), format!("{} has no {kind} {code:?}", former.id));
    }
    found
}

fn reference(former: &PlanView, element: &ElementView) -> Value {
    Value::Reference(Reference { plan: former.id.clone(), element: element.id.clone() })
}
