//! Each limit at, below and above, by a clock that stands still until it is told otherwise.

use std::sync::Arc;
use std::time::Duration;

use governor::clock::FakeRelativeClock;
use plenary_limits::AT_ONCE_RETRY_S;
use plenary_limits::{held_here, holds};
use plenary_protocol::{Bureau, Role};

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn person(subject: &str) -> Principal {
    Principal {
        issuer: "plenary-local".into(),
        subject: subject.parse().unwrap(),
        name: subject.into(),
        bureau: Bureau::BR,
        role: Role::Drafter,
        token_id: None,
        issued_s: 0,
        expires_s: i64::MAX,
    }
}

fn address(text: &str) -> Address {
    Address::of(text.parse().unwrap())
}

fn limiter(caps: Caps) -> (Arc<Limiter<FakeRelativeClock>>, FakeRelativeClock) {
    let clock = FakeRelativeClock::default();
    let proxies = TrustedProxies::default();
    (Arc::new(Limiter::new(caps, proxies, Metrics::default(), clock.clone())), clock)
}

/// What is taken until something is refused, and the refusal.
fn until_refused<T>(mut take: impl FnMut() -> Result<T, Exceeded>) -> (Vec<T>, Exceeded) {
    let mut taken = Vec::new();
    loop {
        match take() {
            Ok(one) => taken.push(one),
            Err(exceeded) => return (taken, exceeded),
        }
        assert!(taken.len() < 100_000, "there is no limit");
    }
}

/// Exactly `max` are given, the next is refused, and one more is given after a `max`th of a minute.
fn is_a_rate<T>(
    limit: Limit,
    take: impl Fn(&Limiter<FakeRelativeClock>, &str) -> Result<T, Exceeded>,
    other: &str,
) {
    for max in [1, 7, limit.default()] {
        // Nothing but the limit that is looked at stands in the way.
        let wide = Limit::ALL.into_iter().fold(Caps::default(), |caps, limit| caps.with(limit, limit.most()));
        let (limiter, clock) = limiter(wide.with(limit, max));
        let (taken, refused) = until_refused(|| take(&limiter, "ana"));
        assert_eq!(taken.len(), max as usize, "{limit:?}");
        let wait_s = 60_u32.div_ceil(max);
        assert_eq!(refused, Exceeded { limit, max, retry_after_s: wait_s });
        assert!(take(&limiter, other).is_ok(), "{limit:?} of somebody else");
        clock.advance(Duration::from_nanos(60_000_000_000 / u64::from(max) - 1));
        assert!(take(&limiter, "ana").is_err(), "{limit:?} a moment too early");
        clock.advance(Duration::from_nanos(1));
        assert!(take(&limiter, "ana").is_ok(), "{limit:?} in time");
        assert!(take(&limiter, "ana").is_err(), "{limit:?} only one");
        clock.advance(60 * SECOND);
        assert_eq!(until_refused(|| take(&limiter, "ana")).0.len(), max as usize, "{limit:?} a minute later");
    }
}

/// Exactly `max` are given; when one of them is dropped, one more.
fn is_a_count<T>(limit: Limit, take: impl Fn(&Limiter<FakeRelativeClock>) -> Result<T, Exceeded>) {
    for max in [1, 7, limit.default()] {
        let wide = Limit::ALL.into_iter().fold(Caps::default(), |caps, limit| caps.with(limit, limit.most()));
        let (limiter, _) = limiter(wide.with(limit, max));
        let (mut taken, refused) = until_refused(|| take(&limiter));
        assert_eq!(taken.len(), max as usize, "{limit:?}");
        assert_eq!(refused, Exceeded { limit, max, retry_after_s: AT_ONCE_RETRY_S });
        taken.pop();
        taken.extend(take(&limiter).ok());
        assert_eq!(taken.len(), max as usize, "{limit:?}: one more when one has ended");
        assert!(take(&limiter).is_err(), "{limit:?}: only one");
        drop(taken);
        assert_eq!((limiter.open.len(), limiter.open_in_plan.len()), (0, 0), "nothing is kept of {limit:?}");
        assert_eq!((limiter.open_of_address.len(), limiter.open_of_subject.len()), (0, 0));
    }
}

#[test]
fn rates_of_a_subject_hold_to_the_one() {
    is_a_rate(Limit::SubjectRequests, |limiter, who| limiter.request(&person(who), 0), "bo");
    is_a_rate(Limit::SubjectTickets, |limiter, who| limiter.ticket(&person(who)), "bo");
    let open = |limiter: &Limiter<_>, who: &str| limiter.open(&person(who), address("192.0.2.1")).map(drop);
    is_a_rate(Limit::SubjectSocketsOpened, open, "bo");
}

#[test]
fn rates_of_an_address_hold_to_the_one_whoever_is_there() {
    let at = |who: &str| address(if who == "ana" { "192.0.2.1" } else { "192.0.2.2" });
    is_a_rate(
        Limit::AddressSocketsOpened,
        |limiter, who| limiter.open(&person(&format!("s{}", limiter.open.len())), at(who)).map(drop),
        "elsewhere",
    );
    let tried = |limiter: &Limiter<_>, who: &str| {
        let was_often = limiter.is_refused_often(&at(who));
        let refused = limiter.refuse(&at(who));
        assert_eq!(was_often, refused.is_err(), "looking takes nothing");
        refused
    };
    is_a_rate(Limit::AddressRefusals, tried, "elsewhere");
}

#[test]
fn what_is_open_at_once_is_counted_and_given_back() {
    let ana = person("ana");
    is_a_count(Limit::SubjectSockets, |limiter| limiter.open(&ana, address("192.0.2.1")));
    is_a_count(Limit::AddressSockets, |limiter| {
        limiter.open(&person(&format!("s{}", limiter.open_of_subject.len())), address("192.0.2.1"))
    });
    is_a_count(Limit::Sockets, |limiter| {
        let count = limiter.open_of_subject.len() as u32;
        let from = std::net::Ipv4Addr::from(0x0a00_0000 + count);
        limiter.open(&person(&format!("s{count}")), Address::of(from.into()))
    });
    is_a_count(Limit::PlanSockets, |limiter| limiter.follow(&"plan-a".parse().unwrap()));
}

#[test]
fn a_socket_that_is_refused_holds_no_place() {
    let (limiter, clock) = limiter(Caps::default().with(Limit::SubjectSocketsOpened, 1));
    let ana = person("ana");
    let place = limiter.open(&ana, address("192.0.2.1"));
    assert!(place.is_ok() && limiter.open(&ana, address("192.0.2.1")).is_err());
    drop(place);
    assert_eq!((limiter.open.len(), limiter.open_of_subject.len()), (0, 0));
    clock.advance(60 * SECOND);
    assert!(limiter.open(&ana, address("192.0.2.1")).is_ok());
}

#[test]
fn the_refusal_names_the_limit_and_when_to_come_back() {
    let (limiter, _) = limiter(Caps::default());
    let (_, refused) = until_refused(|| limiter.ticket(&person("ana")));
    let refusal = Refusal::from(refused);
    assert_eq!(refusal.code, RefusalCode::RateLimited);
    assert_eq!(refusal.reason, "your tickets: at most 120 a minute; try again in 1 s");
}

#[test]
fn bytes_of_requests_and_of_sockets_come_out_of_one_bucket() {
    let (limiter, clock) = limiter(Caps::default().with(Limit::SubjectMib, 1));
    let (ana, mib) = (person("ana"), MIB as usize);
    let mut pace = limiter.pace(&ana);
    assert!(limiter.request(&ana, mib - 10).is_ok());
    pace.read(10);
    assert!(!pace.is_behind(), "up to the limit");
    pace.read(1);
    assert!(pace.is_behind(), "a byte over it");
    assert!(limiter.request(&ana, 1).is_err());
    assert!(limiter.request(&person("bo"), mib).is_ok(), "of somebody else");
    let mut second = limiter.pace(&ana);
    second.read(5);
    assert!(second.is_behind(), "another socket of hers waits too");
    clock.advance(SECOND);
    assert_eq!((pace.pay(), second.pay()), (Ok(()), Ok(())));
    assert!(!pace.is_behind() && !second.is_behind());
}

#[test]
fn a_message_larger_than_the_bucket_is_taken_and_waited_for() {
    let (limiter, clock) = limiter(Caps::default().with(Limit::SubjectMib, 1));
    let mut pace = limiter.pace(&person("ana"));
    pace.read(usize::MAX);
    assert!(!pace.is_behind(), "a full bucket pays for any message");
    pace.read(usize::MAX);
    let wait = pace.pay().unwrap_err();
    assert!(wait > 59 * SECOND && wait <= 60 * SECOND, "{wait:?}");
    clock.advance(wait);
    assert_eq!(pace.pay(), Ok(()));
}

#[test]
fn messages_of_a_socket_are_held_to_their_rate_and_none_is_lost() {
    let max = Limit::SocketMessages.default();
    let (limiter, clock) = limiter(Caps::default());
    let mut pace = limiter.pace(&person("ana"));
    for _ in 0..max {
        pace.read(1);
        assert!(!pace.is_behind());
    }
    pace.read(1);
    assert!(pace.is_behind());
    let mut other = limiter.pace(&person("ana"));
    for _ in 0..2 * max {
        other.read_acknowledgement(1);
        assert!(!other.is_behind(), "what acknowledges is not counted");
    }
    other.read(1);
    assert!(!other.is_behind(), "another socket has a rate of its own");
    let wait = pace.pay().unwrap_err();
    assert!(wait <= SECOND / max, "{wait:?}");
    clock.advance(wait);
    assert_eq!(pace.pay(), Ok(()));
}

#[test]
fn the_quiet_are_forgotten_and_a_flood_of_names_shares_one_bucket() {
    let clock = FakeRelativeClock::default();
    let rate = Rate::a_minute(nonzero(2), 3, clock.clone());
    for known in 0..3 {
        assert_eq!(rate.take(&known, 1), Ok(()));
    }
    // Two of all the others, and the known ones keep what is theirs.
    assert_eq!((rate.take(&3, 1), rate.take(&4, 1)), (Ok(()), Ok(())));
    assert!(rate.take(&5, 1).is_err() && rate.take(&6, 1).is_err());
    assert_eq!((rate.take(&0, 1), rate.len()), (Ok(()), 3));
    rate.sweep();
    assert_eq!(rate.len(), 3, "nobody is forgotten who has not been quiet");
    assert!(rate.take(&0, 1).is_err() && rate.take(&5, 1).is_err());
    clock.advance(150 * SECOND);
    rate.sweep();
    assert_eq!(rate.len(), 0);
    assert_eq!((rate.take(&7, 1), rate.take(&7, 1), rate.len()), (Ok(()), Ok(()), 1), "room for a new one");
    assert!(rate.look(&7).is_err() && rate.look(&8).is_ok());
    assert_eq!(rate.len(), 1, "looking keeps nothing");
}

#[test]
fn forwarded_addresses_count_only_from_trusted_proxies() {
    let mut proxies = TrustedProxies::default();
    for trusted in TRUSTED_PROXIES_DEFAULT.into_iter().chain(["10.1.0.0/16", "2001:db8:1::/48"]) {
        proxies.add(trusted).unwrap();
    }
    let cases: [(&str, &[&str], &str); 12] = [
        ("192.0.2.1", &[], "192.0.2.1"),
        ("192.0.2.1", &["198.51.100.1"], "192.0.2.1"),
        ("127.0.0.1", &[], "127.0.0.1"),
        ("127.0.0.1", &["198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", &["203.0.113.9, 198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", &["203.0.113.9", "198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", &["198.51.100.1, 10.1.255.3"], "198.51.100.1"),
        ("127.0.0.1", &["198.51.100.1, 10.2.0.1"], "10.2.0.1"),
        ("127.0.0.1", &["nonsense"], "127.0.0.1"),
        ("::ffff:127.0.0.1", &["198.51.100.1"], "198.51.100.1"),
        ("2001:db8:1::7", &["2001:db8:9:9:1:2:3:4"], "2001:db8:9:9::"),
        ("2001:db8:2::7", &["198.51.100.1"], "2001:db8:2:0:ffff::"),
    ];
    for (peer, lines, wanted) in cases {
        assert_eq!(proxies.origin(peer.parse().unwrap(), lines), address(wanted), "{peer} {lines:?}");
    }
    assert_ne!(address("192.0.2.1"), address("192.0.2.2"));
    assert_ne!(address("2001:db8:0:1::1"), address("2001:db8:0:2::1"));
    for wrong in ["", "localhost", "10.0.0.0/33", "::/129", "10.0.0.1/x", "10.0.0.0/-1"] {
        assert!(TrustedProxies::default().add(wrong).is_err(), "{wrong}");
    }
    let mut all = TrustedProxies::default();
    all.add("0.0.0.0/0").unwrap();
    assert_eq!(all.origin("192.0.2.1".parse().unwrap(), &["198.51.100.1"]), address("198.51.100.1"));
}

#[test]
fn names_that_a_rate_knows_and_hops_that_are_looked_at_hold_to_the_one() {
    holds!(RATE_NAMES_MAX, |names| {
        let rate = Rate::a_minute(nonzero(1), RATE_NAMES_MAX, FakeRelativeClock::default());
        (0..names).all(|name| rate.take(&name, 1).is_ok()) && rate.len() == names
    });
    let mut proxies = TrustedProxies::default();
    proxies.add("10.0.0.0/8").unwrap();
    holds!(HOPS_MAX, |hops| {
        // The one that is not a proxy of ours stands as far back as that.
        let line = format!("198.51.100.1{}", ", 10.0.0.2".repeat(hops - 1));
        proxies.origin("10.0.0.1".parse().unwrap(), &[&line]) == address("198.51.100.1")
    });
    // One by one above: each at, below and above what it is set to.
    held_here!(
        SUBJECT_REQUESTS,
        SUBJECT_TICKETS,
        SUBJECT_SOCKETS_OPENED,
        SUBJECT_SOCKETS,
        SUBJECT_MIB,
        SOCKET_MESSAGES,
        ADDRESS_SOCKETS_OPENED,
        ADDRESS_SOCKETS,
        ADDRESS_REFUSALS,
        PLAN_SOCKETS,
        SOCKETS,
    );
}
