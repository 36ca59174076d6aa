//! One connection to `/live`: messages out, messages in, and an edit that survives a lost connection.

use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use plenary_limits::LIVE_MESSAGE_BYTES_MAX;
use plenary_protocol::ids::ClientId;
use plenary_protocol::wire::api::{EditDone, Problem};
use plenary_protocol::wire::codes::{Refusal, RefusalCode, close};
use plenary_protocol::wire::live::{ClientMessage, SUBPROTOCOL_JSON, ServerMessage};
use tungstenite::client::IntoClientRequest;
use tungstenite::http::{HeaderValue, header};
use tungstenite::protocol::WebSocketConfig;
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::stream::MaybeTlsStream;
use tungstenite::{HandshakeError, Message, WebSocket};

use crate::failure::Failure;
use crate::http::{USER_AGENT, io_words};
use crate::retry::{Attempt, until_answered};

/// How long a connection may take to stand.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// After this long without a word `receive` says so, and the caller may ask for a sign of life.
const QUIET_AFTER: Duration = Duration::from_secs(20);
/// How long a goodbye may take.
const FAREWELL_MAX: Duration = Duration::from_millis(500);
/// How many quiet times an edit is waited for: a batch of 5,000 commands takes a while.
const QUIET_TIMES_MAX: u32 = 4;

/// A connection that the server has welcomed.
pub struct Live {
    socket: WebSocket<MaybeTlsStream<TcpStream>>,
}

/// What came, or did not.
#[derive(Debug)]
pub enum Received {
    /// A message.
    Message(Box<ServerMessage>),
    /// Nothing for a while.
    Quiet,
    /// The connection is gone, and why.
    Gone(String),
    /// The server ended it for good.
    Ended(Failure),
}

impl Live {
    /// Connects to the server at `base` with a ticket and waits to be welcomed.
    pub fn connect(base: &str, ticket: &str) -> Result<Live, Failure> {
        let unreachable = |reason: String| Failure::Unreachable { url: base.to_owned(), reason };
        let address = format!("ws{}/live?ticket={ticket}", base.strip_prefix("http").unwrap_or(base));
        let mut request = address.into_client_request().map_err(|error| Failure::Usage(error.to_string()))?;
        request
            .headers_mut()
            .insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL_JSON));
        request.headers_mut().insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
        let is_tls = request.uri().scheme_str() == Some("wss");
        let host = request.uri().host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let port = request.uri().port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        let stream = connect_tcp(&host, port).map_err(|error| unreachable(io_words(&error)))?;
        let config = WebSocketConfig::default()
            .max_message_size(Some(2 * LIVE_MESSAGE_BYTES_MAX))
            .max_frame_size(Some(2 * LIVE_MESSAGE_BYTES_MAX));
        let (socket, _) =
            tungstenite::client_tls_with_config(request, stream, Some(config), None).map_err(|error| {
                match error {
                    HandshakeError::Failure(tungstenite::Error::Http(answer)) => {
                        let said =
                            answer.body().as_deref().and_then(|body| serde_json::from_slice(body).ok());
                        refused(answer.status().as_u16(), said.map(Problem::into_refusal))
                    }
                    HandshakeError::Failure(error) => unreachable(error.to_string()),
                    HandshakeError::Interrupted(_) => unreachable("no answer in time".into()),
                }
            })?;
        let mut live = Live { socket };
        match live.receive() {
            Received::Message(message) if matches!(*message, ServerMessage::Welcome { .. }) => Ok(live),
            Received::Message(_) => Err(Failure::Server("the server does not begin with a welcome".into())),
            Received::Quiet => Err(unreachable("no answer in time".into())),
            Received::Gone(reason) => Err(unreachable(reason)),
            Received::Ended(failure) => Err(failure),
        }
    }

    /// Sends a message; `Err` when the connection is gone.
    pub fn send(&mut self, message: &ClientMessage) -> Result<(), String> {
        let text = serde_json::to_string(message).map_err(|error| error.to_string())?;
        self.socket.send(Message::text(text)).map_err(|error| gone(&error))
    }

    /// Waits for the next message.
    pub fn receive(&mut self) -> Received {
        loop {
            match self.socket.read() {
                Ok(Message::Text(text)) => {
                    return match serde_json::from_str(&text) {
                        Ok(message) => Received::Message(Box::new(message)),
                        Err(error) => Received::Ended(Failure::Server(format!(
                            "a message of the server is not understood: {error}"
                        ))),
                    };
                }
                Ok(Message::Close(frame)) => {
                    let Some(frame) = frame else { return Received::Gone("the server closed it".into()) };
                    return closed(frame.code, frame.reason.as_str());
                }
                Ok(_) => {}
                Err(tungstenite::Error::Io(error)) if is_timeout(&error) => return Received::Quiet,
                Err(error) => return Received::Gone(gone(&error)),
            }
        }
    }

    /// Says goodbye and waits a moment for the answer, so that the server sees an end and not a break.
    pub fn close(mut self) {
        let stream = match self.socket.get_ref() {
            MaybeTlsStream::Plain(stream) => Some(stream),
            MaybeTlsStream::Rustls(stream) => Some(stream.get_ref()),
            _ => None,
        };
        let is_short = stream.is_some_and(|stream| stream.set_read_timeout(Some(FAREWELL_MAX)).is_ok());
        // The work is done: a connection that breaks here takes nothing along.
        if self.socket.close(None).is_ok() && is_short {
            while self.socket.read().is_ok_and(|message| !message.is_close()) {}
        }
    }
}

/// Does an edit: sends it, waits for its answer, and after a lost connection asks again by the same name.
///
/// # Errors
/// The server's refusal, or why there is none; `UnknownOutcome` when it left and no answer came.
pub fn edit(
    mut open: impl FnMut() -> Result<Live, Failure>,
    message: &ClientMessage,
    id: &ClientId,
    pause: impl FnMut(Duration, &str),
    lost: impl FnOnce(String) -> Failure,
) -> Result<EditDone, Failure> {
    let attempt = || match open() {
        Err(Failure::Refused(refusal)) if is_for_later(refusal.code) => {
            Attempt::Later(Failure::Refused(refusal), None)
        }
        Err(failure) => Attempt::NotSent(failure),
        Ok(mut live) => {
            let attempt = ask(&mut live, message, id);
            live.close();
            attempt
        }
    };
    until_answered(attempt, pause, lost)
}

fn ask(live: &mut Live, message: &ClientMessage, id: &ClientId) -> Attempt<EditDone> {
    if let Err(reason) = live.send(message) {
        return Attempt::Lost(reason);
    }
    let mut quiet_times = 0;
    loop {
        match live.receive() {
            Received::Message(answer) => match *answer {
                ServerMessage::Ack { id: of, seq, leaf, entries, made, duplicate, .. } if of == *id => {
                    return Attempt::Done(EditDone { seq, leaf, entries, made, duplicate });
                }
                // Nothing else was asked on this connection: a refusal without a name is about this.
                ServerMessage::Refused { id: of, refusal, .. } if of.as_ref().is_none_or(|of| of == id) => {
                    let is_later = is_for_later(refusal.code);
                    let failure = Failure::Refused(Box::new(refusal));
                    return if is_later { Attempt::Later(failure, None) } else { Attempt::Answered(failure) };
                }
                _ => {}
            },
            Received::Quiet => {
                quiet_times += 1;
                if quiet_times >= QUIET_TIMES_MAX {
                    return Attempt::Lost("the server does not answer".into());
                }
            }
            Received::Gone(reason) => return Attempt::Lost(reason),
            Received::Ended(failure @ Failure::Refused(_)) => return Attempt::Answered(failure),
            Received::Ended(failure) => return Attempt::Lost(failure.message()),
        }
    }
}

fn connect_tcp(host: &str, port: u16) -> std::io::Result<TcpStream> {
    let mut last = std::io::Error::new(std::io::ErrorKind::NotFound, "no such host");
    for address in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, CONNECT_TIMEOUT) {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(QUIET_AFTER))?;
                stream.set_write_timeout(Some(QUIET_AFTER))?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn is_for_later(code: RefusalCode) -> bool {
    matches!(code, RefusalCode::Busy | RefusalCode::RateLimited)
}

/// What an answer to a handshake means, and says where it says anything.
fn refused(status: u16, said: Option<Refusal>) -> Failure {
    match status {
        401 | 403 => {
            Failure::Unauthenticated("the server does not accept the ticket it gave; try again".into())
        }
        429 | 503 => {
            let otherwise = || Refusal::new(RefusalCode::Busy, "the server takes no connection now");
            Failure::Refused(Box::new(said.unwrap_or_else(otherwise)))
        }
        status => Failure::Server(format!("the server answers {status} to a WebSocket at /live")),
    }
}

fn closed(code: CloseCode, reason: &str) -> Received {
    let said = |otherwise: &str| if reason.is_empty() { otherwise.to_owned() } else { reason.to_owned() };
    match u16::from(code) {
        close::UNAUTHENTICATED => Received::Ended(Failure::Unauthenticated(format!(
            "{}\nGet a new token and store it with `plenary login`.",
            said("the token has ended")
        ))),
        1008 => Received::Ended(Failure::Server(said("the server does not accept what was sent"))),
        1009 => Received::Ended(Failure::Refused(Box::new(Refusal::new(
            RefusalCode::TooLarge,
            said("the edit is larger than the server takes"),
        )))),
        _ => Received::Gone(said("the server closed the connection")),
    }
}

fn is_timeout(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut)
}

fn gone(error: &tungstenite::Error) -> String {
    match error {
        tungstenite::Error::Io(error) => io_words(error),
        tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed => {
            "connection closed".into()
        }
        tungstenite::Error::Protocol(_) => "connection lost".into(),
        error => error.to_string(),
    }
}

#[cfg(test)]
#[path = "live_tests.rs"]
mod tests;
