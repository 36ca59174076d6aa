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

#[test]
fn what_hides_is_judged_in_the_text_and_not_in_its_runs() {
    let run = |text: &str, mark| Run { text: text.to_owned(), slot: None, strong: false, mark };
    let page = |runs: Vec<Run>| {
        let one = Paragraph { key: "a".into(), about: None, style: Style::Body, runs, end: Mark::Kept };
        let document = Document {
            title: "a".into(),
            lang: "en".into(),
            foot: String::new(),
            blocks: vec![Block::Paragraph(one)],
        };
        let word = docx::write(&document, &Hands::new()).unwrap();
        let word = crate::exchange::archive::unpack(&word, |name| name == "word/document.xml").unwrap();
        let word = String::from_utf8(word["word/document.xml"].clone()).unwrap();
        [html::write(&document, &Hands::new()), word]
    };
    let (came, gone) = (Mark::Inserted(Seq(2)), Mark::Deleted(Seq(2)));
    // An accent after its letter, whatever else was taken from between; joined letters of one word.
    let whole = [
        vec![run("caf", Mark::Kept), run("e", gone), run("e", came), run("\u{301}", Mark::Kept)],
        vec![run("e", Mark::Kept), run(" of", gone), run("\u{301}", came)],
        vec![run("\u{646}\u{645}\u{6cc}", Mark::Kept), run("\u{200c}", came), run("\u{62e}", Mark::Kept)],
    ];
    for page in whole.into_iter().flat_map(page) {
        assert!(!page.contains("U+"), "{page}");
    }
    // What hides in either text is shown, though its neighbours of the other text would excuse it.
    let hides = [
        vec![run("e", gone), run("\u{301}", came)],
        vec![run("e", came), run("\u{301}", gone)],
        vec![run("a", Mark::Kept), run("\u{202e}", came)],
    ];
    for page in hides.into_iter().flat_map(page) {
        assert_eq!(page.matches("U+").count(), 1, "{page}");
    }
}

#[test]
fn a_dropped_target_is_told_whoever_dropped_it() {
    let mut view = draft();
    let dropped = |element: &&mut ElementView| matches!(element.fields.get("type"), Some(Value::Text(is)) if is == "dropped");
    let goal = adopted().elements.into_iter().find(|element| element.kind.name() == "goal").unwrap();
    let mut found = view.elements.iter_mut().filter(dropped);
    let first = found.next().unwrap();
    first.fields.remove("as_printed");
    first.text.entry("en".to_owned()).or_default().insert("rationale".to_owned(), "nobody counts it".into());
    let mut of_goal = first.clone();
    of_goal.id = "dsp-goal".parse().unwrap();
    let Some(Value::Reference(former)) = of_goal.fields.get_mut("former") else { panic!("no reference") };
    former.element = goal.id.clone();
    view.elements.push(of_goal);
    view.elements = arrange(view.elements);
    let told = items(&information(&view));
    let told: Vec<&String> =
        told.iter().filter(|line| line.contains("(dropped: nobody counts it)")).collect();
    let [line] = told.as_slice() else { panic!("{told:?}") };
    assert!(line.starts_with("Target "), "{line}");
}
