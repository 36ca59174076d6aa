//! What is told: every element, whatever it stands under; what hides; what was dropped and why.

use plenary_protocol::plan::{ElementView, Kind, Value};

use super::*;

/// Adds an element like one of the plan, with a title or these fields.
fn add(view: &mut PlanView, kind: &str, id: &str, parent: Option<&str>, fields: &[(&str, &str)]) {
    let mut element: ElementView = view.elements[0].clone();
    element.id = id.parse().unwrap();
    element.kind = Kind::named(kind).unwrap();
    element.parent = parent.map(|parent| parent.parse().unwrap());
    element.own_code = None;
    element.text.clear();
    if fields.is_empty() {
        let title = [("title".to_owned(), format!("the title of {id}"))];
        element.text.insert("en".to_owned(), title.into());
    }
    let typed = |(name, text): &(&str, &str)| ((*name).to_owned(), Value::Text((*text).to_owned()));
    element.fields = fields.iter().map(typed).collect();
    view.elements.push(element);
}

#[test]
fn what_no_section_prints_stands_at_the_end() {
    let mut view = adopted();
    let outcome = view.elements.iter().find(|element| element.kind.name() == "outcome").unwrap().id.clone();
    add(&mut view, "operational_plan", "opp-1", None, &[]);
    add(&mut view, "output", "opt-1", Some("opp-1"), &[]);
    add(&mut view, "indicator", "ind-1", Some("opt-1"), &[]);
    add(&mut view, "indicator", "ind-2", Some(outcome.as_str()), &[]);
    add(&mut view, "disaggregation", "dag-1", Some("ind-2"), &[("dimension", "broken down in dag-1")]);
    for (id, parent) in [("rdg-1", "ind-1"), ("rdg-2", "ind-2"), ("rdg-3", "dag-1")] {
        let category = format!("read in {id}");
        add(&mut view, "reading", id, Some(parent), &[("role", "actual"), ("category", &category)]);
    }
    view.elements = arrange(view.elements);
    let document = Document::of(&view, None, Print::Plan);
    let page = html::write(&document, &Hands::new());
    for title in ["opp-1", "opt-1", "ind-1", "ind-2"].map(|id| format!("the title of {id}")) {
        assert!(page.contains(&title), "{title}");
    }
    for reading in ["rdg-1", "rdg-2", "rdg-3"].map(|id| format!("read in {id}")) {
        assert_eq!(page.matches(&reading).count(), 1, "{reading}");
    }
    assert!(page.contains("broken down in dag-1"));
    // What sections print is not listed again.
    let listed = |name: &str| {
        let mut tables = document.tables().filter(|table| table.key.starts_with(name));
        tables.next().map_or(0, |table| table.rows.len())
    };
    assert_eq!(["output/", "indicator/", "reading/", "goal/"].map(listed), [1, 1, 3, 0]);
}
