//! `CONNECT` (RFC 9110, section 9.3.6): the request for a tunnel, and the answer as it arrives.

use std::fmt;

use bytes::{Bytes, BytesMut};
use http::{HeaderValue, StatusCode};

use super::error::ProxyFault;
use crate::connection::HeadLimits;

/// The request for a tunnel to `authority`, a host and a port.
pub(super) fn request(authority: impl fmt::Display, authorization: Option<&HeaderValue>) -> Vec<u8> {
    let mut request = format!("CONNECT {authority} HTTP/1.1\r\nhost: {authority}\r\n").into_bytes();
    if let Some(value) = authorization {
        request.extend_from_slice(b"proxy-authorization: ");
        request.extend_from_slice(value.as_bytes());
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    request
}

/// The answer, fed as it comes in whatever pieces.
#[derive(Debug)]
pub(super) struct Answer {
    limits: HeadLimits,
    unread: BytesMut,
    /// How far `unread` is known to have no end of a head, so that bytes that come one by one are looked at once.
    searched: usize,
    /// Bytes of informational heads before this one.
    passed: usize,
}

impl Answer {
    pub(super) fn new(limits: HeadLimits) -> Self {
        Answer { limits, unread: BytesMut::new(), searched: 0, passed: 0 }
    }

    /// Takes in what has come. When the tunnel is there: what the other side of it has already said. `None` when more has to
    /// come.
    ///
    /// # Errors
    ///
    /// When the answer is no, is not HTTP, or is too large. Nothing may be fed afterwards.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Result<Option<Bytes>, ProxyFault> {
        self.unread.extend_from_slice(bytes);
        loop {
            let Some(end) = self.end_of_head() else {
                let too_large = self.passed + self.unread.len() > self.limits.bytes;
                return if too_large { Err(ProxyFault::HeadTooLarge(self.limits.bytes)) } else { Ok(None) };
            };
            self.passed += end;
            self.searched = 0;
            if self.passed > self.limits.bytes {
                return Err(ProxyFault::HeadTooLarge(self.limits.bytes));
            }
            let head = self.unread.split_to(end);
            match status(&head, self.limits.fields)? {
                // A length in such an answer means nothing: what follows is the tunnel.
                status if status.is_success() => return Ok(Some(self.unread.split().freeze())),
                StatusCode::PROXY_AUTHENTICATION_REQUIRED => return Err(ProxyFault::Authentication),
                StatusCode::SWITCHING_PROTOCOLS => return Err(ProxyFault::Protocol("it switches protocols unasked")),
                status if status.is_informational() => {}
                status => return Err(ProxyFault::Status(status)),
            }
        }
    }

    /// Where the first head ends: behind its first empty line.
    fn end_of_head(&mut self) -> Option<usize> {
        let from = self.searched.saturating_sub(2);
        for (at, _) in self.unread[from..].iter().enumerate().filter(|(_, byte)| **byte == b'\n') {
            match &self.unread[from + at + 1..] {
                [b'\n', ..] => return Some(from + at + 2),
                [b'\r', b'\n', ..] => return Some(from + at + 3),
                _ => {}
            }
        }
        self.searched = self.unread.len();
        None
    }
}

fn status(head: &[u8], limit: usize) -> Result<StatusCode, ProxyFault> {
    let mut fields = vec![httparse::EMPTY_HEADER; limit];
    let mut response = httparse::Response::new(&mut fields);
    match response.parse(head) {
        Ok(httparse::Status::Complete(_)) => {}
        Ok(httparse::Status::Partial) => return Err(ProxyFault::Protocol("the head of its answer is broken off")),
        Err(httparse::Error::TooManyHeaders) => return Err(ProxyFault::TooManyFields(limit)),
        Err(_) => return Err(ProxyFault::Protocol("the answer is not HTTP")),
    }
    let status = response.code.and_then(|code| StatusCode::from_u16(code).ok());
    status.ok_or(ProxyFault::Protocol("the answer has no status"))
}
