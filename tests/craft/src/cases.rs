//! The table of hostile changes: how each is crafted, and the code with which it is refused.

mod bytes;
mod headers;
mod layout;
mod operations;

use plenary_protocol::wire::RefusalCode;

use crate::bench::Bench;

pub use bytes::*;
pub use headers::*;
pub use layout::*;
pub use operations::*;

/// Makes the bytes of a change.
pub type Craft = fn(&Bench) -> Vec<u8>;
/// A name, the code, and how it is crafted by `tsb-drafter` on the small plan.
pub type Row = (&'static str, RefusalCode, Craft);

/// All of them.
pub fn all() -> impl Iterator<Item = &'static Row> {
    [
        BYTES_THAT_ARE_NO_CHANGE,
        COUNTS_THAT_ARE_LARGER_THAN_THE_CHANGE,
        HEADERS_THAT_CANNOT_BE,
        OPERATIONS_ON_WHAT_IS_NOT_THERE,
        OPERATIONS_THAT_THE_LAYOUT_DOES_NOT_KNOW,
        NEW_ELEMENTS_THAT_ARE_NOT_WHOLE,
        REPLICAS_KEEP_THE_LIMITS_OF_TEXTS_SETS_AND_MARKS,
    ]
    .into_iter()
    .flatten()
}
