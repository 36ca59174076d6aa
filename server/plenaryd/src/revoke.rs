//! Revocations in the log: read at a start, and durable before they are in force.

use jiff::Timestamp;
use plenary_limits::REVOCATIONS_MAX;
use plenary_log::{Fact, FactKind, Log, ReadError, Record};
use plenary_protocol::wire::{Refusal, RefusalCode};

use crate::identity::{Revocation, RevocationKey, Revocations, Revoked};
use crate::plans::{Plans, refused_append};

/// Why the revocations of the log are not known, so that nobody can be let in.
#[derive(Debug, thiserror::Error)]
pub enum RevocationsError {
    /// The store cannot be read.
    #[error("the revoked tokens cannot be read")]
    Read(#[from] ReadError),
    /// One does not read; it was written by a newer version, or is damaged.
    #[error("a revoked token is kept in a form that this version does not read: {0}")]
    Form(#[from] serde_json::Error),
}

/// Puts the revocations of the log in force that are not over.
///
/// # Errors
/// `RevocationsError` when one cannot be read: who was shut out must not come in for that.
pub(crate) fn load(log: &Log, revocations: &Revocations, now: Timestamp) -> Result<(), RevocationsError> {
    for fact in log.facts(FactKind::Revocation)? {
        let revocation: Revocation = serde_json::from_slice(&fact.value)?;
        if revocation.until_s() > now.as_second() {
            revocations.add(revocation);
        }
    }
    Ok(())
}

/// Makes a revocation durable and puts it in force; one that stands already is given back as it is.
///
/// # Errors
/// A refusal with code `busy` at the limit, or that of the log.
pub(crate) fn revoke(
    plans: &Plans,
    revocations: &Revocations,
    asked: Revocation,
    now: Timestamp,
) -> Result<(Revocation, bool), Refusal> {
    if let Some(standing) = revocations.standing(&asked.key, now) {
        return Ok((standing, false));
    }
    if !revocations.has_room(&asked.key, now) {
        let reason =
            format!("{REVOCATIONS_MAX} revocations are in force; each is forgotten after some 12 hours");
        return Err(Refusal::new(RefusalCode::Busy, reason));
    }
    let unwritten = |error: serde_json::Error| Refusal::new(RefusalCode::Unavailable, error.to_string());
    let value = serde_json::to_vec(&asked).map_err(unwritten)?;
    let fact = Fact { kind: FactKind::Revocation, key: key(&asked.key), value };
    plans.log().append(vec![Record::Fact(fact)]).map_err(|error| refused_append(&error))?;
    revocations.add(asked.clone());
    Ok((asked, true))
}

/// `token` or `subject`, a zero byte, the issuer or nothing, a zero byte, the id or the subject.
fn key(key: &RevocationKey) -> Vec<u8> {
    let (kind, name) = match &key.what {
        Revoked::Token(id) => ("token", id.as_str()),
        Revoked::Subject(subject) => ("subject", subject.as_str()),
    };
    [kind, key.issuer.as_deref().unwrap_or_default(), name].join("\0").into_bytes()
}
