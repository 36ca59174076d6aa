//! The edge of `/live`: a socket by ticket, messages in and out in the encoding that its subprotocol
//! chooses, bounded both ways.

mod answer;
mod changes;
mod connection;
mod encoded;
mod guard;
mod presence;
mod socket;

use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::{HOST, ORIGIN, SEC_WEBSOCKET_PROTOCOL};
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use plenary_core::policy::{Action, may};
use plenary_limits::LIVE_MESSAGE_BYTES_MAX;
use plenary_protocol::wire::live::Encoding;
use plenary_protocol::wire::{Refusal, RefusalCode};
use schemars::JsonSchema;
use serde::Deserialize;
use tracing::Instrument;

use crate::http::{ApiError, Caller};
use crate::metrics::LIVE;
use crate::server::Server;
use connection::{Connection, Visitor};
pub use encoded::{Encoded, Outgoing};
pub(crate) use guard::Guard;
pub use presence::Presence;
use socket::Socket;
pub(crate) use socket::put_frame;

/// The query of a socket's address.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct SocketQuery {
    /// A ticket of `POST /api/v1/tickets`, good for one socket; not needed with a token in the header.
    ticket: Option<String>,
}

fn header<'a>(request: &'a HttpRequest, name: &actix_web::http::header::HeaderName) -> Option<&'a str> {
    request.headers().get(name)?.to_str().ok()
}

/// The bytes of a socket, held to the limit of a message.
async fn guarded(request: &HttpRequest, body: web::Payload) -> Result<web::Payload, ApiError> {
    let guard = Guard::new(body.into_inner(), LIVE_MESSAGE_BYTES_MAX);
    let mut guarded = Payload::Stream { payload: Box::pin(guard) as _ };
    web::Payload::from_request(request, &mut guarded).await.map_err(ApiError::from)
}

/// The encoding of the first subprotocol offered that is known; JSON where none is offered.
fn chosen(request: &HttpRequest) -> Result<Encoding, ApiError> {
    let mut offered = request.headers().get_all(SEC_WEBSOCKET_PROTOCOL).peekable();
    if offered.peek().is_none() {
        return Ok(Encoding::Json);
    }
    let names = offered.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(','));
    Encoding::choose(names).ok_or_else(|| {
        let [json, cbor] = Encoding::ALL.map(Encoding::subprotocol);
        ApiError::malformed(format!("this server speaks the subprotocols {json} and {cbor}"))
    })
}

/// Opens a socket.
pub async fn socket(
    server: web::Data<Arc<Server>>,
    request: HttpRequest,
    query: web::Query<SocketQuery>,
    body: web::Payload,
) -> Result<HttpResponse, ApiError> {
    if server.is_stopping() {
        return Err(
            Refusal::new(RefusalCode::ReadOnly, "the server is stopping: try again in a moment").into()
        );
    }
    let has_origin = request.headers().contains_key(ORIGIN);
    let origin = header(&request, &ORIGIN);
    if (has_origin && origin.is_none()) || !server.origins.allow(origin, header(&request, &HOST)) {
        return Err(Refusal::new(
            RefusalCode::RoleForbids,
            "pages of this origin may not connect; the operator can allow it with --origin",
        )
        .into());
    }
    let encoding = chosen(&request)?;
    let address = server.limits.address(&request);
    let (principal, plan) = match &query.ticket {
        Some(ticket) => {
            let redeemed = server.tickets().redeem(ticket, server.now());
            match redeemed {
                Ok(holder) => holder,
                Err(error) => {
                    server.limits.refuse(&address)?;
                    return Err(Refusal::new(RefusalCode::Unauthenticated, error.to_string()).into());
                }
            }
        }
        None => (Caller::extract(&request).await?.principal, None),
    };
    may(&principal, Action::Read)?;
    let place = server.limits.open(&principal, address)?;
    let build = crate::http::build_of(&request);
    let body = guarded(&request, body).await?;
    let known = Encoding::ALL.map(Encoding::subprotocol);
    let (response, _, stream) = actix_ws::handle_with_protocols(&request, body, &known)
        .map_err(|error| ApiError::malformed(format!("this is no WebSocket handshake: {error}")))?;
    let (response, socket) = Socket::take_over(response);
    let stream = stream
        .max_frame_size(LIVE_MESSAGE_BYTES_MAX)
        .aggregate_continuations()
        .max_continuation_size(LIVE_MESSAGE_BYTES_MAX);
    let id = server.next_connection();
    let span =
        tracing::info_span!("live", conn = id.0, subject = %principal.subject, bureau = %principal.bureau);
    let visitor = Visitor { principal, only: plan, build, encoding };
    let connection = Connection::new(server.get_ref().clone(), visitor, id, socket);
    let open = server.metrics.opened(LIVE);
    let run = async move {
        connection.run(stream).await;
        drop((open, place));
    };
    actix_web::rt::spawn(run.instrument(span));
    Ok(response)
}
