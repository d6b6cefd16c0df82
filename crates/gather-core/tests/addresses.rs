//! The classification of addresses, over tables and over arbitrary addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use gather_core::addresses::{
    AddressPolicy, Discovered, ForbiddenAddress, Network, SPECIAL_NETWORKS, is_public, special_network,
};
use gather_core::{FetchErrorKind, Phase};

/// The first and the last address of each refused range, and its neighbours, which are public where no other range begins.
const EDGES: &[(&str, &str, Option<&str>, Option<&str>)] = &[
    ("0.0.0.0", "0.255.255.255", None, Some("1.0.0.0")),
    ("10.0.0.0", "10.255.255.255", Some("9.255.255.255"), Some("11.0.0.0")),
    ("100.64.0.0", "100.127.255.255", Some("100.63.255.255"), Some("100.128.0.0")),
    ("127.0.0.0", "127.255.255.255", Some("126.255.255.255"), Some("128.0.0.0")),
    ("168.63.129.16", "168.63.129.16", Some("168.63.129.15"), Some("168.63.129.17")),
    ("169.254.0.0", "169.254.255.255", Some("169.253.255.255"), Some("169.255.0.0")),
    ("172.16.0.0", "172.31.255.255", Some("172.15.255.255"), Some("172.32.0.0")),
    ("192.0.0.0", "192.0.0.255", Some("191.255.255.255"), Some("192.0.1.0")),
    ("192.0.2.0", "192.0.2.255", Some("192.0.1.255"), Some("192.0.3.0")),
    ("192.88.99.0", "192.88.99.255", Some("192.88.98.255"), Some("192.88.100.0")),
    ("192.168.0.0", "192.168.255.255", Some("192.167.255.255"), Some("192.169.0.0")),
    ("198.18.0.0", "198.19.255.255", Some("198.17.255.255"), Some("198.20.0.0")),
    ("198.51.100.0", "198.51.100.255", Some("198.51.99.255"), Some("198.51.101.0")),
    ("203.0.113.0", "203.0.113.255", Some("203.0.112.255"), Some("203.0.114.0")),
    ("224.0.0.0", "239.255.255.255", Some("223.255.255.255"), None),
    ("240.0.0.0", "255.255.255.255", None, None),
    ("::", "::", None, None),
    ("::1", "::1", None, None),
    ("::ffff:0.0.0.0", "::ffff:255.255.255.255", None, None),
    ("::0.0.0.2", "::255.255.255.255", None, None),
    ("64:ff9b::", "64:ff9b::ffff:ffff", None, None),
    ("64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", None, None),
    ("100::", "100::ffff:ffff:ffff:ffff", None, None),
    ("2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", Some("2000:ffff::"), Some("2001:200::")),
    ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", Some("2001:db7:ffff::"), Some("2001:db9::")),
    ("2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Some("2001:ffff::"), Some("2003::")),
    ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", Some("3ffe:ffff::"), Some("3fff:1000::")),
    ("5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", None, None),
    ("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", None, None),
    ("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", None, None),
    ("fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", None, None),
    ("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", None, None),
];

#[track_caller]
fn ip(text: &str) -> IpAddr {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn every_special_range_is_refused_to_its_edges_and_no_further() {
    assert_eq!(EDGES.len(), SPECIAL_NETWORKS.len(), "a range without its edges in the table");
    for &(first, last, before, after) in EDGES {
        for refused in [first, last] {
            assert!(!is_public(ip(refused)), "{refused}");
            assert!(special_network(ip(refused)).is_some(), "{refused} has no name");
        }
        for public in [before, after].into_iter().flatten() {
            assert!(is_public(ip(public)), "{public}: {:?}", special_network(ip(public)));
        }
    }
}

#[test]
fn metadata_services_are_refused() {
    for address in
        ["169.254.169.254", "100.100.100.200", "192.0.0.192", "168.63.129.16", "fd00:ec2::254", "fd20:ce::254"]
    {
        assert!(!is_public(ip(address)), "{address}");
    }
}

#[test]
fn public_addresses_are_public() {
    for address in
        ["8.8.8.8", "93.184.215.14", "223.255.255.255", "2606:4700::1111", "2a00:1450:4001::2004", "192.31.196.1"]
    {
        assert!(is_public(ip(address)), "{address}");
    }
}

#[test]
fn what_carries_a_private_address_is_refused_whatever_it_carries() {
    let mut random = fastrand::Rng::with_seed(1);
    for _ in 0..10_000 {
        let carried = u128::from(random.u32(..));
        for bits in [carried, 0xffff << 32 | carried, 0x64_ff9b << 96 | carried, 0x2002 << 112 | carried << 80] {
            assert!(!is_public(Ipv6Addr::from_bits(bits).into()), "{}", Ipv6Addr::from_bits(bits));
        }
    }
}

#[test]
fn the_standard_library_agrees_where_it_has_an_opinion() {
    let mut random = fastrand::Rng::with_seed(2);
    for _ in 0..200_000 {
        let v4 = Ipv4Addr::from_bits(random.u32(..));
        let not_public = v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_multicast();
        if not_public || v4.is_broadcast() || v4.is_documentation() || v4.is_unspecified() {
            assert!(!is_public(v4.into()), "{v4}");
        }
        let v6 = Ipv6Addr::from_bits(random.u128(..));
        if v6.is_unique_local() || v6.is_unicast_link_local() || v6.is_multicast() || v6.segments()[0] >> 13 != 1 {
            assert!(!is_public(v6.into()), "{v6}");
        }
    }
}

#[test]
fn a_network_contains_what_shares_its_prefix() {
    let mut random = fastrand::Rng::with_seed(3);
    for _ in 0..20_000 {
        let (prefix, bits) = (random.u8(..=128), random.u128(..));
        let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
        let network = Network::new(Ipv6Addr::from_bits(bits & mask).into(), prefix).expect("masked");
        assert_eq!(network.to_string().parse(), Ok(network));
        assert!(network.contains(Ipv6Addr::from_bits(bits).into()));
        let other = random.u128(..);
        assert_eq!(network.contains(Ipv6Addr::from_bits(other).into()), other & mask == bits & mask);
        assert!(!network.contains(Ipv4Addr::from_bits(random.u32(..)).into()), "families never mix");
    }
}

#[test]
fn networks_that_are_none_are_refused() {
    for text in [
        "",
        "/",
        "/8",
        "10.0.0.0/",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/+8",
        "10.0.0.1/8",
        "10.0.0/8",
        "::/129",
        "fe80::1/10",
        "example.com",
        "10.0.0.0/8/8",
        " 10.0.0.0/8",
        "10.0.0.0/256",
        "010.0.0.0/8",
    ] {
        let error = text.parse::<Network>().expect_err(text);
        assert!(error.to_string().contains(text), "{error}");
    }
    assert_eq!("0.0.0.0/0".parse::<Network>().map(|all| all.contains(ip("8.8.8.8"))), Ok(true));
    assert_eq!("::1".parse::<Network>(), Ok(Network::from(ip("::1"))));
}

#[test]
fn refused_addresses_are_typed_errors_that_say_why() {
    let error = AddressPolicy::public().check(ip("127.0.0.1")).expect_err("loopback");
    assert_eq!((error.phase(), error.kind()), (Phase::Connect, FetchErrorKind::Forbidden));
    let source = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<ForbiddenAddress>());
    let message = source.expect("typed").to_string();
    assert_eq!(message, "127.0.0.1 is not public: loopback, RFC 1122 (127.0.0.0/8)");
    assert!(AddressPolicy::Any.check(ip("127.0.0.1")).is_ok());
    assert!(AddressPolicy::public().check(ip("4000::1")).is_err(), "IPv6 that nobody has been assigned");
}

#[test]
fn the_allow_list_opens_what_it_names_and_nothing_else() {
    let policy = AddressPolicy::public().allowing("127.0.0.0/8".parse().unwrap()).allowing(ip("::1").into());
    assert!(policy.restricts());
    for (address, permitted) in [
        ("127.0.0.1", true),
        ("127.255.0.1", true),
        ("::1", true),
        ("8.8.8.8", true),
        ("::ffff:127.0.0.1", false),
        ("10.0.0.1", false),
        ("::", false),
    ] {
        assert_eq!(policy.permits(ip(address)), permitted, "{address}");
    }
    assert_eq!(AddressPolicy::Any.allowing(ip("::1").into()), AddressPolicy::Any);
}

#[test]
fn of_a_names_answers_only_the_permitted_remain() {
    let at = |text: &str| SocketAddr::new(ip(text), 80);
    let policy = AddressPolicy::public();
    assert_eq!(policy.permitted([at("10.0.0.1"), at("8.8.8.8"), at("::1")]).unwrap(), [at("8.8.8.8")]);
    assert_eq!(policy.permitted([]).unwrap(), [], "no answers is the resolver's error and not a refusal");
    assert!(policy.permitted([at("10.0.0.1"), at("::1")]).is_err());
}

#[test]
fn a_policy_in_the_request_wins_over_the_mark() {
    let mut extensions = gather_core::http::Extensions::new();
    extensions.insert(Discovered);
    extensions.insert(AddressPolicy::Any);
    assert_eq!(AddressPolicy::of(&extensions), AddressPolicy::Any);
}
