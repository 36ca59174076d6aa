//! Reading the public keys of an external issuer from a JWKS (RFC 7517), a file's or an answer's.
//!
//! Keys for other algorithms are passed over, as providers publish all of theirs in one file; a key
//! that is meant for us and unusable, or that is private, is an error of the operator and said.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use jsonwebtoken::DecodingKey;
use jsonwebtoken::errors::Error as JwtError;
use serde_json::{Map, Value};

use super::json::parse_object;
use super::keys::{KeySet, TokenAlgorithm, is_key_id};
use plenary_limits::{ISSUER_KEYS_MAX, KEY_SET_BYTES_MAX};

/// Why a JWKS can not be used.
#[derive(Debug, thiserror::Error)]
pub enum KeySetError {
    /// The file can not be read.
    #[error("can not read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The address does not give it.
    #[error("can not have the keys from {place}: {problem}")]
    Fetch {
        /// The address.
        place: String,
        /// What is wrong, in words.
        problem: String,
    },
    /// It is longer than is read.
    #[error("{place} is longer than {max} bytes")]
    TooLong {
        /// The file or address.
        place: String,
        /// Most bytes read.
        max: u64,
    },
    /// The content is not a JWKS, or one of its keys is not as it must be.
    #[error("{place} is not a set of public keys (JWKS): {problem}")]
    Content {
        /// The file or address.
        place: String,
        /// What is wrong, in words.
        problem: String,
    },
}

impl KeySet {
    /// Reads the keys for one algorithm from a JWKS file.
    ///
    /// # Errors
    ///
    /// [`KeySetError`] when the file is not readable, not a JWKS, holds a private key, holds no key
    /// for the algorithm, or one that is broken.
    pub fn read(path: &Path, algorithm: TokenAlgorithm) -> Result<Self, KeySetError> {
        let failed = |source| KeySetError::Read { path: path.to_owned(), source };
        let mut bytes = Vec::new();
        File::open(path)
            .map_err(failed)?
            .take(KEY_SET_BYTES_MAX + 1)
            .read_to_end(&mut bytes)
            .map_err(failed)?;
        let place = path.display().to_string();
        if bytes.len() as u64 > KEY_SET_BYTES_MAX {
            return Err(KeySetError::TooLong { place, max: KEY_SET_BYTES_MAX });
        }
        Self::of_bytes(&place, &bytes, algorithm)
    }

    /// Takes the keys for one algorithm out of a JWKS that was had from `place`.
    ///
    /// # Errors
    ///
    /// [`KeySetError::Content`], as [`KeySet::read`].
    pub(super) fn of_bytes(
        place: &str,
        bytes: &[u8],
        algorithm: TokenAlgorithm,
    ) -> Result<Self, KeySetError> {
        parse(bytes, algorithm)
            .map(|keys| Self { algorithm, keys })
            .map_err(|problem| KeySetError::Content { place: place.to_owned(), problem })
    }
}

/// Whether the library takes the key for the algorithm, which it only finds out when it verifies.
pub(super) fn usable(key: &DecodingKey, algorithm: TokenAlgorithm) -> bool {
    jsonwebtoken::crypto::verify("", b"", key, algorithm.into()).is_ok()
}

fn parse(bytes: &[u8], algorithm: TokenAlgorithm) -> Result<BTreeMap<String, DecodingKey>, String> {
    let object = parse_object(bytes).map_err(|error| error.to_string())?;
    let Some(Value::Array(list)) = object.get("keys") else {
        return Err("it has no list \"keys\"".to_owned());
    };
    let mut keys = BTreeMap::new();
    for (index, entry) in list.iter().enumerate() {
        let place = format!("key {} of {}", index + 1, list.len());
        let Value::Object(entry) = entry else { return Err(format!("{place} is not an object")) };
        if ["d", "k"].iter().any(|name| entry.contains_key(*name)) {
            return Err(format!("{place} is a secret one; publish the public half only"));
        }
        if !is_for(entry, algorithm) {
            continue;
        }
        let key_id = text(entry, "kid")
            .filter(|key_id| is_key_id(key_id))
            .ok_or_else(|| format!("{place} has no \"kid\" of 1 to 64 characters of A-Z a-z 0-9 . _ -"))?;
        let key = decode(entry, algorithm)
            .ok()
            .filter(|key| usable(key, algorithm))
            .ok_or_else(|| format!("{place} is not a key for {}", algorithm.as_str()))?;
        if keys.insert(key_id.to_owned(), key).is_some() {
            return Err(format!("{place} has the \"kid\" of another"));
        }
    }
    match keys.len() {
        0 => Err(format!("it has no key for {}", algorithm.as_str())),
        1..=ISSUER_KEYS_MAX => Ok(keys),
        count => Err(format!("it has {count} keys, at most {ISSUER_KEYS_MAX} are taken")),
    }
}

/// Whether the key says that it signs with the algorithm.
fn is_for(entry: &Map<String, Value>, algorithm: TokenAlgorithm) -> bool {
    let (key_type, curve) = match algorithm {
        TokenAlgorithm::EdDsa => ("OKP", "Ed25519"),
        TokenAlgorithm::Es256 => ("EC", "P-256"),
    };
    text(entry, "kty") == Some(key_type)
        && text(entry, "crv") == Some(curve)
        && text(entry, "use").is_none_or(|purpose| purpose == "sig")
        && text(entry, "alg").is_none_or(|name| name == algorithm.as_str())
}

fn decode(entry: &Map<String, Value>, algorithm: TokenAlgorithm) -> Result<DecodingKey, JwtError> {
    // 32 bytes are 43 characters; the library would pad or cut other lengths, or panic.
    let coordinate = |name| text(entry, name).filter(|text| text.len() == 43).unwrap_or("!");
    match algorithm {
        TokenAlgorithm::EdDsa => DecodingKey::from_ed_components(coordinate("x")),
        TokenAlgorithm::Es256 => DecodingKey::from_ec_components(coordinate("x"), coordinate("y")),
    }
}

fn text<'a>(entry: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    entry.get(name).and_then(Value::as_str)
}
