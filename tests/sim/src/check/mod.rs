//! What must hold in every run, each rule in a module of its own.  They know nothing of how the server
//! decides: they look at the log, at what was told, and at documents.

pub mod acknowledged;
pub mod authority;
pub mod convergence;
pub mod durable;
pub mod order;
pub mod views;
