//! What a plan needs to be opened as of one entry, without the entries before it.
//!
//! A snapshot is a cache: everything in it was folded out of entries, and without it, or with one of
//! another form, the fold is taken from the first entry.  The log keeps its bytes under a hash.
//!
//! Form 2, in this order (`stored` says how values are written): the plan's name · sequence number ·
//! leaf hash of that entry (32 bytes) · then four parts, each with its length before it: the saved
//! document · the fold (`state::stored`) · the reader copy (`reader::stored`) · the index of the past
//! (`history::index::stored`).  Whoever opens a plan reads the parts it needs.

use automerge::{Automerge, ChangeHash};
use plenary_protocol::ids::{Digest, PlanId, Seq};

use crate::document;
use crate::history::Index;
use crate::reader::Reader;
use crate::state::PlanState;
use crate::stored;

/// The form of what `write` gives; another one is not read.
pub const SNAPSHOT_FORM: u32 = 2;

/// A snapshot taken apart, its parts unread.
#[derive(Debug, Clone, Copy)]
pub struct Snapshot<'a> {
    plan: &'a str,
    /// The entry it is as of.
    pub seq: Seq,
    /// Leaf hash of that entry.
    pub leaf: Digest,
    document: &'a [u8],
    state: stored::Reader<'a>,
    reader: stored::Reader<'a>,
    index: stored::Reader<'a>,
}

/// Writes a snapshot of a plan as of the last entry of all three, with the document's heads.
///
/// `None` when what was written does not read back as it was: then nothing is to be replaced by it.
pub fn write(state: &PlanState, reader: &Reader, index: &Index) -> Option<(Vec<u8>, Vec<ChangeHash>)> {
    if state.seq != reader.seq() || state.seq != index.seq() {
        return None;
    }
    let (document, heads) = reader.verified_save()?;
    let mut out = stored::Writer::default();
    out.text(state.plan.as_str());
    out.number(state.seq.0);
    out.fixed(&state.leaf.0);
    out.bytes(&document);
    out.part(|out| state.write(out));
    out.part(|out| reader.write(out));
    out.part(|out| index.write(out));
    let again = Snapshot::open(&out.0)?;
    let is_same = again.state(&state.plan)? == *state
        && Index::read(&mut again.index.clone())? == *index
        && reader.reads_as(&mut again.reader.clone());
    is_same.then_some((out.0, heads))
}

impl<'a> Snapshot<'a> {
    /// Takes a snapshot apart; `None` when it is none.
    pub fn open(bytes: &'a [u8]) -> Option<Self> {
        let mut input = stored::Reader(bytes);
        let snapshot = Snapshot {
            plan: input.text()?,
            seq: Seq(input.number()?),
            leaf: Digest(input.fixed()?),
            document: input.bytes()?,
            state: input.part()?,
            reader: input.part()?,
            index: input.part()?,
        };
        input.end()?;
        Some(snapshot)
    }

    /// The saved document.
    pub fn document(&self) -> Option<Automerge> {
        document::load(self.document).ok()
    }

    /// What a hub starts from: the fold and the document, if they are those of one entry.
    pub fn hub(&self, plan: &PlanId) -> Option<(PlanState, Automerge)> {
        let state = self.state(plan)?;
        let document = self.document()?;
        let mut heads = document.get_heads();
        heads.sort();
        (heads == state.heads_at(state.seq)).then_some((state, document))
    }

    /// The fold alone.
    pub fn state(&self, plan: &PlanId) -> Option<PlanState> {
        if self.plan != plan.as_str() {
            return None;
        }
        let mut input = self.state;
        let state = PlanState::read(plan.clone(), &mut input)?;
        input.end()?;
        (state.seq == self.seq && state.leaf == self.leaf).then_some(state)
    }

    /// What a reader copy starts from, with the index of the past.
    pub fn reader(&self, plan: &PlanId) -> Option<(Reader, Index)> {
        if self.plan != plan.as_str() {
            return None;
        }
        let (mut reader, mut index) = (self.reader, self.index);
        let past = Index::read(&mut index)?;
        let reader = Reader::read(plan.clone(), self.document()?, &mut reader)?;
        index.end()?;
        (reader.seq() == self.seq && past.seq() == self.seq).then_some((reader, past))
    }
}
