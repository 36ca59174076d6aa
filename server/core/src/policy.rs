//! Who may do what: one table, deny by default.
//!
//! A `Grant` is the proof that somebody may do something to a plan; only `check` makes one, and the
//! hub takes nothing without one.

use plenary_protocol::ids::Subject;
use plenary_protocol::plan::Stage;
use plenary_protocol::plan::kinds::{Kind, Ownership};
use plenary_protocol::wire::{Refusal, RefusalCode};
use plenary_protocol::{Bureau, Principal, Role};

/// What can be asked of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Reading plans, their history, subscribing.
    Read,
    /// Editing elements; which ones is decided element by element.
    Edit,
    /// Creating and importing plans.
    Create,
    /// Moving a plan to another stage; which ones is decided by `may_advance`.
    Advance,
}

impl Action {
    /// All of them.
    pub const ALL: [Action; 4] = [Action::Read, Action::Edit, Action::Create, Action::Advance];
}

/// The table: may a role do it at all?
pub fn allows(role: Role, action: Action) -> bool {
    match (role, action) {
        (_, Action::Read) => true,
        (Role::Contributor | Role::Drafter | Role::Chair | Role::Admin, Action::Edit) => true,
        (Role::Chair | Role::Admin, Action::Create | Action::Advance) => true,
        (Role::Reader | Role::Auditor, _)
        | (Role::Contributor | Role::Drafter, Action::Create | Action::Advance) => false,
    }
}

/// The proof that a principal may do something.
#[derive(Debug, Clone)]
pub struct Grant {
    principal: Principal,
    action: Action,
}

/// Checks whether a principal may do something; read rights are those of every valid token.
///
/// # Errors
/// A refusal with code `role_forbids`.
pub fn check(principal: &Principal, action: Action) -> Result<Grant, Refusal> {
    if allows(principal.role, action) {
        return Ok(Grant { principal: principal.clone(), action });
    }
    let what = match action {
        Action::Read => "read",
        Action::Edit => "edit plans",
        Action::Create => "create plans",
        Action::Advance => "move plans to another stage",
    };
    let who = match action {
        Action::Read => "anybody with a valid token",
        Action::Edit => "contributors (comments and feedback), drafters, chairs and admins",
        Action::Create | Action::Advance => "chairs and admins",
    };
    Err(Refusal::new(
        RefusalCode::RoleForbids,
        format!("a token with the role {} does not {what}; that is for {who}", principal.role),
    ))
}

impl Grant {
    /// Who holds it.
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// What it is for.
    pub fn action(&self) -> Action {
        self.action
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
