//! What a program says of itself beside `--help`: man pages and completion scripts for shells.
//!
//! Both are made from the `clap` description of the command line, so they cannot say anything that
//! the program does not do.  Everything is made in memory: whoever asked writes it, and may find
//! that the reader has gone.

mod page;

use std::io;

use clap::Command;
pub use clap_complete::Shell;

pub use page::{Page, page, pages};

/// The completion script of a program for a shell.
pub fn completions(mut program: Command, shell: Shell) -> Vec<u8> {
    let name = program.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut program, name, &mut script);
    script
}

/// Writes all pages of a program into a folder, which is made if it is not there; gives their number.
///
/// # Errors
/// What the system says of the folder or of a file in it.
pub fn write_pages(program: Command, section: u8, folder: &std::path::Path) -> io::Result<usize> {
    std::fs::create_dir_all(folder)?;
    let pages = pages(program, section)?;
    for page in &pages {
        std::fs::write(folder.join(&page.file), &page.text)?;
    }
    Ok(pages.len())
}

#[cfg(test)]
mod tests;
