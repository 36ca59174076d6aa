//! `plenaryd`: the edge around the sans-IO core.
//!
//! Configuration, start-up, HTTP and WebSocket edges, identity, the thread that drives a plan's hub,
//! telemetry.  No rule of the plan lives here.

pub mod access_log;
pub mod app;
pub mod args;
pub mod backup;
pub mod clock;
pub mod commands;
pub mod config;
pub mod demo;
pub mod evidence;
pub mod http;
pub mod identity;
pub mod indexer;
pub mod key_file;
pub mod limits;
pub mod live;
pub mod marks;
pub mod metrics;
pub mod past;
pub mod plans;
pub mod quarantines;
pub mod readings;
pub mod revoke;
pub mod self_check;
pub mod server;
pub mod sync;
pub mod telemetry;
pub mod walk;

#[cfg(test)]
mod tests;
