//! Changes of texts that are tried together: one application to the scout, one look at what it gives
//! back, and rows for each that mirrors of the texts tell.
//!
//! Only what cannot matter to the others goes into a run: characters inserted into and deleted from
//! texts that one object stands for, by subjects whose changes did not fail lately.  Everything else
//! ends the run and goes by itself, so that entries are what they would be one by one.  A run that
//! fails its trial is taken back and each of its changes tried alone.

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::legacy::{ElementId as Behind, Key, ObjectId, Op, OpId, OpType};
use automerge::{Change, ChangeHash, ReadDoc, ScalarValue};
use plenary_limits::{
    MIRRORED_CHARS_MAX, RUN_CHANGES_MAX, RUN_OPERATIONS_MAX, RUN_TEXTS_MAX, TEXT_CHARS_MAX,
    TEXT_ELEMENT_BYTES_MAX,
};
use plenary_protocol::plan::kinds::Kind;
use plenary_protocol::record::EditRow;
use plenary_protocol::{Bureau, ElementId};

use super::{Hub, Input};
use crate::authority::Surroundings;
use crate::gate::Arrived;
use crate::graph::{Grown, Header};
use crate::mirror::{Actors, Glyph, Mirror, Stroke};
use crate::places::{Place, address};
use crate::summary::OneText;

/// What a hub keeps between runs, as long as nothing but runs changes the plan.
#[derive(Debug, Default)]
pub(super) struct Kept {
    actors: Actors,
    mirrors: HashMap<OpId, Mirror>,
    /// Kind and owner of elements.
    owned: HashMap<ElementId, (Kind, Option<Bureau>)>,
    /// Changes that have passed in runs.
    #[cfg(test)]
    pub tried: usize,
}

impl Kept {
    /// Forgets the mirrors of these texts, and who owns what.
    pub fn forget<'a>(&mut self, operations: impl IntoIterator<Item = &'a Op>) {
        self.owned.clear();
        for operation in operations {
            if let ObjectId::Id(id) = &operation.obj {
                self.mirrors.remove(id);
            }
        }
    }

    /// Forgets everything.
    pub fn forget_all(&mut self) {
        self.actors = Actors::default();
        self.mirrors.clear();
        self.owned.clear();
    }
}

/// A change that waits for its trial.
pub(super) struct Waiting {
    /// The ask that it is part of.
    pub work: usize,
    pub arrived: Arrived,
    texts: Vec<Touched>,
}

/// A text that a change touches, and what it did to it as far as the mirror knows.
struct Touched {
    object: OpId,
    text: OneText,
    row: Option<EditRow>,
}

/// Changes that are tried together, in order.
#[derive(Default)]
pub(super) struct Run {
    waiting: Vec<Waiting>,
    grown: Vec<Grown>,
    operations: usize,
    /// Texts whose mirror was lost on the way.
    lost: HashSet<OpId>,
}

impl Run {
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub fn is_full(&self) -> bool {
        self.waiting.len() >= RUN_CHANGES_MAX || self.operations >= RUN_OPERATIONS_MAX
    }
}

/// A change that passed with its run, and its rows.
pub(super) struct Passed {
    pub work: usize,
    pub arrived: Arrived,
    pub edits: Vec<EditRow>,
}

impl Hub {
    /// Takes a change into the run; gives it back where it has to go alone.
    pub(super) fn join(
        &mut self,
        run: &mut Run,
        input: &Input,
        work: usize,
        arrived: Arrived,
        now_us: i64,
    ) -> Option<Arrived> {
        let Some(texts) = self.joinable(run, input, &arrived, now_us) else { return Some(arrived) };
        let mut touched = Vec::with_capacity(texts.len());
        for (object, text, strokes) in texts {
            let Kept { mirrors, actors, .. } = &mut self.kept;
            let row = match mirrors.get_mut(&object).map(|mirror| (mirror.perform(&strokes, actors), mirror))
            {
                Some((Ok(became), mirror)) => became.map(|became| text.mirrored(became, mirror)),
                Some((Err(_), _)) | None => {
                    run.lost.insert(object.clone());
                    None
                }
            };
            touched.push(Touched { object, text, row });
        }
        run.operations += arrived.change.len();
        run.grown.push(self.state.graph.grow_for_now(&arrived.change, &input.grant.principal().subject));
        run.waiting.push(Waiting { work, arrived, texts: touched });
        None
    }

    /// Whether a change may be tried with others, as the first of them.
    pub(super) fn may_join(&mut self, input: &Input, arrived: &Arrived, now_us: i64) -> bool {
        self.joinable(&Run::default(), input, arrived, now_us).is_some()
    }

    /// The texts that a change writes in and how, if it may be tried with others.
    fn joinable(
        &mut self,
        run: &Run,
        input: &Input,
        arrived: &Arrived,
        now_us: i64,
    ) -> Option<Vec<(OpId, OneText, Vec<Stroke>)>> {
        let change = &arrived.change;
        let subject = &input.grant.principal().subject;
        let bound = self.state.bound_to(change.actor_id()) == Some(subject);
        if !bound || self.broken || self.is_suspect(input, now_us) {
            return None;
        }
        if !matches!(self.state.graph.check(change, subject), Ok(Header::New { .. })) {
            return None;
        }
        let texts = self.texts_of(input, arrived)?;
        let first = self.kept.actors.at(change.start_op().get(), change.actor_id())?;
        for (object, _, strokes) in &texts {
            let inserted: usize = strokes.iter().map(Stroke::inserted).sum();
            let fits =
                |mirror: &Mirror| mirror.knows(strokes, first) && mirror.chars() + inserted <= TEXT_CHARS_MAX;
            if run.lost.contains(object) || !self.mirror(object).is_some_and(fits) {
                return None;
            }
        }
        Some(texts)
    }

    /// The texts that a change writes in and how, in order; `None` when it does anything else, or
    /// something its author may not do.
    fn texts_of(&mut self, input: &Input, arrived: &Arrived) -> Option<Vec<(OpId, OneText, Vec<Stroke>)>> {
        let expanded = &arrived.expanded;
        let mut texts: Vec<(OpId, OneText, Vec<Stroke>)> = Vec::new();
        for (counter, operation) in (expanded.start_op.get()..).zip(&expanded.operations) {
            let ObjectId::Id(object) = &operation.obj else { return None };
            let id = OpId::new(counter, &expanded.actor_id);
            let stroke = stroke(operation, &id, &mut self.kept.actors)?;
            if let Some((.., strokes)) = texts.iter_mut().find(|(known, ..)| known == object) {
                strokes.push(stroke);
                continue;
            }
            let place = self.state.places.of(&operation.obj)?;
            let Place::Text(element, lang, field) = place else { return None };
            if texts.len() == RUN_TEXTS_MAX || self.state.places.objects(place).count() != 1 {
                return None;
            }
            let (element, lang, field) = (element.clone(), lang.clone(), field.clone());
            let kind = self.writable(input, &element)?;
            texts.push((object.clone(), OneText { element, kind, lang, field }, vec![stroke]));
        }
        Some(texts).filter(|texts| !texts.is_empty())
    }

    /// The kind of an element that the holder of the grant may write.
    fn writable(&mut self, input: &Input, id: &ElementId) -> Option<Kind> {
        let (kind, owner) = match self.kept.owned.get(id) {
            Some(known) => *known,
            None => {
                let (none, unmoved) = (HashMap::new(), HashMap::new());
                let around =
                    Surroundings { doc: &self.scout, drafts: &none, link_drafts: &none, moved: &unmoved };
                let found = (around.kind(id)?, around.owner(id));
                self.kept.owned.insert(id.clone(), found);
                found
            }
        };
        input.grant.may_write(kind, owner, self.state.creator(id)).ok()?;
        Some(kind)
    }

    /// The mirror of a text, made if need be.
    fn mirror(&mut self, object: &OpId) -> Option<&Mirror> {
        if !self.kept.mirrors.contains_key(object) {
            let made = Mirror::of(&self.scout, &address(object), &mut self.kept.actors)?;
            self.kept.mirrors.insert(object.clone(), made);
        }
        self.kept.mirrors.get(object)
    }

    /// Tries a run; gives back its changes with their rows, or, when it failed and nothing of it is
    /// left, the changes alone.
    pub(super) fn try_run(&mut self, run: Run) -> Result<Vec<Passed>, Vec<Waiting>> {
        let Run { waiting, grown, mut lost, .. } = run;
        let before = self.scout.get_heads();
        let changes: Vec<Change> = waiting.iter().map(|waiting| waiting.arrived.change.clone()).collect();
        let scout = &mut self.scout;
        let passed = catch_unwind(AssertUnwindSafe(|| {
            scout.apply_changes(changes).is_ok() && gives_back(&scout.get_changes(&before), &waiting)
        }));
        grown.into_iter().rev().for_each(|grown| self.state.graph.take_back(grown));
        if !passed.unwrap_or(false) {
            return Err(waiting);
        }
        let touched: HashSet<&OpId> =
            waiting.iter().flat_map(|waiting| &waiting.texts).map(|text| &text.object).collect();
        for object in touched {
            let text = self.scout.text(address(object)).unwrap_or_default();
            if !self.kept.mirrors.get(object).is_some_and(|mirror| mirror.reads(&text)) {
                lost.insert(object.clone());
            }
        }
        #[cfg(test)]
        {
            self.kept.tried += waiting.len();
        }
        let mut waiting = waiting;
        if !lost.is_empty() {
            self.tell_lost(&mut waiting, &lost, before);
        }
        if self.kept.mirrors.values().map(Mirror::len).sum::<usize>() > MIRRORED_CHARS_MAX {
            self.kept.mirrors.clear();
        }
        let passed = waiting.into_iter().map(|Waiting { work, arrived, texts }| {
            let edits = texts.into_iter().filter_map(|text| text.row).collect();
            Passed { work, arrived, edits }
        });
        Ok(passed.collect())
    }

    /// Tells from the document what became of texts whose mirrors did not hold.
    fn tell_lost(&mut self, waiting: &mut [Waiting], lost: &HashSet<OpId>, mut heads: Vec<ChangeHash>) {
        lost.iter().for_each(|object| _ = self.kept.mirrors.remove(object));
        for Waiting { arrived, texts, .. } in waiting {
            let before = heads.clone();
            heads.retain(|head| !arrived.change.deps().contains(head));
            heads.push(arrived.change.hash());
            for text in texts.iter_mut().filter(|text| lost.contains(&text.object)) {
                text.row = text.text.between(&self.scout, &address(&text.object), (&before, &heads));
            }
        }
    }
}

/// What an operation does to a text; `None` for what mirrors do not know.
fn stroke(operation: &Op, id: &OpId, actors: &mut Actors) -> Option<Stroke> {
    let Key::Seq(behind) = &operation.key else { return None };
    if matches!(behind, Behind::Id(other) if other.actor() == id.actor() && other.counter() >= id.counter()) {
        // A character of its own that it does not make before: it is refused by itself, and fails nobody's trial.
        return None;
    }
    match (&operation.action, operation.insert) {
        (OpType::Put(ScalarValue::Str(text)), true) if text.len() <= TEXT_ELEMENT_BYTES_MAX => {
            let after = match behind {
                Behind::Head => None,
                Behind::Id(id) => Some(actors.char_id(id)?),
            };
            let unnamed = operation.pred.is_empty();
            unnamed.then_some(Stroke::Insert { id: actors.char_id(id)?, after, glyph: Glyph::of(text) })
        }
        (OpType::Delete, false) => {
            let Behind::Id(id) = behind else { return None };
            let alone = operation.pred.len() == 1 && operation.pred.iter().all(|pred| pred == id);
            if alone { Some(Stroke::Delete(actors.char_id(id)?)) } else { None }
        }
        _ => None,
    }
}

/// Whether the document gave back exactly the bytes of these changes.
fn gives_back(back: &[Change], waiting: &[Waiting]) -> bool {
    let came: HashMap<ChangeHash, &[u8]> =
        waiting.iter().map(|w| (w.arrived.change.hash(), w.arrived.change.raw_bytes())).collect();
    let same = |change: &Change| came.get(&change.hash()).is_some_and(|bytes| *bytes == change.raw_bytes());
    back.len() == waiting.len() && came.len() == waiting.len() && back.iter().all(same)
}
