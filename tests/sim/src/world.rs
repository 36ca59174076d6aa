//! One run: clients, lines and server, and a schedule that follows from the seed.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use plenary_core::hub::{ConnId, Published};
use plenary_core::sync::{Incoming, Peer, Step, in_step};
use plenary_core::{Answer, Ask};
use plenary_protocol::wire::RefusalCode;
use plenary_protocol::{Bureau, Principal, Role, Seq};

use crate::check::acknowledged::Acknowledged;
use crate::check::{authority, convergence, durable, order, views};
use crate::client::{Admin, Client, Down, Hostile, Replica, Stock, Thin, Up};
use crate::journal::Fault;
use crate::random::Random;
use crate::scene::person;
use crate::server::{Server, Told};
use crate::trace::Trace;

/// Steps of the schedule before all is delivered.
const STEPS: usize = 600;
/// Rounds after which a world in which all is delivered must be quiet.
const ROUNDS_MAX: usize = 300;

/// What the server keeps of one line.
struct Session {
    from: Option<Seq>,
    /// The last entry it was told; none before it is subscribed.
    told: Option<Seq>,
    peer: Peer,
    /// Groups of a sync message that wait for the hub, and whether it is all the replica has.
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
    server: Server,
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
            let ended = world.live().and_then(|()| world.settle());
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
            place(crate::scene::admin(), Box::<Admin>::default()),
        ];
        let (trace, counts) = (Trace::default(), BTreeMap::new());
        let acknowledged = Acknowledged::default();
        Ok(World { random, server, places, acknowledged, conns: 0, asked: 0, fault, trace, counts })
    }

    fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    fn live(&mut self) -> Result<(), String> {
        for _ in 0..STEPS {
            let index = self.random.below(self.places.len());
            match self.random.below(200) {
                0..40 => {
                    let said = self.places[index].client.act(&mut self.random)?;
                    self.say(index, said);
                }
                40..80 => self.deliver_up(index)?,
                80..120 => self.deliver_down(index)?,
                120..145 => self.group(),
                145..175 => self.server.disk()?,
                175..190 => self.land()?,
                190..193 => self.cut(index),
                193..197 => self.connect(index),
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

    fn connect(&mut self, index: usize) {
        if self.places[index].line.is_some() {
            return;
        }
        self.conns += 1;
        let conn = ConnId(self.conns);
        let place = &mut self.places[index];
        let session =
            Session { from: None, told: None, peer: Peer::new(false), job: None, steps: VecDeque::new() };
        place.line = Some((conn, session));
        if place.client.is_stock() {
            self.server.mail((conn, 0), &place.who, Ask::Subscribe { conn });
        }
        let said = place.client.connected();
        self.trace.note(format_args!("{index} connects"));
        self.say(index, said);
    }

    fn cut(&mut self, index: usize) {
        let place = &mut self.places[index];
        place.up.clear();
        place.down.clear();
        if let Some((conn, _)) = place.line.take() {
            self.server.mail((conn, 0), &place.who, Ask::Unsubscribe { conn });
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
        let conn = *conn;
        let (number, ask) = match up {
            Up::Subscribe(from) => {
                session.from = from;
                session.told = None;
                (0, Ask::Subscribe { conn })
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
                (0, Ask::Advance { id, stage, because: Some("as simulated".into()) })
            }
            Up::Sync(bytes) => return self.sync(index, &bytes),
        };
        self.server.mail((conn, number), &place.who, ask);
        Ok(())
    }

    /// A sync message, as the edge of `/sync` takes it.
    fn sync(&mut self, index: usize, bytes: &[u8]) -> Result<(), String> {
        self.server.pull()?;
        let Some((_, session)) = &mut self.places[index].line else { return Ok(()) };
        let Ok(incoming) = Incoming::decode(bytes) else { return self.refuse(index) };
        if session.peer.acknowledges(&incoming) {
            return Ok(());
        }
        match session.peer.receive(&mut self.server.reader, incoming) {
            Ok(received) if received.groups.is_empty() => self.answer(index),
            Ok(received) => {
                session.job = Some((received.groups.into(), received.complete));
                self.next_group(index)
            }
            Err(_) => {
                self.cut(index);
                Ok(())
            }
        }
    }

    /// The next group of a sync message goes to the hub; after the last one the replica is answered.
    fn next_group(&mut self, index: usize) -> Result<(), String> {
        let place = &mut self.places[index];
        let Some((conn, session)) = &mut place.line else { return Ok(()) };
        let Some((groups, complete)) = &mut session.job else { return Ok(()) };
        if let Some(changes) = groups.pop_front() {
            let ask = Ask::Changes { changes, because: None, answers: Vec::new() };
            self.server.mail((*conn, 1), &place.who, ask);
            return Ok(());
        }
        let complete = *complete;
        session.job = None;
        if complete { self.steps(index) } else { self.answer(index) }
    }

    /// Tells a replica the steps that came while its message was on its way.
    fn steps(&mut self, index: usize) -> Result<(), String> {
        let place = &mut self.places[index];
        let Some((_, session)) = &mut place.line else { return Ok(()) };
        while let Some((seq, step)) = session.steps.pop_front() {
            if session.told.is_some_and(|told| seq <= told) {
                continue;
            }
            durable::check(self.server.journal.certain(), seq, None)?;
            session.peer.told(&step);
            session.told = Some(seq);
            place.down.push_back(Down::Sync(step.message));
        }
        Ok(())
    }

    fn answer(&mut self, index: usize) -> Result<(), String> {
        self.server.pull()?;
        let seq = self.server.reader.seq();
        durable::check(self.server.journal.certain(), seq, None)?;
        let place = &mut self.places[index];
        let Some((_, session)) = &mut place.line else { return Ok(()) };
        match session.peer.answer(&self.server.reader) {
            Ok(Some(bytes)) => {
                session.told = Some(seq);
                place.down.push_back(Down::Sync(bytes));
                self.steps(index)
            }
            Ok(None) => self.steps(index),
            Err(refusal) if refusal.code == RefusalCode::MissingDependency => self.refuse(index),
            Err(_) => {
                self.cut(index);
                Ok(())
            }
        }
    }

    /// A stock replica whose changes are refused for good: a fresh one of the same person takes its place.
    fn refuse(&mut self, index: usize) -> Result<(), String> {
        self.count("stock replicas refused");
        self.places[index].client.refused();
        self.cut(index);
        Ok(())
    }

    fn deliver_down(&mut self, index: usize) -> Result<(), String> {
        if let Some(down) = self.places[index].down.pop_front() {
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
            }
        }
        Ok(())
    }

    fn place_of(&self, conn: ConnId) -> Option<usize> {
        self.places.iter().position(|place| place.line.as_ref().is_some_and(|(own, _)| *own == conn))
    }

    fn publish(&mut self, to: &[ConnId], entries: &[Published]) -> Result<(), String> {
        let Some(last) = entries.last().map(|entry| entry.view.seq) else { return Ok(()) };
        durable::check(self.server.journal.certain(), last, None)?;
        self.trace.note(format_args!("told up to entry {last}"));
        let changes = entries.iter().filter_map(|entry| entry.change.clone()).collect();
        let step = in_step(self.server.hub.state().heads_at(last), changes);
        for conn in to {
            let Some(index) = self.place_of(*conn) else { continue };
            let loses = self.fault == Fault::LosesEntries && self.random.chance(20);
            let place = &mut self.places[index];
            let is_stock = place.client.is_stock();
            let Some((_, session)) = &mut place.line else { continue };
            if is_stock {
                session.steps.push_back((last, step.clone()));
                if session.job.is_none() {
                    self.steps(index)?;
                }
                continue;
            }
            for entry in entries.iter().filter(|entry| session.told.is_some_and(|told| entry.view.seq > told))
            {
                if !loses {
                    place.down.push_back(Down::Entry(Box::new(entry.clone())));
                }
            }
            session.told = session.told.map(|told| told.max(last));
        }
        Ok(())
    }

    fn answered(&mut self, conn: ConnId, number: u64, answer: Answer) -> Result<(), String> {
        if let Answer::Done { entries, .. } | Answer::Partly { entries, .. } = &answer {
            for entry in entries {
                durable::check(self.server.journal.certain(), entry.seq, Some(entry.leaf))?;
            }
            self.acknowledged.note(entries)?;
            self.count("done");
        }
        if let Answer::Refused { refusal, .. } | Answer::Partly { refusal, .. } = &answer {
            self.trace.note(format_args!("refused: {:?}", refusal.code));
            self.count("refused");
        }
        let Some(index) = self.place_of(conn) else { return Ok(()) };
        if let Answer::Subscribed { head } = answer {
            return self.subscribed(index, head);
        }
        if !self.places[index].client.is_stock() {
            self.places[index].down.push_back(Down::Answer(number, answer));
            return Ok(());
        }
        match answer {
            Answer::Refused { refusal, .. } | Answer::Partly { refusal, .. } => match refusal.code {
                RefusalCode::Busy | RefusalCode::Unavailable | RefusalCode::ReadOnly => {
                    self.cut(index);
                    Ok(())
                }
                _ => self.refuse(index),
            },
            _ => self.next_group(index),
        }
    }

    fn subscribed(&mut self, index: usize, head: Seq) -> Result<(), String> {
        let place = &mut self.places[index];
        let Some((_, session)) = &mut place.line else { return Ok(()) };
        if place.client.is_stock() {
            session.told = Some(Seq::ZERO);
            return Ok(());
        }
        let Some(from) = session.from else {
            let seq = self.server.reader.seq();
            durable::check(self.server.journal.certain(), seq, None)?;
            session.told = Some(seq);
            place.down.push_back(Down::Snapshot(seq, self.server.reader.save()));
            return Ok(());
        };
        durable::check(self.server.journal.certain(), head, None)?;
        session.told = Some(head.max(from));
        place.down.push_back(Down::Subscribed);
        let missed = self.server.past.events.iter().filter(|event| {
            let seq = event.envelope.seq;
            seq > from && seq <= head
        });
        place.down.extend(missed.map(|event| Down::Entry(Box::new(Published::of(event)))));
        Ok(())
    }

    /// All is delivered, and then everything is held against the log.
    fn settle(&mut self) -> Result<(), String> {
        let mut rounds = 0;
        while !self.is_quiet() {
            rounds += 1;
            if rounds > ROUNDS_MAX {
                return Err(format!("after {ROUNDS_MAX} rounds something still waits"));
            }
            for index in 0..self.places.len() {
                self.connect(index);
                for _ in 0..self.places[index].up.len() {
                    self.deliver_up(index)?;
                }
            }
            while self.server.can_group() || !self.server.is_quiet() {
                self.group();
                self.server.disk()?;
                self.land()?;
            }
            for index in 0..self.places.len() {
                for _ in 0..self.places[index].down.len() {
                    self.deliver_down(index)?;
                }
            }
        }
        self.check()
    }

    fn is_quiet(&self) -> bool {
        let settled = |place: &Place| {
            place.line.is_some() && place.up.is_empty() && place.down.is_empty() && !place.client.is_waiting()
        };
        self.server.is_quiet() && self.places.iter().all(settled)
    }

    fn check(&mut self) -> Result<(), String> {
        let log = &self.server.past.events;
        order::check(log)?;
        self.acknowledged.check(log)?;
        let forbidden: BTreeSet<_> =
            self.places.iter().flat_map(|place| place.client.forbidden().iter().copied()).collect();
        authority::check(log, &forbidden)?;
        let folded = convergence::folded(log)?;
        convergence::check_loads(&folded)?;
        for (index, place) in self.places.iter().enumerate() {
            if let Some(doc) = place.client.document() {
                convergence::check(&format!("client {index}"), doc, &folded)?;
            }
        }
        let earlier = [Seq(1 + self.random.below(log.len()) as u64)];
        views::check(&self.server.reader, log, &earlier)?;
        views::check_hub(&self.server.hub, log)?;
        let last = log.last().map(|event| event.leaf);
        self.trace.note(format_args!("{} entries, the last {last:?}", log.len()));
        self.counts.insert("entries", log.len());
        self.counts.insert("acknowledged", self.acknowledged.count());
        Ok(())
    }
}
