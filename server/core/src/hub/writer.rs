//! Sealing entries, thin edits, stages.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use automerge::transaction::CommitOptions;
use automerge::{ActorId, Automerge, Change, ChangeHash};
use plenary_limits::{ENTRY_PAYLOAD_BYTES_MAX, SERVER_CHANGE_BYTES_MAX, SERVER_CHANGE_OPERATIONS_MAX};
use plenary_protocol::access::Access;
use plenary_protocol::ids::ClientId;
use plenary_protocol::plan::{Command, Edit};
use plenary_protocol::record::{
    Act, Author, ChangeAct, ENVELOPE_VERSION, EditRow, Envelope, Event, PAYLOAD_TYPE, Payload, RowOp,
    SUMMARY_VERSION, Touched,
};
use plenary_protocol::wire::live::AckEntry;
use plenary_protocol::wire::{Refusal, RefusalCode};
use plenary_protocol::{Digest, ElementId, Seq};
use sha2::{Digest as _, Sha256};

use super::{Answer, Context, Hub, Input, Proposal, broken};
use crate::document::digest;
use crate::gate::{Arrived, read_meaning};
use crate::graph::Header;
use crate::places::Places;
use crate::policy::Action;
use crate::state::PlanState;
use crate::summary;
use crate::thin::{self, Desk, Formers};

/// What stands beside the act in an entry.
#[derive(Default)]
pub(super) struct Beside<'a> {
    pub because: Option<&'a str>,
    pub answers: &'a [ElementId],
    pub client_id: Option<&'a ClientId>,
    pub base: Option<Seq>,
    pub claimed_us: Option<i64>,
    /// Digest of what was asked under the client's name.
    pub request: Option<Digest>,
    /// The change, where it has been decoded already.
    pub decoded: Option<&'a Arrived>,
}

impl Hub {
    /// Seals an entry by the input's principal and takes it into the state.
    pub(super) fn seal(
        &mut self,
        input: &Input,
        act: Act,
        beside: Beside<'_>,
        proposal: &mut Proposal,
        ctx: &mut Context<'_>,
    ) -> Result<AckEntry, Refusal> {
        let principal = input.grant.principal();
        let mut id = [0; 16];
        ctx.entropy.fill(&mut id);
        let mut salt = [0; 32];
        ctx.entropy.fill(&mut salt);
        let envelope = Envelope {
            v: ENVELOPE_VERSION,
            at: ctx.now_us,
            id: id.into(),
            seq: self.state.seq.next(),
            base: beside.base,
            boot: ctx.boot.into(),
            plan: self.state.plan.clone(),
            prev: self.state.leaf,
            act: act.name().to_owned(),
            build: input.build.clone(),
            claimed: beside.claimed_us,
            session: input.session.clone(),
            touched: Touched::of(act.edits()),
            causation: None,
            client_id: beside.client_id.cloned(),
            on_behalf: None,
            principal: Author::from(principal),
            payload_len: 0,
            type_schema: act.schema(),
            payload_type: PAYLOAD_TYPE.to_owned(),
            payload_commitment: Digest::ZERO,
        };
        let payload = Payload {
            act,
            name: principal.name.clone(),
            answers: beside.answers.to_vec(),
            because: beside.because.filter(|text| !text.trim().is_empty()).map(str::to_owned),
            request: beside.request,
        };
        let (sealed, event) = Event::seal(envelope, payload, salt)
            .map_err(|error| Refusal::new(RefusalCode::TooLarge, error.to_string()))?;
        let bytes = sealed.payload.len();
        if bytes > ENTRY_PAYLOAD_BYTES_MAX {
            let reason = format!(
                "its entry would have {bytes} bytes, more than {ENTRY_PAYLOAD_BYTES_MAX}: do it in parts"
            );
            return Err(Refusal::new(RefusalCode::TooLarge, reason));
        }
        let seq = event.envelope.seq;
        let applied = match beside.decoded {
            None => self.state.apply(&event).map(|change| change.map(|change| change.hash())),
            Some(Arrived { change, expanded }) => {
                self.state.apply_decoded(&event, Some((change, expanded))).map(|()| Some(change.hash()))
            }
        };
        let Ok(change) = applied else {
            self.broken = true;
            return Err(broken());
        };
        let event = Arc::new(event);
        if let Some(client) = beside.client_id {
            proposal.by_client.insert((principal.subject.clone(), client.clone()), event.clone());
        }
        let entry = AckEntry { seq, leaf: event.leaf, change: change.as_ref().map(digest) };
        proposal.sealed.push((seq, sealed));
        proposal.events.push(event);
        Ok(entry)
    }

    /// The answer to a command that was done before under the same name.
    pub(super) fn done_before(
        &self,
        input: &Input,
        id: &ClientId,
        request: Digest,
        proposal: &Proposal,
        ctx: &Context<'_>,
    ) -> Result<Option<Answer>, Refusal> {
        let subject = &input.grant.principal().subject;
        let name = (subject.clone(), id.clone());
        let on_its_way = self.in_flight.iter().map(|in_flight| &in_flight.by_client);
        let found = match on_its_way.chain([&proposal.by_client]).find_map(|known| known.get(&name)) {
            Some(event) => Some(event.clone()),
            None => ctx
                .past
                .by_client_id(subject, id)
                .map_err(|error| Refusal::new(RefusalCode::Unavailable, error.to_string()))?
                .map(Arc::new),
        };
        if let Some(event) = &found
            && event.payload.request.is_some_and(|known| known != request)
        {
            return Err(Refusal::new(
                RefusalCode::IdReused,
                format!(
                    "the name {id} stands for another edit of yours, entry {}: give this one a new name",
                    event.envelope.seq
                ),
            ));
        }
        if let Some(event) = &found
            && let Act::SetAside { by, .. } = event.payload.act
        {
            let reason = format!(
                "the edit {id} was entry {}, and was set aside in entry {by}: read the plan anew, and give it a new name",
                event.envelope.seq
            );
            return Err(Refusal::new(RefusalCode::OtherHistory, reason));
        }
        Ok(found.map(|event| {
            let added = event.payload.act.edits().iter().filter(|row| row.op == RowOp::Add);
            Answer::Done {
                made: added.map(|row| row.element.clone()).collect(),
                entries: vec![AckEntry {
                    seq: event.envelope.seq,
                    leaf: event.leaf,
                    change: super::change_of(&event).map(|change| digest(&change.hash())),
                }],
                duplicate: true,
            }
        }))
    }

    fn check_stage(&self) -> Result<(), Refusal> {
        let stage = self.state.stage;
        if stage.is_open() {
            return Ok(());
        }
        Err(Refusal::new(
            RefusalCode::StageForbids,
            format!("the plan is {stage} and takes no edits; an admin can reopen it, with a reason"),
        ))
    }

    pub(super) fn check_edit(&self, input: &Input) -> Result<(), Refusal> {
        if input.grant.action() != Action::Edit {
            return Err(Refusal::new(RefusalCode::RoleForbids, "the grant is not one for editing"));
        }
        self.check_stage()
    }

    pub(super) fn edit(
        &mut self,
        input: &Input,
        edit: &Edit,
        formers: &Formers,
        proposal: &mut Proposal,
        ctx: &mut Context<'_>,
    ) -> Result<Answer, Refusal> {
        edit.check().map_err(|error| Refusal::new(RefusalCode::TooLarge, error.to_string()))?;
        let request = request_digest(&without_base(&edit.commands));
        if let Some(answer) = self.done_before(input, &edit.id, request, proposal, ctx)? {
            return Ok(answer);
        }
        self.check_edit(input)?;
        bases(&edit.commands).try_for_each(|base| self.check_reading(base))?;
        self.check_answers(&edit.answers)?;
        let subject = input.grant.principal().subject.clone();
        let known = self.state.thin_actor(&subject).cloned();
        let is_new = known.is_none();
        let actor = known.unwrap_or_else(|| {
            let mut bytes = [0; 16];
            ctx.entropy.fill(&mut bytes);
            ActorId::from(bytes.as_slice())
        });
        let before = self.scout.get_heads();
        let (change, made) = self.transact(input, edit, formers, &actor, &before, proposal, ctx)?;
        self.kept.forget(&change.decode().operations);
        let told = self.tell_own(input, &change, &before, &self.scout);
        let edits = match told {
            Ok(edits) => edits,
            Err(refusal) => {
                self.remake_scout(proposal, ctx.past);
                return Err(refusal);
            }
        };
        let mut entries = Vec::new();
        let beside = |client_id| Beside {
            because: edit.because.as_deref(),
            answers: &edit.answers,
            client_id,
            base: bases(&edit.commands).min(),
            request: Some(request),
            ..Beside::default()
        };
        let sealed = (|| {
            if is_new {
                let act = Act::ActorBound { thin: true, actor: actor.to_bytes().to_vec() };
                entries.push(self.seal(input, act, Beside::default(), proposal, ctx)?);
            }
            let act = Act::Change(ChangeAct {
                edits,
                change: change.raw_bytes().to_vec(),
                restores: None,
                summary_version: SUMMARY_VERSION,
            });
            entries.push(self.seal(input, act, beside(Some(&edit.id)), proposal, ctx)?);
            Ok(())
        })();
        if let Err(refusal) = sealed {
            self.remake_scout(proposal, ctx.past);
            return Err(refusal);
        }
        Ok(Answer::Done { entries, made, duplicate: false })
    }

    /// Runs the commands on the scout; what comes out has passed the trial: the document gives back
    /// exactly one change, the one committed.
    #[expect(clippy::too_many_arguments, reason = "the parts of one edit, used together once")]
    fn transact(
        &mut self,
        input: &Input,
        edit: &Edit,
        formers: &Formers,
        actor: &ActorId,
        before: &[ChangeHash],
        proposal: &Proposal,
        ctx: &mut Context<'_>,
    ) -> Result<(Change, Vec<ElementId>), Refusal> {
        self.scout.set_actor(actor.clone());
        let desk = Desk { state: &self.state, grant: &input.grant, formers, entropy: &mut *ctx.entropy };
        let scout = &mut self.scout;
        let time = ctx.now_us / 1_000_000;
        let done = catch_unwind(AssertUnwindSafe(|| {
            let mut tx = scout.transaction();
            match thin::perform(&mut tx, &edit.commands, desk) {
                Err(refusal) => {
                    tx.rollback();
                    Err(refusal)
                }
                Ok(made) => {
                    let (hash, _) = tx.commit_with(CommitOptions::default().with_time(time));
                    let changes = if hash.is_some() { scout.get_changes(before) } else { Vec::new() };
                    Ok((hash, changes, made))
                }
            }
        }));
        match done {
            Ok(Ok((Some(hash), mut changes, made))) => match changes.pop() {
                Some(change) if changes.is_empty() && change.hash() == hash => Ok((change, made)),
                _ => {
                    self.remake_scout(proposal, ctx.past);
                    Err(Refusal::new(
                        RefusalCode::FailedTrial,
                        "the document did not give the edit back unharmed",
                    ))
                }
            },
            Ok(Ok((None, ..))) => {
                Err(Refusal::new(RefusalCode::NothingToDo, "the plan reads so already; nothing was changed"))
            }
            Ok(Err(refusal)) => Err(refusal),
            Err(_) => {
                self.remake_scout(proposal, ctx.past);
                Err(Refusal::new(
                    RefusalCode::FailedTrial,
                    "the document library failed on this edit; it was not taken",
                ))
            }
        }
    }

    /// Header and meaning of a change that the server made, and what it did to a document that has it.
    pub(super) fn tell_own(
        &self,
        input: &Input,
        change: &Change,
        before: &[ChangeHash],
        scout: &Automerge,
    ) -> Result<Vec<EditRow>, Refusal> {
        if change.len() > SERVER_CHANGE_OPERATIONS_MAX || change.raw_bytes().len() > SERVER_CHANGE_BYTES_MAX {
            return Err(Refusal::new(
                RefusalCode::TooLarge,
                format!("an edit of {} operations is too large; split it", change.len()),
            ));
        }
        if self.state.graph.check(change, &input.grant.principal().subject)? == Header::Known {
            return Err(Refusal::new(RefusalCode::NothingToDo, "the plan has this change already"));
        }
        let meaning = read_meaning(&change.decode(), scout, &self.state, &input.grant, true)?;
        let rows = summary::rows(&meaning, scout, before, &self.state.places);
        if rows.is_empty() {
            return Err(Refusal::new(
                RefusalCode::NothingToDo,
                "the plan reads so already; nothing was changed",
            ));
        }
        Ok(rows)
    }

    pub(super) fn check_answers(&self, answers: &[ElementId]) -> Result<(), Refusal> {
        let around = crate::authority::Surroundings {
            doc: &self.scout,
            drafts: &Default::default(),
            link_drafts: &Default::default(),
            moved: &Default::default(),
        };
        for id in answers {
            let kind = around.kind(id).ok_or_else(|| crate::authority::no_such_element(id))?;
            if !matches!(
                kind.name(),
                "guidance_request" | "feedback_item" | "consultation" | "comment" | "proposal"
            ) {
                return Err(Refusal::new(
                    RefusalCode::WrongType,
                    format!(
                        "an edit answers guidance requests, feedback items, consultations, comments or proposals; {id} is a {kind}"
                    ),
                ));
            }
        }
        Ok(())
    }
}

impl Hub {
    pub(super) fn set_access(
        &mut self,
        input: &Input,
        id: &ClientId,
        to: &Access,
        because: &Option<String>,
        proposal: &mut Proposal,
        ctx: &mut Context<'_>,
    ) -> Result<Answer, Refusal> {
        let request = request_digest(to);
        if let Some(answer) = self.done_before(input, id, request, proposal, ctx)? {
            return Ok(answer);
        }
        if input.grant.action() != Action::SetAccess {
            let reason = "the grant is not one for saying who may read the plan";
            return Err(Refusal::new(RefusalCode::RoleForbids, reason));
        }
        plenary_protocol::plan::command::check_reason(because.as_deref(), &[])
            .map_err(|error| Refusal::new(RefusalCode::TooLarge, error.to_string()))?;
        input.grant.may_set_access(to)?;
        let from = self.state.access.clone();
        if from == *to {
            let reason = format!("the plan can be read by {to} already");
            return Err(Refusal::new(RefusalCode::NothingToDo, reason));
        }
        let beside = Beside {
            because: because.as_deref(),
            client_id: Some(id),
            request: Some(request),
            ..Beside::default()
        };
        let act = Act::AccessChanged { to: to.clone(), from };
        let entry = self.seal(input, act, beside, proposal, ctx)?;
        Ok(Answer::Done { entries: vec![entry], made: Vec::new(), duplicate: false })
    }
}

/// The address of a new document.
pub(super) fn new_document(ctx: &mut Context<'_>) -> String {
    let mut bytes = [0; 16];
    ctx.entropy.fill(&mut bytes);
    format!("automerge:{}", bs58::encode(bytes).with_check().into_string())
}

/// A digest of what was asked, equal for equal asks.
pub(super) fn request_digest(asked: &impl serde::Serialize) -> Digest {
    // Commands serialise; should one not, it would only look like another ask to its own repetition.
    let bytes = serde_json::to_vec(asked).unwrap_or_default();
    Digest(Sha256::digest(&bytes).into())
}

/// Commands as they ask for something: who asks again has read the plan again, and may word the
/// reason anew.
fn without_base(commands: &[Command]) -> Vec<Command> {
    let mut commands = commands.to_vec();
    for command in &mut commands {
        if let Command::SetText { base, .. }
        | Command::Splice { base, .. }
        | Command::SetField { base, .. }
        | Command::Settle { base, .. } = command
        {
            *base = Seq::ZERO;
        }
    }
    commands
}

/// The bases of commands: what their writer had read.
fn bases(commands: &[Command]) -> impl Iterator<Item = Seq> {
    let base = |command: &Command| match command {
        Command::SetText { base, .. }
        | Command::Splice { base, .. }
        | Command::SetField { base, .. }
        | Command::Settle { base, .. } => Some(*base),
        _ => None,
    };
    commands.iter().filter_map(base)
}

/// What a new plan is made from.
#[derive(Debug, Clone)]
pub struct Creation {
    /// The plan as read.
    pub view: plenary_protocol::plan::PlanView,
    /// The client's name for the act.
    pub id: Option<ClientId>,
    /// Who may read it from its first day.
    pub access: Access,
    /// Why.
    pub because: Option<String>,
}

impl Hub {
    /// Creates a plan: created, narrowed if it is to be, importer's actor bound, content as one change.
    ///
    /// # Errors
    /// A refusal with code `role_forbids` or `too_large`, or that of `Grant::may_set_access`.
    pub fn create(
        input: &Input,
        creation: Creation,
        ctx: &mut Context<'_>,
    ) -> Result<(Hub, Proposal, Answer), Refusal> {
        if input.grant.action() != Action::Create {
            return Err(Refusal::new(RefusalCode::RoleForbids, "the grant is not one for creating plans"));
        }
        let view = &creation.view;
        if input.grant.plan() != &view.id {
            return Err(Refusal::new(RefusalCode::RoleForbids, "the grant is one for another plan"));
        }
        input.grant.may_set_access(&creation.access)?;
        let document = new_document(ctx);
        let mut bytes = [0; 16];
        ctx.entropy.fill(&mut bytes);
        let actor = ActorId::from(bytes.as_slice());
        let failed = |reason: String| Refusal::new(RefusalCode::BadPlanFile, reason);
        let made = catch_unwind(|| crate::create::write(view, &actor, ctx.now_us / 1_000_000))
            .map_err(|_| failed("the document library failed on the plan".into()))?
            .map_err(|error| failed(format!("the document did not take the plan: {error}")))?;
        let mut changes = made.doc.get_changes(&[]);
        let (Some(change), true) = (changes.pop(), changes.is_empty()) else {
            return Err(failed("the document did not give the plan back as one change".into()));
        };
        if change.len() > SERVER_CHANGE_OPERATIONS_MAX || change.raw_bytes().len() > SERVER_CHANGE_BYTES_MAX {
            return Err(Refusal::new(RefusalCode::TooLarge, "the plan is too large for one import"));
        }
        let edits = summary::rows(&made.meaning, &made.doc, &[], &Places::default());
        let mut hub = Hub::of(PlanState::new(view.id.clone()), made.doc, Seq::ZERO);
        let mut proposal = Proposal::default();
        let created = Act::PlanCreated { stage: view.stage, title: view.title.clone(), document };
        let bound = Act::ActorBound { thin: true, actor: actor.to_bytes().to_vec() };
        let content = Act::Change(ChangeAct {
            edits,
            change: change.raw_bytes().to_vec(),
            restores: None,
            summary_version: SUMMARY_VERSION,
        });
        let mut entries = Vec::new();
        // A plan that is not for everybody is not for one moment.
        let narrowed = (creation.access != Access::Everybody)
            .then(|| Act::AccessChanged { to: creation.access.clone(), from: Access::Everybody });
        let first = [(created, creation.id.as_ref())].into_iter().chain(narrowed.map(|act| (act, None)));
        for (act, client_id) in first.chain([(bound, None), (content, None)]) {
            let because = creation.because.as_deref();
            let beside = Beside { because, client_id, ..Beside::default() };
            entries.push(hub.seal(input, act, beside, &mut proposal, ctx)?);
        }
        hub.depart(&mut proposal);
        Ok((hub, proposal, Answer::Done { entries, made: Vec::new(), duplicate: false }))
    }
}
