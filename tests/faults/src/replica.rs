//! A peer of `/sync` that joins and no more: its ticket is bound to it, which is a fact of the log.

use std::net::TcpStream;

use plenary_protocol::wire::sync::{PeerMetadata, SyncBody, SyncFrame};
use plenary_tests::{Http, PATIENCE};
use serde_json::json;
use tungstenite::Message;
use tungstenite::client::IntoClientRequest as _;

/// A ticket of somebody.
///
/// # Panics
/// When none is given.
pub fn ticket(http: &Http) -> String {
    let given = http.post("/api/v1/tickets", &json!({})).ok();
    given["ticket"].as_str().expect("a ticket is a text").to_owned()
}

/// Joins under a peer id; good once the server has answered.
///
/// # Errors
/// What stands in the way, in words.
pub fn join(base: &str, ticket: &str, peer: &str) -> Result<(), String> {
    let told = |error: &dyn std::fmt::Display| error.to_string();
    let address = base.trim_start_matches("http://");
    let stream = TcpStream::connect(address).map_err(|error| told(&error))?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(|error| told(&error))?;
    let request = format!("ws://{address}/sync?ticket={ticket}").into_client_request();
    let (mut socket, _) = tungstenite::client(request.map_err(|error| told(&error))?, stream)
        .map_err(|error| format!("the handshake fails: {error}"))?;
    let body = SyncBody::Join { metadata: PeerMetadata::default(), versions: vec!["1".into()] };
    let frame = SyncFrame { sender: peer.to_owned(), target: None, body };
    socket.send(Message::binary(frame.encode())).map_err(|error| told(&error))?;
    loop {
        match socket.read().map_err(|error| told(&error))? {
            Message::Binary(bytes) => {
                let frame = SyncFrame::decode(&bytes).map_err(|error| format!("{error:?}"))?;
                return match frame.body {
                    SyncBody::Peer { .. } => Ok(()),
                    other => Err(format!("{other:?}")),
                };
            }
            Message::Close(close) => return Err(format!("{close:?}")),
            _ => {}
        }
    }
}
