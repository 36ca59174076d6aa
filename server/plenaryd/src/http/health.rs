//! Is the server alive, does it serve, and what does it speak?

use std::sync::Arc;

use actix_web::web::{self, Data};
use plenary_log::LogState;
use plenary_protocol::plan::view::PLAN_SCHEMA;
use plenary_protocol::wire::api::ServerAbout;
use plenary_protocol::wire::live::Encoding;
use plenary_protocol::wire::sync::SYNC_PROTOCOL_VERSION;
use plenary_protocol::wire::{Refusal, RefusalCode};
use schemars::JsonSchema;
use serde::Serialize;

use super::ApiError;
use crate::server::Server;

/// What this server is and speaks; whoever knows the address may ask.
pub async fn about() -> web::Json<ServerAbout> {
    web::Json(ServerAbout {
        program: "plenaryd".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        live: Encoding::ALL.map(|encoding| encoding.subprotocol().to_owned()).into(),
        sync: vec![SYNC_PROTOCOL_VERSION.to_owned()],
        plan_files: vec![PLAN_SCHEMA.to_owned()],
    })
}

/// That the server is alive.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Alive {
    /// `ok`.
    status: &'static str,
}

/// That the server takes edits.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Ready {
    /// `ready`.
    status: &'static str,
    /// How many plans it keeps.
    plans: usize,
    /// How many of them it has in memory.
    resident: usize,
}

/// Alive.
pub async fn healthz() -> web::Json<Alive> {
    web::Json(Alive { status: "ok" })
}

/// Serving: 200 when edits are taken, 503 with the reason when not.
pub async fn readyz(server: Data<Arc<Server>>) -> Result<web::Json<Ready>, ApiError> {
    let reason = if server.is_stopping() {
        Some("stopping".to_owned())
    } else {
        match server.plans.log().state() {
            LogState::Serving => None,
            LogState::ReadOnly { reason } | LogState::Failed { reason } => Some(reason),
        }
    };
    match reason {
        None => Ok(web::Json(Ready {
            status: "ready",
            plans: server.plans.log().plans().len(),
            resident: server.plans.resident(),
        })),
        Some(reason) => Err(Refusal::new(RefusalCode::ReadOnly, reason).into()),
    }
}
