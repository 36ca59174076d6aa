//! Asking again under the same name after a lost connection, a bounded number of times.
//!
//! Before the first request has left, a failure is final and nothing was done.  Once it has left and
//! the connection is lost, only the server knows; then we ask again, and if no answer can be had, the
//! outcome is unknown and said to be so.

use std::time::Duration;

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

/// How one attempt ended.
#[derive(Debug)]
pub enum Attempt<T> {
    /// The server answered: done.
    Done(T),
    /// The server answered: not done.
    Answered(Failure),
    /// The server answered: not now.
    Later(Failure),
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
    let mut pauses = PAUSES.into_iter();
    let mut lost_once = false;
    loop {
        let (reason, failure) = match attempt() {
            Attempt::Done(value) => return Ok(value),
            Attempt::Answered(failure) => return Err(failure),
            Attempt::NotSent(failure) if !lost_once => return Err(failure),
            Attempt::NotSent(failure) => (failure.message(), None),
            Attempt::Later(failure) => (failure.message(), Some(failure)),
            Attempt::Lost(reason) => {
                lost_once = true;
                (reason, None)
            }
        };
        match (pauses.next(), failure) {
            (Some(length), _) => pause(length, reason.lines().next().unwrap_or_default()),
            (None, Some(failure)) if !lost_once => return Err(failure),
            (None, _) => return Err(lost(reason)),
        }
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
        let busy = || Attempt::Later(Failure::Server("busy".into()));
        let (result, _) = run((0..=PAUSES.len()).map(|_| busy()).collect());
        assert!(matches!(result, Err(Failure::Server(_))));
    }
}
