//! One run: clients, lines and server, and a schedule that follows from the seed.

mod edge;
mod settle;

use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};

use plenary_core::hub::ConnId;
use plenary_core::sync::{Peer, Step};
use plenary_core::{Answer, Ask};
use plenary_protocol::access::Access;
use plenary_protocol::wire::{Refusal, RefusalCode};
use plenary_protocol::{Bureau, Principal, Role, Seq};

use crate::check::acknowledged::Acknowledged;
use crate::check::{order, views};
use crate::client::{Admin, Client, Down, Hostile, Replica, Stock, Thin, Up};
use crate::journal::Fault;
use crate::random::Random;
use crate::scene::{self, person};
use crate::server::{Server, Tag, Told, Turned};
use crate::trace::Trace;

/// The number of an ask to subscribe; clients count theirs from zero.
const SUBSCRIPTION: u64 = u64::MAX;

/// Steps of the schedule before all is delivered.
const STEPS: usize = 1000;

/// What the server keeps of one line.
struct Session {
    from: Option<Seq>,
    /// The last entry it was told; none before it is subscribed.
    told: Option<Seq>,
    peer: Peer,
    /// Groups of a sync message that wait for the hub, and whether the step that tells them is all the
    /// answer that the replica needs.
    job: Option<(VecDeque<Vec<Vec<u8>>>, bool)>,
    steps: VecDeque<(Seq, Step)>,
}

/// A client and its line.
struct Place {
    who: Principal,
    client: Box<dyn Client>,
    line: Option<(ConnId, Session)>,
    up: VecDeque<Up>,
    down: VecDeque<Down>,
}

/// One run.
pub struct World {
    random: Random,
    /// The server.
    pub server: Server,
    places: Vec<Place>,
    acknowledged: Acknowledged,
    conns: u64,
    asked: u64,
    fault: Fault,
    /// What happened.
    pub trace: Trace,
    /// How often what happened.
    pub counts: BTreeMap<&'static str, usize>,
}

/// Runs a seed to its end; gives the world for its trace and counts, and what a checker found.
pub fn run(seed: u64, fault: Fault) -> (Option<World>, Result<(), String>) {
    match World::new(seed, fault) {
        Ok(mut world) => {
            // A panic is a finding too, and its seed must be known.
            let lived = catch_unwind(AssertUnwindSafe(|| world.live().and_then(|()| world.settle())));
            let ended = lived.unwrap_or_else(|_| Err("it panicked".to_owned()));
            (Some(world), ended)
        }
        Err(error) => (None, Err(error)),
    }
}

impl World {
    fn new(seed: u64, fault: Fault) -> Result<World, String> {
        let mut random = Random::new(seed);
        let server = Server::new(&mut random, fault)?;
        let drafter = |name: &str, bureau| person(name, bureau, Role::Drafter);
        let place = |who, client: Box<dyn Client>| Place {
            who,
            client,
            line: None,
            up: VecDeque::new(),
            down: VecDeque::new(),
        };
        let places = vec![
            place(drafter("br-1", Bureau::BR), Box::new(Replica::new(1, Bureau::BR))),
            place(drafter("tsb-1", Bureau::TSB), Box::new(Replica::new(2, Bureau::TSB))),
            place(drafter("br-2", Bureau::BR), Box::new(Thin::new(3, Bureau::BR))),
            place(drafter("tsb-2", Bureau::TSB), Box::new(Thin::new(4, Bureau::TSB))),
            place(drafter("br-3", Bureau::BR), Box::new(Stock::new(5, Bureau::BR))),
            place(drafter("tsb-3", Bureau::TSB), Box::new(Stock::new(6, Bureau::TSB))),
            place(drafter("tsb-4", Bureau::TSB), Box::new(Hostile::new(7, Bureau::TSB))),
            place(scene::admin(), Box::<Admin>::default()),
        ];
        let (trace, counts) = (Trace::default(), BTreeMap::new());
        let acknowledged = Acknowledged::default();
        Ok(World { random, server, places, acknowledged, conns: 0, asked: 0, fault, trace, counts })
    }

    fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    fn live(&mut self) -> Result<(), String> {
        for index in 0..self.places.len() {
            self.connect(index)?;
        }
        for _ in 0..STEPS {
            let index = self.random.below(self.places.len());
            match self.random.below(200) {
                0..35 => {
                    let said = self.places[index].client.act(&mut self.random)?;
                    self.say(index, said);
                }
                35..75 => self.deliver_up(index)?,
                75..115 => self.deliver_down(index)?,
                115..138 => self.group(),
                138..164 => self.server.disk()?,
                164..180 => self.land()?,
                180..183 => self.cut(index),
                183..197 => self.connect(index)?,
                197 => self.server.snapshot()?,
                198 => self.crash()?,
                _ => self.say_twice(index),
            }
        }
        Ok(())
    }

    fn group(&mut self) {
        if self.server.can_group() {
            let most = 1 + self.random.below(8);
            let entries = self.server.group(most);
            self.trace.note(format_args!("group of {entries} entries"));
        }
    }

    fn connect(&mut self, index: usize) -> Result<(), String> {
        if self.places[index].line.is_some() {
            return Ok(());
        }
        self.conns += 1;
        let conn = ConnId(self.conns);
        let place = &mut self.places[index];
        let session =
            Session { from: None, told: None, peer: Peer::new(false), job: None, steps: VecDeque::new() };
        place.line = Some((conn, session));
        if place.client.is_stock() {
            let taken = self.server.mail((conn, SUBSCRIPTION), &place.who, Ask::Subscribe { conn });
            if taken.is_err() {
                self.count("turned away");
                self.cut(index);
                return Ok(());
            }
        }
        let place = &mut self.places[index];
        let said = place.client.connected()?;
        self.trace.note(format_args!("{index} connects"));
        self.say(index, said);
        Ok(())
    }

    fn cut(&mut self, index: usize) {
        let place = &mut self.places[index];
        place.up.clear();
        place.down.clear();
        if let Some((conn, _)) = place.line.take() {
            let gone = self.server.mail((conn, 0), &place.who, Ask::Unsubscribe { conn });
            debug_assert!(gone.is_ok(), "whoever goes is let go");
            self.trace.note(format_args!("{index} is cut"));
            self.count("cuts");
        }
    }

    fn crash(&mut self) -> Result<(), String> {
        let before = self.server.journal.certain().to_vec();
        let mut random = self.random.fork();
        self.server.crash(&mut random)?;
        self.trace.note(format_args!("crash; {} entries are left", self.server.past.events.len()));
        self.count("crashes");
        for place in &mut self.places {
            place.line = None;
            place.up.clear();
            place.down.clear();
        }
        let log = &self.server.past.events;
        order::check(log)?;
        self.acknowledged.check(log)?;
        order::check_goes_on(&before, log)?;
        views::check_hub(&self.server.hub, log)
    }

    fn say(&mut self, index: usize, said: Vec<Up>) {
        let place = &mut self.places[index];
        if place.line.is_some() {
            place.up.extend(said);
        }
    }

    fn say_twice(&mut self, index: usize) {
        let again = self.places[index].up.back().filter(|up| matches!(up, Up::Changes(..) | Up::Edit(_)));
        if let Some(again) = again.cloned() {
            self.places[index].up.push_back(again);
            self.count("duplicates");
        }
    }

    fn deliver_up(&mut self, index: usize) -> Result<(), String> {
        let place = &mut self.places[index];
        let Some((conn, session)) = &mut place.line else { return Ok(()) };
        let is_sync = matches!(place.up.front(), Some(Up::Sync(_)));
        if is_sync && (session.told.is_none() || session.job.is_some()) {
            return Ok(());
        }
        let Some(up) = place.up.pop_front() else { return Ok(()) };
        self.trace.note(format_args!("{index} > {up}"));
        let conn = *conn;
        let (number, ask) = match up {
            Up::Subscribe(from) => {
                session.from = from;
                session.told = None;
                (SUBSCRIPTION, Ask::Subscribe { conn })
            }
            Up::Changes(number, changes) => {
                (number, Ask::Changes { changes, because: None, answers: Vec::new() })
            }
            Up::Edit(edit) => {
                let number = edit.id.as_str().rsplit('-').next().and_then(|tail| tail.parse().ok());
                (number.unwrap_or_default(), Ask::Edit { edit, formers: Vec::new() })
            }
            Up::Advance(stage) => {
                self.asked += 1;
                let id = format!("s-{}", self.asked).parse().map_err(|_| "a name".to_owned())?;
                let because = Some("as simulated".into());
                (
                    0,
                    Ask::Advance {
                        id,
                        stage,
                        because,
                        despite: true,
                        former: None,
                        voices: Default::default(),
                    },
                )
            }
            Up::Access(narrow) => {
                self.asked += 1;
                let id = format!("a-{}", self.asked).parse().map_err(|_| "a name".to_owned())?;
                let access = if narrow { scene::narrow() } else { Access::Everybody };
                (0, Ask::SetAccess { id, access, because: None })
            }
            Up::Sync(bytes) => return self.sync(index, &bytes),
        };
        self.ask(index, (conn, number), ask)
    }

    /// Passes an ask on; who is told that the mailbox is full tries again, who may not ask is let go.
    fn ask(&mut self, index: usize, tag: Tag, ask: Ask) -> Result<(), String> {
        let is_subscription = matches!(ask, Ask::Subscribe { .. });
        match self.server.mail(tag, &self.places[index].who, ask) {
            Ok(()) => Ok(()),
            Err(Turned::Busy) if !is_subscription => {
                self.count("busy");
                let refusal = Refusal::new(RefusalCode::Busy, "the plan is busy");
                self.answered(tag.0, tag.1, Answer::Refused { refusal, changes: Vec::new() })
            }
            Err(_) => {
                self.count("turned away");
                self.cut(index);
                Ok(())
            }
        }
    }

    fn deliver_down(&mut self, index: usize) -> Result<(), String> {
        if let Some(down) = self.places[index].down.pop_front() {
            self.trace.note(format_args!("{index} < {down}"));
            let said =
                self.places[index].client.hear(down).map_err(|error| format!("client {index}: {error}"))?;
            self.say(index, said);
        }
        Ok(())
    }

    fn land(&mut self) -> Result<(), String> {
        if !self.server.can_land() {
            return Ok(());
        }
        for told in self.server.land()? {
            match told {
                Told::Entries(to, entries) => self.publish(&to, &entries)?,
                Told::Answer((conn, number), answer) => self.answered(conn, number, answer)?,
                Told::Expelled(conns) => {
                    for index in conns.into_iter().filter_map(|conn| self.place_of(conn)).collect::<Vec<_>>()
                    {
                        self.count("expelled");
                        self.cut(index);
                    }
                }
            }
        }
        Ok(())
    }
}
