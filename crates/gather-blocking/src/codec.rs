//! HTTP/1.1 without any I/O: a request becomes bytes, bytes become a response. As small as a scraper can do with.
//!
//! It reads no socket and knows no clock, so the same code serves [`Raw`](crate::Raw), which blocks, and a loop that does
//! not. In reading order: [`encode`] writes a request, [`Framing`] says where a body ends, [`Decoder`] takes a response
//! apart, [`DecodeError`] says why it would not.
//!
//! It is strict where leniency is how responses are smuggled: two lengths that differ, a length beside `chunked`, a
//! chunk size that is not plain hexadecimal, an answer that does not begin with `HTTP/1.`. And it is bounded: a head has
//! at most [`HEAD_LIMIT`] bytes and [`FIELD_LIMIT`] fields, the chunked coding at most [`CHUNK_OVERHEAD_LIMIT`] bytes of
//! extensions and trailers.
//!
//! ```
//! use bytes::BytesMut;
//! use gather_blocking::codec::{Decoder, Piece, blank_head, encode};
//!
//! let request = gather_core::get("http://localhost/a?b")?;
//! let mut output = Vec::new();
//! encode(&request, &mut output)?;
//! assert_eq!(output, b"GET /a?b HTTP/1.1\r\nhost: localhost\r\n\r\n");
//!
//! let mut input = BytesMut::from("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
//! let mut head = blank_head();
//! let mut decoder = Decoder::new(request.method());
//! assert!(decoder.head(&mut input, &mut head)?);
//! assert_eq!(head.status, 200);
//! assert!(matches!(decoder.body(&mut input)?, Piece::Data(body) if body == "hello"));
//! assert!(matches!(decoder.body(&mut input)?, Piece::End));
//! assert!(decoder.is_reusable(&input));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod chunked;
mod decode;
mod encode;
mod error;
mod framing;

pub use chunked::CHUNK_OVERHEAD_LIMIT;
pub use decode::{Decoder, FIELD_LIMIT, HEAD_LIMIT, Piece, blank_head};
pub use encode::encode;
pub(crate) use encode::{asks_to_close, has_content};
pub use error::DecodeError;
pub use framing::Framing;
