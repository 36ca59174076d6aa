//! The thread that drives one plan: take what waits, propose, append, and only then tell.
//!
//! Natural batching: while the disk syncs, asks gather and become one group, and the hub tries that
//! one meanwhile; at rest an edit waits for nobody.

use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError, sync_channel};
use std::time::{Duration, Instant};

use plenary_core::hub::{ConnId, Effect, Published, ReplyTo};
use plenary_core::{Answer, Ask, Context, Hub, Input, Proposal, sync};
use plenary_limits::{GROUP_INPUTS_MAX, GROUPS_ALOFT_MAX};
use plenary_log::{AppendError, Fact, Record};
use plenary_protocol::ids::{PlanId, Seq};
use plenary_protocol::wire::live::{Bytes, Encoding, ServerMessage};
use tokio::sync::oneshot;

use super::Part;
use super::outbox::{Content, Frame, Outbox, Told};
use super::{Form, Mail, Plans, SystemEntropy, load, records, refused_append};
use crate::clock;
use crate::evidence::{CHECKPOINT_EVERY, CheckpointRecord, Contradiction, Notary};
use crate::live::{Encoded, put_frame};

/// A plan that nobody asks anything tells after this time what it has only counted.
const REFUSALS_TOLD_WITHIN: Duration = Duration::from_secs(60);

/// Drives one plan.
pub(super) struct Driver {
    plans: Plans,
    plan: PlanId,
    mailbox: Receiver<Mail>,
    subscribers: HashMap<ConnId, Subscriber>,
    /// Where answers go that are not given yet, by number.
    replies: HashMap<ReplyTo, oneshot::Sender<Answer>>,
    /// Who asked to be told entries and has no answer yet.
    joining: HashMap<ReplyTo, (ConnId, Subscriber)>,
    asked: u64,
    vouching: Vouching,
}

/// When the plan gets its next checkpoint: at once after a quiet time, at most one a second under load.
#[derive(Default)]
struct Vouching {
    /// Whether there are entries without a checkpoint.
    owed: bool,
    last: Option<Instant>,
}

impl Vouching {
    /// How long until the next one; none when none is owed.
    fn due_in(&self) -> Option<Duration> {
        let rest = |last: Instant| CHECKPOINT_EVERY.saturating_sub(last.elapsed());
        self.owed.then(|| self.last.map_or(Duration::ZERO, rest))
    }

    fn is_due(&self) -> bool {
        self.due_in().is_some_and(|rest| rest.is_zero())
    }
}

struct Subscriber {
    outbox: Outbox,
    form: Form,
}

/// What one turn of the loop found.
enum Turn {
    Mail(Vec<Mail>),
    /// Nobody asked anything for long.
    Idle,
    /// A checkpoint is due.
    Due,
    /// Nothing waits at the moment.
    Nothing,
    Closed,
}

/// A group on its way to the disk.
struct Aloft {
    proposal: Proposal,
    /// How many entries it has.
    entries: usize,
    /// The tree it makes durable, with its entries.
    vouched: Option<CheckpointRecord>,
    durable: Durable,
}

/// What is known of the way of a group to the disk.
enum Durable {
    /// There is nothing to write.
    Nothing,
    /// It is told here.
    Told(Receiver<Result<(), AppendError>>),
    /// It was not taken; groups before it may still be on their way.
    Refused(AppendError),
}

impl Durable {
    fn wait(self) -> Result<(), AppendError> {
        match self {
            Durable::Nothing => Ok(()),
            Durable::Told(told) => told
                .recv()
                .unwrap_or_else(|_| Err(AppendError::Failed { reason: "the writer has stopped".to_owned() })),
            Durable::Refused(error) => Err(error),
        }
    }
}

/// The plan is to be opened anew.
struct Failed;

impl Driver {
    pub fn new(plans: Plans, plan: PlanId, mailbox: Receiver<Mail>) -> Self {
        Driver {
            plans,
            plan,
            mailbox,
            subscribers: HashMap::new(),
            replies: HashMap::new(),
            joining: HashMap::new(),
            asked: 0,
            vouching: Vouching::default(),
        }
    }

    pub fn run(mut self) {
        let span = tracing::info_span!("plan", plan = %self.plan);
        let _entered = span.enter();
        let ended = catch_unwind(AssertUnwindSafe(|| self.drive()));
        if ended.is_err() {
            tracing::error!("the plan's thread failed; it is opened anew at the next ask");
        }
        // Whoever still waits gets an answer: their reply channels close with the mailbox.  Whoever
        // is still subscribed would hear nothing any more: they subscribe anew.
        for subscriber in self.subscribers.values() {
            subscriber.outbox.give_up();
        }
        self.plans.forget(&self.plan);
    }

    fn drive(&mut self) {
        let Some(mut hub) = self.open() else { return };
        tracing::info!(seq = hub.committed_seq().0, "plan opened");
        self.plans.note_size(&self.plan, hub.size());
        let vouched = self.plans.notary().vouched(&self.plan);
        self.vouching.owed = vouched.is_none_or(|record| record.size < hub.committed_seq().0);
        let mut aloft = VecDeque::new();
        // Failures are told where they happen; whatever ends it, nothing is left half told.
        let ended = loop {
            match self.step(&mut hub, &mut aloft) {
                Ok(true) => {}
                Ok(false) => break Ok(()),
                Err(Failed) => break Err(Failed),
            }
        };
        if ended.is_ok() && self.vouching.owed {
            self.vouching.last = None;
            aloft.push_back(self.group(&mut hub, Vec::new()));
        }
        while let Some(group) = aloft.pop_front() {
            if self.land(&mut hub, group).is_err() {
                break;
            }
        }
    }

    /// The plan, opened; where its tree is not the one that was vouched for, from its entries alone.
    fn open(&self) -> Option<Hub> {
        let hub = self.load()?;
        if self.is_vouched_for(&hub) {
            return Some(hub);
        }
        // A snapshot is a cache: it may be wrong where the log is not.
        tracing::error!("the plan's snapshot has another tree than was vouched for; snapshots are dropped");
        if let Err(error) = self.plans.log().delete_snapshots() {
            tracing::error!(%error, "the snapshots could not be dropped");
        }
        let hub = self.load()?;
        if !self.is_vouched_for(&hub) {
            let size = hub.committed_seq();
            let what = format!("the tree of its first {size} entries has another root than was vouched for");
            tracing::error!(what, "the plan's log does not hold: nothing is added to it");
            self.plans.notary().contradict(&self.plan, &what);
        }
        Some(hub)
    }

    fn load(&self) -> Option<Hub> {
        let loaded = load(&self.plans, &self.plan);
        self.plans.note(&self.plan, Part::Document, loaded.is_err());
        loaded.unwrap_or_else(|error| {
            tracing::error!(%error, "the plan cannot be loaded");
            None
        })
    }

    /// Whether the tree is the one that is durable, where both are of one size.
    fn is_vouched_for(&self, hub: &Hub) -> bool {
        let tree = &hub.state().evidence;
        let vouched = self.plans.notary().vouched(&self.plan);
        vouched.is_none_or(|record| record.size != tree.size() || record.root == tree.root())
    }

    /// One turn of the loop; `false` when the plan leaves memory.
    fn step(&mut self, hub: &mut Hub, aloft: &mut VecDeque<Aloft>) -> Result<bool, Failed> {
        // Of a long message of changes the rest is not taken; what waits asks again and is told why.
        if hub.has_unfinished() && self.plans.is_stopped(&self.plan) {
            return Err(Failed);
        }
        match self.turn(aloft.is_empty() && !hub.has_unfinished(), hub.owes_refusals()) {
            Turn::Closed => return Ok(false),
            Turn::Nothing if hub.has_unfinished() => {
                aloft.push_back(self.group(hub, Vec::new()));
                if aloft.len() < GROUPS_ALOFT_MAX {
                    return Ok(true);
                }
            }
            Turn::Due => aloft.push_back(self.group(hub, Vec::new())),
            Turn::Nothing => {}
            // What was counted is on record before the plan leaves memory.
            Turn::Idle if hub.owes_refusals() => aloft.push_back(self.refusals_owed(hub)),
            Turn::Idle if hub.has_subscribers() => self.sweep(hub),
            Turn::Idle => match self.plans.leave(&self.plan, &self.mailbox) {
                Some(mail) => aloft.push_back(self.group(hub, vec![mail])),
                None => {
                    tracing::info!(seq = hub.committed_seq().0, "plan idle, leaves memory");
                    return Ok(false);
                }
            },
            Turn::Mail(mails) => {
                let stop = mails.iter().any(|mail| matches!(mail, Mail::Stop));
                aloft.push_back(self.group(hub, mails));
                if stop {
                    // What was asked before is finished; its groups land one by one.
                    while hub.has_unfinished() {
                        aloft.push_back(self.group(hub, Vec::new()));
                        if let Some(group) = aloft.pop_front() {
                            self.land(hub, group)?;
                        }
                    }
                    if hub.owes_refusals() {
                        aloft.push_back(self.refusals_owed(hub));
                    }
                    return Ok(false);
                }
                if aloft.len() < GROUPS_ALOFT_MAX {
                    return Ok(true);
                }
            }
        }
        match aloft.pop_front() {
            Some(group) => self.land(hub, group).map(|()| true),
            None => Ok(true),
        }
    }

    /// What waits; where nothing is on its way to the disk, it is waited for.
    fn turn(&mut self, may_wait: bool, owes_refusals: bool) -> Turn {
        let due = self.vouching.due_in();
        let idle = self.plans.inner.settings.idle;
        let idle = if owes_refusals { idle.min(REFUSALS_TOLD_WITHIN) } else { idle };
        let first = if may_wait {
            self.mailbox.recv_timeout(due.unwrap_or(idle))
        } else {
            self.mailbox.try_recv().map_err(|error| match error {
                TryRecvError::Empty => RecvTimeoutError::Timeout,
                TryRecvError::Disconnected => RecvTimeoutError::Disconnected,
            })
        };
        let first = match first {
            Ok(mail) => mail,
            Err(RecvTimeoutError::Timeout) if may_wait && due.is_some() => return Turn::Due,
            Err(RecvTimeoutError::Timeout) if may_wait => return Turn::Idle,
            Err(RecvTimeoutError::Timeout) => return Turn::Nothing,
            Err(RecvTimeoutError::Disconnected) => return Turn::Closed,
        };
        let rest = self.mailbox.try_iter().take(GROUP_INPUTS_MAX - 1);
        Turn::Mail(std::iter::once(first).chain(rest).collect())
    }

    /// One group: propose, and send it on its way to the disk.
    fn group(&mut self, hub: &mut Hub, mails: Vec<Mail>) -> Aloft {
        let inputs = self.inputs(hub, mails);
        let asks = inputs.len();
        self.launch(hub, asks, |hub, ctx| hub.propose(inputs, ctx))
    }

    /// The group that tells of refusals which were only counted.
    fn refusals_owed(&mut self, hub: &mut Hub) -> Aloft {
        self.launch(hub, 0, Hub::propose_refusals)
    }

    /// Proposes, and sends what comes of it on its way to the disk.
    fn launch(
        &mut self,
        hub: &mut Hub,
        asks: usize,
        propose: impl FnOnce(&mut Hub, &mut Context<'_>) -> Proposal,
    ) -> Aloft {
        let past = self.plans.past(&self.plan);
        let mut entropy = SystemEntropy;
        let mut ctx = Context {
            now_us: clock::now().as_microsecond(),
            boot: self.plans.inner.boot,
            entropy: &mut entropy,
            past: &past,
        };
        let mut proposal = propose(hub, &mut ctx);
        let entries = proposal.take_entries();
        tracing::debug!(asks, entries = entries.len(), "group proposed");
        self.vouching.owed |= !entries.is_empty();
        let vouched = if self.vouching.is_due() { self.vouch(hub) } else { None };
        if entries.is_empty() && vouched.is_none() {
            return Aloft { proposal, entries: 0, vouched: None, durable: Durable::Nothing };
        }
        let (sender, told) = sync_channel(1);
        let count = entries.len();
        let done = Box::new(move |result| {
            // Nobody listens where the plan's thread has failed meanwhile.
            _ = sender.send(result);
        });
        let mut records = records(&self.plan, entries);
        let vouched = vouched.map(|(record, fact)| {
            records.push(Record::Fact(fact));
            record
        });
        let durable = match self.plans.log().append_then(records, done) {
            Ok(()) => Durable::Told(told),
            Err(error) => Durable::Refused(error),
        };
        Aloft { proposal, entries: count, vouched, durable }
    }

    /// What makes the tree of all entries so far durable.
    fn vouch(&mut self, hub: &Hub) -> Option<(CheckpointRecord, Fact)> {
        self.vouching = Vouching { owed: false, last: Some(Instant::now()) };
        vouched(self.plans.notary(), hub)
    }

    /// The end of a group: wait until it is durable, commit, tell.
    fn land(&mut self, hub: &mut Hub, group: Aloft) -> Result<(), Failed> {
        let Aloft { proposal, entries, vouched, durable } = group;
        match durable.wait() {
            Ok(()) => {
                if let Some(record) = vouched {
                    self.plans.notary().vouch(&self.plan, record);
                }
            }
            // A record alone, which nobody asked for: it is owed on, and who reads is answered.
            Err(error) if entries == 0 => {
                tracing::debug!(%error, "no checkpoint could be recorded");
                self.vouching = Vouching { owed: true, last: Some(Instant::now()) };
            }
            // The hub is ahead of the log now: it is loaded anew.
            Err(error) => return Err(self.unwritten(&error)),
        }
        if entries > 0 {
            self.plans.inner.metrics.group(entries);
            self.plans.note_size(&self.plan, hub.size());
        }
        for effect in hub.committed(proposal) {
            self.effect(hub, effect);
        }
        tracing::debug!(seq = hub.committed_seq().0, "group told");
        if hub.is_broken() {
            if hub.is_outdated() {
                tracing::info!("changes of the plan were set aside; it is opened anew without them");
            } else {
                tracing::error!("the plan's document could not be made again; it is opened anew");
            }
            return Err(Failed);
        }
        Ok(())
    }

    /// Answers what could not be written, and what was to follow it.
    fn unwritten(&mut self, error: &AppendError) -> Failed {
        tracing::error!(%error, "a group could not be written; nothing of it is acknowledged");
        let refusal = refused_append(error);
        for (_, reply) in self.replies.drain() {
            _ = reply.send(Answer::Refused { refusal: refusal.clone(), changes: Vec::new() });
        }
        Failed
    }

    fn inputs(&mut self, hub: &mut Hub, mails: Vec<Mail>) -> Vec<Input> {
        let mut inputs = Vec::with_capacity(mails.len());
        for mail in mails {
            let to = ReplyTo(self.asked);
            self.asked += 1;
            let (grant, origin, ask, reply) = match mail {
                Mail::Ask { grant, origin, ask, reply } => {
                    // It may have been stopped while this waited.
                    if let Err(refusal) = self.plans.check_goes_on(&self.plan, &ask) {
                        _ = reply.send(Answer::Refused { refusal, changes: Vec::new() });
                        continue;
                    }
                    (grant, origin, ask, reply)
                }
                Mail::Subscribe { grant, conn, outbox, form, reply } => {
                    self.joining.insert(to, (conn, Subscriber { outbox, form }));
                    (grant, Default::default(), Ask::Subscribe { conn }, reply)
                }
                Mail::Unsubscribe { conn } => {
                    self.drop_subscriber(hub, conn);
                    continue;
                }
                Mail::Vouch | Mail::Stop => continue,
            };
            self.replies.insert(to, reply);
            inputs.push(Input { reply: to, grant, session: origin.session, build: origin.build, ask });
        }
        inputs
    }

    fn effect(&mut self, hub: &mut Hub, effect: Effect) {
        match effect {
            Effect::Reply { to, answer } => {
                let joining = self.joining.remove(&to);
                self.subscribers.extend(joining.filter(|_| matches!(answer, Answer::Subscribed { .. })));
                let answered = self.replies.remove(&to).is_none_or(|reply| reply.send(answer).is_ok());
                if !answered {
                    tracing::debug!("an answer found nobody: its connection is gone");
                }
            }
            Effect::Publish { to, entries } => {
                self.tell_replicas(hub, &to, &entries);
                self.publish(hub, &to, &entries);
            }
            Effect::Expel { to, seq } => self.expel(&to, seq),
        }
    }

    /// Lets go of subscribers to whom the plan is no longer open.
    fn expel(&mut self, gone: &[ConnId], seq: Seq) {
        for conn in gone {
            let Some(subscriber) = self.subscribers.remove(conn) else { continue };
            tracing::info!(conn = conn.0, "the plan is no longer open to a connection");
            let frame = Frame { plan: self.plan.clone(), seq, content: Content::Expelled };
            if subscriber.outbox.put(frame).is_err() {
                tracing::debug!(conn = conn.0, "it is told to resync anyway");
            }
        }
    }

    /// Tells the entries of a group: each form of them is encoded at most once, and only where somebody
    /// gets it.
    fn publish(&mut self, hub: &mut Hub, to: &[ConnId], entries: &[Published]) {
        let Some(last) = entries.last() else { return };
        let mut forms: Vec<(Form, Arc<Told>)> = Vec::new();
        let mut slow = Vec::new();
        for conn in to {
            let Some(subscriber) = self.subscribers.get(conn) else { continue };
            let Form::Live { raw, encoding } = subscriber.form else { continue };
            let content = match forms.iter().find(|(form, _)| *form == subscriber.form) {
                Some((_, told)) => Content::Live(told.clone()),
                None => {
                    let told = Arc::new(piece(entries, raw, encoding));
                    forms.push((subscriber.form, told.clone()));
                    Content::Live(told)
                }
            };
            let frame = Frame { plan: self.plan.clone(), seq: last.view.seq, content };
            if subscriber.outbox.put(frame).is_err() {
                slow.push(*conn);
            }
        }
        self.drop_slow(hub, slow);
    }

    /// Tells the changes of a group to the replicas of `/sync`: one message, encoded once, for all.
    fn tell_replicas(&mut self, hub: &mut Hub, to: &[ConnId], entries: &[Published]) {
        let subscriber = |conn: &ConnId| self.subscribers.get(conn).map(|subscriber| (*conn, subscriber));
        let in_sync = || to.iter().filter_map(subscriber).filter(|(_, s)| s.form == Form::Sync);
        if in_sync().next().is_none() {
            return;
        }
        let mut last = None;
        let mut changes = Vec::new();
        for entry in entries {
            if let Some(change) = &entry.change {
                changes.push(change.clone());
                last = Some(entry.view.seq);
            }
        }
        let Some(seq) = last else { return };
        let step = Arc::new(sync::in_step(hub.state().heads_at(seq), changes));
        let mut slow = Vec::new();
        for (conn, subscriber) in in_sync() {
            let frame = Frame { plan: self.plan.clone(), seq, content: Content::Step(step.clone()) };
            if subscriber.outbox.put(frame).is_err() {
                slow.push(conn);
            }
        }
        self.drop_slow(hub, slow);
    }

    fn drop_slow(&mut self, hub: &mut Hub, slow: Vec<ConnId>) {
        for conn in slow {
            tracing::info!(conn = conn.0, "a connection does not keep up; it is told to resync");
            self.drop_subscriber(hub, conn);
        }
    }

    fn drop_subscriber(&mut self, hub: &mut Hub, conn: ConnId) {
        self.subscribers.remove(&conn);
        hub.unsubscribe(conn);
    }

    /// Lets go of subscribers whose connection is gone.
    fn sweep(&mut self, hub: &mut Hub) {
        let gone: Vec<ConnId> =
            self.subscribers.iter().filter(|(_, s)| s.outbox.is_closed()).map(|(conn, _)| *conn).collect();
        for conn in gone {
            self.drop_subscriber(hub, conn);
        }
    }
}

/// What makes the tree over all entries of a plan durable; nothing when it contradicts what is: that is
/// told to the operator.
pub(super) fn vouched(notary: &Notary, hub: &Hub) -> Option<(CheckpointRecord, Fact)> {
    let state = hub.state();
    let record = notary.record(&state.plan, state.evidence.size(), state.evidence.root());
    let record = record.map_err(|error| match error {
        // Said when it was found.
        Contradiction::Found { .. } => tracing::debug!(%error, "a checkpoint was not made"),
        Contradiction::Tree { .. } => tracing::error!(%error, "a checkpoint was not made"),
    });
    let record = record.ok()?;
    let fact = record.fact(&state.plan);
    let fact = fact.map_err(|error| tracing::error!(%error, "a checkpoint could not be written down"));
    Some((record, fact.ok()?))
}

/// The frames that tell the entries of a group.
fn piece(entries: &[Published], raw: bool, encoding: Encoding) -> Told {
    let mut frames = Vec::new();
    let mut starts = Vec::with_capacity(entries.len());
    for entry in entries {
        starts.push((entry.view.seq, frames.len()));
        let message = Encoded::of(&told(entry, raw), encoding);
        put_frame(&mut frames, message.opcode(), message.bytes());
    }
    Told::new(frames, starts)
}

/// The message that tells an entry.
pub(crate) fn told(entry: &Published, raw: bool) -> ServerMessage {
    let change = entry.change.clone().filter(|_| raw).map(Bytes);
    ServerMessage::Event { event: Box::new(entry.view.clone()), change }
}
