//! From a token to a principal: a function of the token, the trusted keys and the time given.
//!
//! The algorithm is fixed by the issuer's configuration, and the header must agree; a key is found by
//! looking its id up among the issuer's, and nothing in a token can name another place to look.  The
//! JWT library does the arithmetic of signatures only: its checks of time read the system clock, and
//! its parser lets a key appear twice, so both are done here.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use plenary_limits::TOKEN_BYTES_MAX;
use plenary_protocol::Principal;
use serde_json::{Map, Value};

use super::claims::{self, Fields};
use super::error::{Shown, TokenDetail, TokenError};
use super::json::parse_object;
use super::keyring::{KeyRing, KeySource};
use super::keys::is_key_id;
use super::revocations::{Revocations, TokenRevoked};

/// The types of an access token (RFC 9068); an ID token has another.
const ACCESS_TOKEN_TYPES: [&str; 2] = ["at+jwt", "application/at+jwt"];
/// Headers that bring or point to a key, or that demand to be understood (RFC 7515).
const HEADERS_REFUSED: [&str; 6] = ["jku", "jwk", "x5u", "x5c", "crit", "b64"];

/// An issuer whose tokens are accepted, and the rules for them.
#[derive(Debug, Clone)]
pub struct TrustedIssuer {
    /// The `iss` of its tokens, exactly.
    pub name: String,
    /// The `aud` its tokens must have, exactly and alone.
    pub audience: String,
    /// Where its keys come from, and the one algorithm they are for.
    pub keys: KeySource,
    /// The longest `exp` less `iat`, seconds.
    pub lifetime_max_s: i64,
}

/// An issuer, and its keys as they are at the moment.
#[derive(Debug)]
pub(super) struct Known {
    pub issuer: TrustedIssuer,
    pub ring: Arc<KeyRing>,
}

/// Verifies tokens.
#[derive(Debug, Clone)]
pub struct Verifier {
    pub(super) issuers: Arc<BTreeMap<String, Known>>,
    revocations: Arc<Revocations>,
}

impl Verifier {
    /// Trusts these issuers from now on and no others; of two with one name, the first.
    pub fn new(
        issuers: impl IntoIterator<Item = TrustedIssuer>,
        revocations: Arc<Revocations>,
        now: Timestamp,
    ) -> Self {
        let mut by_name = BTreeMap::new();
        for issuer in issuers {
            let ring = Arc::new(KeyRing::new(issuer.keys.clone(), now));
            by_name.entry(issuer.name.clone()).or_insert(Known { issuer, ring });
        }
        Self { issuers: Arc::new(by_name), revocations }
    }

    /// The names of the issuers that are trusted.
    pub fn issuers(&self) -> impl Iterator<Item = &str> {
        self.issuers.keys().map(String::as_str)
    }

    /// Gives the principal that the token states, if it is valid at the time given by the keys known.
    ///
    /// # Errors
    ///
    /// [`TokenError`] in every other case; its `reason` is for the sender, its `detail` for the log.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Principal, TokenError> {
        self.checked(token, now).map_err(TokenError::from)
    }

    fn checked(&self, token: &str, now: Timestamp) -> Result<Principal, TokenDetail> {
        let parts = Parts::split(token)?;
        let header = decode_object("header", parts.header)?;
        let key_id = check_header(&Fields(&header))?;
        let claims = decode_object("payload", parts.payload)?;

        // The issuer's name is believed only so far as to choose the key that must prove it.
        let named = Fields(&claims).text("iss")?;
        let known =
            self.issuers.get(named).ok_or_else(|| TokenDetail::Issuer { given: Shown::new(named) })?;
        check_signature(&parts, &Fields(&header), key_id, known, now)?;
        let principal = claims::principal(&claims, &known.issuer, now)?;
        self.revocations.check(&principal).map_err(|TokenRevoked| TokenDetail::Revoked)?;
        Ok(principal)
    }
}

struct Parts<'a> {
    header: &'a str,
    payload: &'a str,
    signature: &'a str,
    /// Header and payload with the dot between: what is signed.
    signed: &'a str,
}

impl<'a> Parts<'a> {
    fn split(token: &'a str) -> Result<Self, TokenDetail> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(TokenDetail::TooLong { actual: token.len(), max: TOKEN_BYTES_MAX });
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(TokenDetail::Parts)?;
        let (header, payload) = signed.split_once('.').ok_or(TokenDetail::Parts)?;
        if payload.contains('.') {
            return Err(TokenDetail::Parts);
        }
        Ok(Self { header, payload, signature, signed })
    }
}

fn decode_object(part: &'static str, text: &str) -> Result<Map<String, Value>, TokenDetail> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| TokenDetail::Base64 { part })?;
    parse_object(&bytes).map_err(|error| TokenDetail::Json { part, problem: error.to_string() })
}

/// Checks all of the header but the algorithm, and gives the key id.
fn check_header<'a>(header: &Fields<'a>) -> Result<&'a str, TokenDetail> {
    if let Some(name) = HEADERS_REFUSED.into_iter().find(|name| header.0.contains_key(*name)) {
        return Err(TokenDetail::HeaderRefused { name });
    }
    let given = header.text("typ")?;
    if !ACCESS_TOKEN_TYPES.iter().any(|wanted| wanted.eq_ignore_ascii_case(given)) {
        return Err(TokenDetail::Type { given: Shown::new(given) });
    }
    let key_id = header.text("kid")?;
    if !is_key_id(key_id) {
        return Err(TokenDetail::Form { name: "kid", wanted: "1 to 64 characters of A-Z a-z 0-9 . _ -" });
    }
    Ok(key_id)
}

fn check_signature(
    parts: &Parts<'_>,
    header: &Fields<'_>,
    key_id: &str,
    known: &Known,
    now: Timestamp,
) -> Result<(), TokenDetail> {
    let algorithm = known.issuer.keys.algorithm();
    let given = header.text("alg")?;
    if given != algorithm.as_str() {
        return Err(TokenDetail::Algorithm { given: Shown::new(given), wanted: algorithm.as_str() });
    }
    let issuer = &known.issuer.name;
    let keys = known.ring.keys(issuer, now)?;
    let unknown = || TokenDetail::Key { issuer: issuer.clone(), given: Shown::new(key_id) };
    let key = keys.get(key_id).ok_or_else(unknown)?;
    match jsonwebtoken::crypto::verify(parts.signature, parts.signed.as_bytes(), key, algorithm.into()) {
        Ok(true) => Ok(()),
        Ok(false) | Err(_) => Err(TokenDetail::Signature),
    }
}
