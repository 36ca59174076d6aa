//! Man pages: one for the program, one for each of its commands.

use std::io;

use clap::Command;
use clap_mangen::Man;

/// One page.
#[derive(Debug)]
pub struct Page {
    /// The name of its file, for instance `plenary-show.1`.
    pub file: String,
    /// The page, in the language of `man`.
    pub text: Vec<u8>,
}

/// The page of the program itself.
///
/// # Errors
/// None that memory does not give.
pub fn page(program: Command, section: u8) -> io::Result<Page> {
    let mut program = program.disable_help_subcommand(true);
    program.build();
    render(&program, section, program.get_name())
}

/// The page of the program and those of its commands, in the order of its help.
///
/// # Errors
/// As [`page`].
pub fn pages(program: Command, section: u8) -> io::Result<Vec<Page>> {
    let mut program = program.disable_help_subcommand(true);
    program.build();
    let manual = program.get_name();
    let mut all = vec![render(&program, section, manual)?];
    for command in program.get_subcommands().filter(|command| !command.is_hide_set()) {
        all.push(render(command, section, manual)?);
    }
    Ok(all)
}

fn render(command: &Command, section: u8, manual: &str) -> io::Result<Page> {
    let man = Man::new(command.clone()).section(section.to_string()).manual(format!("{manual} manual"));
    let mut text = Vec::new();
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    if command.get_arguments().any(|argument| !argument.is_hide_set()) {
        man.render_options_section(&mut text)?;
    }
    if command.get_subcommands().any(|command| !command.is_hide_set()) {
        man.render_subcommands_section(&mut text)?;
    }
    if let Some(after) = command.get_after_long_help().or_else(|| command.get_after_help()) {
        text.extend(as_typed(&after.to_string()));
    }
    Ok(Page { file: man.get_filename(), text })
}

/// Text that stands as it was typed; an unindented line that ends in a colon heads a section.
fn as_typed(text: &str) -> Vec<u8> {
    let mut out = String::new();
    let mut is_open = false;
    for line in text.lines() {
        match heading(line) {
            Some(heading) => {
                out.push_str(if is_open { ".fi\n" } else { "" });
                out.push_str(&format!(".SH \"{}\"\n.nf\n", heading.to_uppercase()));
            }
            None if !is_open => out.push_str(&format!(".SH NOTES\n.nf\n{}\n", escaped(line))),
            None => out.push_str(&format!("{}\n", escaped(line))),
        }
        is_open = true;
    }
    out.push_str(if is_open { ".fi\n" } else { "" });
    out.into_bytes()
}

fn heading(line: &str) -> Option<&str> {
    let heading = line.strip_suffix(':')?;
    (!heading.is_empty()
        && heading.chars().all(|c| c.is_alphanumeric() || c == ' ')
        && !line.starts_with(' '))
    .then_some(heading)
}

/// A line that `man` takes for text: no request at its head, no escapes, quotes and dashes as typed.
fn escaped(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    if line.starts_with(['.', '\'']) {
        out.push_str("\\&");
    }
    for c in line.chars() {
        match c {
            '\\' => out.push_str("\\e"),
            '-' => out.push_str("\\-"),
            '\'' => out.push_str("\\(aq"),
            '`' => out.push_str("\\(ga"),
            '^' => out.push_str("\\(ha"),
            '~' => out.push_str("\\(ti"),
            c => out.push(c),
        }
    }
    out
}
