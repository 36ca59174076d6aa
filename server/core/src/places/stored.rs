//! The places of objects in a snapshot.
//!
//! A list of actors; then a list of places in order, each with its objects, oldest first (counter,
//! number of the actor).  A place is its number and then its parts: 0 root, 1 plan, 2 elements, 3
//! links, 4 element, 5 texts, 6 language, 7 text, 8 set, 9 link, 10 note, 11 unknown.

use std::collections::HashMap;

use automerge::ActorId;
use automerge::legacy::OpId;

use super::{Place, Places};
use crate::stored::{Reader, Writer};

impl Place {
    fn write(&self, out: &mut Writer) {
        let (number, parts): (u8, Vec<&str>) = match self {
            Place::Root => (0, vec![]),
            Place::Plan => (1, vec![]),
            Place::Elements => (2, vec![]),
            Place::Links => (3, vec![]),
            Place::Element(id) => (4, vec![id.as_str()]),
            Place::Texts(id) => (5, vec![id.as_str()]),
            Place::Lang(id, lang) => (6, vec![id.as_str(), lang]),
            Place::Text(id, lang, field) => (7, vec![id.as_str(), lang, field]),
            Place::Set(id, field) => (8, vec![id.as_str(), field]),
            Place::Link(id) => (9, vec![id.as_str()]),
            Place::Note(id) => (10, vec![id.as_str()]),
            Place::Unknown => (11, vec![]),
        };
        out.number(number);
        parts.into_iter().for_each(|part| out.text(part));
    }

    fn read(input: &mut Reader<'_>) -> Option<Place> {
        Some(match input.number()? {
            0 => Place::Root,
            1 => Place::Plan,
            2 => Place::Elements,
            3 => Place::Links,
            4 => Place::Element(input.parsed()?),
            5 => Place::Texts(input.parsed()?),
            6 => Place::Lang(input.parsed()?, input.text()?.to_owned()),
            7 => Place::Text(input.parsed()?, input.text()?.to_owned(), input.text()?.to_owned()),
            8 => Place::Set(input.parsed()?, input.text()?.to_owned()),
            9 => Place::Link(input.parsed()?),
            10 => Place::Note(input.parsed()?),
            11 => Place::Unknown,
            _ => return None,
        })
    }
}

impl Places {
    /// Writes the places into a snapshot.
    pub(crate) fn write(&self, out: &mut Writer) {
        let mut actors: Vec<&ActorId> = self.by_object.keys().map(OpId::actor).collect();
        actors.sort_unstable();
        actors.dedup();
        let numbers: HashMap<&ActorId, u64> = actors.iter().copied().zip(0..).collect();
        out.list(&actors, |out, actor| out.bytes(actor.to_bytes()));
        let mut places: Vec<(Vec<u8>, &Vec<OpId>)> = Vec::with_capacity(self.objects.len());
        for (place, objects) in &self.objects {
            let mut written = Writer::default();
            place.write(&mut written);
            places.push((written.0, objects));
        }
        places.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        out.list(places, |out, (place, objects)| {
            out.fixed(&place);
            out.list(objects, |out, object| {
                out.number(object.counter());
                out.number(numbers.get(object.actor()).copied().unwrap_or_default());
            });
        });
    }

    /// Reads them back.
    pub(crate) fn read(input: &mut Reader<'_>) -> Option<Places> {
        let actors = input.list(|input| input.bytes().map(ActorId::from))?;
        let object = |input: &mut Reader<'_>| {
            let counter = input.number()?;
            Some(OpId::new(counter, actors.get(input.small()? as usize)?))
        };
        let mut places = Places::default();
        for _ in 0..input.count()? {
            let (place, objects) = (Place::read(input)?, input.list(object)?);
            places.by_object.extend(objects.iter().map(|object| (object.clone(), place.clone())));
            places.objects.insert(place, objects);
        }
        Some(places)
    }
}
