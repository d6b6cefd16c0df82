//! Bodies whose chunks are not as RFC 9112, 7.1, has them.

use super::{Case, Must, Why, chunked};
use gather_core::Phase;

/// Refused in the body: what has been read of it so far is no body, and where it ends is anybody's guess.
pub const CHUNKS: &[Case] = &[
    // The size.
    Case::bad_body("chunk-signed", SIZE, chunked!("+5\r\nhello\r\n0\r\n\r\n")),
    Case::bad_body("chunk-negative", SIZE, chunked!("-5\r\nhello\r\n0\r\n\r\n")),
    Case::bad_body("chunk-of-minus-nothing", SIZE, chunked!("5\r\nhello\r\n-0\r\n\r\n")),
    Case::bad_body("chunk-prefixed", SIZE, chunked!("0x5\r\nhello\r\n0\r\n\r\n")),
    Case::bad_body("chunk-underscored", SIZE, chunked!("0_5\r\nhello\r\n0\r\n\r\n")),
    Case::bad_body("chunk-behind-a-space", SIZE, chunked!(" 5\r\nhello\r\n0\r\n\r\n")),
    Case::bad_body("chunk-behind-a-tab", SIZE, chunked!("\t5\r\nhello\r\n0\r\n\r\n")),
    Case::bad_body("chunk-in-two-words", SIZE, chunked!("5 5\r\nhello\r\n0\r\n\r\n")),
    Case::bad_body("chunk-and-a-word", SIZE, chunked!("5 x\r\nhello\r\n0\r\n\r\n")),
    Case::bad_body("chunk-and-a-letter", SIZE, chunked!("5x\r\nhello\r\n0\r\n\r\n")),
    Case::bad_body("chunk-fractional", SIZE, chunked!("5.0\r\nhello\r\n0\r\n\r\n")),
    Case::bad_body("chunk-quoted", SIZE, chunked!("\"5\"\r\nhello\r\n0\r\n\r\n")),
    Case::bad_body("chunk-no-hexadecimal", SIZE, chunked!("G\r\nhello\r\n0\r\n\r\n")),
    Case::bad_body("chunk-without-size", SIZE, chunked!("\r\nhello\r\n0\r\n\r\n")),
    Case::bad_body("chunk-of-extension-only", SIZE, chunked!(";a=b\r\nhello\r\n0\r\n\r\n")),
    Case::bad_body("chunk-with-nul", SIZE, chunked!("5\0\r\nhello\r\n0\r\n\r\n")),
    // 17 digits: beyond 64 bits, and what is left of them when the first is lost.
    Case::bad_body("chunk-of-17-digits", OVERFLOW, chunked!("10000000000000005\r\nhello\r\n0\r\n\r\n")),
    Case::bad_body("chunk-of-17-fs", OVERFLOW, chunked!("fffffffffffffffff\r\nhello\r\n0\r\n\r\n")),
    // The ends of lines.
    Case::bad_body("chunk-line-feed-alone", LINES, chunked!("5\nhello\r\n0\r\n\r\n")),
    Case::bad_body("chunk-carriage-return-alone", LINES, chunked!("5\rhello\r\n0\r\n\r\n")),
    Case::bad_body("chunk-two-carriage-returns", LINES, chunked!("5\r\r\nhello\r\n0\r\n\r\n")),
    Case::bad_body("chunk-extension-with-line-feed", LINES, chunked!("5;a\nhello\r\n0\r\n\r\n")),
    Case::bad_body("chunk-extension-with-carriage-return", LINES, chunked!("5\r;a\r\nhello\r\n0\r\n\r\n")),
    Case::bad_body("chunk-extension-hides-a-chunk", LINES, chunked!("2\r\r;a\r\n02\r\n41\r\n0\r\n\r\n")),
    // The data and its size.
    Case::bad_body("chunk-without-its-end", DATA, chunked!("5\r\nhello0\r\n\r\n")),
    Case::bad_body("chunk-longer-than-said", DATA, chunked!("5\r\nhello!\r\n0\r\n\r\n")),
    Case::bad_body("chunk-shorter-than-said", DATA, chunked!("6\r\nhello\r\n0\r\n\r\n")),
    Case::bad_body("chunk-data-then-line-feed", DATA, chunked!("5\r\nhello\n0\r\n\r\n")),
    Case::bad_body("chunk-data-then-carriage-return", DATA, chunked!("5\r\nhello\r0\r\n\r\n")),
    Case::bad_body("last-chunk-then-junk", SIZE, chunked!("5\r\nhello\r\n0 x\r\n\r\n")),
    // Trailers, which are fields like any other.
    Case::bad_body("trailer-without-colon", TRAILERS, chunked!("5\r\nhello\r\n0\r\nno colon here\r\n\r\n")),
    Case::bad_body("trailer-with-space-before-colon", TRAILERS, chunked!("5\r\nhello\r\n0\r\nX : y\r\n\r\n")),
    Case::bad_body("trailer-with-nul", TRAILERS, chunked!("5\r\nhello\r\n0\r\nX: \0\r\n\r\n")),
    // What never comes.
    Case::bad_body("chunk-cut-in-size", CUT, chunked!("5\r\nhello\r\n5")).then_closes().must(ENDED),
    Case::bad_body("chunk-cut-in-data", CUT, chunked!("5\r\nhel")).then_closes().must(ENDED),
    Case::bad_body("chunk-cut-before-its-end", CUT, chunked!("5\r\nhello")).then_closes().must(ENDED),
    Case::bad_body("chunk-of-all-there-is", CUT, chunked!("ffffffffffffff\r\nhello")).then_closes().must(ENDED),
    Case::bad_body("last-chunk-missing", CUT, chunked!("5\r\nhello\r\n")).then_closes().must(ENDED),
    Case::bad_body("last-chunk-cut", CUT, chunked!("5\r\nhello\r\n0\r\n")).then_closes().must(ENDED),
    Case::bad_body("half-closed-in-data", CUT, chunked!("5\r\nhel")).then_half_closes().must(ENDED),
    Case::bad_body("half-closed-behind-the-head", CUT, chunked!("")).then_half_closes().must(ENDED),
    Case::bad_body("trailer-cut", CUT, chunked!("5\r\nhello\r\n0\r\nX: y\r\n")).then_closes().must(ENDED),
];

const ENDED: Must = Must::Refuse(Phase::Body, Why::Ended);

const SIZE: &str = "RFC 9112, 7.1: chunk-size";
const OVERFLOW: &str = "RFC 9112, 7.1: large numerals";
const LINES: &str = "RFC 9112, 7.1: CRLF, which 2.2 does not relax here";
const DATA: &str = "RFC 9112, 7.1: chunk-data CRLF";
const TRAILERS: &str = "RFC 9112, 7.1.2";
const CUT: &str = "RFC 9112, 8: incomplete messages";
