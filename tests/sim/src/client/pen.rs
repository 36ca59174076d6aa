//! One honest change of a replica: texts, fields, moves, removals, links, new elements, undo of a set.

use automerge::transaction::{CommitOptions, Transactable, Transaction};
use automerge::{ActorId, Automerge, ObjId, ObjType, ROOT, ReadDoc};
use plenary_protocol::Bureau;

use crate::random::Random;
use crate::scene::{OWNED, TARGETS};

/// An actor that nobody else has.
pub fn actor(client: u8, load: u64) -> ActorId {
    let mut bytes = [client; 16];
    bytes[8..].copy_from_slice(&load.to_be_bytes());
    ActorId::from(bytes.to_vec())
}

/// The object at a path from the root, if all of it is there.
pub fn object(doc: &impl ReadDoc, path: &[&str]) -> Option<ObjId> {
    path.iter().try_fold(ROOT, |at, key| Some(doc.get(&at, *key).ok()??.1))
}

/// Makes one change and gives its bytes; `None` where it came to nothing.
///
/// # Errors
/// What the library says.
pub fn write(
    doc: &mut Automerge,
    act: impl FnOnce(&mut Transaction<'_>) -> Option<()>,
) -> Result<Option<Vec<u8>>, String> {
    let before = doc.get_heads();
    let mut tx = doc.transaction();
    let done = act(&mut tx);
    if done.is_none() {
        tx.rollback();
        return Ok(None);
    }
    tx.commit_with(CommitOptions::default().with_time(0));
    let made = doc.get_changes(&before);
    Ok(made.first().map(|change| change.raw_bytes().to_vec()))
}

/// Something that somebody of a Bureau may do.
pub fn honest(tx: &mut Transaction<'_>, own: Bureau, random: &mut Random) -> Option<()> {
    let target = *random.pick(&TARGETS);
    match random.below(12) {
        0..=4 => {
            let text = object(tx, &["elements", target, "text", "en", "statement"])?;
            splice(tx, &text, random)
        }
        5 => {
            let (mine, _) = OWNED.iter().filter(|(_, owner)| *owner == own).nth(random.below(2))?;
            let text = object(tx, &["elements", mine, "text", "en", "title"])?;
            splice(tx, &text, random)
        }
        6 => put(tx, target, "due_year", 2024 + random.below(5) as i64),
        7 => put(tx, target, "parent", *random.pick(&["gol-1", "gol-2"])),
        8 => put(tx, target, "order", *random.pick(&["A", "V", "z"])),
        9 => put(tx, target, "removed", random.chance(50)),
        10 => add(tx, random),
        _ => link(tx, random),
    }
}

fn splice(tx: &mut Transaction<'_>, text: &ObjId, random: &mut Random) -> Option<()> {
    let length = tx.length(text);
    let at = random.below(length + 1);
    let delete = random.below(4).min(length - at);
    let insert = *random.pick(&["a", "bé", "word ", "😀", "two words "]);
    tx.splice_text(text, at, delete as isize, insert).ok()
}

fn put(
    tx: &mut Transaction<'_>,
    element: &str,
    field: &str,
    value: impl Into<automerge::ScalarValue>,
) -> Option<()> {
    let element = object(tx, &["elements", element])?;
    tx.put(&element, field, value).ok()
}

fn add(tx: &mut Transaction<'_>, random: &mut Random) -> Option<()> {
    let elements = object(tx, &["elements"])?;
    let element = tx.put_object(&elements, format!("tgt-{:x}", random.number()), ObjType::Map).ok()?;
    for (key, value) in [("kind", "target"), ("parent", "gol-1"), ("order", "zV")] {
        tx.put(&element, key, value).ok()?;
    }
    let all = tx.put_object(&element, "text", ObjType::Map).ok()?;
    let language = tx.put_object(&all, "en", ObjType::Map).ok()?;
    let text = tx.put_object(&language, "statement", ObjType::Text).ok()?;
    tx.splice_text(&text, 0, 0, "a new target").ok()
}

fn link(tx: &mut Transaction<'_>, random: &mut Random) -> Option<()> {
    let links = object(tx, &["links"])?;
    let link = tx.put_object(&links, format!("lnk-{:x}", random.number()), ObjType::Map).ok()?;
    for (key, value) in [("kind", "refers_to"), ("from", "tgt-2"), ("to", "tgt-1")] {
        tx.put(&link, key, value).ok()?;
    }
    Some(())
}
