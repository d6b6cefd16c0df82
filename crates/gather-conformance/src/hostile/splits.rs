//! Answers that are followed, in the same breath, by one that nobody asked for.

use super::{Case, Must};

/// The answer is what it is, and what follows is nobody's: the connection ends with it.
pub const SPLITS: &[Case] = &[
    Case::split(
        "split-behind-a-length",
        EXCESS,
        200,
        b"hello",
        evil!("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
    ),
    Case::split("split-behind-nothing", EXCESS, 200, b"", evil!("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")),
    Case::split(
        "split-behind-chunks",
        EXCESS,
        200,
        b"hello",
        evil!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
    ),
    Case::split("split-behind-no-content", NONE, 204, b"", evil!("HTTP/1.1 204 No Content\r\n\r\n")),
    Case::split("split-behind-not-modified", NONE, 304, b"", evil!("HTTP/1.1 304 Not Modified\r\n\r\n")),
    Case::split(
        "no-content-with-content",
        NONE,
        204,
        b"",
        evil!("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello"),
    ),
    Case::split(
        "not-modified-with-content",
        NONE,
        304,
        b"",
        evil!("HTTP/1.1 304 Not Modified\r\nContent-Length: 43\r\n\r\n"),
    ),
    Case::split(
        "not-modified-with-chunks",
        NONE,
        304,
        b"",
        b"HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    ),
    Case::split("head-with-content", NONE, 200, b"", evil!("HTTP/1.1 200 OK\r\nContent-Length: 43\r\n\r\n")).to_head(),
    Case::split(
        "head-with-chunks",
        NONE,
        200,
        b"",
        evil!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
    )
    .to_head(),
    Case::split(
        "split-behind-an-early-answer",
        EXCESS,
        200,
        b"hello",
        evil!("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
    ),
    Case::split(
        "junk-behind-the-answer",
        EXCESS,
        200,
        b"hello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello\0\0\0\0",
    ),
    // An answer of version 1.0 ends its connection unless it says otherwise.
    Case::split("split-in-1-0", EXCESS, 200, b"hello", evil!("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello")),
    // Empty lines between answers are all that RFC 9112, 9.2, lets pass; a client need not.
    Case::split(
        "lines-behind-the-answer",
        "RFC 9112, 9.2",
        200,
        b"hello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello\r\n",
    )
    .must(Must::Tolerate(200, b"hello")),
];

const EXCESS: &str = "RFC 9112, 6.3 and 9.2";
const NONE: &str = "RFC 9112, 6.3 (1) and 9.2";

/// These bytes, and behind them another answer.
macro_rules! evil {
    ($answer:literal) => {
        concat!($answer, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil").as_bytes()
    };
}

use evil;
