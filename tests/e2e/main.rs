//! The whole, from outside: a spawned server, and clients over its sockets.
#![expect(clippy::unwrap_used, reason = "a test that finds nothing where something must be has failed")]

mod damage;
mod people;
mod plans;
mod start;
mod stop;
mod story;
mod writer;
