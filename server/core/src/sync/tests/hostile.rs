//! Messages that would stop or fill a server that believed them.

use std::io::Write;

use automerge::sync::{ChunkList, Message, MessageVersion};
use flate2::Compression;
use flate2::write::DeflateEncoder;
use plenary_protocol::wire::RefusalCode;

use super::super::Incoming;
use super::world::Client;
use crate::tests::replica::write_text;
use crate::tests::world::{World, drafter};
use plenary_protocol::Bureau;

/// A message of these parts; `bloom` is one summary's bytes.
fn message(heads: usize, bloom: &[u8], changes: &[&[u8]], tail: &[u8]) -> Vec<u8> {
    let mut out = vec![0x42];
    number(&mut out, heads);
    out.extend(vec![7; heads * 32]);
    out.extend([0, 1, 0]);
    number(&mut out, bloom.len());
    out.extend(bloom);
    number(&mut out, changes.len());
    for change in changes {
        number(&mut out, change.len());
        out.extend(*change);
    }
    out.extend(tail);
    out
}

fn number(out: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn chunk(kind: u8, data: &[u8]) -> Vec<u8> {
    let mut out = vec![0x85, 0x6f, 0x4a, 0x83, 0, 0, 0, 0, kind];
    number(&mut out, data.len());
    out.extend(data);
    out
}

fn code(bytes: &[u8]) -> RefusalCode {
    Incoming::decode(bytes).expect_err("it was to be refused").code
}

#[test]
fn honest_messages_of_all_forms_are_taken_apart() {
    for (hex, changes) in [("42000001000000", 0), ("4200000100000000", 0), ("420000010000000202", 0)] {
        let bytes: Vec<u8> =
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
        match Incoming::decode(&bytes) {
            Ok(incoming) => assert_eq!(incoming.len(), changes, "{hex}"),
            // Flags that stop in the middle are none.
            Err(refusal) => assert_eq!((refusal.code, hex), (RefusalCode::Malformed, "420000010000000202")),
        }
    }
    let flagged = message(0, &[], &[], &[2, 2, 0x84]);
    assert!(Incoming::decode(&flagged).unwrap().message.flags.is_some());
    let two = [chunk(1, b"one"), chunk(1, b"two")].concat();
    assert_eq!(Incoming::decode(&message(1, &[], &[&two], &[])).unwrap().len(), 2, "concatenated");
}

#[test]
fn numbers_that_stop_the_library_are_refused() {
    // entries, bits an entry, probes
    for bloom in [vec![1, 0, 7], vec![0, 10, 7], vec![1, 17, 7, 0, 0, 0], vec![1, 10, 17, 0, 0]] {
        assert_eq!(code(&message(0, &bloom, &[], &[])), RefusalCode::Malformed, "{bloom:?}");
    }
    let probes = [1, 10, 0x80, 0x89, 0x7a, 0, 0];
    assert_eq!(code(&message(0, &probes, &[], &[])), RefusalCode::Malformed, "two million probes");
    assert_eq!(code(&message(0, &[2, 10, 7, 0], &[], &[])), RefusalCode::Malformed, "too few bits");
    assert!(Incoming::decode(&message(0, &[1, 10, 7, 0, 0], &[], &[])).is_ok());
    assert_eq!(code(&message(65, &[], &[], &[])), RefusalCode::TooLarge);
    assert_eq!(code(&[0x42, 0xff, 0xff, 0xff, 0xff, 0x0f]), RefusalCode::TooLarge);
    assert_eq!(
        code(&[0x42, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]),
        RefusalCode::Malformed
    );
}

#[test]
fn garbage_anywhere_makes_the_whole_message_nothing() {
    let good = chunk(1, b"good");
    for bytes in [
        vec![],
        vec![0x41],
        message(0, &[], &[&good, b"garbage"], &[]),
        message(0, &[], &[b"garbage", &good], &[]),
        message(0, &[], &[&[good.as_slice(), b"x"].concat()], &[]),
        message(0, &[], &[&good], &[0, 0]),
        message(0, &[], &[&good[..good.len() - 1]], &[]),
    ] {
        assert_eq!(code(&bytes), RefusalCode::Malformed, "{bytes:?}");
    }
    for kind in [0, 3, 9] {
        assert_eq!(code(&message(0, &[], &[&chunk(kind, b"x")], &[])), RefusalCode::BadChange);
    }
}

#[test]
fn compressed_changes_inflate_within_bounds_and_are_the_change_they_stand_for() {
    let mut world = World::new();
    let mut client = Client::empty(drafter(Bureau::BR), 1);
    client.settle(&mut world);
    let shared = client.doc.get_heads();
    client.write(|tx| write_text(tx, "tgt-1", "title", 0, 0, &"all that is the case ".repeat(40)));
    let mut change = client.doc.get_changes(&shared).remove(0);
    let (raw, compressed) = (change.raw_bytes().to_vec(), change.bytes().to_vec());
    assert_eq!(compressed[8], 2, "the library compresses it");
    let incoming = Incoming::decode(&message(0, &[], &[&compressed], &[])).unwrap();
    assert_eq!(incoming.changes, [raw]);
    let deflated = |bytes: usize| {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&vec![0; bytes]).unwrap();
        chunk(2, &encoder.finish().unwrap())
    };
    assert_eq!(code(&message(0, &[], &[&deflated(20 << 20)], &[])), RefusalCode::TooLarge);
    assert_eq!(code(&message(0, &[], &[&deflated(100_000)], &[])), RefusalCode::TooLarge, "the ratio");
    assert_eq!(code(&message(0, &[], &[&chunk(2, &[0xff; 20])], &[])), RefusalCode::Malformed);
}

#[test]
fn more_changes_than_one_message_may_have_are_refused() {
    let one = chunk(1, b"");
    let many = one.repeat(50_001);
    assert_eq!(code(&message(0, &[], &[&many], &[])), RefusalCode::TooLarge);
}

#[test]
fn a_bad_change_among_good_ones_goes_to_the_gate_and_is_refused_there() {
    let mut world = World::new();
    let mut client = Client::empty(drafter(Bureau::BR), 1);
    client.settle(&mut world);
    let shared = client.doc.get_heads();
    client.write(|tx| write_text(tx, "tgt-1", "title", 0, 0, "good "));
    let good = client.doc.get_changes(&shared)[0].raw_bytes().to_vec();
    let bytes = Message {
        heads: client.doc.get_heads(),
        need: Vec::new(),
        have: Vec::new(),
        changes: ChunkList::from(vec![chunk(1, b"no change"), good]),
        flags: None,
        version: MessageVersion::V1,
    };
    client.hand_in(&mut world, Incoming::decode(&bytes.encode()).unwrap());
    assert_eq!(client.refused.as_ref().unwrap().code, RefusalCode::BadChange);
    assert!(world.text("tgt-1", "title").starts_with("good "), "the good one is taken all the same");
}
