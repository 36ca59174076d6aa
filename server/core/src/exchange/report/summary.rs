//! Who changed what, by Bureau and period: a fold of the entries that a report takes.

use std::collections::{BTreeMap, BTreeSet};

use plenary_protocol::record::RowOp;
use plenary_protocol::wire::event::{EventView, What};
use plenary_protocol::{Bureau, ElementId};

use crate::exchange::scope::Taken;
use crate::history::BATCH_ROWS;

/// Days that a report tells one by one; of a longer time it tells months.
const DAYS_MAX: usize = 62;
/// Different reasons that are kept of one line of a report; of more it is told that there are.
pub const REASONS_MAX: usize = 20;

/// How many entries and edits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sum {
    /// Entries.
    pub entries: u64,
    /// Edits that match.
    pub edits: u64,
}

impl Sum {
    fn add(&mut self, edits: u64) {
        self.entries += 1;
        self.edits += edits;
    }

    fn join(&mut self, other: Sum) {
        self.entries += other.entries;
        self.edits += other.edits;
    }
}

/// What happened to one element in one period by one Bureau.
#[derive(Debug, Clone, Default)]
pub struct Deeds {
    /// How many edits.
    pub edits: u64,
    /// Its kind, as the edits say.
    pub kind: String,
    /// Fields and texts that were changed, or what else was done.
    pub fields: BTreeSet<String>,
    /// Names of those who did it.
    pub people: BTreeSet<String>,
    /// Why.
    pub reasons: Reasons,
}

/// Reasons, each once.
#[derive(Debug, Clone, Default)]
pub struct Reasons {
    /// Those that are kept.
    pub all: BTreeSet<String>,
    /// Whether there are more.
    pub more: bool,
}

impl Reasons {
    fn add(&mut self, reason: Option<&String>) {
        let Some(reason) = reason else { return };
        if self.all.len() < REASONS_MAX {
            self.all.insert(reason.clone());
        } else if !self.all.contains(reason) {
            self.more = true;
        }
    }

    fn join(&mut self, other: Reasons) {
        self.more |= other.more;
        other.all.iter().for_each(|reason| self.add(Some(reason)));
    }
}

/// What one Bureau did in one period.
#[derive(Debug, Clone, Default)]
pub struct Work {
    /// How much.
    pub sum: Sum,
    /// By element, in the order of ids.
    pub elements: BTreeMap<ElementId, Deeds>,
    /// Acts that are no edits, and entries too large to be told by element: who, what, why.
    pub acts: BTreeMap<(String, String), (u64, Reasons)>,
}

impl Work {
    fn join(&mut self, other: Work) {
        self.sum.join(other.sum);
        for (element, deeds) in other.elements {
            let mine = self.elements.entry(element).or_default();
            mine.edits += deeds.edits;
            mine.kind = deeds.kind;
            mine.fields.extend(deeds.fields);
            mine.people.extend(deeds.people);
            mine.reasons.join(deeds.reasons);
        }
        for (act, (count, reasons)) in other.acts {
            let mine = self.acts.entry(act).or_default();
            mine.0 += count;
            mine.1.join(reasons);
        }
    }
}

/// Somebody, acting for a Bureau in a role.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Person {
    /// The Bureau.
    pub bureau: Bureau,
    /// Their name.
    pub name: String,
    /// Who, as the token names them.
    pub subject: String,
    /// The role.
    pub role: String,
}

/// What a report says before it tells the entries.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    /// How much in all.
    pub sum: Sum,
    /// What each Bureau did, by period.
    pub work: BTreeMap<Bureau, BTreeMap<String, Work>>,
    /// How much each person did.
    pub people: BTreeMap<Person, Sum>,
    /// How many edits of each element each Bureau made, with its kind.
    pub elements: BTreeMap<ElementId, (String, BTreeMap<Bureau, u64>)>,
    /// When the first and the last entry were taken in.
    pub times: Option<(String, String)>,
}

impl Summary {
    /// Takes in the next entry.
    pub fn take(&mut self, taken: &Taken<'_>) {
        let event = taken.event;
        let edits = taken.rows.len() as u64;
        self.sum.add(edits);
        let times = self.times.get_or_insert_with(|| (event.at.clone(), event.at.clone()));
        times.1.clone_from(&event.at);
        self.people.entry(person(event)).or_default().add(edits);
        // The day of an RFC 3339 time.
        let day = event.at.get(..10).unwrap_or(&event.at).to_owned();
        let work = self.work.entry(event.bureau).or_default().entry(day).or_default();
        work.sum.add(edits);
        if taken.rows.is_empty() || taken.rows.len() > BATCH_ROWS {
            let act = match taken.rows.len() {
                0 => act_words(&event.what).to_owned(),
                many => format!("{many} edits in one entry"),
            };
            let (count, reasons) = work.acts.entry((act, event.name.clone())).or_default();
            *count += 1;
            reasons.add(event.because.as_ref());
            return;
        }
        for row in taken.edits() {
            let deeds = work.elements.entry(row.element.clone()).or_default();
            deeds.edits += 1;
            deeds.kind.clone_from(&row.kind);
            deeds.fields.insert(match row.op {
                RowOp::Set | RowOp::Text => row.field.clone(),
                RowOp::Add => "added".to_owned(),
                RowOp::Move => "moved".to_owned(),
                RowOp::Remove => "removed".to_owned(),
                RowOp::Restore => "restored".to_owned(),
            });
            deeds.people.insert(event.name.clone());
            deeds.reasons.add(event.because.as_ref());
            let (kind, by) = self.elements.entry(row.element.clone()).or_default();
            kind.clone_from(&row.kind);
            *by.entry(event.bureau).or_default() += 1;
        }
    }

    /// The same by months where it is of many days.
    #[must_use]
    pub fn by_period(mut self) -> Summary {
        let days: BTreeSet<&String> = self.work.values().flat_map(BTreeMap::keys).collect();
        if days.len() <= DAYS_MAX {
            return self;
        }
        for work in self.work.values_mut() {
            let mut months: BTreeMap<String, Work> = BTreeMap::new();
            for (day, work) in std::mem::take(work) {
                months.entry(day.get(..7).unwrap_or(&day).to_owned()).or_default().join(work);
            }
            *work = months;
        }
        self
    }

    /// The periods in which something happened, in order.
    pub fn periods(&self) -> BTreeSet<&String> {
        self.work.values().flat_map(BTreeMap::keys).collect()
    }
}

/// What an act is called by people who never saw the log.
pub fn act_words(what: &What) -> &'static str {
    match what {
        What::PlanCreated { .. } => "plan created",
        What::ActorBound { .. } => "wrote here for the first time",
        What::Change { .. } => "changed",
        What::StageAdvanced { .. } => "moved to another stage",
        What::AccessChanged { .. } => "said who may read",
        What::Refused { count: Some(_), .. } => "was refused changes again and again",
        What::Refused { .. } => "was refused a change",
        What::VersionNamed { .. } => "gave this point a name",
        What::VersionSigned { .. } => "signed a version",
        What::Exported(_) => "exported",
        What::RuleSet { .. } => "set a rule",
        What::Quarantined { .. } => "set changes aside",
        What::SetAside { .. } => "changed what was set aside later",
    }
}

fn person(event: &EventView) -> Person {
    Person {
        bureau: event.bureau,
        name: event.name.clone(),
        subject: event.subject.to_string(),
        role: event.role.to_string(),
    }
}
