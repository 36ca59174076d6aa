//! The table of hostile sync messages: bombs, garbage, what stops the library's own sync code.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use plenary_protocol::wire::RefusalCode::{BadChange, Malformed, TooLarge};

use crate::cases::Row;
use crate::parts::number;

/// A message of these parts; `bloom` is one summary's bytes.
pub fn message(heads: usize, bloom: &[u8], changes: &[&[u8]], tail: &[u8]) -> Vec<u8> {
    let mut out = vec![0x42];
    out.extend(number(heads as u64));
    out.extend(vec![7; heads * 32]);
    out.extend([0, 1, 0]);
    out.extend(number(bloom.len() as u64));
    out.extend(bloom);
    out.extend(number(changes.len() as u64));
    for change in changes {
        out.extend(number(change.len() as u64));
        out.extend(*change);
    }
    out.extend(tail);
    out
}

/// A chunk whose checksum nobody has computed.
pub fn chunk(kind: u8, data: &[u8]) -> Vec<u8> {
    let mut out = vec![0x85, 0x6f, 0x4a, 0x83, 0, 0, 0, 0, kind];
    out.extend(number(data.len() as u64));
    out.extend(data);
    out
}

/// So many zeros, compressed as well as can be.
///
/// # Panics
/// Never: it is written to memory.
pub fn deflated(bytes: usize) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&vec![0; bytes]).expect("memory takes bytes");
    encoder.finish().expect("memory takes bytes")
}

/// Sync messages of which nothing is taken.
pub const MESSAGES: &[Row] = &[
    ("nothing", Malformed, |_| Vec::new()),
    ("another version", Malformed, |_| vec![0x41, 0, 0, 0, 0]),
    ("only a version", Malformed, |_| vec![0x42]),
    ("a summary of 0 bits an entry", Malformed, |_| message(0, &[1, 0, 7], &[], &[])),
    ("a summary of 0 entries", Malformed, |_| message(0, &[0, 10, 7], &[], &[])),
    ("a summary of 17 bits an entry", Malformed, |_| message(0, &[1, 17, 7, 0, 0, 0], &[], &[])),
    ("17 probes", Malformed, |_| message(0, &[1, 10, 17, 0, 0], &[], &[])),
    ("0 probes", Malformed, |_| message(0, &[1, 10, 0, 0, 0], &[], &[])),
    ("two million probes", Malformed, |_| message(0, &[1, 10, 0x80, 0x89, 0x7a, 0, 0], &[], &[])),
    ("2^32 - 1 probes", Malformed, |_| message(0, &[1, 10, 0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0], &[], &[])),
    ("2^62 entries", Malformed, |_| {
        let entries = number(1 << 62);
        message(0, &[&entries[..], &[10, 7, 0, 0]].concat(), &[], &[])
    }),
    ("2^60 entries of 16 bits, whose bits overflow", Malformed, |_| {
        let entries = number(1 << 60);
        message(0, &[&entries[..], &[16, 7]].concat(), &[], &[])
    }),
    ("too few bits for its entries", Malformed, |_| message(0, &[2, 10, 7, 0], &[], &[])),
    ("a summary that goes on", Malformed, |_| message(0, &[1, 10, 7, 0, 0, 0], &[], &[])),
    ("65 heads", TooLarge, |_| message(65, &[], &[], &[])),
    ("2^32 heads", TooLarge, |_| vec![0x42, 0xff, 0xff, 0xff, 0xff, 0x0f]),
    ("heads in a number that does not end", Malformed, |_| [&[0x42][..], &[0xff; 10], &[1]].concat()),
    ("heads that are not there", Malformed, |_| vec![0x42, 3, 1, 2, 3]),
    ("2^40 summaries", TooLarge, |_| [&[0x42, 0, 0][..], &number(1 << 40)].concat()),
    ("2^40 changes", TooLarge, |_| [&[0x42, 0, 0, 0][..], &number(1 << 40)].concat()),
    ("a change of 2^50 bytes that are not there", Malformed, |_| {
        [&[0x42, 0, 0, 0, 1][..], &number(1 << 50), &[1, 2, 3]].concat()
    }),
    ("garbage behind a good change", Malformed, |b| message(0, &[], &[b.field.raw_bytes(), b"garbage"], &[])),
    ("garbage before a good change", Malformed, |b| message(0, &[], &[b"garbage", b.field.raw_bytes()], &[])),
    ("garbage in the item of a good change", Malformed, |b| {
        message(0, &[], &[&[b.field.raw_bytes(), b"x"].concat()], &[])
    }),
    ("a good change cut short", Malformed, |b| {
        message(0, &[], &[&b.field.raw_bytes()[..b.field.raw_bytes().len() - 1]], &[])
    }),
    ("something behind the end", Malformed, |b| message(0, &[], &[b.field.raw_bytes()], &[0, 0])),
    ("flags that stop in the middle", Malformed, |_| message(0, &[], &[], &[2, 2])),
    ("a thousand bytes of flags", Malformed, |_| {
        message(0, &[], &[], &[&number(1_000)[..], &[0x81; 1_000]].concat())
    }),
    ("the whole document", BadChange, |b| message(0, &[], &[&b.doc.save()], &[])),
    ("a document behind a good change", BadChange, |b| {
        message(0, &[], &[b.field.raw_bytes(), &b.doc.save()], &[])
    }),
    ("a document of 2^50 bytes", Malformed, |_| {
        let head = [0x85, 0x6f, 0x4a, 0x83, 0, 0, 0, 0, 0];
        message(0, &[], &[&[&head[..], &number(1 << 50)].concat()], &[])
    }),
    ("a bundle", BadChange, |_| message(0, &[], &[&chunk(3, &deflated(1 << 20))], &[])),
    ("an unknown type of chunk", BadChange, |_| message(0, &[], &[&chunk(9, b"x")], &[])),
    ("20 MiB in 20 kB", TooLarge, |_| message(0, &[], &[&chunk(2, &deflated(20 << 20))], &[])),
    ("100 kB in 120 bytes", TooLarge, |_| message(0, &[], &[&chunk(2, &deflated(100_000))], &[])),
    ("a thousand small bombs", TooLarge, |_| {
        let bomb = chunk(2, &deflated(100_000));
        message(0, &[], &vec![&bomb[..]; 1_000], &[])
    }),
    ("a bomb behind a good change", TooLarge, |b| {
        message(0, &[], &[b.field.raw_bytes(), &chunk(2, &deflated(20 << 20))], &[])
    }),
    ("a compressed change that does not inflate", Malformed, |_| {
        message(0, &[], &[&chunk(2, &[0xff; 20])], &[])
    }),
    ("a compressed change cut short", Malformed, |_| {
        let whole = deflated(100);
        message(0, &[], &[&chunk(2, &whole[..whole.len() - 2])], &[])
    }),
    ("50,001 changes in one item", TooLarge, |_| message(0, &[], &[&chunk(1, b"").repeat(50_001)], &[])),
    ("50,001 changes", TooLarge, |_| message(0, &[], &vec![&chunk(1, b"")[..]; 50_001], &[])),
];
