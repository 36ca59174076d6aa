//! What holds a stage up, and what its entry tells of it.

use std::collections::BTreeMap;

use plenary_protocol::plan::Stage;
use plenary_protocol::record::{Act, Setting};
use plenary_protocol::wire::Refusal;

use super::*;
use crate::hub::Ask;
use crate::policy::Action;
use crate::rules::words::SILENT_US_MAX;
use crate::tests::world::{World, chair, done, person};
use plenary_protocol::{Bureau, Role};

/// The draft on its way to adoption.
fn before_adoption() -> World {
    let mut world = World::of(draft());
    for stage in [Stage::Consultation, Stage::CwgSfp, Stage::Council, Stage::Plenipotentiary] {
        world.advance(&chair(), stage, Some("on it goes")).unwrap();
    }
    world
}

fn adopt(world: &mut World, despite: bool, before: Option<&PlanView>, voices: Voices) -> Result<(), Refusal> {
    let ask = Ask::Advance {
        id: format!("adopt-{}", world.seq()).parse().unwrap(),
        stage: Stage::Adopted,
        because: despite.then(|| "it is late".into()),
        despite,
        former: before.cloned().map(Arc::new),
        voices,
    };
    done(world.ask(&chair(), Action::Advance, ask)).map(|_| ())
}

fn despite(world: &World) -> BTreeMap<String, u64> {
    match &world.log.events.last().unwrap().payload.act {
        Act::StageAdvanced { despite, .. } => despite.clone(),
        act => panic!("{act:?}"),
    }
}

#[test]
fn what_only_readers_of_the_plan_before_would_find_holds_up_and_is_not_in_the_entry() {
    let mut world = before_adoption();
    let mut before = adopted();
    let goal = before.elements.iter().find(|element| element.kind.name() == "goal").unwrap().clone();
    before
        .elements
        .push(plenary_protocol::plan::ElementView { id: "gol-forgotten".parse().unwrap(), ..goal });
    let held = adopt(&mut world, false, Some(&before), Voices::default()).unwrap_err();
    assert!(held.reason.contains("MAP-01 (1)") && held.reason.contains("SMT-03"), "{}", held.reason);
    adopt(&mut world, true, Some(&before), Voices::default()).unwrap();
    let told = despite(&world);
    assert!(told.contains_key("SMT-03") && !told.contains_key("MAP-01"), "{told:?}");
    // It is what the plan without the one before says, to the last count.
    let mut alone = before_adoption();
    adopt(&mut alone, true, None, Voices::default()).unwrap();
    assert_eq!(told, despite(&alone));
}

#[test]
fn a_bureau_that_is_silent_holds_up_a_plan_that_wants_it_so() {
    let mut world = before_adoption();
    let silent = || Voices { now_us: SILENT_US_MAX + 2, last_us: [Some(1); 4] };
    let count = |refusal: Refusal| {
        let (_, after) = refusal.reason.split_once("OWN-01 (").unwrap_or(("", "0)"));
        after.split(')').next().unwrap().parse::<u64>().unwrap()
    };
    assert_eq!(count(adopt(&mut world, false, None, silent()).unwrap_err()), 0, "it warns");
    let rule = Ask::SetRule {
        id: "own".parse().unwrap(),
        rule: "OWN-01".into(),
        to: Setting::E,
        because: "each has to be heard".into(),
    };
    done(world.ask(&person("chair", Bureau::GS, Role::Chair), Action::SetRule, rule)).unwrap();
    let heard = count(adopt(&mut world, false, None, Voices::default()).unwrap_err());
    let unheard = count(adopt(&mut world, false, None, silent()).unwrap_err());
    let found = {
        let checker = Checker::of(&world.view(), silent(), None);
        let own = |found: &&&Found| found.row().unwrap().code == "OWN-01";
        checker.findings().iter().filter(own).count() as u64
    };
    assert!(unheard > heard, "{heard} and {unheard}");
    assert_eq!(unheard, found, "the gate goes by what is listed");
}
