//! The server as its driver runs it: mailbox, hub, groups aloft, journal, store and reader copy.
//!
//! The order of things is that of `plenaryd/plans/driver.rs`; each method is one step of it, so that
//! the schedule may put anything between two of them.

use std::collections::{BTreeMap, VecDeque};

use plenary_core::history::Index;
use plenary_core::hub::{ConnId, Creation, Effect, Published, ReplyTo};
use plenary_core::policy::{self, Action, Grant};
use plenary_core::state::PlanState;
use plenary_core::{Answer, Ask, Context, Hub, Input, Proposal, Reader, snapshot};
use plenary_limits::{GROUP_INPUTS_MAX, GROUPS_ALOFT_MAX};
use plenary_log::{Entry, Record};
use plenary_protocol::access::Access;
use plenary_protocol::evidence::Leaves;
use plenary_protocol::record::{Act, Sealed};
use plenary_protocol::wire::EventView;
use plenary_protocol::{Principal, Role, Seq};

use crate::journal::{Fault, Journal};
use crate::past::MemoryPast;
use crate::random::Random;
use crate::scene;

/// Asks that wait at most: few, so that a full mailbox is met.
const MAILBOX_MAX: usize = 12;

/// Whose ask it is: the connection, and its own number for it.
pub type Tag = (ConnId, u64);

/// What the server tells somebody.
#[derive(Debug)]
pub enum Told {
    /// An answer.
    Answer(Tag, Answer),
    /// Entries, to all who are subscribed.
    Entries(Vec<ConnId>, Vec<Published>),
    /// That the plan is no longer open to them.
    Expelled(Vec<ConnId>),
}

/// Why an edge does not pass an ask on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turned {
    /// Who asks may not.
    Away,
    /// The mailbox is full.
    Busy,
}

struct Aloft {
    proposal: Proposal,
    /// Whether it is durable as far as the disk says.
    durable: bool,
}

/// One plan's server.
pub struct Server {
    /// The disk.
    pub journal: Journal,
    /// The store.
    pub past: MemoryPast,
    /// The hub.
    pub hub: Hub,
    /// The reader copy.
    pub reader: Reader,
    mailbox: VecDeque<(Tag, Grant, Ask)>,
    /// Who may read, as far as it is durable: what the edges go by.
    pub access: Access,
    /// Whether the group that landed last changed that.
    pub access_changed: bool,
    /// Entries that are committed.
    told: usize,
    aloft: VecDeque<Aloft>,
    replies: BTreeMap<ReplyTo, Tag>,
    asked: u64,
    now_us: i64,
    boot: u8,
    entropy: Random,
    fault: Fault,
}

fn records(entries: Vec<(Seq, Sealed)>) -> Vec<Record> {
    let plan = scene::plan_id().to_string();
    let record = |(seq, sealed): (Seq, Sealed)| {
        let Sealed { envelope, salt, payload } = sealed;
        Record::Entry(Entry { plan: plan.clone(), seq: seq.0, envelope, salt, payload })
    };
    entries.into_iter().map(record).collect()
}

fn action(ask: &Ask) -> Action {
    match ask {
        Ask::Subscribe { .. } | Ask::Unsubscribe { .. } => Action::Read,
        Ask::Advance { .. } => Action::Advance,
        Ask::SetAccess { .. } => Action::SetAccess,
        _ => Action::Edit,
    }
}

impl Server {
    /// A server whose plan has just been created and is durable.
    ///
    /// # Errors
    /// What went wrong.
    pub fn new(random: &mut Random, fault: Fault) -> Result<Server, String> {
        let mut entropy = random.fork();
        let (mut past, now_us) = (MemoryPast::default(), 1_790_000_000_000_000);
        let grant = policy::check(&scene::chair(), &scene::plan_id(), &Access::Everybody, Action::Create)
            .map_err(|refusal| refusal.reason)?;
        let ask = Ask::Unsubscribe { conn: ConnId(0) };
        let input = Input { reply: ReplyTo(0), grant, session: None, build: None, ask };
        let creation = Creation { view: scene::plan(), id: None, access: Access::Everybody, because: None };
        let mut ctx = Context { now_us, boot: [1; 16], entropy: &mut entropy, past: &past };
        let (mut hub, mut proposal, _) =
            Hub::create(&input, creation, &mut ctx).map_err(|refusal| refusal.reason)?;
        let mut journal = Journal::new(random.number() as u32, Fault::None);
        journal.append(records(proposal.take_entries()));
        while journal.is_busy() {
            if let Some(records) = journal.step() {
                past.take(&records)?;
            }
        }
        journal.plant(fault);
        _ = hub.committed(proposal);
        let mut server = Server {
            journal,
            past,
            hub,
            reader: Reader::new(scene::plan_id()),
            mailbox: VecDeque::new(),
            access: Access::Everybody,
            access_changed: false,
            told: 0,
            aloft: VecDeque::new(),
            replies: BTreeMap::new(),
            asked: 0,
            now_us,
            boot: 1,
            entropy,
            fault,
        };
        server.pull()?;
        Ok(server)
    }

    /// Puts an ask into the mailbox, with the right to it as the edge sees it at this moment.
    ///
    /// # Errors
    /// Why it is not taken.
    pub fn mail(&mut self, tag: Tag, who: &Principal, ask: Ask) -> Result<(), Turned> {
        let goes = matches!(ask, Ask::Unsubscribe { .. });
        if !self.has_room() && !goes {
            return Err(Turned::Busy);
        }
        let who = match self.fault {
            // Nobody needs a right to go.
            _ if goes => scene::admin(),
            Fault::MistakesWho if who.role == Role::Drafter => scene::chair(),
            _ => who.clone(),
        };
        let grant = policy::check(&who, &scene::plan_id(), &self.access, action(&ask));
        self.mailbox.push_back((tag, grant.map_err(|_| Turned::Away)?, ask));
        Ok(())
    }

    /// Whether the mailbox takes one more ask.
    pub fn has_room(&self) -> bool {
        self.mailbox.len() < MAILBOX_MAX
    }

    /// Whether the driver could propose a group now.
    pub fn can_group(&self) -> bool {
        self.aloft.len() < GROUPS_ALOFT_MAX && (!self.mailbox.is_empty() || self.hub.has_unfinished())
    }

    /// Whether a group that is said to be durable waits to be told.
    pub fn can_land(&self) -> bool {
        self.aloft.front().is_some_and(|group| group.durable)
    }

    /// Proposes one group of what waits, at most so many asks, and sends it to the disk.
    pub fn group(&mut self, most: usize) -> usize {
        let take = self.mailbox.len().min(most).min(GROUP_INPUTS_MAX);
        let mut inputs = Vec::new();
        for (tag, grant, ask) in self.mailbox.drain(..take) {
            let to = ReplyTo(self.asked);
            self.asked += 1;
            self.replies.insert(to, tag);
            let session = Some(format!("replica {}", tag.0.0));
            inputs.push(Input { reply: to, grant, session, build: None, ask });
        }
        self.now_us += 1_000;
        let (now_us, boot) = (self.now_us, [self.boot; 16]);
        let mut ctx = Context { now_us, boot, entropy: &mut self.entropy, past: &self.past };
        let mut proposal = self.hub.propose(inputs, &mut ctx);
        let entries = proposal.take_entries();
        let count = entries.len();
        if count > 0 {
            self.journal.append(records(entries));
        }
        // A group without entries waits for those before it and for nothing else.
        let durable = count == 0;
        self.aloft.push_back(Aloft { proposal, durable });
        count
    }

    /// The disk does a step; what is durable is in the store before anybody hears of it.
    ///
    /// # Errors
    /// What does not read.
    pub fn disk(&mut self) -> Result<(), String> {
        let Some(records) = self.journal.step() else { return Ok(()) };
        self.past.take(&records)?;
        if let Some(group) = self.aloft.iter_mut().find(|group| !group.durable) {
            group.durable = true;
        }
        Ok(())
    }

    /// Commits the group that has been durable for longest, and gives what is told of it.
    ///
    /// # Errors
    /// When the hub is to be opened anew.
    pub fn land(&mut self) -> Result<Vec<Told>, String> {
        let Some(group) = self.aloft.pop_front() else { return Ok(Vec::new()) };
        let mut told = Vec::new();
        for effect in self.hub.committed(group.proposal) {
            match effect {
                Effect::Reply { to, answer } => {
                    told.extend(self.replies.remove(&to).map(|tag| Told::Answer(tag, answer)));
                }
                Effect::Publish { to, entries } => told.push(Told::Entries(to, entries)),
                Effect::Expel { to, .. } => told.push(Told::Expelled(to)),
            }
        }
        self.access_changed = false;
        for event in &self.past.events[self.told..self.hub.committed_seq().0 as usize] {
            if let Act::AccessChanged { to, .. } = &event.payload.act {
                self.access = to.clone();
                self.access_changed = true;
            }
        }
        self.told = self.hub.committed_seq().0 as usize;
        self.pull()?;
        if self.hub.is_broken() {
            return Err("the plan's document could not be made again".into());
        }
        Ok(told)
    }

    /// Takes all that waits to its end, with a disk that is never late, and gives what is told.
    ///
    /// # Errors
    /// As `disk` and `land`.
    pub fn settle(&mut self) -> Result<Vec<Told>, String> {
        let mut told = Vec::new();
        while !self.is_quiet() {
            while self.can_group() {
                self.group(usize::MAX);
            }
            while !self.can_land() {
                self.disk()?;
            }
            told.extend(self.land()?);
        }
        Ok(told)
    }

    /// The reader copy takes in what the store has.
    ///
    /// # Errors
    /// What it does not take.
    pub fn pull(&mut self) -> Result<(), String> {
        let fresh = self.past.events[self.reader.seq().0 as usize..].to_vec();
        self.reader.take(fresh).map_err(|error| error.to_string())
    }

    /// Writes a snapshot of all that is committed.
    ///
    /// # Errors
    /// When it does not read back as it was.
    pub fn snapshot(&mut self) -> Result<(), String> {
        let (mut state, mut index) = (PlanState::new(scene::plan_id()), Index::new());
        for event in &self.past.events {
            state.apply(event).map_err(|error| error.to_string())?;
            index.take(&EventView::of(event));
        }
        self.pull()?;
        let leaves: Leaves = self.past.events.iter().map(|event| event.leaf).collect();
        let (bytes, _) =
            snapshot::write(&state, &self.reader, &index, &leaves).map_err(|error| error.to_string())?;
        self.past.snapshot = Some((state.seq, bytes));
        Ok(())
    }

    /// The power goes and comes back: journal, store, hub and reader copy are opened from what is left.
    ///
    /// # Errors
    /// Why the start is refused.
    pub fn crash(&mut self, random: &mut Random) -> Result<(), String> {
        let (journal, records) = self.journal.crash(random)?;
        self.journal = journal;
        let kept = self.past.snapshot.take();
        self.past = MemoryPast::default();
        self.past.take(&records)?;
        self.past.snapshot = kept.filter(|(seq, _)| seq.0 as usize <= self.past.events.len());
        self.mailbox.clear();
        self.aloft.clear();
        self.replies.clear();
        self.boot = self.boot.wrapping_add(1);
        self.reader = Reader::new(scene::plan_id());
        self.hub = Hub::load(scene::plan_id(), &self.past)
            .map_err(|error| error.to_string())?
            .ok_or("the plan is gone")?;
        self.access = self.hub.state().access.clone();
        self.told = self.past.events.len();
        self.pull()
    }

    /// Whether nothing waits and nothing is on its way.
    pub fn is_quiet(&self) -> bool {
        self.mailbox.is_empty()
            && self.aloft.is_empty()
            && !self.journal.is_busy()
            && !self.hub.has_unfinished()
    }
}
