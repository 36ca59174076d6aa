//! What a notary vouches for outlives a restart, and never contradicts itself.

use std::path::Path;
use std::sync::Arc;

use plenary_log::{Fact, FactKind, Indexer as _, Log, Options, Record};
use plenary_protocol::evidence::Checkpoint;
use plenary_protocol::ids::{Digest, PlanId};

use super::{CheckpointDenied, Contradiction, EPOCH_KEY, EpochRecord, Notary, NotaryError};
use crate::indexer::EntryIndexer;

fn open(dir: &Path) -> (Log, Notary) {
    let (log, _) = Log::open(Options::new(dir), Arc::new(EntryIndexer)).unwrap();
    let notary = Notary::open(dir, "plans.example.org", &log, [7; 32]).unwrap();
    (log, notary)
}

fn plan() -> PlanId {
    "sp".parse().unwrap()
}

fn vouch(log: &Log, notary: &Notary, size: u64, root: Digest) {
    let record = notary.record(&plan(), size, root).unwrap();
    log.append(vec![Record::Fact(record.fact(&plan()).unwrap())]).unwrap();
    notary.vouch(&plan(), record);
}

#[test]
fn a_checkpoint_outlives_a_restart_to_the_byte() {
    let dir = tempfile::tempdir().unwrap();
    let (log, notary) = open(dir.path());
    assert_eq!(notary.checkpoint(&plan()), Ok(None));
    vouch(&log, &notary, 3, Digest([3; 32]));
    let signed = notary.checkpoint(&plan()).unwrap().unwrap();
    let key = notary.key(&plan()).unwrap();
    assert_eq!(Checkpoint::open(signed.note.as_bytes(), &key), Ok(signed.checkpoint.clone()));
    assert_eq!(signed.checkpoint.origin, "plans.example.org/plans/sp/1");
    drop(notary);
    log.close().unwrap();
    // Another seed is not asked for: the key of the first start stays.
    let (log, _) = Log::open(Options::new(dir.path()), Arc::new(EntryIndexer)).unwrap();
    let notary = Notary::open(dir.path(), "plans.example.org", &log, [8; 32]).unwrap();
    assert_eq!(notary.checkpoint(&plan()).unwrap().unwrap(), signed);
    assert_eq!(notary.key(&plan()).unwrap(), key);
}

#[test]
fn what_contradicts_a_checkpoint_is_not_vouched_for() {
    let dir = tempfile::tempdir().unwrap();
    let (log, notary) = open(dir.path());
    vouch(&log, &notary, 3, Digest([3; 32]));
    assert!(notary.record(&plan(), 3, Digest([3; 32])).is_ok());
    assert!(notary.record(&plan(), 4, Digest([4; 32])).is_ok());
    let other = notary.record(&plan(), 3, Digest([4; 32])).unwrap_err();
    assert_eq!(other, Contradiction::Tree { plan: plan(), vouched: 3, size: 3 });
    let shorter = notary.record(&plan(), 2, Digest([2; 32])).unwrap_err();
    assert!(shorter.to_string().contains("plenaryd verify"), "{shorter}");
}

#[test]
fn a_new_epoch_is_another_log() {
    let dir = tempfile::tempdir().unwrap();
    let (log, notary) = open(dir.path());
    vouch(&log, &notary, 3, Digest([3; 32]));
    let record = EpochRecord {
        epoch: 2,
        since: "2026-01-01T00:00:00Z".into(),
        because: "restored from a copy".into(),
    };
    let value = serde_json::to_vec(&record).unwrap();
    let fact = |value| Record::Fact(Fact { kind: FactKind::Epoch, key: EPOCH_KEY.to_vec(), value });
    log.append(vec![fact(value)]).unwrap();
    let notary = Notary::open(dir.path(), "plans.example.org", &log, [7; 32]).unwrap();
    assert_eq!(notary.origin(&plan()), "plans.example.org/plans/sp/2");
    assert_eq!(notary.checkpoint(&plan()), Ok(None));
    assert!(notary.record(&plan(), 1, Digest([1; 32])).is_ok());
    log.append(vec![fact(b"{}".to_vec())]).unwrap();
    let unread = Notary::open(dir.path(), "plans.example.org", &log, [7; 32]).map(|_| ()).unwrap_err();
    assert!(matches!(unread, NotaryError::Form { .. }), "{unread}");
}

#[test]
fn a_record_vouches_for_its_last_entry() {
    let record = super::CheckpointRecord { epoch: 1, size: 12, root: Digest([1; 32]) };
    let fact = record.fact(&plan()).unwrap();
    assert_eq!(EntryIndexer.vouches_for(&fact), Some(("sp".to_owned(), 12)));
    let other = Fact { kind: FactKind::Revocation, ..fact };
    assert_eq!(EntryIndexer.vouches_for(&other), None);
}

#[tokio::test]
async fn who_waits_for_a_checkpoint_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let (log, notary) = open(dir.path());
    let waiting = {
        let notary = notary.clone();
        tokio::spawn(async move { notary.reached(&plan(), 5).await })
    };
    tokio::task::yield_now().await;
    vouch(&log, &notary, 4, Digest([4; 32]));
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    vouch(&log, &notary, 5, Digest([5; 32]));
    waiting.await.unwrap();
    notary.reached(&plan(), 5).await;
}

#[test]
fn of_a_plan_that_does_not_hold_nothing_more_is_signed_until_it_does() {
    let dir = tempfile::tempdir().unwrap();
    let (log, notary) = open(dir.path());
    vouch(&log, &notary, 3, Digest([3; 32]));
    notary.contradict(&plan(), "entry 2 is another");
    notary.contradict(&plan(), "and so is entry 3");
    let found = Contradiction::Found { plan: plan(), what: "entry 2 is another".into() };
    assert_eq!(notary.check(&plan()), Err(found.clone()));
    assert_eq!(notary.record(&plan(), 4, Digest([4; 32])), Err(found.clone()));
    assert_eq!(notary.checkpoint(&plan()), Err(CheckpointDenied::Contradicted(found)));
    notary.acquit(|_| false);
    assert!(notary.check(&plan()).is_err());
    notary.acquit(|_| true);
    assert!(notary.checkpoint(&plan()).unwrap().is_some());
}
