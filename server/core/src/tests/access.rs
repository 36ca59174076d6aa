//! Who may read a plan: the rule, what a grant for it takes, and what happens to those it shuts out.

use plenary_limits::READERS_MAX;
use plenary_protocol::access::{Access, Reader};
use plenary_protocol::plan::Command;
use plenary_protocol::record::Act;
use plenary_protocol::wire::event::{EventView, What};
use plenary_protocol::wire::{Refusal, RefusalCode};
use plenary_protocol::{Bureau, Principal, Role, Seq};

use super::plan::{small_plan, splice};
use super::replica::{Replica, write_text};
use super::world::{World, chair, code, done, drafter, input, person};
use crate::hub::{Ask, ConnId};
use crate::policy::{self, Action};

fn only(names: &[&str]) -> Access {
    Access::Only(names.iter().map(|name| name.parse::<Reader>().unwrap()).collect())
}

fn admin() -> Principal {
    person("admin", Bureau::GS, Role::Admin)
}

fn set(world: &mut World, who: &Principal, access: Access) -> Result<Seq, Refusal> {
    let id = format!("access-{}", world.seq()).parse().unwrap();
    policy::may(who, Action::SetAccess)?;
    done(world.ask(who, Action::SetAccess, Ask::SetAccess { id, access, because: Some("why".into()) }))
}

fn comment_by(world: &World) -> Command {
    splice("tgt-1", 0, 0, "x", world.seq())
}

#[test]
fn a_rule_admits_whom_it_names_and_whoever_audits_or_administers() {
    let plan = "p".parse().unwrap();
    let rule = only(&["role:contributor", "bureau:TSB", "subject:ana"]);
    for role in Role::ALL {
        for bureau in Bureau::ALL {
            for subject in ["ana", "ben"] {
                let who = person(subject, bureau, role);
                let wanted = bureau == Bureau::TSB
                    || subject == "ana"
                    || matches!(role, Role::Contributor | Role::Auditor | Role::Admin);
                assert_eq!(policy::may_read(&who, &rule), wanted, "{subject} of {bureau}, {role}");
                assert!(policy::may_read(&who, &Access::Everybody));
                for action in Action::ALL {
                    let granted = policy::check(&who, &plan, &rule, action).map(|_| ()).map_err(|r| r.code);
                    let expected = match (policy::allows(role, action), wanted) {
                        (false, _) => Err(RefusalCode::RoleForbids),
                        (true, false) => Err(RefusalCode::NoSuchPlan),
                        (true, true) => Ok(()),
                    };
                    assert_eq!(granted, expected, "{subject} of {bureau}, {role}, {action:?}");
                }
            }
        }
    }
}

#[test]
fn a_change_of_access_is_an_entry_in_plain_words() {
    let mut world = World::new();
    let rule = only(&["role:chair", "bureau:BR"]);
    let seq = set(&mut world, &chair(), rule.clone()).unwrap();
    let event = world.log.events.last().unwrap();
    assert_eq!(event.payload.act, Act::AccessChanged { to: rule.clone(), from: Access::Everybody });
    assert_eq!((event.envelope.type_schema, event.envelope.seq), (2, seq));
    let told = EventView::of(event);
    assert_eq!(told.what, What::AccessChanged { from: Access::Everybody, to: rule.clone() });
    assert_eq!(told.because.as_deref(), Some("why"));
    assert_eq!(world.hub.state().access, rule);
    world.restart();
    assert_eq!(world.hub.state().access, rule, "the fold gives it back");
    world.check();
}

#[test]
fn a_plan_can_be_for_some_from_its_first_day() {
    let rule = only(&["role:chair"]);
    let mut world = World::narrowed(small_plan(), rule.clone());
    let acts: Vec<&str> = world.log.events.iter().map(|event| event.payload.act.name()).collect();
    assert_eq!(acts, ["plan_created", "access_changed", "actor_bound", "change"]);
    assert_eq!(world.hub.state().access, rule);
    let command = comment_by(&world);
    assert_eq!(code(world.edit(&drafter(Bureau::BR), [command.clone()])), RefusalCode::NoSuchPlan);
    done(world.edit(&chair(), [command])).unwrap();
    world.check();
}

#[test]
fn who_is_shut_out_does_nothing_more_whatever_grant_they_hold() {
    let mut world = World::new();
    let (br, tsb) = (drafter(Bureau::BR), drafter(Bureau::TSB));
    let mut replica = Replica::join(&world, tsb.clone(), 1);
    replica.write(|tx| write_text(tx, "tgt-1", "statement", 0, 0, "x"));
    set(&mut world, &admin(), only(&["bureau:BR"])).unwrap();
    let command = comment_by(&world);
    assert_eq!(code(world.edit(&tsb, [command.clone()])), RefusalCode::NoSuchPlan);
    assert_eq!(code(replica.send(&mut world)), RefusalCode::NoSuchPlan);
    let subscribe = Ask::Subscribe { conn: ConnId(9) };
    assert_eq!(code(world.ask(&tsb, Action::Read, subscribe)), RefusalCode::NoSuchPlan);
    done(world.edit(&br, [command])).unwrap();
    assert!(world.told.iter().all(|(conn, _)| *conn != ConnId(9)));
    set(&mut world, &admin(), Access::Everybody).unwrap();
    let command = comment_by(&world);
    done(world.edit(&tsb, [command])).unwrap();
}

#[test]
fn nothing_after_the_narrowing_reaches_those_it_shuts_out() {
    let mut world = World::new();
    let (br, tsb) = (drafter(Bureau::BR), drafter(Bureau::TSB));
    let subscribe = |conn| Ask::Subscribe { conn: ConnId(conn) };
    done(world.ask(&br, Action::Read, subscribe(1))).unwrap();
    done(world.ask(&tsb, Action::Read, subscribe(2))).unwrap();
    let command = comment_by(&world);
    let before = done(world.edit(&br, [command])).unwrap();
    world.told.clear();
    // The edit, the narrowing and the next edit come in one group.
    let edit = |world: &World, name: &str| {
        let command = comment_by(world);
        Ask::Edit { edit: world.named_edit(name, [command]), formers: Vec::new() }
    };
    let narrow =
        Ask::SetAccess { id: "narrow".parse().unwrap(), access: only(&["bureau:BR"]), because: None };
    let late = Ask::Subscribe { conn: ConnId(3) };
    let group = vec![
        input(&br, Action::Edit, edit(&world, "first")),
        input(&tsb, Action::Read, late),
        input(&admin(), Action::SetAccess, narrow),
        input(&tsb, Action::Edit, edit(&world, "shut-out")),
        input(&br, Action::Edit, edit(&world, "second")),
    ];
    let answers = world.group(group);
    let refused = answers.into_iter().filter_map(|answer| done(answer).err()).map(|r| r.code);
    assert_eq!(refused.collect::<Vec<_>>(), [RefusalCode::NoSuchPlan; 2], "the late one and the edit");
    let told = |conn: u64| {
        let told = world.told.iter().filter(|(to, _)| *to == ConnId(conn));
        told.map(|(_, seq)| seq.map(|seq| seq.0 - before.0)).collect::<Vec<_>>()
    };
    assert_eq!(told(1), [Some(1), Some(2), Some(3)]);
    assert_eq!(told(2), [Some(1), None], "what came before, and that it is over");
    assert_eq!(told(3), []);
    world.check();
}

#[test]
fn who_sets_a_rule_goes_on_to_read_and_nobody_is_locked_out_for_good() {
    let mut world = World::new();
    let refused = |answer: Result<Seq, Refusal>| answer.unwrap_err().code;
    for who in [drafter(Bureau::BR), person("audit", Bureau::GS, Role::Auditor)] {
        assert_eq!(refused(set(&mut world, &who, only(&["bureau:BR"]))), RefusalCode::RoleForbids);
    }
    assert_eq!(refused(set(&mut world, &chair(), only(&["bureau:BR"]))), RefusalCode::RoleForbids);
    assert_eq!(refused(set(&mut world, &chair(), only(&[]))), RefusalCode::Malformed);
    let many: Vec<String> = (0..=READERS_MAX).map(|n| format!("subject:s{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(refused(set(&mut world, &admin(), only(&many))), RefusalCode::TooLarge);
    assert_eq!(refused(set(&mut world, &chair(), Access::Everybody)), RefusalCode::NothingToDo);
    set(&mut world, &admin(), only(&["bureau:TSB"])).unwrap();
    assert_eq!(refused(set(&mut world, &chair(), Access::Everybody)), RefusalCode::NoSuchPlan);
    set(&mut world, &admin(), only(&["subject:chair"])).unwrap();
    set(&mut world, &chair(), Access::Everybody).unwrap();
}

#[test]
fn a_rule_set_again_under_its_name_is_set_once() {
    let mut world = World::new();
    let ask = |access| Ask::SetAccess { id: "one".parse().unwrap(), access, because: None };
    let first = done(world.ask(&admin(), Action::SetAccess, ask(only(&["role:chair"])))).unwrap();
    let again = done(world.ask(&admin(), Action::SetAccess, ask(only(&["role:chair"])))).unwrap();
    assert_eq!((first, world.seq()), (again, again));
    let other = world.ask(&admin(), Action::SetAccess, ask(Access::Everybody));
    assert_eq!(code(other), RefusalCode::IdReused);
    let wrong = world.ask(&admin(), Action::Edit, ask(Access::Everybody));
    assert_eq!(code(wrong), RefusalCode::IdReused);
}
