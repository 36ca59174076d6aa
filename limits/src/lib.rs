//! Every limit of Plenary by name, in one file: [`table`].
//!
//! A limit has its unit in its name, a reason, and what happens beyond it; relations between limits, of
//! whatever part of the program, are asserted when the table is compiled.  This crate depends on nothing,
//! so that every other may go by it, the log and the wire alike.  Numbers that bound nothing (formats,
//! shapes of memory, widths on a screen) stand where they are used.

mod held;
mod registry;
pub mod table;

#[cfg(test)]
mod tests;

pub use self::held::hold;
pub use self::registry::{Limit, Settable};
pub use self::table::*;
