//! The server looks at its own evidence, says what it finds, and vouches for nothing that does not hold.

use std::time::Instant;

use plenary_protocol::evidence::{Checkpoint, SigningKey};
use plenary_protocol::wire::api::{SelfCheckState, SelfCheckView};
use plenary_tests::{ADOPTED, DRAFT, Http, Launch, PATIENCE, TestServer};
use serde_json::{Value as Json, json};

use crate::cli::Cli;
use crate::damage::{flip, segments};
use crate::operate::{measured, page, value};
use crate::people::{ADMIN, AUDITOR, BR, CHAIR, comment, set_text};

/// What the server says of its look at itself.
pub fn view(http: &Http) -> SelfCheckView {
    serde_json::from_value(http.get("/api/v1/self-check").ok()).unwrap()
}

/// Waits until everything was looked at, once more than before.
pub fn looked(http: &Http, before: Option<&SelfCheckView>) -> SelfCheckView {
    let until = Instant::now() + PATIENCE;
    loop {
        let now = view(http);
        if now.running.is_none()
            && now.checked_at.is_some()
            && before.is_none_or(|before| before.checked_at != now.checked_at)
        {
            return now;
        }
        assert!(Instant::now() < until, "{now:?}");
        std::thread::yield_now();
    }
}

fn ready(http: &Http) -> Json {
    Http::new(http.base(), None).get("/readyz").ok()
}

#[test]
fn what_holds_is_verified_and_said_to_everybody_by_number_only() {
    let server = measured();
    let auditor = server.client(&AUDITOR);
    let first = looked(&auditor, None);
    assert_eq!((first.state, first.failures.len()), (SelfCheckState::Verified, 0));
    let br = server.client(&BR);
    let target = br.id_of(DRAFT, "2.7");
    br.edited(DRAFT, &[set_text(&target, "title", "Looked at", br.head(DRAFT))]);
    let asked = server.client(&ADMIN).post("/api/v1/self-check", &json!({}));
    assert_eq!(asked.status, 202, "{asked:?}");
    let second = looked(&auditor, Some(&first));
    assert!(second.entries > first.entries, "what came meanwhile is looked at as well");
    assert_eq!((second.epoch.epoch, second.epoch.since), (1, None));

    let ready = ready(&auditor);
    assert_eq!(ready["evidence"]["state"], "verified");
    assert_eq!(
        (&ready["evidence"]["failures"], &ready["evidence"]["entries"]),
        (&json!(0), &json!(second.entries))
    );
    assert!(!ready.to_string().contains(DRAFT) && !ready.to_string().contains(ADOPTED), "{ready}");
    // Which plans there are, a stranger is not told, nor who may not read all of them.
    assert_eq!(br.get("/api/v1/self-check").code(), "role_forbids");
    assert_eq!(br.post("/api/v1/self-check", &json!({})).code(), "role_forbids");
    assert_eq!(Http::new(br.base(), None).get("/api/v1/self-check").status, 401);
    let page = page(&server);
    assert_eq!(value(&page, "plenary_self_check_entries") as u64, second.entries);
    assert_eq!(value(&page, "plenary_self_check_failures"), 0.0);
    assert!(value(&page, "plenary_self_check_age_seconds") < 60.0);
}

#[test]
fn a_journal_that_is_hurt_while_it_is_served_is_found_and_said_once() {
    let server = measured();
    let admin = server.client(&ADMIN);
    let first = looked(&admin, None);
    // In the middle of what was written long ago.
    let segment = segments(&server.data()).remove(0);
    let length = std::fs::metadata(&segment).unwrap().len() as usize;
    flip(&segment, length / 2);
    assert_eq!(admin.post("/api/v1/self-check", &json!({})).status, 202);
    let found = looked(&admin, Some(&first));
    assert_eq!(found.state, SelfCheckState::Failed);
    assert!(found.failures[0].what.contains("is damaged at byte"), "{found:?}");
    assert_eq!(ready(&admin)["evidence"]["state"], "failed");
    assert_eq!(value(&page(&server), "plenary_self_check_failures"), 1.0);
    assert_eq!(admin.post("/api/v1/self-check", &json!({})).status, 202);
    let again = looked(&admin, Some(&found));
    assert_eq!(again.failures, found.failures);
    let said = server.running().stderr();
    assert_eq!(said.matches("the self-check found what does not hold").count(), 1, "{said}");
    // The store holds all of it: everybody writes on.
    let br = server.client(&BR);
    let target = br.id_of(DRAFT, "2.7");
    br.edited(DRAFT, &[set_text(&target, "title", "Still here", br.head(DRAFT))]);
    // Mended, it holds again.
    flip(&segment, length / 2);
    assert_eq!(admin.post("/api/v1/self-check", &json!({})).status, 202);
    assert_eq!(looked(&admin, Some(&again)).state, SelfCheckState::Verified);
}

/// Writes the log of a stopped server anew with one payload altered, as somebody with its code could.
fn alter(server: &TestServer, plan: &str, seq: u64) {
    use std::sync::Arc;

    use plenary_log::{Fact, FactKind, Log, Options, Record};
    use plenaryd::indexer::EntryIndexer;

    let open = |dir: &std::path::Path| Log::open(Options::new(dir), Arc::new(EntryIndexer)).unwrap().0;
    let (old, new) = (server.folder().join("old"), server.data());
    std::fs::create_dir(&old).unwrap();
    for part in ["journal", "store"] {
        std::fs::rename(new.join(part), old.join(part)).unwrap();
    }
    let (from, to) = (open(&old), open(&new));
    for name in from.plans() {
        for mut entry in from.entries(&name, 0, 100_000).unwrap() {
            if name == plan && entry.seq == seq {
                // One letter of what was said.
                let last = entry.payload.len() / 2;
                entry.payload[last] ^= 1;
            }
            to.append(vec![Record::Entry(entry)]).unwrap();
        }
    }
    for kind in [FactKind::CheckpointRecord, FactKind::ServerIdentity] {
        let facts: Vec<Record> =
            from.facts(kind).unwrap().into_iter().map(|fact: Fact| Record::Fact(fact)).collect();
        if !facts.is_empty() {
            to.append(facts).unwrap();
        }
    }
    from.close().unwrap();
    to.close().unwrap();
}

#[test]
fn a_plan_whose_payload_was_altered_is_not_vouched_for_and_nothing_is_added_to_it() {
    let mut server = measured();
    let chair = server.client(&CHAIR);
    let target = chair.id_of(DRAFT, "2.7");
    for word in ["one", "two", "three"] {
        chair.edited(DRAFT, &[comment(&target, word)]);
    }
    let head = chair.head(DRAFT);
    assert_eq!(server.terminate().code, Some(0));
    alter(&server, DRAFT, head.0 - 1);
    let verified = server.command(&["verify"]);
    assert_eq!(verified.code, Some(78), "{verified:?}");
    let wanted = format!("plan {DRAFT}: the payload of entry {}", head.0 - 1);
    assert!(verified.stderr.contains(&wanted), "{}", verified.stderr);

    // What is altered is not gone: the others are served.
    server.start();
    let auditor = server.client(&AUDITOR);
    let found = looked(&auditor, None);
    assert_eq!((found.state, found.failures.len()), (SelfCheckState::Failed, 1), "{found:?}");
    assert_eq!(found.failures[0].plan.as_ref().map(|plan| plan.as_str()), Some(DRAFT));
    assert_eq!(found.failures[0].seq, Some(head.0 - 1));
    let chair = chair.at(&server.base());
    let refused = chair.edit(DRAFT, &[comment(&target, "four")]);
    assert_eq!((refused.status, refused.code()), (503, "unavailable"), "{refused:?}");
    let detail = refused.problem().detail;
    assert!(
        detail.contains("self-check") && detail.contains("until an operator has repaired it"),
        "{detail}"
    );
    let denied = auditor.get(&format!("/api/v1/plans/{DRAFT}/evidence/checkpoint"));
    assert_eq!((denied.status, denied.code()), (503, "unavailable"));
    // To who verifies it is a failure of the evidence, in the server's own words.
    let verify = Cli::of(&server, &AUDITOR).run(&["verify", DRAFT, "--color", "always"]);
    assert_eq!(verify.code, Some(10), "{}{}", verify.stdout, verify.stderr);
    assert!(verify.stdout.contains("\u{1b}[31mTHE EVIDENCE FAILS"), "{}", verify.stdout);
    assert!(verify.stdout.contains("until an operator has repaired it"), "{}", verify.stdout);
    let ready = auditor.get("/readyz").ok();
    assert_eq!((&ready["status"], &ready["plans_contradicted"]), (&"degraded".into(), &1.into()), "{ready}");
    let other = auditor.get(&format!("/api/v1/plans/{ADOPTED}/evidence/checkpoint"));
    assert_eq!(other.status, 200, "{other:?}");
    let said = server.running().stderr();
    assert!(said.contains("the end of the plan's log does not hold"), "{said}");
}

#[test]
fn verify_says_whether_a_checkpoint_that_was_kept_is_in_the_log() {
    let mut server = TestServer::demo();
    let auditor = server.client(&AUDITOR);
    let note = auditor.get(&format!("/api/v1/plans/{DRAFT}/evidence/checkpoint")).text;
    let key = auditor.get(&format!("/api/v1/plans/{DRAFT}/evidence/key")).text;
    let checkpoint = Checkpoint::open(note.as_bytes(), &key.trim().parse().unwrap()).unwrap();
    let kept = server.folder().join("kept.txt");
    std::fs::write(&kept, &note).unwrap();
    let kept = kept.to_str().unwrap().to_owned();
    let against = |server: &TestServer, more: &[&str]| {
        server.command(&[&["verify", "--against", &kept], more].concat())
    };
    let br = server.client(&BR);
    let target = br.id_of(DRAFT, "2.7");
    br.edited(DRAFT, &[set_text(&target, "title", "Later", br.head(DRAFT))]);
    // With the server running, with its own key and with one that was kept as well.
    for more in [&[][..], &["--key", key.trim()]] {
        let exit = against(&server, more);
        assert_eq!(exit.code, Some(0), "{}", exit.stderr);
        assert!(exit.stdout.contains("this log contains the checkpoint"), "{}", exit.stdout);
    }
    assert_eq!(server.terminate().code, Some(0));
    assert_eq!(against(&server, &[]).code, Some(0));

    let other = "plans.example.org/plans/x/1+0c9f2a51+AeTt7Vdw1kL4QrGm2pRrTLcQd0oMh0uG2Tn3p0Cqq5nX";
    assert_eq!(against(&server, &["--key", other]).code, Some(65));
    std::fs::write(&kept, note.replace('\n', "\n\n")).unwrap();
    assert_eq!(against(&server, &[]).code, Some(65), "no note at all");
    // The same server's log from before: it does not contain what came after it.
    let more = Checkpoint { size: checkpoint.size + 1_000, ..checkpoint };
    std::fs::write(&kept, signed(&server, &more)).unwrap();
    let exit = against(&server, &[]);
    assert_eq!(exit.code, Some(78), "{}", exit.stderr);
    assert!(exit.stderr.contains("does NOT contain"), "{}", exit.stderr);
    let altered = Checkpoint { size: more.size - 1_000, root: plenary_protocol::Digest([1; 32]), ..more };
    std::fs::write(&kept, signed(&server, &altered)).unwrap();
    let exit = against(&server, &[]);
    assert_eq!(exit.code, Some(78));
    assert!(exit.stderr.contains("are others than were signed"), "{}", exit.stderr);
}

/// The note that the server's key makes of a checkpoint.
pub fn signed(server: &TestServer, checkpoint: &Checkpoint) -> String {
    use base64::Engine as _;
    let pem = std::fs::read_to_string(server.data().join("keys/evidence.pem")).unwrap();
    let der = base64::engine::general_purpose::STANDARD.decode(pem.lines().nth(1).unwrap()).unwrap();
    // PKCS#8 of Ed25519 ends with the seed.
    let seed = der.last_chunk::<32>().unwrap();
    checkpoint.sign(&SigningKey::of_seed(seed)).unwrap()
}

#[test]
fn a_log_that_is_shorter_than_what_was_vouched_for_does_not_start() {
    let mut server = TestServer::demo();
    assert_eq!(server.terminate().code, Some(0));
    {
        use plenary_log::{Log, Options, Record};
        use std::sync::Arc;
        let (log, _) =
            Log::open(Options::new(server.data()), Arc::new(plenaryd::indexer::EntryIndexer)).unwrap();
        let head = log.head(DRAFT).unwrap().seq;
        let record = plenaryd::evidence::CheckpointRecord {
            epoch: 1,
            size: head + 3,
            root: plenary_protocol::Digest([1; 32]),
        };
        log.append(vec![Record::Fact(record.fact(&plenary_tests::plan_id(DRAFT)).unwrap())]).unwrap();
        log.close().unwrap();
    }
    let exit = Launch::server(&server.data()).arg("--demo").start().map(|_| ()).unwrap_err();
    assert_eq!(exit.code, Some(78), "{}", exit.stderr);
    for word in [DRAFT, "were vouched for", "Nothing was changed", "plenaryd restore"] {
        assert!(exit.stderr.contains(word), "{word} in: {}", exit.stderr);
    }
    // The way out that it names: what is there is kept, under a new name.
    let rebuilt = server.command(&["rebuild", "--from", "journal"]);
    assert_eq!(rebuilt.code, Some(0), "{}", rebuilt.stderr);
    assert!(rebuilt.stdout.contains(" was begun: every plan's log has a new name"), "{}", rebuilt.stdout);
    server.start();
    let auditor = server.client(&AUDITOR);
    let epoch = auditor.get(&format!("/api/v1/plans/{DRAFT}/evidence/epoch")).ok();
    assert!(epoch["epoch"].as_u64().unwrap() > 1, "{epoch}");
    assert_eq!(looked(&auditor, None).state, SelfCheckState::Verified);
    assert_eq!(server.terminate().code, Some(0));
    assert_eq!(server.command(&["verify"]).code, Some(0));
}
