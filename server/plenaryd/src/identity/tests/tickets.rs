//! Tickets: once, in time, by the right peer, and not too many.

use plenary_limits::{
    LEEWAY_S_MAX, PEERS_PER_SUBJECT_MAX, TICKET_LIFETIME_S_MAX, TICKETS_MAX, TICKETS_PER_SUBJECT_MAX,
    held_here, holds,
};
use plenary_protocol::{PlanId, Principal};

use super::*;

#[test]
fn a_ticket_is_good_once() {
    let mut tickets = Tickets::new();
    let plan: PlanId = "itu-sp".parse().unwrap();
    let ticket = tickets.issue(principal("ana"), Some(plan.clone()), at(NOW_S), [1; 32]).unwrap();
    assert!(!format!("{tickets:?}").contains(&ticket), "only the digest is kept");
    assert_eq!(tickets.redeem(&ticket, at(NOW_S + 29)), Ok((principal("ana"), Some(plan))));
    assert_eq!(tickets.redeem(&ticket, at(NOW_S + 29)), Err(TicketError::NotValid));
}

#[test]
fn a_ticket_ends_after_thirty_seconds() {
    let mut tickets = Tickets::new();
    let ticket = tickets.issue(principal("ana"), None, at(NOW_S), [1; 32]).unwrap();
    assert_eq!(tickets.redeem(&ticket, at(NOW_S + TICKET_LIFETIME_S_MAX)), Err(TicketError::NotValid));
    assert_eq!(
        tickets.redeem(&ticket, at(NOW_S)),
        Err(TicketError::NotValid),
        "the clock can not bring it back"
    );
}

#[test]
fn a_ticket_ends_with_its_token() {
    let mut tickets = Tickets::new();
    let end_s = principal("ana").expires_s + LEEWAY_S_MAX;
    let ticket = tickets.issue(principal("ana"), None, at(end_s - 1), [1; 32]).unwrap();
    assert_eq!(tickets.redeem(&ticket, at(end_s)), Err(TicketError::TokenEnded));
    let late = tickets.issue(principal("ana"), None, at(end_s), [2; 32]);
    assert_eq!(late, Err(TicketError::TokenEnded));
}

#[test]
fn what_was_never_given_out_is_no_ticket() {
    let mut tickets = Tickets::new();
    tickets.issue(principal("ana"), None, at(NOW_S), [1; 32]).unwrap();
    let other = URL_SAFE_NO_PAD.encode([2; 32]);
    for text in ["", "x", &other, &format!("{other}="), &"A".repeat(1_000_000)] {
        assert_eq!(tickets.redeem(text, at(NOW_S)), Err(TicketError::NotValid));
        assert_eq!(tickets.redeem_for_peer(text, "p", at(NOW_S)), Err(TicketError::NotValid));
    }
    assert_eq!(tickets.issue(principal("bo"), None, at(NOW_S), [1; 32]), Err(TicketError::Entropy));
}

#[test]
fn tickets_are_bounded_by_subject_and_together() {
    let mut tickets = Tickets::new();
    let mut serial = 0_u64;
    let mut issue = |tickets: &mut Tickets, subject: &str, now_s| {
        serial += 1;
        let mut entropy = [0; 32];
        entropy[..8].copy_from_slice(&serial.to_be_bytes());
        tickets.issue(principal(subject), None, at(now_s), entropy)
    };
    let first = issue(&mut tickets, "ana", NOW_S).unwrap();
    for _ in 1..TICKETS_PER_SUBJECT_MAX {
        issue(&mut tickets, "ana", NOW_S).unwrap();
    }
    assert_eq!(issue(&mut tickets, "ana", NOW_S), Err(TicketError::TooManyOfSubject));
    tickets.redeem(&first, at(NOW_S)).unwrap();
    issue(&mut tickets, "ana", NOW_S).unwrap();

    for number in 0..TICKETS_MAX - TICKETS_PER_SUBJECT_MAX {
        issue(&mut tickets, &format!("s{}", number / TICKETS_PER_SUBJECT_MAX), NOW_S).unwrap();
    }
    assert_eq!(issue(&mut tickets, "zoe", NOW_S), Err(TicketError::TooMany));
    issue(&mut tickets, "ana", NOW_S + TICKET_LIFETIME_S_MAX).unwrap();
    issue(&mut tickets, "zoe", NOW_S + TICKET_LIFETIME_S_MAX).unwrap();
}

#[test]
fn a_peer_comes_back_with_its_ticket_and_nobody_else_does() {
    let mut tickets = Tickets::new();
    let ticket = tickets.issue(principal("ana"), None, at(NOW_S), [1; 32]).unwrap();
    assert_eq!(tickets.redeem_for_peer(&ticket, "", at(NOW_S)), Err(TicketError::NotValid));
    for later_s in [0, 29, 31, 3_000] {
        assert!(tickets.redeem_for_peer(&ticket, "peer-a", at(NOW_S + later_s)).is_ok(), "{later_s}");
        assert_eq!(
            tickets.redeem_for_peer(&ticket, "peer-b", at(NOW_S + later_s)),
            Err(TicketError::NotValid)
        );
        assert_eq!(tickets.redeem(&ticket, at(NOW_S + later_s)), Err(TicketError::NotValid));
    }
    let end_s = principal("ana").expires_s + LEEWAY_S_MAX;
    assert_eq!(tickets.redeem_for_peer(&ticket, "peer-a", at(end_s)), Err(TicketError::NotValid));

    let unused = tickets.issue(principal("ana"), None, at(NOW_S), [2; 32]).unwrap();
    let late = tickets.redeem_for_peer(&unused, "peer-a", at(NOW_S + TICKET_LIFETIME_S_MAX));
    assert_eq!(late, Err(TicketError::NotValid), "the first use must be in time");
}

#[test]
fn of_too_many_peers_the_one_longest_away_is_forgotten() {
    let mut tickets = Tickets::new();
    let mut join = |number: usize| {
        let mut entropy = [0; 32];
        entropy[..8].copy_from_slice(&number.to_be_bytes());
        let ticket = tickets.issue(principal("ana"), None, at(NOW_S), entropy);
        let ticket = ticket.unwrap_or_else(|_| URL_SAFE_NO_PAD.encode(entropy));
        tickets.redeem_for_peer(&ticket, &format!("peer-{number}"), at(NOW_S)).is_ok()
    };
    for number in 0..PEERS_PER_SUBJECT_MAX {
        assert!(join(number));
    }
    assert!(join(0), "comes back, and is the latest now");
    assert!(join(PEERS_PER_SUBJECT_MAX));
    assert!(join(0));
    assert!(join(2));
}

fn principal(subject: &str) -> Principal {
    Principal {
        subject: subject.parse().unwrap(),
        name: "Ana Silva".to_owned(),
        issuer: LOCAL_ISSUER_NAME.to_owned(),
        bureau: Bureau::BR,
        role: Role::Drafter,
        token_id: None,
        issued_s: 0,
        expires_s: NOW_S + 3_600,
    }
}

#[test]
fn a_ticket_s_time_its_peers_and_their_names_hold_to_the_one() {
    held_here!(TICKETS_PER_SUBJECT_MAX, TICKETS_MAX, PEERS_PER_SUBJECT_MAX);
    let serial = std::cell::Cell::new(0_u64);
    let issue_until = |tickets: &mut Tickets, subject: &str, expires_s: i64| {
        serial.set(serial.get() + 1);
        let mut entropy = [0; 32];
        entropy[..8].copy_from_slice(&serial.get().to_be_bytes());
        tickets.issue(Principal { expires_s, ..principal(subject) }, None, at(NOW_S), entropy)
    };
    let issue = |tickets: &mut Tickets, subject: &str| issue_until(tickets, subject, NOW_S + 3_600);
    holds!(TICKET_LIFETIME_S_MAX, |later_s| {
        let mut tickets = Tickets::new();
        let ticket = issue(&mut tickets, "ana").unwrap();
        // The second in which it ends is the first in which it is over.
        tickets.redeem(&ticket, at(NOW_S + later_s as i64 - 1)).is_ok()
    });
    holds!(PEER_NAME_BYTES_MAX, |bytes| {
        let mut tickets = Tickets::new();
        let ticket = issue(&mut tickets, "ana").unwrap();
        tickets.redeem_for_peer(&ticket, &"p".repeat(bytes), at(NOW_S)).is_ok()
    });
    let comes_back = |peers: usize, of_subject: &dyn Fn(usize) -> String| {
        let mut tickets = Tickets::new();
        let mut first = None;
        for n in 0..peers {
            // The first one's token ends first, so it is the one that goes.
            let ticket = issue_until(&mut tickets, &of_subject(n), NOW_S + 3_599 + i64::from(n > 0)).unwrap();
            tickets.redeem_for_peer(&ticket, &format!("peer-{n}"), at(NOW_S)).unwrap();
            first.get_or_insert(ticket);
        }
        tickets.redeem_for_peer(&first.unwrap(), "peer-0", at(NOW_S)).is_ok()
    };
    holds!(PEERS_PER_SUBJECT_MAX, |peers| comes_back(peers, &|_| "ana".to_owned()));
    holds!(PEERS_MAX, |peers| comes_back(peers, &|n| format!("s{}", n / 32)));
}
