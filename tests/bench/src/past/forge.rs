//! A plan with a long past, written straight into a log: raw changes with the rows that tell them.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, Automerge, ObjId, ROOT, ReadDoc, Value as DocValue};
use plenary_core::history::Index;
use plenary_core::hub::{ConnId, Creation, ReplyTo};
use plenary_core::policy::{self, Action};
use plenary_core::{Ask, Context, Entropy, Hub, Input, Past};
use plenary_log::{Entry, Fact, FactKind, Log, Options, Record};
use plenary_protocol::ids::{ClientId, Subject};
use plenary_protocol::plan::{Stage, Value, file};
use plenary_protocol::record::{
    Act, Author, ChangeAct, ENVELOPE_VERSION, EditRow, Envelope, Event, PAYLOAD_SCHEMA, PAYLOAD_TYPE,
    Payload, RowOp, SUMMARY_VERSION, Sealed, Touched,
};
use plenary_protocol::wire::EventView;
use plenary_protocol::{Access, Bureau, Digest, ElementId, PlanId, Principal, Role, Seq};
use plenaryd::indexer::EntryIndexer;

use crate::Failure;

/// The plan.
pub const PLAN: &str = "long-past";
/// Its file, under another name.
const SOURCE: &str = include_str!("../../../../server/core/plans/itu-sp-2024-2027-draft.json");
/// Entries that are appended together.
const APPENDED: usize = 1_000;
/// Characters of the text that is worked on most.
const LONG_CHARS: usize = 2_000;
/// Of how many changes one goes to that text.
const LONG_SHARE: usize = 5;
/// Texts up to this length stand whole in rows.
const WHOLE_CHARS_MAX: usize = 512;

/// What was forged.
pub struct Forged {
    /// The element whose text is long.
    pub element: String,
    /// Entries in all.
    pub entries: u64,
    /// Bytes of memory that the index of the past takes.
    pub index_bytes: usize,
    /// Server time of the first and the last entry, microseconds since 1970 UTC.
    pub from_us: i64,
    pub until_us: i64,
}

/// Numbers that look random and are the same in every run.
pub struct Counted(u64);

impl Counted {
    /// Begins with a number.
    pub fn new(seed: u64) -> Counted {
        Counted(seed)
    }

    /// One that is less than `count`.
    pub fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % count.max(1)
    }
}

impl Entropy for Counted {
    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.iter_mut().for_each(|byte| *byte = self.below(256) as u8);
    }
}

/// A plan without a past.
pub struct Nothing;

impl Past for Nothing {
    fn by_client_id(&self, _: &Subject, _: &ClientId) -> Result<Option<Event>, plenary_core::hub::PastError> {
        Ok(None)
    }

    fn leaf(&self, _: Seq) -> Result<Option<Digest>, plenary_core::hub::PastError> {
        Ok(None)
    }

    fn replay(
        &self,
        _: Seq,
        _: &mut dyn FnMut(Event) -> Result<(), plenary_core::hub::PastError>,
    ) -> Result<(), plenary_core::hub::PastError> {
        Ok(())
    }

    fn snapshot(&self) -> Option<Vec<u8>> {
        None
    }
}

fn people() -> Result<Vec<Principal>, Failure> {
    let one = |n: usize, bureau: Bureau| {
        Ok(Principal {
            subject: format!("writer-{n}").parse()?,
            name: format!("Writer {n}"),
            issuer: "bench".into(),
            bureau,
            role: Role::Chair,
            token_id: None,
            issued_s: 0,
            expires_s: i64::MAX,
        })
    };
    (0..8).map(|n| one(n, Bureau::ALL[n % 4])).collect()
}

/// A text of the document.
struct Text {
    element: ElementId,
    kind: String,
    field: String,
    object: ObjId,
    letters: Vec<char>,
}

struct Forge {
    log: Log,
    plan: PlanId,
    seq: Seq,
    prev: Digest,
    at_us: i64,
    waiting: Vec<Record>,
    index: Index,
}

impl Forge {
    fn keep(&mut self, sealed: Sealed, event: &Event) -> Result<(), Failure> {
        (self.seq, self.prev) = (event.envelope.seq, event.leaf);
        self.index.take(&EventView::of(event));
        self.waiting.push(Record::Entry(Entry {
            plan: self.plan.to_string(),
            seq: self.seq.0,
            envelope: sealed.envelope,
            salt: sealed.salt,
            payload: sealed.payload,
        }));
        if self.waiting.len() >= APPENDED { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), Failure> {
        Ok(self.log.append(std::mem::take(&mut self.waiting))?)
    }

    fn seal(&mut self, who: &Principal, act: Act) -> Result<(), Failure> {
        self.at_us += 2_000_000;
        let envelope = Envelope {
            v: ENVELOPE_VERSION,
            at: self.at_us,
            id: [7; 16].into(),
            seq: self.seq.next(),
            base: None,
            boot: [1; 16].into(),
            plan: self.plan.clone(),
            prev: self.prev,
            act: act.name().to_owned(),
            build: None,
            claimed: None,
            session: None,
            touched: Touched::of(act.edits()),
            causation: None,
            client_id: None,
            on_behalf: None,
            principal: Author::from(who),
            payload_len: 0,
            type_schema: PAYLOAD_SCHEMA,
            payload_type: PAYLOAD_TYPE.to_owned(),
            payload_commitment: Digest::ZERO,
        };
        let payload =
            Payload { act, name: who.name.clone(), answers: Vec::new(), because: None, request: None };
        let (sealed, event) = Event::seal(envelope, payload, [3; 32])?;
        self.keep(sealed, &event)
    }
}

/// Makes a data directory with a plan of so many changes.
pub fn forge(dir: &Path, changes: usize) -> Result<Forged, Failure> {
    let mut entropy = Counted(1);
    let people = people()?;
    let mut view = file::read(SOURCE.as_bytes()).map_err(|problems| format!("{problems:?}"))?;
    (view.id, view.stage) = (PLAN.parse()?, Stage::SecretariatDraft);
    let from_us = 1_700_000_000_000_000;
    let mut ctx = Context { now_us: from_us, boot: [1; 16], entropy: &mut entropy, past: &Nothing };
    let input = Input {
        reply: ReplyTo(0),
        grant: policy::check(&people[0], &view.id, &Access::Everybody, Action::Create)
            .map_err(|refusal| refusal.reason)?,
        session: None,
        build: None,
        ask: Ask::Unsubscribe { conn: ConnId(0) },
    };
    let creation = Creation { view, id: None, access: Access::Everybody, because: None };
    let (_, proposal, _) = Hub::create(&input, creation, &mut ctx).map_err(|refusal| refusal.reason)?;
    let (log, _) = Log::open(Options::new(dir), Arc::new(EntryIndexer))?;
    let plan: PlanId = PLAN.parse()?;
    let (seq, prev) = (Seq::ZERO, Digest::ZERO);
    let mut forge = Forge { log, plan, seq, prev, at_us: from_us, waiting: Vec::new(), index: Index::new() };
    #[expect(clippy::disallowed_methods, reason = "a document of the load, with actors set by hand")]
    let mut doc = Automerge::new();
    for (_, sealed) in proposal.entries() {
        let event = Event::open(&sealed.envelope, &sealed.salt, &sealed.payload)?;
        if let Act::Change(act) = &event.payload.act {
            doc.apply_changes([automerge::Change::from_bytes(act.change.clone())?])?;
        }
        forge.keep(sealed.clone(), &event)?;
    }
    let actors: Vec<ActorId> = (0..people.len()).map(|n| ActorId::from([n as u8 + 1; 16])).collect();
    for (who, actor) in people.iter().zip(&actors) {
        forge.seal(who, Act::ActorBound { thin: false, actor: actor.to_bytes().to_vec() })?;
    }
    let mut texts = texts(&doc)?;
    let long = texts
        .iter()
        .position(|text| text.kind == "target" && text.field == "statement")
        .or_else(|| texts.iter().position(|text| text.kind == "target"))
        .ok_or("the plan has no target")?;
    for n in 0..changes {
        let (who, at) = match n % LONG_SHARE {
            0 => (n / LONG_SHARE % people.len(), long),
            _ => (entropy.below(people.len()), entropy.below(texts.len())),
        };
        let (insert, delete) = match (n, texts[at].letters.len()) {
            (0, _) => ("plan ".repeat(LONG_CHARS / 5), 0),
            (_, 0..40) => ("x".to_owned(), 0),
            (_, LONG_CHARS..) => (String::new(), 1),
            _ if entropy.below(2) == 0 => (String::new(), 1),
            _ => (char::from(b'a' + entropy.below(26) as u8).to_string(), 0),
        };
        let place = entropy.below(texts[at].letters.len() - delete + 1);
        let text = &mut texts[at];
        doc.set_actor(actors[who].clone());
        let before = doc.get_heads();
        let mut tx = doc.transaction();
        tx.splice_text(&text.object, place, delete as isize, &insert)?;
        tx.commit_with(CommitOptions::default().with_time(from_us / 1_000_000));
        let change = doc.get_changes(&before).pop().ok_or("the document made no change")?;
        let row = spliced(text, place, delete, &insert);
        let act = ChangeAct {
            edits: vec![row],
            change: change.raw_bytes().to_vec(),
            restores: None,
            summary_version: SUMMARY_VERSION,
        };
        forge.seal(&people[who], Act::Change(act))?;
    }
    forge.flush()?;
    let (entries, until_us, index_bytes) = (forge.seq.0, forge.at_us, forge.index.memory_bytes());
    forge.log.close()?;
    Ok(Forged { element: texts[long].element.to_string(), entries, index_bytes, from_us, until_us })
}

/// Changes a text and tells how.
fn spliced(text: &mut Text, at: usize, delete: usize, insert: &str) -> EditRow {
    let whole =
        |letters: &[char]| (letters.len() <= WHOLE_CHARS_MAX).then(|| Value::Text(letters.iter().collect()));
    let from = whole(&text.letters);
    let deleted: String = text.letters.splice(at..at + delete, insert.chars()).collect();
    let to = whole(&text.letters);
    let (from, to) = from.zip(to).unzip();
    EditRow {
        at: Some(at as u64),
        op: RowOp::Text,
        to,
        from,
        kind: text.kind.clone(),
        lang: Some("en".into()),
        field: text.field.clone(),
        deleted: Some(deleted),
        element: text.element.clone(),
        inserted: Some(insert.to_owned()),
        concurrent: false,
    }
}

/// All English texts of a document.
fn texts(doc: &Automerge) -> Result<Vec<Text>, Failure> {
    let child = |object: &ObjId, key: &str| match doc.get(object, key) {
        Ok(Some((DocValue::Object(_), id))) => Some(id),
        _ => None,
    };
    let elements = child(&ROOT, "elements").ok_or("the document has no elements")?;
    let mut out = Vec::new();
    for id in doc.keys(&elements) {
        let Some(element) = child(&elements, &id) else { continue };
        let Some(english) = child(&element, "text").and_then(|texts| child(&texts, "en")) else { continue };
        let kind = match doc.get(&element, "kind")? {
            Some((value, _)) => value.as_str().unwrap_or_default().to_owned(),
            None => continue,
        };
        for field in doc.keys(&english) {
            let Some(object) = child(&english, &field) else { continue };
            let letters = doc.text(&object)?.chars().collect();
            out.push(Text { element: id.parse()?, kind: kind.clone(), field, object, letters });
        }
    }
    Ok(out)
}

/// Makes a data directory whose log has so many small entries, over several plans; no documents.
pub fn forge_entries(dir: &Path, entries: u64) -> Result<(), Failure> {
    Ok(append_entries(dir, entries)?.close()?)
}

/// Appends so many small entries to a fresh data directory, says so on a line of output, and waits for
/// the kill; on one that is there, a fact.
pub fn append_and_wait(dir: &Path, entries: u64) -> Result<(), Failure> {
    let log = append_entries(dir, entries)?;
    let fact = Fact { kind: FactKind::Maintenance, key: b"bench".to_vec(), value: Vec::new() };
    log.append(vec![Record::Fact(fact)])?;
    writeln!(std::io::stdout(), "ready")?;
    loop {
        std::thread::park();
    }
}

/// Runs [`append_and_wait`] in a process of its own and kills it.
pub fn killed(dir: &Path, entries: u64) -> Result<(), Failure> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["entries", "--count", &entries.to_string(), "--at"]).arg(dir);
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let mut line = String::new();
    if let Some(out) = child.stdout.take() {
        BufReader::new(out).read_line(&mut line)?;
    }
    child.kill()?;
    child.wait()?;
    if line == "ready\n" { Ok(()) } else { Err("the process to be killed ended by itself".into()) }
}

fn append_entries(dir: &Path, entries: u64) -> Result<Log, Failure> {
    let who = people()?.remove(0);
    let (log, _) = Log::open(Options::new(dir), Arc::new(EntryIndexer))?;
    let plans = 10;
    for number in 0..plans {
        let mut forge = Forge {
            log: log.clone(),
            plan: format!("plan-{number}").parse()?,
            seq: Seq::ZERO,
            prev: Digest::ZERO,
            at_us: 1_700_000_000_000_000,
            waiting: Vec::new(),
            index: Index::new(),
        };
        for n in 0..entries / plans {
            let actor = [&[1; 8][..], &n.to_be_bytes()].concat();
            forge.seal(&who, Act::ActorBound { thin: false, actor })?;
        }
        if !forge.waiting.is_empty() {
            forge.flush()?;
        }
    }
    Ok(log)
}
