//! The index against the whole walk: the same entries and the same pages, whatever is asked.

use std::collections::BTreeSet;

use proptest::prelude::*;

use plenary_protocol::record::{Restores, Scope};

use super::page::{ELEMENTS, any_log};
use super::*;

prop_compose! {
    /// Each part of a filter now and then, several together.
    fn any_filter()(
        subtree in prop::option::weighted(0.2, 0..5_usize),
        element in prop::option::weighted(0.2, 0..5_usize),
        field in prop::option::weighted(0.15, prop::sample::select(vec!["title", "year", "element"])),
        kind in prop::option::weighted(0.15, prop::sample::select(vec!["goal", "target", "measures"])),
        op in prop::option::weighted(0.2, prop::sample::select(vec![RowOp::Add, RowOp::Text, RowOp::Set])),
        who in prop::option::weighted(0.2, prop::sample::select(vec!["ana", "bob", "eve"])),
        bureau in prop::option::weighted(0.15, prop::sample::select(vec![Bureau::BR, Bureau::GS])),
        act in prop::option::weighted(0.15, prop::sample::select(ActType::ALL.to_vec())),
        answers in prop::option::weighted(0.1, Just("request-1")),
        (since, until) in (prop::option::weighted(0.15, 0..4_000_i64), prop::option::weighted(0.15, 0..4_000_i64)),
        looked_for in prop::option::weighted(0.3, prop::sample::select(vec!["a", "B", "1", "goal", "ab", "7"])),
        (from, to) in (prop::option::weighted(0.15, 0..30_u64), prop::option::weighted(0.15, 0..30_u64)),
    ) -> Filter {
        let element_of = |n: usize| id(ELEMENTS.get(n).copied().unwrap_or("plan"));
        Filter {
            text: looked_for.map(|text| Needle::new(text).unwrap()),
            subtree: subtree.map(element_of),
            elements: element.map(element_of).into_iter().collect(),
            fields: field.map(str::to_owned).into_iter().collect(),
            kinds: kind.map(str::to_owned).into_iter().collect(),
            ops: op.into_iter().collect(),
            subjects: who.map(subject).into_iter().collect(),
            bureaux: bureau.into_iter().collect(),
            acts: act.into_iter().collect(),
            answers: answers.map(id),
            since_us: since.map(at_us),
            until_us: until.map(at_us),
            from_seq: from.map(Seq),
            to_seq: to.map(Seq),
        }
    }
}

/// A log with Bureaux, answers, latecomers and entries of many rows besides.
fn varied(log: Log, seed: &[u8]) -> Log {
    let mut log = log;
    for (event, seed) in log.0.iter_mut().zip(seed.iter().cycle()) {
        if seed % 5 == 0 {
            event.bureau = Bureau::GS;
        }
        if seed % 7 == 0 {
            event.answers = vec![id("request-1")];
        }
        if seed % 11 == 0 {
            event.claimed_at = Some(time_text(0));
            event.behind = Some(u64::from(*seed));
        }
        if let (0, What::Change { restores, .. }) = (seed % 4, &mut event.what) {
            *restores = Some(Restores { seq: Seq(1), scope: Scope::default() });
        }
        if let (0, What::Change { edits, .. }) = (seed % 13, &mut event.what) {
            edits.extend((0..BATCH_ROWS as i64).map(|n| set("goal-0", "year", n, n + 1)));
        }
        if let (1, What::Change { edits, .. }) = (seed % 13, &mut event.what) {
            edits.push(spliced("goal-1", u64::from(seed % 3), "", "x"));
        }
    }
    log
}

proptest! {
    #[test]
    fn the_index_tells_what_the_whole_walk_tells(
        log in any_log(),
        seed in prop::collection::vec(any::<u8>(), 1..30),
        filter in any_filter(),
        limit in 1_usize..7,
        newest_first: bool,
        cursor in prop::option::of((0_u64..32, prop::option::of(0_u64..5))),
    ) {
        let log = varied(log, &seed);
        let after = cursor.map(|(seq, row)| Cursor { seq: Seq(seq), row });
        let page = Page { after, limit, newest_first };
        let expected = model::history(log.0.iter().cloned(), &filter, page);
        prop_assert_eq!(log.page(&filter, page), expected);
    }

    #[test]
    fn the_index_matches_what_the_whole_walk_matches(
        log in any_log(),
        seed in prop::collection::vec(any::<u8>(), 1..30),
        filter in any_filter(),
        after in 0_u64..30,
        limit in 1_usize..20,
    ) {
        let log = varied(log, &seed);
        let mut walk = model::Walk::new(filter.clone());
        let expected: Vec<(Seq, Vec<usize>)> = log
            .0
            .iter()
            .filter_map(|event| walk.feed(event).map(|matched| (event.seq, matched.rows)))
            .collect();
        let index = log.index();
        let keep = |matched: Matched| {
            let event = &log.0[matched.seq.0 as usize - 1];
            filter.keep(matched, event).map(|matched| (matched.seq, matched.rows))
        };
        let found: Vec<_> = index.matching(&filter).filter_map(keep).collect();
        prop_assert_eq!(&found, &expected);
        let rows = expected.iter().map(|(_, rows)| rows.len() as u64).sum();
        if filter.text.is_none() {
            prop_assert_eq!(index.count(&filter), Count { entries: expected.len() as u64, rows });
        }
        // A stretch is cut before the text is looked for.
        let without_text = Filter { text: None, ..filter.clone() };
        let all: Vec<Matched> = index.matching(&filter).collect();
        if filter.text.is_none() {
            prop_assert_eq!(&all, &index.matching(&without_text).collect::<Vec<_>>());
        }
        let later = all.iter().filter(|matched| matched.seq.0 > after).take(limit).cloned();
        prop_assert_eq!(index.stretch(&filter, Some(Seq(after)), limit, false), later.collect::<Vec<_>>());
        let earlier = all.iter().rev().filter(|matched| matched.seq.0 < after).take(limit).cloned();
        prop_assert_eq!(index.stretch(&filter, Some(Seq(after)), limit, true), earlier.collect::<Vec<_>>());
        prop_assert_eq!(index.stretch(&filter, None, usize::MAX, true).len(), all.len());
    }
}

#[test]
fn an_element_is_made_by_its_entry_and_not_before() {
    let log = Log::default().change([add("goal-1", "")]).change([link("lnk-1", "goal-1", "goal-2")]);
    let index = log.index();
    let made: BTreeSet<(&str, u64)> = ["goal-1", "lnk-1", "goal-2"]
        .into_iter()
        .flat_map(|id| (0..3).map(move |seq| (id, seq)))
        .filter(|(id, seq)| index.is_made(id, Seq(*seq)))
        .collect();
    assert_eq!(made, [("goal-1", 1), ("goal-1", 2), ("lnk-1", 2)].into());
}
