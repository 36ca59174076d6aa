//! What hangs on an element that goes is put on what it becomes: elements under it, links, fields that name it.

use std::collections::BTreeMap;

use automerge::ReadDoc;
use plenary_protocol::ElementId;
use plenary_protocol::plan::Value;
use plenary_protocol::plan::command::Place;
use plenary_protocol::plan::kinds::{FieldType, Kind, LinkKind};
use plenary_protocol::plan::layout::KEY_REMOVED;
use plenary_protocol::wire::Refusal;

use super::{Hand, unexpected};
use crate::document::text_path;
use crate::places;
use crate::summary::members;

impl Hand<'_, '_> {
    /// Puts what hangs on an element on what it becomes; of several, on those that keep it.
    pub(super) fn hand_over(
        &mut self,
        id: &ElementId,
        kind: Kind,
        heirs: &[(ElementId, &[ElementId])],
    ) -> Result<(), Refusal> {
        let Some((first, _)) = heirs.first() else { return Ok(()) };
        let children: Vec<ElementId> = self.tree().children(id).into_iter().map(|(child, _)| child).collect();
        for child in children {
            let keeper =
                heirs.iter().find(|(_, keeps)| keeps.contains(&child)).map_or(first, |(heir, _)| heir);
            let place = Place { parent: Some(keeper.clone()), ..Place::default() };
            match self.move_element(&child, &place) {
                // What is removed already, by another Bureau, holds up nobody.
                Err(_) if self.is_removed(&self.object(&child)?) => {}
                moved => moved.map_err(|refusal| about("what stands under it", &child, refusal))?,
            }
        }
        let links: Vec<(ElementId, String, String, String)> = self
            .tree()
            .links_of(id)
            .into_iter()
            .map(|(link, kind, from, to)| (link, kind.to_owned(), from.to_owned(), to.to_owned()))
            .collect();
        for (link, kind, from, to) in links {
            let keeper = heirs.iter().find(|(_, keeps)| keeps.contains(&link));
            let takers: Vec<&ElementId> = match keeper {
                Some((heir, _)) => vec![heir],
                None => heirs.iter().map(|(heir, _)| heir).collect(),
            };
            self.pass_link(id, &link, &kind, (&from, &to), &takers)
                .map_err(|refusal| about("its link", &link, refusal))?;
        }
        self.rename(id, kind, first)
    }

    fn pass_link(
        &mut self,
        id: &ElementId,
        link: &ElementId,
        kind: &str,
        (from, to): (&str, &str),
        heirs: &[&ElementId],
    ) -> Result<(), Refusal> {
        let object = self.object(link)?;
        let (Some(kind), false) = (LinkKind::named(kind), self.is_removed(&object)) else { return Ok(()) };
        let mut fields = BTreeMap::new();
        for spec in kind.spec().fields {
            let value = match spec.ty {
                FieldType::Set(_) => members(self.tx, &object, spec.name, None),
                ty => self.scalar_now(&object, spec.name, ty),
            };
            if !value.is_absent() {
                fields.insert(spec.name.to_owned(), value);
            }
        }
        let note = text_path(self.tx, &object, &places::Place::Note(link.clone()));
        let note = note.map(|note| self.tx.text(&note)).transpose().map_err(unexpected)?;
        for heir in heirs {
            let end = |end: &str| if end == id.as_str() { Some((*heir).clone()) } else { end.parse().ok() };
            let (Some(from), Some(to)) = (end(from), end(to)) else { continue };
            // Of elements that become one, links between them go; of links that become one, the first stays.
            if from == to || self.tree().link_between(kind.name(), &from, &to).is_some() {
                continue;
            }
            let made = self.link(kind, None, &from, &to, &fields)?;
            if let Some(note) = note.as_deref().filter(|note| !note.is_empty()) {
                self.write_note(&made, note)?;
            }
        }
        self.set_removed(link, true)
    }

    /// Fields that name an element name another.
    fn rename(&mut self, id: &ElementId, kind: Kind, heir: &ElementId) -> Result<(), Refusal> {
        for other in Kind::all() {
            for spec in other.spec().fields {
                let FieldType::Element(kinds) = spec.ty else { continue };
                if !kinds.is_empty() && !kinds.contains(&kind.name()) {
                    continue;
                }
                for element in self.tree().of_kind(other.name()) {
                    let object = self.object(&element)?;
                    let names_it =
                        self.scalar_now(&object, spec.name, spec.ty) == Value::Text(id.to_string());
                    if names_it && !self.is_removed(&object) {
                        let value = Value::Text(heir.to_string());
                        self.set_field(&element, spec.name, &value, self.state.seq)
                            .map_err(|refusal| about("what names it", &element, refusal))?;
                    }
                }
            }
        }
        Ok(())
    }

    pub(super) fn is_removed(&self, object: &automerge::ObjId) -> bool {
        self.scalar_now(object, KEY_REMOVED, FieldType::Bool) == Value::Bool(true)
    }
}

/// A refusal that says for the sake of what it was given.
fn about(what: &str, id: &ElementId, refusal: Refusal) -> Refusal {
    let reason = format!("{what}, {id}, would have to change: {}", refusal.reason);
    Refusal { reason, ..refusal }
}
