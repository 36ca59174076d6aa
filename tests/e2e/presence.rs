//! Who is where in a plan: told to those who follow it, attested by the server, kept nowhere.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::sync::mpsc::channel;

use plenary_protocol::Role;
use plenary_protocol::wire::RefusalCode;
use plenary_protocol::wire::live::{ClientMessage, Encoding, Person, ServerMessage, Whereabouts};
use plenary_tests::{ADOPTED, DRAFT, Live, PATIENCE, TestServer, element_id, plan_id};
use serde_json::{Value as Json, json};

use crate::cli::Cli;
use crate::cli_stays::Killed;
use crate::people::{AUDITOR, BR, GS, READER, TSB, splice};

fn in_field(field: &str) -> Whereabouts {
    Whereabouts { field: Some(field.to_owned()), ..Whereabouts::default() }
}

fn show(live: &mut Live, state: Option<Whereabouts>) {
    live.send(&ClientMessage::Presence { plan: plan_id(DRAFT), state }).unwrap();
}

fn follow(live: &mut Live, plan: &str) {
    live.subscribe(&plan_id(plan), None, false).unwrap();
    live.wait_for(|message| matches!(message, ServerMessage::Snapshot { .. }).then_some(())).unwrap();
    live.wait_for(|message| matches!(message, ServerMessage::Subscribed { .. }).then_some(())).unwrap();
}

/// Reads until somebody is told to be at a place, or gone; what came before is passed over.
#[track_caller]
fn sees(live: &mut Live, session: &str, state: Option<&Whereabouts>) -> Option<Person> {
    loop {
        let message = live.next_message().unwrap_or_else(|gone| panic!("{session} at {state:?}: {gone:?}"));
        let ServerMessage::Presence { people, whole, .. } = message else { continue };
        match people.into_iter().find(|person| person.session == session) {
            Some(person) if person.state.as_ref() == state => return Some(person),
            None if whole && state.is_none() => return None,
            _ => {}
        }
    }
}

#[test]
fn people_see_each_other_come_move_and_go_and_nothing_of_it_is_kept() {
    let server = TestServer::demo();
    let [br, tsb, reader] = [&BR, &TSB, &READER].map(|person| server.client(person));
    let head = br.head(DRAFT);
    let mut here = Live::open_in(&br, Encoding::Json);
    let mut there = Live::open_in(&tsb, Encoding::Cbor);
    follow(&mut here, DRAFT);
    follow(&mut there, DRAFT);
    let place = Whereabouts {
        element: Some(element_id(&br.id_of(DRAFT, "2.7"))),
        field: Some("field-nobody-else-names".to_owned()),
        lang: Some("en".to_owned()),
        selection: serde_json::from_value(json!({ "base": 3, "anchor": 9, "head": 4 })).unwrap(),
    };
    show(&mut there, Some(place.clone()));
    let session = there.session().to_owned();
    let person = sees(&mut here, &session, Some(&place)).unwrap();
    assert_eq!(
        (person.subject.as_str(), person.name.as_str(), person.bureau, person.role),
        (TSB.subject, TSB.name, TSB.bureau, Role::Drafter),
        "as the token says"
    );
    let mut newcomer = Live::open_in(&reader, Encoding::Cbor);
    follow(&mut newcomer, DRAFT);
    let first = newcomer.next_message().unwrap();
    assert!(
        matches!(&first, ServerMessage::Presence { whole: true, people, .. } if people[..] == [person.clone()]),
        "who is there comes with the subscription: {first:?}"
    );
    show(&mut there, Some(in_field("title")));
    sees(&mut here, &session, Some(&in_field("title")));
    show(&mut there, None);
    sees(&mut here, &session, None);
    show(&mut there, Some(in_field("title")));
    sees(&mut newcomer, &session, Some(&in_field("title")));
    there.send(&ClientMessage::Unsubscribe { plan: plan_id(DRAFT) }).unwrap();
    sees(&mut newcomer, &session, None);
    follow(&mut there, DRAFT);
    show(&mut there, Some(in_field("code")));
    sees(&mut here, &session, Some(&in_field("code")));
    drop(there);
    sees(&mut here, &session, None);
    sees(&mut newcomer, &session, None);
    assert_eq!(br.head(DRAFT), head, "no entry was made");
    let said = server.running().stderr();
    assert!(!said.contains("field-nobody-else-names"), "the log does not tell where people were: {said}");
}

#[test]
fn only_who_follows_a_plan_is_shown_in_it_and_sees_others() {
    let server = TestServer::demo();
    let [br, tsb] = [&BR, &TSB].map(|person| server.client(person));
    let refused = |live: &mut Live, plan: &str| {
        let message = ClientMessage::Presence { plan: plan_id(plan), state: Some(in_field("title")) };
        live.send(&message).unwrap();
        live.expect_nameless_refusal().code
    };
    let mut live = Live::open(&br);
    assert_eq!(refused(&mut live, DRAFT), RefusalCode::NotSubscribed);
    assert_eq!(refused(&mut live, "no-such-plan"), RefusalCode::NoSuchPlan);
    let mut narrow = Live::open_narrow(&br, ADOPTED);
    assert_eq!(refused(&mut narrow, DRAFT), RefusalCode::NoSuchPlan);
    // One who follows another plan hears nothing of this one.
    let mut elsewhere = Live::open(&tsb);
    follow(&mut elsewhere, ADOPTED);
    let mut other = Live::open(&tsb);
    follow(&mut live, DRAFT);
    follow(&mut other, DRAFT);
    show(&mut live, Some(in_field("title")));
    let session = live.session().to_owned();
    sees(&mut other, &session, Some(&in_field("title")));
    elsewhere.send(&ClientMessage::Ping { nonce: 9 }).unwrap();
    let next = elsewhere.next_message().unwrap();
    assert_eq!(next, ServerMessage::Pong { nonce: 9 }, "nothing came before it");
    // Who claims to be somebody is not understood.
    live.send_text(&json!({ "type": "presence", "plan": DRAFT, "state": { "name": "Chair" } }).to_string())
        .unwrap();
    assert_eq!(live.expect_nameless_refusal().code, RefusalCode::Malformed);
}

/// Places that one person says in a row.
const MOVES: usize = 5_000;

#[test]
fn a_flood_of_presence_is_told_in_rounds_and_throws_nobody_out() {
    let server = TestServer::demo();
    let [br, tsb, gs] = [&BR, &TSB, &GS].map(|person| server.client(person));
    let mut slow = Live::open(&tsb);
    let mut flood = Live::open(&br);
    follow(&mut slow, DRAFT);
    follow(&mut flood, DRAFT);
    for number in 0..MOVES {
        show(&mut flood, Some(in_field(&format!("field_{number}"))));
    }
    flood.expect_alive();
    // The plan's own work goes on meanwhile, and its entries come to the slow one too.
    let target = gs.id_of(DRAFT, "1.1");
    let done = gs.edited(DRAFT, &[splice(&target, "title", 0, "x", gs.head(DRAFT))]);
    let last = in_field(&format!("field_{}", MOVES - 1));
    let (mut told, mut is_last, mut entry) = (0, false, None);
    while !is_last || entry != Some(done.seq) {
        match slow.next_message().expect("it is not thrown out") {
            ServerMessage::Presence { people, .. } => {
                told += 1;
                assert_eq!(people.len(), 1, "one person is one person");
                is_last = people[0].state.as_ref() == Some(&last);
            }
            ServerMessage::Event { event, .. } => entry = Some(event.seq),
            other => panic!("{other:?}"),
        }
    }
    println!("{MOVES} moves were told in {told} messages");
    assert!(told < MOVES / 10, "{told} messages");
    slow.expect_alive();
}

#[test]
fn a_watch_tells_who_is_where_and_an_editor_is_somewhere() {
    let server = TestServer::demo();
    let pipe = server.folder().join("typed");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let watch = Cli::of(&server, &AUDITOR).launch.args(["watch", DRAFT, "--who"]);
    let mut watch = Killed(
        watch.command().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap(),
    );
    let mut notes = BufReader::new(watch.0.stderr.take().unwrap()).lines();
    assert!(notes.next().unwrap().unwrap().starts_with("watching"));
    let stdout = watch.0.stdout.take().unwrap();
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        BufReader::new(stdout).lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
    });
    // The editor waits until somebody writes into the pipe.
    let editor = format!("read typed < '{}'; echo \"$typed\" >", pipe.display());
    let edit = Cli::of(&server, &TSB).launch.env("EDITOR", editor).args(["edit", DRAFT, "2.7", "title"]);
    let mut edit = Killed(
        edit.command().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap(),
    );
    let next = || lines.recv_timeout(PATIENCE).expect("a line comes");
    assert_eq!(next(), format!("    · {} (TSB) is in title of target 2.7 [en]", TSB.name));
    std::fs::OpenOptions::new().write(true).open(&pipe).unwrap().write_all(b"Typed\n").unwrap();
    assert!(edit.0.wait().unwrap().success());
    let rest: Vec<String> = (0..3).map(|_| next()).collect();
    let left = format!("    · {} (TSB) left", TSB.name);
    assert!(rest.contains(&left), "{rest:?}");
    assert!(rest.iter().any(|line| line.contains("changed title of target 2.7")), "{rest:?}");
    let json = Cli::of(&server, &AUDITOR).ok(&["who", DRAFT, "2.7", "title", "--json"]);
    assert!(serde_json::from_str::<Json>(&json).is_ok_and(|json| json.to_string().contains(TSB.subject)));
}
