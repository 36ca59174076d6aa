//! Headers that cannot be true: sequence, counters, ancestors, author.

use super::*;

#[test]
fn headers_that_cannot_be() {
    refused(&[
        ("a gap in the sequence of a known actor", BadHeader, |b| altered(&b.field, |c| c.seq += 2)),
        ("a gap in the sequence of a new actor", BadHeader, |b| {
            altered(&b.field, |c| {
                c.actor_id = ActorId::from(vec![0xab; 16]);
                c.seq = 3;
            })
        }),
        ("sequence number 0", BadHeader, |b| altered(&b.field, |c| c.seq = 0)),
        ("another change under a number that was used", BadHeader, |b| altered(&b.field, |c| c.seq = 1)),
        ("an author footer later than at the first change", BadHeader, |b| {
            altered(&b.field, |c| c.extra_bytes = [&[1, 11], &b"tsb-drafter"[..]].concat())
        }),
        ("an author footer of somebody else", BadHeader, |b| {
            altered(&b.field, |c| {
                c.actor_id = ActorId::from(vec![0xab; 16]);
                c.seq = 1;
                c.extra_bytes = [&[1, 10], &b"br-drafter"[..]].concat();
            })
        }),
        ("bytes after the last column", BadHeader, |b| altered(&b.field, |c| c.extra_bytes = vec![9; 20])),
        ("a first operation near 2^32", BadHeader, |b| {
            altered(&b.field, |c| c.start_op = start(u64::from(u32::MAX) - 10))
        }),
        ("a first operation just too far ahead", BadHeader, |b| {
            altered(&b.field, |c| c.start_op = start(c.start_op.get() + 100_100))
        }),
        ("a first operation before those it depends on", BadHeader, |b| {
            altered(&b.field, |c| c.start_op = start(2))
        }),
        ("a first operation equal to the last it depends on", BadHeader, |b| {
            altered(&b.field, |c| c.start_op = start(c.start_op.get() - 1))
        }),
        ("its own ancestor is missing", BadHeader, |b| altered(&b.field, |c| c.deps = b.early.clone())),
        ("no dependencies at all", BadHeader, |b| altered(&b.field, |c| c.deps = Vec::new())),
        ("an empty change that leaves a gap", BadHeader, |b| {
            altered(&b.field, |c| {
                c.operations = Vec::new();
                c.start_op = start(c.start_op.get() + 5);
            })
        }),
        ("a dependency named twice", BadHeader, |b| {
            altered(&b.field, |c| c.deps = vec![c.deps[0], c.deps[0]])
        }),
        ("a dependency nobody has", MissingDependency, |b| {
            altered(&b.field, |c| c.deps.push(automerge::ChangeHash([7; 32])))
        }),
        ("the server's own actor", ForeignActor, |b| {
            let changes = b.doc.get_changes(&[]);
            altered(&b.field, |c| c.actor_id = changes[0].actor_id().clone()).clone_with_seq(2)
        }),
    ]);
}

/// The same change under another sequence number.
trait WithSeq {
    fn clone_with_seq(self, seq: u64) -> Vec<u8>;
}

impl WithSeq for Vec<u8> {
    fn clone_with_seq(self, seq: u64) -> Vec<u8> {
        altered(&automerge::Change::from_bytes(self).unwrap(), |change| change.seq = seq)
    }
}

#[test]
fn gaps_of_one_subject_add_up() {
    let mut world = World::new();
    let attacker = drafter(Bureau::TSB);
    let mut answers = Vec::new();
    let mut replica = Replica::join(&world, attacker.clone(), 2);
    for n in 0..12 {
        replica.write(|tx| put(tx, "tgt-1", "due_year", 2000 + n));
        let change = replica.waiting().remove(0);
        let ahead = altered(&change, |c| c.start_op = start(world.hub.state().graph.max_op() + 100_000));
        let answer = done(world.changes(&attacker, vec![ahead]));
        answers.push(answer.map_err(|refusal| refusal.code).is_ok());
        let hash = world.hub.state().heads_at(world.seq()).to_vec();
        assert_eq!(hash.len(), 1);
        replica = Replica::join(&world, attacker.clone(), 2);
    }
    assert_eq!(answers.iter().filter(|taken| **taken).count(), 10, "{answers:?}");
    done(world.edit(&drafter(Bureau::BR), [splice("tgt-1", 0, 0, "x", world.seq())])).unwrap();
}

#[test]
fn a_long_reason_is_cut_before_it_is_recorded() {
    let mut world = World::new();
    let attacker = drafter(Bureau::TSB);
    let mut replica = Replica::join(&world, attacker.clone(), 2);
    replica.write(|tx| put(tx, "tgt-1", &"c".repeat(2_000), "x"));
    let refusal = done(replica.send(&mut world)).unwrap_err();
    assert_eq!((refusal.code, refusal.reason.chars().count()), (UnknownField, 1_000));
}
