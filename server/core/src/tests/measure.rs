//! What an edit costs: the time of `propose` and `committed` on the adopted plan after a history.
//!
//! Short unless `PLENARY_MEASURE` names the length of the history; figures are printed, not judged.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use automerge::transaction::{CommitOptions, Transactable};
use plenary_protocol::plan::{Stage, file};
use plenary_protocol::{Bureau, Role};

use super::replica::{Replica, text_object};
use super::world::{World, chair, done, input, person};
use crate::gate::{arrive, read_meaning};
use crate::policy::{self, Action};
use crate::{Ask, summary};

/// The times of some runs: half are shorter, one in a hundred is longer.
fn told(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    println!("{what:<28} p50 {:>10.1?}  p99 {:>10.1?}  n {}", at(50), at(99), times.len());
}

fn timed<T>(times: &mut Vec<Duration>, act: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let out = act();
    times.push(start.elapsed());
    out
}

#[test]
fn the_time_of_edits_is_told() {
    let history = std::env::var("PLENARY_MEASURE").ok().and_then(|n| n.parse().ok()).unwrap_or(50);
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("plans/itu-sp-2020-2023.json");
    let mut plan = file::read(&std::fs::read(path).unwrap()).unwrap();
    plan.stage = Stage::SecretariatDraft;
    let names: Vec<String> = plan
        .elements
        .iter()
        .filter(|element| element.text.get("en").is_some_and(|texts| texts.contains_key("title")))
        .map(|element| element.id.to_string())
        .collect();
    let elements = plan.elements.len();
    let mut world = World::of(plan);
    let people: Vec<_> = (0..20).map(|n| person(&format!("p{n}"), Bureau::GS, Role::Chair)).collect();
    let mut times = Vec::new();
    for n in 0..history {
        let name = &names[n * 7 % names.len()];
        let command = plenary_protocol::plan::Command::Splice {
            element: name.parse().unwrap(),
            field: "title".into(),
            lang: None,
            at: 1,
            delete: 0,
            insert: "x".into(),
            base: world.seq(),
        };
        let edit = world.named_edit(&format!("m{n}"), [command]);
        let asked = vec![input(&people[n % 20], Action::Edit, Ask::Edit { edit, formers: Vec::new() })];
        let answers = timed(&mut times, || world.propose_only(asked));
        done(answers.into_iter().next().unwrap()).unwrap();
    }
    println!("{elements} elements, {history} changes of history");
    told("thin edit", times.split_off(times.len().saturating_sub(500)));
    world.settle_log();
    let mut replica = Replica::join(&world, chair(), 1);
    let mut parts: [Vec<Duration>; 8] = Default::default();
    let count = history.min(500);
    for n in 0..count {
        let name = &names[n * 11 % names.len()];
        replica.write(|tx| {
            let text = text_object(tx, name, "title");
            tx.splice_text(&text, 2, 0, "y").unwrap();
        });
    }
    let mut scout = world.hub.scout().clone();
    let grant = policy::check(&chair(), &world.plan(), &Default::default(), Action::Edit).unwrap();
    let waiting = replica.waiting();
    for change in &waiting {
        let arrived = timed(&mut parts[0], || arrive(change.raw_bytes()).unwrap());
        let meaning = timed(&mut parts[1], || {
            read_meaning(&arrived.expanded, &scout, world.hub.state(), &grant, false).unwrap()
        });
        let before = scout.get_heads();
        timed(&mut parts[2], || scout.apply_changes([change.clone()]).unwrap());
        timed(&mut parts[3], || scout.get_changes(&before));
        timed(&mut parts[4], || summary::rows(&meaning, &scout, &before, &world.hub.state().places));
        let asked =
            Ask::Changes { changes: vec![change.raw_bytes().to_vec()], because: None, answers: Vec::new() };
        let asked = vec![input(&chair(), Action::Edit, asked)];
        timed(&mut parts[5], || world.propose_only(asked));
    }
    // The last ones are kept: freeing so much at once slows whatever comes next.
    let _clones: Vec<_> = (0..20.min(count)).map(|_| timed(&mut parts[6], || scout.clone())).collect();
    scout.set_actor(automerge::ActorId::from(vec![0x77; 16]));
    for n in 0..count {
        let text = text_object(&scout, &names[n * 13 % names.len()], "title");
        timed(&mut parts[7], || {
            let mut tx = scout.transaction();
            tx.splice_text(&text, 1, 0, "z").unwrap();
            tx.commit_with(CommitOptions::default())
        });
    }
    let element_names = names;
    let names = [
        "bytes",
        "meaning",
        "apply",
        "get_changes",
        "summary",
        "replica change, whole",
        "clone",
        "transaction",
    ];
    for (name, times) in names.into_iter().zip(parts) {
        told(name, times);
    }
    world.settle_log();
    let bomb = super::craft::bomb(&waiting[0], 20_000);
    told("decoding 20,000 operations", {
        let mut times = Vec::new();
        timed(&mut times, || arrive(&bomb).unwrap());
        times
    });
    let mut large = Replica::join(&world, chair(), 9);
    large.write(|tx| {
        for n in 0..history.min(5_000) {
            super::replica::put(tx, &element_names[0], "source", format!("s{n}"));
        }
    });
    let mut times = Vec::new();
    let bytes = large.waiting()[0].raw_bytes().to_vec();
    let asked = Ask::Changes { changes: vec![bytes], because: None, answers: Vec::new() };
    let asked = vec![input(&chair(), Action::Edit, asked)];
    done(timed(&mut times, || world.propose_only(asked)).remove(0)).unwrap();
    told("a change of 5,000 operations", times);
    let mut times = Vec::new();
    timed(&mut times, || world.restart());
    told("load without snapshot", times);
    world.settle_log();
}
