//! Changes and sync messages that no honest client makes, in one table for tests of hub, sockets and fuzzing.
//!
//! Each is made by code from an honest replica of the small plan (`plan`) and names the code with which it
//! is to be refused.  Nothing here is stored bytes, and nothing here refuses anything itself.

pub mod bench;
pub mod cases;
pub mod messages;
pub mod parts;
pub mod plan;
