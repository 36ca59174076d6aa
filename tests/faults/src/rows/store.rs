//! The store's directory gone, cut off, damaged or overwritten: the start moves it aside and makes it anew from the
//! journal, and says so, or finds that nothing is wrong with it.

use std::path::{Path, PathBuf};

use plenary_sim::random::Random;
use plenary_tests::Process;

use crate::table::Run;
use crate::world::{self, BUSY, Ground, QUIET, launch};
use crate::writer;

/// What is done to the store.
#[derive(Debug, Clone, Copy)]
enum Hurt {
    Gone,
    DatabaseGone,
    DatabaseCut,
    DatabaseEmpty,
    DatabaseNoise,
    DatabaseNoiseBlock,
    SettingsGone,
    SettingsNoise,
    SnapshotGone,
    SnapshotNoise,
    SnapshotCut,
    SnapshotFromNowhere,
    AFileInItsPlace,
    OlderDatabase,
}

const HURTS: [Hurt; 14] = [
    Hurt::Gone,
    Hurt::DatabaseGone,
    Hurt::DatabaseCut,
    Hurt::DatabaseEmpty,
    Hurt::DatabaseNoise,
    Hurt::DatabaseNoiseBlock,
    Hurt::SettingsGone,
    Hurt::SettingsNoise,
    Hurt::SnapshotGone,
    Hurt::SnapshotNoise,
    Hurt::SnapshotCut,
    Hurt::SnapshotFromNowhere,
    Hurt::AFileInItsPlace,
    Hurt::OlderDatabase,
];

fn noise(chance: &mut Random, length: usize) -> Vec<u8> {
    (0..length).map(|_| chance.below(256) as u8).collect()
}

fn cut(path: &Path, chance: &mut Random) {
    let file = std::fs::File::options().write(true).open(path).expect("the file is there");
    let length = file.metadata().expect("it has a length").len();
    file.set_len(chance.below(length as usize) as u64).expect("it can be cut");
}

fn overwrite(path: &Path, chance: &mut Random, length_max: usize) {
    let mut bytes = std::fs::read(path).expect("the file is there");
    let at = chance.below(bytes.len());
    let end = bytes.len().min(at + 1 + chance.below(length_max));
    let noise = noise(chance, end - at);
    bytes[at..end].copy_from_slice(&noise);
    std::fs::write(path, bytes).expect("it can be written");
}

/// Files of sled's own snapshot of where its pages are.
fn snapshots(store: &Path) -> Vec<PathBuf> {
    let files =
        std::fs::read_dir(store).expect("the store can be listed").map(|file| file.expect("a file").path());
    files
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("snap.")))
        .collect()
}

fn hurt(hurt: Hurt, ground: &Ground, store: &Path, chance: &mut Random) {
    let (database, settings) = (store.join("db"), store.join("conf"));
    match hurt {
        Hurt::Gone => std::fs::remove_dir_all(store).expect("it can be removed"),
        Hurt::DatabaseGone => std::fs::remove_file(&database).expect("it can be removed"),
        Hurt::DatabaseCut => cut(&database, chance),
        Hurt::DatabaseEmpty => std::fs::write(&database, []).expect("it can be written"),
        Hurt::DatabaseNoise => overwrite(&database, chance, 16),
        Hurt::DatabaseNoiseBlock => (0..8).for_each(|_| overwrite(&database, chance, 65_536)),
        Hurt::SettingsGone => std::fs::remove_file(&settings).expect("it can be removed"),
        Hurt::SettingsNoise => overwrite(&settings, chance, 16),
        Hurt::SnapshotGone => {
            snapshots(store).iter().for_each(|path| std::fs::remove_file(path).expect("it can be removed"));
        }
        Hurt::SnapshotNoise => snapshots(store).iter().for_each(|path| overwrite(path, chance, 64)),
        Hurt::SnapshotCut => snapshots(store).iter().for_each(|path| cut(path, chance)),
        Hurt::SnapshotFromNowhere => {
            let path = store.join(format!("snap.{:016X}", chance.number()));
            let length = chance.below(4_096);
            std::fs::write(path, noise(chance, length)).expect("it can be written");
        }
        Hurt::AFileInItsPlace => {
            std::fs::remove_dir_all(store).expect("it can be removed");
            std::fs::write(store, b"no directory").expect("it can be written");
        }
        Hurt::OlderDatabase => {
            std::fs::remove_dir_all(store).expect("it can be removed");
            world::copy(&ground.data().join("store"), store);
        }
    }
}

/// One store that is hurt, after a clean stop or a kill.
pub fn one(ground: &Ground, seed: u64, folder: &Path) -> Run {
    let mut chance = Random::new(seed);
    let kind = HURTS[seed as usize % HURTS.len()];
    let is_clean = (seed as usize / HURTS.len()).is_multiple_of(2);
    let data = ground.copy_to(folder);
    let server = launch(&data).start().unwrap_or_else(|exit| panic!("the server does not start: {exit:?}"));
    let drafter = ground.people.drafter(server.base());
    let mut acks = writer::flood(&drafter, BUSY, "before ", 20).acks;
    acks.extend(writer::once(&drafter, QUIET, "before ").acks);
    match is_clean {
        true => world::stopped(server),
        false => _ = server.kill9(),
    }
    let mut run = Run { acknowledged: acks.len() as u64, ..Run::default() };
    hurt(kind, ground, &data.join("store"), &mut chance);
    let server = match launch(&data).start() {
        Ok(server) => server,
        Err(exit) => {
            match world::is_reason(&exit, &data) {
                true => run.refused += 1,
                false => run.wrong.push(format!("{kind:?}: refused without a reason: {exit:?}")),
            }
            return run;
        }
    };
    let look = ground.known.look_for(&ground.people.auditor(server.base()), &acks);
    look.count(&mut run);
    run.wrong.extend(look.denied.iter().map(|said| format!("{kind:?}: {said}")));
    went_on(ground, &server, &data, kind, &mut run);
    world::stopped(server);
    world::verified(&data, &mut run);
    run.wrong.iter_mut().for_each(|said| *said = format!("{kind:?}, clean {is_clean}: {said}"));
    run
}

fn went_on(ground: &Ground, server: &Process, data: &Path, kind: Hurt, run: &mut Run) {
    let said = server.stderr();
    if said.contains("was made anew") {
        run.recovered += 1;
        let is_kept = data.join("aside").read_dir().is_ok_and(|mut files| files.next().is_some());
        if !is_kept {
            run.wrong.push(format!("{kind:?}: made anew, and the old one is not kept"));
        }
    }
    let written = writer::once(&ground.people.drafter(server.base()), BUSY, "after ");
    if written.acks.is_empty() {
        run.wrong.push(format!("{kind:?}: no edit is taken: {:?}", written.refused));
    }
}
