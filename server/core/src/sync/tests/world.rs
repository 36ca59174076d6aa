//! A stock client as the library makes one, and the server's side of its connection.

use automerge::sync::{Message, State, SyncDoc};
use automerge::transaction::Transaction;
use automerge::{ActorId, Automerge, ReadDoc};
use plenary_protocol::wire::Refusal;
use plenary_protocol::{Principal, Seq};

use super::super::{Incoming, Peer, Step, in_step};
use crate::document;
use crate::hub::Published;
use crate::tests::replica::text_object;
use crate::tests::world::{World, done};

/// Rounds after which a pair that still talks is one that loops.
const ROUNDS_MAX: usize = 30;

pub struct Client {
    pub doc: Automerge,
    pub peer: Peer,
    /// Messages it got.
    pub heard: Vec<Vec<u8>>,
    pub refused: Option<Refusal>,
    who: Principal,
    state: State,
}

impl Client {
    pub fn empty(who: Principal, actor: u8) -> Client {
        let mut doc = document::empty();
        doc.set_actor(ActorId::from(vec![actor; 16]));
        Client { doc, peer: Peer::new(false), heard: Vec::new(), refused: None, who, state: State::new() }
    }

    pub fn write(&mut self, act: impl FnOnce(&mut Transaction<'_>)) {
        let mut tx = self.doc.transaction();
        act(&mut tx);
        tx.commit();
    }

    pub fn title(&self, element: &str) -> String {
        self.doc.text(text_object(&self.doc, element, "title")).unwrap()
    }

    /// What it says now, if anything.
    pub fn say(&mut self) -> Option<Vec<u8>> {
        self.doc.generate_sync_message(&mut self.state).map(Message::encode)
    }

    fn hear(&mut self, bytes: Vec<u8>) {
        let message = Message::decode(&bytes).unwrap();
        self.doc.receive_sync_message(&mut self.state, message).unwrap();
        self.heard.push(bytes);
    }

    /// A step reaches it.
    pub fn take_step(&mut self, step: &Step) {
        self.peer.told(step);
        self.hear(step.message.clone());
    }

    /// The server takes its message in, changes and all.
    pub fn hand_in(&mut self, world: &mut World, incoming: Incoming) {
        let received = self.peer.receive(&mut world.reader, incoming).unwrap();
        for group in received.groups {
            if let Err(refusal) = done(world.changes(&self.who, group)) {
                self.peer.refuse();
                self.refused = Some(refusal);
                return;
            }
        }
    }

    /// Both sides talk until nobody has anything to say.
    pub fn settle(&mut self, world: &mut World) {
        for _ in 0..ROUNDS_MAX {
            let Some(bytes) = self.say() else { return };
            let incoming = Incoming::decode(&bytes).unwrap();
            if self.peer.acknowledges(&incoming) {
                continue;
            }
            self.hand_in(world, incoming);
            if let Some(bytes) = self.peer.answer(&world.reader).unwrap() {
                self.hear(bytes);
            }
        }
        panic!("they talk for ever");
    }

    /// How many messages two sides that are settled still send.
    pub fn messages_to_nothing(&mut self, world: &mut World) -> usize {
        let before = self.heard.len();
        let said = usize::from(self.say().is_some());
        self.settle(world);
        self.heard.len() - before + said
    }

    /// The line was cut: both sides know only what they keep.
    pub fn reconnect(&mut self) {
        self.state = State::decode(&self.state.encode()).unwrap();
        self.peer = Peer::new(false);
    }
}

impl World {
    /// What replicas in step are told of the entries after `from`.
    pub fn step_since(&self, from: Seq) -> Step {
        let fresh = self.log.events.iter().filter(|event| event.envelope.seq > from);
        let changes = fresh.filter_map(|event| Published::of(event).change).collect();
        in_step(self.hub.state().heads_at(self.seq()), changes)
    }
}
