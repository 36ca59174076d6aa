//! A `sync` frame up to its data, written once for a peer and a document.

/// What stands before the data of every `sync` frame to one peer about one document.
///
/// The data comes last in the map, so a message that is the same for many peers is encoded once and
/// only copied behind each one's prefix.
#[derive(Debug, Clone)]
pub struct SyncPrefix(Vec<u8>);

/// Major types of CBOR.
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const MAP: u8 = 5;

impl SyncPrefix {
    /// The prefix of frames from `sender` to `target` about `document`.
    pub fn new(sender: &str, target: &str, document: &str) -> Self {
        let mut out = Vec::with_capacity(160);
        head(&mut out, MAP, 5);
        for (key, value) in
            [("type", "sync"), ("senderId", sender), ("targetId", target), ("documentId", document)]
        {
            text(&mut out, key);
            text(&mut out, value);
        }
        text(&mut out, "data");
        SyncPrefix(out)
    }

    /// The frame with this data.
    pub fn frame(&self, data: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.0.len() + 9 + data.len());
        out.extend_from_slice(&self.0);
        head(&mut out, BYTES, data.len());
        out.extend_from_slice(data);
        out
    }
}

fn text(out: &mut Vec<u8>, value: &str) {
    head(out, TEXT, value.len());
    out.extend_from_slice(value.as_bytes());
}

/// The shortest head of a CBOR item, as deterministic encoding wants it.
fn head(out: &mut Vec<u8>, major: u8, length: usize) {
    let major = major << 5;
    match length {
        0..24 => out.push(major | length as u8),
        24..0x100 => out.extend([major | 24, length as u8]),
        0x100..0x1_0000 => {
            out.push(major | 25);
            out.extend((length as u16).to_be_bytes());
        }
        0x1_0000..0x1_0000_0000 => {
            out.push(major | 26);
            out.extend((length as u32).to_be_bytes());
        }
        _ => {
            out.push(major | 27);
            out.extend((length as u64).to_be_bytes());
        }
    }
}
