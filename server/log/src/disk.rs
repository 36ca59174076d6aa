//! The few things the journal does to files, behind a trait, so that tests can make each of them fail.
//!
//! Every change of a name is followed by a sync of its directory; every sync is `fdatasync`.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::error::OpenError;

/// A file that only grows, or is cut.
pub(crate) trait DiskFile: Send {
    /// Writes all the bytes at the end.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Returns when what was appended is on the disk.
    fn sync_data(&mut self) -> io::Result<()>;
    /// Cuts the file to this many bytes.
    fn cut(&mut self, length_bytes: u64) -> io::Result<()>;
}

/// The disk under the journal.
pub(crate) trait Disk: Send + Sync {
    /// Makes a directory and those above it.
    fn create_dir_all(&self, path: &Path) -> io::Result<()>;
    /// Makes an empty file, in place of one that is there.
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;
    /// Opens a file to append to it.
    fn open_append(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;
    /// Gives a file another name.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Returns when the names in a directory are on the disk.
    fn sync_dir(&self, path: &Path) -> io::Result<()>;
}

/// The disk of the operating system.
pub(crate) struct RealDisk;

impl DiskFile for File {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)
    }

    fn sync_data(&mut self) -> io::Result<()> {
        File::sync_data(self)
    }

    fn cut(&mut self, length_bytes: u64) -> io::Result<()> {
        self.set_len(length_bytes)
    }
}

impl Disk for RealDisk {
    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        fs::create_dir_all(path)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        Ok(Box::new(OpenOptions::new().create_new(true).append(true).open(path)?))
    }

    fn open_append(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(OpenOptions::new().append(true).open(path)?))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }
}

/// An operation on a path that failed.
#[derive(Debug)]
pub(crate) struct DiskError {
    pub action: &'static str,
    pub path: PathBuf,
    pub cause: io::Error,
}

impl DiskError {
    /// Makes the closure that `map_err` wants.
    pub(crate) fn at(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self { action, path, cause }
    }
}

impl std::fmt::Display for DiskError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "could not {} {}: {}", self.action, self.path.display(), self.cause)
    }
}

/// Reads a whole file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, DiskError> {
    fs::read(path).map_err(DiskError::at("read", path))
}

/// Gives the bytes of the files in a directory and below; what vanishes meanwhile does not count.
pub(crate) fn size_of(dir: &Path) -> u64 {
    let Ok(items) = fs::read_dir(dir) else { return 0 };
    let size = |item: fs::DirEntry| match item.metadata() {
        Ok(found) if found.is_dir() => size_of(&item.path()),
        Ok(found) => found.len(),
        Err(_) => 0,
    };
    items.flatten().map(size).sum()
}

/// Finds a name in `aside/` that is free, and makes that directory.
pub(crate) fn aside_path(disk: &dyn Disk, dir: &Path, what: &str) -> Result<PathBuf, DiskError> {
    let aside = dir.join("aside");
    disk.create_dir_all(&aside).map_err(DiskError::at("create", &aside))?;
    disk.sync_dir(dir).map_err(DiskError::at("sync", dir))?;
    let path = (1_u32..).map(|number| aside.join(format!("{what}-{number}"))).find(|path| !path.exists());
    path.ok_or_else(|| DiskError::at("find a free name in", &aside)(io::ErrorKind::AlreadyExists.into()))
}

/// Moves something of a data directory into its `aside/`, under a name that is free, and gives where it is.
///
/// # Errors
/// [`OpenError::Io`] when the system does not let it.
pub fn set_aside(dir: &Path, path: &Path, what: &str) -> Result<PathBuf, OpenError> {
    let kept = aside_path(&RealDisk, dir, what)?;
    move_to(&RealDisk, path, &kept)?;
    Ok(kept)
}

/// Writes a file whole and returns when it and its name are on the disk.
pub(crate) fn write_new(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> Result<(), DiskError> {
    let mut file = disk.create(path).map_err(DiskError::at("create", path))?;
    file.append(bytes).map_err(DiskError::at("write", path))?;
    file.sync_data().map_err(DiskError::at("sync", path))?;
    let parent = path.parent().unwrap_or(Path::new("."));
    disk.sync_dir(parent).map_err(DiskError::at("sync", parent))
}

/// Gives two directories each other's name, at once where the file system can, and returns when both names
/// are on the disk.
///
/// # Errors
/// [`OpenError::Io`] when the system does not let it.
pub fn exchange(one: &Path, other: &Path) -> Result<(), OpenError> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;
    match renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE) {
        Ok(()) => {}
        // A file system that cannot: three steps, and whoever stops between finds all of both.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
            let between = one.with_extension("between");
            for (from, to) in [(one, between.as_path()), (other, one), (between.as_path(), other)] {
                RealDisk.rename(from, to).map_err(DiskError::at("rename", from))?;
            }
        }
        Err(error) => return Err(DiskError::at("exchange", one)(error.into()).into()),
    }
    for parent in [one.parent(), other.parent()].into_iter().flatten() {
        let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
        RealDisk.sync_dir(parent).map_err(DiskError::at("sync", parent))?;
    }
    Ok(())
}

/// Renames within the data directory and returns when both names are on the disk.
pub(crate) fn move_to(disk: &dyn Disk, from: &Path, to: &Path) -> Result<(), DiskError> {
    disk.rename(from, to).map_err(DiskError::at("rename", from))?;
    for parent in [from.parent(), to.parent()].into_iter().flatten() {
        disk.sync_dir(parent).map_err(DiskError::at("sync", parent))?;
    }
    Ok(())
}
