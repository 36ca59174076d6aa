//! Sync messages of replicas, measured and taken apart before the library sees them.
//!
//! The library divides by a number that the message states, probes as often as it says, inflates
//! without end, and takes garbage behind a good part for nothing.  What passes here has none of that:
//! the library gets heads and summaries within limits, and never a change.

use std::io::Read;

use automerge::ChangeHash;
use automerge::sync::{ChunkList, Have, Message, MessageFlags, MessageVersion};
use plenary_limits::{
    CHANGE_INFLATED_BYTES_MAX, CHANGE_INFLATION_TIMES_MAX, CHANGES_PER_MESSAGE_MAX, SYNC_BLOOM_BITS_MAX,
    SYNC_BLOOM_PROBES_MAX, SYNC_DATA_BYTES_MAX, SYNC_FLAGS_BYTES_MAX, SYNC_HASHES_MAX, SYNC_HAVES_MAX,
    SYNC_HEADS_MAX, SYNC_INFLATED_BYTES_MAX, SYNC_MESSAGE_OPERATIONS_MAX,
};
use plenary_protocol::wire::{Refusal, RefusalCode};

const VERSION_1: u8 = 0x42;
const VERSION_2: u8 = 0x43;
const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
const CHUNK_CHANGE: u8 = 1;
const CHUNK_DEFLATED: u8 = 2;
const HASH_BYTES: usize = 32;
/// A flags byte that is a field of bits.
const FLAGS_FIELD: u8 = 0x80;

type Parsed<T> = Result<T, Refusal>;

/// A sync message taken apart.
#[derive(Debug, Clone)]
pub struct Incoming {
    /// The message as the library may have it: without its changes.
    pub(super) message: Message,
    /// Its changes, raw and uncompressed, in the order they came.
    pub(super) changes: Vec<Vec<u8>>,
}

impl Incoming {
    /// Reads a sync message; nothing of one that has anything wrong with it is taken.
    ///
    /// # Errors
    /// A refusal with code `malformed`, `too_large` or `bad_change`.
    pub fn decode(bytes: &[u8]) -> Parsed<Incoming> {
        if bytes.len() > SYNC_DATA_BYTES_MAX {
            return too_large("bytes", bytes.len(), SYNC_DATA_BYTES_MAX);
        }
        let mut input = Input(bytes);
        let version = match input.byte()? {
            VERSION_1 => MessageVersion::V1,
            VERSION_2 => MessageVersion::V2,
            other => return bad(format!("a sync message begins with 0x42 or 0x43, not {other:#04x}")),
        };
        let heads = input.hashes("heads", SYNC_HEADS_MAX)?;
        let need = input.hashes("needed hashes", SYNC_HASHES_MAX)?;
        let count = input.count("summaries", SYNC_HAVES_MAX)?;
        let have = (0..count).map(|_| input.have()).collect::<Parsed<Vec<_>>>()?;
        let count = input.count("changes", CHANGES_PER_MESSAGE_MAX)?;
        let mut chunks = Chunks::default();
        for _ in 0..count {
            let item = input.prefixed()?;
            chunks.take(item)?;
        }
        let flags = if input.0.is_empty() { None } else { Some(flags(input.prefixed()?)?) };
        if !input.0.is_empty() {
            return bad("something follows its end");
        }
        let message = Message { heads, need, have, changes: ChunkList::empty(), flags, version };
        Ok(Incoming { message, changes: chunks.changes })
    }

    /// Whether it brings changes.
    pub fn has_changes(&self) -> bool {
        !self.changes.is_empty()
    }

    /// How many changes it brings.
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// Whether it brings none.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

fn bad<T>(reason: impl Into<String>) -> Parsed<T> {
    Err(Refusal::new(RefusalCode::Malformed, reason))
}

fn too_large<T>(what: &str, actual: impl std::fmt::Display, max: usize) -> Parsed<T> {
    let reason = format!("{what}: {actual} are more than the {max} of one sync message");
    Err(Refusal::new(RefusalCode::TooLarge, reason))
}

fn flags(bytes: &[u8]) -> Parsed<MessageFlags> {
    if bytes.len() > SYNC_FLAGS_BYTES_MAX {
        return bad("its flags are none of this protocol");
    }
    let mut flags = MessageFlags::new();
    for byte in bytes.iter().filter(|byte| **byte & FLAGS_FIELD != 0) {
        flags.set(byte & !FLAGS_FIELD);
    }
    Ok(flags)
}

/// The changes of a message.
#[derive(Default)]
struct Chunks {
    changes: Vec<Vec<u8>>,
    bytes: usize,
    operations: u64,
}

impl Chunks {
    /// Takes what one item of the message holds: one chunk, or several behind each other.
    fn take(&mut self, item: &[u8]) -> Parsed<()> {
        let mut input = Input(item);
        while !input.0.is_empty() {
            let whole = input.0;
            if input.take(4)? != MAGIC {
                return bad("one of its changes does not begin as an Automerge chunk");
            }
            let checksum = input.take(4)?;
            let kind = input.byte()?;
            let data = input.prefixed()?;
            let change = match kind {
                CHUNK_CHANGE => whole[..whole.len() - input.0.len()].to_vec(),
                CHUNK_DEFLATED => inflate(checksum, data)?,
                _ => {
                    let reason = "send changes one by one (chunk types 1 and 2): whole documents and bundles \
                                  are not taken from replicas";
                    return Err(Refusal::new(RefusalCode::BadChange, reason));
                }
            };
            self.bytes += change.len();
            if self.bytes > SYNC_INFLATED_BYTES_MAX {
                return too_large("bytes once inflated", self.bytes, SYNC_INFLATED_BYTES_MAX);
            }
            // What does not measure is none: the gate says so.
            self.operations += crate::gate::measure(&change).unwrap_or_default();
            if self.operations > SYNC_MESSAGE_OPERATIONS_MAX as u64 {
                return too_large("operations", self.operations, SYNC_MESSAGE_OPERATIONS_MAX);
            }
            if self.changes.len() == CHANGES_PER_MESSAGE_MAX {
                return too_large("changes", self.changes.len() + 1, CHANGES_PER_MESSAGE_MAX);
            }
            self.changes.push(change);
        }
        Ok(())
    }
}

/// A compressed change as the uncompressed one that it stands for; its checksum is that one's.
fn inflate(checksum: &[u8], data: &[u8]) -> Parsed<Vec<u8>> {
    let max = CHANGE_INFLATED_BYTES_MAX.min(data.len().saturating_mul(CHANGE_INFLATION_TIMES_MAX));
    let mut body = Vec::new();
    let read = flate2::read::DeflateDecoder::new(data).take(max as u64 + 1).read_to_end(&mut body);
    if read.is_err() {
        return bad("a compressed change of it does not inflate");
    }
    if body.len() > max {
        return too_large("bytes of an inflated change", body.len(), max);
    }
    let mut out = Vec::with_capacity(body.len() + 16);
    out.extend(MAGIC);
    out.extend(checksum);
    out.push(CHUNK_CHANGE);
    let mut length = body.len();
    while length >= 0x80 {
        out.push(length as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
    out.append(&mut body);
    Ok(out)
}

struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, length: usize) -> Parsed<&'a [u8]> {
        match self.0.split_at_checked(length) {
            Some((taken, rest)) => {
                self.0 = rest;
                Ok(taken)
            }
            None => bad("it ends in the middle of something"),
        }
    }

    fn byte(&mut self) -> Parsed<u8> {
        Ok(self.take(1)?[0])
    }

    /// An unsigned LEB128 number of up to 63 bits.
    fn number(&mut self) -> Parsed<u64> {
        let mut value = 0u64;
        for shift in (0..63).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        bad("a number in it is too large")
    }

    fn count(&mut self, what: &str, max: usize) -> Parsed<usize> {
        let count = self.number()?;
        match usize::try_from(count) {
            Ok(count) if count <= max => Ok(count),
            _ => too_large(what, count, max),
        }
    }

    fn prefixed(&mut self) -> Parsed<&'a [u8]> {
        let length = self.number()?;
        self.take(usize::try_from(length).unwrap_or(usize::MAX))
    }

    fn hashes(&mut self, what: &str, max: usize) -> Parsed<Vec<ChangeHash>> {
        let count = self.count(what, max)?;
        let bytes = self.take(count * HASH_BYTES)?;
        let hash = |bytes: &[u8]| {
            let mut hash = [0; HASH_BYTES];
            hash.copy_from_slice(bytes);
            ChangeHash(hash)
        };
        Ok(bytes.chunks_exact(HASH_BYTES).map(hash).collect())
    }

    fn have(&mut self) -> Parsed<Have> {
        let last_sync = self.hashes("hashes in common", SYNC_HASHES_MAX)?;
        let bytes = self.prefixed()?;
        if !bytes.is_empty() {
            let mut bloom = Input(bytes);
            let (entries, bits, probes) = (bloom.number()?, bloom.number()?, bloom.number()?);
            let sound = (1..=u64::from(u32::MAX)).contains(&entries)
                && (1..=SYNC_BLOOM_BITS_MAX).contains(&bits)
                && (1..=SYNC_BLOOM_PROBES_MAX).contains(&probes)
                && bloom.0.len() as u64 == (entries * bits).div_ceil(8);
            if !sound {
                return bad("a summary in it is out of bounds");
            }
        }
        let bloom = bytes.try_into().or_else(|_| bad("a summary in it does not read"))?;
        Ok(Have { last_sync, bloom })
    }
}
