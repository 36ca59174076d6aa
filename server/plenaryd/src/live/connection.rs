//! One connection: it asks plans, forwards their entries in order, and ends in one place.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use actix_web::error::PayloadError;
use actix_ws::{AggregatedMessage, AggregatedMessageStream};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use plenary_core::Ask;
use plenary_core::hub::{ConnId, Published};
use plenary_core::policy::{Action, Grant};
use plenary_limits::{
    CATCH_UP_ENTRIES_MAX, FAREWELL_S_MAX, LIVE_ASKS_MAX, LIVE_PING_S, LIVE_SUBSCRIPTIONS_MAX, SEND_S_MAX,
};
use plenary_protocol::ids::{ClientId, Digest, PlanId};
use plenary_protocol::plan::Edit;
use plenary_protocol::wire::codes::close;
use plenary_protocol::wire::event::time_text;
use plenary_protocol::wire::live::{
    Bytes, ClientMessage, Encoding, Known, NotAMessage, Person, ServerMessage, Whereabouts,
};
use plenary_protocol::wire::{Refusal, RefusalCode};
use plenary_protocol::{Principal, Seq};
use tokio::time::{Instant, interval_at, sleep_until, timeout};

use super::answer::tell;
use super::changes::arranged;
use super::encoded::{Encoded, Outgoing};
use super::presence::Watcher;
use super::socket::{Closed, Opcode, Socket};
use crate::access_log::Read;
use crate::limits::{Pace, Seat};
use crate::past::EventsError;
use crate::plans::{Content, Form, Frame, Origin, Outbox, OutboxReader, no_such_plan};
use crate::server::Server;

/// Time between pings; without a sign of life for two of them the connection ends.
const PING_EVERY: Duration = Duration::from_secs(LIVE_PING_S);
/// How long one frame may wait for a client that does not read.
const SEND_MAX: Duration = Duration::from_secs(SEND_S_MAX);
/// How long a connection that ends may take to say so.
const FAREWELL_MAX: Duration = Duration::from_secs(FAREWELL_S_MAX);

type Pending = FuturesUnordered<Pin<Box<dyn Future<Output = Vec<ServerMessage>>>>>;

/// Why a connection ends.
enum End {
    /// The client is gone.
    Gone,
    /// Say this, then close with that code.
    Close { code: u16, say: Option<ServerMessage>, reason: &'static str },
}

fn resync(reason: &str) -> Option<ServerMessage> {
    Some(ServerMessage::Resync { reason: reason.to_owned() })
}

/// Who opens a connection, and how it is to be spoken to.
pub(super) struct Visitor {
    pub principal: Principal,
    /// The one plan the ticket is good for.
    pub only: Option<PlanId>,
    pub build: Option<String>,
    pub encoding: Encoding,
}

/// One connection.
pub(super) struct Connection {
    server: Arc<Server>,
    principal: Principal,
    only: Option<PlanId>,
    build: Option<String>,
    encoding: Encoding,
    id: ConnId,
    name: String,
    socket: Socket,
    outbox: Outbox,
    waiting: OutboxReader,
    /// The last entry sent of every plan subscribed to.
    sent: HashMap<PlanId, Seq>,
    /// Its seats among those who follow the plans.
    seats: HashMap<PlanId, Seat<PlanId>>,
    presence: Watcher,
    pending: Pending,
    pace: Pace,
    heard: bool,
    /// Whether the operator knows that its messages do not all decode.
    is_reported: bool,
}

impl Connection {
    pub fn new(server: Arc<Server>, visitor: Visitor, id: ConnId, socket: Socket) -> Self {
        let Visitor { principal, only, build, encoding } = visitor;
        let (outbox, waiting) = Outbox::new(&server.metrics);
        let mark = crate::clock::entropy::<4>();
        let name = format!("{}-{:08x}", id.0, u32::from_be_bytes(mark));
        let pace = server.limits.pace(&principal);
        let presence = Watcher::new(server.presence.clone(), id);
        Connection {
            server,
            principal,
            only,
            build,
            encoding,
            id,
            name,
            socket,
            outbox,
            waiting,
            sent: HashMap::new(),
            seats: HashMap::new(),
            presence,
            pending: FuturesUnordered::new(),
            pace,
            heard: true,
            is_reported: false,
        }
    }

    pub async fn run(mut self, stream: AggregatedMessageStream) {
        tracing::info!(session = self.name, "connected");
        let mut watch = self.server.revocations.watch(&self.principal);
        let serving = async {
            match self.welcome().await {
                Ok(()) => self.serve(stream).await,
                Err(end) => end,
            }
        };
        let end = tokio::select! {
            biased;
            () = watch.revoked() => End::Close {
                code: close::UNAUTHENTICATED,
                say: resync("your token was revoked: get a new one and connect again"),
                reason: "token revoked",
            },
            end = serving => end,
        };
        self.presence.leave_all();
        for (plan, last) in &self.sent {
            self.server.plans.unsubscribe(plan, self.id);
            self.server.access_log.note(&self.principal, self.read("end", plan, Some(*last)));
        }
        match end {
            End::Gone => tracing::info!("gone"),
            End::Close { code, say, reason } => {
                tracing::info!(code, reason, "closing");
                let farewell = async {
                    if let Some(message) = say {
                        // Who is gone does not hear it; closing finds that out as well.
                        _ = self.put(&Encoded::of(&message, self.encoding)).await;
                    }
                    self.socket.close(code, reason).await;
                };
                // A client that does not read does not hear it either; the socket is dropped then.
                _ = timeout(FAREWELL_MAX, farewell).await;
            }
        }
    }

    async fn welcome(&mut self) -> Result<(), End> {
        let message = ServerMessage::Welcome {
            server: env!("CARGO_PKG_VERSION").to_owned(),
            session: self.name.clone(),
            subject: self.principal.subject.clone(),
            name: self.principal.name.clone(),
            bureau: self.principal.bureau,
            role: self.principal.role,
            expires_at: time_text(self.principal.expires_s.saturating_mul(1_000_000)),
        };
        self.say(&message).await
    }

    async fn say(&mut self, message: &ServerMessage) -> Result<(), End> {
        self.send(&Encoded::of(message, self.encoding)).await
    }

    async fn send(&mut self, message: &Encoded) -> Result<(), End> {
        in_time(self.put(message)).await
    }

    async fn put(&mut self, message: &Encoded) -> Result<(), Closed> {
        self.socket.send(message.opcode(), message.bytes()).await
    }

    async fn serve(&mut self, mut stream: AggregatedMessageStream) -> End {
        let mut stop = self.server.stop_signal();
        let left_s = self.principal.expires_s - self.server.now().as_second();
        let expiry = sleep_until(Instant::now() + Duration::from_secs(left_s.max(0) as u64));
        tokio::pin!(expiry);
        let mut ping = interval_at(Instant::now() + PING_EVERY, PING_EVERY);
        loop {
            let step = tokio::select! {
                biased;
                _ = stop.wait_for(|stopping| *stopping) => return self.finish().await,
                () = &mut expiry => Err(End::Close {
                    code: close::UNAUTHENTICATED,
                    say: resync("your token has ended: get a new one and connect again"),
                    reason: "token ended",
                }),
                Some(messages) = self.pending.next() => self.say_all(messages).await,
                frame = self.waiting.next() => match frame {
                    Some(frame) => self.forward(frame).await,
                    None => Err(End::Close {
                        code: close::RESYNC,
                        say: resync("you fell behind: connect again and subscribe from the last entry you have"),
                        reason: "resync",
                    }),
                },
                messages = self.presence.next() => self.tell_presence(messages).await,
                () = self.pace.settled() => Ok(()),
                message = stream.recv(), if self.pending.len() < LIVE_ASKS_MAX && !self.pace.is_behind() => match message {
                    Some(Ok(message)) => self.receive(message).await,
                    Some(Err(error)) => Err(too_large_or_broken(&error)),
                    None => Err(End::Gone),
                },
                _ = ping.tick() => self.ping().await,
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    /// The server stops: acknowledgements that are on their way are still given.
    async fn finish(&mut self) -> End {
        while let Some(messages) = self.pending.next().await {
            if self.say_all(messages).await.is_err() {
                return End::Gone;
            }
        }
        End::Close {
            code: 1001,
            say: resync("the server stops: connect again in a moment"),
            reason: "server stops",
        }
    }

    async fn ping(&mut self) -> Result<(), End> {
        // One that is not read for a while is not silent.
        if !std::mem::replace(&mut self.heard, false) && !self.pace.is_behind() {
            return Err(End::Gone);
        }
        match timeout(SEND_MAX, self.socket.send(Opcode::Ping, b"")).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(End::Gone),
        }
    }

    async fn say_all(&mut self, messages: Vec<ServerMessage>) -> Result<(), End> {
        for message in messages {
            self.say(&message).await?;
        }
        Ok(())
    }

    /// Sends the entries of a group, without those that the client has from catching up.
    async fn forward(&mut self, frame: Frame) -> Result<(), End> {
        let Some(sent) = self.sent.get_mut(&frame.plan) else { return Ok(()) };
        if frame.seq <= *sent {
            return Ok(());
        }
        match frame.content {
            Content::Live(told) => {
                let frames = told.after(*sent);
                *sent = frame.seq;
                in_time(self.socket.send_frames(frames)).await
            }
            Content::Expelled => {
                self.sent.remove(&frame.plan);
                self.seats.remove(&frame.plan);
                self.presence.leave(&frame.plan);
                let refusal = no_such_plan(&frame.plan);
                self.refuse(None, Some(frame.plan), refusal).await
            }
            Content::Step(_) => Ok(()),
        }
    }

    async fn tell_presence(&mut self, messages: impl IntoIterator<Item = Arc<Outgoing>>) -> Result<(), End> {
        for message in messages {
            self.send(&message.encoded(self.encoding)).await?;
        }
        Ok(())
    }

    async fn receive(&mut self, message: AggregatedMessage) -> Result<(), End> {
        self.heard = true;
        let bytes = length(&message);
        self.pace.read(bytes);
        let read = match (message, self.encoding) {
            (AggregatedMessage::Text(text), Encoding::Json) => ClientMessage::from_json(&text),
            (AggregatedMessage::Binary(bytes), Encoding::Cbor) => ClientMessage::from_cbor(&bytes),
            (AggregatedMessage::Ping(bytes), _) => {
                return self.socket.send(Opcode::Pong, &bytes).await.map_err(|_| End::Gone);
            }
            (AggregatedMessage::Pong(_), _) => return Ok(()),
            (AggregatedMessage::Close(_), _) => {
                return Err(End::Close { code: 1000, say: None, reason: "bye" });
            }
            (AggregatedMessage::Binary(_), Encoding::Json) => {
                Err(foreign("this subprotocol speaks JSON in text frames; this frame is binary"))
            }
            (AggregatedMessage::Text(_), Encoding::Cbor) => {
                Err(foreign("this subprotocol speaks CBOR in binary frames; this frame is text"))
            }
        };
        match read {
            Ok(message) => self.obey(message).await,
            Err(error) => {
                // Once a connection, and without the reason: it may quote what was written.
                if !std::mem::replace(&mut self.is_reported, true) {
                    tracing::info!(bytes, "a message does not decode; its sender is told why");
                }
                let refusal = Refusal::new(RefusalCode::Malformed, error.to_string());
                self.refuse(error.id, None, refusal).await
            }
        }
    }

    async fn refuse(
        &mut self,
        id: Option<ClientId>,
        plan: Option<PlanId>,
        refusal: Refusal,
    ) -> Result<(), End> {
        self.say(&ServerMessage::Refused { id, plan, changes: Vec::new(), refusal }).await
    }

    async fn obey(&mut self, message: ClientMessage) -> Result<(), End> {
        match message {
            ClientMessage::Ping { nonce } => self.say(&ServerMessage::Pong { nonce }).await,
            ClientMessage::Unsubscribe { plan } => {
                if let Some(last) = self.sent.remove(&plan) {
                    self.server.access_log.note(&self.principal, self.read("end", &plan, Some(last)));
                }
                self.seats.remove(&plan);
                self.presence.leave(&plan);
                self.server.plans.unsubscribe(&plan, self.id);
                Ok(())
            }
            ClientMessage::Subscribe { plan, after, leaf, raw } => {
                match self.subscribe(&plan, (after, leaf), raw).await {
                    Ok(()) => Ok(()),
                    Err(Failure::End(end)) => Err(end),
                    Err(Failure::Refused(refusal)) => {
                        self.sent.remove(&plan);
                        self.seats.remove(&plan);
                        self.presence.leave(&plan);
                        self.refuse(None, Some(plan), refusal).await
                    }
                }
            }
            ClientMessage::Presence { plan, state } => match self.show(&plan, state) {
                Ok(()) => Ok(()),
                Err(refusal) => self.refuse(None, Some(plan), refusal).await,
            },
            ClientMessage::Edit { id, plan, commands, known, because, answers } => {
                // Read before the next message is: edits of one connection keep their order.
                let formers = crate::http::formers(&self.server, &self.principal, &plan, &commands).await;
                let edit = Edit { id: id.clone(), plan: plan.clone(), commands, because, answers };
                self.ask(id, plan, known, Ask::Edit { edit, formers });
                Ok(())
            }
            ClientMessage::Changes { id, plan, changes, because, answers } => {
                // Nothing is decoded of somebody who may not edit; as edits, read before the next message is.
                let may = self.may_use(&plan);
                let may = may.and_then(|()| self.server.grant(&self.principal, &plan, Action::Edit));
                let arranged = match may {
                    Ok(_) => arranged(changes).await,
                    Err(refusal) => Err(refusal),
                };
                match arranged {
                    Ok(changes) => {
                        self.ask(id, plan, None, Ask::Changes { changes, because, answers });
                        Ok(())
                    }
                    Err(refusal) => self.refuse(Some(id), Some(plan), refusal).await,
                }
            }
        }
    }

    /// Shows where the person is; who it is, the token says.
    fn show(&self, plan: &PlanId, state: Option<Whereabouts>) -> Result<(), Refusal> {
        self.may_use(plan)?;
        self.server.grant(&self.principal, plan, Action::Read)?;
        let person = Person {
            session: self.name.clone(),
            subject: self.principal.subject.clone(),
            name: self.principal.name.clone(),
            bureau: self.principal.bureau,
            role: self.principal.role,
            state,
        };
        self.presence.show(plan, person)
    }

    fn may_use(&self, plan: &PlanId) -> Result<(), Refusal> {
        match &self.only {
            Some(only) if only != plan => Err(no_such_plan(plan)),
            _ => Ok(()),
        }
    }

    /// Asks a plan; the answer is sent when it comes, other messages meanwhile.
    fn ask(&mut self, id: ClientId, plan: PlanId, known: Option<Known>, ask: Ask) {
        let origin = Origin { session: Some(self.name.clone()), build: self.build.clone() };
        let posted = self
            .may_use(&plan)
            .and_then(|()| self.server.grant(&self.principal, &plan, Action::Edit))
            .and_then(|grant| {
                known.map_or(Ok(()), |known| self.server.plans.check_known(&plan, known)).map(|()| grant)
            })
            .and_then(|grant| self.server.plans.post_ask(&plan, grant, origin, ask));
        self.pending.push(Box::pin(async move {
            let answer = match posted {
                Ok(pending) => pending.wait().await,
                Err(refusal) => Err(refusal),
            };
            tell(id, &plan, answer)
        }));
    }

    async fn subscribe(
        &mut self,
        plan: &PlanId,
        (after, leaf): (Option<Seq>, Option<Digest>),
        raw: bool,
    ) -> Result<(), Failure> {
        self.may_use(plan)?;
        if self.sent.len() >= LIVE_SUBSCRIPTIONS_MAX && !self.sent.contains_key(plan) {
            let reason = format!("a connection follows at most {LIVE_SUBSCRIPTIONS_MAX} plans");
            return Err(Refusal::new(RefusalCode::TooLarge, reason).into());
        }
        let grant = self.server.grant(&self.principal, plan, Action::Read)?;
        if let (Some(seq), Some(leaf)) = (after, leaf) {
            self.server.plans.check_known(plan, Known { seq, leaf })?;
        }
        if raw {
            self.server.plans.check_document(plan)?;
        }
        if !self.seats.contains_key(plan) {
            let seat = self.server.limits.follow(plan).map_err(Refusal::from)?;
            self.seats.insert(plan.clone(), seat);
        }
        self.server.access_log.record(&self.principal, self.read("subscribe", plan, after)).await?;
        let form = Form::Live { raw, encoding: self.encoding };
        let head =
            self.server.plans.subscribe(plan, grant.clone(), self.id, self.outbox.clone(), form).await?;
        let from = match after {
            Some(after) if after > head => {
                return Err(Refusal::new(
                    RefusalCode::BaseAhead,
                    format!("you have entry {after}, the last one here is {head}: drop what you have and subscribe without `after`"),
                )
                .into());
            }
            Some(after) => {
                // Asked after the head, it knows of all quarantines up to there.
                self.server.plans.check_reading(plan, after)?;
                after
            }
            None => self.snapshot(&grant, raw).await?,
        };
        self.catch_up(plan, from, head, raw).await?;
        let head = head.max(from);
        self.sent.insert(plan.clone(), head);
        self.say(&ServerMessage::Subscribed { plan: plan.clone(), head }).await.map_err(Failure::End)?;
        let there = self.presence.enter(plan);
        self.tell_presence(there).await.map_err(Failure::End)
    }

    /// A subscription, as the access log tells it.
    fn read(&self, what: &str, plan: &PlanId, at: Option<Seq>) -> Read {
        let (query, last) = match what {
            "end" => (String::new(), at),
            _ => (at.map(|after| format!("after={after}")).unwrap_or_default(), None),
        };
        Read {
            session: self.name.clone(),
            method: what.to_owned(),
            route: "/live".to_owned(),
            path: "/live".to_owned(),
            query,
            plan: Some(plan.clone()),
            last,
            ..Read::default()
        }
    }

    async fn snapshot(&mut self, grant: &Grant, raw: bool) -> Result<Seq, Failure> {
        let message = self
            .server
            .read(grant, move |copy| {
                let view = copy.view(None);
                let (plan, seq) = (view.id.clone(), view.seq);
                if raw {
                    ServerMessage::Snapshot { plan, seq, view: None, document: Some(Bytes(copy.save())) }
                } else {
                    ServerMessage::Snapshot {
                        plan,
                        seq,
                        view: Some(Box::new((*view).clone())),
                        document: None,
                    }
                }
            })
            .await?;
        self.say(&message).await.map_err(Failure::End)?;
        match message {
            ServerMessage::Snapshot { seq, .. } => Ok(seq),
            _ => Ok(Seq::ZERO),
        }
    }

    /// Sends the entries after `from` up to and with `until`, page by page at the client's pace.
    async fn catch_up(&mut self, plan: &PlanId, from: Seq, until: Seq, raw: bool) -> Result<(), Failure> {
        let mut at = from;
        while at < until {
            if raw {
                // It may have been stopped meanwhile: the change at fault may be among those that come.
                self.server.plans.check_document(plan)?;
            }
            let past = self.server.plans.past(plan);
            let encoding = self.encoding;
            let limit = CATCH_UP_ENTRIES_MAX.min((until.0 - at.0) as usize);
            let read = actix_web::web::block(move || {
                let events = past.events(at, limit)?;
                let frame = |event: &_| {
                    let published = Published::of(event);
                    (published.view.seq, Encoded::of(&crate::plans::told(&published, raw), encoding))
                };
                Ok::<_, EventsError>(events.iter().map(frame).collect::<Vec<_>>())
            });
            let frames = match read.await {
                Ok(Ok(frames)) if !frames.is_empty() => frames,
                Ok(Err(error)) => return Err(unreadable(&error)),
                Err(error) => return Err(unreadable(&error)),
                Ok(Ok(_)) => return Err(unreadable(&"entries are missing")),
            };
            for (seq, message) in frames {
                self.send(&message).await.map_err(Failure::End)?;
                at = seq;
            }
        }
        Ok(())
    }
}

/// Bytes of a message.
fn length(message: &AggregatedMessage) -> usize {
    match message {
        AggregatedMessage::Text(text) => text.len(),
        AggregatedMessage::Binary(bytes)
        | AggregatedMessage::Ping(bytes)
        | AggregatedMessage::Pong(bytes) => bytes.len(),
        AggregatedMessage::Close(_) => 0,
    }
}

/// A frame of another kind than the subprotocol has.
fn foreign(reason: &str) -> NotAMessage {
    NotAMessage { id: None, reason: reason.to_owned() }
}

/// Sends something, to a client that reads in time.
async fn in_time(sending: impl Future<Output = Result<(), Closed>>) -> Result<(), End> {
    match timeout(SEND_MAX, sending).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(Closed)) => Err(End::Gone),
        Err(_) => Err(End::Close { code: close::RESYNC, say: None, reason: "resync: you do not read" }),
    }
}

/// Why something of a connection did not work out.
enum Failure {
    Refused(Refusal),
    End(End),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Failure::Refused(refusal)
    }
}

fn unreadable(error: &dyn std::fmt::Display) -> Failure {
    tracing::error!(%error, "entries could not be read");
    Refusal::new(RefusalCode::Unavailable, "the entries could not be read; the operator has been told").into()
}

fn too_large_or_broken(error: &actix_ws::ProtocolError) -> End {
    let too_large = || End::Close { code: 1009, say: None, reason: "message too large" };
    match error {
        actix_ws::ProtocolError::Overflow => too_large(),
        // What the guard of the socket's bytes says comes wrapped.
        actix_ws::ProtocolError::Io(error)
            if error
                .get_ref()
                .is_some_and(|cause| matches!(cause.downcast_ref(), Some(PayloadError::Overflow))) =>
        {
            too_large()
        }
        // The connection broke; there is nobody to tell.
        actix_ws::ProtocolError::Io(_) => End::Gone,
        _ => End::Close { code: 1002, say: None, reason: "not the WebSocket protocol" },
    }
}
