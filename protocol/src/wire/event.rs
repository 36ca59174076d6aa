//! An entry in plain words: who, when, which element and field, from what to what, why.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::Access;
use crate::ids::{ClientId, Digest, ElementId, PlanId, Seq, Subject, VersionName};
use crate::plan::Stage;
use crate::principal::{Bureau, Role};
use crate::record::{Act, EditRow, Event, Exported, Restores, Setting};
use crate::version::{Covers, SignedAs};

/// A claimed time is shown when it is this far from the server's, microseconds (one minute).
pub const CLAIM_SHOWN_US: i64 = 60_000_000;

/// What an entry did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum What {
    /// The plan was created.
    PlanCreated {
        /// Its title then.
        title: String,
        /// Its stage then.
        stage: Stage,
        /// Its document's address.
        document: String,
    },
    /// An actor id was bound to the subject.
    ActorBound {
        /// The actor id, hexadecimal.
        actor: String,
        /// Whether the server keeps it for the subject's thin commands.
        thin: bool,
    },
    /// The plan changed.
    Change {
        /// What it did, in order.
        edits: Vec<EditRow>,
        /// The point that it puts back, where it does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        restores: Option<Restores>,
    },
    /// The plan went to another stage.
    StageAdvanced {
        /// The stage before.
        from: Stage,
        /// The stage after.
        to: Stage,
        /// By rule, how many findings of the plan alone held it up, where it went on despite them.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        despite: BTreeMap<String, u64>,
    },
    /// Others may read the plan from now on.
    AccessChanged {
        /// Who might before.
        from: Access,
        /// Who may after.
        to: Access,
    },
    /// A replica's change was refused, or several were.
    Refused {
        /// Of how many refusals this tells, where it tells of more than itself: those of one person in about
        /// a minute that have no entries of their own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        count: Option<u64>,
        /// Stable code.
        code: String,
        /// Why.
        reason: String,
        /// The change's hash.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        change: Option<Digest>,
    },
    /// A point of the log got a name.
    VersionNamed {
        /// The name.
        version: VersionName,
        /// The point.
        covers: Covers,
        /// What it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// Somebody signed a version.
    VersionSigned {
        /// The version.
        version: VersionName,
        /// The point that it names.
        covers: Covers,
        /// What they say of it.
        meaning: SignedAs,
    },
    /// Something of the plan's past or present left the house.
    Exported(Exported),
    /// A rule of coherence was set off, or to weigh otherwise.
    RuleSet {
        /// The rule's code.
        rule: String,
        /// What was set before.
        from: Setting,
        /// What is set after.
        to: Setting,
    },
    /// Changes that the saved document does not load with were set aside by the server: they stay in the log and
    /// count for nothing.  The document has a new address, and whoever holds a copy takes the plan anew.
    Quarantined {
        /// Their entries, in order: those at fault, and those that hang on them.
        seqs: Vec<Seq>,
        /// What is wrong with them.
        reason: String,
        /// The document's address from now on.
        document: String,
    },
    /// A change that was set aside later: what it did is not in the plan, and was not there at any point.
    SetAside {
        /// The entry that set it aside.
        by: Seq,
        /// What it did, in order.
        edits: Vec<EditRow>,
        /// The point that it put back, where it did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        restores: Option<Restores>,
    },
}

/// An entry in plain words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EventView {
    /// The plan.
    pub plan: PlanId,
    /// Its position.
    pub seq: Seq,
    /// When the server took it in, RFC 3339 UTC.
    pub at: String,
    /// When the client claims to have done it, where that differs by more than a minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed_at: Option<String>,
    /// Who.
    pub subject: Subject,
    /// Their name.
    pub name: String,
    /// The Bureau they acted for.
    pub bureau: Bureau,
    /// The role they had.
    pub role: Role,
    /// What it did.
    #[serde(flatten)]
    pub what: What,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// What it answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<ElementId>,
    /// The client's name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<ClientId>,
    /// The entry its author had read up to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Seq>,
    /// How many entries lie between `base` and this one; absent when none do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub behind: Option<u64>,
    /// The connection or request it came by, as the server's log names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// Leaf hash, hexadecimal.
    pub leaf: Digest,
}

impl EventView {
    /// Tells an entry in plain words.
    pub fn of(event: &Event) -> EventView {
        let envelope = &event.envelope;
        let claimed =
            envelope.claimed.filter(|claimed| claimed.abs_diff(envelope.at) > CLAIM_SHOWN_US as u64);
        EventView {
            plan: envelope.plan.clone(),
            seq: envelope.seq,
            at: time_text(envelope.at),
            claimed_at: claimed.map(time_text),
            subject: envelope.principal.subject.clone(),
            name: event.payload.name.clone(),
            bureau: envelope.principal.bureau,
            role: envelope.principal.role,
            what: What::of(&event.payload.act),
            because: event.payload.because.clone(),
            answers: event.payload.answers.clone(),
            client_id: envelope.client_id.clone(),
            base: envelope.base,
            behind: envelope.base.and_then(|base| behind(base, envelope.seq)),
            session: envelope.session.clone(),
            leaf: event.leaf,
        }
    }

    /// Whether it came late: its author claims to have done it more than a minute before the server
    /// took it in.
    pub fn is_late(&self) -> bool {
        is_before(self.claimed_at.as_deref(), &self.at)
    }

    /// The entry as its bytes say it: one that was set aside later as the change that it was.
    pub fn as_written(&self) -> EventView {
        let mut view = self.clone();
        view.what = match view.what {
            What::SetAside { edits, restores, .. } => What::Change { edits, restores },
            what => what,
        };
        view
    }

    /// The edit rows of a change; none for other acts, and none of a change that was set aside.
    pub fn edits(&self) -> &[EditRow] {
        match &self.what {
            What::Change { edits, .. } => edits,
            _ => &[],
        }
    }
}

impl EventView {
    /// The point that the entry puts back, where it does.
    pub fn restores(&self) -> Option<&Restores> {
        match &self.what {
            What::Change { restores, .. } => restores.as_ref(),
            _ => None,
        }
    }
}

impl What {
    fn of(act: &Act) -> What {
        match act {
            Act::PlanCreated { stage, title, document } => {
                What::PlanCreated { title: title.clone(), stage: *stage, document: document.clone() }
            }
            Act::ActorBound { thin, actor } => What::ActorBound {
                actor: actor.iter().map(|byte| format!("{byte:02x}")).collect(),
                thin: *thin,
            },
            Act::Change(change) => {
                What::Change { edits: change.edits.clone(), restores: change.restores.clone() }
            }
            Act::StageAdvanced { to, from, despite } => {
                What::StageAdvanced { from: *from, to: *to, despite: despite.clone() }
            }
            Act::Refused { count, code, change, reason } => {
                What::Refused { count: *count, code: code.clone(), reason: reason.clone(), change: *change }
            }
            Act::AccessChanged { to, from } => What::AccessChanged { from: from.clone(), to: to.clone() },
            Act::VersionNamed { seq, leaf, name, note } => What::VersionNamed {
                version: name.clone(),
                covers: Covers { seq: *seq, leaf: *leaf },
                note: note.clone(),
            },
            Act::VersionSigned { seq, leaf, name, meaning } => What::VersionSigned {
                version: name.clone(),
                covers: Covers { seq: *seq, leaf: *leaf },
                meaning: *meaning,
            },
            Act::Exported(exported) => What::Exported(exported.clone()),
            Act::RuleSet { to, from, rule } => What::RuleSet { rule: rule.clone(), from: *from, to: *to },
            Act::Quarantined { seqs, reason, document, .. } => {
                What::Quarantined { seqs: seqs.clone(), reason: reason.clone(), document: document.clone() }
            }
            Act::SetAside { by, change } => {
                What::SetAside { by: *by, edits: change.edits.clone(), restores: change.restores.clone() }
            }
        }
    }
}

/// Whether a claimed time, where one is told, is earlier than the server's.
pub fn is_before(claimed_at: Option<&str>, at: &str) -> bool {
    let time = |text: &str| text.parse::<Timestamp>().ok();
    match (claimed_at.and_then(time), time(at)) {
        (Some(claimed), Some(at)) => claimed < at,
        _ => false,
    }
}

/// How many entries lie between the one an author had read up to and the author's own.
fn behind(base: Seq, seq: Seq) -> Option<u64> {
    seq.0.checked_sub(base.0)?.checked_sub(1).filter(|count| *count > 0)
}

/// Microseconds since 1970 UTC as RFC 3339 text.
pub fn time_text(us: i64) -> String {
    Timestamp::from_microsecond(us).map_or_else(|_| format!("{us} µs"), |time| time.to_string())
}
