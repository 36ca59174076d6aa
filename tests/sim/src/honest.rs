//! Honest changes in bulk: people with several replicas each write what the library lets them write, and
//! none of it may be refused.
//!
//! Replicas lag, queue for long, take in each other's changes before the server has them (tabs of one
//! person), begin anew under other actors, and send over `/live` or as one sync message with compressed
//! changes.  Everything follows from the seed.

mod acts;

use std::collections::{BTreeMap, HashSet, VecDeque};

use automerge::sync::{ChunkList, Message, MessageVersion};
use automerge::{ActorId, Automerge, Change, ChangeHash};
use plenary_core::hub::ConnId;
use plenary_core::order::in_order;
use plenary_core::sync::{Incoming, Peer};
use plenary_core::{Answer, Ask, document};
use plenary_protocol::record::{Act, Event};
use plenary_protocol::{Bureau, Principal, Role};

use crate::check::{convergence, views};
use crate::journal::Fault;
use crate::random::Random;
use crate::scene::person;
use crate::server::{Server, Told};

use acts::Undo;

/// Changes of one plan, after which another one begins: the library walks a whole text for a change of it, so
/// many small plans have more changes tried in a time than a few large ones, and their beginnings differ.
pub const CHANGES_PER_PLAN: usize = 500;
/// Changes of one message.
const MESSAGE_CHANGES: usize = 400;
/// Heads that a replica remembers, to write at them.
const HEADS_REMEMBERED: usize = 24;

/// What each run of several plans does.
pub const KINDS: [&str; 16] = [
    "splices",
    "texts rewritten",
    "marks",
    "undone",
    "values",
    "moves",
    "members",
    "texts in another language",
    "remarks of links",
    "long texts",
    "empty changes",
    "edits at earlier heads",
    "compressed changes",
    "merges of tabs",
    "messages sent again",
    "messages out of order",
];

/// How often what was done.
pub type Counts = BTreeMap<&'static str, usize>;

/// A replica of somebody.
struct Replica {
    who: Principal,
    own: Bureau,
    doc: Automerge,
    /// Entries that it has taken in.
    taken: usize,
    /// The log's heads as of then.
    synced: Vec<ChangeHash>,
    sent: HashSet<ChangeHash>,
    heads: VecDeque<Vec<ChangeHash>>,
    undo: VecDeque<Undo>,
    by_sync: bool,
    /// Whether its messages have changes before those that they build on.
    mixes: bool,
}

impl Replica {
    /// What the server does not have, as far as it knows.
    fn waiting(&self) -> Vec<Change> {
        let mut changes = self.doc.get_changes(&self.synced);
        changes.retain(|change| !self.sent.contains(&change.hash()));
        changes
    }
}

/// One plan and who writes in it.
struct Crowd {
    random: Random,
    server: Server,
    replicas: Vec<Replica>,
    loads: u64,
    counts: Counts,
}

/// Has a plan written in until the log has so many changes; counts what was done.
///
/// # Errors
/// What was refused, or does not agree in the end.
pub fn run(seed: u64, changes: usize) -> Result<Counts, String> {
    let mut crowd = Crowd::new(seed)?;
    while crowd.server.hub.state().graph.len() < changes {
        crowd.step()?;
    }
    crowd.settle()?;
    let changes = crowd.server.hub.state().graph.len();
    crowd.count("changes", changes);
    Ok(crowd.counts)
}

/// First changes of people who have just opened the plan, one of each.
///
/// # Errors
/// When none can be made.
pub fn samples(count: usize) -> Result<Vec<Vec<u8>>, String> {
    let saved = Crowd::new(0)?.server.reader.save();
    let mut made = Vec::new();
    let mut random = Random::new(1);
    while made.len() < count {
        let actor = ActorId::from([&[0x51; 8][..], &random.number().to_be_bytes()].concat());
        let mut doc = document::load(&saved)?.with_actor(actor);
        let (before, none) = (doc.get_heads(), VecDeque::new());
        acts::write(&mut doc, Bureau::BR, &none, &mut VecDeque::new(), &mut random)?;
        made.extend(doc.get_changes(&before).first().map(|change| change.raw_bytes().to_vec()));
    }
    Ok(made)
}

impl Crowd {
    fn new(seed: u64) -> Result<Crowd, String> {
        let mut random = Random::new(seed);
        let server = Server::new(&mut random, Fault::None)?;
        let mut crowd = Crowd { random, server, replicas: Vec::new(), loads: 0, counts: Counts::new() };
        let people = [("br-1", Bureau::BR), ("tsb-1", Bureau::TSB), ("br-2", Bureau::BR)];
        for (name, own) in people {
            // Two tabs each, one on either socket.
            for by_sync in [false, true] {
                let who = person(name, own, Role::Drafter);
                let (doc, heads, undo) = (document::empty(), VecDeque::new(), VecDeque::new());
                let (synced, sent) = (Vec::new(), HashSet::new());
                let mixes = own == Bureau::TSB;
                let replica = Replica { who, own, doc, taken: 0, synced, sent, heads, undo, by_sync, mixes };
                crowd.replicas.push(replica);
                let index = crowd.replicas.len() - 1;
                crowd.take(index)?;
                crowd.load(index)?;
            }
        }
        Ok(crowd)
    }

    fn count(&mut self, what: &'static str, times: usize) {
        *self.counts.entry(what).or_default() += times;
    }

    fn step(&mut self) -> Result<(), String> {
        let index = self.random.below(self.replicas.len());
        match self.random.below(100) {
            0..50 => {
                let times = if self.random.chance(1) { 150 } else { 1 + self.random.below(12) };
                (0..times).try_for_each(|_| self.write(index))
            }
            50..80 => {
                let others: Vec<usize> =
                    (0..self.replicas.len()).filter(|_| self.random.chance(30)).collect();
                others.into_iter().try_for_each(|index| self.send(index))?;
                self.send(index)?;
                self.deliver()
            }
            80..92 => self.take(index),
            92..97 => self.merge(index),
            97 => self.repeat(index),
            _ => self.load(index),
        }
    }

    fn write(&mut self, index: usize) -> Result<(), String> {
        let Replica { doc, own, heads, undo, .. } = &mut self.replicas[index];
        if let Some(what) = acts::write(doc, *own, heads, undo, &mut self.random)? {
            self.count(what, 1);
        }
        let replica = &mut self.replicas[index];
        replica.heads.push_back(replica.doc.get_heads());
        if replica.heads.len() > HEADS_REMEMBERED {
            replica.heads.pop_front();
        }
        Ok(())
    }

    /// Hands what waits to the server, which looks at it when it comes to that.
    fn send(&mut self, index: usize) -> Result<(), String> {
        let changes = self.replicas[index].waiting();
        self.replicas[index].sent.extend(changes.iter().map(Change::hash));
        let mixes = self.replicas[index].mixes && self.random.chance(50);
        if !self.replicas[index].by_sync {
            let bytes: Vec<Vec<u8>> = changes.iter().map(|change| change.raw_bytes().to_vec()).collect();
            return bytes.chunks(MESSAGE_CHANGES).try_for_each(|part| {
                let mut part = part.to_vec();
                if mixes {
                    part.reverse();
                    self.count("messages out of order", 1);
                }
                self.mail(index, part)
            });
        }
        // What comes as a sync message is sorted against what the plan has, so that must be known.
        self.deliver()?;
        let mut chunks: Vec<Vec<u8>> =
            changes.into_iter().map(|mut change| change.bytes().into_owned()).collect();
        let compressed = chunks.iter().filter(|bytes| bytes.get(8) == Some(&2)).count();
        self.count("compressed changes", compressed);
        if mixes {
            chunks.reverse();
        }
        self.sync(index, chunks)
    }

    fn sync(&mut self, index: usize, chunks: Vec<Vec<u8>>) -> Result<(), String> {
        let message = Message {
            heads: self.replicas[index].doc.get_heads(),
            need: Vec::new(),
            have: Vec::new(),
            changes: ChunkList::from(chunks),
            flags: None,
            version: MessageVersion::V1,
        };
        let incoming = Incoming::decode(&message.encode()).map_err(|refusal| format!("{refusal:?}"))?;
        let received = Peer::new(false).receive(&mut self.server.reader, incoming);
        for group in received.map_err(|refusal| format!("{refusal:?}"))?.groups {
            self.mail(index, group)?;
            self.deliver()?;
        }
        Ok(())
    }

    /// Sends again what the server has already.
    fn repeat(&mut self, index: usize) -> Result<(), String> {
        let changes: Vec<Vec<u8>> =
            self.server.past.events.iter().rev().take(20).rev().filter_map(change_of).collect();
        self.mail(index, changes)?;
        self.count("messages sent again", 1);
        self.deliver()
    }

    fn mail(&mut self, index: usize, changes: Vec<Vec<u8>>) -> Result<(), String> {
        if changes.is_empty() {
            return Ok(());
        }
        if !self.server.has_room() {
            self.deliver()?;
        }
        let ask = Ask::Changes { changes: in_order(changes), because: None, answers: Vec::new() };
        let mailed = self.server.mail((ConnId(index as u64), 0), &self.replicas[index].who, ask);
        mailed.map_err(|turned| format!("an honest message was turned away: {turned:?}"))
    }

    /// The server looks at all that waits, and everything is to be done.
    fn deliver(&mut self) -> Result<(), String> {
        for told in self.server.settle()? {
            match told {
                Told::Answer(_, Answer::Done { .. }) | Told::Entries(..) | Told::Expelled(_) => {}
                Told::Answer((ConnId(index), _), answer) => {
                    return Err(format!("an honest change of replica {index} was refused: {answer:?}"));
                }
            }
        }
        Ok(())
    }

    fn take(&mut self, index: usize) -> Result<(), String> {
        let replica = &mut self.replicas[index];
        let events = &self.server.past.events;
        let fresh = events[replica.taken..].iter().filter_map(change_of);
        let fresh = fresh.map(|bytes| Change::from_bytes(bytes).map_err(|error| error.to_string()));
        document::apply(&mut replica.doc, fresh.collect::<Result<_, _>>()?)?;
        replica.taken = events.len();
        replica.synced = self.server.hub.state().heads_at(self.server.reader.seq()).to_vec();
        replica.sent.clear();
        Ok(())
    }

    /// A tab takes in what the other tab of the same person has, sent or not.
    fn merge(&mut self, index: usize) -> Result<(), String> {
        let mut other = self.replicas[index ^ 1].doc.clone();
        self.replicas[index].doc.merge(&mut other).map_err(|error| error.to_string())?;
        self.count("merges of tabs", 1);
        Ok(())
    }

    /// A replica is saved and opened again, as on a new load of a page: under another actor.
    fn load(&mut self, index: usize) -> Result<(), String> {
        self.loads += 1;
        let replica = &mut self.replicas[index];
        let mut actor = vec![index as u8 + 1; 16];
        actor[8..].copy_from_slice(&self.loads.to_be_bytes());
        replica.doc = document::load(&replica.doc.save())?.with_actor(ActorId::from(actor));
        Ok(())
    }

    /// All is sent and told, and everybody has the same, which loads again.
    fn settle(&mut self) -> Result<(), String> {
        for index in 0..self.replicas.len() {
            self.send(index)?;
            self.deliver()?;
        }
        let folded = convergence::folded(&self.server.past.events)?;
        convergence::check_loads(&folded)?;
        for index in 0..self.replicas.len() {
            self.take(index)?;
            convergence::check(&format!("replica {index}"), &self.replicas[index].doc, &folded)?;
        }
        self.server.snapshot()?;
        views::check_hub(&self.server.hub, &self.server.past.events)
    }
}

fn change_of(event: &Event) -> Option<Vec<u8>> {
    match &event.payload.act {
        Act::Change(act) => Some(act.change.clone()),
        _ => None,
    }
}
