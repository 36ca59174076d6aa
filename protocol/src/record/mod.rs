//! An entry of the log: who did what, when, in which order, and the hashes that hold it in place.
//!
//! An entry is two byte strings, both kept exactly as written: the *envelope*, which the hash chain
//! and the Merkle tree cover, and the *payload*, which the envelope commits to under a salt so that
//! it can be erased later without touching the tree.  Both are deterministic CBOR (RFC 8949 §4.2.1):
//! struct fields below stand in the order of their encoded keys, and a test keeps it so.

mod export;
mod payload;
mod quarantine;
mod restores;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_bytes::ByteArray;
use sha2::{Digest as _, Sha256};

pub use export::{Content, ExportFilter, ExportFormat, Exported};
pub use payload::{Act, ChangeAct, EditRow, Payload, RowOp, SUMMARY_VERSION, Setting};
pub use quarantine::{Quarantine, Span, Spans};
pub use restores::{Restores, Scope, ScopeError};

use crate::ids::{ClientId, Digest, ElementId, PlanId, Seq, Subject};
use crate::principal::{Bureau, Principal, Role};
use plenary_limits::{ENVELOPE_BYTES_MAX, TOUCHED_IDS_MAX, TOUCHED_ROWS_MAX};

/// Version of the envelope's format.
pub const ENVELOPE_VERSION: u8 = 1;
/// The newest version of the payload's schema; an entry has that of its act.
pub const PAYLOAD_SCHEMA: u16 = 6;
const COMMITMENT_DOMAIN: &[u8] = b"plenary-payload/v1\0";
const LEAF_PREFIX: [u8; 1] = [0];

/// Who acted, as of the entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// The role they had.
    pub role: Role,
    /// The Bureau they acted for.
    pub bureau: Bureau,
    /// Who vouched for them.
    pub issuer: String,
    /// Who.
    pub subject: Subject,
    /// The token's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_id: Option<String>,
}

impl From<&Principal> for Author {
    fn from(principal: &Principal) -> Self {
        Author {
            role: principal.role,
            bureau: principal.bureau,
            issuer: principal.issuer.clone(),
            subject: principal.subject.clone(),
            token_id: principal.token_id.clone(),
        }
    }
}

/// What an entry touched, without values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Touched {
    /// Element or link, field, operation; up to 256 rows.
    Rows(Vec<(ElementId, String, RowOp)>),
    /// Elements and links alone; up to 900 (of version 0.1 up to 1,024).
    Ids(Vec<ElementId>),
    /// How many of each kind were added.
    Counts(Vec<(String, u64)>),
}

impl Touched {
    /// The tightest form that fits the limits.
    pub fn of(rows: &[EditRow]) -> Touched {
        if rows.len() <= TOUCHED_ROWS_MAX {
            let row = |row: &EditRow| (row.element.clone(), row.field.clone(), row.op);
            return Touched::Rows(rows.iter().map(row).collect());
        }
        let mut ids: Vec<ElementId> = rows.iter().map(|row| row.element.clone()).collect();
        ids.sort();
        ids.dedup();
        if ids.len() <= TOUCHED_IDS_MAX {
            return Touched::Ids(ids);
        }
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for row in rows.iter().filter(|row| row.op == RowOp::Add) {
            *counts.entry(row.kind.clone()).or_default() += 1;
        }
        Touched::Counts(counts.into_iter().collect())
    }
}

/// What the hash chain covers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// Version of this format.
    pub v: u8,
    /// When the server took it in, microseconds since 1970 UTC.
    pub at: i64,
    /// The event's own id.
    pub id: ByteArray<16>,
    /// Its position in the plan's log.
    pub seq: Seq,
    /// The entry its author had read up to, where the client said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Seq>,
    /// The server run that took it in.
    pub boot: ByteArray<16>,
    /// The plan.
    pub plan: PlanId,
    /// Leaf hash of the entry before; 32 zero bytes at the first.
    pub prev: Digest,
    /// What kind of act it is, see `Act::name`.
    #[serde(rename = "type")]
    pub act: String,
    /// The client's build.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build: Option<String>,
    /// When the client claims to have done it, microseconds since 1970 UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed: Option<i64>,
    /// The connection it came by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// What it touched.
    pub touched: Touched,
    /// The event that caused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causation: Option<ByteArray<16>>,
    /// The client's name for the command or message it came with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<ClientId>,
    /// On whose behalf it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf: Option<String>,
    /// Who did it.
    pub principal: Author,
    /// Bytes of the payload.
    pub payload_len: u64,
    /// Version of the payload's schema.
    pub type_schema: u16,
    /// Format of the payload.
    pub payload_type: String,
    /// SHA-256 of domain, salt and payload.
    pub payload_commitment: Digest,
}

/// Format of payloads, as named in the envelope.
pub const PAYLOAD_TYPE: &str = "cbor";

/// Why bytes are not an entry.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The bytes do not decode.
    #[error("{what} is not readable: {reason}")]
    Decode {
        /// Envelope or payload.
        what: &'static str,
        /// What the decoder says.
        reason: String,
    },
    /// The format is newer than this program.
    #[error("{what} has version {found}, this program reads up to {known}")]
    Version {
        /// Envelope or payload.
        what: &'static str,
        /// Version found.
        found: u16,
        /// Highest version known.
        known: u16,
    },
    /// The payload is not the one that the envelope commits to.
    #[error("the payload of entry {seq} is not the one its envelope commits to")]
    Commitment {
        /// The entry.
        seq: Seq,
    },
    /// The envelope is larger than its limit.
    #[error("an envelope of {actual} bytes is larger than {max}")]
    Size {
        /// Most bytes.
        max: usize,
        /// Bytes it has.
        actual: usize,
    },
}

/// The exact bytes of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The envelope.
    pub envelope: Vec<u8>,
    /// The salt of the commitment.
    pub salt: [u8; 32],
    /// The payload.
    pub payload: Vec<u8>,
}

/// An entry as read: the decoded envelope, its payload unless that is erased, and the leaf hash.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// The envelope.
    pub envelope: Envelope,
    /// The payload.
    pub payload: Payload,
    /// SHA-256 of a zero byte and the envelope: what the next entry names.
    pub leaf: Digest,
}

/// The leaf hash of an envelope (RFC 6962 §2.1).
pub fn leaf_hash(envelope: &[u8]) -> Digest {
    let mut hasher = Sha256::new();
    hasher.update(LEAF_PREFIX);
    hasher.update(envelope);
    Digest(hasher.finalize().into())
}

/// What an envelope says of its payload: SHA-256 of domain, salt and payload.
pub fn payload_commitment(salt: &[u8; 32], payload: &[u8]) -> Digest {
    let mut hasher = Sha256::new();
    hasher.update(COMMITMENT_DOMAIN);
    hasher.update(salt);
    hasher.update(payload);
    Digest(hasher.finalize().into())
}

fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    let mut out = Vec::new();
    // Writing to memory and these types do not fail; an empty result would fail its reader at once.
    if ciborium::into_writer(value, &mut out).is_err() {
        out.clear();
    }
    out
}

impl Event {
    /// Seals an entry: payload encoded, committed to, envelope encoded.
    ///
    /// `payload_len` and `payload_commitment` of the envelope are set here.
    ///
    /// # Errors
    /// `Size` when the envelope does not fit its limit.
    pub fn seal(
        mut envelope: Envelope,
        payload: Payload,
        salt: [u8; 32],
    ) -> Result<(Sealed, Event), RecordError> {
        let payload_bytes = encode(&payload);
        envelope.payload_len = payload_bytes.len() as u64;
        envelope.payload_commitment = payload_commitment(&salt, &payload_bytes);
        let bytes = encode(&envelope);
        if bytes.len() > ENVELOPE_BYTES_MAX {
            return Err(RecordError::Size { max: ENVELOPE_BYTES_MAX, actual: bytes.len() });
        }
        let leaf = leaf_hash(&bytes);
        let sealed = Sealed { envelope: bytes, salt, payload: payload_bytes };
        Ok((sealed, Event { envelope, payload, leaf }))
    }

    /// Reads an entry and checks that the payload is the one committed to.
    ///
    /// # Errors
    /// `Decode`, `Version` or `Commitment`.
    pub fn open(envelope: &[u8], salt: &[u8; 32], payload: &[u8]) -> Result<Event, RecordError> {
        let decoded = decode_envelope(envelope)?;
        if payload_commitment(salt, payload) != decoded.payload_commitment {
            return Err(RecordError::Commitment { seq: decoded.seq });
        }
        if decoded.type_schema > PAYLOAD_SCHEMA {
            return Err(RecordError::Version {
                what: "payload",
                found: decoded.type_schema,
                known: PAYLOAD_SCHEMA,
            });
        }
        let body = ciborium::from_reader(payload)
            .map_err(|error| RecordError::Decode { what: "payload", reason: error.to_string() })?;
        Ok(Event { envelope: decoded, payload: body, leaf: leaf_hash(envelope) })
    }
}

/// Reads an envelope alone.
///
/// # Errors
/// `Decode` or `Version`.
pub fn decode_envelope(bytes: &[u8]) -> Result<Envelope, RecordError> {
    let envelope: Envelope = ciborium::from_reader(bytes)
        .map_err(|error| RecordError::Decode { what: "envelope", reason: error.to_string() })?;
    if envelope.v > ENVELOPE_VERSION {
        return Err(RecordError::Version {
            what: "envelope",
            found: envelope.v.into(),
            known: ENVELOPE_VERSION.into(),
        });
    }
    Ok(envelope)
}
