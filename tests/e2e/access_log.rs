//! What auditors read is written down before it is told, wakes nobody, and is shown to auditors and admins.

use std::os::unix::fs::PermissionsExt as _;

use crate::cli::Cli;
use crate::people::{ADMIN, AUDITOR, BR, CHAIR, READER, TSB, comment};
use plenary_protocol::wire::api::AccessLine;
use plenary_protocol::wire::live::ServerMessage;
use plenary_tests::{ADOPTED, DRAFT, Http, Live, Person, TestServer, plan_id};

const OTHER: Person = Person { subject: "auditor-2", name: "Other auditor", ..AUDITOR };

#[track_caller]
fn lines(http: &Http, query: &str) -> Vec<AccessLine> {
    let answer = http.get(&format!("/api/v1/access-log?{query}"));
    serde_json::from_value(answer.ok()["lines"].clone()).unwrap()
}

#[test]
fn every_read_of_an_auditor_is_told_and_nobody_elses() {
    let mut server = TestServer::demo();
    let [admin, auditor, other, br] = [ADMIN, AUDITOR, OTHER, BR].map(|person| server.client(&person));
    let before = (admin.head(DRAFT), admin.get(&format!("/api/v1/plans/{DRAFT}")).json["at"].clone());
    let plan = format!("/api/v1/plans/{DRAFT}");
    br.get(&plan).ok();
    assert_eq!(lines(&admin, ""), [], "nobody else is watched");
    auditor.events(DRAFT, "after=1&limit=2&type=change");
    auditor.get(&format!("{plan}/diff?from=1")).ok();
    other.history(ADOPTED, "limit=3");
    assert_eq!(auditor.get("/api/v1/plans/no-such-plan").status, 404);
    assert_eq!(auditor.get(&format!("{plan}/replay?from=2")).status, 200);
    let mut live = Live::open(&auditor);
    live.subscribe(&plan_id(DRAFT), None, false).unwrap();
    live.wait_for(|message| matches!(message, ServerMessage::Subscribed { .. }).then_some(())).unwrap();
    let told = lines(&admin, "");
    let has = |what: &dyn Fn(&AccessLine) -> bool| {
        assert_eq!(told.iter().filter(|line| what(line)).count(), 1, "{told:#?}")
    };
    has(&|line| {
        line.path == format!("{plan}/events")
            && line.query.as_deref() == Some("after=1&limit=2&type=change")
            && (line.count, line.status) == (Some(1), Some(200))
            && line.subject.as_str() == AUDITOR.subject
            && line.plan == Some(plan_id(DRAFT))
    });
    has(&|line| line.route == "/api/v1/plans/{plan}/diff");
    has(&|line| line.subject.as_str() == OTHER.subject && line.count > Some(0));
    has(&|line| line.status == Some(404) && line.plan == Some(plan_id("no-such-plan")));
    has(&|line| line.method == "end" && line.count == Some(1) && line.last == Some(before.0));
    has(&|line| (line.method.as_str(), line.route.as_str()) == ("subscribe", "/live"));
    // Filters and pages; an auditor sees the lines on plans that are there.
    assert!(
        lines(&admin, &format!("plan={ADOPTED}")).iter().all(|line| line.subject.as_str() == OTHER.subject)
    );
    let own = lines(&auditor, &format!("subject={}&limit=1000", AUDITOR.subject));
    assert!(own.len() > 4 && own.iter().all(|line| line.plan != Some(plan_id("no-such-plan"))));
    let numbers: Vec<u64> = lines(&admin, "limit=1000").iter().map(|line| line.number).collect();
    let (mut paged, mut at) = (Vec::new(), String::new());
    loop {
        let page = admin.get(&format!("/api/v1/access-log?limit=2{at}")).ok();
        paged.extend(page["lines"].as_array().unwrap().iter().map(|line| line["number"].as_u64().unwrap()));
        match page["next_before"].as_u64() {
            Some(before) => at = format!("&before={before}"),
            None => break,
        }
    }
    assert_eq!(paged, numbers);
    for person in [READER, TSB, CHAIR] {
        assert_eq!(server.client(&person).get("/api/v1/access-log").code(), "role_forbids");
    }
    // It is nobody's entry and survives a kill.
    assert_eq!((admin.head(DRAFT), admin.get(&plan).json["at"].clone()), before);
    let file = server.data().join("access/access.jsonl");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    server.kill9();
    server.start();
    let admin = admin.at(&server.base());
    let after: Vec<u64> = lines(&admin, "limit=1000").iter().map(|line| line.number).collect();
    assert!(after.ends_with(&numbers), "{after:?} {numbers:?}");
    let shown = Cli::of(&server, &ADMIN).ok(&["access-log", DRAFT, "--subject", AUDITOR.subject]);
    assert!(
        shown.contains("Auditor (GS, auditor) GET /api/v1/plans/itu-sp-2024-2027-draft/events?after=1"),
        "{shown}"
    );
    Cli::of(&server, &BR).fails(4, &["access-log"]);
}

#[test]
fn what_cannot_be_written_down_is_not_told_and_others_go_on() {
    let mut server = TestServer::demo_with(|launch, _| launch.args(["--metrics-listen", "127.0.0.1:0"]));
    let auditor = server.client(&AUDITOR);
    let plan = format!("/api/v1/plans/{DRAFT}");
    auditor.get(&plan).ok();
    server.terminate();
    // The file is full, so the next line puts it aside; under all names that it could get stand folders.
    let folder = server.data().join("access");
    let file = folder.join("access.jsonl");
    let full = "\n".repeat(plenary_limits::ACCESS_FILE_BYTES_MAX as usize);
    std::fs::write(&file, std::fs::read_to_string(&file).unwrap() + &full).unwrap();
    server.start();
    let today = plenaryd::clock::now();
    let names = [today, today + std::time::Duration::from_secs(86_400)]
        .map(|day| folder.join(format!("access-000000000001-{}.jsonl", day.strftime("%Y-%m-%d"))));
    names.iter().for_each(|name| std::fs::create_dir_all(name.join("x")).unwrap());
    let [auditor, br, admin] = [AUDITOR, BR, ADMIN].map(|person| server.client(&person));
    for path in [&plan, &format!("{plan}/replay"), &format!("{plan}/events")] {
        let answer = auditor.get(path);
        assert_eq!(answer.status, 503, "{}", answer.text);
        assert!(
            !answer.text.contains("secretariat_draft")
                && answer.clone().problem().detail.contains("written down")
        );
        br.get(path);
    }
    br.edited(DRAFT, &[comment("plan", "goes on")]);
    assert!(matches!(Live::try_open(&auditor), Err((503, _))), "nor by a socket");
    assert_eq!(lines(&admin, "").len(), 1, "what was kept before");
    let (base, path) = server.running().metrics().rsplit_once('/').unwrap();
    let metrics = Http::new(base, None).get(&format!("/{path}")).text;
    let failures =
        metrics.lines().find_map(|line| line.strip_prefix("plenary_access_failures_total ")).unwrap();
    assert!(failures.parse::<u64>().unwrap() >= 4, "{failures}");
    names.iter().for_each(|name| std::fs::remove_dir_all(name).unwrap());
    auditor.get(&plan).ok();
    let told: Vec<u64> = lines(&admin, "").iter().map(|line| line.number).collect();
    assert_eq!(told.last(), Some(&1));
    assert!(told.len() == 2 && told[0] > 1, "{told:?}");
    assert!(names[0].is_file() || names[1].is_file(), "put aside");
}
