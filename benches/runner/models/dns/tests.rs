//! Which lookups are right.

use std::io;

use super::answer_of;

#[track_caller]
fn check(addresses: &[&str], pages: u64, links: u64, errors: u64) {
    let found = addresses.iter().map(|address| address.parse().expect("an address")).collect();
    let answer = answer_of("name", Ok(found)).expect("the lookup succeeded");
    assert_eq!((answer.pages, answer.links, answer.errors), (pages, links, errors), "{addresses:?}");
}

#[test]
fn only_addresses_of_this_machine_are_right() {
    check(&["127.0.0.1:0"], 1, 1, 0);
    check(&["127.0.0.1:0", "[::1]:0"], 1, 2, 0);
    check(&["192.0.2.1:0"], 0, 0, 1);
    check(&["127.0.0.1:0", "192.0.2.1:0"], 0, 0, 1);
    check(&[], 0, 0, 1);
}

#[test]
fn another_address_is_another_checksum() {
    let checksum = |address: &str| {
        let found = vec![address.parse().expect("an address")];
        answer_of("name", Ok(found)).expect("the lookup succeeded").checksum
    };
    assert_ne!(checksum("127.0.0.1:0"), checksum("127.0.0.2:0"));
    assert_ne!(checksum("127.0.0.1:0"), checksum("[::1]:0"));
}

#[test]
fn a_name_that_is_unknown_is_named() {
    let failure = answer_of("nowhere", Err(io::Error::other("no such name"))).unwrap_err();
    assert_eq!((failure.kind, &*failure.message), ("dns", "`nowhere`: no such name"));
}
