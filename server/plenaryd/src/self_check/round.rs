//! One look at everything: the journal's copy of every entry is walked and held beside the store's, trees
//! beside what was vouched for and beside the reader copies in memory.
//!
//! Where the journal cannot be read through, the store's copy is walked by itself: what is served is
//! checked in any case.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use plenary_limits::EXACT_ENTRIES_PER_READ_MAX;
use plenary_log::{ReadError, Sight, Twin};
use plenary_protocol::ids::PlanId;

use super::SelfCheck;
use super::ledger::{Examined, Source};
use super::pace::Pace;
use crate::evidence::{Examination, Examiner, Finding};

/// Entries after which the number seen is told.
const TELL_EVERY: u64 = 256;

/// What a whole look saw.
pub(super) struct Found {
    pub entries: u64,
    pub examined: Examined,
}

/// A look on its way.
struct Look<'a> {
    check: &'a SelfCheck,
    pace: Pace<'a>,
    /// Of which plan and in what something was found; one of each is enough, and the first says most.
    hurt: Vec<(PlanId, Source)>,
    seen: u64,
}

/// Looks at everything; none when the server stops meanwhile.
pub(super) fn look(check: &SelfCheck) -> Option<Found> {
    let (log, notary) = (check.inner.plans.log(), check.inner.plans.notary());
    // First what was vouched for, then how far the logs go: no log is shorter than that.
    let vouched = notary.all_vouched();
    let heads: Vec<(String, u64)> = log
        .plans()
        .into_iter()
        .map(|plan| {
            let seq = log.head(&plan).map_or(0, |head| head.seq);
            (plan, seq)
        })
        .collect();
    let examiner = || {
        let mut examiner = Examiner::new();
        for (plan, record) in &vouched {
            examiner.expect(plan, record.size, record.root);
        }
        examiner
    };
    let mut look = Look { check, pace: Pace::new(check), hurt: Vec::new(), seen: 0 };
    let (walked, source) = match look.journal(examiner())? {
        Some(walked) => (walked, Source::Journal),
        None => (look.store(examiner(), &heads)?, Source::Store),
    };
    look.compare_ends(&walked, &heads, source);
    let mut examined = look.examined(&heads, source);
    examined.in_memory = look.compare_copies(&walked);
    Some(Found { entries: walked.entries, examined })
}

impl Look<'_> {
    fn found(&mut self, finding: &Finding, source: Source) {
        if let Some(plan) = &finding.plan {
            let hurt = (plan.clone(), source);
            if self.hurt.contains(&hurt) {
                return;
            }
            self.hurt.push(hurt);
        }
        self.check.found(finding, source);
    }

    fn saw_an_entry(&mut self) {
        self.seen += 1;
        if self.seen % TELL_EVERY == 1 {
            self.check.saw(self.seen);
        }
    }

    /// Takes in what an examiner has found since it was asked last.
    fn take_in(&mut self, examiner: &Examiner, told: &mut usize, source: Source) {
        for finding in examiner.findings().get(*told..).unwrap_or_default() {
            self.found(finding, source);
        }
        *told = examiner.findings().len();
    }

    /// Walks the journal; none of the walk when the journal is damaged, nothing when the server stops.
    fn journal(&mut self, mut examiner: Examiner) -> Option<Option<Examination>> {
        let log = self.check.inner.plans.log().clone();
        let (mut told, mut stops, mut damaged) = (0, false, false);
        let listed = log.look_through(&mut |sight| {
            match sight {
                Sight::Group { bytes } => stops = self.pace.spent(bytes),
                Sight::Damage(error) => {
                    damaged = true;
                    self.found(&Finding { plan: None, seq: None, what: error.to_string() }, Source::Journal);
                }
                Sight::Fact(fact) if !damaged => examiner.fact(fact),
                Sight::Fact(_) => {}
                Sight::Entry { entry, twin } => {
                    self.saw_an_entry();
                    if let Some(finding) = differs(&entry.plan, entry.seq, &twin) {
                        let source = if twin == Twin::Other { Source::Both } else { Source::Store };
                        self.found(&finding, source);
                    }
                    if !damaged {
                        examiner.entry(entry);
                    }
                }
            }
            self.take_in(&examiner, &mut told, Source::Journal);
            if stops { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        if let Err(error) = listed {
            damaged = true;
            self.found(&Finding { plan: None, seq: None, what: error.to_string() }, Source::Journal);
        }
        if stops {
            return None;
        }
        Some(if damaged { None } else { Some(self.finish(examiner, told, Source::Journal)) })
    }

    /// Walks the store, plan by plan; nothing when the server stops.
    fn store(&mut self, mut examiner: Examiner, heads: &[(String, u64)]) -> Option<Examination> {
        let log = self.check.inner.plans.log().clone();
        let mut told = 0;
        for (plan, head) in heads {
            let mut after = 0;
            while after < *head {
                let limit = EXACT_ENTRIES_PER_READ_MAX.min((head - after) as usize);
                let entries = match log.entries(plan, after, limit) {
                    Ok(entries) if !entries.is_empty() => entries,
                    Ok(_) => break,
                    Err(error) => {
                        self.found(&unread(plan, after + 1, &error), Source::Store);
                        break;
                    }
                };
                for entry in &entries {
                    self.saw_an_entry();
                    examiner.entry(entry);
                    after = entry.seq;
                }
                self.take_in(&examiner, &mut told, Source::Store);
                let bytes = entries.iter().map(|entry| (entry.envelope.len() + entry.payload.len()) as u64);
                if self.pace.spent(bytes.sum()) {
                    return None;
                }
            }
        }
        Some(self.finish(examiner, told, Source::Store))
    }

    fn finish(&mut self, examiner: Examiner, told: usize, source: Source) -> Examination {
        let walked = examiner.finish();
        for finding in walked.findings.iter().skip(told) {
            self.found(finding, source);
        }
        walked
    }

    /// Every entry that was acknowledged when the look began was met.
    fn compare_ends(&mut self, walked: &Examination, heads: &[(String, u64)], source: Source) {
        for (plan, head) in heads {
            let Ok(plan) = plan.parse::<PlanId>() else { continue };
            let size = walked.plans.get(&plan).map_or(0, |tree| tree.size);
            if size < *head {
                let seq = size + 1;
                let what = match source {
                    Source::Store => format!("entry {seq} was acknowledged and does not come from the store"),
                    _ => format!("entry {seq} is in the store and not in the journal"),
                };
                // Where the walk broke off, why was told.
                self.found(&Finding { plan: Some(plan), seq: Some(seq), what }, source);
            }
        }
    }

    /// What was walked to its end, by `source`, without a finding.
    fn examined(&self, heads: &[(String, u64)], source: Source) -> Examined {
        let is_hurt = |plan: &PlanId, in_store_alone: bool| {
            let counts = |of: &Source| !in_store_alone || *of == Source::Store;
            self.hurt.iter().any(|(hurt, of)| hurt == plan && counts(of))
        };
        let journal = source == Source::Journal;
        let plans = || heads.iter().filter_map(|(plan, _)| plan.parse::<PlanId>().ok());
        let holding: BTreeSet<PlanId> = plans().filter(|plan| !is_hurt(plan, !journal)).collect();
        let store = !journal && holding.len() == heads.len();
        let (in_both, in_store) =
            if journal { (holding, BTreeSet::new()) } else { (BTreeSet::new(), holding) };
        Examined { journal, store, in_both, in_store, in_memory: BTreeSet::new() }
    }

    /// The reader copies in memory have the same trees; gives the plans whose copy was compared and has.
    fn compare_copies(&mut self, walked: &Examination) -> BTreeSet<PlanId> {
        let mut same = BTreeSet::new();
        for (plan, tree) in &walked.plans {
            let Some(root) = self.check.inner.readings.root(plan, tree.size) else { continue };
            if root == tree.root {
                same.insert(plan.clone());
                continue;
            }
            let what = format!("the copy in memory has another tree of the first {} entries", tree.size);
            self.found(&Finding { plan: Some(plan.clone()), seq: None, what }, Source::Memory);
        }
        same
    }
}

fn differs(plan: &str, seq: u64, twin: &Twin) -> Option<Finding> {
    let what = match twin {
        Twin::Same | Twin::NotYet => return None,
        Twin::Missing => format!("entry {seq} is in the journal and not in the store"),
        Twin::Other => format!("journal and store have different bytes of entry {seq}"),
        Twin::Unread(reason) => format!("the store cannot read entry {seq}: {reason}"),
    };
    Some(Finding { plan: plan.parse().ok(), seq: Some(seq), what })
}

fn unread(plan: &str, seq: u64, error: &ReadError) -> Finding {
    Finding { plan: plan.parse().ok(), seq: Some(seq), what: error.to_string() }
}
