//! The networks that are not the public Internet, and what each is for.

use std::net::IpAddr;

use super::Network;

/// A network that is set aside for something else than hosts on the Internet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpecialNetwork {
    /// Its addresses.
    pub network: Network,
    /// What it is set aside for.
    pub name: &'static str,
}

/// Whether a host on the public Internet may have this address.
///
/// False for everything in [`SPECIAL_NETWORKS`], and for every IPv6 address outside of 2000::/3, the only block from
/// which addresses of hosts are assigned (IANA, Internet Protocol Version 6 Address Space). It errs on the side of no.
///
/// ```
/// use gather_core::addresses::is_public;
///
/// assert!(is_public([8, 8, 8, 8].into()));
/// assert!(!is_public([169, 254, 169, 254].into()));
/// assert!(!is_public("::ffff:8.8.8.8".parse()?));
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
pub fn is_public(address: IpAddr) -> bool {
    special_network(address).is_none() && (address.is_ipv4() || GLOBAL_UNICAST.contains(address))
}

/// The special network that `address` is in, if it is in one.
pub fn special_network(address: IpAddr) -> Option<&'static SpecialNetwork> {
    SPECIAL_NETWORKS.iter().find(|special| special.network.contains(address))
}

const GLOBAL_UNICAST: Network = Network::v6(0x2000 << 112, 3);

/// The networks that [`is_public`] refuses by name.
///
/// From the IANA special-purpose address registries for IPv4 and IPv6 (RFC 6890 and its updates), the multicast
/// registries, and the documentation of cloud providers for metadata services. Refused although the registry calls them
/// globally reachable: IPv6 addresses that carry an IPv4 address (mapped, compatible, 64:ff9b::/96, 2002::/16, and
/// Teredo within 2001::/23), because a gateway may take them to the private network they carry. Not refused: the three
/// blocks of AS112 and AMT (192.31.196.0/24, 192.52.193.0/24, 192.175.48.0/24), whose hosts are public.
pub const SPECIAL_NETWORKS: &[SpecialNetwork] = &[
    v4([0, 0, 0, 0], 8, "this network, RFC 791"),
    v4([10, 0, 0, 0], 8, "private use, RFC 1918"),
    v4([100, 64, 0, 0], 10, "shared address space, RFC 6598"),
    v4([127, 0, 0, 0], 8, "loopback, RFC 1122"),
    v4([168, 63, 129, 16], 32, "metadata of a cloud provider"),
    v4([169, 254, 0, 0], 16, "link local and metadata, RFC 3927"),
    v4([172, 16, 0, 0], 12, "private use, RFC 1918"),
    v4([192, 0, 0, 0], 24, "protocol assignments, RFC 6890"),
    v4([192, 0, 2, 0], 24, "documentation, RFC 5737"),
    v4([192, 88, 99, 0], 24, "6to4 relay, RFC 7526"),
    v4([192, 168, 0, 0], 16, "private use, RFC 1918"),
    v4([198, 18, 0, 0], 15, "benchmarking, RFC 2544"),
    v4([198, 51, 100, 0], 24, "documentation, RFC 5737"),
    v4([203, 0, 113, 0], 24, "documentation, RFC 5737"),
    v4([224, 0, 0, 0], 4, "multicast, RFC 5771"),
    v4([240, 0, 0, 0], 4, "reserved and broadcast, RFC 1112"),
    v6(0, 128, "unspecified, RFC 4291"),
    v6(1, 128, "loopback, RFC 4291"),
    v6(0xffff << 32, 96, "IPv4-mapped, RFC 4291"),
    v6(0, 96, "IPv4-compatible, RFC 4291"),
    v6(0x64_ff9b << 96, 96, "IPv4 translation, RFC 6052"),
    v6(0x64_ff9b_0001 << 80, 48, "IPv4 translation, RFC 8215"),
    v6(0x100 << 112, 64, "discard only, RFC 6666"),
    v6(0x2001 << 112, 23, "protocol assignments, RFC 2928"),
    v6(0x2001_0db8 << 96, 32, "documentation, RFC 3849"),
    v6(0x2002 << 112, 16, "6to4, RFC 3056"),
    v6(0x3fff << 112, 20, "documentation, RFC 9637"),
    v6(0x5f00 << 112, 16, "segment routing, RFC 9602"),
    v6(0xfc00 << 112, 7, "unique local and metadata, RFC 4193"),
    v6(0xfe80 << 112, 10, "link local, RFC 4291"),
    v6(0xfec0 << 112, 10, "site local, RFC 3879"),
    v6(0xff00 << 112, 8, "multicast, RFC 4291"),
];

const fn v4(first: [u8; 4], prefix: u8, name: &'static str) -> SpecialNetwork {
    SpecialNetwork { network: Network::v4(first, prefix), name }
}

const fn v6(first: u128, prefix: u8, name: &'static str) -> SpecialNetwork {
    SpecialNetwork { network: Network::v6(first, prefix), name }
}
