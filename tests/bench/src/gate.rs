//! What the first three lines of the gate cost: bytes, header and meaning of a change of one character.
//!
//! The hub, its log in memory, and a past of so many changes by fifty actors; nothing is tried or written.
//! Measured are changes of those, one after the other as they come in a message, and of one that wrote at the
//! beginning and was away since: as the hub looks at them (it tries changes of characters together), and as it
//! looks at a change that goes alone.

use std::time::{Duration, Instant};

use automerge::transaction::Transactable as _;
use automerge::{ActorId, Automerge, ROOT, ReadDoc as _};
use plenary_core::hub::{ConnId, ReplyTo};
use plenary_core::policy::{self, Action};
use plenary_core::{Ask, Input, document};
use plenary_protocol::access::Access;
use plenary_protocol::{Bureau, Role};
use plenary_sim::journal::Fault;
use plenary_sim::random::Random;
use plenary_sim::scene;
use plenary_sim::server::Server;

use crate::figures::Row;
use crate::{Failure, say};

/// Actors whose changes make up the past.
const ACTORS: usize = 50;
/// Changes of one message.
const MESSAGE_CHANGES: usize = 500;
/// The actor that was away.
const AWAY: u8 = ACTORS as u8 + 1;
/// Changes that are measured.
const MEASURED: usize = 500;

/// Measures at each length of the past.
pub fn run(pasts: &[usize]) -> Result<Vec<Row>, Failure> {
    let who = scene::person("br-1", Bureau::BR, Role::Drafter);
    let mut server = Server::new(&mut Random::new(1), Fault::None)?;
    let mut doc = document::load(&server.reader.save())?;
    let (mut rows, mut made) = (Vec::new(), 0);
    let grant = policy::check(&who, &scene::plan_id(), &Access::Everybody, Action::Edit)
        .map_err(|refusal| refusal.reason)?;
    let ask = Ask::Changes { changes: Vec::new(), because: None, answers: Vec::new() };
    let input = Input { reply: ReplyTo(0), grant, session: None, build: None, ask };
    for past in pasts {
        say(&format!("{past} changes of history"));
        while made < *past {
            let before = doc.get_heads();
            for _ in 0..MESSAGE_CHANGES.min(*past - made) {
                write(&mut doc, made, if made == 0 { AWAY } else { present(made) })?;
                made += 1;
            }
            let changes = doc.get_changes(&before).iter().map(|change| change.raw_bytes().to_vec()).collect();
            let ask = Ask::Changes { changes, because: None, answers: Vec::new() };
            server.mail((ConnId(1), 0), &who, ask).map_err(|turned| format!("turned away: {turned:?}"))?;
            server.settle()?;
        }
        let taken = server.hub.state().graph.len();
        if taken < *past {
            return Err(format!("of {past} changes {taken} were taken").into());
        }
        let mut measure = |actor: fn(usize) -> u8| {
            let mut changes = Vec::with_capacity(MEASURED);
            for number in made..made + MEASURED {
                let mut copy = doc.clone();
                let before = copy.get_heads();
                write(&mut copy, number, actor(number))?;
                changes.push(copy.get_changes(&before).remove(0).raw_bytes().to_vec());
            }
            let (mut times, mut alone) = (Vec::with_capacity(MEASURED), Vec::with_capacity(MEASURED));
            for bytes in &changes {
                let begun = Instant::now();
                let joins =
                    server.hub.examine_with_others(&input, bytes, 0).map_err(|refusal| refusal.reason)?;
                times.push(begun.elapsed());
                if !joins {
                    return Err("a change of one character is not tried with others".into());
                }
            }
            for bytes in &changes {
                let begun = Instant::now();
                server.hub.examine(&input.grant, bytes).map_err(|refusal| refusal.reason)?;
                alone.push(begun.elapsed());
            }
            Ok::<_, Failure>([times, alone])
        };
        rows.push(row(*past, measure(present)?, measure(|_| AWAY)?));
    }
    Ok(rows)
}

/// The actor of a change of the past.
fn present(number: usize) -> u8 {
    (number % ACTORS) as u8 + 1
}

fn write(doc: &mut Automerge, number: usize, actor: u8) -> Result<(), Failure> {
    doc.set_actor(ActorId::from(vec![actor; 16]));
    let target = scene::TARGETS[number % 2];
    let text = ["elements", target, "text", "en", "statement"]
        .iter()
        .try_fold(ROOT, |at, key| Some(doc.get(&at, *key).ok()??.1))
        .ok_or("the layout")?;
    let mut tx = doc.transaction();
    let length = tx.length(&text);
    // Texts stay short, as those of plans are: the past is long, not they.
    let delete = usize::from(length > 300);
    tx.splice_text(&text, number * 7 % (length - delete), delete as isize, "x")?;
    tx.commit();
    Ok(())
}

fn row(past: usize, present: [Vec<Duration>; 2], away: [Vec<Duration>; 2]) -> Row {
    let names = ["lines 1-3", "who was away", "alone", "alone, who was away"];
    let [[together, alone], [away, away_alone]] = [present, away];
    let row = Row::default().with("changes of history", past);
    names.iter().zip([together, away, alone, away_alone]).fold(row, |row, (name, mut times)| {
        times.sort_unstable();
        let at = |percent: usize| {
            let index = (times.len() * percent / 100).min(times.len() - 1);
            times[index].as_secs_f64() * 1e6
        };
        row.with_number(&format!("{name} p50 µs"), at(50)).with_number(&format!("{name} p99 µs"), at(99))
    })
}
