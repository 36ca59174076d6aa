//! An error at the k-th write or sync of a short story: nothing is acknowledged after it, and what was acknowledged
//! before is there at the next start, also when the power fails in between.

use std::path::Path;
use std::time::Duration;

use plenary_sim::random::Random;
use plenary_tests::Http;
use serde_json::json;

use crate::control::{Control, EIO, ENOSPC, SHORT, Slot};
use crate::known::Acked;
use crate::rows::cuts;
use crate::table::Run;
use crate::trace::{self, Event, holds};
use crate::world::{self, BUSY, Ground, QUIET, launch};
use crate::writer;

/// One place and kind of error.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    is_sync: bool,
    at: u64,
    how: u64,
    /// Whether all later ones fail too.
    goes_on: bool,
}

/// What a short story has left behind.
struct Left {
    acks: Vec<Acked>,
    /// Whether something was done after a call had failed.
    done_late: u64,
    code: Option<i32>,
    said: String,
    is_started: bool,
}

/// Asks for something by HTTP; whether it was done.
fn asked(http: &Http, path: &str, body: &serde_json::Value) -> bool {
    let answer = http.try_ask("POST", path, Some(body.to_string().as_bytes()));
    answer.is_ok_and(|answer| (200..300).contains(&answer.status))
}

/// A start, some edits one after the other, a revocation, the store written out, a clean stop, with the library
/// before it.
fn story(ground: &Ground, control: &Control, data: &Path) -> Left {
    let mut left =
        Left { acks: Vec::new(), done_late: 0, code: None, said: String::new(), is_started: false };
    let server = match control.recording(launch(data), data).start() {
        Ok(server) => server,
        Err(exit) => {
            (left.code, left.said) = (exit.code, exit.stderr);
            return left;
        }
    };
    left.is_started = true;
    let people = &ground.people;
    let (drafter, admin) = (people.drafter(server.base()), people.admin(server.base()));
    let has_failed = || control.get(Slot::Failed) > 0;
    for (number, plan) in [BUSY, BUSY, QUIET, BUSY, QUIET].into_iter().enumerate() {
        let was_late = has_failed();
        let written = writer::once(&drafter, plan, &format!("step {number} "));
        left.done_late += u64::from(was_late && !written.acks.is_empty());
        left.acks.extend(written.acks);
        if number == 2 {
            let was_late = has_failed();
            let done =
                asked(&admin, "/api/v1/revocations", &json!({ "subject": "gone", "because": "a test" }));
            left.done_late += u64::from(was_late && done);
            // The store is written out half a second after the last edit.
            world::pause(Duration::from_millis(1_100));
        }
    }
    let is_alive = drafter.try_ask("GET", "/healthz", None).is_ok();
    let exit = if is_alive { server.terminate() } else { server.wait() };
    (left.code, left.said) = (exit.code, exit.stderr);
    left
}

/// Every place of a story in which nothing fails, with every kind of error.
///
/// # Panics
/// When the story does not end well.
pub fn cases(ground: &Ground) -> Vec<Case> {
    let folder = world::folder();
    let (control, data) = (Control::new(folder.path()), ground.copy_to(folder.path()));
    let left = story(ground, &control, &data);
    assert_eq!(left.code, Some(0), "without an error all is well: {}", left.said);
    let (writes, syncs) = (control.get(Slot::Writes), control.get(Slot::Syncs));
    let mut cases = Vec::new();
    // A little more than were counted: where threads run beside each other the number is not always the same.
    for at in 1..=syncs + 2 {
        for (how, goes_on) in [(EIO, false), (ENOSPC, false), (EIO, true)] {
            cases.push(Case { is_sync: true, at, how, goes_on });
        }
    }
    for at in 1..=writes + 2 {
        for (how, goes_on) in
            [(EIO, false), (ENOSPC, false), (ENOSPC, true), (SHORT, false), (SHORT + ENOSPC, true)]
        {
            cases.push(Case { is_sync: false, at, how, goes_on });
        }
    }
    cases
}

/// Whether an event is a call of the journal that failed for good: half a write is gone on with.
fn is_journal_failure(event: &Event, case: &Case) -> bool {
    let Event::Failed { is_sync, path } = event else { return false };
    path.starts_with("journal") && (*is_sync || case.how < SHORT)
}

/// One error.
pub fn one(ground: &Ground, cases: &[Case], seed: u64, folder: &Path) -> Run {
    let case = cases[seed as usize % cases.len()];
    let (control, data) = (Control::new(folder), ground.copy_to(folder));
    control.set(Slot::FailHow, case.how);
    control.set(Slot::FailOn, u64::from(case.goes_on));
    control.set(if case.is_sync { Slot::FailSyncAt } else { Slot::FailWriteAt }, case.at);
    let left = story(ground, &control, &data);
    let events = trace::read(control.trace(), &data);
    let mut run = Run { acknowledged: left.acks.len() as u64, ..Run::default() };
    let failed = events.iter().position(|event| is_journal_failure(event, &case));
    if let Some(at) = failed {
        let acks =
            |event: &&Event| matches!(event, Event::Told { bytes } if holds(bytes, b"\"type\":\"ack\""));
        run.after_failure += (events[at..].iter().filter(acks).count() as u64).max(left.done_late);
        if left.code.is_none_or(|code| code == 0) {
            run.wrong.push(format!("{case:?}: the journal failed and the server left with {:?}", left.code));
        }
    }
    if !left.is_started {
        match left.said.contains(&*data.to_string_lossy()) {
            true => run.refused += 1,
            false => {
                run.wrong.push(format!("{case:?}: refused without a reason: {:?} {}", left.code, left.said))
            }
        }
    }
    if left.code.is_none_or(|code| code == 101) {
        run.wrong.push(format!("{case:?}: the server ended with {:?}: {}", left.code, left.said));
    }
    // The disk as the power cut that follows may leave it, made before the directory goes on.
    let cut = folder.join("cut");
    cuts::image(&ground.data(), &events, &mut Random::new(seed), &cut);
    for (data, what) in [(&data, "the next start"), (&cut, "the start after a power cut")] {
        again(ground, data, &left.acks, &format!("{case:?}, {what}"), &mut run);
    }
    run
}

fn again(ground: &Ground, data: &Path, acks: &[Acked], what: &str, run: &mut Run) {
    match launch(data).start() {
        Ok(server) => {
            let look = ground.known.look_for(&ground.people.auditor(server.base()), acks);
            look.count(run);
            run.wrong.extend(look.denied.iter().map(|said| format!("{what}: {said}")));
            let written = writer::once(&ground.people.drafter(server.base()), BUSY, "again ");
            if written.acks.is_empty() {
                run.wrong.push(format!("{what}: no edit is taken: {:?}", written.refused));
            }
            run.recovered += 1;
            server.kill9();
        }
        Err(exit) => run.wrong.push(format!("{what} is refused: {exit:?}")),
    }
}
