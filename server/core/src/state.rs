//! What the server knows of a plan besides its document: a fold of the log's events.
//!
//! It is built only by `apply`, which live commit and recovery both use.

mod stored;

use std::collections::HashMap;

use automerge::{ActorId, Change, ChangeHash, ExpandedChange};
use plenary_protocol::access::Access;
use plenary_protocol::evidence::Frontier;
use plenary_protocol::ids::{Digest, ElementId, PlanId, Seq, Subject};
use plenary_protocol::plan::Stage;
use plenary_protocol::record::{Act, EditRow, Event, RowOp, Spans};
use plenary_protocol::{Bureau, wire};

use crate::bases::Bases;
use crate::graph::ChangeGraph;
use crate::places::Places;
use crate::rules::Settings;
use crate::tree::Tree;
use crate::versions::Versions;

/// Who last gave a field its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touch {
    /// The entry.
    pub seq: Seq,
    /// Who.
    pub subject: Subject,
    /// Their name.
    pub name: String,
    /// The Bureau they acted for.
    pub bureau: Bureau,
    /// When the server took it in, RFC 3339 UTC.
    pub at: String,
}

/// A field of an element or link, a text with its language.
pub type FieldKey = (ElementId, String, Option<String>);

/// An event that does not follow from what came before: the log is damaged or of a newer version.
#[derive(Debug, thiserror::Error)]
pub enum FoldError {
    /// The sequence number is not the next one.
    #[error("expected entry {expected}, found {found}")]
    Order {
        /// The next sequence number.
        expected: Seq,
        /// The one found.
        found: Seq,
    },
    /// The entry names another entry as the one before it.
    #[error("entry {seq} does not name the entry before it")]
    Chain {
        /// The entry.
        seq: Seq,
    },
    /// The entry's change does not decode.
    #[error("the change in entry {seq} does not decode: {reason}")]
    Change {
        /// The entry.
        seq: Seq,
        /// What the library says.
        reason: String,
    },
}

/// The fold of a plan's log.
#[derive(Debug, PartialEq)]
pub struct PlanState {
    /// The plan.
    pub plan: PlanId,
    /// The last entry.
    pub seq: Seq,
    /// Leaf hash of the last entry.
    pub leaf: Digest,
    /// The right edge of the tree over all envelopes: what a checkpoint is made of.
    pub evidence: Frontier,
    /// How far the plan has come.
    pub stage: Stage,
    /// Who may read it.
    pub access: Access,
    /// The document's address.
    pub document: String,
    /// When the last entry was taken in, microseconds since 1970 UTC.
    pub changed_us: i64,
    /// The change graph.
    pub graph: ChangeGraph,
    /// Where every object lies.
    pub places: Places,
    bindings: HashMap<ActorId, Subject>,
    thin: HashMap<Subject, ActorId>,
    heads: Vec<(Seq, Vec<ChangeHash>)>,
    entry_of: HashMap<ChangeHash, (Seq, Digest)>,
    bases: Bases,
    touches: HashMap<FieldKey, Touch>,
    creators: HashMap<ElementId, (Subject, Seq)>,
    /// Who stands where, as last written.
    pub tree: Tree,
    /// The versions that have names.
    pub versions: Versions,
    /// What is set for the rules.
    pub rules: Settings,
    /// From where to where the plan was read with changes that were set aside later.
    pub spans: Spans,
}

impl PlanState {
    /// Before the first entry.
    pub fn new(plan: PlanId) -> Self {
        PlanState {
            plan,
            seq: Seq::ZERO,
            leaf: Digest::ZERO,
            evidence: Frontier::new(),
            stage: Stage::SecretariatDraft,
            access: Access::Everybody,
            document: String::new(),
            changed_us: 0,
            graph: ChangeGraph::default(),
            places: Places::default(),
            bindings: HashMap::new(),
            thin: HashMap::new(),
            heads: Vec::new(),
            entry_of: HashMap::new(),
            bases: Bases::default(),
            touches: HashMap::new(),
            creators: HashMap::new(),
            tree: Tree::default(),
            versions: Versions::default(),
            rules: Settings::default(),
            spans: Spans::default(),
        }
    }

    /// Takes in the next event; gives back its change, if it is one.
    ///
    /// # Errors
    /// `FoldError` when the event does not follow; the state is unchanged then.
    pub fn apply(&mut self, event: &Event) -> Result<Option<Change>, FoldError> {
        let change = match &event.payload.act {
            Act::Change(act) | Act::SetAside { change: act, .. } => {
                let seq = event.envelope.seq;
                let decoded = Change::from_bytes(act.change.clone());
                Some(decoded.map_err(|error| FoldError::Change { seq, reason: error.to_string() })?)
            }
            _ => None,
        };
        let expanded = change.as_ref().map(Change::decode);
        self.apply_decoded(event, change.as_ref().zip(expanded.as_ref()))?;
        Ok(change.filter(|_| matches!(event.payload.act, Act::Change(_))))
    }

    /// Takes in the next event, whose change has been decoded already.
    ///
    /// # Errors
    /// As `apply`.
    pub(crate) fn apply_decoded(
        &mut self,
        event: &Event,
        change: Option<(&Change, &ExpandedChange)>,
    ) -> Result<(), FoldError> {
        let envelope = &event.envelope;
        if envelope.seq != self.seq.next() {
            return Err(FoldError::Order { expected: self.seq.next(), found: envelope.seq });
        }
        if envelope.prev != self.leaf {
            return Err(FoldError::Chain { seq: envelope.seq });
        }
        let subject = &envelope.principal.subject;
        self.bases.wrote(subject, envelope.seq);
        match &event.payload.act {
            Act::PlanCreated { stage, document, .. } => {
                self.stage = *stage;
                self.document = document.clone();
            }
            Act::ActorBound { thin, actor } => {
                let actor = ActorId::from(actor.as_slice());
                if *thin {
                    self.thin.insert(subject.clone(), actor.clone());
                }
                self.bindings.insert(actor, subject.clone());
            }
            Act::StageAdvanced { to, .. } => self.stage = *to,
            Act::AccessChanged { to, .. } => self.access = to.clone(),
            Act::Refused { .. } | Act::Exported(_) => {}
            Act::VersionNamed { .. } | Act::VersionSigned { .. } => self.versions.take(event),
            Act::RuleSet { .. } => self.rules.take(event),
            Act::Quarantined { document, .. } => {
                self.spans.take(event);
                self.document = document.clone();
            }
            Act::SetAside { .. } => {
                if let Some((change, _)) = change {
                    self.graph.set_aside(change);
                    self.thin.retain(|_, actor| actor != change.actor_id());
                }
            }
            Act::Change(act) => {
                if let Some((change, expanded)) = change {
                    self.take_change(change, expanded, event, &act.edits);
                }
            }
        }
        self.seq = envelope.seq;
        self.leaf = event.leaf;
        self.evidence.push(event.leaf);
        self.changed_us = envelope.at;
        Ok(())
    }

    fn take_change(&mut self, change: &Change, expanded: &ExpandedChange, event: &Event, rows: &[EditRow]) {
        let envelope = &event.envelope;
        self.graph.grow(change, &envelope.principal.subject);
        self.places.grow(expanded);
        self.tree.grow(expanded, &self.places);
        let hash = change.hash();
        let mut heads = self.heads.last().map(|(_, heads)| heads.clone()).unwrap_or_default();
        heads.retain(|head| !change.deps().contains(head));
        heads.push(hash);
        heads.sort();
        self.heads.push((envelope.seq, heads));
        self.entry_of.insert(hash, (envelope.seq, event.leaf));
        // A thin command's change is the server's: whoever builds on it was told it.
        if let Some(base) = envelope.base
            && self.thin.get(&envelope.principal.subject) != Some(change.actor_id())
        {
            self.bases.take(hash, base);
        }
        let touch = Touch {
            seq: envelope.seq,
            subject: envelope.principal.subject.clone(),
            name: event.payload.name.clone(),
            bureau: envelope.principal.bureau,
            at: wire::event::time_text(envelope.at),
        };
        for row in rows {
            match row.op {
                RowOp::Set | RowOp::Text => {
                    let key = (row.element.clone(), row.field.clone(), row.lang.clone());
                    self.touches.insert(key, touch.clone());
                }
                RowOp::Add => {
                    self.creators.insert(row.element.clone(), (touch.subject.clone(), touch.seq));
                }
                RowOp::Move | RowOp::Remove | RowOp::Restore => {}
            }
        }
    }

    /// Whether the plan has been created.
    pub fn exists(&self) -> bool {
        self.seq != Seq::ZERO
    }

    /// The subject that an actor id belongs to.
    pub fn bound_to(&self, actor: &ActorId) -> Option<&Subject> {
        self.bindings.get(actor)
    }

    /// The actor that the server keeps for a subject's thin commands.
    pub fn thin_actor(&self, subject: &Subject) -> Option<&ActorId> {
        self.thin.get(subject)
    }

    /// The document's heads after an entry.
    pub fn heads_at(&self, seq: Seq) -> &[ChangeHash] {
        let after = self.heads.partition_point(|(at, _)| *at <= seq);
        match after.checked_sub(1).and_then(|index| self.heads.get(index)) {
            Some((_, heads)) => heads,
            None => &[],
        }
    }

    /// The first entry that changes the document.
    pub fn first_change(&self) -> Option<Seq> {
        self.heads.first().map(|(seq, _)| *seq)
    }

    /// The entry that holds a change, with its leaf hash.
    pub fn entry_of(&self, hash: &ChangeHash) -> Option<(Seq, Digest)> {
        self.entry_of.get(hash).copied()
    }

    /// The last entry that the author of a change had read, from what it builds on.
    pub fn base_of(&self, deps: &[ChangeHash], author: &Subject) -> Option<Seq> {
        let entry = |dep: &ChangeHash| self.entry_of(dep).map(|(seq, _)| (*dep, seq));
        self.bases.of(&deps.iter().filter_map(entry).collect::<Vec<_>>(), author)
    }

    /// Who last gave a field its value.
    pub fn touch(&self, key: &FieldKey) -> Option<&Touch> {
        self.touches.get(key)
    }

    /// Who made an element or link.
    pub fn creator(&self, id: &ElementId) -> Option<&Subject> {
        self.creators.get(id).map(|(subject, _)| subject)
    }

    /// The entry that made an element or link.
    pub fn made_at(&self, id: &ElementId) -> Option<Seq> {
        self.creators.get(id).map(|(_, seq)| *seq)
    }
}
