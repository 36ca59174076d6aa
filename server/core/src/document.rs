//! Automerge documents: the one place that makes them, with actor and time given.

use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::{ActorId, Automerge, Change, ChangeHash, ObjId, ObjType, ROOT, ReadDoc, ScalarValue, Value};
use plenary_protocol::Digest;
use plenary_protocol::plan::layout::{KEY_NOTE, KEY_TEXT};

use crate::places::Place;

/// An empty document.
///
/// The library draws a random actor for it, which is replaced at once: whoever writes sets their own.
pub fn empty() -> Automerge {
    #[expect(clippy::disallowed_methods, reason = "the one place that makes documents")]
    Automerge::new().with_actor(ActorId::from(vec![0]))
}

/// Loads a saved document; a panic of the library is an error like any other.
///
/// # Errors
/// What the library says of the bytes.
pub fn load(bytes: &[u8]) -> Result<Automerge, String> {
    match catch_unwind(|| Automerge::load(bytes)) {
        Ok(Ok(doc)) => Ok(doc.with_actor(ActorId::from(vec![0]))),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("the document library panicked".into()),
    }
}

/// Applies changes that are in the log; a panic of the library is an error like any other.
///
/// After an error the document may be half changed and is not to be used.
///
/// # Errors
/// What the library says of the changes.
pub fn apply(doc: &mut Automerge, changes: Vec<Change>) -> Result<(), String> {
    match catch_unwind(AssertUnwindSafe(|| doc.apply_changes(changes))) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("the document library panicked".into()),
    }
}

/// Saves a document and gives it with its heads, if loading it gives the same document back; a panic of the
/// library is an error like any other.
///
/// # Errors
/// Why it does not read back: what the library says, or that it loads with other heads.
pub fn save(doc: &Automerge) -> Result<(Vec<u8>, Vec<ChangeHash>), String> {
    let saved = catch_unwind(AssertUnwindSafe(|| doc.save()));
    let bytes = saved.map_err(|_| "the document library panicked when it saved".to_owned())?;
    let heads = doc.get_heads();
    if load(&bytes)?.get_heads() == heads {
        Ok((bytes, heads))
    } else {
        Err("it loads with other heads".into())
    }
}

/// A hash of the library as one of ours.
pub fn digest(hash: &ChangeHash) -> Digest {
    let mut out = [0; 32];
    out.copy_from_slice(hash.as_ref());
    Digest(out)
}

/// The object under a key of a map, if there is one of that type.
pub(crate) fn child(doc: &impl ReadDoc, parent: &ObjId, key: &str, ty: ObjType) -> Option<ObjId> {
    match doc.get(parent, key) {
        Ok(Some((Value::Object(found), id))) if found == ty => Some(id),
        _ => None,
    }
}

/// The text of an element or link that readers of the document find at its place.
pub(crate) fn text_path(doc: &impl ReadDoc, object: &ObjId, place: &Place) -> Option<ObjId> {
    match place {
        Place::Text(_, lang, field) => {
            let texts = child(doc, object, KEY_TEXT, ObjType::Map)?;
            child(doc, &child(doc, &texts, lang, ObjType::Map)?, field, ObjType::Text)
        }
        Place::Note(_) => child(doc, object, KEY_NOTE, ObjType::Text),
        _ => None,
    }
}

/// The map of elements or links at the top of the document.
pub(crate) fn top(doc: &impl ReadDoc, key: &str) -> Option<ObjId> {
    child(doc, &ROOT, key, ObjType::Map)
}

/// The text under a key of a map; `None` when there is none or it is no scalar text.
pub(crate) fn text_at(doc: &impl ReadDoc, object: &ObjId, key: &str) -> Option<String> {
    match doc.get(object, key) {
        Ok(Some((Value::Scalar(scalar), _))) => match scalar.as_ref() {
            ScalarValue::Str(text) => Some(text.to_string()),
            _ => None,
        },
        _ => None,
    }
}
