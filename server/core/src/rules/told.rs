//! The findings of a plan and the table of rules as the API tells them.

use plenary_protocol::plan::Stage;
use plenary_protocol::wire::findings::{Finding, RuleView, RulesAnswer};

use super::finding::{Found, Names};
use super::settings::Settings;
use super::words::TABLE;

/// The table of rules.
pub fn rules() -> RulesAnswer {
    let rule = |row: &super::Row| RuleView {
        code: row.code.clone(),
        family: row.code.split('-').next().unwrap_or_default().to_owned(),
        severity: row.severity,
        blocks_from: row.blocks_from,
        says: row.says.clone(),
        resolve: row.resolve.clone(),
        principles: row.principles.clone(),
        criteria: row.criteria.clone(),
        compares: row.compares,
    };
    RulesAnswer { principles: TABLE.principles.clone(), rules: TABLE.rules.iter().map(rule).collect() }
}

/// Tells findings, the heaviest first, then by rule and in reading order; those of rules that are off
/// are not told.
pub fn tell_all<'a>(
    found: impl IntoIterator<Item = &'a Found>,
    names: &Names<'_>,
    stage: Stage,
    settings: &Settings,
) -> Vec<Finding> {
    let tell = |found: &Found| {
        let place = found.elements.first().map_or(0, |id| names.place(id));
        Some((found.rule, place, found.tell(names, stage, settings)?))
    };
    let mut told: Vec<(usize, usize, Finding)> = found.into_iter().filter_map(tell).collect();
    told.sort_by(|a, b| (b.2.severity, a.0, a.1).cmp(&(a.2.severity, b.0, b.1)));
    told.into_iter().map(|(.., finding)| finding).collect()
}
