//! What must never stand in a log, at the most verbose level that there is: tokens, tickets, plan text.

use plenary_protocol::Seq;
use plenary_protocol::wire::live::{Encoding, ServerMessage};
use plenary_tests::{DRAFT, Http, Launch, Live, Replica, TestServer, fresh_id, plan_id};
use serde_json::json;

use crate::people::{AUDITOR, BR, CHAIR, GS, READER, TSB, comment, set_text};
use crate::socket::Sync;

/// Words that stand in everything that is written here.
const SECRET: &str = "Zirkonblume";

/// Writes in every way that there is, honestly and not.
fn write(server: &TestServer, br: &Http) {
    let target = br.id_of(DRAFT, "2.7");
    br.edited(DRAFT, &[set_text(&target, "title", &format!("{SECRET} by HTTP"), br.head(DRAFT))]);
    for encoding in [Encoding::Json, Encoding::Cbor] {
        let mut live = Live::open_in(br, encoding);
        live.subscribe(&plan_id(DRAFT), None, true).unwrap();
        let id = fresh_id("leak");
        live.edit(&id, &plan_id(DRAFT), &[comment(&target, &format!("{SECRET} live"))]).unwrap();
        live.expect_ack(&id);
        let refused = fresh_id("leak");
        let ahead = set_text(&target, "title", SECRET, Seq(1_000_000));
        live.edit(&refused, &plan_id(DRAFT), &[ahead]).unwrap();
        live.expect_refusal(&refused);
    }
    let mut replica = Replica::join(br, DRAFT);
    replica.insert(&target, "title", |_| 0, SECRET);
    replica.push().unwrap();
    _ = replica.send_raw(&[SECRET.repeat(20).into_bytes()]);
    let malformed = json!({ "id": fresh_id("bad"), "commands": [{ "do": SECRET, SECRET: SECRET }] });
    assert_eq!(br.post(&format!("/api/v1/plans/{DRAFT}/edits"), &malformed).status, 400);
    assert_eq!(br.post("/api/v1/plans", &json!({ "title": SECRET })).status, 403);
    let chair = server.client(&CHAIR);
    assert!(chair.post("/api/v1/plans", &json!({ "title": SECRET, SECRET: SECRET })).status >= 400);
}

/// Sends what does not decode, twice.
fn garble(http: &Http) {
    let mut live = Live::open(http);
    for _ in 0..2 {
        live.send_text(&format!("{{\"type\":\"{SECRET}\",\"text\":\"{SECRET}\"}}")).unwrap();
        live.wait_for(|said| matches!(said, ServerMessage::Refused { .. }).then_some(())).unwrap();
    }
}

#[test]
fn no_log_tells_a_token_a_ticket_or_what_a_plan_says() {
    let mut server = TestServer::demo_with(|launch: Launch, _| launch.env("PLENARY_LOG_FILTER", "trace"));
    let [br, auditor, reader] = [BR, AUDITOR, READER].map(|person| server.client(&person));
    write(&server, &br);
    garble(&server.client(&GS));
    let tickets: Vec<String> = [&br, &reader, &auditor]
        .map(|http| http.post("/api/v1/tickets", &json!({})).ok()["ticket"].as_str().unwrap().to_owned())
        .into();
    Live::with(&server.base(), &format!("?ticket={}", tickets[0]), &[]).unwrap().expect_alive();
    assert!(Live::with(&server.base(), &format!("?ticket={}", tickets[0]), &[]).is_err());
    let document = br.plan(DRAFT).document;
    let mut replica = Sync::open(&server.client(&TSB), "leak-peer");
    replica.ask(&document);
    for path in
        ["", "/history", "/events", "/export", "/elements/2.7", "/replay", "/refusals", "/exact-entries"]
    {
        for http in [&auditor, &reader] {
            _ = http.get(&format!("/api/v1/plans/{DRAFT}{path}"));
        }
    }
    let forged = Http::new(&server.base(), Some(format!("{}x", br.token())));
    assert_eq!(forged.get("/api/v1/me").status, 401);
    let folder = server.data();
    let exit = server.terminate();
    let said = exit.stdout + &exit.stderr;
    assert!(said.contains(" TRACE ") || said.contains("TRACE"), "the level is what was asked for");
    let told = said.lines().filter(|line| line.contains("a message does not decode")).count();
    assert_eq!(told, 1, "what does not decode is told once a connection");
    let mut access = String::new();
    for file in std::fs::read_dir(folder.join("access")).unwrap() {
        access += &std::fs::read_to_string(file.unwrap().path()).unwrap_or_default();
    }
    let line_with = |log: &str, word: &str| {
        log.lines().find(|line| line.contains(word)).map(|line| line.chars().take(300).collect::<String>())
    };
    for log in [&said, &access] {
        for http in [&br, &auditor, &reader] {
            for part in http.token().split('.').skip(1) {
                assert_eq!(line_with(log, part), None, "a token");
            }
        }
        for ticket in &tickets {
            assert_eq!(line_with(log, ticket), None, "a ticket");
        }
        assert_eq!(line_with(log, SECRET), None, "what a plan says");
    }
}
