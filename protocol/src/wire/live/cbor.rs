//! CBOR of a message, walked once before it is decoded: sizes, depth, and one spelling of everything.
//!
//! What passes is plain: definite lengths that the bytes can hold, text keys each once in its map, no
//! tags, no `undefined`, no numbers that JSON does not have, byte strings only where bytes belong, and
//! nothing behind.  The walk keeps nothing but the keys of the maps it is in.

use std::collections::HashSet;

use plenary_limits::{CBOR_DEPTH_MAX, CBOR_ITEMS_MAX, CBOR_KEY_CHARS_TOLD_MAX};

/// The key under which clients send changes, which are byte strings.
const CHANGES: &str = "changes";

/// Why bytes are no message in CBOR; places count bytes from 0.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CborError {
    /// It ends inside an item.
    #[error("the CBOR ends at byte {at}, inside an item")]
    Truncated {
        /// Where.
        at: usize,
    },
    /// Something follows the message.
    #[error("something follows the message at byte {at}")]
    Trailing {
        /// Where.
        at: usize,
    },
    /// An item says that it is longer than all that is left.
    #[error("the item at byte {at} says that it has {says} bytes or items; {left} bytes are left")]
    Length {
        /// Where.
        at: usize,
        /// How long it says it is.
        says: u64,
        /// Bytes that are left.
        left: usize,
    },
    /// It nests too deep.
    #[error("the CBOR nests deeper than {CBOR_DEPTH_MAX} at byte {at}")]
    Deep {
        /// Where.
        at: usize,
    },
    /// It has too many items.
    #[error("the CBOR has more than {CBOR_ITEMS_MAX} items: send it in several messages")]
    Items,
    /// An item without a length.
    #[error("the item at byte {at} has no definite length: say it")]
    Indefinite {
        /// Where.
        at: usize,
    },
    /// A tag, `undefined`, a simple value or a head that CBOR does not have.
    #[error("{what} at byte {at} has no place in a message")]
    Foreign {
        /// Where.
        at: usize,
        /// What.
        what: &'static str,
    },
    /// A text that is not UTF-8.
    #[error("the text at byte {at} is not UTF-8")]
    Utf8 {
        /// Where.
        at: usize,
    },
    /// A key that is not a text.
    #[error("the key at byte {at} is not a text")]
    Key {
        /// Where.
        at: usize,
    },
    /// A key that stands twice in its map.
    #[error("the key {key:?} at byte {at} stands twice in its map")]
    Twice {
        /// Where.
        at: usize,
        /// The key, at most its first 64 characters.
        key: String,
    },
}

/// Whose messages are walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sender {
    /// A client's: byte strings stand under `changes` and where a leaf hash is, and nothing else does.
    Client,
    /// The server's.
    Server,
}

/// Walks a message.
///
/// # Errors
/// `CborError` at the first thing that is not as the module says; beside it the text under `id` at the
/// top, where it came before.
pub(super) fn walk(bytes: &[u8], from: Sender) -> Result<(), (CborError, Option<&str>)> {
    let mut walk = Walk { bytes, at: 0, items: 0, from, id: None };
    let done = match walk.item(0, Place::Root) {
        Ok(()) if walk.at < bytes.len() => Err(CborError::Trailing { at: walk.at }),
        done => done,
    };
    done.map_err(|error| (error, walk.id))
}

struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    items: usize,
    from: Sender,
    id: Option<&'a str>,
}

/// Where an item stands, as far as it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    /// The value of `id` at the top.
    Id,
    /// The value of `changes` at the top, then what stands in it.
    Changes,
    InChanges,
    /// The value of `known` at the top.
    Known,
    /// The value of `leaf` at the top or in `known`.
    Leaf,
    Elsewhere,
}

impl Place {
    /// Whether a client's byte string stands there, and nothing else that has a length.
    fn is_of_bytes(self) -> bool {
        matches!(self, Place::InChanges | Place::Leaf)
    }

    /// Where the value of a key stands, in a map that stands here.
    fn under(self, key: &str) -> Place {
        match (self, key) {
            (Place::Root, "id") => Place::Id,
            (Place::Root, CHANGES) => Place::Changes,
            (Place::Root, "known") => Place::Known,
            (Place::Root | Place::Known, "leaf") => Place::Leaf,
            _ => Place::Elsewhere,
        }
    }
}

/// Major types.
const UNSIGNED: u8 = 0;
const NEGATIVE: u8 = 1;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const LIST: u8 = 4;
const MAP: u8 = 5;
const TAG: u8 = 6;

struct Head {
    major: u8,
    /// The low five bits of the first byte.
    info: u8,
    value: u64,
}

impl<'a> Walk<'a> {
    fn item(&mut self, depth: usize, place: Place) -> Result<(), CborError> {
        let at = self.at;
        if depth >= CBOR_DEPTH_MAX {
            return Err(CborError::Deep { at });
        }
        let head = self.head()?;
        let foreign = |what| Err(CborError::Foreign { at, what });
        match head.major {
            UNSIGNED => Ok(()),
            NEGATIVE if head.value <= i64::MAX as u64 => Ok(()),
            NEGATIVE => foreign("a number below -2⁶³"),
            BYTES if self.from == Sender::Client && !place.is_of_bytes() => foreign("a byte string"),
            BYTES => self.take(at, head.value).map(|_| ()),
            TEXT if self.from == Sender::Client && place.is_of_bytes() => {
                foreign("a text where bytes belong")
            }
            TEXT => {
                let text = self.text(at, head.value)?;
                if place == Place::Id {
                    self.id = Some(text);
                }
                Ok(())
            }
            LIST => {
                let count = self.count(at, head.value, 1)?;
                let inside = if place == Place::Changes { Place::InChanges } else { Place::Elsewhere };
                (0..count).try_for_each(|_| self.item(depth + 1, inside))
            }
            MAP => self.map(at, head.value, depth, place),
            TAG => foreign("a tag"),
            _ => self.simple(at, &head),
        }
    }

    fn map(&mut self, at: usize, length: u64, depth: usize, place: Place) -> Result<(), CborError> {
        let count = self.count(at, length, 2)?;
        let mut keys = HashSet::new();
        for _ in 0..count {
            let at = self.at;
            let head = self.head()?;
            if head.major != TEXT {
                return Err(CborError::Key { at });
            }
            let key = self.text(at, head.value)?;
            if !keys.insert(key) {
                return Err(CborError::Twice {
                    at,
                    key: key.chars().take(CBOR_KEY_CHARS_TOLD_MAX).collect(),
                });
            }
            self.item(depth + 1, place.under(key))?;
        }
        Ok(())
    }

    fn simple(&self, at: usize, head: &Head) -> Result<(), CborError> {
        let finite = match head.info {
            20..=22 => true,
            // A half's or a float's exponent of ones: infinite, or no number.
            25 => head.value & 0x7c00 != 0x7c00,
            26 => f32::from_bits(head.value as u32).is_finite(),
            27 => f64::from_bits(head.value).is_finite(),
            _ => return Err(CborError::Foreign { at, what: "`undefined` or another simple value" }),
        };
        if finite { Ok(()) } else { Err(CborError::Foreign { at, what: "a number that is not finite" }) }
    }

    fn head(&mut self) -> Result<Head, CborError> {
        let at = self.at;
        self.items += 1;
        if self.items > CBOR_ITEMS_MAX {
            return Err(CborError::Items);
        }
        let first = *self.bytes.get(at).ok_or(CborError::Truncated { at })?;
        self.at += 1;
        let (major, info) = (first >> 5, first & 0x1f);
        let size = match info {
            0..24 => return Ok(Head { major, info, value: info.into() }),
            24 => 1,
            25 => 2,
            26 => 4,
            27 => 8,
            31 => return Err(CborError::Indefinite { at }),
            _ => return Err(CborError::Foreign { at, what: "a reserved head" }),
        };
        let end = self.bytes.len();
        let bytes = self.bytes.get(self.at..self.at + size).ok_or(CborError::Truncated { at: end })?;
        self.at += size;
        let value = bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
        Ok(Head { major, info, value })
    }

    /// How many items a list or map has, where that many can still come.
    fn count(&self, at: usize, says: u64, bytes_each: u64) -> Result<u64, CborError> {
        let left = self.bytes.len() - self.at;
        if says > left as u64 / bytes_each { Err(CborError::Length { at, says, left }) } else { Ok(says) }
    }

    fn take(&mut self, at: usize, says: u64) -> Result<&'a [u8], CborError> {
        let count = self.count(at, says, 1)? as usize;
        let taken = &self.bytes[self.at..self.at + count];
        self.at += count;
        Ok(taken)
    }

    fn text(&mut self, at: usize, says: u64) -> Result<&'a str, CborError> {
        std::str::from_utf8(self.take(at, says)?).map_err(|_| CborError::Utf8 { at })
    }
}
