//! A plan of a server: key, checkpoint, growth since the last time, and every entry, in this order.
//!
//! Each step leans only on those before it and on what was kept.  Whatever does not fit is a failure of
//! the evidence, with both sides of the contradiction; what could not be asked is another thing.

use plenary_limits::EVENTS_PER_PAGE_MAX;
use plenary_protocol::evidence::{
    Chain, Checkpoint, ConsistencyProof, Frontier, Verdict, VerifierKey, read_entries,
};
use plenary_protocol::ids::{Digest, PlanId, Seq};
use plenary_protocol::wire::RefusalCode;

use super::kept::{Kept, Place};
use super::told::{Fails, Since, Tree, Trust, Verified, Walked};
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

/// Checks a plan, and keeps what was verified.
///
/// # Errors
/// `Stop`; a failure of the evidence is kept on record, and what was verified before stays as it is.
pub fn look(
    context: &Context<'_>,
    plan: &PlanId,
    trusted: &[VerifierKey],
    all: bool,
) -> Result<Verified, Stop> {
    let place = Place::new(context.http.base(), plan)?;
    let kept = place.load()?;
    let look = Look { context, plan, kept: kept.as_ref(), trusted };
    look.verify(all, &place).map_err(|stop| match stop {
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
    trusted: &'a [VerifierKey],
}

/// A checkpoint and the note that it was read from.
struct Signed {
    note: String,
    checkpoint: Checkpoint,
}

impl<'a> Look<'a> {
    fn verify(&self, all: bool, place: &Place) -> Result<Verified, Stop> {
        let (key, trust) = self.key()?;
        // With another key that is given by hand another log begins.
        let kept = self.kept.filter(|kept| kept.key == key);
        let signed = match kept {
            Some(kept) => self.grown(&key, kept)?,
            None => self.signed(&key)?,
        };
        let mut walk = match kept.filter(|_| !all) {
            Some(kept) => Walk::after(self.plan, kept),
            None => Walk::whole(self.plan),
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
        let absent_before = kept.filter(|_| !all).map_or(0, |kept| kept.payloads_absent);
        let now = Kept {
            tree: tree.clone(),
            key: key.clone(),
            note: signed.note,
            checkpoint: signed.checkpoint.clone(),
            last: walk.last,
            payloads_absent: absent_before + walk.absent.len() as u64,
            verified_at: jiff::Timestamp::now().to_string(),
        };
        let put_aside = self.kept.filter(|kept| kept.key != key).map(|_| place.put_aside()).transpose()?;
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
            walked: (from.0 <= size).then_some(Walked { from: from.0, to: size }),
            payload_absent: walk.absent,
            payloads_absent_before: absent_before,
            state,
            put_aside,
        })
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
        let says = if !self.trusted.is_empty() {
            if self.trusted.contains(&key) {
                return Ok((key, Trust::Given));
            }
            let given: Vec<String> = self.trusted.iter().map(ToString::to_string).collect();
            format!(
                "the server signs with another key than you gave: with {key}, not with {}",
                given.join(" or ")
            )
        } else {
            match self.kept {
                None => return Ok((key, Trust::FirstUse)),
                Some(kept) if kept.key == key => return Ok((key, Trust::Kept)),
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

/// The entries so far.
struct Walk {
    chain: Chain,
    last: Digest,
    absent: Vec<u64>,
}

impl Walk {
    fn whole(plan: &PlanId) -> Walk {
        Walk { chain: Chain::whole(plan.clone()), last: Digest::ZERO, absent: Vec::new() }
    }

    fn after(plan: &PlanId, kept: &Kept) -> Walk {
        let chain = Chain::after(plan.clone(), kept.tree.clone(), kept.last);
        Walk { chain, last: kept.last, absent: Vec::new() }
    }

    fn took(&mut self, seq: Seq, leaf: Digest, verdict: Verdict) {
        self.last = leaf;
        match verdict {
            Verdict::Valid => {}
            Verdict::PayloadAbsent => self.absent.push(seq.0),
        }
    }
}

/// What to do when the key or the log's name is another one.
const OTHER_LOG: &str = "\
A key or a name that changes by itself is a failure. A server begins a new log when it was restored from a copy that \
lacks entries, and has a new key when its operator changed it: ask the operator, by another way than this server, what \
happened and what the key is. If you are satisfied, run `plenary verify PLAN --key KEY` once: what was verified before \
is put aside, not deleted.";
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
