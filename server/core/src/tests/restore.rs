//! Restoration: what goes back, who may do it, and what is said when it cannot be done.

mod property;

use plenary_protocol::plan::{ElementView, PlanView, Stage, Value};
use plenary_protocol::record::{Act, EditRow, Restores, RowOp, Scope};
use plenary_protocol::wire::event::What;
use plenary_protocol::wire::{EventView, Refusal, RefusalCode};
use plenary_protocol::{Bureau, Principal, Role, Seq};

use super::plan::*;
use super::replica::{Replica, write_text};
use super::world::{World, chair, code, done, drafter, id, input, person, set, text};
use crate::hub::{Answer, Ask, Restoration};
use crate::policy::Action;

fn whole() -> Scope {
    Scope::default()
}

fn of(element: &str) -> Scope {
    Scope { element: Some(id(element)), ..Scope::default() }
}

fn field(element: &str, field: &str) -> Scope {
    Scope { field: Some(field.into()), ..of(element) }
}

impl World {
    fn restore_from(&mut self, who: &Principal, seq: Seq, scope: Scope, base: Option<Seq>) -> Answer {
        let name = format!("restore-{}", self.log.events.len()).parse().unwrap();
        let restores = Restores { seq, scope };
        let because = Some("it was better".to_owned());
        let asked = Restoration { id: name, restores, base, because, answers: Vec::new() };
        self.ask(who, Action::Edit, Ask::Restore(asked))
    }

    fn restore(&mut self, who: &Principal, seq: Seq, scope: Scope) -> Result<Seq, Refusal> {
        done(self.restore_from(who, seq, scope, None))
    }

    fn preview(&mut self, who: &Principal, seq: Seq, scope: Scope) -> Result<(Seq, Vec<EditRow>), Refusal> {
        match self.ask(who, Action::Edit, Ask::Preview(Restores { seq, scope })) {
            Answer::Preview { base, edits } => Ok((base, edits)),
            other => done(other).map(|_| unreachable!("a preview is a preview")),
        }
    }
}

/// A plan as it can be restored: what was made later is not looked at, how a value was disputed neither.
fn comparable(view: &PlanView, like: &PlanView) -> PlanView {
    let mut view = view.clone();
    (view.seq, view.at) = (Seq::ZERO, String::new());
    view.concurrent.clear();
    view.elements.retain(|element| like.element(&element.id).is_some());
    view.links.retain(|link| like.links.iter().any(|one| one.id == link.id));
    view.elements.iter_mut().for_each(|element| element.concurrent.clear());
    view.links.iter_mut().for_each(|link| link.concurrent.clear());
    view
}

/// An element without its display code, which follows from where the others stand.
fn uncoded(view: &PlanView, element: &str) -> ElementView {
    ElementView { code: None, ..view.element(&id(element)).unwrap().clone() }
}

/// The plan now is as it was then, and whatever was made since is removed.
#[track_caller]
fn assert_restored(world: &World, then: &PlanView) {
    let now = world.view();
    assert_eq!(comparable(&now, then), comparable(then, then));
    assert!(now.elements.iter().all(|one| one.removed || then.element(&one.id).is_some()));
    assert!(now.links.iter().all(|one| one.removed || then.links.iter().any(|link| link.id == one.id)));
}

/// Edits of everything that there is to edit, by several people.
fn busy(world: &mut World) {
    let base = world.seq();
    let edits = [
        (drafter(Bureau::BR), vec![set_text("tgt-1", "statement", "75 % of all households connected", base)]),
        (drafter(Bureau::TSB), vec![set_field("tgt-1", "due_year", Value::Int(2027), base), remove("tgt-2")]),
        (chair(), vec![set_field("pri-1", "sectors", set(&["ITU-D", "ITU-T"]), base)]),
        (drafter(Bureau::BDT), vec![add("target", "gol-1", &[("statement", "A new one")])]),
        (chair(), vec![move_under("tgt-1", "gol-1"), set_field("plan", "title", text("Another"), base)]),
        (
            drafter(Bureau::BR),
            vec![link("refers_to", "tgt-1", "gol-1"), set_text("lnk-1", "note", "no", base)],
        ),
        (drafter(Bureau::BR), vec![remove("lnk-1"), set_field("out-br", "note", text("late"), base)]),
    ];
    for (who, commands) in edits {
        done(world.edit(&who, commands)).unwrap();
    }
}

#[test]
fn the_whole_plan_goes_back_as_one_entry_that_cites_its_source() {
    let mut world = World::new();
    let first = world.seq();
    let then = world.view();
    busy(&mut world);
    let entries = world.log.events.len();
    let (base, seen) = world.preview(&chair(), first, whole()).unwrap();
    assert_eq!((base, world.log.events.len()), (world.seq(), entries), "a preview makes no entry");
    world.restore_from(&chair(), first, whole(), Some(base));
    assert_eq!(world.log.events.len(), entries + 1);
    assert_restored(&world, &then);
    assert_eq!(world.rows(), seen, "what was previewed is what is done");
    let event = world.log.events.last().unwrap();
    assert_eq!((event.envelope.type_schema, event.envelope.base), (3, Some(base)));
    let Act::Change(change) = &event.payload.act else { panic!("a change") };
    assert_eq!(change.restores, Some(Restores { seq: first, scope: whole() }));
    let told = EventView::of(event);
    assert!(matches!(&told.what, What::Change { restores: Some(_), .. }), "{told:?}");
    assert_eq!(told.because.as_deref(), Some("it was better"));
    world.restart();
    assert_restored(&world, &then);
}

#[test]
fn what_is_undone_can_be_done_again() {
    let mut world = World::new();
    let first = world.seq();
    busy(&mut world);
    let (before, then) = (world.seq(), world.view());
    world.restore(&chair(), first, whole()).unwrap();
    world.restore(&chair(), before, whole()).unwrap();
    assert_restored(&world, &then);
    assert_eq!(world.view().elements, then.elements);
}

#[test]
fn an_element_goes_back_and_nothing_else_does() {
    let mut world = World::new();
    let first = world.seq();
    let then = world.view();
    busy(&mut world);
    let before = world.view();
    world.restore(&drafter(Bureau::BR), first, of("tgt-1")).unwrap();
    let now = world.view();
    for element in &then.elements {
        let wanted = if element.id == id("tgt-1") { &then } else { &before };
        assert_eq!(uncoded(&now, element.id.as_str()), uncoded(wanted, element.id.as_str()));
    }
    let of_it = now.links.iter().filter(|link| link.from == id("tgt-1"));
    assert!(of_it.clone().count() == 1 && of_it.clone().all(|link| link.removed), "its new link is removed");
    assert!(world.rows().iter().all(|row| row.element == id("tgt-1") || row.kind == "refers_to"));
}

#[test]
fn removed_elements_and_links_come_back_with_what_they_held() {
    let mut world = World::new();
    let first = world.seq();
    let then = world.view();
    busy(&mut world);
    world.restore(&drafter(Bureau::TSB), first, of("tgt-2")).unwrap();
    assert_eq!(uncoded(&world.view(), "tgt-2"), uncoded(&then, "tgt-2"));
    assert!(world.rows().iter().any(|row| row.op == RowOp::Restore));
    world.restore(&drafter(Bureau::BR), first, of("lnk-1")).unwrap();
    let link = |view: &PlanView| view.links.iter().find(|link| link.id == id("lnk-1")).cloned();
    assert_eq!(link(&world.view()), link(&then));
}

#[test]
fn a_field_or_one_language_of_a_text_goes_back() {
    let mut world = World::new();
    let br = drafter(Bureau::BR);
    let french = |words: &str, base| plenary_protocol::plan::Command::SetText {
        element: id("tgt-1"),
        field: "statement".into(),
        lang: Some("fr".into()),
        text: words.into(),
        base,
    };
    let base = world.seq();
    done(world.edit(&br, [french("Connecter", base)])).unwrap();
    let first = world.seq();
    let (year, words) =
        (world.element("tgt-1").fields.get("due_year").cloned(), world.text("tgt-1", "statement"));
    done(world.edit(&br, [french("Relier", first), set_text("tgt-1", "statement", "Connect all", first)]))
        .unwrap();
    done(world.edit(&br, [set_field("tgt-1", "due_year", Value::Int(2029), first)])).unwrap();
    world.restore(&br, first, Scope { lang: Some("fr".into()), ..field("tgt-1", "statement") }).unwrap();
    let french = world.element("tgt-1").text["fr"]["statement"].clone();
    assert_eq!((french.as_str(), world.text("tgt-1", "statement").as_str()), ("Connecter", "Connect all"));
    world.restore(&br, first, field("tgt-1", "statement")).unwrap();
    assert_eq!(world.text("tgt-1", "statement"), words);
    assert_eq!(world.element("tgt-1").fields.get("due_year"), Some(&Value::Int(2029)));
    world.restore(&br, first, field("tgt-1", "due_year")).unwrap();
    assert_eq!(world.element("tgt-1").fields.get("due_year"), year.as_ref());
    // A field that had no value loses it, and a place is a field like any other.
    done(world.edit(&br, [set_field("tgt-2", "due_year", Value::Int(2030), first)])).unwrap();
    let order = world.element("tgt-2").order;
    done(world.edit(&br, [move_under("tgt-2", "gol-1")])).unwrap();
    assert_ne!(world.element("tgt-2").order, order);
    world.restore(&br, first, field("tgt-2", "due_year")).unwrap();
    assert_eq!(world.element("tgt-2").fields.get("due_year"), None);
    world.restore(&br, first, field("tgt-2", "place")).unwrap();
    assert_eq!(world.element("tgt-2").order, order);
}

#[test]
fn only_the_words_that_differ_change_so_that_what_others_write_meanwhile_survives() {
    let mut world = World::new();
    let first = world.seq();
    let mut offline = Replica::join(&world, drafter(Bureau::GS), 9);
    done(
        world.edit(
            &drafter(Bureau::BR),
            [set_text("tgt-1", "statement", "75 % of households connected", first)],
        ),
    )
    .unwrap();
    offline.write(|tx| write_text(tx, "tgt-1", "statement", 28, 0, " at home"));
    world.restore(&drafter(Bureau::BR), first, field("tgt-1", "statement")).unwrap();
    let row = world.rows().remove(0);
    assert_eq!((row.deleted.as_deref(), row.inserted.as_deref()), (Some("7"), Some("6")));
    done(offline.send(&mut world)).unwrap();
    assert_eq!(world.text("tgt-1", "statement"), "65 % of households connected at home");
}

#[test]
fn where_nothing_differs_there_is_a_kind_answer_and_no_entry() {
    let mut world = World::new();
    let first = world.seq();
    done(world.edit(&chair(), [splice("tgt-1", 0, 0, "x", first)])).unwrap();
    let entries = world.log.events.len();
    let refusal = world.restore(&chair(), first, field("tgt-1", "due_year")).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::NothingToDo);
    assert!(
        refusal.reason.starts_with("due_year of tgt-1 stands as it stood after entry"),
        "{}",
        refusal.reason
    );
    assert_eq!(world.preview(&chair(), first, of("tgt-2")).unwrap().1, Vec::new());
    let now = world.seq();
    assert_eq!(world.restore(&chair(), now, whole()).unwrap_err().code, RefusalCode::NothingToDo);
    assert_eq!(world.log.events.len(), entries);
}

#[test]
fn rights_and_stage_hold_for_every_part_of_it() {
    let mut world = World::new();
    let first = world.seq();
    busy(&mut world);
    let entries = world.log.events.len();
    let tsb = drafter(Bureau::TSB);
    let refusal = world.restore(&tsb, first, whole()).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::RoleForbids);
    assert!(
        refusal.reason.starts_with("title of plan differs, and you may not put it back"),
        "{}",
        refusal.reason
    );
    let refusal = world.preview(&tsb, first, of("out-br")).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::OtherBureau);
    assert!(
        refusal.reason.contains("note of out-br") && refusal.reason.contains("belongs to BR"),
        "{}",
        refusal.reason
    );
    assert_eq!(world.restore(&tsb, first, of("lnk-1")).unwrap_err().code, RefusalCode::OtherBureau);
    let contributor = person("views", Bureau::GS, Role::Contributor);
    assert_eq!(world.restore(&contributor, first, of("tgt-1")).unwrap_err().code, RefusalCode::RoleForbids);
    world.advance(&chair(), Stage::Withdrawn, Some("another is taken")).unwrap();
    assert_eq!(world.restore(&chair(), first, whole()).unwrap_err().code, RefusalCode::StageForbids);
    assert_eq!(world.preview(&chair(), first, whole()).unwrap_err().code, RefusalCode::StageForbids);
    assert_eq!(world.log.events.len(), entries + 1);
}

#[test]
fn nobody_gets_back_by_restoration_what_was_given_to_another_bureau() {
    let mut world = World::new();
    let base = world.seq();
    done(world.edit(&chair(), [set_field("obj-br", "owner", text("TSB"), base)])).unwrap();
    let refused = world.restore(&drafter(Bureau::BR), base, of("obj-br")).unwrap_err();
    assert_eq!(refused.code, RefusalCode::OtherBureau);
    // Nor may TSB give it away: that is the chair's.
    let refused = world.restore(&drafter(Bureau::TSB), base, of("obj-br")).unwrap_err();
    assert_eq!(refused.code, RefusalCode::OtherBureau);
    world.restore(&chair(), base, of("obj-br")).unwrap();
    assert_eq!(world.element("obj-br").owner, Some(Bureau::BR));
    // An outcome that the chair took out of BR's objective does not go back there by TSB's hand.
    let base = world.seq();
    done(world.edit(&chair(), [move_under("out-br", "obj-tsb")])).unwrap();
    let refused = world.restore(&drafter(Bureau::TSB), base, of("out-br")).unwrap_err();
    assert_eq!(refused.code, RefusalCode::OtherBureau);
    assert_eq!(world.element("out-br").parent, Some(id("obj-tsb")));
}

#[test]
fn what_changed_after_the_preview_is_named_and_what_is_elsewhere_does_not_matter() {
    let mut world = World::new();
    let first = world.seq();
    busy(&mut world);
    let (base, _) = world.preview(&chair(), first, of("tgt-1")).unwrap();
    done(world.edit(&drafter(Bureau::TSB), [splice("gol-1", 0, 0, "x", base)])).unwrap();
    done(world.restore_from(&chair(), first, of("tgt-1"), Some(base))).unwrap();
    let (base, _) = world.preview(&chair(), first, whole()).unwrap();
    done(world.edit(&drafter(Bureau::TSB), [splice("tgt-1", 0, 0, "y", base)])).unwrap();
    done(world.edit(&drafter(Bureau::TSB), [add("target", "gol-1", &[])])).unwrap();
    let refusal = done(world.restore_from(&chair(), first, whole(), Some(base))).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::Stale);
    let entry = world.seq().0 - 1;
    assert!(
        refusal.reason.contains(&format!("statement [en] of tgt-1 (entry {entry}, tsb-drafter of TSB, TSB)"))
    );
    assert!(refusal.reason.contains("whether tgt-"), "{}", refusal.reason);
    let ahead = Some(Seq(world.seq().0 + 1));
    assert_eq!(code(world.restore_from(&chair(), first, whole(), ahead)), RefusalCode::BaseAhead);
}

#[test]
fn a_name_sent_again_is_the_same_restoration_and_for_another_it_is_refused() {
    let mut world = World::new();
    let first = world.seq();
    busy(&mut world);
    let asked = |scope| Restoration {
        id: "again".parse().unwrap(),
        restores: Restores { seq: first, scope },
        base: None,
        because: None,
        answers: Vec::new(),
    };
    let once = done(world.ask(&chair(), Action::Edit, Ask::Restore(asked(whole())))).unwrap();
    match world.ask(&chair(), Action::Edit, Ask::Restore(asked(whole()))) {
        Answer::Done { entries, duplicate: true, .. } => assert_eq!(entries.last().unwrap().seq, once),
        other => panic!("{other:?}"),
    }
    assert_eq!(
        code(world.ask(&chair(), Action::Edit, Ask::Restore(asked(of("tgt-1"))))),
        RefusalCode::IdReused
    );
    // In one group with other asks, too.
    let group = vec![
        input(&chair(), Action::Edit, Ask::Preview(Restores { seq: Seq(4), scope: whole() })),
        input(&chair(), Action::Edit, Ask::Restore(asked(whole()))),
    ];
    assert!(matches!(
        &world.group(group)[..],
        [Answer::Preview { .. }, Answer::Done { duplicate: true, .. }]
    ));
}

#[test]
fn what_means_nothing_is_refused_with_what_it_lacks() {
    let mut world = World::new();
    let first = world.seq();
    busy(&mut world);
    let view = world.view();
    let made =
        view.elements.iter().find(|one| one.id.as_str().len() == "tgt-23456789".len()).unwrap().id.clone();
    let lang = Some("fr".to_owned());
    let scopes = [
        (Scope { field: Some("title".into()), ..whole() }, RefusalCode::Malformed),
        (Scope { lang: lang.clone(), ..of("tgt-1") }, RefusalCode::Malformed),
        (Scope { lang: lang.clone(), ..field("tgt-1", "due_year") }, RefusalCode::WrongType),
        (Scope { lang, ..field("lnk-1", "note") }, RefusalCode::WrongType),
        (field("tgt-1", "no_such"), RefusalCode::UnknownField),
        (field("plan", "place"), RefusalCode::UnknownField),
        (of("tgt-none"), RefusalCode::NoSuchElement),
        (of(made.as_str()), RefusalCode::OutOfRange),
    ];
    let entries = world.log.events.len();
    for (scope, wanted) in scopes {
        assert_eq!(world.preview(&chair(), first, scope.clone()).unwrap_err().code, wanted, "{scope}");
        assert_eq!(world.restore(&chair(), first, scope.clone()).unwrap_err().code, wanted, "{scope}");
    }
    let beyond = Seq(world.seq().0 + 1);
    for (seq, wanted) in [
        (beyond, RefusalCode::BaseAhead),
        (Seq(u64::MAX), RefusalCode::BaseAhead),
        (Seq(1), RefusalCode::OutOfRange),
        (Seq::ZERO, RefusalCode::OutOfRange),
    ] {
        assert_eq!(world.restore(&chair(), seq, whole()).unwrap_err().code, wanted, "{seq}");
    }
    let because = Some("x".repeat(3_000));
    let restores = Restores { seq: first, scope: whole() };
    let long =
        Restoration { id: "long".parse().unwrap(), restores, base: None, because, answers: Vec::new() };
    assert_eq!(code(world.ask(&chair(), Action::Edit, Ask::Restore(long))), RefusalCode::TooLarge);
    assert_eq!(world.log.events.len(), entries);
}

#[test]
fn several_values_and_several_texts_at_once_go_back_to_what_there_was() {
    let mut world = World::new();
    let first = world.seq();
    let then = world.view();
    let mut replicas = [(drafter(Bureau::BR), 7), (drafter(Bureau::TSB), 8)]
        .map(|(who, actor)| Replica::join(&world, who, actor));
    for (n, replica) in replicas.iter_mut().enumerate() {
        replica.write(|tx| {
            super::replica::put(tx, "tgt-1", "due_year", 2030 + n as i64);
            super::replica::word(tx, "tgt-1", "fr", "statement", if n == 0 { "un" } else { "deux" });
        });
    }
    for replica in &mut replicas {
        done(replica.send(&mut world)).unwrap();
    }
    assert_eq!(world.element("tgt-1").concurrent.len(), 2, "a year and a text, each twice");
    world.restore(&chair(), first, whole()).unwrap();
    assert_restored(&world, &then);
    assert!(world.element("tgt-1").concurrent.is_empty());
}
