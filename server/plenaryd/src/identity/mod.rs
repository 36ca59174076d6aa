//! Who somebody is: tokens are issued and verified here, and tickets stand in for them where a
//! browser can send no header.
//!
//! **Invariant.** A [`Principal`](plenary_protocol::Principal) of a request comes out of
//! [`Verifier::verify`] or [`Tickets::redeem`] and nowhere else.  Time and entropy come in as
//! arguments.  Neither tokens nor tickets are stored or logged; only `fetch` opens connections, to the
//! addresses of the configuration.

mod claims;
mod error;
mod fetch;
mod issuer;
mod json;
mod key_set;
mod keyring;
mod keys;
mod refresh;
mod revocations;
mod shelf;
mod tickets;
mod verifier;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use plenary_limits::PERSON_NAME_BYTES_MAX;

use crate::key_file::KeyFileError;

pub use self::claims::is_token_id;
pub use self::error::{Shown, TokenDetail, TokenError, TokenReason};
pub use self::fetch::{JwksUrl, JwksUrlError};
pub use self::issuer::{IssueError, Issuer, TokenRequest};
pub use self::key_set::KeySetError;
pub use self::keyring::KeySource;
pub use self::keys::{IssuerKey, KEY_FILE, KeySet, TokenAlgorithm, is_key_id};
pub use self::revocations::{Revocation, RevocationKey, RevocationWatch, Revocations, Revoked, TokenRevoked};
pub(crate) use self::shelf::Owner;
pub use self::tickets::{Binding, TicketError, Tickets};
pub use self::verifier::{TrustedIssuer, Verifier};

/// The audience of the local issuer's tokens: the same wherever the server listens.
pub const AUDIENCE: &str = "plenary";
/// The local issuer's name unless configured otherwise.
pub const LOCAL_ISSUER_NAME: &str = "plenary-local";

/// Why a text can not be the name shown to others.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a name has 1 to {PERSON_NAME_BYTES_MAX} bytes, something to read, and no characters that control or turn the text"
)]
pub struct NameError;

/// Checks a name that will be shown to others.
///
/// # Errors
///
/// [`NameError`] when it is empty, blank, too long or holds characters that control or turn the text.
pub fn check_name(name: &str) -> Result<(), NameError> {
    // Overrides of the direction of reading make one name look like another.
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let readable = !name.trim().is_empty() && !name.contains(char::is_control) && !name.contains(turns);
    if readable && name.len() <= PERSON_NAME_BYTES_MAX { Ok(()) } else { Err(NameError) }
}

/// Everything the server needs to know who somebody is.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The local issuer, where it is switched on.
    pub issuer: Option<Issuer>,
    /// Verifies the tokens of all issuers.
    pub verifier: Verifier,
    /// Tokens that no longer count.
    pub revocations: Arc<Revocations>,
}

impl Identity {
    /// Opens the local issuer of this name, if any, making its key of `seed` at the first start, and
    /// trusts it and the external ones from the time given on.
    ///
    /// # Errors
    ///
    /// [`KeyFileError`] when the local issuer's key can not be read or made.
    pub fn open(
        data_dir: &Path,
        local: Option<&str>,
        external: &[TrustedIssuer],
        seed: [u8; 32],
        now: Timestamp,
    ) -> Result<Self, KeyFileError> {
        let issuer = match local {
            Some(name) => Some(Issuer::new(name, IssuerKey::open_or_create(data_dir, seed)?)),
            None => None,
        };
        let trusted = issuer.iter().map(Issuer::trusted).chain(external.iter().cloned());
        let revocations = Arc::new(Revocations::default());
        let verifier = Verifier::new(trusted, revocations.clone(), now);
        Ok(Self { issuer, verifier, revocations })
    }
}

/// An error and what is behind it, in one line.
pub(crate) fn error_chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
