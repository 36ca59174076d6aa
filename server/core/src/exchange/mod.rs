//! Formats that plans come in and go out by, one file each; all of them pass through `PlanView`.
//!
//! Pure functions of bytes: no clock, no entropy, no files.

pub mod itu;

#[cfg(test)]
mod tests;
