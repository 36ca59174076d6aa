//! `plenary`, the thin command-line client: arguments, one connection, a terminal.
//!
//! It holds no replica of a plan: it reads by HTTP, writes by `/live`, and leaves every rule of the
//! plan to the server.  The way is: what was typed (`args`), what it means here (`context`), the
//! command (`commands`), and pure functions that put answers into words (`render`).

mod args;
mod commands;
mod context;
mod credentials;
mod diff;
mod examples;
mod exit;
mod failure;
mod http;
mod live;
mod names;
mod render;
mod retry;
mod state;
mod term;
mod values;

use std::process::ExitCode;

use clap::Parser;

use crate::args::Cli;
use crate::failure::Failure;
use crate::term::Term;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let term = Term::new(&cli.global);
    match commands::run(cli, &term) {
        Ok(()) | Err(Failure::ClosedPipe) => ExitCode::from(exit::OK),
        Err(Failure::Told(code)) => ExitCode::from(code),
        Err(failure) => {
            term.failure(&failure);
            ExitCode::from(failure.exit_code())
        }
    }
}
