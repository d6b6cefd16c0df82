//! What a client asks for: a request's head, taken apart.

use std::mem::MaybeUninit;

use crate::fixed;

/// A head that is longer than this is refused.
pub(crate) const MOST_HEAD_BYTES: usize = 16 << 10;

/// A browser sends twenty.
const MOST_HEADERS: usize = 100;

/// Ten minutes. What waits longer than any client does is `/silent`.
const MOST_DELAY_US: u64 = 600_000_000;

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

/// What a request asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// A page of the set.
    Page { index: u64, delay_us: u64 },
    /// A page of so many bytes, at most [`fixed::MOST_BYTES`].
    Fixed { bytes: usize, delay_us: u64 },
    /// No answer.
    Silent,
    /// The period's counters.
    Stats,
    /// A new period.
    Reset,
    /// Nothing that is served: the status and the reason.
    Refused { status: &'static str, reason: &'static str },
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
    Request { target, head_only: method == "HEAD", last: is_last(head), bytes }
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

fn route(target: &str) -> Target {
    let target = origin_form(target);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    match path {
        "/silent" => return Target::Silent,
        "/_stats" => return Target::Stats,
        "/_reset" => return Target::Reset,
        _ => {}
    }
    let Some(delay_us) = delay_us(query) else {
        return Target::Refused {
            status: "400 Bad Request",
            reason: "delay_us is a number of microseconds, at most 600000000",
        };
    };
    if let Some(index) = path.strip_prefix("/page/") {
        return match index.parse() {
            Ok(index) => Target::Page { index, delay_us },
            Err(_) => Target::Refused { status: "400 Bad Request", reason: "/page/I takes a number" },
        };
    }
    if let Some(bytes) = path.strip_prefix("/fixed/") {
        return match bytes.parse() {
            Ok(bytes) if bytes <= fixed::MOST_BYTES => Target::Fixed { bytes, delay_us },
            _ => Target::Refused {
                status: "400 Bad Request",
                reason: "/fixed/N takes a number of bytes, at most 67108864",
            },
        };
    }
    Target::Refused { status: "404 Not Found", reason: "there are /page/I, /fixed/N, /silent, /_reset and /_stats" }
}

/// A client that takes the origin for its proxy names it in full; RFC 9112 (3.2.2) asks every server to bear with that.
fn origin_form(target: &str) -> &str {
    match target.strip_prefix("http://") {
        Some(rest) => rest.find('/').map_or("/", |start| &rest[start..]),
        None => target,
    }
}

/// The delay that is asked for, 0 when there is none; `None` when it is not a number or too long. Other keys are for later.
fn delay_us(query: &str) -> Option<u64> {
    match query.split('&').find_map(|word| word.strip_prefix("delay_us=")) {
        None => Some(0),
        Some(value) => value.parse().ok().filter(|delay_us| *delay_us <= MOST_DELAY_US),
    }
}
