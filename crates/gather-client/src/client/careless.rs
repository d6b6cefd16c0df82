//! Transports that a client had better not drive.

use std::fmt;

/// What becomes of requests over a transport whose pool is [careless](gather_core::Deviation::CarelessPool).
///
/// Every deadline of a client ends an exchange in the middle, and so does whoever drops a body. Such a pool hands what is left
/// of that answer to the next request: a wrong page, perhaps of somebody else, that looks right.
///
/// ```
/// use std::time::SystemTime;
/// use gather_client::{CarelessPools, Client, ClientBuilder};
/// use gather_core::{Clock, Fetch};
///
/// /// For a server that is trusted and always in time: I know.
/// fn client<F: Fetch, C: Clock>(transport: F, clock: C) -> Client<F, C> {
///     ClientBuilder::new(SystemTime::now).careless_pools(CarelessPools::Accept).build(transport, clock)
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CarelessPools {
    /// Each is refused, before anything is sent: [`Forbidden`](gather_core::FetchErrorKind::Forbidden), with a
    /// [`CarelessTransport`] as its source.
    #[default]
    Refuse,
    /// They are sent.
    Accept,
}

/// The transport's pool is careless, and nobody has [accepted](CarelessPools::Accept) that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CarelessTransport;

impl fmt::Display for CarelessTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the transport gives what is left of a cancelled exchange to the next one, and a deadline cancels")
    }
}

impl std::error::Error for CarelessTransport {}
