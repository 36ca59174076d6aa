//! Entries one after the other, and what is found when one of them was altered.

use proptest::prelude::*;
use serde_bytes::ByteArray;

use super::super::place::Place;
use super::super::{Body, Chain, EntryFault, Frontier, Leaves, Verdict, put_entry, read_entries};
use crate::ids::{Digest, PlanId, Seq};
use crate::plan::Stage;
use crate::record::{Act, Author, ENVELOPE_VERSION, Envelope, Event, PAYLOAD_TYPE, Payload, Sealed, Touched};
use crate::{Bureau, Role};

fn plan() -> PlanId {
    "sp".parse().unwrap()
}

fn envelope(seq: u64, prev: Digest) -> Envelope {
    Envelope {
        v: ENVELOPE_VERSION,
        at: 1_700_000_000_000_000 + seq as i64,
        id: ByteArray::new([seq as u8; 16]),
        seq: Seq(seq),
        base: None,
        boot: ByteArray::new([9; 16]),
        plan: plan(),
        prev,
        act: "stage_advanced".into(),
        build: None,
        claimed: None,
        session: None,
        touched: Touched::Rows(Vec::new()),
        causation: None,
        client_id: None,
        on_behalf: None,
        principal: Author {
            role: Role::Chair,
            bureau: Bureau::BR,
            issuer: "issuer".into(),
            subject: "chair".parse().unwrap(),
            token_id: None,
        },
        payload_len: 0,
        type_schema: 1,
        payload_type: PAYLOAD_TYPE.into(),
        payload_commitment: Digest::ZERO,
    }
}

fn payload() -> Payload {
    Payload {
        act: Act::StageAdvanced { to: Stage::Council, from: Stage::CwgSfp, despite: Default::default() },
        name: "Chair".into(),
        answers: Vec::new(),
        because: None,
        request: None,
    }
}

fn log(count: u64) -> Vec<Sealed> {
    let mut prev = Digest::ZERO;
    let entry = |seq| {
        let (sealed, event) = Event::seal(envelope(seq, prev), payload(), [seq as u8; 32]).unwrap();
        prev = event.leaf;
        sealed
    };
    (1..=count).map(entry).collect()
}

fn body(entry: &Sealed) -> Body<'_> {
    Body::Present { salt: &entry.salt, payload: &entry.payload }
}

fn walk(mut chain: Chain, entries: &[Sealed]) -> Result<Chain, EntryFault> {
    for entry in entries {
        chain.take(&entry.envelope, body(entry))?;
    }
    Ok(chain)
}

#[test]
fn an_honest_log_gives_the_root_of_its_tree() {
    let log = log(40);
    let chain = walk(Chain::whole(plan()), &log).unwrap();
    let leaves: Leaves = log.iter().map(|entry| crate::record::leaf_hash(&entry.envelope)).collect();
    assert_eq!(chain.tree().map(Frontier::root), leaves.root(40));
    assert_eq!(chain.next(), Seq(41));
    // A walk can stop and go on.
    let first = walk(Chain::whole(plan()), &log[..17]).unwrap();
    let going_on = Chain::after(plan(), first.tree().unwrap().clone(), leaves.get(16).unwrap());
    let going_on = walk(going_on, &log[17..]).unwrap();
    assert_eq!(going_on.tree(), chain.tree());
    // A range does not know what came before, and has no tree.
    let range = walk(Chain::range(plan(), Seq(18)), &log[17..30]).unwrap();
    assert_eq!((range.next(), range.tree()), (Seq(31), None));
}

#[test]
fn entries_travel_byte_for_byte() {
    let log = log(3);
    let mut sequence = Vec::new();
    put_entry(&mut sequence, &log[0].envelope, body(&log[0]));
    put_entry(&mut sequence, &log[1].envelope, Body::Absent);
    put_entry(&mut sequence, &log[2].envelope, body(&log[2]));
    let read = read_entries(&sequence).unwrap();
    let mut chain = Chain::whole(plan());
    let verdicts: Vec<_> =
        read.iter().map(|entry| chain.take(entry.envelope(), entry.body()).unwrap().1).collect();
    assert_eq!(verdicts, [Verdict::Valid, Verdict::PayloadAbsent, Verdict::Valid]);
    let whole = walk(Chain::whole(plan()), &log).unwrap();
    assert_eq!(chain.tree(), whole.tree());
    let cut = read_entries(&sequence[..sequence.len() - 1]).unwrap_err();
    assert_eq!(cut.number, 3);
}

#[test]
fn an_erased_payload_is_told_from_an_altered_one() {
    let log = log(3);
    let mut chain = walk(Chain::whole(plan()), &log[..1]).unwrap();
    let mut altered = log[1].clone();
    altered.payload[4] ^= 1;
    let fault = chain.take(&altered.envelope, body(&altered));
    assert_eq!(fault, Err(EntryFault::Payload { seq: Seq(2) }));
    altered = log[1].clone();
    altered.salt[0] ^= 1;
    assert_eq!(chain.take(&altered.envelope, body(&altered)), Err(EntryFault::Payload { seq: Seq(2) }));
    let (leaf, verdict) = chain.take(&log[1].envelope, Body::Absent).unwrap();
    assert_eq!((leaf, verdict), (crate::record::leaf_hash(&log[1].envelope), Verdict::PayloadAbsent));
    assert_eq!(chain.take(&log[2].envelope, body(&log[2])).unwrap().1, Verdict::Valid);
}

#[test]
fn what_was_taken_out_swapped_or_repeated_is_named() {
    let log = log(5);
    let seq_of = |order: &[usize]| {
        let entries: Vec<Sealed> = order.iter().map(|at| log[*at].clone()).collect();
        walk(Chain::whole(plan()), &entries).map(|_| ()).unwrap_err()
    };
    assert_eq!(seq_of(&[0, 2]), EntryFault::Seq { seq: Seq(2), found: Seq(3) });
    assert_eq!(seq_of(&[1]), EntryFault::Seq { seq: Seq(1), found: Seq(2) });
    assert_eq!(seq_of(&[0, 1, 1]), EntryFault::Seq { seq: Seq(3), found: Seq(2) });
    let (forged, _) = Event::seal(envelope(2, Digest([5; 32])), payload(), [0; 32]).unwrap();
    let mut chain = walk(Chain::whole(plan()), &log[..1]).unwrap();
    let fault = chain.take(&forged.envelope, body(&forged));
    assert_eq!(fault, Err(EntryFault::Previous { seq: Seq(2) }));
    let fault = Chain::whole("other".parse().unwrap()).take(&log[0].envelope, body(&log[0]));
    assert_eq!(fault, Err(EntryFault::Plan { seq: Seq(1), found: "sp".into() }));
    let (first, _) = Event::seal(envelope(1, Digest([5; 32])), payload(), [0; 32]).unwrap();
    let fault = Chain::range(plan(), Seq(1)).take(&first.envelope, body(&first));
    assert_eq!(fault, Err(EntryFault::Previous { seq: Seq(1) }));
    let newer = Envelope { v: ENVELOPE_VERSION + 1, ..envelope(1, Digest::ZERO) };
    let (newer, _) = Event::seal(newer, payload(), [0; 32]).unwrap();
    let fault = Chain::whole(plan()).take(&newer.envelope, body(&newer));
    assert_eq!(fault, Err(EntryFault::Version { seq: Seq(1), found: u64::from(ENVELOPE_VERSION) + 1 }));
}

proptest! {
    #[test]
    fn no_bit_of_a_log_can_be_flipped(entry in 0_usize..12, byte in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let honest = log(12);
        let root = |chain: &Chain| chain.tree().map(Frontier::root);
        let expected = root(&walk(Chain::whole(plan()), &honest).unwrap());
        let mut altered = honest.clone();
        let (envelope, payload) = (altered[entry].envelope.len(), altered[entry].payload.len());
        let at = byte.index(envelope + payload + 32);
        let flipped = match at {
            at if at < envelope => &mut altered[entry].envelope[at],
            at if at < envelope + payload => &mut altered[entry].payload[at - envelope],
            at => &mut altered[entry].salt[at - envelope - payload],
        };
        *flipped ^= 1 << bit;
        let found = walk(Chain::whole(plan()), &altered);
        prop_assert!(found.as_ref().is_err() || found.is_ok_and(|chain| root(&chain) != expected));
    }

    #[test]
    fn a_place_is_read_as_the_whole_envelope_is(at in 0_usize..400, byte in any::<u8>()) {
        let mut bytes = log(2)[1].envelope.clone();
        if let Some(altered) = bytes.get_mut(at) {
            *altered = byte;
        }
        let whole = crate::record::decode_envelope(&bytes);
        if let (Ok(place), Ok(whole)) = (Place::read(&bytes), &whole) {
            prop_assert_eq!((place.seq, place.plan), (whole.seq, whole.plan.as_str()));
            prop_assert_eq!((place.previous, place.payload_commitment), (whole.prev, whole.payload_commitment));
            prop_assert_eq!((place.version, place.payload_length), (u64::from(whole.v), whole.payload_len));
        }
    }

    #[test]
    fn nothing_that_comes_in_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Chain::whole(plan()).take(&bytes, Body::Absent).is_err());
    }
}
