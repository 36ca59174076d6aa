//! What a look finds, of logs that were hurt in every way a look is for.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use plenary_limits::holds;
use plenary_log::{Fact, FactKind, Log, Options, Record};
use plenary_protocol::ids::Digest;
use plenary_protocol::wire::api::SelfCheckState;

use super::ledger::Source;
use super::{Report, SelfCheck, Settings, TailError, check_tails};
use crate::evidence::samples::{chain, entry, plan, records};
use crate::evidence::{CheckpointRecord, Finding, Notary};
use crate::indexer::EntryIndexer;
use crate::metrics::Metrics;
use crate::plans::{Plans, Settings as PlanSettings};
use crate::readings::Readings;

/// A data directory with a log.
struct World {
    dir: tempfile::TempDir,
}

fn options(dir: &Path) -> Options {
    let mut options = Options::new(dir);
    options.segment_bytes_max = 4_096;
    options
}

impl World {
    fn of(groups: Vec<Vec<Record>>) -> World {
        let dir = tempfile::tempdir().unwrap();
        let (log, _) = Log::open(options(dir.path()), Arc::new(EntryIndexer)).unwrap();
        for group in groups {
            log.append(group).unwrap();
        }
        log.close().unwrap();
        World { dir }
    }

    fn open(&self) -> (Log, Notary) {
        let (log, _) = Log::open(options(self.dir.path()), Arc::new(EntryIndexer)).unwrap();
        let notary = Notary::open(self.dir.path(), "plans.example.org", &log, [7; 32]).unwrap();
        (log, notary)
    }

    fn check(&self) -> (SelfCheck, Notary) {
        self.check_after(Vec::new())
    }

    /// After a start that has found something.
    fn check_after(&self, findings: Vec<Finding>) -> (SelfCheck, Notary) {
        let (log, notary) = self.open();
        let settings = PlanSettings { mailbox: 16, idle: Duration::from_secs(60) };
        let plans = Plans::new(log, notary.clone(), [1; 16], settings, Metrics::default());
        let readings = Readings::new(plans.clone());
        let settings = Settings { bytes_per_s: 1 << 30, every: Duration::from_secs(3_600) };
        (SelfCheck::new(plans, readings, settings, findings), notary)
    }

    /// Looks at everything once; what is to be done to the log while it serves comes first.
    fn look(&self, hurt: impl FnOnce(&Path)) -> (Report, Notary) {
        let (check, notary) = self.check();
        assert_eq!(check.report().state, SelfCheckState::Checking);
        hurt(self.dir.path());
        check.start().unwrap();
        let mut report = check.report();
        while report.last.is_none() {
            std::thread::yield_now();
            report = check.report();
        }
        check.stop();
        (report, notary)
    }
}

/// Two plans over several segments.
fn whole() -> Vec<Vec<Record>> {
    let mut groups = Vec::new();
    for (name, count) in [("one", 40), ("two", 30)] {
        let (entries, record) = chain(name, count);
        for part in entries.chunks(4) {
            groups.push(part.iter().cloned().map(Record::Entry).collect());
        }
        groups.push(vec![Record::Fact(record.fact(&plan(name)).unwrap())]);
    }
    groups
}

#[track_caller]
fn only(report: &Report) -> &Finding {
    assert_eq!((report.state, report.findings.len()), (SelfCheckState::Failed, 1), "{:?}", report.findings);
    &report.findings[0]
}

#[test]
fn what_holds_is_verified_to_the_last_entry() {
    let (report, notary) = World::of(whole()).look(|_| {});
    assert_eq!((report.state, report.failures()), (SelfCheckState::Verified, 0), "{:?}", report.findings);
    assert_eq!(report.last.unwrap().entries, 70);
    assert_eq!(notary.check(&plan("one")), Ok(()));
}

#[test]
fn a_payload_that_is_not_the_one_committed_to_contradicts_its_plan_alone() {
    let (mut entries, record) = chain("one", 3);
    entries[1].payload[0] ^= 1;
    let (other, other_record) = chain("two", 3);
    let world = World::of(vec![records("one", entries, record), records("two", other, other_record)]);
    let (report, notary) = world.look(|_| {});
    let found = only(&report);
    assert_eq!((found.plan.clone(), found.seq), (Some(plan("one")), Some(2)));
    assert!(found.what.contains("payload of entry 2"), "{}", found.what);
    assert!(notary.check(&plan("one")).is_err() && notary.check(&plan("two")).is_ok());
}

#[test]
fn an_entry_that_was_altered_shows_in_the_next_one_and_in_the_tree() {
    let (mut entries, record) = chain("one", 3);
    entries[1] = entry("one", 2, Digest([9; 32]));
    let (report, _) = World::of(vec![records("one", entries, record)]).look(|_| {});
    assert!(only(&report).what.contains("does not name the entry before it"), "{:?}", report.findings);
    // The whole chain made anew, as an operator with the code could: the record knows.
    let (entries, _) = chain("one", 3);
    let world =
        World::of(vec![records("one", entries, CheckpointRecord { root: Digest([1; 32]), ..record })]);
    let (report, _) = world.look(|_| {});
    assert!(only(&report).what.contains("another root"), "{:?}", report.findings);
}

#[test]
fn a_byte_of_an_older_segment_is_found_while_it_serves_and_blocks_nobody() {
    let (report, notary) = World::of(whole()).look(|dir| {
        let first = dir.join("journal/00000000000000000001.seg");
        let mut bytes = std::fs::read(&first).unwrap();
        bytes[200] ^= 1;
        std::fs::write(&first, bytes).unwrap();
    });
    let found = only(&report);
    assert_eq!(found.plan, None);
    assert!(found.what.contains("00000000000000000001.seg is damaged at byte"), "{}", found.what);
    // The store has all: it was walked by itself.
    assert_eq!(report.last.unwrap().entries, 70);
    assert_eq!(notary.check(&plan("one")), Ok(()));
}

#[test]
fn a_journal_that_was_cut_while_it_serves_is_found() {
    let (report, _) = World::of(whole()).look(|dir| {
        let files = std::fs::read_dir(dir.join("journal")).unwrap().map(|file| file.unwrap().path());
        let last = files.max().unwrap();
        let bytes = std::fs::read(&last).unwrap();
        std::fs::write(&last, &bytes[..64]).unwrap();
    });
    assert!(report.findings.iter().any(|found| found.what.contains("all groups up to")), "{report:?}");
}

#[test]
fn more_damage_takes_no_earlier_finding_back_and_a_whole_look_does() {
    let world = World::of(whole());
    let (check, notary) = world.check();
    let earlier = |seq| Finding { plan: Some(plan("two")), seq: Some(seq), what: "it was altered".into() };
    let first = world.dir.path().join("journal/00000000000000000001.seg");
    let bytes = std::fs::read(&first).unwrap();
    let look = || check.end(&super::round::look(&check).unwrap(), std::time::Instant::now());
    check.found(&earlier(5), Source::Journal);
    check.found(&earlier(6), Source::Store);
    look_ended_with_both(&check);
    let mut hurt = bytes.clone();
    hurt[200] ^= 1;
    std::fs::write(&first, hurt).unwrap();
    look();
    look();
    // The store was walked and holds; the journal was not reached.
    let left: Vec<Finding> =
        check.report().findings.into_iter().filter(|found| found.plan.is_some()).collect();
    assert_eq!((left.len(), left[0].seq), (1, Some(5)), "{left:?}");
    assert!(left[0].what.contains("it was altered (found at 20"), "{}", left[0].what);
    assert!(notary.check(&plan("two")).is_err() && notary.check(&plan("one")).is_ok());
    std::fs::write(&first, bytes).unwrap();
    look();
    assert_eq!(check.report().findings, []);
    assert_eq!(notary.check(&plan("two")), Ok(()));
}

#[test]
fn the_same_in_journal_and_store_is_told_once() {
    let (mut entries, record) = chain("one", 3);
    entries[1].payload[0] ^= 1;
    let what = "the payload of entry 2 is not the one that its envelope commits to".to_owned();
    let found = Finding { plan: Some(plan("one")), seq: Some(2), what };
    let world = World::of(vec![records("one", entries, record)]);
    let (check, _) = world.check_after(vec![found.clone()]);
    for _ in 0..2 {
        check.end(&super::round::look(&check).unwrap(), std::time::Instant::now());
        assert_eq!(check.report().findings, std::slice::from_ref(&found));
    }
}

#[test]
fn what_a_start_found_is_taken_back_by_the_first_look_that_finds_all_well() {
    let found = Finding { plan: Some(plan("two")), seq: Some(5), what: "it was altered".into() };
    let world = World::of(whole());
    let (check, notary) = world.check_after(vec![found]);
    notary.contradict(&plan("two"), "it was altered");
    assert_eq!(check.report().state, SelfCheckState::Failed);
    check.end(&super::round::look(&check).unwrap(), std::time::Instant::now());
    assert_eq!((check.report().state, check.report().failures()), (SelfCheckState::Verified, 0));
    assert_eq!(notary.check(&plan("two")), Ok(()));
}

/// Ends a look that examined nothing.
fn look_ended_with_both(check: &SelfCheck) {
    let nothing = super::round::Found { entries: 0, examined: super::ledger::Examined::default() };
    check.end(&nothing, std::time::Instant::now());
    assert_eq!(check.report().findings.len(), 2);
}

#[test]
fn a_start_refuses_what_is_gone_and_marks_what_was_altered() {
    let (entries, record) = chain("one", 3);
    let short = CheckpointRecord { size: 4, ..record };
    let mut group = records("one", entries.clone(), record);
    group.push(Record::Fact(short.fact(&plan("one")).unwrap()));
    let (log, notary) = World::of(vec![group]).open();
    let refused = check_tails(&log, &notary).unwrap_err();
    assert!(matches!(refused, TailError::Short { head: 3, vouched: 4, .. }), "{refused}");
    for word in ["plan one", "ends at entry 3", "plenaryd restore"] {
        assert!(refused.to_string().contains(word), "{refused}");
    }
    // An epoch that was begun since does not count what was vouched for before it.
    let next = crate::evidence::EpochRecord { epoch: 2, since: "now".into(), because: "a test".into() };
    let Fact { kind, key, value } = next.fact().unwrap();
    assert_eq!(kind, FactKind::Epoch);
    log.append(vec![Record::Fact(Fact { kind, key, value })]).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let notary = Notary::open(dir.path(), "plans.example.org", &log, [7; 32]).unwrap();
    assert_eq!(check_tails(&log, &notary).unwrap(), []);

    let mut altered = entries;
    altered[2].payload[0] ^= 1;
    let (log, notary) = World::of(vec![records("one", altered, record)]).open();
    let found = check_tails(&log, &notary).unwrap();
    assert_eq!((found.len(), found[0].seq), (1, Some(3)));
    assert!(notary.check(&plan("one")).is_err());
}

#[test]
fn so_many_findings_are_shown_and_the_rest_is_counted() {
    let world = World::of(whole());
    holds!(FINDINGS_KEPT_MAX, |count| {
        let (check, _) = world.check();
        for seq in 0..count as u64 {
            check.found(&Finding { plan: None, seq: Some(seq), what: "hurt".into() }, Source::Journal);
        }
        assert_eq!(check.report().failures(), count as u64);
        check.report().findings.len() == count
    });
}
