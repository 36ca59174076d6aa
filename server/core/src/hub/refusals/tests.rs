//! What is an entry, what is counted, and what is told of the number.

use plenary_limits::holds;
use plenary_protocol::wire::RefusalCode::{BadHeader, BadMeaning};
use plenary_protocol::{Bureau, Digest, Role};
use proptest::prelude::*;

use super::*;
use crate::policy::Action;
use crate::tests::world::{drafter, input, person};

const ASK: Ask = Ask::Changes { changes: Vec::new(), because: None, answers: Vec::new() };

fn from(session: &str) -> Input {
    Input { session: Some(session.to_owned()), ..input(&drafter(Bureau::BR), Action::Edit, ASK) }
}

fn of(subject: usize) -> Input {
    input(&person(&format!("person-{subject}"), Bureau::BR, Role::Drafter), Action::Edit, ASK)
}

fn refused(code: RefusalCode) -> Refusal {
    Refusal::new(code, "why")
}

fn change(number: usize) -> Option<Digest> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    Some(Digest(bytes))
}

fn counts(due: &[(Counted, u64)]) -> Vec<u64> {
    due.iter().map(|(_, count)| *count).collect()
}

#[test]
fn the_first_of_a_replica_and_code_is_an_entry_and_the_others_are_a_number_a_minute_later() {
    let mut refusals = Refusals::default();
    assert!(refusals.is_news(&from("a"), change(1), &refused(BadHeader), 0));
    assert!(!refusals.is_news(&from("a"), change(2), &refused(BadHeader), 1));
    assert!(refusals.is_news(&from("a"), change(3), &refused(BadMeaning), 2));
    assert!(refusals.is_news(&from("b"), change(4), &refused(BadHeader), 3));
    // The same change is no news from another replica of the same person either.
    assert!(!refusals.is_news(&from("c"), change(4), &refused(BadHeader), 4));
    assert!(refusals.due(MINUTE_US - 1).is_empty());
    let due = refusals.due(MINUTE_US);
    assert_eq!(counts(&due), [2]);
    assert_eq!(due[0].0.input.session.as_deref(), Some("c"), "the last one is told of");
    assert!(refusals.due(3 * MINUTE_US).is_empty(), "and once");
    assert!(!refusals.is_news(&from("a"), change(5), &refused(BadHeader), 3 * MINUTE_US));
    assert_eq!(counts(&refusals.due(0)), [1], "a clock that is set back holds nothing up");
}

#[test]
fn what_is_owed_is_told_at_once_before_the_plan_goes() {
    let mut refusals = Refusals::default();
    assert!(refusals.is_news(&from("a"), change(1), &refused(BadHeader), 0));
    assert!(!refusals.are_owed() && refusals.all_owed().is_empty(), "the first has its entry");
    assert!(!refusals.is_news(&from("a"), change(2), &refused(BadHeader), 1));
    assert!(!refusals.is_news(&from("a"), change(3), &refused(BadHeader), 2));
    assert!(refusals.are_owed());
    assert_eq!(counts(&refusals.all_owed()), [2]);
    assert!(!refusals.are_owed() && refusals.due(MINUTE_US).is_empty(), "and once");
}

#[test]
fn what_is_kept_of_refusals_is_bounded() {
    holds!(REFUSALS_RECORDED_MAX, |count| {
        let mut refusals = Refusals::default();
        let news = |n: usize| {
            let minute = (n as i64 / 50 + 1) * MINUTE_US;
            refusals.due(minute);
            refusals.is_news(&from(&format!("s-{n}")), None, &refused(BadHeader), minute)
        };
        (0..count).map(news).filter(|is_news| *is_news).count() == count
    });
    holds!(REFUSALS_COUNTED_SUBJECTS_MAX, |count| {
        let mut refusals = Refusals::default();
        (0..count).all(|n| refusals.is_news(&of(n), None, &refused(BadHeader), 0))
    });
    holds!(REFUSED_CHANGES_REMEMBERED_MAX, |count| {
        let mut refusals = Refusals::default();
        let sender = from("a");
        for n in 0..count {
            refusals.is_news(&sender, change(n), &refused(BadHeader), 0);
        }
        // Offered again by another replica, the first is no news as long as it is remembered.
        !refusals.is_news(&from("b"), change(0), &refused(BadHeader), 0)
    });
}

proptest! {
    /// Nothing is lost: what is no entry is in a number, whatever comes when.
    #[test]
    fn entries_and_numbers_together_are_all_that_was_refused(
        came in prop::collection::vec((0_usize..4, 0_usize..3, 0_usize..6, 0_i64..40_000_000), 0..80),
    ) {
        let (mut refusals, mut now_us, mut told) = (Refusals::default(), 0, 0);
        let count = came.len() as u64;
        for (subject, session, number, step_us) in came {
            now_us += step_us;
            told += counts(&refusals.due(now_us)).iter().sum::<u64>();
            let sender = Input { session: Some(format!("s-{session}")), ..of(subject) };
            told += u64::from(refusals.is_news(&sender, change(number), &refused(BadHeader), now_us));
        }
        told += counts(&refusals.due(now_us + MINUTE_US)).iter().sum::<u64>();
        prop_assert_eq!(told, count);
    }
}
