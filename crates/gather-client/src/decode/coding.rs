//! The names of content codings, as they stand in header fields.

use std::fmt;

use http::header::{CONTENT_ENCODING, HeaderMap, HeaderValue};

use super::DecodeError;

/// A content coding of the IANA registry that browsers use, without `identity`, which is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Coding {
    /// `gzip`, and its old name `x-gzip` (RFC 1952; RFC 9110, 8.4.1.3). Several members in a row are one body.
    Gzip,
    /// `deflate`: the zlib format (RFC 1950; RFC 9110, 8.4.1.2), or deflate without a wrapper (RFC 1951), which some
    /// servers send under this name and all browsers take.
    Deflate,
    /// `br` (RFC 7932).
    Brotli,
    /// `zstd` (RFC 8878, RFC 9659). Several frames in a row are one body.
    Zstd,
}

impl Coding {
    const ALL: [Coding; 4] = [Coding::Gzip, Coding::Deflate, Coding::Brotli, Coding::Zstd];

    /// The coding of that name, in letters of either case (RFC 9110, 8.4.1). `None` for `identity` too.
    pub fn from_name(name: &str) -> Option<Coding> {
        if name.eq_ignore_ascii_case("x-gzip") {
            return Some(Coding::Gzip);
        }
        Coding::ALL.into_iter().find(|coding| coding.name().eq_ignore_ascii_case(name))
    }

    /// The name in header fields.
    pub fn name(self) -> &'static str {
        match self {
            Coding::Gzip => "gzip",
            Coding::Deflate => "deflate",
            Coding::Brotli => "br",
            Coding::Zstd => "zstd",
        }
    }

    /// Whether the feature that decodes it is on.
    pub fn is_supported(self) -> bool {
        match self {
            Coding::Gzip | Coding::Deflate => cfg!(feature = "gzip"),
            Coding::Brotli => cfg!(feature = "brotli"),
            Coding::Zstd => cfg!(feature = "zstd"),
        }
    }
}

impl fmt::Display for Coding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The value of `Accept-Encoding` that asks for every coding whose feature is on, and for `identity` where none is.
///
/// ```
/// # use gather_client::decode::accept_encoding;
/// # #[cfg(all(feature = "gzip", feature = "brotli", feature = "zstd"))]
/// assert_eq!(accept_encoding(), "gzip, deflate, br, zstd");
/// ```
pub fn accept_encoding() -> HeaderValue {
    // Whole texts, since a value that is static is cloned for each request without being counted.
    HeaderValue::from_static(match (cfg!(feature = "gzip"), cfg!(feature = "brotli"), cfg!(feature = "zstd")) {
        (true, true, true) => "gzip, deflate, br, zstd",
        (true, true, false) => "gzip, deflate, br",
        (true, false, true) => "gzip, deflate, zstd",
        (true, false, false) => "gzip, deflate",
        (false, true, true) => "br, zstd",
        (false, true, false) => "br",
        (false, false, true) => "zstd",
        (false, false, false) => "identity",
    })
}

/// The codings of a response, in the order in which they were applied: the last one is the first to be undone.
///
/// Several fields count as one list (RFC 9110, 5.3); empty elements and `identity` are left out.
///
/// # Errors
///
/// [`DecodeError::Unknown`] for the first name that is not a coding, or whose feature is off; [`DecodeError::TooManyCodings`]
/// for more than `limit` codings.
///
/// ```
/// use gather_client::decode::{Coding, codings};
/// use gather_core::http::{HeaderMap, HeaderValue, header::CONTENT_ENCODING};
///
/// let headers = HeaderMap::from_iter([(CONTENT_ENCODING, HeaderValue::from_static("identity, , GZip"))]);
/// # #[cfg(feature = "gzip")]
/// assert_eq!(codings(&headers, 2), Ok(vec![Coding::Gzip]));
/// ```
pub fn codings(headers: &HeaderMap, limit: usize) -> Result<Vec<Coding>, DecodeError> {
    let mut codings = Vec::new();
    for value in headers.get_all(CONTENT_ENCODING) {
        for name in value.as_bytes().split(|&byte| byte == b',').map(<[u8]>::trim_ascii) {
            if name.is_empty() || name.eq_ignore_ascii_case(b"identity") {
                continue;
            }
            let known = str::from_utf8(name).ok().and_then(Coding::from_name);
            let Some(coding) = known.filter(|coding| coding.is_supported()) else {
                return Err(DecodeError::Unknown { name: String::from_utf8_lossy(name).into() });
            };
            if codings.len() == limit {
                return Err(DecodeError::TooManyCodings { limit });
            }
            codings.push(coding);
        }
    }
    Ok(codings)
}
