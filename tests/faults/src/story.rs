//! A recorded past of several lives of a server: what it did to its files, what it told, and what is in its log.
//!
//! It has a snapshot being written, a new file of the journal, a plan being made, access narrowed and opened,
//! revocations, tickets bound to replicas, groups of one and of many entries, two kills, a start after each, a clean stop and a start after it.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::time::Duration;

use plenary_protocol::ids::ClientId;
use plenary_protocol::plan::Command;
use plenary_tests::{Http, Launch, Live, Process, element_id, fresh_id, plan_id};
use serde_json::json;

use crate::control::{Control, Slot};
use crate::known::Known;
use crate::replica;
use crate::trace::{self, Event};
use crate::world::{self, BUSY, Ground, MADE, QUIET, launch, words};

/// A plan that is made while it is recorded.
const LATE: &str = "late";

/// More long remarks than one file of the journal holds.
const REMARKS_MAX: usize = 64;

/// Something that somebody was told is done.
#[derive(Debug, Clone)]
struct Told {
    plan: String,
    seq: u64,
    /// Words that the server sent with it, by which the moment is found.
    name: Option<String>,
    /// Records in the trace when it was received: it was told no later.
    records: u64,
}

/// A recorded past.
#[derive(Debug)]
pub struct Story {
    /// What is in the log at the end.
    pub known: Known,
    /// What happened, in order.
    pub events: Vec<Event>,
    begin: PathBuf,
    heads: BTreeMap<String, u64>,
    /// Plan and entry by the number of events after which they were acknowledged.
    acknowledged: Vec<(usize, String, u64)>,
    /// Subjects revoked, by the number of events after which it was said to be done.
    revoked: Vec<(usize, String)>,
    /// Tickets bound to peers, by the number of events after which the peer was let in.
    bound: Vec<(usize, String, String)>,
}

/// Who records.
struct Recorder<'a> {
    ground: &'a Ground,
    control: &'a Control,
    data: PathBuf,
    told: Vec<Told>,
    revoked: Vec<(u64, String)>,
    bound: Vec<(u64, String, String)>,
}

impl Recorder<'_> {
    fn launch(&self) -> Launch {
        self.control.recording(launch(&self.data), &self.data)
    }

    fn start(&self) -> Process {
        self.launch().start().unwrap_or_else(|exit| panic!("the server does not start: {exit:?}"))
    }

    fn note(&mut self, plan: &str, seq: u64, name: Option<String>) {
        let records = self.control.get(Slot::Records);
        self.told.push(Told { plan: plan.to_owned(), seq, name, records });
    }

    fn receive(&mut self, live: &mut Live, plan: &str, id: &ClientId) {
        let ack = live.expect_ack(id);
        self.note(plan, ack.seq.0, Some(id.to_string()));
    }

    /// So many edits, so many of them on their way at once.
    fn edits(&mut self, drafter: &Http, plan: &str, count: usize, at_once: usize, text: &str) {
        let mut live = Live::open(drafter);
        let mut waiting = VecDeque::new();
        for number in 0..count {
            let id = fresh_id("edit");
            live.edit(&id, &plan_id(plan), &[words(&format!("{text}{number} "), MADE)]).expect("it is sent");
            waiting.push_back(id);
            if waiting.len() >= at_once
                && let Some(id) = waiting.pop_front()
            {
                self.receive(&mut live, plan, &id);
            }
        }
        while let Some(id) = waiting.pop_front() {
            self.receive(&mut live, plan, &id);
        }
    }

    /// Remarks until the journal goes on in a new file, and two more.
    fn long_remarks(&mut self, drafter: &Http) {
        let journal = self.data.join("journal");
        let files = || std::fs::read_dir(&journal).map_or(0, Iterator::count);
        let (before, mut more) = (files(), 2);
        let mut live = Live::open(drafter);
        for number in 0..REMARKS_MAX {
            let text = format!("{number} {}", "long ".repeat(6_000));
            let remark = Command::Comment { element: element_id("tgt-aaaaaaaa"), text };
            let id = fresh_id("remark");
            live.edit(&id, &plan_id(BUSY), &[remark]).expect("it is sent");
            self.receive(&mut live, BUSY, &id);
            if files() > before {
                more -= 1;
            }
            if more == 0 {
                return;
            }
        }
        panic!("the journal never goes on in a new file");
    }

    fn access(&mut self, chair: &Http, plan: &str, access: serde_json::Value) {
        let body = json!({ "id": fresh_id("access"), "access": access }).to_string();
        let path = format!("/api/v1/plans/{plan}/access");
        let done = chair.try_ask("PUT", &path, Some(body.as_bytes())).expect("the server answers").ok();
        self.note(plan, done["seq"].as_u64().expect("an entry has a number"), None);
    }

    fn revoke(&mut self, admin: &Http, subject: &str) {
        admin.post("/api/v1/revocations", &json!({ "subject": subject, "because": "a test" })).ok();
        self.revoked.push((self.control.get(Slot::Records), subject.to_owned()));
    }

    fn bind(&mut self, drafter: &Http, peer: &str) {
        let ticket = replica::ticket(drafter);
        replica::join(drafter.base(), &ticket, peer).unwrap_or_else(|error| panic!("{peer} joins: {error}"));
        self.bound.push((self.control.get(Slot::Records), ticket, peer.to_owned()));
    }

    /// Something on its way that nobody waits for.
    fn unanswered(&self, drafter: &Http, plan: &str) {
        let mut live = Live::open(drafter);
        for _ in 0..3 {
            live.edit(&fresh_id("late"), &plan_id(plan), &[words("unanswered ", MADE)]).expect("it is sent");
        }
    }

    fn lives(&mut self) {
        let people = self.ground.people.clone();
        // The first: everything there is, a snapshot among it, then a kill.
        let server = self.start();
        let base = server.base().to_owned();
        let (chair, drafter) = (people.chair(&base), people.drafter(&base));
        self.edits(&drafter, QUIET, 3, 1, "first ");
        self.edits(&drafter, BUSY, 24, 8, "many ");
        people.auditor(&base).plan(BUSY);
        let seq = world::make_plan(&chair, LATE);
        self.note(LATE, seq.0, None);
        self.access(&chair, QUIET, json!({ "only": { "roles": ["chair"] } }));
        self.revoke(&people.admin(&base), "revoked-1");
        self.edits(&drafter, LATE, 2, 1, "late ");
        self.bind(&drafter, "peer-1");
        self.access(&chair, QUIET, json!("everybody"));
        // The store is written out half a second after the last edit.
        world::pause(Duration::from_millis(1_200));
        self.edits(&drafter, BUSY, 4, 2, "more ");
        self.long_remarks(&drafter);
        self.unanswered(&drafter, BUSY);
        server.kill9();
        // The second: a start after a kill, a clean stop.
        let server = self.start();
        let drafter = people.drafter(server.base());
        self.edits(&drafter, QUIET, 3, 1, "second ");
        self.bind(&drafter, "peer-2");
        self.edits(&drafter, BUSY, 6, 3, "second ");
        world::stopped(server);
        // The third: a start after a clean stop, a kill.
        let server = self.start();
        let drafter = people.drafter(server.base());
        self.edits(&drafter, LATE, 3, 1, "third ");
        self.revoke(&people.admin(server.base()), "revoked-2");
        self.edits(&drafter, BUSY, 3, 1, "third ");
        server.kill9();
        // The fourth: once more, and cleanly stopped.
        let server = self.start();
        self.edits(&people.drafter(server.base()), BUSY, 2, 1, "fourth ");
        world::stopped(server);
    }
}

impl Story {
    /// Records a past on a copy of a ground; the library can be told to lie about syncs.
    ///
    /// # Panics
    /// When a server does not do what it should.
    pub fn record(ground: &Ground, folder: &Path, swallows: bool) -> Story {
        let control = Control::new(folder);
        control.set(Slot::SwallowSyncs, u64::from(swallows));
        let data = ground.copy_to(folder);
        let mut recorder = Recorder {
            ground,
            control: &control,
            data: data.clone(),
            told: Vec::new(),
            revoked: Vec::new(),
            bound: Vec::new(),
        };
        recorder.lives();
        let Recorder { told, revoked, bound, .. } = recorder;
        let events = trace::read(control.trace(), &data);
        let server =
            launch(&data).start().unwrap_or_else(|exit| panic!("the story does not start: {exit:?}"));
        let auditor = ground.people.auditor(server.base());
        let mut known = Known::of(&auditor);
        known.learn_views(&auditor, &ground.known.heads());
        world::stopped(server);
        let acknowledged = told.iter().map(|told| (told.moment(&events), told.plan.clone(), told.seq));
        let acknowledged = acknowledged.collect();
        let revoked = revoked.into_iter().map(|(records, subject)| (records as usize, subject)).collect();
        let bound =
            bound.into_iter().map(|(records, ticket, peer)| (records as usize, ticket, peer)).collect();
        let (begin, heads) = (ground.data(), ground.known.heads());
        Story { known, events, begin, heads, acknowledged, revoked, bound }
    }

    /// The directory with which it began.
    pub fn begin(&self) -> &Path {
        &self.begin
    }

    /// How many entries of each plan were acknowledged in the first so many events.
    pub fn acknowledged(&self, events: usize) -> BTreeMap<String, u64> {
        let mut heads = self.heads.clone();
        for (moment, plan, seq) in &self.acknowledged {
            if *moment <= events {
                let head = heads.entry(plan.clone()).or_default();
                *head = (*head).max(*seq);
            }
        }
        heads
    }

    /// Who was said to be revoked in the first so many events.
    pub fn revoked(&self, events: usize) -> impl Iterator<Item = &str> {
        self.revoked.iter().filter(move |(moment, _)| *moment <= events).map(|(_, subject)| subject.as_str())
    }

    /// Tickets that were bound to peers in the first so many events.
    pub fn bound(&self, events: usize) -> impl Iterator<Item = (&str, &str)> {
        let told = self.bound.iter().filter(move |(moment, _, _)| *moment <= events);
        told.map(|(_, ticket, peer)| (ticket.as_str(), peer.as_str()))
    }

    /// How many edits were acknowledged in the first so many events.
    pub fn count(&self, events: usize) -> u64 {
        self.acknowledged.iter().filter(|(moment, _, _)| *moment <= events).count() as u64
    }
}

impl Told {
    /// After how many events it was told: when the bytes left the server, where they are in the trace.
    fn moment(&self, events: &[Event]) -> usize {
        let received = self.records as usize;
        let Some(name) = &self.name else { return received };
        let says = |event: &Event| match event {
            Event::Told { bytes } => trace::holds(bytes, name.as_bytes()),
            _ => false,
        };
        events.iter().position(says).map_or(received, |at| at + 1)
    }
}
