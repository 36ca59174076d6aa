//! Honest replicas: every form of change that they make is taken, and everybody converges.

use automerge::marks::{ExpandMark, Mark};
use automerge::transaction::Transactable;
use automerge::{ActorId, Author, ObjType, PatchLog, ReadDoc, ScalarValue};
use plenary_protocol::plan::Value;
use plenary_protocol::record::{Act, RowOp};
use plenary_protocol::wire::RefusalCode;
use plenary_protocol::{Bureau, Principal, Seq};
use proptest::prelude::*;

use super::plan::*;
use super::replica::*;
use super::world::{World, chair, code, content, done, drafter, id, set, text};
use crate::hub::Answer;

fn br() -> Principal {
    drafter(Bureau::BR)
}

fn tsb() -> Principal {
    drafter(Bureau::TSB)
}

/// Everybody sends, everybody takes in, and all have the same document.
fn converge(world: &mut World, replicas: &mut [&mut Replica]) {
    for replica in &mut *replicas {
        done(replica.send(world)).unwrap();
    }
    for replica in &mut *replicas {
        replica.take(world);
        assert_eq!(content(&replica.doc), content(&world.folded()));
    }
}

#[test]
fn every_honest_form_of_change_is_taken() {
    let mut world = World::new();
    let mut replica = Replica::join(&world, br(), 1);
    replica.write(|tx| write_text(tx, "tgt-1", "statement", 0, 2, "70"));
    replica.write(|tx| put(tx, "tgt-1", "due_year", 2030));
    replica.write(|tx| put(tx, "tgt-1", "due_year", ScalarValue::Uint(2031)));
    replica.write(|tx| put(tx, "tgt-1", "due_year", 2032.0));
    replica.write(|tx| put(tx, "gol-1", "financial_plan_total", 12.5));
    replica.write(|tx| put(tx, "tgt-1", "note", "a remark"));
    replica.write(|tx| {
        let element = element_object(tx, "tgt-1");
        tx.delete(&element, "note").unwrap();
    });
    replica
        .write(|tx| make_element(tx, "tgt-3", "target", "gol-1", &[("statement", "Third"), ("title", "T")]));
    replica.write(|tx| make_link(tx, "lnk-2", "contributes_to", "obj-br", "tgt-3"));
    replica.write(|tx| {
        let link = element_object(tx, "lnk-2");
        tx.put(&link, "share", 40).unwrap();
        let note = tx.put_object(&link, "note", ObjType::Text).unwrap();
        tx.splice_text(&note, 0, 0, "a note").unwrap();
    });
    replica.write(|tx| {
        let sectors = object(tx, &["elements", "pri-1", "sectors"]);
        tx.put(&sectors, "ITU-D", true).unwrap();
        tx.delete(&sectors, "ITU-T").unwrap();
    });
    replica.write(|tx| {
        let element = element_object(tx, "tgt-2");
        let set = tx.put_object(&element, "inferred", ObjType::Map).unwrap();
        tx.put(&set, "statement", true).unwrap();
        let texts = object(tx, &["elements", "tgt-2", "text"]);
        let french = tx.put_object(&texts, "fr", ObjType::Map).unwrap();
        let text = tx.put_object(&french, "statement", ObjType::Text).unwrap();
        tx.splice_text(&text, 0, 0, "Accès pour tous 👩🏽‍🚀").unwrap();
    });
    replica.write(|tx| {
        let text = text_object(tx, "tgt-2", "statement");
        tx.mark(&text, Mark::new("bold".into(), true, 0, 6), ExpandMark::Both).unwrap();
    });
    replica.write_nothing();
    replica.write(|tx| put(tx, "tgt-2", "order", "zz"));
    replica.write(|tx| put(tx, "tgt-2", "removed", true));
    replica.write(|tx| put(tx, "obj-br", "code", "R.9"));
    done(replica.send(&mut world)).unwrap();
    let target = world.element("tgt-1");
    assert_eq!((&target.fields["due_year"], target.fields.get("note")), (&Value::Int(2032), None));
    assert_eq!(world.element("gol-1").fields["financial_plan_total"], Value::Number(12.5));
    assert_eq!(world.element("pri-1").fields["sectors"], set(&["ITU-D", "ITU-R"]));
    assert_eq!(world.element("tgt-2").text["fr"]["statement"], "Accès pour tous 👩🏽‍🚀");
    assert_eq!(world.element("obj-br").code.as_deref(), Some("R.9"));
    let note = world.view().links.into_iter().find(|link| link.id == id("lnk-2")).unwrap().note;
    assert_eq!(note, "a note");
    let ops: Vec<RowOp> =
        world.log.events[4..].iter().flat_map(|e| e.payload.act.edits()).map(|row| row.op).collect();
    use RowOp::{Add, Move, Remove, Set, Text};
    assert_eq!(
        ops,
        [
            Text, Set, Set, Set, Set, Set, Set, Add, Text, Text, Add, Set, Text, Set, Set, Text, Move,
            Remove, Set
        ]
    );
}

#[test]
fn a_change_at_old_heads_comes_under_an_actor_of_its_own() {
    let mut world = World::new();
    let mut replica = Replica::join(&world, br(), 1);
    let then = replica.doc.get_heads();
    replica.write(|tx| write_text(tx, "tgt-1", "statement", 0, 0, "now "));
    let mut tx = replica.doc.transaction_at(PatchLog::inactive(), &then).unwrap();
    write_text(&mut tx, "tgt-1", "statement", 0, 0, "then ");
    tx.commit();
    done(replica.send(&mut world)).unwrap();
    let bound = world.log.events.iter().filter(|e| e.envelope.principal.subject == br().subject);
    assert_eq!(bound.filter(|e| matches!(e.payload.act, Act::ActorBound { .. })).count(), 2);
}

#[test]
fn an_author_footer_must_name_the_subject() {
    for (author, expected) in [("br-drafter", None), ("tsb-drafter", Some(RefusalCode::BadHeader))] {
        let mut world = World::new();
        let mut replica = Replica::join(&world, br(), 1);
        replica.doc.set_author(Some(Author::from(author.as_bytes().to_vec())));
        replica.write(|tx| put(tx, "tgt-1", "note", "x"));
        replica.write(|tx| put(tx, "tgt-1", "note", "y"));
        assert_eq!(done(replica.send(&mut world)).err().map(|refusal| refusal.code), expected);
    }
}

#[test]
fn actors_are_bound_once_and_to_one_subject() {
    let mut world = World::new();
    let mut replica = Replica::join(&world, br(), 1);
    replica.write(|tx| put(tx, "tgt-1", "note", "x"));
    done(replica.send(&mut world)).unwrap();
    replica.write(|tx| put(tx, "tgt-1", "note", "y"));
    done(replica.send(&mut world)).unwrap();
    let actor = vec![1; 16];
    let bindings = world.log.events.iter().filter(
        |event| matches!(&event.payload.act, Act::ActorBound { actor: bound, thin: false } if *bound == actor),
    );
    assert_eq!(bindings.count(), 1);
    let mut thief = Replica::join(&world, tsb(), 1);
    thief.write(|tx| put(tx, "tgt-1", "note", "z"));
    assert_eq!(code(thief.send(&mut world)), RefusalCode::ForeignActor);
    let mut thief = Replica::join(&world, tsb(), 9);
    let thin = world.hub.state().thin_actor(&chair().subject).cloned().unwrap();
    thief.doc.set_actor(thin);
    thief.write(|tx| put(tx, "tgt-1", "note", "z"));
    assert_eq!(code(thief.send(&mut world)), RefusalCode::ForeignActor, "the server's actors are taken too");
}

#[test]
fn a_change_sent_again_is_acknowledged_with_its_old_place() {
    let mut world = World::new();
    let mut replica = Replica::join(&world, br(), 1);
    replica.write(|tx| put(tx, "tgt-1", "note", "x"));
    let bytes: Vec<Vec<u8>> = replica.waiting().iter().map(|change| change.raw_bytes().to_vec()).collect();
    let entries = |answer| match answer {
        Answer::Done { entries, .. } => entries,
        other => panic!("{other:?}"),
    };
    let first = entries(world.changes(&br(), bytes.clone()));
    let seq = world.seq();
    assert_eq!(entries(world.changes(&br(), bytes.clone())), first);
    world.restart();
    assert_eq!(entries(world.changes(&br(), bytes)), first);
    assert_eq!(world.seq(), seq);
}

#[test]
fn what_builds_on_missing_or_refused_changes_is_refused_too() {
    let mut world = World::new();
    let mut replica = Replica::join(&world, br(), 1);
    replica.write(|tx| put(tx, "tgt-1", "note", "x"));
    replica.write(|tx| put(tx, "tgt-1", "colour", "red"));
    replica.write(|tx| put(tx, "tgt-1", "note", "y"));
    let changes = replica.waiting();
    let bytes: Vec<Vec<u8>> = changes.iter().map(|change| change.raw_bytes().to_vec()).collect();
    assert_eq!(code(world.changes(&br(), vec![bytes[1].clone()])), RefusalCode::MissingDependency);
    let Answer::Partly { entries, refusal, changes: refused } = world.changes(&br(), bytes) else { panic!() };
    assert_eq!((entries.len(), refusal.code), (1, RefusalCode::UnknownField));
    assert_eq!(refused, changes[1..].iter().map(|c| crate::document::digest(&c.hash())).collect::<Vec<_>>());
    assert_eq!(world.element("tgt-1").fields["note"], text("x"));
    assert_eq!(world.recorded(), ["missing_dependency", "unknown_field", "depends_on_refused"]);
}

#[test]
fn a_long_offline_queue_comes_home() {
    let mut world = World::new();
    let mut offline = Replica::join(&world, br(), 1);
    let base = world.seq();
    for n in 0..500 {
        offline.write(|tx| write_text(tx, "tgt-1", "statement", n, 0, "x"));
        if n % 100 == 0 {
            done(world.edit(&tsb(), [splice("tgt-1", 0, 0, "T", base)])).unwrap();
        }
    }
    let start = std::time::Instant::now();
    done(offline.send(&mut world)).unwrap();
    println!("500 queued changes: {:?}", start.elapsed());
    converge(&mut world, &mut [&mut offline]);
    let words = world.text("tgt-1", "statement");
    assert_eq!((words.matches('x').count(), words.matches('T').count()), (500, 5));
}

#[test]
fn merges_depend_on_several_changes() {
    let mut world = World::new();
    let (mut one, mut two) = (Replica::join(&world, br(), 1), Replica::join(&world, tsb(), 2));
    one.write(|tx| write_text(tx, "tgt-1", "statement", 0, 0, "one "));
    two.write(|tx| write_text(tx, "tgt-1", "statement", 0, 0, "two "));
    converge(&mut world, &mut [&mut one, &mut two]);
    assert_eq!(world.hub.state().heads_at(world.seq()).len(), 2);
    one.write(|tx| write_text(tx, "tgt-1", "statement", 0, 0, "both "));
    two.write_nothing();
    assert!(one.waiting()[0].deps().len() == 2 && two.waiting()[0].deps().len() == 2);
    converge(&mut world, &mut [&mut one, &mut two]);
}

#[test]
fn concurrent_values_are_shown_with_who_gave_them_until_somebody_settles() {
    let mut world = World::new();
    let (mut one, mut two) = (Replica::join(&world, br(), 1), Replica::join(&world, tsb(), 2));
    one.write(|tx| put(tx, "tgt-1", "due_year", 2027));
    two.write(|tx| put(tx, "tgt-1", "due_year", 2028));
    converge(&mut world, &mut [&mut one, &mut two]);
    assert!(world.rows()[0].concurrent);
    let target = world.element("tgt-1");
    let said = &target.concurrent["due_year"];
    assert_eq!(said[0].value, target.fields["due_year"], "the one in force first");
    let mut by: Vec<(i64, &str, Bureau, Seq)> = said
        .iter()
        .map(|s| (if let Value::Int(n) = s.value { n } else { 0 }, s.subject.as_str(), s.bureau, s.seq))
        .collect();
    by.sort();
    assert_eq!(by, [(2027, "br-drafter", Bureau::BR, Seq(5)), (2028, "tsb-drafter", Bureau::TSB, Seq(7))]);
    assert_eq!(
        code(world.edit(&chair(), [settle("tgt-1", "due_year", Value::Int(2027), Seq(3))])),
        RefusalCode::Stale
    );
    let seq = world.seq();
    done(world.edit(&chair(), [settle("tgt-1", "due_year", Value::Int(2027), seq)])).unwrap();
    let target = world.element("tgt-1");
    assert_eq!((target.concurrent.len(), &target.fields["due_year"]), (0, &Value::Int(2027)));
    assert_eq!(world.reader.view(Some(seq)).element(&id("tgt-1")).unwrap().concurrent.len(), 1);
    one.write(|tx| put(tx, "tgt-2", "removed", true));
    two.write(|tx| put(tx, "tgt-2", "removed", false));
    converge(&mut world, &mut [&mut one, &mut two]);
    assert_eq!(world.element("tgt-2").concurrent["removed"].len(), 2);
    assert!(
        world.element("tgt-2").concurrent["removed"].iter().all(|said| matches!(said.value, Value::Bool(_)))
    );
}

#[test]
fn one_of_several_values_written_again_deletes_only_the_others() {
    let mut world = World::new();
    let (mut one, mut two) = (Replica::join(&world, br(), 1), Replica::join(&world, chair(), 2));
    let write = |replica: &mut Replica, year: i64, order: &str, removed: bool| {
        replica.write(|tx| {
            put(tx, "tgt-1", "due_year", year);
            put(tx, "tgt-2", "order", order);
            put(tx, "tgt-2", "removed", removed);
            put(tx, "gol-1", "owner", if removed { "BR" } else { "GS" });
            put(tx, "cmt-1", "parent", if removed { "tgt-2" } else { "gol-1" });
        });
    };
    write(&mut one, 2027, "A", true);
    write(&mut two, 2028, "z", false);
    converge(&mut world, &mut [&mut one, &mut two]);
    assert_eq!(world.element("tgt-2").concurrent.len(), 2);
    // The library keeps the second's values, of the higher actor, and deletes the others.
    write(&mut two, 2028, "z", false);
    assert!(
        two.waiting()[0].decode().operations.iter().all(|op| op.action == automerge::legacy::OpType::Delete)
    );
    converge(&mut world, &mut [&mut one, &mut two]);
    let told: Vec<_> = world.rows().into_iter().map(|row| (row.op, row.to)).collect();
    let expected = [
        (RowOp::Set, Some(Value::Int(2028))),
        (RowOp::Move, Some(text("gol-1"))),
        (RowOp::Restore, None),
        (RowOp::Set, Some(text("GS"))),
        (RowOp::Move, Some(text("gol-1"))),
    ];
    assert_eq!(told, expected);
    let element = world.element("tgt-2");
    assert_eq!((element.order.as_str(), element.removed, element.concurrent.len()), ("z", false, 0));
    // The same by commands: what the server deletes is told as what stands.
    write(&mut one, 2029, "B", true);
    write(&mut two, 2030, "y", false);
    converge(&mut world, &mut [&mut one, &mut two]);
    let seq = world.seq();
    done(world.edit(&chair(), [settle("tgt-1", "due_year", Value::Int(2030), seq)])).unwrap();
    assert_eq!(world.rows()[0].to, Some(Value::Int(2030)));
}

/// Writes a French statement, with everything it needs made anew.
fn write_french(replica: &mut Replica, words: &str) {
    replica.write(|tx| {
        let texts = object(tx, &["elements", "tgt-1", "text"]);
        let french = tx.put_object(&texts, "fr", ObjType::Map).unwrap();
        let text = tx.put_object(&french, "statement", ObjType::Text).unwrap();
        tx.splice_text(&text, 0, 0, words).unwrap();
    });
}

#[test]
fn texts_and_languages_made_at_the_same_time_are_all_shown() {
    let mut world = World::new();
    let (mut one, mut two) = (Replica::join(&world, br(), 1), Replica::join(&world, tsb(), 2));
    write_french(&mut one, "Un");
    write_french(&mut two, "Deux");
    converge(&mut world, &mut [&mut one, &mut two]);
    let target = world.element("tgt-1");
    let words = |target: &plenary_protocol::plan::ElementView| -> Vec<String> {
        let mut words: Vec<String> =
            target.concurrent["text.fr.statement"].iter().map(|said| said.value.to_string()).collect();
        words.sort();
        words
    };
    assert_eq!(words(&target), ["Deux", "Un"]);
    assert_eq!(target.concurrent["text.fr.statement"][0].value, text(&target.text["fr"]["statement"]));
    // Writing on in either of them is told, whichever the document shows first.
    for (replica, more) in [(&mut one, "!"), (&mut two, "?")] {
        replica.write(|tx| {
            let shown = object(tx, &["elements", "tgt-1", "text", "fr", "statement"]);
            tx.splice_text(&shown, 0, 0, more).unwrap();
        });
        done(replica.send(&mut world)).unwrap();
        assert_eq!(world.rows().len(), 1);
        assert!(world.rows()[0].concurrent);
    }
}

#[test]
fn two_texts_at_one_place_are_settled_into_one() {
    let mut world = World::new();
    let mut view = small_plan();
    view.elements.retain(|element| element.id != id("tgt-1") && element.parent != Some(id("tgt-1")));
    let (mut one, mut two) = (Replica::join(&world, br(), 1), Replica::join(&world, tsb(), 2));
    // An element made by a replica without its texts: whoever writes one first makes it.
    one.write(|tx| make_element(tx, "tgt-9", "target", "gol-1", &[]));
    converge(&mut world, &mut [&mut one, &mut two]);
    for (replica, words) in [(&mut one, "Aim of one"), (&mut two, "Aim of two")] {
        replica.write(|tx| {
            let texts = object(tx, &["elements", "tgt-9", "text", "en"]);
            let text = tx.put_object(&texts, "statement", ObjType::Text).unwrap();
            tx.splice_text(&text, 0, 0, words).unwrap();
        });
    }
    converge(&mut world, &mut [&mut one, &mut two]);
    assert_eq!(world.element("tgt-9").concurrent["text.en.statement"].len(), 2);
    let seq = world.seq();
    // Written meanwhile and unseen by the chair: stays and shows.
    let shown = text_object(&one.doc, "tgt-9", "statement");
    let hidden =
        one.doc.get_all(object(&one.doc, &["elements", "tgt-9", "text", "en"]), "statement").unwrap();
    let hidden = hidden.into_iter().map(|(_, id)| id).find(|id| *id != shown).unwrap();
    one.write(|tx| tx.splice_text(&hidden, 0, 0, "late ").unwrap());
    done(one.send(&mut world)).unwrap();
    done(world.edit(&chair(), [settle("tgt-9", "statement", text("Our aim"), seq)])).unwrap();
    let said = |world: &World| -> Vec<String> {
        let element = world.element("tgt-9");
        element
            .concurrent
            .get("text.en.statement")
            .into_iter()
            .flatten()
            .map(|s| s.value.to_string())
            .collect()
    };
    assert_eq!(said(&world), ["Our aim", "late "]);
    let seq = world.seq();
    done(world.edit(&chair(), [settle("tgt-9", "statement", text("Our late aim"), seq)])).unwrap();
    assert_eq!((said(&world).len(), world.text("tgt-9", "statement").as_str()), (0, "Our late aim"));
    let seq = world.seq();
    let again = world.edit(&chair(), [settle("tgt-9", "statement", text("x"), seq)]);
    assert_eq!(code(again), RefusalCode::NothingToDo);
}

#[test]
fn sets_and_notes_made_at_the_same_time_lose_nothing() {
    let mut world = World::new();
    world.edit(&br(), [link("contributes_to", "obj-br", "tgt-1")]);
    let link = world.view().links.iter().find(|link| link.to == id("tgt-1")).unwrap().id.to_string();
    let (mut one, mut two) = (Replica::join(&world, br(), 1), Replica::join(&world, chair(), 2));
    for (replica, word) in [(&mut one, "one"), (&mut two, "two")] {
        replica.write(|tx| {
            let element = element_object(tx, "tgt-1");
            let set = tx.put_object(&element, "inferred", ObjType::Map).unwrap();
            tx.put(&set, word, true).unwrap();
            let link = element_object(tx, &link);
            let note = tx.put_object(&link, "note", ObjType::Text).unwrap();
            tx.splice_text(&note, 0, 0, word).unwrap();
        });
    }
    converge(&mut world, &mut [&mut one, &mut two]);
    assert_eq!(world.element("tgt-1").fields["inferred"], set(&["one", "two"]));
    let note = |world: &World| world.view().links.iter().find(|l| l.id == id(&link)).unwrap().clone();
    assert_eq!(note(&world).concurrent["note"].len(), 2);
    let seq = world.seq();
    done(world.edit(&br(), [set_field("tgt-1", "inferred", set(&["three"]), seq)])).unwrap();
    assert_eq!(world.element("tgt-1").fields["inferred"], set(&["three"]));
    let seq = world.seq();
    done(world.edit(&br(), [settle(&link, "note", text("both"), seq)])).unwrap();
    assert_eq!((note(&world).note.as_str(), note(&world).concurrent.len()), ("both", 0));
}

/// One step of the property below.
#[derive(Debug, Clone)]
enum Step {
    Text(usize, usize, usize, u8),
    Field(usize, i64),
    Member(usize, u8, bool),
    Element(usize),
    Place(usize, bool),
    Send(usize),
    Take(usize),
    Thin(usize, u8),
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let who = 0..3usize;
    let step = prop_oneof![
        4 => (who.clone(), 0..30usize, 0..4usize, any::<u8>()).prop_map(|(w, at, del, c)| Step::Text(w, at, del, c)),
        2 => (who.clone(), 2000..2005i64).prop_map(|(w, year)| Step::Field(w, year)),
        2 => (who.clone(), 0..4u8, any::<bool>()).prop_map(|(w, m, add)| Step::Member(w, m, add)),
        1 => who.clone().prop_map(Step::Element),
        1 => (who.clone(), any::<bool>()).prop_map(|(w, up)| Step::Place(w, up)),
        3 => who.clone().prop_map(Step::Send),
        3 => who.prop_map(Step::Take),
        2 => (0..20usize, any::<u8>()).prop_map(|(at, c)| Step::Thin(at, c)),
        1 => Just(Step::Restart),
    ];
    prop::collection::vec(step, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_interleaving_converges_to_the_fold_of_the_log(steps in steps()) {
        let mut world = World::new();
        let first = world.seq();
        let people = [br(), tsb(), chair()];
        let mut replicas: Vec<Replica> =
            people.into_iter().zip(1u8..).map(|(who, actor)| Replica::join(&world, who, actor)).collect();
        for (n, step) in steps.into_iter().enumerate() {
            match step {
                Step::Text(w, at, delete, c) => replicas[w].write(|tx| {
                    let text = text_object(tx, "tgt-1", "statement");
                    let at = at.min(tx.length(&text));
                    let delete = delete.min(tx.length(&text) - at);
                    tx.splice_text(&text, at, delete as isize, &char::from(c).to_string()).unwrap();
                }),
                Step::Field(w, year) => replicas[w].write(|tx| put(tx, "tgt-1", "due_year", year)),
                Step::Member(w, member, add) => replicas[w].write(|tx| {
                    let element = element_object(tx, "tgt-2");
                    let set = match tx.get(&element, "inferred").unwrap() {
                        Some((_, set)) => set,
                        None => tx.put_object(&element, "inferred", ObjType::Map).unwrap(),
                    };
                    let member = format!("m{member}");
                    if add {
                        tx.put(&set, member.as_str(), true).unwrap();
                    } else if tx.get(&set, member.as_str()).unwrap().is_some() {
                        tx.delete(&set, member.as_str()).unwrap();
                    }
                }),
                Step::Element(w) => replicas[w].write(|tx| {
                    make_element(tx, &format!("tgt-{w}{n}"), "target", "gol-1", &[("statement", "new")]);
                }),
                Step::Place(w, up) => replicas[w].write(|tx| put(tx, "tgt-2", "order", if up { "A" } else { "z" })),
                Step::Send(w) => _ = done(replicas[w].send(&mut world)).unwrap(),
                Step::Take(w) => replicas[w].take(&world),
                Step::Thin(at, c) => {
                    let insert = char::from(c).to_string();
                    done(world.edit(&drafter(Bureau::BDT), [splice("tgt-1", at, 1, &insert, first)])).ok();
                }
                Step::Restart => world.restart(),
            }
        }
        let [one, two, three] = replicas.as_mut_slice() else { unreachable!() };
        converge(&mut world, &mut [one, two, three]);
        world.check();
    }
}

#[test]
fn an_actor_id_of_any_allowed_length_is_taken() {
    for length in [1, 21, 64] {
        let mut world = World::new();
        let mut replica = Replica::join(&world, br(), 1);
        replica.doc.set_actor(ActorId::from(vec![7; length]));
        replica.write(|tx| put(tx, "tgt-1", "note", "x"));
        done(replica.send(&mut world)).unwrap();
    }
}
