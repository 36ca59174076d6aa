//! No change stands in the log that its writer had no right to make.
//!
//! The rule is written anew here, for the people and elements of the simulated plan: whoever drafts for
//! a Bureau writes what belongs to that Bureau or to all, while the plan is open; and what was forbidden
//! when it was made is not there at all.  Whom the plan is closed to writes nothing and is told nothing.

use std::collections::{BTreeMap, BTreeSet};

use automerge::{Change, ChangeHash};
use plenary_protocol::access::Access;
use plenary_protocol::ids::Subject;
use plenary_protocol::plan::Stage;
use plenary_protocol::plan::kinds::{Kind, Ownership};
use plenary_protocol::record::{Act, EditRow, Event, RowOp};
use plenary_protocol::{Bureau, Principal, Role};

use crate::scene::{FORBIDDEN, OWNED};

/// Holds a log against that; `forbidden` are changes that were made without a right to them.
///
/// # Errors
/// The entry that should not be there.
pub fn check(log: &[Event], forbidden: &BTreeSet<ChangeHash>) -> Result<(), String> {
    let mut owners: BTreeMap<String, Bureau> =
        OWNED.iter().map(|(name, owner)| ((*name).to_owned(), *owner)).collect();
    let mut stage = Stage::SecretariatDraft;
    let mut access = Access::Everybody;
    for event in log {
        let (seq, who) = (event.envelope.seq, &event.envelope.principal);
        match &event.payload.act {
            Act::StageAdvanced { to, .. } => {
                if !matches!(who.role, Role::Chair | Role::Admin) {
                    return Err(format!("entry {seq}: {} moved the plan to {to}", who.subject));
                }
                stage = *to;
            }
            Act::AccessChanged { to, .. } => {
                if !matches!(who.role, Role::Chair | Role::Admin) {
                    return Err(format!("entry {seq}: {} opened or closed the plan", who.subject));
                }
                access = to.clone();
            }
            Act::Change(act) => {
                if !may_read(who.role, who.bureau, &who.subject, &access) {
                    return Err(format!(
                        "entry {seq}: {} wrote a plan that is not open to them",
                        who.subject
                    ));
                }
                if !stage.is_open() {
                    return Err(format!("entry {seq} changes a plan that is {stage}"));
                }
                let change = Change::from_bytes(act.change.clone()).map_err(|error| error.to_string())?;
                let marked = act.change.windows(FORBIDDEN.len()).any(|part| part == FORBIDDEN.as_bytes())
                    || format!("{:?}", act.edits).contains(FORBIDDEN);
                if marked || forbidden.contains(&change.hash()) {
                    return Err(format!("entry {seq} is one that {} had no right to make", who.subject));
                }
                for row in act.edits.iter().filter(|_| who.role == Role::Drafter) {
                    if let Some(owner) = foreign(row, who.bureau, &mut owners) {
                        let element = &row.element;
                        return Err(format!(
                            "entry {seq}: {} of {} wrote {element} of {owner}",
                            who.subject, who.bureau
                        ));
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Holds what somebody is told against the rule of the moment.
///
/// # Errors
/// That they may not read the plan.
pub fn check_told(who: &Principal, access: &Access) -> Result<(), String> {
    if may_read(who.role, who.bureau, &who.subject, access) {
        return Ok(());
    }
    Err(format!("{} is told of a plan that is not open to them", who.subject))
}

fn may_read(role: Role, bureau: Bureau, subject: &Subject, access: &Access) -> bool {
    match access {
        Access::Everybody => true,
        Access::Only(named) => {
            matches!(role, Role::Auditor | Role::Admin)
                || named.roles.contains(&role)
                || named.bureaux.contains(&bureau)
                || named.subjects.contains(subject)
        }
    }
}

/// The Bureau to which what a row changes belongs, if it is another one.
fn foreign(row: &EditRow, own: Bureau, owners: &mut BTreeMap<String, Bureau>) -> Option<Bureau> {
    let is_owned = Kind::named(&row.kind).is_some_and(|kind| kind.spec().ownership == Ownership::Bureau);
    if row.op == RowOp::Add && is_owned {
        owners.insert(row.element.to_string(), own);
    }
    owners.get(row.element.as_str()).copied().filter(|owner| is_owned && *owner != own)
}
