//! Entries as JSON Lines, lossless: the bytes of each in base64, and beside them the same in plain words.
//!
//! The first line says what the file is of, the last how many entries it holds, so that a cut file is
//! noticed.  `Check` reads a file back: leaf hashes, commitments, plain words, and that each entry names
//! the one before it where both are there.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use plenary_protocol::record::{Event, ExportFilter, RecordError, Sealed, leaf_hash};
use plenary_protocol::wire::event::EventView;
use plenary_protocol::{Bureau, Digest, PlanId, Role, Seq};
use serde::{Deserialize, Serialize};

use super::scope::{Scope, Taken};

/// Name and version of the form.
pub const ENTRIES_SCHEMA: &str = "plenary-entries/1";

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "snake_case")]
enum Line {
    Entries(Box<Head>),
    Entry(Box<EntryLine>),
    End { entries: u64 },
}

/// What a file says of itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// Name and version of the form.
    pub schema: String,
    /// The plan.
    pub plan: PlanId,
    /// The first entry of the range.
    pub from: Seq,
    /// The last entry of the range.
    pub to: Seq,
    /// Which entries of the range; all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<ExportFilter>,
    /// Who exported.
    pub subject: String,
    /// Their name.
    pub name: String,
    /// The Bureau they acted for.
    pub bureau: Bureau,
    /// The role they had.
    pub role: Role,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// When, RFC 3339 UTC.
    pub at: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct EntryLine {
    seq: Seq,
    leaf: Digest,
    envelope: String,
    salt: String,
    payload: String,
    event: EventView,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    rows: Vec<usize>,
}

fn put(out: &mut Vec<u8>, line: &Line) {
    // Lines are of types that serialise; should one not, `Check` would miss it.
    out.extend(serde_json::to_vec(line).unwrap_or_default());
    out.push(b'\n');
}

/// Writes such a file.
#[derive(Debug)]
pub struct Writer {
    entries: u64,
}

impl Writer {
    /// Begins a file.
    pub fn begin(scope: &Scope, out: &mut Vec<u8>) -> Writer {
        let head = Head {
            schema: ENTRIES_SCHEMA.to_owned(),
            plan: scope.plan.clone(),
            from: scope.from,
            to: scope.to,
            filter: scope.filter.clone(),
            subject: scope.subject.clone(),
            name: scope.name.clone(),
            bureau: scope.bureau,
            role: scope.role,
            because: scope.because.clone(),
            at: scope.at.clone(),
        };
        put(out, &Line::Entries(Box::new(head)));
        Writer { entries: 0 }
    }

    /// Takes in the next entry.
    pub fn take(&mut self, taken: &Taken<'_>, out: &mut Vec<u8>) {
        self.entries += 1;
        let line = EntryLine {
            seq: taken.event.seq,
            leaf: leaf_hash(taken.envelope),
            envelope: STANDARD.encode(taken.envelope),
            salt: STANDARD.encode(taken.salt),
            payload: STANDARD.encode(taken.payload),
            event: taken.event.clone(),
            rows: taken.rows.to_vec(),
        };
        put(out, &Line::Entry(Box::new(line)));
    }

    /// Ends the file.
    pub fn end(&self, out: &mut Vec<u8>) {
        put(out, &Line::End { entries: self.entries });
    }
}

/// Why a file is not what was exported.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// A line is none of this form.
    #[error("line {line} is not one of {ENTRIES_SCHEMA}: {reason}")]
    Line {
        /// Which, from 1.
        line: u64,
        /// What the decoder says.
        reason: String,
    },
    /// A line stands where it may not.
    #[error("line {line} does not belong here: a file is a head, entries in order, and an end")]
    Place {
        /// Which, from 1.
        line: u64,
    },
    /// The bytes of an entry do not open, or are not those committed to.
    #[error("the bytes of entry {seq} are not an entry: {source}")]
    Bytes {
        /// The entry.
        seq: Seq,
        /// Why.
        source: RecordError,
    },
    /// The hash or the plain words beside the bytes say something else than the bytes.
    #[error("what stands beside the bytes of entry {seq} is not what they say")]
    Words {
        /// The entry.
        seq: Seq,
    },
    /// An entry does not name the one before it.
    #[error("entry {seq} does not name the entry before it")]
    Chain {
        /// The entry.
        seq: Seq,
    },
    /// The file ends early.
    #[error("the file is cut: it has no end, or not all its entries")]
    Cut,
}

/// A file that is being read back, line by line.
#[derive(Debug, Default)]
pub struct Check {
    lines: u64,
    head: Option<Head>,
    last: Option<(Seq, Digest)>,
    entries: u64,
    is_ended: bool,
}

impl Check {
    /// Before the first line.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in the next line; gives the entry that it holds, as it was kept and as it reads.
    ///
    /// # Errors
    /// `CheckError` when the line is not what was exported.
    pub fn line(&mut self, text: &str) -> Result<Option<(Sealed, Event)>, CheckError> {
        self.lines += 1;
        let wrong = |reason: String| CheckError::Line { line: self.lines, reason };
        let line: Line = serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
        let is_first = self.head.is_none();
        match line {
            Line::Entries(head) if is_first && head.schema == ENTRIES_SCHEMA => {
                self.head = Some(*head);
                Ok(None)
            }
            Line::Entries(head) if is_first => Err(wrong(format!("it is {:?}", head.schema))),
            Line::Entry(entry) if !is_first && !self.is_ended => self.entry(*entry).map(Some),
            Line::End { entries } if !is_first && !self.is_ended => {
                self.is_ended = true;
                if entries == self.entries { Ok(None) } else { Err(CheckError::Cut) }
            }
            _ => Err(CheckError::Place { line: self.lines }),
        }
    }

    /// Ends the file; gives what it said of itself, and how many entries it holds.
    ///
    /// # Errors
    /// `Cut` when there was no end.
    pub fn finish(self) -> Result<(Head, u64), CheckError> {
        let head = self.head.filter(|_| self.is_ended).ok_or(CheckError::Cut)?;
        Ok((head, self.entries))
    }

    fn entry(&mut self, line: EntryLine) -> Result<(Sealed, Event), CheckError> {
        let seq = line.seq;
        let bytes = |text: &str| {
            let reason = |error: base64::DecodeError| error.to_string();
            STANDARD
                .decode(text)
                .map_err(|error| CheckError::Line { line: self.lines, reason: reason(error) })
        };
        let salt = bytes(&line.salt)?;
        let salt = salt.try_into().map_err(|_| {
            let reason = "a salt has 32 bytes".to_owned();
            CheckError::Line { line: self.lines, reason }
        })?;
        let sealed = Sealed { envelope: bytes(&line.envelope)?, salt, payload: bytes(&line.payload)? };
        let event = Event::open(&sealed.envelope, &sealed.salt, &sealed.payload)
            .map_err(|source| CheckError::Bytes { seq, source })?;
        let is_of_plan = self.head.as_ref().is_some_and(|head| head.plan == event.envelope.plan);
        // That it was set aside later is no word of its bytes.
        let words = (&event.envelope.seq, &event.leaf, &EventView::of(&event));
        if words != (&seq, &line.leaf, &line.event.as_written()) || !is_of_plan {
            return Err(CheckError::Words { seq });
        }
        match self.last {
            Some((last, _)) if seq <= last => return Err(CheckError::Place { line: self.lines }),
            Some((last, leaf)) if seq == last.next() && event.envelope.prev != leaf => {
                return Err(CheckError::Chain { seq });
            }
            _ => {}
        }
        self.last = Some((seq, event.leaf));
        self.entries += 1;
        Ok((sealed, event))
    }
}
