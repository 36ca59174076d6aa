//! Signed notes (c2sp.org/signed-note): a text, an empty line, and a line for each signature.

use plenary_limits::{NOTE_BYTES_MAX, NOTE_SIGNATURES_MAX};
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::key::{SigningKey, VerifierKey, is_key_name};

/// What a signature line begins with: an em dash and a space.
const SIGNATURE_PREFIX: &str = "\u{2014} ";

/// Why a note says nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It is too large.
    #[error("a note of {actual} bytes is larger than {NOTE_BYTES_MAX}")]
    Size {
        /// Its bytes.
        actual: usize,
    },
    /// It is not a text, an empty line, and signature lines.
    #[error("not a signed note: {reason}")]
    Form {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A key that is known did not sign what it says here.
    #[error("the signature of {name} does not fit the text: one of them was altered")]
    Signature {
        /// The key's name.
        name: String,
    },
    /// None of the keys that are known has signed.
    #[error("none of the keys that you trust has signed this")]
    Unsigned,
}

/// A signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    name: String,
    key_id: u32,
    signature: Vec<u8>,
}

/// A note, its signatures not checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    lines: Vec<Line>,
}

impl Note {
    /// Reads a note.
    ///
    /// # Errors
    /// `Size` or `Form`.
    pub fn parse(note: &[u8]) -> Result<Self, NoteError> {
        let form = |reason| NoteError::Form { reason };
        if note.len() > NOTE_BYTES_MAX {
            return Err(NoteError::Size { actual: note.len() });
        }
        let note = str::from_utf8(note).map_err(|_| form("it is not UTF-8"))?;
        if note.chars().any(|char| char < ' ' && char != '\n') {
            return Err(form("it has a control character"));
        }
        let split = note.rfind("\n\n").ok_or(form("no empty line stands before signatures"))?;
        let (text, signatures) = (&note[..=split], &note[split + 2..]);
        let signatures = signatures.strip_suffix('\n').ok_or(form("its last line does not end"))?;
        let mut lines = Vec::new();
        for line in signatures.split('\n') {
            if lines.len() == NOTE_SIGNATURES_MAX {
                return Err(form("it has too many signatures"));
            }
            lines.push(parse_line(line).ok_or(form("a signature line does not read"))?);
        }
        Ok(Note { text: text.to_owned(), lines })
    }

    /// The text, if at least one of `keys` has signed it and none of them wrongly.
    ///
    /// Signatures of keys that are not among `keys` are passed over.
    ///
    /// # Errors
    /// `Signature` or `Unsigned`.
    pub fn verify(&self, keys: &[VerifierKey]) -> Result<&str, NoteError> {
        let mut is_signed = false;
        for line in &self.lines {
            let known = |key: &&VerifierKey| key.name() == line.name && key.id() == line.key_id;
            let Some(key) = keys.iter().find(known) else { continue };
            if !key.verifies(self.text.as_bytes(), &line.signature) {
                return Err(NoteError::Signature { name: line.name.clone() });
            }
            is_signed = true;
        }
        if is_signed { Ok(&self.text) } else { Err(NoteError::Unsigned) }
    }

    /// The text, whoever signed it.
    pub fn unverified_text(&self) -> &str {
        &self.text
    }
}

/// The note of a text that ends its last line, signed by `key` as `verifier`.
pub(super) fn sign(text: &str, key: &SigningKey, verifier: &VerifierKey) -> String {
    let signature = key.sign(text.as_bytes());
    let blob = [verifier.id().to_be_bytes().as_slice(), &signature].concat();
    let mut note = format!("{text}\n");
    _ = writeln!(note, "{SIGNATURE_PREFIX}{} {}", verifier.name(), STANDARD.encode(blob));
    note
}

fn parse_line(line: &str) -> Option<Line> {
    let (name, blob) = line.strip_prefix(SIGNATURE_PREFIX)?.split_once(' ')?;
    let blob = STANDARD.decode(blob).ok()?;
    let (key_id, signature) = blob.split_first_chunk::<4>()?;
    if !is_key_name(name) || signature.is_empty() {
        return None;
    }
    Some(Line { name: name.to_owned(), key_id: u32::from_be_bytes(*key_id), signature: signature.to_owned() })
}
