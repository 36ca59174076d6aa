//! Keys: the public ones of an issuer as a set looked up by id, and the private one of the local
//! issuer as a file that nobody else may read.

use std::collections::BTreeMap;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};

use super::key_set::usable;

/// The file of the local issuer's key, below the data directory.
pub const KEY_FILE: &str = "keys/issuer.pem";
/// A key id, bytes.
pub const KEY_ID_BYTES_MAX: usize = 64;
/// A key file, bytes: a PEM of Ed25519 has 119.
const KEY_FILE_BYTES_MAX: u64 = 16 * 1024;
/// Characters of the RFC 7638 thumbprint that name a key of ours; 96 bits of it.
const THUMBPRINT_CHARS: usize = 16;
/// PKCS#8 version 0, algorithm Ed25519, up to the 32 bytes of the seed (RFC 8410).
const PKCS8_ED25519_PREFIX: [u8; 16] =
    [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

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

/// Why the local issuer's key can not be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// There is no key file.
    #[error(
        "{} does not exist: this data directory has no local issuer; start the server on it once with \
         --demo, or with `local = true` under [issuer] in its configuration",
        path.display()
    )]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// Others than the owner may read or write the file.
    #[error(
        "{0} has mode {mode:04o}, so others may read or change the key that signs tokens: run \
         `chmod 600 {0}`, and if they may have read it, delete it, so that a new one is made",
        path.display()
    )]
    Permissions {
        /// The file.
        path: PathBuf,
        /// Its mode, the permission bits.
        mode: u32,
    },
    /// The file is not a key.
    #[error(
        "{} is not an Ed25519 private key in PKCS#8 PEM: put the right file back, or delete it, so that a \
         new one is made and the tokens given out so far end",
        path.display()
    )]
    NotAKey {
        /// The file.
        path: PathBuf,
    },
    /// The file system refuses.
    #[error("can not {action} {}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// With which file or directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
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
        let failed = |source| KeyFileError::Io { action: "read", path: path.clone(), source };
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(KeyFileError::Missing { path });
            }
            Err(error) => return Err(failed(error)),
        };
        // Of the open file, not of the path: what is checked is what is read.
        let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(KeyFileError::Permissions { path, mode });
        }
        let mut pem = Vec::new();
        file.take(KEY_FILE_BYTES_MAX).read_to_end(&mut pem).map_err(failed)?;
        Self::from_pem(&pem).ok_or(KeyFileError::NotAKey { path })
    }

    /// Reads the key of a data directory, and makes one of this seed where there is none yet.
    ///
    /// # Errors
    ///
    /// [`KeyFileError`]; never makes a key in the place of a file that is there.
    pub fn open_or_create(data_dir: &Path, seed: [u8; 32]) -> Result<Self, KeyFileError> {
        match create(&data_dir.join(KEY_FILE), &pem_of(seed)) {
            Err(KeyFileError::Io { source, .. }) if source.kind() == io::ErrorKind::AlreadyExists => {}
            other => other?,
        }
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

fn pem_of(seed: [u8; 32]) -> String {
    let der = [PKCS8_ED25519_PREFIX.as_slice(), &seed].concat();
    // 48 bytes are 64 characters: one full line of PEM.
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der))
}

fn create(path: &Path, content: &str) -> Result<(), KeyFileError> {
    let failed = |action, at: &Path| {
        let at = at.to_owned();
        move |source| KeyFileError::Io { action, path: at, source }
    };
    let directory = path.parent().unwrap_or(Path::new("."));
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .map_err(failed("make the directory", directory))?;
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(failed("make", path))?;
    file.write_all(content.as_bytes()).and_then(|()| file.sync_all()).map_err(failed("write", path))?;
    // A name is durable only once its directory is.
    for above in path.ancestors().skip(1).take(2) {
        let above = if above.as_os_str().is_empty() { Path::new(".") } else { above };
        File::open(above).and_then(|above| above.sync_all()).map_err(failed("sync", above))?;
    }
    Ok(())
}
