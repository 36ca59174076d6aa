//! What is known of the program's files: which descriptors are files below the root, and the lock that puts
//! everything that happens to them in one order.

use std::collections::HashMap;
use std::ffi::{CStr, OsStr};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use crate::control::{Control, SHORT, SLOTS, Slot};
use crate::trace::{self, Record};

/// A descriptor of a file or directory below the root.
#[derive(Clone)]
pub struct Opened {
    /// Its number in the trace.
    pub handle: u64,
    /// The path by which it was opened.
    pub path: Vec<u8>,
    /// Whether writes go to its end.
    pub is_append: bool,
}

/// What is known, behind the lock.
#[derive(Default)]
pub struct Files {
    /// Descriptors of files and directories below the root.
    pub open: HashMap<i32, Opened>,
    /// The next number of a handle or a sync.
    pub next: u64,
}

/// The library, when it has something to do.
pub struct State {
    root: Vec<u8>,
    /// The control file.
    pub control: Control,
    files: Mutex<Files>,
}

/// The library, when it has something to do; nothing without its settings.
pub fn state() -> Option<&'static State> {
    static STATE: OnceLock<Option<State>> = OnceLock::new();
    STATE.get_or_init(begin).as_ref()
}

fn begin() -> Option<State> {
    let root = setting(c"PLENARY_INTERPOSE_ROOT")?;
    let control = map(setting(c"PLENARY_INTERPOSE_CONTROL")?)?;
    if let Some(path) = setting(c"PLENARY_INTERPOSE_TRACE") {
        let flags = libc::O_WRONLY | libc::O_APPEND | libc::O_CREAT | libc::O_CLOEXEC;
        // SAFETY: the path is a C string; the call is the system's own.
        let file = unsafe { libc::syscall(libc::SYS_openat, libc::AT_FDCWD, path.as_ptr(), flags, 0o600) };
        trace::set_file(i32::try_from(file).ok()?);
    }
    let state = State { root: root.to_bytes().to_vec(), control, files: Mutex::default() };
    trace::put(control, &Record::Start);
    Some(state)
}

fn setting(name: &CStr) -> Option<&'static CStr> {
    // SAFETY: the name is a C string; nothing changes the environment of a program that is tested.
    let value = unsafe { libc::getenv(name.as_ptr()) };
    // SAFETY: what is not null is a C string that lives as long as the environment.
    (!value.is_null()).then(|| unsafe { CStr::from_ptr(value) })
}

fn map(path: &CStr) -> Option<Control> {
    let flags = libc::O_RDWR | libc::O_CLOEXEC;
    // SAFETY: the path is a C string; the call is the system's own.
    let file = unsafe { libc::syscall(libc::SYS_openat, libc::AT_FDCWD, path.as_ptr(), flags, 0) };
    let file = i32::try_from(file).ok().filter(|file| *file >= 0)?;
    let (length, access) = (SLOTS * size_of::<u64>(), libc::PROT_READ | libc::PROT_WRITE);
    // SAFETY: a new mapping of a file that the test has made of this length.
    let at = unsafe { libc::mmap(std::ptr::null_mut(), length, access, libc::MAP_SHARED, file, 0) };
    if at == libc::MAP_FAILED {
        return None;
    }
    // SAFETY: the mapping has room for so many numbers, is page-aligned, and is never taken away.
    Some(Control(unsafe { &*at.cast::<[AtomicU64; SLOTS]>() }))
}

impl State {
    /// The files, locked: while it is held nothing else happens to them.
    pub fn files(&self) -> MutexGuard<'_, Files> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The absolute path of a path as a program gives it, when it is the root or below it.
    pub fn below(&self, dir: i32, path: *const libc::c_char) -> Option<Vec<u8>> {
        if path.is_null() {
            return None;
        }
        // SAFETY: programs give C strings.
        let path = Path::new(OsStr::from_bytes(unsafe { CStr::from_ptr(path) }.to_bytes()));
        let path = if path.is_absolute() { path.to_owned() } else { folder(dir)?.join(path) };
        let mut plain = PathBuf::new();
        for part in path.components() {
            match part {
                Component::ParentDir => _ = plain.pop(),
                Component::CurDir => {}
                part => plain.push(part),
            }
        }
        let plain = plain.into_os_string().into_encoded_bytes();
        let rest = plain.strip_prefix(self.root.as_slice())?;
        (rest.is_empty() || rest[0] == b'/').then(|| plain.clone())
    }

    /// Whether the filter takes a path.
    fn counts(&self, path: &[u8]) -> bool {
        let part: &[u8] = match self.control.get(Slot::Filter) {
            1 => b"/journal",
            2 => b"/store",
            _ => return true,
        };
        path.strip_prefix(self.root.as_slice()).is_some_and(|rest| rest.starts_with(part))
    }

    /// Whether a path is the journal's.
    pub fn is_journal(&self, path: &[u8]) -> bool {
        path.strip_prefix(self.root.as_slice()).is_some_and(|rest| rest.starts_with(b"/journal"))
    }

    /// Counts a call that writes or syncs; gives how it is to fail, if it is.
    pub fn failure(&self, path: &[u8], is_sync: bool) -> Option<Failure> {
        if !self.counts(path) {
            return None;
        }
        let (count, at) = match is_sync {
            true => (Slot::Syncs, Slot::FailSyncAt),
            false => (Slot::Writes, Slot::FailWriteAt),
        };
        let (count, at) = (self.control.add(count, 1), self.control.get(at));
        let goes_on = self.control.get(Slot::FailOn) != 0;
        if at == 0 || count < at || (count > at && !goes_on) {
            return None;
        }
        self.control.add(Slot::Failed, 1);
        trace::put(self.control, &Record::Failed { is_sync, path });
        let how = self.control.get(Slot::FailHow);
        Some(match how.checked_sub(SHORT) {
            None => Failure::Errno(i32::try_from(how).unwrap_or(libc::EIO)),
            Some(later @ 1..) if count > at => Failure::Errno(i32::try_from(later).unwrap_or(libc::EIO)),
            Some(_) => Failure::Short,
        })
    }
}

/// How a call fails.
#[derive(Clone, Copy)]
pub enum Failure {
    /// With an error.
    Errno(i32),
    /// Half of the bytes are taken; a call that takes no bytes fails with an error.
    Short,
}

impl Failure {
    /// The error, where no bytes can be taken by halves.
    pub fn errno(self) -> i32 {
        match self {
            Failure::Errno(errno) => errno,
            Failure::Short => libc::EIO,
        }
    }
}

/// The path of a directory that is open, or of the working directory.
fn folder(dir: i32) -> Option<PathBuf> {
    let link = match dir {
        libc::AT_FDCWD => c"/proc/self/cwd".to_owned(),
        dir => std::ffi::CString::new(format!("/proc/self/fd/{dir}")).ok()?,
    };
    let mut buffer = vec![0_u8; 4_096];
    // SAFETY: the link is a C string, and the buffer has the length that is told.
    let length = unsafe { libc::readlink(link.as_ptr(), buffer.as_mut_ptr().cast(), buffer.len()) };
    buffer.truncate(usize::try_from(length).ok()?);
    Some(PathBuf::from(OsStr::from_bytes(&buffer)))
}
