//! Indicators, their breakdowns and their readings.

use plenary_protocol::plan::{ElementView, Kind, Value};

use super::super::information::Lines;
use super::super::line;
use super::Writer;

/// Fields of a reading that `MeasurementInstance` says.
const SAID_OF_READINGS: [&str; 4] = ["role", "value", "year", "category"];

impl<'a> Writer<'a> {
    /// An indicator of an element of a kind, and after it its breakdowns.
    pub(super) fn indicator(&mut self, element: &'a ElementView, of: Kind) {
        let stage = if of.name() == "output" { "Output" } else { "Outcome" };
        let mut attributes = vec![("ValueChainStage", stage)];
        match text_field(element, "measurement") {
            "" => {}
            "qualitative" => attributes.push(("PerformanceIndicatorType", "Qualitative")),
            _ => attributes.push(("PerformanceIndicatorType", "Quantitative")),
        }
        let title = self.text(element, "title");
        self.xml.open("PerformanceIndicator", &attributes);
        self.leaf_unless_empty("SequenceIndicator", element.code.as_deref().unwrap_or_default());
        self.xml.leaf("MeasurementDimension", title);
        self.xml.leaf("UnitOfMeasurement", text_field(element, "unit"));
        self.xml.leaf("Identifier", element.id.as_str());
        for reading in self.under(&element.id, &["reading"]) {
            self.reading(reading);
        }
        let mut lines = Lines::default();
        self.owner(element, &mut lines);
        self.texts(element, &["title"], &mut lines);
        self.fields(element, &["unit"], &mut lines);
        self.relations(element, &mut lines);
        self.leaf_unless_empty("OtherInformation", lines.as_str());
        self.xml.close();
        for breakdown in self.under(&element.id, &["disaggregation"]) {
            self.breakdown(breakdown, element, &attributes);
        }
    }

    fn owner(&self, element: &'a ElementView, lines: &mut Lines) {
        if let Some(owner) = element.owner {
            lines.text(line::OWNER, owner.as_str());
        }
    }

    /// A breakdown: an indicator for each of its categories, the first of which says what it is.
    fn breakdown(&mut self, element: &'a ElementView, of: &'a ElementView, attributes: &[(&str, &str)]) {
        let categories: Vec<&str> = match element.fields.get("categories") {
            Some(Value::Set(categories)) => categories.iter().map(String::as_str).collect(),
            _ => vec![""],
        };
        let readings = self.under(&element.id, &["reading"]);
        let category_of = |reading: &ElementView| {
            let category = text_field(reading, "category");
            categories.iter().position(|known| *known == category).unwrap_or(0)
        };
        for (index, category) in categories.iter().enumerate() {
            self.xml.open("PerformanceIndicator", attributes);
            let (title, dimension) = (self.text(of, "title"), text_field(element, "dimension"));
            let parts = [title, dimension, category];
            let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
            self.xml.leaf("MeasurementDimension", &parts.join(", "));
            self.xml.leaf("UnitOfMeasurement", text_field(of, "unit"));
            let number = if index == 0 { String::new() } else { format!("_{}", index + 1) };
            self.xml.leaf("Identifier", &format!("{}{number}", element.id));
            self.xml.open("Relationship", &[("RelationshipType", "Narrower_Than")]);
            self.xml.leaf("ReferentIdentifier", of.id.as_str());
            self.xml.close();
            for reading in readings.iter().filter(|reading| category_of(reading) == index) {
                self.reading(reading);
            }
            let mut lines = Lines::default();
            lines.text(line::KIND, element.kind.name());
            match index {
                0 => {
                    self.owner(element, &mut lines);
                    self.fields(element, &[], &mut lines);
                    self.relations(element, &mut lines);
                }
                _ => {
                    lines.text(line::PART_OF, element.id.as_str());
                    lines.text(line::CATEGORY, category);
                }
            }
            self.leaf_unless_empty("OtherInformation", lines.as_str());
            self.xml.close();
        }
    }

    fn reading(&mut self, element: &'a ElementView) {
        let role = text_field(element, "role");
        self.xml.open("MeasurementInstance", &[]);
        self.xml.open(if role == "target" { "TargetResult" } else { "ActualResult" }, &[]);
        if let Some(year) = element.fields.get("year") {
            self.xml.leaf("StartDate", &format!("{year}-01-01"));
            self.xml.leaf("EndDate", &format!("{year}-12-31"));
        }
        if let Some(value) = element.fields.get("value") {
            self.xml.leaf("NumberOfUnits", &value.to_string());
        }
        let category = text_field(element, "category");
        if !category.is_empty() {
            self.xml.open("Descriptor", &[]);
            self.xml.leaf("DescriptorName", line::CATEGORY);
            self.xml.leaf("DescriptorValue", category);
            self.xml.close();
        }
        let mut lines = Lines::default();
        lines.text(line::ID, element.id.as_str());
        match role {
            "target" | "actual" => {}
            "" => lines.text(line::ROLE, "none"),
            role => lines.text(line::ROLE, role),
        }
        self.owner(element, &mut lines);
        self.fields(element, &SAID_OF_READINGS, &mut lines);
        self.xml.leaf("Description", lines.as_str());
        self.xml.close();
        self.xml.close();
    }
}

/// A field that holds a text; empty where there is none.
fn text_field<'a>(element: &'a ElementView, name: &str) -> &'a str {
    match element.fields.get(name) {
        Some(Value::Text(text)) => text,
        _ => "",
    }
}
