//! The vocabulary of Plenary: what a plan is made of (`plan`), what an entry of the log is
//! (`record`), what travels over the wire (`wire`), and how two texts compare (`text`).
//!
//! Everything here is data and pure functions of it.  **This crate never holds** a runtime, a
//! socket, a file, a clock, a source of entropy or a database: those come in as arguments from the
//! crates above.

pub mod access;
pub mod evidence;
pub mod ids;
pub mod limits;
pub mod plan;
pub mod principal;
pub mod record;
pub mod text;
pub mod wire;

pub use access::{Access, Reader, Readers};
pub use ids::{Digest, ElementId, PlanId, Seq};
pub use principal::{Bureau, Principal, Role};
