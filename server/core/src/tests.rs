//! The core as a whole: asks go into a hub, entries into a log in memory, and at the end of every
//! test the log is folded again and must give what the live hub has.

mod access;
mod base;
mod consolidate;
pub(crate) mod craft;
mod creation;
mod export;
mod hostile;
mod limits;
mod measure;
mod past;
pub(crate) mod plan;
mod poison;
mod policy;
pub(crate) mod replica;
mod replicas;
mod restore;
mod rounds;
mod runs;
mod snapshot;
mod thin;
mod versions;
pub(crate) mod world;
