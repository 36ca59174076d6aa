//! `plenaryd backup` and `plenaryd restore`, in words.

use std::fmt::Write as _;
use std::path::Path;

use plenary_log::FactKind;

use super::CommandError;
use crate::args::{BackupArgs, RestoreArgs};
use crate::backup::{self, BackupError, Dropped, Loss, Made, Restore, Restored};
use crate::clock;
use crate::evidence::EpochRecord;

/// Makes a backup; says what is in it and what is not.
///
/// # Errors
/// `CommandError::Backup`.
pub fn backup(args: &BackupArgs) -> Result<String, CommandError> {
    let Made { path, manifest, written_bytes, kept_bytes, has_keys } =
        backup::make(&args.place.data, &args.to, args.with_keys, clock::now())?;
    let entries: u64 = manifest.plans.values().map(|mark| mark.entries).sum();
    let mut said = format!(
        "backed up {} plans, {entries} entries to {} ({written_bytes} bytes written, {kept_bytes} kept from the \
         backup before) and read it through: it holds. All that was acknowledged before {} is in it",
        manifest.plans.len(),
        path.display(),
        manifest.begun_at
    );
    said += if has_keys {
        "\nThe keys are in it: whoever reads it can make tokens and sign checkpoints. Keep it encrypted"
    } else {
        "\nThe keys are NOT in it: after a restore without them tokens of the local issuer end, and whoever has \
         checked evidence is warned of a new key. --with-keys puts them in. The texts of all plans are in it: \
         keep it encrypted"
    };
    Ok(said)
}

/// Restores a backup; says what came back, what is lost and what follows from that.
///
/// # Errors
/// `CommandError::Backup`.
pub fn restore(args: &RestoreArgs) -> Result<String, CommandError> {
    let what = Restore {
        from: &args.from,
        data: &args.place.data,
        replace: args.replace,
        heads: &args.heads,
        nothing_lost: args.nothing_lost,
    };
    let done = backup::restore(&what, clock::now(), clock::entropy())?;
    Ok(words(args, &done))
}

/// Gives what the store of a data directory has, or vouched for, and its journal has not: a rebuild from the
/// journal drops it.
pub(super) fn dropped_by_journal(data: &Path) -> Result<Dropped, BackupError> {
    let held = plenary_log::lock(data)?;
    let found = plenary_log::inspect(data, &held, &[FactKind::Epoch, FactKind::CheckpointRecord])?;
    Ok(Dropped::of(&found))
}

/// Begins a new epoch where a rebuild has dropped what was acknowledged; says so.
pub(super) fn begin_epoch_after(data: &Path, dropped: Dropped) -> Result<String, CommandError> {
    if dropped.lost.is_empty() {
        return Ok(String::new());
    }
    let now = clock::now();
    let epoch = EpochRecord {
        epoch: EpochRecord::next(dropped.epoch, now),
        since: now.to_string(),
        because: "the store was made anew from a journal that lacked acknowledged entries".to_owned(),
    };
    backup::begin_epoch(data, &epoch, clock::entropy())?;
    let mut said = "\nLOST, unless clients that keep a replica bring it back:".to_owned();
    for one in &dropped.lost {
        _ = write!(said, "\n  {one}");
    }
    _ = write!(said, "\nEpoch {0} was begun: every plan's log has a new name, ending in /{0}", epoch.epoch);
    Ok(said)
}

fn words(args: &RestoreArgs, done: &Restored) -> String {
    let Restored { manifest, entries, loss, epoch, kept, keys, has_evidence_key } = done;
    let mut said = format!(
        "restored {} plans, {entries} entries to {} from the backup that was begun at {} (by {}); journal and \
         store were made, read through and compared: they hold",
        manifest.plans.len(),
        args.place.data.display(),
        manifest.begun_at,
        manifest.made_by
    );
    if let Some(kept) = kept {
        _ = write!(said, "\nWhat was there is kept in {}", kept.display());
    }
    said += "\n";
    match loss {
        Loss::Nothing => said += "Nothing that was acknowledged is lost",
        Loss::Unknown if epoch.is_none() => {
            said += "You say that nothing was acknowledged after the backup; nothing contradicts that";
        }
        Loss::Unknown => {
            said += "It is not known what was acknowledged after the backup: that may be lost. Where you know \
                     that nothing was, say --nothing-lost";
        }
        Loss::Lost(lost) => {
            said += "LOST, unless clients that keep a replica bring it back:";
            for one in lost {
                _ = write!(said, "\n  {one}");
            }
        }
    }
    if let Some(epoch) = epoch {
        let number = epoch.epoch;
        _ = write!(
            said,
            "\nEpoch {number} was begun: every plan's log has a new name, ending in /{number}, and to replicas \
             the server is a new one. Checkpoints of earlier epochs stay good for what they say, but no proof \
             leads from them to the new logs: tell those who keep some. Tokens that were revoked after the \
             backup are accepted again until they end: revoke them anew"
        );
    }
    match (keys.is_empty(), has_evidence_key) {
        (false, _) => _ = write!(said, "\nKeys from the backup: {}", keys.join(", ")),
        (true, true) => said += "\nThe keys are those that were there",
        (true, false) => {
            said += "\nThere is no key: the next start makes new ones. Tokens of the local issuer end, and \
                     whoever has checked evidence is warned of a new key";
        }
    }
    said
}
