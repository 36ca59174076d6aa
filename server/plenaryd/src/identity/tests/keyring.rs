//! When an issuer is asked for its keys, and which of them count: by a clock that the test sets.

use super::super::keyring::{KeyRing, News, Why};
use super::*;
use plenary_limits::{
    KEYS_ASKED_EVERY_S, KEYS_KEPT_S_MAX, KEYS_OF_FILE_FRESH_S, KEYS_OF_URL_FRESH_S, held_here,
};

fn url() -> KeySource {
    KeySource::Url("https://login.example.org/jwks".parse().unwrap(), TokenAlgorithm::Es256)
}

fn keys(ids: &[&str]) -> KeySet {
    let dir = TempDir::new().unwrap();
    let keys: Vec<Value> = ids.iter().map(|id| public_jwk(&es256_key(9), Algorithm::ES256, id)).collect();
    KeySet::read(&write_jwks(dir.path(), &keys), TokenAlgorithm::Es256).unwrap()
}

fn down() -> Result<KeySet, KeySetError> {
    Err(KeySetError::Fetch { place: "there".into(), problem: "nobody answers".into() })
}

/// The key ids that count.
fn counting(ring: &KeyRing, now_s: i64) -> Result<Vec<String>, TokenDetail> {
    ring.keys(EXTERNAL, at(now_s)).map(|keys| keys.keys.keys().cloned().collect())
}

#[test]
fn a_flood_of_unknown_keys_asks_once_a_minute() {
    let ring = KeyRing::new(url(), at(NOW_S));
    let mut askings = 0;
    for second in 0..600 {
        for _ in 0..100 {
            if ring.begin(Why::UnknownKey, at(NOW_S + second)) {
                askings += 1;
                assert!(ring.asking().is_some());
                let had = if askings % 2 == 0 { down() } else { Ok(keys(&["a"])) };
                ring.end(&had, at(NOW_S + second));
                assert!(ring.asking().is_none());
            }
        }
    }
    assert_eq!(askings, 10);
    assert!(ring.begin(Why::UnknownKey, at(NOW_S - 86_400)), "a clock that was set back does not lock it");
}

#[test]
fn an_asking_that_is_on_its_way_is_enough() {
    let ring = KeyRing::new(url(), at(NOW_S));
    assert!(ring.begin(Why::Time, at(NOW_S)));
    assert!(!ring.begin(Why::UnknownKey, at(NOW_S + 5)));
    let mut ended = ring.asking().unwrap();
    assert!(!ended.has_changed().unwrap());
    ring.end(&Ok(keys(&["a"])), at(NOW_S + 6));
    assert!(ended.has_changed().unwrap());
    ended.mark_unchanged();
}

#[test]
fn keys_are_asked_for_again_when_it_is_time() {
    let (dir, set) = (TempDir::new().unwrap(), keys(&["a"]));
    let file = KeySource::File(dir.path().join("x"), set.clone());
    for (source, fresh_s) in [(url(), KEYS_OF_URL_FRESH_S), (file, KEYS_OF_FILE_FRESH_S)] {
        let ring = KeyRing::new(source, at(NOW_S - 10_000));
        assert!(ring.begin(Why::Time, at(NOW_S)));
        ring.end(&Ok(set.clone()), at(NOW_S));
        assert!(!ring.begin(Why::Time, at(NOW_S + fresh_s - 1)));
        assert!(ring.begin(Why::Time, at(NOW_S + fresh_s)));
        ring.end(&down(), at(NOW_S + fresh_s));
        assert!(!ring.begin(Why::Time, at(NOW_S + fresh_s + KEYS_ASKED_EVERY_S - 1)));
        assert!(ring.begin(Why::Time, at(NOW_S + fresh_s + KEYS_ASKED_EVERY_S)), "at once after a failure");
    }
    held_here!(KEYS_OF_URL_FRESH_S, KEYS_OF_FILE_FRESH_S, KEYS_ASKED_EVERY_S);
    let fixed = KeyRing::new(KeySource::Fixed(set), at(NOW_S));
    assert!(!fixed.begin(Why::UnknownKey, at(NOW_S + 1_000_000)));
    assert_eq!(counting(&fixed, NOW_S + 1_000_000).unwrap(), ["a"], "the local issuer's never end");
}

#[test]
fn keys_that_a_later_set_lacks_are_gone_and_a_failure_changes_none() {
    let ring = KeyRing::new(url(), at(NOW_S));
    let mut now_s = NOW_S;
    let mut asked = |had: Result<KeySet, KeySetError>| {
        now_s += KEYS_ASKED_EVERY_S;
        assert!(ring.begin(Why::UnknownKey, at(now_s)));
        ring.end(&had, at(now_s));
        counting(&ring, now_s)
    };
    assert_eq!(asked(Ok(keys(&["a", "b"]))).unwrap(), ["a", "b"]);
    assert_eq!(asked(Ok(keys(&["b", "c"]))).unwrap(), ["b", "c"]);
    assert_eq!(asked(down()).unwrap(), ["b", "c"]);
}

#[test]
fn what_cannot_be_had_anew_counts_for_some_time_and_then_not_at_all() {
    use News::{Closed, Failing, Had, None};
    let ring = KeyRing::new(url(), at(NOW_S));
    assert_eq!(counting(&ring, NOW_S), Err(TokenDetail::NoKeys { issuer: EXTERNAL.into() }), "none yet");
    assert!(ring.begin(Why::Time, at(NOW_S)));
    assert_eq!(ring.end(&down(), at(NOW_S)), Closed);
    let mut news = Vec::new();
    let mut asked = |now_s: i64, had: Result<KeySet, KeySetError>| {
        assert!(ring.begin(Why::UnknownKey, at(now_s)));
        news.push(ring.end(&had, at(now_s)));
    };
    asked(NOW_S + 60, down());
    let had_s = NOW_S + 120;
    asked(had_s, Ok(keys(&["a"])));
    asked(had_s + 60, down());
    asked(had_s + 3_600, down());
    assert_eq!(counting(&ring, had_s + 3_600).unwrap(), ["a"]);
    assert_eq!(counting(&ring, had_s + KEYS_KEPT_S_MAX - 1).unwrap(), ["a"]);
    assert!(counting(&ring, had_s + KEYS_KEPT_S_MAX).is_err());
    held_here!(KEYS_KEPT_S_MAX);
    asked(had_s + KEYS_KEPT_S_MAX, down());
    asked(had_s + KEYS_KEPT_S_MAX + 60, down());
    asked(had_s + KEYS_KEPT_S_MAX + 120, Ok(keys(&["b"])));
    assert_eq!(counting(&ring, had_s + KEYS_KEPT_S_MAX + 120).unwrap(), ["b"], "and open again");
    // The operator is told what changes, not each failure.
    assert_eq!(news, [None, Had { keys: 1 }, Failing, None, Closed, None, Had { keys: 1 }]);
}
