//! Another past, written by somebody who has the program: journal and store agree, and in the second
//! half chain, tree and records too, signed with the server's own key.

use plenary_log::{Entry, leaf_hash};
use plenary_protocol::ids::Digest;
use plenary_protocol::record::{Envelope, RowOp, Touched, decode_envelope, payload_commitment};
use plenary_protocol::{Bureau, Seq};
use plenary_tests::{ADOPTED, DRAFT};

use super::Kind;
use super::bytes::roll_back;
use super::scene::{Dice, Scene};

pub fn kinds() -> Vec<Kind> {
    vec![
        Kind::of("a payload altered, all else left", |scene, dice| {
            half(scene, dice, |entry, dice| flip(&mut entry.payload, dice));
        }),
        Kind::of("a salt altered, all else left", |scene, dice| {
            half(scene, dice, |entry, dice| entry.salt[dice.below(32)] ^= 1);
        }),
        Kind::of("a payload and what the envelope says of it altered, the chain left", |scene, dice| {
            half(scene, dice, |entry, dice| {
                flip(&mut entry.payload, dice);
                commit(entry);
            });
        }),
        Kind::of("who did it altered, the chain left", |scene, dice| {
            half(scene, dice, |entry, _| on_envelope(entry, another_author));
        }),
        Kind::of("when it was done altered, the chain left", |scene, dice| {
            half(scene, dice, |entry, _| on_envelope(entry, |envelope| envelope.at -= 86_400_000_000));
        }),
        Kind::of("two payloads swapped, all else left", |scene, dice| {
            let mut entries = scene.entries_of(DRAFT);
            let a = some(&entries, dice);
            let b = if a == 1 { 2 } else { a - 1 };
            let (one, other) = (entries[a].payload.clone(), entries[b].payload.clone());
            entries[a].payload = other;
            entries[b].payload = one;
            put(scene, entries, false);
        }),
        Kind::of("an entry taken out and the rest numbered anew, the chain left", |scene, dice| {
            let mut entries = scene.entries_of(DRAFT);
            entries.remove(some(&entries, dice));
            number(&mut entries);
            put(scene, entries, false);
        }),
        Kind::of("a payload altered, everything after it sealed anew", |scene, dice| {
            whole(scene, dice, |entries, at, dice| {
                flip(&mut entries[at].payload, dice);
                commit(&mut entries[at]);
            });
        }),
        Kind::of("who did it altered, everything sealed anew", |scene, dice| {
            whole(scene, dice, |entries, at, _| on_envelope(&mut entries[at], another_author));
        }),
        Kind::of("for which Bureau altered, everything sealed anew", |scene, dice| {
            whole(scene, dice, |entries, at, _| {
                on_envelope(&mut entries[at], |envelope| {
                    let other =
                        if envelope.principal.bureau == Bureau::BDT { Bureau::TSB } else { Bureau::BDT };
                    envelope.principal.bureau = other;
                });
            });
        }),
        Kind::of("when it was done altered, everything sealed anew", |scene, dice| {
            whole(scene, dice, |entries, at, _| on_envelope(&mut entries[at], |envelope| envelope.at -= 1));
        }),
        Kind::of("the kind of act altered, everything sealed anew", |scene, dice| {
            whole(scene, dice, |entries, at, _| {
                on_envelope(&mut entries[at], |envelope| envelope.act = "refused".into());
            });
        }),
        Kind::of("what it touched altered, everything sealed anew", |scene, dice| {
            whole(scene, dice, |entries, at, _| {
                on_envelope(&mut entries[at], |envelope| {
                    let element = "tgt-22222222".parse().unwrap();
                    envelope.touched = Touched::Rows(vec![(element, "forged".into(), RowOp::Text)]);
                });
            });
        }),
        Kind::of("the client's name for it altered, everything sealed anew", |scene, dice| {
            whole(scene, dice, |entries, at, _| {
                on_envelope(&mut entries[at], |envelope| envelope.client_id = "forged-1".parse().ok());
            });
        }),
        Kind::of("an entry taken out, everything sealed anew", |scene, dice| {
            whole(scene, dice, |entries, at, _| drop(entries.remove(at)));
        }),
        Kind::of("several entries taken out, everything sealed anew", |scene, dice| {
            whole(scene, dice, |entries, at, _| {
                let end = (at + 3).min(entries.len());
                entries.drain(at..end);
            });
        }),
        Kind::of("two entries swapped, everything sealed anew", |scene, dice| {
            whole(scene, dice, |entries, at, _| entries.swap(at, at - 1));
        }),
        Kind::of("an entry repeated, everything sealed anew", |scene, dice| {
            whole(scene, dice, |entries, at, _| entries.insert(at, entries[at].clone()));
        }),
        Kind::of("an entry put in, everything sealed anew", |scene, dice| {
            whole(scene, dice, |entries, at, _| {
                let mut forged = entries[at].clone();
                on_envelope(&mut forged, another_author);
                entries.insert(at, forged);
            });
        }),
        Kind::of("the end cut off before what clients know, records made anew", |scene, dice| {
            let mut entries = scene.entries_of(DRAFT);
            entries.truncate(scene.kept_size(DRAFT) - 1 - dice.below(3));
            put(scene, entries, true);
        }),
        Kind::of("a plan taken out with its records", |scene, _| {
            let adopted = scene.entries_of(ADOPTED);
            scene.rewrite(adopted, true);
        }),
        Kind::of("two plans swapped, everything sealed anew", |scene, _| {
            let rename = |entries: Vec<Entry>, name: &str| {
                let mut entries: Vec<Entry> =
                    entries.into_iter().map(|entry| Entry { plan: name.to_owned(), ..entry }).collect();
                for entry in &mut entries {
                    on_envelope(entry, |envelope| envelope.plan = name.parse().unwrap());
                }
                seal(&mut entries);
                entries
            };
            let (draft, adopted) = (scene.entries_of(DRAFT), scene.entries_of(ADOPTED));
            let entries = [rename(adopted, DRAFT), rename(draft, ADOPTED)].concat();
            scene.rewrite(entries, true);
        }),
        Kind::of("the whole log rolled back behind what clients know", |scene, dice| {
            roll_back(scene, &["journal", "store"]);
            // Further back than the copy of that time: its last entries are cut off, records and all.
            let mut entries = scene.entries_of(DRAFT);
            entries.truncate(scene.kept_size(DRAFT) - 1 - dice.below(5));
            put(scene, entries, true);
        }),
    ]
}

/// An entry other than the first, among those that clients have a checkpoint of.
fn known(scene: &Scene<'_>, dice: &mut Dice) -> usize {
    1 + dice.below(scene.kept_size(DRAFT) - 2)
}

fn some(entries: &[Entry], dice: &mut Dice) -> usize {
    1 + dice.below(entries.len() - 2)
}

/// Changes one entry, and leaves chain and records as they were.
fn half(scene: &mut Scene<'_>, dice: &mut Dice, change: impl FnOnce(&mut Entry, &mut Dice)) {
    let mut entries = scene.entries_of(DRAFT);
    let at = some(&entries, dice);
    change(&mut entries[at], dice);
    put(scene, entries, false);
}

/// Changes the past from one entry on, and makes all of it check again.
fn whole(scene: &mut Scene<'_>, dice: &mut Dice, change: impl FnOnce(&mut Vec<Entry>, usize, &mut Dice)) {
    let mut entries = scene.entries_of(DRAFT);
    let at = known(scene, dice);
    change(&mut entries, at, dice);
    number(&mut entries);
    seal(&mut entries);
    put(scene, entries, true);
}

fn put(scene: &mut Scene<'_>, draft: Vec<Entry>, vouched_anew: bool) {
    let entries = [scene.entries_of(ADOPTED), draft].concat();
    scene.rewrite(entries, vouched_anew);
}

fn flip(bytes: &mut [u8], dice: &mut Dice) {
    let at = dice.below(bytes.len());
    bytes[at] ^= 1 << dice.below(8);
}

fn another_author(envelope: &mut Envelope) {
    envelope.principal.subject = "somebody-else".parse().unwrap();
}

fn on_envelope(entry: &mut Entry, change: impl FnOnce(&mut Envelope)) {
    let mut envelope = decode_envelope(&entry.envelope).unwrap();
    change(&mut envelope);
    entry.envelope.clear();
    ciborium::into_writer(&envelope, &mut entry.envelope).unwrap();
}

/// Makes the envelope say what the payload is.
fn commit(entry: &mut Entry) {
    let commitment = payload_commitment(&entry.salt, &entry.payload);
    on_envelope(entry, |envelope| envelope.payload_commitment = commitment);
}

/// Numbers the entries from 1, in key and envelope.
fn number(entries: &mut [Entry]) {
    for (seq, entry) in (1..).zip(entries) {
        entry.seq = seq;
        on_envelope(entry, |envelope| envelope.seq = Seq(seq));
    }
}

/// Makes each entry name the one before it.
fn seal(entries: &mut [Entry]) {
    let mut before = Digest::ZERO;
    for entry in entries {
        on_envelope(entry, |envelope| envelope.prev = before);
        before = Digest(leaf_hash(&entry.envelope));
    }
}
