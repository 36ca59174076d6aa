//! Thin commands: a client without a replica edits at `base`, the entry at which it read.
//!
//! All commands of an edit are done in one transaction on the scout, under the actor that the server
//! keeps for that subject and plan; if one is refused, none is done.

mod consolidate;
mod element;
mod field;
mod hand_over;
mod restore;
mod text;

use std::collections::{HashMap, HashSet};

use automerge::transaction::Transaction;
use automerge::{AutomergeError, ChangeHash, ObjId, ObjType, ROOT};
use plenary_protocol::plan::Command;
use plenary_protocol::plan::layout::KEY_PLAN;
use plenary_protocol::plan::value::Reference;
use plenary_protocol::plan::view::ElementView;
use plenary_protocol::wire::{Refusal, RefusalCode};
use plenary_protocol::{ElementId, Seq};

use crate::authority::{Draft, Surroundings};
use crate::document::{child, text_at};
use crate::hub::Entropy;
use crate::policy::Grant;
use crate::restore::Step;
use crate::state::{FieldKey, PlanState};
use crate::tree::Tree;

pub(crate) use field::library_scalar;

/// Elements of other plans that `carry`, `merge` and `split` name, as the edge read them.
pub type Formers = Vec<(Reference, ElementView)>;

/// What commands need besides the transaction.
pub(crate) struct Desk<'a> {
    pub state: &'a PlanState,
    pub grant: &'a Grant,
    pub formers: &'a Formers,
    pub entropy: &'a mut dyn Entropy,
}

/// Does all commands of an edit; gives back the ids it made.
///
/// # Errors
/// The refusal of the first command that cannot be done, naming it.
pub(crate) fn perform(
    tx: &mut Transaction<'_>,
    commands: &[Command],
    desk: Desk<'_>,
) -> Result<Vec<ElementId>, Refusal> {
    with_hand(tx, desk, |hand| {
        for (index, command) in commands.iter().enumerate() {
            hand.command(command).map_err(|refusal| refusal.at_command(index))?;
        }
        Ok(std::mem::take(&mut hand.made))
    })
}

/// Makes everything stand as it stood.
///
/// # Errors
/// A refusal with code `unavailable` when the document does not take it.
pub(crate) fn put_back(tx: &mut Transaction<'_>, steps: &[Step], desk: Desk<'_>) -> Result<(), Refusal> {
    with_hand(tx, desk, |hand| steps.iter().try_for_each(|step| hand.put_back(step)))
}

fn with_hand<'d, T>(
    tx: &mut Transaction<'d>,
    desk: Desk<'_>,
    work: impl FnOnce(&mut Hand<'_, 'd>) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    let language = child(tx, &ROOT, KEY_PLAN, ObjType::Map)
        .and_then(|plan| text_at(tx, &plan, "language"))
        .unwrap_or_else(|| "en".into());
    work(&mut Hand {
        tx,
        state: desk.state,
        grant: desk.grant,
        formers: desk.formers,
        entropy: desk.entropy,
        language,
        made: Vec::new(),
        changed: HashSet::new(),
        tree: None,
    })
}

/// The transaction and what has been done in it so far.
struct Hand<'a, 'd> {
    tx: &'a mut Transaction<'d>,
    state: &'a PlanState,
    grant: &'a Grant,
    formers: &'a Formers,
    entropy: &'a mut dyn Entropy,
    language: String,
    made: Vec<ElementId>,
    /// Texts changed by an earlier command of the same edit.
    changed: HashSet<FieldKey>,
    /// The state's tree with this edit's additions, once there are any.
    tree: Option<Tree>,
}

/// An error of the library where none is possible: the commands were checked before.
fn unexpected(error: AutomergeError) -> Refusal {
    Refusal::new(RefusalCode::Unavailable, format!("the document did not take the edit: {error}"))
}

/// The transaction has everything already: nothing is only drafted, nothing only moved.
fn nothing() -> &'static HashMap<ElementId, Draft> {
    static NONE: std::sync::OnceLock<HashMap<ElementId, Draft>> = std::sync::OnceLock::new();
    NONE.get_or_init(HashMap::new)
}

fn no_moves() -> &'static HashMap<ElementId, String> {
    static NONE: std::sync::OnceLock<HashMap<ElementId, String>> = std::sync::OnceLock::new();
    NONE.get_or_init(HashMap::new)
}

impl<'d> Hand<'_, 'd> {
    fn around(&self) -> Surroundings<'_, Transaction<'d>> {
        Surroundings { doc: self.tx, drafts: nothing(), link_drafts: nothing(), moved: no_moves() }
    }

    fn tree(&self) -> &Tree {
        self.tree.as_ref().unwrap_or(&self.state.tree)
    }

    fn tree_mut(&mut self) -> &mut Tree {
        let state = self.state;
        self.tree.get_or_insert_with(|| state.tree.clone())
    }

    /// The document's heads at `base`.
    fn heads_at(&self, base: Seq) -> Result<&[ChangeHash], Refusal> {
        if base > self.state.seq {
            return Err(Refusal::new(
                RefusalCode::BaseAhead,
                format!("base {base} lies after the last entry, {}: read the plan again", self.state.seq),
            ));
        }
        Ok(self.state.heads_at(base))
    }

    /// The object of an element, link, or the plan.
    fn object(&self, id: &ElementId) -> Result<ObjId, Refusal> {
        let found = if id.is_plan() {
            child(self.tx, &ROOT, KEY_PLAN, ObjType::Map)
        } else {
            let around = self.around();
            around.element_object(id).or_else(|| around.link_object(id))
        };
        found.ok_or_else(|| crate::authority::no_such_element(id))
    }

    fn is_link(&self, id: &ElementId) -> bool {
        !id.is_plan() && self.around().element_object(id).is_none() && self.around().link_object(id).is_some()
    }

    fn command(&mut self, command: &Command) -> Result<(), Refusal> {
        match command {
            Command::Add { kind, id, place, owner, fields, lang, text } => {
                let lang = lang.clone().unwrap_or_else(|| self.language.clone());
                let texts = [(lang, text.clone())].into();
                self.add(*kind, id.clone(), place, *owner, fields, &texts).map(|_| ())
            }
            Command::SetText { element, field, lang, text, base } => {
                self.set_text(element, field, lang.as_deref(), text, *base)
            }
            Command::Splice { element, field, lang, at, delete, insert, base } => {
                let splice = text::Splice { at: *at, delete: *delete, insert: insert.clone() };
                self.splice(element, field, lang.as_deref(), splice, *base)
            }
            Command::SetField { element, field, value, base } => self.set_field(element, field, value, *base),
            Command::Move { element, place } => self.move_element(element, place),
            Command::Remove { element } => self.set_removed(element, true),
            Command::Restore { element } => self.set_removed(element, false),
            Command::Link { kind, id, from, to, fields } => {
                self.link(*kind, id.clone(), from, to, fields).map(|_| ())
            }
            Command::Unlink { link } => self.set_removed(link, true),
            Command::Comment { element, text } => self.comment(element, text),
            Command::Settle { element, field, value, base } => self.settle(element, field, value, *base),
            Command::Carry { former, what, into, kind, place, rationale } => {
                self.carry(former, what.as_deref(), into, *kind, place, rationale.as_deref())
            }
            Command::Merge { elements, place, owner, fields, lang, text, rationale, base } => {
                let lang = lang.clone().unwrap_or_else(|| self.language.clone());
                let given = consolidate::Given { fields, texts: &[(lang, text.clone())].into() };
                self.merge(elements, place, *owner, given, rationale.as_deref(), *base)
            }
            Command::Split { element, into, place, lang, rationale, base } => {
                let lang = lang.clone().unwrap_or_else(|| self.language.clone());
                self.split(element, into, place, &lang, rationale.as_deref(), *base)
            }
        }
    }
}
