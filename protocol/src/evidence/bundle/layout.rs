//! The names that files of a bundle have; there are no others.

use crate::evidence::checkpoint::decimal;

/// How to check the bundle by hand.
pub const README_FILE: &str = "README.txt";
/// What the bundle says that it holds.
pub const MANIFEST_FILE: &str = "manifest.json";
/// The signed checkpoint that all proofs lead to.
pub const CHECKPOINT_FILE: &str = "checkpoint";
/// The earlier checkpoint from which growth is proved.
pub const PREVIOUS_FILE: &str = "prev-checkpoint";
/// The proof that the log has only grown since then.
pub const CONSISTENCY_FILE: &str = "consistency";
/// Verifier keys, one a line.
pub const KEYS_FILE: &str = "keys.txt";
/// The entries in words, to be read in a browser.
pub const REPORT_HTML: &str = "report.html";
/// The entries in words, for spreadsheets.
pub const REPORT_CSV: &str = "report.csv";
/// The entries in words, for programs.
pub const REPORT_JSON: &str = "report.json";
/// The program that checks the bundle.
pub const VERIFIER_FILE: &str = "verify.py";

/// All names that no entry has.
const FIXED: [&str; 10] = [
    README_FILE,
    MANIFEST_FILE,
    CHECKPOINT_FILE,
    PREVIOUS_FILE,
    CONSISTENCY_FILE,
    KEYS_FILE,
    REPORT_HTML,
    REPORT_CSV,
    REPORT_JSON,
    VERIFIER_FILE,
];

/// What there can be of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryFile {
    /// The envelope, exact bytes.
    Envelope,
    /// The payload, exact bytes.
    Payload,
    /// The 32 bytes of salt of the payload's commitment.
    Salt,
    /// In the place of payload and salt: which entry removed them.
    Absent,
    /// The proof that the envelope is in the log.
    Proof,
}

impl EntryFile {
    /// All of them.
    pub const ALL: [EntryFile; 5] =
        [EntryFile::Envelope, EntryFile::Payload, EntryFile::Salt, EntryFile::Absent, EntryFile::Proof];

    /// What stands before and behind the entry's number.
    fn around(self) -> (&'static str, &'static str) {
        match self {
            EntryFile::Envelope => ("entries/", ".cbor"),
            EntryFile::Payload => ("payload/", ".bin"),
            EntryFile::Salt => ("salt/", ".bin"),
            EntryFile::Absent => ("absent/", ".json"),
            EntryFile::Proof => ("proofs/", ".tlog-proof"),
        }
    }

    /// The name of an entry's file.
    pub fn of(self, seq: u64) -> String {
        let (before, behind) = self.around();
        format!("{before}{seq}{behind}")
    }
}

/// A name that a bundle can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    /// One of the bundle as a whole.
    Fixed(&'static str),
    /// One of an entry.
    Entry(EntryFile, u64),
}

impl Name {
    /// Reads a name; none when no file of a bundle is called so.
    pub fn read(text: &str) -> Option<Name> {
        if let Some(fixed) = FIXED.into_iter().find(|fixed| *fixed == text) {
            return Some(Name::Fixed(fixed));
        }
        EntryFile::ALL.into_iter().find_map(|file| {
            let (before, behind) = file.around();
            let seq = decimal(text.strip_prefix(before)?.strip_suffix(behind)?)?;
            (seq > 0).then_some(Name::Entry(file, seq))
        })
    }
}
