//! Frames on `/live` that are not of the protocol: refused one by one, and the socket goes on.

use plenary_protocol::Seq;
use plenary_protocol::wire::RefusalCode;
use plenary_protocol::wire::live::ServerMessage;
use plenary_tests::{DRAFT, Gone, Live, Shared, TestServer, fresh_id, plan_id};
use tungstenite::Message;
use tungstenite::protocol::frame::Frame;
use tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::people::{BR, READER, splice};

static SHARED: Shared = Shared::new();

#[test]
fn what_is_not_a_message_is_refused_and_the_socket_stays_usable() {
    let server = SHARED.get();
    let br = server.client(&BR);
    let mut live = Live::open(&br);
    for text in [
        "",
        "{",
        "null",
        "[]",
        "\"ping\"",
        "{\"type\":\"shout\"}",
        "{\"type\":\"ping\",\"loud\":true}",
        "{\"type\":\"subscribe\"}",
        "{\"type\":\"subscribe\",\"plan\":\"NOT A PLAN\"}",
        "{\"type\":\"subscribe\",\"plan\":\"itu\",\"after\":-1}",
    ] {
        live.send_text(text).unwrap();
        let refusal = live.expect_nameless_refusal();
        assert_eq!(refusal.code, RefusalCode::Malformed, "{text}");
    }
    live.send_frame(Message::binary(vec![1, 2, 3])).unwrap();
    assert_eq!(live.expect_nameless_refusal().code, RefusalCode::Malformed, "a binary frame");
    live.send_text("{\"type\":\"edit\",\"id\":\"named-one\",\"plan\":\"x\",\"commands\":7}").unwrap();
    let refusal = live.expect_refusal(&"named-one".parse().unwrap());
    assert_eq!(refusal.code, RefusalCode::Malformed, "it is told under its name");
    let deep = "[".repeat(100_000);
    live.send_text(&deep).unwrap();
    assert_eq!(live.expect_nameless_refusal().code, RefusalCode::Malformed, "deep nesting");
    let id = fresh_id("after");
    let target = br.id_of(DRAFT, "1.1");
    live.edit(&id, &plan_id(DRAFT), &[splice(&target, "title", 0, "Still ", Seq(3))]).unwrap();
    live.expect_ack(&id);
}

#[test]
fn a_frame_over_the_limit_ends_the_socket_with_1009() {
    let server = SHARED.get();
    let reader = server.client(&READER);
    let mut live = Live::open(&reader);
    // The head of a masked text frame that says it is 33 MiB long.
    let mut head = vec![0x81, 0xff];
    head.extend((33_u64 * 1024 * 1024).to_be_bytes());
    head.extend([0; 4]);
    live.send_bytes(&head).unwrap();
    live.send_bytes(&[b' '; 1024]).unwrap();
    let (_, gone) = live.drain();
    assert_eq!(gone, Gone::Closed(1009, "message too large".to_owned()));
    let mut live = Live::open(&reader);
    live.expect_alive();
}

#[test]
fn a_message_in_pieces_over_the_limit_ends_the_socket_with_1009() {
    let server = SHARED.get();
    let mut live = Live::open(&server.client(&READER));
    let piece = vec![b' '; 4 * 1024 * 1024];
    let mut ended = None;
    for number in 0..10 {
        let opcode = OpCode::Data(if number == 0 { Data::Text } else { Data::Continue });
        let frame = Frame::message(piece.clone(), opcode, false);
        if let Err(gone) = live.send_frame(Message::Frame(frame)) {
            ended = Some(gone);
            break;
        }
    }
    let (_, gone) = live.drain();
    // While we still write, the closing frame can be lost with the connection.
    assert!(matches!(gone, Gone::Closed(1009, _)) || ended.is_some(), "{gone:?}");
    Live::open(&server.client(&READER)).expect_alive();
}

#[test]
fn a_small_message_in_many_pieces_is_one_message() {
    let server = SHARED.get();
    let mut live = Live::open(&server.client(&READER));
    let text = b"{\"type\":\"ping\",\"nonce\":5}";
    for (number, byte) in text.iter().enumerate() {
        let opcode = OpCode::Data(if number == 0 { Data::Text } else { Data::Continue });
        let frame = Frame::message(vec![*byte], opcode, number + 1 == text.len());
        live.send_frame(Message::Frame(frame)).unwrap();
    }
    live.wait_for(|message| matches!(message, ServerMessage::Pong { nonce: 5 }).then_some(())).unwrap();
}

#[test]
fn bytes_that_are_no_frames_end_the_socket_and_nothing_else() {
    let server = SHARED.get();
    let reader = server.client(&READER);
    let mut other = Live::open(&reader);
    let mut live = Live::open(&reader);
    // Reserved bits and an opcode that is none, unmasked.
    live.send_bytes(&[0xff, 0x05, 1, 2, 3, 4, 5]).unwrap();
    let (_, gone) = live.drain();
    assert!(matches!(gone, Gone::Closed(1002, _) | Gone::Lost(_)), "{gone:?}");
    other.expect_alive();
}

#[test]
fn a_subscription_from_beyond_the_head_is_refused_and_one_that_is_twice_is_one() {
    let server = TestServer::demo();
    let mut live = Live::open(&server.client(&READER));
    let plan = plan_id(DRAFT);
    live.subscribe(&plan, Some(Seq(1_000_000)), false).unwrap();
    assert_eq!(live.expect_nameless_refusal().code, RefusalCode::BaseAhead);
    let head = server.client(&READER).head(DRAFT);
    for _ in 0..2 {
        live.subscribe(&plan, Some(head), false).unwrap();
        live.wait_for(|message| matches!(message, ServerMessage::Subscribed { .. }).then_some(())).unwrap();
    }
    let br = server.client(&BR);
    let done = br.edited(DRAFT, &[splice(&br.id_of(DRAFT, "1.2"), "title", 0, "x", head)]);
    let mut told = std::collections::BTreeMap::new();
    while !told.contains_key(&done.seq.next()) {
        if told.contains_key(&done.seq) {
            br.edited(DRAFT, &[splice(&br.id_of(DRAFT, "1.2"), "title", 0, "y", done.seq)]);
        }
        if let ServerMessage::Event { event, .. } = live.next_message().unwrap() {
            *told.entry(event.seq).or_insert(0) += 1;
        }
    }
    assert!(told.values().all(|times| *times == 1), "each entry once: {told:?}");
}
