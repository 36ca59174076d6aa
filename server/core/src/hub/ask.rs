//! What is asked of a hub, and what it answers.

use std::sync::Arc;

use plenary_protocol::access::Access;
use plenary_protocol::ids::ClientId;
use plenary_protocol::plan::{Edit, PlanView, Stage};
use plenary_protocol::record::{EditRow, Exported, Restores, Setting};
use plenary_protocol::wire::Refusal;
use plenary_protocol::wire::live::AckEntry;
use plenary_protocol::{Digest, ElementId, Seq};

use super::{Naming, Restoration, Signing};
use crate::policy::Grant;
use crate::rules::Voices;
use crate::thin::Formers;

/// A connection, as the driver numbers them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnId(pub u64);

/// Where an answer goes, as the driver numbers them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReplyTo(pub u64);

/// One ask with the proof that its sender may ask it.
#[derive(Debug, Clone)]
pub struct Input {
    /// Where the answer goes.
    pub reply: ReplyTo,
    /// Who asks, and the proof that they may.
    pub grant: Grant,
    /// The connection's name, as entries give it.
    pub session: Option<String>,
    /// The client's build.
    pub build: Option<String>,
    /// What is asked.
    pub ask: Ask,
}

/// What can be asked.
#[derive(Debug, Clone)]
pub enum Ask {
    /// Commands of a thin client.
    Edit {
        /// The edit.
        edit: Edit,
        /// Elements of other plans that it carries over.
        formers: Formers,
    },
    /// Finished changes of a replica.
    Changes {
        /// Raw changes.
        changes: Vec<Vec<u8>>,
        /// Why.
        because: Option<String>,
        /// What they answer.
        answers: Vec<ElementId>,
    },
    /// Another stage.
    Advance {
        /// The client's name for it.
        id: ClientId,
        /// The stage to go to.
        stage: Stage,
        /// Why.
        because: Option<String>,
        /// Whether it goes on despite findings that hold it up.
        despite: bool,
        /// The plan before, for rules that compare; none where the asker may not read it.
        former: Option<Arc<PlanView>>,
        /// When each Bureau wrote last.
        voices: Voices,
    },
    /// A rule is set off, or to weigh otherwise.
    SetRule {
        /// The client's name for it.
        id: ClientId,
        /// The rule's code.
        rule: String,
        /// What is set.
        to: Setting,
        /// Why.
        because: String,
    },
    /// Others may read the plan.
    SetAccess {
        /// The client's name for it.
        id: ClientId,
        /// Who may read it from then on.
        access: Access,
        /// Why.
        because: Option<String>,
    },
    /// Changes are set aside, by the server itself.
    Quarantine {
        /// The entries of those at fault; all that hang on them go with them.
        roots: Vec<Seq>,
        /// What is wrong with them.
        reason: String,
    },
    /// An earlier point is put back.
    Restore(Restoration),
    /// What putting it back would do.
    Preview(Restores),
    /// A point gets a name.
    NameVersion(Naming),
    /// Somebody signs a version.
    SignVersion(Signing),
    /// Something is about to leave the house.
    Export {
        /// What.
        exported: Box<Exported>,
        /// Why.
        because: Option<String>,
    },
    /// The connection wants entries from now on.
    Subscribe {
        /// Which.
        conn: ConnId,
    },
    /// The connection wants no more.
    Unsubscribe {
        /// Which.
        conn: ConnId,
    },
}

/// What the hub answers.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// It is done and durable.
    Done {
        /// Its entries, the last being the one that counts.
        entries: Vec<AckEntry>,
        /// Ids of elements and links it made.
        made: Vec<ElementId>,
        /// Whether it had been done before.
        duplicate: bool,
    },
    /// Some changes of a replica are done, some are not.
    Partly {
        /// The entries of those that are.
        entries: Vec<AckEntry>,
        /// Why the first of the others is not.
        refusal: Refusal,
        /// Hashes of those that are refused; others that are not done were not tried, and may come again.
        changes: Vec<Digest>,
    },
    /// It is not done.
    Refused {
        /// Why.
        refusal: Refusal,
        /// Hashes of refused changes; others of the message were not tried, and may come again.
        changes: Vec<Digest>,
    },
    /// It would be done so.
    Preview {
        /// The last entry when this was seen.
        base: Seq,
        /// What it would do; nothing where nothing differs.
        edits: Vec<EditRow>,
    },
    /// Entries after `head` will come.
    Subscribed {
        /// The last durable entry.
        head: Seq,
    },
}
