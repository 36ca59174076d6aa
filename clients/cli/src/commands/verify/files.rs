//! The files of a bundle, from a zip or a folder, with care: no links, no unbounded sizes.

use std::fs;
use std::io::Read;
use std::path::Path;

use plenary_limits::{BUNDLE_FILE_BYTES_MAX, BUNDLE_FILES_MAX};
use plenary_protocol::evidence::bundle::{BundleFiles, read_archive};

use crate::failure::Failure;

/// Why there are no files to check.
#[derive(Debug)]
pub enum Unread {
    /// What is there is no bundle.
    Fault(String),
    /// This machine does not give them.
    Failure(Failure),
}

/// Reads a bundle.
///
/// # Errors
/// `Unread`.
pub fn read(path: &Path) -> Result<BundleFiles, Unread> {
    let metadata = fs::metadata(path).map_err(|error| local(path, &error))?;
    if metadata.is_dir() {
        let mut files = BundleFiles::new();
        let mut left = BUNDLE_FILE_BYTES_MAX as u64;
        read_folder(path, "", &mut files, &mut left)?;
        return Ok(files);
    }
    let zip = read_file(path, BUNDLE_FILE_BYTES_MAX as u64)?;
    read_archive(&zip).map_err(|error| Unread::Fault(error.to_string()))
}

fn local(path: &Path, error: &std::io::Error) -> Unread {
    Unread::Failure(Failure::Local(format!("cannot read {}: {error}", path.display())))
}

/// Reads a file, of one that is larger than `max` only so much that this is seen.
fn read_file(path: &Path, max: u64) -> Result<Vec<u8>, Unread> {
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(|error| local(path, &error))?;
    file.take(max + 1).read_to_end(&mut bytes).map_err(|error| local(path, &error))?;
    Ok(bytes)
}

fn read_folder(folder: &Path, prefix: &str, files: &mut BundleFiles, left: &mut u64) -> Result<(), Unread> {
    for entry in fs::read_dir(folder).map_err(|error| local(folder, &error))? {
        let entry = entry.map_err(|error| local(folder, &error))?;
        let path = entry.path();
        let kind = entry.file_type().map_err(|error| local(&path, &error))?;
        let fault = || Unread::Fault(format!("{} does not belong into a bundle", path.display()));
        let name = entry.file_name().into_string().map_err(|_| fault())?;
        let name = format!("{prefix}{name}");
        if kind.is_dir() {
            // Deeper than names of a bundle go nothing is looked for.
            if prefix.matches('/').count() > 1 {
                return Err(fault());
            }
            read_folder(&path, &format!("{name}/"), files, left)?;
            continue;
        }
        if !kind.is_file() || files.len() == BUNDLE_FILES_MAX {
            return Err(fault());
        }
        let bytes = read_file(&path, *left)?;
        *left = left.checked_sub(bytes.len() as u64).ok_or_else(fault)?;
        files.insert(name, bytes);
    }
    Ok(())
}
