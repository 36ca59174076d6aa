//! Who is let in: tokens that do not count, tickets, origins, and that secrets stay out of URLs and logs.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use plenary_protocol::wire::live::{ClientMessage, SUBPROTOCOL_JSON};
use plenary_protocol::{Bureau, Role};
use plenary_tests::{ADOPTED, DRAFT, Http, Live, Shared, TestServer, plan_id};
use plenaryd::clock;
use plenaryd::identity::{Issuer, IssuerKey, LOCAL_ISSUER_NAME, TokenRequest};
use serde_json::{Value as Json, json};

use crate::people::{BDT, BR, READER};

static SHARED: Shared = Shared::new();

/// A token of the server's own issuer, from some seconds before or after now.
fn token_from(server: &TestServer, issuer: &str, offset_s: i64, lifetime_s: i64) -> String {
    let issuer = Issuer::new(issuer, IssuerKey::open(&server.data()).unwrap());
    let request = TokenRequest {
        subject: "br-drafter".parse().unwrap(),
        name: "BR drafter".to_owned(),
        bureau: Bureau::BR,
        role: Role::Drafter,
        lifetime_s,
    };
    let distance = std::time::Duration::from_secs(offset_s.unsigned_abs());
    let from = if offset_s < 0 { clock::now() - distance } else { clock::now() + distance };
    issuer.issue(&request, from, clock::entropy()).unwrap()
}

fn part(json: &Json) -> String {
    URL_SAFE_NO_PAD.encode(json.to_string())
}

/// The token with its header or payload changed and the signature left.
fn forged(token: &str, at: usize, change: impl FnOnce(&mut Json)) -> String {
    let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    let mut json = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(&parts[at]).unwrap()).unwrap();
    change(&mut json);
    parts[at] = part(&json);
    parts.join(".")
}

#[test]
fn tokens_that_do_not_count_are_refused_everywhere() {
    let server = SHARED.get();
    let other = TestServer::demo();
    let good = server.token(&BR);
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let none = forged(&good, 0, |header| header["alg"] = json!("none"));
    let no_signature = format!("{}.", none.rsplit_once('.').unwrap().0);
    let cases = [
        ("of another server", other.token(&BR)),
        ("expired", token_from(&server, LOCAL_ISSUER_NAME, -7_200, 3_600)),
        ("of the future", token_from(&server, LOCAL_ISSUER_NAME, 3_600, 3_600)),
        ("of another issuer's name", token_from(&server, "somebody", 0, 3_600)),
        ("with another role", forged(&good, 1, |claims| claims["role"] = json!("admin"))),
        ("with another Bureau", forged(&good, 1, |claims| claims["bureau"] = json!("BDT"))),
        ("with alg none", none),
        ("with alg none and no signature", no_signature),
        ("with alg HS256", forged(&good, 0, |header| header["alg"] = json!("HS256"))),
        ("with a key of its own", forged(&good, 0, |header| header["jwk"] = json!({}))),
        ("without a signature", format!("{signed}.")),
        ("with a cut signature", good[..good.len() - 4].to_owned()),
        ("with half a signature twice", format!("{signed}.{0}{0}", &signature[..signature.len() / 2])),
        ("garbled", "not-a-token".to_owned()),
        ("empty", String::new()),
        ("long", "x".repeat(100_000)),
    ];
    let calls =
        [("GET", "/api/v1/plans"), ("GET", "/api/v1/me"), ("POST", "/api/v1/tickets"), ("GET", "/live")];
    assert_eq!(Http::new(&server.base(), Some(good)).get("/api/v1/me").status, 200, "the good one counts");
    for (what, token) in cases {
        let http = Http::new(&server.base(), Some(token.clone()));
        for (method, path) in calls {
            let Ok(answer) = http.try_ask(method, path, None) else {
                assert_eq!(what, "long", "{what}: no answer to {method} {path}");
                continue;
            };
            assert!(
                matches!(answer.status, 401 | 431 | 400),
                "{what}: {method} {path} gives {}",
                answer.status
            );
            assert!(
                answer.status == 401 || what == "long",
                "{what}: {method} {path} gives {}",
                answer.status
            );
            assert!(token.len() < 12 || !answer.text.contains(&token), "{what}: the answer repeats it");
        }
    }
    assert_eq!(Http::new(&server.base(), None).get("/api/v1/plans").code(), "unauthenticated");
    let said = server.running().stderr();
    assert!(!said.contains(&good_part(&server)), "no token in the log");
}

/// A part that every token of the server has.
fn good_part(server: &TestServer) -> String {
    server.token(&BR).split('.').next().unwrap().to_owned()
}

#[test]
fn a_token_in_the_address_is_never_accepted() {
    let server = SHARED.get();
    let token = server.token(&BR);
    let nobody = Http::new(&server.base(), None);
    for name in ["token", "access_token", "jwt", "authorization", "ticket"] {
        for path in ["/api/v1/plans", "/api/v1/me"] {
            assert_eq!(nobody.get(&format!("{path}?{name}={token}")).status, 401, "{path} by {name}");
        }
        let refused = Live::with(&server.base(), &format!("?{name}={token}"), &[]).map(|_| ()).unwrap_err();
        assert_eq!(refused.0, 401, "/live by {name}: {}", refused.1);
    }
    assert!(!server.running().stderr().contains(&token), "and it is not logged");
}

#[test]
fn a_ticket_is_good_once() {
    let server = SHARED.get();
    let http = server.client(&READER);
    let ticket = http.post("/api/v1/tickets", &json!({})).ok()["ticket"].as_str().unwrap().to_owned();
    let query = format!("?ticket={ticket}");
    Live::with(&server.base(), &query, &[]).unwrap().expect_alive();
    let refused = Live::with(&server.base(), &query, &[]).map(|_| ()).unwrap_err();
    assert_eq!(refused.0, 401, "{}", refused.1);
    assert!(!server.running().stderr().contains(&ticket), "it is not logged");
    for wrong in ["", "?ticket=", "?ticket=abc", &format!("?ticket={}", "A".repeat(43))] {
        assert_eq!(Live::with(&server.base(), wrong, &[]).map(|_| ()).unwrap_err().0, 401, "{wrong}");
    }
}

#[test]
fn a_ticket_is_good_for_one_socket_of_either_kind_and_an_unused_one_ends_with_the_run_that_gave_it() {
    let mut server = TestServer::demo();
    let http = server.client(&READER);
    let ticket = || http.post("/api/v1/tickets", &json!({})).ok()["ticket"].as_str().unwrap().to_owned();
    let (used, for_live, for_sync) = (ticket(), ticket(), ticket());
    Live::with(&server.base(), &format!("?ticket={used}"), &[]).unwrap().expect_alive();
    assert_eq!(http.get(&format!("/sync?ticket={used}")).status, 401, "it was used at the other socket");
    // Asked for without a handshake it is looked up, and not spent.
    assert_eq!(http.get(&format!("/sync?ticket={for_sync}")).status, 400);
    server.restart();
    let http = http.at(&server.base());
    let live = Live::with(&server.base(), &format!("?ticket={for_live}"), &[]).map(|_| ());
    assert_eq!(live.unwrap_err().0, 401, "of an earlier run");
    assert_eq!(http.get(&format!("/sync?ticket={for_sync}")).status, 401, "of an earlier run");
    Live::open(&http).expect_alive();
}

#[test]
fn a_plan_outside_the_tickets_scope_answers_like_one_that_is_not_there() {
    let server = SHARED.get();
    let mut live = Live::open_narrow(&server.client(&BDT), DRAFT);
    let mut told = |plan: &str| {
        live.subscribe(&plan_id(plan), None, false).unwrap();
        let subscribed = live.expect_nameless_refusal();
        let id = plenary_tests::fresh_id("scope");
        live.edit(&id, &plan_id(plan), &[crate::people::comment("tgt-any", "x")]).unwrap();
        let edited = live.expect_refusal(&id);
        [subscribed, edited].map(|refusal| serde_json::to_string(&refusal).unwrap().replace(plan, "PLAN"))
    };
    assert_eq!(told(ADOPTED), told("no-such-plan-here"));
    live.subscribe(&plan_id(DRAFT), Some(plenary_protocol::Seq(3)), false).unwrap();
    live.expect_alive();
    live.send(&ClientMessage::Ping { nonce: 1 }).unwrap();
}

#[test]
fn only_the_servers_own_and_configured_origins_connect() {
    let own = "http://plans.example.org";
    let server = TestServer::demo_with(|launch, _| launch.args(["--origin", own]));
    let http = server.client(&READER);
    let open = |origin: &str| {
        let ticket = http.post("/api/v1/tickets", &json!({})).ok()["ticket"].as_str().unwrap().to_owned();
        let headers = [("Origin", origin), ("Sec-WebSocket-Protocol", SUBPROTOCOL_JSON)];
        Live::with(&server.base(), &format!("?ticket={ticket}"), &headers).map(|mut live| live.expect_alive())
    };
    for good in [server.base().as_str(), own] {
        open(good).unwrap();
    }
    let port = server.base().rsplit(':').next().unwrap().to_owned();
    for bad in [
        "http://evil.example.org",
        "null",
        "",
        "http://plans.example.org.evil.example",
        "http://plans.example.org:81",
        "https://plans.example.org",
        "HTTP://plans.example.org",
        "http://127.0.0.1:1",
        &format!("http://localhost:{port}"),
    ] {
        assert_eq!(open(bad).unwrap_err().0, 403, "{bad:?}");
    }
}

#[test]
fn another_subprotocol_is_refused_before_the_ticket_is_spent() {
    let server = SHARED.get();
    let http = server.client(&READER);
    let ticket = http.post("/api/v1/tickets", &json!({})).ok()["ticket"].as_str().unwrap().to_owned();
    let query = format!("?ticket={ticket}");
    let headers = [("Sec-WebSocket-Protocol", "graphql-ws")];
    assert_eq!(Live::with(&server.base(), &query, &headers).map(|_| ()).unwrap_err().0, 400);
    Live::with(&server.base(), &query, &[]).unwrap().expect_alive();
}
