//! The sans-IO server: one plan's hub and everything it decides with.
//!
//! `Hub::propose` takes what waits and returns a `Proposal`: entries to be made durable, and no
//! frames.  Only `Hub::committed`, which consumes the proposal, says what may be told.  One
//! mutation, then everything that follows from it, then the next.
//!
//! **This crate never holds** a runtime, a socket, a file, a database, a clock or a source of
//! entropy: time, entropy and the past come in through `Context`.

pub mod authority;
mod bases;
pub mod blame;
pub mod create;
pub mod diff;
pub mod document;
pub mod exchange;
pub mod gate;
pub mod graph;
pub mod history;
pub mod hub;
pub mod mapping;
mod mirror;
pub mod order;
pub mod places;
pub mod poison;
pub mod policy;
pub mod quotes;
pub mod reader;
mod restore;
pub mod rules;
pub mod snapshot;
pub mod state;
mod stored;
mod summary;
pub mod sync;
mod thin;
pub mod tree;
pub mod versions;

#[cfg(test)]
mod tests;

pub use hub::{Answer, Ask, Context, Effect, Entropy, Hub, Input, Past, Proposal};
pub use policy::{Action, Grant};
pub use reader::Reader;
