//! The past against the document: what folds of entries tell is what the document held then.

use automerge::ReadDoc;
use automerge::transaction::Transactable;
use automerge::{ActorId, ObjType};
use plenary_protocol::plan::{Command, PlanView, Value};
use plenary_protocol::wire::event::EventView;
use plenary_protocol::{Bureau, ElementId, Principal, Seq};
use proptest::prelude::*;

use super::replica::{Replica, element_object, object, put, write_text};
use super::world::{World, done, drafter, id};
use crate::blame::{Asked, Blame, Timeline};
use crate::diff::diff;
use crate::hub::Answer;

/// The texts that everybody writes: one that is there, and one in a language that nobody has yet.
const LANGUAGES: [&str; 2] = ["en", "fr"];

/// One step: who, which language, where, how much goes, what comes, whether all meet after it.
type Step = (usize, usize, usize, usize, String, bool);

fn people() -> [Principal; 2] {
    [drafter(Bureau::BR), drafter(Bureau::TSB)]
}

fn write(replica: &mut Replica, lang: &str, at: usize, delete: usize, insert: &str) {
    replica.write(|tx| {
        let texts = object(tx, &["elements", "tgt-1", "text"]);
        let child = |at: &automerge::ObjId, key: &str| tx.get(at, key).unwrap().map(|(_, id)| id);
        let map = child(&texts, lang);
        let text = map.as_ref().and_then(|map| child(map, "statement"));
        let map = match map {
            Some(map) => map,
            None => tx.put_object(&texts, lang, ObjType::Map).unwrap(),
        };
        let text = match text {
            Some(text) => text,
            None => tx.put_object(&map, "statement", ObjType::Text).unwrap(),
        };
        let length = tx.length(&text);
        let at = at % (length + 1);
        tx.splice_text(&text, at, delete.min(length - at) as isize, insert).unwrap();
    });
}

/// Two replicas write apart and meet now and then.
fn play(steps: &[Step]) -> World {
    let mut world = World::new();
    let mut replicas: Vec<Replica> =
        people().into_iter().zip(1..).map(|(who, actor)| Replica::join(&world, who, actor)).collect();
    for (who, lang, at, delete, insert, meet) in steps {
        write(&mut replicas[*who], LANGUAGES[*lang], *at, *delete, insert);
        if *meet {
            send_all(&mut world, &mut replicas);
            replicas.iter_mut().for_each(|replica| replica.take(&world));
        }
    }
    send_all(&mut world, &mut replicas);
    world
}

fn send_all(world: &mut World, replicas: &mut [Replica]) {
    for replica in replicas.iter_mut().filter(|replica| !replica.waiting().is_empty()) {
        let answer = replica.send(world);
        assert!(matches!(answer, Answer::Done { .. }), "{answer:?}");
    }
}

fn events(world: &World, until: Seq) -> impl Iterator<Item = EventView> {
    world.log.events.iter().map(EventView::of).filter(move |event| event.seq <= until)
}

/// The text that runs make, and whether each of its characters has a writer.
fn blamed(world: &World, view: &PlanView, element: &ElementId, lang: &str) -> (String, bool) {
    let mut blame = Blame::new(element.clone());
    events(world, view.seq).for_each(|event| blame.feed(&event));
    let asked = Asked { field: Some("statement".into()), lang: Some(lang.into()), deleted: false };
    let answer = blame.finish(view, &asked).unwrap();
    let runs = || answer.fields.iter().flat_map(|field| &field.runs);
    (runs().map(|run| run.text.as_str()).collect(), runs().all(|run| run.seq.is_some()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn blame_reads_as_the_document_at_every_point(
        steps in proptest::collection::vec(
            (0_usize..2, 0_usize..2, 0_usize..40, 0_usize..4, "[ab国 ]{1,4}", prop::bool::weighted(0.2)),
            1..16,
        ),
    ) {
        let world = play(&steps);
        let target = id("tgt-1");
        for seq in 3..=world.seq().0 {
            let view = world.reader.view(Some(Seq(seq)));
            for lang in LANGUAGES {
                let element = view.element(&target).unwrap();
                let text = element.text.get(lang).and_then(|texts| texts.get("statement"));
                let (read, is_known) = blamed(&world, &view, &target, lang);
                prop_assert_eq!(&read, text.map_or("", String::as_str));
                prop_assert!(is_known, "entry {}: every character has a writer", seq);
            }
        }
    }
}

#[test]
fn a_value_of_several_given_at_once_is_blamed_on_who_gave_it() {
    let mut world = World::new();
    let [br, tsb] = people();
    let mut first = Replica::join(&world, br, 1);
    let mut second = Replica::join(&world, tsb, 2);
    first.write(|tx| put(tx, "tgt-1", "due_year", 2030));
    second.write(|tx| put(tx, "tgt-1", "due_year", 2031));
    done(first.send(&mut world)).unwrap();
    done(second.send(&mut world)).unwrap();
    let view = world.view();
    let mut blame = Blame::new(id("tgt-1"));
    let mut line = Timeline::new(id("tgt-1"), "due_year".into(), None, 10);
    events(&world, view.seq).for_each(|event| {
        blame.feed(&event);
        line.feed(&event);
    });
    let answer = blame.finish(&view, &Asked { field: Some("due_year".into()), ..Asked::default() }).unwrap();
    let [field] = answer.fields.as_slice() else { panic!("{answer:?}") };
    let writer = answer.entries.iter().find(|entry| Some(entry.seq) == field.seq).unwrap();
    let expected = if field.value == Some(Value::Int(2030)) { "br-drafter" } else { "tsb-drafter" };
    assert_eq!(writer.subject.as_str(), expected);
    let steps = line.finish().1;
    assert_eq!(steps.len(), 3);
    assert!(steps[2].concurrent && !steps[1].concurrent);
}

#[test]
fn what_differs_between_two_points_is_what_was_done() {
    let mut world = World::new();
    let before = world.view();
    let mut replica = Replica::join(&world, drafter(Bureau::BR), 1);
    replica.write(|tx| write_text(tx, "tgt-1", "statement", 0, 2, "70"));
    replica.write(|tx| {
        let element = element_object(tx, "tgt-2");
        tx.put(&element, "removed", true).unwrap();
    });
    done(replica.send(&mut world)).unwrap();
    let command = Command::SetField {
        element: id("tgt-1"),
        field: "due_year".into(),
        value: Value::Int(2027),
        base: world.seq(),
    };
    done(world.edit(&drafter(Bureau::TSB), [command])).unwrap();
    let told = diff(&before, &world.view());
    let told: Vec<_> = told.iter().map(|one| serde_json::to_value(&one.what).unwrap()).collect();
    assert_eq!(told.len(), 3, "{told:?}");
    assert_eq!(
        (&told[0]["field"], &told[0]["from"], &told[0]["to"]),
        (&"due_year".into(), &2023.into(), &2027.into())
    );
    assert_eq!(told[1]["segments"][0], serde_json::json!({"op": "deleted", "text": "65"}));
    assert_eq!(told[2]["change"], "removed");
}

#[test]
fn what_comes_late_says_what_its_author_had_read() {
    let mut world = World::new();
    let mut away = Replica::join(&world, drafter(Bureau::BR), 1);
    let read = world.seq();
    for year in 2030..2033 {
        let field = "due_year".to_owned();
        let command =
            Command::SetField { element: id("tgt-2"), field, value: Value::Int(year), base: world.seq() };
        done(world.edit(&drafter(Bureau::TSB), [command])).unwrap();
    }
    away.write(|tx| put(tx, "tgt-1", "due_year", 2030));
    away.write(|tx| put(tx, "tgt-1", "due_year", 2031));
    done(away.send(&mut world)).unwrap();
    let told: Vec<_> = events(&world, world.seq()).collect();
    let [.., first, second] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((first.base, second.base), (Some(read), Some(read)), "one's own changes were not read");
    assert_eq!(first.behind, Some(first.seq.0 - read.0 - 1));
    away.take(&world);
    away.write(|tx| put(tx, "tgt-1", "due_year", 2032));
    let head = world.seq();
    done(away.send(&mut world)).unwrap();
    let last = events(&world, world.seq()).last().unwrap();
    assert_eq!((last.base, last.behind), (Some(head), None));
}

#[test]
fn a_queue_in_several_messages_was_written_at_one_base() {
    let mut world = World::new();
    let mut away = Replica::join(&world, drafter(Bureau::BR), 1);
    let read = world.seq();
    let set = |world: &mut World, year: i64| {
        let (field, base) = ("due_year".to_owned(), world.seq());
        let command = Command::SetField { element: id("tgt-2"), field, value: Value::Int(year), base };
        done(world.edit(&drafter(Bureau::TSB), [command])).unwrap();
    };
    set(&mut world, 2030);
    for year in [2031, 2032, 2033] {
        away.write(|tx| put(tx, "tgt-1", "due_year", year));
        done(away.send(&mut world)).unwrap();
        let last = events(&world, world.seq()).last().unwrap();
        assert_eq!(last.base, Some(read), "{year}: one's own entries were not read");
        set(&mut world, year);
    }
    // A new page load is a new actor that goes on with the same document.
    away.doc.set_actor(ActorId::from(vec![9; 16]));
    away.write(|tx| put(tx, "tgt-1", "due_year", 2034));
    done(away.send(&mut world)).unwrap();
    assert_eq!(events(&world, world.seq()).last().unwrap().base, Some(read));
}

#[test]
fn who_writes_alone_is_never_behind() {
    let mut world = World::new();
    let mut alone = Replica::join(&world, drafter(Bureau::BR), 1);
    for year in 2030..2034 {
        alone.write(|tx| put(tx, "tgt-1", "due_year", year));
        alone.write(|tx| put(tx, "tgt-1", "due_year", year + 10));
        let before = world.seq();
        done(alone.send(&mut world)).unwrap();
        let told: Vec<_> = events(&world, world.seq()).collect();
        let told = told.iter().filter(|event| event.seq > before && !event.edits().is_empty());
        let told: Vec<_> =
            told.map(|event| (event.seq.0, event.base.map(|base| base.0), event.behind)).collect();
        assert!(
            told.len() == 2 && told.iter().all(|(_, _, behind)| behind.is_none_or(|n| n == 1)),
            "{told:?}"
        );
    }
    let mut other = Replica::join(&world, drafter(Bureau::TSB), 2);
    let head = world.seq();
    other.write(|tx| put(tx, "tgt-2", "due_year", 2040));
    done(other.send(&mut world)).unwrap();
    assert_eq!(events(&world, world.seq()).last().unwrap().base, Some(head), "who builds on it was told it");
}
