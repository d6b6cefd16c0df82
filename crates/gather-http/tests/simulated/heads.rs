//! How large a head may be, and of how many fields.

use gather_core::{FetchErrorKind, Phase};
use gather_http::Builder;

use crate::network::on_network;

/// A response with so many fields, their length included, of so many bytes each.
fn response(fields: usize, bytes: usize) -> String {
    let value = "x".repeat(bytes.saturating_sub("x-000: \r\n".len()));
    let fields: String = (1..fields).map(|number| format!("x-{number:03}: {value}\r\n")).collect();
    format!("HTTP/1.1 200 OK\r\n{fields}content-length: 2\r\n\r\nok")
}

fn check(settings: impl Fn(Builder) -> Builder, cases: &[(usize, usize, bool)]) {
    for &(fields, bytes, accepted) in cases {
        on_network(async |network| {
            network.answers("192.0.2.1", response(fields, bytes));
            let client = network.build(settings(network.settings()));
            let page = network.page(&client, "http://192.0.2.1/").await;
            match page {
                Ok(body) => assert!(accepted && body == "ok", "{fields} fields of {bytes} bytes were accepted"),
                Err(error) => {
                    assert!(!accepted, "{fields} fields of {bytes} bytes: {error:?}");
                    let is_limit = matches!(error.kind(), FetchErrorKind::TooMany(_) | FetchErrorKind::TooLarge(_));
                    assert!(error.phase() == Phase::Head && is_limit, "{error:?}");
                }
            }
        });
    }
}

#[test]
fn a_hundred_fields_are_accepted_and_one_more_is_not() {
    check(|settings| settings, &[(100, 20, true), (101, 20, false)]);
}

#[test]
fn number_of_fields_is_a_setting() {
    check(|settings| settings.max_header_fields(7), &[(7, 20, true), (8, 20, false)]);
    check(|settings| settings.max_header_fields(300), &[(300, 20, true), (301, 20, false)]);
}

#[test]
fn size_of_a_head_is_bounded() {
    check(|settings| settings, &[(60, 1 << 10, true), (90, 2 << 10, false)]);
}

#[test]
fn size_of_a_head_is_a_setting() {
    check(|settings| settings.max_head_bytes(16 << 10), &[(15, 1 << 10, true), (60, 1 << 10, false)]);
    check(|settings| settings.max_head_bytes(256 << 10), &[(90, 2 << 10, true)]);
    // Less than this is not to be had.
    check(|settings| settings.max_head_bytes(0), &[(7, 1 << 10, true), (60, 1 << 10, false)]);
}
