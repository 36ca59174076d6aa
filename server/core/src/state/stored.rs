//! The fold in a snapshot.
//!
//! In this order: sequence · leaf (32 bytes) · right edge of the tree of evidence (32 bytes each) · stage · who may read (0, or 1 and the names of roles,
//! Bureaux and people) · document · time of the last entry · change graph · places · tree · of each
//! change the entry (since the one before) and its leaf (32 bytes) · bindings (actor, subject) · thin
//! actors (subject, actor) · what authors had not read (`bases`) · people (subject, name, Bureau) ·
//! touches (element, field, language if any, entry, person, time) · creators (element, subject, entry) ·
//! named versions (`versions`) · settings of rules · quarantines (first change that was set aside, entry).
//!
//! What is read here was written from a fold: this is a cache of `apply`, and never another way to a
//! state.

use std::collections::HashMap;

use automerge::ActorId;
use plenary_protocol::Bureau;
use plenary_protocol::access::{Access, Readers};
use plenary_protocol::evidence::Frontier;
use plenary_protocol::ids::{Digest, PlanId, Seq, Subject};
use plenary_protocol::record::Span;

use super::{PlanState, Touch};
use crate::bases::Bases;
use crate::graph::ChangeGraph;
use crate::places::Places;
use crate::rules::Settings;
use crate::stored::{Reader, Writer};
use crate::tree::Tree;
use crate::versions::Versions;

type Person = (Subject, String, Bureau);

impl PlanState {
    /// Writes the state into a snapshot.
    pub(crate) fn write(&self, out: &mut Writer) {
        out.number(self.seq.0);
        out.fixed(&self.leaf.0);
        out.list(self.evidence.roots(), |out, root| out.fixed(&root.0));
        out.text(self.stage.as_str());
        self.write_access(out);
        out.text(&self.document);
        out.signed(self.changed_us);
        self.graph.write(out);
        self.places.write(out);
        self.tree.write(out);
        let mut before = 0;
        for (hash, (seq, _)) in self.graph.hashes().iter().zip(&self.heads) {
            out.number(seq.0 - std::mem::replace(&mut before, seq.0));
            let leaf = self.entry_of.get(hash).map_or(Digest::ZERO, |(_, leaf)| *leaf);
            out.fixed(&leaf.0);
        }
        let mut bindings: Vec<_> = self.bindings.iter().collect();
        bindings.sort_unstable();
        out.list(bindings, |out, (actor, subject)| {
            out.bytes(actor.to_bytes());
            out.text(subject.as_str());
        });
        let mut thin: Vec<_> = self.thin.iter().collect();
        thin.sort_unstable();
        out.list(thin, |out, (subject, actor)| {
            out.text(subject.as_str());
            out.bytes(actor.to_bytes());
        });
        self.bases.write(out);
        self.write_touches(out);
        let mut creators: Vec<_> = self.creators.iter().collect();
        creators.sort_unstable();
        out.list(creators, |out, (element, (subject, seq))| {
            out.text(element.as_str());
            out.text(subject.as_str());
            out.number(seq.0);
        });
        self.versions.write(out);
        self.rules.write(out);
        out.list(self.spans.all(), |out, span| {
            out.number(span.first.0);
            out.number(span.by.0);
        });
    }

    fn write_access(&self, out: &mut Writer) {
        let Access::Only(readers) = &self.access else { return out.number(0_u8) };
        out.number(1_u8);
        out.list(&readers.roles, |out, role| out.text(role.as_str()));
        out.list(&readers.bureaux, |out, bureau| out.text(bureau.as_str()));
        out.list(&readers.subjects, |out, subject| out.text(subject.as_str()));
    }

    fn write_touches(&self, out: &mut Writer) {
        let person = |touch: &Touch| (touch.subject.clone(), touch.name.clone(), touch.bureau);
        let mut people: Vec<Person> = self.touches.values().map(person).collect();
        people.sort_unstable();
        people.dedup();
        out.list(&people, |out, (subject, name, bureau)| {
            [subject.as_str(), name, bureau.as_str()].into_iter().for_each(|text| out.text(text));
        });
        let numbers: HashMap<Person, u64> = people.into_iter().zip(0..).collect();
        let mut touches: Vec<_> = self.touches.iter().collect();
        touches.sort_unstable_by_key(|(key, _)| *key);
        out.list(touches, |out, ((element, field, lang), touch)| {
            out.text(element.as_str());
            out.text(field);
            out.list(lang.as_ref(), |out, lang| out.text(lang));
            out.number(touch.seq.0);
            out.number(numbers.get(&person(touch)).copied().unwrap_or_default());
            out.text(&touch.at);
        });
    }

    /// Reads it back.
    pub(crate) fn read(plan: PlanId, input: &mut Reader<'_>) -> Option<PlanState> {
        let mut state = PlanState::new(plan);
        state.seq = Seq(input.number()?);
        state.leaf = Digest(input.fixed()?);
        let roots = input.list(|input| input.fixed().map(Digest))?;
        state.evidence = Frontier::of(state.seq.0, roots)?;
        state.stage = input.parsed()?;
        state.access = read_access(input)?;
        state.document = input.text()?.to_owned();
        state.changed_us = input.signed()?;
        let (graph, hashes) = ChangeGraph::read(input)?;
        state.places = Places::read(input)?;
        state.tree = Tree::read(input)?;
        state.entry_of.reserve(hashes.len());
        let mut seq = 0_u64;
        for (hash, heads) in hashes.iter().zip(graph.heads(&hashes)) {
            seq = seq.checked_add(input.number()?)?;
            state.entry_of.insert(*hash, (Seq(seq), Digest(input.fixed()?)));
            state.heads.push((Seq(seq), heads));
        }
        state.graph = graph;
        let actor = |input: &mut Reader<'_>| input.bytes().map(ActorId::from);
        state.bindings = input.list(|input| Some((actor(input)?, input.parsed()?)))?.into_iter().collect();
        state.thin = input.list(|input| Some((input.parsed()?, actor(input)?)))?.into_iter().collect();
        state.bases = Bases::read(input)?;
        state.read_touches(input)?;
        let creators =
            input.list(|input| Some((input.parsed()?, (input.parsed()?, Seq(input.number()?)))))?;
        state.creators = creators.into_iter().collect();
        state.versions = Versions::read(input)?;
        state.rules = Settings::read(input)?;
        let span =
            |input: &mut Reader<'_>| Some(Span { first: Seq(input.number()?), by: Seq(input.number()?) });
        input.list(span)?.into_iter().for_each(|span| state.spans.put(span));
        Some(state)
    }

    fn read_touches(&mut self, input: &mut Reader<'_>) -> Option<()> {
        let people: Vec<Person> =
            input.list(|input| Some((input.parsed()?, input.text()?.to_owned(), input.parsed()?)))?;
        let touches = input.list(|input| {
            let key = (
                input.parsed()?,
                input.text()?.to_owned(),
                input.list(|input| input.text().map(str::to_owned))?.pop(),
            );
            let seq = Seq(input.number()?);
            let (subject, name, bureau) = people.get(input.small()? as usize)?.clone();
            Some((key, Touch { seq, subject, name, bureau, at: input.text()?.to_owned() }))
        })?;
        self.touches = touches.into_iter().collect();
        Some(())
    }
}

fn read_access(input: &mut Reader<'_>) -> Option<Access> {
    match input.number()? {
        0 => Some(Access::Everybody),
        1 => Some(Access::Only(Readers {
            roles: input.list(|input| input.parsed())?.into_iter().collect(),
            bureaux: input.list(|input| input.parsed())?.into_iter().collect(),
            subjects: input.list(|input| input.parsed())?.into_iter().collect(),
        })),
        _ => None,
    }
}
