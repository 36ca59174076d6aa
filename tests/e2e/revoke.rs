//! Revoked tokens: refused everywhere, their sockets closed, kept over restarts and rebuilds.

use std::time::{Duration, Instant};

use plenary_protocol::wire::codes::close;
use plenary_protocol::wire::live::ServerMessage;
use plenary_tests::{DRAFT, Gone, Http, Live, TestServer, fresh_id, plan_id};
use serde_json::{Value as Json, json};

use crate::cli::Cli;
use crate::people::{ADMIN, AUDITOR, BDT, BR, CHAIR, GS, TSB, comment};
use crate::socket::Sync;

/// How long a socket may outlive the revocation of its token.
const CLOSED_WITHIN: Duration = Duration::from_secs(5);

fn revoke(admin: &Http, body: &Json) -> Json {
    admin.post("/api/v1/revocations", body).ok()
}

fn jti(http: &Http) -> String {
    http.get("/api/v1/me").ok()["token_id"].as_str().unwrap().to_owned()
}

#[test]
fn a_revoked_token_is_refused_everywhere_and_its_sockets_close() {
    let server = TestServer::demo();
    let [admin, br, tsb] = [ADMIN, BR, TSB].map(|person| server.client(&person));
    let plan = plan_id(DRAFT);
    let mut watched = Live::open(&br);
    watched.subscribe(&plan, Some(br.head(DRAFT)), false).unwrap();
    watched.expect_alive();
    let mut other = Live::open(&tsb);
    let mut replica = Sync::open(&br, "br-replica");
    let unused = br.post("/api/v1/tickets", &json!({})).ok()["ticket"].as_str().unwrap().to_owned();

    let began = Instant::now();
    let made = revoke(&admin, &json!({ "subject": BR.subject, "because": "a lost laptop" }));
    assert_eq!((&made["subject"], &made["because"]), (&json!(BR.subject), &json!("a lost laptop")));
    let (said, gone) = watched.drain();
    assert!(matches!(&gone, Gone::Closed(close::UNAUTHENTICATED, why) if why == "token revoked"), "{gone:?}");
    let told = |message: &ServerMessage| matches!(message, ServerMessage::Resync { reason } if reason.contains("revoked"));
    assert!(said.last().is_some_and(told), "{said:?}");
    assert_eq!(replica.ended().0, close::UNAUTHENTICATED);
    assert!(began.elapsed() < CLOSED_WITHIN, "{:?}", began.elapsed());
    other.expect_alive();

    for (method, path) in
        [("GET", "/api/v1/plans"), ("GET", "/api/v1/me"), ("POST", "/api/v1/tickets"), ("GET", "/live")]
    {
        let answer = br.try_ask(method, path, None).unwrap();
        assert_eq!((answer.status, answer.code()), (401, "unauthenticated"), "{method} {path}");
        assert!(answer.text.contains("the token is not valid: revoked"), "{}", answer.text);
    }
    assert_eq!(br.edit(DRAFT, &[comment("plan", "x")]).status, 401);
    let refused = Live::with(&server.base(), &format!("?ticket={unused}"), &[]).map(|_| ()).unwrap_err();
    assert!(refused.0 == 401 && refused.1.contains("was revoked"), "{refused:?}");
    let back = replica.again().map(|_| ()).unwrap_err();
    assert!(back.0 == 401 && back.1.contains("was revoked"), "{back:?}");
}

#[test]
fn only_admins_revoke_and_only_admins_and_auditors_see_it() {
    let server = TestServer::demo();
    let body = json!({ "subject": "somebody" });
    for person in [BR, CHAIR, AUDITOR] {
        let answer = server.client(&person).post("/api/v1/revocations", &body);
        assert_eq!((answer.status, answer.code()), (403, "role_forbids"), "{}", person.subject);
    }
    for (person, status) in [(BR, 403), (CHAIR, 403), (AUDITOR, 200), (ADMIN, 200)] {
        let answer = server.client(&person).get("/api/v1/revocations");
        assert_eq!(answer.status, status, "{}", person.subject);
    }
    let admin = server.client(&ADMIN);
    let long = "x".repeat(3_000);
    let wrong = [
        json!({}),
        json!({ "jti": "a", "subject": "b" }),
        json!({ "jti": "" }),
        json!({ "jti": "a b" }),
        json!({ "jti": "x".repeat(129) }),
        json!({ "subject": "" }),
        json!({ "subject": "a", "issuer": "https://nobody.example" }),
        json!({ "subject": "a", "until": "tomorrow" }),
    ];
    for body in wrong {
        let answer = admin.post("/api/v1/revocations", &body);
        assert_eq!((answer.status, answer.code()), (400, "malformed"), "{body}: {}", answer.text);
    }
    let answer = admin.post("/api/v1/revocations", &json!({ "subject": "a", "because": long }));
    assert_eq!((answer.status, answer.code()), (413, "too_large"));
    assert_eq!(admin.get("/api/v1/revocations").ok()["revocations"], json!([]));
    assert_eq!(admin.post("/api/v1/revocations", &json!({ "jti": "a" })).status, 200);
    assert_eq!(admin.post("/api/v1/revocations", &json!({ "jti": "a" })).status, 200, "it stands");
    assert_eq!(admin.post("/api/v1/revocations", &json!({ "jti": "b" })).status, 200);
    let page = admin.get("/api/v1/revocations?limit=1").ok();
    assert_eq!((&page["revocations"][0]["jti"], &page["next_after"]), (&json!("a"), &json!(1)));
    let rest = admin.get("/api/v1/revocations?after=1").ok();
    assert_eq!((&rest["revocations"][0]["jti"], &rest["next_after"]), (&json!("b"), &Json::Null));
}

#[test]
fn a_revocation_is_kept_over_a_kill_a_restart_and_both_rebuilds() {
    let mut server = TestServer::demo();
    let [admin, bdt] = [ADMIN, BDT].map(|person| server.client(&person));
    let first = server.client(&GS);
    let second = server.client(&GS);
    revoke(&admin, &json!({ "jti": jti(&first) }));
    revoke(&admin, &json!({ "subject": BDT.subject }));
    server.kill9();
    server.start();
    let check = |server: &TestServer| {
        let at = |http: &Http| http.at(&server.base()).get("/api/v1/plans").status;
        assert_eq!((at(&first), at(&second), at(&bdt)), (401, 200, 401));
        let listed = admin.at(&server.base()).get("/api/v1/revocations").ok();
        assert_eq!(listed["revocations"].as_array().unwrap().len(), 2);
    };
    check(&server);
    server.restart();
    check(&server);
    for from in ["journal", "store"] {
        server.terminate();
        let exit = server.command(&["rebuild", "--from", from]);
        assert_eq!(exit.code, Some(0), "{}", exit.stderr);
        assert_eq!(server.command(&["verify"]).code, Some(0));
        server.start();
        check(&server);
    }
}

#[test]
fn a_token_issued_after_the_revocation_counts() {
    let server = TestServer::demo();
    let admin = server.client(&ADMIN);
    let old = server.client(&BDT);
    let since = revoke(&admin, &json!({ "subject": BDT.subject }))["since"].as_str().unwrap().to_owned();
    let mut since_s = plenaryd::clock::now();
    since_s.clone_from(&since.parse().unwrap());
    assert_eq!(old.get("/api/v1/plans").status, 401);
    // Tokens tell whole seconds: one of the revocation's own second is still one of before.
    let until = Instant::now() + plenary_tests::PATIENCE;
    while plenaryd::clock::now().as_second() <= since_s.as_second() {
        assert!(Instant::now() < until, "the clock stands still");
        std::thread::yield_now();
    }
    let new = server.client(&BDT);
    assert_eq!(new.get("/api/v1/plans").status, 200);
    let mut live = Live::open(&new);
    let id = fresh_id("after");
    live.edit(&id, &plan_id(DRAFT), &[comment("plan", "back again")]).unwrap();
    live.expect_ack(&id);
}

#[test]
fn the_client_revokes_and_lists() {
    let server = TestServer::demo();
    let (admin, br) = (Cli::of(&server, &ADMIN), Cli::of(&server, &BR));
    br.fails(4, &["revoke", "--subject", TSB.subject]);
    admin.fails(2, &["revoke"]);
    admin.fails(2, &["revoke", "--subject", "a", "--token-id", "b"]);
    let said = admin.ok(&["revoke", "--subject", BR.subject, "--because", "a lost laptop"]);
    assert!(said.starts_with(&format!("revoked all tokens of {} issued up to ", BR.subject)), "{said}");
    let said = admin.ok(&["revoke", "--token-id", "t-1", "--issuer", "plenary-local"]);
    assert!(said.contains("the token t-1 by plenary-local"), "{said}");
    br.fails(4, &["plans"]);
    let listed = admin.ok(&["revocations"]);
    assert_eq!(listed.lines().count(), 2, "{listed}");
    assert!(listed.contains("because a lost laptop") && listed.contains(ADMIN.subject), "{listed}");
}
