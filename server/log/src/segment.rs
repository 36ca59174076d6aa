//! One segment of the journal: a header of 64 bytes, groups of frames, and a closing frame when full.
//!
//! A segment comes into being whole (written under another name, synced, renamed), so its header is
//! right or the file is damaged. Reading takes whole groups only.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::path::{Path, PathBuf};

use crate::disk::{self, Disk, DiskError, DiskFile};
use crate::entry::{Hash, Record};
use crate::frame::{self, Content, Fault, Heads, Item, Reader, RunningHash};

/// Bytes of a segment's header.
pub(crate) const HEADER_BYTES: usize = 64;

const MAGIC: &[u8; 8] = b"PLENARYJ";
const VERSION: u32 = 1;
/// The first group is a copy of the last one of the segment before, made after an unclean stop.
const FLAG_COPY: u32 = 1;

/// What a segment says of itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header {
    /// Whether the segment before may still hold the first group, and lack its closing frame.
    pub copies_last: bool,
    /// The position of the first group.
    pub first: u64,
    /// The running hash before the first group.
    pub hash_before: Hash,
    /// What the checksums of this segment start with.
    pub nonce: u32,
}

/// Where a group stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub position: u64,
    pub start: usize,
    pub end: usize,
    pub hash_before: Hash,
    pub hash_after: Hash,
    pub is_seal: bool,
}

/// What was read of a segment.
pub(crate) struct Scan {
    pub groups: Vec<Span>,
    pub is_closed: bool,
    /// The first thing that should not be there, and where a whole frame of a later group stands.
    pub fault: Option<(Fault, Option<usize>)>,
    /// Where the last whole group ends.
    pub end: usize,
}

/// What a group carries.
pub(crate) enum GroupContent {
    Records(Vec<Record>),
    Seal(Heads),
}

impl Header {
    /// Makes a header with a nonce that nobody outside can know.
    pub(crate) fn new(first: u64, hash_before: Hash) -> Self {
        let mut hasher = RandomState::new().build_hasher();
        hasher.write(&hash_before);
        let [a, b, c, d, ..] = hasher.finish().to_be_bytes();
        Self { copies_last: false, first, hash_before, nonce: u32::from_be_bytes([a, b, c, d]) }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_BYTES);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&VERSION.to_be_bytes());
        bytes.extend_from_slice(&(if self.copies_last { FLAG_COPY } else { 0 }).to_be_bytes());
        bytes.extend_from_slice(&self.first.to_be_bytes());
        bytes.extend_from_slice(&self.hash_before);
        bytes.extend_from_slice(&self.nonce.to_be_bytes());
        bytes.extend_from_slice(&crc32c::crc32c(&bytes).to_be_bytes());
        assert_eq!(bytes.len(), HEADER_BYTES, "a header has a fixed length");
        bytes
    }

    /// Reads the header of the segment whose name says `first`.
    pub(crate) fn decode(bytes: &[u8], first: u64) -> Result<Self, Fault> {
        let fault = |offset, expected: &str, found: String| Fault {
            offset,
            expected: expected.to_owned(),
            found,
            written_so: false,
        };
        let mut reader = Reader(bytes.get(..HEADER_BYTES).unwrap_or_default());
        let fields = (|| {
            let magic = reader.take(8)?;
            let (version, flags, first) = (reader.u32()?, reader.u32()?, reader.u64()?);
            Some((magic, version, flags, first, reader.hash()?, reader.u32()?, reader.u32()?))
        })();
        let Some((magic, version, flags, found_first, hash_before, nonce, sum)) = fields else {
            return Err(fault(0, "a header of 64 bytes", format!("a file of {}", bytes.len())));
        };
        if magic != MAGIC {
            return Err(fault(0, "the mark PLENARYJ", format!("{:?}", String::from_utf8_lossy(magic))));
        }
        let computed = crc32c::crc32c(&bytes[..HEADER_BYTES - 4]);
        if sum != computed {
            return Err(fault(
                0,
                &format!("a header with the checksum {computed:08x}"),
                format!("{sum:08x}"),
            ));
        }
        if version != VERSION || flags & !FLAG_COPY != 0 {
            let found = format!("version {version}, flags {flags:x}");
            return Err(fault(8, "version 1 of the journal, which this plenaryd can read", found));
        }
        if found_first != first {
            return Err(fault(16, &format!("position {first}, as in the name"), found_first.to_string()));
        }
        Ok(Self { copies_last: flags & FLAG_COPY != 0, first, hash_before, nonce })
    }
}

impl Scan {
    /// Tells why what stands behind the last whole group cannot be a write that a crash tore; nothing where
    /// it can, and where nothing stands there.
    pub(crate) fn why_not_torn(&self) -> Option<String> {
        let (fault, later) = self.fault.as_ref()?;
        match later {
            Some(later) => Some(format!("a whole frame of a later group stands at byte {later}")),
            None => fault.written_so.then(|| "its checksum is right, so it is no torn write".to_owned()),
        }
    }
}

/// Reads all whole groups of a segment.
pub(crate) fn scan(bytes: &[u8], header: &Header) -> Scan {
    let mut scan = Scan { groups: Vec::new(), is_closed: false, fault: None, end: HEADER_BYTES };
    let mut position = header.first;
    let mut hash = header.hash_before;
    while scan.end < bytes.len() {
        match read_group(bytes, scan.end, header.nonce, position, &hash) {
            Ok(Some(span)) => {
                (scan.end, hash, position) = (span.end, span.hash_after, position + 1);
                scan.groups.push(span);
            }
            Ok(None) => {
                scan.is_closed = true;
                break;
            }
            Err(fault) => {
                let later = frame::find_later(bytes, scan.end, header.nonce, position);
                scan.fault = Some((fault, later));
                break;
            }
        }
    }
    scan
}

/// Reads one group; none when the closing frame stands there.
fn read_group(
    bytes: &[u8],
    start: usize,
    nonce: u32,
    position: u64,
    hash_before: &Hash,
) -> Result<Option<Span>, Fault> {
    let mut at = start;
    let mut running = RunningHash::new(hash_before);
    let mut found_count: u32 = 0;
    let mut is_seal = false;
    loop {
        let raw = frame::read_raw(bytes, at, nonce)?;
        let fault = |expected: String, found: String| Fault { offset: at, expected, found, written_so: true };
        if raw.position != position {
            return Err(fault(format!("a frame of group {position}"), format!("group {}", raw.position)));
        }
        match frame::decode(&raw, at)? {
            Content::Record(_) => running.frame(raw.body),
            Content::Seal(_) => {
                is_seal = true;
                running.frame(raw.body);
            }
            Content::Trailer { count, hash } => {
                let hash_after = running.finish();
                if count != found_count || hash != hash_after {
                    let expected =
                        format!("the trailer of {found_count} frames, hash {}", short(&hash_after));
                    return Err(fault(expected, format!("{count} frames, hash {}", short(&hash))));
                }
                let hash_before = *hash_before;
                return Ok(Some(Span { position, start, end: raw.end, hash_before, hash_after, is_seal }));
            }
            Content::Close { length_bytes, hash } => {
                if at != start || length_bytes != start as u64 || hash != *hash_before {
                    let expected = format!("a closing frame for {start} bytes, hash {}", short(hash_before));
                    return Err(fault(expected, format!("{length_bytes} bytes, hash {}", short(&hash))));
                }
                if raw.end != bytes.len() {
                    let found = format!("{} more bytes", bytes.len() - raw.end);
                    return Err(fault("the end of the file after the closing frame".to_owned(), found));
                }
                return Ok(None);
            }
        }
        found_count += 1;
        at = raw.end;
    }
}

/// Decodes a group that [`scan`] has found whole.
pub(crate) fn group_content(bytes: &[u8], span: &Span, nonce: u32) -> Result<GroupContent, Fault> {
    let mut at = span.start;
    let mut records = Vec::new();
    while at < span.end {
        let raw = frame::read_raw(bytes, at, nonce)?;
        match frame::decode(&raw, at)? {
            Content::Record(record) => records.push(record),
            Content::Seal(heads) => return Ok(GroupContent::Seal(heads)),
            Content::Trailer { .. } | Content::Close { .. } => break,
        }
        at = raw.end;
    }
    Ok(GroupContent::Records(records))
}

impl GroupContent {
    /// Encodes the group anew, for a segment with another nonce.
    pub(crate) fn encode(&self, nonce: u32, span: &Span) -> Vec<u8> {
        let encoded = match self {
            Self::Records(records) => {
                frame::encode_group(records.iter().map(Item::Record), nonce, span.position, &span.hash_before)
            }
            Self::Seal(heads) => {
                frame::encode_group([Item::Seal(heads)].into_iter(), nonce, span.position, &span.hash_before)
            }
        };
        assert_eq!(encoded.hash, span.hash_after, "a copy of a group has the group's hash");
        encoded.bytes
    }
}

/// Gives the name of the segment whose first group is at `first`.
pub(crate) fn path_of(journal: &Path, first: u64) -> PathBuf {
    journal.join(format!("{first:020}.seg"))
}

/// Makes a segment whole under its name, in place of one that is there, and opens it to append.
pub(crate) fn create(
    disk: &dyn Disk,
    journal: &Path,
    header: &Header,
    groups: &[u8],
) -> Result<Box<dyn DiskFile>, DiskError> {
    let path = path_of(journal, header.first);
    let fresh = path.with_extension("seg.new");
    let mut file = disk.create(&fresh).map_err(DiskError::at("create", &fresh))?;
    let mut bytes = header.encode();
    bytes.extend_from_slice(groups);
    file.append(&bytes).map_err(DiskError::at("write", &fresh))?;
    file.sync_data().map_err(DiskError::at("sync", &fresh))?;
    disk::move_to(disk, &fresh, &path)?;
    Ok(file)
}

pub(crate) fn short(hash: &Hash) -> String {
    let [a, b, c, d, ..] = *hash;
    format!("{a:02x}{b:02x}{c:02x}{d:02x}…")
}
