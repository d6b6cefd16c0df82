//! The addresses that a request may be sent to: looked up here, looked at, and then given to curl.

use std::future::{Future, poll_fn};
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use gather_core::addresses::AddressPolicy;
use gather_core::{FetchError, FetchErrorKind, Phase};
use http::Uri;

/// The addresses of the host of `uri` that `policy` permits, in the order in which they are to be tried; at least one.
///
/// # Errors
///
/// Phase [`Resolve`](Phase::Resolve) when there are none, phase [`Connect`](Phase::Connect) when none is permitted or the
/// time is over.
pub(crate) async fn permitted(
    uri: &Uri,
    policy: &AddressPolicy,
    deadline: Option<Duration>,
) -> Result<Vec<SocketAddr>, FetchError> {
    let host = uri.host().unwrap_or_default();
    let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 });
    let numeric = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let found = match numeric.parse::<IpAddr>() {
        Ok(address) => vec![SocketAddr::new(address, port)],
        Err(_) => {
            let name = host.to_owned();
            let lookup = blocking::unblock(move || Ok((name.as_str(), port).to_socket_addrs()?.collect()));
            let found: io::Result<Vec<SocketAddr>> = match deadline {
                None => lookup.await,
                Some(deadline) => within(deadline, lookup)
                    .await
                    .ok_or_else(|| FetchError::new(Phase::Connect, FetchErrorKind::Timeout(deadline)))?,
            };
            found.map_err(|error| refused().with_source(error))?
        }
    };
    let permitted = policy.permitted(found)?;
    if permitted.is_empty() { Err(refused().with_source("the host has no address")) } else { Ok(permitted) }
}

fn refused() -> FetchError {
    FetchError::new(Phase::Resolve, FetchErrorKind::Refused)
}

/// The output of `future`, unless it takes longer. Dropped, a lookup goes on in its thread, and nobody hears of it.
async fn within<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    let (mut future, mut timer) = (pin!(future), async_io::Timer::after(limit));
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => Pin::new(&mut timer).poll(cx).map(|_| None),
    })
    .await
}
