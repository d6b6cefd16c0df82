//! Requests and responses: today's types on one side, those of http-types on the other.

use std::net::SocketAddr;

use gather_core::{FetchError, FetchErrorKind, Phase, Request, Response};
use http::header::{CONNECTION, CONTENT_LENGTH, DATE, HOST, HeaderMap, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderName, HeaderValue, Method, StatusCode, Version};
use surf::Url;
use surf::http::headers::{HeaderName as OldName, HeaderValue as OldValue};

use crate::body::{End, SurfBody};
use crate::closing::Closed;
use crate::connection::Fruitless;
use crate::error::invalid;

/// Where a request goes.
pub(crate) struct Target {
    url: Url,
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Target {
    pub(crate) fn of(request: &Request) -> Result<Target, FetchError> {
        let uri = request.uri();
        let host = uri.host().filter(|host| !host.is_empty()).ok_or_else(|| invalid("the address has no host"))?;
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") => {
                return Err(invalid(
                    "surf's TLS is out of date and left out; the engine of gather-async-std has https",
                ));
            }
            _ => return Err(invalid("not an http address")),
        }
        let url = Url::parse(&uri.to_string()).map_err(|error| invalid(format!("not a URL: {error}")))?;
        Ok(Target { url, host: host.to_owned(), port: uri.port_u16().unwrap_or(80) })
    }

    pub(crate) fn url(&self) -> Url {
        self.url.clone()
    }

    /// The same with the number of its host in place of the name.
    pub(crate) fn at(&self, address: SocketAddr) -> Result<Url, FetchError> {
        let mut url = self.url();
        let set = url.set_ip_host(address.ip()).and_then(|()| url.set_port(Some(address.port())));
        set.map_err(|()| invalid("the address cannot have a number for its host"))?;
        Ok(url)
    }
}

/// The request as surf has it, to be sent to `url`.
pub(crate) fn outgoing(request: &Request, url: Url) -> Result<surf::http::Request, FetchError> {
    let method = request.method();
    if *method == Method::CONNECT {
        return Err(invalid("CONNECT asks for a tunnel and not for a page"));
    }
    let known = method.as_str().parse::<surf::http::Method>();
    let mut outgoing =
        surf::http::Request::new(known.map_err(|_| invalid(format!("surf knows no method {method}")))?, url);
    if !request.body().is_empty() {
        outgoing.set_body(request.body().to_vec());
        // surf invents one.
        outgoing.remove_header("content-type");
    }
    if !request.headers().contains_key(HOST) {
        // That of the address that was asked for, wherever the request is sent.
        let authority = request.uri().authority().map_or("", |authority| authority.as_str());
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        outgoing.append_header("host", old_value("host", host.as_bytes())?);
    }
    for (name, value) in request.headers() {
        if [TRANSFER_ENCODING, UPGRADE].contains(name) {
            return Err(invalid(format!("the field `{name}` is not for the caller to set")));
        }
        // async-h1 writes the length itself, and whether the connection stays is its pool's affair.
        if *name == CONTENT_LENGTH && value.as_bytes() != request.body().len().to_string().as_bytes() {
            return Err(invalid("the field `content-length` is not the length of the body"));
        }
        if ![CONTENT_LENGTH, CONNECTION].contains(name) {
            let old = OldName::from_bytes(name.as_str().as_bytes().to_vec());
            let old = old.map_err(|_| invalid(format!("surf cannot carry a field `{name}`")))?;
            outgoing.append_header(old, old_value(name.as_str(), value.as_bytes())?);
        }
    }
    Ok(outgoing)
}

/// http-types takes ASCII and no more.
fn old_value(name: &str, value: &[u8]) -> Result<OldValue, FetchError> {
    let carried = OldValue::from_bytes(value.to_vec());
    carried.map_err(|_| invalid(format!("the field `{name}` is not all ASCII, which surf cannot carry")))
}

/// The answer as the rest of gather has it.
pub(crate) fn response(
    mut answer: surf::http::Response,
    request: Request,
    closed: Closed,
    fruitless: Fruitless,
) -> Result<Response<SurfBody>, FetchError> {
    let protocol = |why: &str| FetchError::new(Phase::Head, FetchErrorKind::Protocol).with_source(why);
    let status = StatusCode::from_u16(answer.status().into()).map_err(|_| protocol("the status is no number"))?;
    if status.is_informational() {
        // The connection goes with this error, and with it the answer that surf would have given to nobody.
        let error = FetchError::new(Phase::Head, FetchErrorKind::Other);
        return Err(error.with_source(format!("surf takes the interim response {status} for the answer")));
    }
    let headers = headers(&answer)?;
    let end = end(request.method(), status, &headers, &mut answer)?;
    let url = request.into_parts().0.uri;
    let mut response = Response::new(SurfBody::new((answer.take_body(), end), closed, fruitless, url));
    *response.status_mut() = status;
    *response.version_mut() = Version::HTTP_11;
    *response.headers_mut() = headers;
    Ok(response)
}

fn headers(answer: &surf::http::Response) -> Result<HeaderMap, FetchError> {
    let mut headers = HeaderMap::new();
    for (name, values) in answer.iter() {
        for value in values {
            let carried = (HeaderName::from_bytes(name.as_str().as_bytes()), HeaderValue::from_str(value.as_str()));
            match carried {
                (Ok(name), Ok(value)) => {
                    headers.append(name, value);
                }
                // async-h1 invents a date where there is none, and writes it as a whole line, field name and all.
                (Ok(name), Err(_)) if name == DATE => {}
                _ => {
                    let error = FetchError::new(Phase::Head, FetchErrorKind::Protocol);
                    return Err(error.with_source(format!("the field `{name}` cannot be carried")));
                }
            }
        }
    }
    Ok(headers)
}

/// Where the body ends, as async-h1 will have it: it reads a length, or chunks if they are spelled as it spells them.
fn end(
    method: &Method,
    status: StatusCode,
    headers: &HeaderMap,
    answer: &mut surf::http::Response,
) -> Result<End, FetchError> {
    let length = content_length(headers)?;
    if *method == Method::HEAD || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
        return Ok(End::Reached);
    }
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    Ok(match (codings.next().map(HeaderValue::as_bytes), codings.next(), length) {
        (None, _, Some(length)) => End::After(length),
        (None, _, None) => End::Unreadable("surf does not read a body that ends with its connection"),
        (Some(b"chunked"), None, _) => End::Chunked(answer.recv_trailers()),
        _ => End::Unreadable("surf does not read this transfer-encoding"),
    })
}

/// The length that is announced. Two that differ are how responses are smuggled (RFC 9112, section 6.3, rule 5); async-h1
/// would believe the last.
fn content_length(headers: &HeaderMap) -> Result<Option<u64>, FetchError> {
    let mut found = None;
    for value in headers.get_all(CONTENT_LENGTH) {
        let digits = value.to_str().ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        let length = digits.and_then(|digits| digits.parse::<u64>().ok());
        if length.is_none() || found.is_some_and(|before| Some(before) != length) {
            let error = FetchError::new(Phase::Head, FetchErrorKind::Protocol);
            return Err(error.with_source("content-length is not one number"));
        }
        found = length;
    }
    Ok(found)
}
