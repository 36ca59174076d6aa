//! The trace: one record for each call that changed something, in the order in which they took effect.
//!
//! A record is `u32 length ‖ u8 kind ‖ fields`, little-endian; bytes and paths come last.  Writes have their offset
//! told.  A sync is two records, because what is written between them is not covered by it.

use std::sync::atomic::{AtomicI32, Ordering};

use crate::control::{Control, Slot};

/// What a record tells.
pub enum Record<'a> {
    /// A program has begun.
    Start,
    /// `handle` is a file or directory from here on: whether it was made, whether it was emptied.
    Open { handle: u64, is_new: bool, is_emptied: bool, path: &'a [u8] },
    /// Bytes at an offset.
    Write { handle: u64, offset: u64, bytes: &'a [u8] },
    /// The length was set.
    Length { handle: u64, length: u64 },
    /// A sync has begun.
    SyncBegan { handle: u64, sync: u64 },
    /// It has ended, well or not.
    SyncEnded { sync: u64, is_well: bool },
    /// A name was moved.
    Rename { from: &'a [u8], to: &'a [u8] },
    /// A name of a file was taken away.
    Unlink { path: &'a [u8] },
    /// A directory was made.
    MakeDir { path: &'a [u8] },
    /// A directory was removed.
    RemoveDir { path: &'a [u8] },
    /// A second name was given.
    Link { from: &'a [u8], to: &'a [u8] },
    /// Bytes went out by a socket.
    Told { bytes: &'a [u8] },
    /// A call was made to fail.
    Failed { is_sync: bool, path: &'a [u8] },
}

/// The trace's file; negative without one.
static FILE: AtomicI32 = AtomicI32::new(-1);

/// Says which file the trace is.
pub fn set_file(file: i32) {
    FILE.store(file, Ordering::SeqCst);
}

/// Whether there is a trace.
pub fn is_on() -> bool {
    FILE.load(Ordering::SeqCst) >= 0
}

/// Appends a record; the caller holds the lock that orders them.
pub fn put(control: Control, record: &Record<'_>) {
    let file = FILE.load(Ordering::SeqCst);
    if file < 0 {
        return;
    }
    let mut out = vec![0; 4];
    encode(record, &mut out);
    let length = u32::try_from(out.len() - 4).unwrap_or(u32::MAX);
    out[..4].copy_from_slice(&length.to_le_bytes());
    let mut rest = out.as_slice();
    while !rest.is_empty() {
        // SAFETY: the pointer and the length are those of `rest`.
        let written = unsafe { libc::syscall(libc::SYS_write, file, rest.as_ptr(), rest.len()) };
        match usize::try_from(written) {
            Ok(count @ 1..) => rest = &rest[count..],
            // A trace with a hole would prove nothing.
            _ => std::process::abort(),
        }
    }
    control.add(Slot::Records, 1);
}

fn encode(record: &Record<'_>, out: &mut Vec<u8>) {
    let numbers = |out: &mut Vec<u8>, kind: u8, numbers: &[u64]| {
        out.push(kind);
        numbers.iter().for_each(|number| out.extend(number.to_le_bytes()));
    };
    let two = |out: &mut Vec<u8>, kind: u8, from: &[u8], to: &[u8]| {
        numbers(out, kind, &[from.len() as u64]);
        out.extend(from);
        out.extend(to);
    };
    match record {
        Record::Start => numbers(out, 0, &[]),
        Record::Open { handle, is_new, is_emptied, path } => {
            numbers(out, 1, &[*handle, u64::from(*is_new), u64::from(*is_emptied)]);
            out.extend(*path);
        }
        Record::Write { handle, offset, bytes } => {
            numbers(out, 2, &[*handle, *offset]);
            out.extend(*bytes);
        }
        Record::Length { handle, length } => numbers(out, 3, &[*handle, *length]),
        Record::SyncBegan { handle, sync } => numbers(out, 4, &[*handle, *sync]),
        Record::SyncEnded { sync, is_well } => numbers(out, 5, &[*sync, u64::from(*is_well)]),
        Record::Rename { from, to } => two(out, 6, from, to),
        Record::Unlink { path } => {
            numbers(out, 7, &[]);
            out.extend(*path);
        }
        Record::MakeDir { path } => {
            numbers(out, 8, &[]);
            out.extend(*path);
        }
        Record::RemoveDir { path } => {
            numbers(out, 9, &[]);
            out.extend(*path);
        }
        Record::Link { from, to } => two(out, 10, from, to),
        Record::Told { bytes } => {
            numbers(out, 11, &[]);
            out.extend(*bytes);
        }
        Record::Failed { is_sync, path } => {
            numbers(out, 12, &[u64::from(*is_sync)]);
            out.extend(*path);
        }
    }
}
