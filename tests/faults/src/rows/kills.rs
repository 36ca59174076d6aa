//! kill -9 at any moment, while people write and while a start is under way.

use std::path::Path;
use std::time::Duration;

use plenary_sim::random::Random;

use crate::known::{Acked, Known};
use crate::table::Run;
use crate::world::{self, BUSY, Ground, QUIET, launch};
use crate::writer;

/// Kills of one run, each of a server that the one before has left behind.
const KILLS: u64 = 4;
/// The longest time that people write before a kill.
const WRITING_MS: usize = 400;
/// The longest time that a start has before a kill: half of them are not ready yet.
const STARTING_MS: usize = 200;
/// So many in a hundred kills hit a start.
const STARTS_PERCENT: usize = 25;
/// More edits than anybody makes before a kill.
const MANY: usize = 1_000_000;

/// Kills a start somewhere.
fn kill_start(data: &Path, chance: &mut Random) {
    let mut command = launch(data).command();
    command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    let mut child = command.spawn().expect("the server can be started");
    world::pause(Duration::from_millis(chance.below(STARTING_MS) as u64));
    child.kill().expect("the server can be killed");
    child.wait().expect("the server ends");
}

/// A start, a look at everything that was acknowledged so far, people who write, and a kill.
fn kill_writing(
    data: &Path,
    known: &mut Known,
    acks: &mut Vec<Acked>,
    ground: &Ground,
    chance: &mut Random,
    run: &mut Run,
) {
    let server = match launch(data).start() {
        Ok(server) => server,
        Err(exit) => {
            run.refused += 1;
            return run.wrong.push(format!("the start after a kill is refused: {exit:?}"));
        }
    };
    run.recovered += u64::from(server.stderr().contains("clean=false"));
    let look = known.look_for(&ground.people.auditor(server.base()), acks);
    look.count(run);
    run.wrong.extend(look.denied.iter().cloned());
    known.remember(&look);
    acks.clear();
    let (drafter, chair) = (ground.people.drafter(server.base()), ground.people.chair(server.base()));
    let writers = [(&drafter, BUSY, "one "), (&chair, BUSY, "two "), (&drafter, QUIET, "three ")];
    let written = std::thread::scope(|scope| {
        let flood = |(http, plan, text)| scope.spawn(move || writer::flood(http, plan, text, MANY));
        let writing: Vec<_> = writers.map(flood).into();
        world::pause(Duration::from_millis(chance.below(WRITING_MS) as u64 + 5));
        server.kill9();
        writing.into_iter().map(|writer| writer.join().expect("a writer ends")).collect::<Vec<_>>()
    });
    for written in written {
        run.acknowledged += written.acks.len() as u64;
        acks.extend(written.acks);
        run.wrong.extend(written.refused);
    }
}

/// Some kills, one after the other, and a look at the end.
pub fn one(ground: &Ground, seed: u64, folder: &Path) -> Run {
    let mut chance = Random::new(seed);
    let data = ground.copy_to(folder);
    let (mut known, mut acks) = (ground.known.clone(), Vec::new());
    let mut run = Run { more: KILLS - 1, ..Run::default() };
    for _ in 0..KILLS {
        match chance.chance(STARTS_PERCENT) {
            true => kill_start(&data, &mut chance),
            false => kill_writing(&data, &mut known, &mut acks, ground, &mut chance, &mut run),
        }
    }
    let server = match launch(&data).start() {
        Ok(server) => server,
        Err(exit) => {
            run.wrong.push(format!("the start after a kill is refused: {exit:?}"));
            return run;
        }
    };
    let look = known.look_for(&ground.people.auditor(server.base()), &acks);
    look.count(&mut run);
    run.wrong.extend(look.denied.iter().cloned());
    world::stopped(server);
    world::verified(&data, &mut run);
    run
}
