//! From a host to its addresses, on the calling thread.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};

use http::Uri;
use http::uri::Scheme;

/// The addresses of the host of `uri`, in the order in which they are to be tried.
///
/// A numeric address is its own; a name goes to the system's resolver, which blocks and cannot be interrupted.
pub(crate) fn addresses(uri: &Uri) -> io::Result<Vec<SocketAddr>> {
    let host = uri.host().unwrap_or_default();
    let port = uri.port_u16().unwrap_or(if uri.scheme() == Some(&Scheme::HTTPS) { 443 } else { 80 });
    let numeric = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    match numeric.parse::<IpAddr>() {
        Ok(address) => Ok(vec![SocketAddr::new(address, port)]),
        Err(_) => Ok((host, port).to_socket_addrs()?.collect()),
    }
}
