//! Stopping: a drain acknowledges what it has taken, and what was acknowledged outlives a kill.

use std::collections::BTreeSet;

use plenary_protocol::Seq;
use plenary_protocol::wire::live::{ClientMessage, ServerMessage};
use plenary_tests::{DRAFT, Gone, Http, Launch, Live, TestServer, fresh_id, plan_id};

use crate::people::{AUDITOR, BR, GS, READER, splice};

/// Client ids of the edits in a plan's log.
fn logged(http: &Http) -> BTreeSet<String> {
    http.all_events(DRAFT).iter().filter_map(|event| Some(event.client_id.as_ref()?.to_string())).collect()
}

#[test]
fn sigterm_acknowledges_what_is_taken_and_takes_no_new_sockets() {
    let mut server = TestServer::demo();
    let (br, gs) = (server.client(&BR), server.client(&GS));
    let target = br.id_of(DRAFT, "1.1");
    let (base, plan) = (br.head(DRAFT), plan_id(DRAFT));
    let mut idle = Live::open(&gs);
    let mut live = Live::open(&br);
    let sent: BTreeSet<String> = (0..400)
        .map(|_| {
            let id = fresh_id("drain");
            live.edit(&id, &plan, &[splice(&target, "title", 0, "x", base)]).unwrap();
            id.to_string()
        })
        .collect();
    // The first acknowledgement says that the server is in the middle of it.
    let mut acked = BTreeSet::new();
    let first = live.wait_for(|message| match message {
        ServerMessage::Ack { id, .. } => Some(id.to_string()),
        _ => None,
    });
    acked.insert(first.unwrap());
    server.running().ask_to_stop();
    let (said, gone) = idle.drain();
    assert!(matches!(&said[..], [ServerMessage::Resync { reason }] if reason.contains("stops")), "{said:?}");
    assert_eq!(gone, Gone::Closed(1001, "server stops".to_owned()));
    assert!(Live::try_open(&gs).is_err(), "no new sockets");
    let (said, gone) = live.drain();
    assert!(matches!(gone, Gone::Closed(1001, _)), "{gone:?}");
    acked.extend(said.iter().filter_map(|message| match message {
        ServerMessage::Ack { id, .. } => Some(id.to_string()),
        _ => None,
    }));
    let exit = server.terminate();
    assert_eq!((exit.code, exit.stdout.as_str()), (Some(0), ""), "{}", exit.stderr);
    server.start();
    let logged = logged(&br.at(&server.base()));
    assert_eq!(logged, acked, "what was taken is acknowledged, and what was acknowledged is there");
    assert!(acked.is_subset(&sent));
    assert!(server.running().stderr().contains("clean=true"), "the stop was clean");
}

#[test]
fn an_idle_http_connection_does_not_hold_up_the_stop() {
    let mut server = TestServer::demo();
    let reader = server.client(&READER);
    assert_eq!(reader.get("/readyz").status, 200, "the client keeps its connection");
    let asked = std::time::Instant::now();
    assert_eq!(server.terminate().code, Some(0));
    let took = asked.elapsed();
    assert!(took.as_secs() < 5, "it took {took:?}");
}

#[test]
fn an_http_edit_answered_before_the_kill_is_there_after_it() {
    let mut server = TestServer::demo();
    let br = server.client(&BR);
    let target = br.id_of(DRAFT, "1.1");
    let done = br.edited(DRAFT, &[splice(&target, "title", 0, "Kept ", br.head(DRAFT))]);
    let exit = server.kill9();
    assert_eq!(exit.code, None, "killed");
    server.start();
    let br = br.at(&server.base());
    let events = br.events(DRAFT, &format!("after={}&limit=1", done.seq.0 - 1));
    assert_eq!(events[0].leaf, done.leaf);
    assert!(
        br.plan(DRAFT).element(&target.parse().unwrap()).unwrap().text["en"]["title"].starts_with("Kept ")
    );
    assert!(server.running().stderr().contains("clean=false"));
}

#[test]
fn a_subscriber_is_told_to_come_back_and_misses_nothing() {
    let mut server = TestServer::demo();
    let (br, auditor) = (server.client(&BR), server.client(&AUDITOR));
    let target = br.id_of(DRAFT, "1.1");
    let plan = plan_id(DRAFT);
    let mut watch = Live::open(&auditor);
    watch.subscribe(&plan, Some(Seq(3)), false).unwrap();
    watch.wait_for(|message| matches!(message, ServerMessage::Subscribed { .. }).then_some(())).unwrap();
    br.edited(DRAFT, &[splice(&target, "title", 0, "One ", Seq(3))]);
    server.restart();
    let (said, _) = watch.drain();
    let last = said.iter().rev().find_map(|message| match message {
        ServerMessage::Event { event, .. } => Some(event.seq),
        _ => None,
    });
    let last = last.unwrap_or(Seq(3));
    let (br, auditor) = (br.at(&server.base()), auditor.at(&server.base()));
    br.edited(DRAFT, &[splice(&target, "title", 0, "Two ", br.head(DRAFT))]);
    let head = br.head(DRAFT);
    let mut watch = Live::open(&auditor);
    watch.subscribe(&plan, Some(last), false).unwrap();
    let mut at = last;
    while at < head {
        let next = watch.wait_for(|message| match message {
            ServerMessage::Event { event, .. } => Some(event.seq),
            _ => None,
        });
        assert_eq!(next.unwrap(), at.next(), "in order, each once");
        at = at.next();
    }
    watch.send(&ClientMessage::Unsubscribe { plan }).unwrap();
    watch.expect_alive();
}

#[test]
fn a_server_stops_cleanly_however_soon_it_is_asked() {
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("plenary.toml");
    std::fs::write(&file, "[issuer]\nlocal = true\n").unwrap();
    let launch = Launch::server(&folder.path().join("data")).arg("--config").arg(&file);
    // Asked as soon as it says that it is ready, it must have heard it every time.
    for _ in 0..20 {
        assert_eq!(launch.start().unwrap().terminate().code, Some(0));
    }
}
