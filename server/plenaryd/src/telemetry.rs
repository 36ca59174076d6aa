//! Logging to standard error, for people or as JSON, one event a line.
//!
//! A line is a line: control characters and direction overrides that came in with a name or a header
//! are written as escapes, so that nobody can forge an event or repaint the operator's terminal.
//! What is logged is decided by who logs; tokens and tickets have no `Debug` and never get here.

use std::fmt::Write as _;
use std::io;
use std::str::FromStr;

use plenary_protocol::principal::UnknownName;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// The environment variable with the filter, for instance `plenaryd=debug,info`.
pub const FILTER_VARIABLE: &str = "PLENARY_LOG_FILTER";
/// The variable of the same meaning that is customary among Rust programs; read second.
pub const FILTER_VARIABLE_CUSTOMARY: &str = "RUST_LOG";
/// What is logged unless told otherwise.
///
/// The document library opens a span for every change it decodes, at the level of information: its
/// fields would be written out each time, and nobody asks for them.
pub const FILTER_DEFAULT: &str = "info,actix_server=warn,automerge=warn";

/// How an event is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum LogFormat {
    /// One line of words an event.
    #[default]
    Human,
    /// One JSON object an event.
    Json,
}

impl FromStr for LogFormat {
    type Err = UnknownName;
    fn from_str(text: &str) -> Result<Self, UnknownName> {
        match text {
            "human" => Ok(Self::Human),
            "json" => Ok(Self::Json),
            _ => Err(UnknownName { given: text.to_owned(), known: "human, json" }),
        }
    }
}

/// Why logging could not start.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter is not understood.
    #[error("{variable} is not a filter of log events, try \"info\" or \"plenaryd=debug,info\"")]
    Filter {
        /// Where the filter came from.
        variable: &'static str,
        /// What is wrong with it.
        source: tracing_subscriber::filter::ParseError,
    },
    /// Logging was started before in this process.
    #[error("logging was already started")]
    Started,
}

/// Starts logging for the whole process, in the given format, filtered as the environment says.
///
/// # Errors
///
/// [`TelemetryError::Filter`] when the filter is not understood, [`TelemetryError::Started`] when
/// called twice.
pub fn init(format: LogFormat) -> Result<(), TelemetryError> {
    let filter = filter(&|name| std::env::var(name).ok())?;
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(LineWriter { format }).with_ansi(false);
    match format {
        LogFormat::Human => builder.try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    }
    .map_err(|_| TelemetryError::Started)
}

fn filter(environment: &dyn Fn(&str) -> Option<String>) -> Result<EnvFilter, TelemetryError> {
    for variable in [FILTER_VARIABLE, FILTER_VARIABLE_CUSTOMARY] {
        if let Some(text) = environment(variable).filter(|text| !text.is_empty()) {
            return EnvFilter::try_new(text).map_err(|source| TelemetryError::Filter { variable, source });
        }
    }
    Ok(EnvFilter::new(FILTER_DEFAULT))
}

/// Writes whole events, escaped, to standard error.
#[derive(Debug, Clone, Copy)]
struct LineWriter {
    format: LogFormat,
}

impl<'a> MakeWriter<'a> for LineWriter {
    type Writer = LineWriter;
    fn make_writer(&'a self) -> LineWriter {
        *self
    }
}

impl io::Write for LineWriter {
    // The subscriber hands over one event with its newline in one call.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let line = escape_line(&String::from_utf8_lossy(event), self.format);
        io::stderr().lock().write_all(line.as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// Gives the event as one line that ends in a newline and holds no other control character.
fn escape_line(event: &str, format: LogFormat) -> String {
    let body = event.strip_suffix('\n').unwrap_or(event);
    let mut line = String::with_capacity(event.len() + 1);
    for c in body.chars() {
        if !is_unprintable(c) {
            line.push(c);
            continue;
        }
        // In JSON such a character stands inside a string, where this is the same string.
        let written = match format {
            LogFormat::Human => write!(line, "{}", c.escape_unicode()),
            LogFormat::Json => write!(line, "\\u{:04x}", u32::from(c)),
        };
        debug_assert!(written.is_ok(), "a string takes all that is written to it");
    }
    line.push('\n');
    line
}

fn is_unprintable(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forged_line_stays_one_line() {
        let event = "INFO name=Ann\r\n2026-11-24 INFO root signed in \u{1b}[2J\u{202e}\u{9b}é\n";
        assert_eq!(
            escape_line(event, LogFormat::Human),
            "INFO name=Ann\\u{d}\\u{a}2026-11-24 INFO root signed in \\u{1b}[2J\\u{202e}\\u{9b}é\n"
        );
    }

    #[test]
    fn json_stays_the_same_json() {
        let event = "{\"name\":\"A\u{9b}\u{202e}B\"}\n";
        let line = escape_line(event, LogFormat::Json);
        assert_eq!(line, "{\"name\":\"A\\u009b\\u202eB\"}\n");
        let (before, after): (serde_json::Value, serde_json::Value) =
            (serde_json::from_str(event).unwrap(), serde_json::from_str(&line).unwrap());
        assert_eq!(before, after);
    }

    #[test]
    fn the_own_variable_wins_over_the_customary_one() {
        let both = |name: &str| match name {
            FILTER_VARIABLE => Some("debug".to_owned()),
            _ => Some("error".to_owned()),
        };
        assert_eq!(filter(&both).unwrap().to_string(), "debug");
        assert_eq!(filter(&|_| None).unwrap().to_string(), EnvFilter::new(FILTER_DEFAULT).to_string());
        let error = filter(&|_| Some("plenaryd=loud".to_owned())).unwrap_err();
        assert!(error.to_string().starts_with("PLENARY_LOG_FILTER is not a filter"), "{error}");
    }
}
