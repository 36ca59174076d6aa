//! Snapshots of documents: a cache in the store, cut into chunks and verified by hash when read.
//!
//! A snapshot is written into the slot that the last good one does not use, read back, and only then
//! named; a bad one reads as none. Deleting all of them changes nothing but time.

use sha2::{Digest, Sha256};

use crate::entry::Hash;
use crate::error::ReadError;
use crate::frame::Reader;
use crate::store::{Store, guard};
use plenary_limits::{SNAPSHOT_BYTES_MAX, SNAPSHOT_HEADS_MAX, STORE_VALUE_BYTES_MAX};

/// A document as of one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The version of what `bytes` means.
    pub schema: u32,
    /// The last entry that is in it.
    pub seq: u64,
    /// The heads of the document.
    pub heads: Vec<[u8; 32]>,
    /// The document.
    pub bytes: Vec<u8>,
    /// The hash of all the above, as [`Snapshot::new`] makes it.
    pub hash: [u8; 32],
}

impl Snapshot {
    /// Makes a snapshot and its hash.
    #[must_use]
    pub fn new(schema: u32, seq: u64, heads: Vec<[u8; 32]>, bytes: Vec<u8>) -> Self {
        let mut snapshot = Self { schema, seq, heads, bytes, hash: [0; 32] };
        snapshot.hash = snapshot.computed_hash();
        snapshot
    }

    fn computed_hash(&self) -> Hash {
        let mut hasher = Sha256::new_with_prefix(b"plenary-snapshot/v1\0");
        hasher.update(self.front());
        hasher.update(&self.bytes);
        hasher.finalize().into()
    }

    /// Gives what stands before the document's bytes: schema, seq, number of heads, heads.
    fn front(&self) -> Vec<u8> {
        let count = u32::try_from(self.heads.len()).unwrap_or(u32::MAX);
        let mut front = Vec::with_capacity(16 + 32 * self.heads.len());
        front.extend_from_slice(&self.schema.to_be_bytes());
        front.extend_from_slice(&self.seq.to_be_bytes());
        front.extend_from_slice(&count.to_be_bytes());
        front.extend_from_slice(self.heads.as_flattened());
        front
    }

    fn decode(blob: &[u8], hash: Hash) -> Option<Self> {
        let mut reader = Reader(blob);
        let (schema, seq, count) = (reader.u32()?, reader.u64()?, reader.u32()?);
        let heads = (0..count).map(|_| reader.hash()).collect::<Option<Vec<_>>>()?;
        let snapshot = Self { schema, seq, heads, bytes: reader.rest().to_vec(), hash };
        (snapshot.computed_hash() == hash).then_some(snapshot)
    }
}

/// What names the chunks of a snapshot: slot, number of chunks, hash.
struct Name {
    slot: u8,
    chunks: u32,
    hash: Hash,
}

/// Puts a snapshot in place of the plan's last one; the caller has seen that it loads.
pub(crate) fn put(store: &Store, plan: &str, snapshot: &Snapshot) -> Result<(), ReadError> {
    let bounded = |what, length: usize, max: usize| {
        if length <= max { Ok(()) } else { Err(ReadError::TooLarge { what, length, max }) }
    };
    bounded("snapshot", snapshot.bytes.len(), SNAPSHOT_BYTES_MAX)?;
    bounded("heads of a snapshot", snapshot.heads.len(), SNAPSHOT_HEADS_MAX)?;
    let hash_error = || ReadError::SnapshotHash { plan: plan.to_owned() };
    if snapshot.computed_hash() != snapshot.hash {
        return Err(hash_error());
    }
    let old = name_of(store, plan)?;
    let slot = old.as_ref().map_or(0, |old| 1 - old.slot.min(1));
    let blob = [&snapshot.front()[..], &snapshot.bytes].concat();
    let mut chunks = 0;
    for chunk in blob.chunks(STORE_VALUE_BYTES_MAX) {
        guard("write a snapshot", || store.snapshots.insert(chunk_key(plan, slot, chunks), chunk))?;
        chunks += 1;
    }
    let name = Name { slot, chunks, hash: snapshot.hash };
    read(store, plan, &name)?.ok_or_else(hash_error)?;
    let row = [&[slot][..], &chunks.to_be_bytes(), &snapshot.hash].concat();
    guard("write a snapshot", || store.snapshots.insert(plan, row))?;
    match old {
        Some(old) if old.slot != slot => remove_chunks(store, plan, &old),
        _ => Ok(()),
    }
}

/// Gives the plan's snapshot; none when there is none or it is not as it was written.
pub(crate) fn get(store: &Store, plan: &str) -> Option<Snapshot> {
    let found = name_of(store, plan).and_then(|name| match name {
        None => Ok(None),
        Some(name) => {
            let snapshot = read(store, plan, &name)?;
            if snapshot.is_none() {
                tracing::warn!(plan, "the snapshot is not as it was written; it is not used");
            }
            Ok(snapshot)
        }
    });
    found.unwrap_or_else(|error| {
        tracing::warn!(plan, %error, "the snapshot could not be read; it is not used");
        None
    })
}

/// Removes the snapshot of a plan.
pub(crate) fn delete(store: &Store, plan: &str) -> Result<(), ReadError> {
    let Some(name) = name_of(store, plan)? else { return Ok(()) };
    guard("delete a snapshot", || store.snapshots.remove(plan))?;
    remove_chunks(store, plan, &name)
}

/// Removes all snapshots.
pub(crate) fn delete_all(store: &Store) -> Result<(), ReadError> {
    guard("delete the snapshots", || store.snapshots.clear())
}

fn name_of(store: &Store, plan: &str) -> Result<Option<Name>, ReadError> {
    let row = guard("read a snapshot", || store.snapshots.get(plan))?;
    Ok(row.and_then(|row| {
        let mut reader = Reader(&row);
        Some(Name { slot: reader.u8()?, chunks: reader.u32()?, hash: reader.hash()? })
    }))
}

fn read(store: &Store, plan: &str, name: &Name) -> Result<Option<Snapshot>, ReadError> {
    let mut blob = Vec::new();
    for number in 0..name.chunks {
        let key = chunk_key(plan, name.slot, number);
        let Some(chunk) = guard("read a snapshot", || store.snapshots.get(key))? else { return Ok(None) };
        blob.extend_from_slice(&chunk);
    }
    Ok(Snapshot::decode(&blob, name.hash))
}

fn remove_chunks(store: &Store, plan: &str, name: &Name) -> Result<(), ReadError> {
    for number in 0..name.chunks {
        guard("delete a snapshot", || store.snapshots.remove(chunk_key(plan, name.slot, number)))?;
    }
    Ok(())
}

fn chunk_key(plan: &str, slot: u8, number: u32) -> Vec<u8> {
    [plan.as_bytes(), &[0, slot], &number.to_be_bytes()].concat()
}
