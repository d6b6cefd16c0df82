//! Addresses as they may be shown: traces are kept, sent on, and read by others than who made the request.

use std::fmt;

use url::{Position, Url};

/// An address without user name and password, without what a server never sees (the fragment), and without the values of
/// parameters that are secrets by convention.
///
/// Which these are is OpenTelemetry's list for `url.full`, letter case included, and the two of version 4 of Amazon's
/// signatures that succeeded those in it. Other values are shown: without them most addresses say nothing.
pub(super) struct Shown<'a>(pub(super) &'a Url);

const SECRETS: [&str; 6] =
    ["AWSAccessKeyId", "Signature", "sig", "X-Goog-Signature", "X-Amz-Signature", "X-Amz-Security-Token"];

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.0;
        write!(f, "{}{}", &url[..Position::BeforeUsername], &url[Position::BeforeHost..Position::AfterPath])?;
        let Some(query) = url.query() else { return Ok(()) };
        for (number, parameter) in query.split('&').enumerate() {
            f.write_str(if number == 0 { "?" } else { "&" })?;
            match parameter.split_once('=') {
                Some((name, _)) if SECRETS.contains(&name) => write!(f, "{name}=REDACTED")?,
                _ => f.write_str(parameter)?,
            }
        }
        Ok(())
    }
}

/// The host, without the brackets of an IPv6 address.
pub(super) fn server(url: &Url) -> &str {
    url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']')
}
