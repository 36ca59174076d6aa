//! Who may do what: one table, deny by default.
//!
//! A `Grant` is the proof that somebody may do something to one plan; only `check` makes one, it makes
//! none for a plan that they may not read, and the hub takes nothing without one.

use plenary_limits::READERS_MAX;
use plenary_protocol::access::Access;
use plenary_protocol::ids::{PlanId, Subject};
use plenary_protocol::plan::Stage;
use plenary_protocol::plan::kinds::{Kind, Ownership};
use plenary_protocol::wire::{Refusal, RefusalCode};
use plenary_protocol::{Bureau, Principal, Role, SignedAs};

/// What can be asked of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Reading a plan, its history, subscribing.
    Read,
    /// Editing elements; which ones is decided element by element.
    Edit,
    /// Creating and importing plans.
    Create,
    /// Moving a plan to another stage; which ones is decided by `may_advance`.
    Advance,
    /// Saying who may read a plan; what may be said is decided by `may_set_access`.
    SetAccess,
    /// Revoking tokens.
    Revoke,
    /// Seeing which tokens are revoked.
    SeeRevocations,
    /// Giving points of a plan names; of drafters only by the General Secretariat's, see `may_name_version`.
    NameVersion,
    /// Signing versions; who may sign as what is decided by `may_sign`.
    SignVersion,
    /// Setting rules off, or to weigh otherwise, for a plan.
    SetRule,
    /// Setting changes aside that the saved document does not load with: nobody's but the server's own.
    Quarantine,
    /// Taking something of a plan out of the house, at every stage; it is an entry of the plan.
    Export,
    /// Seeing what auditors read.
    SeeAccessLog,
    /// Seeing what the self-check of the evidence found, in all plans, and having it done again.
    SelfCheck,
}

impl Action {
    /// All of them.
    pub const ALL: [Action; 14] = [
        Action::Read,
        Action::Edit,
        Action::Create,
        Action::Advance,
        Action::SetAccess,
        Action::Revoke,
        Action::SeeRevocations,
        Action::NameVersion,
        Action::SignVersion,
        Action::SetRule,
        Action::Quarantine,
        Action::Export,
        Action::SeeAccessLog,
        Action::SelfCheck,
    ];
}

/// The table: may a role do it at all?
pub fn allows(role: Role, action: Action) -> bool {
    match (role, action) {
        (_, Action::Read | Action::Export) => true,
        (Role::Contributor | Role::Drafter | Role::Chair | Role::Admin, Action::Edit) => true,
        (
            Role::Chair | Role::Admin,
            Action::Create | Action::Advance | Action::SetAccess | Action::SetRule,
        ) => true,
        (Role::Admin, Action::Revoke) => true,
        (Role::Auditor | Role::Admin, Action::SeeRevocations | Action::SeeAccessLog | Action::SelfCheck) => {
            true
        }
        (Role::Drafter | Role::Chair | Role::Admin, Action::NameVersion) => true,
        // Signing says something of content: whoever writes, reviews or chairs it may.  An auditor writes
        // nothing of a plan, but that they have looked at exactly this version is theirs to say; an admin
        // runs the server and vouches for no plan.
        (Role::Drafter | Role::Chair | Role::Auditor, Action::SignVersion) => true,
        (
            _,
            Action::Edit
            | Action::Create
            | Action::Advance
            | Action::SetAccess
            | Action::Revoke
            | Action::SeeRevocations
            | Action::SeeAccessLog
            | Action::SelfCheck
            | Action::NameVersion
            | Action::SignVersion
            | Action::SetRule
            | Action::Quarantine,
        ) => false,
    }
}

/// Whether somebody may read a plan with this rule: auditors and admins may read every plan, so that
/// none can be shut away from audit, nor so that nobody could open it again.
pub fn may_read(principal: &Principal, access: &Access) -> bool {
    match access {
        Access::Everybody => true,
        Access::Only(readers) => {
            matches!(principal.role, Role::Auditor | Role::Admin)
                || readers.roles.contains(&principal.role)
                || readers.bureaux.contains(&principal.bureau)
                || readers.subjects.contains(&principal.subject)
        }
    }
}

/// The answer where there is no plan, and where it is not yours: the same, so that neither is told.
pub fn no_such_plan(plan: &PlanId) -> Refusal {
    Refusal::new(RefusalCode::NoSuchPlan, format!("there is no plan {plan}, or it is not yours to see"))
}

/// The proof that a principal may do something to a plan.
#[derive(Debug, Clone)]
pub struct Grant {
    principal: Principal,
    plan: PlanId,
    action: Action,
}

/// Checks whether a principal may do something to a plan with this rule of who may read it.
///
/// Nobody does anything to a plan that they may not read.  A plan that is still to be created has the
/// rule `Everybody`.
///
/// # Errors
/// A refusal with code `role_forbids`, or the one of [`no_such_plan`].
pub fn check(
    principal: &Principal,
    plan: &PlanId,
    access: &Access,
    action: Action,
) -> Result<Grant, Refusal> {
    may(principal, action)?;
    if !may_read(principal, access) {
        return Err(no_such_plan(plan));
    }
    Ok(Grant { principal: principal.clone(), plan: plan.clone(), action })
}

/// Checks whether a principal may do something at all, whichever the plan.
///
/// # Errors
/// A refusal with code `role_forbids`.
pub fn may(principal: &Principal, action: Action) -> Result<(), Refusal> {
    if allows(principal.role, action) {
        return Ok(());
    }
    let what = match action {
        Action::Read => "read",
        Action::Edit => "edit plans",
        Action::Create => "create plans",
        Action::Advance => "move plans to another stage",
        Action::SetAccess => "say who may read plans",
        Action::Revoke => "revoke tokens",
        Action::SeeRevocations => "see which tokens are revoked",
        Action::NameVersion => "name versions of plans",
        Action::SignVersion => "sign versions of plans",
        Action::SetRule => "set rules for plans",
        Action::Quarantine => "set changes aside",
        Action::Export => "export plans",
        Action::SeeAccessLog => "see what auditors read",
        Action::SelfCheck => "see what the self-check found",
    };
    let who = match action {
        Action::Read | Action::Export => "anybody with a valid token",
        Action::Edit => "contributors (comments and feedback), drafters, chairs and admins",
        Action::Create | Action::Advance | Action::SetAccess | Action::SetRule => "chairs and admins",
        Action::Quarantine => "the server alone",
        Action::Revoke => "admins",
        Action::SeeRevocations | Action::SeeAccessLog | Action::SelfCheck => "auditors and admins",
        Action::NameVersion => "drafters of the General Secretariat, chairs and admins",
        Action::SignVersion => "drafters, chairs and auditors",
    };
    Err(Refusal::new(
        RefusalCode::RoleForbids,
        format!("a token with the role {} does not {what}; that is for {who}", principal.role),
    ))
}

impl Grant {
    /// For the one act that no person asks for: what the server does of itself when a document does not load.
    ///
    /// Its author is an admin of the General Secretariat, whom nobody but the server vouches for.
    pub fn to_quarantine(plan: &PlanId, server: Subject) -> Grant {
        let principal = Principal {
            name: "Plenary".to_owned(),
            issuer: server.to_string(),
            subject: server,
            bureau: Bureau::GS,
            role: Role::Admin,
            token_id: None,
            issued_s: 0,
            expires_s: i64::MAX,
        };
        Grant { principal, plan: plan.clone(), action: Action::Quarantine }
    }

    /// Who holds it.
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// The plan it is for.
    pub fn plan(&self) -> &PlanId {
        &self.plan
    }

    /// What it is for.
    pub fn action(&self) -> Action {
        self.action
    }

    /// Whether the holder may still do anything to its plan, which has this rule now.
    ///
    /// # Errors
    /// The refusal of [`no_such_plan`].
    pub fn holds(&self, access: &Access) -> Result<(), Refusal> {
        if may_read(&self.principal, access) { Ok(()) } else { Err(no_such_plan(&self.plan)) }
    }

    /// Whether the holder may give the plan this rule: it names somebody, not too many, and whoever
    /// sets it goes on to read the plan.
    ///
    /// # Errors
    /// A refusal with code `malformed`, `too_large` or `role_forbids`.
    pub fn may_set_access(&self, to: &Access) -> Result<(), Refusal> {
        if let Access::Only(readers) = to {
            if readers.is_empty() {
                return Err(Refusal::new(
                    RefusalCode::Malformed,
                    "name at least one role, Bureau or person who may read the plan",
                ));
            }
            if readers.len() > READERS_MAX {
                return Err(Refusal::new(
                    RefusalCode::TooLarge,
                    format!("{} names are more than the {READERS_MAX} of one rule", readers.len()),
                ));
            }
        }
        if may_read(&self.principal, to) {
            return Ok(());
        }
        Err(Refusal::new(
            RefusalCode::RoleForbids,
            "you would not read the plan yourself any more; name your role, your Bureau or yourself too, \
             or ask an admin",
        ))
    }

    /// Whether the holder may write an element of `kind` that belongs to `owner` (the Bureau named
    /// by it or its nearest parent) and was made by `creator`.
    ///
    /// # Errors
    /// A refusal with code `role_forbids` or `other_bureau`.
    pub fn may_write(
        &self,
        kind: Kind,
        owner: Option<Bureau>,
        creator: Option<&Subject>,
    ) -> Result<(), Refusal> {
        let own = self.principal.bureau;
        match (self.principal.role, kind.spec().ownership) {
            (Role::Chair | Role::Admin, _) => Ok(()),
            (Role::Drafter, _) if kind == Kind::plan() => Err(Refusal::new(
                RefusalCode::RoleForbids,
                "the plan's own fields (title, period, switches) are set by chairs and admins",
            )),
            (Role::Drafter, Ownership::Shared | Ownership::Open) => Ok(()),
            (Role::Drafter, Ownership::Bureau) => match owner {
                Some(owner) if owner != own => Err(Refusal::new(
                    RefusalCode::OtherBureau,
                    format!(
                        "this {} belongs to {owner}, you act for {own}; comment on it, or ask {owner} or the chair",
                        words(kind)
                    ),
                )),
                _ => Ok(()),
            },
            (Role::Contributor, Ownership::Open) if creator.is_none_or(|c| *c == self.principal.subject) => {
                Ok(())
            }
            _ => Err(Refusal::new(
                RefusalCode::RoleForbids,
                format!(
                    "a token with the role {} does not write this {}; contributors write their own comments and feedback",
                    self.principal.role,
                    words(kind)
                ),
            )),
        }
    }

    /// Whether the holder may give an element to `owner`.
    ///
    /// # Errors
    /// A refusal with code `other_bureau`.
    pub fn may_assign(&self, owner: Option<Bureau>) -> Result<(), Refusal> {
        let own = self.principal.bureau;
        match (self.principal.role, owner) {
            (Role::Chair | Role::Admin, _) | (Role::Drafter, None) => Ok(()),
            (Role::Drafter, Some(owner)) if owner == own => Ok(()),
            (Role::Drafter, Some(owner)) => Err(Refusal::new(
                RefusalCode::OtherBureau,
                format!("you act for {own} and cannot make something belong to {owner}; a chair can"),
            )),
            _ => Err(Refusal::new(RefusalCode::RoleForbids, "owners are set by drafters and chairs")),
        }
    }

    /// Whether the holder may make a new element that names `owner`; none is always allowed.
    ///
    /// # Errors
    /// A refusal with code `other_bureau` or `role_forbids`.
    pub fn may_assign_new(&self, owner: Option<Bureau>) -> Result<(), Refusal> {
        if owner.is_none() { Ok(()) } else { self.may_assign(owner) }
    }

    /// Whether the holder may give a point of the plan a name: the chair's and the secretariat's to do, so
    /// that all speak of the same versions.
    ///
    /// # Errors
    /// A refusal with code `other_bureau`.
    pub fn may_name_version(&self) -> Result<(), Refusal> {
        match (self.principal.role, self.principal.bureau) {
            (Role::Drafter, bureau) if bureau != Bureau::GS => Err(Refusal::new(
                RefusalCode::OtherBureau,
                format!(
                    "versions are named by the General Secretariat and the chair, you act for {bureau}: ask \
                     them; any entry can be named by its number too"
                ),
            )),
            _ => Ok(()),
        }
    }

    /// Whether the holder may sign a version as this: drafters and chairs as drafted, they and auditors as
    /// reviewed, chairs as approved.
    ///
    /// # Errors
    /// A refusal with code `role_forbids`.
    pub fn may_sign(&self, meaning: SignedAs) -> Result<(), Refusal> {
        match (self.principal.role, meaning) {
            (Role::Chair, _)
            | (Role::Drafter, SignedAs::Drafted | SignedAs::Reviewed)
            | (Role::Auditor, SignedAs::Reviewed) => Ok(()),
            (role, _) => {
                let who = match meaning {
                    SignedAs::Drafted => "drafters and chairs",
                    SignedAs::Reviewed => "drafters, chairs and auditors",
                    SignedAs::Approved => "chairs",
                };
                Err(Refusal::new(
                    RefusalCode::RoleForbids,
                    format!("a token with the role {role} does not sign as {meaning}; that is for {who}"),
                ))
            }
        }
    }

    /// Whether the holder may move a plan from one stage to another.
    ///
    /// The chair goes forward one stage, back, or withdraws; only an admin reopens what is adopted
    /// or withdrawn.  Everything but one step forward needs a reason.
    ///
    /// # Errors
    /// A refusal with code `role_forbids`, `stage_forbids` or `nothing_to_do`.
    pub fn may_advance(&self, from: Stage, to: Stage, because: Option<&str>) -> Result<(), Refusal> {
        if from == to {
            return Err(Refusal::new(RefusalCode::NothingToDo, format!("the plan is at stage {to} already")));
        }
        if !from.is_open() && self.principal.role != Role::Admin {
            return Err(Refusal::new(
                RefusalCode::RoleForbids,
                format!("the plan is {from}; only an admin reopens it, with a reason"),
            ));
        }
        let place = |stage: Stage| Stage::ALL.iter().position(|known| *known == stage);
        let forward = to != Stage::Withdrawn && place(to) == place(from).map(|at| at + 1);
        if !forward && to > from && to != Stage::Withdrawn && self.principal.role != Role::Admin {
            return Err(Refusal::new(
                RefusalCode::StageForbids,
                format!("from {from} the plan goes one stage at a time, not straight to {to}"),
            ));
        }
        if !forward && because.is_none_or(|text| text.trim().is_empty()) {
            return Err(Refusal::new(
                RefusalCode::StageForbids,
                format!("going from {from} to {to} needs a reason (`because`)"),
            ));
        }
        Ok(())
    }
}

fn words(kind: Kind) -> String {
    kind.name().replace('_', " ")
}
