//! Changes tried together become the entries that they become one by one.

use std::collections::VecDeque;

use automerge::marks::{ExpandMark, Mark};
use automerge::transaction::Transactable;
use automerge::{ObjType, ReadDoc};
use plenary_protocol::record::Event;
use plenary_protocol::{Bureau, Principal, Role};
use proptest::prelude::*;

use super::plan::*;
use super::replica::{Replica, object, put, write_text};
use super::world::{World, chair, done, drafter, input, person};
use crate::hub::{Answer, Ask, Input};
use crate::policy::Action;

/// Texts that are written: element, language, name.
const TEXTS: [[&str; 3]; 4] = [
    ["tgt-1", "en", "statement"],
    ["tgt-1", "en", "title"],
    ["gol-1", "en", "title"],
    ["tgt-1", "fr", "statement"],
];
const WORDS: [&str; 9] = ["a", "aa", "b", "é", "日本", "👍🏽", "\u{301}", " ", "word of several letters"];

/// What somebody does.
#[derive(Debug, Clone)]
enum Act {
    Splice {
        text: usize,
        at: usize,
        delete: usize,
        insert: usize,
    },
    Mark {
        text: usize,
        at: usize,
    },
    Overwrite {
        text: usize,
        at: usize,
    },
    Year(i64),
    MakeText(usize),
    /// Writes what is another Bureau's, as far as the writer is bound to one.
    Trespass,
    Take,
    /// Everybody hands in what waits, in one group; of each, this many changes in a message.
    HandIn(usize),
}

fn act() -> impl Strategy<Value = (usize, Act)> {
    let text = || 0..TEXTS.len();
    let what = prop_oneof![
        24 => (text(), 0..60usize, 0..4usize, 0..WORDS.len() + 3)
            .prop_map(|(text, at, delete, insert)| Act::Splice { text, at, delete, insert }),
        1 => (text(), 0..60usize).prop_map(|(text, at)| Act::Mark { text, at }),
        1 => (text(), 0..60usize).prop_map(|(text, at)| Act::Overwrite { text, at }),
        1 => (2025..2030i64).prop_map(Act::Year),
        1 => (0..2usize).prop_map(Act::MakeText),
        1 => Just(Act::Trespass),
        4 => Just(Act::Take),
        3 => (1..4usize).prop_map(Act::HandIn),
    ];
    (0..4usize, what)
}

fn people() -> [Principal; 4] {
    [drafter(Bureau::BR), drafter(Bureau::TSB), chair(), person("other", Bureau::GS, Role::Chair)]
}

fn world() -> World {
    let mut world = World::new();
    let base = world.seq();
    let french = plenary_protocol::plan::Command::SetText {
        element: "tgt-1".parse().unwrap(),
        field: "statement".into(),
        lang: Some("fr".into()),
        text: "Toutes les écoles".into(),
        base,
    };
    done(world.edit(&chair(), [french, set_text("tgt-1", "statement", "All schools online", base)])).unwrap();
    world
}

fn perform(replica: &mut Replica, act: &Act) {
    let path = |text: usize| {
        let [element, lang, field] = TEXTS[text];
        ["elements", element, "text", lang, field]
    };
    replica.write(|tx| match act {
        Act::Splice { text, at, delete, insert } => {
            let object = object(tx, &path(*text));
            let length = tx.length(&object);
            let at = at % (length + 1);
            let delete = (*delete).min(length - at);
            let insert = WORDS.get(*insert).unwrap_or(&"x");
            tx.splice_text(&object, at, delete as isize, insert).unwrap();
        }
        Act::Mark { text, at } => {
            let object = object(tx, &path(*text));
            let length = tx.length(&object);
            if length > 2 {
                let start = at % (length - 1);
                let mark = Mark::new("bold".into(), true, start, length);
                tx.mark(&object, mark, ExpandMark::Both).unwrap();
            }
        }
        Act::Overwrite { text, at } => {
            let object = object(tx, &path(*text));
            let length = tx.length(&object);
            if length > 0 {
                tx.put(&object, at % length, "z").unwrap();
            }
        }
        Act::Year(year) => put(tx, "tgt-1", "due_year", *year),
        Act::MakeText(which) => {
            let lang = object(tx, &["elements", "tgt-1", "text", "fr"]);
            let field = ["description", "title"][*which];
            if tx.get(&lang, field).unwrap().is_none() {
                let text = tx.put_object(&lang, field, ObjType::Text).unwrap();
                tx.splice_text(&text, 0, 0, "made").unwrap();
            }
        }
        Act::Trespass => write_text(tx, "obj-tsb", "title", 0, 1, "x"),
        Act::Take | Act::HandIn(_) => {}
    });
}

type Group = Vec<(Principal, Vec<Vec<u8>>)>;

fn asked(group: &Group) -> Vec<Input> {
    let ask = |(who, changes): &(Principal, Vec<Vec<u8>>)| {
        let ask = Ask::Changes { changes: changes.clone(), because: None, answers: Vec::new() };
        input(who, Action::Edit, ask)
    };
    group.iter().map(ask).collect()
}

/// What everybody hands in, one message of each in turn.
fn group(replicas: &mut [Replica], known: &mut [usize], at_once: usize) -> Group {
    let mut queues: Vec<VecDeque<Vec<Vec<u8>>>> = Vec::new();
    for (replica, known) in replicas.iter().zip(known) {
        let waiting = replica.waiting();
        let fresh: Vec<Vec<u8>> = waiting[*known..].iter().map(|c| c.raw_bytes().to_vec()).collect();
        *known = waiting.len();
        queues.push(fresh.chunks(at_once).map(<[_]>::to_vec).collect());
    }
    let mut group = Group::new();
    while queues.iter().any(|queue| !queue.is_empty()) {
        for (replica, queue) in replicas.iter().zip(&mut queues) {
            group.extend(queue.pop_front().map(|changes| (replica.who.clone(), changes)));
        }
    }
    group
}

/// Entries and answers of groups, tried together or each change alone.
fn outcome(groups: &[Group], alone: bool) -> (Vec<Event>, Vec<Answer>, usize) {
    let mut world = world();
    if alone {
        for who in people() {
            world.hub.suspect(who.subject, world.now_us, 0);
        }
    }
    let mut answers = Vec::new();
    for group in groups {
        answers.extend(world.group(asked(group)));
    }
    (world.log.events.clone(), answers, world.hub.tried_together())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn entries_are_the_same_tried_together_or_one_by_one(acts in prop::collection::vec(act(), 1..90)) {
        let mut world = world();
        let mut replicas: Vec<Replica> =
            people().into_iter().zip(1..).map(|(who, actor)| Replica::join(&world, who, actor)).collect();
        let mut known = [0; 4];
        let mut groups = Vec::new();
        for (who, act) in acts.iter().chain([&(0, Act::HandIn(2))]) {
            match act {
                Act::HandIn(at_once) => {
                    let group = group(&mut replicas, &mut known, *at_once);
                    for answer in world.group(asked(&group)) {
                        prop_assert!(!matches!(answer, Answer::Subscribed { .. }), "no answer to changes");
                    }
                    groups.push(group);
                }
                Act::Take => {
                    replicas[*who].take(&world);
                    known[*who] = 0;
                    let waiting = replicas[*who].waiting();
                    let had = |change: &automerge::Change| groups.iter().flatten().any(|(_, changes)| {
                        changes.iter().any(|bytes| bytes == change.raw_bytes())
                    });
                    known[*who] = waiting.iter().take_while(|change| had(change)).count();
                }
                act => perform(&mut replicas[*who], act),
            }
        }
        let (together, one_by_one) = (outcome(&groups, false), outcome(&groups, true));
        prop_assert_eq!(&together.0, &one_by_one.0);
        prop_assert_eq!(&together.1, &one_by_one.1);
        prop_assert_eq!(one_by_one.2, 0, "each was tried alone");
    }
}
