//! The corpus is alive, inputs follow from their numbers, and what goes wrong is found.

use std::time::Duration;

use crate::target::Target;
use crate::{mutate, targets, worker};

#[test]
fn each_target_takes_something_of_its_corpus_and_finds_nothing_in_it() {
    for (name, make) in targets::ALL {
        let mut target = make().unwrap();
        let done = worker::run(&mut target, 0, Duration::ZERO, None, &mut || {});
        let done = done.unwrap_or_else(|(number, found)| panic!("{name}, input {number}: {found}"));
        assert!(done.taken > 0, "{name} takes none of {} inputs", done.inputs);
    }
}

#[test]
fn an_input_follows_from_its_number() {
    let target = targets::named("plan-files").unwrap();
    let of = |seed| (0..50).map(|number| mutate::input(&target, seed, number)).collect::<Vec<_>>();
    assert_eq!(of(1), of(1));
    assert_ne!(of(1), of(2));
}

#[test]
fn a_planted_panic_and_a_broken_promise_are_found() {
    let length_is_believed = |bytes: &[u8]| Ok(bytes[4..][..usize::from(bytes[0])].is_empty());
    let mut target = Target::new("planted", vec![vec![2, 0, 0, 0, 1, 1]], length_is_believed);
    let (number, found) = worker::run(&mut target, 0, Duration::from_secs(60), None, &mut || {}).unwrap_err();
    assert!(number > 0 && !found.is_empty(), "{number}: {found}");
    let mut target = Target::new("planted", vec![b"abcd".to_vec()], |bytes| {
        if bytes.len() > 40 { Err("it is long".to_owned()) } else { Ok(true) }
    });
    let found = worker::run(&mut target, 0, Duration::from_secs(60), None, &mut || {}).unwrap_err();
    assert_eq!(found.1, "it is long");
}
