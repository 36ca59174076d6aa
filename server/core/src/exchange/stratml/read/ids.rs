//! Ids: those that a file says, where they can be, and those that are made of its content.

use plenary_limits::SCALAR_BYTES_MAX;
use plenary_protocol::ElementId;
use plenary_protocol::plan::{Kind, Value};
use sha2::{Digest as _, Sha256};

use super::parts::Parts;
use super::{Draft, Reader, blank};

impl Reader<'_> {
    /// An element with the id that its `Identifier` says, or one made of it.
    pub(super) fn draft(
        &mut self,
        kind: Kind,
        parent: Option<&ElementId>,
        parts: &Parts<'_>,
        at: usize,
    ) -> Draft {
        let said = parts.first("Identifier").map(|node| (node.at, node.content().trim().to_owned()));
        let prefix = kind.spec().prefix;
        let mut source = None;
        let id = match said {
            None => self.made_id(prefix, ""),
            Some((at, said)) => {
                let own =
                    said.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('-') && rest.len() > 1);
                let id = match said.parse::<ElementId>() {
                    Ok(id) if own && self.used.insert(said.clone()) => id,
                    _ => {
                        source = Some(said.clone()).filter(|said| !said.is_empty());
                        self.made_id(prefix, &said)
                    }
                };
                self.judge(&said, &id, at);
                id
            }
        };
        let mut view = blank(id, kind, parent.cloned());
        if let Some(source) = source {
            let source = self.cut(&source, SCALAR_BYTES_MAX, at, "the Identifier");
            view.fields.insert("source".into(), Value::Text(source));
        }
        Draft { view, at, sequence: parts.text("SequenceIndicator").trim().to_owned() }
    }

    /// Says what is wrong with an identifier; of two that are the same, the first is meant by others.
    pub(super) fn judge(&mut self, said: &str, id: &ElementId, at: usize) {
        if said.is_empty() {
            self.remarks.add(at, "the Identifier is empty; an id is made".into());
        } else if self.named.contains_key(said) {
            self.remarks.add(at, format!("the Identifier {said:?} stands in the file before; an id is made"));
        } else {
            if !is_nc_name(said) {
                let says = format!("the Identifier {said:?} is no XML name; it is kept as the source");
                self.remarks.add(at, says);
            }
            self.named.insert(said.to_owned(), id.clone());
        }
    }

    /// An id made of the plan, what the file says, and how many were given before.
    pub(super) fn made_id(&mut self, prefix: &str, of: &str) -> ElementId {
        for turn in self.used.len().. {
            let digest = Sha256::digest(format!("{} {prefix} {of} {turn}", self.seed));
            let mut bytes = [0; 8];
            bytes.copy_from_slice(&digest[..8]);
            let id = ElementId::of_bytes(prefix, bytes);
            if self.used.insert(id.to_string()) {
                return id;
            }
        }
        ElementId::plan()
    }
}

/// Whether a text is a name that XML lets stand as an id.
fn is_nc_name(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && characters.all(|it| it.is_alphanumeric() || matches!(it, '.' | '-' | '_'))
}
