//! The end of every log, looked at before anything is served.
//!
//! What was acknowledged and is gone refuses the start: only an operator can say where else it is. What is
//! there and altered does not: that plan is contradicted, and the others are served.

use plenary_limits::{START_ENTRIES_MAX, TAIL_ENTRIES_MAX};
use plenary_log::{Log, ReadError};
use plenary_protocol::evidence::{Body, Chain};
use plenary_protocol::ids::{Digest, PlanId};

use crate::evidence::{CheckpointRecord, Finding, Notary};

/// Why a server must not start: what was acknowledged is gone.
#[derive(Debug, thiserror::Error)]
pub enum TailError {
    /// A log is shorter than what was vouched for.
    #[error(
        "the log of plan {plan} ends at entry {head}, and {vouched} entries were vouched for: acknowledged \
         entries are gone. Nothing was changed. Restore the newest backup with `plenaryd restore`; without \
         one, `plenaryd rebuild --from journal` keeps what the journal has and begins a new epoch"
    )]
    Short {
        /// The plan.
        plan: PlanId,
        /// Its last entry.
        head: u64,
        /// Entries that were vouched for.
        vouched: u64,
    },
    /// The last entry is not the one that the log ends with.
    #[error(
        "entry {seq} of plan {plan} is not the one that its log ends with. Nothing was changed. `plenaryd \
         rebuild --from journal` makes the store anew from the journal; `plenaryd verify` says whether that \
         is whole; otherwise restore a backup with `plenaryd restore`"
    )]
    Head {
        /// The plan.
        plan: PlanId,
        /// Its last entry.
        seq: u64,
    },
    /// An entry is missing or does not read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// Looks at the end of every log; gives what does not hold, which is said and contradicted already.
///
/// # Errors
/// `TailError` when what was acknowledged is gone.
pub fn check_tails(log: &Log, notary: &Notary) -> Result<Vec<Finding>, TailError> {
    for (plan, record) in notary.all_vouched() {
        let head = log.head(plan.as_str()).map_or(0, |head| head.seq);
        if record.size > head {
            return Err(TailError::Short { plan, head, vouched: record.size });
        }
    }
    let mut findings = Vec::new();
    let plans = log.plans();
    let each = (START_ENTRIES_MAX / (plans.len() as u64).max(1)).clamp(1, TAIL_ENTRIES_MAX);
    for name in plans {
        let Ok(plan) = name.parse::<PlanId>() else {
            tracing::error!(plan = name, "the log has entries of what is no plan");
            continue;
        };
        if let Some(finding) = check_tail(log, &plan, each, notary.vouched(&plan))? {
            let what = &finding.what;
            tracing::error!(%plan, what, "the end of the plan's log does not hold: nothing is added to it");
            notary.contradict(&plan, what);
            findings.push(finding);
        }
    }
    Ok(findings)
}

/// Looks at the last entries of a plan, all of them where they are few; gives what does not hold.
fn check_tail(
    log: &Log,
    plan: &PlanId,
    count: u64,
    vouched: Option<CheckpointRecord>,
) -> Result<Option<Finding>, TailError> {
    let Some(head) = log.head(plan.as_str()) else { return Ok(None) };
    let found = |seq, what| Ok(Some(Finding { plan: Some(plan.clone()), seq: Some(seq), what }));
    let after = head.seq.saturating_sub(count);
    let mut chain = match after {
        0 => Chain::whole(plan.clone()),
        _ => Chain::range(plan.clone(), plenary_protocol::Seq(after + 1)),
    };
    let mut last = None;
    for entry in log.entries(plan.as_str(), after, usize::try_from(count).unwrap_or(usize::MAX))? {
        let body = Body::Present { salt: &entry.salt, payload: &entry.payload };
        match chain.take(&entry.envelope, body) {
            Ok((leaf, _)) => last = Some(leaf),
            Err(fault) => return found(entry.seq, fault.to_string()),
        }
        let at_record = vouched.filter(|record| record.size == entry.seq);
        if let (Some(record), Some(tree)) = (at_record, chain.tree())
            && tree.root() != record.root
        {
            let size = record.size;
            let what = format!("the tree of the first {size} entries has another root than was vouched for");
            return found(size, what);
        }
    }
    match last == Some(Digest(head.hash)) {
        true => Ok(None),
        false => Err(TailError::Head { plan: plan.clone(), seq: head.seq }),
    }
}
