//! Pages put together are the whole, whatever the log, the filter, the limit and the direction.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use plenary_limits::EVENTS_PER_PAGE_MAX;

/// All pages one after the other.
fn paged(log: &Log, filter: &Filter, limit: usize, newest_first: bool) -> Vec<Revision> {
    let mut out = Vec::new();
    let mut after = None;
    loop {
        let told = log.page(filter, Page { after, limit, newest_first });
        assert!(told.revisions.len() <= limit);
        out.extend(told.revisions);
        after = told.next.map(|next| next.to_string().parse().unwrap());
        if after.is_none() {
            return out;
        }
    }
}

#[test]
fn an_import_is_paged_inside_its_entry() {
    let rows = (0..2_500).flat_map(|n| {
        let element = format!("goal-{n}");
        [add(&element, ""), wrote(&element, "title", "", &format!("Goal {n}"))]
    });
    let goals = Filter { kinds: ["goal".to_owned()].into(), ..Filter::default() };
    let log = Log::default().change(rows).change([set("goal-7", "year", 1, 2)]);
    let page = |after, newest_first| log.page(&goals, Page { after, limit: usize::MAX, newest_first });
    let first = page(None, false);
    assert_eq!(first.revisions.len(), EVENTS_PER_PAGE_MAX);
    assert_eq!(first.next.unwrap().to_string(), "1.1998");
    let second = page(first.next, false);
    assert_eq!(line(&second.revisions[0]), "1-1 x2 add goal-1000.element: - > Goal 1000");
    let whole = paged(&log, &goals, EVENTS_PER_PAGE_MAX, false);
    assert_eq!(whole.len(), 2_501);
    assert_eq!(page(Some(Seq(1).into()), false).revisions, whole[2_500..]);
    assert_eq!(page(Some(Seq(1).into()), true).revisions, []);
    assert_eq!(page(Some(Seq(2).into()), true).revisions[0], whole[2_499]);
}

#[test]
fn an_import_is_one_line_unless_rows_are_asked_for() {
    let rows = (0..150).flat_map(|n| {
        let element = format!("goal-{n}");
        [
            add(&element, ""),
            wrote(&element, "title", "", "Goal"),
            link(&format!("lnk-{n}"), &element, "goal-0"),
        ]
    });
    let log = Log::default().change(rows).because("import").change([set("goal-7", "year", 1, 2)]);
    let told = log.told(&Filter::default());
    assert_eq!(told.len(), 2);
    assert_eq!((told[0].op.as_str(), told[0].edits), ("batch", 450));
    assert_eq!(told[0].to, text("150 elements added, 150 links added, 150 fields written"));
    assert_eq!(told[0].because.as_deref(), Some("import"));
    let one = Filter { elements: [id("goal-7")].into(), ..Filter::default() };
    assert_eq!(log.told(&one).len(), 2);
}

#[test]
fn the_end_of_a_page_says_whether_there_is_more() {
    let log = Log::default()
        .change([set("goal-1", "year", 1, 2), set("goal-2", "year", 1, 2)])
        .change([set("goal-3", "year", 1, 2)]);
    let next = |limit, newest_first| {
        let page = Page { after: None, limit, newest_first };
        log.page(&Filter::default(), page).next.map(|next| next.to_string())
    };
    assert_eq!(next(1, false).as_deref(), Some("1.0"));
    assert_eq!(next(2, false).as_deref(), Some("1"));
    assert_eq!(next(3, false), None);
    assert_eq!(next(0, true).as_deref(), Some("2"));
    assert_eq!(next(2, true).as_deref(), Some("1.1"));
}

#[test]
fn a_page_opens_the_entries_that_it_tells_and_no_others() {
    let mut log = Log::default();
    for n in 0..10 {
        log = log.change([set("goal-1", "year", n, n + 1)]).at(n * 200);
    }
    log = log.change([set("goal-2", "year", 0, 1)]).at(3_000);
    let opened = |newest_first| {
        let chosen = log.index().page(&Filter::default(), Page { after: None, limit: 1, newest_first });
        let mut opened = Vec::new();
        let told = chosen.tell(&mut |seq: Seq| {
            opened.push(seq.0);
            Ok::<_, std::convert::Infallible>(log.0[seq.0 as usize - 1].clone())
        });
        assert_eq!(told.unwrap().len(), 1);
        opened
    };
    assert_eq!(opened(true), [11]);
    assert_eq!(opened(false), [1, 10], "of a run the first and the last");
}

#[test]
fn a_place_to_go_on_from_is_read_exactly() {
    assert_eq!("12".parse(), Ok(Cursor::from(Seq(12))));
    assert_eq!("12.0".parse(), Ok(Cursor { seq: Seq(12), row: Some(0) }));
    for wrong in ["", ".", "12.", ".1", "-1", "1.2.3", "x"] {
        assert!(wrong.parse::<Cursor>().is_err(), "{wrong}");
    }
}

pub const ELEMENTS: [&str; 4] = ["goal-0", "goal-1", "target-0", "target-1"];

prop_compose! {
    fn any_row()(
        op in 0..6,
        element in 0..4_usize,
        parent in 0..5_usize,
        field in prop::sample::select(vec!["title", "year"]),
        value in 0..9_i64,
    ) -> EditRow {
        let element = ELEMENTS[element];
        let parent = ELEMENTS.get(parent).copied().unwrap_or_default();
        match op {
            0 => add(element, parent),
            1 => moved(element, "", parent),
            2 => row(RowOp::Remove, element, "removed"),
            3 => wrote(element, "title", "", &value.to_string()),
            4 => link("measures-0", element, "goal-1"),
            _ => set(element, field, value, value + 1),
        }
    }
}

prop_compose! {
    pub fn any_log()(
        entries in prop::collection::vec(
            (prop::collection::vec(any_row(), 0..5), 0..2_usize, -100..400_i64, 0..8_usize),
            0..30,
        ),
    ) -> Log {
        let mut log = Log::default();
        let mut second = 0;
        for (rows, who, step, other) in entries {
            second += step;
            log = match other {
                0 => log.stage(Stage::Council, Stage::Council),
                1 => log.act(What::ActorBound { actor: "0a".into(), thin: false }),
                2 => log.change(rows).because("asked"),
                _ => log.change(rows),
            };
            log = log.by(["ana", "bob"][who]).at(second);
        }
        log
    }
}

prop_compose! {
    fn any_filter()(
        subtree in prop::option::weighted(0.3, 0..4_usize),
        element in prop::option::weighted(0.2, 0..4_usize),
        field in prop::option::weighted(0.2, prop::sample::select(vec!["title", "year", "element"])),
        op in prop::option::weighted(0.2, prop::sample::select(vec![RowOp::Add, RowOp::Text, RowOp::Set])),
        who in prop::option::weighted(0.3, prop::sample::select(vec!["ana", "bob"])),
        until in prop::option::weighted(0.2, 0..30_u64),
    ) -> Filter {
        Filter {
            subtree: subtree.map(|n| id(ELEMENTS[n])),
            elements: element.map(|n| id(ELEMENTS[n])).into_iter().collect(),
            fields: field.map(str::to_owned).into_iter().collect(),
            ops: op.into_iter().collect(),
            subjects: who.map(subject).into_iter().collect(),
            to_seq: until.map(Seq),
            ..Filter::default()
        }
    }
}

/// Everything under an element, itself included, looked for from above.
fn below(parents: &BTreeMap<ElementId, ElementId>, root: &ElementId) -> BTreeSet<ElementId> {
    let mut out: BTreeSet<ElementId> = [root.clone()].into();
    loop {
        let more: Vec<ElementId> =
            parents.iter().filter(|(_, above)| out.contains(above)).map(|(id, _)| id.clone()).collect();
        let before = out.len();
        out.extend(more);
        if out.len() == before {
            return out;
        }
    }
}

proptest! {
    #[test]
    fn pages_put_together_are_the_whole(
        log in any_log(), filter in any_filter(), limit in 1_usize..6,
    ) {
        let whole = log.told(&filter);
        prop_assert_eq!(&paged(&log, &filter, limit, false), &whole);
        let mut newest_first = paged(&log, &filter, limit, true);
        newest_first.reverse();
        prop_assert_eq!(&newest_first, &whole);
    }

    #[test]
    fn every_matching_row_is_told_once(log in any_log(), filter in any_filter()) {
        let matched: usize = log.index().matching(&filter).map(|matched| matched.rows.len()).sum();
        let of_rows = log.told(&filter).into_iter().filter(|told| told.element.is_some());
        let told: Vec<Revision> = of_rows.collect();
        // An element made twice in one entry, which no log has, is counted with each addition.
        let doubly = log.0.iter().any(|event| {
            let adds: Vec<_> = event.edits().iter().filter(|row| row.op == RowOp::Add).collect();
            adds.iter().map(|row| &row.element).collect::<BTreeSet<_>>().len() < adds.len()
        });
        if !doubly {
            prop_assert_eq!(told.iter().map(|told| told.edits).sum::<u64>(), matched as u64);
        }
        for told in &told {
            prop_assert!(told.first <= told.last);
            prop_assert!(filter.subjects.is_empty() || filter.subjects.contains(&told.subject));
        }
    }

    #[test]
    fn a_filter_tells_fewer_revisions_and_never_other_ones(
        log in any_log(), who in 0..3_usize, element in 0..5_usize,
    ) {
        let filter = Filter {
            subjects: ["ana", "bob"].get(who).map(|who| subject(who)).into_iter().collect(),
            elements: ELEMENTS.get(element).map(|element| id(element)).into_iter().collect(),
            ..Filter::default()
        };
        let mut expected = log.told(&Filter::default());
        expected.retain(|told| {
            (filter.subjects.is_empty() || filter.subjects.contains(&told.subject))
                && (filter.elements.is_empty()
                    || told.element.as_ref().is_some_and(|element| filter.elements.contains(element)))
        });
        prop_assert_eq!(log.told(&filter), expected);
    }

    #[test]
    fn a_subtree_is_what_looking_from_above_finds(log in any_log(), root in 0..4_usize) {
        let root = id(ELEMENTS[root]);
        let filter = Filter { subtree: Some(root.clone()), ..Filter::default() };
        let mut found: BTreeMap<Seq, Vec<usize>> =
            log.index().matching(&filter).map(|matched| (matched.seq, matched.rows)).collect();
        let mut parents = BTreeMap::new();
        for event in &log.0 {
            let mut expected = below(&parents, &root);
            for row in event.edits() {
                let above = if row.field == "link" { &row.from } else { &row.to };
                if matches!(row.op, RowOp::Add | RowOp::Move) {
                    parents.remove(&row.element);
                    if let Some(Value::Text(above)) = above && !above.is_empty() {
                        parents.insert(row.element.clone(), id(above));
                    }
                }
            }
            expected.extend(below(&parents, &root));
            let rows: Vec<usize> = (0..event.edits().len())
                .filter(|index| expected.contains(&event.edits()[*index].element))
                .collect();
            prop_assert_eq!(found.remove(&event.seq).unwrap_or_default(), rows);
        }
    }
}
