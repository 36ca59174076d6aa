//! A plan's history, checked by somebody who does not trust the server.

use plenary_protocol::evidence::{
    Chain, Checkpoint, ConsistencyProof, Frontier, TlogProof, Verdict, VerifierKey, read_entries,
};
use plenary_protocol::wire::api::EditDone;
use plenary_protocol::{Digest, Seq};
use plenary_tests::{DRAFT, Http, Launch, Shared, TestServer, plan_id};

use crate::people::{AUDITOR, BR, TSB, set_text};

static SHARED: Shared = Shared::new();

fn evidence(http: &Http, what: &str) -> String {
    let answer = http.get(&format!("/api/v1/plans/{DRAFT}/evidence/{what}"));
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, "text/plain; charset=utf-8"),
        "{answer:?}"
    );
    answer.text
}

fn key(http: &Http) -> VerifierKey {
    evidence(http, "key").trim_end().parse().unwrap()
}

fn checkpoint(http: &Http) -> Checkpoint {
    Checkpoint::open(evidence(http, "checkpoint").as_bytes(), &key(http)).unwrap()
}

/// Walks every entry of the plan, from the first, exactly as they are kept.
fn walk(http: &Http) -> Chain {
    let mut chain = Chain::whole(plan_id(DRAFT));
    let mut path = format!("/api/v1/plans/{DRAFT}/evidence/entries?limit=7");
    loop {
        let answer = http.get(&path);
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/cbor-seq"));
        for entry in read_entries(&answer.bytes).unwrap() {
            let (_, verdict) = chain.take(entry.envelope(), entry.body()).unwrap();
            assert_eq!(verdict, Verdict::Valid);
        }
        let Some(next) = answer.header("link").strip_prefix('<').and_then(|link| link.split('>').next())
        else {
            return chain;
        };
        path = next.to_owned();
    }
}

fn edit(http: &Http, number: u64) -> (Seq, Digest) {
    let target = http.id_of(DRAFT, "2.7");
    let done: EditDone =
        http.edited(DRAFT, &[set_text(&target, "title", &format!("E-waste {number}"), http.head(DRAFT))]);
    (done.seq, done.leaf)
}

#[test]
fn whoever_asks_can_check_everything_and_a_receipt_is_proved() {
    let mut server = TestServer::demo_with(|launch, _| launch.args(["--server-name", "plans.example.org"]));
    let (br, auditor) = (server.client(&BR), server.client(&AUDITOR));
    let (seq, leaf) = edit(&br, 1);
    let first = checkpoint(&auditor);
    assert_eq!(first.origin, format!("plans.example.org/plans/{DRAFT}/1"));
    assert_eq!(first.size, seq.0, "it has all that was acknowledged before it was asked for");
    assert_eq!(walk(&auditor).tree().map(Frontier::root), Some(first.root));
    // The receipt in the acknowledgement, the proof at once after it.
    let proof = TlogProof::parse(&evidence(&auditor, &format!("proof?seq={seq}"))).unwrap();
    assert_eq!(proof.verify(&leaf, &key(&auditor)).unwrap(), first);
    assert!(proof.verify(&Digest([1; 32]), &key(&auditor)).is_err());

    let key_before = key(&auditor);
    let mut kept = first;
    for (number, is_killed) in [(2, false), (3, true), (4, false), (5, true)] {
        let (seq, leaf) = edit(&br.at(&server.base()), number);
        if is_killed {
            server.kill9();
            server.start();
        } else if number == 4 {
            server.restart();
        }
        let auditor = auditor.at(&server.base());
        let proof = evidence(&auditor, &format!("consistency?from={}", kept.size));
        let later = ConsistencyProof::parse(&proof).unwrap().verify(&kept, &key_before).unwrap();
        assert_eq!(later.size, seq.0);
        let proof = TlogProof::parse(&evidence(&auditor, &format!("proof?seq={seq}"))).unwrap();
        assert_eq!(proof.verify(&leaf, &key_before).unwrap(), later);
        assert_eq!(walk(&auditor).tree().map(Frontier::root), Some(later.root));
        kept = later;
    }
}

#[test]
fn under_load_a_proof_comes_with_the_next_checkpoint() {
    let server = SHARED.get();
    let tsb = server.client(&TSB);
    for number in 0..6 {
        let (seq, leaf) = edit(&tsb, number);
        let proof = TlogProof::parse(&evidence(&tsb, &format!("proof?seq={seq}"))).unwrap();
        let checkpoint = proof.verify(&leaf, &key(&tsb)).unwrap();
        assert!(checkpoint.size >= seq.0);
    }
}

#[test]
fn what_is_asked_wrongly_is_named() {
    let server = SHARED.get();
    let auditor = server.client(&AUDITOR);
    let head = auditor.head(DRAFT);
    let problem = |what: String| {
        let problem = auditor.get(&format!("/api/v1/plans/{DRAFT}/evidence/{what}")).problem();
        (problem.status, problem.code)
    };
    use plenary_protocol::wire::RefusalCode::{BaseAhead, Malformed};
    assert_eq!(problem("proof?seq=0".into()), (400, Malformed));
    assert_eq!(problem("proof".into()), (400, Malformed));
    assert_eq!(problem(format!("proof?seq={}", head.0 + 1_000_000)).1, BaseAhead);
    assert_eq!(problem(format!("consistency?from={}", head.0 + 1_000_000)).1, BaseAhead);
    assert_eq!(problem("entries?limit=0".into()), (400, Malformed));
    assert_eq!(problem("entries?limit=1001".into()), (400, Malformed));
    let empty = auditor.get(&format!("/api/v1/plans/{DRAFT}/evidence/entries?after=1000000"));
    assert_eq!((empty.status, empty.bytes.len()), (200, 0));
    let proof = ConsistencyProof::parse(&evidence(&auditor, "consistency?from=0")).unwrap();
    assert!(proof.hashes.is_empty(), "every log goes on from nothing");
}

#[test]
fn a_key_that_others_may_read_is_not_used() {
    use std::os::unix::fs::PermissionsExt as _;
    let mut server = TestServer::demo();
    server.terminate();
    let path = server.data().join("keys/evidence.pem");
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    let exit = Launch::server(&server.data()).start().unwrap_err();
    assert_eq!(exit.code, Some(78), "{}", exit.stderr);
    assert!(
        exit.stderr.contains("signs checkpoints") && exit.stderr.contains("chmod 600"),
        "{}",
        exit.stderr
    );
}
