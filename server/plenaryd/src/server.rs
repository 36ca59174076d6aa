//! What every edge of a running server shares.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use plenary_core::hub::ConnId;
use plenary_protocol::ids::PlanId;
use plenary_protocol::plan::PlanView;
use plenary_protocol::wire::{Refusal, RefusalCode};
use tokio::sync::watch;

use crate::clock;
use crate::config::Origins;
use crate::identity::{Tickets, Verifier};
use crate::live::Presence;
use crate::metrics::Metrics;
use crate::plans::{Plans, no_such_plan};
use crate::readings::{Copy, Readings};
use crate::sync::Shared;

/// The running server.
pub struct Server {
    /// The plans.
    pub plans: Plans,
    /// Their reader copies.
    pub readings: Readings,
    /// Verifies tokens.
    pub verifier: Verifier,
    /// Who is where in the plans, as the connections of `/live` say.
    pub presence: Arc<Presence>,
    /// What the connections of `/sync` share.
    pub sync: Shared,
    /// Web origins that may connect.
    pub origins: Origins,
    /// What is counted.
    pub metrics: Metrics,
    tickets: Mutex<Tickets>,
    connections: AtomicU64,
    stopping: AtomicBool,
    stop: watch::Sender<bool>,
}

impl Server {
    /// A server over plans.
    pub fn new(plans: Plans, verifier: Verifier, origins: Origins, metrics: Metrics) -> Self {
        Server {
            readings: Readings::new(plans.clone()),
            sync: Shared::new(plans.clone()),
            presence: Arc::default(),
            plans,
            verifier,
            origins,
            metrics,
            tickets: Mutex::new(Tickets::new()),
            connections: AtomicU64::new(0),
            stopping: AtomicBool::new(false),
            stop: watch::Sender::new(false),
        }
    }

    /// The tickets.
    pub fn tickets(&self) -> std::sync::MutexGuard<'_, Tickets> {
        self.tickets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number for a new connection.
    pub fn next_connection(&self) -> ConnId {
        ConnId(self.connections.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// Whether the server is stopping: it takes no new sockets and no new edits.
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// Says to every connection that the server stops.
    pub fn begin_stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
        self.stop.send_replace(true);
    }

    /// Tells when the server stops.
    pub fn stop_signal(&self) -> watch::Receiver<bool> {
        self.stop.subscribe()
    }

    /// Asks the reader copy of a plan on the blocking pool.
    ///
    /// # Errors
    /// A refusal with code `no_such_plan` or `unavailable`.
    pub async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        plan: &PlanId,
        ask: impl FnOnce(&mut Copy) -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        if !self.plans.exists(plan) {
            return Err(no_such_plan(plan));
        }
        let (server, plan) = (self.clone(), plan.clone());
        let done = actix_web::web::block(move || server.readings.with(&plan, ask)).await;
        let failed = |error: &dyn std::fmt::Display| {
            tracing::error!(%error, "a plan could not be read");
            Refusal::new(RefusalCode::Unavailable, "the plan could not be read; the operator has been told")
        };
        match done {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(failed(&error)),
            Err(error) => Err(failed(&error)),
        }
    }

    /// The plan now.
    ///
    /// # Errors
    /// As `read`.
    pub async fn view(self: &Arc<Self>, plan: &PlanId) -> Result<Arc<PlanView>, Refusal> {
        self.read(plan, |copy| copy.view(None)).await
    }

    /// Now, as the one clock says.
    pub fn now(&self) -> jiff::Timestamp {
        clock::now()
    }
}
