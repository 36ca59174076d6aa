//! The end of a run: all is delivered, and everything is held against the log.

use std::collections::BTreeSet;

use plenary_protocol::Seq;

use super::World;
use crate::check::{authority, convergence, order, views};

/// Rounds after which a world in which all is delivered must be quiet.
const ROUNDS_MAX: usize = 300;

impl World {
    /// All is delivered, and then everything is held against the log.
    pub(super) fn settle(&mut self) -> Result<(), String> {
        // One whose message was altered on its way may wait for good for what it believes to have said.
        for index in 0..self.places.len() {
            if self.places[index].client.is_garbled() {
                self.cut(index);
            }
            self.connect(index)?;
            let said = self.places[index].client.flush();
            self.say(index, said);
        }
        let mut rounds = 0;
        while !self.waits().is_empty() {
            rounds += 1;
            if rounds > ROUNDS_MAX {
                return Err(format!(
                    "after {ROUNDS_MAX} rounds something still waits: {}",
                    self.waits().join(", ")
                ));
            }
            for index in 0..self.places.len() {
                self.connect(index)?;
                for _ in 0..self.places[index].up.len() {
                    self.deliver_up(index)?;
                }
            }
            for _ in 0..ROUNDS_MAX {
                if self.server.is_quiet() {
                    break;
                }
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

    /// What is not settled yet, in words.
    fn waits(&self) -> Vec<String> {
        let mut waits = Vec::new();
        if !self.server.is_quiet() {
            waits.push("the server".to_owned());
        }
        for (index, place) in self.places.iter().enumerate() {
            let because = match &place.line {
                None => "has no line",
                _ if !place.up.is_empty() => "is not heard",
                _ if !place.down.is_empty() => "does not hear",
                _ if place.client.is_waiting() => "waits for an answer",
                Some((_, session)) if session.job.is_some() => "waits for the hub",
                Some(_) => continue,
            };
            waits.push(format!("client {index} {because}"));
        }
        waits
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
