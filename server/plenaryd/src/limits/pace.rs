//! The pace at which one socket is read: what was read beyond it is waited for before the next read.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock, MonotonicClock};
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use super::{Limit, Limiter, cells};
use crate::identity::Owner;

/// The pace of one socket.
///
/// A message that was read is always taken; the debt that it makes holds up the next one.
#[derive(Debug)]
pub struct Pace<C: Clock = MonotonicClock> {
    limiter: Arc<Limiter<C>>,
    owner: Owner,
    messages: RateLimiter<NotKeyed, InMemoryState, C, NoOpMiddleware<C::Instant>>,
    owes: Owes,
}

/// What is still to be paid for.
#[derive(Debug, Default)]
struct Owes {
    message: bool,
    bytes: u32,
}

impl<C: Clock + Clone> Pace<C> {
    pub(super) fn new(limiter: Arc<Limiter<C>>, owner: Owner) -> Self {
        let quota = Quota::per_second(limiter.caps.get(Limit::SocketMessages));
        let state = InMemoryState::default();
        let messages = RateLimiter::new(quota, state, limiter.clock.clone());
        Pace { limiter, owner, messages, owes: Owes::default() }
    }

    /// A message of so many bytes was read.
    pub fn read(&mut self, bytes: usize) {
        self.owe(Owes { message: true, bytes: cells(bytes) });
    }

    /// So many bytes were read that only acknowledge what the socket was told: how many of those there are is not
    /// its own affair.
    pub fn read_acknowledgement(&mut self, bytes: usize) {
        self.owe(Owes { message: false, bytes: cells(bytes) });
    }

    fn owe(&mut self, owes: Owes) {
        self.owes = owes;
        if self.pay().is_err() {
            let limit = if self.owes.message { Limit::SocketMessages } else { Limit::SubjectMib };
            self.limiter.metrics.limited(limit.key());
            tracing::debug!(limit = limit.key(), "a socket is read more slowly");
        }
    }

    /// Whether the next message has to wait.
    pub fn is_behind(&self) -> bool {
        self.owes.message || self.owes.bytes > 0
    }

    /// Waits until the next message may be read; for ever when nothing has to be waited for.
    pub async fn settled(&mut self) {
        if !self.is_behind() {
            return std::future::pending().await;
        }
        while let Err(wait) = self.pay() {
            tokio::time::sleep(wait).await;
        }
    }

    /// Pays what is owed as far as the buckets reach; or says how long to wait.
    ///
    /// # Errors
    /// How long.
    pub(super) fn pay(&mut self) -> Result<(), Duration> {
        if self.owes.message {
            let now = || self.limiter.clock.now();
            let paid = self.messages.check_n(NonZeroU32::MIN);
            // A bucket holds at least one, so only time can be lacking.
            if let Ok(Err(until)) = paid {
                return Err(until.wait_time_from(now()));
            }
            self.owes.message = false;
        }
        self.limiter.bytes.take(&self.owner, self.owes.bytes)?;
        self.owes.bytes = 0;
        Ok(())
    }
}
