//! The vocabulary of Plenary: what a plan is made of (`plan`), what an entry of the log is
//! (`record`), what travels over the wire (`wire`), how a point of the past is named (`point`), what
//! a signature on a version says (`version`), and how two texts compare (`text`).
//!
//! Everything here is data and pure functions of it.  **This crate never holds** a runtime, a
//! socket, a file, a clock, a source of entropy or a database: those come in as arguments from the
//! crates above.

pub mod access;
pub mod evidence;
pub mod ids;
pub mod plan;
pub mod point;
pub mod principal;
pub mod record;
pub mod text;
pub mod version;
pub mod visible;
pub mod wire;

#[cfg(test)]
mod limits_tests;

pub use access::{Access, Reader, Readers};
pub use ids::{Digest, ElementId, PlanId, Seq, VersionName};
pub use point::Point;
pub use principal::{Bureau, Principal, Role};
pub use version::{Covers, SignedAs};
