//! Who is connected: what they say, what they hear, and what they keep over a lost connection.

mod admin;
mod hostile;
pub(crate) mod pen;
mod replica;
mod stock;
mod thin;

use std::fmt;

use automerge::{Automerge, ChangeHash};
use plenary_core::Answer;
use plenary_core::hub::Published;
use plenary_protocol::Seq;
use plenary_protocol::plan::{Edit, Stage};

pub use admin::Admin;
pub use hostile::Hostile;
pub use replica::Replica;
pub use stock::Stock;
pub use thin::Thin;

use crate::random::Random;

/// What a client says.
#[derive(Debug, Clone)]
pub enum Up {
    /// It wants entries after the last one it has, or the document first.
    Subscribe(Option<Seq>),
    /// Finished changes, under its own number.
    Changes(u64, Vec<Vec<u8>>),
    /// Commands.
    Edit(Edit),
    /// Another stage.
    Advance(Stage),
    /// The plan is for one Bureau alone, or for everybody.
    Access(bool),
    /// A sync message of automerge-repo.
    Sync(Vec<u8>),
}

/// What a client hears.
#[derive(Debug, Clone)]
pub enum Down {
    /// The document as of an entry.
    Snapshot(Seq, Vec<u8>),
    /// Entries after the one it named come.
    Subscribed,
    /// An entry.
    Entry(Box<Published>),
    /// An answer to what it said under a number.
    Answer(u64, Answer),
    /// A sync message of automerge-repo.
    Sync(Vec<u8>),
}

impl fmt::Display for Up {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Up::Subscribe(from) => write!(out, "subscribe after {from:?}"),
            Up::Changes(number, changes) => write!(out, "{} changes under {number}", changes.len()),
            Up::Edit(edit) => write!(out, "edit {}", edit.id),
            Up::Advance(stage) => write!(out, "advance to {stage}"),
            Up::Access(narrow) => write!(out, "access, narrow: {narrow}"),
            Up::Sync(bytes) => write!(out, "sync of {} bytes", bytes.len()),
        }
    }
}

impl fmt::Display for Down {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Down::Snapshot(seq, _) => write!(out, "snapshot as of {seq}"),
            Down::Subscribed => write!(out, "subscribed"),
            Down::Entry(entry) => write!(out, "entry {}", entry.view.seq),
            Down::Answer(number, answer) => {
                let kind = match answer {
                    Answer::Done { .. } => "done".to_owned(),
                    Answer::Partly { refusal, .. } | Answer::Refused { refusal, .. } => {
                        format!("{:?}", refusal.code)
                    }
                    Answer::Subscribed { .. } | Answer::Preview { .. } => "another answer".to_owned(),
                };
                write!(out, "{kind} under {number}")
            }
            Down::Sync(bytes) => write!(out, "sync of {} bytes", bytes.len()),
        }
    }
}

/// One client, without its line.
pub trait Client {
    /// What it says when its line is new.
    ///
    /// # Errors
    /// What it kept and cannot read.
    fn connected(&mut self) -> Result<Vec<Up>, String>;

    /// It does something; what it says goes out where it has a line.
    ///
    /// # Errors
    /// What its document does not take.
    fn act(&mut self, random: &mut Random) -> Result<Vec<Up>, String>;

    /// It hears something.
    ///
    /// # Errors
    /// What no server may tell it.
    fn hear(&mut self, down: Down) -> Result<Vec<Up>, String>;

    /// It says what it has gathered and not said.
    fn flush(&mut self) -> Vec<Up> {
        Vec::new()
    }

    /// Its changes were refused for good; its line is cut.
    fn refused(&mut self) {}

    /// Whether it waits for an answer.
    fn is_waiting(&self) -> bool {
        false
    }

    /// The document that is to be like everybody's in the end.
    fn document(&self) -> Option<&Automerge> {
        None
    }

    /// Changes that it made without a right to them.
    fn forbidden(&self) -> &[ChangeHash] {
        &[]
    }

    /// Whether a message of its present line was altered on the way.
    fn is_garbled(&self) -> bool {
        false
    }

    /// Whether it speaks the protocol of automerge-repo.
    fn is_stock(&self) -> bool {
        false
    }
}
