//! The two encodings of the messages, and the choice between them.

use ciborium::Value;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::cbor::{Sender, walk};
use super::{ClientMessage, ServerMessage};
use crate::ids::ClientId;
use plenary_limits::CBOR_DEPTH_MAX;

/// Subprotocol of JSON in text frames.
pub const SUBPROTOCOL_JSON: &str = "plenary.live.v1+json";
/// Subprotocol of CBOR in binary frames.
pub const SUBPROTOCOL_CBOR: &str = "plenary.live.v1+cbor";

/// How the messages of a connection are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// JSON in text frames.
    Json,
    /// CBOR in binary frames.
    Cbor,
}

/// Bytes that are no message of the protocol.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the message is not one of this protocol: {reason}")]
pub struct NotAMessage {
    /// The client's name for what it asked, where it could be read.
    pub id: Option<ClientId>,
    /// What is wrong and where.
    pub reason: String,
}

impl Encoding {
    /// All of them.
    pub const ALL: [Encoding; 2] = [Encoding::Json, Encoding::Cbor];

    /// The subprotocol that chooses it.
    pub fn subprotocol(self) -> &'static str {
        match self {
            Encoding::Json => SUBPROTOCOL_JSON,
            Encoding::Cbor => SUBPROTOCOL_CBOR,
        }
    }

    /// The first of the subprotocols offered that is known.
    pub fn choose<'a>(offered: impl IntoIterator<Item = &'a str>) -> Option<Encoding> {
        let known = |name: &str| Encoding::ALL.into_iter().find(|encoding| encoding.subprotocol() == name);
        offered.into_iter().find_map(|name| known(name.trim()))
    }
}

impl ClientMessage {
    /// The message as JSON.
    pub fn to_json(&self) -> String {
        to_json(self)
    }

    /// The message as CBOR.
    pub fn to_cbor(&self) -> Vec<u8> {
        to_cbor(self)
    }

    /// Reads a message from JSON.
    ///
    /// # Errors
    /// `NotAMessage` when it is none.
    pub fn from_json(text: &str) -> Result<ClientMessage, NotAMessage> {
        serde_json::from_str(text).map_err(|error| {
            let named = serde_json::from_str::<serde_json::Value>(text).ok();
            let id = named.and_then(|value| value.get("id")?.as_str()?.parse().ok());
            NotAMessage { id, reason: error.to_string() }
        })
    }

    /// Reads a message from CBOR.
    ///
    /// # Errors
    /// `NotAMessage` when it is none, or not as plain as it has to be.
    pub fn from_cbor(bytes: &[u8]) -> Result<ClientMessage, NotAMessage> {
        from_cbor(bytes, Sender::Client)
    }
}

impl ServerMessage {
    /// The message as JSON.
    pub fn to_json(&self) -> String {
        to_json(self)
    }

    /// The message as CBOR, every length definite.
    pub fn to_cbor(&self) -> Vec<u8> {
        to_cbor(self)
    }

    /// Reads a message from JSON.
    ///
    /// # Errors
    /// `NotAMessage` when it is none.
    pub fn from_json(text: &str) -> Result<ServerMessage, NotAMessage> {
        serde_json::from_str(text).map_err(|error| NotAMessage { id: None, reason: error.to_string() })
    }

    /// Reads a message from CBOR.
    ///
    /// # Errors
    /// `NotAMessage` when it is none, or not as plain as it has to be.
    pub fn from_cbor(bytes: &[u8]) -> Result<ServerMessage, NotAMessage> {
        from_cbor(bytes, Sender::Server)
    }
}

fn to_json(message: &impl Serialize) -> String {
    serde_json::to_string(message).expect("a message has text keys only, and encodes into memory")
}

/// By way of a value: what serde flattens would otherwise be maps without a length.
fn to_cbor(message: &impl Serialize) -> Vec<u8> {
    let mut out = Vec::new();
    let written = Value::serialized(message).map(|value| ciborium::into_writer(&value, &mut out).is_ok());
    assert!(written.is_ok_and(|is_written| is_written), "a message encodes into memory");
    out
}

fn from_cbor<T: DeserializeOwned>(bytes: &[u8], from: Sender) -> Result<T, NotAMessage> {
    walk(bytes, from).map_err(|(error, id)| NotAMessage {
        id: id.and_then(|id| id.parse().ok()),
        reason: error.to_string(),
    })?;
    ciborium::de::from_reader_with_recursion_limit(bytes, 4 * CBOR_DEPTH_MAX).map_err(|error| {
        let reason = match error {
            ciborium::de::Error::Semantic(_, reason) => reason,
            error => error.to_string(),
        };
        NotAMessage { id: name_in(bytes), reason }
    })
}

/// The client's name for what it asked, in a message that is walked but none of the protocol.
fn name_in(bytes: &[u8]) -> Option<ClientId> {
    #[derive(serde::Deserialize)]
    struct Named {
        id: String,
    }
    ciborium::from_reader::<Named, _>(bytes).ok()?.id.parse().ok()
}
