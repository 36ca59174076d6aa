//! `completions` and `man`: what the program says of itself to shells and to `man`.

use std::path::PathBuf;

use clap::{Args, CommandFactory};
use plenary_usage::Shell;

use crate::args::Cli;
use crate::examples;
use crate::failure::Failure;
use crate::term::Term;

/// Section of the manual: programs that people run.
const SECTION: u8 = 1;

/// Print the completion script of a shell.
#[derive(Debug, Args)]
#[command(after_help = examples::COMPLETIONS)]
pub struct Completions {
    /// The shell.
    shell: Shell,
}

impl Completions {
    /// Prints it.
    pub fn run(&self, term: &Term) -> Result<(), Failure> {
        term.plain(&plenary_usage::completions(Cli::command(), self.shell))
    }
}

/// Print the manual page, or write all pages into a folder.
#[derive(Debug, Args)]
#[command(after_help = examples::MAN)]
pub struct Manual {
    /// Write plenary.1 and a page for each command into this folder.
    folder: Option<PathBuf>,
}

impl Manual {
    /// Prints or writes.
    pub fn run(&self, term: &Term) -> Result<(), Failure> {
        let Some(folder) = &self.folder else {
            let page = plenary_usage::page(Cli::command(), SECTION);
            return term.plain(&page.map_err(|error| Failure::Local(error.to_string()))?.text);
        };
        let failed =
            |error| Failure::Local(format!("cannot write the pages to {}: {error}", folder.display()));
        let count = plenary_usage::write_pages(Cli::command(), SECTION, folder).map_err(failed)?;
        term.note(&format!("wrote {count} pages to {}", folder.display()));
        Ok(())
    }
}
