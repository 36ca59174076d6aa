//! Findings with their past: who introduced each, and who resolved it.
//!
//! A finding is one from the entry after which it is there to the one after which it is not; when it comes
//! back it is another.  Open ones are all kept, of resolved ones the latest.

use std::collections::{HashMap, VecDeque};

use plenary_limits::FINDINGS_PAST_MAX;
use plenary_protocol::plan::PlanView;
use plenary_protocol::record::Event;
use plenary_protocol::wire::event::time_text;
use plenary_protocol::wire::findings::{By, PastFinding};

use super::checker::{Checker, Turn};
use super::facts::{Then, Voices};
use super::finding::{Found, Identity, Names};
use super::look::Former;
use super::settings::Settings;

/// A finding with its past.
#[derive(Debug, Clone)]
pub struct Past {
    /// What was found, as it last read.
    pub found: Found,
    /// Who introduced it.
    pub introduced: By,
    /// Who resolved it.
    pub resolved: Option<By>,
}

/// All findings that a plan ever had.
pub struct History {
    checker: Checker,
    open: HashMap<Identity, Past>,
    resolved: VecDeque<Past>,
    left_out: u64,
}

impl History {
    /// Before the first entry; `empty` is the view of that.
    pub fn new(empty: &PlanView, former: Option<std::sync::Arc<Former>>) -> History {
        let checker = Checker::of(empty, Voices::default(), former);
        History { checker, open: HashMap::new(), resolved: VecDeque::new(), left_out: 0 }
    }

    /// Takes in the next entry.
    pub fn take(&mut self, event: &Event, then: &dyn Then) {
        // A plan begins with its first entry: what is missing then, that entry left missing.
        let first: Vec<Turn> = if event.envelope.seq.0 == 1 {
            self.checker.findings().into_iter().cloned().map(Turn::Came).collect()
        } else {
            Vec::new()
        };
        let turns = self.checker.take(event, then);
        if first.is_empty() && turns.is_empty() {
            return;
        }
        let by = By {
            seq: event.envelope.seq,
            at: time_text(event.envelope.at),
            subject: event.envelope.principal.subject.clone(),
            name: event.payload.name.clone(),
            bureau: event.envelope.principal.bureau,
        };
        for turn in first.into_iter().chain(turns) {
            match turn {
                Turn::Came(found) => {
                    let past = Past { found, introduced: by.clone(), resolved: None };
                    self.open.insert(past.found.identity(), past);
                }
                Turn::Went(found) => {
                    if let Some(past) = self.open.remove(&found.identity()) {
                        self.resolve(Past { resolved: Some(by.clone()), ..past });
                    }
                }
                Turn::Reworded(found) => {
                    if let Some(past) = self.open.get_mut(&found.identity()) {
                        past.found = found;
                    }
                }
            }
        }
    }

    pub(super) fn resolve(&mut self, past: Past) {
        if self.resolved.len() >= FINDINGS_PAST_MAX {
            self.resolved.pop_front();
            self.left_out += 1;
        }
        self.resolved.push_back(past);
    }

    /// The findings as they are now.
    pub fn checker(&self) -> &Checker {
        &self.checker
    }

    /// How many resolved ones are left out.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// How many are open.
    pub fn open(&self) -> usize {
        self.open.len()
    }

    /// All of them, by the entry that introduced them.
    pub fn all(&self) -> Vec<&Past> {
        let mut all: Vec<&Past> = self.resolved.iter().chain(self.open.values()).collect();
        all.sort_by_cached_key(|past| (past.introduced.seq, past.found.identity()));
        all
    }

    /// The open one that is the same as what was found.
    pub fn of(&self, found: &Found) -> Option<&Past> {
        self.open.get(&found.identity())
    }
}

impl Past {
    /// Tells it with the names of a view; a rule that is off is told with what it weighs otherwise.
    pub fn tell(&self, names: &Names<'_>, settings: &Settings) -> Option<PastFinding> {
        let finding = self
            .found
            .tell(names, names.stage(), settings)
            .or_else(|| self.found.tell(names, names.stage(), &Settings::default()))?;
        Some(PastFinding { finding, introduced: self.introduced.clone(), resolved: self.resolved.clone() })
    }
}
