//! The address that a request comes from: the peer's, or what a trusted proxy says of it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use actix_web::HttpRequest;
use actix_web::http::header::HeaderName;
use plenary_limits::HOPS_MAX;

/// Proxies that are believed unless told otherwise: those on this machine.
pub const TRUSTED_PROXIES_DEFAULT: [&str; 2] = ["127.0.0.0/8", "::1"];

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// What is counted as one place: an IPv4 address, or the /64 network that a house has in IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Address(IpAddr);

impl Address {
    /// Where an address belongs.
    pub fn of(address: IpAddr) -> Self {
        Address(match address.to_canonical() {
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from(u128::from(address) >> 64 << 64)),
            address => address,
        })
    }
}

/// A text that names neither an address nor a network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an address or network, such as 192.0.2.7, 10.1.0.0/16 or 2001:db8::/32")]
pub struct ProxyError(String);

/// An address, or a network of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    prefix: u32,
}

/// The proxies whose `X-Forwarded-For` is believed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<Network>);

impl FromStr for Network {
    type Err = ProxyError;

    fn from_str(text: &str) -> Result<Self, ProxyError> {
        let wrong = || ProxyError(text.to_owned());
        let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Ok(longest), |prefix| prefix.parse().map_err(|_| wrong()))?;
        if prefix > longest { Err(wrong()) } else { Ok(Network { address, prefix }) }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl Network {
    fn contains(&self, other: IpAddr) -> bool {
        // Shifting by the whole width gives nothing to compare: everything is in a network of length 0.
        match (self.address, other) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let differ = u32::from(own) ^ u32::from(other);
                differ.checked_shr(32 - self.prefix).unwrap_or(0) == 0
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let differ = u128::from(own) ^ u128::from(other);
                differ.checked_shr(128 - self.prefix).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

impl TrustedProxies {
    /// Reads one more.
    ///
    /// # Errors
    /// `ProxyError` when the text names none.
    pub fn add(&mut self, text: &str) -> Result<(), ProxyError> {
        self.0.push(text.parse()?);
        Ok(())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nobody is believed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The address that a request comes from.
    pub fn address_of(&self, request: &HttpRequest) -> Address {
        let peer = request.peer_addr().map_or(Ipv4Addr::UNSPECIFIED.into(), |peer| peer.ip());
        let lines = request.headers().get_all(FORWARDED_FOR);
        let lines: Vec<&str> = lines.filter_map(|line| line.to_str().ok()).collect();
        self.origin(peer, &lines)
    }

    /// From the peer back over every hop that a trusted one names.
    pub(super) fn origin(&self, peer: IpAddr, lines: &[&str]) -> Address {
        let hops = lines.iter().rev().flat_map(|line| line.rsplit(',')).take(HOPS_MAX);
        let mut address = peer.to_canonical();
        for hop in hops {
            if !self.0.iter().any(|network| network.contains(address)) {
                break;
            }
            let Ok(named) = hop.trim().parse::<IpAddr>() else { break };
            address = named.to_canonical();
        }
        Address::of(address)
    }
}
