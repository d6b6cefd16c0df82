//! Where the origin listens: one socket for each host, all on the same port.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::OwnedFd;

use rustix::io::Errno;
use rustix::net::{self, AddressFamily, SocketFlags, SocketType, sockopt};

/// `std` listens with 128, and a thousand clients that connect at once would then wait for a retransmission of a second.
const BACKLOG: i32 = 4096;

/// A port that is free on the first host may be taken on another one; then the kernel is asked for another port, so many times.
const TRIES: usize = 16;

/// The address of host number `host`, from 0: 127.0.0.1 and those after it. The whole of 127.0.0.0/8 is the loopback.
pub(crate) fn address(host: u16) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(Ipv4Addr::LOCALHOST) + u32::from(host))
}

/// Listens on `port` of so many hosts, at least one; port 0 is one that is free on all of them. Returns the sockets and the first
/// one's address.
///
/// # Errors
/// When the port is taken or the kernel refuses a socket, with a sentence that names the address.
pub(crate) fn bind(hosts: u16, port: u16) -> io::Result<(Vec<OwnedFd>, SocketAddr)> {
    let mut tries = if port == 0 { TRIES } else { 1 };
    loop {
        tries -= 1;
        match bind_all(hosts, port) {
            Err((_, Errno::ADDRINUSE)) if tries > 0 => {}
            Err((address, error)) => {
                let error = io::Error::from(error);
                return Err(io::Error::new(error.kind(), format!("cannot listen on {address}: {error}")));
            }
            Ok(bound) => return Ok(bound),
        }
    }
}

fn bind_all(hosts: u16, port: u16) -> Result<(Vec<OwnedFd>, SocketAddr), (SocketAddr, Errno)> {
    let mut first = SocketAddr::from((address(0), port));
    let mut listeners = Vec::with_capacity(usize::from(hosts));
    for host in 0..hosts {
        let wanted = SocketAddr::from((address(host), first.port()));
        let named = |error| (wanted, error);
        let listener = listen(wanted).map_err(named)?;
        if host == 0 {
            first = net::getsockname(&listener).and_then(SocketAddr::try_from).map_err(named)?;
        }
        listeners.push(listener);
    }
    Ok((listeners, first))
}

fn listen(address: SocketAddr) -> rustix::io::Result<OwnedFd> {
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let listener = net::socket_with(AddressFamily::INET, SocketType::STREAM, flags, None)?;
    // A port that the last origin just left is free, though its connections still wait in TIME_WAIT.
    sockopt::set_socket_reuseaddr(&listener, true)?;
    // On Linux what is accepted inherits it, which saves a system call for each connection.
    sockopt::set_tcp_nodelay(&listener, true)?;
    net::bind(&listener, &address)?;
    net::listen(&listener, BACKLOG)?;
    Ok(listener)
}
