//! Bytes of a data directory altered: every byte of a small one in turn, random stretches of a large one.
//!
//! A start of the whole server takes too long for every byte, so those of journal and store are tried on the log
//! alone, opened in this process, and a sample of all files on the server itself.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use plenary_log::{CheckOlder, Log, Options};
use plenary_sim::random::Random;
use plenary_tests::Exit;
use plenaryd::indexer::EntryIndexer;

use crate::known::Known;
use crate::table::{Row, Run, Settings, runs};
use crate::world::{self, Ground, launch};

/// Bytes that one run of the log alone tries, one after the other.
const BLOCK_BYTES: u64 = 64;
/// Of blocks with nothing but zeroes, of which sled's file is full, one in so many is tried.
const ZERO_BLOCKS_STEP: usize = 64;
/// Entries of the large directory.
const LARGE: usize = 1_500;
/// The longest stretch that is altered at once.
const STRETCH_BYTES_MAX: usize = 4_096;

/// All files of a directory that hold something, with their lengths.
fn files(folder: &Path) -> Vec<(PathBuf, u64)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for item in std::fs::read_dir(&next).expect("the folder can be listed") {
            let path = item.expect("the folder can be listed").path();
            let about = path.metadata().expect("the file is there");
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if about.is_dir() {
                folders.push(path);
            } else if about.len() > 0 && !["ballast", "lock"].contains(&name.as_str()) {
                let plain = path.strip_prefix(folder).expect("it is below").to_owned();
                found.push((plain, about.len()));
            }
        }
    }
    found.sort();
    found
}

fn alter(path: &Path, at: usize, change: impl Fn(u8) -> u8) {
    let mut bytes = std::fs::read(path).expect("the file is there");
    bytes[at] = change(bytes[at]);
    std::fs::write(path, bytes).expect("it can be written");
}

/// Blocks of the files of journal and store.
fn blocks(data: &Path) -> Vec<(PathBuf, u64)> {
    let mut blocks = Vec::new();
    for (file, length) in files(data) {
        if !file.starts_with("journal") && !file.starts_with("store") {
            continue;
        }
        let bytes = std::fs::read(data.join(&file)).expect("the file is there");
        let mut zeroes = 0;
        for start in (0..length).step_by(BLOCK_BYTES as usize) {
            let end = (start + BLOCK_BYTES).min(length);
            let is_zero = bytes[start as usize..end as usize].iter().all(|byte| *byte == 0);
            zeroes += usize::from(is_zero);
            if !is_zero || zeroes % ZERO_BLOCKS_STEP == 1 {
                blocks.push((file.clone(), start));
            }
        }
    }
    blocks
}

/// Opens the log alone and holds every entry against what is known.
fn open_log(known: &Known, data: &Path, what: &str, run: &mut Run) {
    let options = Options { ballast_bytes: 0, check_older_segments: CheckOlder::Never, ..Options::new(data) };
    let (log, report) = match Log::open(options, Arc::new(EntryIndexer)) {
        Ok(opened) => opened,
        Err(error) => {
            let said = error.to_string();
            match said.contains(&*data.to_string_lossy()) {
                true => run.refused += 1,
                false => run.wrong.push(format!("{what}: refused without a place: {said}")),
            }
            return;
        }
    };
    run.recovered += u64::from(report.store_rebuilt.is_some() || report.torn_tail.is_some());
    for (plan, known) in &known.plans {
        match log.entries(plan, 0, usize::MAX) {
            Err(_) => run.recovered += 1,
            Ok(entries) => {
                if entries.len() < known.entries.len() {
                    run.lost += 1;
                    run.wrong.push(format!("{what}: plan {plan} has {} entries", entries.len()));
                }
                let differs =
                    entries.iter().zip(&known.entries).position(|(found, wanted)| !wanted.is(found));
                if let Some(at) = differs {
                    run.altered += 1;
                    run.wrong.push(format!("{what}: entry {} of plan {plan} is another", at + 1));
                }
            }
        }
    }
}

/// Every byte of one block, on the log alone.
fn block(ground: &Ground, (file, start): &(PathBuf, u64), folder: &Path) -> Run {
    let length = ground.data().join(file).metadata().expect("the file is there").len();
    let end = (start + BLOCK_BYTES).min(length);
    let entries: usize = ground.known.plans.values().map(|plan| plan.entries.len()).sum();
    let mut run = Run { more: end - start - 1, ..Run::default() };
    for at in *start..end {
        let data = ground.copy_to(&folder.join(at.to_string()));
        // One bit of every second byte, all bits of the others.
        let bits = if at % 2 == 0 { 1 << (at / 2 % 8) } else { 0xff };
        alter(&data.join(file), at as usize, |byte| byte ^ bits);
        run.acknowledged += entries as u64;
        let before = run.wrong.len();
        open_log(&ground.known, &data, &format!("{} byte {at} ^ {bits:02x}", file.display()), &mut run);
        if run.wrong.len() == before {
            std::fs::remove_dir_all(folder.join(at.to_string())).expect("a folder can be removed");
        }
    }
    run
}

fn refused(exit: &Exit, data: &Path, what: &str, run: &mut Run) {
    match world::is_reason(exit, data) {
        true => run.refused += 1,
        false => run.wrong.push(format!("{what}: refused without a reason: {exit:?}")),
    }
}

/// A start of the server on a directory that was altered.
fn serve(ground: &Ground, data: &Path, what: &str, is_key: bool, run: &mut Run) {
    run.acknowledged += ground.known.plans.values().map(|plan| plan.entries.len() as u64).sum::<u64>();
    let server = match launch(data).start() {
        Ok(server) => server,
        Err(exit) => return refused(&exit, data, what, run),
    };
    let auditor = ground.people.auditor(server.base());
    let me = auditor.try_ask("GET", "/api/v1/me", None).map(|answer| answer.status);
    if is_key && me.is_ok_and(|status| status == 401) {
        // Another key than the tokens were made with: nobody gets in.
        run.recovered += 1;
        return;
    }
    let mut look = ground.known.look_for(&auditor, &[]);
    if is_key {
        // Another key is seen by everybody who knows the one before.
        look.altered.retain(|said| !said.contains("does not verify"));
        run.recovered += 1;
    }
    look.count(run);
    run.recovered += u64::from(!look.denied.is_empty() || server.stderr().contains("was made anew"));
    run.wrong
        .iter_mut()
        .filter(|said| !said.contains(what))
        .for_each(|said| *said = format!("{what}: {said}"));
}

/// One byte of any file, on the server.
fn byte(ground: &Ground, seed: u64, folder: &Path) -> Run {
    let mut chance = Random::new(seed);
    let data = ground.copy_to(folder);
    let files = files(&data);
    let (file, length) = &files[seed as usize % files.len()];
    let at = chance.below(*length as usize);
    let bits = if chance.chance(50) { 1 << chance.below(8) } else { 0xff };
    alter(&data.join(file), at, |byte| byte ^ bits);
    let mut run = Run::default();
    serve(
        ground,
        &data,
        &format!("{} byte {at} ^ {bits:02x}", file.display()),
        file.starts_with("keys"),
        &mut run,
    );
    run
}

/// Some stretches of journal and store, on the server.
fn stretches(ground: &Ground, seed: u64, folder: &Path) -> Run {
    let mut chance = Random::new(seed);
    let data = ground.copy_to(folder);
    let files: Vec<_> = files(&data).into_iter().filter(|(file, _)| !file.starts_with("keys")).collect();
    let mut what = String::new();
    for _ in 0..=chance.below(3) {
        let (file, length) = chance.pick(&files).clone();
        let mut bytes = std::fs::read(data.join(&file)).expect("the file is there");
        let at = chance.below(length as usize);
        let end = (at + 1 + chance.below(STRETCH_BYTES_MAX)).min(length as usize);
        bytes[at..end].iter_mut().for_each(|byte| *byte = chance.below(256) as u8);
        std::fs::write(data.join(&file), bytes).expect("it can be written");
        what += &format!("{} bytes {at} to {end}; ", file.display());
    }
    let mut run = Run::default();
    serve(ground, &data, &what, false, &mut run);
    run
}

/// The rows of damage.
pub fn rows(ground: &Ground, settings: impl Fn(&'static str, u64, u64) -> Settings) -> Vec<Row> {
    let blocks = blocks(&ground.data());
    let count = blocks.len() as u64;
    let large = Ground::new(LARGE);
    let alone = Settings { folder: world::quick_folder, ..settings("damage", 48, count) };
    vec![
        runs("each byte of journal and store altered, the log alone", &alone, |seed, folder| {
            block(ground, &blocks[seed as usize % blocks.len()], folder)
        }),
        runs("a byte of any file altered, the server", &settings("damage", 48, 600), |seed, folder| {
            byte(ground, seed, folder)
        }),
        runs(
            "stretches of a large directory altered, the server",
            &settings("damage", 16, 120),
            |seed, folder| stretches(&large, seed, folder),
        ),
    ]
}
