//! What the programs say of themselves: every example of `--help` runs, every command is in the
//! completions and has a page.

use std::process::Command;

use plenary_tests::{Launch, TestServer, binary};
use serde_json::Value as Json;

use crate::cli::Cli;
use crate::people::{ADMIN, CHAIR};

/// The columns that help has to be read in.
const COLUMNS: usize = 80;
/// Commands of administrators.
const ADMINS: [&str; 3] = ["revoke", "revocations", "access-log"];
const SHELLS: [&str; 5] = ["bash", "zsh", "fish", "elvish", "powershell"];

fn printed(program: &str, arguments: &[&str]) -> String {
    let exit = Launch::of(program).env("COLUMNS", COLUMNS.to_string()).args(arguments.iter().copied()).run();
    assert_eq!(exit.code, Some(0), "{program} {arguments:?}: {}", exit.stderr);
    exit.stdout
}

/// The commands that the help of a program lists.
fn commands(program: &str) -> Vec<String> {
    let help = printed(program, &["--help"]);
    let list = help.split("Commands:\n").nth(1).expect("the help lists commands");
    let names = list.lines().take_while(|line| !line.is_empty());
    // What a command is about may go on in lines that are indented by more.
    let names = names.filter_map(|line| line.strip_prefix("  ").filter(|line| !line.starts_with(' ')));
    let names = names.filter_map(|line| line.split(' ').next()).filter(|name| *name != "help");
    names.map(str::to_owned).collect()
}

/// The commands in a help's examples: lines indented by two, with the lines that go on with them.
fn examples(help: &str) -> Vec<String> {
    let part = help.split("\nExamples:\n").nth(1).unwrap_or_default();
    let mut found: Vec<String> = Vec::new();
    let mut goes_on = false;
    for line in part.lines().take_while(|line| line.starts_with("  ")) {
        match found.last_mut() {
            Some(last) if goes_on => *last = format!("{last}\n{line}"),
            _ if line.starts_with("   ") => continue,
            _ => found.push(line.trim_start().to_owned()),
        }
        goes_on = ["\\", "|", "&&"].iter().any(|end| line.ends_with(end));
    }
    found
}

/// A server as the examples want it: the demonstration, seen from the folder where it was started.
struct Stage {
    server: TestServer,
    shell: Launch,
    plans: Json,
}

impl Stage {
    fn new() -> Stage {
        let server = TestServer::demo();
        std::os::unix::fs::symlink(server.data(), server.folder().join("plenary-data")).unwrap();
        let client = Cli::of(&server, &CHAIR).launch;
        let path = std::env::var("PATH").unwrap();
        let programs = binary("plenary").parent().unwrap().display().to_string();
        let shell = client.program("bash").env("PATH", format!("{programs}:{path}")).env("EDITOR", "true");
        let plans = server.client(&CHAIR).get("/api/v1/plans").ok();
        Stage { server, shell: shell.args(["-o", "pipefail", "-c"]), plans }
    }

    fn is_as_new(&self) -> bool {
        self.server.client(&CHAIR).get("/api/v1/plans").ok() == self.plans
    }
}

#[test]
fn every_example_of_every_command_runs() {
    let mut stage = Stage::new();
    let names = commands("plenary");
    assert!(names.len() > 25, "{names:?}");
    let helps = names.iter().map(|name| (name.as_str(), printed("plenary", &[name, "--help"])));
    let helps = std::iter::once(("plenary", printed("plenary", &["--help"]))).chain(helps);
    for (name, help) in helps {
        let examples = examples(&help);
        assert!(!examples.is_empty(), "`{name}` has no example:\n{help}");
        for example in examples {
            assert!(name == "plenary" || example.contains(&format!("plenary {name}")), "{name}: {example}");
            if !stage.is_as_new() {
                stage = Stage::new();
            }
            let who = if ADMINS.contains(&name) { &ADMIN } else { &CHAIR };
            let shell = stage.shell.clone().env("PLENARY_TOKEN", stage.server.token(who));
            let exit = shell.arg(&example).run();
            assert_eq!(exit.code, Some(0), "{name}: {example}\n{}{}", exit.stdout, exit.stderr);
            assert!(!exit.stderr.contains("panicked"), "{example}: {}", exit.stderr);
        }
    }
}

#[test]
fn help_reads_in_eighty_columns() {
    for program in ["plenary", "plenaryd"] {
        let mut helps = vec![printed(program, &["--help"]), printed(program, &["-h"])];
        helps.extend(commands(program).iter().map(|name| printed(program, &[name, "--help"])));
        for help in helps {
            let wide: Vec<&str> = help.lines().filter(|line| line.chars().count() > COLUMNS).collect();
            assert!(wide.is_empty(), "{program}: {wide:#?}");
        }
    }
}

#[test]
fn completions_know_every_command() {
    let folder = tempfile::tempdir().unwrap();
    for program in ["plenary", "plenaryd"] {
        let names = commands(program);
        for shell in SHELLS {
            let script = printed(program, &["completions", shell]);
            for name in &names {
                assert!(script.contains(name.as_str()), "{program} {shell}: {name}");
            }
            let file = folder.path().join(format!("{program}.{shell}"));
            std::fs::write(&file, script).unwrap();
            if ["bash", "zsh", "fish"].contains(&shell) && has(shell) {
                let checked = Command::new(shell).arg("-n").arg(&file).output().unwrap();
                assert!(checked.status.success(), "{shell} -n: {}", String::from_utf8_lossy(&checked.stderr));
            }
        }
    }
}

#[test]
fn every_command_has_a_page() {
    let folder = tempfile::tempdir().unwrap();
    for (program, section) in [("plenary", 1), ("plenaryd", 8)] {
        let pages = folder.path().join(program);
        printed(program, &["man", pages.to_str().unwrap()]);
        let main = std::fs::read_to_string(pages.join(format!("{program}.{section}"))).unwrap();
        assert_eq!(main.trim_end(), printed(program, &["man"]).trim_end());
        for name in commands(program) {
            let page = pages.join(format!("{program}-{name}.{section}"));
            let text = std::fs::read_to_string(&page).unwrap_or_else(|error| panic!("{page:?}: {error}"));
            assert!(program == "plenaryd" || text.contains(".SH \"EXAMPLES\""), "{text}");
            if has("mandoc") {
                let lint =
                    Command::new("mandoc").args(["-T", "lint", "-W", "error"]).arg(&page).output().unwrap();
                assert!(lint.status.success(), "{}", String::from_utf8_lossy(&lint.stdout));
            }
        }
    }
}

fn has(program: &str) -> bool {
    let found = Command::new("sh").arg("-c").arg(format!("command -v {program}")).output();
    found.is_ok_and(|found| found.status.success())
}
