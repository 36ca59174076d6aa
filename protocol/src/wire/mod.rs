//! What travels: messages of `/live`, events in plain words, answers of the HTTP API.

pub mod api;
pub mod codes;
pub mod event;
pub mod findings;
pub mod live;
pub mod mapping;
pub mod past;
pub mod sync;
pub mod versions;

pub use codes::{Refusal, RefusalCode};
pub use event::EventView;
pub use live::{ClientMessage, ServerMessage};
