//! Having the keys of an issuer: from a file, or from the one address that the configuration names.
//!
//! The only place of this module that opens a connection.  Nothing in a token can name another
//! address, and an answer that points elsewhere is not followed.

use std::io::Read as _;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use ureq::Agent;
use ureq::http::Uri;
use ureq::tls::{RootCerts, TlsConfig};

use super::key_set::KeySetError;
use super::keyring::KeySource;
use super::keys::KeySet;
use plenary_limits::{ISSUER_CONNECT_S_MAX, ISSUER_FETCH_S_MAX, ISSUER_URL_BYTES_MAX, KEY_SET_BYTES_MAX};

/// How long a connection to an issuer may take to stand.
const CONNECT_MAX: Duration = Duration::from_secs(ISSUER_CONNECT_S_MAX);
/// How long an issuer may take for its whole answer.
const FETCH_MAX: Duration = Duration::from_secs(ISSUER_FETCH_S_MAX);
const USER_AGENT: &str = concat!("plenaryd/", env!("CARGO_PKG_VERSION"));

/// Where an issuer publishes its keys: an address of https, or of http on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JwksUrl {
    address: Uri,
    /// Whether it is of http, on a loopback address.
    is_local: bool,
}

/// Why a text is no address of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "this must be an address such as https://login.example.org/jwks.json, without user and fragment; http \
     is taken for a loopback address alone, such as http://127.0.0.1:8080/jwks.json"
)]
pub struct JwksUrlError;

impl FromStr for JwksUrl {
    type Err = JwksUrlError;

    fn from_str(text: &str) -> Result<Self, JwksUrlError> {
        if text.len() > ISSUER_URL_BYTES_MAX || text.contains(['#', '@']) {
            return Err(JwksUrlError);
        }
        let address: Uri = text.parse().map_err(|_| JwksUrlError)?;
        let host = address.host().filter(|host| !host.is_empty()).ok_or(JwksUrlError)?;
        // A name can be given to any machine, and be given to another one later.
        let is_loopback =
            host.trim_matches(['[', ']']).parse().is_ok_and(|address: IpAddr| address.is_loopback());
        match address.scheme_str() {
            Some("https") => Ok(Self { address, is_local: false }),
            Some("http") if is_loopback => Ok(Self { address, is_local: true }),
            _ => Err(JwksUrlError),
        }
    }
}

impl std::fmt::Display for JwksUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.address.fmt(f)
    }
}

/// Has the keys of a source now.  Blocking, for some seconds at most.
///
/// # Errors
///
/// [`KeySetError`] when they cannot be had or are none.
pub(super) fn fetch(source: &KeySource) -> Result<KeySet, KeySetError> {
    match source {
        KeySource::Fixed(keys) => Ok(keys.clone()),
        KeySource::File(path, keys) => KeySet::read(path, keys.algorithm()),
        KeySource::Url(url, algorithm) => KeySet::of_bytes(&url.to_string(), &download(url)?, *algorithm),
    }
}

fn download(url: &JwksUrl) -> Result<Vec<u8>, KeySetError> {
    let place = url.to_string();
    let failed = |problem: String| KeySetError::Fetch { place: place.clone(), problem };
    let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
    let mut config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_connect(Some(CONNECT_MAX))
        .timeout_global(Some(FETCH_MAX))
        .user_agent(USER_AGENT)
        .accept("application/jwk-set+json, application/json")
        .accept_encoding("identity")
        .tls_config(tls);
    if url.is_local {
        // What is on this machine is not asked for elsewhere.
        config = config.proxy(None);
    }
    let agent: Agent = config.build().into();
    let mut answer = agent.get(&url.address).call().map_err(|error| failed(error.to_string()))?;
    let status = answer.status().as_u16();
    match status {
        200 => {}
        300..400 => {
            return Err(failed(format!("the answer {status} points elsewhere, which is not followed")));
        }
        _ => return Err(failed(format!("the answer is {status}, not 200"))),
    }
    let mut bytes = Vec::new();
    answer
        .body_mut()
        .as_reader()
        .take(KEY_SET_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| failed(error.to_string()))?;
    if bytes.len() as u64 > KEY_SET_BYTES_MAX {
        return Err(KeySetError::TooLong { place, max: KEY_SET_BYTES_MAX });
    }
    Ok(bytes)
}
