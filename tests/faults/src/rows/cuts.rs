//! Power cuts: disks as one may leave them, made from what a server did to its files, and a start on each.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use plenary_protocol::Seq;
use plenary_sim::random::Random;
use plenary_tests::{Exit, Outcome, Process};

use crate::control::Control;
use crate::disk::Disk;
use crate::replica;
use crate::story::Story;
use crate::table::Run;
use crate::trace::{self, Event};
use crate::world::{self, BUSY, People};

/// So many in a hundred cuts are followed by one in the middle of the start after them.
const TWICE_PERCENT: usize = 20;

/// Where a cut hits: anywhere, or right beside something that makes things certain.
fn place(events: &[Event], chance: &mut Random) -> usize {
    let at = chance.below(events.len() + 1);
    if chance.chance(50) {
        return at;
    }
    let matters = |event: &Event| {
        matches!(
            event,
            Event::SyncBegan { .. } | Event::SyncEnded { .. } | Event::Rename { .. } | Event::Told { .. }
        )
    };
    let found = events[at..].iter().position(matters);
    found.map_or(at, |more| at + more + chance.below(2))
}

/// The disk after so many events, cut.
pub fn image(begin: &Path, events: &[Event], chance: &mut Random, to: &Path) {
    let mut disk = Disk::of(begin);
    events.iter().for_each(|event| disk.happen(event));
    disk.cut(chance, to);
}

/// A server over a directory is begun, with its files recorded, and its power cut somewhere.
fn cut_again(data: &Path, chance: &mut Random, folder: &Path) -> PathBuf {
    let control = Control::new(folder);
    let begin = folder.join("begin");
    world::copy(data, &begin);
    if let Ok(server) = control.recording(world::launch(data), data).start() {
        server.kill9();
    }
    let events = trace::read(control.trace(), data);
    let at = place(&events, chance);
    let again = folder.join("again");
    image(&begin, &events[..at], chance, &again);
    again
}

/// One cut, and a start.
pub fn one(story: &Story, people: &People, seed: u64, folder: &Path) -> Run {
    let mut chance = Random::new(seed);
    let at = place(&story.events, &mut chance);
    let mut data = folder.join("image");
    image(story.begin(), &story.events[..at], &mut chance, &data);
    if chance.chance(TWICE_PERCENT) {
        data = cut_again(&data, &mut chance, folder);
    }
    let mut run = Run { acknowledged: story.count(at), ..Run::default() };
    serve(story, people, &data, at, &mut run);
    if !run.is_well() {
        // The very disk, for whoever looks into it.
        let mut chance = Random::new(seed);
        let at = place(&story.events, &mut chance);
        image(story.begin(), &story.events[..at], &mut chance, &folder.join("untouched"));
    }
    run
}

/// A start on a disk that was cut, and a stop.
fn serve(story: &Story, people: &People, data: &Path, at: usize, run: &mut Run) {
    let server = match world::launch(data).start() {
        Ok(server) => server,
        Err(exit) => return refused(run, &exit, data),
    };
    look(story, people, &server, at, run);
    let said = server.stderr();
    run.recovered += u64::from(said.contains("was made anew") || said.contains("half written"));
    let exit = server.terminate();
    if exit.code != Some(0) {
        run.wrong.push(format!("it does not stop cleanly: {exit:?}"));
    }
}

/// A start that is refused after a power cut is no loss yet, but what was acknowledged is not served either.
fn refused(run: &mut Run, exit: &Exit, data: &Path) {
    run.refused += 1;
    run.wrong.push(match world::is_reason(exit, data) {
        true => format!("an honest disk is refused: {}", exit.stderr),
        false => format!("refused without a reason: {exit:?}"),
    });
}

fn look(story: &Story, people: &People, server: &Process, at: usize, run: &mut Run) {
    let auditor = people.auditor(server.base());
    let wanted = story.acknowledged(at);
    let found = story.known.look(&auditor, &wanted);
    found.count(run);
    let revocations = people.admin(server.base()).get("/api/v1/revocations").text;
    for subject in story.revoked(at).filter(|subject| !revocations.contains(*subject)) {
        run.lost += 1;
        run.wrong.push(format!("the revocation of {subject} is gone"));
    }
    run.wrong.extend(found.denied);
    for (ticket, peer) in story.bound(at) {
        if let Err(said) = replica::join(server.base(), ticket, peer) {
            run.lost += 1;
            run.wrong.push(format!("the ticket of {peer} is not its own any more: {said}"));
        }
    }
    match world::one_edit(&people.drafter(server.base()), BUSY, "after ") {
        Some(Outcome::Done(ack)) if ack.seq > Seq(wanted.get(BUSY).copied().unwrap_or(0)) => {}
        other => run.wrong.push(format!("an edit after it: {other:?}")),
    }
}

/// How many events of each kind a story has, for whoever reads its table.
pub fn summary(story: &Story) -> String {
    let mut counts = BTreeMap::<&str, usize>::new();
    for event in &story.events {
        let name = match event {
            Event::Start => "starts",
            Event::Write { .. } | Event::Length { .. } => "writes",
            Event::SyncEnded { is_well: true, .. } => "syncs",
            Event::Rename { .. } => "renames",
            Event::Open { is_new: true, .. } | Event::MakeDir { .. } => "made",
            Event::Unlink { .. } | Event::RemoveDir { .. } => "removed",
            _ => continue,
        };
        *counts.entry(name).or_default() += 1;
    }
    format!("{} events, {counts:?}, {} acknowledged", story.events.len(), story.count(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Ground;

    /// Cuts that must lose nothing, and those within which one must where syncs do nothing: when each comes, hangs
    /// on what the server did meanwhile.
    const CUTS: u64 = 8;
    const CUTS_MAX: u64 = 64;

    #[test]
    fn a_server_whose_syncs_do_nothing_loses_edits_and_it_is_seen() {
        let ground = Ground::new(12);
        for swallows in [false, true] {
            let folder = world::folder();
            let story = Story::record(&ground, folder.path(), swallows);
            let cuts = if swallows { CUTS_MAX } else { CUTS };
            let is_lost = (0..cuts).any(|seed| {
                let folder = world::folder();
                one(&story, &ground.people, seed, folder.path()).lost > 0
            });
            assert_eq!(is_lost, swallows, "syncs are swallowed: {swallows}");
        }
    }
}
