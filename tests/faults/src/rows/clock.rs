//! The wall clock goes back, while a server runs and between two runs: order is by number, entries keep coming, and
//! the evidence holds.

use std::path::Path;

use plenary_tests::{Http, Process};

use crate::control::{Control, Slot};
use crate::known::Acked;
use crate::table::Run;
use crate::world::{self, BUSY, Ground, QUIET, launch};
use crate::writer;

const HOUR_S: i64 = 3_600;
/// An hour, a day, and to 1970; the last is made of the time that it is.
const STEPS_S: [i64; 3] = [HOUR_S, 24 * HOUR_S, i64::MAX];

fn now_s() -> i64 {
    plenaryd::clock::now().as_second()
}

fn step_back(control: &Control, step_s: i64) {
    let step_s = step_s.min(now_s() - 1);
    control.set(Slot::ClockOffset, (-step_s * 1_000_000_000).cast_unsigned());
}

struct Stepping<'a> {
    ground: &'a Ground,
    control: Control,
    acks: Vec<Acked>,
    run: Run,
}

impl Stepping<'_> {
    /// Somebody writes who is connected already, whose token is of a time that has not come yet.
    fn write(&mut self, http: &Http, what: &str) {
        for plan in [BUSY, QUIET] {
            let written = writer::flood(http, plan, "again ", 4);
            if written.edits != 4 {
                self.run
                    .wrong
                    .push(format!("{what}: {} of 4 acknowledged: {:?}", written.edits, written.refused));
            }
            self.run.acknowledged += written.acks.len() as u64;
            self.acks.extend(written.acks);
        }
    }

    fn look(&mut self, server: &Process, what: &str) {
        let look = self.ground.known.look_for(&self.ground.people.auditor(server.base()), &self.acks);
        look.count(&mut self.run);
        self.run.wrong.extend(look.denied.iter().map(|said| format!("{what}: {said}")));
    }
}

/// One step back: while it runs (an open socket writes on), and at the next start.
pub fn one(ground: &Ground, seed: u64, folder: &Path) -> Run {
    let step_s = STEPS_S[seed as usize % STEPS_S.len()];
    let is_killed = seed as usize / STEPS_S.len() % 2 == 1;
    let data = ground.copy_to(folder);
    let mut stepping =
        Stepping { ground, control: Control::new(folder), acks: Vec::new(), run: Run::default() };
    let started = |control: &Control| {
        let started = control.before(launch(&data), &data).start();
        started.unwrap_or_else(|exit| panic!("step {step_s}: the server does not start: {exit:?}"))
    };
    let server = started(&stepping.control);
    let drafter = ground.people.drafter(server.base());
    stepping.write(&drafter, "before");
    // Tokens are looked at when somebody comes; who is here writes on.
    let mut live = plenary_tests::Live::open(&drafter);
    step_back(&stepping.control, step_s);
    for number in 0..4 {
        let id = plenary_tests::fresh_id("back");
        let sent = live.edit(
            &id,
            &plenary_tests::plan_id(BUSY),
            &[world::words(&format!("{number} "), world::MADE)],
        );
        match (sent, live.outcome(&id)) {
            (Ok(()), Ok(plenary_tests::Outcome::Done(ack))) => {
                stepping.run.acknowledged += 1;
                let acked = |entry: &plenary_protocol::wire::live::AckEntry| Acked {
                    plan: BUSY.to_owned(),
                    seq: entry.seq.0,
                    leaf: Some(entry.leaf),
                };
                stepping.acks.extend(ack.entries.iter().map(acked));
            }
            other => stepping.run.wrong.push(format!("stepped back, an edit: {other:?}")),
        }
    }
    drop(live);
    let before = drafter.try_ask("GET", "/api/v1/me", None).map(|answer| answer.status);
    match is_killed {
        true => _ = server.kill9(),
        false => world::stopped(server),
    }
    // The next run is in the past as well; a token of that time is good there.
    let server = started(&stepping.control);
    let after =
        ground.people.drafter(server.base()).try_ask("GET", "/api/v1/me", None).map(|answer| answer.status);
    if before.as_ref().ok() != after.as_ref().ok() {
        stepping.run.wrong.push(format!("a token is {before:?} before a start and {after:?} after it"));
    }
    let of_then = ground.people_at(&stepping.control, &data);
    stepping.write(&of_then.drafter(server.base()), "at the next start");
    stepping.control.set(Slot::ClockOffset, 0);
    stepping.look(&server, "forward again");
    stepping.write(&ground.people.drafter(server.base()), "forward again");
    stepping.look(&server, "at the end");
    stepping.run.recovered += 1;
    world::stopped(server);
    world::verified(&data, &mut stepping.run);
    stepping.run
}
