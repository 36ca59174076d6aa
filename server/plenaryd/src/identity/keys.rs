//! Keys: the public ones of an issuer as a set looked up by id, and the private one of the local
//! issuer as a file that nobody else may read.

use std::collections::BTreeMap;
use std::path::Path;

use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};

use super::key_set::usable;
use crate::key_file::{self, KeyFileError, KeyUse};
use plenary_limits::KEY_ID_BYTES_MAX;

/// The file of the local issuer's key, below the data directory.
pub const KEY_FILE: &str = "keys/issuer.pem";
/// Characters of the RFC 7638 thumbprint that name a key of ours; 96 bits of it.
const THUMBPRINT_CHARS: usize = 16;

/// The algorithms a token may be signed with: asymmetric ones, so that who verifies can not sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenAlgorithm {
    /// Ed25519.
    EdDsa,
    /// ECDSA on P-256 with SHA-256.
    Es256,
}

impl TokenAlgorithm {
    /// The name in a token's header.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Es256 => "ES256",
        }
    }
}

impl From<TokenAlgorithm> for Algorithm {
    fn from(algorithm: TokenAlgorithm) -> Self {
        match algorithm {
            TokenAlgorithm::EdDsa => Algorithm::EdDSA,
            TokenAlgorithm::Es256 => Algorithm::ES256,
        }
    }
}

/// The public keys of one issuer, all for one algorithm.
#[derive(Debug, Clone)]
pub struct KeySet {
    pub(super) algorithm: TokenAlgorithm,
    pub(super) keys: BTreeMap<String, DecodingKey>,
}

impl KeySet {
    /// The algorithm of all of them.
    pub fn algorithm(&self) -> TokenAlgorithm {
        self.algorithm
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// The key with this id, if the issuer has it.
    pub fn get(&self, key_id: &str) -> Option<&DecodingKey> {
        self.keys.get(key_id)
    }
}

/// The private key of the local issuer.
#[derive(Debug, Clone)]
pub struct IssuerKey {
    pub(super) signing: EncodingKey,
    pub(super) public: DecodingKey,
    pub(super) key_id: String,
}

impl IssuerKey {
    /// Whether the data directory has a key file, readable or not.
    pub fn exists(data_dir: &Path) -> bool {
        data_dir.join(KEY_FILE).symlink_metadata().is_ok()
    }

    /// Reads the key of a data directory.
    ///
    /// # Errors
    ///
    /// [`KeyFileError`], one variant for each thing that can be wrong with the file.
    pub fn open(data_dir: &Path) -> Result<Self, KeyFileError> {
        let path = data_dir.join(KEY_FILE);
        let pem = key_file::read(&path, KeyUse::Tokens)?;
        Self::from_pem(&pem).ok_or(KeyFileError::NotAKey { path, used: KeyUse::Tokens })
    }

    /// Reads the key of a data directory, and makes one of this seed where there is none yet.
    ///
    /// # Errors
    ///
    /// [`KeyFileError`]; never makes a key in the place of a file that is there.
    pub fn open_or_create(data_dir: &Path, seed: [u8; 32]) -> Result<Self, KeyFileError> {
        key_file::create_if_absent(&data_dir.join(KEY_FILE), seed)?;
        Self::open(data_dir)
    }

    /// The id under which tokens name the key: the start of its RFC 7638 thumbprint.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The public half, as what verifies.
    pub fn public_keys(&self) -> KeySet {
        KeySet {
            algorithm: TokenAlgorithm::EdDsa,
            keys: BTreeMap::from([(self.key_id.clone(), self.public.clone())]),
        }
    }

    fn from_pem(pem: &[u8]) -> Option<Self> {
        let signing = EncodingKey::from_ed_pem(pem).ok()?;
        let jwk = Jwk::from_encoding_key(&signing, Algorithm::EdDSA).ok()?;
        let AlgorithmParameters::OctetKeyPair(parameters) = &jwk.algorithm else { return None };
        let public = DecodingKey::from_ed_components(&parameters.x).ok()?;
        let mut key_id = jwk.thumbprint(ThumbprintHash::SHA256).ok()?;
        key_id.truncate(THUMBPRINT_CHARS);
        usable(&public, TokenAlgorithm::EdDsa).then_some(Self { signing, public, key_id })
    }
}

/// Whether a text can be the id of a key: nothing in it means anything to a file system, a database
/// or a URL.
pub fn is_key_id(text: &str) -> bool {
    (1..=KEY_ID_BYTES_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}
