//! The reader copy in a snapshot, its document apart.
//!
//! In this order: sequence · document's address · title · times of the entries (each since the one
//! before) · stages (entry, stage) · people (subject, name, Bureau) · changes (hash (32 bytes), entry
//! since the one before, person, places among
//! the heads before it of those that are heads no longer) · named versions (`versions`) · settings of rules (entry, all that is set after it).

use automerge::{Automerge, ChangeHash};
use plenary_protocol::Seq;
use plenary_protocol::ids::PlanId;

use super::{Person, Reader, Wrote};
use crate::rules::Settings;
use crate::stored::{Reader as Input, Writer as Output};
use crate::versions::Versions;

impl Reader {
    /// Writes the copy into a snapshot.
    pub(crate) fn write(&self, out: &mut Output) {
        out.number(self.seq.0);
        out.text(&self.document);
        out.text(&self.title);
        let mut before_us = 0_i64;
        out.list(&self.times_us, |out, at_us| {
            out.signed(at_us.wrapping_sub(std::mem::replace(&mut before_us, *at_us)));
        });
        out.list(&self.stages, |out, (seq, stage)| {
            out.number(seq.0);
            out.text(stage.as_str());
        });
        out.list(&self.people.list, |out, person| {
            [person.subject.as_str(), &person.name, person.bureau.as_str()]
                .into_iter()
                .for_each(|text| out.text(text));
        });
        let mut before = 0;
        let mut last: &[ChangeHash] = &[];
        out.list(&self.changes, |out, change| {
            out.fixed(&change.hash.0);
            out.number(change.seq.0 - std::mem::replace(&mut before, change.seq.0));
            out.number(change.person);
            let gone: Vec<u64> =
                (0..).zip(last).filter(|(_, head)| !change.heads.contains(head)).map(|(at, _)| at).collect();
            out.list(gone, |out, at| out.number(at));
            last = &change.heads;
        });
        self.versions.write(out);
        out.list(&self.settings, |out, (seq, settings)| {
            out.number(seq.0);
            settings.write(out);
        });
    }

    /// Reads it back, beside its document.
    pub(crate) fn read(plan: PlanId, doc: Automerge, input: &mut Input<'_>) -> Option<Reader> {
        let mut reader = Reader::new(plan);
        reader.read_parts(input)?;
        let mut heads = doc.get_heads();
        heads.sort();
        if reader.changes.last().map_or(&[][..], |change| &change.heads) != heads {
            return None;
        }
        reader.doc = doc;
        Some(reader)
    }

    /// Whether what was written of this copy reads back as it is.
    pub(crate) fn reads_as(&self, input: &mut Input<'_>) -> bool {
        let mut again = Reader::new(self.plan.clone());
        again.read_parts(input).is_some() && self.is_like(&again)
    }

    /// Whether another copy knows the same, the document apart.
    pub(crate) fn is_like(&self, other: &Reader) -> bool {
        self.seq == other.seq
            && self.document == other.document
            && self.title == other.title
            && self.times_us == other.times_us
            && self.stages == other.stages
            && self.versions == other.versions
            && self.settings == other.settings
            && self.people == other.people
            && self.changes == other.changes
            && self.numbers == other.numbers
    }

    fn read_parts(&mut self, input: &mut Input<'_>) -> Option<()> {
        self.seq = Seq(input.number()?);
        self.document = input.text()?.to_owned();
        self.title = input.text()?.to_owned();
        let mut before_us = 0_i64;
        self.times_us = input.list(|input| {
            before_us = before_us.wrapping_add(input.signed()?);
            Some(before_us)
        })?;
        self.stages = input.list(|input| Some((Seq(input.number()?), input.parsed()?)))?;
        let people = input.list(|input| {
            let (subject, name, bureau) = (input.parsed()?, input.text()?.to_owned(), input.parsed()?);
            Some(Person { subject, name, bureau })
        })?;
        let count = people.len() as u64;
        people.into_iter().for_each(|person| _ = self.people.number(person));
        let mut seq = 0_u64;
        let mut heads: Vec<ChangeHash> = Vec::new();
        let changes = input.list(|input| {
            let hash = ChangeHash(input.fixed()?);
            seq = seq.checked_add(input.number()?)?;
            let person = input.number().filter(|person| *person < count)? as u32;
            for at in input.list(Input::small)?.into_iter().rev() {
                ((at as usize) < heads.len()).then(|| heads.remove(at as usize))?;
            }
            let at = heads.binary_search(&hash).unwrap_or_else(|at| at);
            heads.insert(at, hash);
            Some(Wrote { hash, seq: Seq(seq), person, heads: heads.as_slice().into() })
        })?;
        self.numbers = changes.iter().map(|change| change.hash).zip(0..).collect();
        self.changes = changes;
        self.versions = Versions::read(input)?;
        self.settings = input.list(|input| Some((Seq(input.number()?), Settings::read(input)?)))?;
        input.end()?;
        (self.times_us.len() as u64 == self.seq.0).then_some(())
    }
}
