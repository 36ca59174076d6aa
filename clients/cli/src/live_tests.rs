//! A server of a few lines that loses connections, to show that an edit is asked for again by name.

use std::net::TcpListener;
use std::sync::mpsc;
use std::thread;

use plenary_protocol::ids::{Digest, Seq};
use tungstenite::handshake::server::{ErrorResponse, Request, Response};

use super::*;

/// What the server does with one connection.
#[derive(Clone, Copy)]
enum Act {
    /// Reads the edit and drops the connection.
    Drop,
    /// Acknowledges; `true`: as done before.
    Ack(bool),
    /// Refuses as stale.
    Refuse,
    /// Refuses as busy.
    Busy,
    /// Closes with a code before it reads.
    Close(u16),
}

/// Runs the script, one connection each; gives its address and the names of the edits it read.
fn server(script: Vec<Act>) -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let (names, seen) = mpsc::channel();
    thread::spawn(move || {
        for act in script {
            let (stream, _) = listener.accept().unwrap();
            serve(stream, act, &names);
        }
    });
    (base, seen)
}

#[expect(clippy::result_large_err, reason = "the signature is given by the library")]
fn choose(_: &Request, mut answer: Response) -> Result<Response, ErrorResponse> {
    answer.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL_JSON));
    Ok(answer)
}

fn serve(stream: TcpStream, act: Act, names: &mpsc::Sender<String>) {
    let mut socket = tungstenite::accept_hdr(stream, choose).unwrap();
    let welcome = serde_json::json!({
        "type": "welcome", "server": "0", "session": "s", "subject": "ana", "name": "Ana", "bureau": "BR",
        "role": "drafter", "expires_at": "2030-01-01T00:00:00Z"
    });
    socket.send(Message::text(welcome.to_string())).unwrap();
    if let Act::Close(code) = act {
        let frame = tungstenite::protocol::CloseFrame { code: code.into(), reason: "".into() };
        socket.close(Some(frame)).unwrap();
        socket.flush().unwrap();
        while socket.read().is_ok() {}
        return;
    }
    let text = socket.read().unwrap().into_text().unwrap();
    let ClientMessage::Edit { id, plan, .. } = serde_json::from_str(&text).unwrap() else {
        panic!("an edit")
    };
    names.send(id.to_string()).unwrap();
    let refuse = |code| ServerMessage::Refused {
        id: Some(id.clone()),
        plan: Some(plan.clone()),
        changes: Vec::new(),
        refusal: Refusal::new(code, "no"),
    };
    let answer = match act {
        Act::Drop | Act::Close(_) => return,
        Act::Ack(duplicate) => ServerMessage::Ack {
            id: id.clone(),
            plan: plan.clone(),
            seq: Seq(7),
            leaf: Digest::ZERO,
            entries: Vec::new(),
            made: Vec::new(),
            duplicate,
        },
        Act::Refuse => refuse(RefusalCode::Stale),
        Act::Busy => refuse(RefusalCode::Busy),
    };
    socket.send(Message::text(serde_json::to_string(&answer).unwrap())).unwrap();
    while socket.read().is_ok() {}
}

fn run(script: Vec<Act>) -> (Result<EditDone, Failure>, Vec<String>, usize) {
    let (base, seen) = server(script);
    let id: ClientId = "cli-1".parse().unwrap();
    let message = ClientMessage::Edit {
        id: id.clone(),
        plan: "p".parse().unwrap(),
        commands: Vec::new(),
        known: None,
        because: None,
        answers: Vec::new(),
    };
    let mut pauses = 0;
    let result = edit(
        || Live::connect(&base, "t"),
        &message,
        &id,
        |_, _| pauses += 1,
        |reason| Failure::UnknownOutcome { edit_id: "cli-1".into(), look: "log".into(), reason },
    );
    (result, seen.try_iter().collect(), pauses)
}

#[test]
fn an_acknowledged_edit_is_done() {
    let (result, names, pauses) = run(vec![Act::Ack(false)]);
    assert_eq!(result.unwrap().seq, Seq(7));
    assert_eq!((names.len(), pauses), (1, 0));
}

#[test]
fn after_a_lost_connection_the_same_edit_is_sent_again() {
    let (result, names, pauses) = run(vec![Act::Drop, Act::Drop, Act::Ack(true)]);
    assert!(result.unwrap().duplicate);
    assert_eq!(names, ["cli-1", "cli-1", "cli-1"]);
    assert_eq!(pauses, 2);
}

#[test]
fn a_refusal_is_final() {
    let (result, names, _) = run(vec![Act::Refuse]);
    assert_eq!(result.unwrap_err().exit_code(), crate::exit::CONFLICT);
    assert_eq!(names.len(), 1);
}

#[test]
fn a_busy_server_is_asked_again() {
    let (result, names, pauses) = run(vec![Act::Busy, Act::Ack(false)]);
    assert!(result.is_ok());
    assert_eq!((names.len(), pauses), (2, 1));
}

#[test]
fn when_the_server_stays_away_the_outcome_is_unknown() {
    let (result, names, _) = run(vec![Act::Drop]);
    assert_eq!(result.unwrap_err().exit_code(), crate::exit::UNKNOWN_OUTCOME);
    assert_eq!(names.len(), 1);
}

#[test]
fn an_ended_token_and_an_oversize_edit_are_told_apart() {
    for (code, exit) in [(4401, crate::exit::DENIED), (1009, crate::exit::REFUSED)] {
        let (base, _) = server(vec![Act::Close(code)]);
        let mut live = Live::connect(&base, "t").unwrap();
        let Received::Ended(failure) = live.receive() else { panic!("ended") };
        assert_eq!(failure.exit_code(), exit);
    }
}
