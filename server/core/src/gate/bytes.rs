//! The bytes of a change, measured before the library decodes them.
//!
//! Run lengths and group sizes are claims: a change of 82 bytes can say that it has 2⁶⁰ operations,
//! and the library would begin to list them.  Here they are added up without being believed.  Only
//! what an uncompressed change chunk of the known columns holds passes; whether it makes sense is
//! for the lines after this one.

use plenary_limits::{
    ACTOR_BYTES_MAX, CHANGE_ACTORS_MAX, CHANGE_BYTES_MAX, CHANGE_MESSAGE_BYTES_MAX, CHANGE_OPERATIONS_MAX,
    PREDECESSORS_MAX, SCALAR_BYTES_MAX,
};
use plenary_protocol::wire::{Refusal, RefusalCode};

/// Magic bytes of every chunk of the Automerge format.
const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
/// Chunk type of an uncompressed change.
const CHUNK_CHANGE: u8 = 1;
/// Bytes before the length of a chunk: magic, checksum, type.
const CHUNK_HEAD: usize = 9;
const HASH_BYTES: usize = 32;

/// Column specifications (id and type) of operations in a change.
mod column {
    pub(super) const KEY_TEXT: u64 = 0x15;
    pub(super) const ACTION: u64 = 0x42;
    pub(super) const PREDECESSORS: u64 = 0x70;
    pub(super) const MARK_NAME: u64 = 0xa5;
    /// The deflate bit: a compressed column.
    pub(super) const DEFLATED: u64 = 0x08;
    /// Every column that the library writes.
    pub(super) const KNOWN: [u64; 14] = [
        0x01,
        0x02,
        0x11,
        0x13,
        KEY_TEXT,
        0x34,
        ACTION,
        0x56,
        0x57,
        PREDECESSORS,
        0x71,
        0x73,
        0x94,
        MARK_NAME,
    ];
}

type Checked<T> = Result<T, Refusal>;

fn bad<T>(reason: impl Into<String>) -> Checked<T> {
    Err(Refusal::new(RefusalCode::BadChange, reason))
}

fn too_large(what: &str, actual: impl std::fmt::Display, max: usize) -> Refusal {
    Refusal::new(
        RefusalCode::TooLarge,
        format!("{what}: {actual} are more than the {max} one change may have"),
    )
}

/// Measures one change chunk; gives back the number of its operations.
///
/// # Errors
/// A refusal with code `too_large` or `bad_change`.
pub(crate) fn measure(bytes: &[u8]) -> Checked<u64> {
    if bytes.len() > CHANGE_BYTES_MAX {
        return Err(too_large("bytes", bytes.len(), CHANGE_BYTES_MAX));
    }
    if bytes.len() <= CHUNK_HEAD || bytes[..4] != MAGIC {
        return bad("it is no Automerge chunk");
    }
    if bytes[8] != CHUNK_CHANGE {
        return bad(
            "send changes uncompressed (chunk type 1), one a time: documents and compressed changes are not taken",
        );
    }
    let mut input = Input(&bytes[CHUNK_HEAD..]);
    if input.number()? != input.0.len() as u64 {
        return bad("its length is not the one it states");
    }
    let dependencies = input.number()?;
    input.take(dependencies.saturating_mul(HASH_BYTES as u64))?;
    input.actor()?;
    let (_seq, _start) = (input.number()?, input.number()?);
    input.signed()?;
    let message = input.number()?;
    if message > CHANGE_MESSAGE_BYTES_MAX as u64 {
        return Err(too_large("bytes of its message", message, CHANGE_MESSAGE_BYTES_MAX));
    }
    input.take(message)?;
    let actors = input.number()?;
    if actors > CHANGE_ACTORS_MAX as u64 {
        return Err(too_large("actors", actors, CHANGE_ACTORS_MAX));
    }
    for _ in 0..actors {
        input.actor()?;
    }
    columns(&mut input)
}

fn columns(input: &mut Input<'_>) -> Checked<u64> {
    let mut operations = 0;
    let count = input.number()?;
    let mut known = Vec::new();
    for _ in 0..count {
        let (spec, length) = (input.number()?, input.number()?);
        if spec & column::DEFLATED != 0 {
            return bad("a column of it is compressed");
        }
        if !column::KNOWN.contains(&spec) || known.last().is_some_and(|(last, _)| *last >= spec) {
            return bad(format!("it has a column {spec:#x} that is unknown or out of order"));
        }
        known.push((spec, length));
    }
    for (spec, length) in known {
        let data = Input(input.take(length)?);
        match spec {
            column::ACTION => {
                operations = data.runs(Value::Number, |run, _| run)?;
                if operations > CHANGE_OPERATIONS_MAX as u64 {
                    return Err(too_large("operations", operations, CHANGE_OPERATIONS_MAX));
                }
            }
            column::PREDECESSORS => {
                let predecessors = data.runs(Value::Number, |run, each| run.saturating_mul(each))?;
                if predecessors > PREDECESSORS_MAX as u64 {
                    return Err(too_large("predecessors", predecessors, PREDECESSORS_MAX));
                }
            }
            column::KEY_TEXT | column::MARK_NAME => _ = data.runs(Value::Text, |run, _| run)?,
            _ => {}
        }
    }
    Ok(operations)
}

/// What a run-length column holds.
#[derive(Clone, Copy)]
enum Value {
    Number,
    Text,
}

struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, length: u64) -> Checked<&'a [u8]> {
        match usize::try_from(length).ok().and_then(|length| self.0.split_at_checked(length)) {
            Some((taken, rest)) => {
                self.0 = rest;
                Ok(taken)
            }
            None => bad("it ends in the middle of something"),
        }
    }

    fn byte(&mut self) -> Checked<u8> {
        Ok(self.take(1)?[0])
    }

    /// An unsigned LEB128 number of up to 64 bits.
    fn number(&mut self) -> Checked<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let part = u64::from(byte & 0x7f);
            if shift == 63 && part > 1 {
                break;
            }
            value |= part << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        bad("a number in it has more than 64 bits")
    }

    /// A signed LEB128 number of up to 64 bits.
    fn signed(&mut self) -> Checked<i64> {
        let mut value = 0i64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= i64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                let unset = 64 - (shift + 7).min(64);
                return Ok((value << unset) >> unset);
            }
        }
        bad("a number in it has more than 64 bits")
    }

    fn actor(&mut self) -> Checked<()> {
        let length = self.number()?;
        if length == 0 || length > ACTOR_BYTES_MAX as u64 {
            return bad(format!("an actor id in it has {length} bytes; 1 to {ACTOR_BYTES_MAX} are allowed"));
        }
        self.take(length).map(|_| ())
    }

    /// Adds up a run-length column: `weigh` says what a run of equal values counts for.
    fn runs(mut self, ty: Value, weigh: impl Fn(u64, u64) -> u64) -> Checked<u64> {
        let mut sum = 0u64;
        while !self.0.is_empty() {
            let run = self.signed()?;
            if run == 0 {
                sum = sum.saturating_add(weigh(self.number()?, 1));
            } else if run > 0 {
                let value = self.value(ty)?;
                sum = sum.saturating_add(weigh(run.unsigned_abs(), value));
            } else {
                // Every literal takes a byte at least, so a false count ends with the input.
                for _ in 0..run.unsigned_abs() {
                    let value = self.value(ty)?;
                    sum = sum.saturating_add(weigh(1, value));
                }
            }
        }
        Ok(sum)
    }

    fn value(&mut self, ty: Value) -> Checked<u64> {
        let value = self.number()?;
        if let Value::Text = ty {
            if value > SCALAR_BYTES_MAX as u64 {
                return Err(too_large("bytes of a key", value, SCALAR_BYTES_MAX));
            }
            self.take(value)?;
        }
        Ok(value)
    }
}
