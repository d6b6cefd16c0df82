//! Answers that go on for ever without getting anywhere, or for longer than anybody needs.

use super::{Answer, Case, Must, Promise, Why, ok};
use gather_core::Phase;

/// Refused after a bounded number of bytes, long before the deadline.
pub const FLOODS: &[Case] = &[
    // The head.
    Case {
        answer: Answer {
            before: b"HTTP/1.1 200 OK\r\n",
            again: b"X-A: b\r\n",
            times: 10_000,
            after: b"Content-Length: 5\r\n\r\nhello",
        },
        ..Case::endless("10000-fields", FIELDS, b"", b"", HEAD)
    },
    Case {
        answer: Answer {
            before: b"HTTP/1.1 200 OK\r\nX: ",
            again: b"0123456789abcdef",
            times: 1 << 16,
            after: b"\r\nContent-Length: 5\r\n\r\nhello",
        },
        ..Case::endless("field-of-a-megabyte", FIELDS, b"", b"", HEAD)
    },
    Case::endless("fields-without-end", FIELDS, b"HTTP/1.1 200 OK\r\n", b"X-And-So-On: and so on\r\n", HEAD),
    Case::endless("fields-without-names-without-end", FIELDS, b"HTTP/1.1 200 OK\r\n", b"X:\r\n", HEAD),
    Case::endless("value-without-end", FIELDS, b"HTTP/1.1 200 OK\r\nX: ", b"and so on ", HEAD),
    Case::endless("name-without-end", FIELDS, b"HTTP/1.1 200 OK\r\n", b"and-so-on-", HEAD),
    Case::endless("reason-without-end", FIELDS, b"HTTP/1.1 200 ", b"and so on ", HEAD),
    // Some take no empty line in front of an answer, and are right.
    Case::endless("empty-lines-without-end", FIELDS, b"", b"\r\n", Must::Refuse(Phase::Head, Why::ProtocolOrLimit)),
    // Answers before the answer.
    Case::endless("continue-without-end", EARLY, b"", b"HTTP/1.1 100 Continue\r\n\r\n", HEAD)
        .promised(Promise::InterimLimits),
    Case::endless(
        "early-hints-without-end",
        EARLY,
        b"",
        b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n",
        HEAD,
    )
    .promised(Promise::InterimLimits),
    Case::endless("unknown-early-answers-without-end", EARLY, b"", b"HTTP/1.0 199 Wait\r\nX: y\r\n\r\n", HEAD)
        .promised(Promise::InterimLimits),
    Case {
        answer: Answer {
            before: b"",
            again: b"HTTP/1.1 102 Processing\r\n\r\n",
            times: 100_000,
            after: ok!("Content-Length: 5\r\n", "hello"),
        },
        ..Case::endless("100000-early-answers", EARLY, b"", b"", HEAD).promised(Promise::InterimLimits)
    },
    // The framing of a body, none of which ever reaches the reader, whose limits therefore never strike.
    Case::endless("chunk-size-of-zeros-without-end", FRAMING, CHUNKED, b"0000000000000000", BODY)
        .promised(Promise::StrictFraming),
    Case::endless(
        "chunk-padding-without-end",
        FRAMING,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5",
        b"        ",
        BODY,
    )
    .promised(Promise::StrictFraming),
    Case::endless(
        "chunk-extension-without-end",
        FRAMING,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;",
        b"and-so-on",
        BODY,
    )
    .promised(Promise::StrictFraming),
    Case::endless(
        "chunk-extensions-without-end",
        FRAMING,
        CHUNKED,
        b"1;and=so;on;and=so;on;and=so;on;and=so;on\r\nx\r\n",
        BODY,
    )
    .promised(Promise::StrictFraming),
    Case::endless(
        "trailers-without-end",
        FRAMING,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
        b"X: y\r\n",
        BODY,
    )
    .promised(Promise::StrictFraming),
    Case::endless(
        "trailer-without-end",
        FRAMING,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ",
        b"and so on ",
        BODY,
    )
    .promised(Promise::StrictFraming),
    // Bodies, which the limit of the exchange ends.
    Case::endless("chunks-of-one-without-end", BODIES, CHUNKED, b"1\r\nx\r\n", CAPPED).promised(Promise::Always),
    Case::endless("body-without-end", BODIES, b"HTTP/1.1 200 OK\r\n\r\n", b"and so on ", CAPPED)
        .promised(Promise::Always),
];

const HEAD: Must = Must::Refuse(Phase::Head, Why::Limit);
const BODY: Must = Must::Refuse(Phase::Body, Why::ProtocolOrLimit);
const CAPPED: Must = Must::Refuse(Phase::Body, Why::Limit);

const CHUNKED: &[u8] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

const FIELDS: &str = "RFC 9110, 5.4: limits";
const EARLY: &str = "RFC 9110, 15.2 and 17.5";
const FRAMING: &str = "RFC 9112, 7.1.1: limit the extensions";
const BODIES: &str = "RFC 9110, 17.5";
