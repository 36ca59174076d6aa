//! The place of an element among its siblings: a fractional index over the digits `0-9A-Za-z`.
//!
//! Between any two different keys there is always another, so a move is one change of one value.
//! Two people who insert at the same place make the same key; ties are broken by element id.

use plenary_limits::ORDER_BYTES_MAX;

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Whether a text is an order key: digits of the alphabet, not ending in its zero.
pub fn is_order(key: &str) -> bool {
    !key.is_empty()
        && key.len() <= ORDER_BYTES_MAX
        && key.bytes().all(|byte| DIGITS.contains(&byte))
        && !key.ends_with('0')
}

/// A key after `low` and before `high`; an empty `low` is the start, an empty `high` the end.
///
/// Where `low` is not before `high` (two elements made at one place), the key follows `low`.
/// Appending is the common case: keys then grow with the logarithm of how many there are.
pub fn between(low: &str, high: &str) -> String {
    let is_last = high.is_empty() || low >= high;
    if is_last && is_order(low) { after(low) } else { inside(low, high) }
}

/// The next key after all others: `low` counted up by one as a number of its length; when that is
/// full, it goes on with as many digits more.
fn after(low: &str) -> String {
    let mut digits: Vec<usize> = low.bytes().map(digit).collect();
    match digits.iter().rposition(|digit| *digit + 1 < DIGITS.len()) {
        Some(place) => {
            digits[place] += 1;
            digits[place + 1..].fill(0);
        }
        None => digits.resize(2 * digits.len(), 0),
    }
    // A key does not end in the alphabet's zero: nothing would fit before it.
    if let Some(last) = digits.last_mut().filter(|last| **last == 0) {
        *last = 1;
    }
    digits.into_iter().map(|digit| char::from(DIGITS[digit])).collect()
}

fn inside(low: &str, high: &str) -> String {
    let high = if high.is_empty() || low < high { high.as_bytes() } else { b"" };
    let low = low.as_bytes();
    let mut key = Vec::new();
    let mut bounded = !high.is_empty();
    for place in 0.. {
        let from = low.get(place).map_or(0, |byte| digit(*byte));
        let to = if bounded { high.get(place).map_or(0, |byte| digit(*byte)) } else { DIGITS.len() };
        if from + 1 < to {
            // At the open end go up by a small step, so that what follows finds room.
            let step = if bounded { (to - from) / 2 } else { 1.max((to - from) / 8) };
            key.push(DIGITS[from + step]);
            break;
        }
        key.push(DIGITS[from]);
        if bounded && from < to {
            bounded = false;
        }
    }
    String::from_utf8_lossy(&key).into_owned()
}

/// `count` keys after `low` and before `high`, in order and as short as halving makes them.
pub fn spread(low: &str, high: &str, count: usize) -> Vec<String> {
    if count == 0 {
        return Vec::new();
    }
    let middle = inside(low, high);
    let mut keys = spread(low, &middle, count / 2);
    let above = spread(&middle, high, count - count / 2 - 1);
    keys.push(middle);
    keys.extend(above);
    keys
}

fn digit(byte: u8) -> usize {
    DIGITS.iter().position(|known| *known == byte).unwrap_or(0)
}
