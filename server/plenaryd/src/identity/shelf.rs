//! Things kept by digest until a time, counted by owner: what the tickets are kept in.
//!
//! It holds no more than is put on it and decides no limit itself; looking up costs the same
//! whichever ticket is tried, and taking off what has ended costs each thing once.

use std::collections::{BTreeSet, HashMap, VecDeque};

use plenary_protocol::Principal;
use plenary_protocol::ids::Subject;

/// A SHA-256 value.
pub(super) type Hash = [u8; 32];

/// Whom a thing belongs to: a subject is one of its issuer's.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Owner {
    issuer: String,
    subject: Subject,
}

impl Owner {
    pub(crate) fn of(principal: &Principal) -> Self {
        Self { issuer: principal.issuer.clone(), subject: principal.subject.clone() }
    }
}

/// See the module.
#[derive(Debug)]
pub(super) struct Shelf<T> {
    by_digest: HashMap<Hash, Kept<T>>,
    /// When each ends, milliseconds since 1970 UTC.
    by_end: BTreeSet<(i64, Hash)>,
    /// Of each owner, the one used longest ago first.
    by_owner: HashMap<Owner, VecDeque<Hash>>,
}

#[derive(Debug)]
struct Kept<T> {
    owner: Owner,
    end_ms: i64,
    thing: T,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self { by_digest: HashMap::new(), by_end: BTreeSet::new(), by_owner: HashMap::new() }
    }
}

impl<T> Shelf<T> {
    pub(super) fn len(&self) -> usize {
        self.by_digest.len()
    }

    pub(super) fn len_of(&self, owner: &Owner) -> usize {
        self.by_owner.get(owner).map_or(0, VecDeque::len)
    }

    pub(super) fn contains(&self, digest: &Hash) -> bool {
        self.by_digest.contains_key(digest)
    }

    /// Looks a thing up.
    pub(super) fn get(&self, digest: &Hash) -> Option<&T> {
        self.by_digest.get(digest).map(|kept| &kept.thing)
    }

    /// Looks a thing up and makes it the owner's latest used.
    pub(super) fn touch(&mut self, digest: &Hash) -> Option<&T> {
        let kept = self.by_digest.get(digest)?;
        if let Some(list) = self.by_owner.get_mut(&kept.owner) {
            list.retain(|other| other != digest);
            list.push_back(*digest);
        }
        Some(&kept.thing)
    }

    /// Puts a thing on the shelf until its end, in the place of one with the same digest.
    pub(super) fn put(&mut self, digest: Hash, owner: Owner, end_ms: i64, thing: T) {
        self.take(&digest);
        self.by_end.insert((end_ms, digest));
        self.by_owner.entry(owner.clone()).or_default().push_back(digest);
        self.by_digest.insert(digest, Kept { owner, end_ms, thing });
        assert_eq!(self.by_digest.len(), self.by_end.len(), "everything on the shelf has one end");
    }

    /// Takes a thing off the shelf.
    pub(super) fn take(&mut self, digest: &Hash) -> Option<T> {
        let kept = self.by_digest.remove(digest)?;
        self.by_end.remove(&(kept.end_ms, *digest));
        if let Some(list) = self.by_owner.get_mut(&kept.owner) {
            list.retain(|other| other != digest);
            if list.is_empty() {
                self.by_owner.remove(&kept.owner);
            }
        }
        Some(kept.thing)
    }

    /// Takes off everything that has ended.
    pub(super) fn sweep(&mut self, now_ms: i64) {
        while let Some((end_ms, digest)) = self.by_end.first().copied() {
            if end_ms > now_ms {
                break;
            }
            self.take(&digest);
        }
    }

    /// Takes off the owner's thing that was used longest ago.
    pub(super) fn drop_oldest_of(&mut self, owner: &Owner) {
        if let Some(digest) = self.by_owner.get(owner).and_then(|list| list.front().copied()) {
            self.take(&digest);
        }
    }

    /// Takes off what would end first.
    pub(super) fn drop_first_to_end(&mut self) {
        if let Some((_, digest)) = self.by_end.first().copied() {
            self.take(&digest);
        }
    }
}
