//! Evidence bundles: exact entries with everything that proves them, to be checked without this server.

use std::collections::BTreeSet;
use std::sync::Arc;

use actix_web::{HttpResponse, web};
use plenary_core::exchange::bundle::{Bundle, BundleEntry, BundleError, Growth};
use plenary_core::history::touching;
use plenary_core::policy::{Action, Grant};
use plenary_limits::{
    BUNDLE_CONTENT_BYTES_MAX, BUNDLE_ELEMENTS_MAX, BUNDLE_ENTRIES_MAX, EXACT_ENTRIES_PER_READ_MAX,
};
use plenary_log::ReadError;
use plenary_protocol::Seq;
use plenary_protocol::evidence::bundle::{BUNDLE_FORMAT, ChosenElement, MadeBy, Manifest, Stretch};
use plenary_protocol::evidence::{Checkpoint, ConsistencyProof, Note, VerifierKey, log_and_epoch};
use plenary_protocol::ids::Digest;
use plenary_protocol::plan::command::check_reason;
use plenary_protocol::record::{ExportFilter, ExportFormat, Exported, Quarantine};
use plenary_protocol::wire::api::BundleBody;
use plenary_protocol::wire::{Refusal, RefusalCode};
use sha2::{Digest as _, Sha256};

use super::compare::find;
use super::desk::{Desk, answer};
use super::edits::check_running;
use super::evidence::{check_entry, checkpoint, not_yet, unsigned};
use super::plans::plan_id;
use super::{ApiError, Caller};
use crate::evidence::EpochRecord;
use crate::past::{EventsError, LogPast};
use crate::readings::Copy;
use crate::server::Server;

type Shared = web::Data<Arc<Server>>;

/// The media type of bundles.
pub const ZIP: &str = "application/zip";

/// What the copy of a plan says of the entries that are asked for.
struct Chosen {
    title: String,
    elements: Vec<ChosenElement>,
    /// Each entry with the hashes of its proof.
    entries: Vec<(Seq, Vec<Digest>)>,
    growth: Option<Growth>,
}

/// Why the entries of a bundle are not there.
enum Trouble {
    /// They are too many bytes.
    Size,
    /// The store cannot be read.
    Read(ReadError),
    /// What is set aside cannot be told.
    Quarantine(EventsError),
    /// No bundle can be made of them.
    Bundle(BundleError),
}

/// Makes a bundle of a range of entries, or of those about some elements.
pub async fn bundle(
    server: Shared,
    caller: Caller,
    path: web::Path<String>,
    body: web::Json<BundleBody>,
) -> Result<HttpResponse, ApiError> {
    let plan = plan_id(&path)?;
    check_running(&server)?;
    let grant = caller.grant(&server, &plan, Action::Export)?;
    let body = body.into_inner();
    check_reason(body.because.as_deref(), &[])
        .map_err(|error| Refusal::new(RefusalCode::TooLarge, error.to_string()))?;
    if body.elements.len() > BUNDLE_ELEMENTS_MAX {
        let reason =
            format!("{} elements are more than the {BUNDLE_ELEMENTS_MAX} of one bundle", body.elements.len());
        return Err(Refusal::new(RefusalCode::TooLarge, reason).into());
    }
    let past = server.past(&grant);
    let from = body.from.unwrap_or(1);
    let least = body.to.unwrap_or_else(|| past.head().0);
    check_entry(&past, from)?;
    check_entry(&past, least)?;
    let key = server.plans.notary().key(&plan).map_err(|error| unsigned(&error))?;
    let since = body.since.as_deref().map(|note| earlier(&server, note, &key)).transpose()?;
    if let Some(since) = &since {
        check_entry(&past, since.size)?;
    }
    let signed = checkpoint(&server, &plan, least).await?;
    let size = signed.checkpoint.size;
    let to = body.to.unwrap_or(size);
    if from > to {
        return Err(ApiError::malformed(format!("from: entry {from} comes after entry {to}, the last one")));
    }
    if to > size || since.as_ref().is_some_and(|since| since.size > size) {
        return Err(not_yet(to));
    }
    let desk = Desk {
        server: server.clone(),
        grant: grant.clone(),
        origin: caller.origin,
        because: body.because.clone(),
    };
    // One at a time: a bundle is held in memory while it is made.
    let turn = server.turn().await;
    let ask = Ask { stretch: Stretch { from, to }, size, note: signed.note.to_string(), since, body };
    let (chosen, ask) = server.read(&grant, move |copy| (ask.choose(copy), ask)).await?;
    let chosen = chosen?;
    let elements = chosen.elements.iter().map(|chosen| chosen.element.clone()).collect();
    let is_selection = !ask.body.elements.is_empty();
    let manifest = Manifest {
        format: BUNDLE_FORMAT.to_owned(),
        plan: plan.clone(),
        title: chosen.title,
        complete: (!is_selection).then_some(ask.stretch),
        elements: chosen.elements,
        entries: chosen.entries.iter().map(|(seq, _)| seq.0).collect(),
        since: ask.since.map(|since| since.size),
        made_at: server.now().to_string(),
        made_by: made_by(&grant),
        because: ask.body.because,
        build: concat!("plenaryd/", env!("CARGO_PKG_VERSION")).to_owned(),
    };
    let made = web::block(move || {
        let _turn = turn;
        let entries = exact(&past, chosen.entries)?;
        let quarantine = past.quarantine().map_err(Trouble::Quarantine)?;
        let quarantine = Quarantine::clone(&quarantine);
        let (checkpoint, growth) = (ask.note, chosen.growth);
        let bundle = Bundle { manifest, key, checkpoint, growth, entries, quarantine };
        bundle.zip().map_err(Trouble::Bundle)
    });
    let zip = match made.await {
        Ok(Ok(zip)) => zip,
        Ok(Err(trouble)) => return Err(trouble.told()),
        Err(error) => return Err(unmade(&error)),
    };
    let exported = Exported {
        to: Seq(to),
        from: Seq(from),
        bytes: zip.len() as u64,
        digest: Digest(Sha256::digest(&zip).into()),
        filter: is_selection.then(|| ExportFilter { element: elements, ..ExportFilter::default() }),
        format: ExportFormat::Evidence,
        content: None,
    };
    let entry = desk.write_down(exported.clone()).await?;
    Ok(answer(&exported, entry, &plan).body(zip))
}

/// The checkpoint since which growth is to be proved, which must be one of this log.
fn earlier(server: &Server, note: &str, key: &VerifierKey) -> Result<Checkpoint, ApiError> {
    let unread = |error: &dyn std::fmt::Display| ApiError::malformed(format!("since: {error}"));
    let parsed = Note::parse(note.as_bytes()).map_err(|error| unread(&error))?;
    let told = Checkpoint::parse(parsed.unverified_text()).map_err(|error| unread(&error))?;
    let logs = log_and_epoch(&told.origin).zip(log_and_epoch(key.name()));
    if let Some(((log, epoch), (log_now, now))) = logs
        && log == log_now
        && epoch != now
    {
        let EpochRecord { since, because, .. } = server.plans.notary().epoch();
        return Err(ApiError::malformed(format!(
            "since: this is a checkpoint of epoch {epoch} of the plan's log, which is in epoch {now} since {since} \
             ({because}): no proof leads from one epoch to another. Ask without `since`, or with a checkpoint of \
             epoch {now}"
        )));
    }
    if told.origin != key.name() {
        return Err(unread(&format!(
            "this is a checkpoint of {}, and this log is {}",
            told.origin,
            key.name()
        )));
    }
    Checkpoint::open(note.as_bytes(), key).map_err(|error| unread(&error))
}

/// What is asked for, held against the log.
struct Ask {
    stretch: Stretch,
    /// How many entries the checkpoint has.
    size: u64,
    /// The checkpoint.
    note: String,
    since: Option<Checkpoint>,
    body: BundleBody,
}

impl Ask {
    fn choose(&self, copy: &Copy) -> Result<Chosen, ApiError> {
        let Stretch { from, to } = self.stretch;
        let (elements, seqs) = if self.body.elements.is_empty() {
            check_count(to - from + 1)?;
            (Vec::new(), (from..=to).map(Seq).collect())
        } else {
            self.touching(copy)?
        };
        let leaves = copy.leaves();
        let with_proof = |seq: Seq| {
            let proof = leaves.inclusion(seq.0.saturating_sub(1), self.size).ok_or_else(|| not_yet(seq.0))?;
            Ok::<_, ApiError>((seq, proof))
        };
        let growth = self.since.as_ref().zip(self.body.since.as_ref());
        let growth = growth.map(|(since, previous)| {
            let hashes = leaves.consistency(since.size, self.size).ok_or_else(|| not_yet(since.size))?;
            let proof = ConsistencyProof { from: since.size, hashes, checkpoint: self.note.clone() };
            Ok::<_, ApiError>(Growth { previous: previous.clone(), consistency: proof.text() })
        });
        Ok(Chosen {
            title: copy.view(None).title.clone(),
            elements,
            entries: seqs.into_iter().map(with_proof).collect::<Result<_, _>>()?,
            growth: growth.transpose()?,
        })
    }

    /// The elements that are named, and the entries about them.
    fn touching(&self, copy: &Copy) -> Result<(Vec<ChosenElement>, BTreeSet<Seq>), ApiError> {
        let view = copy.view(None);
        let mut chosen = Vec::new();
        for name in &self.body.elements {
            let element = find(&view, name)?;
            let code = view.element(&element).and_then(|element| element.code.clone());
            chosen.push(ChosenElement { element, code });
        }
        let Stretch { from, to } = self.stretch;
        let elements = chosen.iter().map(|chosen| chosen.element.clone()).collect();
        let seqs = touching(copy.index(), &view, &elements, (Seq(from), Seq(to)), BUNDLE_ENTRIES_MAX + 1);
        if seqs.is_empty() {
            let reason = format!("no entry from {from} to {to} is about {}", self.body.elements.join(", "));
            return Err(Refusal::new(RefusalCode::NoSuchElement, reason).into());
        }
        check_count(seqs.len() as u64)?;
        Ok((chosen, seqs))
    }
}

fn check_count(count: u64) -> Result<(), ApiError> {
    if count <= BUNDLE_ENTRIES_MAX as u64 {
        return Ok(());
    }
    let reason = format!(
        "{count} entries are more than the {BUNDLE_ENTRIES_MAX} of one bundle: ask for several ranges, each with \
         `from` and `to`; the first entry of one names the last of the one before"
    );
    Err(Refusal::new(RefusalCode::TooLarge, reason).into())
}

fn made_by(grant: &Grant) -> MadeBy {
    let who = grant.principal();
    MadeBy { subject: who.subject.clone(), name: who.name.clone(), bureau: who.bureau, role: who.role }
}

/// The exact bytes of entries, those that follow each other in one read.
fn exact(past: &LogPast, chosen: Vec<(Seq, Vec<Digest>)>) -> Result<Vec<BundleEntry>, Trouble> {
    let mut entries = Vec::with_capacity(chosen.len());
    let mut bytes = 0;
    for stretch in chosen.chunk_by(|(one, _), (next, _)| one.next() == *next) {
        for part in stretch.chunks(EXACT_ENTRIES_PER_READ_MAX) {
            let Some((first, _)) = part.first() else { continue };
            let read = past.raw(Seq(first.0.saturating_sub(1)), part.len()).map_err(Trouble::Read)?;
            for ((seq, proof), entry) in part.iter().zip(read) {
                bytes += entry.envelope.len() + entry.payload.len();
                if bytes > BUNDLE_CONTENT_BYTES_MAX {
                    return Err(Trouble::Size);
                }
                let plenary_log::Entry { envelope, salt, payload, .. } = entry;
                entries.push(BundleEntry { seq: *seq, envelope, salt, payload, proof: proof.clone() });
            }
        }
    }
    Ok(entries)
}

fn unmade(error: &dyn std::fmt::Display) -> ApiError {
    tracing::error!(%error, "an evidence bundle could not be made");
    Refusal::new(RefusalCode::Unavailable, "the bundle could not be made; the operator has been told").into()
}

impl Trouble {
    fn told(self) -> ApiError {
        let too_large = |reason: String| Refusal::new(RefusalCode::TooLarge, reason).into();
        match self {
            Trouble::Size => too_large(format!(
                "these entries are more than the {BUNDLE_CONTENT_BYTES_MAX} bytes of one bundle: ask for several \
                 ranges, each with `from` and `to`"
            )),
            Trouble::Bundle(error @ BundleError::Size) => too_large(error.to_string()),
            Trouble::Bundle(error) => unmade(&error),
            Trouble::Read(error) => unmade(&error),
            Trouble::Quarantine(error) => unmade(&error),
        }
    }
}

#[cfg(test)]
mod tests {
    use plenary_limits::holds;

    use super::*;

    #[test]
    fn a_bundle_has_so_many_entries() {
        holds!(BUNDLE_ENTRIES_MAX, |count| check_count(count as u64).is_ok());
    }
}
