//! Display codes as of then and now, with as few views as will do.

use std::collections::BTreeMap;
use std::sync::Arc;

use plenary_limits::{EVENTS_PER_PAGE_MAX, VIEWS_PER_ANSWER_MAX};
use plenary_protocol::plan::codes::arrange;
use plenary_protocol::plan::kinds::Kind;
use plenary_protocol::plan::{ElementView, PlanView};

use super::*;

/// The plan after an entry, out of the rows: the order of siblings is that of their ids.
fn view(log: &Log, seq: Seq) -> Arc<PlanView> {
    let mut elements: BTreeMap<ElementId, ElementView> = BTreeMap::new();
    for row in log.0.iter().filter(|event| event.seq <= seq).flat_map(EventView::edits) {
        let Some(kind) = Kind::named(&row.kind) else { continue };
        let element = elements.entry(row.element.clone()).or_insert_with(|| ElementView {
            id: row.element.clone(),
            kind,
            code: None,
            own_code: None,
            parent: None,
            order: String::new(),
            owner: None,
            removed: false,
            text: BTreeMap::new(),
            concurrent: BTreeMap::new(),
            fields: BTreeMap::new(),
        });
        match (row.op, &row.to) {
            (RowOp::Add | RowOp::Move, Some(Value::Text(parent))) => element.parent = parent.parse().ok(),
            (RowOp::Remove, _) => element.removed = true,
            (RowOp::Restore, _) => element.removed = false,
            _ => {}
        }
    }
    Arc::new(PlanView {
        schema: String::new(),
        id: id("plan").as_str().parse().unwrap(),
        title: String::new(),
        stage: Stage::Council,
        seq,
        at: String::new(),
        document: String::new(),
        plan: BTreeMap::new(),
        concurrent: BTreeMap::new(),
        elements: arrange(elements.into_values().collect()),
        links: Vec::new(),
    })
}

/// Entry, element, code then and code now of each revision; and the views it took.
fn annotated(log: &Log, filter: &Filter) -> (Vec<String>, Vec<u64>) {
    let page = Page { after: None, limit: EVENTS_PER_PAGE_MAX, newest_first: false };
    let mut told = log.page(filter, page);
    let index = log.index();
    let now = view(log, log.0.last().unwrap().seq);
    let mut asked = Vec::new();
    annotate(&mut told.revisions, index.structure(), &now, &mut |seq| {
        asked.push(seq.0);
        view(log, seq)
    });
    let line = |told: &Revision| {
        let shown = |code: &Option<String>| code.clone().unwrap_or("-".into());
        let element = told.element.as_ref().unwrap();
        format!("{} {element} {} {}", told.last, shown(&told.code), shown(&told.code_now))
    };
    (told.revisions.iter().map(line).collect(), asked)
}

#[test]
fn a_code_is_that_of_then_and_views_are_few() {
    let log = Log::default()
        .change([add("goal-1", "")])
        .change([add("goal-2", ""), add("target-1", "goal-2")])
        .change([add("comment-1", "target-1")])
        .change([set("target-1", "year", 1, 2)])
        .because("a")
        .change([row(RowOp::Remove, "goal-1", "removed")])
        .change([set("target-1", "year", 2, 3)])
        .because("b");
    let codes_of_views = view(&log, Seq(4)).elements.iter().map(|e| e.code.clone()).collect::<Vec<_>>();
    assert!(codes_of_views.contains(&Some("2.1".to_owned())), "{codes_of_views:?}");
    let (lines, asked) = annotated(&log, &Filter::default());
    let expected = [
        "1 goal-1 1 -",
        "2 goal-2 2 1",
        "2 target-1 2.1 1.1",
        "3 comment-1 - -",
        "4 target-1 2.1 1.1",
        "5 goal-1 1 -",
        "6 target-1 1.1 -",
    ];
    assert_eq!(lines, expected);
    // Entries 5 and 6 are as today; a comment changes no code.
    assert_eq!(asked, [2, 1]);
}

#[test]
fn what_is_under_a_removed_element_keeps_its_last_code() {
    let log = Log::default()
        .change([add("goal-1", ""), add("target-1", "goal-1"), add("indicator-1", "target-1")])
        .change([row(RowOp::Remove, "goal-1", "removed")])
        .change([row(RowOp::Remove, "target-1", "removed")])
        .change([set("indicator-1", "year", 1, 2)])
        .change([row(RowOp::Restore, "target-1", "removed"), row(RowOp::Restore, "goal-1", "removed")]);
    let filter = Filter { from_seq: Some(Seq(2)), to_seq: Some(Seq(4)), ..Filter::default() };
    let (lines, asked) = annotated(&log, &filter);
    let code = view(&log, Seq(1)).element(&id("indicator-1")).unwrap().code.clone().unwrap();
    let expected =
        ["2 goal-1 1 -".to_owned(), "3 target-1 1.1 -".to_owned(), format!("4 indicator-1 {code} -")];
    assert_eq!(lines, expected);
    assert_eq!(asked, [3, 2, 1]);
}

#[test]
fn beyond_the_most_views_the_oldest_go_without() {
    let mut log = Log::default();
    for n in 0..VIEWS_PER_ANSWER_MAX as u64 + 3 {
        log = log.change([add(&format!("goal-{n:03}"), "")]);
    }
    let (lines, asked) = annotated(&log, &Filter::default());
    assert_eq!(asked.len(), VIEWS_PER_ANSWER_MAX);
    assert_eq!(lines[0], "1 goal-000 - 1");
    assert_eq!(lines[1], "2 goal-001 - 2");
    assert_eq!(lines[2], "3 goal-002 3 -");
    plenary_limits::holds!(VIEWS_PER_ANSWER_MAX, |views| {
        let mut log = Log::default().change([add("goal-none", "")]);
        // Of the last entry the plan as it is now says the code.
        for n in 1..=views {
            log = log.change([add(&format!("goal-{n:03}"), "")]);
        }
        let (lines, _) = annotated(&log, &Filter::default());
        lines.iter().all(|line| !line.contains(" - "))
    });
}

#[test]
fn a_page_of_long_ago_has_the_codes_of_then() {
    let log = Log::default()
        .change([add("goal-1", ""), add("goal-2", "")])
        .change([set("goal-2", "year", 1, 2)])
        .change([row(RowOp::Remove, "goal-1", "removed")]);
    let page = Page { after: None, limit: 3, newest_first: false };
    let mut told = log.page(&Filter::default(), page);
    let index = log.index();
    annotate(&mut told.revisions, index.structure(), &view(&log, Seq(3)), &mut |seq| view(&log, seq));
    let codes: Vec<_> = told.revisions.iter().map(|told| told.code.as_deref()).collect();
    assert_eq!(codes, [Some("1"), Some("2"), Some("2")]);
}
