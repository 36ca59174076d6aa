//! The whole, from outside: a spawned server, and clients over its sockets.
#![expect(clippy::unwrap_used, reason = "a test that finds nothing where something must be has failed")]

mod access;
mod api;
mod audit;
mod cli;
mod cli_doctor;
mod cli_help;
mod cli_pipe;
mod cli_stays;
mod damage;
mod encodings;
mod evidence;
mod frames;
mod hostile;
mod idle;
mod import;
mod issuers;
mod limits;
mod load;
mod operate;
mod past;
mod people;
mod plans;
mod presence;
mod refuse;
mod restore;
mod revoke;
mod socket;
mod stage;
mod start;
mod stop;
mod story;
mod tamper;
mod tokens;
mod versions;
mod writer;
