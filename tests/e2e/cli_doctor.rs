//! `plenary doctor`: what it finds where all is well, and where each thing is wrong.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

use plenary_protocol::{Bureau, Role};
use plenary_tests::{ADOPTED, DRAFT, Exit, Shared, TestServer};
use plenaryd::clock;
use plenaryd::identity::{Issuer, IssuerKey, LOCAL_ISSUER_NAME, TokenRequest};
use serde_json::{Value as Json, json};

use crate::cli::Cli;
use crate::people::BR;

static SHARED: Shared = Shared::new();

const HEALTHY: &str = r#"{"status":"ok"}"#;

/// A server of a few lines: the same head, and for each path a status and a body.
fn fake(date: &'static str, answer: fn(&str) -> (u16, &'static str)) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
            let asked = lines.next().unwrap_or_default();
            lines.take_while(|line| !line.is_empty()).for_each(drop);
            let (status, body) = answer(asked.split(' ').nth(1).unwrap_or_default());
            let length = body.len();
            _ = write!(
                &stream,
                "HTTP/1.1 {status} X\r\nDate: {date}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            );
        }
    });
    base
}

/// A time of now, as a header tells it.
fn now() -> &'static str {
    clock::now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string().leak()
}

/// Runs it against an address.
fn doctor(server: &TestServer, base: &str, token: &str) -> Exit {
    Cli::with(server, token).launch.env("PLENARY_URL", base).arg("doctor").run()
}

/// The line of a check.
#[track_caller]
fn line<'a>(exit: &'a Exit, check: &str) -> &'a str {
    let head = format!("{check:<10} ");
    let found = exit
        .stdout
        .lines()
        .find(|line| line.split_once(' ').is_some_and(|(_, rest)| rest.starts_with(&head)));
    found.unwrap_or_else(|| panic!("no {check} in:\n{}{}", exit.stdout, exit.stderr))
}

#[test]
fn all_is_well_with_the_demonstration() {
    let server = SHARED.get();
    let token = server.token(&BR);
    let exit = doctor(&server, &server.base(), &token);
    assert_eq!((exit.code, exit.stderr.as_str()), (Some(0), ""), "{}", exit.stdout);
    assert!(exit.stdout.lines().all(|line| line.starts_with('✓')), "{}", exit.stdout);
    for (check, word) in [
        ("settings", "PLENARY_URL"),
        ("token from", "PLENARY_TOKEN"),
        ("server", "answers at"),
        ("edits", "are taken"),
        ("latency", "median of 5"),
        ("clock", "within 2 s"),
        ("version", env!("CARGO_PKG_VERSION")),
        ("protocols", "plenary.live.v1+json"),
        ("token", "BR drafter (br-drafter, BR drafter), for 1"),
        ("live", "is welcomed"),
        ("plans", DRAFT),
    ] {
        let found = line(&exit, check);
        assert!(found.contains(word), "{check}: {found}");
    }
    assert!(!exit.stdout.contains(&token), "the token is never printed");
    let json = Cli::with(&server, &token).launch.args(["doctor", "--json"]).run();
    let report: Json = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!((&report["exit"], &report["url"]), (&json!(0), &json!(server.base())));
    assert!(report["checks"].as_array().unwrap().iter().all(|check| check["state"] == "ok"), "{report}");
    assert!(json.stdout.contains(ADOPTED) && !json.stdout.contains(&token));
}

#[test]
fn nobody_there_and_somebody_else_there_are_told_apart() {
    let server = SHARED.get();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let exit = doctor(&server, &format!("http://127.0.0.1:{port}"), "x");
    assert_eq!(exit.code, Some(5), "{}", exit.stdout);
    let told = line(&exit, "server");
    assert!(told.starts_with('✗') && told.contains("connection refused") && told.contains("plenaryd --demo"));
    let other = fake(now(), |_| (200, "<html>Welcome</html>"));
    let exit = doctor(&server, &other, "x");
    assert_eq!(exit.code, Some(8), "{}", exit.stdout);
    assert!(line(&exit, "server").contains("something else is there"), "{}", exit.stdout);
    let exit = doctor(&server, "http://no-such-host.invalid:7400", "x");
    assert_eq!(exit.code, Some(5), "{}", exit.stdout);
    let exit = doctor(&server, "no address", "x");
    assert_eq!(exit.code, Some(2), "{}", exit.stdout);
}

#[test]
fn tokens_that_do_not_count_say_why() {
    let server = SHARED.get();
    let issuer = Issuer::new(LOCAL_ISSUER_NAME, IssuerKey::open(&server.data()).unwrap());
    let request = TokenRequest {
        subject: "br-drafter".parse().unwrap(),
        name: "BR drafter".to_owned(),
        bureau: Bureau::BR,
        role: Role::Drafter,
        lifetime_s: 3_600,
    };
    // Half a minute more: clocks of whole seconds and a slow start change no word of it.
    let then = clock::now() - std::time::Duration::from_secs(7_230);
    let expired = issuer.issue(&request, then, clock::entropy()).unwrap();
    let issuer = Issuer::new("https://id.example.org", IssuerKey::open(&server.data()).unwrap());
    let foreign = issuer.issue(&request, clock::now(), clock::entropy()).unwrap();
    for (token, words) in [
        (expired.as_str(), "expired; it ended 1 h 0 min ago"),
        (&foreign, "of the issuer \"https://id.example.org\""),
        ("not-a-token", "does not read as a token"),
        ("", "✗ token      none – store one with `plenary login"),
    ] {
        let exit = doctor(&server, &server.base(), token);
        assert_eq!(exit.code, Some(4), "{}", exit.stdout);
        assert!(exit.stdout.contains(words), "{words}:\n{}", exit.stdout);
        assert!(line(&exit, "edits").starts_with('✓'), "what needs no token is looked at");
        assert!(token.is_empty() || !exit.stdout.contains(token), "{}", exit.stdout);
    }
}

#[test]
fn clocks_that_differ_are_told() {
    let server = SHARED.get();
    let off = fake("Tue, 03 Nov 2020 10:00:00 GMT", |_| (200, HEALTHY));
    let exit = doctor(&server, &off, "");
    let told = line(&exit, "clock");
    assert!(told.starts_with('!') && told.contains("ahead of the server") && told.contains("NTP"), "{told}");
    assert!(line(&exit, "version").starts_with('!'), "an old server does not say what it speaks");
}

#[test]
fn a_server_that_takes_no_edits_is_told_with_its_reason() {
    let server = SHARED.get();
    let stopping = fake(now(), |path| match path {
        "/readyz" => (503, r#"{"status":503,"code":"read_only","detail":"stopping"}"#),
        _ => (200, HEALTHY),
    });
    let exit = doctor(&server, &stopping, "");
    assert_eq!(exit.code, Some(8), "{}", exit.stdout);
    assert!(line(&exit, "edits").contains("the server is stopping"), "{}", exit.stdout);
    let mut stopped = TestServer::demo();
    let base = stopped.base();
    let token = stopped.token(&BR);
    stopped.terminate();
    assert_eq!(doctor(&server, &base, &token).code, Some(5), "and one that has stopped");
}

#[test]
fn what_a_server_speaks_is_told_without_a_token_and_methods_by_header() {
    let server = SHARED.get();
    let nobody = plenary_tests::Http::new(&server.base(), None);
    let about = nobody.get("/api/v1/server").ok();
    assert_eq!(
        (&about["program"], &about["live"]),
        (&json!("plenaryd"), &json!(["plenary.live.v1+json", "plenary.live.v1+cbor"]))
    );
    let paths = [
        ("/", "GET, HEAD"),
        ("/healthz", "GET, HEAD"),
        ("/readyz", "GET, HEAD"),
        ("/live", "GET"),
        ("/sync", "GET"),
        ("/api/v1/me", "GET, HEAD"),
        ("/api/v1/tickets", "POST"),
        ("/api/v1/plans", "GET, HEAD, POST"),
        ("/api/v1/plans/x/edits", "POST"),
        ("/api/v1/plans/x/elements/y", "GET, HEAD"),
    ];
    for (path, allow) in paths {
        let answer = nobody.try_ask("DELETE", path, None).unwrap();
        assert_eq!((answer.status, answer.code()), (405, "wrong_method"), "{path}: {}", answer.text);
        assert_eq!(answer.header("allow"), allow, "{path}");
    }
    assert_eq!(nobody.try_ask("DELETE", "/api/v1/no-such", None).unwrap().code(), "no_such_route");
}

#[test]
fn a_limit_that_is_reached_is_told_as_one_and_not_as_a_broken_network() {
    let server = TestServer::demo_with(|launch, folder| {
        let path = folder.join("plenary.toml");
        std::fs::write(&path, "[limits]\nsubject_sockets = 1\nsubject_requests_per_minute = 60\n").unwrap();
        launch.arg("--config").arg(path)
    });
    let (br, token) = (server.client(&BR), server.token(&BR));
    let open = plenary_tests::Live::open(&br);
    let exit = doctor(&server, &server.base(), &token);
    assert_eq!(exit.code, Some(8), "{}", exit.stdout);
    let told = line(&exit, "live");
    assert!(told.contains("your sockets: at most 1 at once") && !told.contains("proxy"), "{told}");
    assert!(told.contains("the operator to raise it"), "{told}");
    drop(open);
    let out_of_requests = (0..200).map(|_| br.get("/api/v1/me")).find(|answer| answer.status == 429);
    out_of_requests.expect("there is a limit");
    let told = doctor(&server, &server.base(), &token);
    assert!(line(&told, "token").contains("your requests: at most 60 a minute"), "{}", told.stdout);
}
