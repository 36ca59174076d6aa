//! A replica: a document of its own under an actor of its own, kept in step over `/live`.
//!
//! It edits at once and tells the server later; what is not yet acknowledged it sends again after a
//! lost connection, the very same changes.

use std::collections::VecDeque;

use automerge::transaction::{CommitOptions, Transactable, Transaction};
use automerge::{ActorId, Automerge, Change, ObjId, ROOT, ReadDoc};
use plenary_core::document;
use plenary_protocol::Seq;
use plenary_protocol::ids::{ClientId, PlanId};
use plenary_protocol::wire::live::{Encoding, ServerMessage};
use plenaryd::clock;

use crate::{Gone, Http, Live, Outcome, fresh_id, plan_id};

/// A replica of one plan.
#[derive(Debug)]
pub struct Replica {
    plan: PlanId,
    http: Http,
    encoding: Encoding,
    live: Option<Live>,
    doc: Automerge,
    seq: Seq,
    unconfirmed: VecDeque<(ClientId, Vec<u8>)>,
    /// Entries that came, of whatever kind.
    pub entries_seen: u64,
}

impl Replica {
    /// Joins a plan with an actor that nobody has used.
    ///
    /// # Panics
    /// When no document comes.
    #[track_caller]
    pub fn join(http: &Http, plan: &str) -> Replica {
        Replica::join_as(http, plan, &clock::entropy::<16>())
    }

    /// Joins a plan under an actor.
    ///
    /// # Panics
    /// When no document comes.
    #[track_caller]
    pub fn join_as(http: &Http, plan: &str, actor: &[u8]) -> Replica {
        Replica::join_in(http, plan, actor, Encoding::Json)
    }

    /// Joins a plan under an actor, over a socket that speaks one of the encodings.
    ///
    /// # Panics
    /// When no document comes.
    #[track_caller]
    pub fn join_in(http: &Http, plan: &str, actor: &[u8], encoding: Encoding) -> Replica {
        let plan = plan_id(plan);
        let mut live = Live::open_in(http, encoding);
        live.subscribe(&plan, None, true).expect("the socket takes a message");
        let snapshot = live.wait_for(|message| match message {
            ServerMessage::Snapshot { seq, document: Some(bytes), .. } => Some((*seq, bytes.0.clone())),
            _ => None,
        });
        let (seq, bytes) = snapshot.expect("a document comes");
        let doc = document::load(&bytes).expect("the document loads").with_actor(ActorId::from(actor));
        let (http, unconfirmed) = (http.clone(), VecDeque::new());
        Replica { plan, http, encoding, live: Some(live), doc, seq, unconfirmed, entries_seen: 0 }
    }

    /// Where its server is.
    pub fn base(&self) -> &str {
        self.http.base()
    }

    /// The last entry it has.
    pub fn seq(&self) -> Seq {
        self.seq
    }

    /// Its document.
    pub fn doc(&self) -> &Automerge {
        &self.doc
    }

    /// How many edits are not acknowledged yet.
    pub fn unconfirmed(&self) -> usize {
        self.unconfirmed.len()
    }

    /// Edits the document; the change waits to be sent.
    ///
    /// # Panics
    /// When the edit fails or changes nothing.
    pub fn edit(&mut self, edit: impl FnOnce(&mut Transaction<'_>)) {
        let before = self.doc.get_heads();
        let mut transaction = self.doc.transaction();
        edit(&mut transaction);
        transaction.commit_with(CommitOptions::default().with_time(clock::now().as_second()));
        let changes = self.doc.get_changes(&before);
        assert_eq!(changes.len(), 1, "one edit is one change");
        self.unconfirmed
            .extend(changes.iter().map(|change| (fresh_id("replica"), change.raw_bytes().to_vec())));
    }

    /// Inserts into a text of an element, where `pick` says, in code points.
    ///
    /// # Panics
    /// When there is no such text.
    pub fn insert(&mut self, element: &str, field: &str, pick: impl FnOnce(&str) -> usize, what: &str) {
        self.edit(|transaction| {
            let object = text_object(transaction, element, field);
            let at = pick(&transaction.text(&object).expect("a text is a text"));
            transaction.splice_text(&object, at, 0, what).expect("the text takes words");
        });
    }

    /// Gives a scalar field of an element a value.
    ///
    /// # Panics
    /// When there is no such element.
    pub fn put(&mut self, element: &str, field: &str, value: impl Into<automerge::ScalarValue>) {
        self.edit(|transaction| {
            let object = element_object(transaction, element);
            transaction.put(&object, field, value).expect("the element takes a value");
        });
    }

    /// The last change made here that is not acknowledged.
    ///
    /// # Panics
    /// When there is none.
    pub fn last_change(&self) -> Change {
        let (_, bytes) = self.unconfirmed.back().expect("an edit waits");
        Change::from_bytes(bytes.clone()).expect("its own change reads")
    }

    /// Forgets what waits to be sent.
    pub fn drop_unconfirmed(&mut self) {
        self.unconfirmed.clear();
    }

    /// A text as it stands here.
    pub fn text(&self, element: &str, field: &str) -> String {
        self.doc.text(text_object(&self.doc, element, field)).expect("a text is a text")
    }

    /// Hands over what waits and reads until all of it is acknowledged.
    ///
    /// # Errors
    /// How the socket ended.
    ///
    /// # Panics
    /// When something is refused, or it is offline.
    pub fn push(&mut self) -> Result<(), Gone> {
        let live = self.live.as_mut().expect("it is online");
        for (id, change) in &self.unconfirmed {
            live.changes(id, &self.plan, std::slice::from_ref(change))?;
        }
        while let Some((id, _)) = self.unconfirmed.front().cloned() {
            match self.live.as_mut().expect("it is online").outcome(&id)? {
                Outcome::Done(_) => _ = self.unconfirmed.pop_front(),
                Outcome::Refused(refusal) => panic!("an honest change was refused: {refusal:?}"),
            }
        }
        Ok(())
    }

    /// Hands over what waits in one message and gives its outcome.
    ///
    /// # Panics
    /// When the socket ends, or it is offline.
    pub fn push_at_once(&mut self) -> Outcome {
        let changes: Vec<Vec<u8>> = self.unconfirmed.iter().map(|(_, change)| change.clone()).collect();
        self.send_raw(&changes)
    }

    /// Sends changes as they are and gives what became of them.
    ///
    /// # Panics
    /// When the socket ends, or it is offline.
    pub fn send_raw(&mut self, changes: &[Vec<u8>]) -> Outcome {
        let live = self.live.as_mut().expect("it is online");
        let id = fresh_id("raw");
        live.changes(&id, &self.plan, changes).expect("the socket takes a message");
        live.outcome(&id).expect("an answer comes")
    }

    /// Takes in entries until it has the one named.
    ///
    /// # Errors
    /// How the socket ended before.
    ///
    /// # Panics
    /// When an entry is missing or out of order, or it is offline.
    pub fn catch_up(&mut self, until: Seq) -> Result<(), Gone> {
        while self.seq < until {
            let live = self.live.as_mut().expect("it is online");
            let (seq, change) = live.wait_for(|message| match message {
                ServerMessage::Event { event, change } => Some((event.seq, change.clone())),
                _ => None,
            })?;
            assert_eq!(seq, self.seq.next(), "entries come in order, each once");
            self.seq = seq;
            self.entries_seen += 1;
            if let Some(bytes) = change {
                let change = Change::from_bytes(bytes.0).expect("a change of the log reads");
                document::apply(&mut self.doc, vec![change]).expect("a change of the log applies");
            }
        }
        Ok(())
    }

    /// Goes offline.
    pub fn offline(&mut self) {
        self.live = None;
    }

    /// Comes back: subscribes from what it has, and sends what is not acknowledged.
    ///
    /// # Panics
    /// When the server does not take it back.
    pub fn come_back(&mut self, base: &str) {
        self.http = self.http.at(base);
        let mut live = Live::open_in(&self.http, self.encoding);
        live.subscribe(&self.plan, Some(self.seq), true).expect("the socket takes a message");
        let head = live.wait_for(|message| match message {
            ServerMessage::Subscribed { head, .. } => Some(*head),
            _ => None,
        });
        self.live = Some(live);
        self.catch_up(head.expect("it is subscribed")).expect("what was missed comes");
        self.push().expect("the server takes what was not acknowledged");
    }
}

fn element_object(doc: &impl ReadDoc, element: &str) -> ObjId {
    let mut object = ROOT;
    for key in ["elements", element] {
        object = doc.get(&object, key).expect("a map").unwrap_or_else(|| panic!("no {key}")).1;
    }
    object
}

fn text_object(doc: &impl ReadDoc, element: &str, field: &str) -> ObjId {
    let mut object = element_object(doc, element);
    for key in ["text", "en", field] {
        object = doc.get(&object, key).expect("a map").unwrap_or_else(|| panic!("{element} has no {key}")).1;
    }
    object
}
