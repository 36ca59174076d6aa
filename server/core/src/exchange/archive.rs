//! Archives of office files: written the same each time, read within limits.
//!
//! What is read is inflated with a bound, counted as it comes and not as the archive claims; names are
//! looked up and never become paths.

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};

use plenary_limits::{OFFICE_FILES_MAX, OFFICE_INFLATED_BYTES_MAX};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// Why an archive cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// It is no zip, or a damaged one.
    #[error("the file is no intact office file: {0}")]
    Zip(#[from] zip::result::ZipError),
    /// A part does not inflate.
    #[error("{name} in the file is damaged")]
    Damaged {
        /// The part.
        name: String,
    },
    /// It has too many parts.
    #[error("the file has {files} parts, more than the {OFFICE_FILES_MAX} of a usual one")]
    Files {
        /// How many.
        files: usize,
    },
    /// What is in it is too large.
    #[error("the file holds more than {OFFICE_INFLATED_BYTES_MAX} bytes when it is unpacked")]
    Inflated,
}

/// Packs files in the order of their names.
///
/// # Errors
/// `Zip`, when the file would be larger than zips can be.
pub fn pack(files: &BTreeMap<String, Vec<u8>>) -> Result<Vec<u8>, ArchiveError> {
    // The default of the library's time is the day on which zips begin, and not today.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(zip::DateTime::default())
        .unix_permissions(0o644);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        zip.start_file(name.as_str(), options)?;
        zip.write_all(content).map_err(zip::result::ZipError::from)?;
    }
    Ok(zip.finish()?.into_inner())
}

/// Unpacks the parts that are wanted; those that are not there are left out.
///
/// # Errors
/// `ArchiveError`.
pub fn unpack(
    bytes: &[u8],
    wanted: impl Fn(&str) -> bool,
) -> Result<BTreeMap<String, Vec<u8>>, ArchiveError> {
    let mut zip = ZipArchive::new(Cursor::new(bytes))?;
    if zip.len() > OFFICE_FILES_MAX {
        return Err(ArchiveError::Files { files: zip.len() });
    }
    let mut left = OFFICE_INFLATED_BYTES_MAX as u64;
    let mut files = BTreeMap::new();
    for index in 0..zip.len() {
        let file = zip.by_index(index)?;
        let name = file.name()?.into_owned();
        if !wanted(&name) {
            continue;
        }
        let mut content = Vec::new();
        let mut bounded = file.take(left + 1);
        bounded.read_to_end(&mut content).map_err(|_| ArchiveError::Damaged { name: name.clone() })?;
        left = left.checked_sub(content.len() as u64).ok_or(ArchiveError::Inflated)?;
        files.insert(name, content);
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use plenary_limits::holds;

    use super::*;

    fn files(count: usize, bytes: usize) -> BTreeMap<String, Vec<u8>> {
        (0..count).map(|at| (format!("part-{at:04}.xml"), vec![b'x'; bytes])).collect()
    }

    #[test]
    fn what_is_packed_is_unpacked() {
        let parts = files(3, 1_000);
        let packed = pack(&parts).unwrap();
        assert_eq!(unpack(&packed, |_| true).unwrap(), parts);
        assert_eq!(unpack(&packed, |name| name.contains("0001")).unwrap().len(), 1);
        assert_eq!(packed, pack(&parts).unwrap(), "the same parts give the same bytes");
        assert!(matches!(unpack(&packed[..packed.len() / 2], |_| true), Err(ArchiveError::Zip(_))));
        assert!(matches!(unpack(b"no zip", |_| true), Err(ArchiveError::Zip(_))));
    }

    #[test]
    fn an_archive_has_so_many_parts_and_so_many_bytes_in_it() {
        holds!(OFFICE_FILES_MAX, |count| unpack(&pack(&files(count, 1)).unwrap(), |_| true).is_ok());
        // Some sixty kilobytes that would be as many mebibytes.
        holds!(OFFICE_INFLATED_BYTES_MAX, |bytes| unpack(&pack(&files(1, bytes)).unwrap(), |_| true).is_ok());
    }
}
