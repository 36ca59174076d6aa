//! One plan's hub: asks come in, a proposal of entries goes out, and only what is durable is told.
//!
//! The *scout* is the hub's document, ahead of the log by the proposal in flight.  Trials and thin
//! commands use it; nothing for the outside is read from it.  What fails its trial is never logged,
//! and the scout is made again from the past.  Proposals are committed in order; a second one may be
//! made while the first is on its way to the disk.

mod ask;
mod export;
mod lane;
mod message;
mod quarantine;
mod refusals;
mod replica;
mod restore;
mod rules;
mod run;
mod versions;
mod writer;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use automerge::{Automerge, Change, ReadDoc as _};
use plenary_protocol::access::Access;
use plenary_protocol::ids::{ClientId, PlanId, Subject};
use plenary_protocol::record::{Act, Event, Sealed};
use plenary_protocol::wire::{EventView, Refusal, RefusalCode};
use plenary_protocol::{Digest, Principal, Seq};

pub use ask::{Answer, Ask, ConnId, Input, ReplyTo};
pub use restore::Restoration;
pub use versions::{Naming, Signing, no_such_version};
pub use writer::Creation;

use lane::Lane;
use replica::Work;
use run::Run;

use crate::document;
use crate::policy::{may_read, no_such_plan};
use crate::snapshot::Snapshot;
use crate::state::{FoldError, PlanState};

/// A source of entropy, brought by the driver.
pub trait Entropy {
    /// Fills `bytes` with entropy.
    fn fill(&mut self, bytes: &mut [u8]);
}

/// Why the past could not be read.
#[derive(Debug, thiserror::Error)]
pub enum PastError {
    /// The log cannot be read.
    #[error("the log cannot be read: {0}")]
    Read(String),
    /// The log does not fold.
    #[error(transparent)]
    Fold(#[from] FoldError),
    /// The document cannot be made from the log.
    #[error("the document cannot be made from the log: {0}")]
    Document(String),
}

/// The committed past of a plan, as the hub may ask for it.
pub trait Past {
    /// The entry that a client's edit became.
    ///
    /// # Errors
    /// `Read` when the log cannot be read.
    fn by_client_id(&self, subject: &Subject, id: &ClientId) -> Result<Option<Event>, PastError>;

    /// The leaf hash of a committed entry; nothing where there is none.
    ///
    /// # Errors
    /// `Read` when the log cannot be read.
    fn leaf(&self, seq: Seq) -> Result<Option<Digest>, PastError>;

    /// Hands over all committed events after an entry, in order.
    ///
    /// # Errors
    /// `Read` when the log cannot be read, or what `take` returns.
    fn replay(
        &self,
        after: Seq,
        take: &mut dyn FnMut(Event) -> Result<(), PastError>,
    ) -> Result<(), PastError>;

    /// The last good snapshot, as `snapshot::write` gave it; only one of this plan's own entries.
    fn snapshot(&self) -> Option<Vec<u8>>;
}

/// What a proposal is made with: time, entropy, and the past.
pub struct Context<'a> {
    /// Now, microseconds since 1970 UTC.
    pub now_us: i64,
    /// The server run.
    pub boot: [u8; 16],
    /// Entropy.
    pub entropy: &'a mut dyn Entropy,
    /// The committed past.
    pub past: &'a dyn Past,
}

/// Entries to be made durable, and what may be told once they are.
#[derive(Debug, Default)]
pub struct Proposal {
    sealed: Vec<(Seq, Sealed)>,
    events: Vec<Arc<Event>>,
    outcomes: Vec<(ReplyTo, Answer)>,
    subscribe: Vec<(ReplyTo, ConnId, Principal)>,
    by_client: ByClient,
}

/// The event that a client's name stands for.
type ByClient = HashMap<(Subject, ClientId), Arc<Event>>;

impl Proposal {
    /// The entries to append, in order.
    pub fn entries(&self) -> &[(Seq, Sealed)] {
        &self.sealed
    }

    /// Hands over the entries to append, in order; nothing else of the proposal needs them.
    pub fn take_entries(&mut self) -> Vec<(Seq, Sealed)> {
        std::mem::take(&mut self.sealed)
    }

    /// The last entry, if there is one.
    pub fn last(&self) -> Option<Seq> {
        self.events.last().map(|event| event.envelope.seq)
    }
}

/// A proposal that is on its way to the disk.
#[derive(Debug)]
struct InFlight {
    events: Vec<Arc<Event>>,
    by_client: ByClient,
}

/// An entry as it is told to subscribers.
#[derive(Debug, Clone, PartialEq)]
pub struct Published {
    /// The entry in plain words.
    pub view: EventView,
    /// Its raw change, for replicas.
    pub change: Option<Vec<u8>>,
}

impl Published {
    /// Tells an event.
    pub fn of(event: &Event) -> Published {
        let change = match &event.payload.act {
            Act::Change(act) => Some(act.change.clone()),
            _ => None,
        };
        Published { view: EventView::of(event), change }
    }
}

/// What the driver is to do after a commit.
#[derive(Debug, PartialEq)]
pub enum Effect {
    /// Answer an ask.
    Reply {
        /// Which.
        to: ReplyTo,
        /// The answer.
        answer: Answer,
    },
    /// Tell subscribers that the plan is no longer theirs to read; they are subscribers no more.
    Expel {
        /// Whom.
        to: Vec<ConnId>,
        /// The entry that says so, which they are not told.
        seq: Seq,
    },
    /// Tell subscribers the entries of a proposal, or those that the same ones get.
    Publish {
        /// Whom.
        to: Vec<ConnId>,
        /// What, in order.
        entries: Vec<Published>,
    },
}

/// How large a plan is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PlanSize {
    /// Automerge operations in its document.
    pub operations: u64,
    /// Automerge changes in its document.
    pub changes: u64,
}

impl PlanSize {
    /// Memory of a hub without any changes, bytes: thread, mailbox, tables.
    const BASE_BYTES: u64 = 128 * 1024;
    /// Memory of the document an operation, bytes.
    const OPERATION_BYTES: u64 = 24;
    /// Memory of document and change graph a change, bytes.
    const CHANGE_BYTES: u64 = 400;

    /// The memory that the plan's hub takes, bytes; an estimate.
    pub fn memory_bytes(self) -> u64 {
        Self::BASE_BYTES + self.operations * Self::OPERATION_BYTES + self.changes * Self::CHANGE_BYTES
    }
}

/// One plan.
#[derive(Debug)]
pub struct Hub {
    state: PlanState,
    scout: Automerge,
    committed: Seq,
    /// Who may read the plan, as of the last durable entry.
    readable: Access,
    subscribers: BTreeMap<ConnId, Principal>,
    refusals: refusals::Refusals,
    suspects: HashMap<Subject, Lane>,
    in_flight: VecDeque<InFlight>,
    /// Messages of which changes are left for the next round.
    unfinished: Vec<Work>,
    kept: run::Kept,
    broken: bool,
    /// Its document has changes in it that were set aside.
    outdated: bool,
}

impl Hub {
    /// Loads a plan from its log; `None` when it has no entries.
    ///
    /// # Errors
    /// `PastError` when the log cannot be read or does not fold.
    pub fn load(plan: PlanId, past: &dyn Past) -> Result<Option<Hub>, PastError> {
        let bytes = past.snapshot();
        let kept = bytes.as_deref().and_then(Snapshot::open).and_then(|snapshot| snapshot.hub(&plan));
        drop(bytes);
        if let Some((state, scout)) = kept
            && let Ok(hub) = Hub::grow(state, scout, past)
        {
            return Ok(Some(hub));
        }
        let hub = Hub::grow(PlanState::new(plan), document::empty(), past)?;
        Ok(hub.state.exists().then_some(hub))
    }

    /// Takes in the entries after those of a state and its document.
    fn grow(mut state: PlanState, mut scout: Automerge, past: &dyn Past) -> Result<Hub, PastError> {
        let mut changes = Vec::new();
        past.replay(state.seq, &mut |event| {
            changes.extend(state.apply(&event)?);
            Ok(())
        })?;
        document::apply(&mut scout, changes).map_err(PastError::Document)?;
        let committed = state.seq;
        Ok(Hub::of(state, scout, committed))
    }

    fn of(state: PlanState, scout: Automerge, committed: Seq) -> Hub {
        Hub {
            readable: state.access.clone(),
            state,
            scout,
            committed,
            subscribers: BTreeMap::new(),
            refusals: refusals::Refusals::default(),
            suspects: HashMap::new(),
            in_flight: VecDeque::new(),
            unfinished: Vec::new(),
            kept: run::Kept::default(),
            broken: false,
            outdated: false,
        }
    }

    /// What the hub knows of its plan, ahead of the log by the proposal in flight.
    pub fn state(&self) -> &PlanState {
        &self.state
    }

    /// How large the plan is.
    pub fn size(&self) -> PlanSize {
        let stats = self.scout.stats();
        PlanSize { operations: stats.num_ops, changes: stats.num_changes }
    }

    /// The hub's document.
    #[cfg(test)]
    pub(crate) fn scout(&self) -> &Automerge {
        &self.scout
    }

    /// Has the changes of a subject tried alone, as after one that failed, so much of the minute spent.
    #[cfg(test)]
    pub(crate) fn suspect(&mut self, subject: Subject, now_us: i64, copied: usize) {
        self.suspects.insert(subject, Lane { failed_us: now_us, began_us: now_us, copied, tried: 0 });
    }

    /// How many changes were tried together with others.
    #[cfg(test)]
    pub(crate) fn tried_together(&self) -> usize {
        self.kept.tried
    }

    /// The last durable entry.
    pub fn committed_seq(&self) -> Seq {
        self.committed
    }

    /// Whether anybody is subscribed.
    pub fn has_subscribers(&self) -> bool {
        !self.subscribers.is_empty()
    }

    /// Tells a connection nothing any more.
    pub fn unsubscribe(&mut self, conn: ConnId) {
        self.subscribers.remove(&conn);
    }

    /// Whether messages wait for their next turn: another round is due, whoever else asks something.
    pub fn has_unfinished(&self) -> bool {
        !self.unfinished.is_empty()
    }

    /// Whether its last act was to set changes aside that its document has in it.
    pub fn is_outdated(&self) -> bool {
        self.outdated
    }

    /// Whether the hub is to be dropped and loaded anew: the scout could not be made again, or has changes in it
    /// that were set aside.
    pub fn is_broken(&self) -> bool {
        self.broken
    }

    /// Tries what waits, in order, and gives back what is to be made durable.
    ///
    /// Of a long message of changes a round takes a part, so that others have their turn between;
    /// what its connection asks meanwhile waits for its end.
    pub fn propose(&mut self, inputs: Vec<Input>, ctx: &mut Context<'_>) -> Proposal {
        let fresh = inputs.into_iter().map(Work::new);
        let mut queue: VecDeque<Work> =
            std::mem::take(&mut self.unfinished).into_iter().chain(fresh).collect();
        let (mut works, mut run, mut proposal) = (Vec::new(), Run::default(), Proposal::default());
        while let Some(mut work) = queue.pop_front() {
            if let Some(before) = works.iter_mut().find(|before: &&mut Work| before.holds_up(&work.input)) {
                before.behind.push_back(work.input);
                continue;
            }
            let behind = std::mem::take(&mut work.behind);
            let index = works.len();
            works.push(work);
            if let Ask::Changes { .. } = &works[index].input.ask {
                self.changes(&mut works, index, &mut run, &mut proposal, ctx);
            } else {
                self.end_run(&mut works, &mut run, &mut proposal, ctx);
                works[index].answer = self.take(&works[index].input, &mut proposal, ctx);
            }
            if works[index].goes_on() {
                works[index].behind = behind;
            } else {
                behind.into_iter().rev().for_each(|input| queue.push_front(Work::new(input)));
            }
        }
        self.end_run(&mut works, &mut run, &mut proposal, ctx);
        self.tell_counted(&mut proposal, ctx);
        for work in works {
            if work.goes_on() {
                self.unfinished.push(work);
            } else {
                proposal.outcomes.extend(work.close());
            }
        }
        self.depart(&mut proposal);
        proposal
    }

    /// Notes a proposal that goes to the disk.
    fn depart(&mut self, proposal: &mut Proposal) {
        if !proposal.events.is_empty() {
            let by_client = std::mem::take(&mut proposal.by_client);
            self.in_flight.push_back(InFlight { events: proposal.events.clone(), by_client });
        }
    }

    /// Takes anything but the changes of a replica; `None` where the answer comes otherwise, or not.
    fn take(&mut self, input: &Input, proposal: &mut Proposal, ctx: &mut Context<'_>) -> Option<Answer> {
        let answer = match &input.ask {
            Ask::Subscribe { conn } => {
                proposal.subscribe.push((input.reply, *conn, input.grant.principal().clone()));
                return None;
            }
            Ask::Unsubscribe { conn } => {
                self.unsubscribe(*conn);
                return None;
            }
            _ if self.broken => Err(broken()),
            ask => self.check_grant(input).and_then(|()| match ask {
                Ask::Quarantine { roots, reason } => {
                    self.quarantine(input, roots, reason, proposal, ctx).map(Some)
                }
                Ask::Edit { edit, formers } => self.edit(input, edit, formers, proposal, ctx).map(Some),
                Ask::Advance { .. } => self.advance(input, proposal, ctx).map(Some),
                Ask::SetRule { .. } => self.set_rule(input, proposal, ctx).map(Some),
                Ask::SetAccess { id, access, because } => {
                    self.set_access(input, id, access, because, proposal, ctx).map(Some)
                }
                Ask::Restore(asked) => self.restore(input, asked, proposal, ctx).map(Some),
                Ask::Preview(restores) => self.preview(input, restores, ctx).map(Some),
                Ask::NameVersion(asked) => self.name_version(input, asked, proposal, ctx).map(Some),
                Ask::SignVersion(asked) => self.sign_version(input, asked, proposal, ctx).map(Some),
                Ask::Export { exported, because } => {
                    self.export(input, exported, because, proposal, ctx).map(Some)
                }
                Ask::Changes { .. } | Ask::Subscribe { .. } | Ask::Unsubscribe { .. } => Ok(None),
            }),
        };
        answer.unwrap_or_else(|refusal| Some(refused(refusal)))
    }

    /// Whether the grant is one for this plan, and still holds: another rule may have come between the
    /// grant and here.
    fn check_grant(&self, input: &Input) -> Result<(), Refusal> {
        let ours = input.grant.plan() == &self.state.plan;
        if ours && input.grant.holds(&self.state.access).is_ok() {
            Ok(())
        } else {
            Err(no_such_plan(&self.state.plan))
        }
    }

    /// What may be told now that the proposal is durable.
    ///
    /// The driver calls it only after the log's answer, in the order of the proposals; nothing else
    /// gives effects.
    pub fn committed(&mut self, proposal: Proposal) -> Vec<Effect> {
        if let Some(last) = proposal.last() {
            let first = self.in_flight.pop_front();
            let seq = first.and_then(|first| first.events.last().map(|event| event.envelope.seq));
            assert_eq!(Some(last), seq, "proposals are committed in their order");
            self.committed = last;
        }
        let mut effects = Vec::new();
        let mut to: Vec<ConnId> = self.subscribers.keys().copied().collect();
        let mut entries = Vec::new();
        for event in &proposal.events {
            if let Act::AccessChanged { to: access, .. } = &event.payload.act {
                self.readable = access.clone();
                let (stay, gone) = self.sort_out(&to, access);
                if !gone.is_empty() {
                    effects.extend(publish(&to, std::mem::take(&mut entries)));
                    effects.push(Effect::Expel { to: gone, seq: event.envelope.seq });
                }
                to = stay;
            }
            // Who is told it may have what was set aside: they take the plan anew.
            if let Act::Quarantined { .. } = &event.payload.act {
                effects.extend(publish(&to, std::mem::take(&mut entries)));
                self.subscribers.clear();
                to.clear();
            }
            if !to.is_empty() {
                entries.push(Published::of(event));
            }
        }
        effects.extend(publish(&to, entries));
        for (reply, conn, principal) in proposal.subscribe {
            let answer = if may_read(&principal, &self.readable) {
                self.subscribers.insert(conn, principal);
                Answer::Subscribed { head: self.committed }
            } else {
                Answer::Refused { refusal: no_such_plan(&self.state.plan), changes: Vec::new() }
            };
            effects.push(Effect::Reply { to: reply, answer });
        }
        let replies = proposal.outcomes.into_iter().map(|(to, answer)| Effect::Reply { to, answer });
        effects.extend(replies);
        effects
    }

    /// Lets go of the subscribers who may not read the plan with this rule; gives who stays and who goes.
    fn sort_out(&mut self, to: &[ConnId], access: &Access) -> (Vec<ConnId>, Vec<ConnId>) {
        let subscribers = &self.subscribers;
        let stays = |conn: &ConnId| subscribers.get(conn).is_some_and(|who| may_read(who, access));
        let (stay, gone): (Vec<ConnId>, Vec<ConnId>) = to.iter().copied().partition(stays);
        for conn in &gone {
            self.subscribers.remove(conn);
        }
        (stay, gone)
    }

    /// Makes the scout again: the committed past, what is on its way to the disk, then what the
    /// proposal holds so far.
    fn remake_scout(&mut self, proposal: &Proposal, past: &dyn Past) {
        let remade = (|| {
            let bytes = past.snapshot();
            let snapshot = bytes.as_deref().and_then(Snapshot::open);
            let snapshot = snapshot.and_then(|snapshot| Some((snapshot.seq, snapshot.document()?)));
            let (from, mut scout) = snapshot.unwrap_or_else(|| (Seq::ZERO, document::empty()));
            let mut changes = Vec::new();
            let mut last = from;
            past.replay(from, &mut |event| {
                last = event.envelope.seq;
                changes.extend(change_of(&event));
                Ok(())
            })?;
            let in_flight = self.in_flight.iter().flat_map(|in_flight| &in_flight.events);
            let lacking = in_flight.filter(|event| event.envelope.seq > last.max(from));
            changes.extend(lacking.chain(&proposal.events).filter_map(|event| change_of(event)));
            document::apply(&mut scout, changes).map_err(PastError::Document)?;
            Ok::<Automerge, PastError>(scout)
        })();
        self.kept.forget_all();
        match remade {
            Ok(scout) => self.scout = scout,
            Err(_) => self.broken = true,
        }
    }
}

fn publish(to: &[ConnId], entries: Vec<Published>) -> Option<Effect> {
    (!entries.is_empty()).then(|| Effect::Publish { to: to.to_vec(), entries })
}

fn refused(refusal: Refusal) -> Answer {
    Answer::Refused { refusal, changes: Vec::new() }
}

fn change_of(event: &Event) -> Option<Change> {
    match &event.payload.act {
        Act::Change(act) => Change::from_bytes(act.change.clone()).ok(),
        _ => None,
    }
}

fn broken() -> Refusal {
    Refusal::new(
        RefusalCode::Unavailable,
        "the plan is being loaded again; your edit was not taken: send it once more",
    )
}
