//! The thin client `plenary`, run as a person and a script would run it.

use std::os::unix::fs::PermissionsExt;

use plenary_tests::{ADOPTED, DRAFT, Exit, Launch, Person, Shared, TestServer};
use serde_json::{Value as Json, json};

use crate::people::{AUDITOR, BDT, BR, CHAIR, GS, READER, TSB};

static SHARED: Shared = Shared::new();

/// The client as one person has it.
pub struct Cli {
    pub launch: Launch,
}

impl Cli {
    pub fn of(server: &TestServer, person: &Person) -> Cli {
        Cli::with(server, &server.token(person))
    }

    pub fn with(server: &TestServer, token: &str) -> Cli {
        let home = server.folder().join("home");
        std::fs::create_dir_all(&home).unwrap();
        let launch = Launch::of("plenary").in_folder(server.folder()).env("PLENARY_URL", server.base());
        let launch =
            launch.env("HOME", &home).env("XDG_CONFIG_HOME", home.join("config")).env("EDITOR", "false");
        Cli { launch: if token.is_empty() { launch } else { launch.env("PLENARY_TOKEN", token) } }
    }

    pub fn run(&self, arguments: &[&str]) -> Exit {
        self.launch.clone().args(arguments.iter().copied()).run()
    }

    /// Runs what must succeed; gives its output.
    #[track_caller]
    pub fn ok(&self, arguments: &[&str]) -> String {
        let exit = self.run(arguments);
        assert_eq!(exit.code, Some(0), "{arguments:?}: {}{}", exit.stdout, exit.stderr);
        exit.stdout
    }

    #[track_caller]
    fn json(&self, arguments: &[&str]) -> Json {
        let out = self.ok(&[arguments, &["--json"]].concat());
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {out}"))
    }

    /// Runs what must fail with a code, and says nothing on standard output then.
    #[track_caller]
    pub fn fails(&self, code: i32, arguments: &[&str]) -> String {
        let exit = self.run(arguments);
        assert_eq!((exit.code, exit.stdout.as_str()), (Some(code), ""), "{arguments:?}: {}", exit.stderr);
        assert!(!exit.stderr.contains("panicked"), "{}", exit.stderr);
        exit.stderr
    }
}

#[test]
fn plans_are_listed_shown_and_read() {
    let server = SHARED.get();
    let reader = Cli::of(&server, &READER);
    let plans = reader.ok(&["plans"]);
    assert!(
        plans.contains(ADOPTED)
            && plans.contains(DRAFT)
            && plans.contains("ITU strategic plan for 2020-2023"),
        "{plans}"
    );
    assert_eq!(reader.json(&["plans"]), server.client(&READER).get("/api/v1/plans").ok());
    let outline = reader.ok(&["show", ADOPTED]);
    assert!(outline.lines().any(|line| line.contains("2.7")), "{outline}");
    assert!(reader.ok(&["get", ADOPTED, "R.1"]).contains("Spectrum/orbit regulation and management"));
    assert_eq!(reader.ok(&["get", ADOPTED, "R.1", "title"]), "Spectrum/orbit regulation and management\n");
    assert_eq!(reader.json(&["get", ADOPTED, "R.1", "planned_cost"])["value"], json!(155_606));
    assert!(reader.ok(&["kinds", "target"]).contains("due_year"));
    let file: Json = serde_json::from_str(&reader.ok(&["export", ADOPTED, "--at", "3"])).unwrap();
    assert_eq!(file, server.client(&READER).get(&format!("/api/v1/plans/{ADOPTED}/export?at=3")).ok());
}

#[test]
fn a_text_is_set_and_who_and_log_tell_it() {
    let server = TestServer::demo();
    let (tsb, auditor) = (Cli::of(&server, &TSB), Cli::of(&server, &AUDITOR));
    let done =
        tsb.json(&["set", DRAFT, "2.7", "title", "Climate action by ICTs", "--because", "plain words"]);
    assert_eq!((&done["code"], &done["duplicate"]), (&json!("2.7"), &json!(false)));
    let who = auditor.ok(&["who", DRAFT, "2.7", "title"]);
    for word in ["TSB", "plain words", "Climate action by ICTs", "Significantly improve"] {
        assert!(who.contains(word), "{word} in: {who}");
    }
    assert_eq!(who.trim_end().lines().count(), 1, "one line: {who}");
    let log = auditor.ok(&["log", DRAFT, "--element", "2.7", "--subject", TSB.subject]);
    assert!(log.contains("TSB drafter") && log.contains("plain words"), "{log}");
    let log = auditor.json(&["log", DRAFT, "--bureau", "TSB"]);
    let op = |revision: &Json| (revision["op"].clone(), revision["subject"].clone());
    assert!(
        log.as_array().unwrap().iter().any(|revision| op(revision) == (json!("text"), json!(TSB.subject))),
        "{log}"
    );
    tsb.ok(&["set", DRAFT, "2.7", "due_year", "2027"]);
    assert_eq!(tsb.ok(&["get", DRAFT, "2.7", "due_year"]), "2027\n");
    tsb.ok(&["set", DRAFT, "2.7", "due_year", "--unset"]);
    let then = auditor.json(&["at", DRAFT, "3", "2.7"]);
    assert_eq!(
        then["element"]["text"]["en"]["title"],
        json!("Significantly improve ICTs contribution to climate action")
    );
    assert_eq!(tsb.json(&["set", DRAFT, "2.7", "title", "Climate action by ICTs"])["unchanged"], json!(true));
}

#[test]
fn the_editor_sees_the_text_and_words_of_others_stay() {
    let server = TestServer::demo();
    let script = server.folder().join("editor.sh");
    let other = Cli::of(&server, &BDT);
    // While the editor is open, somebody else writes at the other end.
    let text = format!(
        "#!/bin/sh\ngrep -q 'Significantly improve' \"$1\" || exit 3\nPLENARY_TOKEN=\"$OTHER\" '{}' set {DRAFT} 2.7 title \
         'Significantly improve ICTs contribution to climate action and adaptation' >/dev/null || exit 4\n\
         sed -i 's/Significantly/Clearly/' \"$1\"\n",
        plenary_tests::binary("plenary").display()
    );
    std::fs::write(&script, text).unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let gs = Cli::of(&server, &GS);
    let launch = gs.launch.env("EDITOR", &script).env("OTHER", server.token(&BDT));
    let gs = Cli { launch };
    gs.ok(&["edit", DRAFT, "2.7", "title"]);
    let title = other.ok(&["get", DRAFT, "2.7", "title"]);
    assert_eq!(title, "Clearly improve ICTs contribution to climate action and adaptation\n");
    let failing = Cli { launch: gs.launch.clone().env("EDITOR", "false") };
    failing.fails(9, &["edit", DRAFT, "2.7", "title"]);
}

#[test]
fn elements_are_added_moved_linked_carried_and_removed() {
    let server = TestServer::demo();
    let chair = Cli::of(&server, &CHAIR);
    let made = chair.json(&[
        "add",
        DRAFT,
        "target",
        "--under",
        "2",
        "--title",
        "A new target",
        "--field",
        "due_year=2027",
    ]);
    assert_eq!(made["code"], json!("2.8"));
    let id = made["element"].as_str().unwrap().to_owned();
    assert_eq!(chair.json(&["move", DRAFT, &id, "--before", "2.5"])["code"], json!("2.5"));
    chair.ok(&["link", DRAFT, "contributes_to", "priority:1", "2.5"]);
    let links = chair.json(&["get", DRAFT, &id])["links"].clone();
    assert_eq!((&links[0]["kind"], &links[0]["to"]), (&json!("contributes_to"), &json!(id)));
    chair.ok(&["unlink", DRAFT, "priority:1", "2.5"]);
    assert_eq!(chair.json(&["link", DRAFT, "refers_to", &id, "2.1"])["duplicate"], json!(false));
    chair.ok(&["comment", DRAFT, "2.5", "Is this one needed?"]);
    chair.ok(&["remove", DRAFT, "2.5"]);
    assert!(!chair.ok(&["show", DRAFT]).contains("A new target"));
    chair.ok(&["restore", DRAFT, &id]);
    assert!(chair.ok(&["show", DRAFT]).contains("A new target"));
    chair.ok(&["carry", DRAFT, &format!("{ADOPTED}/3"), "--rationale", "it still holds"]);
    assert!(chair.ok(&["show", DRAFT]).contains("Sustainability"), "the former goal 3");
}

#[test]
fn a_file_of_commands_is_done_all_or_none() {
    let server = TestServer::demo();
    let gs = Cli::of(&server, &GS);
    let file = server.folder().join("batch.jsonl");
    let good = "{\"do\":\"set_text\",\"element\":\"2.7\",\"field\":\"title\",\"text\":\"From a file\"}\n\
                {\"do\":\"set_field\",\"element\":\"2.5\",\"field\":\"due_year\",\"value\":2027}\n";
    let bad = "{\"do\":\"set_field\",\"element\":\"2.6\",\"field\":\"due_year\",\"value\":\"soon\"}\n";
    let path = file.to_str().unwrap();
    std::fs::write(&file, format!("{good}{bad}")).unwrap();
    let said = gs.fails(2, &["apply", DRAFT, path]);
    assert!(said.contains("command 3") && said.contains("year"), "{said}");
    // What only the server can know.
    let bad = "{\"do\":\"move\",\"element\":\"2\",\"place\":{\"parent\":\"2.7\"}}\n";
    std::fs::write(&file, format!("{good}{bad}")).unwrap();
    gs.fails(1, &["apply", DRAFT, path]);
    assert!(gs.ok(&["get", DRAFT, "2.7", "title"]).starts_with("Significantly"), "none");
    std::fs::write(&file, good).unwrap();
    assert!(gs.json(&["apply", DRAFT, path, "--dry-run"]).as_array().is_some_and(|list| list.len() == 2));
    let done = gs.json(&["apply", DRAFT, path, "--because", "a batch", "--edit-id", "batch-1"]);
    assert_eq!(gs.ok(&["get", DRAFT, "2.7", "title"]), "From a file\n");
    assert_eq!(gs.ok(&["get", DRAFT, "2.5", "due_year"]), "2027\n");
    let again = gs.json(&["apply", DRAFT, path, "--edit-id", "batch-1"]);
    assert_eq!((&again["seq"], &again["duplicate"]), (&done["seq"], &json!(true)));
}

#[test]
fn a_plan_is_imported_and_a_bad_file_is_told_with_places() {
    let server = TestServer::demo();
    let chair = Cli::of(&server, &CHAIR);
    let file = server.folder().join("plan.json");
    let path = file.to_str().unwrap();
    chair.ok(&["export", DRAFT, "--output", path]);
    let mut plan: Json = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    chair.fails(1, &["import", path]);
    plan["id"] = json!("copy");
    plan["elements"][0]["colour"] = json!("blue");
    std::fs::write(&file, plan.to_string()).unwrap();
    let said = chair.fails(1, &["import", path]);
    assert!(said.contains("/elements/0/colour"), "{said}");
    plan["elements"][0].as_object_mut().unwrap().remove("colour");
    std::fs::write(&file, plan.to_string()).unwrap();
    assert_eq!(chair.json(&["import", path])["id"], json!("copy"));
    chair.fails(9, &["import", "/no/such/file"]);
}

#[test]
fn exit_codes_say_what_went_wrong() {
    let server = SHARED.get();
    let (br, reader) = (Cli::of(&server, &BR), Cli::of(&server, &READER));
    br.fails(2, &["set", DRAFT, "2.7", "due_year", "soon"]);
    br.fails(1, &["set", ADOPTED, "2.7", "title", "x"]);
    br.fails(2, &["polish", DRAFT]);
    br.fails(3, &["show", "no-such-plan"]);
    br.fails(3, &["get", DRAFT, "9.9"]);
    reader.fails(4, &["set", DRAFT, "2.7", "title", "x"]);
    Cli::with(&server, "not-a-token").fails(4, &["plans"]);
    Cli::with(&server, "").fails(4, &["plans"]);
    br.fails(5, &["--url", "http://127.0.0.1:1", "plans"]);
    let old = server.client(&BR).head(DRAFT).to_string();
    Cli::of(&server, &BDT).ok(&["set", DRAFT, "1.1", "due_year", "2027"]);
    br.fails(6, &["set", DRAFT, "1.1", "due_year", "2026", "--base", &old]);
    let said = br.fails(3, &["get", DRAFT, "9.9", "--json"]);
    let error: Json = serde_json::from_str(&said).unwrap();
    assert_eq!(error["error"]["exit"], json!(3), "{said}");
}

#[test]
fn lines_fit_the_terminal_also_one_that_tells_no_rows() {
    let server = SHARED.get();
    let reader = Cli::of(&server, &READER);
    let program = reader.launch.command().get_program().to_string_lossy().into_owned();
    let element = format!("find {DRAFT} broadband");
    for (columns, rows) in [(60, 0), (60, 40), (40, 0)] {
        for arguments in ["plans", "kinds", "kinds target", &format!("show {ADOPTED}"), &element] {
            // What `script` runs has a terminal of its own.
            let line = format!("stty cols {columns} rows {rows}; {program} --color never {arguments}");
            let exit = reader.launch.clone().program("script").args(["-qec", &line, "/dev/null"]).run();
            assert_eq!(exit.code, Some(0), "{}{}", exit.stdout, exit.stderr);
            let wide = |line: &&str| line.trim_end().chars().count() > columns;
            let over: Vec<&str> = exit.stdout.lines().filter(wide).collect();
            assert!(over.is_empty(), "{arguments} in {columns} columns: {over:?}");
            assert!(exit.stdout.lines().count() > 4, "{arguments}: {}", exit.stdout);
        }
    }
}
