//! A bare client of `/sync`: frames of the automerge-repo protocol, one socket, deadlines on every wait.

use std::net::TcpStream;
use std::time::Instant;

use automerge::sync::{State, SyncDoc};
use plenary_protocol::wire::sync::{PeerMetadata, SyncBody, SyncFrame};
use plenary_tests::{Http, PATIENCE};
use serde_json::json;
use tungstenite::client::IntoClientRequest;
use tungstenite::handshake::HandshakeError;
use tungstenite::{Error, Message, WebSocket};

/// A joined peer.
pub struct Sync {
    socket: WebSocket<TcpStream>,
    base: String,
    ticket: String,
    peer: String,
}

impl Sync {
    /// Joins under a peer id with a fresh ticket.
    #[track_caller]
    pub fn open(http: &Http, peer: &str) -> Sync {
        let ticket = http.post("/api/v1/tickets", &json!({})).ok()["ticket"].as_str().unwrap().to_owned();
        Sync::join(http.base(), &ticket, peer).unwrap()
    }

    /// Joins once more with the same ticket.
    ///
    /// # Errors
    /// Status and body, when the socket is refused.
    pub fn again(&self) -> Result<Sync, (u16, String)> {
        Sync::join(&self.base, &self.ticket, &self.peer)
    }

    fn join(base: &str, ticket: &str, peer: &str) -> Result<Sync, (u16, String)> {
        let address = base.strip_prefix("http://").unwrap();
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let request = format!("ws://{address}/sync?ticket={ticket}").into_client_request().unwrap();
        let (socket, _) = tungstenite::client(request, stream).map_err(|error| match error {
            HandshakeError::Failure(Error::Http(answer)) => {
                let body = answer.body().clone().unwrap_or_default();
                (answer.status().as_u16(), String::from_utf8_lossy(&body).into_owned())
            }
            other => panic!("{other}"),
        })?;
        let (base, ticket, peer) = (base.to_owned(), ticket.to_owned(), peer.to_owned());
        let mut sync = Sync { socket, base, ticket, peer };
        sync.say(SyncBody::Join { metadata: PeerMetadata::default(), versions: vec!["1".into()] });
        let welcome = sync.next().unwrap();
        assert!(matches!(welcome, SyncBody::Peer { .. }), "{welcome:?}");
        Ok(sync)
    }

    fn say(&mut self, body: SyncBody) {
        let frame = SyncFrame { sender: self.peer.clone(), target: None, body };
        self.socket.send(Message::binary(frame.encode())).unwrap();
    }

    /// Asks for a document that this peer does not have; gives the first answer about it.
    pub fn ask(&mut self, document: &str) -> SyncBody {
        let message = plenary_core::document::empty().generate_sync_message(&mut State::new()).unwrap();
        self.say(SyncBody::Request { document: document.to_owned(), data: message.encode() });
        self.next_about(document)
    }

    /// The next frame about a document.
    pub fn next_about(&mut self, wanted: &str) -> SyncBody {
        loop {
            let body = self.next().unwrap();
            match &body {
                SyncBody::Sync { document, .. } | SyncBody::DocUnavailable { document }
                    if document == wanted =>
                {
                    return body;
                }
                _ => {}
            }
        }
    }

    /// The next frame, or how the socket was closed.
    fn next(&mut self) -> Result<SyncBody, (u16, String)> {
        // The server's pings would keep a read alive for ever.
        let until = Instant::now() + PATIENCE;
        loop {
            assert!(Instant::now() < until, "nothing came in time");
            match self.socket.read() {
                Ok(Message::Binary(bytes)) => return Ok(SyncFrame::decode(&bytes).unwrap().body),
                Ok(Message::Close(Some(close))) => return Err((close.code.into(), close.reason.to_string())),
                Ok(_) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// Says something that is not to be taken, and waits until it has been looked at.
    pub fn attack(mut self, document: &str, data: Vec<u8>) {
        self.say(SyncBody::Sync { document: document.to_owned(), data });
        let nowhere = "4NMNnkMhL8jXrdJ9jamS58PAVdXu".to_owned();
        let hello = plenary_core::document::empty().generate_sync_message(&mut State::new()).unwrap();
        let body = SyncBody::Request { document: nowhere.clone(), data: hello.encode() };
        let frame = SyncFrame { sender: self.peer.clone(), target: None, body };
        // It may be closed already: that is an answer too.
        _ = self.socket.send(Message::binary(frame.encode()));
        while let Ok(message) = self.socket.read() {
            let Message::Binary(bytes) = message else { continue };
            let body = SyncFrame::decode(&bytes).unwrap().body;
            if matches!(body, SyncBody::DocUnavailable { document } if document == nowhere) {
                return;
            }
        }
    }

    /// Reads until the server closes; gives code and reason.
    pub fn ended(&mut self) -> (u16, String) {
        loop {
            if let Err(closed) = self.next() {
                return closed;
            }
        }
    }
}
