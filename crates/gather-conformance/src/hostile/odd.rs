//! Answers that look wrong and are in order, and those that a client may take either way.

use super::{Case, Must, chunked, ok};

/// Accepted, so that strictness does not become refusal of whatever is rare; or tolerable, and then read in this one way.
pub const ODDITIES: &[Case] = &[
    Case::lawful("plain", "RFC 9112, 6.3 (6)", ok!("Content-Length: 5\r\n", "hello")),
    Case::lawful("length-with-zeros", "RFC 9110, 8.6: 1*DIGIT", ok!("Content-Length: 0000005\r\n", "hello")),
    Case::lawful("length-in-blanks", "RFC 9112, 5.1: OWS", ok!("Content-Length: \t 5 \t\r\n", "hello")),
    Case::lawful("length-without-blanks", "RFC 9112, 5.1: OWS", ok!("Content-Length:5\r\n", "hello")),
    Case::lawful("reason-missing", "RFC 9112, 4", b"HTTP/1.1 200 \r\nContent-Length: 5\r\n\r\nhello"),
    Case::lawful(
        "reason-long",
        "RFC 9112, 4",
        b"HTTP/1.1 200 As you like it, or 404\r\nContent-Length: 5\r\n\r\nhello",
    ),
    Case::lawful("status-unknown", "RFC 9110, 15", b"HTTP/1.1 299 What\r\nContent-Length: 5\r\n\r\nhello")
        .must(Must::Accept(299, b"hello")),
    Case::lawful("version-1-0", "RFC 9112, 6.3 (6)", b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
    Case::lawful("value-empty", "RFC 9110, 5.5", ok!("X:\r\nContent-Length: 5\r\n", "hello")),
    Case::lawful(
        "value-beyond-ascii",
        "RFC 9110, 5.5: obs-text",
        b"HTTP/1.1 200 OK\r\nX: \xe4\xff\r\nContent-Length: 5\r\n\r\nhello",
    ),
    Case::lawful(
        "name-of-symbols",
        "RFC 9110, 5.6.2: tchar",
        ok!("!#$%&'*+-.^_`|~: z\r\nContent-Length: 5\r\n", "hello"),
    ),
    Case::lawful(
        "name-that-looks-like-another",
        "RFC 9110, 5.1",
        ok!("Transfer_Encoding: chunked\r\nContent-Length: 5\r\n", "hello"),
    ),
    Case::lawful("until-it-closes", "RFC 9112, 6.3 (8)", ok!("X: y\r\n", "hello")).then_closes(),
    Case::lawful("until-it-half-closes", "RFC 9112, 6.3 (8)", ok!("X: y\r\n", "hello")).then_half_closes(),
    Case::lawful("whole-and-half-closed", "RFC 9112, 9.6", ok!("Content-Length: 5\r\n", "hello")).then_half_closes(),
    Case::lawful(
        "chunked-in-capitals",
        "RFC 9112, 7",
        ok!("Transfer-Encoding: CHUNKED\r\n", "5\r\nhello\r\n0\r\n\r\n"),
    ),
    Case::lawful(
        "chunks-of-one",
        "RFC 9112, 7.1",
        chunked!("1\r\nh\r\n1\r\ne\r\n1\r\nl\r\n1\r\nl\r\n1\r\no\r\n0\r\n\r\n"),
    ),
    Case::lawful("chunk-with-zeros", "RFC 9112, 7.1: 1*HEXDIG", chunked!("00000005\r\nhello\r\n000\r\n\r\n")),
    Case::lawful("chunk-with-extensions", "RFC 9112, 7.1.1", chunked!("5;a;b=c;d=\"e;f\"\r\nhello\r\n0;last\r\n\r\n")),
    Case::lawful("trailers", "RFC 9112, 7.1.2", chunked!("5\r\nhello\r\n0\r\nX: y\r\nX: z\r\n\r\n")),
    Case::lawful(
        "trailers-that-would-be-lengths",
        "RFC 9110, 6.5.1",
        chunked!("5\r\nhello\r\n0\r\nContent-Length: 99\r\n\r\n"),
    ),
    Case::lawful(
        "early-answers",
        "RFC 9110, 15.2",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n\
          HTTP/1.1 103 Early Hints\r\nLink: </b>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    ),
    Case::lawful(
        "early-answer-with-a-length",
        "RFC 9112, 6.3 (1)",
        b"HTTP/1.1 103 Early Hints\r\nContent-Length: 99\r\n\r\n\
          HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    ),
    Case::lawful(
        "nothing-with-both-lengths",
        "RFC 9112, 6.3 (1)",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
    )
    .to_head()
    .must(Must::Tolerate(200, b"")),
    Case::lawful(
        "not-modified-with-a-length",
        "RFC 9112, 6.3 (1)",
        b"HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n",
    )
    .must(Must::Accept(304, b"")),
    Case::lawful(
        "no-content-with-a-length",
        "RFC 9112, 6.3 (1)",
        b"HTTP/1.1 204 No Content\r\nContent-Length: 99\r\n\r\n",
    )
    .must(Must::Accept(204, b"")),
    // Either way.
    Case::tolerable(
        "lengths-all-the-same",
        "RFC 9110, 8.6",
        ok!("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"),
    ),
    Case::tolerable("lengths-all-the-same-in-a-list", "RFC 9110, 8.6", ok!("Content-Length: 5, 5\r\n", "hello")),
    Case::tolerable(
        "chunked-behind-a-comma",
        "RFC 9110, 5.6.1",
        ok!("Transfer-Encoding: ,chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"),
    ),
    // A client that does not take these for the ends of lines waits for one, as long as there may be more.
    Case::tolerable("lines-with-line-feed-alone", "RFC 9112, 2.2: MAY", b"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello")
        .then_closes(),
    Case::tolerable("empty-lines-first", "RFC 9112, 2.2", b"\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
    Case::tolerable("folded-value", "RFC 9112, 5.2", ok!("X: a\r\n b\r\nContent-Length: 5\r\n", "hello")),
    Case::tolerable(
        "folded-chunked",
        "RFC 9112, 5.2",
        ok!("Transfer-Encoding:\r\n chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"),
    ),
    Case::tolerable("version-1-2", "RFC 9110, 2.5", b"HTTP/1.2 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
    Case::tolerable(
        "two-spaces-before-the-status",
        "RFC 9112, 4",
        b"HTTP/1.1  200 OK\r\nContent-Length: 5\r\n\r\nhello",
    ),
    Case::tolerable("reason-and-its-space-missing", "RFC 9112, 4", b"HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello"),
    Case::tolerable("value-with-escape", "RFC 9110, 5.5: MAY", ok!("X: \u{1b}[2J\r\nContent-Length: 5\r\n", "hello")),
    Case::tolerable("value-with-delete", "RFC 9110, 5.5: MAY", ok!("X: \u{7f}\r\nContent-Length: 5\r\n", "hello")),
    // Old servers pad the size to a fixed width. Whoever reads on finds the same end of the line.
    Case::tolerable("chunk-padded-with-spaces", "RFC 9112, 7.1.1: BWS", chunked!("5   \r\nhello\r\n0   \r\n\r\n")),
    Case::tolerable(
        "chunk-of-17-digits-with-zeros",
        "RFC 9112, 7.1: large numerals",
        chunked!("00000000000000005\r\nhello\r\n0\r\n\r\n"),
    ),
    Case::tolerable("chunk-extension-with-nul", "RFC 9112, 7.1.1", chunked!("5;\0\r\nhello\r\n0\r\n\r\n")),
];
