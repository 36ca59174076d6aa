//! Asking again under the same name after a lost connection, a bounded number of times.
//!
//! Before the first request has left, a failure is final and nothing was done.  Once it has left and
//! the connection is lost, only the server knows; then we ask again, and if no answer can be had, the
//! outcome is unknown and said to be so.

use std::time::Duration;

use plenary_protocol::wire::RefusalCode;

use crate::failure::Failure;

/// How long to wait before each new attempt; a server that restarts is back within their sum.
pub const PAUSES: [Duration; 6] = [
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
];

/// The longest wait that a server may ask for; for longer than that a person is told instead.
pub const WAIT_MAX: Duration = Duration::from_secs(60);
/// How often a server is asked again that is out of order rather than busy.
const OUT_OF_ORDER_TRIES: usize = 2;

/// How one attempt ended.
#[derive(Debug)]
pub enum Attempt<T> {
    /// The server answered: done.
    Done(T),
    /// The server answered: not done.
    Answered(Failure),
    /// The server answered: not now, and maybe when.
    Later(Failure, Option<Duration>),
    /// The request has not left.
    NotSent(Failure),
    /// The request may have arrived, the answer did not.
    Lost(String),
}

/// Attempts until there is an answer.
///
/// # Errors
/// The answer, or the first failure if nothing has left, or `lost` made from the last reason.
pub fn until_answered<T>(
    mut attempt: impl FnMut() -> Attempt<T>,
    mut pause: impl FnMut(Duration, &str),
    lost: impl FnOnce(String) -> Failure,
) -> Result<T, Failure> {
    let mut waits = Waits::default();
    let mut lost_once = false;
    loop {
        let (reason, failure, after) = match attempt() {
            Attempt::Done(value) => return Ok(value),
            Attempt::Answered(failure) => return Err(failure),
            Attempt::NotSent(failure) if !lost_once => return Err(failure),
            Attempt::NotSent(failure) => (failure.message(), None, None),
            Attempt::Later(failure, after) => (failure.message(), Some(failure), after),
            Attempt::Lost(reason) => {
                lost_once = true;
                (reason, None, None)
            }
        };
        match (waits.next(failure.as_ref(), after), failure) {
            (Some(length), _) => pause(length, reason.lines().next().unwrap_or_default()),
            (None, Some(failure)) if !lost_once => return Err(failure),
            (None, _) => return Err(lost(reason)),
        }
    }
}

/// The waits of one ask: bounded in number and length, as long as the server says at least.
#[derive(Debug, Default)]
pub struct Waits {
    made: usize,
}

impl Waits {
    /// How long to wait before the next attempt; none when there is to be none.
    pub fn next(&mut self, failure: Option<&Failure>, after: Option<Duration>) -> Option<Duration> {
        let is_out_of_order = matches!(failure, Some(Failure::Refused(refusal))
            if matches!(refusal.code, RefusalCode::ReadOnly | RefusalCode::Unavailable));
        if is_out_of_order && self.made >= OUT_OF_ORDER_TRIES {
            return None;
        }
        let length = PAUSES.get(self.made)?.max(&after.unwrap_or_default()).to_owned();
        self.made += 1;
        Some(length).filter(|length| *length <= WAIT_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unreachable() -> Failure {
        Failure::Unreachable { url: "u".into(), reason: "r".into() }
    }

    fn run(mut script: Vec<Attempt<u8>>) -> (Result<u8, Failure>, usize) {
        script.reverse();
        let mut pauses = 0;
        let result = until_answered(
            || script.pop().unwrap_or_else(|| Attempt::Lost("again".into())),
            |_, _| pauses += 1,
            |reason| Failure::UnknownOutcome { edit_id: "id".into(), look: "log".into(), reason },
        );
        (result, pauses)
    }

    #[test]
    fn what_has_not_left_fails_at_once() {
        let (result, pauses) = run(vec![Attempt::NotSent(unreachable())]);
        assert!(matches!(result, Err(Failure::Unreachable { .. })));
        assert_eq!(pauses, 0);
    }

    #[test]
    fn a_lost_answer_is_asked_for_again() {
        let script = vec![Attempt::Lost("reset".into()), Attempt::NotSent(unreachable()), Attempt::Done(7)];
        let (result, pauses) = run(script);
        assert_eq!(result.unwrap(), 7);
        assert_eq!(pauses, 2);
    }

    #[test]
    fn without_an_answer_the_outcome_is_unknown() {
        let (result, pauses) = run(Vec::new());
        assert!(matches!(result, Err(Failure::UnknownOutcome { .. })));
        assert_eq!(pauses, PAUSES.len());
    }

    #[test]
    fn a_busy_server_is_not_an_unknown_outcome() {
        let busy = || Attempt::Later(Failure::Server("busy".into()), None);
        let (result, _) = run((0..=PAUSES.len()).map(|_| busy()).collect());
        assert!(matches!(result, Err(Failure::Server(_))));
    }

    #[test]
    fn waits_are_as_long_as_the_server_says_and_bounded() {
        let refused = |code| Failure::Refused(Box::new(plenary_protocol::wire::Refusal::new(code, "why")));
        let (busy, damaged) = (refused(RefusalCode::RateLimited), refused(RefusalCode::Unavailable));
        let s = Duration::from_secs;
        let mut waits = Waits::default();
        assert_eq!(waits.next(Some(&busy), Some(s(5))), Some(s(5)), "as it says");
        assert_eq!(waits.next(Some(&busy), Some(s(0))), Some(PAUSES[1]), "never at once");
        assert_eq!(waits.next(Some(&busy), Some(WAIT_MAX)), Some(WAIT_MAX));
        assert_eq!(waits.next(Some(&busy), Some(WAIT_MAX + s(1))), None, "a person would not wait so long");
        let mut waits = Waits::default();
        let count =
            |waits: &mut Waits, failure| (0..100).map_while(|_| waits.next(Some(failure), None)).count();
        assert_eq!(count(&mut waits, &busy), PAUSES.len());
        assert_eq!(count(&mut Waits::default(), &damaged), 2);
    }
}
