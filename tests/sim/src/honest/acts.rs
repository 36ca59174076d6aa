//! What an honest replica does: all kinds of edits of the layout, undo, edits at earlier heads, nothing.

use std::collections::VecDeque;

use automerge::marks::{ExpandMark, Mark};
use automerge::transaction::{CommitOptions, Transactable, Transaction};
use automerge::{Automerge, ChangeHash, ObjId, ObjType, PatchLog, ReadDoc, ScalarValue, Value};
use plenary_protocol::Bureau;
use plenary_protocol::plan::order;

use crate::client::pen::{self, object};
use crate::random::Random;
use crate::scene::{OWNED, TARGETS};

/// Undo steps that a replica remembers.
const UNDO_REMEMBERED: usize = 12;
/// Words of several scripts, some of which take two code units or several code points a letter.
const WORDS: [&str; 8] =
    ["a", "bé", "word ", "😀", "two words ", "العربية", "👩\u{200d}👩\u{200d}👧", "e\u{301} "];

/// How something is taken back.
#[derive(Debug)]
pub enum Undo {
    /// Words are deleted where they stand now.
    Words(ObjId, &'static str),
    /// Words are written again.
    Deleted(ObjId, usize, String),
    /// A key gets the value that it had; nothing where it had none.
    Value(ObjId, &'static str, Option<ScalarValue>),
}

type Undos = VecDeque<Undo>;

/// Makes one change, if what was picked comes to one; gives its kind.
pub fn write(
    doc: &mut Automerge,
    own: Bureau,
    heads: &VecDeque<Vec<ChangeHash>>,
    undos: &mut Undos,
    random: &mut Random,
) -> Result<Option<&'static str>, String> {
    if random.chance(3) {
        doc.empty_commit(CommitOptions::default().with_time(0));
        return Ok(Some("empty changes"));
    }
    // Past an empty change of its own actor the library makes what it does not take itself.
    let may_go_back = |doc: &Automerge| doc.get_last_local_change().is_none_or(|last| !last.is_empty());
    let then = heads.get(random.below(heads.len())).filter(|_| random.chance(5) && may_go_back(doc));
    let times = if random.chance(10) { 2 + random.below(6) } else { 1 };
    let mut tx = match then {
        Some(heads) => doc.transaction_at(PatchLog::inactive(), heads).map_err(|error| error.to_string())?,
        None => doc.transaction(),
    };
    let mut what = None;
    for _ in 0..times {
        what = act(&mut tx, own, undos, random).or(what);
    }
    if tx.pending_ops() == 0 {
        tx.rollback();
        return Ok(None);
    }
    let mut options = CommitOptions::default().with_time(random.below(2) as i64 * 1_790_000_000);
    if random.chance(5) {
        options.set_message("a message of the client's own");
    }
    tx.commit_with(options);
    undos.truncate(UNDO_REMEMBERED);
    Ok(if then.is_some() { Some("edits at earlier heads") } else { what })
}

fn act(
    tx: &mut Transaction<'_>,
    own: Bureau,
    undos: &mut Undos,
    random: &mut Random,
) -> Option<&'static str> {
    match random.below(100) {
        0..42 => splice(tx, own, undos, random).map(|()| "splices"),
        42..47 => update(tx, own, random).map(|()| "texts rewritten"),
        47..54 => mark(tx, own, random).map(|()| "marks"),
        54..64 => undo(tx, undos).map(|()| "undone"),
        64..74 => value(tx, undos, random).map(|()| "values"),
        74..79 => place(tx, random).map(|()| "moves"),
        79..83 => member(tx, random).map(|()| "members"),
        83..86 => language(tx, random).map(|()| "texts in another language"),
        86..90 => note(tx, random).map(|()| "remarks of links"),
        90 if random.chance(40) => paste(tx, own, random).map(|()| "long texts"),
        _ => pen::honest(tx, own, random).map(|()| "others"),
    }
}

/// A text that somebody of a Bureau may write in.
fn text(tx: &Transaction<'_>, own: Bureau, random: &mut Random) -> Option<ObjId> {
    if random.chance(70) {
        return object(tx, &["elements", *random.pick(&TARGETS), "text", "en", "statement"]);
    }
    let (mine, _) = OWNED.iter().filter(|(_, owner)| *owner == own).nth(random.below(2))?;
    object(tx, &["elements", mine, "text", "en", "title"])
}

fn splice(tx: &mut Transaction<'_>, own: Bureau, undos: &mut Undos, random: &mut Random) -> Option<()> {
    let text = text(tx, own, random)?;
    let length = tx.length(&text);
    let at = random.below(length + 1);
    if random.chance(40) {
        let count = random.below(if length > 400 { 60 } else { 8 }).min(length - at);
        let gone: String = tx.text(&text).ok()?.chars().skip(at).take(count).collect();
        tx.splice_text(&text, at, count as isize, "").ok()?;
        undos.push_front(Undo::Deleted(text, at, gone));
    } else {
        let words = *random.pick(&WORDS);
        tx.splice_text(&text, at, random.below(3).min(length - at) as isize, words).ok()?;
        undos.push_front(Undo::Words(text, words));
    }
    Some(())
}

fn update(tx: &mut Transaction<'_>, own: Bureau, random: &mut Random) -> Option<()> {
    let object = text(tx, own, random)?;
    let now = tx.text(&object).ok()?;
    let words = *random.pick(&WORDS);
    let other: Vec<&str> = now.split(' ').filter(|_| random.chance(85)).collect();
    tx.update_text(&object, format!("{} {words}", other.join(" "))).ok()
}

fn mark(tx: &mut Transaction<'_>, own: Bureau, random: &mut Random) -> Option<()> {
    let text = text(tx, own, random)?;
    let length = tx.length(&text);
    let start = random.below(length);
    let end = start + 1 + random.below(length.checked_sub(start)?.min(10));
    let end = end.min(length);
    let expand = match random.below(4) {
        0 => ExpandMark::Before,
        1 => ExpandMark::After,
        2 => ExpandMark::Both,
        _ => ExpandMark::None,
    };
    match random.below(4) {
        0 => tx.unmark(&text, "bold", start, end, expand).ok()?,
        1 => tx.mark(&text, Mark::new("link".into(), "https://itu.int", start, end), expand).ok()?,
        _ => tx.mark(&text, Mark::new("bold".into(), true, start, end), expand).ok()?,
    }
    if random.chance(15) {
        // What was marked goes with the same change, and the library keeps the mark.
        tx.splice_text(&text, start, (end - start) as isize, "").ok()?;
    }
    Some(())
}

fn undo(tx: &mut Transaction<'_>, undos: &mut Undos) -> Option<()> {
    match undos.pop_front()? {
        Undo::Words(text, words) => {
            let now = tx.text(&text).ok()?;
            let at = now[..now.find(words)?].chars().count();
            tx.splice_text(&text, at, words.chars().count() as isize, "").ok()
        }
        Undo::Deleted(text, at, words) => {
            let at = at.min(tx.length(&text));
            tx.splice_text(&text, at, 0, &words).ok()
        }
        Undo::Value(element, key, Some(value)) => tx.put(&element, key, value).ok(),
        Undo::Value(element, key, None) => {
            tx.get(&element, key).ok()??;
            tx.delete(&element, key).ok()
        }
    }
}

fn value(tx: &mut Transaction<'_>, undos: &mut Undos, random: &mut Random) -> Option<()> {
    let element = object(tx, &["elements", *random.pick(&TARGETS)])?;
    let (key, new): (&'static str, ScalarValue) = match random.below(4) {
        0 => ("note", (*random.pick(&WORDS)).into()),
        1 => ("removed", random.chance(50).into()),
        _ => ("due_year", (2024 + random.below(9) as i64).into()),
    };
    let old = match tx.get(&element, key).ok()? {
        Some((Value::Scalar(old), _)) => Some(old.into_owned()),
        _ => None,
    };
    if old.is_some() && random.chance(15) && key != "removed" {
        tx.delete(&element, key).ok()?;
    } else {
        tx.put(&element, key, new).ok()?;
    }
    undos.push_front(Undo::Value(element, key, old.filter(|_| key != "removed")));
    if key == "removed" {
        undos.pop_front();
    }
    Some(())
}

/// A target goes to another goal, or to another place among its siblings.
fn place(tx: &mut Transaction<'_>, random: &mut Random) -> Option<()> {
    let element = object(tx, &["elements", *random.pick(&TARGETS)])?;
    let low = *random.pick(&["", "A", "H", "V", "k"]);
    tx.put(&element, "order", order::between(low, "")).ok()?;
    if random.chance(60) {
        tx.put(&element, "parent", *random.pick(&["gol-1", "gol-2"])).ok()?;
    }
    Some(())
}

fn member(tx: &mut Transaction<'_>, random: &mut Random) -> Option<()> {
    let element = object(tx, &["elements", *random.pick(&TARGETS)])?;
    let set = match tx.get(&element, "inferred").ok()? {
        Some((_, set)) => set,
        None => tx.put_object(&element, "inferred", ObjType::Map).ok()?,
    };
    let member = *random.pick(&["order", "owner", "due_year", "note", "source"]);
    if tx.get(&set, member).ok()?.is_some() && random.chance(60) {
        tx.delete(&set, member).ok()
    } else {
        tx.put(&set, member, true).ok()
    }
}

fn language(tx: &mut Transaction<'_>, random: &mut Random) -> Option<()> {
    let mut at = object(tx, &["elements", *random.pick(&TARGETS), "text"])?;
    let path = [(*random.pick(&["fr", "es", "ar"]), ObjType::Map), ("statement", ObjType::Text)];
    for (key, ty) in path {
        at = match tx.get(&at, key).ok()? {
            Some((_, found)) => found,
            None => tx.put_object(&at, key, ty).ok()?,
        };
    }
    let at_char = random.below(tx.length(&at) + 1);
    tx.splice_text(&at, at_char, 0, WORDS[random.below(WORDS.len())]).ok()
}

/// The remark of a link that somebody made.
fn note(tx: &mut Transaction<'_>, random: &mut Random) -> Option<()> {
    let links = object(tx, &["links"])?;
    let made: Vec<String> = tx.keys(&links).filter(|id| id != "lnk-1").collect();
    let link = tx.get(&links, made.get(random.below(made.len()))?).ok()??.1;
    let text = match tx.get(&link, "note").ok()? {
        Some((_, text)) => text,
        None => tx.put_object(&link, "note", ObjType::Text).ok()?,
    };
    let at = random.below(tx.length(&text) + 1);
    tx.splice_text(&text, at, 0, WORDS[random.below(WORDS.len())]).ok()
}

/// Much at once, which the library compresses; and most of it away again.
fn paste(tx: &mut Transaction<'_>, own: Bureau, random: &mut Random) -> Option<()> {
    let text = text(tx, own, random)?;
    let length = tx.length(&text);
    if length > 500 {
        return tx.splice_text(&text, 100, (length - 200) as isize, "").ok();
    }
    tx.splice_text(&text, length, 0, &"All that is the case. ".repeat(15 + random.below(10))).ok()
}
