//! A response, taken apart as its bytes arrive.

use std::mem::MaybeUninit;

use bytes::{Bytes, BytesMut};
use gather_core::Head;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, Version};

use super::chunked::Chunked;
use super::framing::keeps_alive;
use super::{DecodeError, Framing};

/// The most bytes that the head of a response may have, interim responses (1xx) before it included.
pub const HEAD_LIMIT: usize = 64 << 10;

/// The most fields that the head of a response may have.
pub const FIELD_LIMIT: usize = 100;

/// A [`Head`] to be filled by [`Decoder::head`], and filled again: what it allocated once is used again.
pub fn blank_head() -> Head {
    Head { url: Uri::default(), status: StatusCode::OK, version: Version::HTTP_11, headers: HeaderMap::new() }
}

/// What [`Decoder::body`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// The next bytes of the body, at least one.
    Data(Bytes),
    /// Nothing before there is more input.
    More,
    /// The body's end.
    End,
}

/// Takes one response apart. Costs nothing to make; one for each response.
///
/// The bytes are read into a buffer of the caller's and taken off its front: first by [`head`](Decoder::head) until it
/// says true, then by [`body`](Decoder::body) until it says [`Piece::End`]. When the connection ends,
/// [`end`](Decoder::end) says whether it was allowed to. How the bytes were cut on their way makes no difference, but to
/// where the pieces of the body are cut. After an error the decoder, the buffer and the connection are of no more use.
///
/// Head and body are slices of the buffer, not copies. [`BytesMut::reserve`] uses the same memory again as soon as all of
/// them have been dropped.
#[derive(Debug)]
pub struct Decoder {
    head_request: bool,
    /// How much of the input is known not to hold the head's end.
    searched: usize,
    /// The bytes of the interim responses before the head.
    interim: usize,
    keep_alive: bool,
    body: Body,
}

#[derive(Debug)]
enum Body {
    /// The head is not there yet.
    Unknown,
    Length(u64),
    Chunked(Chunked),
    UntilClose,
}

impl Decoder {
    /// A decoder for the response to a request with `method`.
    pub fn new(method: &Method) -> Self {
        let head_request = *method == Method::HEAD;
        Decoder { head_request, searched: 0, interim: 0, keep_alive: false, body: Body::Unknown }
    }

    /// Takes the head off `input` into `head` (all but its `url`), once it is complete. False asks for more input.
    ///
    /// Interim responses (1xx) are skipped.
    ///
    /// # Errors
    ///
    /// When this is not the head of a response, or one beyond the limits.
    pub fn head(&mut self, input: &mut BytesMut, head: &mut Head) -> Result<bool, DecodeError> {
        loop {
            if !input.iter().zip(b"HTTP/1.").all(|(got, expected)| got == expected) {
                return Err(DecodeError::NotHttp);
            }
            let found = find_end(input, self.searched);
            if self.interim + found.unwrap_or(input.len()) > HEAD_LIMIT {
                return Err(DecodeError::HeadTooLarge);
            }
            let length = match found {
                Ok(length) => length,
                Err(searched) => {
                    self.searched = searched;
                    return Ok(false);
                }
            };
            self.searched = 0;
            parse(input.split_to(length).freeze(), head)?;
            if head.status == StatusCode::SWITCHING_PROTOCOLS {
                return Err(DecodeError::UnexpectedUpgrade);
            }
            if !head.status.is_informational() {
                return self.begin_body(head).map(|()| true);
            }
            self.interim += length;
        }
    }

    /// Takes the next piece of the body off `input`.
    ///
    /// # Errors
    ///
    /// When the chunked coding is broken.
    ///
    /// # Panics
    ///
    /// When [`head`](Decoder::head) has not yet said true.
    pub fn body(&mut self, input: &mut BytesMut) -> Result<Piece, DecodeError> {
        match &mut self.body {
            Body::Unknown => panic!("the body was asked for before the head was there"),
            Body::Length(0) => Ok(Piece::End),
            Body::Chunked(chunked) => chunked.next(input),
            Body::Length(_) | Body::UntilClose if input.is_empty() => Ok(Piece::More),
            Body::Length(left) => {
                let piece = input.split_to(usize::try_from(*left).unwrap_or(usize::MAX).min(input.len()));
                *left -= piece.len() as u64;
                Ok(Piece::Data(piece.freeze()))
            }
            Body::UntilClose => Ok(Piece::Data(input.split().freeze())),
        }
    }

    /// Says that the connection has ended. To be called once [`head`](Decoder::head) or [`body`](Decoder::body) have
    /// asked for more input and there was none.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Ended`], unless this is how the body ends.
    pub fn end(&mut self) -> Result<(), DecodeError> {
        match self.body {
            Body::UntilClose | Body::Length(0) => Ok(()),
            _ => Err(DecodeError::Ended),
        }
    }

    /// How many bytes of the body are still to come, where that is known.
    pub fn remaining(&self) -> Option<u64> {
        match self.body {
            Body::Length(left) => Some(left),
            _ => None,
        }
    }

    /// Whether the connection may serve another request: the body has ended, both sides keep the connection open, and
    /// nothing follows in `rest`, the input behind the response. What follows an answer without having been asked for
    /// would be taken for the next one.
    pub fn is_reusable(&self, rest: &BytesMut) -> bool {
        let ended = match &self.body {
            Body::Length(left) => *left == 0,
            Body::Chunked(chunked) => chunked.is_done(),
            Body::Unknown | Body::UntilClose => false,
        };
        ended && self.keep_alive && rest.is_empty()
    }

    fn begin_body(&mut self, head: &Head) -> Result<(), DecodeError> {
        let method = if self.head_request { Method::HEAD } else { Method::GET };
        self.body = match Framing::of(&method, head.status, head.version, &head.headers)? {
            Framing::Length(length) => Body::Length(length),
            Framing::Chunked => Body::Chunked(Chunked::new()),
            Framing::UntilClose => Body::UntilClose,
        };
        self.keep_alive = keeps_alive(head.status, head.version, &head.headers);
        Ok(())
    }
}

/// The length of the head, up to and with its empty line; or from where to go on searching when there is more.
fn find_end(input: &[u8], from: usize) -> Result<usize, usize> {
    let mut from = from;
    while let Some(at) = input[from..].iter().position(|&byte| byte == b'\n') {
        from += at;
        match input[from + 1..] {
            [b'\n', ..] => return Ok(from + 2),
            [b'\r', b'\n', ..] => return Ok(from + 3),
            // The answer may be in the next bytes.
            [] | [b'\r'] => return Err(from),
            _ => from += 1,
        }
    }
    Err(input.len())
}

/// Reads a head that is complete. Values are slices of `bytes`.
fn parse(bytes: Bytes, head: &mut Head) -> Result<(), DecodeError> {
    let mut fields = [const { MaybeUninit::uninit() }; FIELD_LIMIT];
    let mut response = httparse::Response::new(&mut []);
    let parsed =
        httparse::ParserConfig::default().parse_response_with_uninit_headers(&mut response, &bytes, &mut fields);
    match parsed {
        Ok(httparse::Status::Complete(length)) if length == bytes.len() => {}
        Err(httparse::Error::TooManyHeaders) => return Err(DecodeError::TooManyFields),
        _ => return Err(DecodeError::BadHead),
    }
    head.version = if response.version == Some(0) { Version::HTTP_10 } else { Version::HTTP_11 };
    let status = response.code.and_then(|code| StatusCode::from_u16(code).ok());
    head.status = status.ok_or(DecodeError::BadHead)?;
    head.headers.clear();
    for field in &*response.headers {
        let name = HeaderName::from_bytes(field.name.as_bytes()).map_err(|_| DecodeError::BadHead)?;
        let value = HeaderValue::from_maybe_shared(bytes.slice_ref(field.value)).map_err(|_| DecodeError::BadHead)?;
        head.headers.append(name, value);
    }
    Ok(())
}
