//! Operations of the server itself, and its sockets.

use actix_web::http::StatusCode;
use plenary_protocol::wire::RefusalCode::{ReadOnly, RoleForbids};
use plenary_protocol::wire::api::ServerAbout;
use schemars::SchemaGenerator;

use super::{Group, Operation, Who};
use crate::http::health::{self, Alive, Ready};
use crate::http::{docs, openapi};
use crate::live::SocketQuery;
use crate::sync::SyncQuery;

pub(super) fn operations() -> Vec<Operation> {
    let get = |path, id| Operation::get(path, id, Group::Server, Who::Anybody);
    let socket = |path, id| {
        Operation::get(path, id, Group::Sockets, Who::Ticket)
            .answers(StatusCode::SWITCHING_PROTOCOLS, "The socket is open.", None)
            .refuses(&[RoleForbids, ReadOnly])
    };
    vec![
        socket("/live", "openLive")
            .done_by(|route| route.to(crate::live::socket))
            .says(
                "Opens the socket of Plenary's own protocol",
                "A WebSocket. The subprotocol chooses the encoding: `plenary.live.v1+json` or \
                 `plenary.live.v1+cbor`. Its messages are described in `protocol/LIVE.schema.json`. Pages of \
                 origins that the operator has not allowed are answered `role_forbids`.",
            )
            .query::<SocketQuery>(&[]),
        socket("/sync", "openSync")
            .done_by(|route| route.to(crate::sync::socket))
            .says(
                "Opens the socket of the automerge-repo protocol",
                "A WebSocket for unmodified automerge-repo clients. Pages of origins that the operator has \
                 not allowed are answered `role_forbids`.",
            )
            .query::<SyncQuery>(&[]),
        get("/api/v1/server", "aboutServer")
            .done_by(|route| route.to(health::about))
            .says("Says what the server is and speaks", "")
            .gives::<ServerAbout>("Program, version, protocols."),
        get("/api/v1/openapi.json", "getDescription")
            .done_by(|route| route.to(openapi::openapi))
            .says("Gives this description", "OpenAPI 3.1, made from the code of the server that gives it.")
            .gives::<serde_json::Map<String, serde_json::Value>>("The description.")
            .tagged(),
        get("/api/v1/docs", "getPage")
            .done_by(|route| route.to(docs::page))
            .says("Gives this description as a page", "")
            .answers(
                StatusCode::OK,
                "The page.",
                Some(("text/html", SchemaGenerator::subschema_for::<String>)),
            )
            .tagged(),
        get("/healthz", "isAlive")
            .done_by(|route| route.to(health::healthz))
            .says("Says that the server is alive", "")
            .gives::<Alive>("It is."),
        get("/readyz", "isReady")
            .done_by(|route| route.to(health::readyz))
            .says("Says whether edits are taken", "Reading works also when they are not.")
            .gives::<Ready>("They are.")
            .refuses(&[ReadOnly]),
    ]
}
