//! The origin's sockets: one that listens with a long queue, one that refuses.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use socket2::{Domain, Socket, Type};

/// How many connections may wait to be accepted. `std` asks for 128, and a burst beyond it stalls for a second, which is
/// when the kernel sends the first packet again.
const BACKLOG: i32 = 4096;

/// Listens on a free loopback port.
pub(super) fn listen() -> io::Result<(TcpListener, SocketAddr)> {
    let (socket, addr) = bind()?;
    socket.listen(BACKLOG)?;
    Ok((TcpListener::from(socket), addr))
}

/// A loopback port that is taken and refuses.
pub(super) fn refuse() -> io::Result<Socket> {
    Ok(bind()?.0)
}

fn bind() -> io::Result<(Socket, SocketAddr)> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
    let addr =
        socket.local_addr()?.as_socket().ok_or_else(|| io::Error::other("a TCP socket without an IP address"))?;
    Ok((socket, addr))
}
