//! The names on a disk: directories with what is in them, and the changes that may or may not have reached it.
//!
//! A change of names is all or nothing, also where it touches two directories; which of those that are not certain
//! came through is chance, in any order, as long as there was something to change.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::path::Path;

use plenary_sim::random::Random;

use super::Node;

/// What is in each directory.
pub type Tree = BTreeMap<Node, BTreeMap<OsString, Node>>;

/// A name in a directory.
type Place = (Node, OsString);

/// One change of names.
struct Change {
    /// What stands at these places afterwards.
    parts: Vec<(Place, Option<Node>)>,
    /// What has to stand there before.
    needs: Vec<(Place, Node)>,
    /// Directories of it that were not synced since.
    unsynced: BTreeSet<Node>,
}

/// The names.
pub struct Names {
    begin: Tree,
    now: Tree,
    changes: Vec<Change>,
}

fn put(tree: &mut Tree, (folder, name): &Place, node: Option<Node>) {
    let names = tree.entry(*folder).or_default();
    match node {
        Some(node) => _ = names.insert(name.clone(), node),
        None => _ = names.remove(name),
    }
}

fn at(tree: &Tree, (folder, name): &Place) -> Option<Node> {
    tree.get(folder)?.get(name).copied()
}

impl Names {
    /// An empty directory.
    pub fn new() -> Names {
        Names { begin: Tree::new(), now: Tree::new(), changes: Vec::new() }
    }

    /// A name that was there from the beginning.
    pub fn begin_with(&mut self, folder: Node, name: &OsStr, node: Node) {
        for tree in [&mut self.begin, &mut self.now] {
            put(tree, &(folder, name.to_owned()), Some(node));
        }
    }

    /// What is at a path now.
    pub fn find(&self, path: &Path) -> Option<Node> {
        path.iter().try_fold(0, |folder, name| at(&self.now, &(folder, name.to_owned())))
    }

    fn place(&self, path: &Path) -> Option<Place> {
        Some((self.find(path.parent()?)?, path.file_name()?.to_owned()))
    }

    /// How many changes there were.
    pub fn changes(&self) -> usize {
        self.changes.len()
    }

    fn change(&mut self, parts: Vec<(Place, Option<Node>)>, needs: Vec<(Place, Node)>) {
        parts.iter().for_each(|(place, node)| put(&mut self.now, place, *node));
        let unsynced = parts.iter().map(|((folder, _), _)| *folder).collect();
        self.changes.push(Change { parts, needs, unsynced });
    }

    /// A name for a node.
    pub fn put(&mut self, path: &Path, node: Node) {
        if let Some(place) = self.place(path) {
            self.change(vec![(place, Some(node))], Vec::new());
        }
    }

    /// Takes a name away.
    pub fn remove(&mut self, path: &Path) {
        if let (Some(place), Some(node)) = (self.place(path), self.find(path)) {
            self.change(vec![(place.clone(), None)], vec![(place, node)]);
        }
    }

    /// Moves a name.
    pub fn rename(&mut self, from: &Path, to: &Path) {
        if let (Some(old), Some(new), Some(node)) = (self.place(from), self.place(to), self.find(from)) {
            self.change(vec![(old.clone(), None), (new, Some(node))], vec![(old, node)]);
        }
    }

    /// A directory was synced when there had been so many changes.
    pub fn settle(&mut self, folder: Node, changes: usize) {
        self.changes.iter_mut().take(changes).for_each(|change| _ = change.unsynced.remove(&folder));
    }

    /// The names that a power cut may leave.
    pub fn cut(&self, chance: &mut Random) -> Tree {
        let mut tree = self.begin.clone();
        let uncertain = self.changes.iter().filter(|change| !change.unsynced.is_empty()).count();
        let in_order = chance.chance(50);
        let mut left = chance.below(uncertain + 1);
        for change in &self.changes {
            let came = match (change.unsynced.is_empty(), in_order) {
                (true, _) => true,
                (false, true) => left > 0,
                (false, false) => chance.chance(50),
            };
            if !change.unsynced.is_empty() {
                left = left.saturating_sub(1);
            }
            if came && change.needs.iter().all(|(place, node)| at(&tree, place) == Some(*node)) {
                change.parts.iter().for_each(|(place, node)| put(&mut tree, place, *node));
            }
        }
        tree
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cuts(names: &Names) -> BTreeSet<Vec<String>> {
        let list = |seed| {
            let tree = names.cut(&mut Random::new(seed));
            tree.get(&0).into_iter().flatten().map(|(name, _)| name.to_string_lossy().into_owned()).collect()
        };
        (0..100).map(list).collect()
    }

    #[test]
    fn a_name_is_certain_once_its_directory_was_synced() {
        let mut names = Names::new();
        names.put(Path::new("a.new"), 1);
        assert_eq!(cuts(&names), [vec![], vec!["a.new".to_owned()]].into());
        names.rename(Path::new("a.new"), Path::new("a"));
        assert_eq!(cuts(&names), [vec![], vec!["a.new".to_owned()], vec!["a".to_owned()]].into());
        names.settle(0, names.changes());
        assert_eq!(cuts(&names), [vec!["a".to_owned()]].into());
        names.remove(Path::new("a"));
        assert_eq!(cuts(&names), [vec![], vec!["a".to_owned()]].into());
    }
}
