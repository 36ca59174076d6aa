//! Somebody with a good token and bad intentions, on `/live`.

use automerge::{Change, ChangeHash};
use plenary_protocol::Bureau;

use automerge::transaction::Transactable as _;

use super::replica::Replica;
use super::{Client, Down, Up, pen};
use crate::random::Random;
use crate::scene::{FORBIDDEN, OWNED};

/// The number under which hostile messages are sent; nobody waits for their answers.
const NOBODY: u64 = u64::MAX;

/// Somebody hostile; the replica keeps them in step and sends nothing itself.
#[derive(Debug)]
pub struct Hostile {
    number: u8,
    own: Bureau,
    replica: Replica,
    made: u64,
    heard: Vec<Vec<u8>>,
    forbidden: Vec<ChangeHash>,
}

impl Hostile {
    /// Somebody hostile of a Bureau.
    pub fn new(number: u8, own: Bureau) -> Hostile {
        let replica = Replica::new(number, own);
        Hostile { number, own, replica, made: 1 << 32, heard: Vec::new(), forbidden: Vec::new() }
    }

    /// A change on a copy, under an actor of its own: honest, or of another Bureau's element.
    fn craft(&mut self, honest: bool, random: &mut Random) -> Result<Option<Change>, String> {
        let Some(doc) = self.replica.doc() else { return Ok(None) };
        self.made += 1;
        let mut copy = doc.clone().with_actor(pen::actor(self.number, self.made));
        let own = self.own;
        let bytes = pen::write(&mut copy, |tx| {
            if honest {
                return pen::honest(tx, own, random);
            }
            let (name, _) = OWNED.iter().find(|(_, owner)| *owner != own)?;
            let text = pen::object(tx, &["elements", name, "text", "en", "title"])?;
            tx.splice_text(&text, 0, 0, FORBIDDEN).ok()
        })?;
        bytes.map(|bytes| Change::from_bytes(bytes).map_err(|error| error.to_string())).transpose()
    }

    /// The change with a header that lies.
    fn lie(change: &Change, random: &mut Random) -> Change {
        let mut expanded = change.decode();
        match random.below(3) {
            0 => expanded.seq += 1 + random.below(9) as u64,
            1 => expanded.start_op = std::num::NonZeroU64::MIN,
            _ => {
                let mut hash = [0; 32];
                plenary_core::Entropy::fill(random, &mut hash);
                expanded.deps.push(ChangeHash(hash));
            }
        }
        Change::from(expanded)
    }
}

impl Client for Hostile {
    fn connected(&mut self) -> Result<Vec<Up>, String> {
        self.replica.connected()
    }

    fn act(&mut self, random: &mut Random) -> Result<Vec<Up>, String> {
        let kind = random.below(5);
        if kind == 4 {
            // What others wrote, as if it were new.
            let again = (!self.heard.is_empty()).then(|| random.pick(&self.heard).clone());
            return Ok(again.map(|bytes| Up::Changes(NOBODY, vec![bytes])).into_iter().collect());
        }
        let Some(change) = self.craft(kind != 0, random)? else { return Ok(Vec::new()) };
        let mut bytes = change.raw_bytes().to_vec();
        match kind {
            0 => self.forbidden.push(change.hash()),
            1 => {
                let lie = Hostile::lie(&change, random);
                self.forbidden.push(lie.hash());
                bytes = lie.raw_bytes().to_vec();
            }
            2 => {
                let at = random.below(bytes.len());
                bytes[at] ^= 1 << random.below(8);
            }
            _ => bytes.truncate(random.below(bytes.len())),
        }
        Ok(vec![Up::Changes(NOBODY, vec![bytes])])
    }

    fn hear(&mut self, down: Down) -> Result<Vec<Up>, String> {
        if let Down::Entry(entry) = &down {
            self.heard.extend(entry.change.clone());
        }
        match down {
            Down::Answer(NOBODY, _) => Ok(Vec::new()),
            other => self.replica.hear(other),
        }
    }

    fn document(&self) -> Option<&automerge::Automerge> {
        self.replica.document()
    }

    fn forbidden(&self) -> &[ChangeHash] {
        &self.forbidden
    }
}
