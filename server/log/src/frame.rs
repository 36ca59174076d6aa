//! Frames of the journal: `u32 length | u32 checksum | body`, all integers big-endian.
//!
//! The checksum is CRC-32C over the segment's nonce, the length and the body: a frame of another
//! segment, left on a reused block or copied into a payload, never passes for one of this segment.
//! Each body starts with its kind and the position of its group, so that a frame says itself whether
//! it belongs to the group that is read. The layout of every kind is in `FORMAT.md`.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::entry::{Entry, Fact, FactKind, Hash, Head, Record, is_plan_name};
use plenary_limits::FRAME_BODY_BYTES_MAX;

/// Bytes before a body: length and checksum.
pub(crate) const FRAME_HEAD_BYTES: usize = 8;
/// Bytes before a body's content: kind and position.
const BODY_HEAD_BYTES: usize = 9;
/// Bytes of a frame that closes a segment.
pub(crate) const CLOSE_FRAME_BYTES: usize = FRAME_HEAD_BYTES + BODY_HEAD_BYTES + 8 + 32;

const KIND_ENTRY: u8 = 1;
const KIND_FACT: u8 = 2;
const KIND_TRAILER: u8 = 3;
const KIND_CLOSE: u8 = 4;
const KIND_SEAL: u8 = 5;

/// Heads of all plans.
pub(crate) type Heads = BTreeMap<String, Head>;

/// What a group of the journal carries.
#[derive(Clone, Copy)]
pub(crate) enum Item<'a> {
    Record(&'a Record),
    /// A clean stop, with the head of every plan.
    Seal(&'a Heads),
}

/// The content of a frame.
#[derive(Debug)]
pub(crate) enum Content {
    Record(Record),
    Seal(Heads),
    /// The end of a group: how many frames came before it, and the running hash after them.
    Trailer {
        count: u32,
        hash: Hash,
    },
    /// The end of a segment: the bytes before this frame, and the running hash there.
    Close {
        length_bytes: u64,
        hash: Hash,
    },
}

/// Bytes that are not what should stand there.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub offset: usize,
    pub expected: String,
    pub found: String,
    /// The bytes are as they were written (their checksum is right), so this is no torn write.
    pub written_so: bool,
}

/// A frame whose checksum is right.
pub(crate) struct RawFrame<'a> {
    pub kind: u8,
    pub position: u64,
    pub content: &'a [u8],
    pub body: &'a [u8],
    pub end: usize,
}

/// A group as bytes.
pub(crate) struct Encoded {
    pub bytes: Vec<u8>,
    /// The running hash after it.
    pub hash: Hash,
}

/// Encodes a group: a frame for each item, then the trailer.
pub(crate) fn encode_group<'a>(
    items: impl Iterator<Item = Item<'a>>,
    nonce: u32,
    position: u64,
    hash_before: &Hash,
) -> Encoded {
    let mut bytes = Vec::new();
    let mut running = RunningHash::new(hash_before);
    let mut count: u32 = 0;
    for item in items {
        let start = bytes.len();
        match item {
            Item::Record(Record::Entry(entry)) => {
                push_frame(&mut bytes, nonce, KIND_ENTRY, position, |body| put_entry(body, entry));
            }
            Item::Record(Record::Fact(fact)) => {
                push_frame(&mut bytes, nonce, KIND_FACT, position, |body| put_fact(body, fact));
            }
            Item::Seal(heads) => {
                push_frame(&mut bytes, nonce, KIND_SEAL, position, |body| put_heads(body, heads));
            }
        }
        running.frame(&bytes[start + FRAME_HEAD_BYTES..]);
        count += 1;
    }
    assert!(count > 0, "a group of the journal has at least one frame");
    let hash = running.finish();
    push_frame(&mut bytes, nonce, KIND_TRAILER, position, |body| {
        body.extend_from_slice(&count.to_be_bytes());
        body.extend_from_slice(&hash);
    });
    Encoded { bytes, hash }
}

/// Encodes the frame that closes a segment of `length_bytes` before the group `next`.
pub(crate) fn encode_close(nonce: u32, next: u64, length_bytes: u64, hash: &Hash) -> Vec<u8> {
    let mut bytes = Vec::new();
    push_frame(&mut bytes, nonce, KIND_CLOSE, next, |body| {
        body.extend_from_slice(&length_bytes.to_be_bytes());
        body.extend_from_slice(hash);
    });
    assert_eq!(bytes.len(), CLOSE_FRAME_BYTES, "a closing frame has a fixed length");
    bytes
}

/// Reads the frame at `at` and checks its checksum; its content is not looked at.
pub(crate) fn read_raw(bytes: &[u8], at: usize, nonce: u32) -> Result<RawFrame<'_>, Fault> {
    let fault = |expected: String, found: String| Fault { offset: at, expected, found, written_so: false };
    let rest = bytes.get(at..).unwrap_or_default();
    let Some((head, after)) = rest.split_first_chunk::<FRAME_HEAD_BYTES>() else {
        let found = format!("the end of the file after {}", rest.len());
        return Err(fault(format!("a frame head of {FRAME_HEAD_BYTES} bytes"), found));
    };
    let [l0, l1, l2, l3, c0, c1, c2, c3] = *head;
    let length_field = [l0, l1, l2, l3];
    let length = u32::from_be_bytes(length_field) as usize;
    if !(BODY_HEAD_BYTES..=FRAME_BODY_BYTES_MAX).contains(&length) {
        let expected = format!("a frame length from {BODY_HEAD_BYTES} to {FRAME_BODY_BYTES_MAX}");
        return Err(fault(expected, format!("{length}")));
    }
    let Some(body) = after.get(..length) else {
        let found = format!("the end of the file after {}", after.len());
        return Err(fault(format!("a body of {length} bytes"), found));
    };
    let stored = u32::from_be_bytes([c0, c1, c2, c3]);
    let computed = checksum(nonce, length_field, body);
    if stored != computed {
        return Err(fault(format!("the checksum {computed:08x}"), format!("{stored:08x}")));
    }
    let mut reader = Reader(body);
    let (Some(kind), Some(position)) = (reader.u8(), reader.u64()) else {
        return Err(fault("a kind and a position".to_owned(), format!("a body of {length} bytes")));
    };
    Ok(RawFrame { kind, position, content: reader.0, body, end: at + FRAME_HEAD_BYTES + length })
}

/// Decodes the content of the frame at `at`.
pub(crate) fn decode(frame: &RawFrame<'_>, at: usize) -> Result<Content, Fault> {
    let mut reader = Reader(frame.content);
    let content = match frame.kind {
        KIND_ENTRY => get_entry(&mut reader).map(|entry| Content::Record(Record::Entry(entry))),
        KIND_FACT => get_fact(&mut reader).map(|fact| Content::Record(Record::Fact(fact))),
        KIND_SEAL => get_heads(&mut reader).map(Content::Seal),
        KIND_TRAILER => reader
            .u32()
            .and_then(|count| reader.hash().map(|hash| Content::Trailer { count, hash }))
            .filter(|_| reader.0.is_empty()),
        KIND_CLOSE => reader
            .u64()
            .and_then(|length_bytes| reader.hash().map(|hash| Content::Close { length_bytes, hash }))
            .filter(|_| reader.0.is_empty()),
        kind => return Err(unreadable(at, format!("kind {kind}"))),
    };
    content.ok_or_else(|| unreadable(at, format!("a frame of kind {} that does not decode", frame.kind)))
}

/// Finds the first whole frame behind `from` that belongs to a group after `position`.
pub(crate) fn find_later(bytes: &[u8], from: usize, nonce: u32, position: u64) -> Option<usize> {
    let last = bytes.len().checked_sub(FRAME_HEAD_BYTES + BODY_HEAD_BYTES)?;
    // The kind and the position are looked at first: a checksum at every byte would take minutes.
    (from + 1..=last).find(|&at| {
        let mut body = Reader(&bytes[at + FRAME_HEAD_BYTES..]);
        let plausible = body.u8().is_some_and(|kind| (KIND_ENTRY..=KIND_SEAL).contains(&kind))
            && body.u64().is_some_and(|found| found > position && found - position < 1 << 32);
        plausible && read_raw(bytes, at, nonce).is_ok()
    })
}

/// Makes running hashes: SHA-256(tag ‖ hash before ‖ for each frame: u32 length ‖ body).
pub(crate) struct RunningHash(Sha256);

impl RunningHash {
    pub(crate) fn new(before: &Hash) -> Self {
        Self(Sha256::new_with_prefix(b"plenary-journal/v1\0").chain_update(before))
    }

    pub(crate) fn frame(&mut self, body: &[u8]) {
        self.0.update(length_field(body.len()));
        self.0.update(body);
    }

    pub(crate) fn finish(self) -> Hash {
        self.0.finalize().into()
    }
}

fn unreadable(offset: usize, found: String) -> Fault {
    let expected = "a frame that this version of plenaryd can read".to_owned();
    Fault { offset, expected, found, written_so: true }
}

fn length_field(length: usize) -> [u8; 4] {
    assert!(length <= FRAME_BODY_BYTES_MAX, "a frame body of {length} bytes is above the limit");
    u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes()
}

fn checksum(nonce: u32, length_field: [u8; 4], body: &[u8]) -> u32 {
    let sum = crc32c::crc32c(&nonce.to_be_bytes());
    crc32c::crc32c_append(crc32c::crc32c_append(sum, &length_field), body)
}

fn push_frame(out: &mut Vec<u8>, nonce: u32, kind: u8, position: u64, fill: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0; FRAME_HEAD_BYTES]);
    out.push(kind);
    out.extend_from_slice(&position.to_be_bytes());
    fill(out);
    let (head, body) = out[start..].split_at_mut(FRAME_HEAD_BYTES);
    let length = length_field(body.len());
    head[..4].copy_from_slice(&length);
    head[4..].copy_from_slice(&checksum(nonce, length, body).to_be_bytes());
}

fn put_name(out: &mut Vec<u8>, name: &str) {
    out.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
    out.extend_from_slice(name.as_bytes());
}

fn put_short(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_be_bytes());
    out.extend_from_slice(bytes);
}

fn put_entry(out: &mut Vec<u8>, entry: &Entry) {
    put_name(out, &entry.plan);
    out.extend_from_slice(&entry.seq.to_be_bytes());
    put_short(out, &entry.envelope);
    out.extend_from_slice(&entry.salt);
    out.extend_from_slice(&entry.payload);
}

fn get_entry(reader: &mut Reader<'_>) -> Option<Entry> {
    let plan = reader.name()?;
    let seq = reader.u64()?;
    let envelope = reader.short()?.to_vec();
    let salt = reader.hash()?;
    Some(Entry { plan, seq, envelope, salt, payload: reader.rest().to_vec() })
}

fn put_fact(out: &mut Vec<u8>, fact: &Fact) {
    out.push(fact.kind.code());
    put_short(out, &fact.key);
    out.extend_from_slice(&fact.value);
}

fn get_fact(reader: &mut Reader<'_>) -> Option<Fact> {
    let kind = FactKind::from_code(reader.u8()?);
    let key = reader.short()?.to_vec();
    Some(Fact { kind, key, value: reader.rest().to_vec() })
}

fn put_heads(out: &mut Vec<u8>, heads: &Heads) {
    out.extend_from_slice(&u32::try_from(heads.len()).unwrap_or(u32::MAX).to_be_bytes());
    for (plan, head) in heads {
        put_name(out, plan);
        out.extend_from_slice(&head.seq.to_be_bytes());
        out.extend_from_slice(&head.hash);
    }
}

fn get_heads(reader: &mut Reader<'_>) -> Option<Heads> {
    let count = reader.u32()?;
    let mut heads = Heads::new();
    for _ in 0..count {
        heads.insert(reader.name()?, Head { seq: reader.u64()?, hash: reader.hash()? });
    }
    reader.0.is_empty().then_some(heads)
}

/// Takes fields off the front of bytes.
pub(crate) struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (field, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(field)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*field)
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    pub(crate) fn hash(&mut self) -> Option<Hash> {
        self.array()
    }

    pub(crate) fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }

    pub(crate) fn short(&mut self) -> Option<&'a [u8]> {
        let length = self.u16()?;
        self.take(usize::from(length))
    }

    fn name(&mut self) -> Option<String> {
        let length = self.u8()?;
        let name = std::str::from_utf8(self.take(usize::from(length))?).ok()?;
        is_plan_name(name).then(|| name.to_owned())
    }
}
