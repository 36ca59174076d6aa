//! Private keys in files that nobody else may read: PKCS#8 PEM of Ed25519, made once, never replaced.

use std::fmt;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use plenary_limits::KEY_FILE_BYTES_MAX;

/// PKCS#8 version 0, algorithm Ed25519, up to the 32 bytes of the seed (RFC 8410).
const PKCS8_ED25519_PREFIX: [u8; 16] =
    [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
const PEM_BEGIN: &str = "-----BEGIN PRIVATE KEY-----\n";
const PEM_END: &str = "\n-----END PRIVATE KEY-----\n";

/// What a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyUse {
    /// Tokens of the local issuer.
    Tokens,
    /// Checkpoints of the plans' logs.
    Checkpoints,
}

impl KeyUse {
    /// What happens when a new key takes the place of one that is gone.
    fn when_new(self) -> &'static str {
        match self {
            Self::Tokens => "a new one is made and the tokens given out so far end",
            Self::Checkpoints => {
                "a new one is made; whoever has checked this server's evidence before is warned that its key \
                 has changed"
            }
        }
    }
}

impl fmt::Display for KeyUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tokens => "tokens",
            Self::Checkpoints => "checkpoints",
        })
    }
}

/// Why a key can not be had from its file.
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
        "{0} has mode {mode:04o}, so others may read or change the key that signs {used}: run \
         `chmod 600 {0}`, and if they may have read it, delete it, so that {new}",
        path.display(), new = used.when_new()
    )]
    Permissions {
        /// The file.
        path: PathBuf,
        /// Its mode, the permission bits.
        mode: u32,
        /// What the key signs.
        used: KeyUse,
    },
    /// The file is not a key.
    #[error(
        "{} is not an Ed25519 private key in PKCS#8 PEM: put the right file back, or delete it, so that {new}",
        path.display(), new = used.when_new()
    )]
    NotAKey {
        /// The file.
        path: PathBuf,
        /// What the key signs.
        used: KeyUse,
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

/// Reads a key file that nobody else may read, as it is.
///
/// # Errors
/// [`KeyFileError`]; `NotAKey` only when it is longer than a key: what the bytes are is for the caller to say.
pub(crate) fn read(path: &Path, used: KeyUse) -> Result<Vec<u8>, KeyFileError> {
    let failed = |source| KeyFileError::Io { action: "read", path: path.to_owned(), source };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(KeyFileError::Missing { path: path.to_owned() });
        }
        Err(error) => return Err(failed(error)),
    };
    // Of the open file, not of the path: what is checked is what is read.
    let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(KeyFileError::Permissions { path: path.to_owned(), mode, used });
    }
    let mut content = Vec::new();
    file.take(KEY_FILE_BYTES_MAX + 1).read_to_end(&mut content).map_err(failed)?;
    if content.len() as u64 > KEY_FILE_BYTES_MAX {
        return Err(KeyFileError::NotAKey { path: path.to_owned(), used });
    }
    Ok(content)
}

/// Reads the seed of a key file, and makes one of `seed` where there is none yet.
///
/// # Errors
/// [`KeyFileError`]; never makes a key in the place of a file that is there.
pub(crate) fn seed(path: &Path, used: KeyUse, seed: [u8; 32]) -> Result<[u8; 32], KeyFileError> {
    create_if_absent(path, seed)?;
    existing_seed(path, used)
}

/// Reads the seed of a key file that is there.
///
/// # Errors
/// [`KeyFileError`]; `Missing` when there is none.
pub(crate) fn existing_seed(path: &Path, used: KeyUse) -> Result<[u8; 32], KeyFileError> {
    let pem = read(path, used)?;
    seed_of(&pem).ok_or_else(|| KeyFileError::NotAKey { path: path.to_owned(), used })
}

/// Makes a key file of this seed where there is none yet.
///
/// # Errors
/// `Io`.
pub(crate) fn create_if_absent(path: &Path, seed: [u8; 32]) -> Result<(), KeyFileError> {
    match create(path, &pem_of(seed)) {
        Err(KeyFileError::Io { source, .. }) if source.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

fn pem_of(seed: [u8; 32]) -> String {
    let der = [PKCS8_ED25519_PREFIX.as_slice(), &seed].concat();
    // 48 bytes are 64 characters: one full line of PEM.
    format!("{PEM_BEGIN}{}{PEM_END}", STANDARD.encode(der))
}

fn seed_of(pem: &[u8]) -> Option<[u8; 32]> {
    let line = str::from_utf8(pem).ok()?.strip_prefix(PEM_BEGIN)?.strip_suffix(PEM_END)?;
    let der = STANDARD.decode(line).ok()?;
    der.strip_prefix(&PKCS8_ED25519_PREFIX)?.try_into().ok()
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
