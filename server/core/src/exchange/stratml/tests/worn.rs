//! Files as they are found: each kind of wear that was seen in real ones, with what is said of it.

use plenary_protocol::plan::{ElementView, PlanView};

use super::super::read;
use super::taken;

fn texts<'a>(view: &'a PlanView, kind: &str) -> Vec<&'a str> {
    let of_kind = view.elements.iter().filter(|element| element.kind.name() == kind);
    of_kind
        .flat_map(|element| element.text.values().flat_map(|texts| texts.values()))
        .map(String::as_str)
        .collect()
}

fn one<'a>(view: &'a PlanView, kind: &str) -> &'a ElementView {
    view.elements
        .iter()
        .find(|element| element.kind.name() == kind)
        .unwrap_or_else(|| panic!("no {kind}: {view:?}"))
}

/// A file of Part 2 with one goal, one objective and one indicator, each with more in it.
fn part_2(goal: &str, objective: &str, indicator: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n\
         <PerformancePlanOrReport xmlns=\"urn:ISO:std:iso:17469:tech:xsd:PerformancePlanOrReport\" Type=\"Performance_Plan\">\n\
         <Name>Plan</Name><StrategicPlanCore>\n\
         <Goal><Name>G</Name><Description>D</Description>{goal}\n\
         <Objective><Name>O</Name>{objective}\n\
         <PerformanceIndicator><MeasurementDimension>M</MeasurementDimension><UnitOfMeasurement>u</UnitOfMeasurement>{indicator}\n\
         </PerformanceIndicator></Objective></Goal></StrategicPlanCore>\n\
         <AdministrativeInformation><Identifier>_plan</Identifier></AdministrativeInformation></PerformancePlanOrReport>"
    )
}

fn says(goal: &str, objective: &str, indicator: &str) -> (PlanView, Vec<String>) {
    let taken = taken(&part_2(goal, objective, indicator));
    (taken.view, taken.remarks.iter().map(ToString::to_string).collect())
}

#[test]
fn a_file_of_part_1_is_read_in_its_namespace_and_in_the_old_one() {
    let file = |namespace: &str| {
        format!(
            "<StrategicPlan xmlns=\"{namespace}\"><Name>Office\n  of Plans</Name><StrategicPlanCore>\
             <Organization><Name>An Office</Name><Acronym>AO</Acronym></Organization>\
             <Vision><Description>See</Description></Vision><Value><Name>Candour</Name></Value>\
             <Goal><Name>One</Name><Description>First</Description><Identifier>_a1</Identifier>\
             <SequenceIndicator>A</SequenceIndicator>\
             <Stakeholder StakeholderTypeType=\"Person\"><Name>Ann</Name></Stakeholder>\
             <Objective><Name>Do</Name><SequenceIndicator>A.1</SequenceIndicator></Objective></Goal></StrategicPlanCore>\
             <AdministrativeInformation><StartDate>2014-10-01Z</StartDate><EndDate>2018-09-30</EndDate>\
             <Submitter><GivenName>Owen</GivenName></Submitter></AdministrativeInformation></StrategicPlan>"
        )
    };
    let old = taken(&file("http://www.stratml.net"));
    let new = taken(&file("urn:ISO:std:iso:17469:tech:xsd:stratml_core"));
    assert_eq!(old.view, new.view);
    assert_eq!(old.remarks.len(), new.remarks.len() + 1);
    let view = new.view;
    assert_eq!((view.id.as_str(), view.title.as_str()), ("office-of-plans", "Office of Plans"));
    assert_eq!(view.plan["period_start"].to_string(), "2014-10-01");
    assert!(view.plan["note"].to_string().contains("An Office, AO"));
    let goal = one(&view, "goal");
    assert_eq!((goal.code.as_deref(), goal.fields["source"].to_string()), (Some("A"), "_a1".to_owned()));
    assert_eq!(goal.text["en"]["description"], "Stakeholder: Ann");
    assert_eq!(one(&view, "target").code.as_deref(), Some("A.1"));
    assert_eq!(one(&view, "target").own_code, None, "its place gives it");
    assert_eq!(texts(&view, "vision"), ["See"]);
    assert_eq!(texts(&view, "value"), ["Candour"]);
    let said: Vec<String> = new.remarks.iter().map(ToString::to_string).collect();
    assert!(said.iter().any(|said| said.contains("Submitter")), "{said:?}");
    assert!(
        old.remarks[0]
            .to_string()
            .starts_with("line 1, column 1: the namespace is \"http://www.stratml.net\"")
    );
}

#[test]
fn each_wear_is_repaired_and_told_with_its_place() {
    let cases: &[(&str, &str, &str, &str)] = &[
        (
            "<Identifier>{1-2 3}</Identifier>",
            "",
            "",
            "line 4, column 49: the Identifier \"{1-2 3}\" is no XML name",
        ),
        ("<Identifier></Identifier>", "", "", "the Identifier is empty"),
        ("<Identifier>_a</Identifier>", "<Identifier>_a</Identifier>", "", "stands in the file before"),
        (
            "<OtherInformation>x</OtherInformation><Identifier>_a</Identifier>",
            "",
            "",
            "Identifier stands out of sequence in Goal",
        ),
        (
            "<Stakeholder><Name>S</Name><Role><Name>R</Name><RoleType>Funder</RoleType></Role></Stakeholder>",
            "",
            "",
            "RoleType \"Funder\" is none of the schema",
        ),
        (
            "<Objectives><Objective><Name>P</Name></Objective></Objectives>",
            "",
            "",
            "Objectives is no container of the schema",
        ),
        ("<Owner>me</Owner>", "", "", "Goal has no Owner"),
        ("<Name>Again</Name>", "", "", "a second Name in Goal is left out"),
        ("<OtherInformation>R & D</OtherInformation>", "", "", "an & stands alone"),
        ("<OtherInformation>R&D; x</OtherInformation>", "", "", "&D; is no reference"),
        ("<OtherInformation>&#xD800;</OtherInformation>", "", "", "U+FFFD"),
        (
            "",
            "",
            "<MeasurementInstance><ActualResult><Description>d</Description><NumberOfUnits>7</NumberOfUnits></ActualResult></MeasurementInstance>",
            "NumberOfUnits stands out of sequence",
        ),
        (
            "",
            "",
            "<MeasurementInstance><TargetResult><NumberOfUnits>1,250 %</NumberOfUnits></TargetResult></MeasurementInstance>",
            "is read as 1250",
        ),
        (
            "",
            "",
            "<MeasurementInstance><TargetResult><NumberOfUnits>many</NumberOfUnits></TargetResult></MeasurementInstance>",
            "is no number",
        ),
        (
            "",
            "",
            "<Relationship><ReferentIdentifier>_nobody</ReferentIdentifier></Relationship>",
            "is no Identifier of the file",
        ),
        ("", "", "<Indicator/>", "PerformanceIndicator has no Indicator"),
        ("free words", "", "", "the text that stands in Goal itself"),
    ];
    for (goal, objective, indicator, expected) in cases {
        let (view, said) = says(goal, objective, indicator);
        assert!(said.iter().any(|said| said.contains(expected)), "{expected}: {said:?}");
        assert!(texts(&view, "goal").contains(&"G") && texts(&view, "target").contains(&"O"), "{expected}");
        assert!(texts(&view, "indicator").contains(&"M"), "{expected}");
    }
    let (_, said) = says("", "", "");
    assert_eq!(said, [""; 0], "a file without wear");
}

#[test]
fn words_without_a_place_are_kept_as_words() {
    let (view, _) = says(
        "<Stakeholder StakeholderTypeType=\"Organization\"><Name>Ann</Name><Role><Name>Chair</Name>\
         <RoleType>Performer</RoleType></Role></Stakeholder><OtherInformation>\n   R &amp; D\n   goes on\n</OtherInformation>",
        "<Stakeholder StakeholderTypeType=\"Organization\"><Name>TSB</Name></Stakeholder>",
        "<MeasurementInstance><Place><Name>Geneva</Name></Place><ActualResult><StartDate>2020-10-01</StartDate>\
         <EndDate>2021-09-30</EndDate><NumberOfUnits>7.5</NumberOfUnits><Descriptor><DescriptorName>sex</DescriptorName>\
         <DescriptorValue>women</DescriptorValue></Descriptor></ActualResult></MeasurementInstance>",
    );
    assert_eq!(
        one(&view, "goal").text["en"]["description"],
        "R & D\ngoes on\nStakeholder: Ann (Chair, Performer)"
    );
    assert_eq!(one(&view, "target").owner.map(|owner| owner.to_string()), Some("TSB".to_owned()));
    let reading = one(&view, "reading");
    let field = |name: &str| reading.fields[name].to_string();
    assert_eq!(
        (field("role"), field("value"), field("year")),
        ("actual".into(), "7.5".into(), "2021".into())
    );
    assert_eq!(
        (field("category"), field("note")),
        ("sex: women".into(), "Place: Geneva\n2020-10-01 to 2021-09-30".into())
    );
}

#[test]
fn an_old_attribute_and_a_missing_core_are_read() {
    let xml = "<PerformancePlanOrReport><Name>P</Name><Goal><Name>G</Name><Description/><Objective><Name>O</Name>\
               <PerformanceIndicator IndicatorType=\"Qualitative\"><MeasurementDimension>M</MeasurementDimension>\
               </PerformanceIndicator></Objective></Goal></PerformancePlanOrReport>";
    let taken = taken(xml);
    let said: Vec<String> = taken.remarks.iter().map(ToString::to_string).collect();
    assert_eq!(one(&taken.view, "indicator").fields["measurement"].to_string(), "qualitative");
    for expected in
        ["IndicatorType is of an old schema", "no StrategicPlanCore", "no namespace", "no id for the plan"]
    {
        assert!(said.iter().any(|said| said.contains(expected)), "{expected}: {said:?}");
    }
}

#[test]
fn relationships_become_links_and_the_same_file_the_same_plan() {
    let objective = "<PerformanceIndicator><MeasurementDimension>N</MeasurementDimension><UnitOfMeasurement/>\
                     <Identifier>_n</Identifier></PerformanceIndicator>";
    let indicator = "<Identifier>_m</Identifier><Relationship RelationshipType=\"Narrower_Than\">\
                     <ReferentIdentifier>_n</ReferentIdentifier><Name>by region</Name></Relationship>";
    let (view, said) = says("", objective, indicator);
    assert_eq!(said, [""; 0]);
    let [link] = &view.links[..] else { panic!("{:?}", view.links) };
    assert_eq!((link.kind.name(), link.note.as_str()), ("refers_to", "Narrower Than: by region"));
    assert_eq!(says("", objective, indicator).0, view);
    let prefixed = part_2("", objective, indicator)
        .replace("<", "<s:")
        .replace("<s:/", "</s:")
        .replace("<s:?", "<?")
        .replace("xmlns=", "xmlns:s=");
    assert_eq!(read(prefixed.as_bytes(), None).unwrap().view, view);
}
