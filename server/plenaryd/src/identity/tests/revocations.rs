//! Revoked tokens: which ones, from when, for how long, and the tickets that stand for them.

use std::sync::Arc;

use plenary_limits::{REVOCATION_KEPT_S, REVOCATIONS_MAX, held_here};
use plenary_protocol::Principal;

use super::*;

fn revocation(what: Revoked, since_s: i64) -> Revocation {
    let key = RevocationKey { what, issuer: None };
    Revocation { key, since_s, by: "root".parse().unwrap(), because: None }
}

fn everything_of(subject: &str, since_s: i64) -> Revocation {
    revocation(Revoked::Subject(subject.parse().unwrap()), since_s)
}

impl Bench {
    fn principal(&self, token: &str) -> Result<Principal, TokenReason> {
        self.identity.verifier.verify(token, at(NOW_S)).map_err(|error| error.reason)
    }

    fn token(&self, id: &str, from_s: i64) -> String {
        let times = with(with(claims(), "iat", json!(from_s)), "nbf", json!(from_s));
        self.forge(&self.header(), &with(times, "jti", json!(id)))
    }
}

#[test]
fn a_person_is_revoked_up_to_a_second_and_a_token_by_its_id() {
    let bench = Bench::new();
    let revocations = &bench.identity.revocations;
    let [old, same, new] = [-10, 0, 1].map(|offset| bench.token("t-1", NOW_S + offset));
    let without_id = bench.forge(&bench.header(), &without(claims(), "jti"));
    revocations.add(everything_of("ben", NOW_S));
    assert!(bench.principal(&old).is_ok(), "somebody else");
    revocations.add(everything_of("ana", NOW_S));
    for token in [&old, &same, &without_id] {
        assert_eq!(bench.principal(token), Err(TokenReason::Revoked));
    }
    assert!(bench.principal(&new).is_ok(), "issued later");
    revocations.add(everything_of("ana", NOW_S + 1));
    assert_eq!(bench.principal(&new), Err(TokenReason::Revoked), "revoked again, later");

    let bench = Bench::new();
    bench.identity.revocations.add(revocation(Revoked::Token("t-1".into()), NOW_S - 100));
    assert_eq!(bench.principal(&bench.token("t-1", NOW_S + 1)), Err(TokenReason::Revoked));
    assert!(bench.principal(&bench.token("t-2", NOW_S - 200)).is_ok());
    let error = bench.identity.verifier.verify(&bench.token("t-1", NOW_S), at(NOW_S)).unwrap_err();
    assert_eq!(error.to_string(), "the token is not valid: revoked");
}

#[test]
fn of_one_issuer_means_not_of_others() {
    let bench = Bench::new();
    let of = |issuer: &str| {
        let mut revocation = everything_of("ana", NOW_S);
        revocation.key.issuer = Some(issuer.to_owned());
        revocation
    };
    bench.identity.revocations.add(of(EXTERNAL));
    let token = bench.token("t-1", NOW_S);
    assert!(bench.principal(&token).is_ok());
    bench.identity.revocations.add(of(LOCAL_ISSUER_NAME));
    assert_eq!(bench.principal(&token), Err(TokenReason::Revoked));
}

#[test]
fn what_is_kept_is_bounded_and_forgotten_when_no_token_can_be_meant() {
    let revocations = Revocations::default();
    for n in 0..REVOCATIONS_MAX {
        let one = revocation(Revoked::Token(format!("t-{n}")), NOW_S + i64::from(n == 0));
        assert!(revocations.has_room(&one.key, at(NOW_S)));
        revocations.add(one);
    }
    let more = everything_of("ana", NOW_S);
    assert!(!revocations.has_room(&more.key, at(NOW_S)));
    held_here!(REVOCATIONS_MAX, REVOCATION_KEPT_S);
    let again = revocation(Revoked::Token("t-5".into()), NOW_S);
    assert!(revocations.has_room(&again.key, at(NOW_S)), "it is in the place of itself");
    let end_s = NOW_S + REVOCATION_KEPT_S;
    assert_eq!(revocations.list(at(end_s - 1)).len(), REVOCATIONS_MAX);
    assert_eq!(revocations.list(at(end_s)).len(), 1);
    assert!(revocations.has_room(&more.key, at(end_s)));
}

#[test]
fn a_revocation_stands_until_there_may_be_newer_tokens() {
    let revocations = Revocations::default();
    let (token, person) = (revocation(Revoked::Token("t".into()), NOW_S), everything_of("ana", NOW_S));
    assert_eq!(revocations.standing(&token.key, at(NOW_S)), None);
    revocations.add(token.clone());
    revocations.add(person.clone());
    assert_eq!(revocations.standing(&token.key, at(NOW_S + 50)), Some(token.clone()));
    assert_eq!(revocations.standing(&token.key, at(NOW_S + REVOCATION_KEPT_S)), None);
    assert_eq!(revocations.standing(&person.key, at(NOW_S)), Some(person.clone()));
    assert_eq!(revocations.standing(&person.key, at(NOW_S + 1)), None);
}

#[test]
fn tickets_of_revoked_tokens_are_worth_nothing_and_cost_nothing() {
    let bench = Bench::new();
    let who = bench.principal(&bench.token("t-1", NOW_S)).unwrap();
    let revocations = bench.identity.revocations.clone();
    let mut tickets = Tickets::under(revocations.clone());
    let [fresh, bound, kept] =
        [1, 2, 3].map(|n| tickets.issue(who.clone(), None, at(NOW_S), [n; 32]).unwrap());
    for ticket in [&bound, &kept] {
        tickets.redeem_for_peer(ticket, "peer", at(NOW_S)).unwrap();
    }
    let (key, binding) = (Tickets::key(&kept).unwrap(), tickets.binding(&kept).unwrap());
    revocations.add(everything_of("ana", NOW_S));
    let revoked = TicketError::TokenRevoked;
    assert_eq!(tickets.issue(who, None, at(NOW_S), [4; 32]), Err(revoked.clone()));
    for ticket in [&fresh, &bound] {
        assert_eq!(tickets.knows(ticket, at(NOW_S)), Err(revoked.clone()));
    }
    assert_eq!(tickets.redeem(&fresh, at(NOW_S)), Err(revoked.clone()));
    assert_eq!(tickets.redeem_for_peer(&bound, "peer", at(NOW_S)), Err(revoked.clone()));
    // After a restart the store is asked once; then the ticket is known, and refused at once.
    let mut tickets = Tickets::under(revocations);
    assert_eq!(tickets.knows(&kept, at(NOW_S)), Ok(false));
    tickets.restore(key, binding, at(NOW_S));
    assert_eq!(tickets.knows(&kept, at(NOW_S)), Err(revoked.clone()));
    assert_eq!(tickets.redeem_for_peer(&kept, "peer", at(NOW_S)), Err(revoked));
}

#[tokio::test]
async fn who_watches_is_told_at_once() {
    let bench = Bench::new();
    let who = bench.principal(&bench.token("t-1", NOW_S)).unwrap();
    let revocations: Arc<Revocations> = bench.identity.revocations.clone();
    let mut watch = revocations.watch(&who);
    revocations.add(everything_of("ben", NOW_S));
    let waiting = tokio::spawn(async move { watch.revoked().await });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    revocations.add(everything_of("ana", NOW_S));
    waiting.await.unwrap();
    revocations.watch(&who).revoked().await;
}
