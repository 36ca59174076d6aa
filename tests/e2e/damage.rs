//! Damage: a start that cannot show that nothing is lost refuses, says where, and names the way out.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use plenary_log::{Entry, Log, Options};
use plenary_tests::{ADOPTED, DRAFT, Launch, TestServer};
use plenaryd::indexer::EntryIndexer;

use crate::operate::{measured, page, value};
use crate::people::{AUDITOR, BR, CHAIR, comment, splice};

/// A server with some history, stopped cleanly.
fn stopped() -> TestServer {
    let mut server = with_history();
    assert_eq!(server.terminate().code, Some(0));
    server
}

fn with_history() -> TestServer {
    let server = TestServer::demo();
    let (br, chair) = (server.client(&BR), server.client(&CHAIR));
    let target = br.id_of(DRAFT, "2.7");
    for word in ["One ", "two ", "three "] {
        br.edited(DRAFT, &[splice(&target, "title", 0, word, br.head(DRAFT))]);
        chair.edited(DRAFT, &[comment(&target, word)]);
    }
    server
}

/// Everything the store holds, byte for byte, plan by plan.
fn dump(data: &Path) -> Vec<Entry> {
    let (log, _) = Log::open(Options::new(data), Arc::new(EntryIndexer)).unwrap();
    let entries = [ADOPTED, DRAFT].map(|plan| log.entries(plan, 0, 10_000).unwrap()).concat();
    log.close().unwrap();
    entries
}

/// The segments of a journal, in order.
pub fn segments(data: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(data.join("journal")).unwrap().map(|file| file.unwrap().path());
    let mut files: Vec<_> = files.filter(|path| path.extension().is_some_and(|end| end == "seg")).collect();
    files.sort();
    files
}

fn last_segment(data: &Path) -> PathBuf {
    segments(data).pop().unwrap()
}

/// Alters one byte of a file; once more, and it is as it was.
pub fn flip(path: &Path, at: usize) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[at] ^= 0x20;
    std::fs::write(path, bytes).unwrap();
}

/// Starts what must not start; gives what it says.
fn refused(server: &TestServer, code: i32) -> String {
    let exit = Launch::server(&server.data()).arg("--demo").start().map(|_| ()).unwrap_err();
    assert_eq!((exit.code, exit.stdout.as_str()), (Some(code), ""), "{}", exit.stderr);
    exit.stderr
}

#[test]
fn a_missing_journal_beside_a_full_store_is_refused_and_made_again_byte_for_byte() {
    let mut server = stopped();
    let before = dump(&server.data());
    assert!(before.len() > 12, "there is something to lose: {}", before.len());
    std::fs::remove_dir_all(server.data().join("journal")).unwrap();
    let said = refused(&server, 78);
    for word in ["do not agree", "rebuild --from store", DRAFT, ADOPTED] {
        assert!(said.contains(word), "{word} in: {said}");
    }
    let exit = server.command(&["rebuild", "--from", "store"]);
    assert_eq!(exit.code, Some(0), "{}", exit.stderr);
    assert!(exit.stdout.contains(&format!("2 plans, {} entries", before.len())), "{}", exit.stdout);
    // Now the other way: the store from that journal, and all of it as it was.
    let exit = server.command(&["rebuild", "--from", "journal"]);
    assert_eq!(exit.code, Some(0), "{}", exit.stderr);
    assert!(exit.stdout.contains("kept in"), "{}", exit.stdout);
    assert!(dump(&server.data()) == before, "the entries are the same, byte for byte");
    assert_eq!(server.command(&["verify"]).code, Some(0));
    server.start();
    let auditor = server.client(&AUDITOR);
    for plan in [ADOPTED, DRAFT] {
        let leaves: Vec<_> = auditor.all_events(plan).iter().map(|event| event.leaf.0).collect();
        let wanted: Vec<_> = before.iter().filter(|entry| entry.plan == plan).collect();
        let wanted: Vec<_> = wanted.iter().map(|entry| plenary_log::leaf_hash(&entry.envelope)).collect();
        assert_eq!(leaves, wanted, "{plan}: the leaf hashes are those of before");
    }
}

#[test]
fn a_missing_store_is_made_again_from_the_journal() {
    let mut server = stopped();
    let before = dump(&server.data());
    std::fs::remove_dir_all(server.data().join("store")).unwrap();
    let exit = server.command(&["rebuild", "--from", "journal"]);
    assert_eq!(exit.code, Some(0), "{}", exit.stderr);
    assert!(dump(&server.data()) == before, "the entries are the same, byte for byte");
    server.start();
    let title = server.client(&AUDITOR).plan(DRAFT);
    assert!(title.elements.iter().any(|e| {
        e.text.get("en").is_some_and(|t| t.get("title").is_some_and(|t| t.starts_with("three two One ")))
    }));
}

#[test]
fn rebuild_is_refused_while_the_server_runs() {
    let server = with_history();
    for from in ["store", "journal"] {
        let exit = server.command(&["rebuild", "--from", from]);
        assert_eq!(exit.code, Some(75), "{}", exit.stderr);
        assert!(exit.stderr.contains("one server at a time"), "{}", exit.stderr);
    }
}

#[test]
fn a_corrupt_byte_in_the_last_segment_is_refused_with_file_and_offset() {
    let server = stopped();
    let segment = last_segment(&server.data());
    let length = std::fs::metadata(&segment).unwrap().len() as usize;
    // In the header, in the content of the first plan, and near the end.
    for at in [20, length / 2, length - 40] {
        flip(&segment, at);
        let said = refused(&server, 78);
        assert!(said.contains(&*segment.to_string_lossy()), "it names the file: {said}");
        let offset = said.split("damaged at byte ").nth(1).and_then(|rest| rest.split(':').next());
        let offset: usize =
            offset.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("no offset: {said}"));
        assert!(offset <= at, "it names where: byte {offset}, hurt was {at}");
        assert!(said.contains("expected") && said.contains("found"), "{said}");
        flip(&segment, at);
    }
    assert_eq!(server.command(&["verify"]).code, Some(0), "made whole again it is whole");
}

#[test]
fn after_a_kill_a_corrupt_last_group_that_the_store_knows_is_refused() {
    let mut server = measured();
    let br = server.client(&BR);
    let target = br.id_of(DRAFT, "2.7");
    br.edited(DRAFT, &[splice(&target, "title", 0, "Last ", br.head(DRAFT))]);
    let give_up_at = Instant::now() + Duration::from_secs(60);
    while value(&page(&server), "plenary_store_unflushed_groups") > 0.0 {
        assert!(Instant::now() < give_up_at, "the store is never written out");
    }
    server.kill9();
    let segment = last_segment(&server.data());
    // The end of the file is the end of the last group, unless the server makes its files longer.
    let bytes = std::fs::read(&segment).unwrap();
    let end = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    flip(&segment, end - 60);
    let said = refused(&server, 78);
    assert!(said.contains(&*segment.to_string_lossy()), "{said}");
}

#[test]
fn repair_is_an_explicit_act_that_says_what_was_lost() {
    let mut server = stopped();
    let segment = last_segment(&server.data());
    let length = std::fs::metadata(&segment).unwrap().len() as usize;
    assert!(server.command(&["repair"]).stdout.starts_with("nothing to cut"));
    flip(&segment, length / 2);
    let exit = server.command(&["repair"]);
    assert_eq!(exit.code, Some(0), "{}", exit.stderr);
    for word in ["cut at byte", "are no longer in the journal", "kept aside", DRAFT] {
        assert!(exit.stdout.contains(word), "{word} in: {}", exit.stdout);
    }
    // The store still knows more: that is said too, and it can be made whole from there.
    let said = refused(&server, 78);
    assert!(said.contains("rebuild --from store"), "{said}");
    assert_eq!(server.command(&["rebuild", "--from", "store"]).code, Some(0));
    server.start();
    assert_eq!(server.client(&AUDITOR).get("/api/v1/plans").ok().as_array().unwrap().len(), 2);
}

#[test]
fn a_plan_that_cannot_be_read_is_listed_as_such_and_takes_no_other_with_it() {
    let mut server = measured();
    let nobody = plenary_tests::Http::new(&server.base(), None);
    assert_eq!(nobody.get("/readyz").ok()["status"], "ready");
    assert_eq!(server.terminate().code, Some(0));
    let (log, _) = Log::open(Options::new(server.data()), Arc::new(EntryIndexer)).unwrap();
    let seq = log.head(DRAFT).unwrap().seq + 1;
    let (plan, salt) = (DRAFT.to_owned(), [0; 32]);
    let rubbish = Entry { plan, seq, envelope: b"rubbish".to_vec(), salt, payload: b"more".to_vec() };
    log.append(vec![plenary_log::Record::Entry(rubbish)]).unwrap();
    log.close().unwrap();
    server.start();

    let auditor = server.client(&AUDITOR);
    let plans = auditor.get("/api/v1/plans").ok();
    let found = |id: &str| plans.as_array().unwrap().iter().find(|plan| plan["id"] == id).unwrap();
    let hurt = found(DRAFT);
    assert_eq!((&hurt["unavailable"], &hurt["seq"], hurt.get("stage")), (&true.into(), &seq.into(), None));
    assert_eq!((&found(ADOPTED)["stage"], found(ADOPTED).get("unavailable")), (&"adopted".into(), None));
    let answer = auditor.get(&format!("/api/v1/plans/{DRAFT}"));
    assert_eq!((answer.status, answer.code()), (503, "unavailable"));
    assert_eq!(auditor.get(&format!("/api/v1/plans/{ADOPTED}")).status, 200);

    let ready = plenary_tests::Http::new(&server.base(), None).get("/readyz").ok();
    assert_eq!((&ready["status"], &ready["plans_damaged"]), (&"degraded".into(), &1.into()));
    assert_eq!(ready["journal_damaged"], false);
    assert!(!ready.to_string().contains(DRAFT), "its name is for those who may know of it");
    let page = page(&server);
    assert_eq!(value(&page, "plenary_plans_damaged"), 1.0);
    assert_eq!(value(&page, "plenary_journal_damaged"), 0.0);
    let client = crate::cli::Cli::of(&server, &AUDITOR);
    let listed = client.ok(&["plans"]);
    assert!(listed.contains(ADOPTED) && listed.contains("cannot be read at the moment"), "{listed}");
}
