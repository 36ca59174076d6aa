//! A reader who goes away ends the client quietly: no message, exit code 0.

use std::io::{Read, pipe};
use std::process::Stdio;
use std::sync::mpsc::channel;

use plenary_tests::{DRAFT, Launch, PATIENCE, Shared};

use crate::cli::Cli;
use crate::people::READER;

static SHARED: Shared = Shared::new();

/// Runs a program whose standard output nobody reads any more; gives exit code and standard error.
#[track_caller]
fn unread(launch: &Launch) -> (Option<i32>, String) {
    let (reader, writer) = pipe().unwrap();
    drop(reader);
    let mut command = launch.command();
    let mut child = command.stdin(Stdio::null()).stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
    drop(command);
    let mut stderr = child.stderr.take().unwrap();
    let (sender, whole) = channel();
    std::thread::spawn(move || {
        let mut text = String::new();
        _ = stderr.read_to_string(&mut text);
        sender.send(text)
    });
    let text = whole.recv_timeout(PATIENCE);
    if text.is_err() {
        child.kill().unwrap();
    }
    let code = child.wait().unwrap().code();
    (code, text.expect("it ends"))
}

#[test]
fn a_reader_who_goes_away_ends_every_command_quietly() {
    let server = SHARED.get();
    let reader = Cli::of(&server, &READER);
    let commands: [&[&str]; 9] = [
        &["show", DRAFT],
        &["show", DRAFT, "--json"],
        &["log", DRAFT],
        &["export", DRAFT],
        &["--help"],
        &["show", "--help"],
        &["completions", "bash"],
        &["man"],
        &["doctor"],
    ];
    for arguments in commands {
        let (code, said) = unread(&reader.launch.clone().args(arguments.iter().copied()));
        assert_eq!((code, said.as_str()), (Some(0), ""), "{arguments:?}");
    }
}

#[test]
fn watch_ends_with_its_reader_and_not_at_the_next_entry() {
    let server = SHARED.get();
    let reader = Cli::of(&server, &READER);
    let (code, said) = unread(&reader.launch.clone().args(["watch", DRAFT]));
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("plenary:") && !said.contains("panicked"), "{said}");
}

#[test]
fn the_server_prints_quietly_too() {
    for arguments in [&["--help"][..], &["completions", "fish"], &["man"]] {
        let (code, said) = unread(&Launch::of("plenaryd").args(arguments.iter().copied()));
        assert_eq!((code, said.as_str()), (Some(0), ""), "{arguments:?}");
    }
}
