//! The world of the tests: one plan's hub, its log in memory, a clock and entropy that only count.

use std::collections::HashMap;

use automerge::{Automerge, Change, ChangeHash};
use plenary_protocol::access::Access;
use plenary_protocol::evidence::Leaves;
use plenary_protocol::ids::{ClientId, Subject};
use plenary_protocol::plan::{Command, Edit, ElementView, PlanView, Stage, Value};
use plenary_protocol::record::{Act, EditRow, Event, Quarantine};
use plenary_protocol::wire::{EventView, Refusal, RefusalCode};
use plenary_protocol::{Bureau, Digest, ElementId, PlanId, Principal, Role, Seq};
use sha2::{Digest as _, Sha256};

use super::plan::small_plan;
use crate::history::Index;
use crate::hub::{Answer, Ask, ConnId, Creation, Input, PastError, Published, ReplyTo};
use crate::order::in_order;
use crate::policy::{self, Action, Grant};
use crate::rules::Checker;
use crate::state::PlanState;
use crate::{Context, Effect, Entropy, Hub, Past, Proposal, Reader, document, snapshot};

/// Entropy that is different each time and the same in every run.
pub struct Counted(u64);

impl Entropy for Counted {
    fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            self.0 += 1;
            chunk.copy_from_slice(&Sha256::digest(self.0.to_be_bytes())[..chunk.len()]);
        }
    }
}

/// The committed past, in memory.
#[derive(Default)]
pub struct Log {
    pub events: Vec<Event>,
    pub snapshot: Option<Vec<u8>>,
    by_client: HashMap<(Subject, ClientId), usize>,
}

impl Past for Log {
    fn by_client_id(&self, subject: &Subject, id: &ClientId) -> Result<Option<Event>, PastError> {
        let index = self.by_client.get(&(subject.clone(), id.clone()));
        Ok(index.and_then(|index| self.events.get(*index)).cloned())
    }

    fn leaf(&self, seq: Seq) -> Result<Option<Digest>, PastError> {
        let index = (seq.0 as usize).checked_sub(1);
        Ok(index.and_then(|index| self.events.get(index)).map(|event| event.leaf))
    }

    fn replay(
        &self,
        after: Seq,
        take: &mut dyn FnMut(Event) -> Result<(), PastError>,
    ) -> Result<(), PastError> {
        self.events.iter().skip(after.0 as usize).cloned().try_for_each(take)
    }

    fn snapshot(&self) -> Option<Vec<u8>> {
        self.snapshot.clone()
    }
}

/// Somebody with a role, acting for a Bureau.
pub fn person(subject: &str, bureau: Bureau, role: Role) -> Principal {
    Principal {
        subject: subject.parse().unwrap(),
        name: format!("{subject} of {bureau}"),
        issuer: "test".into(),
        bureau,
        role,
        token_id: None,
        issued_s: 0,
        expires_s: i64::MAX,
    }
}

/// A drafter of a Bureau.
pub fn drafter(bureau: Bureau) -> Principal {
    person(&format!("{}-drafter", bureau.as_str().to_lowercase()), bureau, Role::Drafter)
}

/// The chair, who may write everything.
pub fn chair() -> Principal {
    person("chair", Bureau::GS, Role::Chair)
}

/// An element id.
pub fn id(text: &str) -> ElementId {
    text.parse().unwrap()
}

pub struct World {
    pub hub: Hub,
    pub log: Log,
    pub reader: Reader,
    pub now_us: i64,
    /// What connections were told, in order: an entry, or that the plan is no longer theirs.
    pub told: Vec<(ConnId, Option<Seq>)>,
    entropy: Counted,
    names: u64,
}

impl World {
    /// A world with the small plan.
    pub fn new() -> World {
        World::of(small_plan())
    }

    /// A world with a plan.
    pub fn of(view: PlanView) -> World {
        World::narrowed(view, Access::Everybody)
    }

    /// A world with a plan that is for some from its first day.
    pub fn narrowed(view: PlanView, access: Access) -> World {
        let plan = view.id.clone();
        let mut entropy = Counted(0);
        let log = Log::default();
        let now_us = 1_790_000_000_000_000;
        let creation = Creation { view, id: Some("creation".parse().unwrap()), access, because: None };
        let mut ctx = Context { now_us, boot: [1; 16], entropy: &mut entropy, past: &log };
        let unsubscribe = Ask::Unsubscribe { conn: ConnId(0) };
        let (hub, proposal, answer) =
            Hub::create(&at(&plan, input(&chair(), Action::Create, unsubscribe)), creation, &mut ctx)
                .unwrap();
        assert!(matches!(answer, Answer::Done { .. }));
        let mut world =
            World { hub, log, reader: Reader::new(plan), now_us, told: Vec::new(), entropy, names: 0 };
        world.store(&proposal);
        _ = world.hub.committed(proposal);
        world.ask(&chair(), Action::Read, Ask::Subscribe { conn: ConnId(0) });
        world
    }

    pub fn plan(&self) -> PlanId {
        self.hub.state().plan.clone()
    }

    pub fn seq(&self) -> Seq {
        self.hub.committed_seq()
    }

    pub fn view(&self) -> PlanView {
        self.reader.view(None)
    }

    pub fn element(&self, name: &str) -> ElementView {
        self.view().element(&id(name)).unwrap().clone()
    }

    /// A text of an element in the plan's language; empty if there is none.
    pub fn text(&self, element: &str, field: &str) -> String {
        let element = self.element(element);
        element.text.get("en").and_then(|texts| texts.get(field)).cloned().unwrap_or_default()
    }

    /// The last entry's edit rows.
    pub fn rows(&self) -> Vec<EditRow> {
        self.log.events.last().unwrap().payload.act.edits().to_vec()
    }

    /// Does commands for somebody under a new name.
    pub fn edit(&mut self, who: &Principal, commands: impl IntoIterator<Item = Command>) -> Answer {
        self.names += 1;
        let name = format!("c-{}", self.names);
        self.edit_as(who, &name, commands)
    }

    pub fn edit_as(
        &mut self,
        who: &Principal,
        name: &str,
        commands: impl IntoIterator<Item = Command>,
    ) -> Answer {
        let edit = self.named_edit(name, commands);
        self.ask(who, Action::Edit, Ask::Edit { edit, formers: Vec::new() })
    }

    pub fn named_edit(&self, name: &str, commands: impl IntoIterator<Item = Command>) -> Edit {
        Edit {
            id: name.parse().unwrap(),
            plan: self.plan(),
            commands: commands.into_iter().collect(),
            because: None,
            answers: Vec::new(),
        }
    }

    /// Hands in finished changes of somebody's replica, as the edge does.
    pub fn changes(&mut self, who: &Principal, changes: Vec<Vec<u8>>) -> Answer {
        let changes = in_order(changes);
        self.ask(who, Action::Edit, Ask::Changes { changes, because: None, answers: Vec::new() })
    }

    pub fn advance(&mut self, who: &Principal, stage: Stage, because: Option<&str>) -> Result<Seq, Refusal> {
        self.names += 1;
        let id = format!("s-{}", self.names).parse().unwrap();
        policy::may(who, Action::Advance)?;
        let because = because.map(str::to_owned);
        // What the rules find is for the tests of the rules.
        let ask = Ask::Advance {
            id,
            stage,
            despite: because.is_some(),
            because,
            former: None,
            voices: Default::default(),
        };
        done(self.ask(who, Action::Advance, ask))
    }

    pub fn ask(&mut self, who: &Principal, action: Action, ask: Ask) -> Answer {
        self.group(vec![input(who, action, ask)]).remove(0)
    }

    /// Proposes a group, makes it durable, and gives back the answers in order; rounds follow as long
    /// as messages are left over.
    pub fn group(&mut self, inputs: Vec<Input>) -> Vec<Answer> {
        let mut inputs: Vec<Input> = inputs
            .into_iter()
            .enumerate()
            .map(|(n, input)| Input { reply: ReplyTo(n as u64), ..input })
            .collect();
        let mut answers = Vec::new();
        loop {
            self.now_us += 1_000;
            let proposal = self.propose(std::mem::take(&mut inputs));
            answers.extend(self.land(proposal));
            if !self.hub.has_unfinished() {
                break;
            }
        }
        answers.sort_by_key(|(to, _)| *to);
        answers.into_iter().map(|(_, answer)| answer).collect()
    }

    /// Proposes a group that is not durable yet; others may follow before it is.
    pub fn propose(&mut self, inputs: Vec<Input>) -> Proposal {
        let plan = self.plan();
        let inputs = inputs.into_iter().map(|input| at(&plan, input)).collect();
        let mut ctx =
            Context { now_us: self.now_us, boot: [1; 16], entropy: &mut self.entropy, past: &self.log };
        self.hub.propose(inputs, &mut ctx)
    }

    /// Makes a proposal durable, and gives back the answers.
    pub fn land(&mut self, proposal: Proposal) -> Vec<(ReplyTo, Answer)> {
        self.store(&proposal);
        let mut answers = Vec::new();
        for effect in self.hub.committed(proposal) {
            match effect {
                Effect::Reply { to, answer } => answers.push((to, answer)),
                Effect::Expel { to, .. } => self.told.extend(to.into_iter().map(|conn| (conn, None))),
                Effect::Publish { to, entries } => {
                    for entry in entries {
                        let seq = entry.view.seq;
                        self.told.extend(to.iter().map(|conn| (*conn, Some(seq))));
                        let stored = &self.log.events[seq.0 as usize - 1];
                        assert_eq!(entry, Published::of(stored), "what is told is what is stored");
                    }
                }
            }
        }
        answers
    }

    /// As `group`, but only what the hub does: the log is kept, the reader copy not fed.
    pub fn propose_only(&mut self, inputs: Vec<Input>) -> Vec<Answer> {
        self.now_us += 1_000;
        let mut ctx =
            Context { now_us: self.now_us, boot: [1; 16], entropy: &mut self.entropy, past: &self.log };
        let plan = self.hub.state().plan.clone();
        let inputs = inputs.into_iter().map(|input| at(&plan, input)).collect();
        let proposal = self.hub.propose(inputs, &mut ctx);
        let open = |(_, sealed): &(Seq, plenary_protocol::record::Sealed)| {
            Event::open(&sealed.envelope, &sealed.salt, &sealed.payload).unwrap()
        };
        self.log.events.extend(proposal.entries().iter().map(open));
        let answer = |effect| match effect {
            Effect::Reply { answer, .. } => Some(answer),
            Effect::Publish { .. } | Effect::Expel { .. } => None,
        };
        self.hub.committed(proposal).into_iter().filter_map(answer).collect()
    }

    /// Feeds the reader copy what `propose_only` kept from it.
    pub fn settle_log(&mut self) {
        let fresh = self.log.events[self.reader.seq().0 as usize..].to_vec();
        self.reader.take(fresh).unwrap();
    }

    fn store(&mut self, proposal: &Proposal) {
        let mut fresh = Vec::new();
        for (seq, sealed) in proposal.entries() {
            let event = Event::open(&sealed.envelope, &sealed.salt, &sealed.payload).unwrap();
            let last = self.log.events.last().map_or((Seq::ZERO, Digest::ZERO), |e| (e.envelope.seq, e.leaf));
            assert_eq!((event.envelope.seq, event.envelope.prev), (last.0.next(), last.1), "the chain holds");
            assert_eq!(event.envelope.seq, *seq);
            assert_eq!(event.envelope.at, self.now_us);
            if let Some(client) = &event.envelope.client_id {
                let key = (event.envelope.principal.subject.clone(), client.clone());
                self.log.by_client.insert(key, self.log.events.len());
            }
            fresh.push(event.clone());
            self.log.events.push(event);
        }
        self.reader.take(fresh).unwrap();
    }

    /// Everything that is folded out of the first entries of the log.
    pub fn folded_to(&self, count: usize) -> (PlanState, Reader, Index, Leaves) {
        let (mut state, mut index) = (PlanState::new(self.plan()), Index::new());
        let leaves = self.log.events[..count].iter().map(|event| event.leaf).collect();
        let mut reader = Reader::new(self.plan());
        self.log.events[..count].iter().for_each(|event| {
            state.apply(event).unwrap();
            index.take(&EventView::of(event));
        });
        reader.take(self.log.events[..count].to_vec()).unwrap();
        (state, reader, index, leaves)
    }

    /// A snapshot as of now.
    pub fn snapshot(&self) -> Vec<u8> {
        let (state, reader, index, leaves) = self.folded_to(self.log.events.len());
        snapshot::write(&state, &reader, &index, &leaves).unwrap().0
    }

    /// A snapshot and the entries after it make what all entries make.
    fn check_snapshots(&self) {
        let count = self.log.events.len();
        let (whole, reader, index, leaves) = self.folded_to(count);
        for cut in [count / 2, count] {
            let (state, front, past, front_leaves) = self.folded_to(cut);
            let (bytes, _) = snapshot::write(&state, &front, &past, &front_leaves)
                .expect("the snapshot reads back as it was");
            let kept = snapshot::Snapshot::open(&bytes).unwrap();
            let (mut state, _) = kept.hub(&self.plan()).unwrap();
            let (mut again, mut past, mut kept_leaves) = kept.reader(&self.plan()).unwrap();
            assert_eq!((kept.seq, kept.leaf), (state.seq, state.leaf));
            for event in &self.log.events[cut..] {
                state.apply(event).unwrap();
                past.take(&EventView::of(event));
                kept_leaves.push(event.leaf);
            }
            assert_eq!((kept_leaves, state.evidence.root()), (leaves.clone(), whole.evidence.root()));
            again.take(self.log.events[cut..].to_vec()).unwrap();
            assert!(state == whole, "the fold from entry {cut} on is the whole fold");
            assert_eq!(past, index);
            assert!(again.is_like(&reader), "the reader copy from entry {cut} on is the whole one");
            assert_eq!(again.view(None), self.view());
            let then = Seq(count as u64 / 2);
            assert_eq!(again.view(Some(then)), reader.view(Some(then)));
            let log = Log { events: self.log.events.clone(), snapshot: Some(bytes), ..Log::default() };
            let hub = Hub::load(self.plan(), &log).unwrap().unwrap();
            assert!(*hub.state() == whole, "a hub opened from entry {cut} on is like any other");
        }
    }

    /// Drops the hub and loads it again, as after a restart.
    pub fn restart(&mut self) {
        self.hub = Hub::load(self.plan(), &self.log).unwrap().unwrap();
    }

    /// Has the server set changes aside, and opens the plan anew from its log, as a driver does.
    pub fn quarantine(&mut self, roots: &[Seq]) -> Result<Seq, Refusal> {
        let grant = Grant::to_quarantine(&self.plan(), "server".parse().unwrap());
        let ask = Ask::Quarantine { roots: roots.to_vec(), reason: "it does not load".into() };
        let input = Input { reply: ReplyTo(0), grant, session: None, build: None, ask };
        self.now_us += 1_000;
        let mut ctx =
            Context { now_us: self.now_us, boot: [1; 16], entropy: &mut self.entropy, past: &self.log };
        let proposal = self.hub.propose(vec![input], &mut ctx);
        let by = done(self.land(proposal).remove(0).1)?;
        assert!(self.hub.is_broken() && self.hub.is_outdated() && !self.hub.has_subscribers());
        let mut quarantine = Quarantine::default();
        self.log.events.iter().for_each(|event| quarantine.take(event));
        self.log.events = self.log.events.drain(..).map(|event| quarantine.mark(event)).collect();
        self.log.snapshot = None;
        self.restart();
        self.reader = Reader::new(self.plan());
        self.settle_log();
        Ok(by)
    }

    /// All changes of the log, in order, each with its sender.
    pub fn raw_changes(&self) -> impl Iterator<Item = (&Event, Change)> {
        self.log.events.iter().filter_map(|event| match &event.payload.act {
            Act::Change(act) => Some((event, Change::from_bytes(act.change.clone()).unwrap())),
            _ => None,
        })
    }

    /// The document as it follows from the log alone.
    pub fn folded(&self) -> Automerge {
        let mut doc = document::empty();
        document::apply(&mut doc, self.raw_changes().map(|(_, change)| change).collect()).unwrap();
        doc
    }

    /// What was refused to replicas and recorded, as codes.
    pub fn recorded(&self) -> Vec<String> {
        let code = |event: &Event| match &event.payload.act {
            Act::Refused { code, .. } => Some(code.clone()),
            _ => None,
        };
        self.log.events.iter().filter_map(code).collect()
    }

    /// The live hub, a hub loaded again, the reader and a rebuild from raw changes agree.
    pub fn check(&self) {
        let live = self.hub.state();
        let loaded = Hub::load(self.plan(), &self.log).unwrap().unwrap();
        let again = loaded.state();
        assert_eq!((live.seq, live.leaf, live.stage), (again.seq, again.leaf, again.stage));
        assert_eq!(live.document, again.document);
        assert!(live == again, "a hub loaded again knows what the live one knows");
        assert_eq!(live.places.len(), again.places.len());
        assert_eq!((live.graph.len(), live.graph.max_op()), (again.graph.len(), again.graph.max_op()));
        assert_eq!(live.tree.len(), again.tree.len());
        assert_eq!(live.heads_at(live.seq), again.heads_at(live.seq));
        let mut heads = live.heads_at(live.seq).to_vec();
        heads.sort();
        let folded = self.folded();
        for doc in [self.hub.scout(), loaded.scout(), &folded] {
            assert_eq!(sorted(doc.get_heads()), heads);
        }
        let (saved, saved_heads) = self.reader.verified_save().expect("the saved document loads");
        assert_eq!(sorted(saved_heads), heads);
        let again = document::load(&saved).unwrap();
        assert_eq!(content(&again), content(&folded));
        assert_eq!(content(self.hub.scout()), content(&folded));
        let mut reader = Reader::new(self.plan());
        reader.take(self.log.events.clone()).unwrap();
        assert_eq!(reader.view(None), self.view());
        self.check_snapshots();
        self.check_findings();
    }

    /// What the rules find is the same, kept up entry by entry or looked for in the whole plan.
    fn check_findings(&self) {
        let look = |seq: Seq| Checker::of(&self.reader.view(Some(seq)), self.reader.voices(seq), None);
        let mut kept_up = look(Seq::ZERO);
        let count = self.log.events.len();
        for (number, event) in self.log.events.iter().enumerate() {
            kept_up.take(event, &self.reader);
            if count < 40 || number == count / 2 || number + 1 == count {
                let whole = look(event.envelope.seq);
                assert_eq!(kept_up.findings(), whole.findings(), "after entry {}", event.envelope.seq);
            }
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.check();
        }
    }
}

fn sorted(mut heads: Vec<ChangeHash>) -> Vec<ChangeHash> {
    heads.sort();
    heads
}

/// Everything that a document shows.
pub fn content(doc: &Automerge) -> automerge::hydrate::Value {
    doc.hydrate(None)
}

/// The same ask of another plan, granted as if everybody might read it.
fn at(plan: &PlanId, input: Input) -> Input {
    let (who, action) = (input.grant.principal(), input.grant.action());
    Input { grant: policy::check(who, plan, &Access::Everybody, action).unwrap(), ..input }
}

/// An ask of somebody; the reply's number and the plan are set by `group`.
pub fn input(who: &Principal, action: Action, ask: Ask) -> Input {
    Input {
        reply: ReplyTo(0),
        grant: policy::check(who, &"any-plan".parse().unwrap(), &Access::Everybody, action).unwrap(),
        session: Some(format!("session of {}", who.subject)),
        build: None,
        ask,
    }
}

/// The last entry of what was done.
///
/// # Errors
/// The refusal, if it was refused.
pub fn done(answer: Answer) -> Result<Seq, Refusal> {
    match answer {
        Answer::Done { entries, .. } => Ok(entries.last().map_or(Seq::ZERO, |entry| entry.seq)),
        Answer::Refused { refusal, .. } | Answer::Partly { refusal, .. } => Err(refusal),
        Answer::Subscribed { head } | Answer::Preview { base: head, .. } => Ok(head),
    }
}

/// The code with which something was refused.
pub fn code(answer: Answer) -> RefusalCode {
    done(answer).expect_err("it was to be refused").code
}

/// Ids that an edit made.
pub fn made(answer: Answer) -> Vec<ElementId> {
    match answer {
        Answer::Done { made, .. } => made,
        other => panic!("not done: {other:?}"),
    }
}

pub fn text(value: &str) -> Value {
    Value::Text(value.into())
}

pub fn set(members: &[&str]) -> Value {
    Value::Set(members.iter().map(|member| (*member).to_owned()).collect())
}
