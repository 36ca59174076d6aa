//! Of the draft: thematic priorities, outcomes, offerings and enablers, as far as they are named.

use plenary_protocol::plan::Value;
use plenary_protocol::{Bureau, ElementId};
use serde::Deserialize;

use super::adopted::{Codes, find};
use super::build::{Added, Builder};
use super::mapping::New;
use super::source::Source;

/// Kinds of which the document names some by example.
pub(super) const INCOMPLETE: [&str; 4] = ["enabler", "offering", "outcome", "priority"];

/// Where the Sector is certain: kind, title, Bureau, contributing Sector where the title names one.
const OWNERS: [(&str, &str, Bureau, Option<&str>); 4] = [
    (
        "outcome",
        "Radio-frequency spectrum and associated satellite orbital resources are efficiently and equitably allocated and used",
        Bureau::BR,
        None,
    ),
    ("outcome", "Harmful interferences are avoided", Bureau::BR, None),
    ("offering", "Regular updates of the Radio Regulations and Regional Agreements", Bureau::BR, None),
    ("offering", "International standards known as ITU-T Recommendations", Bureau::TSB, Some("ITU-T")),
];
/// Why an enabler is new, in the words of section 3.4 of the document.
const NEW: [(&str, &str); 1] = [(
    "regional presence",
    "To respond to membership requests to highlight ITU's regional role, Enablers were also widened to include one focused on Regional Presence.",
)];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Priorities {
    complete: bool,
    note: String,
    items: Vec<Priority>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Priority {
    title: String,
    outcomes: Vec<String>,
    contributes_to_goals: Vec<String>,
    offerings: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Enablers {
    complete: bool,
    items: Vec<String>,
}

/// Makes the priorities with their outcomes and offerings.
pub(super) fn priorities(source: &mut Source, new: &mut New, b: &mut Builder) {
    let Some(printed) = source.one::<Priorities>("thematic_priorities") else { return };
    complete(source, "/thematic_priorities/complete", printed.complete);
    let mut offerings = Codes::new();
    for (index, priority) in printed.items.iter().enumerate() {
        let id = b.add("priority", &priority.title, None).text("title", priority.title.as_str());
        let id = id.field("note", &printed.note).id();
        for title in &priority.outcomes {
            let added = b.add("outcome", title, Some(&id)).text("title", title.as_str());
            owned("outcome", title, added, &[]);
        }
        for (at, code) in priority.contributes_to_goals.iter().enumerate() {
            let place = format!("/thematic_priorities/items/{index}/contributes_to_goals/{at}");
            if let Some(goal) = find(source, &new.goals, code, &place) {
                b.link("contributes_to", &id, &goal).note =
                    "our reading: the document links the outcomes".to_owned();
            }
        }
        for title in &priority.offerings {
            // One offering may be deployed for several priorities; it stands once.
            let known = offerings.get(title).cloned();
            let offering = known.unwrap_or_else(|| {
                let added = b.add("offering", title, None).our_reading().text("title", title.as_str());
                owned("offering", title, added, &["title"])
            });
            b.link("delivers", &offering, &id);
            offerings.insert(title.clone(), offering);
        }
        new.priorities.push(id);
    }
}

/// Gives an element to the Bureau whose Sector is certain, as our reading.
fn owned(kind: &str, title: &str, added: Added<'_>, inferred: &[&str]) -> ElementId {
    let owner = OWNERS.iter().find(|(of, name, ..)| *of == kind && *name == title);
    let inferred = inferred.iter().copied().chain(owner.map(|_| "owner"));
    let Some((.., bureau, sector)) = owner else { return added.inferred(inferred).id() };
    let sectors = sector.map(|sector| Value::Set([sector.to_owned()].into()));
    added.inferred(inferred).owner(Some(*bureau)).field("sectors", sectors).id()
}

/// Makes the enablers; the document says they support everything.
pub(super) fn enablers(source: &mut Source, new: &mut New, b: &mut Builder) {
    let Some(printed) = source.one::<Enablers>("enablers") else { return };
    complete(source, "/enablers/complete", printed.complete);
    for title in printed.items {
        let reason = NEW.iter().find(|(new, _)| *new == title).map(|(_, reason)| *reason);
        let added = b.add("enabler", &title, None).text("title", title.as_str()).field("supports_all", true);
        let id = added.text("without_predecessor", reason).id();
        new.enablers.insert(title, id);
    }
}

/// The plan says of which kinds it prints only a part; a source that is complete says otherwise.
fn complete(source: &mut Source, pointer: &str, complete: bool) {
    if complete {
        source
            .problem(pointer, format!("is true; this reader takes {} as incomplete", INCOMPLETE.join(", ")));
    }
}
