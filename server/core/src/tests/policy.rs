//! Who may do what: the table, and the same answers for thin clients and replicas.

use automerge::transaction::Transaction;
use plenary_protocol::access::Access;
use plenary_protocol::plan::{Command, Stage};
use plenary_protocol::wire::RefusalCode::{self, OtherBureau, RoleForbids, StageForbids, WrongPlace};
use plenary_protocol::{Bureau, Principal, Role};

use super::plan::*;
use super::replica::{Replica, make_element, make_link, put, write_text};
use super::world::{World, chair, code, done, drafter, person, text};
use crate::policy::{self, Action};

#[test]
fn roles_and_actions_are_one_table() {
    use Action::{
        Advance, Create, Edit, Export, NameVersion, Quarantine, Read, SeeAccessLog, SeeRevocations,
        SelfCheck, SetAccess, SetRule, SignVersion,
    };
    let table = [
        (Role::Reader, vec![Read, Export]),
        (Role::Contributor, vec![Read, Edit, Export]),
        (Role::Drafter, vec![Read, Edit, Export, NameVersion, SignVersion]),
        (
            Role::Chair,
            vec![Read, Edit, Create, Advance, SetAccess, Export, NameVersion, SignVersion, SetRule],
        ),
        (Role::Auditor, vec![Read, SeeRevocations, Export, SeeAccessLog, SelfCheck, SignVersion]),
        // An admin vouches for no content, and nobody but the server sets changes aside.
        (
            Role::Admin,
            Action::ALL.into_iter().filter(|action| !matches!(action, SignVersion | Quarantine)).collect(),
        ),
    ];
    assert_eq!(table.len(), Role::ALL.len());
    for (role, allowed) in table {
        for action in Action::ALL {
            let granted =
                policy::check(&person("x", Bureau::BR, role), &small_plan().id, &Access::Everybody, action);
            match granted {
                Ok(grant) => assert_eq!((grant.action(), allowed.contains(&action)), (action, true)),
                Err(refusal) => assert_eq!((refusal.code, allowed.contains(&action)), (RoleForbids, false)),
            }
        }
    }
}

/// One act, as commands and as a replica's change.
struct Deed {
    name: &'static str,
    thin: fn(&World) -> Command,
    replica: fn(&mut Transaction<'_>),
    /// What contributor, BR drafter, TSB drafter and chair get.
    expected: [Result<(), RefusalCode>; 4],
}

const YES: Result<(), RefusalCode> = Ok(());
const ROLE: Result<(), RefusalCode> = Err(RoleForbids);
const OTHER: Result<(), RefusalCode> = Err(OtherBureau);

const DEEDS: &[Deed] = &[
    Deed {
        name: "write a shared target",
        thin: |world| splice("tgt-1", 0, 0, "x", world.seq()),
        replica: |tx| write_text(tx, "tgt-1", "statement", 0, 0, "x"),
        expected: [ROLE, YES, YES, YES],
    },
    Deed {
        name: "write an objective of BR",
        thin: |world| splice("obj-br", 0, 0, "x", world.seq()),
        replica: |tx| write_text(tx, "obj-br", "title", 0, 0, "x"),
        expected: [ROLE, YES, OTHER, YES],
    },
    Deed {
        name: "write an outcome under an objective of BR",
        thin: |world| set_field("out-br", "note", text("n"), world.seq()),
        replica: |tx| put(tx, "out-br", "note", "n"),
        expected: [ROLE, YES, OTHER, YES],
    },
    Deed {
        name: "remove an output under an objective of BR",
        thin: |_| remove("opt-br"),
        replica: |tx| put(tx, "opt-br", "removed", true),
        expected: [ROLE, YES, OTHER, YES],
    },
    Deed {
        name: "add an outcome under an objective of BR",
        thin: |_| add("outcome", "obj-br", &[]),
        replica: |tx| make_element(tx, "out-new", "outcome", "obj-br", &[]),
        expected: [ROLE, YES, OTHER, YES],
    },
    Deed {
        name: "move an outcome of BR under an objective of TSB",
        thin: |_| move_under("out-br", "obj-tsb"),
        replica: |tx| put(tx, "out-br", "parent", "obj-tsb"),
        expected: [ROLE, OTHER, OTHER, YES],
    },
    Deed {
        name: "move an output that names BR under an objective of TSB",
        thin: |_| move_under("opt-br", "obj-tsb"),
        replica: |tx| put(tx, "opt-br", "parent", "obj-tsb"),
        expected: [ROLE, OTHER, OTHER, YES],
    },
    Deed {
        name: "add an output that names BR under an objective of TSB",
        thin: |_| match add("output", "obj-tsb", &[]) {
            Command::Add { kind, id, place, fields, lang, text, .. } => {
                Command::Add { kind, id, place, owner: Some(Bureau::BR), fields, lang, text }
            }
            other => other,
        },
        replica: |tx| {
            make_element(tx, "opt-new", "output", "obj-tsb", &[]);
            put(tx, "opt-new", "owner", "BR");
        },
        expected: [ROLE, OTHER, OTHER, YES],
    },
    Deed {
        name: "move an outcome of BR under a priority",
        thin: |_| move_under("out-br", "pri-1"),
        replica: |tx| put(tx, "out-br", "parent", "pri-1"),
        expected: [ROLE, YES, OTHER, YES],
    },
    Deed {
        name: "give an objective of BR to TSB",
        thin: |world| set_field("obj-br", "owner", text("TSB"), world.seq()),
        replica: |tx| put(tx, "obj-br", "owner", "TSB"),
        expected: [ROLE, OTHER, OTHER, YES],
    },
    Deed {
        name: "make a shared goal one's own, BR",
        thin: |world| set_field("gol-1", "owner", text("BR"), world.seq()),
        replica: |tx| put(tx, "gol-1", "owner", "BR"),
        expected: [ROLE, YES, OTHER, YES],
    },
    Deed {
        name: "link an objective of BR",
        thin: |_| link("contributes_to", "obj-br", "tgt-2"),
        replica: |tx| make_link(tx, "lnk-new", "contributes_to", "obj-br", "tgt-2"),
        expected: [ROLE, YES, OTHER, YES],
    },
    Deed {
        name: "change a link of an objective of BR",
        thin: |world| set_field("lnk-1", "strength", text("secondary"), world.seq()),
        replica: |tx| put(tx, "lnk-1", "strength", "secondary"),
        expected: [ROLE, YES, OTHER, YES],
    },
    Deed {
        name: "set a field of the plan",
        thin: |world| set_field("plan", "period_start", text("2024"), world.seq()),
        replica: |tx| {
            let plan = super::replica::object(tx, &["plan"]);
            automerge::transaction::Transactable::put(tx, &plan, "period_start", "2024").unwrap();
        },
        expected: [ROLE, ROLE, ROLE, YES],
    },
    Deed {
        name: "comment",
        thin: |_| comment("obj-br", "Hm"),
        replica: |tx| make_element(tx, "cmt-new", "comment", "obj-br", &[("statement", "Hm")]),
        expected: [YES, YES, YES, YES],
    },
    Deed {
        name: "change a comment of somebody else",
        thin: |world| set_text("cmt-1", "statement", "Yes!", world.seq()),
        replica: |tx| write_text(tx, "cmt-1", "statement", 0, 3, "Yes!"),
        expected: [ROLE, YES, YES, YES],
    },
    Deed {
        name: "put a target under a priority",
        thin: |_| move_under("tgt-1", "pri-1"),
        replica: |tx| put(tx, "tgt-1", "parent", "pri-1"),
        expected: [ROLE, Err(WrongPlace), Err(WrongPlace), Err(WrongPlace)],
    },
];

fn contributor() -> Principal {
    person("contributor", Bureau::GS, Role::Contributor)
}

#[test]
fn thin_clients_and_replicas_get_the_same_answers() {
    let people = [contributor(), drafter(Bureau::BR), drafter(Bureau::TSB), chair()];
    for deed in DEEDS {
        for (who, expected) in people.iter().zip(deed.expected) {
            let mut world = World::new();
            let command = (deed.thin)(&world);
            let thin = done(world.edit(who, [command])).map(|_| ()).map_err(|refusal| refusal.code);
            assert_eq!(thin, expected, "{} as {}, thin", deed.name, who.subject);
            let mut world = World::new();
            let mut replica = Replica::join(&world, who.clone(), 1);
            replica.write(deed.replica);
            let answer = done(replica.send(&mut world)).map(|_| ()).map_err(|refusal| refusal.code);
            assert_eq!(answer, expected, "{} as {}, replica", deed.name, who.subject);
        }
    }
}

#[test]
fn a_contributor_edits_own_comments_only_however_they_were_made() {
    let mut world = World::new();
    let who = contributor();
    let mine = super::world::made(world.edit(&who, [comment("tgt-1", "First")])).remove(0);
    let seq = world.seq();
    done(world.edit(&who, [set_text(mine.as_str(), "statement", "Second", seq)])).unwrap();
    let mut replica = Replica::join(&world, who, 1);
    replica.write(|tx| write_text(tx, mine.as_str(), "statement", 0, 6, "Third"));
    done(replica.send(&mut world)).unwrap();
    assert_eq!(world.text(mine.as_str(), "statement"), "Third");
    world.restart();
    let other = person("other", Bureau::GS, Role::Contributor);
    assert_eq!(code(world.edit(&other, [remove(mine.as_str())])), RoleForbids);
}

#[test]
fn readers_and_auditors_never_get_a_grant_to_write() {
    for role in [Role::Reader, Role::Auditor] {
        let refusal = policy::may(&person("x", Bureau::BR, role), Action::Edit).unwrap_err();
        assert_eq!(refusal.code, RoleForbids);
    }
    let mut world = World::new();
    let ask = crate::Ask::Changes { changes: Vec::new(), because: None, answers: Vec::new() };
    assert_eq!(code(world.ask(&person("x", Bureau::BR, Role::Auditor), Action::Read, ask)), RoleForbids);
    let edit = crate::Ask::Edit { edit: world.named_edit("n", [remove("tgt-1")]), formers: Vec::new() };
    assert_eq!(
        code(world.ask(&chair(), Action::Read, edit)),
        RoleForbids,
        "a grant to read is none to write"
    );
}

#[test]
fn an_adopted_plan_takes_nothing_until_an_admin_reopens_it_with_a_reason() {
    let mut world = World::new();
    let (chair, admin) = (chair(), person("admin", Bureau::GS, Role::Admin));
    let refused = |answer: Result<_, plenary_protocol::wire::Refusal>| answer.unwrap_err().code;
    assert_eq!(refused(world.advance(&drafter(Bureau::BR), Stage::Consultation, None)), RoleForbids);
    assert_eq!(refused(world.advance(&chair, Stage::Council, Some("hurry"))), StageForbids);
    world.advance(&chair, Stage::Consultation, None).unwrap();
    assert_eq!(refused(world.advance(&chair, Stage::Consultation, None)), RefusalCode::NothingToDo);
    assert_eq!(refused(world.advance(&chair, Stage::SecretariatDraft, None)), StageForbids);
    world.advance(&chair, Stage::SecretariatDraft, Some("a new proposal")).unwrap();
    for stage in Stage::ALL.into_iter().skip(1).take(5) {
        world.advance(&chair, stage, Some("as the group agreed")).unwrap();
    }
    assert_eq!(world.view().stage, Stage::Adopted);
    let seq = world.seq();
    assert_eq!(code(world.edit(&chair, [splice("tgt-1", 0, 0, "x", seq)])), StageForbids);
    let mut replica = Replica::join(&world, drafter(Bureau::BR), 1);
    replica.write(|tx| write_text(tx, "tgt-1", "statement", 0, 0, "x"));
    assert_eq!(code(replica.send(&mut world)), StageForbids);
    assert_eq!(world.seq(), seq, "nothing is recorded either");
    assert_eq!(refused(world.advance(&chair, Stage::Plenipotentiary, Some("error"))), RoleForbids);
    assert_eq!(refused(world.advance(&admin, Stage::Plenipotentiary, None)), StageForbids);
    world.advance(&admin, Stage::Plenipotentiary, Some("an error of print")).unwrap();
    done(replica.send(&mut world)).unwrap();
    world.advance(&chair, Stage::Withdrawn, Some("given up")).unwrap();
    assert_eq!(refused(world.advance(&chair, Stage::Plenipotentiary, Some("again"))), RoleForbids);
    world.advance(&admin, Stage::Plenipotentiary, Some("again")).unwrap();
}
