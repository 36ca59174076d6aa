//! Which web pages may connect: the server's own, and those of the configured origins.
//!
//! Compared byte for byte with what browsers send, so a configured origin must be written the way
//! they write it; no patterns.  A request without `Origin` comes from no page and is judged by its
//! token alone.

use std::str::FromStr;

/// Why a text is not an origin as browsers send it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is not an origin as browsers send it, such as \"https://plans.example.org\": {problem}")]
pub struct OriginError {
    /// The text.
    pub given: String,
    /// What is wrong with it.
    pub problem: &'static str,
}

/// A web origin: scheme, host, and port where it is not the scheme's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// The origin as browsers send it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Origin {
    type Err = OriginError;
    fn from_str(text: &str) -> Result<Self, OriginError> {
        match problem_of(text) {
            None => Ok(Self(text.to_owned())),
            Some(problem) => Err(OriginError { given: text.to_owned(), problem }),
        }
    }
}

/// The origins that may connect besides the server's own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origins(pub Vec<Origin>);

impl Origins {
    /// Whether a request with these two headers may go on to be asked for its token.
    ///
    /// `origin` and `host` are the values of `Origin` and `Host`, `None` where a request has none.
    /// The same origin is the same host and port; whether it was `https` only the proxy knows.
    pub fn allow(&self, origin: Option<&str>, host: Option<&str>) -> bool {
        let Some(origin) = origin else { return true };
        let own = split_scheme(origin).is_some_and(|(_, authority)| Some(authority) == host);
        own || self.0.iter().any(|allowed| allowed.as_str() == origin)
    }
}

fn split_scheme(text: &str) -> Option<(&'static str, &str)> {
    let http = text.strip_prefix("http://").map(|rest| ("80", rest));
    http.or_else(|| text.strip_prefix("https://").map(|rest| ("443", rest)))
}

fn problem_of(text: &str) -> Option<&'static str> {
    let Some((port_default, authority)) = split_scheme(text) else {
        return Some("it must begin with http:// or https://");
    };
    if authority.contains(['/', '?', '#']) {
        return Some("it ends after host and port, without a slash");
    }
    let (host, port) = match authority.rsplit_once(':') {
        // The colons inside [::1] are not the port's.
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-');
    let address = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let host_ok = match address {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok_and(|ip| ip.to_string() == address),
        None => !host.is_empty() && host.chars().all(name),
    };
    if !host_ok {
        return Some("the host is letters a-z, digits, '.' and '-', or an address; no patterns");
    }
    match port {
        Some(port) if port == port_default => Some("the scheme's own port is left out"),
        Some(port) if port.parse::<u16>().is_ok_and(|number| number.to_string() == port) => None,
        Some(_) => Some("the port is a number up to 65535"),
        None => None,
    }
}
