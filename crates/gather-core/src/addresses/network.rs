//! A network: an address and how many of its leading bits count.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// A range of addresses in CIDR notation (RFC 4632, RFC 4291 section 2.3): `10.0.0.0/8`, `fd00::/8`; an address alone is
/// a network of one.
///
/// ```
/// use gather_core::addresses::Network;
///
/// let network: Network = "192.168.0.0/16".parse()?;
/// assert!(network.contains([192, 168, 7, 1].into()));
/// assert!("192.168.0.1/16".parse::<Network>().is_err(), "bits behind the prefix are a slip of the pen");
/// # Ok::<(), gather_core::addresses::InvalidNetwork>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network {
    first: IpAddr,
    prefix: u8,
}

impl Network {
    /// The network of the addresses that share their first `prefix` bits with `first`.
    ///
    /// # Errors
    ///
    /// When `prefix` is longer than the address (32 or 128), or `first` has bits behind it.
    pub fn new(first: IpAddr, prefix: u8) -> Result<Self, InvalidNetwork> {
        let invalid = || InvalidNetwork { given: format!("{first}/{prefix}") };
        if prefix > width(first) || first != masked(first, prefix) {
            return Err(invalid());
        }
        Ok(Network { first, prefix })
    }

    /// Whether `address` is one of the network's. IPv4 and IPv6 never mix: a mapped address is an IPv6 address.
    pub fn contains(&self, address: IpAddr) -> bool {
        address.is_ipv4() == self.first.is_ipv4() && masked(address, self.prefix) == self.first
    }

    pub(super) const fn v4(octets: [u8; 4], prefix: u8) -> Self {
        Network { first: IpAddr::V4(Ipv4Addr::new(octets[0], octets[1], octets[2], octets[3])), prefix }
    }

    pub(super) const fn v6(bits: u128, prefix: u8) -> Self {
        Network { first: IpAddr::V6(Ipv6Addr::from_bits(bits)), prefix }
    }
}

/// How many bits an address of this family has.
fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// `address` with everything behind its first `prefix` bits cleared. A shift by the whole width clears all.
fn masked(address: IpAddr, prefix: u8) -> IpAddr {
    let behind = u32::from(width(address).saturating_sub(prefix));
    match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(behind).unwrap_or(0);
            IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits() & mask))
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(behind).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & mask))
        }
    }
}

impl FromStr for Network {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Self, InvalidNetwork> {
        let invalid = || InvalidNetwork { given: text.to_owned() };
        let (first, prefix) = match text.split_once('/') {
            Some((first, prefix)) => (first, Some(prefix)),
            None => (text, None),
        };
        let first: IpAddr = first.parse().map_err(|_| invalid())?;
        let prefix = match prefix {
            // `u8::from_str` takes a plus sign.
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                digits.parse().map_err(|_| invalid())?
            }
            Some(_) => return Err(invalid()),
            None => width(first),
        };
        Network::new(first, prefix).map_err(|_| invalid())
    }
}

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        Network { first: address, prefix: width(address) }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.prefix)
    }
}

/// A text, or an address and a prefix, that make no [`Network`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidNetwork {
    given: String,
}

impl fmt::Display for InvalidNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is not a network: expected an address, a slash and a prefix that covers all its set bits",
            self.given
        )
    }
}

impl std::error::Error for InvalidNetwork {}
