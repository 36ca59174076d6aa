//! Is the server alive, and does it serve?

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use plenary_log::LogState;
use serde_json::json;

use crate::server::Server;

/// Alive.
pub async fn healthz() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "ok" }))
}

/// Serving: 200 when edits are taken, 503 with the reason when not.
pub async fn readyz(server: web::Data<Arc<Server>>) -> HttpResponse {
    let reason = if server.is_stopping() {
        Some("stopping".to_owned())
    } else {
        match server.plans.log().state() {
            LogState::Serving => None,
            LogState::ReadOnly { reason } | LogState::Failed { reason } => Some(reason),
        }
    };
    match reason {
        None => HttpResponse::Ok().json(json!({
            "status": "ready",
            "plans": server.plans.log().plans().len(),
            "resident": server.plans.resident(),
        })),
        Some(reason) => {
            HttpResponse::ServiceUnavailable().json(json!({ "status": "not ready", "reason": reason }))
        }
    }
}
