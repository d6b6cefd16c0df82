//! A request as bytes.

use gather_core::{FetchError, FetchErrorKind, Phase, Request};
use http::Method;
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING, UPGRADE};

/// Appends `request`, its body included, to `output` as HTTP/1.1.
///
/// Nothing is added but what HTTP asks for: `host` unless it is there already, and `content-length` when there is a body
/// or the method calls for one. A user name and password in the address are not sent.
///
/// # Errors
///
/// [`Invalid`](FetchErrorKind::Invalid), with nothing appended, when the address has no host, when the method is
/// `CONNECT`, or when the request brings fields that decide where messages end (`content-length`, `transfer-encoding`,
/// `upgrade`): those are the codec's business.
pub fn encode(request: &Request, output: &mut Vec<u8>) -> Result<(), FetchError> {
    let authority = request.uri().authority().ok_or_else(|| invalid(request, "the address has no host"))?;
    if request.method() == Method::CONNECT {
        return Err(invalid(request, "CONNECT asks for a tunnel and not for a page"));
    }
    if let Some(field) =
        [CONTENT_LENGTH, TRANSFER_ENCODING, UPGRADE].iter().find(|&name| request.headers().contains_key(name))
    {
        return Err(invalid(request, &format!("the field `{field}` is not for the caller to set")));
    }

    output.extend_from_slice(request.method().as_str().as_bytes());
    output.push(b' ');
    // The whole target would have no slash where the address has a query but no path.
    output.extend_from_slice(request.uri().path().as_bytes());
    if let Some(query) = request.uri().query() {
        output.push(b'?');
        output.extend_from_slice(query.as_bytes());
    }
    output.extend_from_slice(b" HTTP/1.1\r\n");
    if !request.headers().contains_key(HOST) {
        let host = authority.as_str().rsplit_once('@').map_or(authority.as_str(), |(_, host)| host);
        field(output, HOST.as_str(), host.as_bytes());
    }
    for (name, value) in request.headers() {
        field(output, name.as_str(), value.as_bytes());
    }
    if has_content(request) {
        field(output, CONTENT_LENGTH.as_str(), request.body().len().to_string().as_bytes());
    }
    output.extend_from_slice(b"\r\n");
    output.extend_from_slice(request.body());
    Ok(())
}

/// Whether a server is told how long the content is: there is some, or it is missing where it would mean something (RFC 9110,
/// section 8.6).
pub(crate) fn has_content(request: &Request) -> bool {
    matches!(*request.method(), Method::POST | Method::PUT | Method::PATCH) || !request.body().is_empty()
}

/// Whether the request itself asks for its connection to be closed.
pub(crate) fn asks_to_close(request: &Request) -> bool {
    super::framing::has_token(request.headers(), &CONNECTION, "close")
}

fn field(output: &mut Vec<u8>, name: &str, value: &[u8]) {
    output.extend_from_slice(name.as_bytes());
    output.extend_from_slice(b": ");
    output.extend_from_slice(value);
    output.extend_from_slice(b"\r\n");
}

fn invalid(request: &Request, why: &str) -> FetchError {
    FetchError::new(Phase::Request, FetchErrorKind::Invalid).with_url(request.uri().clone()).with_source(why)
}
