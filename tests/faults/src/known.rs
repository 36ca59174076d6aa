//! What is known of a log, and what a server is asked to hold it against: exact bytes of every entry, the signed
//! checkpoint, the plan as it reads, the entries as they are told on `/live`.

use std::collections::BTreeMap;

use plenary_protocol::Seq;
use plenary_protocol::evidence::{Body, Chain, Checkpoint, Frontier, VerifierKey, read_entries};
use plenary_protocol::ids::Digest;
use plenary_protocol::record::leaf_hash;
use plenary_protocol::wire::live::ServerMessage;
use plenary_tests::{Http, Live, plan_id};
use serde_json::Value as Json;

use crate::table::Run;

/// Exact bytes of one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exact {
    /// Its leaf.
    pub leaf: Digest,
    envelope: Vec<u8>,
    salt: Vec<u8>,
    payload: Vec<u8>,
}

impl Exact {
    /// Whether an entry of the log is this one.
    pub fn is(&self, entry: &plenary_log::Entry) -> bool {
        (&self.envelope, self.salt.as_slice(), &self.payload)
            == (&entry.envelope, &entry.salt[..], &entry.payload)
    }
}

/// What is known of one plan.
#[derive(Debug, Clone, Default)]
pub struct KnownPlan {
    /// Its entries, from the first.
    pub entries: Vec<Exact>,
    /// Entries in plain words, by number, as far as somebody asked for them.
    pub told: BTreeMap<u64, Json>,
    /// The plan after entries, as far as somebody asked.
    pub views: BTreeMap<u64, Json>,
    key: String,
}

/// What is known of a log.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Each plan.
    pub plans: BTreeMap<String, KnownPlan>,
}

/// An entry that somebody was told is on disk.
#[derive(Debug, Clone)]
pub struct Acked {
    /// Its plan.
    pub plan: String,
    /// Its number.
    pub seq: u64,
    /// Its leaf, where that was told.
    pub leaf: Option<Digest>,
}

/// What a look at a server has found.
#[derive(Debug, Clone, Default)]
pub struct Look {
    /// Entries that were acknowledged and are not served.
    pub lost: Vec<String>,
    /// What is served otherwise than it was written.
    pub altered: Vec<String>,
    /// Plans that the server itself says it cannot vouch for, or read.
    pub denied: Vec<String>,
    /// The entries of each plan, as they are now.
    pub now: BTreeMap<String, Vec<Exact>>,
}

impl Look {
    /// Puts what was found into the numbers of a run; what is denied is for the caller to judge.
    pub fn count(&self, run: &mut Run) {
        run.lost += self.lost.len() as u64;
        run.altered += self.altered.len() as u64;
        run.wrong.extend(self.lost.iter().chain(&self.altered).cloned());
    }
}

/// Exact entries of a plan; an error is what the server answered instead.
fn entries_of(http: &Http, plan: &str) -> Result<Vec<Exact>, String> {
    let mut all = Vec::new();
    loop {
        let path = format!("/api/v1/plans/{plan}/evidence/entries?after={}", all.len());
        let answer = http.try_ask("GET", &path, None).map_err(|error| error.to_string())?;
        if answer.status != 200 {
            return Err(format!("{} {}", answer.status, answer.text));
        }
        let page = read_entries(&answer.bytes).map_err(|error| error.to_string())?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page.iter().map(|entry| {
            let (salt, payload) = match entry.body() {
                Body::Present { salt, payload } => (salt.to_vec(), payload.to_vec()),
                Body::Absent => (Vec::new(), Vec::new()),
            };
            let leaf = leaf_hash(entry.envelope());
            Exact { leaf, envelope: entry.envelope().to_vec(), salt, payload }
        }));
    }
}

/// What one route answers, as JSON without what only this request has.
fn json_of(http: &Http, path: &str) -> Result<Json, String> {
    let answer = http.try_ask("GET", path, None).map_err(|error| error.to_string())?;
    if answer.status == 200 { Ok(answer.json) } else { Err(format!("{} {}", answer.status, answer.text)) }
}

fn view_of(http: &Http, plan: &str, seq: u64) -> Result<Json, String> {
    json_of(http, &format!("/api/v1/plans/{plan}?removed=true&at={seq}"))
}

/// What `/live` tells of the entries after one.
fn told_after(http: &Http, plan: &str, after: u64) -> Result<BTreeMap<u64, Json>, String> {
    let mut live = Live::try_open(http).map_err(|(status, text)| format!("{status} {text}"))?;
    live.subscribe(&plan_id(plan), Some(Seq(after)), false).map_err(|gone| format!("{gone:?}"))?;
    let mut told = BTreeMap::new();
    loop {
        match live.next_message().map_err(|gone| format!("{gone:?}"))? {
            ServerMessage::Event { event, .. } => {
                let json = serde_json::to_value(&event).map_err(|error| error.to_string())?;
                told.insert(event.seq.0, json);
            }
            ServerMessage::Subscribed { .. } => return Ok(told),
            ServerMessage::Refused { refusal, .. } => return Err(format!("{refusal:?}")),
            other => return Err(format!("{other:?}")),
        }
    }
}

/// How many of the last entries are asked for in plain words, on `/live`.
const TOLD: u64 = 24;

impl Known {
    /// What a server tells that nothing has happened to.
    ///
    /// # Panics
    /// When it does not answer.
    pub fn of(auditor: &Http) -> Known {
        let mut known = Known::default();
        let plans = auditor.get("/api/v1/plans").ok();
        for plan in plans.as_array().expect("a list of plans") {
            let id = plan["id"].as_str().expect("a plan has an id").to_owned();
            let entries = entries_of(auditor, &id).expect("the entries are told");
            let head = entries.len() as u64;
            let told = told_after(auditor, &id, head.saturating_sub(TOLD)).expect("the entries are told");
            let views = [(head, view_of(auditor, &id, head).expect("the plan reads"))].into();
            let key = auditor.get(&format!("/api/v1/plans/{id}/evidence/key")).text.trim().to_owned();
            known.plans.insert(id, KnownPlan { entries, told, views, key });
        }
        known
    }

    /// As many entries as each plan has.
    pub fn heads(&self) -> BTreeMap<String, u64> {
        self.plans.iter().map(|(plan, known)| (plan.clone(), known.entries.len() as u64)).collect()
    }

    /// Adds, from a server that nothing has happened to, what each plan reads like after every entry behind some.
    ///
    /// # Panics
    /// When it does not answer.
    pub fn learn_views(&mut self, auditor: &Http, after: &BTreeMap<String, u64>) {
        for (plan, known) in &mut self.plans {
            let from = after.get(plan).copied().unwrap_or(0);
            known.told.extend(told_after(auditor, plan, from).expect("the entries are told"));
            for seq in from.max(1)..=known.entries.len() as u64 {
                known.views.insert(seq, view_of(auditor, plan, seq).expect("the plan reads"));
            }
        }
    }

    /// Looks at everything that a server serves; `acknowledged` says how many entries of each plan it must have.
    pub fn look(&self, auditor: &Http, acknowledged: &BTreeMap<String, u64>) -> Look {
        let mut look = Look::default();
        for (plan, known) in &self.plans {
            let wanted = acknowledged.get(plan).copied().unwrap_or(0);
            self.look_at(auditor, plan, known, wanted, &mut look);
        }
        look
    }

    /// Looks at everything that a server serves: all that is known here must be there, and all that was
    /// acknowledged since.
    pub fn look_for(&self, auditor: &Http, acks: &[Acked]) -> Look {
        let mut wanted = self.heads();
        for ack in acks {
            let head = wanted.entry(ack.plan.clone()).or_default();
            *head = (*head).max(ack.seq);
        }
        let mut look = self.look(auditor, &wanted);
        for (plan, count) in wanted.iter().filter(|(plan, _)| !self.plans.contains_key(*plan)) {
            let key = auditor.try_ask("GET", &format!("/api/v1/plans/{plan}/evidence/key"), None);
            let key = key.map(|answer| answer.text.trim().to_owned()).unwrap_or_default();
            self.look_at(auditor, plan, &KnownPlan { key, ..KnownPlan::default() }, *count, &mut look);
        }
        for Acked { plan, seq, leaf } in acks {
            let found = look.now.get(plan).and_then(|entries| entries.get(*seq as usize - 1));
            if let (Some(found), Some(leaf)) = (found, leaf)
                && found.leaf != *leaf
            {
                look.lost.push(format!("entry {seq} of plan {plan} is another than was acknowledged"));
            }
        }
        look
    }

    /// Remembers what a look has found as what must stay.
    pub fn remember(&mut self, look: &Look) {
        for (plan, entries) in &look.now {
            if let Some(known) = self.plans.get_mut(plan) {
                known.entries.clone_from(entries);
            }
        }
    }

    fn look_at(&self, auditor: &Http, plan: &str, known: &KnownPlan, wanted: u64, look: &mut Look) {
        let entries = match entries_of(auditor, plan) {
            Ok(entries) => entries,
            // Nobody was told of this plan yet.
            Err(said) if wanted == 0 && said.starts_with("404") => return,
            Err(said) if said.starts_with("503") => return look.denied.push(format!("{plan}: {said}")),
            Err(said) => return look.lost.push(format!("plan {plan}: {said}")),
        };
        let count = entries.len() as u64;
        if count < wanted {
            look.lost.push(format!("plan {plan} has {count} entries, {wanted} were acknowledged"));
        }
        for (number, (found, expected)) in entries.iter().zip(&known.entries).enumerate() {
            if found != expected && (number as u64) < wanted {
                look.altered.push(format!("entry {} of plan {plan} is another", number + 1));
            }
        }
        let mut chain = Chain::whole(plan_id(plan));
        for (number, entry) in entries.iter().enumerate() {
            let Ok(salt) = entry.salt.as_slice().try_into() else {
                look.altered.push(format!("entry {} of plan {plan} has no payload", number + 1));
                break;
            };
            if let Err(fault) = chain.take(&entry.envelope, Body::Present { salt, payload: &entry.payload }) {
                look.altered.push(format!("plan {plan}: {fault}"));
                break;
            }
        }
        self.look_at_checkpoint(auditor, plan, known, &entries, look);
        self.look_at_words(auditor, plan, known, &entries, look);
        look.now.insert(plan.to_owned(), entries);
    }

    fn look_at_checkpoint(
        &self,
        auditor: &Http,
        plan: &str,
        known: &KnownPlan,
        entries: &[Exact],
        look: &mut Look,
    ) {
        let path = format!("/api/v1/plans/{plan}/evidence/checkpoint");
        let note = match auditor.try_ask("GET", &path, None) {
            Ok(answer) if answer.status == 200 => answer.bytes,
            Ok(answer) => return look.denied.push(format!("{plan}: {} {}", answer.status, answer.text)),
            Err(error) => return look.lost.push(format!("plan {plan}: {error}")),
        };
        let key: VerifierKey = match known.key.parse() {
            Ok(key) => key,
            Err(error) => return look.altered.push(format!("plan {plan}: {error}")),
        };
        match Checkpoint::open(&note, &key) {
            Err(error) => look.altered.push(format!("plan {plan}: the checkpoint does not verify: {error}")),
            Ok(checkpoint) => {
                let mut tree = Frontier::new();
                entries.iter().take(checkpoint.size as usize).for_each(|entry| tree.push(entry.leaf));
                if tree.size() != checkpoint.size || tree.root() != checkpoint.root {
                    look.altered.push(format!("plan {plan}: the checkpoint is of other entries"));
                }
            }
        }
    }

    /// What is read of the same entries must read the same.
    fn look_at_words(
        &self,
        auditor: &Http,
        plan: &str,
        known: &KnownPlan,
        entries: &[Exact],
        look: &mut Look,
    ) {
        let head = entries.len() as u64;
        let is_known = entries.len() <= known.entries.len() && known.entries[..entries.len()] == *entries;
        if let (true, Some(wanted)) = (is_known, known.views.get(&head)) {
            match json_of(auditor, &format!("/api/v1/plans/{plan}?removed=true")) {
                Ok(found) if found == *wanted => {}
                Ok(_) => look.altered.push(format!("plan {plan} reads otherwise after entry {head}")),
                Err(said) => look.denied.push(format!("{plan}: {said}")),
            }
        }
        match told_after(auditor, plan, head.saturating_sub(TOLD)) {
            Ok(told) => {
                for (seq, found) in told {
                    let same = entries.get(seq as usize - 1) == known.entries.get(seq as usize - 1);
                    if same && known.told.get(&seq).is_some_and(|wanted| *wanted != found) {
                        look.altered.push(format!("entry {seq} of plan {plan} is told otherwise"));
                    }
                }
            }
            Err(said) => look.denied.push(format!("{plan}: {said}")),
        }
    }
}
