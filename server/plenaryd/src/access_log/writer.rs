//! The thread that writes the access log: what waits goes into the file at once, and to disk once a second.
//!
//! `access.jsonl` is only ever appended to.  A full one gets the number of its first line and the day
//! into its name, `access-000000000001-2026-11-25.jsonl`, and is kept for ever: who audits the auditors
//! decides when it goes, not the server.  Numbers go on over files and starts; one that is missing is a
//! line that could not be written.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use plenary_limits::ACCESS_GROUP_LINES_MAX;
use plenary_protocol::wire::api::AccessLine;

use super::Waiting;
use super::reading::{CURRENT, files, number_of};
use crate::clock;
use crate::metrics::Metrics;

/// The longest that a line is in the file and not on disk.
const SYNC_EVERY: Duration = Duration::from_secs(1);
/// Bytes at the end of a file in which its last whole line is looked for; a line is shorter.
const TAIL_BYTES: u64 = 256 * 1024;

/// Why the access log cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AccessLogError {
    /// A file or folder of it cannot be used.
    #[error("cannot {action} {path}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// There is no thread for it.
    #[error("no thread for the access log")]
    Thread {
        /// What the system says.
        source: std::io::Error,
    },
}

/// See the module.
pub(super) struct Writer {
    folder: PathBuf,
    file_bytes_max: u64,
    file: Option<File>,
    /// Bytes of the file.
    bytes: u64,
    /// The number of the file's first line; none while it is empty.
    first: Option<u64>,
    /// The number of the next line.
    next: u64,
    /// Whether the file may end within a line.
    is_torn: bool,
    is_failing: bool,
    unsynced_since: Option<Instant>,
}

/// A text in which nothing controls, steers or breaks lines, for whoever looks at the file: JSON says the
/// same with escapes.
pub(super) fn tame(json: &str) -> String {
    let is_wild = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
    };
    let mut out = String::with_capacity(json.len());
    for letter in json.chars() {
        match letter {
            letter if is_wild(letter) => out.push_str(&format!("\\u{:04x}", u32::from(letter))),
            letter => out.push(letter),
        }
    }
    out
}

impl Writer {
    /// Opens the log in its folder, after its last line.
    ///
    /// # Errors
    /// `AccessLogError` when the folder or a file cannot be used.
    pub fn open(folder: &Path, file_bytes_max: u64) -> Result<Writer, AccessLogError> {
        let failed = |action, path: &Path| {
            let path = path.to_owned();
            move |source| AccessLogError::Io { action, path, source }
        };
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(failed("make the folder", folder))?;
        let mut writer = Writer {
            folder: folder.to_owned(),
            file_bytes_max,
            file: None,
            bytes: 0,
            first: None,
            next: 1,
            is_torn: false,
            is_failing: false,
            unsynced_since: None,
        };
        for path in files(folder).map_err(failed("list", folder))? {
            let tail = Tail::of(&path).map_err(failed("read", &path))?;
            if let Some(last) = tail.last {
                writer.next = writer.next.max(last + 1);
            }
            if path.ends_with(CURRENT) {
                (writer.first, writer.is_torn) = (tail.first, tail.is_torn);
            }
        }
        writer.reopen().map_err(failed("open", &folder.join(CURRENT)))?;
        Ok(writer)
    }

    fn reopen(&mut self) -> std::io::Result<()> {
        let path = self.folder.join(CURRENT);
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
        self.bytes = file.metadata()?.len();
        self.file = Some(file);
        // A name is durable only once its directory is.
        File::open(&self.folder)?.sync_all()
    }

    /// Writes what comes until nobody can send any more.
    pub fn run(&mut self, waiting: &Receiver<Waiting>, metrics: &Metrics) {
        loop {
            let left = self.unsynced_since.map(|since| SYNC_EVERY.saturating_sub(since.elapsed()));
            let first = match left {
                Some(left) => waiting.recv_timeout(left),
                None => waiting.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match first {
                Ok(first) => {
                    let group: Vec<Waiting> = std::iter::once(first)
                        .chain(waiting.try_iter().take(ACCESS_GROUP_LINES_MAX - 1))
                        .collect();
                    self.group(group, metrics);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if self.unsynced_since.is_some_and(|since| since.elapsed() >= SYNC_EVERY) {
                self.sync();
            }
        }
        self.sync();
    }

    fn group(&mut self, group: Vec<Waiting>, metrics: &Metrics) {
        let count = group.len() as u64;
        let lines: Vec<&AccessLine> = group.iter().map(|waiting| &*waiting.line).collect();
        let done = self.write(&lines);
        match &done {
            Ok(()) => {
                metrics.access_written(count);
                if std::mem::take(&mut self.is_failing) {
                    tracing::info!("the access log can be written again");
                }
            }
            Err(error) => {
                metrics.access_failed(count);
                if !std::mem::replace(&mut self.is_failing, true) {
                    tracing::error!(%error, "the access log cannot be written; auditors read nothing until it can");
                }
            }
        }
        for waiting in group {
            // Whoever has gone meanwhile does not want to know.
            _ = waiting.written.map(|written| written.send(done.is_ok()));
        }
    }

    /// Appends lines, each with its number.
    pub fn write(&mut self, lines: &[&AccessLine]) -> std::io::Result<()> {
        if self.bytes >= self.file_bytes_max {
            self.rotate()?;
        }
        if self.file.is_none() {
            self.reopen()?;
        }
        let first = self.next;
        let mut text = String::new();
        if self.is_torn {
            text.push('\n');
        }
        for line in lines {
            let numbered = AccessLine { number: self.next, ..(*line).clone() };
            self.next += 1;
            text.push_str(&tame(&serde_json::to_string(&numbered)?));
            text.push('\n');
        }
        let file = self.file.as_mut().ok_or_else(|| std::io::Error::other("the file is not open"))?;
        if let Err(error) = file.write_all(text.as_bytes()) {
            // How much of it is there nobody knows; the file is looked at anew before the next line.
            (self.file, self.is_torn) = (None, true);
            return Err(error);
        }
        self.first.get_or_insert(first);
        self.is_torn = false;
        self.bytes += text.len() as u64;
        self.unsynced_since.get_or_insert_with(Instant::now);
        Ok(())
    }

    /// Puts the full file aside, under a name that tells its first line and the day.
    fn rotate(&mut self) -> std::io::Result<()> {
        if let Some(file) = &self.file {
            file.sync_data()?;
        }
        let day = clock::now().strftime("%Y-%m-%d").to_string();
        let name = format!("access-{:012}-{day}.jsonl", self.first.unwrap_or(self.next));
        std::fs::rename(self.folder.join(CURRENT), self.folder.join(name))?;
        (self.file, self.first, self.is_torn, self.unsynced_since) = (None, None, false, None);
        self.reopen()
    }

    fn sync(&mut self) {
        self.unsynced_since = None;
        if let Some(Err(error)) = self.file.as_ref().map(File::sync_data) {
            tracing::error!(%error, "the access log could not be synced; its last second may not survive a power cut");
        }
    }
}

/// What a file begins and ends with.
#[derive(Default)]
struct Tail {
    first: Option<u64>,
    last: Option<u64>,
    is_torn: bool,
}

impl Tail {
    fn of(path: &Path) -> std::io::Result<Tail> {
        let mut file = File::open(path)?;
        let bytes = file.metadata()?.len();
        if bytes == 0 {
            return Ok(Tail::default());
        }
        let mut head = vec![0; TAIL_BYTES.min(bytes) as usize];
        file.read_exact(&mut head)?;
        file.seek(SeekFrom::Start(bytes - head.len() as u64))?;
        let mut tail = vec![0; head.len()];
        file.read_exact(&mut tail)?;
        let number = |line: &[u8]| number_of(&String::from_utf8_lossy(line));
        let first = head.split(|byte| *byte == b'\n').find_map(number);
        // Where other bytes stand at the end, no line is further than a byte each from the first.
        let beyond = first.map(|first| first + bytes);
        Ok(Tail {
            first,
            last: tail.split(|byte| *byte == b'\n').rev().find_map(number).or(beyond),
            is_torn: tail.last() != Some(&b'\n'),
        })
    }
}
