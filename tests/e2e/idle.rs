//! A plan that nobody asks leaves memory, and comes back at the next ask with everything it had.

use std::time::Instant;

use plenary_protocol::Seq;
use plenary_tests::{DRAFT, Launch, PATIENCE, TestServer};
use serde_json::json;

use crate::people::{BR, splice};

#[test]
fn a_plan_that_nobody_asks_leaves_memory_and_comes_back() {
    let server = TestServer::demo_with(|launch: Launch, folder| {
        let file = folder.join("idle.toml");
        std::fs::write(&file, "[limits]\nplan_idle_s = 1\n").expect("the configuration is written");
        launch.arg("--config").arg(&file)
    });
    let br = server.client(&BR);
    let target = br.id_of(DRAFT, "2.7");
    let edit = |id: &str, base: u64| {
        let body = json!({ "id": id, "commands": [splice(&target, "title", 0, "Now ", Seq(base))] });
        br.post(&format!("/api/v1/plans/{DRAFT}/edits"), &body).ok()["seq"]
            .as_u64()
            .expect("a sequence number")
    };
    let first = edit("first", 3);
    assert_eq!(br.get("/readyz").ok()["resident"], json!(1));
    let begin = Instant::now();
    while br.get("/readyz").ok()["resident"] != json!(0) {
        assert!(begin.elapsed() < PATIENCE, "the plan is still in memory");
    }
    assert_eq!(edit("second", first), first + 1);
    assert_eq!(edit("first", 3), first, "what was done before it left is not done again");
}
