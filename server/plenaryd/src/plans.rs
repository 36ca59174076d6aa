//! The plans in memory: one thread each, a bounded mailbox, opened on demand, gone when idle.
//!
//! A plan that fails takes no other along: its thread ends, what waited is answered, and the next
//! ask opens it anew from the log.

mod damage;
mod driver;
mod outbox;
mod stops;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use plenary_core::hub::{ConnId, Creation, PastError, PlanSize, ReplyTo};
use plenary_core::{Answer, Ask, Context, Entropy, Grant, Hub, Input};
use plenary_log::{AppendError, Entry, Log, LogState, Record};
use plenary_protocol::ids::{Digest, PlanId};
use plenary_protocol::record::{Sealed, leaf_hash};
use plenary_protocol::wire::live::{Encoding, Known};
use plenary_protocol::wire::{Refusal, RefusalCode};
use plenary_protocol::{Access, Seq};
use tokio::sync::oneshot;

pub use self::damage::{Damage, Part};
pub(crate) use driver::told;
pub use outbox::{Content, Frame, Outbox, OutboxClosed, OutboxReader};
pub use plenary_core::policy::no_such_plan;
pub use stops::{Outcome, StopsError};

use crate::clock;
use crate::evidence::{Contradiction, Notary};
use crate::metrics::Metrics;
use crate::past::LogPast;
use crate::quarantines::Quarantines;

/// Where the metrics say that asks of plans are refused.
const AT_PLAN: &str = "plan";

/// Entropy from the operating system.
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            chunk.copy_from_slice(&clock::entropy::<32>()[..chunk.len()]);
        }
    }
}

/// What lies in a plan's mailbox.
pub(crate) enum Mail {
    /// An ask, and where its answer goes.
    Ask { grant: Grant, origin: Origin, ask: Ask, reply: oneshot::Sender<Answer> },
    /// A connection that wants entries.
    Subscribe { grant: Grant, conn: ConnId, outbox: Outbox, form: Form, reply: oneshot::Sender<Answer> },
    /// A connection that wants no more.
    Unsubscribe { conn: ConnId },
    /// Somebody wants a checkpoint of all that is there: the plan is opened, which owes one.
    Vouch,
    /// The server stops: finish what waits before this, then end.
    Stop,
}

/// The form in which a connection is told entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As messages of `/live`: in plain words, with the raw changes or without.
    Live {
        /// With the raw changes.
        raw: bool,
        /// How they are written.
        encoding: Encoding,
    },
    /// As sync messages, a group at a time.
    Sync,
}

/// Where an ask comes from, as entries name it.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// The connection.
    pub session: Option<String>,
    /// The client's build.
    pub build: Option<String>,
}

/// An answer on its way.
#[derive(Debug)]
pub struct PendingAnswer {
    answer: oneshot::Receiver<Answer>,
    asked: Instant,
    metrics: Metrics,
}

impl PendingAnswer {
    /// Waits for it.
    ///
    /// # Errors
    /// `unavailable` when the plan failed meanwhile.
    pub async fn wait(self) -> Result<Answer, Refusal> {
        let answer = self.answer.await.map_err(|_| unavailable());
        match &answer {
            Ok(Answer::Done { .. }) => self.metrics.acknowledged(self.asked.elapsed()),
            Ok(Answer::Partly { refusal, .. }) => {
                self.metrics.acknowledged(self.asked.elapsed());
                self.metrics.refused(AT_PLAN, refusal.code);
            }
            Ok(Answer::Refused { refusal, .. }) | Err(refusal) => self.metrics.refused(AT_PLAN, refusal.code),
            Ok(Answer::Subscribed { .. } | Answer::Preview { .. }) => {}
        }
        answer
    }
}

/// How plans are kept in memory.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Inputs that may wait for one plan.
    pub mailbox: usize,
    /// After how long without anybody a plan leaves memory.
    pub idle: Duration,
}

/// All plans.
#[derive(Clone)]
pub struct Plans {
    inner: Arc<Inner>,
}

struct Inner {
    log: Log,
    notary: Notary,
    boot: [u8; 16],
    settings: Settings,
    metrics: Metrics,
    open: Mutex<HashMap<PlanId, SyncSender<Mail>>>,
    sizes: Mutex<HashMap<PlanId, PlanSize>>,
    damage: Arc<Damage>,
    stops: stops::Stops,
    quarantines: Arc<Quarantines>,
    threads: Mutex<Vec<std::thread::JoinHandle<()>>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is said to whoever wants a plan's log to go on, or to be vouched for, that was found not to hold.
///
/// Nothing is added to it: each new entry names the one before it, and so would vouch for what is broken.
pub(crate) fn contradicted(found: &Contradiction) -> Refusal {
    Refusal::new(
        RefusalCode::Unavailable,
        format!(
            "{found}. Nothing is added to it and nothing of it is signed until an operator has repaired it; reading goes on"
        ),
    )
}

fn unavailable() -> Refusal {
    Refusal::new(
        RefusalCode::Unavailable,
        "the plan could not be opened; the operator has been told: try again",
    )
}

impl Plans {
    /// No plan in memory yet.
    pub fn new(log: Log, notary: Notary, boot: [u8; 16], settings: Settings, metrics: Metrics) -> Self {
        let inner = Inner {
            log,
            notary,
            boot,
            settings,
            metrics,
            open: Mutex::default(),
            sizes: Mutex::default(),
            damage: Arc::default(),
            stops: stops::Stops::default(),
            quarantines: Arc::default(),
            threads: Mutex::default(),
        };
        Plans { inner: Arc::new(inner) }
    }

    /// The log.
    pub fn log(&self) -> &Log {
        &self.inner.log
    }

    /// Who vouches for the plans.
    pub fn notary(&self) -> &Notary {
        &self.inner.notary
    }

    /// Sees to it that a plan gets a checkpoint of all its entries, if it lacks one.
    ///
    /// # Errors
    /// As `post_ask`.
    pub fn want_checkpoint(&self, plan: &PlanId) -> Result<(), Refusal> {
        self.check_log()?;
        self.post(plan, Mail::Vouch)
    }

    /// The committed past of a plan.
    pub fn past(&self, plan: &PlanId) -> LogPast {
        let Inner { log, damage, quarantines, .. } = &*self.inner;
        LogPast::new(log.clone(), plan.clone(), damage.clone(), quarantines.clone())
    }

    /// Whether there is such a plan.
    pub fn exists(&self, plan: &PlanId) -> bool {
        self.inner.log.head(plan.as_str()).is_some()
    }

    /// Checks that an entry which a client has is the one that stands here.
    ///
    /// # Errors
    /// A refusal with code `base_ahead` where there is none yet, `other_history` where it is another, or
    /// `unavailable` when it can not be told.
    pub fn check_known(&self, plan: &PlanId, known: Known) -> Result<(), Refusal> {
        let Known { seq, leaf } = known;
        if seq == Seq::ZERO {
            return Ok(());
        }
        let head = self.inner.log.head(plan.as_str());
        let here = match head {
            Some(head) if head.seq == seq.0 => Some(Digest(head.hash)),
            _ => {
                let entry = self.inner.log.entry(plan.as_str(), seq.0).map_err(|error| {
                    tracing::error!(%plan, %error, "an entry could not be read");
                    unavailable()
                })?;
                entry.map(|entry| leaf_hash(&entry.envelope))
            }
        };
        let head = head.map_or(0, |head| head.seq);
        let way_out = "drop what you have and take the plan anew";
        match here {
            Some(here) if here == leaf => Ok(()),
            Some(_) => Err(Refusal::new(
                RefusalCode::OtherHistory,
                format!(
                    "entry {seq} is another here than the one you have: the server was restored from a backup; {way_out}"
                ),
            )),
            None => Err(Refusal::new(
                RefusalCode::BaseAhead,
                format!("you have entry {seq}, the last one here is {head}: {way_out}"),
            )),
        }
    }

    /// Checks that what a client has of a plan as of an entry has nothing in it that was set aside since.
    ///
    /// # Errors
    /// A refusal with code `other_history` where it has, or `unavailable` when it cannot be told.
    pub fn check_reading(&self, plan: &PlanId, seq: Seq) -> Result<(), Refusal> {
        let quarantine = self.past(plan).quarantine().map_err(|error| {
            tracing::error!(%plan, %error, "what of the plan is set aside cannot be told");
            unavailable()
        })?;
        let Some(by) = quarantine.spans().since(seq) else { return Ok(()) };
        Err(Refusal::new(
            RefusalCode::OtherHistory,
            format!(
                "changes that you have were set aside in entry {by}: drop what you have and take the plan anew"
            ),
        ))
    }

    /// How many entries of all plans are set aside; those of a plan of which it cannot be told are not counted.
    pub fn set_aside(&self) -> usize {
        let plans = self.log().plans().into_iter().filter_map(|name| name.parse::<PlanId>().ok());
        plans.filter_map(|plan| self.past(&plan).quarantine().ok()).map(|quarantine| quarantine.count()).sum()
    }

    /// Who may read a plan, as the log says now.
    ///
    /// # Errors
    /// A refusal with code `no_such_plan`, or `unavailable` when it can not be told: nobody is let in then.
    pub fn access(&self, plan: &PlanId) -> Result<Access, Refusal> {
        if !self.exists(plan) {
            return Err(no_such_plan(plan));
        }
        let access = self.past(plan).access();
        self.note(plan, Part::Access, access.is_err());
        access.map_err(|error| {
            tracing::error!(%plan, %error, "who may read the plan can not be told");
            unavailable()
        })
    }

    /// Takes note that something of a plan could be read, or could not.
    pub fn note(&self, plan: &PlanId, part: Part, is_damaged: bool) {
        self.inner.damage.note(plan, part, is_damaged);
    }

    /// How many plans there are of which something could not be read.
    pub fn damaged(&self) -> usize {
        self.inner.damage.count()
    }

    /// How many plans are in memory.
    pub fn resident(&self) -> usize {
        lock(&self.inner.open).len()
    }

    /// How large each plan in memory is, in order of their names.
    pub fn sizes(&self) -> Vec<(PlanId, PlanSize)> {
        let mut sizes: Vec<_> =
            lock(&self.inner.sizes).iter().map(|(plan, size)| (plan.clone(), *size)).collect();
        sizes.sort_by(|(a, _), (b, _)| a.cmp(b));
        sizes
    }

    /// The mailbox of a plan, opened if need be.
    fn mailbox(&self, plan: &PlanId) -> Result<SyncSender<Mail>, Refusal> {
        let mut open = lock(&self.inner.open);
        if let Some(mailbox) = open.get(plan) {
            return Ok(mailbox.clone());
        }
        if !self.exists(plan) {
            return Err(no_such_plan(plan));
        }
        let (sender, receiver) = sync_channel(self.inner.settings.mailbox);
        let driver = driver::Driver::new(self.clone(), plan.clone(), receiver);
        let thread = std::thread::Builder::new().name(format!("plan {plan}"));
        let thread = thread.spawn(move || driver.run()).map_err(|error| {
            tracing::error!(%plan, %error, "no thread for the plan");
            unavailable()
        })?;
        let mut threads = lock(&self.inner.threads);
        threads.retain(|thread| !thread.is_finished());
        threads.push(thread);
        open.insert(plan.clone(), sender.clone());
        Ok(sender)
    }

    /// Says how large a plan in memory is now; called by its thread.
    fn note_size(&self, plan: &PlanId, size: PlanSize) {
        lock(&self.inner.sizes).insert(plan.clone(), size);
    }

    /// Takes a plan out of memory unless something came for it meanwhile; called by its thread.
    fn leave(&self, plan: &PlanId, receiver: &Receiver<Mail>) -> Option<Mail> {
        let mut open = lock(&self.inner.open);
        match receiver.try_recv() {
            Ok(mail) => Some(mail),
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => {
                open.remove(plan);
                lock(&self.inner.sizes).remove(plan);
                None
            }
        }
    }

    /// Forgets a plan whose thread has ended.
    fn forget(&self, plan: &PlanId) {
        lock(&self.inner.open).remove(plan);
        lock(&self.inner.sizes).remove(plan);
    }

    /// Asks something of a plan; the answer comes later.  Asks are taken in the order of the calls.
    ///
    /// # Errors
    /// The refusal, where the plan is not there, too busy, or takes no edits.
    pub fn post_ask(
        &self,
        plan: &PlanId,
        grant: Grant,
        origin: Origin,
        ask: Ask,
    ) -> Result<PendingAnswer, Refusal> {
        let asked = Instant::now();
        let metrics = self.inner.metrics.clone();
        let (reply, answer) = oneshot::channel();
        let posted = self
            .check_writable(plan, &ask)
            .and_then(|()| self.post(plan, Mail::Ask { grant, origin, ask, reply }));
        match posted {
            Ok(()) => Ok(PendingAnswer { answer, asked, metrics }),
            Err(refusal) => {
                metrics.refused(AT_PLAN, refusal.code);
                Err(refusal)
            }
        }
    }

    /// Asks something of a plan and waits for the answer.
    ///
    /// # Errors
    /// The refusal, where the plan is not there, too busy, or failed.
    pub async fn ask(
        &self,
        plan: &PlanId,
        grant: Grant,
        origin: Origin,
        ask: Ask,
    ) -> Result<Answer, Refusal> {
        self.post_ask(plan, grant, origin, ask)?.wait().await
    }

    /// Has a connection told every entry after the answer's head.
    ///
    /// # Errors
    /// As `ask`.
    pub async fn subscribe(
        &self,
        plan: &PlanId,
        grant: Grant,
        conn: ConnId,
        outbox: Outbox,
        form: Form,
    ) -> Result<Seq, Refusal> {
        let (reply, answer) = oneshot::channel();
        self.post(plan, Mail::Subscribe { grant, conn, outbox, form, reply })?;
        match answer.await {
            Ok(Answer::Subscribed { head }) => Ok(head),
            Ok(Answer::Refused { refusal, .. }) => Err(refusal),
            _ => Err(unavailable()),
        }
    }

    /// Ends a subscription.
    pub fn unsubscribe(&self, plan: &PlanId, conn: ConnId) {
        let mailbox = lock(&self.inner.open).get(plan).cloned();
        if let Some(mailbox) = mailbox {
            // A full mailbox loses nothing: the driver drops connections whose outbox is closed.
            _ = mailbox.try_send(Mail::Unsubscribe { conn });
        }
    }

    fn post(&self, plan: &PlanId, mail: Mail) -> Result<(), Refusal> {
        let mut mail = mail;
        // The plan may leave memory between opening and posting: then it is opened once more.
        for _ in 0..3 {
            match self.mailbox(plan)?.try_send(mail) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Disconnected(back)) => mail = back,
                Err(TrySendError::Full(_)) => {
                    return Err(Refusal::new(
                        RefusalCode::Busy,
                        format!(
                            "{} edits wait for this plan already; try again in a moment",
                            self.inner.settings.mailbox
                        ),
                    ));
                }
            }
        }
        Err(unavailable())
    }

    fn check_writable(&self, plan: &PlanId, ask: &Ask) -> Result<(), Refusal> {
        self.check_goes_on(plan, ask)?;
        match ask {
            Ask::Edit { .. }
            | Ask::Changes { .. }
            | Ask::Advance { .. }
            | Ask::SetAccess { .. }
            | Ask::SetRule { .. }
            | Ask::Export { .. }
            | Ask::Quarantine { .. }
            | Ask::Restore(_)
            | Ask::NameVersion(_)
            | Ask::SignVersion(_) => {
                self.inner.notary.check(plan).map_err(|found| contradicted(&found))?;
                self.check_log()
            }
            Ask::Preview(_) | Ask::Subscribe { .. } | Ask::Unsubscribe { .. } => Ok(()),
        }
    }

    fn check_log(&self) -> Result<(), Refusal> {
        match self.inner.log.state() {
            LogState::Serving => Ok(()),
            LogState::ReadOnly { reason } => Err(Refusal::new(
                RefusalCode::ReadOnly,
                format!("the server takes no edits at the moment: {reason}"),
            )),
            LogState::Failed { .. } => Err(Refusal::new(
                RefusalCode::ReadOnly,
                "the server cannot write and is stopping; nothing was taken",
            )),
        }
    }

    /// Creates a plan and makes it durable.  Blocking.
    ///
    /// # Errors
    /// The refusal, where the plan is there already or cannot be made or written.
    pub fn create(&self, grant: Grant, origin: Origin, creation: Creation) -> Result<Answer, Refusal> {
        self.check_log()?;
        let plan = creation.view.id.clone();
        let open = lock(&self.inner.open);
        if self.exists(&plan) {
            return Err(Refusal::new(
                RefusalCode::PlanExists,
                format!("there is a plan {plan} already; give the file another id to import it beside"),
            ));
        }
        let past = self.past(&plan);
        let mut entropy = SystemEntropy;
        let mut ctx = Context {
            now_us: clock::now().as_microsecond(),
            boot: self.inner.boot,
            entropy: &mut entropy,
            past: &past,
        };
        let input = Input {
            reply: ReplyTo(0),
            grant,
            session: origin.session,
            build: origin.build,
            ask: Ask::Unsubscribe { conn: ConnId(0) },
        };
        let (hub, mut proposal, answer) = Hub::create(&input, creation, &mut ctx)?;
        let mut records = records(&plan, proposal.take_entries());
        let vouched = driver::vouched(&self.inner.notary, &hub);
        records.extend(vouched.as_ref().map(|(_, fact)| Record::Fact(fact.clone())));
        self.inner.log.append(records).map_err(|error| refused_append(&error))?;
        if let Some((record, _)) = vouched {
            self.inner.notary.vouch(&plan, record);
        }
        drop(open);
        Ok(answer)
    }

    /// Ends all plans after what waits in their mailboxes is done, and searches in their past at once.  Blocking.
    pub fn stop(&self) {
        self.inner.stops.end_searches();
        let mailboxes: Vec<_> = lock(&self.inner.open).values().cloned().collect();
        for mailbox in mailboxes {
            _ = mailbox.send(Mail::Stop);
        }
        let threads = std::mem::take(&mut *lock(&self.inner.threads));
        for thread in threads {
            _ = thread.join();
        }
    }
}

fn records(plan: &PlanId, entries: Vec<(Seq, Sealed)>) -> Vec<Record> {
    let record = |(seq, sealed): (Seq, Sealed)| {
        let Sealed { envelope, salt, payload } = sealed;
        Record::Entry(Entry { plan: plan.to_string(), seq: seq.0, envelope, salt, payload })
    };
    entries.into_iter().map(record).collect()
}

pub(crate) fn refused_append(error: &AppendError) -> Refusal {
    match error {
        AppendError::ReadOnly { reason } => {
            Refusal::new(RefusalCode::ReadOnly, format!("the server takes no edits at the moment: {reason}"))
        }
        AppendError::QueueFull { .. } => {
            Refusal::new(RefusalCode::Busy, "the disk is behind; nothing was taken: try again in a moment")
        }
        AppendError::TooLarge { .. } => Refusal::new(RefusalCode::TooLarge, error.to_string()),
        _ => Refusal::new(
            RefusalCode::Unavailable,
            "the server could not write and is stopping; whether this edit is kept shows after its restart: \
             send it again under the same id",
        ),
    }
}

/// Why a plan could not be loaded, for the operator.
pub(crate) fn load(plans: &Plans, plan: &PlanId) -> Result<Option<Hub>, PastError> {
    Hub::load(plan.clone(), &plans.past(plan))
}
