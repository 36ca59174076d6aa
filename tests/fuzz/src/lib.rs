//! Altered bytes for every decoder: each target is a function of bytes, a corpus made by code, and nothing else.
//!
//! An input follows from target, seed and number, so what a worker died of is known from its last number.  A
//! panic, memory beyond a limit, an input that takes too long and a broken promise of the target are failures.
//! There is no coverage guidance: the corpus is made of real data, and alterations know sizes and checksums.

pub mod mutate;
pub mod target;
pub mod targets;
pub mod worker;

#[cfg(test)]
mod tests;
