//! Why a token is refused: one short reason for whoever sent it, one full detail for the operator.
//!
//! The detail names what was found, cut short and escaped; it never holds the token.

use std::fmt;

use plenary_limits::TOKEN_TEXT_CHARS_TOLD_MAX;

/// A token that is not accepted; its `Display` is what the sender may read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the token is not valid: {reason}")]
pub struct TokenError {
    /// What the sender is told.
    pub reason: TokenReason,
    /// What the operator is told; goes to the log, never to the sender.
    pub detail: TokenDetail,
}

/// The reason in the few words that help nobody to forge a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenReason {
    /// Its time is over: get a new one.
    Expired,
    /// Its time has not come: a clock is wrong.
    NotYetValid,
    /// Not signed by, for, or by the rules of whom this server trusts.
    NotOurs,
    /// Not a token, or one that lacks what it must say.
    Malformed,
    /// It was revoked: get a new one.
    Revoked,
    /// Nobody can tell: the keys of its issuer can not be had.
    NoKeys,
}

impl fmt::Display for TokenReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Expired => "expired",
            Self::NotYetValid => "not yet valid",
            Self::NotOurs => "not ours",
            Self::Malformed => "malformed",
            Self::Revoked => "revoked",
            Self::NoKeys => {
                "it can not be checked, the keys of its issuer can not be had at the moment; the operator has \
                 been told"
            }
        })
    }
}

/// What exactly is wrong with a token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenDetail {
    /// Longer than any token of ours.
    #[error("{actual} bytes, at most {max} are read")]
    TooLong {
        /// Bytes given.
        actual: usize,
        /// Most bytes read.
        max: usize,
    },
    /// Not three parts with dots between.
    #[error("not three parts")]
    Parts,
    /// A part is not canonical base64url without padding.
    #[error("the {part} is not base64url")]
    Base64 {
        /// Which part.
        part: &'static str,
    },
    /// A part is not a JSON object with each key once.
    #[error("the {part} is not a JSON object with each key once: {problem}")]
    Json {
        /// Which part.
        part: &'static str,
        /// What the parser says; holds no content of the token.
        problem: String,
    },
    /// A header or claim that must be there is not.
    #[error("{name:?} is missing")]
    Missing {
        /// Its name.
        name: &'static str,
    },
    /// A header or claim has another type, size or form than it must have.
    #[error("{name:?} must be {wanted}")]
    Form {
        /// Its name.
        name: &'static str,
        /// What it must be, in words.
        wanted: &'static str,
    },
    /// A header that brings its own key, or demands what this server does not know.
    #[error("the header has {name:?}, which is refused")]
    HeaderRefused {
        /// Its name.
        name: &'static str,
    },
    /// Not an access token.
    #[error("the type is {given}, wanted is an access token, \"at+jwt\"")]
    Type {
        /// The type given.
        given: Shown,
    },
    /// Nobody trusts this issuer.
    #[error("the issuer {given} is not configured")]
    Issuer {
        /// The issuer given.
        given: Shown,
    },
    /// Not the algorithm fixed for the issuer.
    #[error("the algorithm is {given}, the issuer's is {wanted}")]
    Algorithm {
        /// The algorithm given.
        given: Shown,
        /// The one fixed for the issuer.
        wanted: &'static str,
    },
    /// The issuer has no such key.
    #[error("the issuer {issuer} has no key {given}")]
    Key {
        /// The issuer, a configured one.
        issuer: String,
        /// The key id given.
        given: Shown,
    },
    /// The issuer's keys never came, or could not be had anew for too long.
    #[error("there are no keys of the issuer {issuer} that count")]
    NoKeys {
        /// The issuer, a configured one.
        issuer: String,
    },
    /// The signature does not belong to the content.
    #[error("the signature is not the issuer's")]
    Signature,
    /// Made for another service.
    #[error("the audience is not {wanted:?} alone")]
    Audience {
        /// The audience of this server at this issuer.
        wanted: String,
    },
    /// Lives longer than the issuer may let a token live.
    #[error("it lives {actual_s} s, allowed are 1 s to {max_s} s")]
    Lifetime {
        /// `exp` less `iat`, seconds.
        actual_s: i64,
        /// The most for the issuer, seconds.
        max_s: i64,
    },
    /// It was revoked, or all tokens of its subject issued up to then were.
    #[error("it was revoked")]
    Revoked,
    /// Its end is past.
    #[error("it ended at {exp_s}, now is {now_s}")]
    Expired {
        /// `exp`, seconds since 1970 UTC.
        exp_s: i64,
        /// The time given, seconds since 1970 UTC.
        now_s: i64,
    },
    /// It begins, or was issued, in the future.
    #[error("its {name:?} is {from_s}, now is {now_s}")]
    NotYetValid {
        /// `nbf` or `iat`.
        name: &'static str,
        /// Its value, seconds since 1970 UTC.
        from_s: i64,
        /// The time given, seconds since 1970 UTC.
        now_s: i64,
    },
}

impl From<TokenDetail> for TokenError {
    fn from(detail: TokenDetail) -> Self {
        use TokenDetail as D;
        let reason = match detail {
            D::NoKeys { .. } => TokenReason::NoKeys,
            D::Revoked => TokenReason::Revoked,
            D::Expired { .. } => TokenReason::Expired,
            D::NotYetValid { .. } => TokenReason::NotYetValid,
            D::Type { .. }
            | D::Issuer { .. }
            | D::Algorithm { .. }
            | D::Key { .. }
            | D::Signature
            | D::Audience { .. }
            | D::Lifetime { .. } => TokenReason::NotOurs,
            D::TooLong { .. }
            | D::Parts
            | D::Base64 { .. }
            | D::Json { .. }
            | D::Missing { .. }
            | D::Form { .. }
            | D::HeaderRefused { .. } => TokenReason::Malformed,
        };
        Self { reason, detail }
    }
}

/// A text from outside, cut short and escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown(String);

impl Shown {
    /// Cuts the text to what a detail shows.
    pub fn new(text: &str) -> Self {
        Self(text.chars().take(TOKEN_TEXT_CHARS_TOLD_MAX).collect())
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}
