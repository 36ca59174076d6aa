//! The simulator: the real hub, gate, sync and journal frames under one seed.
//!
//! Time, entropy, disk and network are the simulator's: no threads, no clock, no files.  A run follows
//! from its seed alone, so one that fails is replayed exactly.  It does not run sockets, sled or
//! `plenaryd`'s own session code: `server` and `world` stand for these.

pub mod check;
pub mod client;
pub mod honest;
pub mod journal;
pub mod past;
pub mod random;
pub mod scene;
pub mod server;
pub mod trace;
pub mod world;

#[cfg(test)]
mod tests;
