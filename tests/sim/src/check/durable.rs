//! Nothing is told that a power cut at that moment could take away.

use plenary_protocol::{Digest, Seq};

/// Holds what is about to be told against the leaf hashes that are certainly on the disk.
///
/// # Errors
/// The entry that is not.
pub fn check(certain: &[Digest], seq: Seq, leaf: Option<Digest>) -> Result<(), String> {
    let Some(index) = (seq.0 as usize).checked_sub(1) else { return Ok(()) };
    match certain.get(index) {
        None => Err(format!("entry {seq} is told before it is on the disk")),
        Some(found) if leaf.is_some_and(|leaf| leaf != *found) => {
            Err(format!("entry {seq} is told and another is on the disk"))
        }
        Some(_) => Ok(()),
    }
}
