//! Where a body ends, and whether its connection lives on (RFC 9112, sections 6.3 and 9.3).

use http::header::{CONNECTION, CONTENT_LENGTH, HeaderName, TRANSFER_ENCODING};
use http::{HeaderMap, Method, StatusCode, Version};

use super::DecodeError;

/// Where a response's body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// After so many bytes; 0 when there is no body.
    Length(u64),
    /// Where the chunked coding says.
    Chunked,
    /// Where the connection ends.
    UntilClose,
}

impl Framing {
    /// The framing of a response to a request with `method`.
    ///
    /// # Errors
    ///
    /// When the head announces two ends, or one that makes no sense, even if the response has no body: a server that
    /// contradicts itself is not to be believed about where the next response begins.
    pub fn of(
        method: &Method,
        status: StatusCode,
        version: Version,
        headers: &HeaderMap,
    ) -> Result<Framing, DecodeError> {
        let length = content_length(headers)?;
        let chunked = chunked(version, headers)?;
        if chunked && length.is_some() {
            return Err(DecodeError::BothLengths);
        }
        let bodiless = *method == Method::HEAD
            || status.is_informational()
            || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        Ok(match length {
            _ if bodiless => Framing::Length(0),
            Some(length) => Framing::Length(length),
            None if chunked => Framing::Chunked,
            None => Framing::UntilClose,
        })
    }
}

/// Whether the connection may serve another request, as far as the head says.
pub(super) fn keeps_alive(status: StatusCode, version: Version, headers: &HeaderMap) -> bool {
    // A 204 has no body, whatever it announces. If it announces one all the same, one may follow: better not to look.
    let announces_one =
        headers.contains_key(TRANSFER_ENCODING) || !matches!(content_length(headers), Ok(None | Some(0)));
    let contradicts_itself = status == StatusCode::NO_CONTENT && announces_one;
    let asked = match version {
        Version::HTTP_10 => has_token(headers, &CONNECTION, "keep-alive"),
        _ => true,
    };
    asked && !contradicts_itself && !has_token(headers, &CONNECTION, "close")
}

/// Whether the list in the fields of that name holds `token`.
pub(super) fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    elements(headers, name).any(|element| element.eq_ignore_ascii_case(token.as_bytes()))
}

/// The announced length. The same length several times is one length: proxies do that.
fn content_length(headers: &HeaderMap) -> Result<Option<u64>, DecodeError> {
    let mut found = None;
    for element in elements(headers, &CONTENT_LENGTH) {
        // `u64::from_str` would take a sign.
        let digits = std::str::from_utf8(element).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        let length = digits.and_then(|digits| digits.parse().ok()).ok_or(DecodeError::BadLength)?;
        if found.replace(length).is_some_and(|before: u64| before != length) {
            return Err(DecodeError::ConflictingLengths);
        }
    }
    Ok(found)
}

fn chunked(version: Version, headers: &HeaderMap) -> Result<bool, DecodeError> {
    let mut codings = elements(headers, &TRANSFER_ENCODING);
    match (codings.next(), codings.next()) {
        (None, _) => Ok(false),
        (Some(coding), None) if coding.eq_ignore_ascii_case(b"chunked") && version != Version::HTTP_10 => Ok(true),
        _ => Err(DecodeError::UnknownCoding),
    }
}

/// The elements of a list that may be spread over several fields.
fn elements<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a [u8]> {
    let fields = headers.get_all(name).into_iter();
    fields.flat_map(|value| value.as_bytes().split(|&byte| byte == b',')).map(<[u8]>::trim_ascii)
}
