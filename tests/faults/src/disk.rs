//! A disk as a power cut may find it: what was synced is certain, everything later may be there or not.
//!
//! Made from a directory and the events of a trace up to a cut.  Of a file everything written before its last good
//! sync began is certain; later writes and lengths are pending, and those whose sync failed are so for ever, because
//! the system forgets pages whose writing failed.  A name is certain when each directory that it touches was synced
//! after.  `sync_file_range` proves nothing: the trace does not have it.

mod content;
mod names;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use plenary_sim::random::Random;

use content::{Change, Content};
use names::Names;

use crate::trace::Event;

/// A file or directory, by its place in the list of all.
type Node = usize;

/// What a node is.
enum Kind {
    File(Content),
    Folder,
}

/// How a sync that has begun was aimed.
enum Aim {
    File { node: Node, changes: usize },
    Folder { node: Node, changes: usize },
}

/// The disk.
pub struct Disk {
    nodes: Vec<Kind>,
    names: Names,
    handles: HashMap<u64, Node>,
    syncs: HashMap<u64, Aim>,
}

/// The file whose content is nothing but its length.
const BALLAST: &str = "ballast";

impl Disk {
    /// The disk on which a directory lies, all of it certain.
    ///
    /// # Panics
    /// When it cannot be read.
    pub fn of(folder: &Path) -> Disk {
        let mut disk = Disk {
            nodes: vec![Kind::Folder],
            names: Names::new(),
            handles: HashMap::new(),
            syncs: HashMap::new(),
        };
        disk.take(folder, 0);
        disk
    }

    fn take(&mut self, folder: &Path, parent: Node) {
        for item in std::fs::read_dir(folder).expect("the directory can be listed") {
            let item = item.expect("the directory can be listed");
            let name = item.file_name();
            if name == BALLAST {
                continue;
            }
            if item.file_type().expect("what it is").is_dir() {
                let node = self.add(Kind::Folder);
                self.names.begin_with(parent, &name, node);
                self.take(&item.path(), node);
            } else {
                let bytes = std::fs::read(item.path()).expect("the file can be read");
                let node = self.add(Kind::File(Content::certain(bytes)));
                self.names.begin_with(parent, &name, node);
            }
        }
    }

    fn add(&mut self, kind: Kind) -> Node {
        self.nodes.push(kind);
        self.nodes.len() - 1
    }

    fn change(&mut self, handle: u64, change: Change) {
        if let Some(Kind::File(content)) = self.handles.get(&handle).map(|node| &mut self.nodes[*node]) {
            content.change(change);
        }
    }

    /// Lets an event happen.
    pub fn happen(&mut self, event: &Event) {
        match event {
            Event::Start => {
                self.handles.clear();
                self.syncs.clear();
            }
            Event::Open { handle, is_new, is_emptied, path } => {
                let node = match self.names.find(path) {
                    Some(node) => node,
                    None if *is_new => {
                        let node = self.add(Kind::File(Content::certain(Vec::new())));
                        self.names.put(path, node);
                        node
                    }
                    None => return,
                };
                self.handles.insert(*handle, node);
                if *is_emptied {
                    self.change(*handle, Change::Length(0));
                }
            }
            Event::Write { handle, offset, bytes } => {
                self.change(*handle, Change::Write { offset: *offset as usize, bytes: bytes.clone() });
            }
            Event::Length { handle, length } => self.change(*handle, Change::Length(*length as usize)),
            Event::SyncBegan { handle, sync } => {
                let Some(node) = self.handles.get(handle).copied() else { return };
                let aim = match &self.nodes[node] {
                    Kind::File(content) => Aim::File { node, changes: content.changes() },
                    Kind::Folder => Aim::Folder { node, changes: self.names.changes() },
                };
                self.syncs.insert(*sync, aim);
            }
            Event::SyncEnded { sync, is_well } => match self.syncs.remove(sync) {
                Some(Aim::File { node, changes }) => {
                    let Kind::File(content) = &mut self.nodes[node] else { return };
                    match is_well {
                        true => content.settle(changes),
                        false => content.doom(changes),
                    }
                }
                Some(Aim::Folder { node, changes }) if *is_well => self.names.settle(node, changes),
                _ => {}
            },
            Event::Rename { from, to } => self.names.rename(from, to),
            Event::Unlink { path } | Event::RemoveDir { path } => self.names.remove(path),
            Event::MakeDir { path } => {
                let node = self.add(Kind::Folder);
                self.names.put(path, node);
            }
            Event::Link { from, to } => {
                if let Some(node) = self.names.find(from) {
                    self.names.put(to, node);
                }
            }
            Event::Told { .. } | Event::Failed { .. } => {}
        }
    }

    /// Writes one of the states that a power cut may leave into a directory that is not there yet.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn cut(&self, chance: &mut Random, to: &Path) {
        let tree = self.names.cut(chance);
        std::fs::create_dir_all(to).expect("a folder for the image");
        let mut folders: Vec<(Node, PathBuf)> = vec![(0, to.to_owned())];
        while let Some((folder, path)) = folders.pop() {
            for (name, node) in tree.get(&folder).into_iter().flatten() {
                let path = path.join(name);
                match &self.nodes[*node] {
                    Kind::Folder => {
                        std::fs::create_dir(&path).expect("a folder of the image");
                        folders.push((*node, path));
                    }
                    Kind::File(content) => write_private(&path, &content.cut(chance)),
                }
            }
        }
    }
}

/// Writes a file that only its owner may read: keys are refused otherwise.
fn write_private(path: &Path, bytes: &[u8]) {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(bytes)).expect("a file of the image");
}
