//! Crafted changes (`plenary-craft`) on the plan of these tests.

pub use plenary_craft::bench::Bench;
pub use plenary_craft::parts::*;

use super::replica::{Replica, put};
use super::world::{World, done};

/// What is at hand in a replica that sends one honest change first.
pub fn bench_of(world: &mut World, mut replica: Replica) -> Bench {
    let early = replica.doc.get_heads();
    replica.write(|tx| put(tx, "tgt-1", "note", "honest"));
    done(replica.send(world)).unwrap();
    Bench::of(replica.doc, early)
}
