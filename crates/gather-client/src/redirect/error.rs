//! Why a redirect is not followed.

use std::fmt;

use gather_core::FetchErrorKind;
use url::Url;

/// Why a redirect is not followed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RedirectError {
    /// More than [`max_hops`](super::RedirectPolicy::max_hops). Kind: [`TooMany`](FetchErrorKind::TooMany).
    TooMany {
        /// The limit.
        limit: u32,
        /// Where the next would have gone.
        url: Url,
    },
    /// To an address that was already asked for. Kind: [`TooMany`](FetchErrorKind::TooMany) of 1.
    Loop {
        /// That address.
        url: Url,
    },
    /// To a scheme that is neither `http` nor `https`. Kind: [`Forbidden`](FetchErrorKind::Forbidden).
    Scheme {
        /// The scheme.
        scheme: String,
    },
    /// From `https` to `http`, which the policy refuses. Kind: [`Forbidden`](FetchErrorKind::Forbidden).
    Downgrade {
        /// Where it would have gone.
        url: Url,
    },
    /// `Location` is not an address. Kind: [`Protocol`](FetchErrorKind::Protocol).
    Invalid {
        /// What it is, cut after 200 characters and without what stands before an `@`.
        location: String,
    },
    /// Several `Location` headers that differ. Kind: [`Protocol`](FetchErrorKind::Protocol).
    Ambiguous,
}

impl RedirectError {
    pub(super) fn kind(&self) -> FetchErrorKind {
        match self {
            RedirectError::TooMany { limit, .. } => FetchErrorKind::TooMany(u64::from(*limit)),
            RedirectError::Loop { .. } => FetchErrorKind::TooMany(1),
            RedirectError::Scheme { .. } | RedirectError::Downgrade { .. } => FetchErrorKind::Forbidden,
            RedirectError::Invalid { .. } | RedirectError::Ambiguous => FetchErrorKind::Protocol,
        }
    }
}

impl fmt::Display for RedirectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RedirectError::TooMany { limit, url } => write!(f, "more than {limit} redirects, the next to {url}"),
            RedirectError::Loop { url } => write!(f, "a redirect back to {url}, which was asked for already"),
            RedirectError::Scheme { scheme } => write!(f, "a redirect to the scheme `{scheme}`"),
            RedirectError::Downgrade { url } => write!(f, "a redirect from https to {url}"),
            RedirectError::Invalid { location } => write!(f, "a redirect to `{location}`, which is not an address"),
            RedirectError::Ambiguous => f.write_str("several redirects at once, to different addresses"),
        }
    }
}

impl std::error::Error for RedirectError {}
