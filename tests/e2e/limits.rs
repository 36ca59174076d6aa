//! How often, and how many at once: the one too many is told so, and nobody else is harmed.

use std::path::Path;
use std::time::Instant;

use plenary_limits::{
    EVENTS_PER_PAGE_MAX, LIMITS, LIVE_SUBSCRIPTIONS_MAX, SETTABLES, SYNC_PLANS_MAX, VERSIONS_PER_PAGE_MAX,
    held_here, holds,
};
use plenary_protocol::Seq;
use plenary_protocol::wire::live::{ClientMessage, ServerMessage};
use plenary_protocol::wire::sync::SyncBody;
use plenary_protocol::wire::{Refusal, RefusalCode};
use plenary_tests::{Answer, DRAFT, Http, Launch, Live, PATIENCE, TestServer, fresh_id, plan_id};
use serde_json::Value as Json;

use crate::people::{BR, GS, READER, TSB, comment};
use crate::socket::Sync;

/// Sockets that one subject may have open, unless configured.
const SOCKETS: usize = 64;
/// Tickets that one subject may take at once, unless configured; one every half second comes back.
const TICKETS: usize = 120;

/// A server with limits of its own, set where an operator sets them.
fn limited(limits: &str) -> TestServer {
    TestServer::demo_with(|launch: Launch, folder: &Path| {
        let path = folder.join("plenary.toml");
        std::fs::write(&path, format!("[limits]\n{limits}\n")).unwrap();
        launch.arg("--config").arg(path)
    })
}

fn retry_after_s(answer: &Answer) -> u64 {
    answer.header("retry-after").parse().unwrap_or_else(|_| panic!("no time to wait: {answer:?}"))
}

/// Follows the draft.
fn follow(live: &mut Live) -> Result<(), Refusal> {
    live.subscribe(&plan_id(DRAFT), None, false).unwrap();
    let told = live.wait_for(|message| match message {
        ServerMessage::Subscribed { .. } => Some(Ok(())),
        ServerMessage::Refused { refusal, .. } => Some(Err(refusal.clone())),
        _ => None,
    });
    told.unwrap()
}

#[test]
fn the_socket_after_the_last_is_refused_and_one_that_ends_makes_room() {
    let server = TestServer::demo();
    let br = server.client(&BR);
    let mut open: Vec<Live> = (0..SOCKETS).map(|_| Live::open(&br)).collect();
    let (status, text) = Live::try_open(&br).map(|_| ()).unwrap_err();
    assert_eq!(status, 429, "{text}");
    assert!(text.contains("rate_limited") && text.contains("your sockets: at most 64 at once"), "{text}");
    // Neither those that are open nor anybody else is harmed.
    open.iter_mut().for_each(Live::expect_alive);
    Live::open(&server.client(&TSB)).expect_alive();
    drop(open.pop());
    let until = Instant::now() + PATIENCE;
    let mut again = loop {
        match Live::try_open(&br) {
            Ok(live) => break live,
            Err((429, _)) => assert!(Instant::now() < until, "no room is made"),
            Err(other) => panic!("{other:?}"),
        }
        std::thread::yield_now();
    };
    again.expect_alive();
    open.iter_mut().for_each(Live::expect_alive);
}

#[test]
fn the_ticket_after_the_last_of_a_minute_is_refused_with_the_time_to_wait() {
    let server = TestServer::demo();
    let br = server.client(&BR);
    let began = Instant::now();
    let mut given = 0;
    let refused = loop {
        let answer = br.post("/api/v1/tickets", &serde_json::json!({}));
        if answer.status != 200 {
            break answer;
        }
        given += 1;
        // They wait for their use half a minute; used ones do not stand in the way.
        let ticket = answer.json["ticket"].as_str().unwrap();
        _ = br.get(&format!("/live?ticket={ticket}"));
        let back = began.elapsed().as_secs() as usize * 2 + 2;
        assert!(given <= TICKETS + back, "{given} tickets");
    };
    assert!(given >= TICKETS, "only {given} tickets: {}", refused.text);
    assert_eq!((refused.status, refused.code()), (429, "rate_limited"), "{}", refused.text);
    assert!(retry_after_s(&refused) >= 1);
    assert!(
        refused.text.contains("your tickets: at most 120 a minute; try again in 1 s"),
        "{}",
        refused.text
    );
    assert_eq!(server.client(&TSB).post("/api/v1/tickets", &serde_json::json!({})).status, 200);
    assert_eq!(br.get("/api/v1/me").status, 200, "other calls go on");
}

#[test]
fn bad_tokens_from_one_address_are_told_to_wait_and_good_ones_are_unharmed() {
    let server = limited("address_refusals_per_minute = 10");
    let good = server.client(&BR);
    let bad = Http::new(&server.base(), Some(format!("{}x", good.token())));
    let from = |http: &Http, address: &str| http.get_with("/api/v1/me", "x-forwarded-for", address);
    // The last hop is what the proxy says; what stands before it, the client may have made up.
    let statuses: Vec<u16> =
        (0..12).map(|made_up| from(&bad, &format!("192.0.2.{made_up}, 198.51.100.1")).status).collect();
    assert_eq!(statuses[..10], [401; 10]);
    assert_eq!(statuses[11], 429, "{statuses:?}");
    let refused = from(&bad, "198.51.100.1");
    assert_eq!((refused.status, refused.code()), (429, "rate_limited"), "{}", refused.text);
    assert!((1..=6).contains(&retry_after_s(&refused)), "{}", refused.text);
    for _ in 0..20 {
        assert_eq!(from(&good, "198.51.100.1").status, 200, "a good token from there gets in");
    }
    assert_eq!(from(&bad, "198.51.100.1").status, 429, "and gives the bad ones nothing back");
    assert_eq!(from(&good, "198.51.100.2").status, 200);
    assert_eq!(good.get("/api/v1/me").status, 200, "the proxy itself is no address of the flood");
    let refused = Live::with(&server.base(), "?ticket=abc", &[("X-Forwarded-For", "198.51.100.1")]);
    assert_eq!(refused.map(|_| ()).unwrap_err().0, 429, "and so are bad tickets");
    let ticket = good.post("/api/v1/tickets", &serde_json::json!({})).ok();
    let query = format!("?ticket={}", ticket["ticket"].as_str().unwrap());
    let socket = Live::with(&server.base(), &query, &[("X-Forwarded-For", "198.51.100.1")]);
    socket.map(|_| ()).expect("a good ticket from there opens its socket");
}

#[test]
fn requests_sockets_and_places_in_a_plan_have_limits_that_an_operator_sets() {
    let server = limited("subject_requests_per_minute = 60\nplan_sockets = 2\nsockets = 3");
    let (br, tsb, gs) = (server.client(&BR), server.client(&TSB), server.client(&GS));
    let mut first = Live::open(&br);
    let mut second = Live::open(&tsb);
    let ticket = tsb.post("/api/v1/tickets", &serde_json::json!({})).ok();
    let sync = format!("/sync?ticket={}", ticket["ticket"].as_str().unwrap());
    assert_eq!(tsb.get(&sync).status, 400, "no handshake, and nothing else in its way");
    let mut third = Live::open(&gs);
    assert_eq!((tsb.get(&sync).status, tsb.get(&sync).code()), (429, "rate_limited"));
    let (status, text) = Live::try_open(&server.client(&READER)).map(|_| ()).unwrap_err();
    assert!(status == 429 && text.contains("sockets of all: at most 3 at once"), "{status} {text}");
    follow(&mut first).unwrap();
    follow(&mut first).unwrap();
    follow(&mut second).unwrap();
    let refusal = follow(&mut third).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::RateLimited, "{refusal:?}");
    assert!(refusal.reason.contains("sockets that follow the plan: at most 2 at once"), "{refusal:?}");
    first.send(&ClientMessage::Unsubscribe { plan: plan_id(DRAFT) }).unwrap();
    first.expect_alive();
    follow(&mut third).unwrap();

    let refused = (0..200).map(|_| br.get("/api/v1/me")).find(|answer| answer.status != 200).unwrap();
    assert_eq!((refused.status, refused.code()), (429, "rate_limited"), "{}", refused.text);
    assert!(retry_after_s(&refused) >= 1 && refused.text.contains("your requests: at most 60 a minute"));
    assert_eq!(tsb.get("/api/v1/me").status, 200);
}

#[test]
fn a_socket_that_says_too_much_is_read_more_slowly_and_nothing_is_lost() {
    let server = limited("socket_messages_per_second = 10");
    let br = server.client(&BR);
    let target = br.id_of(DRAFT, "2.7");
    let plan = plan_id(DRAFT);
    let mut live = Live::open(&br);
    let began = Instant::now();
    let ids: Vec<_> = (0..30)
        .map(|number| {
            let id = fresh_id("flood");
            live.edit(&id, &plan, &[comment(&target, &format!("Remark {number}"))]).unwrap();
            id
        })
        .collect();
    // Another socket of the same subject is not held up, and another person is not either.
    Live::open(&br).expect_alive();
    Live::open(&server.client(&TSB)).expect_alive();
    let seqs: Vec<Seq> = ids.iter().map(|id| live.expect_ack(id).seq).collect();
    assert!(seqs.is_sorted_by(|one, next| one < next), "every one is an entry, in order: {seqs:?}");
    // Ten at once and then ten a second: the last of thirty is read two seconds after the first at the soonest.
    assert!(began.elapsed().as_secs_f64() > 1.9, "{:?}", began.elapsed());
}

#[test]
fn pages_and_bodies_hold_to_the_one() {
    let server = TestServer::demo();
    let (br, admin) = (server.client(&BR), server.client(&crate::people::ADMIN));
    let takes = |http: &Http, path: &str, limit: usize| {
        let answer = http.get(&format!("{path}?limit={limit}"));
        if answer.status != 200 {
            assert_eq!((answer.status, answer.code()), (400, "malformed"), "{}", answer.text);
            let most = if path.ends_with("/versions") { VERSIONS_PER_PAGE_MAX } else { EVENTS_PER_PAGE_MAX };
            let says = format!("limit is {limit}, and a page has 1 to {most}");
            assert!(answer.text.contains(&says), "{}", answer.text);
        }
        answer.status == 200
    };
    let lists = ["events", "history"].map(|list| format!("/api/v1/plans/{DRAFT}/{list}"));
    for path in &lists {
        holds!(EVENTS_PER_PAGE_MAX, |limit| takes(&br, path, limit));
        assert!(!takes(&br, path, 0), "none is no page");
    }
    holds!(EVENTS_PER_PAGE_MAX, |limit| takes(&admin, "/api/v1/revocations", limit));
    holds!(EVENTS_PER_PAGE_MAX, |limit| takes(&admin, "/api/v1/access-log", limit));
    let versions = format!("/api/v1/plans/{DRAFT}/versions");
    holds!(VERSIONS_PER_PAGE_MAX, |limit| takes(&br, &versions, limit));
    holds!(PLANS_PER_PAGE_MAX, |limit| takes(&br, "/api/v1/plans", limit));
    for wrong in ["-1", "", "x", "1.5", "99999999999999999999"] {
        assert_eq!(br.get(&format!("/api/v1/plans?limit={wrong}")).status, 400, "{wrong:?}");
    }
    let target = br.id_of(DRAFT, "2.7");
    holds!(EVENTS_PER_PAGE_DEFAULT, |count| {
        // The first edit of a server's run makes an entry more.
        while br.head(DRAFT).0 < count as u64 {
            br.edited(DRAFT, &[comment(&target, "Remark")]);
        }
        let page = br.get(&format!("/api/v1/plans/{DRAFT}/events"));
        let told = page.json.as_array().unwrap().len();
        assert_eq!(page.header("link").is_empty(), told == count, "the rest is on the next page");
        told == count
    });
    holds!(JSON_BYTES_MAX, |bytes| {
        let mut body = br"{}".to_vec();
        body.resize(bytes, b' ');
        let answer = br.post_bytes("/api/v1/tickets", &body);
        assert!(answer.status == 200 || answer.code() == "too_large", "{}", answer.text);
        answer.status == 200
    });
}

#[test]
fn one_connection_follows_so_many_plans() {
    let server = TestServer::demo();
    let chair = server.client(&crate::people::CHAIR);
    let name = |n: usize| format!("plan-{n:03}");
    let mut documents = Vec::new();
    for n in 0..=LIVE_SUBSCRIPTIONS_MAX {
        let file = serde_json::json!({
            "schema": "plenary-plan/1", "id": name(n), "title": "A small plan", "stage": "secretariat_draft",
            "plan": { "language": "en", "languages": ["en"] }, "elements": [], "links": [],
        });
        let made = chair.post("/api/v1/plans", &file);
        assert_eq!(made.status, 201, "{}", made.text);
        documents.push(made.json["document"].as_str().unwrap().trim_start_matches("automerge:").to_owned());
    }
    let mut live = Live::open(&chair);
    let mut follows = |n: usize| {
        live.subscribe(&plan_id(&name(n)), None, false).unwrap();
        let told = live.wait_for(|message| match message {
            ServerMessage::Subscribed { .. } => Some(Ok(())),
            ServerMessage::Refused { refusal, .. } => Some(Err(refusal.code)),
            _ => None,
        });
        told.unwrap()
    };
    held_here!(LIVE_SUBSCRIPTIONS_MAX);
    for n in 0..LIVE_SUBSCRIPTIONS_MAX {
        assert_eq!(follows(n), Ok(()), "{n}");
    }
    assert_eq!(follows(LIVE_SUBSCRIPTIONS_MAX), Err(RefusalCode::TooLarge));
    assert_eq!(follows(3), Ok(()), "again, what it follows already");

    let mut replica = Sync::open(&chair, "peer-many");
    let mut opens = |n: usize| matches!(replica.ask(&documents[n]), SyncBody::Sync { .. });
    held_here!(SYNC_PLANS_MAX);
    assert!((0..SYNC_PLANS_MAX).all(&mut opens));
    assert!(!opens(SYNC_PLANS_MAX), "one too many is not available there");
}

#[test]
fn the_client_waits_as_long_as_the_server_says_and_says_so() {
    let server = limited("subject_requests_per_minute = 60");
    let br = server.client(&BR);
    let spent = (0..200).map(|_| br.get("/api/v1/me")).find(|answer| answer.status == 429);
    spent.expect("there is a limit");
    let exit = crate::cli::Cli::of(&server, &BR).launch.args(["plans"]).run();
    assert_eq!(exit.code, Some(0), "{}{}", exit.stdout, exit.stderr);
    assert!(exit.stdout.contains(DRAFT), "{}", exit.stdout);
    assert!(
        exit.stderr.contains("the server says later") && exit.stderr.contains("asking again in"),
        "{}",
        exit.stderr
    );
    assert!(exit.stderr.contains("your requests: at most 60 a minute"), "{}", exit.stderr);
}

#[test]
fn the_table_of_limits_is_told_to_people_and_to_programs() {
    let told = |more: &[&str]| {
        let exit = Launch::of("plenaryd").args([&["limits"], more].concat()).run();
        assert_eq!(exit.code, Some(0), "{}", exit.stderr);
        exit.stdout
    };
    let (text, json) = (told(&[]), told(&["--json"]));
    let table: Json = serde_json::from_str(&json).unwrap();
    let rows = |name: &str| table[name].as_array().unwrap().clone();
    assert_eq!((rows("fixed").len(), rows("settable").len()), (LIMITS.len(), SETTABLES.len()));
    for row in rows("fixed") {
        assert!(text.contains(&format!("\n{} = {}\n", row["name"].as_str().unwrap(), row["value"])), "{row}");
        assert!(!row["about"].as_str().unwrap().is_empty() && !row["beyond"].as_str().unwrap().is_empty());
    }
    for row in rows("settable") {
        assert!(text.contains(&format!("\n{} = {} ", row["key"].as_str().unwrap(), row["value"])), "{row}");
    }
}
