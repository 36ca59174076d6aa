//! What every row begins with: data directories with a past, the people who write, and how a server is started on
//! a copy of one.

use std::path::{Path, PathBuf};
use std::time::Duration;

use plenary_protocol::plan::Command;
use plenary_protocol::{Bureau, Role, Seq};
use plenary_tests::{Exit, Http, Launch, Live, Outcome, Person, Process, element_id, fresh_id, plan_id};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use crate::control::Control;
use crate::known::Known;
use crate::table::Run;

/// The plan that everybody writes.
pub const BUSY: &str = "busy";
/// The entry in which a plan of ours has all its elements.
pub const MADE: Seq = Seq(3);
/// A second plan.
pub const QUIET: &str = "quiet";

const fn person(subject: &'static str, bureau: Bureau, role: Role) -> Person {
    Person { subject, name: subject, bureau, role }
}

const PEOPLE: [Person; 4] = [
    person("chair", Bureau::GS, Role::Chair),
    person("drafter", Bureau::BR, Role::Drafter),
    person("admin", Bureau::GS, Role::Admin),
    person("auditor", Bureau::GS, Role::Auditor),
];

/// Everybody's tokens, by the order of `PEOPLE`.
#[derive(Debug, Clone)]
pub struct People(Vec<Http>);

impl People {
    /// Who makes plans and says who may read them.
    pub fn chair(&self, base: &str) -> Http {
        self.0[0].at(base)
    }

    /// Who writes.
    pub fn drafter(&self, base: &str) -> Http {
        self.0[1].at(base)
    }

    /// Who revokes.
    pub fn admin(&self, base: &str) -> Http {
        self.0[2].at(base)
    }

    /// Who reads everything.
    pub fn auditor(&self, base: &str) -> Http {
        self.0[3].at(base)
    }
}

/// A data directory with a past, stopped cleanly, and what is known of it.
#[derive(Debug)]
pub struct Ground {
    folder: TempDir,
    /// Everybody's tokens.
    pub people: People,
    /// What is in it.
    pub known: Known,
}

/// A program or library that was built with this one.
///
/// # Panics
/// When it is not there.
pub fn built(name: &str) -> PathBuf {
    let own = std::env::current_exe().expect("a program knows where it is");
    // Programs lie beside this one, tests of it one folder deeper.
    let found = own.ancestors().skip(1).take(2).map(|folder| folder.join(name)).find(|path| path.exists());
    found.unwrap_or_else(|| panic!("{name} is not beside {}: build the workspace", own.display()))
}

/// Copies a directory with all that is in it.
///
/// # Panics
/// When it cannot be copied.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder can be made");
    for item in std::fs::read_dir(from).expect("the folder can be listed") {
        let item = item.expect("the folder can be listed");
        let target = to.join(item.file_name());
        if item.file_type().expect("what it is").is_dir() {
            copy(&item.path(), &target);
        } else if item.file_name() != "ballast" {
            std::fs::copy(item.path(), target).expect("the file can be copied");
        }
    }
}

/// A folder for one run; canonical, because the library compares paths.
///
/// # Panics
/// When it cannot be made.
pub fn folder() -> TempDir {
    let parent = std::env::temp_dir().canonicalize().expect("a folder for temporary files");
    TempDir::with_prefix_in("plenary-faults-", parent).expect("a folder for temporary files")
}

/// A folder for many small steps that all sync: in memory, where the system has that.
///
/// # Panics
/// When it cannot be made.
pub fn quick_folder() -> TempDir {
    let in_memory = TempDir::with_prefix_in("plenary-faults-", "/dev/shm");
    in_memory.unwrap_or_else(|_| folder())
}

/// A plan file with little in it.
fn plan_file(id: &str) -> Json {
    json!({
        "schema": "plenary-plan/1", "id": id, "title": format!("The plan {id}"), "stage": "secretariat_draft",
        "plan": { "language": "en", "period_start": "2028-01-01", "period_end": "2031-12-31" },
        "elements": [
            { "id": "gol-aaaaaaaa", "kind": "goal", "code": "1", "text": { "en": { "title": "A goal" } } },
            { "id": "tgt-aaaaaaaa", "kind": "target", "code": "1.1", "parent": "gol-aaaaaaaa",
              "text": { "en": { "title": "A target" } } },
        ],
        "links": [],
    })
}

/// Makes a plan; gives its last entry.
///
/// # Panics
/// When it is refused.
pub fn make_plan(chair: &Http, id: &str) -> Seq {
    let made = chair.post("/api/v1/plans", &plan_file(id));
    assert_eq!(made.status, 201, "{}", made.text);
    chair.head(id)
}

/// An edit that puts words before the target's title.
pub fn words(text: &str, base: Seq) -> Command {
    Command::Splice {
        element: element_id("tgt-aaaaaaaa"),
        field: "title".to_owned(),
        lang: None,
        at: 0,
        delete: 0,
        insert: text.to_owned(),
        base,
    }
}

/// A start on a data directory, with settings that make a test's server quick to look at itself.
///
/// # Panics
/// When its configuration cannot be written.
pub fn launch(data: &Path) -> Launch {
    let config = data.with_extension("toml");
    let text = "[issuer]\nlocal = true\n[limits]\nself_check_mib_per_s = 1024\njournal_segment_mib = 1\nsubject_requests_per_minute = 100000\n\
                subject_tickets_per_minute = 100000\nsubject_sockets_per_minute = 100000\n";
    std::fs::write(&config, text).expect("the configuration can be written");
    Launch::at(built("plenaryd"))
        .env("RUST_BACKTRACE", "0")
        .args(["--listen", "127.0.0.1:0", "--config"])
        .arg(config)
        .arg("--data")
        .arg(data)
}

fn started(launch: &Launch) -> Process {
    launch.start().unwrap_or_else(|exit| panic!("the server does not start: {exit:?}"))
}

fn token(data: &Path, person: &Person, change: impl Fn(Launch) -> Launch) -> Http {
    let words = ["token", "--subject", person.subject, "--name", person.name, "--bureau"];
    let launch = Launch::at(built("plenaryd")).args(words).arg(person.bureau.to_string()).arg("--role");
    let exit = change(launch.arg(person.role.to_string()).arg("--data").arg(data)).run();
    assert_eq!(exit.code, Some(0), "{}", exit.stderr);
    Http::new("", Some(exit.stdout.trim().to_owned()))
}

impl Ground {
    /// A past of two plans, the busy one with so many entries.
    ///
    /// # Panics
    /// When a server does not do what it should.
    pub fn new(entries: usize) -> Ground {
        let folder = folder();
        let data = folder.path().join("data");
        let server = started(&launch(&data));
        let people = People(PEOPLE.iter().map(|person| token(&data, person, |launch| launch)).collect());
        let chair = people.chair(server.base());
        let mut base = Seq(0);
        for plan in [QUIET, BUSY] {
            base = make_plan(&chair, plan);
        }
        let drafter = people.drafter(server.base());
        let mut live = Live::open(&drafter);
        let mut waiting = std::collections::VecDeque::new();
        let more = entries.saturating_sub(base.0 as usize);
        for number in 0..more {
            let id = fresh_id("past");
            live.edit(&id, &plan_id(BUSY), &[words(&format!("{number} "), base)])
                .expect("the socket takes it");
            waiting.push_back(id);
            while waiting.len() > 64 || (number + 1 == more && !waiting.is_empty()) {
                live.expect_ack(&waiting.pop_front().expect("somebody waits"));
            }
        }
        drop(live);
        let known = Known::of(&people.auditor(server.base()));
        stopped(server);
        Ground { folder, people, known }
    }

    /// Where it is; nobody changes it.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Everybody with tokens of the time that the library tells.
    ///
    /// # Panics
    /// When none are made.
    pub fn people_at(&self, control: &Control, data: &Path) -> People {
        let at = |launch: Launch| control.before(launch, data);
        People(PEOPLE.iter().map(|person| token(data, person, at)).collect())
    }

    /// A copy in a folder.
    pub fn copy_to(&self, folder: &Path) -> PathBuf {
        let data = folder.join("data");
        copy(&self.data(), &data);
        data
    }
}

/// Stops a server, which has to be clean.
///
/// # Panics
/// When it is not.
pub fn stopped(server: Process) {
    let exit = server.terminate();
    assert_eq!(exit.code, Some(0), "a clean stop: {}", exit.stderr);
}

/// Has `plenaryd verify` look at a directory that nobody serves.
pub fn verified(data: &Path, run: &mut Run) {
    let exit = Launch::at(built("plenaryd")).arg("verify").arg("--data").arg(data).run();
    if exit.code != Some(0) {
        run.wrong.push(format!("plenaryd verify says: {:?} {}", exit.code, exit.stderr));
    }
}

/// Whether what a start says is a reason with a file in it.
pub fn is_reason(exit: &Exit, data: &Path) -> bool {
    let said = &exit.stderr;
    exit.code.is_some_and(|code| code != 0 && code != 101)
        && (said.contains(&*data.to_string_lossy()) || said.contains("plan "))
}

/// One edit at the head, acknowledged or refused; none when the server is gone.
///
/// # Panics
/// When the plan does not read.
pub fn one_edit(drafter: &Http, plan: &str, text: &str) -> Option<Outcome> {
    let mut live = Live::try_open(drafter).ok()?;
    let id = fresh_id("one");
    // A base long past: words go to the front whatever came since.
    live.edit(&id, &plan_id(plan), &[words(text, MADE)]).ok()?;
    live.outcome(&id).ok()
}

/// Waits a moment, or until the sender is gone.
pub fn pause(moment: Duration) {
    let (_sender, receiver) = std::sync::mpsc::channel::<()>();
    _ = receiver.recv_timeout(moment);
}
