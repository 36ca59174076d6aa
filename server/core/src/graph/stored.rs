//! The change graph in a snapshot.
//!
//! The changes, a list in the order of the log: hash (32 bytes), last operation, dependencies (each as
//! how many changes before).  Then the last change of each actor (actor, sequence, number of the
//! change), the gaps of each subject, the highest operation, changes that were set aside (32 bytes each) and
//! their actors.

use automerge::{ActorId, ChangeHash};

use super::{ChangeGraph, LastOfActor, Node};
use crate::stored::{Reader, Writer};

impl ChangeGraph {
    /// The changes, in the order of the log.
    pub(crate) fn hashes(&self) -> Vec<ChangeHash> {
        let mut hashes = vec![ChangeHash([0; 32]); self.nodes.len()];
        for (hash, node) in &self.by_hash {
            hashes[*node as usize] = *hash;
        }
        hashes
    }

    /// The document's heads after each change, as they follow from what depends on what.
    pub(crate) fn heads(&self, hashes: &[ChangeHash]) -> Vec<Vec<ChangeHash>> {
        let mut heads: Vec<ChangeHash> = Vec::new();
        let after = self.nodes.iter().zip(hashes).map(|(node, hash)| {
            heads.retain(|head| !node.deps.iter().any(|dep| hashes.get(*dep as usize) == Some(head)));
            let at = heads.binary_search(hash).unwrap_or_else(|at| at);
            heads.insert(at, *hash);
            heads.clone()
        });
        after.collect()
    }

    /// Writes the graph into a snapshot.
    pub(crate) fn write(&self, out: &mut Writer) {
        let hashes = self.hashes();
        out.list(self.nodes.iter().enumerate(), |out, (index, node)| {
            out.fixed(&hashes[index].0);
            out.number(node.max_op);
            out.list(&node.deps, |out, dep| out.number(index as u64 - u64::from(*dep)));
        });
        let mut last: Vec<_> = self.last.iter().collect();
        last.sort_unstable_by_key(|(actor, _)| *actor);
        out.list(last, |out, (actor, last)| {
            out.bytes(actor.to_bytes());
            out.number(last.seq);
            out.number(last.node);
        });
        let mut gaps: Vec<_> = self.gaps.iter().collect();
        gaps.sort_unstable();
        out.list(gaps, |out, (subject, gap)| {
            out.text(subject.as_str());
            out.number(*gap);
        });
        out.number(self.max_op);
        let mut aside: Vec<_> = self.aside.iter().collect();
        aside.sort_unstable();
        out.list(aside, |out, hash| out.fixed(&hash.0));
        let mut actors: Vec<_> = self.aside_actors.iter().collect();
        actors.sort_unstable();
        out.list(actors, |out, actor| out.bytes(actor.to_bytes()));
    }

    /// Reads it back, with the hashes in the order of the log.
    pub(crate) fn read(input: &mut Reader<'_>) -> Option<(ChangeGraph, Vec<ChangeHash>)> {
        let mut graph = ChangeGraph::default();
        let count = input.count()?;
        let mut hashes = Vec::with_capacity(count);
        graph.by_hash.reserve(count);
        for index in 0..count as u32 {
            let hash = ChangeHash(input.fixed()?);
            let max_op = input.number()?;
            let dep = |input: &mut Reader<'_>| index.checked_sub(input.small().filter(|back| *back > 0)?);
            graph.nodes.push(Node { max_op, deps: input.list(dep)? });
            graph.by_hash.insert(hash, index);
            hashes.push(hash);
        }
        let last = input.list(|input| {
            let actor = ActorId::from(input.bytes()?);
            let seq = input.number()?;
            let node = input.small().filter(|node| (*node as usize) < count)?;
            Some((actor, LastOfActor { seq, node }))
        })?;
        graph.last = last.into_iter().collect();
        graph.gaps = input.list(|input| Some((input.parsed()?, input.number()?)))?.into_iter().collect();
        graph.max_op = input.number()?;
        graph.aside = input.list(|input| input.fixed().map(ChangeHash))?.into_iter().collect();
        graph.aside_actors = input.list(|input| input.bytes().map(ActorId::from))?.into_iter().collect();
        Some((graph, hashes))
    }
}
