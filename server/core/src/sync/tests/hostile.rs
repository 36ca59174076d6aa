//! Messages that would stop or fill a server that believed them.

use std::io::Write;

use automerge::sync::{ChunkList, Message, MessageVersion};
use automerge::transaction::Transactable as _;
use automerge::{Change, ObjType, ROOT};
use flate2::Compression;
use flate2::write::DeflateEncoder;
use plenary_craft::messages::{MESSAGES, chunk, message};
use plenary_limits::{CHANGE_OPERATIONS_MAX, SYNC_INFLATED_BYTES_MAX, holds};
use plenary_protocol::wire::RefusalCode;

use super::super::Incoming;
use super::world::Client;
use crate::tests::craft::bench_of;
use crate::tests::replica::{Replica, write_text};
use crate::tests::world::{World, drafter};
use plenary_protocol::Bureau;

fn number(out: &mut Vec<u8>, value: usize) {
    out.extend(plenary_craft::parts::number(value as u64));
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
fn of_a_hostile_message_nothing_is_taken() {
    let mut world = World::new();
    let replica = Replica::join(&world, drafter(Bureau::TSB), 2);
    let bench = bench_of(&mut world, replica);
    for (name, expected, craft) in MESSAGES {
        assert_eq!(code(&craft(&bench)), *expected, "{name}");
    }
    assert!(Incoming::decode(&message(0, &[1, 10, 7, 0, 0], &[], &[])).is_ok());
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

#[test]
fn parts_of_a_message_hold_to_the_one() {
    let fits = |bytes: &[u8]| Incoming::decode(bytes).is_ok();
    holds!(SYNC_HEADS_MAX, |count| fits(&message(count, &[], &[], &[])));
    let hashes = |out: &mut Vec<u8>, count: usize| {
        number(out, count);
        out.extend(vec![7; count * 32]);
    };
    holds!(SYNC_HASHES_MAX, |count| {
        let mut needed = vec![0x42, 0];
        hashes(&mut needed, count);
        needed.extend([0, 0]);
        let mut common = vec![0x42, 0, 0, 1];
        hashes(&mut common, count);
        common.extend([0, 0]);
        let (needed, common) = (fits(&needed), fits(&common));
        assert_eq!(needed, common, "asked for and in common");
        needed
    });
    holds!(SYNC_HAVES_MAX, |count| {
        let mut bytes = vec![0x42, 0, 0];
        number(&mut bytes, count);
        bytes.extend(vec![0; 2 * count]);
        bytes.push(0);
        fits(&bytes)
    });
    let bloom = |bits: usize, probes: usize| {
        fits(&message(0, &[&[8, bits as u8, probes as u8], &vec![0; bits][..]].concat(), &[], &[]))
    };
    holds!(SYNC_BLOOM_BITS_MAX, |bits| bloom(bits, 7));
    holds!(SYNC_BLOOM_PROBES_MAX, |probes| bloom(10, probes));
    holds!(SYNC_FLAGS_BYTES_MAX, |count| {
        let mut flags = Vec::new();
        number(&mut flags, count);
        flags.extend(vec![0; count]);
        fits(&message(0, &[], &[], &flags))
    });
    holds!(CHANGES_PER_MESSAGE_MAX, |count| {
        let concatenated = fits(&message(0, &[], &[&chunk(1, b"").repeat(count)], &[]));
        assert_eq!(fits(&message(0, &[], &vec![&chunk(1, b"")[..]; count], &[])), concatenated);
        concatenated
    });
}

#[test]
fn bytes_of_a_message_hold_to_the_one_compressed_or_not() {
    let fits = |bytes: &[u8]| Incoming::decode(bytes).is_ok();
    holds!(SYNC_DATA_BYTES_MAX, |bytes| {
        // Two lengths of five and four bytes, and what a chunk begins with.
        let around = message(0, &[], &[&chunk(1, &vec![0; 1 << 22])], &[]).len() - (1 << 22);
        let whole = message(0, &[], &[&chunk(1, &vec![0; bytes - around])], &[]);
        assert_eq!(whole.len(), bytes);
        fits(&whole)
    });
    // Bytes that hardly compress, so that the ratio stands in nobody's way.
    let noise = |bytes: usize| -> Vec<u8> {
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 30) as u8
        };
        (0..bytes).map(|_| next()).collect()
    };
    let deflated = |bytes: &[u8], level: Compression| {
        let mut encoder = DeflateEncoder::new(Vec::new(), level);
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    holds!(CHANGE_INFLATED_BYTES_MAX, |bytes| {
        fits(&message(0, &[], &[&chunk(2, &deflated(&noise(bytes), Compression::fast()))], &[]))
    });
    holds!(CHANGE_INFLATION_TIMES_MAX, |times| {
        // Zeros compress a thousandfold; what they lack to the ratio is said in empty stored blocks.
        let size = 40_000 / times * times;
        let zeros = deflated(&vec![0; size], Compression::best());
        let missing = size / times - zeros.len();
        let stored = [0, 0, 0, 0xff, 0xff];
        let data = [stored.repeat(missing / stored.len()), zeros].concat();
        let spare = missing % stored.len();
        fits(&message(0, &[], &[&chunk(2, &[&data[..], &vec![0; spare]].concat())], &[]))
    });
    holds!(SYNC_INFLATED_BYTES_MAX, |bytes| {
        let one = 1 << 22;
        let head = message_of_inflated(one);
        let whole = SYNC_INFLATED_BYTES_MAX / head;
        let rest = bytes - whole * head;
        // Not the fastest: what that makes of it, with some encoders, is more than fits one message.
        let full = chunk(2, &deflated(&noise(one), Compression::default()));
        let around = inflated_head(rest);
        let last = chunk(2, &deflated(&noise(rest - around), Compression::default()));
        fits(&message(0, &[], &[vec![&full[..]; whole], vec![&last]].concat(), &[]))
    });
}

/// A change of so many operations in few bytes.
fn long(operations: usize) -> Change {
    let mut doc = crate::document::empty();
    let mut tx = doc.transaction();
    let text = tx.put_object(ROOT, "text", ObjType::Text).unwrap();
    tx.splice_text(&text, 0, 0, &"a".repeat(operations - 1)).unwrap();
    tx.commit();
    doc.get_last_local_change().unwrap()
}

#[test]
fn changes_that_wait_are_held_up_to_so_many_operations() {
    use super::super::Peer;
    use crate::tests::craft::altered;
    let mut world = World::new();
    let orphan = |operations, time| {
        altered(&long(operations), |change| {
            (change.time, change.deps) = (time, vec![automerge::ChangeHash([9; 32])]);
        })
    };
    holds!(SYNC_HELD_OPERATIONS_MAX, |operations| {
        let (whole, rest) = (operations / CHANGE_OPERATIONS_MAX - 1, operations % CHANGE_OPERATIONS_MAX);
        let mut changes: Vec<Vec<u8>> =
            (0..whole).map(|time| orphan(CHANGE_OPERATIONS_MAX, time as i64)).collect();
        let last = CHANGE_OPERATIONS_MAX + rest;
        changes.extend([orphan(last / 2, -1), orphan(last - last / 2, -2)]);
        let changes: Vec<&[u8]> = changes.iter().map(Vec::as_slice).collect();
        let incoming = Incoming::decode(&message(0, &[], &changes, &[])).unwrap();
        Peer::new(false).receive(&mut world.reader, incoming).is_ok()
    });
}

#[test]
fn a_message_has_so_many_operations() {
    let of = |operations: usize| long(operations).raw_bytes().to_vec();
    let most = of(CHANGE_OPERATIONS_MAX);
    holds!(SYNC_MESSAGE_OPERATIONS_MAX, |operations| {
        let whole = operations / CHANGE_OPERATIONS_MAX - 1;
        let rest = (operations - whole * CHANGE_OPERATIONS_MAX) / 2;
        let last = [of(rest), of(operations - whole * CHANGE_OPERATIONS_MAX - rest)];
        let changes = std::iter::repeat_n(&most, whole).chain(&last).map(|bytes| &bytes[..]);
        Incoming::decode(&message(0, &[], &changes.collect::<Vec<_>>(), &[])).is_ok()
    });
}

/// Bytes of a change whose body has so many.
fn message_of_inflated(body: usize) -> usize {
    chunk(1, &vec![0; body]).len()
}

/// Bytes of a change beside its body, where it has so many in all.
fn inflated_head(all: usize) -> usize {
    let body = all - 12;
    chunk(1, &vec![0; body]).len() - body
}

#[test]
fn what_a_replica_sends_is_asked_in_parts_and_what_it_was_told_is_remembered_in_bounds() {
    use super::super::{Peer, Step, order};
    use automerge::ChangeHash;
    let hash = |n: usize| {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&(n as u64).to_be_bytes());
        ChangeHash(bytes)
    };
    let is_one = |changes: Vec<(Vec<u8>, usize)>| order::groups(changes).len() == 1;
    holds!(SYNC_ASK_CHANGES_MAX, |count| is_one(vec![(Vec::new(), 1); count]));
    holds!(SYNC_ASK_OPERATIONS_MAX, |sum| is_one(vec![(Vec::new(), 50_000), (Vec::new(), sum - 50_000)]));
    let step = |heads, changes| Step { heads, changes, message: Vec::new() };
    holds!(SYNC_HEADS_TOLD_MAX, |count| {
        let mut peer = Peer::new(false);
        (0..count).for_each(|n| peer.told(&step(vec![hash(n)], Vec::new())));
        peer.told.contains(&vec![hash(0)])
    });
    holds!(SYNC_SENT_HASHES_MAX, |count| {
        let mut peer = Peer::new(false);
        (0..count).for_each(|n| peer.told(&step(Vec::new(), vec![hash(n)])));
        peer.state.sent_hashes.len() == count
    });
    holds!(SYNC_SAME_ANSWERS_MAX, |repeats| {
        let (world, mut peer) = (World::new(), Peer::new(false));
        (0..=repeats).all(|_| {
            peer.state.in_flight = false;
            peer.answer(&world.reader).unwrap().is_some()
        })
    });
}

#[test]
fn changes_that_wait_for_one_that_is_missing_are_held_up_to_so_many_bytes() {
    use super::super::Peer;
    use crate::tests::craft::{Bench, altered, sized};
    let mut world = World::new();
    let replica = Replica::join(&world, drafter(Bureau::TSB), 2);
    let bench = bench_of(&mut world, replica);
    let orphan = altered(&bench.field, |change| change.deps = vec![automerge::ChangeHash([9; 32])]);
    let bench = Bench { field: Change::from_bytes(orphan).unwrap(), ..bench };
    holds!(SYNC_HELD_BYTES_MAX, |bytes| {
        let each = bytes / 9;
        let mut changes: Vec<Vec<u8>> = (1..9).map(|actor| sized(&bench, each, actor)).collect();
        changes.push(sized(&bench, bytes - 8 * each, 9));
        let changes: Vec<&[u8]> = changes.iter().map(Vec::as_slice).collect();
        let incoming = Incoming::decode(&message(0, &[], &changes, &[])).unwrap();
        match Peer::new(false).receive(&mut world.reader, incoming) {
            Ok(received) => received.groups.is_empty(),
            Err(refusal) => {
                assert_eq!(refusal.code, RefusalCode::Busy);
                false
            }
        }
    });
}
