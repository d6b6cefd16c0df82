//! What a client does beyond one exchange, over any transport.
//!
//! A transport makes one exchange; what people call a client is policy above it. Each policy here is a plain value that
//! does no I/O, knows no clock but the time it is given, and can be tested from data:
//!
//! | module | decides |
//! |---|---|
//! | [`decode`] | what a `Content-Encoding` hides: bodies decoded as they stream, under caps |

#![forbid(unsafe_code)]

pub mod decode;
