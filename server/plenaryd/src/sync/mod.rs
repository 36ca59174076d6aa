//! The edge of `/sync`: stock automerge-repo clients, by ticket, bound to their peer id.
//!
//! The protocol stands in `plenary_protocol::wire::sync`, what a replica is told in
//! `plenary_core::sync`.  Here are the socket, who may open it, and what its connections share.

mod connection;
mod gossip;
mod job;
mod join;
mod rooms;
mod shared;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::{HOST, HeaderName, ORIGIN};
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use plenary_core::policy::{Action, may};
use plenary_limits::{SYNC_FRAME_BYTES_MAX, SYNC_SMALL_FRAME_BYTES_MAX};
use plenary_protocol::wire::{Refusal, RefusalCode};
use schemars::JsonSchema;
use serde::Deserialize;
use tracing::Instrument;

use crate::http::{ApiError, Caller};
use crate::identity::{TicketError, Tickets};
use crate::live::Guard;
use crate::metrics::SYNC;
use crate::server::Server;
use join::{Pass, Visitor};

pub(crate) use shared::SERVER_KEY;
pub use shared::{ServerIdentity, Shared};

/// The query of a socket's address.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct SyncQuery {
    /// A ticket of `POST /api/v1/tickets`, good for one socket; not needed with a token in the header.
    ticket: Option<String>,
}

fn header<'a>(request: &'a HttpRequest, name: &HeaderName) -> Option<&'a str> {
    request.headers().get(name)?.to_str().ok()
}

/// Opens a socket.
///
/// A ticket is only looked up here, which is cheap: stock clients come back every five seconds for
/// ever.  It is redeemed when the client has named its peer.
pub async fn socket(
    server: web::Data<Arc<Server>>,
    request: HttpRequest,
    query: web::Query<SyncQuery>,
    body: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let server = server.get_ref().clone();
    if server.is_stopping() {
        let reason = "the server is stopping: try again in a moment";
        return Err(Refusal::new(RefusalCode::ReadOnly, reason).into());
    }
    let has_origin = request.headers().contains_key(ORIGIN);
    let origin = header(&request, &ORIGIN);
    if (has_origin && origin.is_none()) || !server.origins.allow(origin, header(&request, &HOST)) {
        let reason = "pages of this origin may not connect; the operator can allow it with --origin";
        return Err(Refusal::new(RefusalCode::RoleForbids, reason).into());
    }
    let address = server.limits.address(&request);
    let pass = match query.into_inner().ticket {
        Some(ticket) => match look_up(&server, ticket).await {
            Ok(pass) => pass,
            Err(refusal) => {
                server.limits.refuse(&address)?;
                return Err(refusal.into());
            }
        },
        None => {
            let principal = Caller::extract(&request).await?.principal;
            may(&principal, Action::Read)?;
            Pass::Token(principal)
        }
    };
    let holder = match &pass {
        Pass::Ticket(ticket) => server.tickets().holder(ticket).cloned(),
        Pass::Token(principal) => Some(principal.clone()),
    };
    let place = server.limits.open(&holder.ok_or_else(not_valid)?, address)?;
    let build = crate::http::build_of(&request);
    let guard = Guard::new(body.into_inner(), SYNC_FRAME_BYTES_MAX);
    let mut guarded = Payload::Stream { payload: Box::pin(guard) as _ };
    let body = web::Payload::from_request(&request, &mut guarded).await?;
    let (response, socket, stream) = actix_ws::handle(&request, body)
        .map_err(|error| ApiError::malformed(format!("this is no WebSocket handshake: {error}")))?;
    let stream = stream.max_frame_size(SYNC_SMALL_FRAME_BYTES_MAX);
    let id = server.next_connection();
    let open = server.metrics.opened(SYNC);
    let visitor = Visitor { server, pass, build, id, socket };
    let span = tracing::info_span!("sync", conn = id.0, subject = tracing::field::Empty);
    let run = async move {
        visitor.run(stream).await;
        drop((open, place));
    };
    actix_web::rt::spawn(run.instrument(span));
    Ok(response)
}

fn not_valid() -> Refusal {
    Refusal::new(RefusalCode::Unauthenticated, "the ticket is not valid: get a new one")
}

/// Whether a ticket may be good; one that an earlier run bound is taken in again.
async fn look_up(server: &Arc<Server>, ticket: String) -> Result<Pass, Refusal> {
    let key = Tickets::key(&ticket).ok_or_else(not_valid)?;
    let gone = |error: TicketError| Refusal::new(RefusalCode::Unauthenticated, error.to_string());
    if !server.tickets().knows(&ticket, server.now()).map_err(gone)? {
        let other = server.clone();
        let binding = web::block(move || other.sync.binding(&key)).await.map_err(|_| not_valid())?;
        server.tickets().restore(key, binding.ok_or_else(not_valid)?, server.now());
        if !server.tickets().knows(&ticket, server.now()).map_err(gone)? {
            return Err(not_valid());
        }
    }
    Ok(Pass::Ticket(ticket))
}
