//! What every edge of a running server shares.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use plenary_core::hub::ConnId;
use plenary_core::policy::{self, Action, Grant};
use plenary_limits::STUDIES_AT_ONCE_MAX;
use plenary_protocol::Principal;
use plenary_protocol::ids::PlanId;
use plenary_protocol::plan::PlanView;
use plenary_protocol::wire::{Refusal, RefusalCode};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::access_log::AccessLog;
use crate::clock;
use crate::config::Origins;
use crate::identity::{Identity, Revocation, Revocations, Tickets, TokenRevoked, Verifier};
use crate::limits::Limiter;
use crate::live::Presence;
use crate::metrics::Metrics;
use crate::past::LogPast;
use crate::plans::Plans;
use crate::readings::{Copy, ReadingError, Readings};
use crate::revoke::{self, RevocationsError};
use crate::self_check::SelfCheck;
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
    /// Tokens that no longer count.
    pub revocations: Arc<Revocations>,
    /// What the connections of `/sync` share.
    pub sync: Shared,
    /// Web origins that may connect.
    pub origins: Origins,
    /// What auditors read.
    pub access_log: AccessLog,
    /// How often, and how many at once.
    pub limits: Arc<Limiter>,
    /// What is counted.
    pub metrics: Metrics,
    /// Looks at the evidence.
    pub self_check: SelfCheck,
    turns: Arc<Semaphore>,
    tickets: Mutex<Tickets>,
    /// Held while a revocation is written, so that they are in force in the order of the log.
    revoking: Mutex<()>,
    connections: AtomicU64,
    stopping: AtomicBool,
    stop: watch::Sender<bool>,
}

impl Server {
    /// A server over plans; what the log says of revoked tokens is in force from now on.
    ///
    /// # Errors
    /// `RevocationsError` when it can not be read.
    pub fn new(
        plans: Plans,
        identity: Identity,
        origins: Origins,
        limits: Limiter,
        access_log: AccessLog,
        metrics: Metrics,
        self_check: impl FnOnce(&Plans, &Readings) -> SelfCheck,
    ) -> Result<Self, RevocationsError> {
        revoke::load(plans.log(), &identity.revocations, clock::now())?;
        Ok(Self::of(plans, identity, origins, limits, access_log, metrics, self_check))
    }

    /// Reads again what a start reads of facts, when those that the store had lost are back: which tokens are
    /// revoked, and which plans take no edits.  Blocking.
    pub fn read_facts_again(&self) {
        if let Err(error) = revoke::load(self.plans.log(), &self.revocations, self.now()) {
            tracing::error!(%error, "revocations that were put back are not in force");
        }
        if let Err(error) = self.plans.resume_stops() {
            tracing::error!(%error, "stops of edits that were put back are not in force");
        }
    }

    fn of(
        plans: Plans,
        identity: Identity,
        origins: Origins,
        limits: Limiter,
        access_log: AccessLog,
        metrics: Metrics,
        self_check: impl FnOnce(&Plans, &Readings) -> SelfCheck,
    ) -> Self {
        let Identity { verifier, revocations, .. } = identity;
        let readings = Readings::new(plans.clone());
        Server {
            self_check: self_check(&plans, &readings),
            readings,
            sync: Shared::new(plans.clone()),
            presence: Arc::default(),
            plans,
            verifier,
            origins,
            access_log,
            limits: Arc::new(limits),
            metrics,
            turns: Arc::new(Semaphore::new(STUDIES_AT_ONCE_MAX)),
            tickets: Mutex::new(Tickets::under(revocations.clone())),
            revocations,
            revoking: Mutex::new(()),
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

    /// The right of somebody to do something to a plan; the one place where it is given.
    ///
    /// # Errors
    /// A refusal with code `unauthenticated` when the token was revoked, `role_forbids`,
    /// `no_such_plan` where there is none or it is not theirs to read, or `unavailable`.
    pub fn grant(&self, who: &Principal, plan: &PlanId, action: Action) -> Result<Grant, Refusal> {
        let revoked = |error: TokenRevoked| Refusal::new(RefusalCode::Unauthenticated, error.to_string());
        self.revocations.check(who).map_err(revoked)?;
        // Before the plan is looked at: what a role does not do tells nothing of plans.
        policy::may(who, action)?;
        policy::check(who, plan, &self.plans.access(plan)?, action)
    }

    /// The committed past of a plan, for whoever may read it.
    pub fn past(&self, grant: &Grant) -> LogPast {
        self.plans.past(grant.plan())
    }

    /// Revokes tokens, durably; gives the revocation in force, and whether it is a new one.  Blocking.
    ///
    /// # Errors
    /// A refusal with code `busy`, or that of the log; nothing is revoked then.
    pub fn revoke(&self, asked: Revocation) -> Result<(Revocation, bool), Refusal> {
        let _order = self.revoking.lock().unwrap_or_else(PoisonError::into_inner);
        revoke::revoke(&self.plans, &self.revocations, asked, self.now())
    }

    /// Asks the reader copy of a plan on the blocking pool, for whoever may read it then.
    ///
    /// # Errors
    /// A refusal with code `no_such_plan` or `unavailable`.
    pub async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        grant: &Grant,
        ask: impl FnOnce(&Copy) -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        self.reading(grant, move |readings, grant, open| {
            readings.with(grant.plan(), |copy| open().map(|()| ask(copy)))
        })
        .await
    }

    /// As `read`, for the library's calls that want the document mutable.
    ///
    /// # Errors
    /// As `read`.
    pub async fn read_mut<T: Send + 'static>(
        self: &Arc<Self>,
        grant: &Grant,
        ask: impl FnOnce(&mut Copy) -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        self.reading(grant, move |readings, grant, open| {
            readings.with_mut(grant.plan(), |copy| open().map(|()| ask(copy)))
        })
        .await
    }

    /// As `read`, in turn with others who look into the past: so many at a time, in the order they came.
    ///
    /// # Errors
    /// As `read`.
    pub async fn study<T: Send + 'static>(
        self: &Arc<Self>,
        grant: &Grant,
        ask: impl FnOnce(&Copy) -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let turn = self.turn().await;
        self.read(grant, move |copy| {
            let answer = ask(copy);
            drop(turn);
            answer
        })
        .await
    }

    /// A turn of those who look into the past; given back when it is dropped.
    pub async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        self.turns.clone().acquire_owned().await.ok()
    }

    /// Reads with a copy that has caught up; `ask` is to call what it is handed before it looks at the
    /// copy, so that nothing from after a narrowing is shown.
    async fn reading<T: Send + 'static>(
        self: &Arc<Self>,
        grant: &Grant,
        ask: impl FnOnce(
            &Readings,
            &Grant,
            &dyn Fn() -> Result<(), Refusal>,
        ) -> Result<Result<T, Refusal>, ReadingError>
        + Send
        + 'static,
    ) -> Result<T, Refusal> {
        let (server, grant) = (self.clone(), grant.clone());
        let done = actix_web::web::block(move || {
            let open = || server.plans.access(grant.plan()).and_then(|access| grant.holds(&access));
            ask(&server.readings, &grant, &open)
        });
        let done = done.await;
        let failed = |error: &dyn std::fmt::Display| {
            tracing::error!(%error, "a plan could not be read");
            Refusal::new(RefusalCode::Unavailable, "the plan could not be read; the operator has been told")
        };
        match done {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => Err(failed(&error)),
            Err(error) => Err(failed(&error)),
        }
    }

    /// The plan now.
    ///
    /// # Errors
    /// As `read`.
    pub async fn view(self: &Arc<Self>, grant: &Grant) -> Result<Arc<PlanView>, Refusal> {
        self.read(grant, |copy| copy.view(None)).await
    }

    /// Now, as the one clock says.
    pub fn now(&self) -> jiff::Timestamp {
        clock::now()
    }
}
