//! Entries as they travel to those who check them: exact bytes, one CBOR item each (RFC 8742).
//!
//! An item is an array of three byte strings: envelope, salt, payload; the last two are null where the
//! payload was erased.

use serde::{Deserialize, Serialize};
use serde_bytes::{ByteArray, ByteBuf, Bytes};

use super::chain::Body;

/// The media type of a sequence.
pub const SEQUENCE_TYPE: &str = "application/cbor-seq";

/// Why bytes are not a sequence of entries.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("entry {number} of the answer does not read: {reason}")]
pub struct SequenceError {
    /// Which item, from 1.
    pub number: usize,
    /// What the decoder says.
    pub reason: String,
}

/// The exact bytes of one entry.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RawEntry(ByteBuf, Option<ByteArray<32>>, Option<ByteBuf>);

#[derive(Serialize)]
struct Item<'a>(&'a Bytes, Option<&'a Bytes>, Option<&'a Bytes>);

impl RawEntry {
    /// The envelope.
    pub fn envelope(&self) -> &[u8] {
        &self.0
    }

    /// Salt and payload, where both are there.
    pub fn body(&self) -> Body<'_> {
        match (&self.1, &self.2) {
            (Some(salt), Some(payload)) => Body::Present { salt, payload },
            _ => Body::Absent,
        }
    }
}

/// Appends an entry to a sequence.
pub fn put_entry(sequence: &mut Vec<u8>, envelope: &[u8], body: Body<'_>) {
    let (salt, payload) = match body {
        Body::Present { salt, payload } => (Some(Bytes::new(salt)), Some(Bytes::new(payload))),
        Body::Absent => (None, None),
    };
    let length = sequence.len();
    let item = Item(Bytes::new(envelope), salt, payload);
    // Writing to memory does not fail; half an item would fail its reader at once.
    if ciborium::into_writer(&item, &mut *sequence).is_err() {
        sequence.truncate(length);
    }
}

/// Reads a sequence of entries.
///
/// # Errors
/// `SequenceError` at the first item that does not read.
pub fn read_entries(mut sequence: &[u8]) -> Result<Vec<RawEntry>, SequenceError> {
    let mut entries = Vec::new();
    while !sequence.is_empty() {
        let entry = ciborium::from_reader(&mut sequence)
            .map_err(|error| SequenceError { number: entries.len() + 1, reason: error.to_string() })?;
        entries.push(entry);
    }
    Ok(entries)
}
