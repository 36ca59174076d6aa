//! Keys from an address: a real one on this machine, which rotates, fails, lies and points elsewhere.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::FromRequest as _;
use actix_web::test::TestRequest;
use actix_web::web::Data;
use governor::clock::MonotonicClock;
use plenary_limits::{EXTERNAL_LIFETIME_S_MAX, KEYS_ASKED_EVERY_S, KEYS_KEPT_S_MAX};
use plenary_log::{Log, Options};

use super::*;
use crate::access_log::AccessLog;
use crate::config::Origins;
use crate::evidence::Notary;
use crate::http::Caller;
use crate::indexer::EntryIndexer;
use crate::limits::{Caps, Limiter, TrustedProxies};
use crate::metrics::Metrics;
use crate::plans::{Plans, Settings};
use crate::readings::Readings;
use crate::self_check::SelfCheck;
use crate::server::Server;

/// An issuer's address: answers what it was told last, and counts.
struct Publisher {
    address: String,
    answer: Arc<Mutex<Vec<u8>>>,
    asked: Arc<AtomicUsize>,
}

impl Publisher {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (answer, asked) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicUsize::new(0)));
        let (told, count) = (answer.clone(), asked.clone());
        // Ends with the test's process.
        std::thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                count.fetch_add(1, Ordering::SeqCst);
                if read_head(&mut stream).is_some() {
                    let bytes = told.lock().unwrap().clone();
                    _ = stream.write_all(&bytes);
                }
            }
        });
        Self { address, answer, asked }
    }

    fn answers(&self, status: &str, headers: &str, body: &str) {
        let length = body.len();
        let text = format!(
            "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n{body}"
        );
        *self.answer.lock().unwrap() = text.into_bytes();
    }

    fn publishes(&self, keys: &[(u8, &str)]) {
        let jwk = |(scalar, id): &(u8, &str)| public_jwk(&es256_key(*scalar), Algorithm::ES256, id);
        let keys: Vec<Value> = keys.iter().map(jwk).collect();
        self.answers("200 OK", "Content-Type: application/json\r\n", &json!({ "keys": keys }).to_string());
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn verifier(&self) -> Verifier {
        let url = format!("{}/jwks.json", self.address).parse().unwrap();
        let issuer = TrustedIssuer {
            name: EXTERNAL.to_owned(),
            audience: AUDIENCE.to_owned(),
            keys: KeySource::Url(url, TokenAlgorithm::Es256),
            lifetime_max_s: EXTERNAL_LIFETIME_S_MAX,
        };
        Verifier::new([issuer], Arc::default(), at(NOW_S))
    }
}

fn read_head(stream: &mut TcpStream) -> Option<()> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    Some(())
}

/// A token of the external issuer under one of its keys.
fn token(scalar: u8, key_id: &str, from_s: i64) -> String {
    let header = json!({ "typ": "at+jwt", "alg": "ES256", "kid": key_id });
    let times = with(with(claims(), "iat", json!(from_s)), "exp", json!(from_s + 3_600));
    let claims = with(without(times, "nbf"), "iss", json!(EXTERNAL));
    sign(&header.to_string(), &claims.to_string(), &es256_key(scalar), Algorithm::ES256)
}

async fn outcome(verifier: &Verifier, token: &str, now_s: i64) -> Result<(), String> {
    verifier.verify_asking(token, at(now_s)).await.map(|_| ()).map_err(|error| error.to_string())
}

const NOT_OURS: &str = "the token is not valid: not ours";

#[tokio::test]
async fn keys_rotate_while_people_work() {
    let publisher = Publisher::new();
    publisher.publishes(&[(9, "old")]);
    let verifier = publisher.verifier();
    outcome(&verifier, &token(9, "old", NOW_S), NOW_S).await.unwrap();
    publisher.publishes(&[(9, "old"), (8, "new")]);
    let later_s = NOW_S + KEYS_ASKED_EVERY_S;
    outcome(&verifier, &token(8, "new", NOW_S), later_s).await.unwrap();
    outcome(&verifier, &token(9, "old", NOW_S), later_s).await.unwrap();
    assert_eq!(publisher.asked(), 2);
    publisher.publishes(&[(8, "new")]);
    outcome(&verifier, &token(7, "none", NOW_S), later_s + 59).await.unwrap_err();
    outcome(&verifier, &token(9, "old", NOW_S), later_s + 59).await.unwrap();
    outcome(&verifier, &token(7, "none", NOW_S), later_s + 60).await.unwrap_err();
    assert_eq!(outcome(&verifier, &token(9, "old", NOW_S), later_s + 60).await.unwrap_err(), NOT_OURS);
    outcome(&verifier, &token(8, "new", NOW_S), later_s + 60).await.unwrap();
}

#[tokio::test]
async fn a_flood_of_unknown_keys_is_one_request_a_minute() {
    let publisher = Publisher::new();
    publisher.publishes(&[(9, "a")]);
    let verifier = publisher.verifier();
    for second in 0..120 {
        let floods = (0..20).map(|n| {
            let (verifier, token) = (verifier.clone(), token(9, &format!("k{second}-{n}"), NOW_S));
            tokio::spawn(async move { outcome(&verifier, &token, NOW_S + second).await })
        });
        for flood in floods.collect::<Vec<_>>() {
            assert_eq!(flood.await.unwrap().unwrap_err(), NOT_OURS);
        }
    }
    assert_eq!(publisher.asked(), 2);
}

#[tokio::test]
async fn an_address_that_is_down_closes_in_time_and_opens_again() {
    let publisher = Publisher::new();
    publisher.answers("503 Service Unavailable", "", "");
    let verifier = publisher.verifier();
    let good = |from_s| token(9, "a", from_s);
    let error = outcome(&verifier, &good(NOW_S), NOW_S).await.unwrap_err();
    assert!(error.contains("the keys of its issuer can not be had"), "{error}");
    publisher.publishes(&[(9, "a")]);
    let had_s = NOW_S + 60;
    outcome(&verifier, &good(had_s), had_s).await.unwrap();
    publisher.answers("503 Service Unavailable", "", "");
    for passed_s in [3_600, KEYS_KEPT_S_MAX - 1] {
        outcome(&verifier, &good(had_s + passed_s), had_s + passed_s).await.unwrap();
    }
    let closed_s = had_s + KEYS_KEPT_S_MAX;
    let error = outcome(&verifier, &good(closed_s), closed_s).await.unwrap_err();
    assert!(error.contains("the keys of its issuer can not be had"), "{error}");
    publisher.publishes(&[(9, "a")]);
    outcome(&verifier, &good(closed_s), closed_s + 60).await.unwrap();
}

#[tokio::test]
async fn what_is_no_key_set_of_ours_is_not_taken() {
    let elsewhere = Publisher::new();
    elsewhere.publishes(&[(9, "a")]);
    let publisher = Publisher::new();
    let jwk = public_jwk(&es256_key(9), Algorithm::ES256, "a");
    let with_secret = json!({ "keys": [jwk, { "kty": "oct", "alg": "HS256", "kid": "h", "k": "c2VjcmV0" }] });
    let large = format!("{{\"keys\":[{jwk}],\"more\":\"{}\"}}", "x".repeat(300 * 1024));
    let location = format!("Location: {}/jwks.json\r\n", elsewhere.address);
    let good = json!({ "keys": [jwk] }).to_string();
    let cases = [
        ("200 OK", "", with_secret.to_string(), "is a secret one"),
        ("200 OK", "", large, "is longer than 262144 bytes"),
        ("200 OK", "", "<html>".to_owned(), "is not a set of public keys"),
        ("200 OK", "", json!({ "keys": [] }).to_string(), "it has no key for ES256"),
        ("302 Found", location.as_str(), good.clone(), "points elsewhere"),
        ("307 Temporary Redirect", location.as_str(), good.clone(), "points elsewhere"),
        ("404 Not Found", "", good.clone(), "the answer is 404"),
        ("203 Non-Authoritative Information", "", good.clone(), "the answer is 203"),
    ];
    for (status, headers, body, wanted) in cases {
        publisher.answers(status, headers, &body);
        let verifier = publisher.verifier();
        assert!(outcome(&verifier, &token(9, "a", NOW_S), NOW_S).await.is_err(), "{wanted}");
        let source = verifier.issuers[EXTERNAL].issuer.keys.clone();
        let fetched = tokio::task::spawn_blocking(move || fetch::fetch(&source));
        let error = fetched.await.unwrap().unwrap_err().to_string();
        assert!(error.contains(wanted), "{wanted}: {error}");
    }
    assert_eq!(elsewhere.asked(), 0, "nobody was sent there");
    publisher.answers("200 OK", "", &good);
    outcome(&publisher.verifier(), &token(9, "a", NOW_S), NOW_S).await.unwrap();
}

#[tokio::test]
async fn a_token_names_no_place_where_its_key_is() {
    let (publisher, evil) = (Publisher::new(), Publisher::new());
    publisher.publishes(&[(9, "a")]);
    evil.publishes(&[(5, "e")]);
    let verifier = publisher.verifier();
    for name in ["jku", "x5u"] {
        let header = json!({
            "typ": "at+jwt", "alg": "ES256", "kid": "e", name: format!("{}/jwks.json", evil.address),
        });
        let claims = with(claims(), "iss", json!(EXTERNAL));
        let token = sign(&header.to_string(), &claims.to_string(), &es256_key(5), Algorithm::ES256);
        outcome(&verifier, &token, NOW_S).await.unwrap_err();
    }
    assert_eq!((publisher.asked(), evil.asked()), (0, 0));
}

#[tokio::test]
async fn keys_are_asked_for_in_the_background_before_anybody_comes() {
    let publisher = Publisher::new();
    publisher.publishes(&[(9, "a")]);
    let verifier = publisher.verifier();
    let keeping = {
        let verifier = verifier.clone();
        tokio::spawn(async move { verifier.keep_fresh(|| at(NOW_S)).await })
    };
    let token = token(9, "a", NOW_S);
    // The first look begins no asking of its own: the one in the background serves it.
    while verifier.verify(&token, at(NOW_S)).is_err() {
        tokio::task::yield_now().await;
    }
    assert_eq!(publisher.asked(), 1);
    keeping.abort();
}

#[tokio::test]
async fn a_request_waits_for_the_keys_of_its_issuer() {
    let publisher = Publisher::new();
    publisher.publishes(&[(9, "a")]);
    let dir = TempDir::new().unwrap();
    let (log, _) = Log::open(Options::new(dir.path()), Arc::new(EntryIndexer)).unwrap();
    let notary = Notary::open(dir.path(), "localhost", &log, [5; 32]).unwrap();
    let plans = Plans::new(
        log.clone(),
        notary,
        [0; 16],
        Settings { mailbox: 8, idle: Duration::from_secs(60) },
        Metrics::default(),
    );
    let now_s = crate::clock::now().as_second();
    let verifier = publisher.verifier();
    let identity = Identity { issuer: None, verifier, revocations: Arc::default() };
    let limits = Limiter::new(Caps::default(), TrustedProxies::default(), Metrics::default(), MonotonicClock);
    let access = AccessLog::open(dir.path(), Metrics::default()).unwrap();
    let check = |plans: &Plans, readings: &Readings| {
        let settings = crate::self_check::Settings { bytes_per_s: 1, every: Duration::MAX };
        SelfCheck::new(plans.clone(), readings.clone(), settings, Vec::new())
    };
    let server = Server::new(plans, identity, Origins::default(), limits, access, Metrics::default(), check);
    let server = Arc::new(server.unwrap());
    let caller = async |token: &str| {
        let request = TestRequest::default().insert_header(("Authorization", format!("Bearer {token}")));
        let request = request.app_data(Data::new(server.clone())).to_http_request();
        Caller::extract(&request).await.map(|caller| caller.principal).map_err(|error| error.to_string())
    };
    let who = caller(&token(9, "a", now_s)).await.unwrap();
    assert_eq!((who.issuer.as_str(), who.issued_s), (EXTERNAL, now_s));
    assert_eq!(caller(&token(9, "b", now_s)).await.unwrap_err(), NOT_OURS);
    assert_eq!(publisher.asked(), 1);
    drop(server);
    log.close().unwrap();
}

#[test]
fn a_file_of_keys_is_read_again() {
    let dir = TempDir::new().unwrap();
    let source = external(dir.path()).keys;
    let has = |id: &str| fetch::fetch(&source).unwrap().get(id).is_some();
    assert!(has("es-1") && !has("es-2"));
    write_jwks(dir.path(), &[public_jwk(&es256_key(8), Algorithm::ES256, "es-2")]);
    assert!(!has("es-1") && has("es-2"));
}
