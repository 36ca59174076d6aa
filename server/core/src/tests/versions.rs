//! Named versions: unique, immutable, signed by those who may, exactly covered, and kept by every fold.

use plenary_limits::{SIGNATURES_MAX, VERSIONS_MAX, held_here, holds};
use plenary_protocol::plan::Stage;
use plenary_protocol::record::Act;
use plenary_protocol::wire::event::What;
use plenary_protocol::wire::{EventView, Refusal, RefusalCode};
use plenary_protocol::{Bureau, Covers, Principal, Role, Seq, SignedAs, VersionName};
use proptest::prelude::*;

use super::plan::splice;
use super::world::{World, chair, code, done, drafter, input, person};
use crate::hub::{Answer, Ask, Naming, ReplyTo, Signing};
use crate::policy::Action;

fn name(text: &str) -> VersionName {
    text.parse().unwrap()
}

fn auditor() -> Principal {
    person("audit", Bureau::GS, Role::Auditor)
}

fn naming(id: &str, version: &str, seq: Option<Seq>) -> Ask {
    let (id, name) = (id.parse().unwrap(), name(version));
    Ask::NameVersion(Naming { id, name, seq, note: Some("as sent".into()), because: None })
}

fn signing(id: &str, version: &str, meaning: SignedAs) -> Ask {
    Ask::SignVersion(Signing { id: id.parse().unwrap(), name: name(version), meaning, because: None })
}

impl World {
    fn fresh(&self) -> String {
        format!("v-{}", self.log.events.len())
    }

    fn name(&mut self, who: &Principal, version: &str, seq: Option<Seq>) -> Result<Seq, Refusal> {
        let ask = naming(&self.fresh(), version, seq);
        done(self.ask(who, Action::NameVersion, ask))
    }

    fn sign(&mut self, who: &Principal, version: &str, meaning: SignedAs) -> Result<Seq, Refusal> {
        let ask = signing(&self.fresh(), version, meaning);
        done(self.ask(who, Action::SignVersion, ask))
    }

    fn write(&mut self, words: &str) -> Seq {
        let base = self.seq();
        done(self.edit(&drafter(Bureau::BR), [splice("tgt-1", 0, 0, words, base)])).unwrap()
    }
}

#[test]
fn a_version_names_a_point_and_a_signature_says_exactly_what_it_covers() {
    let mut world = World::new();
    let point = world.write("one ");
    world.write("two ");
    let named = world.name(&chair(), "Rev.1", Some(point)).unwrap();
    let leaf = world.log.events[point.0 as usize - 1].leaf;
    let event = EventView::of(world.log.events.last().unwrap());
    let covers = Covers { seq: point, leaf };
    assert_eq!(
        event.what,
        What::VersionNamed { version: name("Rev.1"), covers, note: Some("as sent".into()) }
    );
    let signed = world.sign(&auditor(), "Rev.1", SignedAs::Reviewed).unwrap();
    let event = world.log.events.last().unwrap();
    assert_eq!(event.envelope.type_schema, 3);
    let act = Act::VersionSigned { seq: point, leaf, name: name("Rev.1"), meaning: SignedAs::Reviewed };
    assert_eq!((event.envelope.seq, &event.payload.act), (signed, &act));
    world.restart();
    for versions in [&world.hub.state().versions, world.reader.versions()] {
        let version = versions.find(&name("Rev.1")).unwrap();
        assert_eq!((version.covers, version.named, version.signed.len()), (covers, named, 1));
    }
    // Without a point it is the last entry, which is that of the signature now.
    world.name(&chair(), "now", None).unwrap();
    assert_eq!(world.reader.versions().find(&name("now")).unwrap().covers.seq, signed);
}

#[test]
fn a_name_stands_for_one_point_for_ever() {
    let mut world = World::new();
    let point = world.write("one ");
    world.name(&chair(), "Rev.1", Some(point)).unwrap();
    for again in ["Rev.1", "REV.1", "rev.1"] {
        let refusal = world.name(&chair(), again, None).unwrap_err();
        assert_eq!(refusal.code, RefusalCode::BadId);
        assert!(refusal.reason.contains(&format!("the name Rev.1 stands for entry {point} for ever")));
    }
    world.name(&chair(), "Rev.10", Some(point)).unwrap();
    assert_eq!(
        world.name(&chair(), "x", Some(Seq(world.seq().0 + 1))).unwrap_err().code,
        RefusalCode::BaseAhead
    );
    assert_eq!(world.name(&chair(), "x", Some(Seq(1))).unwrap_err().code, RefusalCode::OutOfRange);
    assert_eq!(world.name(&chair(), "x", Some(Seq::ZERO)).unwrap_err().code, RefusalCode::OutOfRange);
    let long = Naming {
        id: "long".parse().unwrap(),
        name: name("x"),
        seq: None,
        note: Some("n".repeat(3_000)),
        because: None,
    };
    assert_eq!(code(world.ask(&chair(), Action::NameVersion, Ask::NameVersion(long))), RefusalCode::TooLarge);
    assert_eq!(world.reader.versions().all().len(), 2);
}

#[test]
fn who_names_and_who_signs_as_what() {
    let mut world = World::new();
    let (gs, br) = (drafter(Bureau::GS), drafter(Bureau::BR));
    let (admin, reader) = (person("admin", Bureau::GS, Role::Admin), person("r", Bureau::GS, Role::Reader));
    for (n, who) in [&gs, &chair(), &admin].into_iter().enumerate() {
        world.name(who, &format!("v{n}"), None).unwrap();
    }
    assert_eq!(world.name(&br, "mine", None).unwrap_err().code, RefusalCode::OtherBureau);
    use SignedAs::{Approved, Drafted, Reviewed};
    for (who, may) in [
        (&br, vec![Drafted, Reviewed]),
        (&gs, vec![Drafted, Reviewed]),
        (&chair(), vec![Drafted, Reviewed, Approved]),
        (&auditor(), vec![Reviewed]),
    ] {
        for meaning in SignedAs::ALL {
            match world.sign(who, "v0", meaning) {
                Ok(_) => assert!(may.contains(&meaning), "{} as {meaning}", who.subject),
                Err(refusal) => {
                    assert_eq!((refusal.code, may.contains(&meaning)), (RefusalCode::RoleForbids, false));
                }
            }
        }
    }
    assert_eq!(world.reader.versions().find(&name("v0")).unwrap().signed.len(), 8);
    for who in [&admin, &reader] {
        assert_eq!(crate::policy::may(who, Action::SignVersion).unwrap_err().code, RefusalCode::RoleForbids);
    }
    // A grant for one thing is none for another.
    let ask = signing("wrong-grant", "v0", Reviewed);
    assert_eq!(code(world.ask(&br, Action::Edit, ask)), RefusalCode::RoleForbids);
    assert_eq!(
        code(world.ask(&chair(), Action::SignVersion, naming("wrong-too", "z", None))),
        RefusalCode::RoleForbids
    );
}

#[test]
fn each_meaning_once_a_person_and_the_same_name_is_the_same_act() {
    let mut world = World::new();
    world.name(&chair(), "v", None).unwrap();
    let ask = || signing("sig", "v", SignedAs::Reviewed);
    let first = done(world.ask(&chair(), Action::SignVersion, ask())).unwrap();
    match world.ask(&chair(), Action::SignVersion, ask()) {
        Answer::Done { entries, duplicate: true, .. } => assert_eq!(entries[0].seq, first),
        other => panic!("{other:?}"),
    }
    let refusal = world.sign(&chair(), "v", SignedAs::Reviewed).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::NothingToDo);
    assert!(refusal.reason.contains(&format!("in entry {first}")), "{}", refusal.reason);
    world.sign(&chair(), "v", SignedAs::Approved).unwrap();
    let other = signing("sig", "v", SignedAs::Approved);
    assert_eq!(code(world.ask(&chair(), Action::SignVersion, other)), RefusalCode::IdReused);
    assert_eq!(
        world.sign(&chair(), "none", SignedAs::Approved).unwrap_err().code,
        RefusalCode::NoSuchVersion
    );
}

#[test]
fn content_that_is_closed_can_still_be_named_and_signed() {
    let mut world = World::new();
    world.advance(&chair(), Stage::Withdrawn, Some("another is taken")).unwrap();
    world.name(&chair(), "last", None).unwrap();
    world.sign(&auditor(), "last", SignedAs::Reviewed).unwrap();
}

#[test]
fn an_entry_on_its_way_to_the_disk_can_be_named() {
    let mut world = World::new();
    let base = world.seq();
    let edit = world.named_edit("aloft", [splice("tgt-1", 0, 0, "x", base)]);
    let first = world.propose(vec![input(
        &drafter(Bureau::BR),
        Action::Edit,
        Ask::Edit { edit, formers: Vec::new() },
    )]);
    let point = first.last().unwrap();
    let second = world.propose(vec![input(&chair(), Action::NameVersion, naming("n", "aloft", Some(point)))]);
    world.land(first);
    let answers = world.land(second);
    assert!(matches!(answers[..], [(ReplyTo(0), Answer::Done { .. })]), "{answers:?}");
    let leaf = world.log.events[point.0 as usize - 1].leaf;
    assert_eq!(world.reader.versions().find(&name("aloft")).unwrap().covers, Covers { seq: point, leaf });
}

#[test]
fn the_version_before_is_the_one_of_the_last_earlier_point() {
    let mut world = World::new();
    let points: Vec<Seq> = ["a", "b", "c"].map(|words| world.write(words)).into();
    for (version, point) in
        [("late", points[2]), ("early", points[0]), ("middle", points[1]), ("twin", points[1])]
    {
        world.name(&chair(), version, Some(point)).unwrap();
    }
    let versions = world.reader.versions();
    let before = |version: &str| {
        versions.before(versions.find(&name(version)).unwrap()).map(|before| before.name.as_str())
    };
    assert_eq!(
        ["early", "middle", "twin", "late"].map(before),
        [None, Some("early"), Some("middle"), Some("twin")]
    );
}

#[test]
fn there_is_an_end_to_versions() {
    held_here!(VERSIONS_MAX);
    let mut world = World::new();
    let inputs = (0..VERSIONS_MAX + 1)
        .map(|n| input(&chair(), Action::NameVersion, naming(&format!("n-{n}"), &format!("v{n}"), None)));
    let answers = world.group(inputs.collect());
    let refused: Vec<_> = answers.into_iter().filter_map(|answer| done(answer).err()).collect();
    assert_eq!(refused.iter().map(|refusal| refusal.code).collect::<Vec<_>>(), [RefusalCode::TooLarge]);
}

#[test]
fn there_is_an_end_to_signatures_and_notes() {
    held_here!(SIGNATURES_MAX);
    let mut world = World::new();
    world.name(&chair(), "Rev.1", None).unwrap();
    let inputs = (0..SIGNATURES_MAX + 1).map(|n| {
        let who = person(&format!("audit-{n}"), Bureau::GS, Role::Auditor);
        input(&who, Action::SignVersion, signing(&format!("s-{n}"), "Rev.1", SignedAs::Reviewed))
    });
    let answers = world.group(inputs.collect());
    let refused: Vec<_> = answers.into_iter().map(|answer| done(answer).err().map(|it| it.code)).collect();
    assert!(refused[..SIGNATURES_MAX].iter().all(Option::is_none));
    assert_eq!(refused[SIGNATURES_MAX..], [Some(RefusalCode::TooLarge)]);
    holds!(VERSION_NOTE_BYTES_MAX, |bytes| {
        let (id, version) = (format!("note-{bytes}"), format!("note.{bytes}"));
        let note = Some("n".repeat(bytes));
        let asked = Naming { note, id: id.parse().unwrap(), name: name(&version), seq: None, because: None };
        done(world.ask(&chair(), Action::NameVersion, Ask::NameVersion(asked))).is_ok()
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is named and signed in whatever order: names are unique, signatures too, and each covers
    /// the entry that stands at its number; the world's end holds every fold and snapshot against each other.
    #[test]
    fn any_order_of_naming_and_signing_keeps_what_a_version_is(
        steps in prop::collection::vec((0..3_u8, 0..4_usize, 0..4_u8, 0.0..1.0), 1..40),
    ) {
        let mut world = World::new();
        let people = [chair(), drafter(Bureau::GS), auditor(), drafter(Bureau::TSB)];
        for (what, who, which, at) in steps {
            let version = ["A", "a", "b", "c.1"][usize::from(which)];
            let who = &people[who];
            let point = Seq((world.seq().0 as f64 * at) as u64);
            match what {
                0 => _ = world.write("x"),
                1 if crate::policy::allows(who.role, Action::NameVersion) => {
                    _ = world.name(who, version, Some(point));
                }
                2 => _ = world.sign(who, version, SignedAs::ALL[usize::from(which) % 3]),
                _ => {}
            }
        }
        let versions = world.reader.versions().all().to_vec();
        for (n, version) in versions.iter().enumerate() {
            let leaf = world.log.events[version.covers.seq.0 as usize - 1].leaf;
            prop_assert_eq!(leaf, version.covers.leaf);
            prop_assert!(version.covers.seq < version.named);
            let like = |other: &crate::versions::Version| other.name.as_str().eq_ignore_ascii_case(version.name.as_str());
            prop_assert!(!versions[..n].iter().any(like));
            let mut signed: Vec<_> = version.signed.iter().map(|one| (&one.subject, one.meaning)).collect();
            signed.sort();
            signed.dedup();
            prop_assert_eq!(signed.len(), version.signed.len());
        }
    }
}
