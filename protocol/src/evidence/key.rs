//! Keys of signed notes (c2sp.org/signed-note): a name, and an Ed25519 key.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _};
use sha2::{Digest as _, Sha256};

/// The type of an Ed25519 key in key ids and verifier keys.
const ED25519: u8 = 1;

/// Why a text is not a verifier key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It is not `<name>+<id>+<key>`.
    #[error("a verifier key is written <name>+<8 hex digits>+<base64>, and this is not")]
    Form,
    /// The name cannot stand in a signature line.
    #[error("{name:?} cannot be the name of a key: it is empty, or has a space or a plus")]
    Name {
        /// The name.
        name: String,
    },
    /// The key is not an Ed25519 key.
    #[error("the key of {name} is not an Ed25519 key of 32 bytes")]
    Key {
        /// The name.
        name: String,
    },
    /// The id is not that of name and key.
    #[error("the key of {name} has the id {expected:08x}, not {found:08x}: one of them was altered")]
    Id {
        /// The name.
        name: String,
        /// The id that name and key have.
        expected: u32,
        /// The id written.
        found: u32,
    },
}

/// What checks signatures under one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: u32,
    key: ed25519_dalek::VerifyingKey,
}

impl VerifierKey {
    /// The key with this name and these bytes.
    ///
    /// # Errors
    /// `Name` or `Key`.
    pub fn new(name: &str, key: &[u8; 32]) -> Result<Self, KeyError> {
        if !is_key_name(name) {
            return Err(KeyError::Name { name: name.to_owned() });
        }
        let key = ed25519_dalek::VerifyingKey::from_bytes(key).ok().filter(|key| !key.is_weak());
        let key = key.ok_or_else(|| KeyError::Key { name: name.to_owned() })?;
        Ok(VerifierKey { id: key_id(name, key.as_bytes()), name: name.to_owned(), key })
    }

    /// The name under which it signs.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The id under which it signs: it depends on the name too.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// The Ed25519 key.
    pub fn bytes(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    /// Whether `signature` is this key's over `text`, by the strict rules of RFC 8032.
    pub(super) fn verifies(&self, text: &[u8], signature: &[u8]) -> bool {
        let signature = Signature::from_slice(signature);
        signature.is_ok_and(|signature| self.key.verify_strict(text, &signature).is_ok())
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [&[ED25519], self.key.as_bytes().as_slice()].concat();
        write!(f, "{}+{:08x}+{}", self.name, self.id, STANDARD.encode(key))
    }
}

impl FromStr for VerifierKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        // The key's base64 may itself hold a plus.
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(KeyError::Form);
        };
        let is_id = id.len() == 8 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let found = u32::from_str_radix(id, 16).ok().filter(|_| is_id).ok_or(KeyError::Form)?;
        let key = STANDARD.decode(key).map_err(|_| KeyError::Form)?;
        let bytes = match key.split_first() {
            Some((&ED25519, bytes)) => bytes.try_into().ok(),
            _ => None,
        };
        let bytes = bytes.ok_or_else(|| KeyError::Key { name: name.to_owned() })?;
        let key = VerifierKey::new(name, &bytes)?;
        if key.id != found {
            return Err(KeyError::Id { name: key.name, expected: key.id, found });
        }
        Ok(key)
    }
}

/// What signs checkpoints; it does not show itself.
#[derive(Clone)]
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// The key of a seed: 32 bytes that nobody else knows.
    pub fn of_seed(seed: &[u8; 32]) -> Self {
        SigningKey(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// What checks its signatures under a name.
    ///
    /// # Errors
    /// `Name`.
    pub fn verifier(&self, name: &str) -> Result<VerifierKey, KeyError> {
        VerifierKey::new(name, self.0.verifying_key().as_bytes())
    }

    pub(super) fn sign(&self, text: &[u8]) -> [u8; 64] {
        self.0.sign(text).to_bytes()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey")
    }
}

/// Whether a text can be the name of a key: not empty, no space, no plus, no control character.
pub(super) fn is_key_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|char| char.is_whitespace() || char.is_control() || char == '+')
}

fn key_id(name: &str, key: &[u8; 32]) -> u32 {
    let mut hasher = Sha256::new();
    hasher.update(name.as_bytes());
    hasher.update([b'\n', ED25519]);
    hasher.update(key);
    let hash: [u8; 32] = hasher.finalize().into();
    u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]])
}
