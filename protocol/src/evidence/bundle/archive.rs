//! A reader of zips that bundles come in: stored files one behind the other, nothing else.
//!
//! A zip says twice what is in it, and readers differ in whom they believe.  This one takes only a zip
//! that says the same in both places, leaves no byte between its files, and holds each name once, so
//! that two people who check it see the same files.  It unpacks nothing, and trusts no length.

use super::BundleFiles;
use super::layout::Name;
use plenary_limits::{BUNDLE_FILE_BYTES_MAX, BUNDLE_FILES_MAX};

const END: [u8; 4] = *b"PK\x05\x06";
const END_BYTES: usize = 22;
const LISTED: [u8; 4] = *b"PK\x01\x02";
const LISTED_BYTES: usize = 46;
const LOCAL: [u8; 4] = *b"PK\x03\x04";
const LOCAL_BYTES: usize = 30;
/// The one flag that changes nothing: names are UTF-8.
const UTF8_FLAG: u16 = 1 << 11;

/// Why bytes are not the zip of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveError {
    /// It is larger than a bundle.
    #[error("a file of {actual} bytes is larger than a bundle, which has at most {BUNDLE_FILE_BYTES_MAX}")]
    Size {
        /// Its bytes.
        actual: usize,
    },
    /// It is cut off, or no zip.
    #[error("it is no zip, or not all of one: {reason}")]
    Form {
        /// What does not add up.
        reason: &'static str,
    },
    /// It was packed in another way than bundles are.
    #[error(
        "{name:?} is packed in another way than files of a bundle are ({reason}); if somebody packed it anew, \
         unpack it and check the folder"
    )]
    Packed {
        /// The file.
        name: String,
        /// How it is packed.
        reason: &'static str,
    },
    /// A file has a name that a bundle does not have.
    #[error("{name:?} does not belong into a bundle")]
    Name {
        /// The name.
        name: String,
    },
    /// Two files have the same name.
    #[error("{name:?} is in it twice")]
    Twice {
        /// The name.
        name: String,
    },
}

/// The files of a bundle's zip.
///
/// # Errors
/// `ArchiveError`, one variant for each thing that can be wrong.
pub fn read_archive(zip: &[u8]) -> Result<BundleFiles, ArchiveError> {
    let form = |reason| ArchiveError::Form { reason };
    if zip.len() > BUNDLE_FILE_BYTES_MAX {
        return Err(ArchiveError::Size { actual: zip.len() });
    }
    let end_at = zip.len().checked_sub(END_BYTES).ok_or(form("it is too short"))?;
    let end = Block(&zip[end_at..]);
    if !end.is(END) || end.u16(20) != 0 {
        return Err(form("it does not end as one"));
    }
    let (count, list_bytes, list_at) = (end.u16(10), end.u32(12), end.u32(16));
    if end.u32(4) != 0 || end.u16(8) != count || usize::from(count) > BUNDLE_FILES_MAX {
        return Err(form("it says that there are other parts of it"));
    }
    if list_at.checked_add(list_bytes) != Some(end_at) {
        return Err(form("its list of files is not where it should be"));
    }
    let mut list = &zip[list_at..end_at];
    let mut files = BundleFiles::new();
    // Where the next file has to begin.
    let mut at = 0;
    for _ in 0..count {
        let (listed, rest) = Listed::read(list).ok_or(form("its list of files ends early"))?;
        list = rest;
        let (content, next) = file(zip, &listed, at, list_at)?;
        at = next;
        if Name::read(&listed.name).is_none() {
            return Err(ArchiveError::Name { name: listed.name });
        }
        if files.insert(listed.name.clone(), content.to_vec()).is_some() {
            return Err(ArchiveError::Twice { name: listed.name });
        }
    }
    if !list.is_empty() || at != list_at {
        return Err(form("it holds more than it lists"));
    }
    Ok(files)
}

/// A file as the list at the end has it.
struct Listed {
    name: String,
    flags: u16,
    method: u16,
    packed_bytes: usize,
    bytes: usize,
    at: usize,
}

impl Listed {
    /// The first of a list, and the others.
    fn read(list: &[u8]) -> Option<(Listed, &[u8])> {
        let block = Block(list.get(..LISTED_BYTES)?);
        let lengths = [28, 30, 32].map(|at| usize::from(block.u16(at)));
        let name = list.get(LISTED_BYTES..LISTED_BYTES + lengths[0])?;
        let rest = list.get(LISTED_BYTES + lengths.iter().sum::<usize>()..)?;
        let listed = Listed {
            name: String::from_utf8_lossy(name).into_owned(),
            flags: block.u16(8),
            method: block.u16(10),
            packed_bytes: block.u32(20),
            bytes: block.u32(24),
            at: block.u32(42),
        };
        block.is(LISTED).then_some((listed, rest))
    }
}

/// The content of a file, which has to begin at `at`, and where the next one has to begin.
fn file<'a>(
    zip: &'a [u8],
    listed: &Listed,
    at: usize,
    list_at: usize,
) -> Result<(&'a [u8], usize), ArchiveError> {
    let packed = |reason| ArchiveError::Packed { name: listed.name.clone(), reason };
    if listed.method != 0 || listed.packed_bytes != listed.bytes {
        return Err(packed("compressed"));
    }
    if listed.flags & !UTF8_FLAG != 0 {
        return Err(packed("encrypted or streamed"));
    }
    let early = || ArchiveError::Form { reason: "a file of it ends early" };
    let block = Block(zip.get(at..at + LOCAL_BYTES).ok_or_else(early)?);
    let name_bytes = usize::from(block.u16(26));
    let begin = at + LOCAL_BYTES + name_bytes + usize::from(block.u16(28));
    let name = zip.get(at + LOCAL_BYTES..at + LOCAL_BYTES + name_bytes).ok_or_else(early)?;
    let says_the_same = block.is(LOCAL)
        && listed.at == at
        && name == listed.name.as_bytes()
        && (block.u16(6), block.u16(8)) == (listed.flags, listed.method)
        && (block.u32(18), block.u32(22)) == (listed.bytes, listed.bytes);
    if !says_the_same {
        return Err(packed("its list says something else than the file"));
    }
    let next = begin + listed.bytes;
    let content = zip.get(begin..next).filter(|_| next <= list_at).ok_or_else(early)?;
    Ok((content, next))
}

/// Bytes of a known number of which fields are read, little-endian; a field that is not there is zero.
struct Block<'a>(&'a [u8]);

impl Block<'_> {
    fn is(&self, signature: [u8; 4]) -> bool {
        self.0.starts_with(&signature)
    }

    fn u16(&self, at: usize) -> u16 {
        self.0.get(at..).and_then(|bytes| bytes.first_chunk()).map_or(0, |bytes| u16::from_le_bytes(*bytes))
    }

    fn u32(&self, at: usize) -> usize {
        let bytes = self.0.get(at..).and_then(|bytes| bytes.first_chunk());
        bytes.map_or(0, |bytes| u32::from_le_bytes(*bytes) as usize)
    }
}

#[cfg(test)]
mod tests {
    use plenary_limits::holds;

    use super::*;

    #[test]
    fn archives_hold_to_the_byte_and_the_file() {
        holds!(BUNDLE_FILE_BYTES_MAX, |bytes| {
            !matches!(read_archive(&vec![0; bytes]), Err(ArchiveError::Size { .. }))
        });
        holds!(BUNDLE_FILES_MAX, |count| {
            let count = (count as u16).to_le_bytes();
            let end = [END.as_slice(), &[0; 4], &count, &count, &[0; 10]].concat();
            // None of them is there: that is what is said, unless there are too many.
            !read_archive(&end).unwrap_err().to_string().contains("other parts")
        });
    }
}
