//! From a host to the addresses that may be connected to.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;

use gather_core::addresses::AddressPolicy;
use gather_core::{FetchError, FetchErrorKind, Phase};
use http::Uri;
use http::uri::Scheme;

use crate::deadline::Deadline;

/// Whether a lookup may go past the deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lookup {
    /// On the calling thread, which the system's resolver does not give back before it is done.
    OnThisThread,
    /// On a thread of its own, which is left behind when the deadline is over and ends when the resolver gives up.
    Within,
}

/// The addresses of the host of `uri` that `policy` permits, in the order in which they are to be tried; at least one.
///
/// These very addresses have to be connected to: resolved again, a name may have others. A numeric address is its own.
pub(crate) fn permitted(
    uri: &Uri,
    policy: &AddressPolicy,
    deadline: &Deadline,
    lookup: Lookup,
) -> Result<Vec<SocketAddr>, FetchError> {
    let found = addresses(uri, deadline, lookup)?;
    if found.is_empty() {
        return Err(FetchError::new(Phase::Resolve, FetchErrorKind::Refused).with_source("the host has no address"));
    }
    policy.permitted(found)
}

fn addresses(uri: &Uri, deadline: &Deadline, lookup: Lookup) -> Result<Vec<SocketAddr>, FetchError> {
    let host = uri.host().unwrap_or_default();
    let port = uri.port_u16().unwrap_or(if uri.scheme() == Some(&Scheme::HTTPS) { 443 } else { 80 });
    let numeric = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    if let Ok(address) = numeric.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    // A name that does not exist has no error kind of its own in std; the lookup said no, whatever the reason.
    let refused = |error: io::Error| FetchError::new(Phase::Resolve, FetchErrorKind::Refused).with_source(error);
    match lookup {
        Lookup::OnThisThread => look_up(host, port).map_err(refused),
        Lookup::Within => look_up_within(host, port, deadline)?.map_err(refused),
    }
}

fn look_up(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    Ok((host, port).to_socket_addrs()?.collect())
}

fn look_up_within(host: &str, port: u16, deadline: &Deadline) -> Result<io::Result<Vec<SocketAddr>>, FetchError> {
    let left = deadline.remaining(Phase::Resolve)?;
    let (found, wait) = sync_channel(1);
    let host = host.to_owned();
    // Nobody may be waiting any more when it is done.
    let looking = move || drop(found.send(look_up(&host, port)));
    if let Err(error) = thread::Builder::new().name("gather-lookup".to_owned()).spawn(looking) {
        return Ok(Err(error));
    }
    match wait.recv_timeout(left) {
        Ok(found) => Ok(found),
        Err(RecvTimeoutError::Timeout) => Err(deadline.error(Phase::Resolve)),
        Err(RecvTimeoutError::Disconnected) => Ok(Err(ErrorKind::Other.into())),
    }
}
