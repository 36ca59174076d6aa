//! The terminal: the only place that prints.
//!
//! stdout carries answers, stderr notes and failures.  What others wrote into a plan may hold control
//! characters; on a terminal they are shown, not obeyed.  A reader who goes away ends us quietly.

use std::cell::Cell;
use std::io::{self, IsTerminal, Write};
use std::sync::OnceLock;

use plenary_protocol::visible::{Number, is_hidden};
use serde::Serialize;

use crate::args::{Global, When};
use crate::failure::Failure;

/// Columns of a terminal that does not tell them.
const WIDTH_UNTOLD: usize = 80;
/// Fewest columns that text is wrapped to.
const WIDTH_MIN: usize = 40;

/// Where output goes, and how it looks there.
#[derive(Debug, Clone)]
pub struct Term {
    json: bool,
    quiet: bool,
    paint: Paint,
    stdout_is_terminal: bool,
    stderr_is_terminal: bool,
    progress_is_shown: Cell<bool>,
}

/// Colours, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paint(pub bool);

impl Paint {
    /// Emphasised.
    pub fn bold(self, text: &str) -> String {
        self.wrap("1", text)
    }

    /// Less important.
    pub fn dim(self, text: &str) -> String {
        self.wrap("2", text)
    }

    /// Taken away, or wrong.
    pub fn red(self, text: &str) -> String {
        self.wrap("31", text)
    }

    /// Words that went; struck out, so that they are told from those that came without the colour too.
    pub fn gone(self, text: &str) -> String {
        self.wrap("9;31", text)
    }

    /// New.
    pub fn green(self, text: &str) -> String {
        self.wrap("32", text)
    }

    /// To be looked at.
    pub fn yellow(self, text: &str) -> String {
        self.wrap("33", text)
    }

    fn wrap(self, code: &str, text: &str) -> String {
        if !self.0 || text.is_empty() {
            return text.to_owned();
        }
        let mark = mark();
        format!("{MARK_BEGIN}{mark}{code}{MARK_END}{text}{MARK_BEGIN}{mark}0{MARK_END}")
    }
}

impl Term {
    /// The terminal as the options want it.
    pub fn new(global: &Global) -> Term {
        let stdout_is_terminal = io::stdout().is_terminal();
        let color = is_colored(global.color, stdout_is_terminal, |name| {
            std::env::var(name).ok().filter(|value| !value.is_empty())
        });
        Term {
            json: global.json,
            quiet: global.quiet,
            paint: Paint(color),
            stdout_is_terminal,
            stderr_is_terminal: io::stderr().is_terminal(),
            progress_is_shown: Cell::new(false),
        }
    }

    /// Whether a person looks at standard output.
    pub fn is_stdout_a_terminal(&self) -> bool {
        self.stdout_is_terminal
    }

    /// Whether answers are JSON.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Colours for stdout.
    pub fn paint(&self) -> Paint {
        self.paint
    }

    /// Columns to wrap to; none when stdout is not a terminal.
    pub fn width(&self) -> Option<usize> {
        if !self.stdout_is_terminal {
            return None;
        }
        let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        let width = columns.filter(|columns| *columns > 0).or_else(terminal_width);
        Some(width.unwrap_or(WIDTH_UNTOLD).max(WIDTH_MIN))
    }

    /// From now on the program ends, quietly and with 0, as soon as the reader of stdout has gone, and not only
    /// at the next answer: for commands that wait long for something to tell.
    pub fn end_with_the_reader(&self) {
        #[cfg(unix)]
        std::thread::spawn(|| {
            use rustix::event::{PollFd, PollFlags, poll};
            let stdout = io::stdout();
            // Asked for nothing, the system tells only of what went wrong at the other end.
            let mut end = [PollFd::new(&stdout, PollFlags::empty())];
            loop {
                match poll(&mut end, None) {
                    Err(rustix::io::Errno::INTR) => {}
                    Ok(_) if end[0].revents().contains(PollFlags::ERR) => {
                        std::process::exit(i32::from(crate::exit::OK))
                    }
                    // What cannot be watched so is noticed at the next answer.
                    _ => return,
                }
            }
        });
    }

    /// Prints an answer and ends the line.
    pub fn line(&self, text: &str) -> Result<(), Failure> {
        let mut shown = shown(text, self.stdout_is_terminal);
        if !shown.ends_with('\n') {
            shown.push('\n');
        }
        self.plain(shown.as_bytes())
    }

    /// Prints JSON, readable.
    pub fn json<T: Serialize>(&self, value: &T) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(value).map_err(|e| Failure::Local(e.to_string()))?;
        self.line(&text)
    }

    /// Prints JSON on one line.
    pub fn json_line<T: Serialize>(&self, value: &T) -> Result<(), Failure> {
        let text = serde_json::to_string(value).map_err(|e| Failure::Local(e.to_string()))?;
        self.line(&text)
    }

    /// Prints what we made ourselves, byte by byte.
    pub fn plain(&self, bytes: &[u8]) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        out.write_all(bytes).and_then(|()| out.flush()).map_err(|error| match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::ClosedPipe,
            _ => Failure::Local(format!("cannot write to stdout: {error}")),
        })
    }

    /// Prints a piece of somebody's file: as it is into a pipe or file; on a terminal what could steer it
    /// is shown instead of obeyed.
    pub fn exact(&self, piece: &[u8]) -> Result<(), Failure> {
        if !self.stdout_is_terminal {
            return self.plain(piece);
        }
        self.plain(shown(&String::from_utf8_lossy(piece), true).as_bytes())
    }

    /// Tells a person something beside the answer.
    pub fn note(&self, text: &str) {
        self.progress_done();
        if !self.quiet {
            self.to_stderr(&format!("{text}\n"));
        }
    }

    /// Shows how far long work has come, on a terminal only.
    pub fn progress(&self, text: &str) {
        if !self.quiet && self.stderr_is_terminal {
            self.progress_is_shown.set(true);
            self.to_stderr(&format!("\r\x1b[K{text}"));
        }
    }

    /// Takes the last progress away.
    pub fn progress_done(&self) {
        if self.progress_is_shown.take() {
            self.to_stderr("\r\x1b[K");
        }
    }

    /// Asks a person; only yes is yes.
    ///
    /// # Errors
    /// `Usage` where nobody can be asked.
    pub fn ask(&self, question: &str) -> Result<bool, Failure> {
        let stdin = io::stdin();
        if !stdin.is_terminal() || !self.stderr_is_terminal {
            return Err(Failure::Usage(
                "nobody can be asked here: --yes does it without asking, --preview only shows it".into(),
            ));
        }
        self.progress_done();
        self.to_stderr(&format!("{question} [y/N] "));
        let mut answer = String::new();
        stdin
            .read_line(&mut answer)
            .map_err(|error| Failure::Local(format!("cannot read the answer: {error}")))?;
        Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
    }

    /// Says why a command failed.
    pub fn failure(&self, failure: &Failure) {
        self.progress_done();
        if self.json {
            self.to_stderr(&format!("{}\n", failure.json()));
            return;
        }
        let label = Paint(self.paint.0 && self.stderr_is_terminal).red("plenary:");
        self.to_stderr(&shown(&format!("{label} {}\n", failure.message()), true));
    }

    fn to_stderr(&self, text: &str) {
        // Nobody can be told that stderr is gone.
        let mut err = io::stderr().lock();
        let _gone = err.write_all(text.as_bytes()).and_then(|()| err.flush());
    }
}

/// Columns of the terminal, where it tells them; some tell no rows, and those are no business of ours.
#[cfg(unix)]
fn terminal_width() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
}

/// Columns of the terminal, where it tells them.
#[cfg(not(unix))]
fn terminal_width() -> Option<usize> {
    let (width, _) = terminal_size::terminal_size_of(io::stdout())?;
    Some(usize::from(width.0)).filter(|columns| *columns > 0)
}

/// Whether to colour: the option, then NO_COLOR, then the variables that force it, then the terminal.
fn is_colored(when: When, is_terminal: bool, variable: impl Fn(&str) -> Option<String>) -> bool {
    let forced = |name: &str| variable(name).is_some_and(|value| value != "0");
    match when {
        When::Always => true,
        When::Never => false,
        When::Auto if variable("NO_COLOR").is_some() => false,
        When::Auto if forced("CLICOLOR_FORCE") || forced("FORCE_COLOR") => true,
        When::Auto => {
            let is_dumb = variable("TERM").is_some_and(|term| term == "dumb");
            let is_off = variable("CLICOLOR").is_some_and(|value| value == "0");
            is_terminal && !is_dumb && !is_off
        }
    }
}

/// Where a colour of ours begins: a code point that is no character, then a mark of this run.
pub const MARK_BEGIN: char = '\u{fdd0}';
/// Where it ends.
pub const MARK_END: char = '\u{fdd1}';

/// The mark of this run: what others wrote into a plan cannot know it, so it cannot pass for a colour.
fn mark() -> &'static str {
    static MARK: OnceLock<String> = OnceLock::new();
    MARK.get_or_init(|| {
        let mut bytes = [0; 8];
        // Without entropy colours could be imitated, nothing worse.
        _ = getrandom::fill(&mut bytes);
        format!("{:016x}.", u64::from_be_bytes(bytes))
    })
}

/// Our own colours as the terminal knows them; for a terminal, everything else that could steer it,
/// turn the direction of reading or hide is shown by its number.
fn shown(text: &str, for_terminal: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut before = None;
    while let Some(c) = rest.chars().next() {
        if let Some((code, after)) = color(rest) {
            out.push_str(&format!("\x1b[{code}m"));
            rest = after;
            continue;
        }
        rest = &rest[c.len_utf8()..];
        if for_terminal && is_hidden(before, c, rest) {
            out.push_str(&Number(c).to_string());
        } else {
            out.push(c);
        }
        before = Some(c);
    }
    out
}

/// The colour that a text begins with, if it is one of ours, and what follows it.
fn color(text: &str) -> Option<(&str, &str)> {
    let (code, after) = text.strip_prefix(MARK_BEGIN)?.strip_prefix(mark())?.split_once(MARK_END)?;
    code.bytes().all(|byte| byte.is_ascii_digit() || byte == b';').then_some((code, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_shown_not_obeyed() {
        let visible = |text: &str| shown(text, true);
        assert_eq!(visible("a\x1b]0;title\x07b\n\tc\r"), "a⟨U+001B⟩]0;title⟨U+0007⟩b\n\tc⟨U+000D⟩");
        assert_eq!(visible("a\x1b[8mb \u{202e}c"), "a⟨U+001B⟩[8mb ⟨U+202E⟩c");
        assert_eq!(visible(&Paint(true).red("x")), "\x1b[31mx\x1b[0m");
        assert_eq!(visible(&Paint(true).gone("x")), "\x1b[9;31mx\x1b[0m");
        assert_eq!(visible("\u{fdd0}31\u{fdd1}x"), "⟨U+FDD0⟩31⟨U+FDD1⟩x", "a colour that is not ours");
    }

    #[test]
    fn a_pipe_gets_the_bytes_as_they_are() {
        assert_eq!(shown("a\x1b[8m\u{202e}", false), "a\x1b[8m\u{202e}");
        assert_eq!(shown(&Paint(true).red("x"), false), "\x1b[31mx\x1b[0m");
    }

    #[test]
    fn the_environment_is_asked_in_its_order() {
        let colored = |when, is_terminal, set: &[(&str, &str)]| {
            is_colored(when, is_terminal, |name| {
                set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            })
        };
        let auto = |is_terminal, set: &[(&str, &str)]| colored(When::Auto, is_terminal, set);
        assert!(auto(true, &[]) && !auto(false, &[]));
        assert!(!auto(true, &[("NO_COLOR", "1")]) && !auto(true, &[("TERM", "dumb")]));
        assert!(!auto(true, &[("CLICOLOR", "0")]) && auto(true, &[("CLICOLOR", "1"), ("TERM", "xterm")]));
        assert!(auto(false, &[("CLICOLOR_FORCE", "1")]) && auto(false, &[("FORCE_COLOR", "1")]));
        assert!(!auto(false, &[("CLICOLOR_FORCE", "0")]));
        assert!(!auto(true, &[("FORCE_COLOR", "1"), ("NO_COLOR", "1")]), "NO_COLOR is stronger");
        assert!(colored(When::Always, false, &[("NO_COLOR", "1")]));
        assert!(!colored(When::Never, true, &[("FORCE_COLOR", "1")]));
    }

    #[test]
    fn no_colour_means_no_escapes() {
        assert_eq!(Paint(false).bold("x"), "x");
    }
}
