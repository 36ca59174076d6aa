//! Alterations of bytes: bits, runs, integers at the edges, splices of two inputs.

use plenary_sim::random::Random;

use crate::target::Target;

/// Bytes of the largest input that is made.
const INPUT_BYTES_MAX: usize = 256 * 1024;
/// Integers at which lengths and counts go wrong.
const EDGES: [u64; 16] = [
    0,
    1,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0xffff,
    0x1_0000,
    0x7fff_ffff,
    0xffff_ffff,
    0x1_0000_0000,
    1 << 40,
    i64::MAX as u64,
    1 << 63,
    u64::MAX - 1,
    u64::MAX,
];

/// The input of a number: it follows from target, seed and number alone.
pub fn input(target: &Target, seed: u64, number: u64) -> Vec<u8> {
    let mut random = Random::new(seed ^ number.wrapping_mul(0xd134_2543_de82_ef95));
    let mut bytes = random.pick(&target.corpus).clone();
    if number < target.corpus.len() as u64 {
        return target.corpus[number as usize].clone();
    }
    let times = 1 + random.below(4) * random.below(4);
    for _ in 0..times {
        alter(&mut bytes, &target.corpus, &mut random);
    }
    bytes.truncate(INPUT_BYTES_MAX);
    if random.chance(50) {
        (target.repair)(&mut bytes, random.number());
    }
    bytes
}

fn alter(bytes: &mut Vec<u8>, corpus: &[Vec<u8>], random: &mut Random) {
    let at = random.below(bytes.len() + 1);
    let end = (at + 1 + random.below(16)).min(bytes.len());
    match random.below(10) {
        0 | 1 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << random.below(8);
            }
        }
        2 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = random.number() as u8;
            }
        }
        3 => _ = bytes.drain(at.min(end)..end),
        4 => {
            let again = bytes[at.min(end)..end].repeat(1 + random.below(40));
            bytes.splice(at..at, again);
        }
        5 => {
            let edge = *random.pick(&EDGES);
            let integer = integer(edge, random);
            let replaced = if random.chance(50) { (at + integer.len()).min(bytes.len()) } else { at };
            bytes.splice(at..replaced, integer);
        }
        6 => {
            let other = random.pick(corpus);
            let from = random.below(other.len() + 1);
            let to = from + random.below(other.len() - from + 1);
            bytes.splice(at..end.max(at), other[from..to].iter().copied());
        }
        7 => bytes.truncate(at),
        8 => {
            let other = random.pick(corpus);
            bytes.truncate(at);
            bytes.extend_from_slice(&other[at.min(other.len())..]);
        }
        _ => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = byte.wrapping_add(if random.chance(50) { 1 } else { 0xff });
            }
        }
    }
}

/// An integer as one of the formats writes it.
fn integer(value: u64, random: &mut Random) -> Vec<u8> {
    match random.below(6) {
        0 => plenary_craft::parts::number(value),
        1 => value.to_be_bytes().to_vec(),
        2 => value.to_le_bytes().to_vec(),
        3 => (value as u32).to_be_bytes().to_vec(),
        4 => [&[0x1b][..], &value.to_be_bytes()].concat(),
        _ => value.to_string().into_bytes(),
    }
}
