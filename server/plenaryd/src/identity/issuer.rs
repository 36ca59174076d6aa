//! The local issuer: signs access tokens with the key of the data directory.
//!
//! For trying out, for machines without an identity provider, and for the operator; what it signs
//! passes the same verifier as everybody's tokens.

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, Header};
use plenary_limits::LOCAL_LIFETIME_S_MAX;
use plenary_protocol::ids::Subject;
use plenary_protocol::{Bureau, Role};
use serde::Serialize;

use super::keyring::KeySource;
use super::keys::IssuerKey;
use super::verifier::TrustedIssuer;
use super::{AUDIENCE, NameError, check_name};

/// Who a token is for, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRequest {
    /// Who.
    pub subject: Subject,
    /// The name shown to others.
    pub name: String,
    /// The Bureau acted for.
    pub bureau: Bureau,
    /// What may be done.
    pub role: Role,
    /// From issue to end, seconds, 1 to [`LOCAL_LIFETIME_S_MAX`].
    pub lifetime_s: i64,
}

/// Why no token is issued.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// The lifetime is outside what the verifier accepts.
    #[error("a token lives 1 s to {max_s} s, asked for are {actual_s} s")]
    Lifetime {
        /// Seconds asked for.
        actual_s: i64,
        /// Most seconds allowed.
        max_s: i64,
    },
    /// The name can not be shown to others.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The library could not sign.
    #[error("can not sign the token")]
    Sign(#[source] jsonwebtoken::errors::Error),
}

/// The local issuer.
#[derive(Debug, Clone)]
pub struct Issuer {
    name: String,
    key: IssuerKey,
}

impl Issuer {
    /// An issuer of this name, which signs with this key.
    pub fn new(name: impl Into<String>, key: IssuerKey) -> Self {
        Self { name: name.into(), key }
    }

    /// What the verifier must know to accept its tokens.
    pub fn trusted(&self) -> TrustedIssuer {
        TrustedIssuer {
            name: self.name.clone(),
            audience: AUDIENCE.to_owned(),
            keys: KeySource::Fixed(self.key.public_keys()),
            lifetime_max_s: LOCAL_LIFETIME_S_MAX,
        }
    }

    /// Issues a token from the time given on; `entropy` becomes its own id (`jti`).
    ///
    /// # Errors
    ///
    /// [`IssueError::Lifetime`] and [`IssueError::Name`] when the request is not one the verifier
    /// would accept; [`IssueError::Sign`] when the library fails.
    pub fn issue(
        &self,
        request: &TokenRequest,
        now: Timestamp,
        entropy: [u8; 16],
    ) -> Result<String, IssueError> {
        let (actual_s, max_s) = (request.lifetime_s, LOCAL_LIFETIME_S_MAX);
        if !(1..=max_s).contains(&actual_s) {
            return Err(IssueError::Lifetime { actual_s, max_s });
        }
        check_name(&request.name)?;
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some("at+jwt".to_owned());
        header.kid = Some(self.key.key_id().to_owned());
        let claims = Claims {
            iss: &self.name,
            aud: AUDIENCE,
            sub: request.subject.as_str(),
            iat: now.as_second(),
            nbf: now.as_second(),
            exp: now.as_second().saturating_add(request.lifetime_s),
            jti: format!("{:032x}", u128::from_be_bytes(entropy)),
            name: &request.name,
            bureau: request.bureau.as_str(),
            role: request.role.as_str(),
        };
        jsonwebtoken::encode(&header, &claims, &self.key.signing).map_err(IssueError::Sign)
    }
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: String,
    name: &'a str,
    bureau: &'a str,
    role: &'a str,
}
