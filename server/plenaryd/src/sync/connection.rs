//! One joined peer: its messages go through the plans one at a time, new entries go out in order, and
//! it ends in one place.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use actix_ws::{AggregatedMessage, AggregatedMessageStream, CloseCode, CloseReason, Session};
use plenary_core::hub::ConnId;
use plenary_core::policy::{Action, may};
use plenary_core::sync::{Incoming, Peer};
use plenary_limits::{FAREWELL_S_MAX, SEND_S_MAX, SYNC_DATA_AT_ONCE_BYTES_MAX, SYNC_PING_S, SYNC_PLANS_MAX};
use plenary_protocol::Principal;
use plenary_protocol::ids::{PlanId, Seq};
use plenary_protocol::wire::codes::close;
use plenary_protocol::wire::sync::{SyncBody, SyncFrame, SyncPrefix};
use plenary_protocol::wire::{Refusal, RefusalCode};
use tokio::sync::Notify;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until, timeout};

use super::gossip::Gossip;
use super::job::{Done, Job, answered};
use super::join::{Guest, Visitor};
use super::rooms::Ephemeral;
use super::shared::ServerIdentity;
use crate::access_log::Read;
use crate::limits::{Pace, Seat};
use crate::plans::{Content, Form, Frame, Origin, Outbox, OutboxReader};
use crate::server::Server;

/// Time between pings; without a sign of life for two of them the connection ends.
const PING_EVERY: Duration = Duration::from_secs(SYNC_PING_S);
/// How long one frame may wait for a peer that does not read.
const SEND_MAX: Duration = Duration::from_secs(SEND_S_MAX);
/// How long a connection that ends may take to say so.
const FAREWELL_MAX: Duration = Duration::from_secs(FAREWELL_S_MAX);

/// Why a connection ends.
pub(super) enum End {
    /// The peer is gone.
    Gone,
    /// Close with this code.
    Close { code: u16, reason: &'static str },
}

/// A plan that the peer has open; its replica is away while a message of it is worked on.
struct Open {
    document: String,
    prefix: SyncPrefix,
    peer: Option<Peer>,
    /// The last entry it was told.
    sent: Seq,
    /// Its seat among those who follow the plan.
    _seat: Seat<PlanId>,
}

type Work = Pin<Box<dyn Future<Output = Result<Done, Refusal>>>>;

/// One connection.
pub(super) struct Connection {
    server: Arc<Server>,
    principal: Principal,
    only: Option<PlanId>,
    peer: String,
    identity: ServerIdentity,
    replaced: Arc<Notify>,
    origin: Origin,
    id: ConnId,
    socket: Session,
    outbox: Outbox,
    waiting: OutboxReader,
    open: HashMap<PlanId, Open>,
    gossip: Gossip,
    pace: Pace,
    heard: bool,
}

impl Connection {
    pub fn new(visitor: Visitor, guest: Guest) -> Self {
        let Visitor { server, build, id, socket, .. } = visitor;
        let Guest { principal, only, peer, identity, replaced } = guest;
        let (outbox, waiting) = Outbox::new(&server.metrics);
        let mark = u32::from_be_bytes(crate::clock::entropy::<4>());
        let origin = Origin { session: Some(format!("{}-{mark:08x}", id.0)), build };
        let gossip = Gossip::new(id);
        let open = HashMap::new();
        let pace = server.limits.pace(&principal);
        Connection {
            server,
            principal,
            only,
            peer,
            identity,
            replaced,
            origin,
            id,
            socket,
            outbox,
            waiting,
            open,
            gossip,
            pace,
            heard: true,
        }
    }

    pub async fn run(mut self, stream: AggregatedMessageStream) {
        tracing::info!(peer = self.peer, session = self.origin.session, "joined");
        let mut watch = self.server.revocations.watch(&self.principal);
        let end = tokio::select! {
            biased;
            () = watch.revoked() => End::Close { code: close::UNAUTHENTICATED, reason: "token revoked" },
            end = self.serve(stream) => end,
        };
        for plan in self.open.keys() {
            self.server.sync.rooms.leave(plan, self.id);
            self.server.plans.unsubscribe(plan, self.id);
        }
        self.server.sync.leave(&self.peer, self.id);
        match end {
            End::Gone => tracing::info!("gone"),
            End::Close { code, reason } => {
                tracing::info!(code, reason, "closing");
                let reason = CloseReason { code: CloseCode::Other(code), description: Some(reason.into()) };
                // A peer that does not read does not hear it either; the socket is dropped then.
                _ = timeout(FAREWELL_MAX, self.socket.close(Some(reason))).await;
            }
        }
    }

    async fn serve(&mut self, mut stream: AggregatedMessageStream) -> End {
        let mut stop = self.server.stop_signal();
        let replaced = self.replaced.clone();
        let left_s = self.principal.expires_s.saturating_sub(self.server.now().as_second());
        let expiry = Instant::now() + Duration::from_secs(left_s.max(0) as u64);
        let mut ping = interval_at(Instant::now() + PING_EVERY, PING_EVERY);
        // While a frame waits for a peer nothing ticks; two ticks at once after that would end it.
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut work: Option<Work> = None;
        loop {
            let free = work.is_none();
            let step = tokio::select! {
                biased;
                _ = stop.wait_for(|stopping| *stopping), if free => {
                    Err(End::Close { code: 1001, reason: "the server stops" })
                }
                () = replaced.notified() => Err(End::Close { code: 1008, reason: "joined again" }),
                () = sleep_until(expiry) => {
                    Err(End::Close { code: close::UNAUTHENTICATED, reason: "token ended" })
                }
                done = finish(&mut work) => {
                    work = None;
                    self.finished(done).await
                }
                frame = self.waiting.next(), if free => match frame {
                    Some(frame) => self.forward(frame).await,
                    None => self.resync().await,
                },
                messages = self.gossip.next() => self.say_ephemerals(messages).await,
                () = self.pace.settled() => Ok(()),
                message = stream.recv(), if free && !self.pace.is_behind() => match message {
                    Some(Ok(message)) => self.receive(message).await.map(|job| work = job),
                    Some(Err(_)) => Err(End::Close { code: 1009, reason: "not the protocol, or too large" }),
                    None => Err(End::Gone),
                },
                _ = ping.tick() => self.ping().await,
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    async fn ping(&mut self) -> Result<(), End> {
        // One that is not read for a while is not silent.
        if !std::mem::replace(&mut self.heard, false) && !self.pace.is_behind() {
            return Err(End::Gone);
        }
        match timeout(SEND_MAX, self.socket.ping(b"")).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(End::Gone),
        }
    }

    async fn send(&mut self, bytes: Vec<u8>) -> Result<(), End> {
        let begun = Instant::now();
        match timeout(SEND_MAX, self.socket.binary(bytes)).await {
            Ok(Ok(())) => {
                // Room was made for it, so the peer reads.
                self.heard |= begun.elapsed() >= PING_EVERY;
                Ok(())
            }
            Ok(Err(_)) => Err(End::Gone),
            Err(_) => Err(End::Close { code: close::RESYNC, reason: "resync: you do not read" }),
        }
    }

    async fn say(&mut self, body: SyncBody) -> Result<(), End> {
        let (sender, target) = (self.identity.peer.clone(), Some(self.peer.clone()));
        self.send(SyncFrame { sender, target, body }.encode()).await
    }

    /// Tells an entry to a replica in step, unless the last answer told it.
    async fn forward(&mut self, frame: Frame) -> Result<(), End> {
        if let Content::Expelled = frame.content {
            return self.expelled(&frame.plan).await;
        }
        let (Some(open), Content::Step(step)) = (self.open.get_mut(&frame.plan), frame.content) else {
            return Ok(());
        };
        let Some(peer) = open.peer.as_mut().filter(|_| frame.seq > open.sent) else { return Ok(()) };
        open.sent = frame.seq;
        peer.told(&step);
        let bytes = open.prefix.frame(&step.message);
        self.send(bytes).await
    }

    /// A plan is no longer the peer's to read: to it, there is no such document any more.
    async fn expelled(&mut self, plan: &PlanId) -> Result<(), End> {
        let Some(Open { document, .. }) = self.open.remove(plan) else { return Ok(()) };
        self.server.sync.rooms.leave(plan, self.id);
        self.say(SyncBody::DocUnavailable { document }).await
    }

    /// The peer fell behind, or a plan was opened anew: what waited is dropped, and one fresh message
    /// a plan takes its place.  A document that is no longer the plan's, after a quarantine, is gone.
    async fn resync(&mut self) -> Result<(), End> {
        tracing::info!("a peer fell behind; it is told anew");
        (self.outbox, self.waiting) = Outbox::new(&self.server.metrics);
        let plans: Vec<(PlanId, String)> =
            self.open.iter().map(|(plan, open)| (plan.clone(), open.document.clone())).collect();
        for (plan, document) in plans {
            if self.plan_of(&document).await.as_ref() != Some(&plan) {
                self.expelled(&plan).await?;
                continue;
            }
            let again = End::Close { code: close::RESYNC, reason: "resync" };
            if self.subscribe(&plan).await.is_err() {
                return Err(again);
            }
            let Some(peer) = self.open.get_mut(&plan).and_then(|open| open.peer.take()) else { continue };
            let grant = self.server.grant(&self.principal, &plan, Action::Read).map_err(|_| again)?;
            let done = answered(&self.server, grant, peer, None).await;
            self.finished(done).await?;
        }
        Ok(())
    }

    async fn subscribe(&self, plan: &PlanId) -> Result<Seq, Refusal> {
        let grant = self.server.grant(&self.principal, plan, Action::Read)?;
        let read = Read {
            session: self.origin.session.clone().unwrap_or_default(),
            method: "subscribe".to_owned(),
            route: "/sync".to_owned(),
            path: "/sync".to_owned(),
            plan: Some(plan.clone()),
            ..Read::default()
        };
        self.server.access_log.record(&self.principal, read).await?;
        self.server.plans.subscribe(plan, grant, self.id, self.outbox.clone(), Form::Sync).await
    }

    async fn finished(&mut self, done: Result<Done, Refusal>) -> Result<(), End> {
        let Done { plan, peer, answer, refused } = match done {
            Ok(done) => done,
            // The plan was narrowed meanwhile; that it is gone is told when its turn comes.
            Err(refusal) if refusal.code == RefusalCode::NoSuchPlan => return Ok(()),
            Err(refusal) => {
                tracing::info!(code = refusal.code.as_str(), "a sync message was not taken for now");
                return Err(End::Close { code: 1013, reason: "not now: come back with it" });
            }
        };
        let Some(open) = self.open.get_mut(&plan) else { return Ok(()) };
        open.peer = Some(peer);
        let document = open.document.clone();
        let message = answer.map(|(message, seq)| {
            open.sent = open.sent.max(seq);
            open.prefix.frame(&message)
        });
        if let Some(refusal) = refused {
            self.server.sync.refuse(&self.peer, &document);
            let (code, reason) = (refusal.code.as_str(), refusal.reason);
            tracing::info!(%plan, code, reason, "a replica's change was refused; it is read-only");
            let message = format!(
                "{code}: {reason}. This replica of automerge:{document} is read-only: one that is opened anew, without that change, writes again"
            );
            self.say(SyncBody::Error { message }).await?;
        }
        match message {
            Some(bytes) => self.send(bytes).await,
            None => Ok(()),
        }
    }

    async fn receive(&mut self, message: AggregatedMessage) -> Result<Option<Work>, End> {
        self.heard = true;
        let bytes = match message {
            AggregatedMessage::Binary(bytes) => bytes,
            AggregatedMessage::Ping(bytes) => {
                self.pace.read(bytes.len());
                // One that pings and does not read must not hold this up either.
                return match timeout(SEND_MAX, self.socket.pong(&bytes)).await {
                    Ok(Ok(())) => Ok(None),
                    _ => Err(End::Gone),
                };
            }
            AggregatedMessage::Pong(_) => {
                self.pace.read(0);
                return Ok(None);
            }
            AggregatedMessage::Close(_) => return Err(End::Close { code: 1000, reason: "bye" }),
            AggregatedMessage::Text(_) => {
                return Err(End::Close { code: 1003, reason: "this protocol speaks CBOR in binary frames" });
            }
        };
        let Ok(frame) = SyncFrame::decode(&bytes) else {
            return Err(End::Close { code: 1008, reason: "no frame of this protocol" });
        };
        let (document, data, request) = match frame.body {
            SyncBody::Sync { document, data } if frame.sender == self.peer => (document, data, false),
            SyncBody::Request { document, data } if frame.sender == self.peer => (document, data, true),
            body => {
                self.pace.read(bytes.len());
                // Clients hand ephemerals of others back: those are not theirs to send.
                if frame.sender == self.peer {
                    self.pass_on(body);
                }
                return Ok(None);
            }
        };
        self.sync(document, &data, request).await
    }

    /// Says an ephemeral message of this peer to the others of its plan.
    fn pass_on(&mut self, body: SyncBody) {
        let SyncBody::Ephemeral { document, count, session, data } = body else { return };
        if let Some((plan, _)) = self.open.iter().find(|(_, open)| open.document == document) {
            let (sender, plan) = (self.peer.clone(), plan.clone());
            let message = Ephemeral { sender, plan, document, count, session, data };
            self.gossip.say(&self.server.sync.rooms, message);
        }
    }

    /// Starts the work on a sync message.
    async fn sync(&mut self, document: String, data: &[u8], request: bool) -> Result<Option<Work>, End> {
        let Some(plan) = self.enter(&document).await? else {
            self.pace.read(data.len());
            return self.say(SyncBody::DocUnavailable { document }).await.map(|()| None);
        };
        let open = self.open.get_mut(&plan);
        let Some((open, peer)) = open.and_then(|open| open.peer.take().map(|peer| (open, peer))) else {
            self.pace.read(data.len());
            return Ok(None);
        };
        let answer = request || open.sent == Seq::ZERO;
        let (server, principal) = (self.server.clone(), self.principal.clone());
        let mut job = Job { server, principal, origin: self.origin.clone(), plan, peer, answer };
        if data.len() > SYNC_DATA_AT_ONCE_BYTES_MAX {
            self.pace.read(data.len());
            return Ok(Some(Box::pin(job.run_large(data.to_vec()))));
        }
        let decoded = Incoming::decode(data);
        if let Ok(incoming) = &decoded
            && !answer
            && job.peer.acknowledges(incoming)
        {
            self.pace.read_acknowledgement(data.len());
            open.peer = Some(job.peer);
            return Ok(None);
        }
        self.pace.read(data.len());
        match decoded {
            Ok(incoming) => Ok(Some(Box::pin(job.run(incoming)))),
            Err(refusal) => Ok(Some(Box::pin(job.reject(refusal)))),
        }
    }

    async fn plan_of(&self, document: &str) -> Option<PlanId> {
        let (server, name) = (self.server.clone(), document.to_owned());
        actix_web::web::block(move || server.sync.plan_of(&name)).await.ok().flatten()
    }

    /// The plan of a document, subscribed to; `None` where there is none or it is not theirs.
    async fn enter(&mut self, document: &str) -> Result<Option<PlanId>, End> {
        if let Some((plan, _)) = self.open.iter().find(|(_, open)| open.document == document) {
            return Ok(Some(plan.clone()));
        }
        let Some(plan) = self.plan_of(document).await else { return Ok(None) };
        let theirs = self.only.as_ref().is_none_or(|only| *only == plan);
        if !theirs || self.open.len() >= SYNC_PLANS_MAX {
            return Ok(None);
        }
        // What is not theirs to read answers like what is not there.
        if self.server.grant(&self.principal, &plan, Action::Read).is_err() {
            return Ok(None);
        }
        // No replica could load it.
        if self.server.plans.is_stopped(&plan) {
            return Ok(None);
        }
        let Ok(seat) = self.server.limits.follow(&plan) else {
            return Err(End::Close { code: 1013, reason: "too many follow the plan: come back later" });
        };
        let read_only =
            may(&self.principal, Action::Edit).is_err() || self.server.sync.is_refused(&self.peer, document);
        if self.subscribe(&plan).await.is_err() {
            return Err(End::Close { code: 1013, reason: "the plan cannot be opened now: come back" });
        }
        let open = Open {
            document: document.to_owned(),
            prefix: SyncPrefix::new(&self.identity.peer, &self.peer, document),
            peer: Some(Peer::new(read_only)),
            sent: Seq::ZERO,
            _seat: seat,
        };
        self.open.insert(plan.clone(), open);
        self.server.sync.rooms.enter(&plan, self.id, self.gossip.letterbox());
        Ok(Some(plan))
    }

    async fn say_ephemerals(&mut self, messages: Vec<Arc<Ephemeral>>) -> Result<(), End> {
        self.gossip.flush(&self.server.sync.rooms);
        for message in messages {
            let body = SyncBody::Ephemeral {
                document: message.document.clone(),
                count: message.count,
                session: message.session.clone(),
                data: message.data.clone(),
            };
            let (sender, target) = (message.sender.clone(), Some(self.peer.clone()));
            self.send(SyncFrame { sender, target, body }.encode()).await?;
        }
        Ok(())
    }
}

/// Waits for the work in hand, for ever if there is none.
async fn finish(work: &mut Option<Work>) -> Result<Done, Refusal> {
    match work {
        Some(work) => work.await,
        None => std::future::pending().await,
    }
}
