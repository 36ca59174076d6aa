//! How often and how many at once: per subject, per address, per plan, and in all.
//!
//! A rate is a bucket (GCRA, by `governor`): as many at once as its limit says, then evenly as fast as
//! that many a minute.  What is asked for over a limit is refused with `rate_limited`, naming the limit
//! and when to ask again; a socket that says too much is read more slowly, and nothing of it is lost.
//! Nothing here grows without bound: names that have been quiet are forgotten, and when too many are
//! known at once, those that are new share one bucket.

mod address;
mod held;
mod limit;
mod pace;
mod rate;

#[cfg(test)]
mod tests;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock, MonotonicClock};
use plenary_limits::{AT_ONCE_RETRY_S, RATE_NAMES_MAX};
use plenary_protocol::Principal;
use plenary_protocol::ids::PlanId;
use plenary_protocol::wire::{Refusal, RefusalCode};

pub use self::address::{Address, ProxyError, TRUSTED_PROXIES_DEFAULT, TrustedProxies};
pub use self::held::Seat;
pub use self::limit::{Caps, Limit};
pub use self::pace::Pace;

use self::held::Held;
use self::rate::Rate;
use crate::identity::Owner;
use crate::metrics::Metrics;

const MIB: u32 = 1_024 * 1_024;

/// Something is over a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}: at most {max} {}; try again in {retry_after_s} s", limit.what(), limit.unit())]
pub struct Exceeded {
    /// Which limit.
    pub limit: Limit,
    /// What it is set to.
    pub max: u32,
    /// When to try again, seconds, at least one.
    pub retry_after_s: u32,
}

impl From<Exceeded> for Refusal {
    fn from(exceeded: Exceeded) -> Refusal {
        Refusal::new(RefusalCode::RateLimited, exceeded.to_string())
    }
}

/// A socket's place among those open at once; given back when it is dropped.
#[derive(Debug)]
pub struct Place {
    _all: Seat<()>,
    _address: Seat<Address>,
    _subject: Seat<Owner>,
}

/// A place among the replays and exports of a subject; given back when it is dropped.
#[derive(Debug)]
pub struct Streaming {
    _subject: Seat<Owner>,
}

/// Counts who asks for what; clocks other than the system's are for tests.
#[derive(Debug)]
pub struct Limiter<C: Clock = MonotonicClock> {
    caps: Caps,
    clock: C,
    proxies: TrustedProxies,
    metrics: Metrics,
    requests: Rate<Owner, C>,
    tickets: Rate<Owner, C>,
    sockets: Rate<Owner, C>,
    bytes: Rate<Owner, C>,
    address_sockets: Rate<Address, C>,
    address_refusals: Rate<Address, C>,
    open: Held<()>,
    open_of_address: Held<Address>,
    open_of_subject: Held<Owner>,
    open_in_plan: Held<PlanId>,
    streams_of_subject: Held<Owner>,
}

impl<C: Clock + Clone> Limiter<C> {
    /// Nobody has asked for anything yet.
    pub fn new(caps: Caps, proxies: TrustedProxies, metrics: Metrics, clock: C) -> Self {
        fn rate<K, C>(caps: &Caps, limit: Limit, clock: &C) -> Rate<K, C>
        where
            K: std::hash::Hash + Eq + Clone,
            C: Clock + Clone,
        {
            Rate::a_minute(caps.get(limit), RATE_NAMES_MAX, clock.clone())
        }
        Limiter {
            caps,
            proxies,
            metrics,
            requests: rate(&caps, Limit::SubjectRequests, &clock),
            tickets: rate(&caps, Limit::SubjectTickets, &clock),
            sockets: rate(&caps, Limit::SubjectSocketsOpened, &clock),
            bytes: Rate::a_minute(
                caps.get(Limit::SubjectMib).saturating_mul(const { nonzero(MIB) }),
                RATE_NAMES_MAX,
                clock.clone(),
            ),
            address_sockets: rate(&caps, Limit::AddressSocketsOpened, &clock),
            address_refusals: rate(&caps, Limit::AddressRefusals, &clock),
            open: Held::default(),
            open_of_address: Held::default(),
            open_of_subject: Held::default(),
            open_in_plan: Held::default(),
            streams_of_subject: Held::default(),
            clock,
        }
    }

    /// The address that a request comes from.
    pub fn address(&self, request: &actix_web::HttpRequest) -> Address {
        self.proxies.address_of(request)
    }

    /// A request of somebody, with so many bytes of body.
    ///
    /// # Errors
    /// When it is one too many, or the bytes are.
    pub fn request(&self, who: &Principal, body_bytes: usize) -> Result<(), Exceeded> {
        let owner = Owner::of(who);
        self.kept(Limit::SubjectRequests, self.requests.take(&owner, 1))?;
        self.kept(Limit::SubjectMib, self.bytes.take(&owner, cells(body_bytes)))
    }

    /// A ticket for somebody.
    ///
    /// # Errors
    /// When it is one too many.
    pub fn ticket(&self, who: &Principal) -> Result<(), Exceeded> {
        self.kept(Limit::SubjectTickets, self.tickets.take(&Owner::of(who), 1))
    }

    /// Whether so many tokens and tickets from an address were refused that no issuer is asked for its sake.
    pub fn is_refused_often(&self, address: &Address) -> bool {
        self.address_refusals.look(address).is_err()
    }

    /// A token or ticket from an address is refused; a good one from there is none of this.
    ///
    /// # Errors
    /// When it is one too many.
    pub fn refuse(&self, address: &Address) -> Result<(), Exceeded> {
        self.kept(Limit::AddressRefusals, self.address_refusals.take(address, 1))
    }

    /// A socket of somebody; its place is given back when what is returned is dropped.
    ///
    /// # Errors
    /// When it is one too many: at once in all, of the address or of the subject, or opened a minute.
    pub fn open(&self, who: &Principal, address: Address) -> Result<Place, Exceeded> {
        let owner = Owner::of(who);
        let place = Place {
            _all: self.seat(Limit::Sockets, &self.open, ())?,
            _address: self.seat(Limit::AddressSockets, &self.open_of_address, address)?,
            _subject: self.seat(Limit::SubjectSockets, &self.open_of_subject, owner.clone())?,
        };
        self.kept(Limit::SubjectSocketsOpened, self.sockets.take(&owner, 1))?;
        self.kept(Limit::AddressSocketsOpened, self.address_sockets.take(&address, 1))?;
        Ok(place)
    }

    /// A place among those who follow a plan.
    ///
    /// # Errors
    /// When there is none.
    pub fn follow(&self, plan: &PlanId) -> Result<Seat<PlanId>, Exceeded> {
        self.seat(Limit::PlanSockets, &self.open_in_plan, plan.clone())
    }

    /// A place for a replay or an export of somebody.
    ///
    /// # Errors
    /// When there is none.
    pub fn stream(&self, who: &Principal) -> Result<Streaming, Exceeded> {
        let seat = self.seat(Limit::SubjectStreams, &self.streams_of_subject, Owner::of(who))?;
        Ok(Streaming { _subject: seat })
    }

    /// The pace at which a new socket of somebody is read.
    pub fn pace(self: &Arc<Self>, who: &Principal) -> Pace<C> {
        Pace::new(self.clone(), Owner::of(who))
    }

    /// Forgets who has been quiet for long enough.
    pub fn sweep(&self) {
        for rate in [&self.requests, &self.tickets, &self.sockets, &self.bytes] {
            rate.sweep();
        }
        self.address_sockets.sweep();
        self.address_refusals.sweep();
    }

    fn seat<K: std::hash::Hash + Eq + Clone>(
        &self,
        limit: Limit,
        held: &Held<K>,
        key: K,
    ) -> Result<Seat<K>, Exceeded> {
        let seat = held.take(key, self.caps.get(limit).get());
        seat.ok_or_else(|| self.exceeded(limit, AT_ONCE_RETRY_S))
    }

    fn kept(&self, limit: Limit, taken: Result<(), Duration>) -> Result<(), Exceeded> {
        taken.map_err(|wait| {
            let whole_s = wait.as_millis().div_ceil(1_000).max(1);
            self.exceeded(limit, u32::try_from(whole_s).unwrap_or(u32::MAX))
        })
    }

    fn exceeded(&self, limit: Limit, retry_after_s: u32) -> Exceeded {
        self.metrics.limited(limit.key());
        Exceeded { limit, max: self.caps.get(limit).get(), retry_after_s }
    }
}

/// Bytes as cells of a bucket; what is beyond the largest number fills any bucket.
fn cells(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

const fn nonzero(number: u32) -> NonZeroU32 {
    match NonZeroU32::new(number) {
        Some(number) => number,
        None => NonZeroU32::MIN,
    }
}
