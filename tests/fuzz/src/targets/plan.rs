//! What becomes part of a plan: changes through all four lines of the gate, files, points of the past.

use std::panic::catch_unwind;
use std::sync::OnceLock;

use automerge::legacy::{ElementId, Key, MarkData, ObjectId, Op, OpId, OpType};
use automerge::{ActorId, Change, ExpandedChange, ObjType, ScalarValue};
use plenary_core::hub::ConnId;
use plenary_core::{Answer, Ask};
use plenary_craft::plan::small_plan;
use plenary_protocol::plan::file;
use plenary_protocol::point::{Edge, Point, time_us};
use plenary_protocol::{Bureau, Role};
use plenary_sim::honest;
use plenary_sim::journal::Fault;
use plenary_sim::random::Random;
use plenary_sim::scene;
use plenary_sim::server::{Server, Told};
use sha2::{Digest as _, Sha256};

use crate::target::{Outcome, Target};

/// Entries after which the plan is made anew.
const ENTRIES_MAX: usize = 60;
/// Bytes of a chunk before what is hashed: magic and checksum.
const HASHED_FROM: usize = 8;

/// Honest changes, made once.
static HONEST: OnceLock<Vec<Vec<u8>>> = OnceLock::new();

/// Changes as bytes: the first two lines, and what gets past them.
pub fn changes() -> Result<Target, String> {
    let mut target = Target::new("changes", honest::samples(60)?, offer()?);
    target.repair = |bytes, _| seal(bytes);
    Ok(target)
}

/// Changes altered operation by operation: meaning and trial.
pub fn operations() -> Result<Target, String> {
    let mut offer = offer()?;
    let read = move |bytes: &[u8]| {
        let Some((seed, bytes)) = bytes.split_first_chunk::<8>() else { return Ok(false) };
        // Of what does not read or decode, `changes` sees what becomes; the library panics on some of it.
        let read =
            catch_unwind(|| Change::from_bytes(bytes.to_vec()).map(|change| (change.decode(), change)));
        let Ok(Ok((expanded, change))) = read else { return Ok(false) };
        offer(&crossed(expanded, change.actor_id(), u64::from_be_bytes(*seed)))
    };
    let honest = HONEST.get_or_init(|| honest::samples(60).unwrap_or_default());
    let corpus = honest.iter().map(|bytes| [&[0; 8][..], bytes].concat());
    let mut target = Target::new("operations", corpus.collect(), read);
    // The alteration is in the seed: the bytes of the change stay those of an honest one.
    target.repair = |bytes, seed| {
        let honest = HONEST.get().and_then(|all| all.get(seed as usize % all.len().max(1)));
        *bytes = [&seed.to_be_bytes()[..], honest.map_or(&[], Vec::as_slice)].concat();
    };
    Ok(target)
}

/// Length and checksum of a chunk as they should be.
fn seal(bytes: &mut Vec<u8>) {
    let Some(rest) = bytes.get(HASHED_FROM + 1..) else { return };
    let length = rest.iter().position(|byte| byte & 0x80 == 0).map_or(0, |at| at + 1);
    let body = rest[length..].to_vec();
    *bytes = plenary_craft::parts::chunk(bytes[HASHED_FROM], &body);
    let hash = Sha256::digest(&bytes[HASHED_FROM..]);
    bytes[4..HASHED_FROM].copy_from_slice(&hash[..4]);
}

/// The change with some of its parts replaced by others that exist, or do not.
fn crossed(mut expanded: ExpandedChange, actor: &ActorId, seed: u64) -> Vec<u8> {
    let mut random = Random::new(seed);
    expanded.hash = None;
    if seed != 0 {
        expanded.actor_id = ActorId::from(random.number().to_be_bytes().to_vec());
        (0..1 + random.below(4)).for_each(|_| cross(&mut expanded, actor, &mut random));
    }
    Change::from(expanded).raw_bytes().to_vec()
}

fn cross(change: &mut ExpandedChange, actor: &ActorId, random: &mut Random) {
    let own = change.actor_id.clone();
    let id = |random: &mut Random| {
        let by = if random.chance(50) { &own } else { actor };
        OpId::new(random.below(200) as u64, by)
    };
    if change.operations.is_empty() || random.chance(10) {
        match random.below(4) {
            0 => change.seq = random.below(3) as u64,
            1 => change.deps.clear(),
            2 => change.operations.clear(),
            _ => change.start_op = change.start_op.saturating_add(random.below(200_000) as u64),
        }
        return;
    }
    let at = random.below(change.operations.len());
    let other: Op = random.pick(&change.operations).clone();
    let op = &mut change.operations[at];
    match random.below(11) {
        0 => op.obj = if random.chance(30) { ObjectId::Root } else { ObjectId::Id(id(random)) },
        1 => op.obj = other.obj,
        2 => op.key = Key::Seq(ElementId::Id(id(random))),
        3 => op.key = Key::Map((*random.pick(&["parent", "kind", "x", "removed", "note", "text"])).into()),
        4 => op.pred = vec![id(random)].into(),
        5 => op.pred = Vec::new().into(),
        6 => op.insert = !op.insert,
        7 => op.action = action(random),
        8 => change.operations.push(other),
        9 => {
            // A whole mark of the text that another operation is about, wherever it begins and ends.
            let mark = MarkData { name: "bold".into(), value: true.into(), expand: random.chance(50) };
            for action in [OpType::MarkBegin(mark), OpType::MarkEnd(random.chance(50))] {
                let key = near(&other.key, random);
                let obj = other.obj.clone();
                change.operations.push(Op { action, obj, key, pred: Vec::new().into(), insert: true });
            }
        }
        _ => _ = change.operations.remove(at),
    }
}

/// A place of a text that is a few characters from another.
fn near(key: &Key, random: &mut Random) -> Key {
    let Key::Seq(ElementId::Id(id)) = key else { return key.clone() };
    let counter = (id.counter() + random.below(9) as u64).saturating_sub(4);
    Key::Seq(ElementId::Id(OpId::new(counter, id.actor())))
}

fn action(random: &mut Random) -> OpType {
    match random.below(8) {
        0 => OpType::Delete,
        1 => OpType::Increment(1),
        2 => OpType::Make(*random.pick(&[ObjType::Map, ObjType::List, ObjType::Text])),
        3 => OpType::Put(ScalarValue::counter(3)),
        4 => OpType::Put(ScalarValue::Bytes(vec![1, 2])),
        5 => OpType::Put(ScalarValue::Null),
        6 => OpType::Put(ScalarValue::F64(f64::NAN)),
        _ => OpType::Put("tgt-1".into()),
    }
}

/// Offers bytes to a plan as a change; whatever is taken, the plan must be saved and opened again.
fn offer() -> Result<impl FnMut(&[u8]) -> Outcome, String> {
    let mut server = Server::new(&mut Random::new(0), Fault::None)?;
    let mut offered = 0_u64;
    Ok(move |bytes: &[u8]| {
        if server.past.events.len() > ENTRIES_MAX {
            server = Server::new(&mut Random::new(0), Fault::None)?;
        }
        offered += 1;
        let who = scene::person(&format!("writer-{offered}"), Bureau::BR, Role::Drafter);
        let ask = Ask::Changes { changes: vec![bytes.to_vec()], because: None, answers: Vec::new() };
        server.mail((ConnId(offered), 0), &who, ask).map_err(|turned| format!("turned away: {turned:?}"))?;
        let told = server.settle()?;
        let taken = told.iter().any(|told| matches!(told, Told::Answer(_, Answer::Done { .. })));
        if taken {
            server.snapshot()?;
        }
        Ok(taken)
    })
}

/// Plan files.
pub fn files() -> Result<Target, String> {
    let corpus = [scene::plan(), small_plan()].iter().map(|view| file::write(view).into_bytes()).collect();
    Ok(Target::new("plan-files", corpus, |bytes| {
        let Ok(view) = file::read(bytes) else { return Ok(false) };
        match file::read(file::write(&view).as_bytes()) {
            Ok(again) if again == view => Ok(true),
            _ => Err("what was read is not read again as it was written".to_owned()),
        }
    }))
}

/// Points of the past and times.
pub fn points() -> Result<Target, String> {
    let texts =
        ["17", "0", "2026-02-03", "2026-02-03T10:00:00Z", "2026-02-03T10:00:00.5+02:00", "v:draft", "now"];
    let corpus = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    Ok(Target::new("points", corpus, |bytes| {
        let Ok(text) = std::str::from_utf8(bytes) else { return Ok(false) };
        _ = time_us(text, Edge::Start).is_ok() | time_us(text, Edge::End).is_ok();
        Ok(text.parse::<Point>().is_ok())
    }))
}
