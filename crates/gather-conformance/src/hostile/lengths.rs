//! Answers whose length can be read in two ways, or in none.

use super::{Case, Must, Promise, Why, ok};
use gather_core::Phase;

/// Refused as soon as the head is there, because nobody can know where the next answer begins.
pub const LENGTHS: &[Case] = &[
    // Both.
    Case::bad_head("both", BOTH, ok!("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n")),
    Case::bad_head(
        "both-reversed",
        BOTH,
        ok!("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "5\r\nhello\r\n0\r\n\r\n"),
    ),
    Case::bad_head("both-and-none", BOTH, ok!("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")),
    Case::bad_head(
        "both-behind-a-line-feed",
        BOTH,
        ok!("X: y\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n", "hello"),
    ),
    // Two numbers.
    Case::bad_head("two-lengths", SAME, ok!("Content-Length: 5\r\nContent-Length: 6\r\n", "hello!")),
    Case::bad_head("two-lengths-in-a-list", SAME, ok!("Content-Length: 5, 6\r\n", "hello!")),
    Case::bad_head("two-lengths-far-apart", SAME, ok!("Content-Length: 5\r\nX: y\r\ncontent-length: 4\r\n", "hello")),
    Case::bad_head("two-lengths-of-three", SAME, ok!("Content-Length: 5, 5\r\nContent-Length: 6\r\n", "hello!")),
    // No number.
    Case::bad_head("length-negative", DIGITS, ok!("Content-Length: -5\r\n", "hello")),
    Case::bad_head("length-signed", DIGITS, ok!("Content-Length: +5\r\n", "hello")),
    Case::bad_head("length-empty", DIGITS, ok!("Content-Length:\r\n", "hello")),
    Case::bad_head("length-blank", DIGITS, ok!("Content-Length: \t \r\n", "hello")),
    Case::bad_head("length-and-a-comma", DIGITS, ok!("Content-Length: 5,\r\n", "hello")),
    Case::bad_head("length-behind-a-comma", DIGITS, ok!("Content-Length: ,5\r\n", "hello")),
    Case::bad_head("length-in-two-words", DIGITS, ok!("Content-Length: 5 5\r\n", "hello")),
    Case::bad_head("length-hexadecimal", DIGITS, ok!("Content-Length: 0x5\r\n", "hello")),
    Case::bad_head("length-underscored", DIGITS, ok!("Content-Length: 0_5\r\n", "hello")),
    Case::bad_head("length-fractional", DIGITS, ok!("Content-Length: 5.0\r\n", "hello")),
    Case::bad_head("length-with-exponent", DIGITS, ok!("Content-Length: 5e0\r\n", "hello")),
    Case::bad_head("length-quoted", DIGITS, ok!("Content-Length: \"5\"\r\n", "hello")),
    Case::bad_head("length-with-parameter", DIGITS, ok!("Content-Length: 5;q=1\r\n", "hello")),
    Case::bad_head("length-with-a-letter", DIGITS, ok!("Content-Length: 5a\r\n", "hello")),
    Case::bad_head("length-full-width", DIGITS, ok!("Content-Length: \u{ff15}\r\n", "hello")),
    Case::bad_head("length-no-break-space", DIGITS, b"HTTP/1.1 200 OK\r\nContent-Length: \xa05\r\n\r\nhello"),
    Case::bad_head("length-a-word", DIGITS, ok!("Content-Length: five\r\n", "hello")),
    // Numbers beyond what can be counted: 2^64, and twenty digits.
    Case::bad_head("length-of-2-to-the-64", "RFC 9110, 8.6", ok!("Content-Length: 18446744073709551616\r\n", "hello")),
    Case::bad_head("length-overflowing", "RFC 9110, 8.6", ok!("Content-Length: 99999999999999999999\r\n", "hello")),
    Case::bad_head("length-wrapping-to-5", "RFC 9110, 8.6", ok!("Content-Length: 18446744073709551621\r\n", "hello")),
    // Transfer codings that nobody has offered, or that are misspelt.
    Case::bad_head("chunked-twice", TWICE, ok!("Transfer-Encoding: chunked, chunked\r\n", "5\r\nhello\r\n0\r\n\r\n")),
    Case::bad_head(
        "chunked-on-two-lines",
        TWICE,
        ok!("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"),
    ),
    Case::bad_head("chunked-with-a-letter-before", CODINGS, ok!("Transfer-Encoding: xchunked\r\n", "hello")),
    Case::bad_head("chunked-with-a-letter-behind", CODINGS, ok!("Transfer-Encoding: chunkedx\r\n", "hello")),
    Case::bad_head("chunked-quoted", CODINGS, ok!("Transfer-Encoding: \"chunked\"\r\n", "hello")),
    Case::bad_head(
        "chunked-with-parameter",
        CODINGS,
        ok!("Transfer-Encoding: chunked;q=1\r\n", "5\r\nhello\r\n0\r\n\r\n"),
    ),
    Case::bad_head("chunked-and-a-comma", CODINGS, ok!("Transfer-Encoding: chunked,\r\n", "5\r\nhello\r\n0\r\n\r\n")),
    Case::bad_head(
        "chunked-no-break-space",
        CODINGS,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\xa0\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    ),
    Case::bad_head(
        "gzip-then-chunked",
        CODINGS,
        ok!("Transfer-Encoding: gzip, chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"),
    ),
    Case::bad_head("chunked-then-gzip", CODINGS, ok!("Transfer-Encoding: chunked, gzip\r\n", "hello")),
    Case::bad_head(
        "chunked-then-identity",
        CODINGS,
        ok!("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "hello"),
    ),
    Case::bad_head(
        "identity-then-chunked",
        CODINGS,
        ok!("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"),
    ),
    Case::bad_head("identity", CODINGS, ok!("Transfer-Encoding: identity\r\n", "hello")),
    Case::bad_head("identity-and-a-length", BOTH, ok!("Transfer-Encoding: identity\r\nContent-Length: 5\r\n", "hello")),
    Case::bad_head("transfer-coding-unknown", CODINGS, ok!("Transfer-Encoding: cow\r\n", "hello")),
    Case::bad_head("transfer-coding-empty", CODINGS, ok!("Transfer-Encoding:\r\n", "hello")),
    Case::bad_head(
        "chunked-in-1-0",
        "RFC 9112, 6.1",
        b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    ),
    // More than fits into memory or on any disk is a number all the same; what it announces does not come.
    Case::bad_body("length-of-exabytes", "RFC 9110, 8.6", ok!("Content-Length: 1152921504606846976\r\n", "hello"))
        .must(Must::Refuse(Phase::Body, Why::Limit))
        .promised(Promise::Always),
];

const BOTH: &str = "RFC 9112, 6.3 (3)";
const SAME: &str = "RFC 9112, 6.3 (5)";
const DIGITS: &str = "RFC 9110, 8.6; RFC 9112, 6.3 (5)";
const CODINGS: &str = "RFC 9112, 6.1 and 7.4";
const TWICE: &str = "RFC 9112, 6.1";
