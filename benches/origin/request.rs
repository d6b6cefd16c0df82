//! What a client asks for: a request's head, taken apart.

use std::mem::MaybeUninit;

use crate::route::{Target, route};

/// A head that is longer than this is refused.
pub(crate) const MOST_HEAD_BYTES: usize = 16 << 10;

/// A browser sends twenty.
const MOST_HEADERS: usize = 100;

/// A request that was received whole.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Request {
    /// What it asks for.
    pub(crate) target: Target,
    /// Whether only the head of the answer is wanted.
    pub(crate) head_only: bool,
    /// Whether the connection ends with the answer.
    pub(crate) last: bool,
    /// How many of the received bytes were this request.
    pub(crate) bytes: usize,
}

/// Takes the first request out of what was received; `None` while its head is not whole.
pub(crate) fn parse(received: &[u8]) -> Option<Request> {
    if received.is_empty() {
        return None;
    }
    let mut headers = [const { MaybeUninit::uninit() }; MOST_HEADERS];
    let mut head = httparse::Request::new(&mut []);
    match head.parse_with_uninit_headers(received, &mut headers) {
        Ok(httparse::Status::Complete(bytes)) if bytes <= MOST_HEAD_BYTES => Some(understand(&head, bytes)),
        Ok(httparse::Status::Partial) if received.len() < MOST_HEAD_BYTES => None,
        Ok(_) => {
            Some(broken(received, "431 Request Header Fields Too Large", "the request's head is longer than 16 KiB"))
        }
        Err(httparse::Error::TooManyHeaders) => {
            Some(broken(received, "431 Request Header Fields Too Large", "the request has more than 100 header fields"))
        }
        Err(_) => Some(broken(received, "400 Bad Request", "this is not an HTTP/1 request")),
    }
}

/// After bytes that make no sense nobody knows where the next request starts, so the connection ends with the answer.
fn broken(received: &[u8], status: &'static str, reason: &'static str) -> Request {
    Request { target: Target::Refused { status, reason }, head_only: false, last: true, bytes: received.len() }
}

fn understand(head: &httparse::Request<'_, '_>, bytes: usize) -> Request {
    let method = head.method.unwrap_or_default();
    let target = match method {
        "GET" | "HEAD" => route(head.path.unwrap_or_default()),
        _ => Target::Refused { status: "405 Method Not Allowed", reason: "only GET and HEAD are served" },
    };
    let target = match target {
        Target::Drip { .. } if head.version != Some(1) => Target::Refused {
            status: "505 HTTP Version Not Supported",
            reason: "/drip/N is sent in chunks, which HTTP/1.0 does not have",
        },
        other => other,
    };
    let last = is_last(head) || target.closes();
    Request { target, head_only: method == "HEAD", last, bytes }
}

fn is_last(head: &httparse::Request<'_, '_>) -> bool {
    // HTTP/1.0 ends here with its answer, whatever it says about keep-alive: no client of the lab speaks it.
    head.version != Some(1) || head.headers.iter().any(ends_the_connection)
}

/// A body is not read, so what follows a request with one is not a request.
fn ends_the_connection(header: &httparse::Header<'_>) -> bool {
    let value = header.value.trim_ascii();
    if header.name.eq_ignore_ascii_case("connection") {
        value.split(|byte| *byte == b',').any(|word| word.trim_ascii().eq_ignore_ascii_case(b"close"))
    } else if header.name.eq_ignore_ascii_case("content-length") {
        value != b"0"
    } else {
        header.name.eq_ignore_ascii_case("transfer-encoding")
    }
}
