//! A client of `/live`: one socket, blocking, every wait with a deadline.  Every message that it sends
//! or receives, in either encoding, is held against the description of the messages.

mod answers;

use std::collections::VecDeque;
use std::io::Write;
use std::net::TcpStream;
use std::time::Instant;

use plenary_protocol::ids::{ClientId, PlanId};
use plenary_protocol::plan::Command;
use plenary_protocol::wire::Refusal;
use plenary_protocol::wire::live::{AckEntry, Bytes, ClientMessage, Encoding, ServerMessage};
use plenary_protocol::{ElementId, Seq};
use serde_json::json;
use tungstenite::client::IntoClientRequest;
use tungstenite::handshake::HandshakeError;
use tungstenite::http::HeaderValue;
use tungstenite::{Error, Message, WebSocket};

use crate::{Described, Http, PATIENCE, json_of_cbor};

/// How a socket ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gone {
    /// The server closed it with a code and a reason.
    Closed(u16, String),
    /// It broke off.
    Lost(String),
}

/// An acknowledgement.
#[derive(Debug, Clone, PartialEq)]
pub struct Ack {
    /// The last of its entries.
    pub seq: Seq,
    /// All of its entries.
    pub entries: Vec<AckEntry>,
    /// What it made.
    pub made: Vec<ElementId>,
    /// Whether it had been done before.
    pub duplicate: bool,
}

/// What became of something asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It is done and on disk.
    Done(Ack),
    /// It is not done.
    Refused(Refusal),
}

/// A socket.
#[derive(Debug)]
pub struct Live {
    socket: WebSocket<TcpStream>,
    encoding: Encoding,
    waiting: VecDeque<ServerMessage>,
    /// The welcome, as it came.
    pub welcome: ServerMessage,
}

impl Live {
    /// Opens a socket by ticket.
    ///
    /// # Panics
    /// When it does not open.
    #[track_caller]
    pub fn open(http: &Http) -> Live {
        Live::try_open(http).expect("the socket opens")
    }

    /// Opens a socket by ticket that speaks one of the encodings.
    ///
    /// # Panics
    /// When it does not open.
    #[track_caller]
    pub fn open_in(http: &Http, encoding: Encoding) -> Live {
        Live::try_open_in(http, encoding).expect("the socket opens")
    }

    /// Opens a socket by ticket.
    ///
    /// # Errors
    /// Status and body of the refusal, or 0 and what broke off.
    pub fn try_open(http: &Http) -> Result<Live, (u16, String)> {
        Live::try_open_in(http, Encoding::Json)
    }

    fn try_open_in(http: &Http, encoding: Encoding) -> Result<Live, (u16, String)> {
        let asked =
            http.try_ask("POST", "/api/v1/tickets", Some(b"{}")).map_err(|error| (0, error.to_string()))?;
        let Some(ticket) = asked.json["ticket"].as_str() else { return Err((asked.status, asked.text)) };
        Live::with(
            http.base(),
            &format!("?ticket={ticket}"),
            &[("Sec-WebSocket-Protocol", encoding.subprotocol())],
        )
    }

    /// Opens a socket whose ticket is good for one plan.
    ///
    /// # Panics
    /// When it does not open.
    #[track_caller]
    pub fn open_narrow(http: &Http, plan: &str) -> Live {
        let asked = http.post("/api/v1/tickets", &json!({ "plan": plan })).ok();
        let ticket = asked["ticket"].as_str().expect("a ticket");
        Live::with(http.base(), &format!("?ticket={ticket}"), &[]).expect("the socket opens")
    }

    /// Opens a socket with a query and headers as given.
    ///
    /// # Errors
    /// Status and body of the refusal, or 0 and what broke off.
    ///
    /// # Panics
    /// When the address or a header is none, or no welcome comes.
    pub fn with(base: &str, query: &str, headers: &[(&'static str, &str)]) -> Result<Live, (u16, String)> {
        let address = base.strip_prefix("http://").expect("an address of http");
        let broken = |error: &dyn std::fmt::Display| (0, error.to_string());
        let stream = TcpStream::connect(address).map_err(|error| broken(&error))?;
        stream.set_read_timeout(Some(PATIENCE)).expect("a deadline");
        stream.set_nodelay(true).expect("no delay");
        let mut request = format!("ws://{address}/live{query}").into_client_request().expect("an address");
        for (name, value) in headers {
            request.headers_mut().insert(*name, HeaderValue::from_str(value).expect("a header"));
        }
        let (socket, answer) = tungstenite::client(request, stream).map_err(|error| match error {
            HandshakeError::Failure(Error::Http(answer)) => {
                let body = answer.body().clone().unwrap_or_default();
                (answer.status().as_u16(), String::from_utf8_lossy(&body).into_owned())
            }
            other => broken(&other),
        })?;
        let chosen = answer.headers().get("Sec-WebSocket-Protocol").and_then(|name| name.to_str().ok());
        let encoding = chosen.map_or(Some(Encoding::Json), |name| Encoding::choose([name]));
        let encoding = encoding.expect("a subprotocol that is known");
        let welcome = ServerMessage::Pong { nonce: 0 };
        let mut live = Live { socket, encoding, waiting: VecDeque::new(), welcome };
        live.welcome = live.receive().map_err(|gone| (0, format!("{gone:?}")))?;
        assert!(matches!(live.welcome, ServerMessage::Welcome { .. }), "not a welcome: {:?}", live.welcome);
        Ok(live)
    }

    /// How its messages are written, as the server chose.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The connection, as the server names it.
    ///
    /// # Panics
    /// Never: a socket begins with a welcome.
    pub fn session(&self) -> &str {
        match &self.welcome {
            ServerMessage::Welcome { session, .. } => session,
            other => panic!("not a welcome: {other:?}"),
        }
    }

    /// Sends a message.
    ///
    /// # Errors
    /// How the socket ended.
    ///
    /// # Panics
    /// When the message is not as described.
    pub fn send(&mut self, message: &ClientMessage) -> Result<(), Gone> {
        let (frame, json) = match self.encoding {
            Encoding::Json => {
                let text = message.to_json();
                let json = serde_json::from_str(&text).expect("a message is JSON");
                (Message::text(text), json)
            }
            Encoding::Cbor => {
                let bytes = message.to_cbor();
                let json = json_of_cbor(&bytes);
                (Message::binary(bytes), json)
            }
        };
        Described::Client.expect(&json);
        self.send_frame(frame)
    }

    /// Sends a text frame as it is.
    ///
    /// # Errors
    /// How the socket ended.
    pub fn send_text(&mut self, text: &str) -> Result<(), Gone> {
        self.send_frame(Message::text(text))
    }

    /// Sends a frame.
    ///
    /// # Errors
    /// How the socket ended.
    pub fn send_frame(&mut self, frame: Message) -> Result<(), Gone> {
        self.socket.send(frame).map_err(|error| Gone::Lost(error.to_string()))
    }

    /// Writes bytes to the socket as they are.
    ///
    /// # Errors
    /// How the socket ended.
    pub fn send_bytes(&mut self, bytes: &[u8]) -> Result<(), Gone> {
        self.socket.get_mut().write_all(bytes).map_err(|error| Gone::Lost(error.to_string()))
    }

    /// Subscribes; what follows is for the caller to read.
    ///
    /// # Errors
    /// How the socket ended.
    pub fn subscribe(&mut self, plan: &PlanId, after: Option<Seq>, raw: bool) -> Result<(), Gone> {
        self.send(&ClientMessage::Subscribe { plan: plan.clone(), after, leaf: None, raw })
    }

    /// Sends commands under a name.
    ///
    /// # Errors
    /// How the socket ended.
    pub fn edit(&mut self, id: &ClientId, plan: &PlanId, commands: &[Command]) -> Result<(), Gone> {
        self.send(&ClientMessage::Edit {
            id: id.clone(),
            plan: plan.clone(),
            commands: commands.to_vec(),
            known: None,
            because: None,
            answers: Vec::new(),
        })
    }

    /// Sends finished changes under a name.
    ///
    /// # Errors
    /// How the socket ended.
    pub fn changes(&mut self, id: &ClientId, plan: &PlanId, changes: &[Vec<u8>]) -> Result<(), Gone> {
        self.send(&ClientMessage::Changes {
            id: id.clone(),
            plan: plan.clone(),
            changes: changes.iter().cloned().map(Bytes).collect(),
            because: None,
            answers: Vec::new(),
        })
    }

    /// The next frame with a message in it, as it came.
    ///
    /// # Errors
    /// How the socket ended.
    pub fn next_frame(&mut self) -> Result<Message, Gone> {
        // Pings come for ever, so the deadline of one reading is not enough.
        let asked = Instant::now();
        while asked.elapsed() < PATIENCE {
            let lost = |error: Error| match error {
                Error::ConnectionClosed => Gone::Lost("closed".to_owned()),
                Error::Io(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                    Gone::Lost("nothing came in time".to_owned())
                }
                error => Gone::Lost(error.to_string()),
            };
            match self.socket.read().map_err(lost)? {
                frame @ (Message::Text(_) | Message::Binary(_)) => return Ok(frame),
                Message::Close(frame) => {
                    let frame = frame.map(|frame| (u16::from(frame.code), frame.reason.to_string()));
                    let (code, reason) = frame.unwrap_or((1005, String::new()));
                    return Err(Gone::Closed(code, reason));
                }
                _ => {}
            }
        }
        Err(Gone::Lost("nothing came in time".to_owned()))
    }

    fn receive(&mut self) -> Result<ServerMessage, Gone> {
        let (json, message) = match (self.next_frame()?, self.encoding) {
            (Message::Text(text), Encoding::Json) => {
                (serde_json::from_str(&text).expect("the server sends JSON"), ServerMessage::from_json(&text))
            }
            (Message::Binary(bytes), Encoding::Cbor) => {
                (json_of_cbor(&bytes), ServerMessage::from_cbor(&bytes))
            }
            (frame, encoding) => panic!("not a frame of {encoding:?}: {frame:?}"),
        };
        Described::Server.expect(&json);
        message.map_err(|error| Gone::Lost(format!("{error}: {json}")))
    }
}
