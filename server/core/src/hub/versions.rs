//! Naming a point of the log, and signing what a name stands for.
//!
//! Both are entries of their own and change no content, so they go at every stage.

use plenary_limits::{SIGNATURES_MAX, VERSION_NOTE_BYTES_MAX, VERSIONS_MAX};
use plenary_protocol::Seq;
use plenary_protocol::ids::{ClientId, Digest, VersionName};
use plenary_protocol::plan::command::check_reason;
use plenary_protocol::record::Act;
use plenary_protocol::version::{Covers, SignedAs};
use plenary_protocol::wire::{Refusal, RefusalCode};

use super::writer::{Beside, request_digest};
use super::{Answer, Context, Hub, Input, Proposal};
use crate::policy::Action;

/// What somebody asks to give a name.
#[derive(Debug, Clone)]
pub struct Naming {
    /// The client's name for the act.
    pub id: ClientId,
    /// The name.
    pub name: VersionName,
    /// The point; the last entry when absent.
    pub seq: Option<Seq>,
    /// What it is.
    pub note: Option<String>,
    /// Why.
    pub because: Option<String>,
}

/// What somebody signs.
#[derive(Debug, Clone)]
pub struct Signing {
    /// The client's name for the act.
    pub id: ClientId,
    /// The version.
    pub name: VersionName,
    /// What they say of it.
    pub meaning: SignedAs,
    /// Why.
    pub because: Option<String>,
}

impl Hub {
    /// Gives a point a name.
    pub(super) fn name_version(
        &mut self,
        input: &Input,
        asked: &Naming,
        proposal: &mut Proposal,
        ctx: &mut Context<'_>,
    ) -> Result<Answer, Refusal> {
        let Naming { id, name, seq, note, because } = asked;
        let request = request_digest(&(name, seq, note));
        if let Some(answer) = self.done_before(input, id, request, proposal, ctx)? {
            return Ok(answer);
        }
        self.check_version_grant(input, Action::NameVersion, because.as_deref())?;
        input.grant.may_name_version()?;
        let bytes = note.as_deref().map_or(0, str::len);
        if bytes > VERSION_NOTE_BYTES_MAX {
            let reason =
                format!("a note of {bytes} bytes is longer than the {VERSION_NOTE_BYTES_MAX} that fit");
            return Err(Refusal::new(RefusalCode::TooLarge, reason));
        }
        let seq = seq.unwrap_or(self.state.seq);
        self.check_point(seq)?;
        if let Some(known) = self.state.versions.alike(name) {
            return Err(Refusal::new(
                RefusalCode::BadId,
                format!(
                    "the name {} stands for entry {} for ever; give this version another name",
                    known.name, known.covers.seq
                ),
            ));
        }
        if self.state.versions.all().len() >= VERSIONS_MAX {
            let reason = format!("the plan has {VERSIONS_MAX} versions, as many as fit");
            return Err(Refusal::new(RefusalCode::TooLarge, reason));
        }
        let leaf = self.leaf_of(seq, proposal, ctx)?;
        let note = note.clone().filter(|note| !note.trim().is_empty());
        let act = Act::VersionNamed { seq, leaf, name: name.clone(), note };
        self.seal_version(input, act, (id, because.as_deref(), request), proposal, ctx)
    }

    /// Signs what a name stands for.
    pub(super) fn sign_version(
        &mut self,
        input: &Input,
        asked: &Signing,
        proposal: &mut Proposal,
        ctx: &mut Context<'_>,
    ) -> Result<Answer, Refusal> {
        let Signing { id, name, meaning, because } = asked;
        let request = request_digest(&(name, meaning));
        if let Some(answer) = self.done_before(input, id, request, proposal, ctx)? {
            return Ok(answer);
        }
        self.check_version_grant(input, Action::SignVersion, because.as_deref())?;
        input.grant.may_sign(*meaning)?;
        let version = self.state.versions.find(name).ok_or_else(|| no_such_version(name))?;
        if let Some(signed) = version.signature(&input.grant.principal().subject, *meaning) {
            let reason = format!("you have signed {name} as {meaning} already, in entry {}", signed.seq);
            return Err(Refusal::new(RefusalCode::NothingToDo, reason));
        }
        if version.signed.len() >= SIGNATURES_MAX {
            let reason = format!("{name} has {SIGNATURES_MAX} signatures, as many as fit");
            return Err(Refusal::new(RefusalCode::TooLarge, reason));
        }
        let Covers { seq, leaf } = version.covers;
        let act = Act::VersionSigned { seq, leaf, name: name.clone(), meaning: *meaning };
        self.seal_version(input, act, (id, because.as_deref(), request), proposal, ctx)
    }

    fn check_version_grant(
        &self,
        input: &Input,
        action: Action,
        because: Option<&str>,
    ) -> Result<(), Refusal> {
        if input.grant.action() != action {
            return Err(Refusal::new(RefusalCode::RoleForbids, "the grant is not one for that"));
        }
        check_reason(because, &[]).map_err(|error| Refusal::new(RefusalCode::TooLarge, error.to_string()))
    }

    fn seal_version(
        &mut self,
        input: &Input,
        act: Act,
        (id, because, request): (&ClientId, Option<&str>, Digest),
        proposal: &mut Proposal,
        ctx: &mut Context<'_>,
    ) -> Result<Answer, Refusal> {
        let beside = Beside { because, client_id: Some(id), request: Some(request), ..Beside::default() };
        let entry = self.seal(input, act, beside, proposal, ctx)?;
        Ok(Answer::Done { entries: vec![entry], made: Vec::new(), duplicate: false })
    }

    /// The leaf hash of an entry, which may still be on its way to the disk: what names it comes after.
    fn leaf_of(&self, seq: Seq, proposal: &Proposal, ctx: &Context<'_>) -> Result<Digest, Refusal> {
        let on_its_way = self.in_flight.iter().flat_map(|in_flight| &in_flight.events);
        let found = on_its_way.chain(&proposal.events).find(|event| event.envelope.seq == seq);
        if let Some(event) = found {
            return Ok(event.leaf);
        }
        let unavailable = |reason: String| Refusal::new(RefusalCode::Unavailable, reason);
        let leaf = ctx.past.leaf(seq).map_err(|error| unavailable(error.to_string()))?;
        leaf.ok_or_else(|| unavailable(format!("entry {seq} could not be read")))
    }
}

/// The refusal for a version that is not there.
pub fn no_such_version(name: &VersionName) -> Refusal {
    Refusal::new(RefusalCode::NoSuchVersion, format!("this plan has no version {name}"))
}
