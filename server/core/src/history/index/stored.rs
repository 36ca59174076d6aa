//! The index in a snapshot.
//!
//! Lists in this order: names · authors (subject, Bureau, role) · digests of reasons and answers ·
//! slots (element, field, language + 1, 0 for none) · entries (time since the one before, or 0 and
//! nothing where it has none; author, reason, number of rows, act) · rows (slot, kind, operation and
//! flags) · above (element, then changes of entry and name + 1) · made (element, entry) · answers
//! (entry, names) · behind (entry, count) · languages (entry, name); then the structure: changes,
//! removals (element, entries), its last entry; then the last step back of server time.  What names
//! a text is its number; entries count from 0.

use std::collections::HashMap;

use plenary_protocol::record::RowOp;
use plenary_protocol::{ElementId, Seq};

use super::above::Above;
use super::{Author, Entry, Index, NONE, Names, Row, Slot};
use crate::history::codes::Structure;
use crate::history::filter::ActType;
use crate::stored::{Reader, Writer};

const OPS: [RowOp; 6] = [RowOp::Add, RowOp::Set, RowOp::Text, RowOp::Move, RowOp::Remove, RowOp::Restore];
/// Flags stand above the operation.
const OP_BITS: u8 = 3;

/// A map in the order of its keys.
fn sorted<K: Ord + Copy, V>(map: &HashMap<K, V>) -> Vec<(K, &V)> {
    let mut list: Vec<(K, &V)> = map.iter().map(|(key, value)| (*key, value)).collect();
    list.sort_unstable_by_key(|(key, _)| *key);
    list
}

fn place<T: PartialEq>(list: &[T], one: &T) -> u64 {
    list.iter().position(|other| other == one).unwrap_or_default() as u64
}

impl Index {
    /// Writes the index into a snapshot.
    pub(crate) fn write(&self, out: &mut Writer) {
        out.list(&self.names.texts, |out, text| out.text(text));
        out.list(&self.authors, |out, author| {
            out.number(author.subject);
            out.text(author.bureau.as_str());
            out.text(author.role.as_str());
        });
        let mut whys: Vec<_> = self.whys.iter().collect();
        whys.sort_unstable_by_key(|(_, number)| **number);
        out.list(whys, |out, (why, _)| out.fixed(why));
        out.list(&self.slots, |out, slot| {
            out.number(slot.element);
            out.number(slot.field);
            out.number(slot.lang.wrapping_add(1));
        });
        let (mut before_us, mut rows) = (0_i64, 0);
        out.list(&self.entries, |out, entry| {
            out.list(entry.at_us, |out, at_us| {
                out.signed(at_us.wrapping_sub(before_us));
                before_us = at_us;
            });
            out.number(entry.author);
            out.number(entry.why);
            out.number(entry.rows_end - std::mem::replace(&mut rows, entry.rows_end));
            out.number(place(&ActType::ALL, &entry.act));
        });
        out.list(&self.rows, |out, row| {
            out.number(row.slot);
            out.number(row.kind);
            out.number(place(&OPS, &row.op) | u64::from(row.flags) << OP_BITS);
        });
        out.list(sorted(&self.above.changes), |out, (element, changes)| {
            out.number(element);
            out.list(changes, |out, (entry, above)| {
                out.number(*entry);
                out.number(above.wrapping_add(1));
            });
        });
        out.list(sorted(&self.made), |out, (element, entry)| {
            out.number(element);
            out.number(*entry);
        });
        out.list(&self.answers, |out, (entry, names)| {
            out.number(*entry);
            out.list(names, |out, name| out.number(*name));
        });
        out.list(&self.behind, |out, (entry, count)| {
            out.number(*entry);
            out.number(*count);
        });
        out.list(&self.languages, |out, (entry, name)| {
            out.number(*entry);
            out.number(*name);
        });
        self.structure.write(out);
        out.number(self.stepped_back);
    }

    /// Reads it back.
    pub(crate) fn read(input: &mut Reader<'_>) -> Option<Index> {
        let mut index = Index::new();
        index.names = Names::of(input.list(|input| input.text().map(Into::into))?);
        let known = index.names.texts.len() as u64;
        let name =
            |input: &mut Reader<'_>| input.number().filter(|name| *name < known).map(|name| name as u32);
        index.authors = input.list(|input| {
            Some(Author { subject: name(input)?, bureau: input.parsed()?, role: input.parsed()? })
        })?;
        index.author_numbers = numbered(index.authors.iter().copied());
        let whys = input.list(Reader::fixed)?;
        index.whys = whys.into_iter().zip(1..).collect();
        let optional = |input: &mut Reader<'_>| {
            input.number().filter(|name| *name <= known).map(|name| (name as u32).wrapping_sub(1))
        };
        index.slots = input.list(|input| {
            Some(Slot { element: name(input)?, field: name(input)?, lang: optional(input)? })
        })?;
        index.slot_numbers = numbered(index.slots.iter().copied());
        index.read_entries(input)?;
        index.read_rows(input, known)?;
        let above = |input: &mut Reader<'_>| Some((input.small()?, optional(input)?));
        index.above = Above {
            changes: input.list(|input| Some((name(input)?, input.list(above)?)))?.into_iter().collect(),
        };
        index.made = input.list(|input| Some((name(input)?, input.small()?)))?.into_iter().collect();
        let answers = input.list(|input| Some((input.small()?, input.list(name)?)))?;
        index.answers = answers.into_iter().collect();
        index.behind = input.list(|input| Some((input.small()?, input.number()?)))?.into_iter().collect();
        index.languages = input.list(|input| Some((input.small()?, name(input)?)))?;
        index.structure = Structure::read(input)?;
        index.stepped_back = input.small()?;
        Some(index)
    }

    fn read_entries(&mut self, input: &mut Reader<'_>) -> Option<()> {
        let (mut before_us, mut rows_end) = (0_i64, 0_u32);
        let (authors, whys) = (self.authors.len(), self.whys.len());
        self.entries = input.list(|input| {
            let at_us = input.list(Reader::signed)?.pop().map(|step| {
                before_us = before_us.wrapping_add(step);
                before_us
            });
            let author = input.small().filter(|author| (*author as usize) < authors)?;
            let why = input.small().filter(|why| (*why as usize) <= whys)?;
            rows_end = rows_end.checked_add(input.small()?)?;
            let act = *ActType::ALL.get(input.small()? as usize)?;
            Some(Entry { at_us, author, why, rows_end, act })
        })?;
        Some(())
    }

    /// Rows, linked anew with those before and after them in their fields.
    fn read_rows(&mut self, input: &mut Reader<'_>, known: u64) -> Option<()> {
        self.last_rows = vec![NONE; self.slots.len()];
        let count = input.count()?;
        if self.entries.last().map_or(0, |entry| entry.rows_end as usize) != count {
            return None;
        }
        self.rows.reserve_exact(count);
        for number in 0..count as u32 {
            let (slot, kind, bits) = (input.small()?, input.number()?, input.small()?);
            let before = std::mem::replace(self.last_rows.get_mut(slot as usize)?, number);
            if before != NONE {
                self.rows[before as usize].after = number;
            }
            let kind = u32::try_from(kind).ok().filter(|kind| u64::from(*kind) < known)?;
            let op = *OPS.get((bits & ((1 << OP_BITS) - 1)) as usize)?;
            let flags = u8::try_from(bits >> OP_BITS).ok()?;
            self.rows.push(Row { slot, kind, before, after: NONE, op, flags });
        }
        Some(())
    }
}

fn numbered<T: Eq + std::hash::Hash>(list: impl Iterator<Item = T>) -> HashMap<T, u32> {
    list.zip(0..).collect()
}

impl Names {
    fn of(texts: Vec<Box<str>>) -> Names {
        Names { numbers: numbered(texts.iter().cloned()), texts }
    }
}

impl Structure {
    fn write(&self, out: &mut Writer) {
        out.list(&self.changes, |out, seq| out.number(seq.0));
        let mut removals: Vec<_> = self.removals.iter().collect();
        removals.sort_unstable();
        out.list(removals, |out, (element, removals)| {
            out.text(element.as_str());
            out.list(removals, |out, seq| out.number(seq.0));
        });
        out.number(self.until.0);
    }

    fn read(input: &mut Reader<'_>) -> Option<Structure> {
        let seq = |input: &mut Reader<'_>| input.number().map(Seq);
        let changes = input.list(seq)?;
        let removals = input.list(|input| Some((input.parsed::<ElementId>()?, input.list(seq)?)))?;
        Some(Structure { changes, removals: removals.into_iter().collect(), until: seq(input)? })
    }
}
