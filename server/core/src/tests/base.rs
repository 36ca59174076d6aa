//! `base`: what a thin client did not see it neither deletes nor overwrites.

use std::collections::HashMap;
use std::time::Instant;

use plenary_protocol::plan::Value;
use plenary_protocol::wire::RefusalCode;
use plenary_protocol::{Bureau, Principal, Seq};
use proptest::prelude::*;

use super::plan::*;
use super::world::{World, code, done, drafter, set, text};

fn br() -> Principal {
    drafter(Bureau::BR)
}

fn tsb() -> Principal {
    drafter(Bureau::TSB)
}

/// A world in which the statement of the first target reads so, and the entry at which it does.
fn reading(words: &str) -> (World, Seq) {
    let mut world = World::new();
    let base = world.seq();
    done(world.edit(&br(), [set_text("tgt-1", "statement", words, base)])).unwrap();
    let seq = world.seq();
    (world, seq)
}

fn statement(world: &World) -> String {
    world.text("tgt-1", "statement")
}

#[test]
fn two_who_write_one_text_from_the_same_base_both_keep_their_words() {
    let (mut world, base) = reading("All schools online by 2030");
    done(world.edit(&br(), [set_text("tgt-1", "statement", "All primary schools online by 2030", base)]))
        .unwrap();
    done(world.edit(&tsb(), [set_text("tgt-1", "statement", "All schools online safely by 2030", base)]))
        .unwrap();
    assert_eq!(statement(&world), "All primary schools online safely by 2030");
}

#[test]
fn deleting_a_range_keeps_what_another_inserted_into_it() {
    let (mut world, base) = reading("abcdefghij");
    done(world.edit(&br(), [splice("tgt-1", 5, 0, "NEW", base)])).unwrap();
    done(world.edit(&tsb(), [splice("tgt-1", 2, 6, "", base)])).unwrap();
    assert_eq!(statement(&world), "abNEWij");
    done(world.edit(&br(), [splice("tgt-1", 0, 10, "x", base)])).unwrap();
    assert_eq!(statement(&world), "xNEW");
}

#[test]
fn an_insertion_whose_neighbour_went_stays_where_it_was() {
    let (mut world, base) = reading("one two three");
    done(world.edit(&br(), [splice("tgt-1", 4, 4, "", base)])).unwrap();
    assert_eq!(statement(&world), "one three");
    done(world.edit(&tsb(), [splice("tgt-1", 7, 0, "!", base)])).unwrap();
    assert_eq!(statement(&world), "one !three");
    done(world.edit(&tsb(), [splice("tgt-1", 13, 0, "?", base)])).unwrap();
    assert_eq!(statement(&world), "one !three?");
    done(world.edit(&br(), [splice("tgt-1", 0, 13, "", base)])).unwrap();
    assert_eq!(statement(&world), "!?");
    done(world.edit(&tsb(), [splice("tgt-1", 13, 0, ".", base)])).unwrap();
    assert_eq!(statement(&world).chars().filter(|c| "!?.".contains(*c)).count(), 3);
}

#[test]
fn a_whole_text_from_an_old_base_takes_nothing_back() {
    let (mut world, base) = reading("The aim is growth. It is measured yearly.");
    for (at, word) in [(18, " Always."), (0, "Note: ")] {
        let seq = world.seq();
        done(world.edit(&br(), [splice("tgt-1", at, 0, word, seq)])).unwrap();
    }
    let old = "The goal is growth. It is measured yearly.";
    done(world.edit(&tsb(), [set_text("tgt-1", "statement", old, base)])).unwrap();
    assert_eq!(statement(&world), "Note: The goal is growth. Always. It is measured yearly.");
    done(world.edit(&tsb(), [set_text("tgt-1", "statement", "", base)])).unwrap();
    assert_eq!(statement(&world), "Note: goal Always.", "what was not there at base stays");
}

#[test]
fn positions_count_code_points_in_every_script() {
    let (mut world, base) = reading("👩🏽‍🚀 e\u{301}te\u{301} 目標 x");
    let length = "👩🏽‍🚀 e\u{301}te\u{301} 目標 x".chars().count();
    done(world.edit(&br(), [splice("tgt-1", length - 1, 1, "終", base)])).unwrap();
    assert_eq!(statement(&world), "👩🏽‍🚀 e\u{301}te\u{301} 目標 終");
    done(world.edit(&tsb(), [splice("tgt-1", 5, 2, "É", base)])).unwrap();
    assert_eq!(statement(&world), "👩🏽‍🚀 Éte\u{301} 目標 終");
    done(world.edit(&tsb(), [splice("tgt-1", 0, 4, "🚀", base)])).unwrap();
    assert_eq!(statement(&world), "🚀 Éte\u{301} 目標 終");
    assert_eq!(code(world.edit(&br(), [splice("tgt-1", length, 1, "", base)])), RefusalCode::OutOfRange);
}

#[test]
fn a_base_after_the_last_entry_is_refused() {
    let mut world = World::new();
    let ahead = Seq(world.seq().0 + 1);
    for command in [
        splice("tgt-1", 0, 1, "", ahead),
        set_text("tgt-1", "statement", "x", ahead),
        set_field("tgt-1", "due_year", Value::Int(2030), ahead),
        set_field("pri-1", "sectors", set(&[]), ahead),
    ] {
        assert_eq!(code(world.edit(&br(), [command])), RefusalCode::BaseAhead);
    }
}

#[test]
fn a_field_that_another_changed_is_stale_and_says_who_and_when() {
    let mut world = World::new();
    let base = world.seq();
    done(world.edit(&br(), [set_field("tgt-1", "due_year", Value::Int(2027), base)])).unwrap();
    let refusal =
        done(world.edit(&tsb(), [set_field("tgt-1", "due_year", Value::Int(2028), base)])).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::Stale);
    let now = &refusal.now[0];
    assert_eq!((&now.value, now.subject.as_str(), now.bureau), (&Value::Int(2027), "br-drafter", Bureau::BR));
    assert_eq!((now.seq, now.at.is_empty()), (world.seq(), false));
    done(world.edit(&br(), [set_field("tgt-1", "due_year", Value::Int(2029), base)])).unwrap();
    world.restart();
    let stale = world.edit(&tsb(), [set_field("tgt-1", "due_year", Value::Int(2028), base)]);
    assert_eq!(code(stale), RefusalCode::Stale);
    let seq = world.seq();
    done(world.edit(&tsb(), [set_field("tgt-1", "due_year", Value::Int(2028), seq)])).unwrap();
    assert_eq!(world.element("tgt-1").fields["due_year"], Value::Int(2028));
}

#[test]
fn members_of_a_set_merge() {
    let mut world = World::new();
    let base = world.seq();
    done(world.edit(&br(), [set_field("tgt-1", "inferred", set(&["a", "b", "c"]), base)])).unwrap();
    let base = world.seq();
    done(world.edit(&br(), [set_field("tgt-1", "inferred", set(&["a", "b", "c", "br"]), base)])).unwrap();
    done(world.edit(&tsb(), [set_field("tgt-1", "inferred", set(&["b", "c", "tsb"]), base)])).unwrap();
    assert_eq!(world.element("tgt-1").fields["inferred"], set(&["b", "br", "c", "tsb"]));
}

#[test]
fn a_long_range_of_a_text_changed_meanwhile_goes() {
    let words = "abcdefghi ".repeat(250);
    let (mut world, base) = reading(&words);
    done(world.edit(&br(), [splice("tgt-1", 1_000, 0, "KEPT", base)])).unwrap();
    let start = Instant::now();
    done(world.edit(&tsb(), [splice("tgt-1", 200, 2_000, "", base)])).unwrap();
    println!("2,000 characters of a text changed meanwhile: {:?}", start.elapsed());
    assert_eq!(statement(&world), format!("{}KEPT{}", &words[..200], &words[2_200..]));
}

#[test]
fn several_splices_of_one_edit_all_mean_the_base() {
    let (mut world, base) = reading("one two three");
    done(world.edit(&tsb(), [splice("tgt-1", 13, 0, "!", base)])).unwrap();
    let commands = [
        splice("tgt-1", 0, 3, "1", base),
        splice("tgt-1", 4, 3, "2", base),
        splice("tgt-1", 8, 5, "3", base),
    ];
    done(world.edit(&br(), commands)).unwrap();
    assert_eq!(statement(&world), "1 2 3!");
    assert_eq!(world.rows()[0].to, Some(text("1 2 3!")));
}

/// One edit of the property below: who, how old its base is, where, how much.
#[derive(Debug, Clone)]
struct Step {
    who: usize,
    age: usize,
    at: usize,
    delete: usize,
    insert: usize,
    whole: bool,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (0..3usize, 0..6usize, 0..40usize, 0..14usize, 0..6usize, any::<bool>());
    let step =
        step.prop_map(|(who, age, at, delete, insert, whole)| Step { who, age, at, delete, insert, whole });
    prop::collection::vec(step, 1..16)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Every character is written once in the whole run, so it can be followed: it may only be gone
    /// if somebody deleted it who had it in the text of their base.
    #[test]
    fn nobody_deletes_what_they_have_not_seen(steps in steps()) {
        let (mut world, first) = reading("0123456789");
        let people = [br(), tsb(), drafter(Bureau::BDT)];
        let mut texts: Vec<(Seq, String)> = vec![(first, statement(&world))];
        let mut letters = (0u32..).filter_map(|n| char::from_u32(0x4e00 + n));
        let mut written: HashMap<char, bool> = statement(&world).chars().map(|c| (c, false)).collect();
        for step in steps {
            let (base, seen) = texts[texts.len() - 1 - step.age.min(texts.len() - 1)].clone();
            let mut seen: Vec<char> = seen.chars().collect();
            let at = step.at.min(seen.len());
            // Of a word that mostly goes, nothing is kept as the old one (see `trim`): here half stays.
            let most = if step.whole { seen.len() / 2 } else { seen.len() };
            let delete = step.delete.min(seen.len() - at).min(most);
            let insert: String = letters.by_ref().take(step.insert).collect();
            written.extend(insert.chars().map(|c| (c, false)));
            let command = if step.whole {
                // A diff word by word may move or rewrite; what it deletes it has seen.
                let gone: Vec<char> = seen.splice(at..at + delete, insert.chars()).collect();
                for c in gone { written.insert(c, true); }
                set_text("tgt-1", "statement", &seen.iter().collect::<String>(), base)
            } else {
                for c in &seen[at..at + delete] { written.insert(*c, true); }
                splice("tgt-1", at, delete, &insert, base)
            };
            if done(world.edit(&people[step.who], [command])).is_ok() {
                texts.push((world.seq(), statement(&world)));
            }
        }
        let left: Vec<char> = statement(&world).chars().collect();
        for (c, deleted) in written {
            let times = left.iter().filter(|l| **l == c).count();
            prop_assert!(if deleted { times == 0 } else { times == 1 }, "{c} stands {times} times, deleted: {deleted}");
        }
        world.check();
    }
}

/// "fifty" and "y" share a letter; the new word must not hang on the old one's.
#[test]
fn a_word_written_over_one_that_another_replaced_stays_whole() {
    let (mut world, base) = reading("base fifty");
    done(world.edit(&br(), [set_text("tgt-1", "statement", "something else", base)])).unwrap();
    done(world.edit(&tsb(), [set_text("tgt-1", "statement", "x y", base)])).unwrap();
    let now = statement(&world);
    assert!(now.contains('x') && now.contains('y') && now.contains("something"), "{now}");
}
