//! Performance indicators, what they are broken down to, and their readings.

use std::collections::BTreeMap;

use plenary_limits::SCALAR_BYTES_MAX;
use plenary_protocol::ElementId;
use plenary_protocol::plan::{FieldType, Kind, LinkKind, Value};

use super::super::{information, line};
use super::lines::said;
use super::parts::{self, Parts};
use super::tree::Node;
use super::{Draft, LinkDraft, Reader, blank, joined};

impl Reader<'_> {
    /// The indicators of an objective; of our own files some are breakdowns of one before.
    pub(super) fn indicators(&mut self, nodes: &[&Node], parent: &ElementId, language: &str) {
        let mut last = None;
        for node in nodes {
            let parts = self.parts(node, parts::INDICATOR);
            let text = parts.text("OtherInformation");
            let lines = if self.is_ours { information::parse(&text) } else { Vec::new() };
            match (said(&lines, line::KIND), &last) {
                (Some("disaggregation"), Some(indicator)) => {
                    self.breakdown(node, &parts, &lines, indicator, language);
                }
                _ => last = self.indicator(node, &parts, parent, language),
            }
        }
    }

    fn indicator(
        &mut self,
        node: &Node,
        parts: &Parts<'_>,
        parent: &ElementId,
        language: &str,
    ) -> Option<ElementId> {
        let mut draft = self.draft(Kind::named("indicator")?, Some(parent), parts, node.at);
        let dimension = self.clean(&parts.text("MeasurementDimension"));
        self.write(&mut draft, language, "title", &dimension);
        let unit = self.clean(&parts.text("UnitOfMeasurement"));
        let unit = self.cut(&unit, SCALAR_BYTES_MAX, node.at, "UnitOfMeasurement");
        if !unit.is_empty() {
            draft.view.fields.insert("unit".into(), Value::Text(unit));
        }
        self.information(&mut draft, &parts.text("OtherInformation"), language);
        self.kind_of_measure(node, &mut draft, language);
        self.require_title(&mut draft, language);
        let id = draft.view.id.clone();
        self.elements.push(draft);
        for relationship in parts.all("Relationship") {
            self.relationship(relationship, &id);
        }
        self.instances(parts, &id);
        Some(id)
    }

    fn kind_of_measure(&mut self, node: &Node, draft: &mut Draft, language: &str) {
        self.attributes(node, &["ValueChainStage", "PerformanceIndicatorType", "IndicatorType"]);
        let old = node.attribute("IndicatorType");
        if old.is_some() {
            let says = "the attribute IndicatorType is of an old schema; read as PerformanceIndicatorType";
            self.remarks.add(node.at, says.into());
        }
        let is_qualitative = node.attribute("PerformanceIndicatorType").or(old) == Some("Qualitative");
        if is_qualitative && !draft.view.fields.contains_key("measurement") {
            draft.view.fields.insert("measurement".into(), Value::Text("qualitative".into()));
        }
        if let Some(stage) = node.attribute("ValueChainStage").filter(|_| !self.is_ours) {
            let words = vec![format!("Value chain stage: {}", stage.replace('_', " "))];
            self.words(draft, words, language);
        }
    }

    /// A relationship to another element of the file, as a link with what it is said to be.
    fn relationship(&mut self, node: &Node, from: &ElementId) {
        let parts = self.parts(node, parts::RELATIONSHIP);
        self.attributes(node, &["RelationshipType"]);
        let Some(kind) = LinkKind::named("refers_to") else { return };
        let words = [
            node.attribute("RelationshipType").unwrap_or_default().replace('_', " "),
            self.clean(&parts.text("Name")),
            self.clean(&parts.text("Description")),
        ];
        let mut count = 0;
        for referent in parts.all("ReferentIdentifier") {
            let (to, note) = (referent.content().trim().to_owned(), joined(&words, ": "));
            let (from, fields) = (from.clone(), BTreeMap::new());
            self.links.push(LinkDraft { kind, id: None, from, to, note, fields, at: referent.at });
            count += 1;
        }
        if count == 0 {
            self.remarks.add(node.at, "a Relationship without ReferentIdentifier is left out".into());
        }
    }

    /// A category of a breakdown; the first says what it is, the further ones bring readings.
    fn breakdown(
        &mut self,
        node: &Node,
        parts: &Parts<'_>,
        lines: &[(&str, &str)],
        indicator: &ElementId,
        language: &str,
    ) {
        let before = said(lines, line::PART_OF).and_then(|id| self.named.get(id)).cloned();
        if let Some(first) = before {
            self.instances(parts, &first);
            return;
        }
        let Some(kind) = Kind::named("disaggregation") else { return };
        let mut draft = self.draft(kind, Some(indicator), parts, node.at);
        self.information(&mut draft, &parts.text("OtherInformation"), language);
        let id = draft.view.id.clone();
        self.elements.push(draft);
        self.instances(parts, &id);
    }

    fn instances(&mut self, parts: &Parts<'_>, of: &ElementId) {
        for instance in parts.all("MeasurementInstance") {
            let inner = self.parts(instance, parts::INSTANCE);
            let place = inner.first("Place").map(|place| {
                let parts = self.parts(place, parts::PLACE);
                joined(&[self.clean(&parts.text("Name")), self.clean(&parts.text("PlaceIdentifier"))], " ")
            });
            for (name, role) in [("TargetResult", "target"), ("ActualResult", "actual")] {
                for result in inner.all(name) {
                    self.reading(result, of, role, place.as_deref());
                }
            }
        }
    }

    fn reading(&mut self, node: &Node, of: &ElementId, role: &str, place: Option<&str>) {
        let parts = self.parts(node, parts::RESULT);
        self.attributes(node, &[]);
        let Some(kind) = Kind::named("reading") else { return };
        let text = parts.text("Description");
        let lines = if self.is_ours { information::parse(&text) } else { Vec::new() };
        let id = self.id_of_line(kind.spec().prefix, said(&lines, line::ID).unwrap_or_default());
        let mut draft =
            Draft { view: blank(id, kind, Some(of.clone())), at: node.at, sequence: String::new() };
        match said(&lines, line::ROLE) {
            Some("none") => {}
            told => _ = set(&mut draft, "role", told.unwrap_or(role)),
        }
        self.information(&mut draft, &text, "en");
        let mut words: Vec<String> = place.map(|place| format!("Place: {place}")).into_iter().collect();
        self.units(&parts, &mut draft, &mut words);
        self.year(&parts, &mut draft, &mut words);
        self.category(&parts, &mut draft);
        if let Some(Value::Text(note)) = draft.view.fields.get("note") {
            words.insert(0, note.clone());
        }
        self.words(&mut draft, words, "en");
        self.elements.push(draft);
    }

    /// The value; a number that is written for people is read as one, other words are kept as such.
    fn units(&mut self, parts: &Parts<'_>, draft: &mut Draft, words: &mut Vec<String>) {
        let text = parts.text("NumberOfUnits");
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        let plain: String = text.chars().filter(|it| !it.is_whitespace() && !",%".contains(*it)).collect();
        match (number(text), number(&plain)) {
            (Some(value), _) => _ = draft.view.fields.insert("value".into(), value),
            (None, Some(value)) => {
                self.remarks.add(draft.at, format!("NumberOfUnits {text:?} is read as {plain}"));
                draft.view.fields.insert("value".into(), value);
            }
            (None, None) => {
                self.remarks.add(draft.at, format!("NumberOfUnits {text:?} is no number; kept as words"));
                words.push(text.to_owned());
            }
        }
    }

    /// The year that the result is of; a period that is no year is kept in words too.
    fn year(&mut self, parts: &Parts<'_>, draft: &mut Draft, words: &mut Vec<String>) {
        let [start, end] = ["StartDate", "EndDate"].map(|name| parts.text(name).trim().to_owned());
        if start.is_empty() && end.is_empty() {
            return;
        }
        let last = if end.is_empty() { &start } else { &end };
        let year = last.get(..4).and_then(|year| year.parse().ok()).map(Value::Int);
        match year.map(|year| FieldType::Year.check(&year)) {
            Some(Ok(year)) => {
                let is_whole = start == format!("{year}-01-01") && end == format!("{year}-12-31");
                draft.view.fields.insert("year".into(), year);
                if is_whole {
                    return;
                }
            }
            _ => self.remarks.add(draft.at, format!("{last:?} is no date; kept as words")),
        }
        words.push(joined(&[start, end], " to "));
    }

    fn category(&mut self, parts: &Parts<'_>, draft: &mut Draft) {
        let Some(descriptor) = parts.first("Descriptor") else { return };
        let parts = self.parts(descriptor, parts::DESCRIPTOR);
        let [name, value] = ["DescriptorName", "DescriptorValue"].map(|name| self.clean(&parts.text(name)));
        let category = if name == line::CATEGORY { value } else { joined(&[name, value], ": ") };
        let category = self.cut(&category, SCALAR_BYTES_MAX, draft.at, "the Descriptor");
        if !category.is_empty() {
            draft.view.fields.insert("category".into(), Value::Text(category));
        }
    }
}

/// A vocabulary's word as a field, where it is of the vocabulary.
fn set(draft: &mut Draft, name: &str, word: &str) -> Option<()> {
    let value = draft.view.kind.field(name)?.ty.check(&Value::Text(word.to_owned())).ok()?;
    draft.view.fields.insert(name.to_owned(), value);
    Some(())
}

fn number(text: &str) -> Option<Value> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.".contains(&byte));
    let value = text.parse().map(Value::Int).or_else(|_| text.parse().map(Value::Number)).ok()?;
    FieldType::Number.check(&value).ok().filter(|_| is_plain)
}
