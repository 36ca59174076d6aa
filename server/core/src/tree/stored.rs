//! The tree and the links in a snapshot.
//!
//! A list of elements in order of their ids (id, kind, parent, order key, 1 if a parent was written);
//! a list of links (id, kind, from, to); a list of the last links made (kind, from, to, id).

use super::{Ends, Spot, Tree};
use crate::stored::{Reader, Writer};

impl Tree {
    /// Writes the tree into a snapshot.
    pub(crate) fn write(&self, out: &mut Writer) {
        let mut spots: Vec<_> = self.spots.iter().collect();
        spots.sort_unstable_by_key(|(id, _)| *id);
        out.list(spots, |out, (id, spot)| {
            let is_placed = self.children.get(&spot.parent).is_some_and(|children| children.contains(id));
            [id.as_str(), &spot.kind, &spot.parent, &spot.order].into_iter().for_each(|text| out.text(text));
            out.number(u8::from(is_placed));
        });
        let mut links: Vec<_> = self.links.iter().collect();
        links.sort_unstable_by_key(|(id, _)| *id);
        out.list(links, |out, (id, ends)| {
            [id.as_str(), &ends.kind, &ends.from, &ends.to].into_iter().for_each(|text| out.text(text));
        });
        let mut linked: Vec<_> = self.linked.iter().collect();
        linked.sort_unstable();
        out.list(linked, |out, ((kind, from, to), id)| {
            [kind, from, to, id.as_str()].into_iter().for_each(|text| out.text(text));
        });
    }

    /// Reads it back.
    pub(crate) fn read(input: &mut Reader<'_>) -> Option<Tree> {
        let text = |input: &mut Reader<'_>| input.text().map(str::to_owned);
        let mut tree = Tree::default();
        for _ in 0..input.count()? {
            let id: plenary_protocol::ElementId = input.parsed()?;
            let spot = Spot { kind: text(input)?, parent: text(input)?, order: text(input)? };
            if input.number()? == 1 {
                tree.children.entry(spot.parent.clone()).or_default().insert(id.clone());
            }
            tree.spots.insert(id, spot);
        }
        for _ in 0..input.count()? {
            let id = input.parsed()?;
            tree.links.insert(id, Ends { kind: text(input)?, from: text(input)?, to: text(input)? });
        }
        for _ in 0..input.count()? {
            let ends = (text(input)?, text(input)?, text(input)?);
            tree.linked.insert(ends, input.parsed()?);
        }
        Some(tree)
    }
}
