//! The functions that this library takes the place of, as the C library declares them.
//!
//! Each looks up whether the call is about a file below the root, asks whether it is to fail, passes it on, and
//! records it, all under one lock; a sync alone is passed on without the lock, so that others write meanwhile.

use std::mem::MaybeUninit;

use libc::{c_char, c_int, c_uint, c_void, iovec, mode_t, off_t, size_t, ssize_t};

use crate::control::Slot;
use crate::space;
use crate::state::{Failure, Opened, State, state};
use crate::trace::{self, Record};

/// Bytes that went out by a socket and are recorded, at most: acknowledgements are short.
const TOLD_BYTES_MAX: usize = 256 * 1024;

/// Sets the error of this thread and gives what a call gives that fails.
pub fn fail(errno: c_int) -> c_int {
    // SAFETY: the C library gives the address of this thread's own.
    unsafe { *libc::__errno_location() = errno };
    -1
}

/// What a system call gave, as the C library gives it.
pub fn made(value: libc::c_long) -> c_int {
    c_int::try_from(value).unwrap_or(-1)
}

/// What is at a path, without following a link.
pub fn look(dir: c_int, path: *const c_char) -> Option<libc::stat> {
    let mut found = MaybeUninit::<libc::stat>::zeroed();
    // SAFETY: the path is the program's; the pointer is to memory of that type.
    let done = unsafe { libc::fstatat(dir, path, found.as_mut_ptr(), libc::AT_SYMLINK_NOFOLLOW) };
    // SAFETY: it was zeroed, and every pattern of bits is a `stat`.
    (done == 0).then(|| unsafe { found.assume_init() })
}

fn open_at(dir: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    // SAFETY: as the program calls.
    let pass = || made(unsafe { libc::syscall(libc::SYS_openat, dir, path, flags, mode) });
    let Some((state, full)) = state().and_then(|state| Some((state, state.below(dir, path)?))) else {
        return pass();
    };
    let mut files = state.files();
    let before = look(dir, path);
    let file = pass();
    if file < 0 {
        return file;
    }
    let is_new = before.is_none();
    let is_emptied = flags & libc::O_TRUNC != 0 && !is_new;
    if let (true, Some(before)) = (is_emptied, before) {
        space::give_back(state.control, u64::try_from(before.st_size).unwrap_or(0));
    }
    files.next += 1;
    let handle = files.next;
    trace::put(state.control, &Record::Open { handle, is_new, is_emptied, path: &full });
    files.open.insert(file, Opened { handle, path: full, is_append: flags & libc::O_APPEND != 0 });
    file
}

/// Takes the place of the C library's.
///
/// # Safety
/// As of the C library's; the mode is looked at only where a file may be made.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn open(path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    open_at(libc::AT_FDCWD, path, flags, mode)
}

/// Takes the place of the C library's.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn open64(path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    open_at(libc::AT_FDCWD, path, flags, mode)
}

/// Takes the place of the C library's.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn openat(dir: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    open_at(dir, path, flags, mode)
}

/// Takes the place of the C library's.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn openat64(dir: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    open_at(dir, path, flags, mode)
}

/// Takes the place of the C library's.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn close(file: c_int) -> c_int {
    if let Some(state) = state() {
        state.files().open.remove(&file);
    }
    // SAFETY: as the program calls.
    made(unsafe { libc::syscall(libc::SYS_close, file) })
}

/// Takes the place of the C library's.
///
/// # Safety
/// As of the C library's; the third argument is a number or a pointer, as the command wants.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fcntl(file: c_int, command: c_int, argument: *mut c_void) -> c_int {
    // SAFETY: as the program calls.
    let answer = made(unsafe { libc::syscall(libc::SYS_fcntl, file, command, argument) });
    if let (Some(state), libc::F_DUPFD | libc::F_DUPFD_CLOEXEC, 0..) = (state(), command, answer) {
        let mut files = state.files();
        if let Some(opened) = files.open.get(&file).cloned() {
            files.open.insert(answer, opened);
        }
    }
    answer
}

/// A write of some bytes to a file below the root: `None` when the descriptor is another's.
fn write_below(file: c_int, at: Option<off_t>, bytes: &[u8]) -> Option<ssize_t> {
    let state = state()?;
    let files = state.files();
    let Some(opened) = files.open.get(&file) else {
        drop(files);
        tell(state, file, bytes);
        return None;
    };
    let offset = match at {
        Some(at) => u64::try_from(at).unwrap_or(0),
        None if opened.is_append => space::length(file),
        // SAFETY: the call is the system's own.
        None => {
            u64::try_from(unsafe { libc::syscall(libc::SYS_lseek, file, 0, libc::SEEK_CUR) }).unwrap_or(0)
        }
    };
    let taken = match state.failure(&opened.path, false) {
        Some(Failure::Errno(errno)) => return Some(fail(errno) as ssize_t),
        Some(Failure::Short) => &bytes[..bytes.len().div_ceil(2)],
        None => bytes,
    };
    if !space::take(state.control, file, offset + taken.len() as u64) {
        return Some(fail(libc::ENOSPC) as ssize_t);
    }
    let (pointer, length) = (taken.as_ptr(), taken.len());
    // SAFETY: pointer and length are those of `taken`.
    let written = unsafe {
        match at {
            Some(at) => libc::syscall(libc::SYS_pwrite64, file, pointer, length, at),
            None => libc::syscall(libc::SYS_write, file, pointer, length),
        }
    };
    if let Ok(count) = usize::try_from(written) {
        let handle = opened.handle;
        trace::put(state.control, &Record::Write { handle, offset, bytes: &taken[..count] });
    }
    Some(written as ssize_t)
}

/// Records what goes out by a socket, before it does.
fn tell(state: &State, file: c_int, bytes: &[u8]) {
    if !trace::is_on() {
        return;
    }
    let mut found = MaybeUninit::<libc::stat>::zeroed();
    // SAFETY: the pointer is to memory of that type.
    let done = unsafe { libc::fstat(file, found.as_mut_ptr()) };
    // SAFETY: it was zeroed, and every pattern of bits is a `stat`.
    if done == 0 && unsafe { found.assume_init() }.st_mode & libc::S_IFMT == libc::S_IFSOCK {
        let _in_order = state.files();
        trace::put(state.control, &Record::Told { bytes: &bytes[..bytes.len().min(TOLD_BYTES_MAX)] });
    }
}

/// The bytes that a program gives.
///
/// # Safety
/// The pointer is to so many bytes.
unsafe fn given<'a>(pointer: *const c_void, length: size_t) -> &'a [u8] {
    if length == 0 {
        return &[];
    }
    // SAFETY: as the caller says.
    unsafe { std::slice::from_raw_parts(pointer.cast(), length) }
}

/// The bytes that a program gives in pieces.
///
/// # Safety
/// The pointer is to so many pieces.
unsafe fn gathered(pieces: *const iovec, count: c_int) -> Vec<u8> {
    let count = usize::try_from(count).unwrap_or(0);
    // SAFETY: as the caller says.
    let pieces = if count == 0 { &[] } else { unsafe { std::slice::from_raw_parts(pieces, count) } };
    // SAFETY: each piece is so many bytes.
    pieces.iter().flat_map(|piece| unsafe { given(piece.iov_base, piece.iov_len) }).copied().collect()
}

/// Takes the place of the C library's.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn write(file: c_int, bytes: *const c_void, length: size_t) -> ssize_t {
    // SAFETY: as the program calls.
    unsafe {
        write_below(file, None, given(bytes, length))
            .unwrap_or_else(|| libc::syscall(libc::SYS_write, file, bytes, length) as ssize_t)
    }
}

/// Takes the place of the C library's.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn writev(file: c_int, pieces: *const iovec, count: c_int) -> ssize_t {
    // SAFETY: as the program calls.
    unsafe {
        write_below(file, None, &gathered(pieces, count))
            .unwrap_or_else(|| libc::syscall(libc::SYS_writev, file, pieces, count) as ssize_t)
    }
}

/// Takes the place of the C library's.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pwrite64(file: c_int, bytes: *const c_void, length: size_t, at: off_t) -> ssize_t {
    // SAFETY: as the program calls.
    unsafe {
        write_below(file, Some(at), given(bytes, length))
            .unwrap_or_else(|| libc::syscall(libc::SYS_pwrite64, file, bytes, length, at) as ssize_t)
    }
}

/// Takes the place of the C library's.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pwrite(file: c_int, bytes: *const c_void, length: size_t, at: off_t) -> ssize_t {
    // SAFETY: as the program calls.
    unsafe { pwrite64(file, bytes, length, at) }
}

/// Takes the place of the C library's.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn send(file: c_int, bytes: *const c_void, length: size_t, flags: c_int) -> ssize_t {
    if let Some(state) = state() {
        // SAFETY: as the program calls.
        tell(state, file, unsafe { given(bytes, length) });
    }
    let nobody = std::ptr::null::<c_void>();
    // SAFETY: as the program calls.
    unsafe { libc::syscall(libc::SYS_sendto, file, bytes, length, flags, nobody, 0) as ssize_t }
}

fn sync(file: c_int, call: libc::c_long) -> c_int {
    // SAFETY: the call is the system's own.
    let pass = || made(unsafe { libc::syscall(call, file) });
    let Some(state) = state() else { return pass() };
    let sync = {
        let mut files = state.files();
        let Some(Opened { handle, path, .. }) = files.open.get(&file).cloned() else {
            drop(files);
            return pass();
        };
        if state.control.get(Slot::SwallowSyncs) != 0 && state.is_journal(&path) {
            return 0;
        }
        files.next += 1;
        let sync = files.next;
        let failure = state.failure(&path, true);
        trace::put(state.control, &Record::SyncBegan { handle, sync });
        if let Some(failure) = failure {
            trace::put(state.control, &Record::SyncEnded { sync, is_well: false });
            return fail(failure.errno());
        }
        sync
    };
    let done = pass();
    let _in_order = state.files();
    trace::put(state.control, &Record::SyncEnded { sync, is_well: done == 0 });
    done
}

/// Takes the place of the C library's.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fsync(file: c_int) -> c_int {
    sync(file, libc::SYS_fsync)
}

/// Takes the place of the C library's.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fdatasync(file: c_int) -> c_int {
    sync(file, libc::SYS_fdatasync)
}

/// Takes the place of the C library's; it proves nothing, so it is not recorded.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sync_file_range(file: c_int, at: off_t, length: off_t, flags: c_uint) -> c_int {
    if let Some(state) = state() {
        let files = state.files();
        let failure = files.open.get(&file).and_then(|opened| state.failure(&opened.path, true));
        if let Some(failure) = failure {
            return fail(failure.errno());
        }
    }
    // SAFETY: as the program calls.
    made(unsafe { libc::syscall(libc::SYS_sync_file_range, file, at, length, flags) })
}

/// Takes the place of the C library's.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ftruncate64(file: c_int, length: off_t) -> c_int {
    // SAFETY: as the program calls.
    let pass = || made(unsafe { libc::syscall(libc::SYS_ftruncate, file, length) });
    let Some(state) = state() else { return pass() };
    let files = state.files();
    let Some(opened) = files.open.get(&file) else { return pass() };
    if let Some(failure) = state.failure(&opened.path, false) {
        return fail(failure.errno());
    }
    let (before, length) = (space::length(file), u64::try_from(length).unwrap_or(0));
    let done = pass();
    if done == 0 {
        space::give_back(state.control, before.saturating_sub(length));
        trace::put(state.control, &Record::Length { handle: opened.handle, length });
    }
    done
}

/// Takes the place of the C library's.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ftruncate(file: c_int, length: off_t) -> c_int {
    // SAFETY: as the program calls.
    unsafe { ftruncate64(file, length) }
}

/// Takes the place of the C library's: what is recorded or has an end is a file system that cannot do this.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fallocate64(file: c_int, mode: c_int, at: off_t, length: off_t) -> c_int {
    if state().is_some_and(|state| state.files().open.contains_key(&file)) {
        return fail(libc::EOPNOTSUPP);
    }
    // SAFETY: as the program calls.
    made(unsafe { libc::syscall(libc::SYS_fallocate, file, mode, at, length) })
}

/// Takes the place of the C library's.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fallocate(file: c_int, mode: c_int, at: off_t, length: off_t) -> c_int {
    // SAFETY: as the program calls.
    unsafe { fallocate64(file, mode, at, length) }
}
