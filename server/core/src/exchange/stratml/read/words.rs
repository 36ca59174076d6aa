//! What a file of others says in words that have no field here: kept as words.

use std::collections::BTreeMap;

use plenary_limits::SCALAR_BYTES_MAX;
use plenary_protocol::plan::Value;

use super::parts::{self, Parts};
use super::tree::Node;
use super::{Reader, joined};

impl Reader<'_> {
    /// What a file of others says of the plan in words: kept as its remark.
    pub(super) fn words_of_the_plan(
        &mut self,
        parts: &Parts<'_>,
        core: &Parts<'_>,
        plan: &mut BTreeMap<String, Value>,
        at: usize,
    ) {
        let mut words =
            vec![self.clean(&parts.text("Description")), self.clean(&parts.text("OtherInformation"))];
        for organization in core.all("Organization") {
            let parts = self.parts(organization, parts::ORGANIZATION);
            let said = ["Name", "Acronym", "Description"].map(|name| self.clean(&parts.text(name)));
            words.push(format!("Organization: {}", joined(&said, ", ")));
            words.extend(parts.all("Stakeholder").map(|node| self.stakeholder(node)));
        }
        let note =
            self.cut(&joined(&words, "\n"), SCALAR_BYTES_MAX, at, "what is said of the plan as a whole");
        if !note.is_empty() {
            plan.insert("note".into(), Value::Text(note));
        }
        if parts.first("Submitter").is_some() {
            self.remarks.add(at, "Submitter is left out: a plan here has no place for it".into());
        }
    }

    /// A stakeholder in words.
    pub(super) fn stakeholder(&mut self, node: &Node) -> String {
        let parts = self.parts(node, parts::STAKEHOLDER);
        self.attributes(node, &["StakeholderTypeType"]);
        let mut words = vec![self.clean(&parts.text("Name")), self.clean(&parts.text("Description"))];
        for role in parts.all("Role") {
            let parts = self.parts(role, parts::ROLE);
            let mut role = vec![self.clean(&parts.text("Name")), self.clean(&parts.text("Description"))];
            for free in parts.all("RoleType") {
                let said = free.content();
                if !["Performer", "Beneficiary"].contains(&said.trim()) {
                    let says = format!("RoleType {:?} is none of the schema; kept as words", said.trim());
                    self.remarks.add(free.at, says);
                }
                role.push(said.trim().to_owned());
            }
            words.push(format!("({})", joined(&role, ", ")));
        }
        format!("Stakeholder: {}", joined(&words, " "))
    }
}
