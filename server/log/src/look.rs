//! A look through everything while the log serves: every group of the journal, and each entry beside the
//! store's.
//!
//! Nothing is changed. What is found wrong is handed over and the look goes on, so that one damage does
//! not hide another. What an entry means, and how fast to look, is the caller's business.

use std::ops::ControlFlow;
use std::sync::atomic::Ordering;

use crate::entry::{Entry, Fact, Record};
use crate::error::OpenError;
use crate::journal::Mark;
use crate::log::Shared;
use crate::recovery::{self, Loaded, SegmentFile};
use crate::segment::GroupContent;
use crate::verify::check_start;

/// What a look meets, in the order of the journal.
#[derive(Debug)]
pub enum Sight<'a> {
    /// A group comes; it has so many bytes.
    Group {
        /// Bytes of the group.
        bytes: u64,
    },
    /// An entry, and what the store has in its place.
    Entry {
        /// The entry as the journal has it.
        entry: &'a Entry,
        /// What the store has.
        twin: Twin,
    },
    /// A fact.
    Fact(&'a Fact),
    /// The journal is not as it was written; what stands behind this in its segment is not met.
    Damage(&'a OpenError),
}

/// What the store has in the place of an entry of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Twin {
    /// The same bytes.
    Same,
    /// Nothing yet: the entry is not acknowledged, or nobody has looked.
    NotYet,
    /// Nothing.
    Missing,
    /// Other bytes.
    Other,
    /// It cannot be read.
    Unread(String),
}

type Visit<'a> = &'a mut dyn FnMut(Sight<'_>) -> ControlFlow<()>;

/// Looks through the journal of a log that serves.
pub(crate) fn look_through(shared: &Shared, visit: Visit<'_>) -> Result<(), OpenError> {
    let visit: Visit<'_> = &mut |sight| {
        if matches!(sight, Sight::Damage(_)) {
            shared.journal_damaged.store(true, Ordering::Release);
        }
        visit(sight)
    };
    let journal = shared.options.journal_dir();
    let way_out = recovery::way_out_older(&journal);
    // Groups that were written before the files are listed are whole in them; later ones may be half
    // there while they are read.
    let written = shared.written.load(Ordering::Acquire);
    let files = recovery::list(&journal)?;
    if let Err(error) = recovery::check_begins_at_one(&journal, &files)
        && visit(Sight::Damage(&error)).is_break()
    {
        return Ok(());
    }
    let mut before = None;
    let mut reached = 0;
    for (index, file) in files.iter().enumerate() {
        let is_last = index + 1 == files.len();
        let (loaded, damage) = read(file, before, is_last, written, &way_out);
        before = None;
        if let Some(loaded) = loaded {
            if look_at(shared, &loaded, visit)?.is_break() {
                return Ok(());
            }
            reached = loaded.end_mark().position;
            before = damage.is_none().then(|| loaded.end_mark());
        }
        if let Some(error) = damage
            && visit(Sight::Damage(&error)).is_break()
        {
            return Ok(());
        }
    }
    if before.is_some()
        && reached < written
        && let Some(last) = files.last()
    {
        let found = format!("the end after group {reached}");
        let error = recovery::damage(&last.path, 0, &format!("all groups up to {written}"), &found, &way_out);
        // It is the last there is to say.
        _ = visit(Sight::Damage(&error));
    }
    Ok(())
}

/// Reads one segment; gives what can be read of it and what is wrong with it.
fn read(
    file: &SegmentFile,
    before: Option<Mark>,
    is_last: bool,
    written: u64,
    way_out: &str,
) -> (Option<Loaded>, Option<OpenError>) {
    let loaded = match recovery::load(file) {
        Ok(Ok(loaded)) => loaded,
        Ok(Err(fault)) => return (None, Some(recovery::corrupt(&file.path, &fault, way_out))),
        Err(error) => return (None, Some(error)),
    };
    if let Err(error) = check_start(&loaded, before, way_out) {
        return (Some(loaded), Some(error));
    }
    let is_half_written = is_last && loaded.end_mark().position >= written;
    let damage = if is_half_written { None } else { loaded.fault(way_out) };
    (Some(loaded), damage)
}

fn look_at(shared: &Shared, loaded: &Loaded, visit: Visit<'_>) -> Result<ControlFlow<()>, OpenError> {
    for span in &loaded.scan.groups {
        if visit(Sight::Group { bytes: (span.end - span.start) as u64 }).is_break() {
            return Ok(ControlFlow::Break(()));
        }
        let GroupContent::Records(records) = loaded.content(span)? else { continue };
        for record in &records {
            let went = match record {
                Record::Entry(entry) => visit(Sight::Entry { entry, twin: twin(shared, entry) }),
                Record::Fact(fact) => visit(Sight::Fact(fact)),
            };
            if went.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
    }
    Ok(ControlFlow::Continue(()))
}

fn twin(shared: &Shared, entry: &Entry) -> Twin {
    if shared.head(&entry.plan).is_none_or(|head| head.seq < entry.seq) {
        return Twin::NotYet;
    }
    match shared.store.entry(&entry.plan, entry.seq) {
        Ok(Some(held)) if held == *entry => Twin::Same,
        Ok(Some(_)) => Twin::Other,
        Ok(None) => Twin::Missing,
        Err(error) => Twin::Unread(error.to_string()),
    }
}
