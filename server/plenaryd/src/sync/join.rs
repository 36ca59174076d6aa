//! A socket before its peer has a name: the first frame joins, or there is none.

use std::sync::Arc;
use std::time::Duration;

use actix_web::web;
use actix_ws::{CloseCode, CloseReason, Message, MessageStream, Session};
use plenary_core::hub::ConnId;
use plenary_core::policy::{Action, may};
use plenary_limits::{SYNC_FRAME_BYTES_MAX, SYNC_JOIN_S_MAX};
use plenary_protocol::Principal;
use plenary_protocol::ids::PlanId;
use plenary_protocol::wire::codes::close;
use plenary_protocol::wire::sync::{PeerMetadata, SYNC_PROTOCOL_VERSION, SyncBody, SyncFrame};
use tokio::sync::Notify;
use tokio::time::timeout;

use super::connection::Connection;
use super::shared::ServerIdentity;
use crate::server::Server;

/// How long a socket may take to join.
const JOIN_MAX: Duration = Duration::from_secs(SYNC_JOIN_S_MAX);

/// By what a socket was opened.
pub(super) enum Pass {
    /// A ticket that may be good for the peer that will join.
    Ticket(String),
    /// A token in the header.
    Token(Principal),
}

/// A socket that has not joined.
pub(super) struct Visitor {
    pub server: Arc<Server>,
    pub pass: Pass,
    pub build: Option<String>,
    pub id: ConnId,
    pub socket: Session,
}

/// Who joined.
pub(super) struct Guest {
    pub principal: Principal,
    /// The one plan its ticket is good for.
    pub only: Option<PlanId>,
    pub peer: String,
    pub identity: ServerIdentity,
    pub replaced: Arc<Notify>,
}

/// Why a socket does not join.
struct Refused {
    code: u16,
    says: String,
}

fn refused(code: u16, says: impl Into<String>) -> Refused {
    Refused { code, says: says.into() }
}

impl Visitor {
    pub async fn run(mut self, mut stream: MessageStream) {
        let joined = match timeout(JOIN_MAX, first(&mut stream)).await {
            Ok(Some(bytes)) => self.join(&bytes).await,
            Ok(None) => return,
            Err(_) => Err(refused(1008, "no `join` came in time")),
        };
        match joined {
            Ok(guest) => {
                tracing::Span::current().record("subject", guest.principal.subject.as_str());
                let stream = stream
                    .max_frame_size(SYNC_FRAME_BYTES_MAX)
                    .aggregate_continuations()
                    .max_continuation_size(SYNC_FRAME_BYTES_MAX);
                Connection::new(self, guest).run(stream).await;
            }
            Err(Refused { code, says }) => {
                tracing::info!(code, says, "a peer may not join");
                let frame = SyncFrame {
                    sender: "plenary".to_owned(),
                    target: None,
                    body: SyncBody::Error { message: says.clone() },
                };
                let farewell = async {
                    _ = self.socket.binary(frame.encode()).await;
                    let reason = CloseReason { code: CloseCode::Other(code), description: None };
                    _ = self.socket.close(Some(reason)).await;
                };
                _ = timeout(JOIN_MAX, farewell).await;
            }
        }
    }

    async fn join(&mut self, bytes: &[u8]) -> Result<Guest, Refused> {
        let frame = SyncFrame::decode(bytes).map_err(|error| refused(1008, error.to_string()))?;
        let SyncBody::Join { versions, .. } = &frame.body else {
            return Err(refused(1008, "the first frame is not `join`"));
        };
        if !versions.iter().any(|version| version == SYNC_PROTOCOL_VERSION) {
            return Err(refused(1008, "unsupported protocol version; this server speaks \"1\""));
        }
        let peer = frame.sender;
        let (principal, only) = self.redeem(&peer)?;
        may(&principal, Action::Read).map_err(|refusal| refused(1008, refusal.reason))?;
        let replaced = self
            .server
            .sync
            .join(&peer, &principal, self.id)
            .map_err(|_| refused(1008, "the peer id is somebody else's at the moment; take another"))?;
        let identity = match self.settle().await {
            Ok(identity) => identity,
            Err(refused) => {
                self.server.sync.leave(&peer, self.id);
                return Err(refused);
            }
        };
        let metadata = PeerMetadata { storage_id: Some(identity.storage.clone()), is_ephemeral: false };
        let body = SyncBody::Peer { metadata, version: SYNC_PROTOCOL_VERSION.to_owned() };
        let welcome = SyncFrame { sender: identity.peer.clone(), target: Some(peer.clone()), body };
        // One that is gone is noticed by the connection.
        _ = timeout(JOIN_MAX, self.socket.binary(welcome.encode())).await;
        Ok(Guest { principal, only, peer, identity, replaced })
    }

    fn redeem(&self, peer: &str) -> Result<(Principal, Option<PlanId>), Refused> {
        match &self.pass {
            Pass::Token(principal) => Ok((principal.clone(), None)),
            Pass::Ticket(ticket) => self
                .server
                .tickets()
                .redeem_for_peer(ticket, peer, self.server.now())
                .map_err(|error| refused(close::UNAUTHENTICATED, error.to_string())),
        }
    }

    /// Makes the ticket's binding durable, and knows who the server is.
    async fn settle(&self) -> Result<ServerIdentity, Refused> {
        let binding = match &self.pass {
            Pass::Ticket(ticket) => {
                self.server.tickets().binding(ticket).map(|binding| (ticket.clone(), binding))
            }
            Pass::Token(_) => None,
        };
        let server = self.server.clone();
        let kept = web::block(move || {
            if let Some((ticket, binding)) = &binding {
                server.sync.keep_binding(ticket, binding)?;
            }
            server.sync.identity()
        });
        let failed = match kept.await {
            Ok(Ok(identity)) => return Ok(identity),
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        tracing::error!(error = failed, "the binding of a ticket could not be written");
        if let Pass::Ticket(ticket) = &self.pass {
            self.server.tickets().forget(ticket);
        }
        Err(refused(1013, "the server cannot write at the moment: try again"))
    }
}

/// The first binary frame; `None` when the socket ends before.
async fn first(stream: &mut MessageStream) -> Option<web::Bytes> {
    loop {
        match stream.recv().await? {
            Ok(Message::Binary(bytes)) => return Some(bytes),
            Ok(Message::Ping(_) | Message::Pong(_) | Message::Nop) => {}
            _ => return None,
        }
    }
}
