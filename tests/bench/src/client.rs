//! A blocking client of `/live`.

use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use plenary_protocol::wire::api::{PlanSummary, Ticket};
use plenary_protocol::wire::live::{ClientMessage, SUBPROTOCOL_JSON, ServerMessage};
use tungstenite::client::IntoClientRequest;
use tungstenite::http::HeaderValue;
use tungstenite::{Message, WebSocket};

use crate::Failure;
use crate::edits::splice;

/// How long a message may take before the connection counts as over.
const READ_MAX: Duration = Duration::from_secs(5);

/// One connection.
pub struct Client {
    socket: WebSocket<TcpStream>,
}

/// The plan's last entry.
pub fn head(address: SocketAddr, token: &str, plan: &str) -> Result<u64, Failure> {
    let plans: Vec<PlanSummary> = ureq::get(format!("http://{address}/api/v1/plans"))
        .header("Authorization", format!("Bearer {token}"))
        .call()?
        .body_mut()
        .read_json()?;
    let found = plans.iter().find(|summary| summary.id.as_str() == plan);
    Ok(found.ok_or("the plan is not there")?.seq.0)
}

impl Client {
    /// Connects with a ticket.
    pub fn connect(address: SocketAddr, token: &str) -> Result<Client, Failure> {
        let ticket: Ticket = ureq::post(format!("http://{address}/api/v1/tickets"))
            .header("Authorization", format!("Bearer {token}"))
            .send_json(serde_json::json!({}))?
            .body_mut()
            .read_json()?;
        let mut request = format!("ws://{address}/live?ticket={}", ticket.ticket).into_client_request()?;
        let protocol = HeaderValue::from_static(SUBPROTOCOL_JSON);
        request.headers_mut().insert("Sec-WebSocket-Protocol", protocol);
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(READ_MAX))?;
        let (socket, _) = tungstenite::client(request, stream).map_err(|error| error.to_string())?;
        let mut client = Client { socket };
        client.receive()?;
        Ok(client)
    }

    /// Sends a message.
    pub fn send(&mut self, message: &ClientMessage) -> Result<(), Failure> {
        self.socket.send(Message::text(serde_json::to_string(message)?))?;
        Ok(())
    }

    /// Writes a letter into a text and waits for the acknowledgement.
    pub fn edit(&mut self, plan: &str, id: &str, text: usize, base: u64) -> Result<(), Failure> {
        self.socket.send(Message::text(splice(plan, id, text, base)))?;
        loop {
            match self.receive()? {
                ServerMessage::Ack { .. } => return Ok(()),
                ServerMessage::Refused { refusal, .. } => return Err(refusal.reason.into()),
                _ => {}
            }
        }
    }

    /// The next message.
    pub fn receive(&mut self) -> Result<ServerMessage, Failure> {
        loop {
            if let Message::Text(text) = self.socket.read()? {
                return Ok(serde_json::from_str(&text)?);
            }
        }
    }
}
