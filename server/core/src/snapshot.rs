//! What a plan needs to be opened as of one entry, without the entries before it.
//!
//! A snapshot is a cache: everything in it was folded out of entries, and without it, or with one of
//! another form, the fold is taken from the first entry.  The log keeps its bytes under a hash.
//!
//! Form 5, in this order (`stored` says how values are written): the plan's name · sequence number ·
//! leaf hash of that entry (32 bytes) · then five parts, each with its length before it: the saved
//! document · the fold (`state::stored`) · the reader copy (`reader::stored`) · the index of the past
//! (`history::index::stored`) · the leaf hashes of all entries (32 bytes each).  Whoever opens a plan
//! reads the parts it needs.

use automerge::{Automerge, ChangeHash};
use plenary_protocol::evidence::Leaves;
use plenary_protocol::ids::{Digest, PlanId, Seq};

use crate::document;
use crate::history::Index;
use crate::reader::Reader;
use crate::state::PlanState;
use crate::stored;

/// The form of what `write` gives; another one is not read.
pub const SNAPSHOT_FORM: u32 = 5;

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
    leaves: &'a [u8],
}

/// Why there is no snapshot; nothing is to be replaced by what was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// The document does not read back: some change in the log is one that the gate must not let in.
    #[error("the saved document does not load as it was: {0}")]
    Document(String),
    /// The document does, and what was folded beside it does not, or is of other entries.
    #[error("what is saved beside the document does not load as it was")]
    Folds,
}

/// Writes a snapshot of a plan as of the last entry of all four, with the document's heads.
///
/// # Errors
/// `SnapshotError` when what was written does not read back as it was.
pub fn write(
    state: &PlanState,
    reader: &Reader,
    index: &Index,
    leaves: &Leaves,
) -> Result<(Vec<u8>, Vec<ChangeHash>), SnapshotError> {
    let is_one = state.seq == reader.seq() && state.seq == index.seq() && state.seq.0 == leaves.size();
    if !is_one || leaves.root(leaves.size()) != Some(state.evidence.root()) {
        return Err(SnapshotError::Folds);
    }
    let (document, heads) = reader.verified_save().map_err(SnapshotError::Document)?;
    let mut out = stored::Writer::default();
    out.text(state.plan.as_str());
    out.number(state.seq.0);
    out.fixed(&state.leaf.0);
    out.bytes(&document);
    out.part(|out| state.write(out));
    out.part(|out| reader.write(out));
    out.part(|out| index.write(out));
    out.part(|out| leaves.all().iter().for_each(|leaf| out.fixed(&leaf.0)));
    let is_same = Snapshot::open(&out.0).is_some_and(|again| {
        again.state(&state.plan).as_ref() == Some(state)
            && Index::read(&mut again.index.clone()).as_ref() == Some(index)
            && reader.reads_as(&mut again.reader.clone())
            && again.leaves().as_ref() == Some(leaves)
    });
    if is_same { Ok((out.0, heads)) } else { Err(SnapshotError::Folds) }
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
            leaves: input.bytes()?,
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

    /// What a reader copy starts from, with the index of the past and the leaves of its tree.
    pub fn reader(&self, plan: &PlanId) -> Option<(Reader, Index, Leaves)> {
        if self.plan != plan.as_str() {
            return None;
        }
        let (mut reader, mut index) = (self.reader, self.index);
        let past = Index::read(&mut index)?;
        let reader = Reader::read(plan.clone(), self.document()?, &mut reader)?;
        index.end()?;
        (reader.seq() == self.seq && past.seq() == self.seq).then_some((reader, past, self.leaves()?))
    }

    /// The leaf hash of every entry up to the last.
    fn leaves(&self) -> Option<Leaves> {
        let (hashes, rest) = self.leaves.as_chunks::<32>();
        let is_whole = rest.is_empty() && hashes.len() as u64 == self.seq.0;
        (is_whole && hashes.last() == Some(&self.leaf.0))
            .then(|| hashes.iter().copied().map(Digest).collect())
    }
}
