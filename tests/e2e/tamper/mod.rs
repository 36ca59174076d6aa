//! Tampering with the data directory, of many kinds: all of it is found.
//!
//! Each kind is done to copies of one honest directory, in many places.  It is found when a start
//! refuses, when the check in the background says so, or when a client that kept an older checkpoint
//! does; or it has changed nothing, every entry being there byte for byte.  Who finds which kind stands
//! in the table that the test prints (`--nocapture`).

mod bytes;
mod forged;
mod keys;
mod rows;
mod scene;

use std::collections::BTreeMap;

use scene::{Dice, Outcome, Scene};

/// One kind of tampering.
pub struct Kind {
    /// What is done, in words.
    name: &'static str,
    /// Does it to a copy, somewhere.
    tamper: fn(&mut Scene, &mut Dice),
    /// Whether it can hit a place where it changes nothing that anybody reads.
    may_be_harmless: bool,
}

impl Kind {
    const fn of(name: &'static str, tamper: fn(&mut Scene, &mut Dice)) -> Kind {
        Kind { name, tamper, may_be_harmless: false }
    }

    /// One that sometimes changes nothing: then every entry must be there byte for byte.
    const fn or_harmless(self) -> Kind {
        Kind { may_be_harmless: true, ..self }
    }
}

/// How often each kind is done unless `PLENARY_TAMPER_TIMES` says otherwise.
const TIMES_DEFAULT: u64 = 4;

#[test]
fn every_kind_of_tampering_is_found() {
    let times = std::env::var("PLENARY_TAMPER_TIMES").ok();
    let times = times.and_then(|times| times.parse().ok()).unwrap_or(TIMES_DEFAULT);
    let kinds = [bytes::kinds(), rows::kinds(), forged::kinds(), keys::kinds()];
    let kinds: Vec<Kind> = kinds.into_iter().flatten().collect();
    assert!(kinds.len() >= 40, "{} kinds", kinds.len());
    let honest = scene::honest();
    assert_eq!(Scene::of(&honest).look(), Outcome::Nothing, "the honest directory raises no alarm");
    let mut missed = Vec::new();
    for (number, kind) in (0..).zip(&kinds) {
        let mut found: BTreeMap<&'static str, u64> = BTreeMap::new();
        for time in 0..times {
            let mut scene = Scene::of(&honest);
            (kind.tamper)(&mut scene, &mut Dice::new(number * 1_000 + time));
            let outcome = scene.look();
            *found.entry(outcome.by()).or_default() += 1;
            let is_missed = match outcome {
                Outcome::Found { .. } => false,
                Outcome::Harmless => !kind.may_be_harmless,
                Outcome::Nothing => true,
            };
            if is_missed {
                missed.push(format!("{} (time {time})", kind.name));
            }
        }
        println!("{:<72} {found:?}", kind.name);
    }
    assert_eq!(missed, Vec::<String>::new());
}
