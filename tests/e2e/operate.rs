//! What an operator has: metrics, the way from a request to its entry, and the files of `deploy/`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use plenary_protocol::Seq;
use plenary_protocol::wire::live::ServerMessage;
use plenary_tests::{DRAFT, Http, Launch, Live, PATIENCE, TestServer, plan_id};
use serde_json::Value as Json;
use tempfile::TempDir;

use crate::people::{AUDITOR, BR, READER, TSB, set_field, set_text};

fn deploy(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy").join(name)
}

fn read(name: &str) -> String {
    std::fs::read_to_string(deploy(name)).unwrap()
}

/// A server that shows its metrics.
pub fn measured() -> TestServer {
    TestServer::demo_with(|launch, _| launch.args(["--metrics-listen", "127.0.0.1:0"]))
}

/// The page of its metrics.
pub fn page(server: &TestServer) -> String {
    let address = server.running().metrics();
    let (base, path) = address.rsplit_once('/').unwrap();
    let answer = Http::new(base, None).get(&format!("/{path}"));
    assert_eq!(answer.status, 200);
    assert!(answer.header("content-type").starts_with("application/openmetrics-text"));
    answer.text
}

/// The value of a line of the page.
#[track_caller]
pub fn value(page: &str, name: &str) -> f64 {
    let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("{name} is not in\n{page}")).parse().unwrap()
}

#[test]
fn what_happens_is_on_the_page_of_metrics() {
    let server = measured();
    let (br, tsb) = (server.client(&BR), server.client(&TSB));
    let before = page(&server);
    let mut live = Live::open(&server.client(&READER));
    live.subscribe(&plan_id(DRAFT), None, false).unwrap();
    let target = br.id_of(DRAFT, "2.7");
    let base = br.head(DRAFT);
    br.edited(DRAFT, &[set_text(&target, "title", "Measured", base)]);
    // What somebody else changed meanwhile is stale.
    br.edited(DRAFT, &[set_field(&target, "due_year", 2031, Seq(base.0))]);
    let stale = tsb.edit(DRAFT, &[set_field(&target, "due_year", 2032, Seq(base.0))]);
    assert_eq!(stale.code(), "stale");

    let after = page(&server);
    let grown = |name: &str| value(&after, name) - value(&before, name);
    assert!(grown("plenary_entries_total") >= 2.0);
    assert!(grown("plenary_acknowledgement_seconds_count") == 2.0);
    assert!(grown("plenary_journal_write_seconds_count") >= 2.0);
    assert_eq!(value(&after, "plenary_connections{socket=\"live\"}"), 1.0);
    assert_eq!(value(&after, "plenary_refusals_total{at=\"plan\",code=\"stale\"}"), 1.0);
    assert_eq!(value(&after, "plenary_refusals_total{at=\"http\",code=\"stale\"}"), 1.0);
    assert_eq!(value(&after, "plenary_plans"), 2.0);
    assert_eq!(value(&after, "plenary_log_state{state=\"serving\"}"), 1.0);
    assert_eq!(value(&after, &format!("plenary_plan_entries{{plan=\"{DRAFT}\"}}")) as u64, br.head(DRAFT).0);
    for positive in [
        &format!("plenary_plan_memory_bytes{{plan=\"{DRAFT}\"}}"),
        &format!("plenary_plan_operations{{plan=\"{DRAFT}\"}}"),
        "plenary_journal_size_bytes",
        "plenary_store_size_bytes",
        "plenary_disk_free_bytes",
        "process_resident_memory_bytes",
        "process_open_fds",
    ] {
        assert!(value(&after, positive) > 0.0, "{positive}");
    }
    let route = "plenary_http_request_seconds_count{method=\"POST\",route=\"/api/v1/plans/{plan}/edits\",status=\"409\"}";
    assert_eq!(value(&after, route), 1.0);
    // Names of plans are told to nobody on the server's own address.
    assert_eq!(br.get("/metrics").status, 404);
}

/// The names of metrics in PromQL expressions.
fn names(expression: &str) -> impl Iterator<Item = String> {
    expression
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .filter(|word| word.starts_with("plenary_") || word.starts_with("process_"))
        .map(str::to_owned)
}

#[test]
fn every_metric_that_dashboard_and_alerts_name_is_on_the_page() {
    let server = measured();
    let br = server.client(&BR);
    let mut live = Live::open(&br);
    live.subscribe(&plan_id(DRAFT), None, false).unwrap();
    let target = br.id_of(DRAFT, "2.7");
    br.edited(DRAFT, &[set_text(&target, "title", "Measured", br.head(DRAFT))]);
    assert_eq!(br.edit(DRAFT, &[set_text("tgt-nosuchxx", "title", "x", Seq(1))]).status, 404);

    let page = page(&server);
    let on_page: BTreeSet<&str> = page.lines().filter_map(|line| line.split(['{', ' ']).next()).collect();
    let dashboard: Json = serde_json::from_str(&read("grafana/plenary.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let targets = panels.flat_map(|panel| panel["targets"].as_array().into_iter().flatten());
    let shown: Vec<String> = targets.map(|target| target["expr"].as_str().unwrap().to_owned()).collect();
    let alerts = read("prometheus/alerts.yml");
    let asked: Vec<&str> = alerts.lines().filter_map(|line| line.trim().strip_prefix("expr: ")).collect();
    assert!(shown.len() > 20 && asked.len() > 8, "{} and {}", shown.len(), asked.len());
    for expression in shown.iter().map(String::as_str).chain(asked) {
        for name in names(expression) {
            assert!(on_page.contains(name.as_str()), "{name} of {expression:?} is not on the page");
        }
    }
    // The operator's page names no alert or metric that is not there, and no alert is without advice.
    let manual = read("OPERATING.md");
    for name in manual.split('`').flat_map(names) {
        let known = on_page.iter().any(|found| found.starts_with(&name));
        assert!(known, "OPERATING.md names {name}, which is not on the page");
    }
    for alert in alerts.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")) {
        assert!(manual.contains(&format!("| {alert} |")), "OPERATING.md does not say what to do at {alert}");
    }
}

#[test]
fn a_request_has_an_id_that_leads_to_its_entry() {
    let server = TestServer::demo();
    let br = server.client(&BR);
    let kept = br.get_with("/api/v1/me", "x-request-id", "proxy-4711.a_b");
    assert_eq!(kept.header("x-request-id"), "proxy-4711.a_b");
    let made = br.get_with("/api/v1/me", "x-request-id", "two words");
    assert_eq!(made.header("x-request-id").len(), 16);
    assert_ne!(br.get("/api/v1/me").header("x-request-id"), made.header("x-request-id"));

    let target = br.id_of(DRAFT, "2.7");
    let answer = br.edit(DRAFT, &[set_text(&target, "title", "By request", br.head(DRAFT))]);
    let session = format!("http-{}", answer.header("x-request-id"));
    let auditor = server.client(&AUDITOR);
    let events = auditor.events(DRAFT, "order=desc&limit=1");
    assert_eq!(events[0].session.as_deref(), Some(session.as_str()));
    let missing = br.get("/api/v1/plans/nowhere");
    assert_eq!((missing.status, missing.header("x-request-id").len()), (404, 16));
}

#[test]
fn the_sample_configuration_starts_a_server_and_the_unit_names_it() {
    let folder = TempDir::with_prefix("plenary-deploy-").unwrap();
    let data = folder.path().join("data");
    let sample = read("plenary.toml");
    let changed = sample.replace("/var/lib/plenary", data.to_str().unwrap());
    let changed = changed.replace("127.0.0.1:7400", "127.0.0.1:0");
    assert_ne!(sample, changed);
    let config = folder.path().join("plenary.toml");
    std::fs::write(&config, changed).unwrap();

    // The unit's own command line, with the paths of the test.
    let unit = read("plenary.service");
    let line = unit.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
    let mut words = line.split(' ');
    assert_eq!(words.next(), Some("/usr/bin/plenaryd"));
    let arguments = words.map(|word| word.replace("/etc/plenary/plenary.toml", config.to_str().unwrap()));
    let started = Launch::of("plenaryd").args(arguments).start();
    let server = started.unwrap_or_else(|exit| panic!("the sample does not start: {exit:?}"));
    assert_eq!(Http::new(server.base(), None).get("/readyz").status, 200);
    assert_eq!(server.terminate().code, Some(0));
    assert!(data.join("journal").is_dir() && unit.contains("StateDirectory=plenary"));
}

#[test]
fn every_setting_that_the_server_knows_is_in_the_sample() {
    let sample = read("plenary.toml");
    let help = Launch::of("plenaryd").arg("--help").run().stdout;
    let keys = ["listen", "metrics_listen", "data", "log", "server_name", "origins"];
    for key in keys {
        assert!(
            sample.lines().any(|line| line.trim_start_matches("# ").starts_with(&format!("{key} ="))),
            "{key}"
        );
        let flag = key.trim_end_matches('s').replace('_', "-");
        assert!(help.contains(&format!("--{flag}")), "--{flag} is not in\n{help}");
    }
    // What has no flag: the server itself lists the keys that it knows.
    let folder = TempDir::with_prefix("plenary-keys-").unwrap();
    let path = folder.path().join("plenary.toml");
    std::fs::write(&path, "no_such_key = 1\n[limits]\nno_such_limit = 1\n").unwrap();
    let said = Launch::of("plenaryd").arg("--demo").arg("--config").arg(&path).run().stderr;
    let lists: Vec<&str> = said.lines().filter_map(|line| Some(line.split_once("known are ")?.1)).collect();
    assert_eq!(lists.len(), 2, "{said}");
    for key in lists.iter().flat_map(|list| list.split(", ")) {
        let is_said = |line: &str| {
            let line = line.trim_start_matches("# ");
            line.starts_with(&format!("{key} =")) || line.trim_matches(['[', ']']) == key
        };
        assert!(sample.lines().any(is_said), "{key} is not in the sample");
    }
}

/// What `systemd-analyze` says of a unit, with the program of the test.
fn analyzed(folder: &Path, name: &str, arguments: &[&str]) -> (bool, String) {
    let program = plenary_tests::binary("plenaryd");
    let unit = read(name).replace("/usr/bin/plenaryd", program.to_str().unwrap());
    let path = folder.join(name);
    std::fs::write(&path, unit).unwrap();
    let output = Command::new("systemd-analyze").args(arguments).arg(&path).output();
    let output = output.expect("systemd-analyze is installed (tests/run does)");
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn systemd_finds_nothing_wrong_with_the_units() {
    let folder = TempDir::with_prefix("plenary-unit-").unwrap();
    for name in ["plenary.service", "plenary-backup.service", "plenary-backup.timer"] {
        let (holds, said) = analyzed(folder.path(), name, &["verify"]);
        assert!(holds && !said.contains(name), "{name}: {said}");
    }
    for (name, threshold) in [("plenary.service", "20"), ("plenary-backup.service", "20")] {
        let threshold = format!("--threshold={threshold}");
        let (holds, said) = analyzed(folder.path(), name, &["security", "--offline=true", &threshold]);
        assert!(holds, "{name}: {said}");
    }
}

#[test]
fn the_unit_of_backups_makes_one_of_the_data_that_the_other_unit_serves() {
    let server = TestServer::demo();
    let unit = read("plenary-backup.service");
    let line = unit.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
    let to = server.folder().join("plenary-backup");
    std::fs::create_dir(&to).unwrap();
    let mut words = line.split(' ');
    assert_eq!(words.next(), Some("/usr/bin/plenaryd"));
    let arguments: Vec<String> = words
        .map(|word| word.replace("/var/lib/plenary-backup", to.to_str().unwrap()))
        .map(|word| word.replace("/var/lib/plenary", server.data().to_str().unwrap()))
        .collect();
    for _night in 0..2 {
        let exit = Launch::of("plenaryd").args(arguments.iter().cloned()).run();
        assert_eq!(exit.code, Some(0), "{}", exit.stderr);
    }
    assert!(to.join("latest/manifest.json").is_file() && !to.join("latest/keys").exists());
    // Both units run as one user, and each may write what it has to.
    assert!(unit.contains("User=plenary\nDynamicUser=yes\nStateDirectory=plenary plenary-backup\n"));
}

#[test]
fn a_copy_of_the_journal_taken_while_the_server_runs_is_a_backup() {
    let server = TestServer::demo();
    let br = server.client(&BR);
    let target = br.id_of(DRAFT, "2.7");
    br.edited(DRAFT, &[set_text(&target, "title", "Backed up", br.head(DRAFT))]);
    let folder = TempDir::with_prefix("plenary-backup-").unwrap();
    let copy = folder.path().join("data");
    std::fs::create_dir(&copy).unwrap();
    for part in ["journal", "keys"] {
        let status = Command::new("cp").arg("-a").arg(server.data().join(part)).arg(&copy).status();
        assert!(status.unwrap().success());
    }
    br.edited(DRAFT, &[set_text(&target, "title", "Not in the backup", br.head(DRAFT))]);
    let head = br.head(DRAFT);

    // As the operator's page has it: the store is made, then both are read.
    for arguments in [&["rebuild", "--from", "journal", "--data"][..], &["verify", "--data"]] {
        let exit = Launch::of("plenaryd").args(arguments.iter().copied()).arg(&copy).run();
        assert_eq!(exit.code, Some(0), "{arguments:?}: {}", exit.stderr);
    }

    let restored = Launch::server(&copy).arg("--demo").start().expect("the backup starts");
    let there = Http::new(restored.base(), Some(br.token().to_owned()));
    assert_eq!(there.head(DRAFT).0, head.0 - 1);
    assert_eq!(there.id_of(DRAFT, "2.7"), target);
    assert_eq!(restored.terminate().code, Some(0));
    let verified = Launch::of("plenaryd").args(["verify", "--data"]).arg(&copy).run();
    assert_eq!(verified.code, Some(0), "{}", verified.stderr);
}

/// A program that is ended with the test.
struct Running(std::process::Child);

impl Drop for Running {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

#[test]
fn the_reverse_proxy_passes_requests_and_sockets_and_keeps_tickets_out_of_its_log() {
    let server = TestServer::demo();
    let folder = TempDir::with_prefix("plenary-proxy-").unwrap();
    // The proxy cannot be asked for any free port; one that was free a moment ago is as near as it gets.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let log = std::fs::File::create(folder.path().join("log")).unwrap();
    // Its administration's address is fixed; two of it must not meet.
    let config = read("Caddyfile").replacen("{$PLENARY_HOST", "{\n\tadmin off\n}\n{$PLENARY_HOST", 1);
    let path = folder.path().join("Caddyfile");
    std::fs::write(&path, config).unwrap();
    let proxy = Command::new("caddy")
        .args(["run", "--adapter", "caddyfile", "--config"])
        .arg(&path)
        .env("PLENARY_HOST", format!("http://{free}"))
        .env("PLENARY_UPSTREAM", server.base().trim_start_matches("http://"))
        .env("XDG_DATA_HOME", folder.path())
        .env("XDG_CONFIG_HOME", folder.path())
        .stderr(log)
        .spawn();
    let proxy = Running(proxy.expect("caddy is installed (tests/run does)"));
    let br = server.client(&BR).at(&format!("http://{free}"));
    let until = Instant::now() + PATIENCE;
    while br.try_ask("GET", "/api/v1/me", None).is_err() {
        assert!(Instant::now() < until, "the proxy does not answer");
        std::thread::yield_now();
    }
    assert_eq!(br.get("/readyz").status, 404, "readiness is for the inside");
    let answer = br.get("/api/v1/me");
    assert_eq!(answer.header("strict-transport-security"), "max-age=31536000");
    assert_eq!(answer.header("x-request-id").len(), 36, "the proxy's id is kept");

    let mut live = Live::open(&br);
    live.subscribe(&plan_id(DRAFT), Some(br.head(DRAFT)), false).unwrap();
    let target = br.id_of(DRAFT, "2.7");
    let done = br.edited(DRAFT, &[set_text(&target, "title", "Through the proxy", br.head(DRAFT))]);
    let told = live.wait_for(|message| match message {
        ServerMessage::Event { event, .. } if event.seq == done.seq => Some(event.subject.clone()),
        _ => None,
    });
    assert_eq!(told.unwrap().as_str(), BR.subject);
    drop(live);
    // A socket is logged when it has ended.
    let log = loop {
        let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
        if log.contains("/live?ticket=REDACTED") {
            break log;
        }
        assert!(Instant::now() < until, "{log}");
        std::thread::yield_now();
    };
    drop(proxy);
    assert!(!log.contains(br.token()), "a token is in the proxy's log");
}
