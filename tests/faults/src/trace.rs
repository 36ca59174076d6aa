//! Reads what the interposed library has recorded; the form stands in `interpose/src/trace.rs`.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// Something that happened; paths are relative to the data directory.
#[derive(Debug)]
pub enum Event {
    /// A server was started.
    Start,
    /// A file or directory was opened.
    Open { handle: u64, is_new: bool, is_emptied: bool, path: PathBuf },
    /// Bytes were written.
    Write { handle: u64, offset: u64, bytes: Vec<u8> },
    /// The length was set.
    Length { handle: u64, length: u64 },
    /// A sync began.
    SyncBegan { handle: u64, sync: u64 },
    /// It ended, well or not.
    SyncEnded { sync: u64, is_well: bool },
    /// A name was moved.
    Rename { from: PathBuf, to: PathBuf },
    /// A name of a file was taken away.
    Unlink { path: PathBuf },
    /// A directory was made.
    MakeDir { path: PathBuf },
    /// A directory was removed.
    RemoveDir { path: PathBuf },
    /// A second name was given.
    Link { from: PathBuf, to: PathBuf },
    /// Bytes went out by a socket.
    Told { bytes: Vec<u8> },
    /// A call was made to fail.
    Failed { is_sync: bool, path: PathBuf },
}

struct Reader<'a> {
    rest: &'a [u8],
    root: &'a Path,
}

impl Reader<'_> {
    fn number(&mut self) -> Option<u64> {
        let (number, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(u64::from_le_bytes(*number))
    }

    fn path_of(&self, bytes: &[u8]) -> Option<PathBuf> {
        Some(Path::new(OsStr::from_bytes(bytes)).strip_prefix(self.root).ok()?.to_owned())
    }

    fn path(&self) -> Option<PathBuf> {
        self.path_of(self.rest)
    }

    fn two(&mut self) -> Option<(PathBuf, PathBuf)> {
        let length = usize::try_from(self.number()?).ok()?;
        let (from, to) = self.rest.split_at_checked(length)?;
        Some((self.path_of(from)?, self.path_of(to)?))
    }

    fn event(&mut self) -> Option<Event> {
        let (kind, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(match kind {
            0 => Event::Start,
            1 => {
                let (handle, is_new, is_emptied) = (self.number()?, self.number()?, self.number()?);
                Event::Open { handle, is_new: is_new != 0, is_emptied: is_emptied != 0, path: self.path()? }
            }
            2 => {
                let (handle, offset) = (self.number()?, self.number()?);
                Event::Write { handle, offset, bytes: self.rest.to_vec() }
            }
            3 => Event::Length { handle: self.number()?, length: self.number()? },
            4 => Event::SyncBegan { handle: self.number()?, sync: self.number()? },
            5 => Event::SyncEnded { sync: self.number()?, is_well: self.number()? != 0 },
            6 => {
                let (from, to) = self.two()?;
                Event::Rename { from, to }
            }
            7 => Event::Unlink { path: self.path()? },
            8 => Event::MakeDir { path: self.path()? },
            9 => Event::RemoveDir { path: self.path()? },
            10 => {
                let (from, to) = self.two()?;
                Event::Link { from, to }
            }
            11 => Event::Told { bytes: self.rest.to_vec() },
            12 => Event::Failed { is_sync: self.number()? != 0, path: self.path()? },
            _ => return None,
        })
    }
}

/// Reads a trace; a last record that a kill has cut is left out.
///
/// # Panics
/// When it cannot be read, or a record is none.
pub fn read(file: &Path, root: &Path) -> Vec<Event> {
    let bytes = std::fs::read(file).expect("the trace can be read");
    let mut rest = bytes.as_slice();
    let mut events = Vec::new();
    while let Some((length, after)) = rest.split_first_chunk() {
        let length = u32::from_le_bytes(*length) as usize;
        let Some((record, after)) = after.split_at_checked(length) else { break };
        let event = Reader { rest: record, root }.event();
        events.push(event.unwrap_or_else(|| panic!("record {} of the trace is none", events.len())));
        rest = after;
    }
    events
}

/// Whether these bytes stand somewhere in those.
pub fn holds(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}
