//! Messages as they go into frames: encoded at most once for each encoding, whoever gets them.

use std::sync::OnceLock;

use actix_web::web::Bytes;
use bytestring::ByteString;
use plenary_protocol::wire::live::{Encoding, ServerMessage};

use super::socket::Opcode;

/// A message as it goes into a frame; its copies share the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Encoded {
    /// A text frame.
    Text(ByteString),
    /// A binary frame.
    Binary(Bytes),
}

impl Encoded {
    /// Encodes a message.
    pub fn of(message: &ServerMessage, encoding: Encoding) -> Encoded {
        match encoding {
            Encoding::Json => Encoded::Text(message.to_json().into()),
            Encoding::Cbor => Encoded::Binary(message.to_cbor().into()),
        }
    }

    /// What the frame holds.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Encoded::Text(text) => text.as_bytes(),
            Encoded::Binary(bytes) => bytes,
        }
    }

    /// The kind of the frame.
    pub(crate) fn opcode(&self) -> Opcode {
        match self {
            Encoded::Text(_) => Opcode::Text,
            Encoded::Binary(_) => Opcode::Binary,
        }
    }
}

/// A message for many.
#[derive(Debug)]
pub struct Outgoing {
    message: ServerMessage,
    json: OnceLock<Encoded>,
    cbor: OnceLock<Encoded>,
}

impl Outgoing {
    /// A message that is not encoded yet.
    pub fn new(message: ServerMessage) -> Self {
        Outgoing { message, json: OnceLock::new(), cbor: OnceLock::new() }
    }

    /// The message in an encoding; made by the first who asks, shared by the others.
    pub fn encoded(&self, encoding: Encoding) -> Encoded {
        let slot = match encoding {
            Encoding::Json => &self.json,
            Encoding::Cbor => &self.cbor,
        };
        slot.get_or_init(|| Encoded::of(&self.message, encoding)).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_encoded_once_for_each_encoding() {
        let outgoing = Outgoing::new(ServerMessage::Pong { nonce: 7 });
        let frames: Vec<Encoded> = [Encoding::Json, Encoding::Cbor, Encoding::Json, Encoding::Cbor]
            .map(|encoding| outgoing.encoded(encoding))
            .into();
        let places: Vec<*const u8> = frames.iter().map(|frame| frame.bytes().as_ptr()).collect();
        assert_eq!((places[0], places[1]), (places[2], places[3]), "the same bytes, not equal ones");
        assert_eq!(frames[0].bytes(), b"{\"type\":\"pong\",\"nonce\":7}");
        assert_eq!(ServerMessage::from_cbor(frames[1].bytes()), Ok(ServerMessage::Pong { nonce: 7 }));
    }
}
