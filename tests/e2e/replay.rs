//! The past as a stream: in order, whole, stopped and gone on with, and no more of it in memory than is read.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use plenary_limits::{SUBJECT_STREAMS, held_here};
use plenary_protocol::Seq;
use plenary_protocol::plan::PlanView;
use plenary_protocol::wire::RefusalCode;
use plenary_protocol::wire::past::ReplayLine;
use plenary_tests::{DRAFT, Http, Shared, TestServer};
use serde_json::{Value as Json, json};

use crate::cli::Cli;
use crate::people::{ADMIN, AUDITOR, BR, CHAIR, READER, TSB, comment, set_field, set_text};

static SHARED: Shared = Shared::new();

/// The lines of a replay.
#[track_caller]
fn replay(http: &Http, query: &str) -> Vec<ReplayLine> {
    let answer = http.get(&format!("/api/v1/plans/{DRAFT}/replay?{query}"));
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, "application/x-ndjson"),
        "{}",
        answer.text
    );
    answer.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Entry numbers of a replay that must be whole.
#[track_caller]
fn told(lines: &[ReplayLine]) -> Vec<u64> {
    assert!(matches!(lines.first(), Some(ReplayLine::Start { .. })), "{lines:?}");
    let told: Vec<u64> = lines
        .iter()
        .filter_map(|line| match line {
            ReplayLine::Entry { event, .. } => Some(event.seq.0),
            _ => None,
        })
        .collect();
    let Some(ReplayLine::End { entries, .. }) = lines.last() else { panic!("no end: {:?}", lines.last()) };
    assert_eq!(*entries, told.len() as u64);
    told
}

#[test]
fn a_replay_is_every_entry_in_order_from_any_point_to_any_point() {
    let server = TestServer::demo();
    let [br, tsb, auditor] = [BR, TSB, AUDITOR].map(|person| server.client(&person));
    let target = br.id_of(DRAFT, "2.7");
    for number in 0..30 {
        let http = if number % 3 == 0 { &br } else { &tsb };
        http.edited(DRAFT, &[comment(&target, &format!("remark {number}"))]);
    }
    br.edited(DRAFT, &[set_text(&target, "title", "Climate, plainly", br.head(DRAFT))]);
    let events = auditor.all_events(DRAFT);
    let head = events.len() as u64;
    let lines = replay(&auditor, "");
    assert_eq!(told(&lines), (1..=head).collect::<Vec<_>>());
    let views = lines.iter().filter_map(|line| match line {
        ReplayLine::Entry { event, .. } => Some((**event).clone()),
        _ => None,
    });
    assert_eq!(views.collect::<Vec<_>>(), events, "as `events` tells them");
    // Cut anywhere and gone on with, it is the same.
    for cut in [1, 3, 17, head - 1] {
        let mut both = told(&replay(&auditor, &format!("to={cut}")));
        both.extend(told(&replay(&auditor, &format!("from={cut}&to={head}"))));
        assert_eq!(both, (1..=head).collect::<Vec<_>>());
    }
    assert_eq!(told(&replay(&auditor, &format!("from={head}"))), [] as [u64; 0]);
    // Filters as everywhere, with the rows that match.
    let lines = replay(&auditor, "bureau=TSB&text=REMARK");
    let wanted: Vec<u64> =
        auditor.events(DRAFT, "bureau=TSB&text=remark&limit=1000").iter().map(|e| e.seq.0).collect();
    assert_eq!((told(&lines), wanted.len()), (wanted, 20));
    assert!(matches!(&lines[1], ReplayLine::Entry { rows, .. } if rows.len() == 1), "{:?}", lines[1]);
    // The plan as it was where the replay begins.
    let lines = replay(&auditor, "from=3&to=5&view=true");
    let Some(ReplayLine::Start { after: Seq(3), to: Seq(5), view: Some(view), .. }) = lines.first() else {
        panic!("{:?}", lines.first())
    };
    let then: PlanView =
        serde_json::from_value(auditor.get(&format!("/api/v1/plans/{DRAFT}?removed=true&at=3")).ok())
            .unwrap();
    assert_eq!(**view, then);
    let cli = Cli::of(&server, &AUDITOR);
    let shown = cli.ok(&["replay", DRAFT, "--from", "3", "--bureau", "BR", "--text", "plainly"]);
    assert!(shown.lines().count() == 1 && shown.contains("[-Significantly"), "{shown}");
    let shown = cli.ok(&["replay", DRAFT, "--json"]);
    let lines: Vec<Json> = shown.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((lines.len() as u64, &lines[0]["line"]), (head + 2, &json!("start")));
}

#[test]
fn what_is_asked_wrong_is_refused_before_the_stream_begins() {
    let server = SHARED.get();
    let reader = server.client(&READER);
    for (query, status) in [
        ("from=soon", 400),
        ("from=9999", 409),
        ("to=9999", 409),
        ("text=", 400),
        ("element=9.9", 404),
        ("x=1", 400),
    ] {
        assert_eq!(reader.get(&format!("/api/v1/plans/{DRAFT}/replay?{query}")).status, status, "{query}");
    }
}

/// A replay of which a client reads as it likes.
struct Slow(TcpStream);

impl Slow {
    fn of(http: &Http) -> Slow {
        let mut socket = TcpStream::connect(http.base().trim_start_matches("http://")).unwrap();
        socket.set_read_timeout(Some(plenary_tests::PATIENCE)).unwrap();
        let request = format!(
            "GET /api/v1/plans/{DRAFT}/replay HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n",
            http.token()
        );
        socket.write_all(request.as_bytes()).unwrap();
        Slow(socket)
    }

    /// Reads at least so many bytes.
    fn read(&mut self, bytes: usize) -> String {
        let mut out = vec![0; bytes];
        self.0.read_exact(&mut out).unwrap();
        String::from_utf8_lossy(&out).into_owned()
    }

    /// Reads until it has read these words.
    fn read_until(&mut self, words: &str) -> String {
        let mut out = String::new();
        while !out.contains(words) {
            let mut bytes = [0; 65_536];
            let count = self.0.read(&mut bytes).unwrap();
            assert!(count > 0, "{words:?} did not come: {}", &out[out.len().saturating_sub(300)..]);
            out.push_str(&String::from_utf8_lossy(&bytes[..count]));
        }
        out
    }
}

/// Makes a history that is larger than the buffers between server and client can be.
fn much(http: &Http) {
    let elements = http.plan(DRAFT).elements;
    for number in 0..40 {
        let (note, base) = (number.to_string().repeat(1_000), http.head(DRAFT));
        let commands: Vec<_> =
            elements.iter().map(|one| set_field(one.id.as_str(), "note", note.as_str(), base)).collect();
        http.edited(DRAFT, &commands);
    }
}

#[test]
fn a_reader_who_stops_holds_nothing_and_loses_its_right_to_the_rest() {
    let server = TestServer::demo();
    let [admin, chair, br] = [ADMIN, CHAIR, BR].map(|person| server.client(&person));
    much(&chair);
    let mut slow = Slow::of(&br);
    assert!(slow.read(400).starts_with("HTTP/1.1 200"));
    // While it waits the plan goes on, and is narrowed to others.
    br.edited(DRAFT, &[comment("plan", "meanwhile")]);
    let rule = json!({ "id": "narrow", "access": { "only": { "bureaux": ["TSB"], "roles": ["chair"] } } });
    let path = format!("/api/v1/plans/{DRAFT}/access");
    admin.try_ask("PUT", &path, Some(rule.to_string().as_bytes())).unwrap().ok();
    let rest = slow.read_until("\"line\":\"failed\"");
    assert!(rest.contains("\"no_such_plan\"") && !rest.contains("\"line\":\"end\""));
    assert!(!rest.contains("meanwhile"));
}

#[test]
fn one_person_has_so_many_streams_at_once() {
    let server = TestServer::demo();
    let chair = server.client(&CHAIR);
    much(&chair);
    held_here!(SUBJECT_STREAMS);
    let mut slow: Vec<Slow> = (0..SUBJECT_STREAMS.default).map(|_| Slow::of(&chair)).collect();
    slow.iter_mut().for_each(|slow| assert!(slow.read(100).starts_with("HTTP/1.1 200")));
    let path = format!("/api/v1/plans/{DRAFT}/replay");
    assert_eq!(chair.get(&path).problem().code, RefusalCode::RateLimited);
    assert_eq!(
        server.client(&BR).get(&format!("{path}?to=3")).status,
        200,
        "others have places of their own"
    );
    // A place is free again as soon as somebody goes.
    slow.clear();
    let until = std::time::Instant::now() + plenary_tests::PATIENCE;
    while chair.get(&format!("{path}?to=3")).status != 200 {
        assert!(std::time::Instant::now() < until, "no place was given back");
    }
}
