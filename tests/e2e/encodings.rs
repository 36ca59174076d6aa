//! `/live` in its two encodings: the same messages, chosen by subprotocol, and CBOR that is hostile.

use automerge::{Automerge, Change};
use ciborium::Value;
use plenary_core::document;
use plenary_protocol::Seq;
use plenary_protocol::wire::live::{Encoding, SUBPROTOCOL_CBOR, SUBPROTOCOL_JSON, ServerMessage};
use plenary_protocol::wire::{EventView, RefusalCode};
use plenary_tests::{DRAFT, Live, Replica, Shared, TestServer, fresh_id, plan_id};
use serde_json::json;
use tungstenite::Message;

use crate::people::{BR, READER, TSB, splice};

static SHARED: Shared = Shared::new();

/// The entries that a socket is told, up to and with one.
fn entries(live: &mut Live, until: Seq) -> Vec<EventView> {
    let mut told = Vec::new();
    while told.last().is_none_or(|event: &EventView| event.seq < until) {
        let event = live.wait_for(|message| match message {
            ServerMessage::Event { event, .. } => Some((**event).clone()),
            _ => None,
        });
        told.push(event.unwrap());
    }
    told
}

#[test]
fn writers_of_both_encodings_in_one_sentence_see_the_same_entries() {
    let server = TestServer::demo();
    let plan = plan_id(DRAFT);
    let http = [&BR, &TSB].map(|person| server.client(person));
    let target = http[0].id_of(DRAFT, "2.7");
    let base = http[0].head(DRAFT);
    let mut sockets = [Live::open_in(&http[0], Encoding::Json), Live::open_in(&http[1], Encoding::Cbor)];
    assert_eq!(sockets.each_ref().map(Live::encoding), Encoding::ALL);
    for live in &mut sockets {
        live.subscribe(&plan, Some(base), false).unwrap();
    }
    let mut asked = [Vec::new(), Vec::new()];
    for number in 0..10 {
        for (live, asked) in sockets.iter_mut().zip(&mut asked) {
            let id = fresh_id("both");
            live.edit(&id, &plan, &[splice(&target, "title", number, "ü", base)]).unwrap();
            asked.push(id);
        }
    }
    let mut last = Seq::ZERO;
    for (live, asked) in sockets.iter_mut().zip(&asked) {
        for id in asked {
            last = last.max(live.expect_ack(id).seq);
        }
    }
    let [json, cbor] = sockets.each_mut().map(|live| entries(live, last));
    assert_eq!(json, cbor);
    assert_eq!(json.len() as u64, last.0 - base.0, "each entry once");
    assert_eq!(json, http[0].events(DRAFT, &format!("after={base}&limit=1000")), "and as the API tells them");
}

fn cbor(frame: &Message) -> Value {
    let Message::Binary(bytes) = frame else { panic!("not a binary frame: {frame:?}") };
    ciborium::from_reader(&bytes[..]).unwrap()
}

fn at<'a>(value: &'a Value, key: &str) -> &'a Value {
    let pairs = value.as_map().unwrap();
    &pairs.iter().find(|(name, _)| name.as_text() == Some(key)).unwrap_or_else(|| panic!("no {key}")).1
}

#[test]
fn a_replica_over_cbor_gets_and_gives_byte_strings() {
    let server = TestServer::demo();
    let (br, tsb) = (server.client(&BR), server.client(&TSB));
    let target = br.id_of(DRAFT, "2.7");
    let mut bare = Live::open_in(&br, Encoding::Cbor);
    bare.subscribe(&plan_id(DRAFT), None, true).unwrap();
    let snapshot = cbor(&bare.next_frame().unwrap());
    let mut doc: Automerge = document::load(at(&snapshot, "document").as_bytes().unwrap()).unwrap();
    assert_eq!(at(&cbor(&bare.next_frame().unwrap()), "type").as_text(), Some("subscribed"));
    let mut replica = Replica::join_in(&tsb, DRAFT, &[7; 16], Encoding::Cbor);
    replica.insert(&target, "title", |_| 0, "Ünder CBOR: ");
    let sent = replica.last_change().raw_bytes().to_vec();
    replica.push().unwrap();
    assert_eq!(replica.unconfirmed(), 0, "it is acknowledged");
    replica.catch_up(br.head(DRAFT)).unwrap();
    loop {
        let told = cbor(&bare.next_frame().unwrap());
        let event = at(&told, "event");
        assert_eq!(at(event, "leaf").as_bytes().map(Vec::len), Some(32), "a digest is its bytes");
        if at(event, "type").as_text() == Some("change") {
            let change = at(&told, "change").as_bytes().unwrap();
            assert_eq!(*change, sent, "the very bytes that were handed over");
            document::apply(&mut doc, vec![Change::from_bytes(change.clone()).unwrap()]).unwrap();
            break;
        }
    }
    assert_eq!(doc.get_heads(), replica.doc().get_heads());
    replica.offline();
    br.edited(DRAFT, &[splice(&target, "title", 0, "x", br.head(DRAFT))]);
    replica.insert(&target, "title", |_| 0, "offline ");
    replica.come_back(&server.base());
    assert!(replica.text(&target, "title").contains("offline "));
}

#[test]
fn the_subprotocol_is_chosen_in_the_clients_order() {
    let server = SHARED.get();
    let reader = server.client(&READER);
    let open = |offered: Option<&str>| {
        let ticket = reader.post("/api/v1/tickets", &json!({})).ok();
        let query = format!("?ticket={}", ticket["ticket"].as_str().unwrap());
        let headers: Vec<_> = offered.map(|names| ("Sec-WebSocket-Protocol", names)).into_iter().collect();
        Live::with(reader.base(), &query, &headers)
    };
    let both = [SUBPROTOCOL_CBOR, SUBPROTOCOL_JSON].join(", ");
    assert_eq!(open(Some(&both)).unwrap().encoding(), Encoding::Cbor);
    let both = [SUBPROTOCOL_JSON, SUBPROTOCOL_CBOR].join(",");
    assert_eq!(open(Some(&both)).unwrap().encoding(), Encoding::Json);
    let newer = ["plenary.live.v9+cbor", SUBPROTOCOL_CBOR].join(", ");
    assert_eq!(open(Some(&newer)).unwrap().encoding(), Encoding::Cbor);
    assert_eq!(open(None).unwrap().encoding(), Encoding::Json);
    let (status, body) = open(Some("plenary.live.v9+cbor")).unwrap_err();
    assert_eq!(status, 400);
    assert!(body.contains(SUBPROTOCOL_JSON) && body.contains(SUBPROTOCOL_CBOR), "{body}");
}

#[test]
fn hostile_cbor_is_refused_frame_by_frame_and_the_socket_goes_on() {
    let server = SHARED.get();
    let mut other = Live::open_in(&server.client(&READER), Encoding::Cbor);
    let mut live = Live::open_in(&server.client(&BR), Encoding::Cbor);
    let whole = plenary_protocol::wire::ClientMessage::Ping { nonce: 1 }.to_cbor();
    let in_list = |head: &[u8]| [b"\xa1\x67changes", head].concat();
    let frames: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", Vec::new()),
        ("a message cut short", whole[..whole.len() - 1].to_vec()),
        ("something behind a message", [&whole[..], &[0]].concat()),
        ("a map of 2^40", vec![0xbb, 0, 0, 1, 0, 0, 0, 0, 0]),
        ("a list of 2^40", in_list(&[0x9b, 0, 0, 1, 0, 0, 0, 0, 0])),
        ("a byte string of 2^40", in_list(&[0x81, 0x5b, 0, 0, 1, 0, 0, 0, 0, 0])),
        ("the longest list", in_list(&[0x9b, 255, 255, 255, 255, 255, 255, 255, 255])),
        ("a deep list", vec![0x81; 1_000_000]),
        ("deep maps", b"\xa1\x61a".repeat(100_000)),
        ("a million and more items", [&[0x9a, 0, 0x20, 0, 0][..], &[0; 0x20_0000]].concat()),
        ("a map without a length", b"\xbf\x64type\x64ping\xff".to_vec()),
        ("a key twice", b"\xa2\x64type\x64ping\x64type\x64ping".to_vec()),
        ("a tag", b"\xa1\x64type\xc0\x64ping".to_vec()),
        ("bytes for a text", b"\xa2\x64type\x69subscribe\x64plan\x41p".to_vec()),
        ("a text for a number", b"\xa2\x64type\x64ping\x65nonce\x61\x31".to_vec()),
        ("an unknown key", b"\xa2\x64type\x64ping\x64loud\xf5".to_vec()),
        ("an unknown type", b"\xa1\x64type\x65shout".to_vec()),
        ("JSON", b"{\"type\":\"ping\"}".to_vec()),
        ("noise", (0..4_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect()),
    ];
    for (what, bytes) in frames {
        live.send_frame(Message::binary(bytes)).unwrap();
        let refusal = live.expect_nameless_refusal();
        assert_eq!(refusal.code, RefusalCode::Malformed, "{what}: {}", refusal.reason);
    }
    live.send_text("{\"type\":\"ping\"}").unwrap();
    let refusal = live.expect_nameless_refusal();
    assert!(refusal.code == RefusalCode::Malformed && refusal.reason.contains("binary"), "{refusal:?}");
    live.send_frame(Message::binary(b"\xa2\x62id\x65named\x64type\x65shout".to_vec())).unwrap();
    let refusal = live.expect_refusal(&"named".parse().unwrap());
    assert_eq!(refusal.code, RefusalCode::Malformed, "it is told under its name");
    live.expect_alive();
    other.expect_alive();
    let (id, base) = (fresh_id("after"), server.client(&BR).head(DRAFT));
    let target = server.client(&BR).id_of(DRAFT, "1.1");
    live.edit(&id, &plan_id(DRAFT), &[splice(&target, "title", 0, "Still ", base)]).unwrap();
    live.expect_ack(&id);
}
