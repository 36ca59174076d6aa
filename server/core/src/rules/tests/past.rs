//! A finding has a past: the entry and the person that introduced it, and those that resolved it.

use std::collections::BTreeMap;

use plenary_limits::holds;
use plenary_protocol::plan::command::Place;
use plenary_protocol::plan::{Command, Kind};
use plenary_protocol::{Bureau, Seq};

use super::*;
use crate::tests::world::{World, chair, done, drafter};

fn add(kind: &str, parent: Option<&str>, title: &str) -> Command {
    Command::Add {
        kind: Kind::named(kind).unwrap(),
        id: Some(format!("{}-{title}", Kind::named(kind).unwrap().spec().prefix).parse().unwrap()),
        place: Place { parent: parent.map(|id| id.parse().unwrap()), ..Place::default() },
        owner: None,
        fields: BTreeMap::new(),
        lang: None,
        text: BTreeMap::from([("title".into(), title.into())]),
    }
}

fn history(world: &World) -> History {
    let mut history = History::new(&world.reader.view(Some(Seq::ZERO)), None);
    world.log.events.iter().for_each(|event| history.take(event, &world.reader));
    history
}

#[test]
fn each_finding_names_who_introduced_and_who_resolved_it() {
    let mut world = World::new();
    let made = done(world.edit(&drafter(Bureau::BDT), [add("goal", None, "more")])).unwrap();
    let mended = done(world.edit(&chair(), [add("target", Some("gol-more"), "first")])).unwrap();
    let history = history(&world);
    let goal = |past: &&&history::Past| {
        past.found.row().unwrap().code == "RES-02"
            && past.found.elements.iter().any(|id| id.as_str() == "gol-more")
    };
    let all = history.all();
    let lacks_target = all.iter().find(goal).unwrap();
    let by = |by: &plenary_protocol::wire::findings::By| (by.seq, by.bureau, by.subject.to_string());
    assert_eq!(by(&lacks_target.introduced), (made, Bureau::BDT, drafter(Bureau::BDT).subject.to_string()));
    assert_eq!(lacks_target.resolved.as_ref().map(by), Some((mended, Bureau::GS, "chair".to_owned())));
    let open: Vec<_> = all.iter().filter(|past| past.resolved.is_none()).map(|past| &past.found).collect();
    let mut now = history.checker().findings();
    now.retain(|found| !open.contains(found));
    assert_eq!(
        (now, open.len()),
        (Vec::new(), history.checker().findings().len()),
        "what is open is what stands"
    );
}

#[test]
fn so_many_resolved_ones_are_kept() {
    let world = World::new();
    let history = history(&world);
    let past = history.all()[0].clone();
    holds!(FINDINGS_PAST_MAX, |count| {
        let mut full = History::new(&world.reader.view(Some(Seq::ZERO)), None);
        (0..count).for_each(|_| full.resolve(past.clone()));
        full.left_out() == 0
    });
}
