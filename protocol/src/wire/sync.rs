//! Frames of `/sync`: the automerge-repo WebSocket protocol, version "1".
//!
//! One binary message is one CBOR map.  What the reference encoder sends is taken whatever its form:
//! any order of keys, unknown keys, `undefined`, whole numbers as floats.  Lists are bounded while
//! they are read.  The data of a frame stays bytes: what an Automerge sync message is, is not known
//! here.

mod bounded;
mod prefix;
mod raw;

#[cfg(test)]
mod tests;

use plenary_limits::{SYNC_DEPTH_MAX, SYNC_FRAME_BYTES_MAX, SYNC_SMALL_FRAME_BYTES_MAX};
use serde::{Deserialize, Serialize};

pub use prefix::SyncPrefix;

/// The one version of the protocol.
pub const SYNC_PROTOCOL_VERSION: &str = "1";

/// Why bytes are no frame of the protocol.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SyncFrameError {
    /// It has more bytes than its limit.
    #[error("a frame of {actual} bytes is larger than the {max} allowed")]
    TooLarge {
        /// The limit.
        max: usize,
        /// Its size.
        actual: usize,
    },
    /// It is no CBOR map of the known fields.
    #[error("the frame is not one of this protocol: {0}")]
    Cbor(String),
    /// Its type is unknown.
    #[error("the frame has the type {0:?}, which this protocol does not know")]
    Type(String),
    /// A field is missing, empty or too long.
    #[error("the frame's `{0}` is missing, empty or too long")]
    Field(&'static str),
}

/// What a peer says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PeerMetadata {
    /// The name of what it stores documents in; heads are known by it over reconnects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_id: Option<String>,
    /// Whether it keeps nothing.
    #[serde(default)]
    pub is_ephemeral: bool,
}

/// Heads of a document in somebody's storage.
#[derive(Debug, Clone, PartialEq)]
pub struct RemoteHeads {
    /// The storage.
    pub storage_id: String,
    /// Its heads, as base58 with check.
    pub heads: Vec<String>,
    /// When it had them, milliseconds since 1970 UTC.
    pub timestamp_ms: f64,
}

/// A frame from one peer; who it is from and for.
#[derive(Debug, Clone, PartialEq)]
pub struct SyncFrame {
    /// From whom.
    pub sender: String,
    /// For whom; a `join` is for nobody yet.
    pub target: Option<String>,
    /// What.
    pub body: SyncBody,
}

/// What a frame says.
#[derive(Debug, Clone, PartialEq)]
pub enum SyncBody {
    /// A client names itself.
    Join {
        /// What it says of itself.
        metadata: PeerMetadata,
        /// The versions it speaks; none said is "1".
        versions: Vec<String>,
    },
    /// The server names itself.
    Peer {
        /// What it says of itself.
        metadata: PeerMetadata,
        /// The version it chose.
        version: String,
    },
    /// A sync message.
    Sync {
        /// The document.
        document: String,
        /// An Automerge sync message.
        data: Vec<u8>,
    },
    /// A sync message of one that does not have the document.
    Request {
        /// The document.
        document: String,
        /// An Automerge sync message.
        data: Vec<u8>,
    },
    /// There is no such document, or it is not yours.
    DocUnavailable {
        /// The document.
        document: String,
    },
    /// Something that is not kept.
    Ephemeral {
        /// The document it is about.
        document: String,
        /// Its number in the session.
        count: u64,
        /// The sender's session.
        session: String,
        /// CBOR of whatever the application says.
        data: Vec<u8>,
    },
    /// Whose heads the sender wants to hear of, and whose no more.
    RemoteSubscriptionChange {
        /// Storages.
        add: Vec<String>,
        /// Storages.
        remove: Vec<String>,
    },
    /// Heads that somebody else's storage has.
    RemoteHeadsChanged {
        /// The document.
        document: String,
        /// The heads.
        heads: Vec<RemoteHeads>,
    },
    /// Something is wrong, for a person.
    Error {
        /// What.
        message: String,
    },
}

impl SyncFrame {
    /// Reads a frame.
    ///
    /// # Errors
    /// `SyncFrameError` when it is none or larger than its limits.
    pub fn decode(bytes: &[u8]) -> Result<SyncFrame, SyncFrameError> {
        check_size(bytes.len(), SYNC_FRAME_BYTES_MAX)?;
        let mut rest = bytes;
        let raw: raw::Raw = ciborium::de::from_reader_with_recursion_limit(&mut rest, SYNC_DEPTH_MAX)
            .map_err(|error| SyncFrameError::Cbor(error.to_string()))?;
        if !rest.is_empty() {
            return Err(SyncFrameError::Cbor("something follows the map".into()));
        }
        let frame = raw.frame()?;
        match &frame.body {
            SyncBody::Sync { .. } | SyncBody::Request { .. } => {}
            _ => check_size(bytes.len(), SYNC_SMALL_FRAME_BYTES_MAX)?,
        }
        Ok(frame)
    }

    /// Writes a frame.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let written = ciborium::into_writer(&raw::Raw::of(self), &mut out);
        written.expect("a map of texts, numbers and bytes encodes into memory");
        out
    }
}

fn check_size(actual: usize, max: usize) -> Result<(), SyncFrameError> {
    if actual > max { Err(SyncFrameError::TooLarge { max, actual }) } else { Ok(()) }
}
