//! Values of the store: whole in a leaf when short, otherwise cut into chunks in a tree of their own.
//!
//! A value carries its checksum, because a chunk that sled lost in a crash must not pass for absent
//! bytes. Layout: `0 | u32 crc32c | bytes`, or `1 | u32 crc32c | u64 length`, all big-endian.

use sled::Tree;

use crate::frame::Reader;
use plenary_limits::STORE_VALUE_BYTES_MAX;

const WHOLE: u8 = 0;
const CHUNKED: u8 = 1;

/// Puts a value into a tree; the chunks of a long one go before its row.
pub(crate) fn put(tree: &Tree, chunks: &Tree, code: u8, key: &[u8], value: &[u8]) -> sled::Result<()> {
    let is_whole = value.len() + 5 <= STORE_VALUE_BYTES_MAX;
    let mut row = Vec::with_capacity(5 + if is_whole { value.len() } else { 8 });
    row.push(if is_whole { WHOLE } else { CHUNKED });
    row.extend_from_slice(&crc32c::crc32c(value).to_be_bytes());
    if is_whole {
        row.extend_from_slice(value);
    } else {
        for (number, part) in (0_u32..).zip(value.chunks(STORE_VALUE_BYTES_MAX)) {
            chunks.insert(chunk_key(code, key, number), part)?;
        }
        row.extend_from_slice(&(value.len() as u64).to_be_bytes());
    }
    tree.insert(key, row).map(|_| ())
}

/// Reads a value from its row; an error text when the row or a chunk is not as written.
pub(crate) fn read(chunks: &Tree, code: u8, key: &[u8], row: &[u8]) -> sled::Result<Result<Vec<u8>, String>> {
    let mut reader = Reader(row);
    let (Some(tag), Some(sum)) = (reader.u8(), reader.u32()) else {
        return Ok(Err(format!("a row of {} bytes", row.len())));
    };
    let value = match tag {
        WHOLE => reader.rest().to_vec(),
        CHUNKED => {
            let length = reader.u64().and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
            let mut value = Vec::new();
            for number in 0..u32::try_from(length.div_ceil(STORE_VALUE_BYTES_MAX)).unwrap_or(0) {
                let Some(part) = chunks.get(chunk_key(code, key, number))? else {
                    return Ok(Err(format!("chunk {number} is missing")));
                };
                value.extend_from_slice(&part);
            }
            if value.len() != length {
                return Ok(Err(format!("chunks of {} bytes instead of {length}", value.len())));
            }
            value
        }
        tag => return Ok(Err(format!("a row of kind {tag}"))),
    };
    let computed = crc32c::crc32c(&value);
    Ok(if computed == sum { Ok(value) } else { Err(format!("checksum {computed:08x} instead of {sum:08x}")) })
}

fn chunk_key(code: u8, key: &[u8], number: u32) -> Vec<u8> {
    let mut out = Vec::with_capacity(key.len() + 7);
    out.push(code);
    out.extend_from_slice(&u16::try_from(key.len()).unwrap_or(u16::MAX).to_be_bytes());
    out.extend_from_slice(key);
    out.extend_from_slice(&number.to_be_bytes());
    out
}
