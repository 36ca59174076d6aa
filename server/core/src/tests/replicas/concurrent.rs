//! What people wrote at the same time is all kept, shown with who wrote it, and can be settled.

use super::*;

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
