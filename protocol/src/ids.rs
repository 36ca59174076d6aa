//! Identifiers as distinct types, declared in one place.
//!
//! An identifier exists only in its valid form: parsing is the one way in.  Display codes such as
//! "2.7" are not identifiers (see `plan::codes`).

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use plenary_limits::{CLIENT_ID_BYTES_MAX, ID_BYTES_MAX, SUBJECT_BYTES_MAX, VERSION_NAME_BYTES_MAX};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Serialize};

/// Why a text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The text is empty or longer than the limit.
    #[error("an identifier has 1 to {max} bytes, this one has {actual}")]
    Length {
        /// Most bytes allowed.
        max: usize,
        /// Bytes given.
        actual: usize,
    },
    /// The text holds a character outside the allowed set.
    #[error("{found:?} may not stand in an identifier; allowed: {allowed}")]
    Character {
        /// The offending character.
        found: char,
        /// The allowed set in words.
        allowed: &'static str,
    },
}

fn check(text: &str, max: usize, allowed: &'static str, ok: fn(char) -> bool) -> Result<(), IdError> {
    if text.is_empty() || text.len() > max {
        return Err(IdError::Length { max, actual: text.len() });
    }
    match text.chars().find(|c| !ok(*c)) {
        Some(found) => Err(IdError::Character { found, allowed }),
        None => Ok(()),
    }
}

macro_rules! text_id {
    ($(#[doc = $doc:literal])* $name:ident, $max:expr, $allowed:literal, $ok:expr, $pattern:literal) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                check(text, $max, $allowed, $ok)?;
                Ok(Self(text.to_owned()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                check(&text, $max, $allowed, $ok)?;
                Ok(Self(text))
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                let about = [$($doc.trim()),*].join("\n");
                json_schema!({
                    "description": about,
                    "type": "string",
                    "minLength": 1,
                    "maxLength": $max,
                    "pattern": $pattern,
                })
            }
        }
    };
}

fn id_char(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'
}

text_id!(
    /// The stable name of a plan, `[a-z0-9-]`, for instance `itu-sp-2024-2027-draft`.
    PlanId, ID_BYTES_MAX, "a-z, 0-9 and '-'", id_char, "^[a-z0-9-]+$"
);
text_id!(
    /// The stable name of an element or link, `[a-z0-9-]`, prefixed by kind: `tgt-4k2m9qx7`.
    ///
    /// Never reused; the display code may change, this does not.  The plan's own fields stand under
    /// the reserved id `plan`.
    ElementId, ID_BYTES_MAX, "a-z, 0-9 and '-'", id_char, "^[a-z0-9-]+$"
);
text_id!(
    /// The name a client gives to one edit, so that a retry is not a second edit.
    ClientId, CLIENT_ID_BYTES_MAX, "visible ASCII", |c| c.is_ascii_graphic(), "^[!-~]+$"
);
text_id!(
    /// Who somebody is, as the token's issuer names them.
    Subject, SUBJECT_BYTES_MAX, "anything but control characters", |c| !c.is_control(),
    "^[^\\u0000-\\u001f\\u007f-\\u009f]+$"
);

fn version_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')
}

text_id!(
    /// The name of a version of a plan, `[A-Za-z0-9._-]`, for instance `CWG-SFP-3.Rev1`.
    VersionName, VERSION_NAME_BYTES_MAX, "letters, digits, '.', '-' and '_'", version_char,
    "^[A-Za-z0-9._-]+$"
);

impl ElementId {
    /// The reserved id under which the plan's own fields are addressed.
    pub fn plan() -> Self {
        Self("plan".to_owned())
    }

    /// Whether this is the reserved id of the plan itself.
    pub fn is_plan(&self) -> bool {
        self.0 == "plan"
    }

    /// An id of the form `<prefix>-<8 characters>`, from random bytes that the caller brings.
    pub fn of_bytes(prefix: &str, bytes: [u8; 8]) -> Self {
        // No vowels and no look-alikes: ids are read aloud and must not spell words.
        const ALPHABET: &[u8; 27] = b"23456789bcdfghjkmnpqrstvwxz";
        let tail: String = bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 27)])).collect();
        Self(format!("{prefix}-{tail}"))
    }
}

/// The position of an entry in its plan's log: 1, 2, 3, … without gaps; 0 is "before the first".
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct Seq(pub u64);

impl Seq {
    /// Before the first entry.
    pub const ZERO: Seq = Seq(0);

    /// The position after this one: the only arithmetic on sequence numbers.
    #[must_use]
    pub fn next(self) -> Seq {
        Seq(self.0 + 1)
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A SHA-256 digest; lower-case hexadecimal in text forms, a plain byte string in CBOR.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// 32 zero bytes: "the entry before the first".
    pub const ZERO: Digest = Digest([0; 32]);
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for Digest {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        const ALLOWED: &str = "0-9 and a-f";
        if text.len() != 64 {
            return Err(IdError::Length { max: 64, actual: text.len() });
        }
        let mut out = [0; 32];
        for (slot, pair) in out.iter_mut().zip(text.as_bytes().chunks(2)) {
            let nibble = |byte: u8| {
                char::from(byte)
                    .to_digit(16)
                    .ok_or(IdError::Character { found: char::from(byte), allowed: ALLOWED })
            };
            *slot = (nibble(pair[0])? * 16 + nibble(pair[1])?) as u8;
        }
        Ok(Self(out))
    }
}

impl Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_bytes(&self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Inside a tagged message serde keeps what it has read and then says of every form that it is
        // one for people, of CBOR too: what came decides, not what the form says of itself.
        if deserializer.is_human_readable() {
            deserializer.deserialize_any(DigestVisitor)
        } else {
            deserializer.deserialize_bytes(DigestVisitor)
        }
    }
}

struct DigestVisitor;

impl Visitor<'_> for DigestVisitor {
    type Value = Digest;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a digest: 64 hexadecimal digits, in CBOR 32 bytes")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Digest, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Digest, E> {
        bytes.try_into().map(Digest).map_err(|_| E::custom("a digest has 32 bytes"))
    }
}

impl JsonSchema for Digest {
    fn schema_name() -> Cow<'static, str> {
        "Digest".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A SHA-256 digest in lower-case hexadecimal; in CBOR a byte string of 32 bytes.",
            "type": "string",
            "pattern": "^[0-9a-f]{64}$",
        })
    }
}
