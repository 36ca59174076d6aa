//! A plan of a server: key, checkpoint, growth since the last time, and every entry, in this order.
//!
//! Each step leans only on those before it and on what was kept.  Whatever does not fit is a failure of
//! the evidence, with both sides of the contradiction; what could not be asked is another thing.

use plenary_limits::EVENTS_PER_PAGE_MAX;
use plenary_protocol::evidence::{
    Checkpoint, ConsistencyProof, Frontier, VerifierKey, log_and_epoch, read_entries,
};
use plenary_protocol::ids::{Digest, PlanId};
use plenary_protocol::wire::RefusalCode;

use super::kept::{Kept, Place};
use super::told::{Earlier, Fails, Since, Tree, Trust, Verified, Walked};
use super::walk::Walk;
use crate::context::Context;
use crate::failure::Failure;
use crate::render::time::moment;
use crate::retry::PAUSES;

/// Why a plan is not verified.
pub enum Stop {
    /// The evidence fails.
    Fails(Box<Fails>),
    /// It could not be checked.
    Failure(Failure),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Stop::Failure(failure)
    }
}

/// What whoever checks has said.
pub struct Asked<'a> {
    /// The keys that are trusted.
    pub trusted: &'a [VerifierKey],
    /// Whether every entry is checked anew.
    pub is_all: bool,
    /// The epoch whose losses are accepted.
    pub accepted: Option<u64>,
}

/// Checks a plan, and keeps what was verified.
///
/// # Errors
/// `Stop`; a failure of the evidence is kept on record, and what was verified before stays as it is.
pub fn look(context: &Context<'_>, plan: &PlanId, asked: &Asked<'_>) -> Result<Verified, Stop> {
    let place = Place::new(context.http.base(), plan)?;
    let kept = place.load()?;
    let look = Look { context, plan, kept: kept.as_ref(), asked };
    look.verify(&place).map_err(|stop| match look.or_the_server_says_so(stop) {
        Stop::Fails(mut fails) => {
            // Said all the same when it cannot be kept.
            match place.record(&fails) {
                Ok(path) => fails.record = Some(path),
                Err(failure) => context.term.note(&failure.message()),
            }
            Stop::Fails(fails)
        }
        stop => stop,
    })
}

struct Look<'a> {
    context: &'a Context<'a>,
    plan: &'a PlanId,
    kept: Option<&'a Kept>,
    asked: &'a Asked<'a>,
}

/// A checkpoint and the note that it was read from.
struct Signed {
    note: String,
    checkpoint: Checkpoint,
}

impl<'a> Look<'a> {
    fn verify(&self, place: &Place) -> Result<Verified, Stop> {
        let all = self.asked.is_all;
        let (key, trust) = self.key()?;
        let kept = self.kept.filter(|kept| kept.key == key);
        // With another key or name another log begins; what is kept of the one before is held against it.
        let before = self.kept.filter(|kept| kept.key != key);
        let signed = match kept {
            Some(kept) => self.grown(&key, kept)?,
            None => self.signed(&key)?,
        };
        let mut walk = match kept.filter(|_| !all) {
            Some(kept) => Walk::after(self.plan, kept),
            None => Walk::whole(self.plan, before),
        };
        let from = walk.chain.next();
        self.walk(&mut walk, &signed, kept)?;
        let size = signed.checkpoint.size;
        let Some(tree) = walk.chain.tree().filter(|tree| tree.root() == signed.checkpoint.root) else {
            return Err(self.fails(
                format!("the {size} entries that the server gives do not make the tree that it signed"),
                ALTERED,
                Some(&signed),
            ));
        };
        let earlier = before.map(|before| self.compare(before, &walk, &signed, &key)).transpose()?;
        let absent_before = kept.filter(|_| !all).map_or(0, |kept| kept.payloads_absent);
        let now = Kept {
            tree: tree.clone(),
            key: key.clone(),
            note: signed.note,
            checkpoint: signed.checkpoint.clone(),
            last: walk.last(),
            recent: walk.recent(),
            payloads_absent: absent_before + walk.absent.len() as u64,
            verified_at: jiff::Timestamp::now().to_string(),
        };
        let put_aside = before.map(|_| place.put_aside()).transpose()?;
        let state = place.save(&now)?;
        Ok(Verified {
            verdict: "verified",
            plan: self.plan.clone(),
            url: self.context.http.base().to_owned(),
            key: key.to_string(),
            trust,
            checkpoint: Tree::of(&now.checkpoint),
            since: kept
                .map(|kept| Since { size: kept.checkpoint.size, verified_at: kept.verified_at.clone() }),
            earlier,
            walked: (from.0 <= size).then_some(Walked { from: from.0, to: size }),
            payload_absent: walk.absent,
            payloads_absent_before: absent_before,
            state,
            put_aside,
        })
    }

    /// Holds what was verified of another log against the one that takes its place.
    fn compare(
        &self,
        before: &Kept,
        walk: &Walk,
        signed: &Signed,
        key: &VerifierKey,
    ) -> Result<Earlier, Stop> {
        // Where it is not told, what was found is all the same what it is.
        let epoch = self.context.http.get(&["plans", self.plan.as_str(), "evidence", "epoch"], &[]).ok();
        let earlier = walk.earlier(before, signed.checkpoint.size, epoch);
        let now = log_and_epoch(key.name()).map(|(_, epoch)| epoch);
        if earlier.is_all_there || now.is_some_and(|now| self.asked.accepted == Some(now)) {
            return Ok(earlier);
        }
        let mut says = format!("the server's log has begun anew, and {}", earlier.words());
        if let Some(accepted) = self.asked.accepted {
            says.push_str(&format!("; you accept epoch {accepted}, which is not the one of this log"));
        }
        let number = now.map_or_else(|| "NUMBER".to_owned(), |now| now.to_string());
        let mut stop = self.fails(says, &LOST.replace("EPOCH", &number), Some(signed));
        if let Stop::Fails(fails) = &mut stop {
            fails.key_now = Some(key.to_string());
            fails.earlier = Some(earlier);
        }
        Err(stop)
    }

    /// What the server says against its own log is a failure of the evidence, not of the asking.
    fn or_the_server_says_so(&self, stop: Stop) -> Stop {
        match stop {
            Stop::Failure(Failure::Refused(refusal)) if refusal.code == RefusalCode::Unavailable => {
                let says = format!("the server itself does not stand by this log: {}", refusal.reason);
                self.fails(says, SAID_BY_THE_SERVER, None)
            }
            stop => stop,
        }
    }

    fn text(&self, what: &str, query: &[(&str, String)]) -> Result<String, Failure> {
        let path = ["plans", self.plan.as_str(), "evidence", what];
        self.patiently(|| self.context.http.get_text(&path, query))
    }

    /// Asks again, for a while, a server that has too much to do for this.
    fn patiently<T>(&self, ask: impl Fn() -> Result<T, Failure>) -> Result<T, Failure> {
        for pause in PAUSES {
            match ask() {
                Err(Failure::Refused(refusal))
                    if matches!(refusal.code, RefusalCode::Busy | RefusalCode::RateLimited) =>
                {
                    self.context.term.progress(&format!("waiting: {}", refusal.reason));
                    std::thread::sleep(pause);
                }
                answer => return answer,
            }
        }
        ask()
    }

    /// A failure of the evidence, with what it is about.
    fn fails(&self, says: String, way_out: &str, now: Option<&Signed>) -> Stop {
        let plan = self.plan.as_str();
        Stop::Fails(Box::new(Fails {
            verdict: "fails",
            plan: self.plan.clone(),
            url: self.context.http.base().to_owned(),
            says,
            way_out: way_out.replace("PLAN", plan),
            found_at: jiff::Timestamp::now().to_string(),
            key_kept: self.kept.map(|kept| kept.key.to_string()),
            key_now: None,
            checkpoint_kept: self.kept.map(|kept| kept.note.clone()),
            kept_at: self.kept.map(|kept| kept.verified_at.clone()),
            checkpoint_now: now.map(|now| now.note.clone()),
            consistency: None,
            earlier: None,
            entry: None,
            envelope: None,
            record: None,
        }))
    }

    /// The key of the log, and why it is trusted.
    fn key(&self) -> Result<(VerifierKey, Trust), Stop> {
        let text = self.text("key", &[])?;
        let key: VerifierKey = text
            .trim_end()
            .parse()
            .map_err(|error| Failure::Server(format!("the server gives no key that reads: {error}")))?;
        let trusted = self.asked.trusted;
        let says = if !trusted.is_empty() {
            if trusted.contains(&key) {
                return Ok((key, Trust::Given));
            }
            let given: Vec<String> = trusted.iter().map(ToString::to_string).collect();
            format!(
                "the server signs with another key than you gave: with {key}, not with {}",
                given.join(" or ")
            )
        } else {
            match self.kept {
                None => return Ok((key, Trust::FirstUse)),
                Some(kept) if kept.key == key => return Ok((key, Trust::Kept)),
                Some(kept) if is_later_epoch(&kept.key, &key) => return Ok((key, Trust::LaterEpoch)),
                Some(kept) if kept.key.bytes() == key.bytes() => format!(
                    "the log has another name than before: it was {}, and is {}",
                    kept.key.name(),
                    key.name()
                ),
                Some(kept) => format!(
                    "the server signs with another key than before: until {} it was {}, now it is {key}",
                    moment(&kept.verified_at),
                    kept.key
                ),
            }
        };
        let mut stop = self.fails(says, OTHER_LOG, None);
        if let Stop::Fails(fails) = &mut stop {
            fails.key_now = Some(key.to_string());
        }
        Err(stop)
    }

    fn open(&self, note: String, key: &VerifierKey) -> Result<Signed, Stop> {
        match Checkpoint::open(note.as_bytes(), key) {
            Ok(checkpoint) => Ok(Signed { note, checkpoint }),
            Err(error) => {
                let unread = Checkpoint { origin: String::new(), size: 0, root: Digest::ZERO };
                let says = format!("the server's checkpoint is not signed as it should be: {error}");
                Err(self.fails(says, ALTERED, Some(&Signed { note, checkpoint: unread })))
            }
        }
    }

    fn signed(&self, key: &VerifierKey) -> Result<Signed, Stop> {
        self.open(self.text("checkpoint", &[])?, key)
    }

    /// The checkpoint of now, after it was proved that the log has only grown since what is kept.
    fn grown(&self, key: &VerifierKey, kept: &Kept) -> Result<Signed, Stop> {
        let signed = self.signed(key)?;
        let (before, now) = (kept.checkpoint.size, signed.checkpoint.size);
        let when = moment(&kept.verified_at);
        if now < before {
            let says = format!(
                "the log had {before} entries when it was verified on {when}, and the server now signs for {now}: \
                 entries are gone"
            );
            return Err(self.fails(says, ROLLED_BACK, Some(&signed)));
        }
        let rewritten = format!(
            "the {before} entries that were verified on {when} are not the beginning of the log that the server signs \
             for now"
        );
        if now == before {
            return match signed.checkpoint.root == kept.checkpoint.root {
                true => Ok(signed),
                false => Err(self.fails(rewritten, REWRITTEN, Some(&signed))),
            };
        }
        let text = self.text("consistency", &[("from", before.to_string())])?;
        let proof = ConsistencyProof::parse(&text)
            .map_err(|error| Failure::Server(format!("the server's proof does not read: {error}")))?;
        let later = self.open(proof.checkpoint.clone(), key)?;
        match proof.verify(&kept.checkpoint, key) {
            Ok(_) => Ok(later),
            Err(error) => {
                let mut stop = self.fails(format!("{rewritten}: {error}"), REWRITTEN, Some(&later));
                if let Stop::Fails(fails) = &mut stop {
                    fails.consistency = Some(text);
                }
                Err(stop)
            }
        }
    }

    /// Gets the entries up to the checkpoint, exactly as they are kept, and takes each.
    fn walk(&self, walk: &mut Walk, signed: &Signed, kept: Option<&Kept>) -> Result<(), Stop> {
        let size = signed.checkpoint.size;
        while walk.chain.next().0 <= size {
            let after = walk.chain.next().0 - 1;
            self.context.term.progress(&format!("verified {after} of {size} entries"));
            let query = [("after", after.to_string()), ("limit", EVENTS_PER_PAGE_MAX.to_string())];
            let path = ["plans", self.plan.as_str(), "evidence", "entries"];
            let sequence = self.patiently(|| self.context.http.get_bytes(&path, &query))?;
            let entries = read_entries(&sequence)
                .map_err(|error| Failure::Server(format!("the server's entries do not read: {error}")))?;
            if entries.is_empty() {
                let says = format!("the server signs for {size} entries, and gives none after entry {after}");
                return Err(self.fails(says, ALTERED, Some(signed)));
            }
            for entry in &entries {
                let seq = walk.chain.next();
                if seq.0 > size {
                    break;
                }
                match walk.chain.take(entry.envelope(), entry.body()) {
                    Ok((leaf, verdict)) => walk.took(seq, leaf, verdict),
                    Err(fault) => {
                        let mut stop = self.fails(fault.to_string(), ALTERED, Some(signed));
                        if let Stop::Fails(fails) = &mut stop {
                            fails.entry = Some(seq.0);
                            fails.envelope =
                                Some(entry.envelope().iter().map(|byte| format!("{byte:02x}")).collect());
                        }
                        return Err(stop);
                    }
                }
                // On a walk over everything the tree of the last time comes by.
                let is_another = |kept: &&Kept| {
                    kept.checkpoint.size == seq.0
                        && walk.chain.tree().map(Frontier::root) != Some(kept.checkpoint.root)
                };
                if let Some(kept) = kept.filter(is_another) {
                    let says = format!(
                        "the first {seq} entries are not those that were verified on {}",
                        moment(&kept.verified_at)
                    );
                    return Err(self.fails(says, REWRITTEN, Some(signed)));
                }
            }
        }
        Ok(())
    }
}

/// Whether the second key is the first one under the name of a later epoch of the same log.
fn is_later_epoch(before: &VerifierKey, now: &VerifierKey) -> bool {
    let is_later = log_and_epoch(before.name())
        .zip(log_and_epoch(now.name()))
        .is_some_and(|((log, before), (log_now, now))| log == log_now && before < now);
    is_later && before.bytes() == now.bytes()
}

/// What to do when the key or the log's name is another one.
const OTHER_LOG: &str = "\
A key or a name that changes by itself is a failure. A server begins a new log when it was restored from a copy that \
lacks entries, and has a new key when its operator changed it: ask the operator, by another way than this server, what \
happened and what the key is. If you are satisfied, run `plenary verify PLAN --key KEY` once: what was verified before \
is put aside, not deleted.";
/// What to do when a new log lacks what was verified in the one before it.
const LOST: &str = "\
A restore from a backup loses what came after it, and so does whoever wants it lost: the server cannot tell you which. \
Keep the record: it holds both checkpoints. Ask the operator, by another way than this server, what was restored and \
why. If you are satisfied, run `plenary verify PLAN --accept-epoch EPOCH` once (with `--key KEY` where the key is \
another one too): what was verified before is put aside, not deleted.";
/// What to do when the server itself says so.
const SAID_BY_THE_SERVER: &str = "\
The server found this by looking at its own files: something of them was altered, is damaged, or cannot be read. Keep \
the record, and ask the operator to run `plenaryd verify`, which says where.";
/// What to do when there are fewer entries.
const ROLLED_BACK: &str = "\
Either the server was set back to an older copy without saying so, or entries were taken away. Keep the record: both \
checkpoints in it are signed by the server. Show it to the operator and to whoever audits them.";
/// What to do when history is another one.
const REWRITTEN: &str = "\
History before that moment was rewritten. Keep the record: it holds two checkpoints, both signed with the server's key, \
that cannot both be of one log; anybody can check that. Show it to whoever audits the operator.";
/// What to do when entries, payloads or signatures do not fit.
const ALTERED: &str = "\
Something that the server keeps was altered or damaged. Keep the record, and ask the operator to run `plenaryd verify`, \
which says where.";
