//! Is the server alive, does it serve, and what does it speak?

use std::sync::Arc;

use actix_web::web::{self, Data};
use plenary_log::LogState;
use plenary_protocol::plan::view::PLAN_SCHEMA;
use plenary_protocol::wire::api::{SelfCheckState, ServerAbout};
use plenary_protocol::wire::live::Encoding;
use plenary_protocol::wire::sync::SYNC_PROTOCOL_VERSION;
use plenary_protocol::wire::{Refusal, RefusalCode};
use schemars::JsonSchema;
use serde::Serialize;

use super::ApiError;
use crate::self_check::Report;
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

/// What is known of the server's evidence; which plans, auditors and admins are told.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EvidenceState {
    /// In one word.
    state: SelfCheckState,
    /// When everything was last looked at, RFC 3339 UTC; absent before the first time.
    #[serde(skip_serializing_if = "Option::is_none")]
    checked_at: Option<String>,
    /// How long ago that was, or the server started, seconds.
    age_s: u64,
    /// Entries that were looked at then, or so far.
    entries: u64,
    /// How many things do not hold.
    failures: u64,
}

impl EvidenceState {
    fn of(report: &Report) -> Self {
        EvidenceState {
            state: report.state,
            checked_at: report.last.map(|done| done.at.to_string()),
            age_s: report.age.as_secs(),
            entries: report.last.map_or(report.seen.unwrap_or(0), |done| done.entries),
            failures: report.failures(),
        }
    }
}

/// That the server takes edits.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Ready {
    /// `ready`; `degraded` when edits are taken and something is damaged that the operator has to mend.
    status: &'static str,
    /// How many plans it keeps.
    plans: usize,
    /// How many of them it has in memory.
    resident: usize,
    /// What is known of its evidence.
    evidence: EvidenceState,
    /// Of how many of them something could not be read.
    plans_damaged: usize,
    /// Of how many of them the log was found not to hold: these take no edits and get no checkpoints.
    plans_contradicted: usize,
    /// Whether the journal was found damaged; the store has what was in it.
    journal_damaged: bool,
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
        None => {
            let (plans_damaged, journal_damaged) =
                (server.plans.damaged(), server.plans.log().is_journal_damaged());
            let plans_contradicted = server.plans.notary().contradictions();
            let is_degraded = plans_damaged > 0 || plans_contradicted > 0 || journal_damaged;
            Ok(web::Json(Ready {
                status: if is_degraded { "degraded" } else { "ready" },
                plans: server.plans.log().plans().len(),
                resident: server.plans.resident(),
                plans_damaged,
                plans_contradicted,
                journal_damaged,
                evidence: EvidenceState::of(&server.self_check.report()),
            }))
        }
        Some(reason) => Err(Refusal::new(RefusalCode::ReadOnly, reason).into()),
    }
}
