//! The functions about names that this library takes the place of: each is done and recorded under the lock.

use libc::{c_char, c_int, c_uint, mode_t};

use crate::calls::{fail, look, made};
use crate::space;
use crate::state::{Files, State, state};
use crate::trace::{self, Record};

/// A change of names, done and recorded under the lock.
fn names(
    state: &'static State,
    pass: impl FnOnce() -> c_int,
    record: impl FnOnce(&State, &mut Files),
) -> c_int {
    let mut files = state.files();
    let done = pass();
    if done == 0 {
        record(state, &mut files);
    }
    done
}

fn rename_at(from_dir: c_int, from: *const c_char, to_dir: c_int, to: *const c_char, flags: c_uint) -> c_int {
    // SAFETY: as the program calls.
    let pass = || made(unsafe { libc::syscall(libc::SYS_renameat2, from_dir, from, to_dir, to, flags) });
    let Some(state) = state() else { return pass() };
    let (Some(old), Some(new)) = (state.below(from_dir, from), state.below(to_dir, to)) else {
        return pass();
    };
    if flags != 0 {
        // What is recorded is a file system that knows plain renames only.
        return fail(libc::EINVAL);
    }
    names(state, pass, |state, _| trace::put(state.control, &Record::Rename { from: &old, to: &new }))
}

/// Takes the place of the C library's.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rename(from: *const c_char, to: *const c_char) -> c_int {
    rename_at(libc::AT_FDCWD, from, libc::AT_FDCWD, to, 0)
}

/// Takes the place of the C library's.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn renameat(a: c_int, from: *const c_char, b: c_int, to: *const c_char) -> c_int {
    rename_at(a, from, b, to, 0)
}

/// Takes the place of the C library's.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn renameat2(
    a: c_int,
    from: *const c_char,
    b: c_int,
    to: *const c_char,
    flags: c_uint,
) -> c_int {
    rename_at(a, from, b, to, flags)
}

/// Takes the place of the C library's.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn unlinkat(dir: c_int, path: *const c_char, flags: c_int) -> c_int {
    // SAFETY: as the program calls.
    let pass = || made(unsafe { libc::syscall(libc::SYS_unlinkat, dir, path, flags) });
    let Some((state, full)) = state().and_then(|state| Some((state, state.below(dir, path)?))) else {
        return pass();
    };
    let before = look(dir, path).filter(|found| found.st_nlink == 1);
    let bytes = before.map_or(0, |found| u64::try_from(found.st_size).unwrap_or(0));
    names(state, pass, |state, _| {
        if flags & libc::AT_REMOVEDIR != 0 {
            return trace::put(state.control, &Record::RemoveDir { path: &full });
        }
        space::give_back(state.control, bytes);
        trace::put(state.control, &Record::Unlink { path: &full });
    })
}

/// Takes the place of the C library's.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn unlink(path: *const c_char) -> c_int {
    // SAFETY: as the program calls.
    unsafe { unlinkat(libc::AT_FDCWD, path, 0) }
}

/// Takes the place of the C library's.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rmdir(path: *const c_char) -> c_int {
    // SAFETY: as the program calls.
    unsafe { unlinkat(libc::AT_FDCWD, path, libc::AT_REMOVEDIR) }
}

/// Takes the place of the C library's.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mkdirat(dir: c_int, path: *const c_char, mode: mode_t) -> c_int {
    // SAFETY: as the program calls.
    let pass = || made(unsafe { libc::syscall(libc::SYS_mkdirat, dir, path, mode) });
    let Some((state, full)) = state().and_then(|state| Some((state, state.below(dir, path)?))) else {
        return pass();
    };
    names(state, pass, |state, _| trace::put(state.control, &Record::MakeDir { path: &full }))
}

/// Takes the place of the C library's.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mkdir(path: *const c_char, mode: mode_t) -> c_int {
    // SAFETY: as the program calls.
    unsafe { mkdirat(libc::AT_FDCWD, path, mode) }
}

/// Takes the place of the C library's.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn linkat(
    a: c_int,
    from: *const c_char,
    b: c_int,
    to: *const c_char,
    flags: c_int,
) -> c_int {
    // SAFETY: as the program calls.
    let pass = || made(unsafe { libc::syscall(libc::SYS_linkat, a, from, b, to, flags) });
    let Some(state) = state() else { return pass() };
    let (Some(old), Some(new)) = (state.below(a, from), state.below(b, to)) else { return pass() };
    names(state, pass, |state, _| trace::put(state.control, &Record::Link { from: &old, to: &new }))
}
