//! Refusals that were only counted: their number is an entry before the plan leaves memory.

use plenary_protocol::wire::RefusalCode;
use plenary_tests::{DRAFT, Http, Launch, Outcome, PATIENCE, Replica, TestServer};

use crate::people::{AUDITOR, BR};

/// Offers bytes that are no change, so many times; all are refused with one code.
fn offer_noise(http: &Http, times: u8) {
    let mut replica = Replica::join(http, DRAFT);
    for time in 0..times {
        let outcome = replica.send_raw(&[vec![0xa0 + time; 300]]);
        assert!(
            matches!(&outcome, Outcome::Refused(refusal) if refusal.code == RefusalCode::BadChange),
            "{outcome:?}"
        );
    }
}

/// The numbers that the plan's list of refusals tells, in order.
fn counts(auditor: &Http) -> Vec<Option<u64>> {
    let listed = auditor.get(&format!("/api/v1/plans/{DRAFT}/refusals")).ok();
    listed.as_array().unwrap().iter().map(|one| one["count"].as_u64()).collect()
}

#[test]
fn what_was_counted_is_on_record_after_a_clean_stop() {
    let mut server = TestServer::demo();
    offer_noise(&server.client(&BR), 4);
    let auditor = server.client(&AUDITOR);
    assert_eq!(counts(&auditor), [None], "the first is an entry, the others are counted");
    server.restart();
    assert_eq!(counts(&auditor.at(&server.base())), [None, Some(3)], "and told before the server stops");
    server.restart();
    assert_eq!(counts(&auditor.at(&server.base())), [None, Some(3)], "once");
    server.terminate();
    assert_eq!(server.command(&["verify"]).code, Some(0));
}

#[test]
fn what_was_counted_is_on_record_before_an_idle_plan_leaves_memory() {
    let server = TestServer::demo_with(|launch: Launch, folder| {
        let file = folder.join("idle.toml");
        std::fs::write(&file, "[limits]\nplan_idle_s = 1\n").unwrap();
        launch.arg("--config").arg(&file)
    });
    offer_noise(&server.client(&BR), 3);
    let auditor = server.client(&AUDITOR);
    let begin = std::time::Instant::now();
    while auditor.get("/readyz").ok()["resident"] != serde_json::json!(0) {
        assert!(begin.elapsed() < PATIENCE, "the plan is still in memory");
    }
    assert_eq!(counts(&auditor), [None, Some(2)]);
}
