//! Hostile and broken changes, each alone and beside honest ones: refused with a code, nothing
//! spreads, and the saved document still loads.

mod bytes;
mod headers;
mod layout;
mod operations;

use std::sync::Once;
use std::time::{Duration, Instant};

use plenary_protocol::Bureau;
use plenary_protocol::plan::Value;
use plenary_protocol::record::Act;
use plenary_protocol::wire::RefusalCode::{BadChange, BadMeaning, FailedTrial, TooLarge, UnknownField};

use plenary_craft::cases::{self, Row};

use super::craft::*;
use super::plan::*;
use super::replica::{Replica, put, write_text};
use super::world::{World, code, done, drafter, input};
use crate::hub::{Answer, Ask};
use crate::policy::Action;

#[test]
fn the_table_has_a_case_for_every_kind_of_harm() {
    assert!(cases::all().count() >= 80, "{} changes", cases::all().count());
    let messages = plenary_craft::messages::MESSAGES;
    assert!(messages.len() >= 40, "{} messages", messages.len());
    let names: Vec<&str> = cases::all().chain(messages).map(|(name, ..)| *name).collect();
    let twice = |name: &&str| names.iter().filter(|other| *other == name).count() > 1;
    let twice: Vec<&str> = cases::all().map(|(name, ..)| *name).filter(twice).collect();
    assert_eq!(twice, ["nothing"], "two cases of one name cannot be told apart");
}

#[test]
fn what_is_offered_again_and_again_is_one_entry_and_a_number_a_minute_later() {
    let mut world = World::new();
    let attacker = drafter(Bureau::TSB);
    let bytes = vec![0xa5; 300];
    for _ in 0..4 {
        assert_eq!(code(world.changes(&attacker, vec![bytes.clone()])), BadChange);
    }
    assert_eq!(world.recorded(), ["bad_change"]);
    world.now_us += 60_000_000;
    // Whoever comes next has it written down, in the name of the one to whom it was refused.
    let seq = world.seq();
    done(world.edit(&drafter(Bureau::BR), [splice("tgt-1", 0, 0, "x", seq)])).unwrap();
    let told = world.log.events.iter().find_map(|event| match &event.payload.act {
        Act::Refused { count: Some(count), code, .. } => Some((event, *count, code.clone())),
        _ => None,
    });
    let (event, count, code) = told.unwrap();
    assert_eq!((count, code.as_str()), (3, "bad_change"));
    assert_eq!(event.envelope.principal.subject, attacker.subject);
    world.check();
}

/// Panics inside the document library are expected here and need not be printed.
fn quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let loud = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let library = ["automerge", "hexane"];
            let from = info.location().map_or("", |location| location.file());
            if !library.iter().any(|name| from.contains(name)) {
                loud(info);
            }
        }));
    });
}

/// Every crafted change: refused alone, refused beside honest ones, and all goes on.
fn refused(crafts: &[Row]) {
    quiet();
    for (name, expected, craft) in crafts {
        let mut world = World::new();
        let attacker = drafter(Bureau::TSB);
        let replica = Replica::join(&world, attacker.clone(), 2);
        let bench = bench_of(&mut world, replica);
        let bytes = craft(&bench);
        let mut honest = Replica::join(&world, drafter(Bureau::BR), 1);
        honest.write(|tx| write_text(tx, "tgt-1", "statement", 0, 0, "before "));
        done(honest.send(&mut world)).unwrap();
        let start = Instant::now();
        let alone = done(world.changes(&attacker, vec![bytes.clone()])).map_err(|refusal| refusal.code);
        assert_eq!(alone, Err(*expected), "{name}, alone");
        assert!(start.elapsed() < Duration::from_secs(2), "{name} took {:?}", start.elapsed());
        honest.write(|tx| write_text(tx, "tgt-1", "statement", 0, 0, "beside "));
        let beside = honest.waiting()[0].raw_bytes().to_vec();
        let thin = world.named_edit("thin", [splice("tgt-2", 0, 0, "thin ", world.seq())]);
        let changes = |changes| Ask::Changes { changes, because: None, answers: Vec::new() };
        let own = bench.words.raw_bytes().to_vec();
        let answers = world.group(vec![
            input(&honest.who, Action::Edit, changes(vec![beside])),
            input(&attacker, Action::Edit, changes(vec![bytes.clone(), own])),
            input(&drafter(Bureau::GS), Action::Edit, Ask::Edit { edit: thin, formers: Vec::new() }),
        ]);
        let [first, second, third] = answers.try_into().unwrap();
        assert!(matches!(first, Answer::Done { .. }), "{name}: {first:?}");
        assert!(
            matches!(&second, Answer::Partly { refusal, .. } if refusal.code == *expected),
            "{name}: {second:?}"
        );
        assert!(matches!(third, Answer::Done { .. }), "{name}: {third:?}");
        let mut later = Replica::join(&world, drafter(Bureau::BR), 3);
        later.write(|tx| put(tx, "tgt-1", "due_year", 2044));
        done(later.send(&mut world)).unwrap();
        assert_eq!(world.element("tgt-1").fields["due_year"], Value::Int(2044), "{name}");
        assert_eq!(world.recorded(), [expected.as_str()], "{name}: recorded once a session and code");
        world.check();
    }
}
