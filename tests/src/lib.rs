//! What tests of the whole need: the real server as a process, and clients of both kinds.
//!
//! Everything here waits on sockets and pipes with a deadline and never sleeps.  Every process that
//! is started here is ended here, by its id, also when a test fails.  What a test finds wrong is a
//! panic with a message: this crate is for tests only.

mod binaries;
mod compare;
mod described;
mod http;
mod launch;
mod live;
mod log_copy;
mod replica;
mod server;

use std::time::Duration;

pub use binaries::binary;
pub use compare::{differences, json_of};
pub use described::{Described, json_of_cbor};
pub use http::{Answer, Http, Person};
pub use launch::{Exit, Launch, Process};
pub use live::{Ack, Gone, Live, Outcome};
pub use log_copy::LogCopy;
pub use replica::Replica;
pub use server::{Shared, TestServer};

/// The demonstration's plan in force; it refuses edits.
pub const ADOPTED: &str = "itu-sp-2020-2023";
/// The demonstration's plan in drafting.
pub const DRAFT: &str = "itu-sp-2024-2027-draft";
/// How long anything may take before a test gives up on it.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A name for an edit that nobody else uses.
///
/// # Panics
/// Never: what it makes is a name.
pub fn fresh_id(prefix: &str) -> plenary_protocol::ids::ClientId {
    let tail = u64::from_be_bytes(plenaryd::clock::entropy());
    format!("{prefix}-{tail:016x}").parse().expect("letters and digits are a client id")
}

/// The plan of that name.
///
/// # Panics
/// When it is no name of a plan.
pub fn plan_id(name: &str) -> plenary_protocol::PlanId {
    name.parse().expect("the test names a plan")
}

/// The element of that id.
///
/// # Panics
/// When it is no id of an element.
pub fn element_id(name: &str) -> plenary_protocol::ElementId {
    name.parse().expect("the test names an element")
}
