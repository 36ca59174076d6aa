//! Of the adopted plan: enablers, risks, criteria of implementation, links to other frameworks, glossary.

use std::collections::BTreeMap;

use plenary_protocol::Bureau;
use plenary_protocol::plan::file;
use serde::Deserialize;

use super::adopted::{Codes, find};
use super::build::Builder;
use super::source::{At, Source};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EnablerTable {
    table: String,
    owner: String,
    note: Option<String>,
    entries: Vec<EnablerRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EnablerRow {
    supports: Vec<String>,
    activity: String,
    contribution_to_outcomes: Vec<String>,
    results: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Risk {
    code: String,
    title: String,
    mitigation: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SdgLink {
    target: String,
    indicators: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Term {
    en: String,
    definition: String,
    fr: String,
    ru: String,
    es: String,
}

/// Makes them all.  Gives the note on the glossary.
pub(super) fn convert(
    source: &mut Source,
    objectives: &Codes,
    goals: &Codes,
    b: &mut Builder,
) -> Option<String> {
    enablers(source, objectives, b);
    risks(source, b);
    criteria(source, b);
    external(source, goals, b);
    glossary(source, b)
}

fn enablers(source: &mut Source, objectives: &Codes, b: &mut Builder) {
    // The note on all tables says which are near to the print; each table's own note goes with it.
    let note = source.one::<String>("enablers_note").unwrap_or_default();
    for At { pointer, item: table } in source.list::<EnablerTable>("enablers") {
        let owner = match table.owner.as_str() {
            "General Secretariat" => Some(Bureau::GS),
            name => name
                .parse::<Bureau>()
                .map_err(|e| source.problem(format!("{pointer}/owner"), e.to_string()))
                .ok(),
        };
        let note = table.note.as_ref().map_or(note.clone(), |own| format!("{note} {}: {own}.", table.table));
        for (index, row) in table.entries.iter().enumerate() {
            let all = row.supports.iter().any(|code| code == "*");
            let id = b
                .add("enabler", &format!("{}/{}", table.table, index + 1), None)
                .paraphrase()
                .owner(owner)
                .text("title", row.activity.as_str())
                .text("contribution", row.contribution_to_outcomes.join("\n").as_str())
                .text("results", row.results.join("\n").as_str())
                .field("table", &table.table)
                .field("supports_all", Some(all).filter(|all| *all))
                .field("note", &note)
                .id();
            for (at, code) in row.supports.iter().enumerate().filter(|(_, code)| *code != "*") {
                let place = format!("{pointer}/entries/{index}/supports/{at}");
                if let Some(objective) = find(source, objectives, code, &place) {
                    b.link("supports", &id, &objective);
                }
            }
        }
    }
}

fn risks(source: &mut Source, b: &mut Builder) {
    for At { pointer, item: risk } in source.list::<Risk>("risks") {
        let id = b.add("risk", &risk.code, None).printed(&risk.code).text("title", risk.title.as_str()).id();
        for (index, strategy) in risk.mitigation.iter().enumerate() {
            let Some((kind, title)) = strategy.split_once(": ") else {
                let says = "a strategy is printed as `<type>: <text>`";
                source.problem(format!("{pointer}/mitigation/{index}"), says);
                continue;
            };
            b.add("mitigation", &format!("{}/{}", risk.code, index + 1), Some(&id))
                .paraphrase()
                .text("title", title)
                .field("type", kind);
        }
    }
}

fn criteria(source: &mut Source, b: &mut Builder) {
    for At { item: title, .. } in source.list::<String>("implementation_criteria") {
        b.add("criterion", &title, None)
            .paraphrase()
            .text("title", title.as_str())
            .field("use", "implementation");
    }
}

fn external(source: &mut Source, goals: &Codes, b: &mut Builder) {
    for (code, links) in source.one::<BTreeMap<String, Vec<SdgLink>>>("sdg_links").unwrap_or_default() {
        let Some(goal) = find(source, goals, &code, &file::under("/sdg_links", &code)) else { continue };
        for link in links {
            b.add("external_link", &format!("{code}/SDG {}", link.target), Some(&goal))
                .field("framework", "SDG")
                .field("reference", &link.target)
                .field("indicators", link.indicators.as_slice())
                .field("role", "contributes");
        }
    }
    let roles = [
        ("sdg_custodian_indicators", "SDG", "custodian"),
        ("wsis_sole_facilitator_lines", "WSIS", "sole_facilitator"),
    ];
    for (section, framework, role) in roles {
        for At { item: reference, .. } in source.list::<String>(section) {
            b.add("external_link", &format!("{framework} {reference}"), None)
                .field("framework", framework)
                .field("reference", &reference)
                .field("role", role);
        }
    }
}

fn glossary(source: &mut Source, b: &mut Builder) -> Option<String> {
    for At { item: term, .. } in source.list::<Term>("glossary") {
        b.add("glossary_term", &term.en, None)
            .paraphrase()
            .text("title", term.en.as_str())
            .text("definition", term.definition.as_str())
            .text_in("es", "title", term.es.as_str())
            .text_in("fr", "title", term.fr.as_str())
            .text_in("ru", "title", term.ru.as_str());
    }
    source.one::<String>("glossary_note")
}
