//! A disk that fills up while people write, and is freed again.

use std::path::Path;
use std::time::Instant;

use plenary_sim::random::Random;
use plenary_tests::{Http, PATIENCE, Process};

use crate::control::{Control, Slot};
use crate::known::Acked;
use crate::table::Run;
use crate::world::{self, BUSY, Ground, launch};
use crate::writer;

const GIB: u64 = 1 << 30;
/// The disk in all: its reserve is one GiB.
const TOTAL: u64 = 20 * GIB;

/// Waits until `/readyz` answers as wanted; gives what it said.
fn ready(http: &Http, wanted: u16) -> Option<String> {
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        let answer = http.try_ask("GET", "/readyz", None).ok()?;
        if answer.status == wanted {
            return Some(answer.text);
        }
        std::thread::yield_now();
    }
    None
}

struct Filling<'a> {
    ground: &'a Ground,
    control: Control,
    acks: Vec<Acked>,
    run: Run,
}

impl Filling<'_> {
    fn start(&mut self, data: &Path) -> Option<Process> {
        match self.control.before(launch(data), data).start() {
            Ok(server) => Some(server),
            Err(exit) => {
                self.run.wrong.push(format!("it does not start: {exit:?}"));
                None
            }
        }
    }

    fn write(&mut self, drafter: &Http, count: usize) -> Vec<String> {
        let written = writer::flood(drafter, BUSY, "filling ", count);
        self.run.acknowledged += written.acks.len() as u64;
        self.acks.extend(written.acks);
        written.refused
    }

    fn must(&mut self, holds: bool, what: &str) {
        if !holds {
            self.run.wrong.push(what.to_owned());
        }
    }

    /// Below the reserve: read-only with a reason, and back by itself.
    fn reserve(&mut self, server: &Process) {
        let drafter = self.ground.people.drafter(server.base());
        self.control.set(Slot::DiskFree, GIB / 2);
        let said = ready(&drafter, 503).unwrap_or_default();
        self.must(said.contains("reserve"), &format!("/readyz does not say why: {said}"));
        let refused = self.write(&drafter, 1);
        let is_told =
            refused.first().is_some_and(|said| said.contains("ReadOnly") && said.contains("bytes are free"));
        self.must(is_told, &format!("an edit is not refused with a reason: {refused:?}"));
        self.run.refused += refused.len() as u64;
        self.look(server);
        self.control.set(Slot::DiskFree, 5 * GIB);
        self.must(ready(&drafter, 200).is_some(), "it does not take edits again by itself");
        let before = self.acks.len();
        let refused = self.write(&drafter, 3);
        self.must(self.acks.len() == before + 3, &format!("freed, edits are not taken: {refused:?}"));
        self.run.recovered += 1;
    }

    fn look(&mut self, server: &Process) {
        let look = self.ground.known.look_for(&self.ground.people.auditor(server.base()), &self.acks);
        look.count(&mut self.run);
        self.run.wrong.extend(look.denied);
    }
}

/// One disk: below the reserve and back, then full at a stroke in the middle of writing, a start on it, and freed.
pub fn one(ground: &Ground, seed: u64, folder: &Path) -> Run {
    let mut chance = Random::new(seed);
    let data = ground.copy_to(folder);
    let control = Control::new(folder);
    control.set(Slot::DiskTotal, TOTAL);
    control.set(Slot::DiskFree, 5 * GIB);
    control.set(Slot::DiskHasEnd, 1);
    let mut filling = Filling { ground, control, acks: Vec::new(), run: Run::default() };
    let Some(server) = filling.start(&data) else { return filling.run };
    filling.reserve(&server);
    // Another program takes the rest before the server looks again.
    let drafter = ground.people.drafter(server.base());
    filling.control.set(Slot::DiskFree, chance.below(20_000) as u64);
    filling.write(&drafter, 400);
    // Either it met the end and left, or it saw the end coming and reads on.
    let is_alive = drafter.try_ask("GET", "/healthz", None).is_ok();
    let exit = if is_alive { server.terminate() } else { server.wait() };
    if !is_alive {
        filling.must(
            exit.code == Some(74),
            &format!("it met the end and left with {:?}: {}", exit.code, exit.stderr),
        );
        filling.must(exit.stderr.contains("No space left"), &format!("it does not say why: {}", exit.stderr));
    }
    // A start on what is left, which the ballast makes room for where there is one.
    filling.control.set(Slot::DiskFree, 1 << 20);
    let Some(server) = filling.start(&data) else { return filling.run };
    filling.look(&server);
    filling.reserve(&server);
    filling.look(&server);
    let exit = server.terminate();
    filling.must(exit.code == Some(0), &format!("freed, it does not stop cleanly: {exit:?}"));
    world::verified(&data, &mut filling.run);
    filling.run
}
