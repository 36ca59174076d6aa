//! Backups taken under load, restored elsewhere; and what clients are told who knew more.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use plenary_protocol::evidence::{Checkpoint, VerifierKey};
use plenary_protocol::wire::RefusalCode;
use plenary_protocol::wire::api::EditDone;
use plenary_protocol::wire::live::{ClientMessage, ServerMessage};
use plenary_protocol::{Digest, Seq};
use plenary_tests::{DRAFT, Exit, Http, Launch, Live, TestServer, fresh_id, plan_id};
use serde_json::{Value as Json, json};

use crate::people::{AUDITOR, BR, CHAIR, comment, set_text};

const WRITERS: usize = 8;

fn run(arguments: &[&str]) -> Exit {
    Launch::of("plenaryd").args(arguments.iter().copied()).run()
}

fn backup(server: &TestServer, more: &[&str]) -> PathBuf {
    let to = server.folder().join("backup");
    let exit = server.command(&[&["backup", "--to", to.to_str().unwrap()], more].concat());
    assert_eq!(exit.code, Some(0), "{}", exit.stderr);
    assert!(exit.stdout.contains("read it through: it holds"), "{}", exit.stdout);
    to
}

fn manifest(backup: &std::path::Path) -> Json {
    serde_json::from_slice(&std::fs::read(backup.join("manifest.json")).unwrap()).unwrap()
}

fn checkpoint(http: &Http) -> (Checkpoint, VerifierKey) {
    let evidence = |what: &str| http.get(&format!("/api/v1/plans/{DRAFT}/evidence/{what}")).text;
    let key: VerifierKey = evidence("key").trim_end().parse().unwrap();
    (Checkpoint::open(evidence("checkpoint").as_bytes(), &key).unwrap(), key)
}

#[test]
fn a_backup_taken_under_load_has_every_entry_that_was_acknowledged_before_it_began() {
    let server = TestServer::demo();
    let chair = server.client(&CHAIR);
    let target = chair.id_of(DRAFT, "2.7");
    let (stop, begun) = (AtomicBool::new(false), AtomicU64::new(0));
    let acknowledged: BTreeMap<u64, Digest> = thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|number| {
                let (stop, begun, target, http) = (&stop, &begun, &target, chair.clone());
                scope.spawn(move || {
                    let mut before = Vec::new();
                    let mut count = 0;
                    while !stop.load(Ordering::Acquire) {
                        let done = http.edited(DRAFT, &[comment(target, &format!("{number} {count}"))]);
                        count += 1;
                        if begun.load(Ordering::Acquire) == 0 {
                            before.push((done.seq.0, done.leaf));
                        }
                    }
                    assert!(count > 0);
                    before
                })
            })
            .collect();
        // Everybody writes before it begins, and while it is made: three times, into one place.
        while chair.head(DRAFT).0 < 40 {
            thread::yield_now();
        }
        backup(&server, &[]);
        begun.store(1, Ordering::Release);
        backup(&server, &[]);
        backup(&server, &["--with-keys"]);
        stop.store(true, Ordering::Release);
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
    });
    assert!(acknowledged.len() >= WRITERS, "{}", acknowledged.len());
    let from = server.folder().join("backup");
    let told = manifest(&from);
    let entries = told["plans"][DRAFT]["entries"].as_u64().unwrap();
    assert!(entries >= *acknowledged.keys().max().unwrap());

    let to = server.folder().join("elsewhere");
    let (from, elsewhere) = (from.to_str().unwrap(), to.to_str().unwrap());
    let exit = run(&["restore", "--from", from, "--data", elsewhere]);
    assert_eq!(exit.code, Some(0), "{}", exit.stderr);
    for words in [
        "they hold",
        "It is not known what was acknowledged",
        " was begun: every plan's log has a new name",
        "Keys from the backup",
    ] {
        assert!(exit.stdout.contains(words), "{words} in: {}", exit.stdout);
    }
    assert_eq!(run(&["verify", "--data", elsewhere]).code, Some(0));
    let restored = Launch::server(&to).arg("--demo").start().expect("what was restored starts");
    let there = chair.at(restored.base());
    let leaves: BTreeMap<u64, Digest> =
        there.all_events(DRAFT).into_iter().map(|event| (event.seq.0, event.leaf)).collect();
    assert_eq!(leaves.len() as u64, entries);
    for (seq, leaf) in acknowledged {
        assert_eq!(leaves.get(&seq), Some(&leaf), "entry {seq} was acknowledged before the backup began");
    }
    // And it goes on.
    there.edited(DRAFT, &[comment(&target, "after the restore")]);
    assert_eq!(restored.terminate().code, Some(0));
}

#[test]
fn after_a_restore_that_lost_entries_the_logs_have_new_names_and_nothing_contradicts() {
    let mut server = TestServer::demo();
    let (br, auditor) = (server.client(&BR), server.client(&AUDITOR));
    let target = br.id_of(DRAFT, "2.7");
    let from = backup(&server, &[]);
    assert!(!from.join("keys").exists());
    let at_backup = br.head(DRAFT);
    let lost_edit = br.edited(DRAFT, &[set_text(&target, "title", "Lost", br.head(DRAFT))]);
    let (before, key_before) = checkpoint(&auditor);
    let data = server.data();
    let arguments = ["restore", "--from", from.to_str().unwrap(), "--data", data.to_str().unwrap()];
    let refused = run(&[&arguments[..], &["--replace"]].concat());
    assert_eq!(refused.code, Some(75), "a server runs on it: {}", refused.stderr);
    assert_eq!(server.terminate().code, Some(0));
    let refused = run(&arguments);
    assert_eq!(refused.code, Some(64), "{}", refused.stderr);
    assert!(refused.stderr.contains("--replace"), "{}", refused.stderr);
    let refused = run(&[&arguments[..], &["--replace", "--nothing-lost"]].concat());
    assert_eq!(refused.code, Some(64), "{}", refused.stderr);
    let lost = format!("plan {DRAFT}: entries {} to {} were acknowledged", at_backup.0 + 1, before.size);
    assert!(refused.stderr.contains(&lost), "{}", refused.stderr);
    let done = run(&[&arguments[..], &["--replace"]].concat());
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    for words in [
        "LOST",
        &lost,
        " was begun: every plan's log has a new name",
        "The keys are those that were there",
        "aside/replaced-1",
    ] {
        assert!(done.stdout.contains(words), "{words} in: {}", done.stdout);
    }

    server.start();
    let (br, auditor) = (br.at(&server.base()), auditor.at(&server.base()));
    assert_eq!(br.head(DRAFT), at_backup);
    let other = br.edited(DRAFT, &[set_text(&target, "title", "Another", br.head(DRAFT))]);
    assert_eq!(other.seq, lost_edit.seq, "the same number stands for another entry now");
    who_knows_more_is_told(&br, &target, &lost_edit, &other);
    let (after, key) = checkpoint(&auditor);
    assert_eq!(after.size, before.size);
    assert_ne!(after.root, before.root);
    // The same key under another name: nothing that it signed contradicts anything else it signed.
    assert_eq!(key.bytes(), key_before.bytes());
    assert_eq!(before.origin, format!("localhost/plans/{DRAFT}/1"));
    let epoch = auditor.get(&format!("/api/v1/plans/{DRAFT}/evidence/epoch")).ok();
    let number = epoch["epoch"].as_u64().unwrap();
    assert!(number > 1_700_000_000, "the second in which it began: another restore of the same has another");
    assert_eq!(after.origin, format!("localhost/plans/{DRAFT}/{number}"));
    assert!(epoch["because"].as_str().unwrap().contains("restored from a backup"), "{epoch}");
    // Whoever kept the lost checkpoint is told so offline as well.
    let kept = server.folder().join("kept.txt");
    let (note, key) = (before, key_before.to_string());
    let seed_path = server.data().join("keys/evidence.pem");
    assert!(seed_path.exists());
    std::fs::write(&kept, crate::self_check::signed(&server, &note)).unwrap();
    let exit = server.command(&["verify", "--against", kept.to_str().unwrap(), "--key", &key]);
    assert_eq!(exit.code, Some(78), "{}", exit.stderr);
    assert!(exit.stderr.contains(&format!("this log is in epoch {number} since")), "{}", exit.stderr);
}

/// Whoever names the hash of an entry that is lost is told so; whoever names the one that stands here goes on.
fn who_knows_more_is_told(http: &Http, target: &str, lost: &EditDone, here: &EditDone) {
    let edit = |done: &EditDone| {
        let known = json!({ "seq": done.seq, "leaf": done.leaf });
        let command = set_text(target, "title", "On an old base", done.seq);
        let body = json!({ "id": fresh_id("known"), "commands": [command], "known": known });
        http.post(&format!("/api/v1/plans/{DRAFT}/edits"), &body)
    };
    let refused = edit(lost);
    assert_eq!((refused.status, refused.code()), (409, "other_history"), "{refused:?}");
    assert!(refused.problem().detail.contains("restored from a backup"));
    let mut live = Live::open(http);
    let subscribe = |done: &EditDone| ClientMessage::Subscribe {
        plan: plan_id(DRAFT),
        after: Some(done.seq),
        leaf: Some(done.leaf),
        raw: false,
    };
    live.send(&subscribe(lost)).unwrap();
    assert_eq!(live.expect_nameless_refusal().code, RefusalCode::OtherHistory);
    live.send(&subscribe(here)).unwrap();
    let head = live.wait_for(|message| match message {
        ServerMessage::Subscribed { head, .. } => Some(*head),
        _ => None,
    });
    assert_eq!(head.unwrap(), here.seq);
}

#[test]
fn a_backup_of_a_server_that_is_down_restores_with_nothing_lost() {
    let mut server = TestServer::demo();
    let br = server.client(&BR);
    let target = br.id_of(DRAFT, "2.7");
    br.edited(DRAFT, &[set_text(&target, "title", "Kept", br.head(DRAFT))]);
    let head: Seq = br.head(DRAFT);
    assert_eq!(server.terminate().code, Some(0));
    let from = backup(&server, &[]);
    let data = server.data();
    let done =
        run(&["restore", "--from", from.to_str().unwrap(), "--data", data.to_str().unwrap(), "--replace"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert!(done.stdout.contains("Nothing that was acknowledged is lost"), "{}", done.stdout);
    assert!(!done.stdout.contains("Epoch"), "{}", done.stdout);
    server.start();
    assert_eq!(br.at(&server.base()).head(DRAFT), head);

    // The backup can be looked at by itself; it has no store, and says so of every file that is another.
    let verify = || run(&["verify", "--data", from.to_str().unwrap()]);
    let checked = verify();
    assert_eq!(checked.code, Some(0), "{}", checked.stderr);
    assert!(checked.stdout.contains("; a backup begun at 20"), "{}", checked.stdout);
    let segment = std::fs::read_dir(from.join("journal")).unwrap().next().unwrap().unwrap().path();
    let mut bytes = std::fs::read(&segment).unwrap();
    bytes[200] ^= 1;
    std::fs::write(&segment, bytes).unwrap();
    let altered = verify();
    assert_eq!(altered.code, Some(78), "{}", altered.stderr);
    assert!(altered.stderr.contains("is not as it was when the backup was made"), "{}", altered.stderr);
}
