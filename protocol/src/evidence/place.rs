//! The part of an envelope that holds it in place, read without decoding the rest.
//!
//! Whoever verifies a log reads every envelope of it and needs six of its fields; the others are walked
//! over.  What is no deterministic CBOR map with just one of each is refused.

use crate::ids::{Digest, Seq};

/// Nesting of an envelope, with some to spare.
const DEPTH_MAX: u32 = 8;

/// Where an entry stands, and what it commits to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place<'a> {
    pub version: u64,
    pub seq: Seq,
    pub plan: &'a str,
    pub previous: Digest,
    pub payload_length: u64,
    pub payload_commitment: Digest,
}

impl<'a> Place<'a> {
    /// Reads the place of an envelope.
    ///
    /// # Errors
    /// What is wrong with the bytes, in words.
    pub fn read(envelope: &'a [u8]) -> Result<Self, &'static str> {
        let mut walk = Walk(envelope);
        let (major, pairs) = walk.head()?;
        if major != MAP {
            return Err("it is no map");
        }
        let (mut version, mut seq, mut plan) = (None, None, None);
        let (mut previous, mut length, mut commitment) = (None, None, None);
        for _ in 0..pairs {
            let is_first = match walk.text()? {
                "v" => version.replace(walk.number()?).is_none(),
                "seq" => seq.replace(walk.number()?).is_none(),
                "plan" => plan.replace(walk.text()?).is_none(),
                "prev" => previous.replace(walk.digest()?).is_none(),
                "payload_len" => length.replace(walk.number()?).is_none(),
                "payload_commitment" => commitment.replace(walk.digest()?).is_none(),
                _ => {
                    walk.skip(0)?;
                    true
                }
            };
            if !is_first {
                return Err("a field stands twice in it");
            }
        }
        if !walk.0.is_empty() {
            return Err("something stands behind it");
        }
        const MISSING: &str = "a field is missing";
        Ok(Place {
            version: version.ok_or(MISSING)?,
            seq: Seq(seq.ok_or(MISSING)?),
            plan: plan.ok_or(MISSING)?,
            previous: previous.ok_or(MISSING)?,
            payload_length: length.ok_or(MISSING)?,
            payload_commitment: commitment.ok_or(MISSING)?,
        })
    }
}

/// Major types of CBOR (RFC 8949 §3.1).
const NUMBER: u8 = 0;
const NEGATIVE: u8 = 1;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;
const SIMPLE: u8 = 7;

/// The bytes that are not read yet.
struct Walk<'a>(&'a [u8]);

impl<'a> Walk<'a> {
    fn take(&mut self, count: u64) -> Result<&'a [u8], &'static str> {
        let cut = usize::try_from(count).ok().and_then(|count| self.0.split_at_checked(count));
        let (taken, rest) = cut.ok_or("it ends early")?;
        self.0 = rest;
        Ok(taken)
    }

    /// The major type of the next item, and its value or length.
    fn head(&mut self) -> Result<(u8, u64), &'static str> {
        let first = self.take(1)?.first().copied().unwrap_or_default();
        let (major, short) = (first >> 5, first & 31);
        let value = match short {
            0..24 => u64::from(short),
            24..28 => {
                let bytes = self.take(1 << (short - 24))?;
                bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte))
            }
            _ => return Err("it has a length that is not written down"),
        };
        Ok((major, value))
    }

    fn number(&mut self) -> Result<u64, &'static str> {
        match self.head()? {
            (NUMBER, value) => Ok(value),
            _ => Err("a number is none"),
        }
    }

    fn text(&mut self) -> Result<&'a str, &'static str> {
        match self.head()? {
            (TEXT, length) => str::from_utf8(self.take(length)?).map_err(|_| "a text is not UTF-8"),
            _ => Err("a text is none"),
        }
    }

    fn digest(&mut self) -> Result<Digest, &'static str> {
        match self.head()? {
            (BYTES, 32) => self.take(32)?.try_into().map(Digest).map_err(|_| "a hash is none"),
            _ => Err("a hash is none"),
        }
    }

    fn skip(&mut self, depth: u32) -> Result<(), &'static str> {
        if depth > DEPTH_MAX {
            return Err("it is nested too deep");
        }
        let (major, value) = self.head()?;
        let items = match major {
            NUMBER | NEGATIVE | SIMPLE => 0,
            BYTES | TEXT => {
                self.take(value)?;
                0
            }
            ARRAY => value,
            MAP => value.checked_mul(2).ok_or("it ends early")?,
            _ => return Err("it has a tag"),
        };
        // Every item takes a byte at least: this ends where the bytes do.
        for _ in 0..items {
            self.skip(depth + 1)?;
        }
        Ok(())
    }
}
