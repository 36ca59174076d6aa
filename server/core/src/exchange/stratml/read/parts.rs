//! What stands in an element, by name: out of sequence, in plural containers, once too often or unknown.

use std::collections::BTreeSet;

use super::Reader;
use super::tree::Node;

/// Children in the order of the schema; those that may stand several times end in `*`.
pub(super) type Sequence = &'static [&'static str];

pub(super) const PLAN: Sequence = &[
    "Name",
    "Description",
    "OtherInformation",
    "StrategicPlanCore",
    "AdministrativeInformation",
    "Submitter",
];
/// A plan whose core was forgotten.
pub(super) const BARE: Sequence = &[
    "Name",
    "Description",
    "OtherInformation",
    "Organization*",
    "Vision",
    "Mission",
    "Value*",
    "Goal*",
    "AdministrativeInformation",
    "Submitter",
];
pub(super) const CORE: Sequence = &["Organization*", "Vision", "Mission", "Value*", "Goal*"];
pub(super) const ORGANIZATION: Sequence = &["Name", "Acronym", "Identifier", "Description", "Stakeholder*"];
pub(super) const GUIDE: Sequence = &["Description", "Identifier"];
pub(super) const VALUE: Sequence = &["Name", "Description"];
pub(super) const GOAL: Sequence = &[
    "Name",
    "Description",
    "Identifier",
    "SequenceIndicator",
    "Stakeholder*",
    "OtherInformation",
    "Objective*",
];
pub(super) const OBJECTIVE: Sequence = &[
    "Name",
    "Description",
    "Identifier",
    "SequenceIndicator",
    "Stakeholder*",
    "OtherInformation",
    "PerformanceIndicator*",
];
pub(super) const STAKEHOLDER: Sequence = &["Name", "Description", "Role*"];
pub(super) const ROLE: Sequence = &["Name", "Description", "RoleType*"];
pub(super) const INDICATOR: Sequence = &[
    "SequenceIndicator",
    "MeasurementDimension",
    "UnitOfMeasurement",
    "Identifier",
    "Relationship*",
    "MeasurementInstance*",
    "OtherInformation",
];
pub(super) const RELATIONSHIP: Sequence = &["Identifier", "ReferentIdentifier*", "Name", "Description"];
pub(super) const INSTANCE: Sequence = &["Place", "TargetResult*", "ActualResult*"];
pub(super) const PLACE: Sequence = &["Name", "PlaceIdentifier"];
pub(super) const RESULT: Sequence = &["StartDate", "EndDate", "NumberOfUnits", "Descriptor", "Description"];
pub(super) const DESCRIPTOR: Sequence = &["DescriptorName", "DescriptorValue"];
/// Part 1 has the submitter in here.
pub(super) const ADMINISTRATION_1: Sequence =
    &["Identifier", "StartDate", "EndDate", "PublicationDate", "Source", "Submitter"];
pub(super) const ADMINISTRATION: Sequence =
    &["Identifier", "StartDate", "EndDate", "PublicationDate", "Source"];

/// Parts that hold no other elements.
const LEAVES: [&str; 18] = [
    "Name",
    "Description",
    "OtherInformation",
    "Acronym",
    "Identifier",
    "SequenceIndicator",
    "MeasurementDimension",
    "UnitOfMeasurement",
    "ReferentIdentifier",
    "StartDate",
    "EndDate",
    "PublicationDate",
    "Source",
    "NumberOfUnits",
    "DescriptorName",
    "DescriptorValue",
    "RoleType",
    "PlaceIdentifier",
];

/// What stands in an element.
pub(super) struct Parts<'n>(Vec<(&'static str, &'n Node)>);

/// What was met so far.
#[derive(Default)]
struct Met {
    /// The place in the sequence of what stands furthest down in it.
    furthest: usize,
    /// Names.
    names: BTreeSet<&'static str>,
}

impl<'n> Parts<'n> {
    /// The part of that name.
    pub(super) fn first(&self, name: &str) -> Option<&'n Node> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, node)| *node)
    }

    /// All parts of that name.
    pub(super) fn all(&self, name: &'static str) -> impl Iterator<Item = &'n Node> + use<'_, 'n> {
        self.0.iter().filter(move |(known, _)| *known == name).map(|(_, node)| *node)
    }

    /// The text of the part of that name; empty where there is none.
    pub(super) fn text(&self, name: &str) -> String {
        self.first(name).map(Node::content).unwrap_or_default()
    }
}

impl Reader<'_> {
    /// The parts of an element, with a remark for each that is not where or what the schema has.
    pub(super) fn parts<'n>(&mut self, node: &'n Node, sequence: Sequence) -> Parts<'n> {
        let mut parts = Parts(Vec::new());
        let mut met = Met::default();
        if !node.text.is_empty() {
            self.remarks.add(node.at, format!("the text that stands in {} itself is left out", node.name));
        }
        for child in &node.children {
            let singular = child.name.strip_suffix('s').unwrap_or_default();
            if place(sequence, &child.name).is_some() {
                self.part(node, child, sequence, &mut met, &mut parts);
            } else if place(sequence, singular).is_some() && !child.children.is_empty() {
                let says = format!("{} is no container of the schema; what it holds is taken", child.name);
                self.remarks.add(child.at, says);
                for inner in &child.children {
                    self.part(node, inner, sequence, &mut met, &mut parts);
                }
            } else {
                self.part(node, child, sequence, &mut met, &mut parts);
            }
        }
        parts
    }

    fn part<'n>(
        &mut self,
        above: &Node,
        child: &'n Node,
        sequence: Sequence,
        met: &mut Met,
        parts: &mut Parts<'n>,
    ) {
        let Some((index, name, is_many)) = place(sequence, &child.name) else {
            let (name, above) = (&child.name, &above.name);
            let says = match name.as_str() {
                "Submitter" => {
                    format!("{name} does not stand in {above}; left out, a plan has no place for it")
                }
                _ => format!("{above} has no {name}; it is left out with all it holds"),
            };
            self.remarks.add(child.at, says);
            return;
        };
        if index < met.furthest {
            let says = format!("{name} stands out of sequence in {}; taken all the same", above.name);
            self.remarks.add(child.at, says);
        }
        met.furthest = index.max(met.furthest);
        if !met.names.insert(name) && !is_many {
            self.remarks.add(child.at, format!("a second {name} in {} is left out", above.name));
            return;
        }
        if LEAVES.contains(&name) {
            if !child.children.is_empty() {
                self.remarks.add(child.at, format!("{name} holds elements; their words are taken"));
            }
            self.attributes(child, &[]);
        }
        parts.0.push((name, child));
    }

    /// Says which attributes of an element are left out.
    pub(super) fn attributes(&mut self, node: &Node, known: &[&str]) {
        for (name, _) in &node.attributes {
            if !known.contains(&name.as_str()) && !["lang", "space", "base"].contains(&name.as_str()) {
                let shown: String = name.chars().take(40).collect();
                self.remarks.add(node.at, format!("the attribute {shown} of {} is left out", node.name));
            }
        }
    }
}

/// Where in a sequence a name stands, and whether several may.
fn place(sequence: Sequence, name: &str) -> Option<(usize, &'static str, bool)> {
    let known = sequence.iter().position(|known| known.trim_end_matches('*') == name)?;
    let is_many = sequence[known].ends_with('*');
    Some((known, sequence[known].trim_end_matches('*'), is_many))
}
