//! `no_proxy`: the hosts that are asked directly.

use std::net::IpAddr;

/// The rules of one list, in the reading of curl (its CURLOPT_NOPROXY) since 7.86, plus two entries that curl never matches:
/// with a port, and an IPv6 address in brackets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Bypass(Vec<Rule>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Rule {
    Everything,
    /// The name and all below it. `None` is every port.
    Domain(Box<str>, Option<u16>),
    /// The addresses that share their first bits with this one.
    Network(IpAddr, u8, Option<u16>),
}

impl Bypass {
    /// Reads a list. What is neither a name nor an address never matches, as with curl.
    pub(super) fn parse(list: &str) -> Self {
        // Only alone: in a list it is a host with an odd name.
        if list == "*" {
            return Bypass(vec![Rule::Everything]);
        }
        // Of blanks alone, curl has made separators, nothing, and the end of the list. Here no entry is lost.
        Bypass(list.split([',', ' ', '\t']).filter_map(rule).collect())
    }

    /// Whether `host`, an IPv6 address in brackets, is asked directly on this port.
    pub(super) fn covers(&self, host: &str, port: u16) -> bool {
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().ok();
        let name = host.strip_suffix('.').unwrap_or(host);
        self.0.iter().any(|rule| match (rule, address) {
            (Rule::Everything, _) => true,
            (Rule::Network(network, bits, only), Some(address)) => {
                only.is_none_or(|only| only == port) && shares_bits(*network, address, *bits)
            }
            (Rule::Domain(domain, only), None) => only.is_none_or(|only| only == port) && is_below(name, domain),
            _ => false,
        })
    }
}

fn rule(entry: &str) -> Option<Rule> {
    if let Some(network) = network(entry, None) {
        return Some(network);
    }
    let (entry, port) = match entry.rsplit_once(':') {
        Some((host, port)) => (host, Some(port.parse().ok()?)),
        None => (entry, None),
    };
    if let Some(network) = network(entry, port) {
        return Some(network);
    }
    let name = entry.strip_suffix('.').unwrap_or(entry);
    let name = name.strip_prefix('.').unwrap_or(name);
    (!name.is_empty()).then(|| Rule::Domain(name.into(), port))
}

fn network(entry: &str, port: Option<u16>) -> Option<Rule> {
    let (address, bits) = entry.split_once('/').map_or((entry, None), |(address, bits)| (address, Some(bits)));
    let bare = address.strip_prefix('[').and_then(|address| address.strip_suffix(']'));
    let address: IpAddr = bare.unwrap_or(address).parse().ok()?;
    let width = if address.is_ipv4() { 32 } else { 128 };
    let bits = match bits {
        None => width,
        // curl reads 0 as if it were not there: a slip does not take everything past the proxy.
        Some(bits) => match bits.parse::<u8>().ok()? {
            0 => width,
            bits => bits,
        },
    };
    (bits <= width).then_some(Rule::Network(address, bits, port))
}

fn shares_bits(network: IpAddr, address: IpAddr, bits: u8) -> bool {
    let behind = |width: u8| u32::from(width.saturating_sub(bits));
    match (network, address) {
        (IpAddr::V4(one), IpAddr::V4(other)) => (one.to_bits() ^ other.to_bits()) >> behind(32).min(31) == 0,
        (IpAddr::V6(one), IpAddr::V6(other)) => (one.to_bits() ^ other.to_bits()) >> behind(128).min(127) == 0,
        _ => false,
    }
}

/// Whether `name` is `domain` or ends in a dot and `domain`; letters of either case.
fn is_below(name: &str, domain: &str) -> bool {
    let (name, domain) = (name.as_bytes(), domain.as_bytes());
    let Some(start) = name.len().checked_sub(domain.len()) else { return false };
    name[start..].eq_ignore_ascii_case(domain) && (start == 0 || name[start - 1] == b'.')
}
