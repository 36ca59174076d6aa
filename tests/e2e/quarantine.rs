//! A log that holds a change which the gate would have refused: the document that it makes does not load as it
//! was saved.  Edits of that plan stop, also over a restart, and the operator is told; all else goes on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use automerge::{ActorId, Automerge, Change};
use plenary_core::document;
use plenary_log::{Entry, Log, Options, Record};
use plenary_protocol::record::{Act, ChangeAct, Event, Payload, SUMMARY_VERSION, Touched};
use plenary_protocol::{Digest, Seq};
use plenary_tests::{DRAFT, Http, TestServer};
use plenaryd::indexer::EntryIndexer;
use serde_json::json;

use crate::operate::{measured, page, value};
use crate::people::{AUDITOR, BR, CHAIR, splice};

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
}

/// Writes a change into the log of the draft whose operations are numbered below those it builds on, and after
/// it as many other entries as make a snapshot due; gives its entry.
fn poison(server: &TestServer) -> Seq {
    let (log, _) = Log::open(Options::new(server.data()), Arc::new(EntryIndexer)).unwrap();
    let mut events = Vec::new();
    for entry in log.entries(DRAFT, 0, 10_000).unwrap() {
        events.push(Event::open(&entry.envelope, &entry.salt, &entry.payload).unwrap());
    }
    let (mut doc, mut last_change) = (document::empty(), None);
    for event in &events {
        if let Act::Change(act) = &event.payload.act {
            let change = Change::from_bytes(act.change.clone()).unwrap();
            document::apply(&mut doc, vec![change.clone()]).unwrap();
            last_change = Some(change);
        }
    }
    let mut tail = Tail { last: events.pop().unwrap(), waiting: Vec::new() };
    let change = numbered_too_low(&doc, &last_change.unwrap());
    let act = ChangeAct { edits: vec![], change, restores: None, summary_version: SUMMARY_VERSION };
    let at = tail.add(Act::Change(act));
    while tail.last.envelope.seq.0 < SNAPSHOT_AFTER {
        let (code, reason) = ("bad_change".to_owned(), "it is no change".to_owned());
        tail.add(Act::Refused { code, count: None, change: Some(Digest::ZERO), reason });
    }
    for records in tail.waiting.chunks(APPENDED) {
        log.append(records.to_vec()).unwrap();
    }
    log.close().unwrap();
    at
}

fn numbered_too_low(doc: &Automerge, like: &Change) -> Vec<u8> {
    let mut change = like.decode();
    (change.actor_id, change.seq, change.deps) = (ActorId::from(vec![0xee; 16]), 1, doc.get_heads());
    change.start_op = 2.try_into().unwrap();
    change.hash = None;
    Change::from(change).raw_bytes().to_vec()
}

fn wait_until_degraded(server: &TestServer) {
    let nobody = Http::new(&server.base(), None);
    let give_up_at = Instant::now() + Duration::from_secs(60);
    while nobody.get("/readyz").ok()["status"] != "degraded" {
        assert!(Instant::now() < give_up_at, "it is never found");
    }
}

/// What must hold as long as the plan is stopped.
fn check_stopped(server: &TestServer, at: Seq) {
    let (br, auditor) = (server.client(&BR), server.client(&AUDITOR));
    let give_up_at = Instant::now() + Duration::from_secs(60);
    let head = br.head(DRAFT);
    let target = br.id_of(DRAFT, "2.7");
    loop {
        let refused = br.edit(DRAFT, &[splice(&target, "title", 0, "More ", head)]);
        assert_eq!((refused.status, refused.code()), (503, "read_only"), "{}", refused.text);
        // Edits stop at once, and which entry it is shows a little later.
        if refused.text.contains(&format!("since entry {at}")) {
            break;
        }
        assert!(Instant::now() < give_up_at, "{}", refused.text);
    }
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
    let mut live = plenary_tests::Live::open(&br);
    live.subscribe(&plenary_tests::plan_id(DRAFT), None, true).unwrap();
    let answer = live.wait_for(|message| match message {
        plenary_protocol::wire::live::ServerMessage::Snapshot { .. } => Some("snapshot".to_owned()),
        other => Some(format!("{other:?}")).filter(|text| text.contains("ReadOnly")),
    });
    assert!(answer.unwrap().contains("ReadOnly"));
}

#[test]
fn edits_of_a_plan_whose_document_does_not_load_as_saved_stop_and_the_operator_is_told() {
    let mut server = measured();
    assert_eq!(server.terminate().code, Some(0));
    let at = poison(&server);
    server.start();
    let nobody = Http::new(&server.base(), None);
    assert_eq!(nobody.get("/readyz").ok()["status"], "ready", "nobody has looked yet");
    assert!(server.client(&AUDITOR).head(DRAFT).0 >= SNAPSHOT_AFTER);
    wait_until_degraded(&server);
    check_stopped(&server, at);
    assert_eq!(value(&page(&server), "plenary_plans_damaged"), 1.0);

    let exit = server.terminate();
    assert_eq!(exit.code, Some(0));
    assert!(exit.stderr.contains("edits of the plan are stopped"), "{}", exit.stderr);
    assert!(exit.stderr.contains(&format!("entry={at}")) && exit.stderr.contains(DRAFT), "{}", exit.stderr);

    // A restart lifts nothing: it is stopped before anybody asks.
    server.start();
    let ready = Http::new(&server.base(), None).get("/readyz").ok();
    assert_eq!((&ready["status"], &ready["plans_damaged"]), (&"degraded".into(), &1.into()));
    check_stopped(&server, at);
}
