//! What happened, line by line: its digest says whether two runs were the same.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// The lines of a run.
#[derive(Debug, Default)]
pub struct Trace {
    lines: Vec<String>,
}

impl Trace {
    /// Notes what happened.
    pub fn note(&mut self, what: fmt::Arguments<'_>) {
        self.lines.push(what.to_string());
    }

    /// All lines, in order.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// The SHA-256 of all lines, in hexadecimal.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for line in &self.lines {
            hash.update(line);
            hash.update(b"\n");
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
