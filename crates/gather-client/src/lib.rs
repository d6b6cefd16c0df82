//! What a client does beyond one exchange, over any transport.
//!
//! A transport makes one exchange; what people call a client is policy above it. Each policy here is a plain value that
//! does no I/O, knows no clock but the time it is given, and can be tested from data:
//!
//! | module | decides |
//! |---|---|
//! | [`charset`] | which encoding a page is in: byte order mark, field, `meta`, detection |
//! | [`decode`] | what a `Content-Encoding` hides: bodies decoded as they stream, under caps |
//! | `json` | a page of JSON as a value of a type of yours |
//! | [`text`] | a page as a `String`, whatever its encoding |

#![forbid(unsafe_code)]

pub mod charset;
pub mod decode;
#[cfg(feature = "json")]
pub mod json;
pub mod text;
