//! Operations of the server itself, and its sockets.

use actix_web::http::StatusCode;
use plenary_core::policy::Action;
use plenary_protocol::wire::RefusalCode::{ReadOnly, RoleForbids};
use plenary_protocol::wire::api::{DemoPerson, SelfCheckView, ServerAbout};
use schemars::SchemaGenerator;

use super::{Group, Operation, Who};
use crate::http::health::{self, Alive, Ready};
use crate::http::{demo, docs, openapi, page, self_check as http_self_check};
use crate::live::SocketQuery;
use crate::sync::SyncQuery;

type Make = fn(&'static str, &'static str, Group, Who) -> Operation;

fn self_check(make: Make, id: &'static str) -> Operation {
    make("/api/v1/self-check", id, Group::Server, Who::May(Action::SelfCheck))
}

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
        get("/", "getFrontPage")
            .done_by(|route| route.to(page::front))
            .says(
                "Gives the page on which people write",
                "Its files lie below `/assets`. Where it was not built, this says what the server is and how to \
                 get the page.",
            )
            .answers(
                StatusCode::OK,
                "The page.",
                Some(("text/html", SchemaGenerator::subschema_for::<String>)),
            ),
        get("/api/v1/demo/people", "listDemoPeople")
            .done_by(|route| route.to(demo::people))
            .says(
                "Lists those who take part in the demonstration, each with a token",
                "There is no such address unless the server was started with `--demo`, listens on this machine \
                 alone and is asked by a name of it.",
            )
            .gives::<Vec<DemoPerson>>("Who takes part."),
        get("/healthz", "isAlive")
            .done_by(|route| route.to(health::healthz))
            .says("Says that the server is alive", "")
            .gives::<Alive>("It is."),
        get("/readyz", "isReady")
            .done_by(|route| route.to(health::readyz))
            .says(
                "Says whether edits are taken",
                "Reading works also when they are not. The status is `degraded` when they are and the operator \
                 has something to mend: a plan or an older part of the journal that cannot be read.",
            )
            .gives::<Ready>("They are.")
            .refuses(&[ReadOnly]),
        self_check(Operation::get, "getSelfCheck")
            .done_by(|route| route.to(http_self_check::get))
            .says(
                "Tells what the self-check of the evidence found",
                "The server looks through its own log at a bounded rate: chains, payloads, trees, journal beside \
                 store. A plan of which something was found takes no edits and gets no checkpoints.",
            )
            .gives::<SelfCheckView>("What is known."),
        self_check(Operation::post, "startSelfCheck")
            .done_by(|route| route.to(http_self_check::post))
            .says(
                "Has everything looked at again",
                "As soon as may be: at once, or after the look that goes on now. What is known until then is \
                 answered.",
            )
            .answers(
                StatusCode::ACCEPTED,
                "It will be; what is known now.",
                Some(("application/json", SchemaGenerator::subschema_for::<SelfCheckView>)),
            )
            .refuses(&[ReadOnly]),
    ]
}
