//! Changes that no honest replica makes: refused, recorded, and nobody else notices.

use automerge::legacy::{ElementId, Key, ObjectId, OpId};
use automerge::{Change, ExpandedChange};
use plenary_protocol::wire::RefusalCode::{self, *};
use plenary_protocol::wire::event::What;
use plenary_tests::{DRAFT, Http, LogCopy, Outcome, Replica, TestServer, differences, json_of};

use crate::people::{AUDITOR, BDT, BR, TSB};

/// Changes a change the way no library would.
type Mutation = Box<dyn Fn(&mut ExpandedChange)>;

fn mutated(change: &Change, mutation: &Mutation) -> Vec<u8> {
    let mut expanded = change.decode();
    expanded.hash = None;
    mutation(&mut expanded);
    Change::from(expanded).raw_bytes().to_vec()
}

fn unknown(change: &ExpandedChange) -> OpId {
    OpId::new(900_000, &change.actor_id)
}

/// What is tried, and the codes of which one must be the answer.
fn mutations() -> Vec<(&'static str, &'static [RefusalCode], Mutation)> {
    vec![
        ("a gap in the sequence", &[BadHeader], Box::new(|change| change.seq += 5)),
        (
            "a first operation far ahead",
            &[BadHeader],
            Box::new(|change| change.start_op = u64::from(u32::MAX - 3).try_into().unwrap()),
        ),
        (
            "a first operation in the past",
            &[BadHeader],
            Box::new(|change| change.start_op = 1.try_into().unwrap()),
        ),
        (
            "a dependency that nobody has",
            &[MissingDependency],
            Box::new(|change| change.deps.push(automerge::ChangeHash([7; 32]))),
        ),
        (
            "an object that is not there",
            &[BadMeaning, FailedTrial],
            Box::new(|change| {
                let object = ObjectId::Id(unknown(change));
                change.operations.iter_mut().for_each(|op| op.obj = object.clone());
            }),
        ),
        (
            "a place in a text that is not there",
            &[BadMeaning, FailedTrial],
            Box::new(|change| {
                let place = Key::Seq(ElementId::Id(unknown(change)));
                change.operations.iter_mut().for_each(|op| op.key = place.clone());
            }),
        ),
        (
            "a predecessor that is not there",
            &[BadMeaning, FailedTrial],
            Box::new(|change| {
                let pred = unknown(change);
                change.operations.iter_mut().for_each(|op| op.pred = vec![pred.clone()].into());
            }),
        ),
        (
            "a map's key on a text",
            &[BadMeaning, FailedTrial],
            Box::new(|change| {
                change
                    .operations
                    .iter_mut()
                    .for_each(|op| (op.key, op.insert) = (Key::Map("title".into()), false));
            }),
        ),
        (
            "words written over words",
            &[BadMeaning, FailedTrial],
            Box::new(|change| {
                change.operations.iter_mut().for_each(|op| op.insert = false);
            }),
        ),
        (
            "a key at the top of the document",
            &[BadMeaning, FailedTrial],
            Box::new(|change| {
                let op = &mut change.operations[0];
                (op.obj, op.key, op.insert) = (ObjectId::Root, Key::Map("elements".into()), false);
                change.operations.truncate(1);
            }),
        ),
    ]
}

fn refusal(outcome: Outcome) -> RefusalCode {
    match outcome {
        Outcome::Refused(refusal) => refusal.code,
        Outcome::Done(ack) => panic!("it was done: {ack:?}"),
    }
}

fn refusals(http: &Http) -> Vec<(String, String)> {
    let code = |what: &What| match what {
        What::Refused { code, count: None, .. } => Some(code.clone()),
        _ => None,
    };
    let events = http.all_events(DRAFT);
    events.iter().filter_map(|event| Some((event.subject.to_string(), code(&event.what)?))).collect()
}

#[test]
fn changes_no_library_makes_are_refused_recorded_and_nobody_else_notices() {
    let mut server = TestServer::demo();
    let (br, tsb, auditor) = (server.client(&BR), server.client(&TSB), server.client(&AUDITOR));
    let target = br.id_of(DRAFT, "2.7");
    let mut honest = Replica::join(&tsb, DRAFT);
    let mut last = None;
    for (what, codes, mutation) in mutations() {
        // A replica of its own each time: its connection has not been refused anything yet.
        let mut hostile = Replica::join(&br, DRAFT);
        hostile.insert(&target, "title", |_| 3, "xyz");
        let bytes = mutated(&hostile.last_change(), &mutation);
        let before = refusals(&auditor).len();
        let code = refusal(hostile.send_raw(std::slice::from_ref(&bytes)));
        assert!(codes.contains(&code), "{what}: {code:?}");
        assert_eq!(refusal(hostile.send_raw(&[bytes])), code, "{what}: and again");
        let recorded = refusals(&auditor);
        assert_eq!(recorded.len(), before + 1, "{what}: recorded once for a connection and code");
        assert_eq!(recorded.last(), Some(&(BR.subject.to_owned(), code.as_str())), "{what}");
        last = Some(code);
        // What the hostile one has honestly made is still taken.
        hostile.push().unwrap();
        honest.insert(&target, "title", |text| text.chars().count(), "!");
        honest.push().unwrap();
    }
    assert!(last.is_some(), "something was tried");
    honest.catch_up(auditor.head(DRAFT)).unwrap();
    let shown = auditor.get(&format!("/api/v1/plans/{DRAFT}?removed=true")).ok();
    assert_eq!(differences(&json_of(honest.doc()), &shown), Vec::<String>::new());
    server.restart();
    let auditor = auditor.at(&server.base());
    let again = auditor.get(&format!("/api/v1/plans/{DRAFT}?removed=true")).ok();
    // What was refused again and again is told by its number before the server stops.
    assert!(auditor.head(DRAFT).0 > shown["seq"].as_u64().unwrap());
    assert_eq!(differences(&json_of(honest.doc()), &again), Vec::<String>::new(), "it is loaded as it was");
    let log = LogCopy::of(&auditor, DRAFT);
    log.replay(&[log.head().0].into(), |_, doc| assert_eq!(json_of(doc), json_of(honest.doc())));
}

#[test]
fn bytes_that_are_no_change_are_refused() {
    let server = TestServer::demo();
    let mut replica = Replica::join(&server.client(&BR), DRAFT);
    replica.insert(&server.client(&BR).id_of(DRAFT, "1.1"), "title", |_| 0, "x");
    let good = replica.last_change().raw_bytes().to_vec();
    let with = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = good.clone();
        change(&mut bytes);
        bytes
    };
    let cases = [
        ("nothing", Vec::new()),
        ("noise", vec![0xa5; 300]),
        ("half a change", good[..good.len() / 2].to_vec()),
        ("a wrong checksum", with(&|bytes| bytes[5] ^= 1)),
        ("a wrong byte", with(&|bytes| *bytes.last_mut().unwrap() ^= 1)),
        ("something behind it", with(&|bytes| bytes.extend([0, 1, 2]))),
        ("another kind of chunk", with(&|bytes| bytes[8] = 0)),
    ];
    for (what, bytes) in cases {
        let code = refusal(replica.send_raw(&[bytes]));
        assert!(matches!(code, BadChange | TooLarge), "{what}: {code:?}");
    }
    assert_eq!(refusal(replica.send_raw(&[vec![0; 300 * 1024]])), TooLarge, "a change over its limit");
    assert_eq!(refusal(replica.send_raw(&[])), NothingToDo, "no change at all");
    replica.push().unwrap();

    // Whoever may read the plan sees what was refused, and nothing else in that list.
    let auditor = server.client(&AUDITOR);
    let path = format!("/api/v1/plans/{DRAFT}/refusals");
    let listed = auditor.get(&format!("{path}?subject={}", BR.subject)).ok();
    let codes: Vec<&str> =
        listed.as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["bad_change", "too_large"], "one of each code");
    assert_eq!(auditor.get(&format!("{path}?subject={}", BDT.subject)).ok(), serde_json::json!([]));
    assert_eq!(auditor.get(&format!("{path}?order=desc&limit=1")).ok()[0]["code"], "too_large");
}

#[test]
fn an_actor_belongs_to_who_used_it_first() {
    let server = TestServer::demo();
    let (br, bdt) = (server.client(&BR), server.client(&BDT));
    let target = br.id_of(DRAFT, "1.1");
    let actor = [9; 16];
    let mut first = Replica::join_as(&br, DRAFT, &actor);
    first.insert(&target, "title", |_| 0, "a");
    first.push().unwrap();
    let mut thief = Replica::join_as(&bdt, DRAFT, &actor);
    thief.insert(&target, "title", |_| 0, "b");
    assert_eq!(refusal(thief.push_at_once()), ForeignActor);
    first.insert(&target, "title", |_| 0, "c");
    first.push().unwrap();
    let bound: Vec<_> =
        br.events(DRAFT, "type=actor_bound").iter().map(|event| event.subject.to_string()).collect();
    assert_eq!(
        bound.iter().filter(|subject| *subject == BDT.subject).count(),
        0,
        "nothing is bound by what is refused"
    );
}

#[test]
fn what_hangs_on_a_refused_change_falls_with_it_and_the_rest_is_done() {
    let server = TestServer::demo();
    let (br, bdt) = (server.client(&BR), server.client(&BDT));
    let target = br.id_of(DRAFT, "2.7");
    let mut replica = Replica::join(&bdt, DRAFT);
    let good = {
        replica.insert(&target, "title", |_| 0, "good ");
        replica.last_change().raw_bytes().to_vec()
    };
    replica.edit(|transaction| {
        use automerge::transaction::Transactable;
        transaction.put(automerge::ROOT, "colour", "blue").unwrap();
    });
    let bad = replica.last_change().raw_bytes().to_vec();
    replica.insert(&target, "title", |_| 0, "after ");
    let after = replica.last_change().raw_bytes().to_vec();
    let outcome = replica.send_raw(&[good, bad, after]);
    // First the acknowledgement of what is done, then the refusal under the same name.
    assert!(matches!(outcome, Outcome::Done(ref ack) if ack.entries.len() == 1), "{outcome:?}");
    let plan = br.plan(DRAFT);
    let title = &plan.element(&target.parse().unwrap()).unwrap().text["en"]["title"];
    assert!(title.starts_with("good Significantly"), "{title}");
    let codes: Vec<_> = refusals(&br).into_iter().map(|(_, code)| code).collect();
    assert_eq!(codes, ["bad_meaning", "depends_on_refused"]);
}

#[test]
fn values_given_at_the_same_time_are_all_kept_and_shown_until_settled() {
    let server = TestServer::demo();
    let (br, tsb) = (server.client(&BR), server.client(&TSB));
    let target = br.id_of(DRAFT, "2.7");
    let mut replicas = [Replica::join(&br, DRAFT), Replica::join(&tsb, DRAFT)];
    for (replica, year) in replicas.iter_mut().zip([2026, 2027]) {
        replica.put(&target, "due_year", year);
    }
    replicas.iter_mut().for_each(|replica| replica.push().unwrap());
    let plan = br.plan(DRAFT);
    let concurrent = &plan.element(&target.parse().unwrap()).unwrap().concurrent["due_year"];
    let mut said: Vec<_> = concurrent
        .iter()
        .map(|value| (value.value.to_string(), value.subject.as_str(), value.bureau))
        .collect();
    said.sort();
    assert_eq!(
        said,
        [("2026".to_owned(), BR.subject, BR.bureau), ("2027".to_owned(), TSB.subject, TSB.bureau)]
    );
    let settle = plenary_protocol::plan::Command::Settle {
        element: target.parse().unwrap(),
        field: "due_year".to_owned(),
        value: plenary_protocol::plan::Value::Int(2027),
        base: plan.seq,
    };
    br.edited(DRAFT, &[settle]);
    let settled = br.plan(DRAFT);
    let element = settled.element(&target.parse().unwrap()).unwrap();
    assert!(element.concurrent.is_empty());
    assert_eq!(element.fields["due_year"], plenary_protocol::plan::Value::Int(2027));
    for replica in &mut replicas {
        replica.catch_up(settled.seq).unwrap();
        assert_eq!(json_of(replica.doc())["elements"][&target]["due_year"], 2027);
    }
}
