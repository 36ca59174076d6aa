//! The messages of `/live`, one enum each way.
//!
//! Subprotocol `plenary.live.v1+json`: each message is one text frame of JSON.  Bytes (changes,
//! documents) are base64 in JSON.

use serde::{Deserialize, Serialize};

use super::codes::Refusal;
use super::event::EventView;
use crate::ids::{ClientId, Digest, ElementId, PlanId, Seq, Subject};
use crate::plan::{Command, PlanView};
use crate::principal::{Bureau, Role};

/// Subprotocol of text frames.
pub const SUBPROTOCOL_JSON: &str = "plenary.live.v1+json";

/// What a client says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClientMessage {
    /// Wants a plan's entries, all after `after`, in order; without `after`, a snapshot first.
    Subscribe {
        /// The plan.
        plan: PlanId,
        /// The last entry the client has.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<Seq>,
        /// Whether it keeps a replica: raw changes with the entries, the document as snapshot.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        raw: bool,
    },
    /// Wants no more of a plan's entries.
    Unsubscribe {
        /// The plan.
        plan: PlanId,
    },
    /// Asks for an edit.
    Edit {
        /// The client's name for it.
        id: ClientId,
        /// The plan.
        plan: PlanId,
        /// The commands.
        commands: Vec<Command>,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        because: Option<String>,
        /// What it answers.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        answers: Vec<ElementId>,
    },
    /// Hands over finished changes of a replica, each after those it depends on.
    Changes {
        /// The client's name for the message.
        id: ClientId,
        /// The plan.
        plan: PlanId,
        /// Raw Automerge changes.
        changes: Vec<Bytes>,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        because: Option<String>,
        /// What they answer.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        answers: Vec<ElementId>,
    },
    /// Asks for a sign of life.
    Ping {
        /// Comes back in the answer.
        #[serde(default)]
        nonce: u64,
    },
}

/// One entry that an acknowledgement is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AckEntry {
    /// Its position.
    pub seq: Seq,
    /// Its leaf hash.
    pub leaf: Digest,
    /// Hash of the Automerge change in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Digest>,
}

/// What the server says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerMessage {
    /// The first message of a connection.
    Welcome {
        /// The server's version.
        server: String,
        /// This connection, as entries name it.
        session: String,
        /// Who you are.
        subject: Subject,
        /// Your name.
        name: String,
        /// The Bureau you act for.
        bureau: Bureau,
        /// What you may do.
        role: Role,
        /// When the token ends, RFC 3339 UTC.
        expires_at: String,
    },
    /// The plan as it stands; entries after `seq` follow.
    Snapshot {
        /// The plan.
        plan: PlanId,
        /// The entry it is the state after.
        seq: Seq,
        /// The plan, for thin clients.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        view: Option<Box<PlanView>>,
        /// The saved document, for replicas.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        document: Option<Bytes>,
    },
    /// Everything up to `head` has been sent; from now on entries come as they happen.
    Subscribed {
        /// The plan.
        plan: PlanId,
        /// The last entry.
        head: Seq,
    },
    /// An entry.
    Event {
        /// The entry in plain words.
        event: Box<EventView>,
        /// The raw change, for replicas.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        change: Option<Bytes>,
    },
    /// What was asked is done and on disk.
    Ack {
        /// The client's name for it.
        id: ClientId,
        /// The plan.
        plan: PlanId,
        /// The last of its entries.
        seq: Seq,
        /// Leaf hash of that entry.
        leaf: Digest,
        /// All of its entries.
        entries: Vec<AckEntry>,
        /// Ids of elements and links it made.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        made: Vec<ElementId>,
        /// Whether it had been done before.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        duplicate: bool,
    },
    /// What was asked is not done.
    Refused {
        /// The client's name for it, where it could be read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<ClientId>,
        /// The plan.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        plan: Option<PlanId>,
        /// Hashes of refused changes.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        changes: Vec<Digest>,
        /// Code, reason, and what stands there now.
        #[serde(flatten)]
        refusal: Refusal,
    },
    /// The server stops, or you fell behind: connect again and subscribe from what you have.
    Resync {
        /// Why.
        reason: String,
    },
    /// A sign of life.
    Pong {
        /// As asked.
        nonce: u64,
    },
}

/// Bytes: base64 in text forms, a byte string in CBOR.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use base64::Engine as _;
        if serializer.is_human_readable() {
            serializer.serialize_str(&base64::engine::general_purpose::STANDARD.encode(&self.0))
        } else {
            serializer.serialize_bytes(&self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use base64::Engine as _;
        use serde::de::Error;
        if deserializer.is_human_readable() {
            let text = String::deserialize(deserializer)?;
            base64::engine::general_purpose::STANDARD.decode(text).map(Bytes).map_err(D::Error::custom)
        } else {
            serde_bytes::ByteBuf::deserialize(deserializer).map(|bytes| Bytes(bytes.into_vec()))
        }
    }
}
