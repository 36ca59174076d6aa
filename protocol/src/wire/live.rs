//! The messages of `/live`, one enum each way, in two encodings of one description.
//!
//! The subprotocol chooses the encoding of a connection: `plenary.live.v1+json` is JSON in text
//! frames, `plenary.live.v1+cbor` is CBOR in binary frames.  Both say the same; bytes (changes,
//! documents) are base64 in JSON and digests are hexadecimal, and both are byte strings in CBOR.
//! `protocol/LIVE.schema.json` describes every message; it is generated from these types.

mod bytes;
mod cbor;
mod encoding;
mod presence;
mod schema;

#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use bytes::Bytes;
pub use cbor::CborError;
pub use encoding::{Encoding, NotAMessage, SUBPROTOCOL_CBOR, SUBPROTOCOL_JSON};
pub use presence::{Person, Selection, Whereabouts};
pub use schema::description;

use super::codes::Refusal;
use super::event::EventView;
use crate::ids::{ClientId, Digest, ElementId, PlanId, Seq, Subject};
use crate::plan::{Command, PlanView};
use crate::principal::{Bureau, Role};
use plenary_limits::{
    ANSWERS_MAX, BECAUSE_BYTES_MAX, CHANGES_PER_MESSAGE_MAX, COMMANDS_MAX, PRESENCE_PEOPLE_MAX,
};

/// An entry as a client has it; where another stands there, the server was restored from a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// Its position.
    pub seq: Seq,
    /// Its leaf hash, as acknowledgements and events give it.
    pub leaf: Digest,
}

/// What a client says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClientMessage {
    /// Wants a plan's entries, all after `after`, in order; without `after`, a snapshot first.
    Subscribe {
        /// The plan.
        plan: PlanId,
        /// The last entry the client has; where a replica has changes that were set aside since, the answer is
        /// `other_history`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<Seq>,
        /// Leaf hash of that entry as the client has it: where another stands there, the server was
        /// restored from a backup, and the answer is `other_history`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        leaf: Option<Digest>,
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
        #[schemars(length(max = COMMANDS_MAX))]
        commands: Vec<Command>,
        /// The last entry that the client has: its bases are of that history.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        known: Option<Known>,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(length(max = BECAUSE_BYTES_MAX))]
        because: Option<String>,
        /// What it answers.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[schemars(length(max = ANSWERS_MAX))]
        answers: Vec<ElementId>,
    },
    /// Hands over finished changes of a replica, each after those it depends on.
    Changes {
        /// The client's name for the message.
        id: ClientId,
        /// The plan.
        plan: PlanId,
        /// Raw Automerge changes.
        #[schemars(length(max = CHANGES_PER_MESSAGE_MAX))]
        changes: Vec<Bytes>,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(length(max = BECAUSE_BYTES_MAX))]
        because: Option<String>,
        /// What they answer.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[schemars(length(max = ANSWERS_MAX))]
        answers: Vec<ElementId>,
    },
    /// Says where the person is, to whoever follows the plan now; it is not kept.
    ///
    /// Only for a plan that the connection is subscribed to.  The server says who it is, and tells the
    /// others at most once a round: of several messages the latest counts.
    Presence {
        /// The plan.
        plan: PlanId,
        /// Where; absent to be shown no more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        state: Option<Whereabouts>,
    },
    /// Asks for a sign of life.
    Ping {
        /// Comes back in the answer.
        #[serde(default)]
        nonce: u64,
    },
}

/// One entry that an acknowledgement is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
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
    /// Who is where in a plan: what changed since the last such message, or all of it.
    Presence {
        /// The plan.
        plan: PlanId,
        /// Whether these are all who are there, and others told before are gone.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        whole: bool,
        /// The people, each connection of one apart; your own may be among them, by its `session`.
        #[schemars(length(max = PRESENCE_PEOPLE_MAX * 2))]
        people: Vec<Person>,
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
        /// Hashes of refused changes.  Those of the same message that are neither named here nor acknowledged were
        /// not tried: send them again.
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
