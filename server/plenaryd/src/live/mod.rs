//! The edge of `/live`: a socket by ticket, messages in and out, bounded both ways.

mod connection;
mod guard;

use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::{HOST, ORIGIN, SEC_WEBSOCKET_PROTOCOL};
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use bytestring::ByteString;
use plenary_core::policy::{Action, check};
use plenary_protocol::limits::LIVE_MESSAGE_BYTES_MAX;
use plenary_protocol::wire::live::{SUBPROTOCOL_JSON, ServerMessage};
use plenary_protocol::wire::{Refusal, RefusalCode};
use serde::Deserialize;
use tracing::Instrument;

use crate::http::{ApiError, Caller};
use crate::metrics::LIVE;
use crate::server::Server;
use connection::Connection;
pub(crate) use guard::Guard;

/// The message as text.
pub(crate) fn encode(message: &ServerMessage) -> ByteString {
    match serde_json::to_string(message) {
        Ok(text) => text.into(),
        // The messages are ours and encode; an empty frame would be noticed at once.
        Err(error) => {
            tracing::error!(%error, "a message does not encode");
            ByteString::new()
        }
    }
}

/// The query of a socket's address.
#[derive(Debug, Deserialize)]
pub struct SocketQuery {
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
    if let Some(offered) = header(&request, &SEC_WEBSOCKET_PROTOCOL)
        && !offered.split(',').any(|name| name.trim() == SUBPROTOCOL_JSON)
    {
        return Err(ApiError::malformed(format!("this server speaks the subprotocol {SUBPROTOCOL_JSON}")));
    }
    let (principal, plan) = match &query.ticket {
        Some(ticket) => server
            .tickets()
            .redeem(ticket, server.now())
            .map_err(|error| Refusal::new(RefusalCode::Unauthenticated, error.to_string()))?,
        None => (Caller::extract(&request).await?.principal, None),
    };
    check(&principal, Action::Read)?;
    let build = crate::http::build_of(&request);
    let body = guarded(&request, body).await?;
    let (response, session, stream) = actix_ws::handle_with_protocols(&request, body, &[SUBPROTOCOL_JSON])
        .map_err(|error| ApiError::malformed(format!("this is no WebSocket handshake: {error}")))?;
    let stream = stream
        .max_frame_size(LIVE_MESSAGE_BYTES_MAX)
        .aggregate_continuations()
        .max_continuation_size(LIVE_MESSAGE_BYTES_MAX);
    let id = server.next_connection();
    let span =
        tracing::info_span!("live", conn = id.0, subject = %principal.subject, bureau = %principal.bureau);
    let open = server.metrics.opened(LIVE);
    let connection = Connection::new(server.get_ref().clone(), principal, plan, build, id, session);
    let run = async move {
        connection.run(stream).await;
        drop(open);
    };
    actix_web::rt::spawn(run.instrument(span));
    Ok(response)
}
