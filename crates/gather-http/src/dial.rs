//! From a host to a TCP connection: resolve, judge, and race the addresses as RFC 8305 ("Happy Eyeballs") has it.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use gather_core::addresses::AddressPolicy;
use gather_core::timeout;

use crate::connect::{Connect, ConnectError};
use crate::resolve::{Names, ResolveError, ResolveErrorKind};

/// What one client opens TCP connections with.
pub(crate) struct Dialer<R: Connect> {
    pub(crate) runtime: R,
    pub(crate) names: Arc<Names<R>>,
    /// How long an attempt is alone before the next address is tried as well.
    pub(crate) attempt_delay: Duration,
}

impl<R: Connect> Dialer<R> {
    /// The addresses of `host`, which is a name or a numeric address (one of IPv6 in brackets), that `policy` permits. Whoever connects to them, or has a proxy connect, takes these and does
    /// not look the name up again.
    pub(crate) async fn permitted(
        &self,
        host: &str,
        port: u16,
        policy: &AddressPolicy,
    ) -> Result<Vec<SocketAddr>, ConnectError> {
        let mut addresses = self.addresses(host, port).await?;
        // Judged here and nowhere earlier, wherever the answer comes from: what was kept for one request may be forbidden
        // to the next. And the very addresses that are looked at are connected to: resolved again, a name may have others.
        let first = addresses.first().copied();
        addresses.retain(|address| policy.permits(address.ip()));
        match first {
            Some(refused) if addresses.is_empty() => Err(ConnectError::forbidden(refused)),
            _ => Ok(addresses),
        }
    }

    async fn addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, ConnectError> {
        let numeric = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        if let Ok(address) = numeric.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        let found = self.names.look_up(host).await.map_err(ConnectError::resolving)?;
        let at_port = |address: &SocketAddr| {
            let mut address = *address;
            address.set_port(port);
            address
        };
        Ok(found.iter().map(at_port).collect())
    }

    /// The first connection that is made. The next address is tried when an attempt has failed, or has taken too long to be
    /// waited for alone; it goes on all the same (RFC 8305, 5). The losers are dropped with the race, and dropping the future
    /// abandons every attempt.
    pub(crate) async fn race(&self, host: &str, addresses: Vec<SocketAddr>) -> Result<R::Stream, ConnectError> {
        let mut untried = addresses.into_iter();
        let mut attempts = FuturesUnordered::new();
        let mut failed = None;
        loop {
            if let Some(address) = untried.next() {
                let connecting = self.runtime.connect(address);
                attempts
                    .push(async move { connecting.await.map_err(|source| ConnectError::connecting(address, source)) });
            }
            let ended = if untried.len() == 0 {
                attempts.next().await
            } else {
                // The others go on, and one more begins.
                let Ok(ended) = timeout(&self.runtime, self.attempt_delay, attempts.next()).await else { continue };
                ended
            };
            match ended {
                Some(Ok(stream)) => return Ok(stream),
                Some(Err(error)) => failed = Some(error),
                None if untried.len() == 0 => break,
                None => {}
            }
        }
        Err(failed.unwrap_or_else(|| ConnectError::resolving(ResolveError::new(host, ResolveErrorKind::NoAddress))))
    }
}

/// The first `limit` addresses in the order in which to try them: as they were, but families take turns, beginning with the
/// first one's, so that one broken family costs one attempt (RFC 8305, 4). Each address once.
pub(crate) fn interleaved(addresses: Vec<SocketAddr>, limit: usize) -> Vec<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (preferred, other): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv6() == first_is_v6);
    let (mut preferred, mut other) = (preferred.into_iter(), other.into_iter());
    let mut order = Vec::new();
    while order.len() < limit {
        let pair = [preferred.next(), other.next()];
        if pair == [None, None] {
            break;
        }
        for address in pair.into_iter().flatten() {
            if !order.contains(&address) {
                order.push(address);
            }
        }
    }
    order.truncate(limit);
    order
}
