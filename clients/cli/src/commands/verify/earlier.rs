//! What a log that begins anew has of the entries that were verified in the one before it.
//!
//! Each entry names the hash of the one before, so one leaf that is the same stands for all before it.  Of
//! the last entries every leaf is kept; of those further back the roots of perfect subtrees, so that where
//! the logs part is known to the entry, or to lie between two.

use plenary_protocol::evidence::Frontier;
use plenary_protocol::ids::Digest;
use plenary_protocol::wire::api::EpochView;

use super::kept::Kept;
use super::told::{Earlier, Tree, Walked};
use crate::render::time::moment;

/// What is known of the entries so far.
pub struct Comparison {
    kept: Kept,
    unchanged: u64,
    altered_from: Option<Walked>,
}

impl Comparison {
    /// Nothing was compared yet with what is kept.
    pub fn with(kept: &Kept) -> Comparison {
        Comparison { kept: kept.clone(), unchanged: 0, altered_from: None }
    }

    /// Takes the next entry of the new log: its leaf, and the tree with it.
    pub fn take(&mut self, leaf: Digest, tree: &Frontier) {
        let seq = tree.size();
        if self.altered_from.is_some() || seq > self.kept.checkpoint.size {
            return;
        }
        let before_recent = self.kept.checkpoint.size - self.kept.recent.len() as u64;
        let known = seq.checked_sub(before_recent + 1).and_then(|at| self.kept.recent.get(at as usize));
        let is_same = match known {
            Some(known) => *known == leaf,
            // Its subtrees are the first ones of what is kept where the one ends that the other has.
            None if is_edge(seq, self.kept.checkpoint.size) => {
                self.kept.tree.roots().starts_with(tree.roots())
            }
            None => return,
        };
        if is_same {
            self.unchanged = seq;
        } else {
            self.altered_from = Some(Walked { from: self.unchanged + 1, to: seq });
        }
    }

    /// What the new log, of `size` entries, has and has not.
    pub fn end(&self, kept: &Kept, size: u64, epoch: Option<EpochView>) -> Earlier {
        let before = kept.checkpoint.size;
        Earlier {
            checkpoint: Tree::of(&kept.checkpoint),
            verified_at: kept.verified_at.clone(),
            key: kept.key.to_string(),
            is_all_there: self.unchanged == before,
            unchanged: self.unchanged,
            altered_from: self.altered_from,
            gone: (size < before).then_some(Walked { from: size + 1, to: before }),
            epoch,
        }
    }
}

/// Whether a perfect subtree of a tree of `size` entries ends with entry `seq`.
fn is_edge(seq: u64, size: u64) -> bool {
    // The largest subtrees come first: the bits of `seq` are the highest ones of `size`.
    let below = 1_u64.checked_shl(seq.trailing_zeros()).map_or(u64::MAX, |lowest| lowest - 1);
    seq > 0 && seq == size & !below
}

impl Earlier {
    /// What is missing, in words; and what the server says of it.
    pub fn words(&self) -> String {
        let size = self.checkpoint.size;
        let mut words = format!("of the {size} entries verified on {}", moment(&self.verified_at));
        match self.unchanged {
            0 => words.push_str(" none is shown to be as it was"),
            1 => words.push_str(" entry 1 is as it was"),
            last => words.push_str(&format!(" entries 1 to {last} are as they were")),
        }
        match self.altered_from {
            Some(Walked { from, to }) if from == to => {
                words.push_str(&format!(", entry {from} is another one now, and what follows it as well"));
            }
            Some(Walked { from, to }) => words.push_str(&format!(
                ", and one of entries {from} to {to} is another one now, with all that follows it"
            )),
            None => {}
        }
        if let Some(Walked { from, to }) = self.gone {
            let compared = self.altered_from.map_or(self.unchanged, |_| from - 1);
            if compared + 1 < from {
                words.push_str(&format!(
                    ", what was kept does not show whether entries {} to {} are",
                    compared + 1,
                    from - 1
                ));
            }
            match from == to {
                true => words.push_str(&format!(", and entry {from} is GONE")),
                false => words.push_str(&format!(", and entries {from} to {to} are GONE")),
            }
        }
        words.push_str(&self.epoch_words());
        words
    }

    /// What the server says of the new epoch.
    pub fn epoch_words(&self) -> String {
        let Some(EpochView { epoch, since, because }) = &self.epoch else { return String::new() };
        let since = since.as_deref().map(|since| format!(" since {}", moment(since))).unwrap_or_default();
        let because = because.as_deref().map(|because| format!(", because: {because}")).unwrap_or_default();
        format!(". The server says: epoch {epoch}{since}{because}")
    }
}

#[cfg(test)]
mod tests {
    use plenary_protocol::evidence::{Checkpoint, SigningKey};

    use super::super::kept::RECENT_LEAVES_MAX;
    use super::*;

    fn leaf(number: u64) -> Digest {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        Digest(bytes)
    }

    fn tree(leaves: &[Digest]) -> Frontier {
        let mut tree = Frontier::new();
        leaves.iter().for_each(|leaf| tree.push(*leaf));
        tree
    }

    fn kept(leaves: &[Digest], recent: usize) -> Kept {
        let tree = tree(leaves);
        let origin = "h/plans/p/1".to_owned();
        Kept {
            key: SigningKey::of_seed(&[7; 32]).verifier(&origin).unwrap(),
            note: String::new(),
            checkpoint: Checkpoint { origin, size: tree.size(), root: tree.root() },
            tree,
            last: *leaves.last().unwrap(),
            recent: leaves[leaves.len() - recent.min(leaves.len())..].to_vec(),
            payloads_absent: 0,
            verified_at: "2026-01-01T00:00:00Z".into(),
        }
    }

    fn compare(kept: &Kept, now: &[Digest]) -> Earlier {
        let mut comparison = Comparison::with(kept);
        let mut tree = Frontier::new();
        for leaf in now {
            tree.push(*leaf);
            comparison.take(*leaf, &tree);
        }
        comparison.end(kept, tree.size(), None)
    }

    /// Whatever is said is true of the leaves, and of the last entries it is exact.
    #[test]
    fn where_two_logs_part_is_said_and_never_more_than_is_known() {
        let before: Vec<Digest> = (0..45).map(leaf).collect();
        for recent in [1, 7, RECENT_LEAVES_MAX] {
            let kept = kept(&before, recent);
            for parts_at in 0..=50_u64 {
                for size in [parts_at.max(1), parts_at + 3, 60] {
                    // As in a chain, nothing after the place where they part is the same.
                    let of = |at: u64| if at < parts_at { leaf(at) } else { leaf(at + 1_000) };
                    let now: Vec<Digest> = (0..size).map(of).collect();
                    let found = compare(&kept, &now);
                    let same = parts_at.min(size).min(45);
                    assert_eq!(found.is_all_there, same == 45, "{parts_at} {size}: {found:?}");
                    assert!(found.unchanged <= same, "{parts_at} {size}: {found:?}");
                    assert_eq!(found.gone.map(|gone| gone.from), (size < 45).then_some(size + 1));
                    if let Some(Walked { from, to }) = found.altered_from {
                        assert!(from <= same + 1 && same < to, "{parts_at} {size}: {found:?}");
                    }
                    if size >= 45 && same < 45 {
                        assert!(found.altered_from.is_some(), "{parts_at} {size}: {found:?}");
                    }
                    if recent == RECENT_LEAVES_MAX {
                        assert_eq!(found.unchanged, same);
                        assert!(found.altered_from.is_none_or(|altered| altered.from == altered.to));
                    }
                }
            }
        }
    }

    #[test]
    fn the_words_name_the_entries_that_are_gone_or_others() {
        let before: Vec<Digest> = (0..45).map(leaf).collect();
        let exact = kept(&before, RECENT_LEAVES_MAX);
        let words = compare(&exact, &before[..40]).words();
        assert!(words.contains("entries 1 to 40 are as they were, and entries 41 to 45 are GONE"), "{words}");
        let others: Vec<Digest> = before[..40].iter().copied().chain((90..99).map(leaf)).collect();
        let words = compare(&exact, &others).words();
        assert!(words.contains("1 to 40 are as they were, entry 41 is another one now"), "{words}");
        // Of a file of an earlier build only the edge is known: 32, 8, 4, 1.
        let words = compare(&kept(&before, 1), &before[..43]).words();
        assert!(words.contains("entries 1 to 40 are as they were, what was kept does not show"), "{words}");
        assert!(words.contains("whether entries 41 to 43 are, and entries 44 to 45 are GONE"), "{words}");
    }
}
