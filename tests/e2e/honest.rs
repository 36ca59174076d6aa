//! No false alarm: many people write for long, the server is killed and restarted meanwhile, clients keep
//! checkpoints, and everybody who looks at the evidence finds that it holds.

use std::collections::VecDeque;

use plenary_protocol::Seq;
use plenary_protocol::plan::ElementView;
use plenary_protocol::wire::api::SelfCheckState;
use plenary_tests::{DRAFT, Http, Launch, Live, Person, TestServer, fresh_id, plan_id};
use serde_json::{Value as Json, json};

use crate::cli::Cli;
use crate::people::{ADMIN, AUDITOR, BDT, BR, GS, TSB, set_field, splice};
use crate::self_check::{looked, view};

/// Honest entries unless `PLENARY_HONEST_ENTRIES` says otherwise.
const ENTRIES_DEFAULT: u64 = 100_000;
/// Times that people write, and the server is killed or stopped while they pause.
const ROUNDS: u64 = 4;
/// Of so many edits one changes a text; the others set a field.
const TEXT_EVERY: u64 = 50;
/// Who writes.
const PEOPLE: [Person; 4] = [BR, TSB, BDT, GS];

/// Writes on elements of one's own, each again when its last edit is acknowledged.
fn write(http: &Http, share: usize, edits: u64) {
    let view = http.plan(DRAFT);
    let is_open = |element: &&ElementView| {
        element.owner.is_none() && element.text.values().any(|texts| texts.contains_key("title"))
    };
    let open = view.elements.iter().filter(is_open).skip(share).step_by(PEOPLE.len());
    let elements: Vec<String> = open.map(|element| element.id.to_string()).take(32).collect();
    assert!(elements.len() >= 2, "there are {}", elements.len());
    let plan = plan_id(DRAFT);
    let mut live = Live::open(http);
    let mut bases = vec![http.head(DRAFT); elements.len()];
    let mut waiting = VecDeque::new();
    for number in 0..edits {
        let at = (number % elements.len() as u64) as usize;
        if waiting.len() == elements.len()
            && let Some(id) = waiting.pop_front()
        {
            bases[at] = live.expect_ack(&id).seq;
        }
        let (element, base): (&str, Seq) = (&elements[at], bases[at]);
        let command = match number % TEXT_EVERY {
            0 => splice(element, "title", 0, "x", base),
            _ => set_field(element, "note", format!("{number} of {share}"), base),
        };
        let id = fresh_id("honest");
        live.edit(&id, &plan, &[command]).unwrap();
        waiting.push_back(id);
    }
    waiting.iter().for_each(|id| _ = live.expect_ack(id));
}

#[test]
fn no_alarm_is_raised_over_honest_entries_whatever_happens_to_the_server() {
    let entries = std::env::var("PLENARY_HONEST_ENTRIES").ok();
    let entries = entries.and_then(|entries| entries.parse().ok()).unwrap_or(ENTRIES_DEFAULT);
    let quick = "[limits]\nself_check_mib_per_s = 1024\nsocket_messages_per_second = 100000\n";
    let mut server = TestServer::demo_with(|launch, folder| {
        let path = folder.join("quick.toml");
        std::fs::write(&path, quick).unwrap();
        launch.args(["--config"]).arg(path)
    });
    let again = {
        let port = server.base().rsplit(':').next().unwrap().to_owned();
        let listen = format!("127.0.0.1:{port}");
        let launch = Launch::of("plenaryd").args(["--listen", &listen, "--config"]);
        launch.arg(server.folder().join("quick.toml")).arg("--data").arg(server.data())
    };
    for round in 0..ROUNDS {
        let left = entries.saturating_sub(server.client(&AUDITOR).head(DRAFT).0);
        let each = left / (ROUNDS - round) / PEOPLE.len() as u64;
        std::thread::scope(|scope| {
            for (share, person) in PEOPLE.iter().enumerate() {
                let http = server.client(person);
                scope.spawn(move || write(&http, share, each + 1));
            }
        });
        // A client verifies what is new, and that it goes on from what it kept.
        let said = Cli::of(&server, &AUDITOR).ok(&["verify", DRAFT, "--json"]);
        let said: Json = serde_json::from_str(&said).unwrap();
        assert_eq!(said["verdict"], "verified", "{said}");
        if round % 2 == 0 {
            server.kill9()
        } else {
            server.terminate()
        };
        server.start_as(&again);
    }
    let head = server.client(&AUDITOR).head(DRAFT).0;
    assert!(head >= entries, "{head} of {entries}");
    // Everything, by the client.
    let said = Cli::of(&server, &AUDITOR).ok(&["verify", DRAFT, "--all", "--json"]);
    assert_eq!(serde_json::from_str::<Json>(&said).unwrap()["verdict"], "verified", "{said}");
    // Everything, by the server while it serves.
    let admin = server.client(&ADMIN);
    let before = looked(&admin, None);
    assert_eq!(admin.post("/api/v1/self-check", &json!({})).status, 202);
    let checked = looked(&admin, Some(&before));
    for look in [&before, &checked, &view(&admin)] {
        assert_eq!((look.state, look.failures.len()), (SelfCheckState::Verified, 0), "{look:?}");
    }
    assert!(checked.entries >= head, "{checked:?}");
    // A bundle, by both of its verifiers.
    let bundle = server.folder().join("last.zip");
    let from = (head - 2_000).to_string();
    let arguments = ["evidence", "export", DRAFT, "--from", &from, "-o", bundle.to_str().unwrap()];
    Cli::of(&server, &AUDITOR).ok(&arguments);
    crate::bundle::both_verify(&bundle);
    // Everything, by the operator's command, of a log that is closed.
    server.terminate();
    let exit = server.command(&["verify"]);
    assert_eq!(exit.code, Some(0), "{}{}", exit.stdout, exit.stderr);
}
