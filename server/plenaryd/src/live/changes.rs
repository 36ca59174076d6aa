//! Finished changes of a message, put in order before their plan is asked.

use plenary_core::gate::operations_of;
use plenary_core::order::in_order;
use plenary_limits::{LIVE_CHANGES_AT_ONCE_BYTES_MAX, LIVE_CHANGES_AT_ONCE_OPERATIONS_MAX};
use plenary_protocol::wire::live::Bytes;
use plenary_protocol::wire::{Refusal, RefusalCode};

/// The changes, each after those that it builds or hangs on; many are looked at beside other work.
///
/// # Errors
/// A refusal with code `unavailable` when they cannot be looked at.
pub(super) async fn arranged(changes: Vec<Bytes>) -> Result<Vec<Vec<u8>>, Refusal> {
    let changes: Vec<Vec<u8>> = changes.into_iter().map(|Bytes(bytes)| bytes).collect();
    if are_few(changes.iter().map(Vec::len).sum(), operations_of(&changes)) {
        return Ok(in_order(changes));
    }
    let arranged = actix_web::web::block(move || in_order(changes)).await;
    arranged.map_err(|error| Refusal::new(RefusalCode::Unavailable, error.to_string()))
}

fn are_few(bytes: usize, operations: u64) -> bool {
    bytes <= LIVE_CHANGES_AT_ONCE_BYTES_MAX && operations <= LIVE_CHANGES_AT_ONCE_OPERATIONS_MAX as u64
}

#[cfg(test)]
mod tests {
    use plenary_limits::holds;

    use super::*;

    #[test]
    fn so_many_bytes_and_operations_are_few() {
        holds!(LIVE_CHANGES_AT_ONCE_BYTES_MAX, |bytes| are_few(bytes, 0));
        holds!(LIVE_CHANGES_AT_ONCE_OPERATIONS_MAX, |operations| are_few(0, operations as u64));
    }
}
