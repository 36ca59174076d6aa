//! Starting: what is printed, what is there, what a second start finds, and who may not start.

use std::path::Path;

use plenary_protocol::Seq;
use plenary_protocol::ids::ClientId;
use plenary_tests::{ADOPTED, DRAFT, Http, Launch, Live, Shared, TestServer, fresh_id, plan_id};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use crate::people::{AUDITOR, BR, CHAIR, READER, comment, set_text, splice};

static SHARED: Shared = Shared::new();

/// What a file of the repository's plans says.
fn plan_file(name: &str) -> Json {
    let path = format!("{}/../server/core/plans/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Everything a client can see of a plan: itself and its log.
fn seen(http: &Http, plan: &str) -> (Json, Vec<Json>) {
    let whole = http.get(&format!("/api/v1/plans/{plan}?removed=true")).ok();
    let events = http.all_events(plan).iter().map(|event| serde_json::to_value(event).unwrap()).collect();
    (whole, events)
}

#[test]
fn the_ready_line_is_all_of_stdout_and_logs_go_to_stderr() {
    let mut server = TestServer::demo();
    assert!(server.base().starts_with("http://127.0.0.1:"), "{}", server.base());
    let exit = server.terminate();
    assert_eq!((exit.code, exit.stdout.as_str()), (Some(0), ""), "nothing follows the ready line");
    assert!(exit.stderr.contains("log opened"), "{}", exit.stderr);
    assert!(exit.stderr.contains("plenary show itu-sp-2024-2027-draft"), "what to do next: {}", exit.stderr);
    assert!(!exit.stderr.contains("eyJ"), "no token is printed or logged");
}

#[test]
fn exactly_two_plans_with_the_titles_of_the_files() {
    let server = SHARED.get();
    let list = server.client(&READER).get("/api/v1/plans").ok();
    let told: Vec<_> =
        list.as_array().unwrap().iter().map(|plan| (plan["id"].clone(), plan["title"].clone())).collect();
    let wanted = [ADOPTED, DRAFT].map(|name| (json!(name), plan_file(name)["title"].clone()));
    assert_eq!(told, wanted);
    for plan in list.as_array().unwrap() {
        assert!(plan["document"].as_str().unwrap().starts_with("automerge:"), "{plan}");
        assert!(plan["stage"].is_string(), "{plan}");
    }
    assert_eq!(list[1]["predecessor"], json!(ADOPTED));
}

#[test]
fn a_second_start_finds_everything_and_the_demo_never_overwrites() {
    let mut server = TestServer::demo();
    let br = server.client(&BR);
    let target = br.id_of(DRAFT, "2.7");
    br.edited(DRAFT, &[set_text(&target, "title", "Another title", br.head(DRAFT)), comment(&target, "why")]);
    let before = [ADOPTED, DRAFT].map(|plan| seen(&br, plan));
    server.restart();
    let br = br.at(&server.base());
    let after = [ADOPTED, DRAFT].map(|plan| seen(&br, plan));
    assert_eq!(before, after);
    assert_eq!(br.get("/api/v1/plans").ok().as_array().unwrap().len(), 2);
    assert_eq!(
        br.plan(DRAFT).element(&target.parse().unwrap()).unwrap().text["en"]["title"],
        "Another title"
    );
}

#[test]
fn tokens_stay_valid_over_restarts_on_another_port_and_without_demo() {
    let mut server = TestServer::demo();
    let first = server.base();
    let br = server.client(&BR);
    assert_eq!(br.get("/api/v1/me").ok()["subject"], json!(BR.subject));
    server.terminate();
    let plain = Launch::server(&server.data());
    server.start_as(&plain);
    assert_ne!(first, server.base(), "another port");
    let me = br.at(&server.base()).get("/api/v1/me").ok();
    assert_eq!(
        (&me["bureau"], &me["role"], &me["name"]),
        (&json!("BR"), &json!("drafter"), &json!("BR drafter"))
    );
    let late = server.client(&CHAIR);
    assert_eq!(late.get("/api/v1/me").ok()["role"], json!("chair"), "made while it runs, without --demo");
}

#[test]
fn health_and_readiness_need_no_token() {
    let server = SHARED.get();
    let nobody = Http::new(&server.base(), None);
    assert_eq!(nobody.get("/healthz").status, 200);
    assert_eq!(nobody.get("/readyz").ok()["status"], json!("ready"));
    assert_eq!(nobody.get("/api/v1/plans").status, 401);
}

#[test]
fn events_come_by_hundreds_and_at_most_a_thousand() {
    let server = TestServer::demo();
    let br = server.client(&BR);
    let target = br.id_of(DRAFT, "1.1");
    let base = br.head(DRAFT);
    let mut live = Live::open(&br);
    let plan = plan_id(DRAFT);
    let mut waiting: std::collections::VecDeque<ClientId> = std::collections::VecDeque::new();
    for _ in 0..1_020 {
        let id = fresh_id("many");
        live.edit(&id, &plan, &[splice(&target, "title", 0, "x", base)]).unwrap();
        waiting.push_back(id);
        if waiting.len() == 32 {
            live.expect_ack(&waiting.pop_front().unwrap());
        }
    }
    waiting.iter().for_each(|id| _ = live.expect_ack(id));
    let page = |query: &str| br.events(DRAFT, query).iter().map(|event| event.seq.0).collect::<Vec<_>>();
    assert_eq!(page(""), (1..=100).collect::<Vec<_>>());
    assert_eq!(page("limit=2&after=7"), [8, 9]);
    assert_eq!(page("limit=1000"), (1..=1_000).collect::<Vec<_>>());
    assert_eq!(page("limit=1000&after=1000"), (1_001..=br.head(DRAFT).0).collect::<Vec<_>>());
    let event = &br.events(DRAFT, "after=1000&limit=1")[0];
    assert_eq!((event.subject.as_str(), event.bureau), (BR.subject, BR.bureau));
}

#[test]
fn tickets_are_given_for_an_empty_object_and_for_no_body() {
    let server = SHARED.get();
    let reader = server.client(&READER);
    for body in [&b"{}"[..], b""] {
        let answer = reader.post_bytes("/api/v1/tickets", body).ok();
        let ticket = answer["ticket"].as_str().unwrap();
        Live::with(&server.base(), &format!("?ticket={ticket}"), &[]).unwrap().expect_alive();
    }
    assert_eq!(
        reader.post("/api/v1/tickets", &json!({ "plna": DRAFT })).status,
        400,
        "a mistyped key narrows nothing"
    );
}

#[test]
fn without_an_issuer_it_says_what_to_configure() {
    let folder = TempDir::new().unwrap();
    let exit = Launch::server(&folder.path().join("data")).start().map(|_| ()).unwrap_err();
    assert_eq!((exit.code, exit.stdout.as_str()), (Some(78), ""));
    for word in ["no issuer of tokens is configured", "[[issuers]]", "--demo"] {
        assert!(exit.stderr.contains(word), "{word} in: {}", exit.stderr);
    }
}

#[test]
fn every_wrong_setting_is_named_at_once() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("plenary.toml");
    std::fs::write(&file, "lisen = \"127.0.0.1:0\"\n[limits]\nplan_mailbox = 3\n").unwrap();
    let launch = Launch::server(&folder.path().join("data")).arg("--config").arg(&file);
    let exit = launch.env("PLENARY_DEMO", "perhaps").start().map(|_| ()).unwrap_err();
    assert_eq!(exit.code, Some(78));
    for word in ["lisen", "plenary.toml line 3", "16 to 65536", "PLENARY_DEMO"] {
        assert!(exit.stderr.contains(word), "{word} in: {}", exit.stderr);
    }
}

#[test]
fn settings_come_from_flags_then_environment_then_file() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("plenary.toml");
    let text = "data = \"from-file\"\nlisten = \"127.0.0.1:0\"\nlog = \"json\"\n[issuer]\nlocal = true\n";
    std::fs::write(&file, text).unwrap();
    let launch = Launch::of("plenaryd").arg("--config").arg(&file);
    let process = launch.start().unwrap();
    assert!(folder.path().join("from-file/journal").exists(), "paths in the file begin at the file");
    process.terminate();
    let process = launch.clone().env("PLENARY_DATA", folder.path().join("from-env")).start().unwrap();
    assert!(folder.path().join("from-env/journal").exists());
    process.terminate();
    let launch = launch.env("PLENARY_DATA", folder.path().join("not-this")).arg("--data");
    let process = launch.arg(folder.path().join("from-flag")).start().unwrap();
    assert!(folder.path().join("from-flag/journal").exists());
    let exit = process.terminate();
    assert!(!folder.path().join("not-this").exists());
    let is_json =
        |line: &str| serde_json::from_str::<Json>(line).is_ok_and(|event| event["level"].is_string());
    assert!(exit.stderr.lines().all(is_json), "log events as JSON: {}", exit.stderr);
}

#[test]
fn a_second_server_on_the_same_data_says_so() {
    let server = SHARED.get();
    let exit = Launch::server(&server.data()).arg("--demo").start().map(|_| ()).unwrap_err();
    assert_eq!(exit.code, Some(75));
    assert!(exit.stderr.contains("one server at a time can use a data directory"), "{}", exit.stderr);
    assert!(exit.stderr.contains(&server.running().id().to_string()), "it names the holder: {}", exit.stderr);
    assert_eq!(Http::new(&server.base(), None).get("/readyz").status, 200, "the first goes on");
}

#[test]
fn a_taken_port_is_named() {
    let server = SHARED.get();
    let folder = TempDir::new().unwrap();
    let address = server.base().replace("http://", "");
    let launch = Launch::of("plenaryd").args(["--demo", "--listen", &address, "--data"]);
    let exit = launch.arg(folder.path().join("data")).start().map(|_| ()).unwrap_err();
    assert_eq!(exit.code, Some(69));
    assert!(exit.stderr.contains(&address) && exit.stderr.contains("--listen"), "{}", exit.stderr);
}

#[test]
fn a_data_directory_that_cannot_be_one_is_named() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "not a folder").unwrap();
    let start = |data: &Path| Launch::server(data).arg("--demo").start().map(|_| ()).unwrap_err();
    for data in [file.clone(), file.join("below")] {
        let exit = start(&data);
        assert!(matches!(exit.code, Some(73 | 78)), "{exit:?}");
        assert!(exit.stderr.contains(&*data.to_string_lossy()), "{}", exit.stderr);
        assert!(!exit.stderr.contains("panicked"), "{}", exit.stderr);
    }
}

#[test]
fn a_read_only_disk_is_named() {
    let mut server = TestServer::demo();
    server.terminate();
    let data = server.data();
    // In a mount namespace of its own the folder is mounted read-only; root may write anywhere else.
    let apart = Launch::at("unshare").args(["--user", "--map-root-user", "--mount", "sh", "-c"]);
    let (launch, data) = if apart.clone().args(["mount -t tmpfs none /mnt"]).run().code == Some(0) {
        let mount = "mount --bind \"$1\" \"$1\" && mount -o remount,ro,bind \"$1\"";
        let script = format!("{mount} && exec \"$2\" --demo --listen 127.0.0.1:0 --data \"$1\"");
        (apart.arg(script).arg("sh").arg(&data).arg(plenary_tests::binary("plenaryd")), data)
    } else {
        // Where that is not allowed: a file system that takes no files of ours.
        let data = Path::new("/sys/plenary-data").to_owned();
        (Launch::server(&data).arg("--demo"), data)
    };
    let exit = launch.start().map(|_| ()).unwrap_err();
    assert!(matches!(exit.code, Some(73 | 74)), "{exit:?}");
    let named = exit.stderr.contains(&*data.to_string_lossy());
    assert!(named && exit.stderr.contains("could not"), "{}", exit.stderr);
    assert!(data.starts_with("/sys") || exit.stderr.contains("Read-only file system"), "{}", exit.stderr);
    server.start();
    assert_eq!(server.client(&AUDITOR).head(DRAFT), Seq(3), "nothing was harmed");
}
