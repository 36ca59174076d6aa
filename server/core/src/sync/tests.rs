//! Replicas of the protocol against a hub, without sockets: the library's own client side, and
//! messages that no library makes.

mod hostile;
mod world;

use automerge::sync::{Message, MessageFlags};
use automerge::{ActorId, Change, PatchLog};
use plenary_protocol::Bureau;
use plenary_protocol::wire::RefusalCode;
use plenary_protocol::wire::sync::{SyncBody, SyncFrame};

use super::{Incoming, Peer, in_step};
use crate::tests::replica::{mark_and_what_hangs_on_it, write_text};
use crate::tests::world::{World, content, drafter};
use world::Client;

#[test]
fn a_new_replica_gets_the_document_and_its_edits_come_into_the_log() {
    let mut world = World::new();
    let mut client = Client::empty(drafter(Bureau::BR), 1);
    client.settle(&mut world);
    assert_eq!(content(&client.doc), content(&world.folded()));
    let before = world.seq();
    client.write(|tx| write_text(tx, "tgt-1", "title", 0, 0, "New: "));
    client.settle(&mut world);
    assert!(world.seq() > before);
    assert!(world.text("tgt-1", "title").starts_with("New: "));
    assert_eq!(client.doc.get_heads(), world.reader.document().get_heads());
    assert_eq!(client.messages_to_nothing(&mut world), 0, "and then it is quiet");
}

#[test]
fn what_a_stock_client_sent_is_taken_apart() {
    let recorded = include_str!("../../../../protocol/src/wire/sync/tests/recorded.txt");
    for (name, changes) in [("client request", 0), ("client sync", 0), ("client sync with a change", 1)] {
        let part = recorded.split("\n\n").find_map(|part| part.strip_prefix(name)?.strip_prefix('\n'));
        let digits: Vec<u8> = part.unwrap().bytes().filter(u8::is_ascii_hexdigit).collect();
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        let bytes: Vec<u8> = digits.chunks(2).map(byte).collect();
        let (SyncBody::Sync { data, .. } | SyncBody::Request { data, .. }) =
            SyncFrame::decode(&bytes).unwrap().body
        else {
            panic!("{name}")
        };
        let incoming = Incoming::decode(&data).unwrap();
        assert_eq!(incoming.len(), changes, "{name}");
        assert!(incoming.message.flags.unwrap().contains(MessageFlags::SUPPORTS_SYNC_RESET), "{name}");
    }
}

#[test]
fn messages_to_writers_have_no_flags_so_that_they_send_single_changes() {
    let mut world = World::new();
    let mut client = Client::empty(drafter(Bureau::BR), 1);
    client.settle(&mut world);
    assert!(client.heard.iter().all(|bytes| Message::decode(bytes).unwrap().flags.is_none()));
    let mut reader = Client::empty(drafter(Bureau::TSB), 2);
    reader.peer = Peer::new(true);
    reader.settle(&mut world);
    let last = Message::decode(reader.heard.last().unwrap()).unwrap();
    assert!(last.flags.unwrap().contains(MessageFlags::READ_ONLY));
}

#[test]
fn a_step_is_taken_by_replicas_that_have_edits_of_their_own_and_acknowledged_without_the_library() {
    let mut world = World::new();
    let (mut one, mut two) = (Client::empty(drafter(Bureau::BR), 1), Client::empty(drafter(Bureau::BR), 2));
    one.settle(&mut world);
    two.settle(&mut world);
    two.write(|tx| write_text(tx, "tgt-1", "title", 0, 0, "two "));
    let from = world.seq();
    one.write(|tx| write_text(tx, "tgt-2", "title", 0, 0, "one "));
    one.settle(&mut world);
    // Everybody gets the same bytes.
    let step = world.step_since(from);
    one.take_step(&step);
    assert!(one.say().is_none(), "the writer has what it wrote");
    two.take_step(&step);
    let said = Incoming::decode(&two.say().expect("its own edit")).unwrap();
    assert_eq!(said.len(), 1, "exactly its own change");
    two.hand_in(&mut world, said);
    let step = world.step_since(from);
    one.take_step(&step);
    let said = Incoming::decode(&one.say().expect("an acknowledgement")).unwrap();
    assert!(one.peer.acknowledges(&said), "it says only that it has them");
    assert_eq!(content(&one.doc), content(&two.doc));
    assert_eq!(content(&one.doc), content(&world.folded()));
}

#[test]
fn an_acknowledgement_of_an_earlier_step_is_one_too() {
    let mut world = World::new();
    let mut client = Client::empty(drafter(Bureau::BR), 1);
    client.settle(&mut world);
    let mut acknowledgements = Vec::new();
    let mut writer = Client::empty(drafter(Bureau::BR), 2);
    writer.settle(&mut world);
    for _ in 0..3 {
        let from = world.seq();
        writer.write(|tx| write_text(tx, "tgt-1", "title", 0, 0, "x"));
        writer.settle(&mut world);
        client.take_step(&world.step_since(from));
        acknowledgements.push(client.say().unwrap());
    }
    for bytes in acknowledgements {
        assert!(client.peer.acknowledges(&Incoming::decode(&bytes).unwrap()));
    }
}

#[test]
fn a_refused_change_makes_a_read_only_replica_that_is_quiet_and_still_hears() {
    let mut world = World::new();
    let mut client = Client::empty(drafter(Bureau::TSB), 1);
    client.settle(&mut world);
    client.write(|tx| write_text(tx, "obj-br", "title", 0, 0, "TSB says: "));
    client.settle(&mut world);
    assert_eq!(client.refused.as_ref().unwrap().code, RefusalCode::OtherBureau);
    assert!(client.peer.is_read_only());
    assert_eq!(client.messages_to_nothing(&mut world), 0);
    let from = world.seq();
    let mut other = Client::empty(drafter(Bureau::BR), 2);
    other.settle(&mut world);
    other.write(|tx| write_text(tx, "tgt-1", "title", 0, 0, "heard "));
    other.settle(&mut world);
    client.take_step(&world.step_since(from));
    assert!(client.title("tgt-1").starts_with("heard "));
    client.settle(&mut world);
    assert_eq!(client.messages_to_nothing(&mut world), 0);
    let seq = world.seq();
    client.write(|tx| write_text(tx, "tgt-1", "title", 0, 0, "too late "));
    client.settle(&mut world);
    assert_eq!(world.seq(), seq);
}

#[test]
fn a_long_queue_arrives_although_summaries_are_sometimes_wrong() {
    // One summary in a hundred hides the first change of a queue; sixty queues meet some of them.
    for round in 0..60 {
        let mut world = World::new();
        let mut client = Client::empty(drafter(Bureau::BR), 1);
        client.settle(&mut world);
        client.doc.set_actor(ActorId::from(vec![round + 10; 16]));
        for _ in 0..8 {
            client.write(|tx| write_text(tx, "tgt-1", "title", 0, 0, "q"));
        }
        client.reconnect();
        client.settle(&mut world);
        assert!(client.refused.is_none(), "{:?}", client.refused);
        assert!(world.text("tgt-1", "title").starts_with("qqqqqqqq"), "round {round}");
    }
}

#[test]
fn what_a_step_told_is_not_told_again_in_an_answer() {
    let mut world = World::new();
    let (mut one, mut two) = (Client::empty(drafter(Bureau::BR), 1), Client::empty(drafter(Bureau::BR), 2));
    one.settle(&mut world);
    two.settle(&mut world);
    two.write(|tx| write_text(tx, "tgt-1", "title", 0, 0, "two "));
    let said = Incoming::decode(&two.say().unwrap()).unwrap();
    let from = world.seq();
    one.write(|tx| write_text(tx, "tgt-2", "title", 0, 0, "one "));
    one.settle(&mut world);
    // The step is on its way when what was said before it comes in.
    two.peer.told(&world.step_since(from));
    two.hand_in(&mut world, said);
    if let Some(answer) = two.peer.answer(&world.reader).unwrap() {
        assert!(Message::decode(&answer).unwrap().changes.is_empty());
    }
}

#[test]
fn changes_that_build_on_one_that_does_not_come_wait_for_it_and_go_in_with_it() {
    let mut world = World::new();
    let mut client = Client::empty(drafter(Bureau::BR), 1);
    client.settle(&mut world);
    let shared = client.doc.get_heads();
    for letter in ["a", "b", "c"] {
        client.write(|tx| write_text(tx, "tgt-1", "title", 0, 0, letter));
    }
    let changes: Vec<Vec<u8>> =
        client.doc.get_changes(&shared).iter().map(|change| change.raw_bytes().to_vec()).collect();
    let hidden = client.doc.get_changes(&shared)[0].hash();
    let heads = client.doc.get_heads();
    // Backwards, and without the first.
    let late = in_step(&heads, vec![changes[2].clone(), changes[1].clone()]);
    let received = client.peer.receive(&mut world.reader, Incoming::decode(&late.message).unwrap()).unwrap();
    assert!(received.groups.is_empty() && !received.complete);
    let asked = client.peer.answer(&world.reader).unwrap().unwrap();
    assert_eq!(Message::decode(&asked).unwrap().need, [hidden]);
    let first = in_step(&heads, vec![changes[0].clone()]);
    let received = client.peer.receive(&mut world.reader, Incoming::decode(&first.message).unwrap()).unwrap();
    assert_eq!(received.groups, [changes], "in the order in which the plan takes them");
}

#[test]
fn words_that_hang_on_a_mark_are_taken_after_it() {
    let mut world = World::new();
    let mut client = Client::empty(drafter(Bureau::BR), 1);
    client.settle(&mut world);
    let [mark, hanging] = mark_and_what_hangs_on_it(&mut client.doc);
    let message = in_step(&client.doc.get_heads(), vec![hanging.clone(), mark.clone()]);
    let received = client.peer.receive(&mut world.reader, Incoming::decode(&message.message).unwrap());
    assert_eq!(received.unwrap().groups, [[mark, hanging]]);
}

#[test]
fn words_that_hang_on_a_mark_that_is_still_to_come_wait_for_it() {
    let mut world = World::new();
    let mut client = Client::empty(drafter(Bureau::BR), 1);
    client.settle(&mut world);
    let [mark, hanging] = mark_and_what_hangs_on_it(&mut client.doc);
    let hash = |bytes: &[u8]| Change::from_bytes(bytes.to_vec()).unwrap().hash();
    let heads = [hash(&mark), hash(&hanging)];
    let mut peer = Peer::new(false);
    for (change, groups) in [(&hanging, vec![]), (&mark, vec![vec![mark.clone(), hanging.clone()]])] {
        let message = in_step(&heads, vec![change.clone()]);
        let incoming = Incoming::decode(&message.message).unwrap();
        assert_eq!(peer.receive(&mut world.reader, incoming).unwrap().groups, groups);
    }
    // Also where it is not among the heads: something later stands on both.
    client.doc.apply_changes([Change::from_bytes(hanging.clone()).unwrap()]).unwrap();
    client.write(|tx| write_text(tx, "tgt-1", "title", 0, 0, "later "));
    let later = client.doc.get_last_local_change().unwrap().raw_bytes().to_vec();
    let (heads_now, mut peer) = (client.doc.get_heads(), Peer::new(false));
    let all = vec![mark.clone(), hanging.clone(), later.clone()];
    for (changes, groups) in [(vec![hanging.clone(), later], vec![]), (vec![mark.clone()], vec![all])] {
        let message = in_step(&heads_now, changes);
        let incoming = Incoming::decode(&message.message).unwrap();
        assert_eq!(peer.receive(&mut world.reader, incoming).unwrap().groups, groups);
    }
    // Where the replica has nothing else, the gate says what it lacks.
    let message = in_step(&heads[1..], vec![hanging.clone()]);
    let incoming = Incoming::decode(&message.message).unwrap();
    let received = Peer::new(false).receive(&mut world.reader, incoming).unwrap();
    assert_eq!(received.groups, [[hanging]]);
}

#[test]
fn what_comes_in_an_order_that_goes_keeps_it() {
    let mut world = World::new();
    let mut client = Client::empty(drafter(Bureau::BR), 1);
    client.settle(&mut world);
    let shared = client.doc.get_heads();
    client.write(|tx| write_text(tx, "tgt-1", "title", 0, 0, "a"));
    let early = client.doc.get_heads();
    for letter in ["b", "c"] {
        client.write(|tx| write_text(tx, "tgt-1", "title", 0, 0, letter));
    }
    let mut tx = client.doc.transaction_at(PatchLog::inactive(), &early).unwrap();
    write_text(&mut tx, "tgt-1", "title", 0, 0, "at earlier heads ");
    tx.commit();
    let made = client.doc.get_changes(&shared);
    let changes: Vec<Vec<u8>> = made.iter().map(|change| change.raw_bytes().to_vec()).collect();
    assert_eq!((changes.len(), made[3].deps()), (4, &early[..]));
    let message = in_step(&client.doc.get_heads(), changes.clone());
    let incoming = Incoming::decode(&message.message).unwrap();
    let received = client.peer.receive(&mut world.reader, incoming).unwrap();
    assert_eq!(received.groups, std::slice::from_ref(&changes));

    // Also where some came before what they build on, and waited.
    let mut peer = Peer::new(false);
    for (part, groups) in [(&[1, 2][..], vec![]), (&[0, 3], vec![changes.clone()])] {
        let part = part.iter().map(|at: &usize| changes[*at].clone()).collect();
        let message = in_step(&client.doc.get_heads(), part);
        let incoming = Incoming::decode(&message.message).unwrap();
        assert_eq!(peer.receive(&mut world.reader, incoming).unwrap().groups, groups);
    }
}

#[test]
fn a_long_queue_is_several_asks_by_number_and_by_operations() {
    let sizes = |changes: Vec<(Vec<u8>, usize)>| -> Vec<usize> {
        super::order::groups(changes).iter().map(Vec::len).collect()
    };
    assert_eq!(sizes(Vec::new()), [0; 0]);
    assert_eq!(sizes(vec![(vec![1], 1); 600]), [250, 250, 100]);
    assert_eq!(sizes(vec![(vec![1], 18_000); 12]), [5, 5, 2]);
    assert_eq!(sizes(vec![(vec![1], 1_000_000); 2]), [1, 1], "the gate is to say no to these");
}

#[test]
fn no_more_than_so_much_waits() {
    let mut world = World::new();
    let mut client = Client::empty(drafter(Bureau::BR), 1);
    client.settle(&mut world);
    let shared = client.doc.get_heads();
    for _ in 0..140 {
        client.write(|tx| write_text(tx, "tgt-1", "title", 0, 0, &"long ".repeat(3_200)));
    }
    let mut changes: Vec<Vec<u8>> =
        client.doc.get_changes(&shared).iter().map(|change| change.raw_bytes().to_vec()).collect();
    changes.remove(0);
    let message = in_step(&client.doc.get_heads(), changes);
    let received = client.peer.receive(&mut world.reader, Incoming::decode(&message.message).unwrap());
    assert_eq!(received.err().map(|refusal| refusal.code), Some(RefusalCode::Busy));
}

#[test]
fn a_replica_that_never_sends_what_it_is_asked_for_is_refused_in_the_end() {
    let mut world = World::new();
    let mut client = Client::empty(drafter(Bureau::BR), 1);
    client.settle(&mut world);
    let shared = client.doc.get_heads();
    client.write(|tx| write_text(tx, "tgt-1", "title", 0, 0, "a"));
    client.write(|tx| write_text(tx, "tgt-1", "title", 0, 0, "b"));
    let second = client.doc.get_changes(&shared)[1].raw_bytes().to_vec();
    let message = in_step(&client.doc.get_heads(), vec![second]);
    client.peer.receive(&mut world.reader, Incoming::decode(&message.message).unwrap()).unwrap();
    let empty = in_step(&client.doc.get_heads(), Vec::new());
    for _ in 0..20 {
        if let Err(refusal) = client.peer.answer(&world.reader) {
            assert_eq!(refusal.code, RefusalCode::MissingDependency);
            return;
        }
        client.peer.receive(&mut world.reader, Incoming::decode(&empty.message).unwrap()).unwrap();
    }
    panic!("it is asked for ever");
}
