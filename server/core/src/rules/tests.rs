mod bounds;
mod cases;
mod golden;
mod past;
mod property;
mod stage;

use std::sync::Arc;

use plenary_protocol::plan::{PlanView, file};
use plenary_protocol::wire::findings::Finding;

use super::*;

/// The plan adopted in 2018.
pub fn adopted() -> PlanView {
    file::read(include_bytes!("../../plans/itu-sp-2020-2023.json")).unwrap()
}

/// The Secretariat's draft.
pub fn draft() -> PlanView {
    file::read(include_bytes!("../../plans/itu-sp-2024-2027-draft.json")).unwrap()
}

/// The plan before, as the rules look at it.
pub fn former(view: &PlanView) -> Arc<Former> {
    Arc::new(Former { plan: view.id.clone(), facts: Facts::of(view, Voices::default()) })
}

/// Every finding of a plan, told.
pub fn findings(view: &PlanView, before: Option<&PlanView>) -> Vec<Finding> {
    let checker = Checker::of(view, Voices::default(), before.map(former));
    tell_all(checker.findings(), &Names::of(view, before), view.stage, &Settings::default())
}

#[test]
fn every_rule_of_the_table_is_looked_at_and_no_other() {
    for row in &TABLE.rules {
        assert!(RULES.iter().any(|rule| TABLE.rules[rule.row].code == row.code), "{} has no check", row.code);
        let known = |number: &u8| TABLE.principles.iter().any(|principle| principle.number == *number);
        assert!(row.principles.iter().all(known), "{}", row.code);
    }
    let families = [
        purpose::CHECKS,
        results::CHECKS,
        smart::CHECKS,
        mapping::CHECKS,
        overlaps::CHECKS,
        breakdowns::CHECKS,
        money::CHECKS,
        guidance::CHECKS,
        numbering::CHECKS,
        presence::CHECKS,
    ];
    let checks = families.concat();
    assert_eq!(checks.len(), RULES.len(), "each check has a row");
}
