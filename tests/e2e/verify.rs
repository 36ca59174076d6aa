//! An auditor who keeps what was verified, and a server that may not be what it was.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use plenary_tests::{ADOPTED, DRAFT, Exit, Launch, TestServer};
use serde_json::{Value as Json, json};

use crate::cli::Cli;
use crate::people::{AUDITOR, BDT, BR, TSB};

/// A server that keeps its address over restarts, as servers do.
struct House {
    server: TestServer,
    again: Launch,
}

impl House {
    fn new() -> House {
        let server = TestServer::demo();
        let port = server.base().rsplit(':').next().unwrap().to_owned();
        let listen = format!("127.0.0.1:{port}");
        let again = Launch::of("plenaryd").args(["--listen", &listen, "--data"]).arg(server.data());
        House { server, again }
    }

    fn start(&mut self) {
        self.server.start_as(&self.again);
    }

    fn edit(&self, title: &str) {
        Cli::of(&self.server, &TSB).ok(&["set", DRAFT, "2.7", "title", title]);
    }

    fn verify(&self, arguments: &[&str]) -> Exit {
        let auditor = Cli::of(&self.server, &AUDITOR);
        auditor.launch.args([&["verify", DRAFT], arguments].concat()).run()
    }

    #[track_caller]
    fn verified(&self, arguments: &[&str]) -> Json {
        let exit = self.verify(&[arguments, &["--json"]].concat());
        assert_eq!(exit.code, Some(0), "{}{}", exit.stdout, exit.stderr);
        let told: Json = serde_json::from_str(&exit.stdout).unwrap();
        assert_eq!(told["verdict"], "verified");
        told
    }

    /// The evidence fails; gives what is said, and the record of it.
    #[track_caller]
    fn fails(&self, arguments: &[&str], words: &[&str]) -> Json {
        let kept = self.kept();
        let exit = self.verify(&[arguments, &["--color", "always"]].concat());
        assert_eq!(exit.code, Some(10), "{}{}", exit.stdout, exit.stderr);
        assert!(exit.stdout.contains("\u{1b}[31mTHE EVIDENCE FAILS"), "it is red: {}", exit.stdout);
        words.iter().for_each(|word| assert!(exit.stdout.contains(word), "{word} in: {}", exit.stdout));
        let told = self.verify(&[arguments, &["--json"]].concat());
        assert_eq!(told.code, Some(10));
        let told: Json = serde_json::from_str(&told.stdout).unwrap();
        assert_eq!(self.kept(), kept, "what was verified stays as it is");
        let path = PathBuf::from(told["record"].as_str().unwrap());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let record: Json = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        assert_eq!(record["says"], told["says"]);
        record
    }

    fn folder(&self) -> PathBuf {
        let verified = self.server.folder().join("home/.local/state/plenary/verified");
        let servers: Vec<_> = fs::read_dir(&verified).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(servers.len(), 1, "one server: {servers:?}");
        servers[0].clone()
    }

    fn kept(&self) -> String {
        fs::read_to_string(self.folder().join(format!("{DRAFT}.json"))).unwrap()
    }

    fn backup(&self) -> PathBuf {
        let to = self.server.folder().join("backup");
        let exit = self.server.command(&["backup", "--to", to.to_str().unwrap()]);
        assert_eq!(exit.code, Some(0), "{}", exit.stderr);
        to
    }

    /// Puts a backup that lacks something into the place of the data; gives the number of the new epoch.
    fn restore(&mut self, from: &Path) -> u64 {
        self.server.terminate();
        let restore = Launch::of("plenaryd").args(["restore", "--replace", "--from"]).arg(from);
        let exit = restore.arg("--data").arg(self.server.data()).run();
        assert_eq!(exit.code, Some(0), "{}", exit.stderr);
        self.start();
        let auditor = self.server.client(&AUDITOR);
        let epoch = auditor.get(&format!("/api/v1/plans/{DRAFT}/evidence/epoch")).ok();
        epoch["epoch"].as_u64().unwrap()
    }

    /// Sets the server back to a copy of its data.
    fn set_back(&mut self, copy: &Path) {
        self.server.terminate();
        fs::remove_dir_all(self.server.data()).unwrap();
        copy_folder(copy, &self.server.data());
        self.start();
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
    fs::set_permissions(to, fs::metadata(from).unwrap().permissions()).unwrap();
}

#[test]
fn an_auditor_verifies_over_a_power_cut_and_only_what_is_new() {
    let mut house = House::new();
    house.edit("Recycling of e-waste");
    let first = house.verified(&[]);
    let size = first["checkpoint"]["size"].as_u64().unwrap();
    assert_eq!((&first["trust"], &first["walked"]), (&json!("first_use"), &json!({ "from": 1, "to": size })));
    assert_eq!(first["since"], Json::Null);
    let kept = house.folder().join(format!("{DRAFT}.json"));
    assert_eq!(fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);

    house.edit("Recycling of all e-waste");
    house.server.kill9();
    house.start();
    let second = house.verified(&[]);
    assert_eq!((&second["trust"], &second["since"]["size"]), (&json!("kept"), &json!(size)));
    assert_eq!(second["walked"], json!({ "from": size + 1, "to": size + 1 }));
    let nothing_new = house.verified(&[]);
    assert_eq!((&nothing_new["walked"], &nothing_new["checkpoint"]), (&Json::Null, &second["checkpoint"]));
    assert_eq!(house.verified(&["--all"])["walked"], json!({ "from": 1, "to": size + 1 }));

    let words = house.verify(&[]).stdout;
    for word in
        ["VERIFIED", "nothing of the", "Whether others are shown the same log", "kept from the first time"]
    {
        assert!(words.contains(word), "{word} in: {words}");
    }
    // A key that is given by hand goes before the one that is kept.
    let auditor = Cli::of(&house.server, &AUDITOR);
    let key = auditor.ok(&["evidence", "key", DRAFT]);
    assert_eq!(house.verified(&["--key", key.trim_end()])["trust"], "given");
    let other = auditor.ok(&["evidence", "key", ADOPTED]);
    house.fails(&["--key", other.trim_end()], &["another key than you gave"]);
    // What could not be checked is not a failure of the evidence.
    auditor.fails(2, &["verify", DRAFT, "--key", "no-such-file"]);
    auditor.fails(3, &["verify", "no-such-plan"]);
    auditor.fails(2, &["verify"]);
    house.server.terminate();
    auditor.fails(5, &["verify", DRAFT]);
}

#[test]
fn another_history_is_told_in_red_and_put_on_record() {
    let mut house = House::new();
    house.edit("One");
    house.server.terminate();
    let copy = house.server.folder().join("copy");
    copy_folder(&house.server.data(), &copy);
    house.start();
    house.edit("Two");
    house.edit("Three");
    let verified = house.verified(&[]);
    let size = verified["checkpoint"]["size"].as_u64().unwrap();

    house.set_back(&copy);
    let record = house.fails(&[], &["entries are gone", &format!("had {size} entries")]);
    let note = |record: &Json, which: &str| record[which].as_str().unwrap().to_owned();
    assert!(note(&record, "checkpoint_kept").contains(&format!("\n{size}\n")));
    assert!(note(&record, "checkpoint_now").contains(&format!("\n{}\n", size - 2)));

    house.edit("Not two");
    house.edit("Not three");
    let rewritten = ["are not the beginning of the log", "cannot both be of one log"];
    house.fails(&[], &rewritten);
    house.edit("Four");
    let record = house.fails(&[], &rewritten);
    assert!(note(&record, "consistency").starts_with(&format!("old {size}\n")));
    house.fails(&["--all"], &rewritten);

    // Who has not kept anything is shown nothing wrong: the words say so.
    let other = Cli::of(&house.server, &BDT);
    let launch = other.launch.env("XDG_STATE_HOME", house.server.folder().join("other"));
    let exit = launch.args(["verify", DRAFT]).run();
    assert_eq!(exit.code, Some(0), "{}", exit.stderr);
    assert!(exit.stdout.contains("Whether history was rewritten before today"), "{}", exit.stdout);
}

#[test]
fn a_key_that_changes_by_itself_is_a_failure_with_a_way_out() {
    let mut house = House::new();
    house.edit("One");
    house.verified(&[]);
    house.server.terminate();
    fs::remove_file(house.server.data().join("keys/evidence.pem")).unwrap();
    house.start();
    let said = house.server.running().stderr();
    assert!(said.contains("there was no key that signs checkpoints"), "{said}");
    house.fails(&[], &["another key than before", "--key KEY", "put aside, not deleted"]);
    let key = house.server.folder().join("key");
    fs::write(&key, Cli::of(&house.server, &AUDITOR).ok(&["evidence", "key", DRAFT])).unwrap();
    let told = house.verified(&["--key", key.to_str().unwrap()]);
    assert!(fs::read_to_string(told["put_aside"].as_str().unwrap()).unwrap().contains("verified_at"));
    assert_eq!(house.verified(&[])["trust"], "kept");
}

#[test]
fn a_damaged_memory_is_said_and_not_taken_for_a_first_time() {
    let house = House::new();
    house.edit("One");
    house.verified(&[]);
    let path = house.folder().join(format!("{DRAFT}.json"));
    let kept: Json = serde_json::from_str(&house.kept()).unwrap();
    let damaged = |change: &dyn Fn(&mut Json)| {
        let mut other = kept.clone();
        change(&mut other);
        fs::write(&path, other.to_string()).unwrap();
        let exit = house.verify(&[]);
        assert_eq!(exit.code, Some(9), "{}{}", exit.stdout, exit.stderr);
        assert!(exit.stderr.contains("does not read"), "{}", exit.stderr);
    };
    damaged(&|kept| kept["frontier"][0] = json!("00".repeat(32)));
    damaged(&|kept| kept["checkpoint"] = json!("nothing"));
    damaged(&|kept| kept["form"] = json!(2));
    damaged(&|kept| kept["plan"] = json!(ADOPTED));
    damaged(&|kept| *kept = json!([]));
}

#[test]
fn proofs_and_checkpoints_are_given_to_be_kept() {
    let server = TestServer::demo();
    let reader = Cli::of(&server, &BR);
    let note = reader.ok(&["evidence", "checkpoint", DRAFT]);
    let told: Json = serde_json::from_str(&reader.ok(&["evidence", "checkpoint", DRAFT, "--json"])).unwrap();
    assert_eq!(told["note"], json!(note));
    assert!(note.starts_with(told["origin"].as_str().unwrap()), "{note}");
    let file = server.folder().join("2.tlog-proof");
    assert_eq!(reader.ok(&["evidence", "proof", DRAFT, "2", "-o", file.to_str().unwrap()]), "");
    let proof = fs::read_to_string(&file).unwrap();
    assert_eq!(reader.ok(&["evidence", "proof", DRAFT, "2"]), proof);
    assert!(proof.starts_with("c2sp.org/tlog-proof@v1\nindex 1\n") && proof.ends_with(&note), "{proof}");
    reader.fails(3, &["evidence", "proof", DRAFT, "100000"]);
}

#[test]
fn a_restore_that_has_everything_that_was_verified_is_said_to() {
    let mut house = House::new();
    house.edit("One");
    let verified = house.verified(&[]);
    let before = house.kept();
    let backup = house.backup();
    house.edit("Lost, and never verified");
    house.restore(&backup);
    house.edit("Two");
    let exit = house.verify(&[]);
    assert_eq!(exit.code, Some(0), "{}{}", exit.stdout, exit.stderr);
    let size = &verified["checkpoint"]["size"];
    for words in [
        &format!("all {size} entries that were verified"),
        "stand in it unchanged",
        "restored from a backup",
        "for a later epoch of the log",
    ] {
        assert!(exit.stdout.contains(words), "{words} in: {}", exit.stdout);
    }
    let aside = house.folder().join(format!("{DRAFT}-before-1.json"));
    assert_eq!(fs::read_to_string(aside).unwrap(), before, "both are kept");
    assert_eq!(house.verified(&[])["trust"], "kept");
}

#[test]
fn verified_entries_that_a_restore_lost_are_named_in_red_until_the_new_epoch_is_accepted() {
    let mut house = House::new();
    house.edit("One");
    let backup = house.backup();
    house.edit("Two");
    house.edit("Three");
    let auditor = Cli::of(&house.server, &AUDITOR);
    let old = house.server.folder().join("old-checkpoint");
    fs::write(&old, auditor.ok(&["evidence", "checkpoint", DRAFT])).unwrap();
    let size = house.verified(&[])["checkpoint"]["size"].as_u64().unwrap();
    let before = house.kept();

    let epoch = house.restore(&backup);
    let gone =
        format!("entries 1 to {} are as they were, and entries {} to {size} are GONE", size - 2, size - 1);
    let accept = format!("--accept-epoch {epoch}");
    let record = house.fails(&[], &[&gone, "restored from a backup", &accept]);
    assert_eq!(record["earlier"]["gone"], json!({ "from": size - 1, "to": size }));
    assert_eq!(record["earlier"]["epoch"]["epoch"], json!(epoch));
    // Neither the new key nor another epoch's number is a consent to what is lost.
    let key = auditor.ok(&["evidence", "key", DRAFT]);
    house.fails(&["--key", key.trim_end()], &[&gone]);
    house.fails(&["--accept-epoch", "1"], &[&gone, "you accept epoch 1"]);

    for title in ["Not two", "Not three", "Four"] {
        house.edit(title);
    }
    let other = format!("entry {} is another one now", size - 1);
    let record = house.fails(&[], &[&other]);
    assert_eq!(record["earlier"]["unchanged"], json!(size - 2));
    let number = epoch.to_string();
    let told = house.verified(&["--accept-epoch", &number]);
    assert_eq!(told["earlier"]["is_all_there"], json!(false));
    assert_eq!(fs::read_to_string(told["put_aside"].as_str().unwrap()).unwrap(), before, "both are kept");
    assert_eq!(house.verified(&[])["trust"], "kept");

    let since = ["evidence", "export", DRAFT, "-o", "since.zip", "--since-checkpoint", old.to_str().unwrap()];
    let refused = auditor.fails(2, &since);
    for words in ["a checkpoint of epoch 1", &format!("in epoch {epoch} since"), "restored from a backup"] {
        assert!(refused.contains(words), "{words} in: {refused}");
    }
    let body = json!({ "since": fs::read_to_string(&old).unwrap() });
    let answer = house.server.client(&AUDITOR).post(&format!("/api/v1/plans/{DRAFT}/evidence/bundle"), &body);
    let detail = answer.problem().detail;
    assert!(detail.contains("a checkpoint of epoch 1"), "{detail}");
}

#[test]
fn what_the_command_line_asks_for_wrongly_is_told_from_what_the_server_fails_at() {
    let server = TestServer::demo();
    let auditor = Cli::of(&server, &AUDITOR);
    let head = server.client(&AUDITOR).head(DRAFT);
    let garbage = server.folder().join("garbage");
    fs::write(&garbage, "nothing").unwrap();
    let full = server.folder().join("full");
    fs::create_dir(&full).unwrap();
    fs::write(full.join("a"), "a").unwrap();
    auditor.fails(2, &["evidence", "proof", DRAFT, "0"]);
    auditor.fails(2, &evidence_export(&["--from", "0", "-o", "x.zip"]));
    let refused = auditor.fails(2, &evidence_export(&["--from", "5", "--to", "3", "-o", "x.zip"]));
    assert!(refused.contains("--from 5 comes after --to 3"), "{refused}");
    let since = ["--since-checkpoint", garbage.to_str().unwrap(), "-o", "x.zip"];
    assert!(auditor.fails(2, &evidence_export(&since)).contains("no checkpoint"));
    // Where it would go is looked at before anything is written down.
    auditor.fails(2, &evidence_export(&["-o", full.to_str().unwrap()]));
    auditor.fails(9, &evidence_export(&["-o", "/nosuch/x.zip"]));
    auditor.fails(9, &["export", DRAFT, "-o", "/nosuch/x"]);
    auditor.fails(2, &["export", DRAFT, "-f", "csv", "--from-seq", "0"]);
    let forms = auditor.fails(2, &["export", DRAFT, "-f", "xls"]);
    assert!(forms.contains("html, docx and xlsx; evidence by `plenary evidence export`"), "{forms}");
    assert!(auditor.fails(2, &["export", DRAFT, "-f", "evidence"]).contains("`plenary evidence export`"));
    assert_eq!(server.client(&AUDITOR).head(DRAFT), head, "nothing was written down");

    let file: Json = serde_json::from_str(&auditor.ok(&["export", DRAFT, "-o", "-"])).unwrap();
    assert_eq!(file["id"], DRAFT);
    let zip = auditor.launch.clone().args(evidence_export(&["-o", "-"])).run();
    assert!(zip.code == Some(0) && zip.stdout.starts_with("PK"), "{}", zip.stderr);
    assert!(!server.folder().join("-").exists());
}

fn evidence_export<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["evidence", "export", DRAFT][..], more].concat()
}
