//! What a token says, checked against the time given and the rules of its issuer.

use std::str::FromStr;

use jiff::Timestamp;
use plenary_limits::{LEEWAY_S_MAX, TOKEN_ID_BYTES_MAX, TOKEN_TIME_S_MAX};
use plenary_protocol::Principal;
use serde_json::{Map, Value};

use super::check_name;
use super::error::TokenDetail;
use super::verifier::TrustedIssuer;

const WANTED_TEXT: &str = "a text";
const WANTED_TIME: &str = "whole seconds since 1970 UTC";

/// The headers or claims of a token.
pub(super) struct Fields<'a>(pub(super) &'a Map<String, Value>);

impl<'a> Fields<'a> {
    pub(super) fn text(&self, name: &'static str) -> Result<&'a str, TokenDetail> {
        match self.0.get(name) {
            None => Err(TokenDetail::Missing { name }),
            Some(Value::String(text)) => Ok(text),
            Some(_) => Err(TokenDetail::Form { name, wanted: WANTED_TEXT }),
        }
    }

    fn parsed<T: FromStr>(&self, name: &'static str, wanted: &'static str) -> Result<T, TokenDetail> {
        self.text(name)?.parse().map_err(|_| TokenDetail::Form { name, wanted })
    }

    fn seconds(&self, name: &'static str) -> Result<i64, TokenDetail> {
        let value = self.0.get(name).ok_or(TokenDetail::Missing { name })?;
        match value.as_i64() {
            Some(seconds) if (0..=TOKEN_TIME_S_MAX).contains(&seconds) => Ok(seconds),
            _ => Err(TokenDetail::Form { name, wanted: WANTED_TIME }),
        }
    }
}

/// Makes the principal out of claims whose signature is the issuer's.
///
/// # Errors
///
/// [`TokenDetail::Missing`] and [`TokenDetail::Form`] for a claim that is absent or of the wrong
/// form; [`TokenDetail::Audience`], [`TokenDetail::Lifetime`], [`TokenDetail::Expired`] and
/// [`TokenDetail::NotYetValid`] when what it says is not acceptable now.
pub(super) fn principal(
    claims: &Map<String, Value>,
    issuer: &TrustedIssuer,
    now: Timestamp,
) -> Result<Principal, TokenDetail> {
    let claims = Fields(claims);
    check_audience(&claims, &issuer.audience)?;
    let (issued_s, expires_s) = check_times(&claims, issuer, now.as_second())?;
    let name = claims.text("name")?;
    check_name(name)
        .map_err(|_| TokenDetail::Form { name: "name", wanted: "a short text without control characters" })?;
    Ok(Principal {
        subject: claims.parsed("sub", "a short text without control characters")?,
        name: name.to_owned(),
        issuer: issuer.name.clone(),
        bureau: claims.parsed("bureau", "one of BR, TSB, BDT, GS")?,
        role: claims.parsed("role", "one of reader, contributor, drafter, chair, auditor, admin")?,
        token_id: token_id(&claims)?,
        issued_s,
        expires_s,
    })
}

/// The audience is ours alone: a token for several services could be replayed by any of them.
fn check_audience(claims: &Fields<'_>, wanted: &str) -> Result<(), TokenDetail> {
    let name = "aud";
    let given = match claims.0.get(name) {
        None => return Err(TokenDetail::Missing { name }),
        Some(Value::Array(list)) if list.len() == 1 => &list[0],
        Some(Value::Array(_)) => return Err(TokenDetail::Audience { wanted: wanted.to_owned() }),
        Some(one) => one,
    };
    match given {
        Value::String(text) if text == wanted => Ok(()),
        Value::String(_) => Err(TokenDetail::Audience { wanted: wanted.to_owned() }),
        _ => Err(TokenDetail::Form { name, wanted: WANTED_TEXT }),
    }
}

fn check_times(claims: &Fields<'_>, issuer: &TrustedIssuer, now_s: i64) -> Result<(i64, i64), TokenDetail> {
    let (exp_s, iat_s) = (claims.seconds("exp")?, claims.seconds("iat")?);
    let nbf_s = if claims.0.contains_key("nbf") { Some(claims.seconds("nbf")?) } else { None };

    let (actual_s, max_s) = (exp_s - iat_s, issuer.lifetime_max_s);
    if !(1..=max_s).contains(&actual_s) {
        return Err(TokenDetail::Lifetime { actual_s, max_s });
    }
    if now_s >= exp_s.saturating_add(LEEWAY_S_MAX) {
        return Err(TokenDetail::Expired { exp_s, now_s });
    }
    for (name, from_s) in [("iat", Some(iat_s)), ("nbf", nbf_s)] {
        if let Some(from_s) = from_s.filter(|from_s| *from_s > now_s.saturating_add(LEEWAY_S_MAX)) {
            return Err(TokenDetail::NotYetValid { name, from_s, now_s });
        }
    }
    Ok((iat_s, exp_s))
}

fn token_id(claims: &Fields<'_>) -> Result<Option<String>, TokenDetail> {
    let name = "jti";
    if !claims.0.contains_key(name) {
        return Ok(None);
    }
    let text = claims.text(name)?;
    if is_token_id(text) {
        Ok(Some(text.to_owned()))
    } else {
        Err(TokenDetail::Form { name, wanted: "1 to 128 characters of visible ASCII" })
    }
}

/// Whether a text can be a token's own id.
pub fn is_token_id(text: &str) -> bool {
    (1..=TOKEN_ID_BYTES_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}
