//! A log that holds a change which the gate would have refused: the document that it makes does not load as it
//! was saved.  Edits of that plan stop and the operator is told; the change is set aside with all that hangs on it,
//! and the plan goes on without it, also after a restart.  Where nothing can be set aside, edits stay stopped.

use std::sync::Arc;
use std::time::{Duration, Instant};

use automerge::transaction::Transactable;
use automerge::{ActorId, Automerge, Change, ROOT, ReadDoc};
use plenary_core::document;
use plenary_limits::QUARANTINE_ROOTS_MAX;
use plenary_log::{Entry, Fact, FactKind, Log, Options, Record};
use plenary_protocol::record::{Act, ChangeAct, Event, Payload, SUMMARY_VERSION, Touched};
use plenary_protocol::wire::RefusalCode;
use plenary_protocol::wire::event::What;
use plenary_protocol::wire::live::ServerMessage;
use plenary_protocol::wire::sync::SyncBody;
use plenary_protocol::{Digest, Seq};
use plenary_tests::{DRAFT, Gone, Http, Live, Replica, TestServer, plan_id};
use plenaryd::indexer::EntryIndexer;
use serde_json::json;

use crate::cli::Cli;
use crate::operate::{measured, page, value};
use crate::people::{ADMIN, AUDITOR, BR, CHAIR, splice};
use crate::socket::Sync;

/// So many entries are appended in one call at most.
const APPENDED: usize = 1_000;
/// A snapshot is due after so many entries.
const SNAPSHOT_AFTER: u64 = 2_000;

/// The end of a plan's log, to which entries are added that no hub has seen.
struct Tail {
    last: Event,
    waiting: Vec<Record>,
}

impl Tail {
    fn add(&mut self, act: Act) -> Seq {
        let mut envelope = self.last.envelope.clone();
        (envelope.seq, envelope.prev) = (envelope.seq.next(), self.last.leaf);
        envelope.act = act.name().to_owned();
        (envelope.touched, envelope.client_id) = (Touched::of(act.edits()), None);
        let payload = Payload { act, name: "Nobody".into(), answers: vec![], because: None, request: None };
        let (plan, seq) = (envelope.plan.to_string(), envelope.seq);
        let (sealed, event) = Event::seal(envelope, payload, [3; 32]).unwrap();
        let (envelope, salt, payload) = (sealed.envelope, sealed.salt, sealed.payload);
        self.waiting.push(Record::Entry(Entry { plan, seq: seq.0, envelope, salt, payload }));
        self.last = event;
        seq
    }

    fn change(&mut self, change: &Change) -> Seq {
        let change = change.clone().raw_bytes().to_vec();
        self.add(Act::Change(ChangeAct {
            edits: vec![],
            change,
            restores: None,
            summary_version: SUMMARY_VERSION,
        }))
    }
}

/// What was written into the log.
struct Written {
    /// The changes whose operations are numbered below those they build on.
    poison: Vec<Seq>,
    /// A change that builds on all of them.
    behind: Seq,
    /// A change that builds on none.
    beside: Seq,
}

/// A year given to an element in one change, made on a copy of a document.
fn dated(doc: &Automerge, actor: u8, element: &str, year: i64) -> Change {
    let mut doc = doc.clone().with_actor(ActorId::from(vec![actor; 16]));
    let before = doc.get_heads();
    let mut tx = doc.transaction();
    let elements = tx.get(ROOT, "elements").unwrap().unwrap().1;
    let object = tx.get(&elements, element).unwrap().unwrap().1;
    tx.put(&object, "due_year", year).unwrap();
    tx.commit();
    doc.get_changes(&before).remove(0)
}

fn numbered_too_low(change: &Change) -> Change {
    let mut change = change.decode();
    change.start_op = 2.try_into().unwrap();
    change.hash = None;
    Change::from(change)
}

/// Writes so many changes at fault into the log of the draft, one that builds on them and one that does not, and
/// after them as many other entries as make a snapshot due.
fn write(server: &TestServer, target: &str, count: usize) -> Written {
    let (log, _) = Log::open(Options::new(server.data()), Arc::new(EntryIndexer)).unwrap();
    let mut events = Vec::new();
    for entry in log.entries(DRAFT, 0, 10_000).unwrap() {
        events.push(Event::open(&entry.envelope, &entry.salt, &entry.payload).unwrap());
    }
    let mut doc = document::empty();
    for event in &events {
        if let Act::Change(act) = &event.payload.act {
            let change = Change::from_bytes(act.change.clone()).unwrap();
            document::apply(&mut doc, vec![change.clone()]).unwrap();
        }
    }
    let mut tail = Tail { last: events.pop().unwrap(), waiting: Vec::new() };
    let beside = dated(&doc, 0xbb, target, 2030);
    let at_fault: Vec<Change> = (0..count)
        .map(|number| numbered_too_low(&dated(&doc, 0xcc + number as u8, target, 2040 + number as i64)))
        .collect();
    document::apply(&mut doc, at_fault.clone()).unwrap();
    let behind = dated(&doc, 0xaa, target, 2090);
    let poison = at_fault.iter().map(|change| tail.change(change)).collect();
    let (behind, beside) = (tail.change(&behind), tail.change(&beside));
    while tail.last.envelope.seq.0 < SNAPSHOT_AFTER {
        let (code, reason) = ("bad_change".to_owned(), "it is no change".to_owned());
        tail.add(Act::Refused { code, count: None, change: Some(Digest::ZERO), reason });
    }
    for records in tail.waiting.chunks(APPENDED) {
        log.append(records.to_vec()).unwrap();
    }
    log.close().unwrap();
    Written { poison, behind, beside }
}

fn ready(server: &TestServer) -> serde_json::Value {
    Http::new(&server.base(), None).get("/readyz").ok()
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let give_up_at = Instant::now() + Duration::from_secs(180);
    while !is_so() {
        assert!(Instant::now() < give_up_at, "{what}");
        std::thread::yield_now();
    }
}

/// What must hold after the changes were set aside.
fn check_set_aside(server: &TestServer, written: &Written, target: &str) -> (Seq, String) {
    let (br, auditor) = (server.client(&BR), server.client(&AUDITOR));
    let told = auditor.events(DRAFT, &format!("after={SNAPSHOT_AFTER}&limit=1")).remove(0);
    let What::Quarantined { seqs, document, .. } = &told.what else { panic!("{told:?}") };
    let aside = [written.poison.as_slice(), &[written.behind]].concat();
    assert_eq!(seqs, &aside);
    assert_eq!((told.subject.as_str(), told.name.as_str()), ("plenary-server", "Plenary"));
    let plan = br.plan(DRAFT);
    assert_eq!(&plan.document, document);
    let element = plan.elements.iter().find(|element| element.id.as_str() == target).unwrap();
    assert_eq!(element.fields["due_year"].to_string(), "2030", "what hangs on nothing set aside is there");
    let then = br.get(&format!("/api/v1/plans/{DRAFT}?at={}", written.behind)).ok();
    assert!(!then.to_string().contains("2090") && !then.to_string().contains("2040"), "nor was it then");

    // The log keeps them, marked, with their payloads.
    for seq in aside {
        let event = auditor.events(DRAFT, &format!("after={}&limit=1", seq.0 - 1)).remove(0);
        assert!(matches!(&event.what, What::SetAside { by, .. } if *by == told.seq), "{event:?}");
        let exact = auditor.get(&format!("/api/v1/plans/{DRAFT}/evidence/entries?after={}", seq.0 - 1));
        let has_it = exact.bytes.windows(8).any(|window| window == b"due_year");
        assert!(exact.status == 200 && has_it, "the payload is there");
    }
    let event = auditor.events(DRAFT, &format!("after={}&limit=1", written.beside.0 - 1)).remove(0);
    assert!(matches!(&event.what, What::Change { .. }), "{event:?}");
    assert_eq!(auditor.events(DRAFT, "type=set_aside&limit=9").len(), written.poison.len() + 1);
    let cli = Cli::of(server, &AUDITOR);
    cli.ok(&["verify", DRAFT]);
    let replayed = cli.ok(&["replay", DRAFT, "--from", &(written.poison[0].0 - 1).to_string()]);
    assert!(replayed.contains("made a change that was set aside"), "{replayed}");
    assert!(replayed.contains("entries aside") && !replayed.contains("2090"), "{replayed}");
    assert_eq!(value(&page(server), "plenary_entries_set_aside"), 2.0);
    (told.seq, document.clone())
}

#[test]
fn a_change_that_the_saved_document_does_not_load_with_is_set_aside_and_the_plan_goes_on() {
    let mut server = measured();
    let br = server.client(&BR);
    let target = br.id_of(DRAFT, "2.7");
    let before = br.plan(DRAFT).document;
    assert_eq!(server.terminate().code, Some(0));
    let written = write(&server, &target, 1);
    server.start();
    assert_eq!(ready(&server)["status"], "ready", "nobody has looked yet");
    let br = server.client(&BR);
    // Somebody follows it with a replica, and hears of nothing but that it is to be taken anew.
    let plan = plan_id(DRAFT);
    let mut live = Live::open(&br);
    live.subscribe(&plan, Some(Seq(SNAPSHOT_AFTER)), true).unwrap();
    let followed =
        |message: &ServerMessage| matches!(message, ServerMessage::Subscribed { .. }).then_some(());
    live.wait_for(followed).unwrap();
    let id = |address: &str| address.trim_start_matches("automerge:").to_owned();
    let (mut stock, gone) = (Sync::open(&br, "stock"), SyncBody::DocUnavailable { document: id(&before) });
    // Its first message is answered from the reader copy, which is looked at then.
    assert!(matches!(stock.ask(&id(&before)), SyncBody::Sync { .. }));
    let told = |message: &ServerMessage| matches!(message, ServerMessage::Event { .. }).then_some(());
    let ended = live.wait_for(told).unwrap_err();
    assert!(matches!(ended, Gone::Closed(..)), "{ended:?}");
    while stock.next_about(&id(&before)) != gone {}

    let edit = |text: &str| {
        let br = server.client(&BR);
        br.edit(DRAFT, &[splice(&target, "title", 0, text, br.head(DRAFT))])
    };
    wait_until("edits never go on", || {
        let answer = edit("More ");
        assert!(answer.status == 200 || answer.code() == "read_only", "{}", answer.text);
        answer.status == 200
    });
    wait_until("it is never well", || ready(&server)["status"] == "ready");
    let (by, document) = check_set_aside(&server, &written, &target);
    assert!(by.0 == SNAPSHOT_AFTER + 1 && document != before);

    // Who has it, or goes by it, is told; who comes anew gets a document that loads and can be written.
    let mut live = Live::open(&br);
    live.subscribe(&plan, Some(Seq(SNAPSHOT_AFTER)), true).unwrap();
    assert_eq!(live.expect_nameless_refusal().code, RefusalCode::OtherHistory);
    live.subscribe(&plan, Some(Seq(SNAPSHOT_AFTER)), false).unwrap();
    assert_eq!(live.expect_nameless_refusal().code, RefusalCode::OtherHistory, "nor without the document");
    let stale = br.edit(DRAFT, &[splice(&target, "title", 0, "Old ", written.behind)]);
    assert_eq!((stale.status, stale.code()), (409, "other_history"), "{}", stale.text);
    let mut replica = Replica::join(&br, DRAFT);
    replica.insert(&target, "title", |_| 0, "By a replica ");
    replica.push().unwrap();
    for mut sync in [stock, Sync::open(&br, "another")] {
        assert_eq!(sync.ask(&id(&before)), gone);
        assert!(matches!(sync.ask(&id(&document)), SyncBody::Sync { .. }));
    }

    let exit = server.terminate();
    assert_eq!(exit.code, Some(0));
    for line in ["edits of the plan are stopped", "changes were set aside", "edits of the plan go on", DRAFT]
    {
        assert!(exit.stderr.contains(line), "{line}: {}", exit.stderr);
    }
    assert!(exit.stderr.contains(&format!("entries=[{}]", written.poison[0])), "{}", exit.stderr);
    let verified = server.command(&["verify"]);
    assert_eq!(verified.code, Some(0), "{}{}", verified.stdout, verified.stderr);

    server.start();
    assert_eq!(check_set_aside(&server, &written, &target), (by, document));
    assert_eq!(ready(&server)["status"], "ready");
    let br = server.client(&BR);
    br.edited(DRAFT, &[splice(&target, "title", 0, "Again ", br.head(DRAFT))]);
    assert!(Replica::join(&br, DRAFT).text(&target, "title").starts_with("Again By a replica More "));
}

/// What must hold as long as the plan is stopped.
fn check_stopped(server: &TestServer, at: Seq) {
    let (br, auditor) = (server.client(&BR), server.client(&AUDITOR));
    let head = br.head(DRAFT);
    let target = br.id_of(DRAFT, "2.7");
    // Edits stop at once, and which entry it is shows a little later.
    wait_until("the entry is never named", || {
        let refused = br.edit(DRAFT, &[splice(&target, "title", 0, "More ", head)]);
        assert_eq!((refused.status, refused.code()), (503, "read_only"), "{}", refused.text);
        refused.text.contains(&format!("since entry {at}"))
    });
    assert_eq!(br.head(DRAFT), head, "nothing was added");
    assert_eq!(server.client(&CHAIR).stage_despite(DRAFT, "consultation", "on").code(), "read_only");

    // Reading goes on, and the entry at fault stays; the way out is the plan as it stood before.
    let told = auditor.events(DRAFT, &format!("after={}&limit=1", at.0 - 1));
    assert_eq!(told.first().unwrap().seq, at);
    assert_eq!(auditor.plan(DRAFT).seq, head);
    let body = json!({ "format": "plan", "at": (at.0 - 1).to_string() });
    let file = auditor.post(&format!("/api/v1/plans/{DRAFT}/exports"), &body);
    assert_eq!(file.status, 200, "{}", file.text);

    // No replica is handed a document that it cannot load.
    let mut live = Live::open(&br);
    live.subscribe(&plan_id(DRAFT), None, true).unwrap();
    assert_eq!(live.expect_nameless_refusal().code, RefusalCode::ReadOnly);
    live.subscribe(&plan_id(DRAFT), Some(Seq(at.0 - 1)), true).unwrap();
    assert_eq!(live.expect_nameless_refusal().code, RefusalCode::ReadOnly, "nor the changes one by one");
    live.subscribe(&plan_id(DRAFT), Some(head), false).unwrap();
    let followed =
        |message: &ServerMessage| matches!(message, ServerMessage::Subscribed { .. }).then_some(());
    live.wait_for(followed).expect("in words it is told as ever");
}

#[test]
fn edits_stay_stopped_where_more_is_at_fault_than_is_set_aside_at_once() {
    let mut server = measured();
    let target = server.client(&BR).id_of(DRAFT, "2.7");
    assert_eq!(server.terminate().code, Some(0));
    let at = write(&server, &target, QUARANTINE_ROOTS_MAX + 1).poison[0];
    server.start();
    assert!(server.client(&ADMIN).head(DRAFT).0 >= SNAPSHOT_AFTER);
    wait_until("it is never found", || ready(&server)["status"] == "degraded");
    check_stopped(&server, at);
    assert_eq!(value(&page(&server), "plenary_plans_damaged"), 1.0);
    assert_eq!(value(&page(&server), "plenary_entries_set_aside"), 0.0);

    let exit = server.terminate();
    assert_eq!(exit.code, Some(0));
    assert!(exit.stderr.contains("edits of the plan are stopped"), "{}", exit.stderr);
    assert!(exit.stderr.contains("others_load=false") && exit.stderr.contains(DRAFT), "{}", exit.stderr);

    // A restart lifts nothing: it is stopped before anybody asks.
    server.start();
    let ready = ready(&server);
    assert_eq!((&ready["status"], &ready["plans_damaged"]), (&"degraded".into(), &1.into()));
    check_stopped(&server, at);
}

/// A stop of the draft's edits, as the log keeps it.
fn stop() -> Fact {
    let stop = json!({ "seq": 2, "behind": 0, "reason": "it did not load", "since": "2026-01-01T00:00:00Z" });
    let (key, value) = (DRAFT.as_bytes().to_vec(), stop.to_string().into_bytes());
    Fact { kind: FactKind::EditsStopped, key, value }
}

#[test]
fn a_stop_that_the_store_had_lost_is_taken_up_when_it_is_put_back() {
    let mut server = measured();
    assert_eq!(server.terminate().code, Some(0));
    let options = Options { segment_bytes_max: 65_536, ..Options::new(server.data()) };
    let (log, _) = Log::open(options, Arc::new(EntryIndexer)).unwrap();
    log.append(vec![Record::Fact(stop())]).unwrap();
    // So much that it is not put back before the start has read what there is.
    for n in 0..24_u8 {
        let fact = Fact { kind: FactKind::Other(200), key: vec![n], value: vec![n; 1_000_000] };
        log.append(vec![Record::Fact(fact)]).unwrap();
    }
    drop(log);
    let db = sled::open(server.data().join("store")).unwrap();
    let key = [&[FactKind::EditsStopped.code()], DRAFT.as_bytes()].concat();
    assert!(db.open_tree("facts").unwrap().remove(key).unwrap().is_some());
    db.flush().unwrap();
    drop(db);
    server.start();
    let lifted = "edits of the plan go on";
    wait_until("it is never taken up", || server.running().stderr().contains(lifted));
    let exit = server.terminate();
    let at = |line: &str| exit.stderr.find(line).unwrap_or_else(|| panic!("{line}: {}", exit.stderr));
    assert!(at("they were put back from the journal") < at("edits of the plan are still stopped"));
}

#[test]
fn a_stop_that_is_over_is_lifted_by_itself_whoever_asks_or_not() {
    let mut server = measured();
    assert_eq!(server.terminate().code, Some(0));
    let (log, _) = Log::open(Options::new(server.data()), Arc::new(EntryIndexer)).unwrap();
    log.append(vec![Record::Fact(stop())]).unwrap();
    log.close().unwrap();
    server.start();
    wait_until("it is never lifted", || ready(&server)["status"] == "ready");
    let br = server.client(&BR);
    let target = br.id_of(DRAFT, "2.7");
    br.edited(DRAFT, &[splice(&target, "title", 0, "More ", br.head(DRAFT))]);
    let exit = server.terminate();
    for line in ["edits of the plan are still stopped", "edits of the plan go on"] {
        assert!(exit.stderr.contains(line), "{line}: {}", exit.stderr);
    }
}
