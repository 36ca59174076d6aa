//! A disk with an end: what files grow by is taken from the bytes that are left, and what is cut or removed comes
//! back.  `statvfs` tells the same numbers.

use std::mem::MaybeUninit;

use crate::control::{Control, Slot};
use crate::state::state;

/// The bytes of a block that `statvfs` tells.
const BLOCK: u64 = 4_096;

/// The length of an open file.
pub fn length(file: i32) -> u64 {
    let mut found = MaybeUninit::<libc::stat>::zeroed();
    // SAFETY: the pointer is to memory of that type.
    let done = unsafe { libc::fstat(file, found.as_mut_ptr()) };
    // SAFETY: it was zeroed, and every pattern of bits is a `stat`.
    if done == 0 { u64::try_from(unsafe { found.assume_init() }.st_size).unwrap_or(0) } else { 0 }
}

/// Takes what a file grows by to `end`; false when the disk has not so much.
pub fn take(control: Control, file: i32, end: u64) -> bool {
    if control.get(Slot::DiskHasEnd) == 0 {
        return true;
    }
    let more = end.saturating_sub(length(file));
    let left = control.get(Slot::DiskFree).cast_signed();
    if more > 0 && i64::try_from(more).unwrap_or(i64::MAX) > left {
        return false;
    }
    control.add(Slot::DiskFree, more.wrapping_neg());
    true
}

/// Gives bytes back.
pub fn give_back(control: Control, bytes: u64) {
    control.add(Slot::DiskFree, bytes);
}

/// Answers `statvfs` for a path below the root of a disk with an end; false where it is another's.
fn answer(path: *const libc::c_char, out: *mut libc::statvfs) -> bool {
    let Some(state) = state() else { return false };
    if state.control.get(Slot::DiskHasEnd) == 0 || state.below(libc::AT_FDCWD, path).is_none() {
        return false;
    }
    let free = u64::try_from(state.control.get(Slot::DiskFree).cast_signed()).unwrap_or(0) / BLOCK;
    // SAFETY: the caller gives memory of that type; all of it is written.
    unsafe {
        *out = MaybeUninit::zeroed().assume_init();
        (*out).f_bsize = BLOCK;
        (*out).f_frsize = BLOCK;
        (*out).f_blocks = state.control.get(Slot::DiskTotal) / BLOCK;
        (*out).f_bfree = free;
        (*out).f_bavail = free;
        (*out).f_namemax = 255;
    }
    true
}

/// Takes the place of the C library's.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn statvfs64(path: *const libc::c_char, out: *mut libc::statvfs) -> libc::c_int {
    if answer(path, out) {
        return 0;
    }
    let mut found = MaybeUninit::<libc::statfs>::zeroed();
    // SAFETY: as the caller's, and memory of that type.
    let done = unsafe { libc::syscall(libc::SYS_statfs, path, found.as_mut_ptr()) };
    if done != 0 {
        return -1;
    }
    // SAFETY: it was zeroed and filled; the caller gives memory of that type.
    unsafe {
        let found = found.assume_init();
        *out = MaybeUninit::zeroed().assume_init();
        (*out).f_bsize = found.f_bsize.cast_unsigned();
        (*out).f_frsize = found.f_frsize.cast_unsigned();
        (*out).f_blocks = found.f_blocks;
        (*out).f_bfree = found.f_bfree;
        (*out).f_bavail = found.f_bavail;
        (*out).f_files = found.f_files;
        (*out).f_ffree = found.f_ffree;
        (*out).f_namemax = found.f_namelen.cast_unsigned();
    }
    0
}

/// Takes the place of the C library's.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn statvfs(path: *const libc::c_char, out: *mut libc::statvfs) -> libc::c_int {
    // SAFETY: as the caller's; the two have one form where files are of 64 bits.
    unsafe { statvfs64(path, out) }
}

/// Takes the place of the C library's: the wall clock may be told to be ahead or behind.
///
/// # Safety
/// As of the C library's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn clock_gettime(clock: libc::clockid_t, out: *mut libc::timespec) -> libc::c_int {
    // SAFETY: as the caller's.
    let done = unsafe { libc::syscall(libc::SYS_clock_gettime, clock, out) };
    if done != 0 || clock != libc::CLOCK_REALTIME {
        return if done == 0 { 0 } else { -1 };
    }
    let offset = state().map_or(0, |state| state.control.get(Slot::ClockOffset).cast_signed());
    if offset != 0 {
        // SAFETY: the system has filled it.
        let now = unsafe { &mut *out };
        let moved = i128::from(now.tv_sec) * 1_000_000_000 + i128::from(now.tv_nsec) + i128::from(offset);
        now.tv_sec = moved.div_euclid(1_000_000_000).try_into().unwrap_or(0);
        now.tv_nsec = moved.rem_euclid(1_000_000_000).try_into().unwrap_or(0);
    }
    0
}
