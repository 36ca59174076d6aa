//! Messages as they go into frames: encoded at most once for each encoding, whoever gets them.

use std::sync::OnceLock;

use actix_web::web::Bytes;
use bytestring::ByteString;
use plenary_protocol::wire::live::{Encoding, ServerMessage};

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

    /// Its size, bytes.
    pub fn len(&self) -> usize {
        match self {
            Encoded::Text(text) => text.len(),
            Encoded::Binary(bytes) => bytes.len(),
        }
    }

    /// Whether it has no bytes; no message has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
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

    fn bytes(encoded: &Encoded) -> &[u8] {
        match encoded {
            Encoded::Text(text) => text.as_bytes(),
            Encoded::Binary(bytes) => bytes,
        }
    }

    #[test]
    fn a_message_is_encoded_once_for_each_encoding() {
        let outgoing = Outgoing::new(ServerMessage::Pong { nonce: 7 });
        let frames: Vec<Encoded> = [Encoding::Json, Encoding::Cbor, Encoding::Json, Encoding::Cbor]
            .map(|encoding| outgoing.encoded(encoding))
            .into();
        let places: Vec<*const u8> = frames.iter().map(|frame| bytes(frame).as_ptr()).collect();
        assert_eq!((places[0], places[1]), (places[2], places[3]), "the same bytes, not equal ones");
        assert_eq!(bytes(&frames[0]), b"{\"type\":\"pong\",\"nonce\":7}");
        assert_eq!(ServerMessage::from_cbor(bytes(&frames[1])), Ok(ServerMessage::Pong { nonce: 7 }));
    }
}
