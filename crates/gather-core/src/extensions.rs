//! What rides along with a request or a response, in its [`Extensions`](http::Extensions), besides its
//! [address policy](crate::addresses).

use std::time::Duration;

use http::Uri;

/// How long resolving, connecting and agreeing on TLS may take together, for one exchange. In a request; a transport whose
/// [capabilities](crate::Capabilities) say so heeds it, with an error of the phase it struck in:
/// [`Resolve`](crate::Phase::Resolve), [`Connect`](crate::Phase::Connect) or [`Tls`](crate::Phase::Tls). To wait for a
/// connection that another exchange opens is to connect, and so is whatever a proxy in the way takes time for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectDeadline(pub Duration);

/// Where a response comes from, when that is not the address that was asked for: a client that follows redirects puts it
/// into the response. [`Head::url`](crate::Head) is then this one, so that links are resolved against the right page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FinalUri(pub Uri);
