//! Heads that are not as RFC 9112, 2 to 5, has them.

use super::{Case, Must, Why, ok};
use gather_core::Phase;

/// Refused in the head.
pub const HEADS: &[Case] = &[
    // The version.
    Case::bad_head("status-line-of-another-protocol", VERSION, b"ICY 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
    Case::bad_head("status-line-misspelt", VERSION, b"HTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
    Case::bad_head("status-line-lower-case", VERSION, b"http/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
    Case::bad_head("version-2", VERSION, b"HTTP/2.0 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
    Case::bad_head("version-0-9", VERSION, b"HTTP/0.9 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
    Case::bad_head("version-01-1", VERSION, b"HTTP/01.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
    Case::bad_head("version-1-10", VERSION, b"HTTP/1.10 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
    Case::bad_head("version-then-tab", VERSION, b"HTTP/1.1\t200 OK\r\nContent-Length: 5\r\n\r\nhello"),
    Case::bad_head("page-without-a-head", "RFC 9112, 2.1: no HTTP/0.9", b"<!doctype html><p>hello</p>\r\n\r\n"),
    Case::bad_head("page-without-a-head-that-closes", "RFC 9112, 2.1: no HTTP/0.9", b"<p>hello</p>").then_closes(),
    Case::bad_head("greeting-of-a-mail-server", VERSION, b"220 mail.example ESMTP\r\n"),
    Case::bad_head("handshake-of-tls", VERSION, b"\x15\x03\x01\x00\x02\x02\x46"),
    Case::bad_head("request-instead-of-an-answer", VERSION, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    // The status.
    Case::bad_head("status-of-two-digits", STATUS, b"HTTP/1.1 20 OK\r\nContent-Length: 5\r\n\r\nhello"),
    Case::bad_head("status-of-four-digits", STATUS, b"HTTP/1.1 2000 OK\r\nContent-Length: 5\r\n\r\nhello"),
    Case::bad_head("status-signed", STATUS, b"HTTP/1.1 +20 OK\r\nContent-Length: 5\r\n\r\nhello"),
    Case::bad_head("status-with-a-letter", STATUS, b"HTTP/1.1 2x0 OK\r\nContent-Length: 5\r\n\r\nhello"),
    Case::bad_head("status-below-100", STATUS, b"HTTP/1.1 099 OK\r\nContent-Length: 5\r\n\r\nhello"),
    Case::bad_head("status-000", STATUS, b"HTTP/1.1 000 OK\r\nContent-Length: 5\r\n\r\nhello"),
    Case::bad_head("status-glued-to-its-reason", STATUS, b"HTTP/1.1 200OK\r\nContent-Length: 5\r\n\r\nhello"),
    Case::bad_head("status-missing", STATUS, b"HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello"),
    Case::bad_head("reason-with-nul", STATUS, b"HTTP/1.1 200 O\0K\r\nContent-Length: 5\r\n\r\nhello"),
    Case::bad_head("reason-with-carriage-return", STATUS, b"HTTP/1.1 200 O\rK\r\nContent-Length: 5\r\n\r\nhello"),
    // The names of fields.
    Case::bad_head("space-before-colon", COLON, ok!("Content-Length : 5\r\n", "hello")),
    Case::bad_head("tab-before-colon", COLON, ok!("Transfer-Encoding\t: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n")),
    Case::bad_head("space-in-name", NAME, ok!("Content Length: 5\r\n", "hello")),
    Case::bad_head("name-with-nul", NAME, ok!("X\0Y: z\r\nContent-Length: 5\r\n", "hello")),
    Case::bad_head("name-with-carriage-return", NAME, ok!("X\rY: z\r\nContent-Length: 5\r\n", "hello")),
    Case::bad_head("name-with-delimiters", NAME, ok!("X(Y)=Z: z\r\nContent-Length: 5\r\n", "hello")),
    Case::bad_head("name-beyond-ascii", NAME, b"HTTP/1.1 200 OK\r\n\xff\xfe: z\r\nContent-Length: 5\r\n\r\nhello"),
    Case::bad_head("name-empty", NAME, ok!(": z\r\nContent-Length: 5\r\n", "hello")),
    Case::bad_head("line-without-colon", NAME, ok!("no colon here\r\nContent-Length: 5\r\n", "hello")),
    Case::bad_head("space-before-the-first-name", START, ok!(" Content-Length: 5\r\n", "hello")),
    Case::bad_head(
        "tab-before-the-first-name",
        START,
        ok!("\tTransfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"),
    ),
    // Their values.
    Case::bad_head("value-with-nul", VALUE, ok!("X: a\0b\r\nContent-Length: 5\r\n", "hello")),
    Case::bad_head(
        "value-with-carriage-return",
        BARE,
        ok!("X: a\rContent-Length: 4\r\nContent-Length: 5\r\n", "hello"),
    ),
    Case::bad_head("value-with-two-carriage-returns", BARE, ok!("X: a\r\r\nContent-Length: 5\r\n", "hello")),
    Case::bad_head("length-behind-vertical-tab", VALUE, ok!("Content-Length: \u{b}5\r\n", "hello")),
    Case::bad_head(
        "chunked-behind-form-feed",
        VALUE,
        ok!("Transfer-Encoding: \u{c}chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"),
    ),
    Case::bad_head("chunked-behind-nul", VALUE, ok!("Transfer-Encoding: \0chunked\r\n", "5\r\nhello\r\n0\r\n\r\n")),
    // The end.
    Case::bad_head("end-with-carriage-return-alone", BARE, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\rhello"),
    Case::bad_head("nothing-but-empty-lines", "RFC 9112, 8", b"\r\n\r\n\r\n")
        .then_closes()
        .must(Must::Refuse(Phase::Head, Why::ProtocolOrEnded)),
    // Another protocol, which nobody asked for.
    Case::bad_head(
        "switches-protocols",
        SWITCH,
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n\
          \x81\x05hello",
    ),
    Case::bad_head(
        "switches-protocols-silently",
        SWITCH,
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n\
          HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    ),
];

const VERSION: &str = "RFC 9112, 2.3 and 4";
const STATUS: &str = "RFC 9112, 4";
const COLON: &str = "RFC 9112, 5.1";
const NAME: &str = "RFC 9110, 5.1 and 5.6.2";
const START: &str = "RFC 9112, 2.2";
const VALUE: &str = "RFC 9110, 5.5";
const BARE: &str = "RFC 9112, 2.2: bare CR";
const SWITCH: &str = "RFC 9110, 7.8 and 15.2.2";
