//! What the server's edges do: sync messages in and out, answers, entries to who is subscribed.

use plenary_core::hub::{ConnId, Published};
use plenary_core::sync::{Incoming, in_step};
use plenary_core::{Answer, Ask};
use plenary_protocol::Seq;
use plenary_protocol::wire::RefusalCode;

use super::{SUBSCRIPTION, World};
use crate::check::{authority, durable};
use crate::client::Down;
use crate::journal::Fault;

impl World {
    /// A sync message, as the edge of `/sync` takes it.
    pub(super) fn sync(&mut self, index: usize, bytes: &[u8]) -> Result<(), String> {
        self.server.pull()?;
        let Some((_, session)) = &mut self.places[index].line else { return Ok(()) };
        let Ok(incoming) = Incoming::decode(bytes) else { return self.refuse(index) };
        // The first message of a line is answered in any case.
        let first = session.told == Some(Seq::ZERO);
        if !first && session.peer.acknowledges(&incoming) {
            return Ok(());
        }
        let brings = !incoming.is_empty();
        match session.peer.receive(&mut self.server.reader, incoming) {
            Ok(received) if received.groups.is_empty() => self.answer(index),
            Ok(received) => {
                session.job = Some((received.groups.into(), received.complete && brings && !first));
                self.next_group(index)
            }
            Err(_) => {
                self.cut(index);
                Ok(())
            }
        }
    }

    /// The next group of a sync message goes to the hub; after the last one the replica is answered.
    pub(super) fn next_group(&mut self, index: usize) -> Result<(), String> {
        let place = &mut self.places[index];
        let Some((conn, session)) = &mut place.line else { return Ok(()) };
        let Some((groups, complete)) = &mut session.job else { return Ok(()) };
        if let Some(changes) = groups.pop_front() {
            let ask = Ask::Changes { changes, because: None, answers: Vec::new() };
            let tag = (*conn, 1);
            return self.ask(index, tag, ask);
        }
        let complete = *complete;
        session.job = None;
        if complete { self.steps(index) } else { self.answer(index) }
    }

    /// Tells a replica the steps that came while its message was on its way.
    pub(super) fn steps(&mut self, index: usize) -> Result<(), String> {
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

    pub(super) fn answer(&mut self, index: usize) -> Result<(), String> {
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
    pub(super) fn refuse(&mut self, index: usize) -> Result<(), String> {
        self.count("stock replicas refused");
        self.places[index].client.refused();
        self.cut(index);
        Ok(())
    }

    pub(super) fn place_of(&self, conn: ConnId) -> Option<usize> {
        self.places.iter().position(|place| place.line.as_ref().is_some_and(|(own, _)| *own == conn))
    }

    pub(super) fn publish(&mut self, to: &[ConnId], entries: &[Published]) -> Result<(), String> {
        let Some(last) = entries.last().map(|entry| entry.view.seq) else { return Ok(()) };
        durable::check(self.server.journal.certain(), last, None)?;
        self.trace.note(format_args!("told up to entry {last}"));
        let changes = entries.iter().filter_map(|entry| entry.change.clone()).collect();
        let step = in_step(self.server.hub.state().heads_at(last), changes);
        for conn in to {
            let Some(index) = self.place_of(*conn) else { continue };
            let loses = self.fault == Fault::LosesEntries && self.random.chance(20);
            let place = &mut self.places[index];
            if !self.server.access_changed {
                authority::check_told(&place.who, &self.server.access)?;
            }
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

    pub(super) fn answered(&mut self, conn: ConnId, number: u64, answer: Answer) -> Result<(), String> {
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
        // Whose subscription is refused, the plan closed before the hub heard it, begins again later.
        if number == SUBSCRIPTION && matches!(answer, Answer::Refused { .. }) {
            self.count("turned away");
            self.cut(index);
            return Ok(());
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

    pub(super) fn subscribed(&mut self, index: usize, head: Seq) -> Result<(), String> {
        let place = &mut self.places[index];
        let Some((_, session)) = &mut place.line else { return Ok(()) };
        if place.client.is_stock() {
            session.told = Some(Seq::ZERO);
            return Ok(());
        }
        // Of a group that closes the plan, what came before that is still told.
        if !self.server.access_changed {
            authority::check_told(&place.who, &self.server.access)?;
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
}
