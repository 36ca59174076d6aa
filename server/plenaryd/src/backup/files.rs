//! Files and directories of backups: nobody else may read them, and their names are on the disk.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use plenary_limits::KEY_FILE_BYTES_MAX;

use super::BackupError;

/// The directory of keys in a data directory and in a backup.
pub(super) const KEYS_DIR: &str = "keys";

/// Makes a directory, and those above it, that only its owner may enter.
pub(super) fn make_dir(path: &Path) -> Result<(), BackupError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(BackupError::at("make", path))
}

/// Writes a file that only its owner may read; it must not be there.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), BackupError> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let mut file = file.map_err(BackupError::at("make", path))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(BackupError::at("write", path))
}

/// Returns when the names in a directory are on the disk.
pub(super) fn sync_dir(path: &Path) -> Result<(), BackupError> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    File::open(path).and_then(|dir| dir.sync_all()).map_err(BackupError::at("sync", path))
}

/// Removes a directory with all that is in it, where it is there.
pub(super) fn remove_dir(path: &Path) -> Result<(), BackupError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(BackupError::at("remove", path)(error)),
        _ => Ok(()),
    }
}

/// Whether a directory is not there, or has nothing in it but a lock.
pub(super) fn is_empty(path: &Path) -> Result<bool, BackupError> {
    let items = match fs::read_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        items => items.map_err(BackupError::at("list", path))?,
    };
    for item in items {
        if item.map_err(BackupError::at("list", path))?.file_name() != "lock" {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Gives the key files of a directory with their contents, in order of their names; none where there is
/// no directory of keys.
pub(super) fn keys(dir: &Path) -> Result<Vec<(String, Vec<u8>)>, BackupError> {
    let keys = dir.join(KEYS_DIR);
    let items = match fs::read_dir(&keys) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        items => items.map_err(BackupError::at("list", &keys))?,
    };
    let mut found = Vec::new();
    for item in items {
        let item = item.map_err(BackupError::at("list", &keys))?;
        let path = item.path();
        let about = item.metadata().map_err(BackupError::at("read", &path))?;
        if !about.is_file() {
            continue;
        }
        let Some(name) = item.file_name().into_string().ok().filter(|_| about.len() <= KEY_FILE_BYTES_MAX)
        else {
            let cause = io::Error::new(io::ErrorKind::InvalidData, "its name or length is not that of a key");
            return Err(BackupError::at("take", &path)(cause));
        };
        found.push((name, fs::read(&path).map_err(BackupError::at("read", &path))?));
    }
    found.sort();
    Ok(found)
}

/// A name beside a path: the same with an ending.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(ending);
    path.with_file_name(name)
}
