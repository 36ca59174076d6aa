//! The thread that drives one plan: take what waits, propose, append, and only then tell.
//!
//! Natural batching: while the disk syncs, asks gather and become one group; at rest an edit waits
//! for nobody.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};

use plenary_core::hub::{ConnId, Effect, Published, ReplyTo};
use plenary_core::limits::GROUP_INPUTS_MAX;
use plenary_core::{Answer, Ask, Context, Grant, Hub, Input, sync};
use plenary_protocol::ids::PlanId;
use plenary_protocol::wire::live::{Bytes, ServerMessage};
use tokio::sync::oneshot;

use super::outbox::{Content, Frame, Outbox};
use super::{Form, Mail, Plans, SystemEntropy, load, records, refused_append};
use crate::clock;
use crate::live::Outgoing;

/// Drives one plan.
pub(super) struct Driver {
    plans: Plans,
    plan: PlanId,
    mailbox: Receiver<Mail>,
    subscribers: HashMap<ConnId, Subscriber>,
}

struct Subscriber {
    outbox: Outbox,
    form: Form,
    grant: Grant,
}

type Replies = Vec<Option<oneshot::Sender<Answer>>>;

/// What one turn of the loop found.
enum Turn {
    Mail(Vec<Mail>),
    Idle,
    Closed,
}

impl Driver {
    pub fn new(plans: Plans, plan: PlanId, mailbox: Receiver<Mail>) -> Self {
        Driver { plans, plan, mailbox, subscribers: HashMap::new() }
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
        let mut hub = match load(&self.plans, &self.plan) {
            Ok(Some(hub)) => hub,
            Ok(None) => return,
            Err(error) => {
                tracing::error!(%error, "the plan cannot be loaded");
                return;
            }
        };
        tracing::info!(seq = hub.committed_seq().0, "plan opened");
        self.plans.note_size(&self.plan, hub.size());
        loop {
            match self.turn() {
                Turn::Closed => break,
                Turn::Idle if hub.has_subscribers() => self.sweep(&mut hub),
                Turn::Idle => match self.plans.leave(&self.plan, &self.mailbox) {
                    Some(mail) => {
                        if !self.group(&mut hub, vec![mail]) {
                            break;
                        }
                    }
                    None => {
                        tracing::info!(seq = hub.committed_seq().0, "plan idle, leaves memory");
                        break;
                    }
                },
                Turn::Mail(mails) => {
                    let stop = mails.iter().any(|mail| matches!(mail, Mail::Stop));
                    if !self.group(&mut hub, mails) || stop {
                        break;
                    }
                }
            }
        }
    }

    fn turn(&mut self) -> Turn {
        let first = match self.mailbox.recv_timeout(self.plans.inner.settings.idle) {
            Ok(mail) => mail,
            Err(RecvTimeoutError::Timeout) => return Turn::Idle,
            Err(RecvTimeoutError::Disconnected) => return Turn::Closed,
        };
        let rest = self.mailbox.try_iter().take(GROUP_INPUTS_MAX - 1);
        Turn::Mail(std::iter::once(first).chain(rest).collect())
    }

    /// One group: propose, append, commit, tell.  `false` when the plan is to be opened anew.
    fn group(&mut self, hub: &mut Hub, mails: Vec<Mail>) -> bool {
        let (inputs, mut replies) = self.inputs(mails);
        let size = inputs.len();
        let past = self.plans.past(&self.plan);
        let mut entropy = SystemEntropy;
        let mut ctx = Context {
            now_us: clock::now().as_microsecond(),
            boot: self.plans.inner.boot,
            entropy: &mut entropy,
            past: &past,
        };
        let proposal = hub.propose(inputs, &mut ctx);
        let span = tracing::debug_span!(
            "group",
            asks = size,
            entries = proposal.entries().len(),
            seq = tracing::field::Empty
        );
        let _entered = span.enter();
        if let Some(last) = proposal.last() {
            span.record("seq", last.0);
            if let Err(error) = self.plans.log().append(records(&self.plan, proposal.entries())) {
                tracing::error!(%error, "a group could not be written; nothing of it is acknowledged");
                let refusal = refused_append(&error);
                for reply in replies.into_iter().flatten() {
                    _ = reply.send(Answer::Refused { refusal: refusal.clone(), changes: Vec::new() });
                }
                // The hub is ahead of the log now: it is loaded anew.
                return false;
            }
        }
        if !proposal.entries().is_empty() {
            self.plans.inner.metrics.group(proposal.entries().len());
            self.plans.note_size(&self.plan, hub.size());
        }
        let effects = hub.committed(proposal);
        self.expel(&effects);
        self.step(hub, &effects);
        for effect in effects {
            self.effect(hub, effect, &mut replies);
        }
        if hub.is_broken() {
            tracing::error!("the plan's document could not be made again; it is opened anew");
        }
        tracing::debug!("group told");
        !hub.is_broken()
    }

    fn inputs(&mut self, mails: Vec<Mail>) -> (Vec<Input>, Replies) {
        let mut inputs = Vec::with_capacity(mails.len());
        let mut replies: Replies = Vec::with_capacity(mails.len());
        for mail in mails {
            let to = ReplyTo(replies.len() as u64);
            let (grant, origin, ask, reply) = match mail {
                Mail::Ask { grant, origin, ask, reply } => (grant, origin, ask, Some(reply)),
                Mail::Subscribe { grant, conn, outbox, form, reply } => {
                    self.subscribers.insert(conn, Subscriber { outbox, form, grant: grant.clone() });
                    (grant, Default::default(), Ask::Subscribe { conn }, Some(reply))
                }
                Mail::Unsubscribe { conn } => {
                    let Some(Subscriber { grant, .. }) = self.subscribers.remove(&conn) else { continue };
                    (grant, Default::default(), Ask::Unsubscribe { conn }, None)
                }
                Mail::Stop => continue,
            };
            replies.push(reply);
            inputs.push(Input { reply: to, grant, session: origin.session, build: origin.build, ask });
        }
        (inputs, replies)
    }

    fn effect(&mut self, hub: &mut Hub, effect: Effect, replies: &mut Replies) {
        match effect {
            Effect::Reply { to, answer } => {
                let reply = replies.get_mut(to.0 as usize).and_then(Option::take);
                let answered = reply.is_none_or(|reply| reply.send(answer).is_ok());
                if !answered {
                    tracing::debug!("an answer found nobody: its connection is gone");
                }
            }
            Effect::Publish { to, entry } => self.publish(hub, &to, &entry),
            // Done before anything is told.
            Effect::Expel { .. } => {}
        }
    }

    /// Lets go of subscribers to whom the plan is no longer open, before anything of the group is told.
    fn expel(&mut self, effects: &[Effect]) {
        for effect in effects {
            let Effect::Expel { to, seq } = effect else { continue };
            for conn in to {
                let Some(subscriber) = self.subscribers.remove(conn) else { continue };
                tracing::info!(conn = conn.0, "the plan is no longer open to a connection");
                let frame = Frame { plan: self.plan.clone(), seq: *seq, content: Content::Expelled };
                if subscriber.outbox.put(frame).is_err() {
                    tracing::debug!(conn = conn.0, "it is told to resync anyway");
                }
            }
        }
    }

    /// Tells an entry: each form of it is encoded at most once, and only where somebody gets it.
    fn publish(&mut self, hub: &mut Hub, to: &[ConnId], entry: &Published) {
        let mut forms: [Option<Outgoing>; 2] = [None, None];
        let mut slow = Vec::new();
        for conn in to {
            let Some(subscriber) = self.subscribers.get(conn) else { continue };
            let Form::Live { raw, encoding } = subscriber.form else { continue };
            let message = forms[usize::from(raw)].get_or_insert_with(|| told(entry, raw));
            let content = Content::Live(message.encoded(encoding));
            let frame = Frame { plan: self.plan.clone(), seq: entry.view.seq, content };
            if subscriber.outbox.put(frame).is_err() {
                slow.push(*conn);
            }
        }
        self.drop_slow(hub, slow);
    }

    /// Tells the changes of a group to the replicas of `/sync`: one message, encoded once, for all.
    fn step(&mut self, hub: &mut Hub, effects: &[Effect]) {
        if !self.subscribers.values().any(|subscriber| subscriber.form == Form::Sync) {
            return;
        }
        let mut last = None;
        let mut changes = Vec::new();
        for effect in effects {
            let Effect::Publish { entry, .. } = effect else { continue };
            if let Some(change) = &entry.change {
                changes.push(change.clone());
                last = Some(entry.view.seq);
            }
        }
        let Some(seq) = last else { return };
        let step = Arc::new(sync::in_step(hub.state().heads_at(seq), changes));
        let mut slow = Vec::new();
        for (conn, subscriber) in self.subscribers.iter().filter(|(_, s)| s.form == Form::Sync) {
            let frame = Frame { plan: self.plan.clone(), seq, content: Content::Step(step.clone()) };
            if subscriber.outbox.put(frame).is_err() {
                slow.push(*conn);
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
        let Some(subscriber) = self.subscribers.remove(&conn) else { return };
        let past = self.plans.past(&self.plan);
        let mut entropy = SystemEntropy;
        let mut ctx = Context { now_us: 0, boot: self.plans.inner.boot, entropy: &mut entropy, past: &past };
        let input = Input {
            reply: ReplyTo(u64::MAX),
            grant: subscriber.grant,
            session: None,
            build: None,
            ask: Ask::Unsubscribe { conn },
        };
        let proposal = hub.propose(vec![input], &mut ctx);
        hub.committed(proposal);
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

/// The message that tells an entry.
pub(crate) fn told(entry: &Published, raw: bool) -> Outgoing {
    let change = entry.change.clone().filter(|_| raw).map(Bytes);
    Outgoing::new(ServerMessage::Event { event: Box::new(entry.view.clone()), change })
}
