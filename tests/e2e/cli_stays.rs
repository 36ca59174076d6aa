//! What stays between the commands of the client: a login, a watch.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Stdio};
use std::sync::mpsc::channel;

use plenary_tests::{DRAFT, Launch, PATIENCE, TestServer};
use serde_json::{Value as Json, json};

use crate::cli::Cli;
use crate::people::{AUDITOR, GS};

#[test]
fn a_login_is_kept_for_its_server_and_readable_by_its_owner_alone() {
    let server = TestServer::demo();
    let nobody = Cli::with(&server, "");
    let token = server.folder().join("token");
    std::fs::write(&token, server.token(&GS)).unwrap();
    nobody.ok(&["login", "--token-file", token.to_str().unwrap()]);
    assert!(nobody.ok(&["plans"]).contains(DRAFT));
    let kept = server.folder().join("home/config/plenary/credentials.json");
    assert_eq!(std::fs::metadata(kept).unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::write(&token, "garbled").unwrap();
    nobody.fails(4, &["login", "--token-file", token.to_str().unwrap()]);
}

/// A child that is killed when the test is over.
pub struct Killed(pub Child);

impl Drop for Killed {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

#[test]
fn a_plan_is_watched_live_and_the_watch_outlives_a_restart() {
    let mut server = TestServer::demo();
    let auditor = Cli::of(&server, &AUDITOR);
    let mut command = auditor.launch.clone().args(["watch", DRAFT, "--after", "3", "--json"]).command();
    let mut child =
        Killed(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap());
    let stdout = child.0.stdout.take().unwrap();
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        BufReader::new(stdout).lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
    });
    let next = || -> Json { serde_json::from_str(&lines.recv_timeout(PATIENCE).unwrap()).unwrap() };
    let port = server.base().rsplit(':').next().unwrap().to_owned();
    Cli::of(&server, &GS).ok(&["set", DRAFT, "2.7", "title", "Seen live"]);
    assert_eq!(next()["type"], json!("actor_bound"));
    let event = next();
    assert_eq!((&event["seq"], &event["subject"]), (&json!(5), &json!(GS.subject)), "{event}");
    server.terminate();
    let again =
        Launch::of("plenaryd").args(["--listen", &format!("127.0.0.1:{port}"), "--data"]).arg(server.data());
    server.start_as(&again);
    Cli::of(&server, &GS).ok(&["set", DRAFT, "2.7", "title", "Seen after the restart"]);
    assert_eq!(next()["seq"], json!(6), "nothing is told twice or left out");
}
