//! What this client remembers between runs: one folder, files for their owner only, each written whole.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Where it is kept: `plenary` in the folder for state.
///
/// # Errors
/// `Local` when the environment names no such folder.
pub fn folder() -> Result<PathBuf, Failure> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = set("XDG_STATE_HOME")
        .or_else(|| set("HOME").map(|home| home.join(".local").join("state")))
        .or_else(|| set("LOCALAPPDATA"));
    let none = || Failure::Local("no folder for what was verified: set HOME or XDG_STATE_HOME".into());
    Ok(folder.ok_or_else(none)?.join("plenary"))
}

/// A text as the name of a file: what is not a letter, a digit, a dot or a dash is percent-encoded.
pub fn file_name(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// Writes a file, whole or not at all, for its owner only.
///
/// # Errors
/// `Local`, naming the file.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed = |error: std::io::Error| unwritten(path, &error);
    let file = temporary(path, bytes)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// Writes a file beside the others under the first number that is free; gives its path.
///
/// # Errors
/// `Local`, naming the file.
pub fn write_numbered(folder: &Path, name: &str, bytes: &[u8]) -> Result<PathBuf, Failure> {
    let path = |number: u32| folder.join(format!("{name}-{number}.json"));
    let mut file = temporary(&path(1), bytes)?;
    for number in 1.. {
        let path = path(number);
        // Never over one that is there: it may be the only proof of something.
        match file.persist_noclobber(&path) {
            Ok(_) => return Ok(path),
            Err(error) if error.error.kind() == ErrorKind::AlreadyExists => file = error.file,
            Err(error) => return Err(unwritten(&path, &error.error)),
        }
    }
    Err(Failure::Local(format!("{} has no number left for {name}", folder.display())))
}

fn temporary(path: &Path, bytes: &[u8]) -> Result<tempfile::NamedTempFile, Failure> {
    let failed = |error: std::io::Error| unwritten(path, &error);
    let folder = path.parent().unwrap_or(Path::new("."));
    make_private_folder(folder).map_err(failed)?;
    // A new temporary file has mode 0600.
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
    Ok(file)
}

fn unwritten(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Local(format!("cannot write {}: {error}", path.display()))
}

#[cfg(unix)]
fn make_private_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn make_private_folder(folder: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_numbered_file_takes_no_other_ones_place() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("a").join("b");
        let first = write_numbered(&inside, "plan", b"one").unwrap();
        let second = write_numbered(&inside, "plan", b"two").unwrap();
        assert_ne!(first, second);
        assert_eq!(
            (fs::read(&first).unwrap(), fs::read(&second).unwrap()),
            (b"one".to_vec(), b"two".to_vec())
        );
        write_private(&first, b"three").unwrap();
        assert_eq!(fs::read(&first).unwrap(), b"three");
        assert_eq!(fs::read_dir(&inside).unwrap().count(), 2);
    }

    #[test]
    fn names_of_files_are_told_apart_and_stay_in_their_folder() {
        assert_eq!(file_name("http://127.0.0.1:7400"), "http%3A%2F%2F127.0.0.1%3A7400");
        assert_ne!(file_name("a/b"), file_name("a_b"));
        assert_eq!(file_name("../é"), "..%2F%C3%A9");
    }
}
